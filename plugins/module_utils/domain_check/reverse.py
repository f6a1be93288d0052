# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PTR names of mail exchangers' addresses, and whether they resolve back (RFC 1912 2.1)."""

from __future__ import annotations

import dataclasses

from ..libraries import dns
from ..names import to_text
from .findings.observation import MailExchanger, ReverseName
from .reader import Reader


def with_reverse_names(exchanger: MailExchanger, reader: Reader) -> MailExchanger:
    """The exchanger with the names of its public addresses."""
    if not exchanger.host or not exchanger.addresses:
        return exchanger
    host = dns.name.from_text(exchanger.host)
    found = []
    for rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA):
        for value in reader.ask(host, rdtype) or ():
            address: str = value.address  # type: ignore[attr-defined]
            one = None if address in exchanger.private else _reverse_name(address, rdtype, reader)
            found += [one] if one is not None else []
    return dataclasses.replace(exchanger, reverse=tuple(found))


def _reverse_name(address: str, rdtype: dns.rdatatype.RdataType, reader: Reader) -> ReverseName | None:
    """None if nobody answered."""
    from dns import reversename

    names = reader.ask(reversename.from_address(address), dns.rdatatype.PTR)
    if names is None:
        return None
    unknown = False
    for name in (value.target for value in names):  # type: ignore[attr-defined]
        addresses = reader.ask(name, rdtype)
        if any(value.address == address for value in addresses or ()):  # type: ignore[attr-defined]
            return ReverseName(address, to_text(name), leads_back=True)
        unknown = unknown or addresses is None
    first = to_text(names[0].target) if names else ""  # type: ignore[attr-defined]
    return ReverseName(address, first, None if unknown else False)
