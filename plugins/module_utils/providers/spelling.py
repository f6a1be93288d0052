# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How APIs spell record types and texts. Pure: no I/O."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from ..errors import InvalidInput
from ..libraries import dns
from ..zone.rdata import rdata_type

# A vendor's own types have no number in DNS: the last number for private use represents them (RFC 6895 3.1).
UNKNOWN_TYPE = 65534
NOT_UNDERSTOOD = "written in a way that is not understood"  # the reason for locking such a set

_STRINGS = re.compile(rb'\s*(?:"(?:[^"\\]|\\.)*"\s*)+', re.DOTALL)
_STRING = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(rb"\\(\d{3}|.)", re.DOTALL)

Spelling = TypeVar("Spelling")


@functools.lru_cache(maxsize=4096)
def type_of(text: str) -> dns.rdatatype.RdataType:
    """The type of a mnemonic; unknown ones become UNKNOWN_TYPE."""
    try:
        return rdata_type(text)
    except InvalidInput:
        return dns.rdatatype.RdataType.make(UNKNOWN_TYPE)


def own_type(text: str, own: Mapping[str, int]) -> dns.rdatatype.RdataType:
    """The same for a vendor with types of its own, mapped to their numbers."""
    return dns.rdatatype.RdataType.make(own[text]) if text in own else type_of(text)


def unquoted(text: str) -> bytes | None:
    """The octets of a text in quoted strings of any length (otherwise RFC 1035 5.1); None if it is not quoted.

    Octets that are not UTF-8 are surrogates in the text (PEP 383). Raises ValueError for an escape above 255.
    """
    octets = text.encode("utf-8", "surrogateescape")
    if not _STRINGS.fullmatch(octets):
        return None
    return b"".join(_ESCAPE.sub(_unescape, string) for string in _STRING.findall(octets))


def _unescape(match: re.Match[bytes]) -> bytes:
    escaped = match.group(1)
    return bytes([int(escaped)]) if len(escaped) == 3 else escaped


def opaque(rdtype: dns.rdatatype.RdataType, text: str) -> dns.rdata.Rdata:
    """A placeholder value that is shown and compared but never sent."""
    return dns.rdata.GenericRdata(dns.rdataclass.IN, rdtype, text.encode("utf-8", "surrogateescape"))


def respelled(
    values: Iterable[dns.rdata.Rdata],
    there: Iterable[tuple[dns.rdata.Rdata, Spelling]],
    new: Callable[[dns.rdata.Rdata], Spelling],
) -> list[Spelling]:
    """Values for an API: unchanged ones exactly as spelled and as often as in ``there``, others from ``new``."""
    known: dict[dns.rdata.Rdata, list[Spelling]] = {}
    for value, spelling in there:
        known.setdefault(value, []).append(spelling)
    return [spelling for value in values for spelling in known.get(value) or [new(value)]]
