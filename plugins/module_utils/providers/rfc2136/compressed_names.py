# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names within the data of old types, which a server may compress (RFC 3597 4). Pure: no I/O."""

from __future__ import annotations

from ...libraries import dns

# Types of RFC 1035 whose names a server may compress, and which dnspython does not know; how many names they hold
_NAMES_IN = {"MD": 1, "MF": 1, "MB": 1, "MG": 1, "MR": 1, "MINFO": 2}


def decompress(rrset: dns.rrset.RRset, wire: bytes) -> None:
    """Write names out where dnspython kept octets of the message, whose pointers mean nothing outside of it.

    Raises DNSException where they are no names.
    """
    import dns.wire

    count = _NAMES_IN.get(dns.rdatatype.to_text(rrset.rdtype), 0)
    if not count or not all(isinstance(value, dns.rdata.GenericRdata) for value in rrset):
        return
    values = []
    for value in rrset:
        # at the end of the message, what the pointers point to lies before it, as it must
        parser = dns.wire.Parser(wire + value.data, len(wire))
        octets = b"".join(dns.name.from_wire_parser(parser).to_wire() or b"" for dummy in range(count))
        if parser.remaining():
            raise dns.exception.FormError
        values.append(dns.rdata.GenericRdata(rrset.rdclass, rrset.rdtype, octets))
    rrset.items = dict.fromkeys(values)
