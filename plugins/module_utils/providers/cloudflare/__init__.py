# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloudflare.

A zone is read in one request and written in one atomic batch. Records are addressed by id, so only what changes is
sent; siblings, comments, tags and proxy settings of other records are not touched. There is no guard against
concurrent writers.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...errors import InvalidInput, NotWritten, OutcomeUnknown, ProviderError, ZoneChanged, ZoneNotFound, not_the_api
from ...libraries import dns
from ...names import to_text
from ...zone.model import Key, RecordSet, Snapshot, Zone
from ...zone.plan import Change, Plan
from ...zone.provider import AccountProvider, Facts
from ..changes import is_made, is_untouched, one_by_one, portions
from ..failures import back_off
from ..http import HttpError
from ..options import OPTIONS
from ..spelling import NOT_UNDERSTOOD
from .api import CloudflareApi, codes_of
from .records import TYPES, CloudflareRecord, confirms, is_proxied, least_ttl, operations, parse, refuse_read_only

_BATCH = {"free": 200}  # records in one batch, by plan
_LARGE_BATCH = 3500  # for all other plans
_LEAST_TTL = 60  # seconds; Enterprise zones allow less
_ZONES_PER_PAGE = 50  # the API's maximum
_RECORDS_PER_PAGE = 5000

# Codes for a conflict with a concurrent writer: a record already exists, or no longer does.
_OVERTAKEN = frozenset({81044, 81053, 81054, 81055, 81056, 81057, 81058})
_ATTEMPTS = 3  # to write if it is unknown whether the write was carried out

_NOT_SERVED = {
    "secondary": "it is a copy of what another name server holds. Change it there",
    "partial": "it is a partial (CNAME) set-up, whose DNS is held elsewhere. Give the account or server that holds it",
}


class Cloudflare(AccountProvider):
    """The zones that one API token can access."""

    facts = Facts(
        title="Cloudflare",
        verified="2026-11-21",
        default_ttl=300,
        min_ttl=30,
        max_ttl=86400,
        types=TYPES,
        max_txt_octets=2048,
        guarded=False,
        fresh_for=0.0,
    )
    options, required, environment = OPTIONS["cloudflare"]

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self._api = CloudflareApi(self.settings, self.count_call)
        account_id = self.settings.get("account_id")
        self._account = {"account.id": account_id} if account_id else {}
        self._zones: dict[dns.name.Name, Zone | ProviderError] = {}

    def close(self) -> None:
        self._api.close()

    # -- find the zone -----------------------------------------------------------------------------------------------

    def ask_for(self, name: dns.name.Name) -> Zone | ProviderError | None:
        if name not in self._zones:
            asked = {"name": to_text(name), "per_page": _ZONES_PER_PAGE, **self._account}
            self._keep(zone for envelope in self._api.pages("/zones", asked) for zone in envelope["result"])
        return self._zones.get(name)

    def list_zones(self, wanted: int) -> Mapping[dns.name.Name, Zone | ProviderError] | None:
        zones: list[Mapping[str, Any]] = []
        for envelope in self._api.pages("/zones", {"per_page": _ZONES_PER_PAGE, **self._account}):
            zones += envelope["result"]
            if (envelope.get("result_info") or {}).get("total_pages", 1) - 1 > wanted:
                return None
        self._keep(zones)
        return self._zones

    def _keep(self, items: Iterable[Mapping[str, Any]]) -> None:
        """Remember zones. If several have one name, prefer the one that Cloudflare serves."""
        by_name: dict[dns.name.Name, list[Mapping[str, Any]]] = {}
        with self.expected():
            for item in items:
                by_name.setdefault(dns.name.from_text(item["name"]), []).append(item)
        for name, same in by_name.items():
            same.sort(key=lambda item: item.get("status") != "active")
            self._zones[name] = Zone(name, str(same[0].get("id")), handle=same[0])
            if len(same) > 1 and same[1].get("status") in ("active", same[0].get("status")):
                accounts = ", ".join(sorted(str((item.get("account") or {}).get("id")) for item in same))
                self._zones[name] = ProviderError(
                    f"{to_text(name)} is a zone of several {self.facts.title} accounts that the token can see "
                    f"({accounts}). Set account_id to one of them."
                )

    def no_zone(self, name: dns.name.Name) -> ZoneNotFound:
        return ZoneNotFound(f"{super().no_zone(name)} An api_token without Zone: Read for a zone cannot see it.")

    # -- read --------------------------------------------------------------------------------------------------------

    def read(self, zone: Zone, keys: frozenset[Key]) -> Snapshot:
        records: dict[Key, list[CloudflareRecord]] = {}
        try:
            for envelope in self._api.pages(f"/zones/{zone.id}/dns_records", {"per_page": _RECORDS_PER_PAGE}):
                with self.expected():
                    for item in envelope["result"]:
                        record = parse(item)
                        records.setdefault(record.key, []).append(record)
        except HttpError as error:
            raise ProviderError(f"{zone}: {error}") from None
        reason = _NOT_SERVED.get(str(zone.handle.get("type")))
        return Snapshot(
            zone,
            [_record_set(key, same) for key, same in records.items()],
            read_only=f"{zone} cannot be written at {self.facts.title}: {reason}." if reason else "",
            handle=records,
            # zones without records are rare, and an empty list is only believed if a second reading confirms it
            read_at=time.monotonic() if records else float("-inf"),
            flattens=lambda cname: cname.name == zone.name or is_proxied(cname),
        )

    def check(self, zone: Zone, change: Change) -> None:
        super().check(zone, change)
        after, least = change.after, _LEAST_TTL if _plan(zone) != "enterprise" else self.facts.min_ttl
        if after is None:
            return
        if after.ttl is not None and after.ttl < least:
            raise InvalidInput(
                f"{after}: a TTL of {after.ttl} s is not possible in this zone at {self.facts.title}, whose plan "
                f"allows {least} to {self.facts.max_ttl} s."
            )
        records: Sequence[CloudflareRecord] = change.before.handle if change.before else ()
        refuse_read_only(after, records, after.values)
        stays_proxied = any(record.proxied and record.value in after.values for record in records)
        if stays_proxied and after.ttl not in (None, least_ttl(records)):
            raise InvalidInput(
                f"{after} is proxied by {self.facts.title}, so its TTL cannot be chosen. Leave out the TTL."
            )

    # -- write -------------------------------------------------------------------------------------------------------

    def apply(self, plan: Plan) -> None:
        there = plan.snapshot.handle
        most = _BATCH.get(_plan(plan.zone), _LARGE_BATCH)

        def size(changes: Sequence[Change]) -> tuple[int]:
            return (sum(map(len, operations(changes, there).values())),)

        # all portions are made first, because that may raise
        one_by_one(plan, list(portions(plan.changes, size, (most,))), lambda changes: self._write(plan, changes))

    def _write(self, plan: Plan, changes: Sequence[Change]) -> None:
        """Write one batch. If the outcome is unknown, read the zone again."""
        body = operations(changes, plan.snapshot.handle)
        for attempt in range(1, _ATTEMPTS + 1):
            unanswered: ProviderError = not_the_api(self._api.where)
            try:
                answer = self._api.post(f"/zones/{plan.zone.id}/dns_records/batch", body)["result"]
                if confirms(answer, body, changes):
                    return
            except HttpError as error:
                if error.status < 500:
                    raise self._refused(plan, error) from None
                unanswered = error
            except OutcomeUnknown as error:
                unanswered = error
            except ProviderError as error:
                raise ProviderError(f"{plan.zone}: {error}") from None
            try:
                now = self.read(plan.zone, frozenset())
            except ProviderError:
                raise OutcomeUnknown(str(unanswered)) from None
            if is_made(changes, now):
                return
            if not is_untouched(changes, now):
                raise ZoneChanged(f"{plan.zone}: another program wrote at the same moment as this run.")
            if attempt < _ATTEMPTS:
                back_off(0.2 * 2**attempt)
        raise ProviderError(str(unanswered))

    def _refused(self, plan: Plan, error: HttpError) -> ProviderError:
        if codes_of(error) & _OVERTAKEN:
            return ZoneChanged(
                f"{plan.zone}: another program changed the same records at the same moment ({error.reason}), so "
                "nothing was written."
            )
        if error.status == 400:
            return NotWritten(
                f"{plan.zone}: {self.facts.title} refuses the change, and nothing was written: {error.reason}."
            )
        return ProviderError(f"{plan.zone}: {error}")


def _record_set(key: Key, records: Sequence[CloudflareRecord]) -> RecordSet:
    locked = ""
    if all(record.read_only for record in records):
        locked = "managed by another Cloudflare product, such as Email Routing,"
    if any(record.value is None for record in records):
        locked = locked or NOT_UNDERSTOOD
    values = dict.fromkeys(record.value for record in records if record.value is not None)
    return RecordSet(*key, tuple(values), least_ttl(records), tuple(records), locked)


def _plan(zone: Zone) -> str:
    return str((zone.handle.get("plan") or {}).get("legacy_id") or "free")
