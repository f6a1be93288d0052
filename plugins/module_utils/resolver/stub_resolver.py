# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers questions about any name, asking each only once and within a bounded time."""

from __future__ import annotations

import concurrent.futures
import threading
import time
from collections.abc import Iterable
from typing import Optional

from ..libraries import dns
from .answer_cache import AnswerCache
from .nameservers import Nameserver, parse_nameservers, system_nameservers
from .single_flight import OncePerKey
from .transport import MAX_ALIASES, DnsAnswer, DnsTransport, NoAnswer, Referred

_Key = tuple["dns.name.Name", "dns.rdatatype.RdataType"]
_Values = Optional[tuple["dns.rdata.Rdata", ...]]


class Resolver:
    """Asks the given servers or the system's, and caches their answers. Used from several threads at once.

    ``nameservers``: as in ``parse_nameservers``. ``total``: seconds, counted from the first question, after which all
    unanswered questions count as unknown. Many domains can share a resolver, each with its own time: ``within()``.
    """

    def __init__(self, nameservers: Iterable[str | Nameserver] | None = None, total: float | None = None) -> None:
        """Raises InvalidInput for an invalid nameserver."""
        self._shared = _Shared(parse_nameservers(nameservers))
        self._total = total
        self._clock = _Clock(total)

    def ask(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> _Values:
        """The values there (canonical; CNAMEs are followed): empty for no data or no such name, None if unknown."""
        return self._shared.ask(name, rdtype, self._clock.deadline())

    __call__ = ask

    def within(self, seconds: float) -> Resolver:
        """This resolver with the same cache and a time budget of its own."""
        other = Resolver.__new__(Resolver)
        other._shared, other._total, other._clock = self._shared, seconds, _Clock(seconds)
        return other

    def lookup(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> DnsAnswer:
        """The first usable answer of a server, as received. Raises NoAnswer."""
        return self._shared.lookup(name, rdtype, self._clock.deadline())

    def forget(self) -> None:
        """Ask everything again from now on."""
        self._shared.forget()

    @property
    def transport(self) -> DnsTransport:
        """What sends the questions, and counts them."""
        return self._shared.transport

    @property
    def cache(self) -> AnswerCache:
        """The answers since ``forget()``, for others that ask the same servers."""
        return self._shared.cache


class _Clock:
    def __init__(self, total: float | None) -> None:
        self._total = total
        self._lock = threading.Lock()
        self._deadline: float | None = None

    def deadline(self) -> float | None:
        if self._total is None:
            return None
        with self._lock:
            if self._deadline is None:
                self._deadline = time.monotonic() + self._total
            return self._deadline


class _Shared:
    """What all views of one resolver share: the servers, and the answers so far."""

    def __init__(self, nameservers: tuple[Nameserver, ...]) -> None:
        self.transport = DnsTransport()
        self.cache = AnswerCache(self.transport)
        self._lock = threading.Lock()
        self._nameservers = nameservers
        self._answers: OncePerKey[_Key, _Values] = OncePerKey()

    def ask(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType, deadline: float | None) -> _Values:
        key = (name, rdtype)
        answers = self._answers

        def find() -> _Values:
            values = self._resolve(name, rdtype, deadline)
            if values is None and deadline is not None and time.monotonic() >= deadline:
                answers.forget(key)  # our time ran out: others with time left may ask again
            return values

        remaining = None if deadline is None else max(0.0, deadline - time.monotonic())
        try:
            return answers.get(key, find, remaining)
        except concurrent.futures.TimeoutError:
            return None

    def forget(self) -> None:
        self._answers = OncePerKey()
        self.cache = AnswerCache(self.transport)

    def lookup(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType, deadline: float | None) -> DnsAnswer:
        failure = NoAnswer("does not answer")
        for server in self._servers():
            try:
                answer = self.cache.ask(server, name, rdtype, recurse=True, deadline=deadline)
            except NoAnswer as error:
                failure = error
                continue
            if answer.referral is None:
                return answer
            failure = Referred(answer.referral)
        raise failure

    def _resolve(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType, deadline: float | None) -> _Values:
        seen: set[dns.name.Name] = set()
        try:
            while name not in seen and len(seen) <= MAX_ALIASES:
                seen.add(name)
                answer = self.lookup(name, rdtype, deadline)
                if answer.end is None or answer.end == name or answer.end_values:
                    return answer.end_values
                if answer.recursive or not answer.exists:
                    return ()
                name = answer.end
        except NoAnswer:
            pass
        return None

    def _servers(self) -> tuple[Nameserver, ...]:
        with self._lock:
            if not self._nameservers:
                self._nameservers = system_nameservers()
            return self._nameservers
