# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Google Cloud DNS by its API v1.

A plan is one change, which is applied whole or not at all. What it deletes must be there exactly as it was read, and
what it adds must not be there, so nobody's write in between is lost and any change may be sent again.
"""

from __future__ import annotations

import functools
import random
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Callable, TypeVar

from ansible_collections.postmaster.mail.plugins.module_utils.errors import (
    InvalidInput,
    NotWritten,
    OutcomeUnknown,
    PartlyApplied,
    PostmasterError,
    ProviderError,
    ZoneChanged,
)
from ansible_collections.postmaster.mail.plugins.module_utils.libraries import dns
from ansible_collections.postmaster.mail.plugins.module_utils.providers.google_cloud_dns.credentials import (
    find_credentials,
)
from ansible_collections.postmaster.mail.plugins.module_utils.providers.http import (
    HttpApi,
    HttpError,
    RateLimiter,
    limiter_of,
)
from ansible_collections.postmaster.mail.plugins.module_utils.providers.oauth import Bearer
from ansible_collections.postmaster.mail.plugins.module_utils.providers.options import OPTIONS
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Key, RecordSet, Snapshot, Zone
from ansible_collections.postmaster.mail.plugins.module_utils.zone.plan import Change, Plan
from ansible_collections.postmaster.mail.plugins.module_utils.zone.provider import (
    Facts,
    Provider,
    enclosing,
    longest_zone,
)
from ansible_collections.postmaster.mail.plugins.module_utils.zone.rdata import (
    from_presentation,
    rdata_type,
    to_presentation,
)

ENDPOINT = "https://dns.googleapis.com"
_UNKNOWN_TYPE = 65534  # for Google's own types, such as ALIAS: the last for private use (RFC 6895 3.1)

# The additions, deletions and octets of values that one change may hold. A project may be granted more.
_MOST = (1000, 1000, 100000)

_ATTEMPTS = 3  # how often a change is sent of which nobody knows whether it arrived
_PAUSE = 1.0  # seconds, when too much was asked of the quota of a minute; twice as many each further time
_LONGEST_WAIT = 60.0
_UNLIMITED = 10000
_ACCOUNT = ("service_account_json", "service_account_file")  # the options that say who we are

T = TypeVar("T")

# Changes that are sent together, each with the set that it adds, as the API takes it.
_Part = list[tuple[Change, "dict[str, Any] | None"]]


class GoogleCloudDns(Provider):
    """The public zones, or the private ones, of one ``project``."""

    facts = Facts(title="Google Cloud DNS")
    options, required, environment = OPTIONS["google_cloud_dns"]

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self._visibility = "private" if self.settings.get("private_zone") else "public"
        self._zone_id = str(self.settings.get("zone_id") or "")
        self._limiter = self._make_limiter()
        self._patience = min(_LONGEST_WAIT, 2 * (self.settings.get("timeout") or 30.0))
        self._apis: list[HttpApi] = []
        self._credentials = find_credentials(self.settings, self._connect)
        self._bearer = Bearer(self._credentials.fetch)
        address = str(self.settings.get("endpoint") or ENDPOINT).rstrip("/")
        address = address[: -len("/dns/v1")] if address.endswith("/dns/v1") else address
        self._api = self._connect(f"{address}/dns/v1/projects", sign=self._bearer.sign, limiter=self._limiter)
        self._project = str(self.settings.get("project") or "")

    def _make_limiter(self) -> RateLimiter:
        """Google tells the quota of a minute to the project's owner only: unless stated, we wait when told to."""
        rate = self.settings.get("rate_limit")
        if rate is not None and rate <= 0:
            raise InvalidInput("dns: rate_limit must be more than 0 requests per second.")
        # a project has one quota, whoever asks; where it is not stated, the credentials name it
        named_by = ("project",) if self.settings.get("project") else _ACCOUNT
        account = [self.settings.get(name) for name in ("endpoint", *named_by)]
        return limiter_of(rate or _UNLIMITED, 1 if rate else _UNLIMITED, *map(str, account))

    def _connect(self, address: str, **more: Any) -> HttpApi:
        api = HttpApi(
            address,
            title=self.facts.title,
            credentials="service_account_json or service_account_file, its project, and its roles there",
            timeout=self.settings.get("timeout") or 30.0,
            validate_certs=self.settings.get("validate_certs") is not False,
            ca_path=self.settings.get("ca_path"),
            count=self.count_call,
            **more,
        )
        self._apis.append(api)
        return api

    def close(self) -> None:
        for api in self._apis:
            api.close()

    # -- find the zone -----------------------------------------------------------------------------------------------

    def find_zones(self, names: Iterable[dns.name.Name]) -> Mapping[dns.name.Name, Zone | ProviderError]:
        names = list(names)
        if len(names) == 1 and not self._zone_id:
            longest = longest_zone(names[0])
            found = self._zones({"dnsName": longest.to_text()}).get(longest)
            if found:
                return {names[0]: self._only(found)}
        zones = self._zones({})
        firsts = {zone: found[0] for zone, found in zones.items()}
        nearest = {name: enclosing(name, firsts) for name in names}
        return {name: self._only(zones[zone.name]) if zone else self.no_zone(name) for name, zone in nearest.items()}

    def get_zone(self, zone: dns.name.Name) -> Zone:
        found = self._zones({"dnsName": zone.to_text()}).get(zone)
        if not found:
            raise self.no_zone(zone)
        only = self._only(found)
        if isinstance(only, ProviderError):
            raise only
        return only

    def _zones(self, params: Mapping[str, str]) -> dict[dns.name.Name, list[Zone]]:
        """The zones of the project, by their DNS name, which several may have."""
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
                "which is the name that the zone has in Google Cloud."
            ) from None

    def _only(self, found: Sequence[Zone]) -> Zone | ProviderError:
        if len(found) == 1:
            return found[0]
        names = ", ".join(sorted(zone.handle["name"] for zone in found))
        return ProviderError(
            f"The project {self._project} at {self.facts.title} has {len(found)} {self._visibility} zones named "
            f"{found[0]}: {names}. Give the one that is meant as zone_id."
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
            raise ProviderError(
                f"{self._api.where} answers for {zone} without the SOA record that every zone has, so its answer "
                "cannot be right, and nothing of it is used. Run it again."
            )
        return sets

    # -- write -------------------------------------------------------------------------------------------------------

    def apply(self, plan: Plan) -> None:
        done: list[Change] = []
        for part in _parts([(change, self._addition(change)) for change in plan.changes]):
            try:
                self._write(plan.zone, part)
            except PostmasterError as error:
                if not done:
                    raise
                left = [change for change in plan.changes if change not in done]
                raise PartlyApplied(
                    f"{error} Written before: {_named(done)}. Not written: {_named(left)}. Run it again to finish."
                ) from None
            done += [change for change, dummy in part]

    def _write(self, zone: Zone, part: _Part) -> None:
        changes = [change for change, dummy in part]
        body = {
            "additions": [addition for dummy, addition in part if addition],
            "deletions": [change.before.handle for change in changes if change.before],
        }
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                answer = self._call(lambda api, project: api.send("POST", f"{project}{zone.id}/changes", body))
                if not isinstance(answer, dict) or "status" not in answer:
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
        """After a write without an answer: whether it arrived. Raises ZoneChanged, or OutcomeUnknown."""
        try:
            now = {record_set.key: record_set for record_set in self._record_sets(zone)}
        except ProviderError:
            raise OutcomeUnknown(str(error)) from None
        there = [now.get(change.record_set.key) for change in changes]
        if all(_same(record_set, change.after) for record_set, change in zip(there, changes)):
            return True
        if all(_same(record_set, change.before) for record_set, change in zip(there, changes)):
            return False
        raise ZoneChanged(f"{zone}: another program changed it at the same moment.")

    def _addition(self, change: Change) -> dict[str, Any] | None:
        """A whole set as the API takes it; values that stay are spelled as they were."""
        before, after = change.before, change.after
        if after is None:
            return None
        spelled = dict(zip(before.canonical, before.handle["rrdatas"])) if before else {}
        return {
            "name": before.handle["name"] if before else after.name.to_text(),
            "type": dns.rdatatype.to_text(after.rdtype),
            "ttl": after.ttl if after.ttl is not None else self.facts.default_ttl,
            "rrdatas": [
                spelled.get(octets) or to_presentation(value) for octets, value in zip(after.canonical, after.values)
            ],
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
                raise ProviderError(f"{self._api.where} answers with something other than a list of {items}.")
            yield from page.get(items, [])
            if page.get("nextPageToken") == token:
                break

    def _call(self, send: Callable[[HttpApi, str], T]) -> T:
        """Send with a token, and wait when too much was asked of the quota of a minute. Raises ProviderError."""
        self._require_project()
        waited, pause = 0.0, _PAUSE
        while True:
            try:
                return self._bearer.call(lambda: send(self._api, f"/{_quoted(self._project)}"))
            except HttpError as error:
                if not _is_throttled(error):
                    raise
                if waited >= self._patience:
                    told = f"{self._api.where} takes no more requests for now ({error.reason}). Wait, and run it again."
                    raise HttpError(told, error.status, error.reason, error.content) from None
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
    """A set as the API gives it; the handle is what a deletion must hold."""
    rdtype, lock = _rdtype(rrset["type"])
    values: tuple[dns.rdata.Rdata, ...] = ()
    if rrset.get("routingPolicy"):
        lock = "answered by a routing policy"
    if not lock:
        try:
            values = tuple(from_presentation(rdtype, text) for text in rrset["rrdatas"])
        except InvalidInput:
            lock = "written in a way that is not understood"
    handle = {field: rrset.get(field) for field in ("name", "type", "ttl", "rrdatas")}
    return RecordSet(_owner(rrset["name"]), rdtype, values, rrset.get("ttl"), handle, lock)


@functools.lru_cache(maxsize=4096)  # most sets of a zone stand at its own name
def _owner(text: str) -> dns.name.Name:
    return dns.name.from_text(text)


def _rdtype(text: str) -> tuple[dns.rdatatype.RdataType, str]:
    try:
        return rdata_type(text), ""
    except InvalidInput:
        return dns.rdatatype.RdataType.make(_UNKNOWN_TYPE), f"of Google's own type {text}"


def _parts(changes: _Part) -> Iterator[_Part]:
    """Cut the changes into as few parts as the API takes; those at one name stay together."""
    by_name: dict[dns.name.Name, _Part] = {}
    for change, addition in changes:
        by_name.setdefault(change.record_set.name, []).append((change, addition))
    part: _Part = []
    used = (0, 0, 0)
    for group in by_name.values():
        more = _size(group)
        if part and any(a + b > most for a, b, most in zip(used, more, _MOST)):
            yield part
            part, used = [], (0, 0, 0)
        part += group
        used = (used[0] + more[0], used[1] + more[1], used[2] + more[2])
    yield part


def _size(changes: _Part) -> tuple[int, int, int]:
    """How many additions and deletions these are, and of how many octets: an escape is counted as it is sent."""
    additions = [addition for dummy, addition in changes if addition]
    deletions = [change.before.handle for change, dummy in changes if change.before]
    octets = sum(len(text) for rrset in (*additions, *deletions) for text in rrset["rrdatas"])
    return len(additions), len(deletions), octets


def _quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="")


def _named(changes: Iterable[Change]) -> str:
    return ", ".join(str(change.record_set) for change in changes)


def _same(there: RecordSet | None, wanted: RecordSet | None) -> bool:
    return there is None if wanted is None else wanted.same_as(there)


def _reason(error: HttpError) -> str:
    """Google's own word for what is wrong, such as ``conditionNotMet``."""
    try:
        return str(error.content["error"]["errors"][0]["reason"])
    except (KeyError, IndexError, TypeError):
        return ""


def _is_throttled(error: HttpError) -> bool:
    """Whether the quota of a minute is used up. ``quotaExceeded`` is another thing: more than the project may hold."""
    return error.status == 429 or _reason(error) in ("rateLimitExceeded", "userRateLimitExceeded")
