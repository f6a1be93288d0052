# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GoDaddy.

A zone is the registered domain. Values are plain: TXT without quotes, targets without the final dot, ``@`` for the zone
itself. There is no guard against concurrent writers, but adding to a set cannot remove anything from it.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...errors import (
    Interrupted,
    InvalidInput,
    NotWritten,
    OutcomeUnknown,
    PartlyApplied,
    PostmasterError,
    ProviderError,
    ZoneChanged,
)
from ...libraries import dns
from ...names import to_text
from ...zone.model import Key, RecordSet, Snapshot, Zone
from ...zone.plan import Change, Plan
from ...zone.provider import AccountProvider, Unsaid
from ..changes import named, stopped
from ..failures import back_off
from ..http import HttpError
from ..options import OPTIONS
from ..spelling import NOT_UNDERSTOOD, respelled, type_of
from .api import FACTS, TITLE, GoDaddyApi, Item, Version1, Version3
from .records import owner_of, value_of

_PAUSES = (0.5, 1.0, 2.0, 4.0)  # seconds before a write is retried


class GoDaddy(AccountProvider):
    """One account, through the API that its credentials are for."""

    facts = FACTS
    options, required, environment = OPTIONS["godaddy"]
    few = 3

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        if options.get("access_token") and (options.get("api_key") or options.get("api_secret")):
            raise InvalidInput(
                f"dns: {TITLE} takes either api_key and api_secret or access_token, because they are for different "
                "APIs: remove one of them."
            )
        has_key = bool(self.settings.get("api_key")) and not options.get("access_token")
        for name in ("api_key", "api_secret") if has_key or not self.settings.get("access_token") else ():
            if not self.settings.get(name):
                raise InvalidInput(f"dns: {self.missing(name)} Or set access_token instead of api_key and api_secret.")
        version = Version1 if has_key else Version3
        self._api: GoDaddyApi = version(self.settings, self.count_call)
        self.facts = self._api.facts
        self.zones_at_once = max(1, int(self._api.rate))

    def close(self) -> None:
        self._api.close()

    # -- find the zone -----------------------------------------------------------------------------------------------

    def ask_for(self, name: dns.name.Name) -> Zone | None:
        try:
            records = self._api.records(to_text(name))
        except HttpError as error:
            if error.status != 403:
                raise
            # the API says this of an account without API access, and of a domain that belongs to another
            raise Unsaid(str(error)) from None
        # the answer contains the records, which saves a call for the first read
        return None if records is None else Zone(name, to_text(name), handle=[(records, time.monotonic())])

    def list_zones(self, wanted: int) -> dict[dns.name.Name, Zone]:
        return {zone.name: zone for zone in map(_zone, self._api.domains())}

    # -- read --------------------------------------------------------------------------------------------------------

    def read(self, zone: Zone, keys: frozenset[Key]) -> Snapshot:
        records, moment = zone.handle.pop() if zone.handle else (self._api.records(zone.id), time.monotonic())
        items = self._items(zone, records)
        sets = [self._record_set(zone, key, items_of_set) for key, items_of_set in items.items()]
        return Snapshot(zone, sets, handle=items, read_at=moment)

    def _items(self, zone: Zone, records: Sequence[Item] | None) -> dict[Key, list[Item]]:
        if records is None:
            raise self.no_zone(zone.name)
        items: dict[Key, list[Item]] = {}
        for item in records:
            with self.expected():
                items.setdefault((owner_of(zone, item), type_of(item["type"])), []).append(item)
        return items

    def _record_set(self, zone: Zone, key: Key, items: Sequence[Item]) -> RecordSet:
        name, rdtype = key
        lock = ""
        if items[0]["type"] not in (self.facts.types or ()):
            lock = f"of the type {items[0]['type']}, which can only be read at {TITLE},"
        elif items[0]["type"] == "NS" and name == zone.name:
            lock = f"{TITLE}'s own"
        try:
            values = [value_of(zone, item) for item in items]
        except (PostmasterError, ValueError, KeyError):
            values = []
            is_address = rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA)
            lock = lock or (f"{TITLE}'s own placeholder" if is_address else NOT_UNDERSTOOD)  # the address "Parked"
        return RecordSet(name, rdtype, tuple(dict.fromkeys(values)), items[0].get("ttl"), tuple(items), lock)

    # -- write -------------------------------------------------------------------------------------------------------

    def apply(self, plan: Plan) -> None:
        items, done = plan.snapshot.handle, list[Change]()
        # the other version of the API can only replace
        appending = self._api if isinstance(self._api, Version1) else None
        first, added, rest = _order(plan.changes) if appending else (plan.changes, (), ())
        try:
            self._replace(plan.zone, first, items, done)
            if appending and added:
                self._append(appending, plan, added, items, done)
            self._replace(plan.zone, rest, items, done)
        except PartlyApplied:
            raise
        except ProviderError as error:
            if done:
                raise stopped(plan, done, error) from None
            if isinstance(error, HttpError) and error.status in (400, 409, 422):
                raise NotWritten(
                    f"{plan.zone}: {TITLE} refuses the change of {named(plan.changes)}, and nothing was written: "
                    f"{error.reason}."
                ) from None
            raise

    def _append(
        self,
        api: Version1,
        plan: Plan,
        changes: Sequence[Change],
        items: Mapping[Key, Sequence[Item]],
        done: list[Change],
    ) -> None:
        """Add the new records of all sets at once; unconfirmed records are looked for, and added if missing."""
        zone = plan.zone
        left = whole = {change: self._coming(zone, change, items) for change in changes}
        for pause in (*_PAUSES, None):
            try:
                api.append(zone.id, [record for records in left.values() for record in records])
                done += left
                return
            except ProviderError as error:
                if not self._is_settling(error):
                    # a refusal of one record may or may not apply to all of them
                    now = self._look(zone, error)
                    missing = {change: self._coming(zone, change, now) for change in left}
                    done += [change for change, records in missing.items() if not records]
                    refused = _is_refusal(error) and missing == left
                    left = {change: records for change, records in missing.items() if records}
                    if not left:
                        return
                    if refused and (done or left == whole):
                        raise
                    if refused:
                        raise stopped(plan, [change for change in changes if change not in left], error) from None
                if pause is None:
                    raise error if _is_refusal(error) else OutcomeUnknown(str(error)) from None
            back_off(pause)

    def _coming(self, zone: Zone, change: Change, items: Mapping[Key, Sequence[Item]]) -> list[Item]:
        """The records of a set that do not exist yet."""
        after = change.record_set
        there = self._values(zone, after.key, items.get(after.key, []))
        return [self._new(zone, after, value) for value in after.values if value not in there]

    def _replace(
        self, zone: Zone, changes: Iterable[Change], items: Mapping[Key, Sequence[Item]], done: list[Change]
    ) -> None:
        for change in changes:
            self._write(zone, change, items.get(change.record_set.key, []))
            done.append(change)

    def _write(self, zone: Zone, change: Change, there: Sequence[Item]) -> None:
        """Write one set. If the outcome is unknown, read it, and retry only if nobody else wrote."""
        key = change.record_set.key
        rdtype, owner = dns.rdatatype.to_text(key[1]), to_text(key[0].relativize(zone.name))
        for pause in (*_PAUSES, None):
            try:
                self._api.replace(zone.id, rdtype, owner, there, self._wanted(zone, change, there))
                return
            except ProviderError as error:
                settling = self._is_settling(error)
                if _is_refusal(error) and (pause is None or not settling):
                    raise
                if pause is None:
                    raise OutcomeUnknown(str(error)) from None
                failure = error
            try:
                back_off(pause)
            except Interrupted as error:
                raise (error if settling else OutcomeUnknown(str(failure))) from None
            if not settling:
                now = self._look(zone, failure).get(key, [])
                before = set(change.before.values if change.before else ())
                after = set(change.after.values if change.after else ())
                if not before & after <= self._values(zone, key, now) <= before | after:
                    raise ZoneChanged(
                        f"{zone}: another program wrote to {to_text(key[0])} at the same moment as this run."
                    )
                there = now

    def _is_settling(self, error: ProviderError) -> bool:
        return self._api.settles and isinstance(error, HttpError) and error.status == 409

    def _look(self, zone: Zone, failure: ProviderError) -> Mapping[Key, list[Item]]:
        """After a write without a clear answer: the current records."""
        try:
            return self._items(zone, self._api.records(zone.id))
        except ProviderError:
            raise OutcomeUnknown(str(failure)) from None

    def _values(self, zone: Zone, key: Key, items: Sequence[Item]) -> set[dns.rdata.Rdata]:
        return set(self._record_set(zone, key, items).values) if items else set()

    def _wanted(self, zone: Zone, change: Change, there: Sequence[Item]) -> list[Item]:
        """The records of a set for the API; unchanged ones keep their spelling."""
        after = change.after
        if after is None:
            return []
        current = [(value_of(zone, item), item) for item in there]
        items = respelled(after.values, current, lambda value: self._new(zone, after, value))
        return [{**item, "ttl": self._ttl(after)} for item in items]

    def _new(self, zone: Zone, after: RecordSet, value: dns.rdata.Rdata) -> Item:
        return {
            "type": dns.rdatatype.to_text(after.rdtype),
            "name": to_text(after.name.relativize(zone.name)),
            **self._item(after.key, value),
            "ttl": self._ttl(after),
        }

    def _ttl(self, after: RecordSet) -> int:
        return after.ttl if after.ttl is not None else self.facts.default_ttl

    def _item(self, key: Key, value: Any) -> dict[str, Any]:
        """The fields of a new record that hold its value."""
        if key[1] == dns.rdatatype.TXT:
            return {"data": b"".join(value.strings).decode("latin-1")}
        if key[1] == dns.rdatatype.MX:
            return {"data": self._api.target(to_text(value.exchange)), "priority": value.preference}
        if key[1] in (dns.rdatatype.CNAME, dns.rdatatype.NS):
            return {"data": self._api.target(to_text(value.target))}
        return {"data": value.to_text()}


def _zone(name: str) -> Zone:
    return Zone(dns.name.from_text(name.lower()), name, handle=[])


def _order(changes: Sequence[Change]) -> tuple[Sequence[Change], Sequence[Change], Sequence[Change]]:
    """Changes that make room for others; those that only add records; all others."""
    first = list(itertools.takewhile(lambda change: change.kind == "delete", changes))
    rest = changes[len(first) :]
    added = [change for change in rest if _only_adds(change)]
    return first, added, [change for change in rest if change not in added]


def _only_adds(change: Change) -> bool:
    before, after = change.before, change.after
    if before is None or after is None:
        return after is not None
    return before.ttl == after.ttl and set(before.values) < set(after.values)


def _is_refusal(error: ProviderError) -> bool:
    return isinstance(error, HttpError) and error.status < 500
