# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Queries the names of one domain, and those that its records refer to, within a bounded time."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence

from ..libraries import dns
from ..names import to_text
from ..resolver.nameservers import Nameserver
from ..resolver.observe import Observer
from ..resolver.stub_resolver import Resolver
from ..resolver.transport import MAX_ALIASES, DnsAnswer, Looped, NoAnswer, Referred, ServersFailed
from ..zone.rdata import txt_bytes
from .findings.observation import TxtAnswer
from .planned import PlannedObserver


@dataclasses.dataclass(frozen=True)
class LookupResult:
    """The values of one type at a name, following CNAMEs. ``aliases``: their targets, in order."""

    values: tuple[dns.rdata.Rdata, ...] = ()
    aliases: tuple[dns.name.Name, ...] = ()
    known: bool = True  # False: no server answered for the end
    exists: bool = False  # whether anything is at or below the name


class Reader:
    """Asks a server of the zone about names in it, and the resolver about all others.

    ``deadline``: a ``time.monotonic()`` after which unanswered questions count as unknown at once.
    """

    def __init__(
        self,
        observer: Observer | PlannedObserver,
        server: Nameserver,
        zone: dns.name.Name,
        resolver: Resolver,
        deadline: float,
    ) -> None:
        self._observer = observer
        self._server = server
        self._zone = zone
        self._resolver = resolver.within(max(0.0, deadline - time.monotonic()))
        self._deadline = deadline

    def answer(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> DnsAnswer:
        """Raises NoAnswer."""
        if name.is_subdomain(self._zone):
            try:
                return self._observer.ask(self._server, name, rdtype, self._deadline)
            except Referred:
                pass  # the name lies in a zone of its own
        return self._resolver.lookup(name, rdtype)

    def see(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> LookupResult:
        aliases: list[dns.name.Name] = []
        exists = False
        while len(aliases) <= MAX_ALIASES:
            try:
                answer = self.answer(name, rdtype)
            except NoAnswer as error:
                aliases += self._alias(name) if isinstance(error, ServersFailed) else []
                return LookupResult((), tuple(aliases), known=isinstance(error, Looped), exists=exists or bool(aliases))
            exists = exists or answer.exists
            if answer.alias is None or answer.end is None:
                return LookupResult(answer.values, tuple(aliases), exists=exists)
            first, end = answer.alias.target, answer.end  # type: ignore[attr-defined]
            aliases += [first] if first == end else [first, end]
            if answer.end_values or answer.recursive:
                return LookupResult(answer.end_values, tuple(aliases), exists=exists)
            if end in aliases[:-1] or end == name:
                break
            name = end
        return LookupResult((), tuple(aliases), exists=exists)

    def _alias(self, name: dns.name.Name) -> list[dns.name.Name]:
        """The CNAME at a name, asked for because a resolver also fails if its target cannot be found."""
        try:
            answer = self.answer(name, dns.rdatatype.CNAME)
        except NoAnswer:
            return []
        return [value.target for value in answer.values[:1]]  # type: ignore[attr-defined]

    def texts(self, name: dns.name.Name) -> TxtAnswer:
        found = self.see(name, dns.rdatatype.TXT)
        return TxtAnswer(
            to_text(name),
            tuple(sorted(map(txt_bytes, found.values))),  # servers return them in varying order
            tuple(to_text(alias.canonicalize()) for alias in found.aliases),
            found.known,
            found.exists,
        )

    def ask(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> tuple[dns.rdata.Rdata, ...] | None:
        """As ``Ask`` of the intents: the values, None if nobody answered."""
        found = self.see(name, rdtype)
        return found.values if found.known else None

    # The rest of ``ResolverLike``, for the evaluators in receiver

    lookup = answer

    def within(self, seconds: float) -> Reader:
        """Returns itself: its time is bounded already."""
        return self


def below(labels: Sequence[bytes], name: dns.name.Name) -> dns.name.Name | None:
    """These labels put before a name; None if that is longer than DNS allows."""
    try:
        return dns.name.Name((*labels, *name.labels))
    except dns.exception.DNSException:
        return None
