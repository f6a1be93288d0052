# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records as Cloudflare spells them. Pure: no I/O.

A proxied CNAME is none in DNS, where Cloudflare answers with its own addresses. So it is no CNAME of its target here
either: it reads as ``TARGET.proxied-by-cloudflare.invalid``, and who wants a CNAME of the target gets one. Written
back, from a backup, that name is a proxied CNAME again.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput, PostmasterError
from ansible_collections.postmaster.mail.plugins.module_utils.libraries import dns
from ansible_collections.postmaster.mail.plugins.module_utils.names import to_text
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Key, RecordSet
from ansible_collections.postmaster.mail.plugins.module_utils.zone.plan import Change
from ansible_collections.postmaster.mail.plugins.module_utils.zone.rdata import (
    cname,
    from_presentation,
    rdata_type,
    txt,
)

_PROXIED = "proxied-by-cloudflare.invalid."  # RFC 6761 6.4: nobody holds such a name
_AUTOMATIC = 300  # seconds; what a TTL of 1 means
# The operations of one batch by their kind, ``deletes``, ``patches`` and ``posts``.
Batch = dict[str, list[dict[str, Any]]]

_UNKNOWN_TYPE = 65534  # the last for private use (RFC 6895 3.1)

# What a type is made of: its target alone, its text alone, or named parts of its ``data``.
_HOSTS = ("CNAME", "NS", "PTR")
_TEXTS = ("A", "AAAA", "OPENPGPKEY")
_DATA = {
    "CAA": ("flags", "tag", "value"),
    "SRV": ("priority", "weight", "port", "target"),
    "TLSA": ("usage", "selector", "matching_type", "certificate"),
}

_STRINGS = re.compile(r'\s*(?:"(?:[^"\\]|\\.)*"\s*)+', re.DOTALL)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(rb"\\(\d{3}|.)", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class CloudflareRecord:
    """One record: its value (None where it is not understood), its TTL in seconds, and what the API says of it."""

    key: Key
    value: dns.rdata.Rdata | None
    ttl: int
    raw: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.raw["id"])

    @property
    def proxied(self) -> bool:
        return bool(self.raw.get("proxied"))

    @property
    def read_only(self) -> bool:
        """Whether another product of Cloudflare manages it."""
        return bool((self.raw.get("meta") or {}).get("read_only") or self.raw.get("locked"))


def parse(item: Mapping[str, Any]) -> CloudflareRecord:
    """A record as the API gives it."""
    try:
        rdtype = rdata_type(item["type"])
    except InvalidInput:
        rdtype = dns.rdatatype.RdataType.make(_UNKNOWN_TYPE)
    try:
        value = _value(rdtype, item)
    except (PostmasterError, dns.exception.DNSException, ValueError, KeyError):
        value = None
    ttl = int(item["ttl"])
    return CloudflareRecord((dns.name.from_text(item["name"]), rdtype), value, _AUTOMATIC if ttl == 1 else ttl, item)


def record_type(rdtype: dns.rdatatype.RdataType) -> str | None:
    """The mnemonic of a type that can be written, None for any other."""
    text = dns.rdatatype.to_text(rdtype)
    return text if text in (*_HOSTS, *_TEXTS, *_DATA, "TXT", "MX") else None


def fields(value: dns.rdata.Rdata) -> dict[str, Any]:
    """The part of a record that holds its value. A CNAME is DNS-only. Raises InvalidInput."""
    kind = record_type(value.rdtype)
    if kind == "CNAME":
        target = value.target  # type: ignore[attr-defined]
        marker = dns.name.from_text(_PROXIED)
        if target == marker:
            raise InvalidInput("A proxied CNAME of so long a target cannot be put back. Enter it at Cloudflare.")
        if target.is_subdomain(marker):
            return {"content": _host(target.relativize(marker).derelativize(dns.name.root)), "proxied": True, "ttl": 1}
        return {"content": _host(target), "proxied": False}
    if kind in _HOSTS:
        return {"content": _host(value.target)}  # type: ignore[attr-defined]
    if kind == "MX":
        return {"content": _host(value.exchange), "priority": value.preference}  # type: ignore[attr-defined]
    if kind in _DATA:
        parts = value.to_text().split(" ", len(_DATA[kind]) - 1)
        data: dict[str, Any] = {name: int(part) if part.isdigit() else part for name, part in zip(_DATA[kind], parts)}
        if kind == "CAA":
            data["value"] = value.value.decode("ascii", "backslashreplace")  # type: ignore[attr-defined]
        elif kind == "SRV":
            data["target"] = _host(value.target)  # type: ignore[attr-defined]
        else:
            data["certificate"] = parts[-1].replace(" ", "")
        return {"data": data}
    if kind is None:
        raise InvalidInput(f"{dns.rdatatype.to_text(value.rdtype)} records cannot be written to Cloudflare from here.")
    return {"content": value.to_text()}


def least_ttl(records: Iterable[CloudflareRecord]) -> int:
    """Records of one set may have several TTLs there; DNS goes by the least (RFC 2181 5.2)."""
    return min(record.ttl for record in records)


def refuse_read_only(what: RecordSet, records: Iterable[CloudflareRecord], stay: Sequence[dns.rdata.Rdata]) -> None:
    if any(record.read_only and record.value not in stay for record in records):
        raise InvalidInput(
            f"{what} has a value that another product of Cloudflare manages, such as Email Routing, and that cannot be "
            "changed here. Change it there."
        )


def operations(changes: Iterable[Change], there: Mapping[Key, Sequence[CloudflareRecord]]) -> Batch:
    """The changes as operations on records; a value that is replaced by another keeps its record."""
    batch: Batch = {"deletes": [], "patches": [], "posts": []}
    for change in changes:
        name, rdtype = change.record_set.key
        records = there.get(change.record_set.key, ())
        wanted = change.after.values if change.after else ()
        refuse_read_only(change.record_set, records, wanted)
        ttl = _ttl_to_send(change, records)
        common = {"name": to_text(name), "type": dns.rdatatype.to_text(rdtype), "ttl": ttl}
        stay = {record.value for record in records}.intersection(wanted)
        coming = [fields(value) for value in wanted if value not in stay]
        for record in records:
            if record.value in stay:
                if change.before is not None and change.after is not None and change.before.ttl != change.after.ttl:
                    batch["patches"].append({"id": record.id, **common})
            elif coming:
                batch["patches"].append({"id": record.id, **common, **coming.pop(0)})
            else:
                batch["deletes"].append({"id": record.id})
        batch["posts"] += [{**common, **_unproxied(rdtype), **content} for content in coming]
    return batch


def _unproxied(rdtype: dns.rdatatype.RdataType) -> dict[str, Any]:
    return {"proxied": False} if rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA) else {}


def _ttl_to_send(change: Change, records: Sequence[CloudflareRecord]) -> int:
    """Where the TTL stays, as it is spelled there: 1 for automatic."""
    wanted = change.after.ttl if change.after else None
    if wanted is None:
        return 1
    return next((int(record.raw["ttl"]) for record in records if record.ttl == wanted), wanted)


def is_done(change: Change, records: Iterable[CloudflareRecord]) -> bool:
    before = set(change.before.values if change.before else ())
    after = set(change.after.values if change.after else ())
    now = {record.value for record in records}
    same_ttl = change.after is None or change.after.ttl in (None, *(record.ttl for record in records))
    return after <= now and not (before - after) & now and same_ttl


def _value(rdtype: dns.rdatatype.RdataType, item: Mapping[str, Any]) -> dns.rdata.Rdata:
    """Raises PostmasterError, DNSException, ValueError or KeyError for what is not understood."""
    kind, content = item["type"], item.get("content", "")
    if kind == "TXT":
        return txt(_text(content))
    if kind == "CNAME":
        target = dns.name.from_text(content)
        return cname(_proxied(target) if item.get("proxied") else target)
    if kind == "MX":
        return from_presentation(rdtype, f"{int(item['priority'])} {content}")
    if kind == "SRV":
        return from_presentation(rdtype, " ".join(str(item["data"][part]) for part in _DATA[kind]))
    if kind == "URI":
        return from_presentation(rdtype, f"{int(item['priority'])} {content}")
    return from_presentation(rdtype, content)


def _proxied(target: dns.name.Name) -> dns.name.Name:
    marker = dns.name.from_text(_PROXIED)
    try:
        return dns.name.Name(target.labels[:-1] + marker.labels)
    except dns.name.NameTooLong:
        return marker


def _text(content: str) -> bytes:
    """The byte string of a TXT. Quoted strings are master-file text; the API also keeps what was sent unquoted."""
    if not _STRINGS.fullmatch(content):
        return content.encode("utf-8", "surrogatepass")
    return b"".join(_ESCAPE.sub(_unescape, string.encode()) for string in _STRING.findall(content))


def _unescape(match: re.Match[bytes]) -> bytes:
    escaped = match.group(1)
    return bytes([int(escaped)]) if len(escaped) == 3 else escaped


def _host(name: dns.name.Name) -> str:
    """Without the final dot, as the API gives names; the root is a dot."""
    return "." if name == dns.name.root else to_text(name)
