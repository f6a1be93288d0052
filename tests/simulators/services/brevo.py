# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brevo's API of version 3 for sender domains: one code for all domains of an account, and a DMARC policy required."""

from __future__ import annotations

import dataclasses
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

_BASE = r"/v3/senders/domains"
_OPERATIONS = (
    ("GET", r"/v3/account", "account"),
    ("GET", _BASE, "list"),
    ("POST", _BASE, "create"),
    ("GET", _BASE + r"/([^/]+)", "get"),
    ("PUT", _BASE + r"/([^/]+)/authenticate", "authenticate"),
    ("DELETE", _BASE + r"/([^/]+)", "delete"),
)
DMARC = "v=DMARC1; p=none; rua=mailto:rua@dmarc.brevo.com"


@dataclasses.dataclass
class Domain:
    id: str
    name: str
    verified: bool = False
    authenticated: bool = False
    states: dict[str, bool] = dataclasses.field(default_factory=dict)
    hidden: int = 0  # reads that do not show it yet


class BrevoSimulator(ServiceApi):
    """One account. Host names are relative to the organisational domain, here always the last two labels."""

    def __init__(self, dns: PublicDns | None = None, certificate: tuple[Path, Path] | None = None) -> None:
        super().__init__(dns, certificate)
        self.keys: set[str] = set()
        self.domains: dict[str, Domain] = {}
        self.code = f"brevo-code:{secrets.token_hex(16)}"
        self.key = KEY
        self.cname = True  # whether the account has its DKIM keys behind CNAMEs
        self.relay = True
        self.refusals: dict[str, tuple[int, str]] = {}  # by operation: errors that a person must resolve

    def add_key(self) -> str:
        key = f"xkeysib-{secrets.token_hex(32)}"
        self.keys.add(key)
        return key

    def operation_of(self, request: Request) -> str:
        return _route(request)[0]

    def error(self, status: int) -> Refusal:
        code = {400: "invalid_parameter", 401: "unauthorized", 403: "permission_denied", 404: "document_not_found"}
        code.update({429: "too_many_requests", 500: "internal_error"})
        said = "Key not found" if status == 401 else code.get(status, "invalid_parameter")
        return Refusal(
            status, {"code": code.get(status, "invalid_parameter"), "message": said}, {"x-sib-ratelimit-reset": "1"}
        )

    def answer(self, operation: str, request: Request) -> Answer:
        if request.headers.get("api-key") not in self.keys:
            raise self.error(401)
        if operation in self.refusals:
            status, code = self.refusals[operation]
            raise Refusal(status, {"code": code, "message": code.replace("_", " ")})
        name = _route(request)[1]
        if operation == "account":
            data = {"userName": "7a1b2c@smtp-brevo.com", "relay": "smtp-relay.brevo.com", "port": 587}
            return Answer(
                200, {"email": "info@company.test", "relay": {"enabled": self.relay, "data": data}, "plan": []}
            )
        if operation == "list":
            told = [
                {"id": one.id, "domain_name": one.name, "authenticated": one.authenticated, "verified": one.verified}
                for one in self.domains.values()
                if not one.hidden
            ]
            return Answer(200, {"domains": told})
        if operation == "create":
            return Answer(200, self._create(request.json()))
        one = self.domains.get(name)
        if one is not None and one.hidden:
            one.hidden -= 1
            one = None
        if one is None:
            raise Refusal(404, {"code": "document_not_found", "message": "Domain does not exist"})
        if operation == "get":
            told_one = {"domain": one.name, "verified": one.verified, "authenticated": one.authenticated}
            return Answer(200, {**told_one, "dns_records": self._records(one)})
        if operation == "delete":
            del self.domains[one.name]
            return Answer(204)
        self._look(one)
        if not one.authenticated:
            raise Refusal(400, {"code": "bad_request", "message": "DNS records not properly configured"})
        return Answer(200, {"domain_name": one.name, "message": "Domain has been authenticated successfully"})

    def _create(self, given: dict[str, Any]) -> dict[str, Any]:
        name = str(given.get("name") or "").lower()
        if set(given) != {"name"} or not DOMAIN_NAME.fullmatch(name):
            raise self.error(400)
        if name in self.domains:
            raise Refusal(400, {"code": "duplicate_parameter", "message": "Domain already exists in your account"})
        made = self.domains[name] = Domain(secrets.token_hex(12), name, hidden=self.late_reads)
        told = {"id": made.id, "domain_name": name, "message": "Domain added successfully. To authenticate it, ..."}
        return {**told, "dns_records": self._records(made)}

    def wanted(self, one: Domain) -> dict[str, tuple[str, str, str, str]]:
        """By the API's name for a record: its absolute name, its name in the answer, type and value."""
        labels = one.name.split(".")[:-2]
        below = "." + ".".join(labels) if labels else ""
        records = {
            "brevo_code": (one.name, below[1:] or "@", "TXT", self.code),
            "dmarc_record": (f"_dmarc.{one.name}", f"_dmarc{below}", "TXT", DMARC),
        }
        dashed = one.name.replace(".", "-")
        if self.cname:
            for number in (1, 2):
                host = f"brevo{number}._domainkey"  # without the subdomain, unlike the others
                target = f"b{number}.{dashed}.dkim.brevo.com"
                records[f"dkim{number}Record"] = (f"{host}.{one.name}", host, "CNAME", target)
        else:
            host = "mail._domainkey"
            records["dkim_record"] = (f"{host}.{one.name}", f"{host}{below}", "TXT", f"k=rsa;p={self.key}")
        return records

    def _records(self, one: Domain) -> dict[str, Any]:
        told: dict[str, Any] = {"dkim_record": None}
        for key, (dummy, host, kind, value) in self.wanted(one).items():
            told[key] = {"type": kind, "value": value, "host_name": host, "status": one.states.get(key, False)}
        return told

    def _look(self, one: Domain) -> None:
        for key, (name, dummy, kind, value) in self.wanted(one).items():
            try:
                if key == "dmarc_record":
                    found = self.dns.ask(name, "TXT") if self.dns else None
                    one.states[key] = any(text.startswith("v=DMARC1") for text in found or ())
                elif key == "dkim_record":
                    keys = (self.dns.ask(name, "TXT") if self.dns else None) or set()
                    one.states[key] = any(self.key in text for text in keys)
                else:
                    one.states[key] = self.has(name, kind, value)
            except NoDns:
                one.states[key] = False
        one.verified = one.states["brevo_code"]
        one.authenticated = all(one.states.values())


def _route(request: Request) -> tuple[str, str]:
    for method, pattern, operation in _OPERATIONS:
        match = re.fullmatch(pattern, request.path)
        if match and method == request.method:
            return operation, urllib.parse.unquote(match[1]).lower() if match.groups() else ""
    raise Refusal(404, {"code": "not_found", "message": "Unable to find a matching route"})
