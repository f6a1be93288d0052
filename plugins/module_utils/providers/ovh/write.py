# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing at OVH: one record per call, in place if possible, and the refresh that publishes them all.

Nothing is served before the refresh. So what was written before a refusal, or before a refresh that was not confirmed,
is undone. If that fails too, or it is unknown whether a call arrived, the error says what was done and what was not.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ... import interrupts
from ...errors import Interrupted, NotWritten, PartlyApplied, ProviderError, ZoneChanged
from ...libraries import dns
from ...names import to_text
from ...zone.model import Key, RecordSet, Zone
from ...zone.plan import Change, Plan
from ...zone.rdata import to_display
from ..changes import by_record
from ..failures import back_off
from ..http import HttpError
from .records import Content, Entry, entry, fields, fits, spelled, sub_domain

_PAUSES = (0.3, 1.0)  # seconds before a call is retried that OVH was too busy for

Call = Callable[..., Any]


@dataclasses.dataclass(frozen=True)
class Write:
    """One call: create (no ``before``), update in place, or delete (no ``after``)."""

    before: Entry | None
    after: Entry | None

    def __str__(self) -> str:
        return " and ".join(
            f"{sign}{to_text(record.name)} {dns.rdatatype.to_text(record.rdtype)} {to_display(record.value)}"
            for sign, record in (("-", self.before), ("+", self.after))
            if record is not None and record.value is not None
        )


def needed(plan: Plan) -> list[tuple[Key, list[Entry], list[Entry]]]:
    """For each change its key, the records to write, and those of them whose value is removed."""
    content: Content = plan.snapshot.handle
    rows = []
    for change in plan.changes:
        key, after = change.record_set.key, change.after
        there = [record for record in content.entries if record.key == key]
        leaving = [record for record in there if after is None or record.value not in after.values]
        rows.append((key, leaving + [record for record in there if _other_ttl(change, content, record)], leaving))
    return rows


def _other_ttl(change: Change, content: Content, record: Entry) -> bool:
    """Whether a record keeps its value but gets another TTL."""
    before, after = change.before, change.after
    if before is None or after is None or record.value not in after.values or before.ttl == after.ttl:
        return False
    return content.ttl(record) != after.ttl


def writes(plan: Plan, records_of: Sequence[Sequence[Entry]]) -> list[Write]:
    """The calls that carry out a plan; ``records_of``: the records to write, for each change.

    A CNAME and what replaces it cannot coexist, so such deletions come first. The others come last, so that an
    interruption leaves too much rather than too little.
    """
    first: list[Write] = []
    middle: list[Write] = []
    last: list[Write] = []
    created = {change.record_set.key for change in plan.changes if change.kind == "create"}
    for change, records in zip(plan.changes, records_of):
        comes, goes = _of_change(plan.snapshot.handle, change, records)
        middle += comes
        (first if change.kind == "delete" and _beside_cname(change.record_set.key, created) else last).extend(goes)
    return first + middle + last


def _beside_cname(key: Key, created: Iterable[Key]) -> bool:
    cname = dns.rdatatype.CNAME
    return any(key[0] == name and cname in (key[1], rdtype) for name, rdtype in created)


def _of_change(content: Content, change: Change, records: Sequence[Entry]) -> tuple[list[Write], list[Write]]:
    """Creations and updates in place, and deletions."""
    after = change.after
    if after is None:
        return [], [Write(record, None) for record in records]
    old = change.before.values if change.before else ()
    same_ttl = change.before is not None and change.before.ttl == after.ttl
    usual = fields(*change.record_set.key)[0]
    there = sorted(records, key=lambda record: record.field == usual)
    # an unchanged value is only written if its TTL changes
    coming = dataclasses.replace(after, values=tuple(v for v in after.values if v not in old or v in _values(records)))
    work = by_record(coming, [(record.value, record) for record in there], lambda record, v: fits(v, record.field))
    comes = [Write(record, dataclasses.replace(record, ttl=after.ttl or 0)) for record in work.stay]
    for record, value in work.update:
        ttl = record.ttl if same_ttl else after.ttl or 0
        target = spelled(value, record.field)
        comes.append(Write(record, dataclasses.replace(record, value=value, ttl=ttl, target=target)))
    ttl = _raw_ttl(content, change.before) if same_ttl and change.before else after.ttl or 0
    created = [Write(None, _created(after, value, ttl)) for value in work.create]
    return created + comes, [Write(record, None) for record in work.delete]


def _values(records: Iterable[Entry]) -> set[dns.rdata.Rdata | None]:
    return {record.value for record in records}


def _raw_ttl(content: Content, there: RecordSet) -> int:
    """The TTL of a set in the API's terms, where 0 means the zone's default."""
    records_of = {record.ttl for record in content.entries if record.key == there.key}
    return 0 if records_of == {0} else there.ttl or 0


def _created(after: RecordSet, value: dns.rdata.Rdata, ttl: int) -> Entry:
    field = fields(*after.key)[0]
    return Entry(after.name, after.rdtype, value, ttl, 0, field, spelled(value, field))


class Writer:
    """Carries out the writes of one plan. ``known``: the ids of the records that existed before."""

    def __init__(self, zone: Zone, call: Call, known: frozenset[int]) -> None:
        self._zone = zone
        self._call = call
        self._known = known

    def carry_out(self, wanted: Sequence[Write]) -> None:
        """Write and publish. Raises ProviderError if nothing was changed, else PartlyApplied."""
        done: list[Write] = []
        for write in wanted:
            left = wanted[len(done) :]
            if len(left) == 1:
                # after the last write, a later run would find nothing to do, and would not publish
                self._begin_last(done, left)
            try:
                done.append(self._do(write))
            except ProviderError as error:
                raise self._failed(error, done, left) from None
        try:
            self.refresh()
        except ProviderError as error:
            raise self._failed(error, done, []) from None

    def _begin_last(self, done: Sequence[Write], left: Sequence[Write]) -> None:
        """Raises Interrupted if nothing was changed, else PartlyApplied."""
        try:
            interrupts.begin()
        except Interrupted as error:
            if not done:
                raise
            raise self._half_way(error, done, [], left) from None

    def _do(self, write: Write) -> Write:
        """Carry out one write; returns it with its new ids."""
        before, after = write.before, write.after
        for pause in (*_PAUSES, None):
            try:
                if before is None and after is not None:
                    raw = self._call("POST", f"{self._zone.id}/record", {"fieldType": after.field, **self._body(after)})
                    return Write(None, self._made(entry(raw, self._zone.name), after))
                if before is not None and after is not None:
                    self._void("PUT", f"{self._zone.id}/record/{before.id}", self._body(after))
                elif before is not None:
                    self._void("DELETE", f"{self._zone.id}/record/{before.id}")
                return write
            except ProviderError as error:
                if after is None and getattr(error, "status", 0) == 404:
                    return write  # an earlier attempt arrived
                if _refused(error):
                    raise
                there = None if _was_busy(error) else self._there(write)
                if there is not None:
                    return there
                if pause is None:
                    raise _NotDone(str(error)) from None
                back_off(pause)
        return write

    def _void(self, method: str, path: str, body: Any = None) -> None:
        """A call whose answer is empty. Raises ProviderError for any other answer."""
        if self._call(method, path, body) is not None:
            raise _strange(self._zone)

    def _made(self, there: Entry, wanted: Entry) -> Entry:
        """Check that a POST created what it should. Raises ProviderError."""
        if (there.key, there.value) != (wanted.key, wanted.value):
            raise _strange(self._zone)
        return there

    def _body(self, record: Entry) -> dict[str, Any]:
        return {
            "subDomain": sub_domain(record.name, self._zone.name),
            "target": record.target,
            "ttl": record.ttl,
        }

    def _there(self, write: Write) -> Write | None:
        """An unanswered write with its new ids, if it arrived."""
        before, after = write.before, write.after
        if before is None:
            arrived = self._arrived(after) if after is not None else None
            return Write(None, arrived) if arrived else None
        try:
            now = entry(self._call("GET", f"{self._zone.id}/record/{before.id}"), self._zone.name)
        except HttpError as error:
            if error.status != 404:
                raise
            return write if after is None else None
        return write if after is not None and (now.value, now.ttl) == (after.value, after.ttl) else None

    def _arrived(self, wanted: Entry) -> Entry | None:
        """The record that an unanswered POST created, if any; a retry would create it twice."""
        filters = {"fieldType": wanted.field, "subDomain": sub_domain(wanted.name, self._zone.name)}
        for identity in self._call("GET", f"{self._zone.id}/record", params=filters) or ():
            if identity not in self._known:
                there = entry(self._call("GET", f"{self._zone.id}/record/{identity}"), self._zone.name)
                if (there.key, there.value) == (wanted.key, wanted.value):
                    return there
        return None

    def refresh(self) -> None:
        """Make the name servers serve the zone's content. Raises ProviderError."""
        for pause in (*_PAUSES, None):
            try:
                self._void("POST", f"{self._zone.id}/refresh")
                return
            except ProviderError as error:
                # only one refresh at a time: 409 while another one runs
                if pause is None or (_refused(error) and getattr(error, "status", 0) != 409):
                    raise
                back_off(pause)

    # -- failures ----------------------------------------------------------------------------------------------------

    def _failed(self, error: ProviderError, done: Sequence[Write], left: Sequence[Write]) -> ProviderError:
        """``left``: the failed write and those after it; empty if the refresh failed."""
        perhaps: Sequence[Write] = []
        if _refused(error) or _was_busy(error) or isinstance(error, _NotDone):
            stays = self._take_back(done)
            if not stays:
                if left and isinstance(error, HttpError) and error.status in (404, 409):
                    return ZoneChanged(
                        f"{self._zone}: another program changed the same records at the same moment ({error.reason}), "
                        "so nothing was written."
                    )
                what = "refuses a change" if _refused(error) else "did not make a change"
                taken = ", and what was written before it was undone" if done else ""
                return NotWritten(f"{self._zone}: OVH {what}{taken}; nothing is changed. {error}")
            done, left = stays, [*done[len(stays) :], *left]
        elif left:
            perhaps, left = left[:1], left[1:]
        else:
            return self._unpublished(error, done)
        return self._half_way(error, done, perhaps, left)

    def _half_way(
        self, error: ProviderError, done: Sequence[Write], perhaps: Sequence[Write], left: Sequence[Write]
    ) -> PartlyApplied:
        """``perhaps``: sent but not answered; ``left``: not sent."""
        parts = [
            f"{label}: {'; '.join(str(write) for write in group)}."
            for label, group in (("Done", done), ("Perhaps done", perhaps), ("Not done", left))
            if group
        ]
        return PartlyApplied(
            f"{self._zone}: the write stopped halfway. {' '.join(parts)} None of it is served until the zone is "
            f"refreshed. A second run finishes the rest and refreshes it. {error}"
        )

    def _unpublished(self, error: ProviderError, done: Sequence[Write]) -> PartlyApplied:
        """For an unconfirmed refresh. Writes are undone, so that a second run writes and publishes them again."""
        unknown = f"{self._zone}: it is not known whether the zone was refreshed, without which nothing is served"
        stays = self._take_back(done)
        if len(stays) < len(done):
            return PartlyApplied(
                f"{unknown}. So what was written was undone, and a second run writes and publishes it. Until then, OVH "
                f"may serve either state. {error}"
            )
        return PartlyApplied(
            f"{unknown}, and every record is written, so a second run finds nothing to write. A rollout refreshes the "
            f"zone if its servers do not show the records; otherwise send POST {self._zone.id}/refresh to OVH. {error}"
        )

    def _take_back(self, done: Sequence[Write]) -> Sequence[Write]:
        """Undo what was written and never served; returns what could not be undone."""
        for count in range(len(done), 0, -1):
            before, after = done[count - 1].before, done[count - 1].after
            try:
                if before is None and after is not None:
                    self._void("DELETE", f"{self._zone.id}/record/{after.id}")
                elif before is not None and after is not None:
                    self._void("PUT", f"{self._zone.id}/record/{before.id}", self._body(_spelled(before)))
                elif before is not None:
                    self._do(Write(None, _spelled(before)))
            except ProviderError:
                return done[:count]
        return []


class _NotDone(ProviderError):
    """A write that did not arrive, as seen afterwards."""


def _strange(zone: Zone) -> ProviderError:
    return ProviderError(f"{zone}: OVH answers a write with something that its API does not describe.")


def _spelled(record: Entry) -> Entry:
    """A record with its target, even if its id was known without fetching it."""
    if record.target or record.value is None:
        return record
    return dataclasses.replace(record, target=spelled(record.value, record.field))


def _was_busy(error: ProviderError) -> bool:
    """Whether the call was rejected as one too many, and changed nothing."""
    return isinstance(error, HttpError) and error.status == 429


def _refused(error: ProviderError) -> bool:
    """Whether the call was rejected, and changed nothing."""
    return isinstance(error, HttpError) and 400 <= error.status < 500 and error.status not in (408, 429)
