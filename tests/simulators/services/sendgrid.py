# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SendGrid's API of version 3 for domain authentication: it silently creates duplicates, but only one can be valid."""

from __future__ import annotations

import dataclasses
import itertools
import re
import secrets
from pathlib import Path
from typing import Any

from ansible_collections.postmaster.mail.tests.simulators.json_api import Answer, Refusal, Request
from ansible_collections.postmaster.mail.tests.simulators.services.service_api import (
    DOMAIN_NAME,
    NoDns,
    PublicDns,
    ServiceApi,
)

_BASE = r"/v3/whitelabel/domains"
_OPERATIONS = (
    ("GET", _BASE, "list"),
    ("POST", _BASE, "create"),
    ("GET", _BASE + r"/(\d+)", "get"),
    ("POST", _BASE + r"/(\d+)/validate", "validate"),
    ("DELETE", _BASE + r"/(\d+)", "delete"),
)
_FIELDS = {
    "domain": str, "subdomain": str, "username": str, "ips": list, "custom_spf": bool, "default": bool,
    "automatic_security": bool, "custom_dkim_selector": str, "region": str,
}  # fmt: skip
_SELECTOR = re.compile(r"[A-Za-z0-9]{3}")


@dataclasses.dataclass
class Domain:
    id: int
    domain: str
    subdomain: str
    selectors: tuple[str, str] = ("s1", "s2")
    default: bool = False
    valid: bool = False
    records: dict[str, bool] = dataclasses.field(default_factory=dict)
    hidden: int = 0  # listings that do not show it yet


class SendGridSimulator(ServiceApi):
    """One account. ``keys``: the valid API keys with their scopes."""

    def __init__(
        self, dns: PublicDns | None = None, region: str = "global", certificate: tuple[Path, Path] | None = None
    ) -> None:
        super().__init__(dns, certificate)
        self.region = region
        self.keys: dict[str, set[str]] = {}
        self.domains: dict[int, Domain] = {}
        self.user_id = 1000000 + secrets.randbelow(1000000)
        self._ids = itertools.count(302183)

    def add_key(self, *scopes: str) -> str:
        key = f"SG.{secrets.token_urlsafe(16)}.{secrets.token_urlsafe(32)}"
        self.keys[key] = set(scopes) or {"read", "create", "update", "delete"}
        return key

    def add_domain(self, domain: str, subdomain: str, **state: Any) -> Domain:
        """An object that another program has created."""
        made = Domain(next(self._ids), domain, subdomain, **state)
        self.domains[made.id] = made
        return made

    # -- one call ----------------------------------------------------------------------------------------------------

    def operation_of(self, request: Request) -> str:
        return _route(request)[0]

    def error(self, status: int) -> Refusal:
        said = {401: "authorization required", 403: "access forbidden", 404: "not found", 429: "too many requests"}
        headers = {"X-RateLimit-Reset": "1"} if status == 429 else {}
        text = said.get(status, "internal error getting TXT")
        return Refusal(status, {"errors": [{"field": None, "message": text}]}, headers)

    def answer(self, operation: str, request: Request) -> Answer:
        kind, dummy, key = request.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer" or key not in self.keys:
            raise self.error(401)
        right = {"list": "read", "get": "read", "validate": "update"}.get(operation, operation)
        if right not in self.keys[key]:
            raise self.error(403)
        number = _route(request)[1]
        if operation == "list":
            return Answer(200, self._listed(request))
        if operation == "create":
            return Answer(201, self._told(self._create(request)))
        one = self.domains.get(number)
        if one is None:
            raise self.error(404)
        if operation == "delete":
            del self.domains[one.id]
            return Answer(204)
        if operation == "validate":
            return Answer(200, self._validate(one))
        return Answer(200, self._told(one))

    def _listed(self, request: Request) -> list[dict[str, Any]]:
        limit, offset = int(request.query.get("limit", "50")), int(request.query.get("offset", "0"))
        search = request.query.get("domain", "")
        seen = []
        for one in self.domains.values():
            if one.hidden:
                one.hidden -= 1
            elif search in one.domain:  # a search, not a comparison
                seen.append(self._told(one))
        return seen[offset : offset + limit]

    def _create(self, request: Request) -> Domain:
        given = request.json()
        for name, value in given.items():
            if name not in _FIELDS or not isinstance(value, _FIELDS[name]):
                raise Refusal(400, {"errors": [{"field": name, "message": f"{name} is not valid"}]})
        domain = given.get("domain", "").lower()
        if not DOMAIN_NAME.fullmatch(domain):
            raise Refusal(400, {"errors": [{"field": "domain", "message": "domain is not valid"}]})
        if given.get("region", "global") not in ("global", "eu") or given.get("region", "global") != self.region:
            raise Refusal(400, {"errors": [{"field": "region", "message": "region is not valid for this user"}]})
        subdomain = given.get("subdomain") or f"em{secrets.randbelow(9000) + 1000}"
        if any((one.domain, one.subdomain) == (domain, subdomain) for one in self.domains.values()):
            said = "An authenticated domain already exists for this URL. Please use a different domain or subdomain."
            raise Refusal(400, {"errors": [{"field": None, "message": said}]})
        selector = given.get("custom_dkim_selector")
        if selector is not None and not _SELECTOR.fullmatch(selector):
            said = "custom_dkim_selector accepts three letters or numbers"
            raise Refusal(400, {"errors": [{"field": "custom_dkim_selector", "message": said}]})
        selectors = (selector, f"{selector}2") if selector else ("s1", "s2")
        made = self.add_domain(domain, subdomain, selectors=selectors, default=given.get("default", False))
        made.hidden = self.late_reads
        return made

    def wanted(self, one: Domain) -> dict[str, tuple[str, str]]:
        """The host and target of each CNAME, by the API's name for it."""
        zone = f"u{self.user_id}.wl{one.id % 1000:03}.sendgrid.net"
        keys = {
            f"dkim{number}": (f"{selector}._domainkey.{one.domain}", f"{selector}.domainkey.{zone}")
            for number, selector in enumerate(one.selectors, start=1)
        }
        return {"mail_cname": (f"{one.subdomain}.{one.domain}", zone), **keys}

    def _validate(self, one: Domain) -> dict[str, Any]:
        results: dict[str, Any] = {}
        for key, (host, target) in self.wanted(one).items():
            try:
                there = self.has(host, "CNAME", target)
            except NoDns:
                raise self.error(500) from None
            one.records[key] = there
            reason = None if there else f"Expected CNAME for {host} to match {target}."
            results[key] = {"valid": there, "reason": reason}
        one.valid = all(one.records.values())
        for other in self.domains.values() if one.valid else ():
            if other.domain == one.domain and other is not one:
                other.valid = False  # they depend on the same names
        return {"id": one.id, "valid": one.valid, "validation_results": results}

    def _told(self, one: Domain) -> dict[str, Any]:
        return {
            "id": one.id, "user_id": self.user_id, "subdomain": one.subdomain, "domain": one.domain,
            "username": "company", "ips": [], "custom_spf": False, "default": one.default, "legacy": False,
            "automatic_security": True, "valid": one.valid,
            "dns": {
                key: {"valid": one.records.get(key, one.valid), "type": "cname", "host": host, "data": target}
                for key, (host, target) in self.wanted(one).items()
            },
        }  # fmt: skip


def _route(request: Request) -> tuple[str, int]:
    for method, pattern, operation in _OPERATIONS:
        match = re.fullmatch(pattern, request.path)
        if match and method == request.method:
            return operation, int(match[1]) if match.groups() else 0
    raise Refusal(404, {"errors": [{"message": "not found"}]})
