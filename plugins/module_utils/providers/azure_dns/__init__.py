# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure DNS through the API of Azure Resource Manager, version 2018-05-01.

A zone is read in one list. Each record set is written by itself, on the condition that it is still as read
(``If-Match``) or still absent (``If-None-Match``). If a condition fails, earlier writes of the plan are undone under
the same conditions, so that the zone is as before.
"""

from __future__ import annotations

import dataclasses
import sys
import time
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...errors import (
    InvalidInput,
    NotWritten,
    OutcomeUnknown,
    PartlyApplied,
    PostmasterError,
    ProviderError,
    ZoneChanged,
)
from ...libraries import dns
from ...zone.model import Key, RecordSet, Snapshot, Zone
from ...zone.plan import Change, Plan
from ...zone.provider import AccountProvider, Facts
from ..changes import named, stopped
from ..failures import no_soa, one_line, same_page
from ..http import HttpApi, HttpError
from ..oauth import AccessToken, Bearer, request_token
from ..options import OPTIONS
from ..rate_limit import RateLimiter, limiter_of, stated_rate
from .records import TYPES, properties, record_set, relative

ENDPOINT = "https://management.azure.com"
AUTHORITY = "https://login.microsoftonline.com"
_VERSION = {"api-version": "2018-05-01"}
_ZONES = "providers/Microsoft.Network/dnsZones"

_NOT_THERE = ("ResourceGroupNotFound", "SubscriptionNotFound")
_ATTEMPTS = 3  # to write a set if it is unknown whether the write arrived
_SHARE = 0.8  # of Azure's limits, because its portal and other tools share them
_READS, _WRITES = (25.0, 250), (10.0, 200)  # for a subscription: requests per second, and burst
_PER_ZONE = {"list": 60, "get": 2000, "create": 200, "replace": 200, "delete": 200}  # requests per minute


class AzureDns(AccountProvider):
    """The public zones of a subscription or resource group."""

    facts = Facts(
        title="Azure DNS",
        verified="2026-11-21",
        min_ttl=1,
        types=TYPES,
        max_txt_octets=4096,
        max_txt_set_octets=4096,
        empty_txt=False,
        null_mx=False,
    )
    options, required, environment = OPTIONS["azure_dns"]

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self._endpoint = str(self.settings.get("endpoint") or ENDPOINT).rstrip("/")
        self._identity: Any = None
        self._sign_in = self._token_endpoint() if self.settings.get("client_secret") else None
        bearer = Bearer(self._fetch_token)
        self._renewing = bearer.call
        self._api = self._connect(self._endpoint, sign=bearer.sign, limiter=self._limiter("all", *_READS))
        self._writing = self._limiter("writes", *_WRITES)
        self._group = _quoted(self.settings.get("resource_group") or "")
        self.few = 1 if self._group else 0  # without its resource group, a zone cannot be looked up
        self._subscription = f"/subscriptions/{_quoted(self.settings['subscription_id'])}"

    def _limiter(self, kind: str, rate: float, burst: int) -> RateLimiter:
        """The subscription's limit for one kind of request, shared by all resource groups."""
        stated = stated_rate(self.settings)
        rate, burst = (stated, max(1, round(stated))) if stated else (_SHARE * rate, int(_SHARE * burst))
        return limiter_of(rate, burst, self._endpoint, self.settings["subscription_id"], kind)

    def _connect(self, address: str, **more: Any) -> HttpApi:
        return HttpApi.of(
            self.settings,
            address,
            title=self.facts.title,
            credentials="tenant_id, client_id and client_secret, and their role on the zone",
            count=self.count_call,
            **more,
        )

    def close(self) -> None:
        self._api.close()
        if self._sign_in:
            self._sign_in.close()

    # -- credentials -------------------------------------------------------------------------------------------------

    def _token_endpoint(self) -> HttpApi:
        for option in ("tenant_id", "client_id"):
            if not self.settings.get(option):
                raise InvalidInput(f"dns: {self.missing(option)} client_secret needs it.")
        authority = str(self.settings.get("authority") or AUTHORITY).rstrip("/")
        authority = authority if "://" in authority else f"https://{authority}"
        return self._connect(f"{authority}/{_quoted(self.settings['tenant_id'])}/oauth2/v2.0/token")

    def _fetch_token(self) -> AccessToken:
        scope = f"{self._endpoint}/.default"
        if self._sign_in is None:
            return self._token_of_identity(scope)
        fields = {name: self.settings[name] for name in ("client_id", "client_secret")}
        return request_token(
            self._sign_in,
            {"grant_type": "client_credentials", "scope": scope, **fields},
            "tenant_id, client_id and client_secret",
        )

    def _token_of_identity(self, scope: str) -> AccessToken:
        """A token from a managed identity, the Azure CLI, or any other source that Azure's own package tries."""
        try:
            import azure.core.exceptions
            import azure.identity
        except ImportError:
            raise ProviderError(
                f"{self.facts.title} needs tenant_id, client_id and client_secret; or, for a managed identity or the "
                f"Azure CLI, the Python package azure-identity, which {sys.executable} does not have: install it there."
            ) from None
        authority = self.settings.get("authority")
        self.count_call()
        try:
            if self._identity is None:
                self._identity = azure.identity.DefaultAzureCredential(
                    managed_identity_client_id=self.settings.get("client_id"),
                    **({"authority": authority} if authority else {}),
                )
            token = self._identity.get_token(scope)
        except (azure.core.exceptions.AzureError, ValueError) as error:
            raise ProviderError(
                f"No credentials for {self.facts.title} were found. Check that this machine has a managed identity or "
                f"is signed in with the Azure CLI, or give tenant_id, client_id and client_secret ({one_line(error)})."
            ) from None
        return AccessToken(token.token, token.expires_on - time.time())

    # -- find the zone -----------------------------------------------------------------------------------------------

    def ask_for(self, name: dns.name.Name) -> Zone | ProviderError | None:
        if not self._group:
            return self.list_zones(1).get(name)
        path = f"{self._subscription}/resourceGroups/{self._group}/{_ZONES}/{_quoted(name.to_text(True))}"
        items = self._items(path)
        # the answer contains the records, which saves a call for the first read
        return None if items is None else Zone(name, path, handle=[items])

    def list_zones(self, wanted: int) -> dict[dns.name.Name, Zone | ProviderError]:
        """The zones of the resource group or subscription."""
        within = f"/resourceGroups/{self._group}" if self._group else ""
        zones: dict[dns.name.Name, list[Zone]] = {}
        with self.expected():
            for item in self._pages(f"{self._subscription}{within}/{_ZONES}"):
                name = dns.name.from_text(item["name"].lower())
                zones.setdefault(name, []).append(Zone(name, str(item["id"]), handle=[]))
        return {name: self._only(found) for name, found in zones.items()}

    def _only(self, found: Sequence[Zone]) -> Zone | ProviderError:
        if len(found) == 1:
            return found[0]
        groups = ", ".join(sorted(zone.id.split("/")[4] for zone in found))
        return ProviderError(
            f"The subscription at {self.facts.title} has {len(found)} zones named {found[0]}, in the resource groups "
            f"{groups}. Set resource_group to the right one."
        )

    # -- read --------------------------------------------------------------------------------------------------------

    def read(self, zone: Zone, keys: frozenset[Key]) -> Snapshot:
        items = zone.handle.pop() if zone.handle else self._items(zone.id)
        if items is None:
            raise self.no_zone(zone.name)
        with self.expected():
            sets = [record_set(zone, item) for item in items]
        if not any(found.key == (zone.name, dns.rdatatype.SOA) for found in sets):
            raise no_soa(self._api.where, zone)
        return Snapshot(zone, sets)

    def _items(self, path: str) -> list[dict[str, Any]] | None:
        """All record sets of a zone; None if the zone does not exist. Raises ProviderError."""
        self._limiter_of(path, "list").acquire()
        try:
            return list(self._pages(f"{path}/all"))
        except HttpError as error:
            if error.status != 404 or _code(error) in _NOT_THERE:
                raise
            return None

    def _pages(self, path: str) -> Iterator[dict[str, Any]]:
        params: Mapping[str, str] | None = _VERSION
        seen: set[str] = set()
        while path:
            page = self._get(path, params)
            if not isinstance(page, dict) or not isinstance(page.get("value"), list):
                raise self.strange()
            yield from page["value"]
            # the next page is requested from our own endpoint: no other address may get the token
            with self.expected():
                link = urllib.parse.urlsplit(page.get("nextLink") or "")
                following = f"{link.path}?{link.query}" if link.path else ""
            if following in seen:
                raise same_page(self._api.where)
            seen.add(following)
            path, params = following, None

    def _get(self, path: str, params: Mapping[str, str] | None) -> Any:
        try:
            return self._renewing(lambda: self._api.get(path, params))
        except HttpError as error:
            if _code(error) not in _NOT_THERE:
                raise
            message = f"{error} Check subscription_id and resource_group, and that the credentials may see them."
            raise HttpError(message, error.status, error.reason, error.content) from None

    # -- write -------------------------------------------------------------------------------------------------------

    def apply(self, plan: Plan) -> None:
        done: list[Change] = []
        for number, change in enumerate(plan.changes):
            try:
                done.append(self._write(plan.zone, change))
            except ZoneChanged as error:
                self._take_back(plan.zone, done, error)
                raise
            except PostmasterError as error:
                if not done:
                    raise
                raise stopped(plan, plan.changes[:number], error) from None

    def _take_back(self, zone: Zone, done: Sequence[Change], why: ZoneChanged) -> None:
        """Undo writes. Raises PartlyApplied for sets that others have changed since."""
        for number, change in reversed(list(enumerate(done))):
            try:
                self._write(zone, Change(change.after, change.before))
            except PostmasterError:
                raise PartlyApplied(
                    f"{why} Before that {named(done[: number + 1])} had been written and could not be undone. Run it "
                    "again to finish."
                ) from None

    def _write(self, zone: Zone, change: Change) -> Change:
        """Write one set; returns the change with the new handle. Raises ZoneChanged."""
        wanted = change.record_set
        path = f"{zone.id}/{dns.rdatatype.to_text(wanted.rdtype)}/{_quoted(relative(wanted.name, zone))}"
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._send(zone, path, change)
            except ProviderError as error:
                if isinstance(error, HttpError) and error.status < 500:
                    raise self._refused(wanted, error) from None
                there = self._look(zone, path, error)
                if there is None if change.after is None else change.after.same_as(there):
                    return dataclasses.replace(change, after=there)
                if _etag(there) != _etag(change.before):
                    raise self._changed(wanted) from None
                if attempt == _ATTEMPTS:
                    raise
        raise self._changed(wanted)

    def _send(self, zone: Zone, path: str, change: Change) -> Change:
        before, after = change.before, change.after
        headers = {"If-Match": _etag(before)} if before else {"If-None-Match": "*"}
        self._limiter_of(zone.id, change.kind).acquire()
        self._writing.acquire()
        if after is None:
            if self._renewing(lambda: self._api.send("DELETE", path, None, _VERSION, headers)) is not None:
                raise self.strange()
            return change
        # a restored set has its own handle, a new one that of the set it replaces, if any
        there = after.handle or (before.handle if before else {})
        ttl = after.ttl if after.ttl is not None else self.facts.default_ttl
        body = {"properties": properties(after, there, ttl)}
        item = self._renewing(lambda: self._api.send("PUT", path, body, _VERSION, headers))
        with self.expected():
            if set(record_set(zone, item).values) != set(after.values):
                raise self.strange()
        return dataclasses.replace(change, after=dataclasses.replace(after, handle=item))

    def _look(self, zone: Zone, path: str, error: ProviderError) -> RecordSet | None:
        """After an unanswered write: the current set."""
        self._limiter_of(zone.id, "get").acquire()
        try:
            with self.expected():
                return record_set(zone, self._get(path, _VERSION))
        except HttpError as missing:
            if missing.status == 404:
                return None
        except ProviderError:
            pass
        raise OutcomeUnknown(str(error)) from None

    def _refused(self, wanted: RecordSet, error: HttpError) -> ProviderError:
        # "Conflict" means a CNAME at the name, which did not exist when the zone was read
        if error.status in (404, 412) or (error.status == 409 and _code(error) == "Conflict"):
            return self._changed(wanted, error.reason)
        if error.status in (401, 403, 429):
            return error
        return NotWritten(f"{wanted}: {self.facts.title} refuses it, so it was not written: {error.reason}.")

    def _changed(self, wanted: RecordSet, reason: str = "") -> ZoneChanged:
        return ZoneChanged(
            f"{wanted}: another program changed it at the same moment, so this was not written"
            f"{f' ({reason})' if reason else ''}."
        )

    def _limiter_of(self, zone: str, kind: str) -> RateLimiter:
        """The zone's limit for one kind of request; the burst is a quarter of a minute's requests."""
        a_minute = _SHARE * _PER_ZONE[kind]
        return limiter_of(a_minute * 0.75 / 60, max(1, int(a_minute / 4)), self._endpoint, zone.lower(), kind)


def _etag(record_set: RecordSet | None) -> str:
    return str(record_set.handle["etag"]) if record_set else ""


def _code(error: HttpError) -> str:
    """Azure's error code, which is in one of two places."""
    content = error.content if isinstance(error.content, dict) else {}
    inner = content.get("error")
    return str((inner if isinstance(inner, dict) else content).get("code") or "")


def _quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="")
