# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an SPF record lets a sender pass, judged for each address from which the sender may send.

A sender is described by its terms. Its addresses are those of ip4, ip6, a and mx, and of everything that an include
leads to. One address represents the part of a network that the record treats alike.
"""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Iterable, Iterator

from ..errors import InvalidInput
from ..records.spf_grammar import Term, folded
from ..records.spf_limits import MAX_VOIDS
from ..records.spf_record import is_spf, parse
from ..resolver.questions import ResolverLike
from .spf import IPNetwork, SpfResult, check_host, network_of
from .spf_questions import PermanentError, Questions, TemporaryError, Unlimited

_MOST_NAMES = 60  # records read; receivers' limits are far below
_MOST_SAMPLES = 500  # addresses of one sender
# Addresses that nobody sends from. A record that passes all of one kind passes everybody.
_NOBODY = {
    4: ("240.0.0.1", "25.255.255.254", "56.255.255.254", "111.255.255.254", "191.255.255.254", "223.255.255.254"),
    6: ("3fff::1", "2001:db8:ffff::1", "240f:ffff::1", "2603:ffff::1", "2a0f:ffff::1"),
}
_EVERYBODY = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
_INDEFINITE = ("temperror",)


@dataclasses.dataclass(frozen=True)
class SenderResult:
    """What a receiver says of a sender. ``passes``: None if DNS did not answer or its addresses are unknown.

    ``term``: the sender's term that ``ip`` belongs to. ``ip``: the address with the worst result, ``result``; empty if
    the addresses of a term cannot be listed. ``unknown``: the names for which nobody answered.
    """

    passes: bool | None
    term: str = ""
    ip: str = ""
    result: SpfResult | None = None
    unknown: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """A clause: what the record says of which address, and the term that decided."""
        if self.result is None:
            return f"no server gave an answer about {', '.join(self.unknown)}" if self.unknown else ""
        who = f"{self.ip} ({self.term})" if self.ip and self.ip not in self.term else self.ip or self.term or "anybody"
        if self.result.result == "permerror":
            return f"receivers give permerror to {who}: {self.result.reason}"
        by = f" by {self.result.term}" if self.result.term else ""
        return f"receivers give {self.result.result} to {who}{by}"


def check_terms(domain: str, terms: Iterable[Term], owner: str, resolver: ResolverLike) -> SenderResult:
    """What a domain's record says of a sender with these terms, as they are in a record of ``owner``."""
    return _SenderCheck(domain, resolver).run(list(terms), owner)


def check_anyone(domain: str, resolver: ResolverLike) -> SenderResult:
    """Whether a domain's record lets anybody pass, for a sender of which nothing is known."""
    return _SenderCheck(domain, resolver).anyone()


def lets_everyone_pass(domain: str, resolver: ResolverLike) -> tuple[SpfResult, ...]:
    """The results for addresses that nobody sends from, for each version of IP whose addresses all pass."""
    found: list[SpfResult] = []
    for ips in _NOBODY.values():
        results = []
        for ip in ips:
            results.append(_check(ip, domain, resolver))
            if results[-1].result != "pass":
                break
        else:
            found += results
    return tuple(found)


def lost_by_voids(domain: str, resolver: ResolverLike) -> tuple[SenderResult, ...]:
    """Addresses in the record that receivers never reach, because lookups before them find nothing.

    For hosts, receivers query only the sender's version of IP (RFC 7208 5), so a host without such an address counts as
    void, even if it has one of the other version. One result for each version.
    """
    found: dict[int, SenderResult] = {}
    # an address that no term matches causes every lookup: no other address causes more
    lost = [version for version, ips in _NOBODY.items() if _is_lost(_check(ips[0], domain, resolver))]
    for network in _Leaves(resolver).behind(folded(domain), ()) if lost else ():
        if network.version in lost and network.version not in found:
            ip = str(network.network_address)
            result = _check(ip, domain, resolver)
            if _is_lost(result):
                found[network.version] = SenderResult(False, "", ip, result)
    return tuple(found.values())


def _is_lost(result: SpfResult) -> bool:
    return result.result == "permerror" and result.voids > MAX_VOIDS


def _check(ip: str, domain: str, resolver: ResolverLike, assumed: tuple[str, ...] | None = None) -> SpfResult:
    return check_host(ip, domain, f"postmaster@{domain}", domain, resolver, assumed=assumed)


class _SenderCheck:
    def __init__(self, domain: str, resolver: ResolverLike) -> None:
        self.domain = domain
        self.resolver = resolver
        self._edges: list[IPNetwork] | None = None

    def run(self, terms: list[Term], owner: str) -> SenderResult:
        """The first result that is not a pass; an unknown one only if there is no failing one."""
        indefinite: SenderResult | None = None
        passed: SenderResult | None = None
        for term in terms:
            for found in self._of_term(term, owner):
                if found.passes is False:
                    return found
                if found.passes is None:
                    indefinite = indefinite or found
                passed = passed or found
        return indefinite or passed or SenderResult(None)

    def anyone(self) -> SenderResult:
        """The first address in the record itself that passes; else the result for an address that nobody has."""
        leaves = _Leaves(self.resolver)
        for network in leaves.behind(folded(self.domain), ()):
            result = _check(str(network.network_address), self.domain, self.resolver)
            if result.result == "pass":
                return SenderResult(True, "", str(network.network_address), result)
        for key in leaves.open_ended:
            if _check(_NOBODY[4][0], self.domain, self.resolver, assumed=key).result == "pass":
                return SenderResult(True)
        result = _check(_NOBODY[4][0], self.domain, self.resolver)
        known = not leaves.unknown and result.result not in _INDEFINITE
        return SenderResult(result.result == "pass" if known else None, result=result)

    def _of_term(self, term: Term, owner: str) -> Iterator[SenderResult]:
        leaves = _Leaves(self.resolver)
        networks = list(leaves.of(term, owner, (folded(owner),)))
        is_real = False
        for ip in self._samples(networks):
            result = _check(ip, self.domain, self.resolver)
            if result.result == "pass":
                is_real = True
                yield SenderResult(True, term.text, ip, result)
            elif self._is_of(ip, term):
                is_real = True
                yield SenderResult(None if result.result in _INDEFINITE else False, term.text, ip, result)
        if leaves.unknown:
            yield SenderResult(None, term.text, unknown=tuple(leaves.unknown))
        elif leaves.open_ended or (not is_real and term.name == "include"):
            yield self._assumed(term)
        elif not is_real:
            yield SenderResult(None, term.text)  # a host without addresses sends nothing

    def _is_of(self, ip: str, term: Term) -> bool:
        """Whether the sender really sends from an address: an include may list a network and exclude a part of it."""
        return term.name != "include" or _check(ip, folded(term.target), self.resolver).result == "pass"

    def _assumed(self, term: Term) -> SenderResult:
        """For addresses that cannot be listed (``exists:%{i}.list.example``): the result as if the term matched."""
        result = _check(_NOBODY[4][0], self.domain, self.resolver, assumed=term.key(self.domain))
        passes = None if result.result in _INDEFINITE else result.result == "pass"
        return SenderResult(passes, term.text, "", result)

    def _samples(self, networks: list[IPNetwork]) -> list[str]:
        """Addresses of the networks, one for each part that the record may treat differently."""
        found: dict[str, None] = {}
        for network in networks:
            found[str(network.network_address)] = None
            if network.prefixlen == network.max_prefixlen:
                continue
            for edge in self._edges_of_record():
                if edge.version == network.version and edge.subnet_of(network):  # type: ignore[arg-type]
                    found[str(edge.network_address)] = None
                    if edge.broadcast_address != network.broadcast_address:
                        found[str(edge.broadcast_address + 1)] = None
        return list(found)[:_MOST_SAMPLES]

    def _edges_of_record(self) -> list[IPNetwork]:
        if self._edges is None:
            leaves = _Leaves(self.resolver, only_passes=False)
            self._edges = list(leaves.behind(self.domain, ()))
        return self._edges


class _Leaves:
    """The networks behind terms: those of ip4, ip6, a and mx, in a record and all records that it leads to."""

    def __init__(self, resolver: ResolverLike, only_passes: bool = True) -> None:
        self._ask = Questions(resolver, Unlimited())
        self._only_passes = only_passes
        self._seen: set[str] = set()
        self.unknown: list[str] = []
        self.open_ended: list[tuple[str, ...]] = []  # keys of terms whose addresses cannot be listed

    def of(self, term: Term, owner: str, path: tuple[str, ...]) -> Iterator[IPNetwork]:
        if term.name in ("ip4", "ip6"):
            yield network_of(term.value)
        elif term.has_macro or term.name == "ptr":
            if term.name in ("include", "exists"):
                self.open_ended.append(term.key(owner))
        elif term.name == "exists":
            yield from self._existing(folded(term.target))
        elif term.name in ("a", "mx"):
            yield from self._hosts(term, folded(term.target) or owner)
        elif term.name in ("include", "redirect"):
            yield from self.behind(folded(term.target), path)

    def behind(self, name: str, path: tuple[str, ...]) -> Iterator[IPNetwork]:
        """The networks in the record at a name."""
        if name in path or name in self._seen or len(self._seen) >= _MOST_NAMES:
            return
        self._seen.add(name)
        try:
            found = [value for value in self._ask.texts(name, void=False) if is_spf(value)]
            record = parse(found[0], name) if len(found) == 1 else None
        except TemporaryError:
            self.unknown.append(name)
            return
        except InvalidInput:
            return
        for term in record.reachable if record is not None else ():
            if term.is_modifier or term.qualifier == "+" or not self._only_passes:
                yield from self.of(term, name, (*path, name))
        if record is not None and record.all == "+":
            yield from _EVERYBODY

    def _existing(self, name: str) -> Iterator[IPNetwork]:
        """Without a macro, exists gives the same result for all addresses (5.7)."""
        try:
            if any(True for dummy in self._ask.addresses(name, 4)):
                yield from _EVERYBODY
        except TemporaryError:
            self.unknown.append(name)

    def _hosts(self, term: Term, name: str) -> Iterator[IPNetwork]:
        for version, prefix in ((4, term.prefix4), (6, term.prefix6)):
            ask = self._ask.addresses if term.name == "a" else self._ask.exchange_addresses
            try:
                for address in ask(name, version):
                    length = address.max_prefixlen if prefix is None else prefix
                    yield ipaddress.ip_network((address.packed, length), strict=False)
            except TemporaryError:
                self.unknown.append(name)
            except PermanentError:
                pass  # more exchangers than receivers evaluate
