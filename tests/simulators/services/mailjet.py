# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mailjet's API of version 3 for senders and their DNS: a deleted sender stays and blocks a new one."""

from __future__ import annotations

import base64
import dataclasses
import itertools
import re
import secrets
import urllib.parse
from pathlib import Path
from typing import Any

from ansible_collections.postmaster.mail.tests.simulators.json_api import Answer, Refusal, Request
from ansible_collections.postmaster.mail.tests.simulators.services.service_api import (
    DOMAIN_NAME,
    KEY,
    NoDns,
    PublicDns,
    ServiceApi,
)

_BASE = r"/v3/REST"
_OPERATIONS = (
    ("GET", _BASE + r"/sender", "senders"),
    ("POST", _BASE + r"/sender", "create"),
    ("GET", _BASE + r"/sender/([^/]+)", "sender"),
    ("PUT", _BASE + r"/sender/([^/]+)", "update"),
    ("DELETE", _BASE + r"/sender/([^/]+)", "delete"),
    ("POST", _BASE + r"/sender/([^/]+)/validate", "validate"),
    ("GET", _BASE + r"/dns", "zones"),
    ("GET", _BASE + r"/dns/([^/]+)", "zone"),
    ("POST", _BASE + r"/dns/([^/]+)/check", "check"),
)
_FIELDS = {"Email", "Name", "EmailType", "IsDefaultSender"}
_ADDRESS = re.compile(rf"[^@\s]+@{DOMAIN_NAME.pattern}")
_FILTERS = {"senders": {"Domain", "Email", "Status", "ShowDeleted"}, "zones": {"SPFStatus"}}


@dataclasses.dataclass
class Sender:
    id: int
    email: str
    name: str
    token: str
    label: str
    status: str = "Inactive"
    dkim: str = "Not checked"
    spf: str = "Not checked"
    hidden: int = 0  # reads that do not show it yet

    @property
    def domain(self) -> str:
        return self.email.partition("@")[2]


class MailjetSimulator(ServiceApi):
    """One account. ``relative``: whether record names lack the domain, as they once did."""

    def __init__(self, dns: PublicDns | None = None, certificate: tuple[Path, Path] | None = None) -> None:
        super().__init__(dns, certificate)
        self.pairs: dict[str, str] = {}
        self.senders: dict[int, Sender] = {}
        self.relative = False
        self._ids = itertools.count(41001)

    def add_pair(self) -> tuple[str, str]:
        key, secret = secrets.token_hex(16), secrets.token_hex(16)
        self.pairs[key] = secret
        return key, secret

    def add_sender(self, email: str, **state: Any) -> Sender:
        token, label = secrets.token_hex(16), f"mailjet._{secrets.token_hex(4)}"
        made = Sender(next(self._ids), email, email, token, label, **state)
        self.senders[made.id] = made
        return made

    def operation_of(self, request: Request) -> str:
        return _route(request)[0]

    def error(self, status: int) -> Refusal:
        said = {
            400: "Bad request", 404: "Object not found", 429: "Too many requests", 500: "Internal error",
            401: "API key authentication/authorization failure. You may be unauthorized to access the API.",
        }.get(status, "Operation not allowed")  # fmt: skip
        return Refusal(status, {"ErrorInfo": "", "ErrorMessage": said, "StatusCode": status})

    def answer(self, operation: str, request: Request) -> Answer:
        kind, dummy, text = request.headers.get("Authorization", "").partition(" ")
        key, dummy, secret = base64.b64decode(text).decode().partition(":") if kind == "Basic" else ("", "", "")
        if not key or self.pairs.get(key) != secret:
            raise self.error(401)
        which = _route(request)[1]
        if operation in ("senders", "zones"):
            limit, offset = int(request.query.get("Limit", "10")), int(request.query.get("Offset", "0"))
            if not 0 < limit <= 1000:
                raise self.error(400)
            if set(request.query) - {"Limit", "Offset"} - _FILTERS[operation]:
                raise self.error(400)
            seen = [one for one in self.senders.values() if _is_asked_for(one, request.query) and not one.hidden]
            told = [self._sender(one) if operation == "senders" else self._zone(one) for one in seen]
            return _page(told[offset : offset + limit])
        if operation == "create":
            return self._create(request.json())
        one = self._there(which, by_domain=operation in ("zone", "check"))
        if operation == "delete":
            one.status = "Deleted"
            return Answer(204)
        if operation == "update":
            if set(request.json()) - _FIELDS | {"Email"} & set(request.json()):
                raise self.error(400)  # the address of a sender cannot be changed
            one.status = "Inactive" if one.status == "Deleted" else one.status
            one.name = request.json().get("Name", one.name)
        if operation == "check":
            return self._check(one)
        if operation == "validate":
            return self._validate(one)
        return _page([self._zone(one) if operation == "zone" else self._sender(one)])

    def _there(self, which: str, by_domain: bool) -> Sender:
        for one in self.senders.values():
            if which in ((one.domain,) if by_domain else (str(one.id), one.email)):
                if one.hidden:
                    one.hidden -= 1
                    break
                return one
        raise self.error(404)

    def _create(self, given: dict[str, Any]) -> Answer:
        email = str(given.get("Email") or "").lower()
        if set(given) - _FIELDS or given.get("EmailType", "unknown") not in ("transactional", "bulk", "unknown"):
            raise self.error(400)
        if not _ADDRESS.fullmatch(email):
            raise self.error(400)
        if any(one.email == email for one in self.senders.values()):
            said = f'MJ18 A Sender resource with value "{email}" for Email already exists.'
            raise Refusal(400, {"ErrorInfo": "", "ErrorMessage": said, "StatusCode": 400})
        made = self.add_sender(email, hidden=self.late_reads)
        answer = _page([self._sender(made)])
        return Answer(201, answer.body)

    def _check(self, one: Sender) -> Answer:
        try:
            keys = (self.dns.ask(f"mailjet._domainkey.{one.domain}", "TXT") if self.dns else None) or set()
            policies = (self.dns.ask(one.domain, "TXT") if self.dns else None) or set()
        except NoDns:
            keys, policies = set(), set()
        one.dkim = "OK" if any(KEY in text for text in keys) else "Error"
        one.spf = "OK" if any("include:spf.mailjet.com" in text for text in policies) else "Not found"
        told = {
            "DKIMErrors": [], "DKIMRecordCurrentValue": "".join(keys), "DKIMStatus": one.dkim, "SPFErrors": [],
            "SPFRecordsCurrentValues": sorted(policies), "SPFStatus": one.spf,
        }  # fmt: skip
        return _page([told])

    def _validate(self, one: Sender) -> Answer:
        """Empty errors do not mean success: it may just have sent a message."""
        try:
            proven = one.status != "Deleted" and self.has(f"{one.label}.{one.domain}", "TXT", one.token)
        except NoDns:
            proven = False
        if proven:
            one.status = "Active"
        method = "DNS" if proven else "ActivationEmail"
        errors = {"FileValidationError": "", "DNSValidationError": ""}
        return _page([{"ValidationMethod": method, "Errors": errors, "GlobalError": ""}])

    def _sender(self, one: Sender) -> dict[str, Any]:
        return {
            "ID": one.id, "DNSID": one.id + 1, "Email": one.email, "Name": one.name, "Status": one.status,
            "EmailType": "unknown", "Filename": f"{one.token}.txt", "IsDefaultSender": False,
            "CreatedAt": self.now.isoformat(),
        }  # fmt: skip

    def _zone(self, one: Sender) -> dict[str, Any]:
        tail = "" if self.relative else f".{one.domain}."
        return {
            "ID": one.id + 1, "Domain": one.domain, "DKIMRecordName": f"mailjet._domainkey{tail}",
            "DKIMRecordValue": f"k=rsa; p={KEY}", "DKIMStatus": one.dkim, "SPFStatus": one.spf,
            "SPFRecordValue": "v=spf1 include:spf.mailjet.com ?all", "OwnerShipToken": one.token,
            "OwnerShipTokenRecordName": f"{one.label}{tail}", "IsCheckInProgress": "false", "LastCheckAt": "",
        }  # fmt: skip


def _is_asked_for(one: Sender, query: dict[str, str]) -> bool:
    if one.status == "Deleted" and query.get("ShowDeleted", "false").lower() not in ("true", "1"):
        return False
    told = {"Domain": one.domain, "Email": one.email, "Status": one.status, "SPFStatus": one.spf}
    return all(told[key] == value for key, value in query.items() if key in told)


def _page(items: list[dict[str, Any]]) -> Answer:
    return Answer(200, {"Count": len(items), "Data": items, "Total": len(items)})


def _route(request: Request) -> tuple[str, str]:
    for method, pattern, operation in _OPERATIONS:
        match = re.fullmatch(pattern, request.path.rstrip("/"))
        if match and method == request.method:
            return operation, urllib.parse.unquote(match[1]).lower() if match.groups() else ""
    raise Refusal(404, {"ErrorInfo": "", "ErrorMessage": "Object not found", "StatusCode": 404})
