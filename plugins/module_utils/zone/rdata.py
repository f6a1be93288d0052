# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record data in one internal form, whatever the provider's spelling.

Values are ``dns.rdata.Rdata`` with absolute targets, so two spellings of one value are equal. A TXT value is one byte
string; its division into strings of 255 octets (RFC 1035 3.3.14) has no meaning (RFC 7208 3.3) and is always the same
here.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from ..errors import InvalidInput
from ..libraries import dns
from ..names import record_name

STRING_OCTETS = 255  # RFC 1035 3.3: a <character-string>

_PLAIN = r'"[ !#-\[\]-~]{0,255}"'  # a string that needs no escape
_PLAIN_TXT = re.compile(f"{_PLAIN}(?: {_PLAIN})*")
_ESCAPED = {octet: f"\\{octet:03}" for octet in (*range(0x20), *range(0x7F, 0x100))}  # RFC 1035 5.1
_ESCAPED.update({ord(character): f"\\{character}" for character in '"\\'})


def rdata_type(text: str) -> dns.rdatatype.RdataType:
    """The record type of a mnemonic (``TXT``, ``TYPE65280``); raises InvalidInput."""
    try:
        return dns.rdatatype.from_text(text)
    except (dns.exception.DNSException, ValueError):
        raise InvalidInput(f"{text!r} is not a DNS record type: write it like TXT, CNAME or MX.") from None


@functools.lru_cache(maxsize=4096)  # many domains get the same SPF and DMARC records
def txt(value: bytes) -> dns.rdata.Rdata:
    """TXT record data that holds this byte string of up to 65,000 octets."""
    strings = [value[start : start + STRING_OCTETS] for start in range(0, len(value), STRING_OCTETS)] or [b""]
    return _make(dns.rdatatype.TXT, b"".join(bytes([len(string)]) + string for string in strings))


def txt_bytes(rdata: dns.rdata.Rdata) -> bytes:
    """The byte string of a TXT record: its strings joined without blanks (RFC 7208 3.3)."""
    return b"".join(rdata.strings)  # type: ignore[attr-defined]


def cname(target: dns.name.Name) -> dns.rdata.Rdata:
    return _make(dns.rdatatype.CNAME, target.to_wire() or b"")


def mx(preference: int, exchange: dns.name.Name) -> dns.rdata.Rdata:
    """MX record data (RFC 1035 3.3.9); the exchange is absolute, or the root for a null MX (RFC 7505)."""
    return _make(dns.rdatatype.MX, preference.to_bytes(2, "big") + (exchange.to_wire() or b""))


def canonical(rdata: dns.rdata.Rdata) -> dns.rdata.Rdata:
    """One spelling for equal values: a TXT is divided into strings anew, everything else stays as it is."""
    return txt(txt_bytes(rdata)) if rdata.rdtype == dns.rdatatype.TXT else rdata


@functools.lru_cache(maxsize=4096)  # the zones of an account share servers, MX and SPF
def from_presentation(
    rdtype: dns.rdatatype.RdataType, text: str, origin: dns.name.Name | None = None
) -> dns.rdata.Rdata:
    """Record data from master-file text (RFC 1035 5.1); a relative target gets ``origin``, else the root.

    A TXT must be in quoted form; see ``txt`` for a plain value. Raises InvalidInput.
    """
    if rdtype == dns.rdatatype.TXT and _PLAIN_TXT.fullmatch(text):
        return txt(text[1:-1].replace('" "', "").encode())  # dnspython would read it letter by letter
    try:
        rdata = dns.rdata.from_text(dns.rdataclass.IN, rdtype, text, origin=origin or dns.name.root, relativize=False)
    except (dns.exception.DNSException, ValueError) as error:
        raise InvalidInput(
            f"{text!r} is not a valid value of type {dns.rdatatype.to_text(rdtype)}: {_reason(error)}."
        ) from None
    return canonical(rdata)


def from_user(rdtype: dns.rdatatype.RdataType, text: str) -> dns.rdata.Rdata:
    """Record data from a user's value: a TXT unquoted, any other type in master-file text.

    Targets are absolute with or without the final dot. Raises InvalidInput.
    """
    if rdtype == dns.rdatatype.TXT:
        return txt(text.encode("utf-8"))
    if rdtype == dns.rdatatype.CNAME:
        return cname(record_name(text))
    return from_presentation(rdtype, text)


def to_presentation(rdata: dns.rdata.Rdata) -> str:
    """The value in master-file text for a zone file: TXT quoted, targets with the final dot."""
    if rdata.rdtype == dns.rdatatype.TXT:
        strings = (string.decode("latin-1").translate(_ESCAPED) for string in rdata.strings)  # type: ignore[attr-defined]
        return " ".join(f'"{string}"' for string in strings)
    return rdata.to_text()


def to_display(rdata: dns.rdata.Rdata) -> str:
    """The value as people read it in a diff: TXT without quotes, targets without the final dot."""
    if rdata.rdtype == dns.rdatatype.TXT:
        text = txt_bytes(rdata).decode("utf-8", "backslashreplace")
        if text.isprintable():
            return text
        return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
    if rdata.rdtype == dns.rdatatype.CNAME:
        return rdata.target.to_text(omit_final_dot=True)  # type: ignore[attr-defined, no-any-return]
    if rdata.rdtype == dns.rdatatype.MX:
        exchange = rdata.exchange  # type: ignore[attr-defined]
        return f"{rdata.preference} {exchange.to_text(omit_final_dot=True)}"  # type: ignore[attr-defined]
    return rdata.to_text()


def quoted(values: Iterable[dns.rdata.Rdata]) -> str:
    """For messages; sorted, because servers return values in varying order."""
    return ", ".join(sorted(f'"{to_display(value)}"' for value in values))


def _make(rdtype: dns.rdatatype.RdataType, wire: bytes) -> dns.rdata.Rdata:
    return dns.rdata.from_wire(dns.rdataclass.IN, rdtype, wire, 0, len(wire))


def _reason(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
