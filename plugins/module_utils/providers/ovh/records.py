# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Convert records from and to OVH's spelling: field types, targets, and the text of a zone export. Pure: no I/O."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ...errors import InvalidInput, ProviderError
from ...libraries import dns
from ...names import to_text
from ...zone import master_file, master_reader
from ...zone.model import Key, RecordSet
from ...zone.rdata import from_presentation, txt, txt_bytes
from ..spelling import NOT_UNDERSTOOD, UNKNOWN_TYPE, opaque, type_of

DEFAULT_TTL = 3600  # seconds; for a zone that states none
# Field types that are TXT in DNS, and the prefix of their values.
NATIVE = {"SPF": b"v=spf1", "DKIM": b"v=DKIM1", "DMARC": b"v=DMARC1"}

_SPF_TYPE = 99  # RFC 4408 3.1.1
_DEFAULT_TTL = re.compile(r"^\$TTL\s+(\d+)", re.MULTILINE)
_QUOTED = re.compile(r'\(?\s*("(?:[^"\\]|\\.)*"\s*)+\)?', re.DOTALL)


class Unclear(Exception):
    """The export is ambiguous; the records themselves must be fetched."""


@dataclasses.dataclass(frozen=True)
class Entry:
    """One record. An exported one has no ``id``, ``field`` or ``target`` (its spelling)."""

    name: dns.name.Name
    rdtype: dns.rdatatype.RdataType
    value: dns.rdata.Rdata | None  # None: not understood
    ttl: int  # seconds; 0: the zone's default
    id: int = 0
    field: str = ""
    target: str = ""

    @property
    def key(self) -> Key:
        return self.name, self.rdtype


@dataclasses.dataclass(frozen=True)
class Content:
    """All records of a zone, and the zone's default TTL.

    ``clear``: the record sets that had to be understood, even if the export was not enough.
    """

    entries: tuple[Entry, ...]
    default_ttl: int = DEFAULT_TTL
    clear: frozenset[Key] = frozenset()

    def ttl(self, entry: Entry) -> int:
        """The effective TTL in seconds."""
        return entry.ttl or self.default_ttl

    def same(self, one: Entry, other: Entry) -> bool:
        return (*one.key, one.value, self.ttl(one)) == (*other.key, other.value, self.ttl(other))

    def at(self, names: Iterable[dns.name.Name]) -> list[tuple[Any, ...]]:
        """The records at some names, for comparison, without the SOA, which every refresh changes."""
        wanted = set(names)
        return sorted(
            (to_text(entry.name), int(entry.rdtype), str(entry.value), self.ttl(entry))
            for entry in self.entries
            if entry.name in wanted and entry.rdtype != dns.rdatatype.SOA
        )

    def record_sets(self) -> Iterable[RecordSet]:
        by_key: dict[Key, list[Entry]] = {}
        for entry in self.entries:
            by_key.setdefault(entry.key, []).append(entry)
        for (name, rdtype), entries in by_key.items():
            values = [entry.value for entry in entries if entry.value is not None]
            locked = "maintained by OVH" if rdtype == dns.rdatatype.SOA else ""
            if len(values) < len(entries) or rdtype == UNKNOWN_TYPE:
                values, locked = [], NOT_UNDERSTOOD
            yield RecordSet(name, rdtype, tuple(dict.fromkeys(values)), min(map(self.ttl, entries)), locked=locked)


def exported(text: str, zone: dns.name.Name) -> Content:
    """Parse a zone export. Raises Unclear."""
    default = default_ttl(text)
    try:
        # master_file expects one character per octet
        read = master_reader.read(
            text.encode("utf-8", "surrogateescape").decode("latin-1"), "the export", zone, _no_include
        )
        return Content(tuple(_entry(record) for record in read.records()), default)
    except (ProviderError, UnicodeError) as error:
        raise Unclear(str(error)) from None


def default_ttl(text: str) -> int:
    stated = _DEFAULT_TTL.search(text)
    return int(stated.group(1)) if stated else DEFAULT_TTL


def _entry(record: master_file.FileRecord) -> Entry:
    words = [token for token in record.data if token.kind in ("word", "quoted")]
    stated = record.ttl if record.ttl_token else 0
    if record.rdtype not in (dns.rdatatype.TXT, _SPF_TYPE):
        return Entry(record.name, record.rdtype, None if record.opaque else record.value, stated)
    line = record.source.text[record.start : record.end]
    # outside quotes, blanks and semicolons of a text have another meaning
    unclear = any(word.kind == "word" for word in words) and (len(words) > 1 or ";" in line)
    return Entry(record.name, dns.rdatatype.TXT, None if unclear else txt(txt_bytes(record.value)), stated)


def _no_include(name: str) -> tuple[str, str]:
    raise ProviderError(f"{name} is not part of the export")


def entry(raw: Mapping[str, Any], zone: dns.name.Name) -> Entry:
    """A record from the API. Raises ProviderError for undocumented content."""
    try:
        identity, ttl, field, target = int(raw["id"]), int(raw["ttl"] or 0), str(raw["fieldType"]), str(raw["target"])
        name = dns.name.from_text(raw["subDomain"].lower(), zone) if raw["subDomain"] else zone
    except (AttributeError, KeyError, TypeError, ValueError, dns.exception.DNSException):
        raise ProviderError(f"{to_text(zone)}: OVH answers with something other than a record.") from None
    rdtype = field_type(field)
    try:
        value = _value(field, rdtype, target, zone)
    except (InvalidInput, UnicodeError):
        value = None
    return Entry(name, rdtype, value, ttl, identity, field, target)


def field_type(field: str) -> dns.rdatatype.RdataType:
    return dns.rdatatype.TXT if field in NATIVE else type_of(field)


def _value(field: str, rdtype: dns.rdatatype.RdataType, target: str, zone: dns.name.Name) -> dns.rdata.Rdata:
    if rdtype == dns.rdatatype.TXT:
        stripped = target.strip()
        if not _QUOTED.fullmatch(stripped):
            return txt(target.encode("utf-8", "surrogateescape"))
        return from_presentation(rdtype, stripped.strip("()"), zone)
    if rdtype == UNKNOWN_TYPE:
        return opaque(rdtype, f"{field} {target}")
    return from_presentation(rdtype, target, zone)


def spelled(value: dns.rdata.Rdata, field: str) -> str:
    """The target of a record: a text in quotes (except for native field types), hosts with the final dot."""
    return txt_bytes(value).decode("ascii") if field in NATIVE else value.to_text()


def fits(value: dns.rdata.Rdata, field: str) -> bool:
    """Whether a record of this field type can hold the value."""
    if field not in NATIVE:
        return True
    text = txt_bytes(value)
    return text.startswith(NATIVE[field]) and all(0x20 <= octet < 0x7F and octet not in b'"\\' for octet in text)


def fields(name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> list[str]:
    """The field types possible for a record type, the usual one first."""
    if rdtype != dns.rdatatype.TXT:
        return [dns.rdatatype.to_text(rdtype)]
    labels = [label.lower() for label in name.labels]
    native = "DKIM" if b"_domainkey" in labels else "DMARC" if b"_dmarc" in labels else "SPF"
    return ["TXT", native, *(other for other in NATIVE if other != native)]


def sub_domain(name: dns.name.Name, zone: dns.name.Name) -> str:
    return "" if name == zone else name.relativize(zone).to_text()


def ilike(text: str, pattern: str) -> bool:
    """Whether the API's filter confuses two names: ``_`` matches any character, ``%`` any text."""
    parts = (".*" if char == "%" else "." if char == "_" else re.escape(char) for char in pattern)
    return re.fullmatch("".join(parts), text, re.IGNORECASE | re.DOTALL) is not None
