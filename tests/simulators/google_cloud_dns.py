# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Google Cloud DNS: projects with managed zones, a token endpoint that checks signatures, and the metadata server."""

from __future__ import annotations

import base64
import json
import re
import secrets
import time
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from ansible_collections.postmaster.mail.tests.simulators.google_cloud_dns_rules import (
    NS,
    SOA,
    Invalid,
    Rrset,
    apply_change,
)
from ansible_collections.postmaster.mail.tests.simulators.json_api import Answer, JsonApi, Refusal, Request

SCOPES = {"https://www.googleapis.com/auth/ndev.clouddns.readwrite", "https://www.googleapis.com/auth/cloud-platform"}
METADATA = "/computeMetadata/v1"
_HOUR = 3600
_REASONS = {400: "invalid", 403: "rateLimitExceeded", 404: "notFound", 429: "rateLimitExceeded", 500: "backendError"}
_WORDS = {403: "Rate Limit Exceeded", 429: "Resource has been exhausted (e.g. check quota)."}

_OPERATIONS = (
    ("POST", r"/token", "token"),
    ("GET", r"/", "metadata root"),
    ("GET", METADATA + r"/instance/service-accounts/default/", "metadata account"),
    ("GET", METADATA + r"/instance/service-accounts/default/token", "metadata"),
    ("GET", METADATA + r"/project/project-id", "metadata project"),
    ("GET", r"/dns/v1/projects/([^/]+)", "get project"),
    ("GET", r"/dns/v1/projects/([^/]+)/managedZones", "list zones"),
    ("GET", r"/dns/v1/projects/([^/]+)/managedZones/([^/]+)", "get zone"),
    ("GET", r"/dns/v1/projects/([^/]+)/managedZones/([^/]+)/rrsets", "list"),
    ("POST", r"/dns/v1/projects/([^/]+)/managedZones/([^/]+)/changes", "change"),
    ("GET", r"/dns/v1/projects/([^/]+)/managedZones/([^/]+)/changes/(\d+)", "get change"),
)


@dataclass
class Account:
    """A service account of a project. ``key``: the content of its key file."""

    email: str
    project: str
    key: dict[str, str]
    public_key: rsa.RSAPublicKey
    denied: set[str] = field(default_factory=set)  # operations that its roles do not allow

    @property
    def json(self) -> str:
        return json.dumps(self.key)


@dataclass
class ManagedZone:
    name: str
    dns_name: str
    visibility: str = "public"
    more: dict[str, Any] = field(default_factory=dict)
    rrsets: dict[tuple[str, str], Rrset] = field(default_factory=dict)
    changes: list[dict[str, Any]] = field(default_factory=list)

    def resource(self) -> dict[str, Any]:
        return {
            "kind": "dns#managedZone",
            "id": str(abs(hash(self.name))),
            "name": self.name,
            "dnsName": self.dns_name,
            "description": "",
            "creationTime": "2026-01-01T00:00:00.000Z",
            "visibility": self.visibility,
            "nameServers": ["ns-cloud-a1.googledomains.com."],
            **self.more,
        }


class GoogleCloudDns(JsonApi):
    """``page``: items per page; ``polls``: the number of requests for a change until it is done."""

    def __init__(self, certificate: tuple[Path, Path] | None = None) -> None:
        super().__init__(certificate)
        self.page, self.polls = 100, 1
        self.token_lifetime = _HOUR
        self.machine: Account | None = None  # the service account at the metadata server
        self.refresh_tokens: dict[str, Account] = {}
        self._zones: dict[str, dict[str, ManagedZone]] = {}
        self._accounts: dict[str, Account] = {}
        self._tokens: dict[str, tuple[Account, float]] = {}
        self._private_key = rsa.generate_private_key(65537, 2048)

    # -- for tests ---------------------------------------------------------------------------------------------------

    def add_account(self, project: str) -> Account:
        email = f"postmaster-{secrets.token_hex(3)}@{project}.iam.gserviceaccount.com"
        pem = self._private_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        key = {
            "type": "service_account",
            "project_id": project,
            "private_key_id": secrets.token_hex(20),
            "private_key": pem.decode(),
            "client_email": email,
            "client_id": "1234567890",
            "token_uri": f"{self.endpoint}/token",
        }
        self._zones.setdefault(project, {})
        account = self._accounts[email] = Account(email, project, key, self._private_key.public_key())
        return account

    def add_zone(self, project: str, dns_name: str, name: str = "", visibility: str = "public", **more: Any) -> None:
        """A zone as Google creates it, with SOA and NS."""
        zone = ManagedZone(name or dns_name.rstrip(".").replace(".", "-"), f"{dns_name.rstrip('.')}.", visibility, more)
        for rdtype, rrdata in (("SOA", SOA), ("NS", NS)):
            zone.rrsets[zone.dns_name, rdtype] = Rrset(zone.dns_name, rdtype, 21600, (rrdata,))
        self._zones[project][zone.name] = zone

    def zones(self, project: str) -> dict[str, ManagedZone]:
        """The zones of a project, by their names in Google Cloud."""
        return self._zones[project]

    def zone(self, project: str, dns_name: str) -> ManagedZone:
        return next(zone for zone in self._zones[project].values() if zone.dns_name == f"{dns_name}.")

    def put(self, project: str, dns_name: str, rrset: Rrset) -> None:
        """Store a record set, as another program would."""
        with self.lock:
            self.zone(project, dns_name).rrsets[rrset.name, rrset.type] = rrset

    def token_for(self, account: Account) -> str:
        token = f"ya29.{secrets.token_urlsafe(30)}"
        self._tokens[token] = (account, time.time() + self.token_lifetime)
        return token

    def expire_tokens(self) -> None:
        self._tokens = {token: (account, 0.0) for token, (account, dummy) in self._tokens.items()}

    # -- the API -----------------------------------------------------------------------------------------------------

    def operation_of(self, request: Request) -> str:
        for method, pattern, name in _OPERATIONS:
            if method == request.method and re.fullmatch(pattern, request.path):
                return name
        raise self.error(404)

    def error(self, status: int, reason: str = "", message: str = "") -> Refusal:
        reason = reason or _REASONS.get(status, "backendError")
        message = message or _WORDS.get(status, reason)
        told = {"message": message, "domain": "global", "reason": reason}
        return Refusal(status, {"error": {"code": status, "message": message, "errors": [told]}})

    def answer(self, operation: str, request: Request) -> Answer:
        if operation == "token":
            return Answer(200, self._grant(request))
        if operation.startswith("metadata"):
            return self._metadata(operation, request)
        account = self._authenticated(request)
        pattern = next(pattern for dummy, pattern, name in _OPERATIONS if name == operation)
        project, *names = [urllib.parse.unquote(part) for part in re.fullmatch(pattern, request.path).groups()]  # type: ignore[union-attr]
        if operation in account.denied or project != account.project:
            raise self.error(403, "forbidden", f"The caller lacks the permission for {operation} on {project}.")
        zones = self._zones[project]
        if not names:
            return Answer(
                200, self._project(project) if operation == "get project" else self._list_zones(zones, request)
            )
        if names[0] not in zones:
            raise self.error(
                404, "notFound", f"The 'parameters.managedZone' resource named '{names[0]}' does not exist."
            )
        zone = zones[names[0]]
        if operation == "get zone":
            return Answer(200, zone.resource())
        if operation == "list":
            return Answer(200, self._list(zone, request))
        if operation == "change":
            return Answer(200, self._change(zone, request))
        return Answer(200, self._poll(zone, int(names[1])))

    def _project(self, project: str) -> dict[str, Any]:
        quota = {"rrsetAdditionsPerChange": 1000, "rrsetDeletionsPerChange": 1000, "totalRrdataSizePerChange": 100000}
        return {"kind": "dns#project", "id": project, "number": "1", "quota": {"kind": "dns#quota", **quota}}

    def _list_zones(self, zones: dict[str, ManagedZone], request: Request) -> dict[str, Any]:
        unknown = set(request.query) - {"dnsName", "pageToken", "maxResults", "alt", "prettyPrint"}
        if unknown:
            raise self.error(400, "invalid", f"Unknown name {unknown}")
        wanted = request.query.get("dnsName")
        if wanted is not None and not wanted.endswith("."):
            raise self.error(400, "invalid", f"Invalid value for 'parameters.dnsName': '{wanted}'")
        found = [zone.resource() for name, zone in sorted(zones.items()) if wanted in (None, zone.dns_name)]
        return self._page(found, "managedZones", "dns#managedZonesListResponse", request)

    def _list(self, zone: ManagedZone, request: Request) -> dict[str, Any]:
        name, rdtype = request.query.get("name"), request.query.get("type")
        if rdtype and not name:
            raise self.error(400, "required", "Required parameter: name")
        found = [
            rrset.resource()
            for key, rrset in sorted(zone.rrsets.items())
            if name in (None, key[0]) and rdtype in (None, key[1])
        ]
        return self._page(found, "rrsets", "dns#resourceRecordSetsListResponse", request)

    def _page(self, found: list[Any], items: str, kind: str, request: Request) -> dict[str, Any]:
        size = min(self.page, int(request.query.get("maxResults", self.page)))
        token = request.query.get("pageToken", "")
        if token and not token.startswith("page-"):
            raise self.error(400, "invalid", "Invalid value for 'parameters.pageToken'")
        start = int(token[5:] or 0) if token else 0
        more = {"nextPageToken": f"page-{start + size}"} if start + size < len(found) else {}
        return {"kind": kind, items: found[start : start + size], **more}

    def _change(self, zone: ManagedZone, request: Request) -> dict[str, Any]:
        try:
            body = request.json()
            zone.rrsets = apply_change(zone.dns_name, zone.rrsets, body)
        except Invalid as error:
            raise self.error(error.status, error.reason, str(error)) from None
        change = {
            "kind": "dns#change",
            "id": str(len(zone.changes)),
            "startTime": "2026-01-01T00:00:00.000Z",
            "status": "pending",
            "additions": body.get("additions", []),
            "deletions": body.get("deletions", []),
        }
        zone.changes.append({**change, "polls": self.polls})
        return change

    def _poll(self, zone: ManagedZone, number: int) -> dict[str, Any]:
        if number >= len(zone.changes):
            raise self.error(404)
        change = zone.changes[number]
        change["polls"] -= 1
        status = "pending" if change["polls"] > 0 else "done"
        return {**{name: value for name, value in change.items() if name != "polls"}, "status": status}

    # -- authentication ----------------------------------------------------------------------------------------------

    def _authenticated(self, request: Request) -> Account:
        kind, dummy, token = request.headers.get("Authorization", "").partition(" ")
        account, end = self._tokens.get(token, (None, 0.0))
        if kind != "Bearer" or account is None or time.time() >= end:
            raise self.error(401, "authError", f"Request had invalid authentication credentials: {token}")
        return account

    def _grant_token(self, account: Account) -> dict[str, Any]:
        lifetime = self.token_lifetime
        return {"access_token": self.token_for(account), "expires_in": lifetime, "token_type": "Bearer"}

    def _grant(self, request: Request) -> dict[str, Any]:
        if request.headers.get("Content-Type") != "application/x-www-form-urlencoded":
            raise Refusal(400, {"error": "invalid_request", "error_description": "Bad Request"})
        form = dict(urllib.parse.parse_qsl(request.body.decode()))
        if form.get("grant_type") == "refresh_token":
            account = self.refresh_tokens.get(form.get("refresh_token", ""))
            if account is None or not form.get("client_id") or not form.get("client_secret"):
                raise Refusal(
                    400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
                )
            return self._grant_token(account)
        if form.get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer":
            raise Refusal(400, {"error": "unsupported_grant_type"})
        return self._grant_token(self._signer(form.get("assertion", "")))

    def _signer(self, assertion: str) -> Account:
        """The account that signed an assertion (RFC 7523 3)."""

        def refused(why: str) -> Refusal:
            return Refusal(400, {"error": "invalid_grant", "error_description": why})

        head, claims_part, signature = [*assertion.split("."), "", ""][:3]
        header, claims = json.loads(_decoded(head)), json.loads(_decoded(claims_part))
        account = self._accounts.get(claims.get("iss"))
        if account is None:
            raise refused("Invalid grant: account not found")
        try:
            account.public_key.verify(
                _decoded(signature), f"{head}.{claims_part}".encode(), padding.PKCS1v15(), hashes.SHA256()
            )
        except InvalidSignature:
            raise refused("Invalid JWT Signature.") from None
        now = time.time()
        if header.get("alg") != "RS256" or header.get("kid") != account.key["private_key_id"]:
            raise refused("Invalid JWT: unknown key.")
        if claims.get("aud") != "https://oauth2.googleapis.com/token":
            raise refused("Invalid JWT: Failed audience check.")
        if not now - 300 < claims["iat"] <= now + 60 or not now < claims["exp"] <= claims["iat"] + _HOUR:
            raise refused("Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.")
        if not SCOPES & set(claims.get("scope", "").split()):
            raise refused("Invalid OAuth scope or ID token audience provided.")
        return account

    def _metadata(self, operation: str, request: Request) -> Answer:
        if request.headers.get("Metadata-Flavor") != "Google":
            return Answer(403, "<html>Missing Metadata-Flavor:Google header.</html>")
        if self.machine is None:
            return Answer(404, "<html>not found</html>", {"Metadata-Flavor": "Google"})
        headers = {"Metadata-Flavor": "Google"}
        if operation == "metadata root":
            return Answer(200, "0.1/\ncomputeMetadata/\n", {**headers, "Content-Type": "application/text"})
        if operation == "metadata account":
            account = {"aliases": ["default"], "email": self.machine.email, "scopes": sorted(SCOPES)}
            return Answer(200, account, headers)
        if operation == "metadata project":
            return Answer(200, self.machine.project, {**headers, "Content-Type": "application/text"})
        return Answer(200, self._grant_token(self.machine), headers)


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
