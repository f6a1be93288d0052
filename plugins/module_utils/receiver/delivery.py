# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where mail for a name goes, and the host name behind a sending address."""

from __future__ import annotations

import ipaddress
from typing import Protocol

from ..libraries import dns

_MOST_NAMES = 10  # for one address


class Asks(Protocol):
    """What the functions here query: the values there, empty for none, None if unknown."""

    def ask(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> tuple[dns.rdata.Rdata, ...] | None: ...


def receives(name: dns.name.Name, resolver: Asks) -> bool | None:
    """Whether mail for a name can be delivered anywhere (RFC 5321 5.1)."""
    values = resolver.ask(name, dns.rdatatype.MX)
    if values:
        return any(value.exchange != dns.name.root for value in values)  # type: ignore[attr-defined]
    if values is None:
        return None
    answers = [resolver.ask(name, rdtype) for rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA)]
    return True if any(answers) else None if None in answers else False


def name_of(address: str, resolver: Asks) -> str | None:
    """The name of a client that resolves back to its address; empty if none does, None if unknown."""
    pointer = ipaddress.ip_address(address).reverse_pointer
    kind = dns.rdatatype.AAAA if ":" in address else dns.rdatatype.A
    names = resolver.ask(dns.name.from_text(pointer), dns.rdatatype.PTR)
    if names is None:
        return None
    unknown = False
    for value in names[:_MOST_NAMES]:
        found = resolver.ask(value.target, kind)  # type: ignore[attr-defined]
        unknown = unknown or found is None
        if any(_same(one.address, address) for one in found or ()):  # type: ignore[attr-defined]
            name: str = value.target.to_text(omit_final_dot=True)  # type: ignore[attr-defined]
            return name
    return None if unknown else ""


def _same(one: str, other: str) -> bool:
    return ipaddress.ip_address(one) == ipaddress.ip_address(other)
