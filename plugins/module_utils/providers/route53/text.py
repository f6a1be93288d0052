# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
r"""Names and values in Route 53's spelling: as in a master file, but escaped in octal (``\052`` for ``*``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...libraries import dns
from ...zone.rdata import from_presentation, txt
from ..spelling import unquoted

_ESCAPE = re.compile(r"\\([0-7]{3}|.)", re.DOTALL)
_DECIMAL = re.compile(r"\\([0-9]{3}|.)", re.DOTALL)

# Fields that make a record set more than plain data, and how messages describe it.
_ROUTING = {
    "AliasTarget": "an alias record of Route 53",
    "Weight": "a weighted record of Route 53",
    "Region": "a latency record of Route 53",
    "Failover": "a failover record of Route 53",
    "GeoLocation": "a geolocation record of Route 53",
    "GeoProximityLocation": "a geoproximity record of Route 53",
    "CidrRoutingConfig": "an IP-based record of Route 53",
    "MultiValueAnswer": "a multivalue answer record of Route 53",
    "TrafficPolicyInstanceId": "a record that a traffic policy of Route 53 made",
}


def to_name(text: str) -> dns.name.Name:
    return dns.name.from_text(_in_decimal(text).lower(), dns.name.root)


def from_name(name: dns.name.Name) -> str:
    """A name for a request: a leading ``*`` is the wildcard, other unusual octets are escaped."""
    labels = [
        "*"
        if label == b"*" and not index
        else "".join(chr(octet) if octet in _PLAIN else f"\\{octet:03o}" for octet in label)
        for index, label in enumerate(name.labels[:-1])
    ]
    return ".".join(labels) + "."


_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


def to_value(rdtype: dns.rdatatype.RdataType, text: str) -> dns.rdata.Rdata:
    """Parse a value from the API. Raises InvalidInput or ValueError."""
    if rdtype != dns.rdatatype.TXT:
        return from_presentation(rdtype, _in_decimal(text))
    octets = unquoted(_in_decimal(text))
    if octets is None:
        raise ValueError("no quoted strings")
    return txt(octets)


def from_value(value: dns.rdata.Rdata) -> str:
    """A value for a request."""
    if value.rdtype == dns.rdatatype.TXT:
        return " ".join(f'"{"".join(map(_escaped, string))}"' for string in value.strings)  # type: ignore[attr-defined]
    return _DECIMAL.sub(_in_octal, value.to_text())


def routing(item: Mapping[str, Any]) -> str:
    """Why a record set is more than plain data, for messages; empty if it is not."""
    known = next((reason for part, reason in _ROUTING.items() if part in item), "")
    if known or set(item) <= {"Name", "Type", "TTL", "ResourceRecords"}:
        return known
    return "a record of Route 53 with a routing policy or health check"


def _in_decimal(text: str) -> str:
    """Convert Route 53's escapes to those of a master file (RFC 1035 5.1)."""

    def renumbered(match: re.Match[str]) -> str:
        escaped = match.group(1)
        return match.group() if len(escaped) == 1 else f"\\{int(escaped, 8):03d}"

    return _ESCAPE.sub(renumbered, text)


def _in_octal(match: re.Match[str]) -> str:
    escaped = match.group(1)
    if escaped in ('"', "\\"):
        return match.group()
    return f"\\{ord(escaped) if len(escaped) == 1 else int(escaped):03o}"


def _escaped(octet: int) -> str:
    if octet in b'"\\':
        return f"\\{chr(octet)}"
    return chr(octet) if 32 <= octet < 127 else f"\\{octet:03o}"
