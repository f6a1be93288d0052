# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A zone at Cloudflare, and the rules for its records."""

from __future__ import annotations

import copy
import datetime
import ipaddress
import re
import secrets
from collections.abc import Mapping
from typing import Any

ACCOUNT = "a" * 32
_PLANS = {"free": (200, 60), "pro": (3500, 60), "business": (3500, 60), "enterprise": (3500, 30)}  # batch, minimum TTL
_PROXIABLE = ("A", "AAAA", "CNAME")
_HOSTS = ("CNAME", "NS", "PTR", "MX")
_DATA = {
    "CAA": ("flags", "tag", "value"),
    "SRV": ("priority", "weight", "port", "target"),
    "TLSA": ("usage", "selector", "matching_type", "certificate"),
}
_TYPES = (*_PROXIABLE, "NS", "PTR", "MX", "TXT", *_DATA, "SSHFP", "HTTPS")
_OURS = ("id", "name", "type", "content", "ttl", "proxied", "priority", "data", "comment", "tags", "settings")
_LABEL = re.compile(r"\*|[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_STRINGS = re.compile(r'\s*(?:"(?:[^"\\]|\\.)*"\s*)+', re.DOTALL)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)


class Refused(Exception):
    """An error answer."""

    def __init__(self, status: int, code: int, message: str, cause: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"code": code, "message": message, **({"error_chain": [cause]} if cause else {})}

    def envelope(self) -> dict[str, Any]:
        return {"success": False, "errors": [self.error], "messages": [], "result": None}


def invalid(code: int, message: str) -> Refused:
    return Refused(400, 1004, "DNS Validation Error", {"code": code, "message": message})


def new_id() -> str:
    return secrets.token_hex(16)


def now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Zone:
    """A zone. ``records``: by id, as the API shows them."""

    def __init__(self, name: str, plan: str = "free", account: str = ACCOUNT, **about: str) -> None:
        self.id, self.name, self.plan, self.account = new_id(), name, plan, account
        self.records: dict[str, dict[str, Any]] = {}
        self.writes = 0
        self.about = {"status": "active", "type": "full", **about}
        self._created = now()

    def show(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            **self.about,
            "paused": False,
            "development_mode": 0,
            "name_servers": ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"],
            "original_name_servers": None,
            "original_registrar": None,
            "original_dnshost": None,
            "created_on": self._created,
            "modified_on": self._created,
            "activated_on": self._created,
            "meta": {"step": 4, "page_rule_quota": 3, "custom_certificate_quota": 0, "phishing_detected": False},
            "owner": {"id": None, "type": "user", "email": None},
            "account": {"id": self.account, "name": "Company Name SA"},
            "permissions": ["#dns_records:edit", "#dns_records:read", "#zone:read"],
            "plan": {"id": new_id(), "name": f"{self.plan.title()} Website", "legacy_id": self.plan, "price": 0},
        }

    def listing(self) -> list[dict[str, Any]]:
        return copy.deepcopy(sorted(self.records.values(), key=lambda record: (record["name"], record["id"])))

    def at(self, name: str, kind: str) -> list[dict[str, Any]]:
        return [record for record in self.listing() if (record["name"], record["type"]) == (name, kind)]

    def add(self, **record: Any) -> dict[str, Any]:
        """Add a record, as another program would. ``meta`` and ``locked``, which the API refuses, can be set too."""
        extra: dict[str, Any] = {key: record.pop(key) for key in ("meta", "locked") if key in record}
        added = self.batch({"posts": [{"ttl": 1, **record}]})["posts"][0]
        self.records[added["id"]].update(extra)
        self.writes -= 1
        return self.records[added["id"]]

    def batch(self, body: Any) -> dict[str, Any]:
        """Deletes, patches, puts and posts in this order: all of them, or none. Raises Refused with the first error."""
        if not isinstance(body, dict) or set(body) - {"deletes", "patches", "puts", "posts"}:
            raise Refused(400, 9207, "Request body is invalid.")
        size = sum(len(part or ()) for part in body.values())
        most = _PLANS[self.plan][0]
        if not size:
            raise Refused(400, 9207, "Request body is invalid.")
        if size > most:
            raise Refused(400, 81065, f"Batch of {size} records exceeds the limit of {most}")
        before, answer = dict(self.records), {}  # a shallow copy: changes replace records
        try:
            answer["deletes"] = [self._delete(entry) for entry in body.get("deletes") or ()]
            answer["patches"] = [self._change(entry, keep=True) for entry in body.get("patches") or ()]
            answer["puts"] = [self._change(entry, keep=False) for entry in body.get("puts") or ()]
            answer["posts"] = [self._create(entry) for entry in body.get("posts") or ()]
        except Refused:
            self.records = before
            raise
        self.writes += 1
        return copy.deepcopy({kind: done for kind, done in answer.items() if done})

    # -- one record --------------------------------------------------------------------------------------------------

    def _delete(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        self._refuse_foreign(entry)
        return self.records.pop(entry["id"])

    def _refuse_foreign(self, entry: Mapping[str, Any]) -> None:
        there = self.records.get(str(entry.get("id")))
        if there is None:
            raise Refused(404, 81044, "Record does not exist.")
        if there["meta"].get("read_only"):
            raise Refused(400, 81062, "This record is managed by Email Routing and is read-only.")

    def _create(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        moment = now()
        record: dict[str, Any] = {
            "id": new_id(),
            "name": "",
            "type": "",
            "content": "",
            "proxiable": False,
            "proxied": False,
            "ttl": 1,
            "settings": {},
            "meta": {},
            "comment": None,
            "tags": [],
            "created_on": moment,
            "modified_on": moment,
        }
        self._store(record, entry)
        return self.records[record["id"]]

    def _change(self, entry: Mapping[str, Any], keep: bool) -> dict[str, Any]:
        """PATCH keeps fields that are not sent, PUT resets them."""
        self._refuse_foreign(entry)
        record = copy.deepcopy(self.records[entry["id"]])
        if not keep:
            record.update({"proxied": False, "comment": None, "tags": [], "settings": {}, "ttl": 1})
        record["modified_on"] = now()
        self._store(record, entry)
        return self.records[entry["id"]]

    def _store(self, record: dict[str, Any], entry: Mapping[str, Any]) -> None:
        unknown = set(entry) - set(_OURS)
        if unknown:
            raise invalid(9003, f"Unknown fields {sorted(unknown)}")
        record.update({key: value for key, value in entry.items() if value is not None or key == "comment"})
        kind = record["type"]
        if kind not in _TYPES:
            raise invalid(9004, f"Invalid DNS record type {kind}")
        record["name"] = self._name(str(record["name"]))
        if kind in _DATA:
            self._from_data(record, entry)
        elif kind == "MX" and not (isinstance(record.get("priority"), int) and 0 <= record["priority"] <= 65535):
            raise invalid(9101, "priority is a required data field.")
        record["content"] = self._content(kind, str(record["content"]))
        record["proxiable"] = kind in _PROXIABLE
        if record["proxied"] and not record["proxiable"]:
            raise invalid(9004, "This record type cannot be proxied.")
        if record["proxied"]:
            record["ttl"] = 1
        least = _PLANS[self.plan][1]
        ttl = record["ttl"]
        if not isinstance(ttl, int) or (ttl != 1 and not least <= ttl <= 86400):
            raise invalid(9021, f"Invalid TTL. Must be between {least} and 86400 seconds, or 1 for Automatic.")
        self._refuse_conflict(record)
        self.records[record["id"]] = record

    def _name(self, name: str) -> str:
        name = (self.name if name == "@" else name).rstrip(".").lower()
        if name != self.name and not name.endswith(f".{self.name}"):
            name = f"{name}.{self.name}"
        if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
            raise invalid(9000, "DNS name is invalid.")
        return name

    def _from_data(self, record: dict[str, Any], entry: Mapping[str, Any]) -> None:
        data, kind = record.get("data"), record["type"]
        if not isinstance(data, dict) or set(data) != set(_DATA[kind]) or ("content" in entry and "data" not in entry):
            raise invalid(9101, f"A {kind} record needs the data fields {', '.join(_DATA[kind])}.")
        if kind == "CAA":
            record["content"] = f'{data["flags"]} {data["tag"]} "{data["value"]}"'
        elif kind == "SRV":
            data["target"] = data["target"].rstrip(".") or "."
            record["priority"] = data["priority"]
            record["content"] = f"{data['weight']}\t{data['port']}\t{data['target']}"
        else:
            record["content"] = "\t".join(str(data[part]) for part in _DATA[kind])

    def _content(self, kind: str, content: str) -> str:
        if kind == "A":
            return _address(content, 4)
        if kind == "AAAA":
            return _address(content, 6)
        if kind in _HOSTS:
            host = content.lower()
            if host == "." and kind == "MX":
                return host
            host = host.rstrip(".")
            if not host or not all(_LABEL.fullmatch(label) for label in host.split(".")):
                raise invalid(9002, f"Content for {kind} record is invalid.")
            return host
        if kind == "TXT":
            return _text(content)
        return content

    def _refuse_conflict(self, record: Mapping[str, Any]) -> None:
        kind = record["type"]
        others = [
            other for other in self.records.values() if other["name"] == record["name"] and other["id"] != record["id"]
        ]
        kinds = {other["type"] for other in others}
        if kind == "CNAME" and kinds & set(_PROXIABLE):
            raise Refused(400, 81053, "An A, AAAA, or CNAME record with that host already exists.")
        if kind in ("A", "AAAA") and "CNAME" in kinds:
            raise Refused(400, 81054, "A CNAME record with that host already exists.")
        beside_ns = {"NS", "DS"}
        delegates = ("NS" in kinds and kind not in beside_ns) or (kind == "NS" and kinds - beside_ns)
        if record["name"] != self.name and delegates:
            raise Refused(400, 81056, "NS records with that host already exist.")
        for other in others:
            if all(other.get(part) == record.get(part) for part in ("type", "content", "priority", "data")):
                raise Refused(400, 81058, "An identical record already exists.")
        if kind == "TXT":
            size = sum(len(other["content"]) for other in (*others, record) if other["type"] == "TXT")
            if size > 8192:
                raise invalid(9225, "The TXT records of one name must not exceed 8192 characters.")


def _address(content: str, version: int) -> str:
    try:
        address = ipaddress.ip_address(content)
    except ValueError:
        address = None
    if address is None or address.version != version:
        raise invalid(
            9005, f"Content for {'A' if version == 4 else 'AAAA'} record must be a valid IPv{version} address."
        )
    return str(address)


def _text(content: str) -> str:
    """The content as it was sent, except that strings that are too long are split."""
    if not content:
        raise invalid(9207, "Content for TXT record is required.")
    if not _STRINGS.fullmatch(content):
        if len(content) > 2048:
            raise invalid(9207, "Content for TXT record must not exceed 2048 characters.")
        return content
    strings = [_octets(string) for string in _STRING.findall(content)]
    if sum(len(string) for string in strings) > 2048:
        raise invalid(9207, "Content for TXT record must not exceed 2048 characters.")
    if all(len(string) <= 255 for string in strings):
        return content
    cut = [string[start : start + 255] for string in strings for start in range(0, len(string), 255)]
    return " ".join('"' + "".join(string) + '"' for string in cut)


def _octets(string: str) -> list[str]:
    """The octets of a character-string, each as spelled."""
    spelled = re.findall(r"\\\d{3}|\\.|.", string, re.DOTALL)
    for part in spelled:
        if len(part) == 4 and int(part[1:]) > 255:
            raise invalid(9208, "Content for TXT record has an invalid escape sequence.")
    return spelled
