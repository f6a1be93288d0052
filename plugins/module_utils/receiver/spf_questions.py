# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DNS queries of one SPF check, and the limits of RFC 7208 4.6.4."""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Iterator

from ..libraries import dns
from ..records.spf_limits import MAX_LOOKUPS, MAX_VOIDS
from ..resolver.questions import ResolverLike, dns_name, texts_of
from .spf_macros import IPAddress

MAX_NAMES = 10  # for one mx or ptr
SECONDS = 20.0  # for the whole check


class TemporaryError(Exception):
    """Nobody answered (2.6.6). The text is a sentence."""


class PermanentError(Exception):
    """The records cannot be evaluated (2.6.7). The text is a sentence."""


@dataclasses.dataclass
class Budget:
    """What a check has used of its limits."""

    lookups: int = 0
    voids: int = 0

    def count_lookup(self, term: str, domain: str) -> None:
        self.lookups += 1
        if self.lookups > MAX_LOOKUPS:
            raise PermanentError(
                f"{domain}: {term} would be the lookup number {self.lookups}, and receivers stop at {MAX_LOOKUPS} "
                "(RFC 7208 4.6.4)."
            )

    def count_void(self, name: str) -> None:
        self.voids += 1
        if self.voids > MAX_VOIDS:
            raise PermanentError(
                f"Nothing was found at {name}, nor by {MAX_VOIDS} lookups before it, and receivers allow only "
                f"{MAX_VOIDS} that find nothing (RFC 7208 4.6.4)."
            )


class Unlimited(Budget):
    """No limits: to explore a record whatever receivers would make of it."""

    def count_lookup(self, term: str, domain: str) -> None:
        return

    def count_void(self, name: str) -> None:
        return


class Questions:
    """The queries of one check; counts those that find nothing."""

    def __init__(self, resolver: ResolverLike, budget: Budget) -> None:
        self._resolver = resolver
        self._budget = budget

    def texts(self, name: str, void: bool = True) -> tuple[bytes, ...]:
        """The TXT values at a name. void: whether finding none counts as a void lookup. Raises TemporaryError."""
        owner = dns_name(name)
        if owner is None:
            return ()
        return texts_of(self._ask(owner, dns.rdatatype.TXT, void)) or ()

    def addresses(self, name: str, version: int) -> Iterator[IPAddress]:
        """The addresses of a name in this version of IP (5)."""
        owner = dns_name(name)
        return iter(()) if owner is None else self._addresses(owner, version)

    def exchange_addresses(self, name: str, version: int) -> Iterator[IPAddress]:
        """The addresses of a name's mail exchangers, in order of preference (5.4)."""
        owner = dns_name(name)
        if owner is None:
            return
        values = self._ask(owner, dns.rdatatype.MX)
        if len(values) > MAX_NAMES:
            raise PermanentError(
                f"{name} has {len(values)} MX records, and an mx term may lead to {MAX_NAMES} (RFC 7208 4.6.4)."
            )
        for value in sorted(values, key=lambda mx: int(mx.preference)):  # type: ignore[attr-defined]
            exchange = value.exchange  # type: ignore[attr-defined]
            if exchange != dns.name.root:
                yield from self._addresses(exchange, version)

    def validated_names(self, ip: IPAddress) -> tuple[str, ...]:
        """The names of an address that resolve back to it (5.5); a name whose lookup fails is skipped."""
        reverse = dns_name(ip.reverse_pointer)
        try:
            values = self._ask(reverse, dns.rdatatype.PTR) if reverse is not None else ()
        except TemporaryError:
            return ()
        names = []
        for value in values[:MAX_NAMES]:
            target = value.target  # type: ignore[attr-defined]
            try:
                if ip in self._addresses(target, ip.version):
                    names.append(_text(target))
            except TemporaryError:
                continue
        return tuple(names)

    def _addresses(self, owner: dns.name.Name, version: int) -> Iterator[IPAddress]:
        rdtype = dns.rdatatype.A if version == 4 else dns.rdatatype.AAAA
        for value in self._ask(owner, rdtype):
            yield ipaddress.ip_address(value.address)  # type: ignore[attr-defined]

    def _ask(
        self, owner: dns.name.Name, rdtype: dns.rdatatype.RdataType, void: bool = True
    ) -> tuple[dns.rdata.Rdata, ...]:
        values = self._resolver.ask(owner, rdtype)
        if values is None:
            raise TemporaryError(
                f"No server gave an answer about {dns.rdatatype.to_text(rdtype)} of {_text(owner)} (RFC 7208 2.6.6)."
            )
        if not values and void:
            self._budget.count_void(_text(owner))
        return values


def _text(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True)
