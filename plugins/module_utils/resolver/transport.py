# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One question to one server and its answer, always within a bounded time.

A server that stays silent repeatedly is no longer waited for, so that a dead server costs a run seconds, not hours.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterator

from ..libraries import dns
from ..names import to_text
from ..zone.rdata import canonical
from .nameservers import Address, Nameserver

TRIES = (2.0, 3.0)  # seconds to wait for an answer, for each attempt
PATIENCE = 6.0  # seconds of waiting in total, without any answer, after which an address counts as dead
_MOST_NAMED = 13  # servers in one sentence
MAX_ALIASES = 16  # CNAMEs in a row that are followed


class NoAnswer(Exception):
    """A server gave no usable answer; the text continues a sentence that starts with its name."""


@dataclasses.dataclass(frozen=True)
class Referral:
    """A server says that others hold a zone (RFC 1034 4.2.1)."""

    zone: dns.name.Name
    servers: tuple[dns.name.Name, ...]
    glue: tuple[tuple[dns.name.Name, str], ...] = ()  # the addresses of these servers that came along


class ServersFailed(NoAnswer):
    """A server is up but cannot answer this question; it may answer others."""


class Looped(ServersFailed):
    """The CNAMEs at a name never end."""


class NotServed(NoAnswer):
    """A server is up but does not hold the name."""


class Referred(NotServed):
    """A server does not hold the name, and names the servers that do."""

    def __init__(self, referral: Referral) -> None:
        servers = sorted(to_text(server) for server in referral.servers)
        names = ", ".join([*servers[:_MOST_NAMED], *(["others"] if len(servers) > _MOST_NAMED else [])])
        super().__init__(f"does not hold {to_text(referral.zone)}, and says that it is delegated to {names}")
        self.referral = referral


@dataclasses.dataclass(frozen=True)
class DnsAnswer:
    """A server's answer for one type at one name. Values are canonical, in the order of the answer."""

    exists: bool  # False: NXDOMAIN, so neither this name nor any below it exists
    values: tuple[dns.rdata.Rdata, ...] = ()
    ttl: int = 0  # seconds
    alias: dns.rdata.Rdata | None = None  # the CNAME at the name
    end: dns.name.Name | None = None  # the end of this answer's CNAME chain
    end_values: tuple[dns.rdata.Rdata, ...] = ()  # the values there
    recursive: bool = False  # the server is a resolver and has followed everything
    zone: dns.name.Name | None = None  # the owner of the SOA in a negative answer or of the one asked for
    referral: Referral | None = None
    # addresses of an MX's hosts, by name and type, that an authoritative server adds
    added: tuple[tuple[dns.name.Name, dns.rdatatype.RdataType, DnsAnswer], ...] = ()


class DnsTransport:
    """Sends questions to servers; thread-safe. ``patience``: seconds that a silent address may cost."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._lock = threading.Lock()
        self._waited: dict[Address, float] = {}  # seconds since its last answer
        self.questions = 0  # how many were sent

    def ask(
        self,
        server: Nameserver,
        name: dns.name.Name,
        rdtype: dns.rdatatype.RdataType,
        recurse: bool = False,
        deadline: float | None = None,
    ) -> DnsAnswer:
        """Ask one server, at one address after another until one answers; ``deadline`` is a ``time.monotonic()``.

        Raises NoAnswer, with the reason.
        """
        failures = []
        for address in server.addresses:
            try:
                return self._ask_address(address, name, rdtype, recurse, deadline)
            except NoAnswer as error:
                failures.append(error)
        # the first failure says most: the other addresses are often of a family without a route
        raise failures[0] if failures else NoAnswer("has no address")

    def forgive(self) -> None:
        """Give every address that was silent one more chance."""
        with self._lock:
            self._waited = {address: min(seconds, self._patience / 2) for address, seconds in self._waited.items()}

    def _ask_address(
        self,
        address: Address,
        name: dns.name.Name,
        rdtype: dns.rdatatype.RdataType,
        recurse: bool,
        deadline: float | None,
    ) -> DnsAnswer:
        from .wire import Silence, exchange

        reason = "does not answer"
        for seconds in TRIES:
            now = time.monotonic()
            expires = now + seconds if deadline is None else min(now + seconds, deadline)
            if self._waited.get(address, 0.0) >= self._patience or expires <= now:
                break
            with self._lock:
                self.questions += 1
            try:
                reply = exchange(address, name, rdtype, recurse, expires)
            except Silence as error:
                reason = str(error)
                with self._lock:
                    self._waited[address] = self._waited.get(address, 0.0) + time.monotonic() - now
                if error.final:
                    break
            else:
                with self._lock:
                    self._waited.pop(address, None)
                return _read(reply, name, rdtype)
        raise NoAnswer(reason)


def _read(reply: dns.message.Message, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> DnsAnswer:
    """What a message says about the question. Raises NoAnswer if the server refused or failed."""
    rcode = reply.rcode()
    if rcode == dns.rcode.REFUSED:
        raise NotServed("refuses the question (REFUSED): it does not hold the zone, or refuses to answer this machine")
    if rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        raise ServersFailed(f"fails to answer ({dns.rcode.to_text(rcode)})")
    recursive = bool(reply.flags & dns.flags.RA and reply.flags & dns.flags.RD)
    if not reply.answer and not reply.flags & dns.flags.AA:
        referral = _referral(reply, name)
        if referral is not None:
            return DnsAnswer(exists=True, referral=referral)
        if not recursive:
            raise NotServed("holds no zone of that name")
    own = _find(reply, name, rdtype)
    alias = None if rdtype == dns.rdatatype.CNAME else _find(reply, name, dns.rdatatype.CNAME)
    end = name if rdtype == dns.rdatatype.CNAME else _follow(reply, name)
    values = end_values = _values(own)
    if end != name:
        end_values = _values(_find(reply, end, rdtype))
    ttl = own or alias
    return DnsAnswer(
        exists=bool(own or alias) or rcode == dns.rcode.NOERROR,
        values=values,
        ttl=int(ttl.ttl) if ttl else 0,
        alias=canonical(alias[0]) if alias else None,
        end=end,
        end_values=end_values,
        recursive=recursive,
        zone=_soa_owner(reply, end),
        added=tuple(_added(reply, own)) if own and rdtype == dns.rdatatype.MX else (),
    )


def _find(reply: dns.message.Message, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> dns.rrset.RRset | None:
    # dnspython's index hashes the name each time, which costs more than going through a few record sets
    for rrset in reply.answer:
        if rrset.rdtype == rdtype and rrset.rdclass == dns.rdataclass.IN and rrset and rrset.name == name:
            return rrset
    return None


def _values(rrset: dns.rrset.RRset | None) -> tuple[dns.rdata.Rdata, ...]:
    if not rrset:
        return ()
    return tuple(dict.fromkeys(map(canonical, rrset))) if len(rrset) > 1 else (canonical(rrset[0]),)


def _added(
    reply: dns.message.Message, exchangers: dns.rrset.RRset
) -> Iterator[tuple[dns.name.Name, dns.rdatatype.RdataType, DnsAnswer]]:
    """The addresses that a server sends along with the hosts of an MX (RFC 1035 3.3.9), to save questions.

    What lies outside the zone or comes from a cache is not authoritative; deeper than one label there may be a
    delegation, whose glue some servers send (RFC 9471).
    """
    if not reply.flags & dns.flags.AA:
        return
    hosts = {rdata.exchange for rdata in exchangers if len(rdata.exchange) <= len(exchangers.name) + 1}
    for extra in reply.additional:
        is_address = extra.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA)
        if is_address and extra.name in hosts and extra.name.is_subdomain(exchangers.name):
            values = _values(extra)
            given = DnsAnswer(True, values, int(extra.ttl), end=extra.name, end_values=values)
            yield extra.name, extra.rdtype, given


def _follow(reply: dns.message.Message, name: dns.name.Name) -> dns.name.Name:
    """The end of the answer's CNAME chain. Raises NoAnswer if it never ends."""
    seen = {name}
    while True:
        alias = _find(reply, name, dns.rdatatype.CNAME)
        if alias is None:
            return name
        name = alias[0].target
        if name in seen or len(seen) > MAX_ALIASES:
            raise Looped("answers with CNAMEs that lead nowhere")
        seen.add(name)


def _soa_owner(reply: dns.message.Message, name: dns.name.Name) -> dns.name.Name | None:
    for section in (reply.answer, reply.authority):
        for rrset in section:
            if rrset.rdtype == dns.rdatatype.SOA and name.is_subdomain(rrset.name):
                return rrset.name
    return None


def _referral(reply: dns.message.Message, name: dns.name.Name) -> Referral | None:
    if any(rrset.rdtype == dns.rdatatype.SOA for rrset in reply.authority):
        return None
    for rrset in reply.authority:
        # a referral to the root servers only means that the server knows nothing
        if rrset.rdtype == dns.rdatatype.NS and name.is_subdomain(rrset.name) and rrset.name != dns.name.root:
            servers = tuple(rdata.target for rdata in rrset)
            glue = tuple(
                (extra.name, rdata.address)
                for extra in reply.additional
                if extra.name in servers and extra.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA)
                for rdata in extra
            )
            return Referral(rrset.name, servers, glue)
    return None
