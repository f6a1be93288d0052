# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface through which the evaluators of SPF, DKIM and DMARC query DNS."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Optional, Protocol

from ..libraries import dns
from ..zone.rdata import txt_bytes
from .transport import DnsAnswer, NoAnswer

_Values = Optional[tuple["dns.rdata.Rdata", ...]]


class ResolverLike(Protocol):
    """Answers questions; ``resolver.Resolver`` is one."""

    def ask(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> _Values:
        """The values there (CNAMEs are followed): empty for no data or no such name, None if unknown."""

    def lookup(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> DnsAnswer:
        """The answer of one server. Raises NoAnswer."""

    def within(self, seconds: float) -> ResolverLike:
        """The same resolver with a time budget of its own."""


@functools.lru_cache(maxsize=4096)
def dns_name(text: str) -> dns.name.Name | None:
    """The name that a text spells, without escapes; None for what DNS cannot hold (RFC 1035 2.3.4).

    One final dot is allowed. Non-ASCII text is encoded as UTF-8, which no proper name uses.
    """
    bare = text[:-1] if text.endswith(".") else text
    try:
        labels = [label.encode("utf-8", "surrogateescape") for label in bare.split(".")]
        return dns.name.Name([*labels, b""]) if all(labels) else None
    except (dns.exception.DNSException, ValueError):
        return None


def texts_at(name: str, resolver: ResolverLike) -> tuple[bytes, ...] | None:
    """The TXT values at a name; empty for a name that DNS cannot hold, None if nobody answered."""
    owner = dns_name(name)
    if owner is None:
        return ()
    return texts_of(resolver.ask(owner, dns.rdatatype.TXT))


def texts_of(values: Iterable[dns.rdata.Rdata] | None) -> tuple[bytes, ...] | None:
    return None if values is None else tuple(txt_bytes(value) for value in values)


def resolver_of(ask: Callable[[dns.name.Name, dns.rdatatype.RdataType], _Values]) -> ResolverLike:
    """A resolver that asks through the given function."""
    return _Asking(ask)


class _Asking:
    def __init__(self, ask: Callable[[dns.name.Name, dns.rdatatype.RdataType], _Values]) -> None:
        self.ask = ask

    def lookup(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> DnsAnswer:
        values = self.ask(name, rdtype)
        if values is None:
            raise NoAnswer("does not answer")
        return DnsAnswer(exists=bool(values), values=values, end=name, end_values=values, recursive=True)

    def within(self, seconds: float) -> _Asking:
        return self
