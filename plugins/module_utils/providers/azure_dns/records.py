# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Convert record sets from and to Azure DNS's JSON. Pure: no I/O.

A TXT is an array of strings without quotes and escapes; other targets may end in a dot or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...errors import InvalidInput
from ...libraries import dns
from ...zone.model import RecordSet, Zone
from ...zone.rdata import STRING_OCTETS, from_presentation, rdata_type, txt, txt_bytes
from ..spelling import NOT_UNDERSTOOD, respelled, type_of

# The field for the values of a type, and their subfields in master-file order (RFC 1035 5.1). A CNAME has one value.
_TYPES: dict[str, tuple[str, tuple[str, ...]]] = {
    "A": ("ARecords", ("ipv4Address",)),
    "AAAA": ("AAAARecords", ("ipv6Address",)),
    "CAA": ("caaRecords", ("flags", "tag", "value")),
    "CNAME": ("CNAMERecord", ("cname",)),
    "MX": ("MXRecords", ("preference", "exchange")),
    "NS": ("NSRecords", ("nsdname",)),
    "PTR": ("PTRRecords", ("ptrdname",)),
    "SRV": ("SRVRecords", ("priority", "weight", "port", "target")),
    "TXT": ("TXTRecords", ("value",)),
}
TYPES = frozenset(_TYPES)
_SOA = ("host", "email", "serialNumber", "refreshTime", "retryTime", "expireTime", "minimumTTL")


def record_set(zone: Zone, item: Mapping[str, Any]) -> RecordSet:
    """A set from the API's item. The item is its handle, for the etag, metadata and spelling of values.

    Raises AttributeError, KeyError, TypeError or DNSException for anything but a record set.
    """
    if not isinstance(item["etag"], str):
        raise TypeError("no etag")  # it is needed to write the set safely
    properties, kind = item.get("properties") or {}, item["type"].rpartition("/")[2].upper()
    name = zone.name if item["name"] == "@" else dns.name.from_text(item["name"], zone.name)
    lock = ""
    values: tuple[dns.rdata.Rdata, ...] = ()
    try:
        rdtype = rdata_type(kind)
        values = tuple(dict.fromkeys(value for value, dummy in _values(kind, properties)))
    except (InvalidInput, KeyError, TypeError, UnicodeError):
        rdtype = type_of(kind if kind in _TYPES else "")
        lock = NOT_UNDERSTOOD
    for field in ("targetResource", "trafficManagementProfile"):
        if (properties.get(field) or {}).get("id"):
            lock = "an alias of another resource in Azure"
    return RecordSet(name, rdtype, values, properties.get("TTL"), item, lock)


def properties(wanted: RecordSet, there: Mapping[str, Any], ttl: int) -> dict[str, Any]:
    """A whole set for the API. Unchanged values and metadata stay as in ``there``, the existing set."""
    kind = dns.rdatatype.to_text(wanted.rdtype)
    place, fields = _TYPES[kind]
    before = there.get("properties") or {}
    records = respelled(wanted.values, _values(kind, before), lambda value: _record(kind, fields, value))
    content: dict[str, Any] = {"TTL": ttl, place: records[0] if kind == "CNAME" else records}
    if before.get("metadata"):
        content["metadata"] = before["metadata"]
    return content


def relative(name: dns.name.Name, zone: Zone) -> str:
    """A name as used in URLs of the API."""
    return name.relativize(zone.name).to_text()


def _values(kind: str, properties: Mapping[str, Any]) -> Iterable[tuple[dns.rdata.Rdata, dict[str, Any]]]:
    """The values of a set, each with its JSON."""
    if kind == "SOA":
        soa = properties["SOARecord"]
        yield from_presentation(dns.rdatatype.SOA, " ".join(str(soa[field]) for field in _SOA)), soa
        return
    place, fields = _TYPES.get(kind, ("", ()))
    records = properties.get(place) or []
    for record in [records] if isinstance(records, dict) else records:
        if kind == "TXT":
            yield txt("".join(record["value"]).encode("utf-8", "surrogateescape")), record
        else:
            words = [str(record[field]) for field in fields]
            if kind == "CAA":
                words[2] = '"{}"'.format(words[2].replace("\\", "\\\\").replace('"', '\\"'))
            yield from_presentation(rdata_type(kind), " ".join(words)), record


def _record(kind: str, fields: tuple[str, ...], value: Any) -> dict[str, Any]:
    if kind == "TXT":
        return {"value": _strings(txt_bytes(value))}
    if kind == "CAA":
        return {"flags": value.flags, "tag": value.tag.decode("ascii"), "value": value.value.decode("utf-8")}
    words = value.to_text().split()
    return {
        field: int(word) if field in ("preference", "priority", "weight", "port") else word
        for field, word in zip(fields, words)
    }


def _strings(value: bytes) -> list[str]:
    """Split a text into strings of at most 255 octets (RFC 1035 3.3) without splitting a UTF-8 character."""
    strings, start = [], 0
    while start < len(value):
        end = min(start + STRING_OCTETS, len(value))
        while end < len(value) and end > start + STRING_OCTETS - 4 and value[end] & 0xC0 == 0x80:
            end -= 1
        strings.append(value[start:end].decode("utf-8", "surrogateescape"))
        start = end
    return strings
