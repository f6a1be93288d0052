# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scaleway's API for Transactional Email: a project's domains, terms to accept, and revoking instead of deleting."""

from __future__ import annotations

import dataclasses
import re
import secrets
import uuid
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

_BASE = r"/transactional-email/v1alpha1/regions/([a-z-]+)/domains"
_OPERATIONS = (
    ("GET", _BASE, "list"),
    ("POST", _BASE, "create"),
    ("GET", _BASE + r"/([0-9a-f-]+)", "get"),
    ("POST", _BASE + r"/([0-9a-f-]+)/check", "check"),
    ("POST", _BASE + r"/([0-9a-f-]+)/revoke", "revoke"),
)
_FIELDS = {"project_id", "domain_name", "accept_tos", "autoconfig"}


@dataclasses.dataclass
class Domain:
    id: str
    name: str
    project: str
    region: str = "fr-par"
    status: str = "unchecked"
    error: str | None = None
    hidden: int = 0  # listings that do not show it yet


class ScalewaySimulator(ServiceApi):
    """``keys``: secret keys, and whether each may write."""

    def __init__(self, dns: PublicDns | None = None, certificate: tuple[Path, Path] | None = None) -> None:
        super().__init__(dns, certificate)
        self.keys: dict[str, bool] = {}
        self.project = str(uuid.uuid4())
        self.domains: dict[str, Domain] = {}
        self.offered = {"fr-par"}

    def add_key(self) -> str:
        key = str(uuid.UUID(bytes=secrets.token_bytes(16)))
        self.keys[key] = True
        return key

    def add_domain(self, name: str, **state: Any) -> Domain:
        made = Domain(str(uuid.uuid4()), name, self.project, **state)
        self.domains[made.id] = made
        return made

    def operation_of(self, request: Request) -> str:
        return _route(request)[0]

    def error(self, status: int) -> Refusal:
        kinds = {401: "denied_authentication", 403: "permissions_denied", 404: "not_found", 429: "too_many_requests"}
        return Refusal(status, {"type": kinds.get(status, "internal"), "message": kinds.get(status, "internal error")})

    def answer(self, operation: str, request: Request) -> Answer:
        may_write = self.keys.get(request.headers.get("X-Auth-Token") or "")
        if may_write is None:
            raise self.error(401)
        region, number = _route(request)[1]
        if region not in self.offered:
            raise Refusal(501, {"type": "not_implemented", "message": "not implemented"})
        if request.method != "GET" and not may_write:
            raise self.error(403)
        if operation == "list":
            return Answer(200, self._listed(request, region))
        if operation == "create":
            return Answer(200, self._told(self._create(request.json(), region)))
        one = self.domains.get(number)
        if one is None or one.status == "revoked" or one.region != region:
            raise Refusal(404, {"type": "not_found", "message": "resource is not found", "resource": "domain"})
        if operation == "revoke":
            one.status = "revoked"
        if operation == "check":
            self._check(one)
        return Answer(200, self._told(one))

    def _listed(self, request: Request, region: str) -> dict[str, Any]:
        page, size = int(request.query.get("page", "1")), int(request.query.get("page_size", "20"))
        if not 0 < size <= 100:
            raise Refusal(400, {"type": "invalid_arguments", "message": "page_size"})
        seen = []
        for one in self.domains.values():
            if one.hidden:
                one.hidden -= 1
            elif (
                request.query.get("name", one.name) == one.name
                and request.query.get("project_id", one.project) == one.project
                and one.region == region
            ):
                seen.append(self._told(one))
        return {"total_count": len(seen), "domains": seen[(page - 1) * size : page * size]}

    def _create(self, given: dict[str, Any], region: str) -> Domain:
        name = str(given.get("domain_name") or "").lower()
        if set(given) - _FIELDS or not DOMAIN_NAME.fullmatch(name) or given.get("project_id") != self.project:
            raise Refusal(400, {"type": "invalid_arguments", "message": "invalid argument(s)"})
        if given.get("accept_tos") is not True:
            raise Refusal(400, {"type": "invalid_arguments", "message": "accept_tos is required"})
        if any(one.name == name and one.status != "revoked" for one in self.domains.values()):
            raise Refusal(409, {"type": "already_exists", "message": "resource already exists"})
        return self.add_domain(name, region=region, hidden=self.late_reads)

    def _check(self, one: Domain) -> None:
        try:
            found = {
                name: (self.dns.ask(name, "TXT") if self.dns else None) or set()
                for name in (f"{one.project}._domainkey.{one.name}", one.name)
            }
        except NoDns:
            found = {}
        keys, policies = (*found.values(), set(), set())[:2]
        whole = any(KEY in text for text in keys) and any("include:_spf.tem.scaleway.com" in text for text in policies)
        one.status, one.error = ("checked", None) if whole else ("invalid", "DKIM record not found")

    def _told(self, one: Domain) -> dict[str, Any]:
        key = f"v=DKIM1; h=sha256; k=rsa; p={KEY}"
        at = f"{self.now:%Y-%m-%dT%H:%M:%SZ}"
        return {
            "id": one.id, "organization_id": one.project, "project_id": one.project, "name": one.name,
            "status": one.status, "created_at": at, "next_check_at": None, "last_valid_at": None, "revoked_at": None,
            "last_error": one.error, "spf_config": "include:_spf.tem.scaleway.com",
            "dkim_config": key, "region": one.region, "autoconfig": False,
            "records": {
                "dkim": {"name": f"{one.project}._domainkey.{one.name}.", "value": key},
                "spf": {"name": f"{one.name}.", "value": "v=spf1 include:_spf.tem.scaleway.com -all"},
                "mx": {"name": f"{one.name}.", "value": "10 blackhole.tem.scaleway.com."},
                "dmarc": {"name": f"_dmarc.{one.name}.", "value": "v=DMARC1; p=none"},
            },
        }  # fmt: skip


def _route(request: Request) -> tuple[str, tuple[str, str]]:
    for method, pattern, operation in _OPERATIONS:
        match = re.fullmatch(pattern, request.path)
        if match and method == request.method:
            return operation, (match[1], match[2] if len(match.groups()) > 1 else "")
    raise Refusal(404, {"type": "unknown_route", "message": "not found"})
