# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn a plan into API calls, for the ways in which APIs accept changes.

By zone or by name: atomic ``portions``. By set: one change at a time. By record: ``by_record``. If one of several calls
fails, the message lists what was written, in the same words for all providers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from ..errors import PartlyApplied, PostmasterError
from ..libraries import dns
from ..zone.model import RecordSet, Snapshot
from ..zone.plan import Change, Plan

_FEW = 5  # named in a message

Record = TypeVar("Record")
Size = tuple[int, ...]


def portions(changes: Iterable[Change], size: Callable[[Sequence[Change]], Size], most: Size) -> Iterator[list[Change]]:
    """Group changes into as few portions as an API accepts; those at one name stay together.

    ``size`` measures changes by each limit in ``most``; it may raise for what is too large by itself.
    """
    by_name: dict[dns.name.Name, list[Change]] = {}
    for change in changes:
        by_name.setdefault(change.record_set.name, []).append(change)
    portion: list[Change] = []
    used: Size = (0,) * len(most)
    for group in by_name.values():
        more = size(group)
        if portion and any(a + b > limit for a, b, limit in zip(used, more, most)):
            yield portion
            portion, used = [], (0,) * len(most)
        portion += group
        used = tuple(a + b for a, b in zip(used, more))
    if portion:
        yield portion


def one_by_one(plan: Plan, portions: Iterable[Sequence[Change]], write: Callable[[Sequence[Change]], None]) -> None:
    """Write portions. A failure of the first is raised as it is, a later one as PartlyApplied."""
    done: list[Change] = []
    for portion in portions:
        try:
            write(portion)
        except PostmasterError as error:
            if not done:
                raise
            raise stopped(plan, done, error) from None
        done += portion


def stopped(plan: Plan, done: Iterable[Change], error: PostmasterError) -> PartlyApplied:
    """The error for a write that stopped after some changes."""
    kept = list(done)
    left = [change for change in plan.changes if change not in kept]
    return PartlyApplied(
        f"{plan.zone}: the write stopped halfway. Written: {named(kept) or 'a part'}. Not written, or not confirmed: "
        f"{named(left)}. {error} Run it again to finish."
    )


def named(changes: Iterable[Change]) -> str:
    """The record sets of changes, for messages."""
    texts = list(dict.fromkeys(str(change.record_set) for change in changes))
    return ", ".join(texts if len(texts) <= _FEW else [*texts[: _FEW - 1], f"{len(texts) - _FEW + 1} others"])


@dataclasses.dataclass(frozen=True)
class RecordWork(Generic[Record]):
    """What happens to the records of a set: which stay, change their value or go, and which values are new."""

    stay: Sequence[Record]
    update: Sequence[tuple[Record, dns.rdata.Rdata]]
    delete: Sequence[Record]
    create: Sequence[dns.rdata.Rdata]


def by_record(
    wanted: RecordSet | None,
    there: Iterable[tuple[dns.rdata.Rdata | None, Record]],
    fits: Callable[[Record, dns.rdata.Rdata], bool] = lambda record, value: True,
) -> RecordWork[Record]:
    """For an API with single records: a value that replaces another reuses its record, if it ``fits``."""
    records = list(there)
    current = {value for value, dummy in records}
    values = wanted.values if wanted else ()
    coming = [value for value in values if value not in current]
    stay, update, delete = [], [], []
    for value, record in records:
        following = next((new for new in coming if fits(record, new)), None)
        if value in values:
            stay.append(record)
        elif following is None:
            delete.append(record)
        else:
            coming.remove(following)
            update.append((record, following))
    return RecordWork(stay, update, delete, coming)


def is_made(changes: Iterable[Change], now: Snapshot) -> bool:
    """Whether a reading shows the record sets as the changes want them."""
    return all(_is_so(change, change.after, now) for change in changes)


def is_untouched(changes: Iterable[Change], now: Snapshot) -> bool:
    """Whether a reading shows them as they were before."""
    return all(_is_so(change, change.before, now) for change in changes)


def _is_so(change: Change, expected: RecordSet | None, now: Snapshot) -> bool:
    there = now.get(*change.record_set.key)
    if there is None or expected is None:
        return there is expected
    same_ttl = expected.ttl in (None, there.ttl)
    return same_ttl and set(expected.canonical) == set(there.canonical) and not there.locked
