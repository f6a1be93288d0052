# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Amazon Route 53.

A plan is written in atomic batches. A DELETE must match what is there exactly, and a CREATE requires that nothing is
there, so a batch of both fails if somebody wrote in between. UPSERT would have no such guard, and counts twice.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ... import interrupts
from ...errors import (
    InvalidInput,
    NotWritten,
    OutcomeUnknown,
    PartlyApplied,
    PostmasterError,
    ProviderError,
    ZoneChanged,
    ZoneNotFound,
)
from ...libraries import dns
from ...names import to_text
from ...zone.model import Key, RecordSet, Snapshot, Zone
from ...zone.plan import Change, Plan
from ...zone.provider import Facts, Provider
from ..aws import AwsRefused, AwsUnanswered
from ..changes import is_made, named, one_by_one, portions
from ..failures import no_soa, same_page
from ..options import OPTIONS
from ..spelling import NOT_UNDERSTOOD, respelled, type_of
from . import text
from .api import Route53Api

# https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html
_SETS_PER_PAGE, _ZONES_PER_PAGE = "300", "100"
_RECORDS_PER_BATCH, _CHARACTERS_PER_BATCH, _CHARACTERS_PER_VALUE = 1000, 32000, 4000
# all types that Route 53 supports
_TYPES = "A AAAA CAA CNAME DS HTTPS MX NAPTR NS PTR SOA SPF SRV SSHFP SVCB TLSA TXT"
_SENDS = 2  # how often an unanswered batch is sent
_SYNC_SECONDS, _SYNC_PAUSES = 300.0, (1.0, 2.0, 4.0)  # Route 53 usually needs a minute

_Zones = dict["dns.name.Name", list[Zone]]


class Route53(Provider):
    """One AWS account, or only the zone ``zone_id`` in it."""

    facts = Facts(
        title="Amazon Route 53",
        verified="2026-11-21",
        types=frozenset(_TYPES.split()),
        max_txt_octets=3953,  # with 16 pairs of quotes that makes 4,000 characters
    )
    options, required, environment = OPTIONS["route53"]

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self._zone_id = (options.get("zone_id") or "").rpartition("/")[2]
        self._private = bool(options.get("private_zone"))
        self._wait = bool(options.get("wait_insync"))
        self._api = Route53Api(options, self.count_call)

    def close(self) -> None:
        self._api.close()

    # -- find the zone -----------------------------------------------------------------------------------------------

    def find_zones(self, names: Iterable[dns.name.Name]) -> Mapping[dns.name.Name, Zone | ProviderError]:
        names = list(names)
        if self._zone_id:
            zones = self._stated_zone()
        elif len(names) == 1:
            zones = self._ask_for(names[0])
        else:
            zones = self._list()
        seen = {name: self._nearest(name, zones) for name in zones}
        return {
            **{name: zone for name, zone in seen.items() if not isinstance(zone, ZoneNotFound)},
            **{name: self._nearest(name, zones) for name in names},
        }

    def get_zone(self, zone: dns.name.Name) -> Zone:
        zones = self._stated_zone() if self._zone_id else self._list_from(zone)
        found = self._nearest(zone, {zone: zones.get(zone, [])})
        if isinstance(found, ProviderError):
            raise found
        return found

    def _stated_zone(self) -> _Zones:
        answer = self._api.call("get_hosted_zone", Id=self._zone_id)
        with self.expected():
            name = text.to_name(answer["HostedZone"]["Name"])
        return {name: [Zone(name, self._zone_id, handle=self._private)]}  # named by id, public or private

    def _ask_for(self, name: dns.name.Name) -> _Zones:
        """Zones that may enclose a name, found by asking for it, its parent, and so on."""
        # zones with such a label are rare, and are listed after their parent
        unlikely = [n for n, label in enumerate(name.labels) if label.startswith(b"_") or label == b"*"]
        start = dns.name.Name(name.labels[max(unlikely, default=-1) + 1 :])
        zones: _Zones = {}
        while start != dns.name.root:
            zones.update(self._list_from(start))
            if not isinstance(self._nearest(name, zones), ZoneNotFound):
                break
            start = start.parent()
        return zones

    def _list_from(self, start: dns.name.Name) -> _Zones:
        """Up to a page of zones from this name on: first those of the name itself, then those below it."""
        answer = self._api.call("list_hosted_zones_by_name", DNSName=text.from_name(start), MaxItems=_ZONES_PER_PAGE)
        with self.expected():
            return _by_name(answer["HostedZones"])

    def _list(self) -> _Zones:
        pages = self._pages("list_hosted_zones", MaxItems=_ZONES_PER_PAGE)
        with self.expected():
            return _by_name(item for page in pages for item in page["HostedZones"])

    def _nearest(self, name: dns.name.Name, zones: _Zones) -> Zone | ProviderError:
        """The closest zone that encloses a name, or why there is none or more than one."""
        kind = "private" if self._private else "public"
        others = []
        candidate = name
        while candidate != dns.name.root:
            found = [zone for zone in zones.get(candidate, []) if zone.handle == self._private]
            if len(found) > 1:
                ids = ", ".join(sorted(zone.id for zone in found))
                return ProviderError(
                    f"{self.facts.title} holds {len(found)} {kind} zones named {to_text(candidate)} ({ids}). "
                    "Set zone_id to the id of the right one."
                )
            if found:
                return found[0]
            others += zones.get(candidate, [])
            candidate = candidate.parent()
        if others and not self._zone_id:
            there = "public" if self._private else "private"
            return ZoneNotFound(
                f"{to_text(name)} lies in no {kind} zone of {self.facts.title}, but in the {there} zone {others[0]}. "
                f"If you mean that one, set private_zone: {str(not self._private).lower()}."
            )
        return self.no_zone(name)

    def _pages(self, operation: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """The pages of a list, one call each."""
        while True:
            page = self._api.call(operation, **parameters)
            yield page
            if not page.get("IsTruncated"):
                return
            following = (
                {"Marker": page.get("NextMarker")}
                if "zones" in operation
                else {f"StartRecord{part}": page.get(f"NextRecord{part}") for part in ("Name", "Type", "Identifier")}
            )
            following = {name: value for name, value in following.items() if value}
            if not following or following.items() <= parameters.items():
                raise same_page(self._api.where)
            kept = {name: value for name, value in parameters.items() if name in ("MaxItems", "HostedZoneId")}
            parameters = {**kept, **following}

    # -- read --------------------------------------------------------------------------------------------------------

    def read(self, zone: Zone, keys: frozenset[Key]) -> Snapshot:
        there: dict[Key, list[dict[str, Any]]] = {}
        pages = self._pages("list_resource_record_sets", HostedZoneId=zone.id, MaxItems=_SETS_PER_PAGE)
        with self.expected():
            for item in itertools.chain.from_iterable(page["ResourceRecordSets"] for page in pages):
                there.setdefault((text.to_name(item["Name"]), type_of(item["Type"])), []).append(item)
        if (zone.name, dns.rdatatype.SOA) not in there:
            raise no_soa(self._api.where, zone)
        return Snapshot(zone, [_record_set(key, items) for key, items in there.items()])

    def check(self, zone: Zone, change: Change) -> None:
        super().check(zone, change)
        longest = max((len(text.from_value(value)) for value in change.after.values), default=0) if change.after else 0
        if longest > _CHARACTERS_PER_VALUE:
            raise InvalidInput(
                f"{change.after}: a value that takes {longest:,} characters is too long for {self.facts.title}, which "
                f"holds at most {_CHARACTERS_PER_VALUE:,}; anything but ASCII text takes four for each octet."
            )

    # -- write -------------------------------------------------------------------------------------------------------

    def apply(self, plan: Plan) -> None:
        submitted: list[str] = []
        batches = list(portions(plan.changes, self._size, (_RECORDS_PER_BATCH, _CHARACTERS_PER_BATCH)))
        one_by_one(plan, batches, lambda batch: submitted.append(self._write(plan, batch)))
        if self._wait:
            try:
                self._await_sync(plan.zone, [change for change in submitted if change])
            except PartlyApplied:
                raise
            except PostmasterError as error:
                raise PartlyApplied(
                    f"{plan.zone}: everything was written, but it is not known whether all name servers show it. "
                    f"{error}"
                ) from None

    def _size(self, changes: Sequence[Change]) -> tuple[int, int]:
        """The number of values and of their characters. Raises InvalidInput for what exceeds a batch by itself."""
        parts = [part["ResourceRecordSet"]["ResourceRecords"] for part in self._request(changes)]
        values = [record["Value"] for records in parts for record in records]
        length = sum(map(len, values))
        if len(values) > _RECORDS_PER_BATCH or length > _CHARACTERS_PER_BATCH:
            raise InvalidInput(
                f"{to_text(changes[0].record_set.name)}: its records are too large to be changed at {self.facts.title} "
                f"in one step ({_RECORDS_PER_BATCH:,} values and {_CHARACTERS_PER_BATCH:,} characters, old and new "
                "together)."
            )
        return len(values), length

    def _request(self, changes: Sequence[Change]) -> list[dict[str, Any]]:
        old = [_stated(change.before.name, change.before.handle) for change in changes if change.before]
        new = [self._created(change.after, change.before) for change in changes if change.after]
        return [{"Action": "DELETE", "ResourceRecordSet": each} for each in old] + [
            {"Action": "CREATE", "ResourceRecordSet": each} for each in new
        ]

    def _created(self, after: RecordSet, before: RecordSet | None) -> dict[str, Any]:
        """A set for the API; unchanged values keep their spelling."""
        raw = before.handle if before else {}
        there = [record["Value"] for record in raw.get("ResourceRecords", ())]
        current = [(text.to_value(after.rdtype, value), value) for value in there]
        values = respelled(after.values, current, text.from_value)
        ttl = after.ttl if after.ttl is not None else raw.get("TTL", self.facts.default_ttl)
        return _stated(
            after.name,
            {
                "Type": dns.rdatatype.to_text(after.rdtype),
                "TTL": ttl,
                "ResourceRecords": [{"Value": value} for value in values],
            },
        )

    def _write(self, plan: Plan, batch: Sequence[Change]) -> str:
        """Send one batch; returns the id of the change, empty if it was carried out but not answered.

        It is safe to send again: the second time its deletions do not match, and it fails as a whole.
        """
        request = {"Changes": self._request(batch)}
        silence: AwsUnanswered | None = None
        for dummy in range(_SENDS):
            try:
                answer = self._api.call("change_resource_record_sets", HostedZoneId=plan.zone.id, ChangeBatch=request)
                return str(answer["ChangeInfo"]["Id"])
            except AwsUnanswered as error:
                silence = error
                now = self._look(plan, error)
            except AwsRefused as error:
                if error.code not in ("InvalidChangeBatch", "InvalidInput"):
                    raise
                now = self.read(plan.zone, frozenset())
                if _untouched(plan.snapshot, now, batch):
                    raise NotWritten(
                        f"{plan.zone}: {self.facts.title} refuses the change, and nothing was written: {error.reason}."
                    ) from None
            if silence and is_made(batch, now):
                return ""
            if not _untouched(plan.snapshot, now, batch):
                raise ZoneChanged(
                    f"{plan.zone}: another program changed {named(batch)} at the same moment, so nothing was written."
                )
        raise ProviderError(str(silence))

    def _look(self, plan: Plan, silence: AwsUnanswered) -> Snapshot:
        try:
            return self.read(plan.zone, frozenset())
        except PostmasterError:
            raise OutcomeUnknown(str(silence)) from None

    def _await_sync(self, zone: Zone, submitted: Iterable[str]) -> None:
        give_up = time.monotonic() + _SYNC_SECONDS
        for change in submitted:
            for pause in itertools.chain(_SYNC_PAUSES, itertools.repeat(_SYNC_PAUSES[-1])):
                if self._api.call("get_change", Id=change)["ChangeInfo"]["Status"] == "INSYNC":
                    break
                if time.monotonic() > give_up:
                    raise PartlyApplied(
                        f"{zone}: everything was written, but after {_SYNC_SECONDS:g} s some name servers of "
                        f"{self.facts.title} still do not show it."
                    )
                interrupts.pause(pause)


def _by_name(items: Iterable[Mapping[str, Any]]) -> _Zones:
    zones: _Zones = {}
    for item in items:
        name = text.to_name(item["Name"])
        private = bool(item.get("Config", {}).get("PrivateZone"))
        zones.setdefault(name, []).append(Zone(name, item["Id"].rpartition("/")[2], handle=private))
    return zones


def _record_set(key: Key, items: Sequence[Mapping[str, Any]]) -> RecordSet:
    """The API's items of one name and type: one plain set, or several with a routing policy."""
    lock = next((reason for item in items for reason in [text.routing(item)] if reason), "")
    values: list[dns.rdata.Rdata] = []
    for record in itertools.chain.from_iterable(item.get("ResourceRecords", ()) for item in items):
        try:
            values.append(text.to_value(key[1], record["Value"]))
        except (PostmasterError, ValueError):
            lock = lock or NOT_UNDERSTOOD
    return RecordSet(*key, tuple(dict.fromkeys(values)), items[0].get("TTL"), handle=items[0], locked=lock)


def _stated(name: dns.name.Name, raw: Mapping[str, Any]) -> dict[str, Any]:
    return {**{part: raw[part] for part in ("Type", "TTL", "ResourceRecords")}, "Name": text.from_name(name)}


def _untouched(before: Snapshot, now: Snapshot, batch: Iterable[Change]) -> bool:
    """Whether all sets at the names of a batch are as they were read."""
    names = {change.record_set.name for change in batch}
    return all(
        {s.key: (s, s.locked) for s in before.at(name)} == {s.key: (s, s.locked) for s in now.at(name)}
        for name in names
    )
