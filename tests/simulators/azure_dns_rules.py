# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure DNS's rules for record sets, and conversion between its JSON and master-file text."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any

import dns.rdata
import dns.rdataclass
import dns.rdatatype

PLACES = {
    "A": "ARecords",
    "AAAA": "AAAARecords",
    "CAA": "caaRecords",
    "CNAME": "CNAMERecord",
    "MX": "MXRecords",
    "NS": "NSRecords",
    "PTR": "PTRRecords",
    "SOA": "SOARecord",
    "SRV": "SRVRecords",
    "TXT": "TXTRecords",
}
_FIELDS: dict[str, dict[str, type]] = {
    "A": {"ipv4Address": str},
    "AAAA": {"ipv6Address": str},
    "CAA": {"flags": int, "tag": str, "value": str},
    "CNAME": {"cname": str},
    "MX": {"preference": int, "exchange": str},
    "NS": {"nsdname": str},
    "PTR": {"ptrdname": str},
    "SRV": {"priority": int, "weight": int, "port": int, "target": str},
    "TXT": {"value": list},
}
_ALLOWED = {"TTL", "metadata", "targetResource", "fqdn", "provisioningState"}
_MOST_RECORDS = {"TXT": 400}  # other types: 20
_HOST = re.compile(r"(?=.{1,254}$)(?!.*\.\.)[^.\s\"\\][^\s\"\\]*")
_STRING, _SET = 255, 4096


class Invalid(Exception):
    pass


def check(kind: str, properties: Any) -> None:
    """Raises Invalid for properties that the API refuses."""
    if not isinstance(properties, dict):
        raise Invalid("The request body has no properties.")
    place = PLACES[kind]
    unknown = set(properties) - _ALLOWED - {place}
    if unknown:
        raise Invalid(f"The properties {sorted(unknown)} do not belong to a record set of type {kind}.")
    ttl = properties.get("TTL")
    if not isinstance(ttl, int) or isinstance(ttl, bool) or not 1 <= ttl <= 2147483647:
        raise Invalid(f"The TTL '{ttl}' is not valid. It must be between 1 and 2147483647.")
    metadata = properties.get("metadata", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise Invalid("The metadata is not valid.")
    if kind == "SOA" or (properties.get("targetResource") or {}).get("id"):
        return
    records = properties.get(place)
    records = [records] if kind == "CNAME" else records
    if not isinstance(records, list) or not records or len(records) > _MOST_RECORDS.get(kind, 20):
        raise Invalid(f"The number of records in the record set of type {kind} is not valid.")
    for record in records:
        _check_record(kind, record)
    if len({repr(sorted(record.items())) for record in records}) != len(records):
        raise Invalid("The record set has duplicate records.")
    if kind == "TXT" and sum(len(text) for record in records for text in record["value"]) > _SET:
        raise Invalid(f"The total length of TXT records in the record set exceeds {_SET} characters.")


def _check_record(kind: str, record: Any) -> None:
    fields = _FIELDS[kind]
    if not isinstance(record, dict) or set(record) != set(fields):
        raise Invalid(f"A record of type {kind} has the fields {', '.join(fields)}.")
    for name, expected in fields.items():
        if not isinstance(record[name], expected) or isinstance(record[name], bool):
            raise Invalid(f"The field '{name}' is not valid.")
    try:
        if kind == "A":
            ipaddress.IPv4Address(record["ipv4Address"])
        elif kind == "AAAA":
            ipaddress.IPv6Address(record["ipv6Address"])
    except ValueError:
        raise Invalid(f"The address '{record}' is not valid.") from None
    for name in {"cname", "exchange", "nsdname", "ptrdname", "target"} & set(fields):
        if not _HOST.fullmatch(record[name]):
            raise Invalid(f"The domain name '{record[name]}' is invalid.")
    if kind == "TXT":
        strings = record["value"]
        octets = [text.encode("utf-8", "surrogateescape") if isinstance(text, str) else b"" for text in strings]
        if not octets or not all(0 < len(text) <= _STRING for text in octets):
            raise Invalid(f"A TXT record has strings of 1 to {_STRING} characters.")


def as_properties(kind: str, ttl: int, values: Iterable[str]) -> dict[str, Any]:
    """The API's properties for a record set in master-file text."""
    records = [_as_record(kind, value) for value in values]
    return {"TTL": ttl, PLACES[kind]: records[0] if kind == "CNAME" else records}


def _as_record(kind: str, value: str) -> dict[str, Any]:
    if kind == "TXT":
        rdata: Any = dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.TXT, value)
        return {"value": [string.decode("utf-8", "surrogateescape") for string in rdata.strings]}
    words = value.split()
    return {
        name: int(word) if expected is int else word.strip('"') if kind == "CAA" else word.rstrip(".")
        for (name, expected), word in zip(_FIELDS[kind].items(), words)
    }


def as_texts(kind: str, properties: Mapping[str, Any]) -> frozenset[str]:
    """The values of a record set in master-file text."""
    records = properties.get(PLACES[kind]) or []
    return frozenset(_as_text(kind, record) for record in ([records] if isinstance(records, dict) else records))


def _as_text(kind: str, record: Mapping[str, Any]) -> str:
    if kind == "TXT":
        return " ".join(_quoted(text.encode("utf-8", "surrogateescape")) for text in record["value"])
    words = [str(record[name]) for name in _FIELDS[kind]]
    if kind == "CAA":
        words[2] = f'"{words[2]}"'
    elif kind not in ("A", "AAAA"):
        words[-1] = f"{words[-1].rstrip('.')}."
    return " ".join(words)


def _quoted(text: bytes) -> str:
    escaped = "".join(
        f"\\{chr(octet)}" if octet in b'"\\' else chr(octet) if 32 <= octet < 127 else f"\\{octet:03d}"
        for octet in text
    )
    return f'"{escaped}"'
