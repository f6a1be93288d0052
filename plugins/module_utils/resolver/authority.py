# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which servers hold a name: the enclosing zone, the servers its parent names, and the servers it names itself."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable, Sequence

from ..libraries import dns
from ..names import to_text
from .nameservers import DNS_PORT, Address, Nameserver
from .single_flight import OncePerKey
from .stub_resolver import Resolver
from .transport import DnsAnswer, DnsTransport, NoAnswer, Referral, Referred

MAX_SERVERS = 13  # how many of a zone's servers are asked; the root has as many
MAX_ADDRESSES = 2  # for each server and address family
QUESTION_SECONDS = 8.0  # for one question to all servers of the system


@dataclasses.dataclass(frozen=True)
class Authority:
    """The servers that answer for the names of a zone."""

    zone: dns.name.Name | None  # None: unknown (nobody answered, or servers were given)
    servers: tuple[Nameserver, ...] = ()
    parent: dns.name.Name | None = None
    delegated_to: tuple[str, ...] = ()  # the servers that the parent zone names; empty also if it could not be asked
    claimed: tuple[str, ...] = ()  # the servers that the zone itself names
    given: bool = False  # the servers were given, so nothing was looked up

    def undelegated(self) -> bool:
        """Whether the name lies in no zone below a registry's: it is not registered or not delegated."""
        return not self.given and self.zone is not None and len(self.zone.labels) <= 2


class AuthorityFinder:
    """Finds the authoritative servers of names. Used from several threads; every question is asked once.

    ``given``: servers used instead of the authoritative ones of every zone, and by the resolver. ``port``: the port of
    the servers that are found.
    """

    def __init__(self, resolver: Resolver, given: Sequence[Nameserver] = (), port: int = DNS_PORT) -> None:
        self._resolver = resolver
        self._given = tuple(given)
        self._port = port
        self._cuts: OncePerKey[dns.name.Name, dns.name.Name | None] = OncePerKey()
        self._zones: OncePerKey[dns.name.Name, Authority] = OncePerKey()

    @property
    def transport(self) -> DnsTransport:
        return self._resolver.transport

    def of(self, name: dns.name.Name) -> Authority:
        """The servers of the closest zone that encloses a name."""
        if self._given:
            return Authority(zone=None, servers=self._given, given=True)
        zone = self.zone_of(name)
        if zone is None or (zone == dns.name.root and self._is_isolated()):
            return Authority(zone=None)
        return self._authority(zone)

    def _is_isolated(self) -> bool:
        """Whether the resolver cannot see the public DNS, so that its answer about a domain means nothing."""
        return self.zone_of(dns.name.Name((b"com", b""))) == dns.name.root

    def zone_of(self, name: dns.name.Name) -> dns.name.Name | None:
        """The closest zone that encloses a name; None if nobody knows."""
        return self._cuts.get(name, lambda: self._find_cut(name))

    def forget(self, name: dns.name.Name) -> None:
        """Look a name up again the next time: its delegation may have changed."""
        if self._given:
            return
        zone = self.zone_of(name)
        self._cuts.forget(name)
        if zone is not None:
            self._zones.forget(zone)

    # Each of these only asks for names above its own, so no two threads wait for each other.

    def _find_cut(self, name: dns.name.Name) -> dns.name.Name | None:
        if name == dns.name.root:
            return name
        try:
            answer = self._lookup(name, dns.rdatatype.SOA)
        except Referred as error:
            return error.referral.zone
        except NoAnswer:
            return self._cut_without_answer(name)
        if answer.values:
            return name
        if answer.alias is None and answer.zone is not None:
            return answer.zone
        return self.zone_of(name.parent())

    def _cut_without_answer(self, name: dns.name.Name) -> dns.name.Name | None:
        """The zone of a name that the resolver fails for: its parent may delegate it to servers that do not answer."""
        above = None if len(name.labels) <= 2 else self.zone_of(name.parent())
        if above is None or self._given:
            return above
        referral = self._referral(above, name)
        return referral.zone if referral is not None else above

    def _authority(self, zone: dns.name.Name) -> Authority:
        return self._zones.get(zone, lambda: self._find_authority(zone))

    def _find_authority(self, zone: dns.name.Name) -> Authority:
        claimed = self._claimed(zone)
        # the root is not asked whom it delegates top-level domains to
        parent = self.zone_of(zone.parent()) if len(zone.labels) > 2 else None
        referral = self._referral(parent, zone) if parent is not None else None
        delegated, glue = (referral.servers, referral.glue) if referral is not None else ((), ())
        names = sorted({*delegated, *claimed})[:MAX_SERVERS]
        return Authority(
            zone=zone,
            servers=tuple(self._nameserver(name, glue) for name in names),
            parent=parent,
            delegated_to=_folded(delegated),
            claimed=_folded(claimed),
        )

    def _claimed(self, zone: dns.name.Name) -> tuple[dns.name.Name, ...]:
        """The servers that the zone itself names."""
        values = self._resolver.within(QUESTION_SECONDS).ask(zone, dns.rdatatype.NS) or ()
        return tuple(value.target for value in values)  # type: ignore[attr-defined]

    def _referral(self, parent: dns.name.Name, name: dns.name.Name) -> Referral | None:
        """The delegation, by a zone's servers, of a name below it; None if there is none or no server answers."""
        for server in self._parent_servers(parent):
            try:
                answer = self.transport.ask(
                    server, name, dns.rdatatype.NS, deadline=time.monotonic() + QUESTION_SECONDS
                )
            except NoAnswer:
                continue
            if answer.referral is not None:
                return answer.referral
            if answer.values:  # this server holds both parent and child
                return Referral(name, tuple(value.target for value in answer.values))  # type: ignore[attr-defined]
            return None
        return None

    def _parent_servers(self, parent: dns.name.Name) -> tuple[Nameserver, ...]:
        """Two of the servers that a zone itself names: enough to find a delegation."""
        names = self._claimed(parent)[:2]
        return tuple(self._nameserver(name, ()) for name in names) or self._authority(parent).servers[:2]

    def _nameserver(self, name: dns.name.Name, glue: Sequence[tuple[dns.name.Name, str]]) -> Nameserver:
        addresses: list[Address] = []
        for rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA):
            values = self._resolver.within(QUESTION_SECONDS).ask(name, rdtype) or ()
            addresses += [(value.address, self._port) for value in values[:MAX_ADDRESSES]]  # type: ignore[attr-defined]
        if not addresses:
            # only the parent may know the servers of a broken zone
            addresses = [(address, self._port) for owner, address in glue if owner == name][: 2 * MAX_ADDRESSES]
        return Nameserver(to_text(name), tuple(addresses))

    def _lookup(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> DnsAnswer:
        return self._resolver.within(QUESTION_SECONDS).lookup(name, rdtype)


def _folded(names: Iterable[dns.name.Name]) -> tuple[str, ...]:
    """Names as comparable text: servers answer in either case."""
    return tuple(sorted(to_text(name.canonicalize()) for name in names))
