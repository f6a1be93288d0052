# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Google Cloud DNS through its API v1.

A plan is one atomic change. Deletions must match exactly what was read, and additions must not exist yet, so concurrent
writes are never lost and a change can safely be sent again.
"""

from __future__ import annotations

import functools
import random
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Callable, TypeVar

from ...errors import InvalidInput, NotWritten, OutcomeUnknown, ProviderError, ZoneChanged
from ...libraries import dns
from ...zone.model import Key, RecordSet, Snapshot, Zone
from ...zone.plan import Change, Plan
from ...zone.provider import AccountProvider, Facts, enclosing, longest_zone
from ...zone.rdata import from_presentation, to_presentation
from ..changes import is_made, is_untouched, one_by_one, portions
from ..failures import no_soa
from ..http import HttpApi, HttpError
from ..oauth import Bearer
from ..options import OPTIONS
from ..rate_limit import RateLimiter, limiter_of, stated_rate
from ..spelling import NOT_UNDERSTOOD, UNKNOWN_TYPE, respelled, type_of
from .credentials import GoogleCredentials

ENDPOINT = "https://dns.googleapis.com"

# The limits of additions, deletions and octets of values in one change. A project may have higher ones.
_MOST = (1000, 1000, 100000)

_ATTEMPTS = 3  # to send a change if it is unknown whether it arrived
_PAUSE = 1.0  # seconds after exceeding the quota per minute; doubled each further time
_LONGEST_WAIT = 60.0
_UNLIMITED = 10000
_ACCOUNT = ("service_account_json", "service_account_file")  # the options with credentials

T = TypeVar("T")


class GoogleCloudDns(AccountProvider):
    """The public zones, or the private ones, of one ``project``."""

    facts = Facts(title="Google Cloud DNS", verified="2026-11-21")
    options, required, environment = OPTIONS["google_cloud_dns"]

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self._visibility = "private" if self.settings.get("private_zone") else "public"
        self._zone_id = str(self.settings.get("zone_id") or "")
        self._limiter = self._make_limiter()
        self._patience = min(_LONGEST_WAIT, 2 * (self.settings.get("timeout") or 30.0))
        self._credentials = GoogleCredentials(self.settings, self.count_call)
        self._bearer = Bearer(self._credentials.fetch)
        address = str(self.settings.get("endpoint") or ENDPOINT).rstrip("/")
        address = address[: -len("/dns/v1")] if address.endswith("/dns/v1") else address
        self._api = HttpApi.of(
            self.settings,
            f"{address}/dns/v1/projects",
            title=self.facts.title,
            credentials="service_account_json or service_account_file, its project, and its roles there",
            sign=self._bearer.sign,
            limiter=self._limiter,
            count=self.count_call,
        )
        self._project = str(self.settings.get("project") or "")

    def _make_limiter(self) -> RateLimiter:
        """Google only shows the quota to the project's owner: unless it is stated, we wait when asked to."""
        rate = stated_rate(self.settings)
        # the quota belongs to the project; if that is not stated, the credentials determine it
        named_by = ("project",) if self.settings.get("project") else _ACCOUNT
        account = [self.settings.get(name) for name in ("endpoint", *named_by)]
        return limiter_of(rate or _UNLIMITED, 1 if rate else _UNLIMITED, *map(str, account))

    def close(self) -> None:
        self._api.close()
        self._credentials.close()

    # -- find the zone -----------------------------------------------------------------------------------------------

    def find_zones(self, names: Iterable[dns.name.Name]) -> Mapping[dns.name.Name, Zone | ProviderError]:
        """Makes at most two requests: one for the zone that a name suggests, and one for all zones."""
        starts = {name: longest_zone(name) for name in names}
        if len(set(starts.values())) == 1 and not self._zone_id:
            found = self.ask_for(next(iter(starts.values())))
            if found is not None:
                return dict.fromkeys(starts, found)
        zones = self.list_zones(len(starts))
        return {**zones, **{name: enclosing(name, zones) or self.no_zone(name) for name in starts}}

    def ask_for(self, name: dns.name.Name) -> Zone | ProviderError | None:
        found = self._zones({"dnsName": name.to_text()}).get(name)
        return self._only(found) if found else None

    def list_zones(self, wanted: int) -> dict[dns.name.Name, Zone | ProviderError]:
        return {name: self._only(found) for name, found in self._zones({}).items()}

    def _zones(self, params: Mapping[str, str]) -> dict[dns.name.Name, list[Zone]]:
        """The zones of the project by DNS name, which several zones may share."""
        zones: dict[dns.name.Name, list[Zone]] = {}
        listed = self._stated_zone() if self._zone_id else self._pages("/managedZones", "managedZones", params)
        with self.expected():
            for item in listed:
                if self._zone_id or item.get("visibility", "public") == self._visibility:
                    name = dns.name.from_text(item["dnsName"].lower())
                    zones.setdefault(name, []).append(Zone(name, f"/managedZones/{_quoted(item['name'])}", handle=item))
        return zones

    def _stated_zone(self) -> list[dict[str, Any]]:
        try:
            return [self._call(functools.partial(_get, f"/managedZones/{_quoted(self._zone_id)}", {}))]
        except HttpError as error:
            if error.status != 404:
                raise
            raise ProviderError(
                f"The project {self._project} at {self.facts.title} has no zone named {self._zone_id}. Check zone_id, "
                "which is the zone's name in Google Cloud."
            ) from None

    def _only(self, found: Sequence[Zone]) -> Zone | ProviderError:
        if len(found) == 1:
            return found[0]
        names = ", ".join(sorted(zone.handle["name"] for zone in found))
        return ProviderError(
            f"The project {self._project} at {self.facts.title} has {len(found)} {self._visibility} zones named "
            f"{found[0]}: {names}. Set zone_id to the right one."
        )

    # -- read --------------------------------------------------------------------------------------------------------

    def read(self, zone: Zone, keys: frozenset[Key]) -> Snapshot:
        elsewhere = _answered_elsewhere(zone)
        read_only = (
            f"{zone} cannot be written at {self.facts.title}: its queries are answered elsewhere ({elsewhere}). Give "
            "the account that holds its records."
        )
        return Snapshot(zone, self._record_sets(zone), read_only=read_only if elsewhere else "")

    def _record_sets(self, zone: Zone) -> list[RecordSet]:
        try:
            with self.expected():
                sets = [_record_set(rrset) for rrset in self._pages(f"{zone.id}/rrsets", "rrsets", {})]
        except HttpError as error:
            if error.status == 404:
                raise self.no_zone(zone.name) from None
            raise
        whole = any(found.key == (zone.name, dns.rdatatype.SOA) for found in sets)
        if not whole and not _answered_elsewhere(zone):
            raise no_soa(self._api.where, zone)
        return sets

    # -- write -------------------------------------------------------------------------------------------------------

    def apply(self, plan: Plan) -> None:
        one_by_one(plan, list(portions(plan.changes, self._size, _MOST)), lambda part: self._write(plan.zone, part))

    def _write(self, zone: Zone, changes: Sequence[Change]) -> None:
        additions, deletions = self._body(changes)
        body = {"additions": additions, "deletions": deletions}
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                answer = self._call(lambda api, project: api.send("POST", f"{project}{zone.id}/changes", body))
                with self.expected():
                    answered = [{_shape(rrset) for rrset in answer.get(part) or ()} for part in body]
                if "status" not in answer or answered != [set(map(_shape, rrsets)) for rrsets in body.values()]:
                    raise self.strange()
                return
            except ProviderError as error:
                if isinstance(error, HttpError) and error.status < 500:
                    raise self._refused(zone, error) from None
                if self._is_written(zone, changes, error):
                    return
                if attempt == _ATTEMPTS:
                    raise NotWritten(f"{zone}: nothing was written. {error}") from None

    def _refused(self, zone: Zone, error: HttpError) -> ProviderError:
        if error.status in (404, 409, 412) or _reason(error) == "cnameResourceRecordSetConflict":
            return ZoneChanged(
                f"{zone}: another program changed it at the same moment, so this was not written ({error.reason})."
            )
        if error.status in (401, 403, 429):
            return error
        return NotWritten(f"{zone}: {self.facts.title} refuses the change, and nothing was written: {error.reason}.")

    def _is_written(self, zone: Zone, changes: Sequence[Change], error: ProviderError) -> bool:
        """After an unanswered write: whether it arrived. Raises ZoneChanged, or OutcomeUnknown."""
        try:
            now = Snapshot(zone, self._record_sets(zone))
        except ProviderError:
            raise OutcomeUnknown(str(error)) from None
        if not is_made(changes, now) and not is_untouched(changes, now):
            raise ZoneChanged(f"{zone}: another program changed it at the same moment.")
        return is_made(changes, now)

    def _body(self, changes: Iterable[Change]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The additions and deletions for the API."""
        additions = [self._addition(change.before, change.after) for change in changes if change.after]
        return additions, [change.before.handle for change in changes if change.before]

    def _size(self, changes: Sequence[Change]) -> tuple[int, int, int]:
        """The number of additions, deletions and octets; escapes count as sent."""
        additions, deletions = self._body(changes)
        octets = sum(len(text) for rrset in (*additions, *deletions) for text in rrset["rrdatas"])
        return len(additions), len(deletions), octets

    def _addition(self, before: RecordSet | None, after: RecordSet) -> dict[str, Any]:
        """A whole set for the API; unchanged values keep their spelling."""
        there = list(zip(before.values, before.handle["rrdatas"])) if before else []
        return {
            "name": before.handle["name"] if before else after.name.to_text(),
            "type": dns.rdatatype.to_text(after.rdtype),
            "ttl": after.ttl if after.ttl is not None else self.facts.default_ttl,
            "rrdatas": respelled(after.values, there, to_presentation),
        }

    # -- requests ----------------------------------------------------------------------------------------------------

    def _pages(self, path: str, items: str, params: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """The items of all pages of a list. Raises ProviderError."""
        page: dict[str, Any] = {"nextPageToken": ""}
        while "nextPageToken" in page:
            token = page["nextPageToken"]
            asked = {**params, "pageToken": token} if token else params
            page = self._call(functools.partial(_get, path, asked))
            if not isinstance(page, dict) or not isinstance(page.get(items, []), list):
                raise self.strange()
            yield from page.get(items, [])
            if page.get("nextPageToken") == token:
                break

    def _call(self, send: Callable[[HttpApi, str], T]) -> T:
        """Send with a token; wait if the quota per minute is exceeded. Raises ProviderError."""
        self._require_project()
        waited, pause = 0.0, _PAUSE
        while True:
            try:
                return self._bearer.call(lambda: send(self._api, f"/{_quoted(self._project)}"))
            except HttpError as error:
                if not _is_throttled(error):
                    raise
                if waited >= self._patience:
                    message = (
                        f"{self._api.where} accepts no more requests for now ({error.reason}). Wait, and run it again."
                    )
                    raise HttpError(message, error.status, error.reason, error.content) from None
            self._limiter.pause(pause * random.uniform(0.8, 1.2))
            waited, pause = waited + pause, pause * 2

    def _require_project(self) -> None:
        self._project = self._project or self._credentials.project()
        if not self._project:
            raise InvalidInput("dns: Google Cloud DNS needs project, which these credentials do not name: set it.")


def _get(path: str, params: Mapping[str, str], api: HttpApi, project: str) -> Any:
    return api.get(project + path, params)


def _answered_elsewhere(zone: Zone) -> str:
    return next((kind for kind in ("forwardingConfig", "peeringConfig") if zone.handle.get(kind)), "")


def _record_set(rrset: dict[str, Any]) -> RecordSet:
    """A set from the API; the handle is what a deletion must contain."""
    rdtype = type_of(rrset["type"])
    lock = f"of Google's own type {rrset['type']}" if rdtype == UNKNOWN_TYPE else ""
    values: tuple[dns.rdata.Rdata, ...] = ()
    if rrset.get("routingPolicy"):
        lock = "answered by a routing policy"
    if not lock:
        try:
            values = tuple(from_presentation(rdtype, text) for text in rrset["rrdatas"])
        except InvalidInput:
            lock = NOT_UNDERSTOOD
    handle = {field: rrset.get(field) for field in ("name", "type", "ttl", "rrdatas")}
    return RecordSet(_owner(rrset["name"]), rdtype, values, rrset.get("ttl"), handle, lock)


@functools.lru_cache(maxsize=4096)  # most sets of a zone are at its apex
def _owner(text: str) -> dns.name.Name:
    return dns.name.from_text(text)


def _quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="")


def _reason(error: HttpError) -> str:
    """Google's error reason, such as ``conditionNotMet``."""
    try:
        return str(error.content["error"]["errors"][0]["reason"])
    except (KeyError, IndexError, TypeError):
        return ""


def _shape(rrset: Mapping[str, Any]) -> tuple[str, str, int, frozenset[str]]:
    """A set in JSON, in a form that can be compared."""
    return str(rrset["name"]).lower(), rrset["type"], rrset["ttl"], frozenset(rrset["rrdatas"])


def _is_throttled(error: HttpError) -> bool:
    """Whether the quota per minute is exceeded. ``quotaExceeded`` differs: the project's limit of resources."""
    return error.status == 429 or _reason(error) in ("rateLimitExceeded", "userRateLimitExceeded")
