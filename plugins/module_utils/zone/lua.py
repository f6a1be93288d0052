# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What PowerDNS answers from a LUA record: for a type, what a program gives whenever it is asked. Pure: no I/O.

PowerDNS adds that to the record set of the type, and answers with a CNAME of it whatever else is at the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ..errors import InvalidInput
from ..libraries import dns
from .rdata import rdata_type

OWN_TYPES = {"ALIAS": 65401, "LUA": 65402}  # those that only PowerDNS has, by the numbers of its transfers
TYPE = OWN_TYPES["LUA"]

_CONTENT = re.compile(rb'(?P<type>[A-Za-z0-9]+)\s+"(?P<program>.*)"', re.DOTALL)
_CONSTANT = re.compile(rb"""\s*(?:;\s*return\b)?\s*(?:'(?P<one>[^'"\\]*)'|\\?"(?P<other>[^'"\\]*)\\?")\s*;?\s*""")


class Computed(NamedTuple):
    rdtype: dns.rdatatype.RdataType
    text: bytes | None  # None: only the server knows


def answers(rdata: dns.rdata.Rdata) -> Iterator[Computed]:
    """What a LUA record answers, if that can be told; as it is transferred, or as master files and the API spell it."""
    data: bytes = rdata.data  # type: ignore[attr-defined]
    content = _CONTENT.fullmatch(data)
    if content is not None:
        try:
            rdtype, program = rdata_type(content["type"].decode("ascii")), content["program"]
        except InvalidInput:
            return
    else:  # the number of the type, and strings of at most 255 octets
        rdtype = dns.rdatatype.RdataType.make(int.from_bytes(data[:2], "big"))
        strings = data[2:]
        program = strings[1:] if strings and strings[0] == len(strings) - 1 else b""
    constant = _CONSTANT.fullmatch(program)
    yield Computed(rdtype, constant["one"] or constant["other"] or b"" if constant else None)
