# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A zone at GoDaddy: its records, and what the two APIs refuse."""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

Record = dict[str, Any]

_TYPES = ("A", "AAAA", "CAA", "CNAME", "MX", "NS", "SOA", "SRV", "TXT")
_FIELDS = {"type", "name", "data", "ttl", "priority", "weight", "port", "service", "protocol", "flag", "tag"}
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_*-]{1,63}(\.[a-z0-9_-]{1,63})*", re.IGNORECASE)
_NAME = re.compile(r"@|(\*|[a-z0-9_-]{1,63})(\.[a-z0-9_-]{1,63})*", re.IGNORECASE)


class Refused(Exception):
    """An error answer."""

    def __init__(self, status: int, code: str, message: str, path: str = "") -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.path = status, code, message, path

    def body(self) -> dict[str, Any]:
        fields = [{"path": self.path, "code": self.code, "message": self.message}] if self.path else []
        return {"code": self.code, "message": self.message, **({"fields": fields} if fields else {})}


class Zone:
    """``records``: with values as the API shows them; ``writes``: the number of write requests, refused ones too."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.writes = 0
        self.settles = 0.0  # other writes are refused until this moment
        self.records: list[Record] = []
        for host in ("ns01.domaincontrol.com", "ns02.domaincontrol.com"):
            self.records.append({"id": _new_id(), "type": "NS", "name": "@", "data": host, "ttl": 3600})
        self.records.append(
            {"id": _new_id(), "type": "SOA", "name": "@", "data": "ns01.domaincontrol.com", "ttl": 3600}
        )

    def find(self, rdtype: str | None = None, name: str | None = None) -> list[Record]:
        return [r for r in self.records if rdtype in (None, r["type"]) and name in (None, r["name"])]

    def show(self, record: Record, version: int) -> Record:
        shown = {key: value for key, value in record.items() if key != "id"}
        if version == 1:
            if record["type"] == "CAA":
                shown["data"] = f'{shown.pop("flag")} {shown.pop("tag")} "{record["data"]}"'
            return shown
        return {"recordId": record["id"], **shown}

    def checked(self, given: Any, strict: bool = True, max_ttl: int = 604800, max_data: int = 65000) -> Record:
        """The record as it is stored. Raises Refused."""
        if not isinstance(given, dict) or not {"type", "name", "data"} <= set(given) or set(given) - _FIELDS:
            raise Refused(
                422, "INVALID_BODY", "Request body doesn't fulfill schema, see details in `fields`", "records"
            )
        record = {"ttl": 3600, **given}
        if record["type"] not in _TYPES or (strict and record["type"] == "SOA"):
            raise Refused(422, "INVALID_VALUE_ENUM", f"{record['type']} is not a type", "records[0].type")
        if not _NAME.fullmatch(record["name"]):
            raise Refused(422, "INVALID_VALUE", f"{record['name']!r} is not a name", "records[0].name")
        if not isinstance(record["ttl"], int) or not 600 <= record["ttl"] <= max_ttl:
            raise Refused(422, "INVALID_VALUE", "ttl is out of range", "records[0].ttl")
        if strict:
            self._check_data(record, max_data)
        if record["type"] in ("CNAME", "MX", "NS", "SRV"):
            record["data"] = record["data"].rstrip(".")
        return {"id": _new_id(), **record}

    def write(self, kind: str, parts: tuple[str, ...], body: Any) -> tuple[int, Any]:
        self.writes += 1
        if kind == "v3 wipe":
            self.records = []  # as the original did: it reported success, and the zone was empty
            return 200, {}
        if kind == "v3 create":
            if isinstance(body, dict) and body.get("type") == "NS":
                raise Refused(409, "dns_record_not_mutable", "NS records are read-only")
            record = self.checked(body, max_ttl=86400, max_data=512)
            if record["name"].startswith("*") and record["type"] not in ("A", "AAAA", "CNAME"):
                raise Refused(422, "INVALID_VALUE", "wildcards are for A, AAAA and CNAME", "name")
            self._put([*self.records, record])
            return 201, self.show(record, version=3)
        if kind == "v3 delete":
            found = next((record for record in self.records if record["id"] == parts[0]), None)
            if found is None:
                raise Refused(404, "NOT_FOUND", "no such record")
            self._refuse_own([found])
            self.records.remove(found)
            return 204, None
        return self._write_v1(kind, parts, body)

    def _write_v1(self, kind: str, parts: tuple[str, ...], body: Any) -> tuple[int, Any]:
        scope = self.find(*parts)
        if kind == "v1 delete":
            if not scope:
                raise Refused(404, "NOT_FOUND", "no such records")
            self._refuse_own(scope)
            self.records = [record for record in self.records if record not in scope]
            return 204, None
        if not isinstance(body, list):
            raise Refused(
                422, "INVALID_BODY", "Request body doesn't fulfill schema, see details in `fields`", "records"
            )
        if not body and kind != "v1 wipe":
            return 200, None  # ignored
        defaults = dict(zip(("type", "name"), parts))
        if any(record.get(field, value) != value for record in body for field, value in defaults.items()):
            raise Refused(422, "INVALID_BODY", "the records are not of the type and name in the path", "records")
        records = [self.checked({**defaults, **record}) for record in body]
        if any(record["type"] == "CAA" for record in records):
            raise Refused(422, "INVALID_VALUE_ENUM", "CAA records are not written by this version", "records")
        if kind == "v1 append":
            self._refuse_own(records)
            self._put([*self.records, *records])
        else:
            if kind == "v1 replace":
                self._refuse_own(scope)
            kept = [record for record in self.records if record not in scope or _is_own(record)]
            self._put([*kept, *(record for record in records if not _is_own(record))])
        return 200, None

    def _put(self, records: list[Record]) -> None:
        """Replace all records. Raises Refused for duplicates, and for a CNAME beside other records."""
        seen = set()
        for record in records:
            identity = tuple(record.get(key) for key in ("type", "name", "data", "priority", "port", "service", "tag"))
            if identity in seen:
                raise Refused(422, "DUPLICATE_RECORD", f"{record['type']} {record['name']} is there twice", "records")
            seen.add(identity)
        for name in {record["name"] for record in records}:
            types = [record["type"] for record in records if record["name"] == name and not record.get("service")]
            if "CNAME" in types and len(types) > 1:
                raise Refused(422, "DUPLICATE_RECORD", f"a CNAME at {name} conflicts with other records", "records")
        self.records = records

    def _check_data(self, record: Record, max_data: int) -> None:
        rdtype, data = record["type"], record["data"]
        if not isinstance(data, str) or not data or len(data) > max_data:
            raise Refused(422, "INVALID_VALUE", "data is empty or too long", "records[0].data")
        if rdtype in ("A", "AAAA"):
            try:
                if ipaddress.ip_address(data).version != (4 if rdtype == "A" else 6):
                    raise ValueError
            except ValueError:
                raise Refused(422, "INVALID_VALUE", f"{data!r} is no address", "records[0].data") from None
        if rdtype in ("CNAME", "MX", "NS", "SRV") and data != "@" and not _HOST.fullmatch(data.rstrip(".")):
            raise Refused(422, "INVALID_VALUE", f"{data!r} is no host name", "records[0].data")
        if rdtype in ("MX", "SRV") and not isinstance(record.get("priority"), int):
            raise Refused(422, "INVALID_BODY", "priority is missing", "records[0].priority")
        if rdtype == "TXT" and not data.isprintable():
            raise Refused(422, "INVALID_VALUE", "data has a character that is not allowed", "records[0].data")
        if rdtype == "CNAME" and record["name"] == "@":
            raise Refused(422, "INVALID_VALUE", "the zone itself cannot be a CNAME", "records[0].name")

    @staticmethod
    def _refuse_own(records: Iterable[Mapping[str, Any]]) -> None:
        if any(_is_own(record) for record in records):
            raise Refused(409, "dns_record_not_mutable", "SOA and NS records of the zone are read-only")


def _is_own(record: Mapping[str, Any]) -> bool:
    return (record["type"], record["name"]) in (("SOA", "@"), ("NS", "@"))


def _new_id() -> str:
    return secrets.token_urlsafe(24)
