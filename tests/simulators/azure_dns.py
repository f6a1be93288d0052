# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure DNS in Azure Resource Manager: subscriptions, resource groups, zones, record sets with etags, tokens."""

from __future__ import annotations

import collections
import re
import secrets
import time
import urllib.parse
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.postmaster.mail.tests.simulators.azure_dns_rules import PLACES, Invalid, check
from ansible_collections.postmaster.mail.tests.simulators.json_api import Answer, JsonApi, Refusal, Request

PRODUCTION = "https://management.azure.com"
_ROOT = r"/subscriptions/(?P<subscription>[^/]+)"
_GROUP = _ROOT + r"/resourceGroups/(?P<group>[^/]+)"
_ZONES = r"/providers/Microsoft\.Network/dnsZones"
_ZONE = _GROUP + _ZONES + r"/(?P<zone>[^/]+)"
_SET = _ZONE + r"/(?P<kind>A|AAAA|CAA|CNAME|MX|NS|PTR|SOA|SRV|TXT)/(?P<name>[^/]+)"

_OPERATIONS = (
    ("POST", r"/(?P<tenant>[^/]+)/oauth2/v2\.0/token", "token"),
    ("GET", r"/identity", "identity"),
    ("GET", _ROOT + _ZONES, "list zones"),
    ("GET", _GROUP + _ZONES, "list zones"),
    ("GET", _GROUP + r"/providers/Microsoft\.Network/trafficmanagerprofiles", "list profiles"),
    ("GET", _ZONE, "get zone"),
    ("GET", _ZONE + r"/(?:all|recordsets)", "list"),
    ("GET", _SET, "get"),
    ("PUT", _SET, "put"),
    ("DELETE", _SET, "delete"),
)
_CODES = {401: "ExpiredAuthenticationToken", 403: "AuthorizationFailed", 404: "ResourceNotFound"}
_CODES |= {409: "Conflict", 412: "PreconditionFailed", 429: "TooManyRequests", 500: "InternalServerError"}

_A_MINUTE = {"create": 200, "update": 200, "delete": 200, "get": 2000, "list": 60}  # requests per zone
_MOST_SETS = 10000  # per zone

Key = tuple[str, str]  # name relative to the zone, type


@dataclass
class Principal:
    """An application that signs in with a secret."""

    tenant_id: str
    client_id: str
    client_secret: str
    subscription_id: str
    denied: set[str] = field(default_factory=set)  # operations that its roles do not allow


@dataclass
class DnsZone:
    name: str
    group: str
    subscription: str
    sets: dict[Key, dict[str, Any]] = field(default_factory=dict)
    writes: int = 0
    spent: dict[str, list[float]] = field(default_factory=lambda: collections.defaultdict(list))

    def is_throttled(self, kind: str) -> bool:
        """Count a request of a kind; returns whether there were too many in the last minute."""
        now = time.monotonic()
        self.spent[kind] = spent = [moment for moment in self.spent[kind] if moment > now - 60]
        spent.append(now)
        return len(spent) > _A_MINUTE[kind]

    @property
    def id(self) -> str:
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.group}/providers/Microsoft.Network/dnszones/"
            f"{self.name}"
        )

    def put(self, name: str, kind: str, properties: dict[str, Any]) -> dict[str, Any]:
        """Store a record set, as another program would; returns it as the API shows it."""
        fqdn = f"{self.name}." if name == "@" else f"{name}.{self.name}."
        self.sets[name, kind] = item = {
            "id": f"{self.id}/{kind}/{name}",
            "name": name,
            "type": f"Microsoft.Network/dnszones/{kind}",
            "etag": str(uuid.uuid4()),
            "properties": {**properties, "fqdn": fqdn, "provisioningState": "Succeeded"},
        }
        return item


class AzureDns(JsonApi):
    """Azure Resource Manager with DNS zones. ``page``: items per page."""

    def __init__(self, certificate: tuple[Path, Path] | None = None) -> None:
        super().__init__(certificate)
        self.page = 100
        self.public_url = ""  # the URL that clients use, if not ``endpoint``
        self.token_lifetime = 3599
        self.retry_after = "1"
        self.identity_header = secrets.token_hex(8)
        self.identity: Principal | None = None  # the managed identity of the machine
        self.locked: set[str] = set()  # names of zones whose resource group is locked
        self._principals: dict[str, Principal] = {}
        self._zones: list[DnsZone] = []
        self._groups: set[tuple[str, str]] = set()  # subscription, and resource group in lower case
        self._tokens: dict[str, tuple[Principal, float]] = {}

    # -- for tests ---------------------------------------------------------------------------------------------------

    def add_principal(self) -> Principal:
        principal = Principal(str(uuid.uuid4()), str(uuid.uuid4()), secrets.token_urlsafe(30), str(uuid.uuid4()))
        self._principals[principal.client_id] = principal
        return principal

    def add_group(self, subscription: str, group: str) -> None:
        self._groups.add((subscription, group.lower()))

    def add_zone(self, subscription: str, group: str, name: str) -> DnsZone:
        """A zone as Azure creates it, with SOA and NS."""
        self.add_group(subscription, group)
        zone = DnsZone(name, group, subscription)
        soa = {"host": "ns1-01.azure-dns.com.", "email": "azuredns-hostmaster.microsoft.com", "serialNumber": 1}
        soa |= {"refreshTime": 3600, "retryTime": 300, "expireTime": 2419200, "minimumTTL": 300}
        zone.put("@", "SOA", {"TTL": 3600, "SOARecord": soa})
        zone.put("@", "NS", {"TTL": 172800, "NSRecords": [{"nsdname": "ns1-01.azure-dns.com."}]})
        self._zones.append(zone)
        return zone

    def zone(self, name: str) -> DnsZone:
        return next(zone for zone in self._zones if zone.name == name)

    def expire_tokens(self) -> None:
        self._tokens = {token: (principal, 0.0) for token, (principal, dummy) in self._tokens.items()}

    # -- the API -----------------------------------------------------------------------------------------------------

    def operation_of(self, request: Request) -> str:
        return self._match(request)[0]

    def _match(self, request: Request) -> tuple[str, dict[str, str]]:
        for method, pattern, name in _OPERATIONS:
            # Resource Manager's URLs are case-insensitive
            match = re.fullmatch(pattern, request.path, re.IGNORECASE)
            if match and method == request.method:
                return name, {key: urllib.parse.unquote(value) for key, value in match.groupdict().items()}
        raise self.error(404)

    def error(self, status: int, code: str = "", message: str = "") -> Refusal:
        code = code or _CODES.get(status, "BadRequest")
        headers = {"Retry-After": self.retry_after} if status == 429 and self.retry_after else {}
        return Refusal(status, {"error": {"code": code, "message": message or code}}, headers)

    def of_dns(self, status: int, code: str, message: str) -> Refusal:
        """An error of Azure DNS itself, which is not wrapped in ``error``."""
        return Refusal(status, {"code": code, "message": message})

    def answer(self, operation: str, request: Request) -> Answer:
        names = self._match(request)[1]
        if operation == "token":
            return Answer(200, self._grant(names["tenant"], request))
        if operation == "identity":
            return Answer(200, self._of_machine(request))
        principal = self._authenticated(request)
        if operation == "list profiles":  # octoDNS asks for possible targets of aliases
            return Answer(200, {"value": []})
        if request.query.get("api-version") != "2018-05-01":
            raise self.error(400, "MissingApiVersionParameter", "The api-version query parameter is required.")
        if names["subscription"] != principal.subscription_id:
            message = f"The subscription '{names['subscription']}' could not be found."
            raise self.error(404, "SubscriptionNotFound", message)
        if operation in principal.denied:
            message = f"The client '{principal.client_id}' does not have authorization to perform action '{operation}'."
            raise self.error(403, "AuthorizationFailed", message)
        if operation == "list zones":
            found = self._zones_of(names["subscription"], names.get("group"))
            return Answer(200, self._page([self._zone_resource(zone) for zone in found], request))
        zone = self._zone_of(names)
        if operation == "get zone":
            return Answer(200, self._zone_resource(zone))
        if operation == "list":
            self._refuse_many(zone, "list")
            return Answer(200, self._page(list(zone.sets.values()), request))
        kind, name = names["kind"].upper(), names["name"].lower()
        there = zone.sets.get((name, kind))
        self._refuse_many(zone, ("update" if there else "create") if operation == "put" else operation)
        if operation == "get":
            if there is None:
                raise self.of_dns(404, "NotFound", f"The resource record '{name}' does not exist in resource zone.")
            return Answer(200, there)
        self._refuse_condition(request, there)
        if zone.name in self.locked:
            raise self.error(409, "ScopeLocked", f"The scope '{zone.id}' cannot perform write operation: it is locked.")
        return self._delete(zone, name, kind) if operation == "delete" else self._put(zone, name, kind, request)

    def _refuse_many(self, zone: DnsZone, kind: str) -> None:
        if zone.is_throttled(kind):
            raise self.error(429, "TooManyRequests", f"Too many requests of the kind {kind} for the zone {zone.name}.")

    def _zones_of(self, subscription: str, group: str | None) -> list[DnsZone]:
        """The zones of a subscription, or of one of its resource groups. Raises Refusal for an unknown group."""
        mine = [zone for zone in self._zones if zone.subscription == subscription]
        if group is None:
            return mine
        if (subscription, group.lower()) not in self._groups:
            raise self.error(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")
        return [zone for zone in mine if zone.group.lower() == group.lower()]

    def _zone_of(self, names: dict[str, str]) -> DnsZone:
        for zone in self._zones_of(names["subscription"], names["group"]):
            if zone.name == names["zone"].lower():
                return zone
        message = f"The Resource 'Microsoft.Network/dnszones/{names['zone']}' was not found."
        raise self.error(404, "ResourceNotFound", message)

    def _zone_resource(self, zone: DnsZone) -> dict[str, Any]:
        return {
            "id": zone.id,
            "name": zone.name,
            "type": "Microsoft.Network/dnszones",
            "etag": "00000000-0000-0000-0000-000000000000",
            "location": "global",
            "properties": {"numberOfRecordSets": len(zone.sets), "nameServers": ["ns1-01.azure-dns.com."]},
        }

    def _page(self, items: list[Any], request: Request) -> dict[str, Any]:
        size = min(self.page, int(request.query.get("$top", self.page)))
        start = int(request.query.get("$skipToken", "0"))
        page: dict[str, Any] = {"value": items[start : start + size]}
        if start + size < len(items):
            query = urllib.parse.urlencode({"api-version": "2018-05-01", "$skipToken": str(start + size)})
            page["nextLink"] = f"{self.public_url or self.endpoint}{request.path}?{query}"
        return page

    def _refuse_condition(self, request: Request, there: dict[str, Any] | None) -> None:
        match, none_match = request.headers.get("If-Match"), request.headers.get("If-None-Match")
        if none_match is not None and none_match != "*":
            raise self.error(400, "BadRequest", "If-None-Match must be *.")
        wrong = match is not None and (there is None or match not in ("*", there["etag"]))
        if wrong or (none_match is not None and there is not None):
            raise self.of_dns(412, "PreconditionFailed", "The condition set by the etag is not met.")

    def _put(self, zone: DnsZone, name: str, kind: str, request: Request) -> Answer:
        body = request.json()
        properties = body.get("properties") if isinstance(body, dict) else None
        if request.headers.get("Content-Type", "").split(";")[0] != "application/json":
            raise self.error(415, "UnsupportedMediaType")
        try:
            check(kind, properties)
        except Invalid as error:
            raise self.of_dns(400, "BadRequest", str(error)) from None
        assert properties is not None
        if kind == "CNAME" and name == "@":
            raise self.of_dns(400, "BadRequest", "A CNAME record set cannot be at the zone apex.")
        beside = {other for at, other in zone.sets if at == name and other != kind}
        if kind == "CNAME" and beside:
            what = "The CNAME record could not be created because another record with the same name already exists"
            raise self.of_dns(409, "Conflict", f"{what} in this zone.")
        if "CNAME" in beside:
            what = "The record could not be created because a CNAME record with the same name already exists"
            raise self.of_dns(409, "Conflict", f"{what} in this zone.")
        status = 200 if (name, kind) in zone.sets else 201
        if status == 201 and len(zone.sets) >= _MOST_SETS:
            raise self.of_dns(400, "BadRequest", f"The zone has {_MOST_SETS} record sets, which is its limit.")
        stays = {field: value for field, value in properties.items() if field in ("TTL", "metadata", PLACES[kind])}
        item = zone.put(name, kind, {"metadata": {}, **stays, "targetResource": {}})
        zone.writes += 1
        return Answer(status, item)

    def _delete(self, zone: DnsZone, name: str, kind: str) -> Answer:
        if name == "@" and kind in ("SOA", "NS"):
            raise self.of_dns(400, "BadRequest", f"The {kind} record set at the zone apex cannot be deleted.")
        if zone.sets.pop((name, kind), None) is None:
            return Answer(204)
        zone.writes += 1
        return Answer(200)

    # -- authentication ----------------------------------------------------------------------------------------------

    def _authenticated(self, request: Request) -> Principal:
        scheme, dummy, token = request.headers.get("Authorization", "").partition(" ")
        principal, end = self._tokens.get(token, (None, 0.0))
        if scheme != "Bearer" or principal is None:
            raise self.error(401, "InvalidAuthenticationToken", f"The access token is invalid: {token}")
        if time.time() >= end:
            raise self.error(401, "ExpiredAuthenticationToken", "The access token expiry is in the past.")
        return principal

    def token_for(self, principal: Principal) -> str:
        token = f"eyJ0eXAi.{secrets.token_urlsafe(40)}"
        self._tokens[token] = (principal, time.time() + self.token_lifetime)
        return token

    def _grant(self, tenant: str, request: Request) -> dict[str, Any]:
        form = dict(urllib.parse.parse_qsl(request.body.decode()))
        principal = self._principals.get(form.get("client_id", ""))

        def refused(status: int, error: str, description: str) -> Refusal:
            told = f"{description}\r\nTrace ID: {uuid.uuid4()}\r\nTimestamp: 2026-01-01 00:00:00Z"
            return Refusal(status, {"error": error, "error_description": told})

        if tenant not in {known.tenant_id for known in self._principals.values()}:
            raise refused(400, "invalid_request", f"AADSTS90002: Tenant '{tenant}' not found.")
        if form.get("grant_type") != "client_credentials":
            raise refused(400, "unsupported_grant_type", "AADSTS70003: The app requested an unsupported grant type.")
        if principal is None or principal.tenant_id != tenant:
            raise refused(400, "unauthorized_client", "AADSTS700016: Application was not found in the directory.")
        if form.get("client_secret") != principal.client_secret:
            raise refused(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
        if form.get("scope") not in tuple(f"{url}/.default" for url in (self.endpoint, self.public_url, PRODUCTION)):
            raise refused(400, "invalid_scope", "AADSTS70011: The provided value for scope is not valid.")
        lifetime = self.token_lifetime
        return {"token_type": "Bearer", "expires_in": lifetime, "access_token": self.token_for(principal)}

    def _of_machine(self, request: Request) -> dict[str, Any]:
        if request.headers.get("X-IDENTITY-HEADER") != self.identity_header or self.identity is None:
            raise Refusal(400, {"statusCode": 400, "message": "No managed identity was found."})
        if request.query.get("resource") not in (self.endpoint, PRODUCTION):
            raise Refusal(400, {"statusCode": 400, "message": "The resource is not known."})
        end = str(int(time.time()) + self.token_lifetime)
        return {"access_token": self.token_for(self.identity), "expires_on": end, "token_type": "Bearer"}
