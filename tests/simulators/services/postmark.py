# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Postmark's account API for domains: numeric ids, a pending key before the first verification, error codes."""

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
    KEY,
    OTHER_KEY,
    NoDns,
    PublicDns,
    ServiceApi,
)

# matched in lower case, because the official clients differ in case
_OPERATIONS = (
    ("GET", r"/domains/?", "list"),
    ("POST", r"/domains/?", "create"),
    ("GET", r"/domains/(\d+)", "get"),
    ("PUT", r"/domains/(\d+)", "edit"),
    ("DELETE", r"/domains/(\d+)", "delete"),
    ("PUT", r"/domains/(\d+)/verifydkim", "verify dkim"),
    ("PUT", r"/domains/(\d+)/verifyreturnpath", "verify return path"),
    ("POST", r"/domains/(\d+)/rotatedkim", "rotate dkim"),
    ("GET", r"/servers/?", "servers"),
)


@dataclasses.dataclass
class Domain:
    id: int
    name: str
    host: str
    return_path: str = ""
    dkim: bool = False
    return_path_verified: bool = False
    key: str = KEY
    pending: tuple[str, str] = ("", "")  # the next host and key, used once DNS shows them
    revoked: str = ""  # the host of the former key
    hidden: int = 0  # reads that do not show it yet


@dataclasses.dataclass
class Server:
    """Postmark's name for a sender with its own settings and tokens."""

    id: int
    name: str
    smtp: bool = True
    tokens: list[str] = dataclasses.field(default_factory=lambda: [secrets.token_hex(16)])


class PostmarkSimulator(ServiceApi):
    """One account. ``contradicts``: DKIMUpdateStatus is Verified while DKIMVerified is false, as has been seen."""

    def __init__(self, dns: PublicDns | None = None, certificate: tuple[Path, Path] | None = None) -> None:
        super().__init__(dns, certificate)
        self.tokens: set[str] = set()
        self.domains: dict[int, Domain] = {}
        self.servers: dict[int, Server] = {}
        self.taken: set[str] = set()  # names that other accounts have
        self.contradicts = False
        self.renewing = False  # whether it refuses to check a key for now
        self._ids = itertools.count(36735)

    def add_token(self) -> str:
        token = secrets.token_hex(16)
        self.tokens.add(token)
        return token

    def add_domain(self, name: str, **state: Any) -> Domain:
        made = Domain(next(self._ids), name, f"{self.now:%Y%m%d%H%M%S}pm._domainkey.{name}", **state)
        self.domains[made.id] = made
        return made

    def add_server(self, name: str, **state: Any) -> Server:
        made = Server(next(self._ids), name, **state)
        self.servers[made.id] = made
        return made

    def operation_of(self, request: Request) -> str:
        return _route(request)[0]

    def error(self, status: int) -> Refusal:
        code = {401: 10, 429: 429, 500: 500, 503: 503}.get(status, 511)
        return Refusal(status, {"ErrorCode": code, "Message": "The server token you provided is invalid."})

    def answer(self, operation: str, request: Request) -> Answer:
        if request.headers.get("X-Postmark-Account-Token") not in self.tokens:
            raise self.error(401)
        if operation == "list":
            told = [
                {
                    "ID": one.id, "Name": one.name, "SPFVerified": True, "DKIMVerified": one.dkim, "WeakDKIM": False,
                    "ReturnPathDomainVerified": one.return_path_verified,
                }
                for one in self.domains.values() if not self._is_hidden(one)
            ]  # fmt: skip
            return _page(request, "Domains", told)
        if operation == "servers":
            name = request.query.get("name", "").lower()  # a search, not a comparison
            servers = [_server(one) for one in self.servers.values() if name in one.name.lower()]
            return _page(request, "Servers", servers)
        if operation == "create":
            return Answer(200, self._told(self._create(request.json())))
        one = self.domains.get(_route(request)[1])
        if one is None or self._is_hidden(one):
            raise _refused(510, "This domain was not found.")
        if operation == "delete":
            del self.domains[one.id]
            return Answer(200, {"ErrorCode": 0, "Message": f"Domain {one.name} removed."})
        if operation == "edit":
            if set(request.json()) != {"ReturnPathDomain"}:
                raise _refused(511, "You have invalid or missing fields.")
            self._set_return_path(one, str(request.json()["ReturnPathDomain"] or ""))
        if operation == "verify dkim":
            if self.renewing:
                raise _refused(505, "DKIM is already scheduled for renewal.")
            self.look_for_key(one)
        if operation == "rotate dkim":
            self.rotate(one)
        if operation == "verify return path":
            one.return_path_verified = bool(one.return_path) and self._stands(one.return_path, "CNAME", "pm.mtasv.net")
        return Answer(200, self._told(one))

    def rotate(self, one: Domain) -> None:
        """Start a key rotation."""
        self.advance(1)
        one.pending = (f"{self.now:%Y%m%d%H%M%S}pm._domainkey.{one.name}", OTHER_KEY)

    def look_for_key(self, one: Domain) -> None:
        if one.pending[0] and self._stands(one.pending[0], "TXT", one.pending[1]):
            one.revoked, (one.host, one.key), one.pending = one.host, one.pending, ("", "")
        one.dkim = one.dkim or self._stands(one.host, "TXT", one.key)

    def _is_hidden(self, one: Domain) -> bool:
        one.hidden, hidden = max(0, one.hidden - 1), one.hidden
        return bool(hidden)

    def _create(self, given: dict[str, Any]) -> Domain:
        name = str(given.get("Name") or "").lower()
        if set(given) - {"Name", "ReturnPathDomain"} or not DOMAIN_NAME.fullmatch(name):
            raise _refused(511, "You have invalid or missing fields.")
        if any(one.name == name for one in self.domains.values()):
            raise _refused(512, "This domain already exists.")
        if name in self.taken:
            raise _refused(513, "You are not the owner of this domain.")
        made = self.add_domain(name, hidden=self.late_reads)
        self._set_return_path(made, str(given.get("ReturnPathDomain") or ""))
        return made

    def _set_return_path(self, one: Domain, path: str) -> None:
        if path and not path.endswith(f".{one.name}"):
            raise _refused(511, "ReturnPathDomain must be a subdomain of the domain.")
        one.return_path, one.return_path_verified = path, False

    def _stands(self, name: str, kind: str, value: str) -> bool:
        try:
            return any(value in text for text in (self.dns.ask(name, kind) if self.dns else None) or ())
        except NoDns:
            return False

    def _told(self, one: Domain) -> dict[str, Any]:
        current, pending = ((one.host, one.key), one.pending) if one.dkim else (("", ""), (one.host, one.key))
        verified = one.dkim and not pending[0]
        return {
            "ID": one.id, "Name": one.name, "SPFVerified": True, "SPFHost": one.name, "SPFTextValue": "",
            "DKIMVerified": one.dkim, "WeakDKIM": False, "DKIMHost": current[0], "DKIMTextValue": _record(current[1]),
            "DKIMPendingHost": pending[0], "DKIMPendingTextValue": _record(pending[1]), "DKIMRevokedHost": one.revoked,
            "DKIMRevokedTextValue": _record(KEY if one.revoked else ""), "SafeToRemoveRevokedKeyFromDNS": False,
            "DKIMUpdateStatus": "Verified" if verified or self.contradicts else "Pending",
            "ReturnPathDomain": one.return_path, "ReturnPathDomainVerified": one.return_path_verified,
            "ReturnPathDomainCNAMEValue": "pm.mtasv.net",
        }  # fmt: skip


def _record(key: str) -> str:
    return f"k=rsa;p={key}" if key else ""


def _page(request: Request, member: str, items: list[dict[str, Any]]) -> Answer:
    query = request.query
    if set(query) - {"count", "offset", *(("name",) if member == "Servers" else ())}:
        raise _refused(511, "You have invalid or missing fields.")
    if not {"count", "offset"} <= set(query) or not 0 < int(query["count"]) <= 500:
        raise _refused(511, "Parameter 'count' and 'offset' are required.")
    start = int(query["offset"])
    return Answer(200, {"TotalCount": len(items), member: items[start : start + int(query["count"])]})


def _server(one: Server) -> dict[str, Any]:
    return {
        "ID": one.id, "Name": one.name, "ApiTokens": one.tokens, "ServerLink": f"https://postmark.test/{one.id}",
        "Color": "Blue", "SmtpApiActivated": one.smtp, "RawEmailEnabled": False, "DeliveryType": "Live",
        "InboundAddress": "", "InboundHookUrl": "", "BounceHookUrl": "", "OpenHookUrl": "", "DeliveryHookUrl": "",
        "PostFirstOpenOnly": False, "InboundDomain": "", "InboundHash": "", "InboundSpamThreshold": 0,
        "TrackOpens": False, "TrackLinks": "None", "ClickHookUrl": "", "IncludeBounceContentInHook": False,
        "EnableSmtpApiErrorHooks": False,
    }  # fmt: skip


def _refused(code: int, said: str) -> Refusal:
    return Refusal(422, {"ErrorCode": code, "Message": said})


def _route(request: Request) -> tuple[str, int]:
    for method, pattern, operation in _OPERATIONS:
        match = re.fullmatch(pattern, request.path.lower())
        if match and method == request.method:
            return operation, int(match[1]) if match.groups() else 0
    raise Refusal(404, {"ErrorCode": 404, "Message": "not found"})
