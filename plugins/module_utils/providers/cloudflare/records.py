# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Convert records from and to Cloudflare's JSON. Pure: no I/O.

DNS does not show a proxied CNAME: Cloudflare answers with its own addresses. So here it is not a CNAME to its target
but to ``TARGET.proxied-by-cloudflare.invalid``, and a request for the plain CNAME is a change. Writing that name, from
a backup, creates a proxied CNAME again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...errors import InvalidInput, PostmasterError
from ...libraries import dns
from ...names import to_text
from ...zone.model import Key, RecordSet
from ...zone.plan import Change
from ...zone.rdata import cname, from_presentation, txt
from ..changes import by_record
from ..spelling import type_of, unquoted

_PROXIED = "proxied-by-cloudflare.invalid."  # RFC 6761 6.4: nobody can own such a name
_AUTOMATIC = 300  # seconds; the meaning of TTL 1
# The operations of one batch, by kind: ``deletes``, ``patches`` and ``posts``.
Batch = dict[str, list[dict[str, Any]]]

TYPES = frozenset({"A", "AAAA", "CAA", "CNAME", "MX", "NS", "OPENPGPKEY", "PTR", "SRV", "TLSA", "TXT"})
# How a type is represented: by its target, by named fields in ``data``, or else by its text.
_HOSTS = ("CNAME", "NS", "PTR")
_DATA = {
    "CAA": ("flags", "tag", "value"),
    "SRV": ("priority", "weight", "port", "target"),
    "TLSA": ("usage", "selector", "matching_type", "certificate"),
}


@dataclasses.dataclass(frozen=True)
class CloudflareRecord:
    """One record: its value (None if not understood), its TTL in seconds, and the API's item."""

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
    rdtype = type_of(item["type"])
    try:
        value = _value(rdtype, item)
    except (PostmasterError, dns.exception.DNSException, ValueError, KeyError):
        value = None
    ttl = int(item["ttl"])
    return CloudflareRecord((dns.name.from_text(item["name"]), rdtype), value, _AUTOMATIC if ttl == 1 else ttl, item)


def fields(value: dns.rdata.Rdata) -> dict[str, Any]:
    """The fields of a record that hold its value. A CNAME becomes DNS-only. Raises InvalidInput."""
    kind = dns.rdatatype.to_text(value.rdtype)
    if kind == "CNAME":
        target = value.target  # type: ignore[attr-defined]
        marker = dns.name.from_text(_PROXIED)
        if target == marker:
            raise InvalidInput("A proxied CNAME with such a long target cannot be restored. Enter it at Cloudflare.")
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
    return {"content": value.to_text()}


def is_proxied(cname: RecordSet) -> bool:
    """Whether a CNAME is, or will be, one that Cloudflare answers itself."""
    marker = dns.name.from_text(_PROXIED)
    return any(value.target.is_subdomain(marker) for value in cname.values)  # type: ignore[attr-defined]


def least_ttl(records: Iterable[CloudflareRecord]) -> int:
    """The TTL of a set: its records may have different ones, and DNS uses the lowest (RFC 2181 5.2)."""
    return min(record.ttl for record in records)


def refuse_read_only(what: RecordSet, records: Iterable[CloudflareRecord], stay: Sequence[dns.rdata.Rdata]) -> None:
    if any(record.read_only and record.value not in stay for record in records):
        raise InvalidInput(
            f"{what} has a value that another Cloudflare product manages, such as Email Routing. It cannot be changed "
            "here: change it there."
        )


def operations(changes: Iterable[Change], there: Mapping[Key, Sequence[CloudflareRecord]]) -> Batch:
    """The changes as operations on records; a value that replaces another reuses its record."""
    batch: Batch = {"deletes": [], "patches": [], "posts": []}
    for change in changes:
        name, rdtype = change.record_set.key
        records = there.get(change.record_set.key, ())
        refuse_read_only(change.record_set, records, change.after.values if change.after else ())
        ttl = _ttl_to_send(change, records)
        common = {"name": to_text(name), "type": dns.rdatatype.to_text(rdtype), "ttl": ttl}
        work = by_record(change.after, [(record.value, record) for record in records])
        if change.before is not None and change.after is not None and change.before.ttl != change.after.ttl:
            batch["patches"] += [{"id": record.id, **common} for record in work.stay]
        batch["patches"] += [{"id": record.id, **common, **fields(value)} for record, value in work.update]
        batch["deletes"] += [{"id": record.id} for record in work.delete]
        batch["posts"] += [{**common, **_unproxied(rdtype), **fields(value)} for value in work.create]
    return batch


def confirms(answer: Any, batch: Batch, changes: Iterable[Change]) -> bool:
    """Whether the answer to a batch contains everything that was requested."""
    try:
        if any(len(answer.get(kind) or ()) != len(asked) for kind, asked in batch.items()):
            return False
        applied = [parse(item) for kind in ("patches", "posts") for item in answer.get(kind) or ()]
    except (AttributeError, LookupError, TypeError, ValueError, dns.exception.DNSException):
        return False
    written = {(record.key, record.value) for record in applied}
    return all(
        (change.record_set.key, value) in written
        for change in changes
        for value in (change.after.values if change.after else ())
        if change.before is None or value not in change.before.values
    )


def _unproxied(rdtype: dns.rdatatype.RdataType) -> dict[str, Any]:
    return {"proxied": False} if rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA) else {}


def _ttl_to_send(change: Change, records: Sequence[CloudflareRecord]) -> int:
    """An unchanged TTL as it is spelled there: 1 for automatic."""
    wanted = change.after.ttl if change.after else None
    if wanted is None:
        return 1
    return next((int(record.raw["ttl"]) for record in records if record.ttl == wanted), wanted)


def _value(rdtype: dns.rdatatype.RdataType, item: Mapping[str, Any]) -> dns.rdata.Rdata:
    """Raises PostmasterError, DNSException, ValueError or KeyError for a value that is not understood."""
    kind, content = item["type"], item.get("content", "")
    if kind == "TXT":
        # the API also stores text that was sent without quotes
        octets = unquoted(content)
        return txt(content.encode("utf-8", "surrogatepass") if octets is None else octets)
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


def _host(name: dns.name.Name) -> str:
    """A name without the final dot, as the API spells it; the root is a dot."""
    return "." if name == dns.name.root else to_text(name)
