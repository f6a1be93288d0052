# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names within the data of old types, which a server may compress (RFC 3597 4). Pure: no I/O."""

from __future__ import annotations

from ...libraries import dns

# Types of RFC 1035 with compressible names that dnspython does not parse, and their number of names
_NAMES_IN = {"MD": 1, "MF": 1, "MB": 1, "MG": 1, "MR": 1, "MINFO": 2}


def decompress(rrset: dns.rrset.RRset, wire: bytes) -> None:
    """Expand names in data that dnspython copied from the message, whose pointers mean nothing outside of it.

    Raises DNSException if they are not names.
    """
    import dns.wire

    count = _NAMES_IN.get(dns.rdatatype.to_text(rrset.rdtype), 0)
    if not count or not all(isinstance(value, dns.rdata.GenericRdata) for value in rrset):
        return
    values = []
    for value in rrset:
        # parsed at the end of the message, so that pointers point backwards, as they must
        parser = dns.wire.Parser(wire + value.data, len(wire))
        octets = b"".join(dns.name.from_wire_parser(parser).to_wire() or b"" for dummy in range(count))
        if parser.remaining():
            raise dns.exception.FormError
        values.append(dns.rdata.GenericRdata(rrset.rdclass, rrset.rdtype, octets))
    rrset.items = dict.fromkeys(values)
