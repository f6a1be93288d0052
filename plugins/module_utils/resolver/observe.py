# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record sets with which one server answers."""

from __future__ import annotations

import time
from collections.abc import Iterable

from ..libraries import dns
from ..zone.model import Key, RecordSet
from .answer_cache import AnswerCache
from .nameservers import Nameserver
from .transport import DnsAnswer, DnsTransport, Referred, ServersFailed

QUESTION_SECONDS = 8.0


class Observer:
    """The record sets of servers at one time: each question is asked once to each server."""

    def __init__(self, transport: DnsTransport, recurse: bool = False, cache: AnswerCache | None = None) -> None:
        """``recurse``: a person chose the servers, which may be resolvers. ``cache``: shared with others."""
        self._cache = cache or AnswerCache(transport)
        self._recurse = recurse

    def read(self, server: Nameserver, keys: Iterable[Key], deadline: float | None = None) -> dict[Key, RecordSet]:
        """The record sets of these keys, and any CNAME at their names, as a server answers them.

        Raises NoAnswer if it leaves a question unanswered; ``deadline`` as in ``ask``.
        """
        wanted: dict[dns.name.Name, list[dns.rdatatype.RdataType]] = {}
        for name, rdtype in keys:
            wanted.setdefault(name, []).append(rdtype)
        found: dict[Key, RecordSet] = {}
        for name, rdtypes in wanted.items():
            for record_set in self._at(server, name, rdtypes, deadline):
                found[record_set.key] = record_set
        return found

    def _at(
        self,
        server: Nameserver,
        name: dns.name.Name,
        rdtypes: Iterable[dns.rdatatype.RdataType],
        deadline: float | None,
    ) -> Iterable[RecordSet]:
        """A name with a CNAME has nothing else (RFC 1034 3.6.2), and any question shows the CNAME."""
        wanted = sorted(set(rdtypes))
        others = [rdtype for rdtype in wanted if rdtype != dns.rdatatype.CNAME]
        for rdtype in others or wanted:
            try:
                answer = self.ask(server, name, rdtype, deadline)
            except ServersFailed:
                # a resolver also fails if the target of a CNAME cannot be found
                answer = self.ask(server, name, dns.rdatatype.CNAME, deadline)
                if not answer.values:
                    raise
                rdtype = dns.rdatatype.CNAME
            if answer.alias is not None:
                yield RecordSet(name, dns.rdatatype.CNAME, (answer.alias,), answer.ttl)
            elif answer.values:
                yield RecordSet(name, rdtype, answer.values, answer.ttl)
            if answer.alias is not None or not answer.exists or rdtype == dns.rdatatype.CNAME:
                return

    def ask(
        self,
        server: Nameserver,
        name: dns.name.Name,
        rdtype: dns.rdatatype.RdataType,
        deadline: float | None = None,
    ) -> DnsAnswer:
        """A server's answer for one type at one name; ``deadline`` is a ``time.monotonic()``. Raises NoAnswer."""
        expires = time.monotonic() + QUESTION_SECONDS
        expires = expires if deadline is None else min(expires, deadline)
        answer = self._cache.ask(server, name, rdtype, self._recurse, expires)
        if answer.referral is not None:
            raise Referred(answer.referral)
        return answer
