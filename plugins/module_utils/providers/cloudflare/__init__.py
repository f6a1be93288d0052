# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloudflare.

A zone is read in one request and written in one batch, which Cloudflare applies whole or not at all. Records are known
by their ids, so only what changes is sent, and neither siblings nor the comments, tags and proxies of records that
stay are touched. There is no guard against a writer in between: what was read a while ago is read again before the
write.
"""

from __future__ import annotations

import dataclasses
import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from ansible_collections.postmaster.mail.plugins.module_utils.errors import (
    InvalidInput,
    NotWritten,
    OutcomeUnknown,
    PartlyApplied,
    ProviderError,
    ZoneChanged,
    ZoneNotFound,
)
from ansible_collections.postmaster.mail.plugins.module_utils.libraries import dns
from ansible_collections.postmaster.mail.plugins.module_utils.names import to_text
from ansible_collections.postmaster.mail.plugins.module_utils.providers.cloudflare.api import (
    CloudflareApi,
    CloudflareError,
)
from ansible_collections.postmaster.mail.plugins.module_utils.providers.cloudflare.records import (
    Batch,
    CloudflareRecord,
    is_done,
    least_ttl,
    operations,
    parse,
    record_type,
    refuse_read_only,
)
from ansible_collections.postmaster.mail.plugins.module_utils.providers.options import OPTIONS
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Key, RecordSet, Snapshot, Zone
from ansible_collections.postmaster.mail.plugins.module_utils.zone.plan import Change, Plan
from ansible_collections.postmaster.mail.plugins.module_utils.zone.provider import (
    Facts,
    Provider,
    enclosing,
    longest_zone,
)

_BATCH = {"free": 200}  # records in one batch, by plan
_LARGE_BATCH = 3500  # of every other plan
_LEAST_TTL = 60  # seconds; an Enterprise zone allows less
_ZONES_PER_PAGE = 50  # the most
_RECORDS_PER_PAGE = 5000

# The API says so when another writer was faster: a record is there already, or is no longer there.
_OVERTAKEN = frozenset({81044, 81053, 81054, 81055, 81056, 81057, 81058})
_ATTEMPTS = 3  # to write where it stayed unknown whether that was done

_NOT_SERVED = {
    "secondary": "it is a copy of what another name server holds. Change it there",
    "partial": "it is a partial (CNAME) set-up, whose DNS is held elsewhere. Give the account or server that holds it",
}


@dataclasses.dataclass(frozen=True)
class _CloudflareReading:
    """The records of a zone as they were read at a moment of ``time.monotonic()``."""

    records: Mapping[Key, Sequence[CloudflareRecord]]
    moment: float
    least_ttl: int

    def at(self, names: Iterable[dns.name.Name]) -> dict[str, Mapping[str, Any]]:
        """What the API said about each record at these names, by id."""
        wanted = set(names)
        return {
            record.id: record.raw for key, records in self.records.items() if key[0] in wanted for record in records
        }


class Cloudflare(Provider):
    """What one API token may see."""

    facts = Facts(title="Cloudflare", default_ttl=300, min_ttl=30, max_ttl=86400, max_txt_octets=2048)
    options, required, environment = OPTIONS["cloudflare"]

    fresh: ClassVar[float] = 2.0  # seconds after which what was read is read again before the write

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self._api = CloudflareApi(self.settings, self.count_call)
        account_id = self.settings.get("account_id")
        self._account = {"account.id": account_id} if account_id else {}
        self._zones: dict[dns.name.Name, Zone] = {}
        self._unclear: dict[dns.name.Name, ProviderError] = {}  # names of several zones
        self._readings: dict[dns.name.Name, _CloudflareReading] = {}

    def close(self) -> None:
        self._api.close()

    # -- find the zone -----------------------------------------------------------------------------------------------

    def find_zones(self, names: Iterable[dns.name.Name]) -> Mapping[dns.name.Name, Zone | ProviderError]:
        names = list(names)
        starts = {longest_zone(name) for name in names}
        if len(starts) > 1 and self._list(at_most=len(starts)):
            found = {start: enclosing(start, self._zones) for start in starts}
        else:
            found = {start: self._probe(start) for start in starts}
        return {name: self._meant(name, found[longest_zone(name)]) for name in names}

    def get_zone(self, zone: dns.name.Name) -> Zone:
        found = self._meant(zone, self._zones.get(zone) or self._ask_for(zone))
        if isinstance(found, ProviderError):
            raise found
        return found

    def _meant(self, name: dns.name.Name, zone: Zone | None) -> Zone | ProviderError:
        if zone is None:
            return self.no_zone(name)
        return self._unclear.get(zone.name) or zone

    def _probe(self, start: dns.name.Name) -> Zone | None:
        """Ask for each zone that may enclose a name, the longest first; a single label is no zone there."""
        candidate = start
        while len(candidate.labels) > 2:
            zone = self._zones.get(candidate) or self._ask_for(candidate)
            if zone is not None:
                return zone
            candidate = candidate.parent()
        return None

    def _ask_for(self, name: dns.name.Name) -> Zone | None:
        for envelope in self._api.pages(
            "/zones", {"name": to_text(name), "per_page": _ZONES_PER_PAGE, **self._account}
        ):
            self._keep(envelope["result"])
        return self._zones.get(name)

    def _list(self, at_most: int) -> bool:
        """Remember all zones of the account; False where that takes more pages than to ask for each by its name."""
        zones: list[Mapping[str, Any]] = []
        for envelope in self._api.pages("/zones", {"per_page": _ZONES_PER_PAGE, **self._account}):
            zones += envelope["result"]
            if (envelope.get("result_info") or {}).get("total_pages", 1) - 1 > at_most:
                return False
        self._keep(zones)
        return True

    def _keep(self, items: Iterable[Mapping[str, Any]]) -> None:
        """Remember zones. Of several zones of one name the one that Cloudflare serves is meant, if it is one."""
        by_name: dict[dns.name.Name, list[Mapping[str, Any]]] = {}
        with self._api.expected():
            for item in items:
                by_name.setdefault(dns.name.from_text(item["name"]), []).append(item)
        for name, same in by_name.items():
            same.sort(key=lambda item: item.get("status") != "active")
            if len(same) > 1 and same[1].get("status") in ("active", same[0].get("status")):
                accounts = ", ".join(sorted(str((item.get("account") or {}).get("id")) for item in same))
                self._unclear[name] = ProviderError(
                    f"{to_text(name)} is a zone of several accounts of {self.facts.title} that the token may see "
                    f"({accounts}). Name one of them as account_id."
                )
            self._zones[name] = Zone(name, str(same[0].get("id")), handle=same[0])

    def no_zone(self, name: dns.name.Name) -> ZoneNotFound:
        return ZoneNotFound(f"{super().no_zone(name)} An api_token without Zone: Read for a zone does not see it.")

    # -- read --------------------------------------------------------------------------------------------------------

    def read(self, zone: Zone, keys: frozenset[Key]) -> Snapshot:
        reading = self._read(zone)
        self._readings[zone.name] = reading
        sets = [_record_set(key, records) for key, records in reading.records.items()]
        reason = _NOT_SERVED.get(str(zone.handle.get("type")))
        read_only = f"{zone} cannot be written at {self.facts.title}: {reason}." if reason else ""
        return Snapshot(zone, sets, read_only=read_only, handle=reading)

    def _read(self, zone: Zone) -> _CloudflareReading:
        records: dict[Key, list[CloudflareRecord]] = {}
        try:
            for envelope in self._api.pages(f"/zones/{zone.id}/dns_records", {"per_page": _RECORDS_PER_PAGE}):
                with self._api.expected():
                    for item in envelope["result"]:
                        record = parse(item)
                        records.setdefault(record.key, []).append(record)
        except CloudflareError as error:
            raise ProviderError(f"{zone}: {error}") from None
        least = self.facts.min_ttl if _plan(zone) == "enterprise" else _LEAST_TTL
        return _CloudflareReading(records, time.monotonic(), least)

    def check(self, record_set: RecordSet) -> None:
        super().check(record_set)
        if record_type(record_set.rdtype) is None:
            raise InvalidInput(f"{record_set}: records of this type cannot be written to {self.facts.title} from here.")
        zone = record_set.name
        while zone not in self._readings and zone != dns.name.root:
            zone = zone.parent()
        reading = self._readings.get(zone)
        if reading is None:
            return
        if record_set.ttl is not None and record_set.ttl < reading.least_ttl:
            raise InvalidInput(
                f"{record_set}: a TTL of {record_set.ttl} s is not possible in this zone at {self.facts.title}, whose "
                f"plan allows {reading.least_ttl} to {self.facts.max_ttl} s."
            )
        records = reading.records.get(record_set.key, ())
        refuse_read_only(record_set, records, record_set.values)
        stays_proxied = any(record.proxied and record.value in record_set.values for record in records)
        if stays_proxied and record_set.ttl not in (None, least_ttl(records)):
            raise InvalidInput(
                f"{record_set} is proxied by {self.facts.title}, so its TTL cannot be chosen. Leave out the TTL."
            )

    # -- write -------------------------------------------------------------------------------------------------------

    def apply(self, plan: Plan) -> None:
        reading: _CloudflareReading = plan.snapshot.handle
        # a zone without a record is rare, and no list says so for sure: it is believed the second time
        if not reading.records or time.monotonic() - reading.moment > self.fresh:
            self._refuse_changed(plan, plan.changes, self._read(plan.zone))
        done: list[str] = []
        for changes, body in list(_batches(plan)):  # all of them are made first, as that may refuse
            try:
                self._write(plan, changes, body)
            except ProviderError as error:
                if not done:
                    raise
                left = [str(change.record_set) for change in plan.changes if str(change.record_set) not in done]
                raise PartlyApplied(
                    f"{plan.zone}: {self.facts.title} took {_few(done)}, but not {_few(left)}: {error} Run it again to "
                    "finish."
                ) from None
            done += [str(change.record_set) for change in changes]

    def _write(self, plan: Plan, changes: Sequence[Change], body: Batch) -> None:
        """One batch. Where it stays unknown whether it was done, the zone is read again to know."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._api.post(f"/zones/{plan.zone.id}/dns_records/batch", body)
                return
            except CloudflareError as error:
                if error.codes & _OVERTAKEN:
                    raise ZoneChanged(
                        f"{plan.zone}: another program changed the same records at the same moment ({error.said}), so "
                        "nothing was written."
                    ) from None
                if error.status == 400:
                    raise NotWritten(
                        f"{plan.zone}: {self.facts.title} refuses the change, and nothing was written: {error.said}."
                    ) from None
                raise ProviderError(f"{plan.zone}: {error}") from None
            except OutcomeUnknown as error:
                now = self._read_to_know(plan, error)
                if all(is_done(change, now.records.get(change.record_set.key, ())) for change in changes):
                    return
                self._refuse_changed(plan, changes, now)
                if attempt == _ATTEMPTS:
                    raise ProviderError(str(error)) from None
            time.sleep(0.2 * 2**attempt * random.uniform(0.5, 1.5))

    def _read_to_know(self, plan: Plan, reason: OutcomeUnknown) -> _CloudflareReading:
        try:
            return self._read(plan.zone)
        except ProviderError:
            raise reason from None

    def _refuse_changed(self, plan: Plan, changes: Iterable[Change], now: _CloudflareReading) -> None:
        names = {change.record_set.name for change in changes}
        if now.at(names) != plan.snapshot.handle.at(names):
            raise ZoneChanged(
                f"{plan.zone}: another program changed the records of {', '.join(sorted(map(to_text, names)))} at the "
                "same moment, so nothing was written."
            )


def _record_set(key: Key, records: Sequence[CloudflareRecord]) -> RecordSet:
    locked = ""
    if all(record.read_only for record in records):
        locked = "managed by another product of Cloudflare, such as Email Routing,"
    if any(record.value is None for record in records):
        locked = locked or "written in a way that is not understood"
    values = dict.fromkeys(record.value for record in records if record.value is not None)
    return RecordSet(*key, tuple(values), least_ttl(records), locked=locked)


def _batches(plan: Plan) -> Iterator[tuple[list[Change], Batch]]:
    """The changes in as many batches as the zone's plan needs, those at one name always in one."""
    most = _BATCH.get(_plan(plan.zone), _LARGE_BATCH)
    by_name: dict[dns.name.Name, list[Change]] = {}
    for change in plan.changes:
        by_name.setdefault(change.record_set.name, []).append(change)
    together: list[Change] = []
    batch: Batch = {}
    for changes in by_name.values():
        more = operations(changes, plan.snapshot.handle.records)
        if together and sum(map(len, (*batch.values(), *more.values()))) > most:
            yield together, batch
            together, batch = [], {}
        together = together + changes
        batch = {kind: [*batch.get(kind, ()), *more[kind]] for kind in more}
    if together:
        yield together, batch


def _few(texts: Sequence[str]) -> str:
    return f"{', '.join(texts[:5])}{' and others' if len(texts) > 5 else ''}"


def _plan(zone: Zone) -> str:
    return str((zone.handle.get("plan") or {}).get("legacy_id") or "free")
