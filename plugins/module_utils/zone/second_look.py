# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check again, at the end of the run, what was written without a guard.

Two programs that write at the same moment do not see each other, but a second later the outcome is visible. Values
that the other program removed are planned and written again. If both added a value where only one is allowed, the
program with the greater value yields; if it does not, it has ended, and the other program yields.
"""

from __future__ import annotations

import dataclasses
import itertools
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from .. import interrupts
from ..errors import Interrupted, PartlyApplied, PostmasterError, ZoneChanged
from ..libraries import dns
from .assign import Part
from .domain_result import DomainResult
from .intent import Ask
from .model import Draft, Key, RecordSet, Snapshot
from .plan import Change, Plan
from .plan import plan as make_plan
from .provider import Provider
from .revise import needs, revise
from .write import difference, holds_others, write

# The shortest time in seconds between a write and its check. A lost packet is sent again after one second (RFC 6298
# 2.1), so another run that has read before us may write that late.
PAUSE = 1.0
_LONGEST_PAUSE = 5.0
_TIMES = 2.0  # times our own read and write took, added to PAUSE: another run may need as long
LOOKS = 7  # how often it is checked; the last time without a repair
_REPAIRS = 3  # how often a lost value is written again; the program that yields repairs nothing
_PATIENCE = 2  # checks for another program to restore what we removed
_AWAITED = 3  # checks after which a program that has not yielded is assumed to have ended


class Wrote(NamedTuple):
    """A plan that was written, and the ``time.monotonic()`` from which on it is checked."""

    plan: Plan
    due: float

    @classmethod
    def since(cls, began: float, plan: Plan) -> Wrote:
        """For a plan written now, whose reading began at ``began``."""
        now = time.monotonic()
        return cls(plan, now + min(PAUSE + _TIMES * (now - began), _LONGEST_PAUSE))


def is_due(writes: Sequence[Wrote]) -> bool:
    """Whether the writes can be checked without waiting."""
    return writes[-1].due <= time.monotonic()


def settle(
    provider: Provider,
    parts: Iterable[Part],
    outcome: Mapping[dns.name.Name, DomainResult],
    writes: list[Wrote],
    ask: Ask,
) -> None:
    """Check until everything that these domains wrote is there, and rewrite what is not. Adds to their results."""
    mine = [part for part in parts if outcome[part.domain].changed and outcome[part.domain].error is None]
    results = [outcome[part.domain] for part in mine]
    try:
        if mine:
            interrupts.begin()
        reason = _settle(provider, mine, results, writes, ask) if mine else ""
    except PartlyApplied as error:
        reason = str(error)
    except Interrupted as error:
        reason = f"{writes[-1].plan.zone}: what was written was not checked a second time: {error}"
    for result in results:
        result.error = reason or None


def _settle(
    provider: Provider, parts: Sequence[Part], results: Sequence[DomainResult], writes: list[Wrote], ask: Ask
) -> str:
    """Why it is not settled; empty if it is. Raises PartlyApplied."""
    keys = _keys(parts)
    reason, repairs = "", 0
    for look in range(LOOKS):
        plan, due = writes[-1]
        apart = random.uniform(0.2, 1.0) * PAUSE if look else 0.0
        interrupts.pause(max(0.0, due - time.monotonic()) + apart)
        snapshot = _read(provider, plan, keys)
        try:
            warning = provider.losses(plan, snapshot)
        except PartlyApplied:
            if look < _PATIENCE:
                continue
            raise
        draft = Draft(_with_former(writes, snapshot), provider.facts.default_ttl)
        revised = [(part, revise(provider, draft, part, ask).error) for part in parts]
        errors = [error for dummy, error in revised if error]
        disputed = [part for part, error in revised if error]

        def is_in_dispute(there: RecordSet, snapshot: Snapshot = snapshot, disputed: Sequence[Part] = disputed) -> bool:
            return any(
                there.key in _keys([part]) and _refuses(provider, snapshot, there, part, ask) for part in disputed
            )

        is_alone = look >= _AWAITED
        if errors:
            again = Plan(snapshot, _yielding(writes, snapshot, is_in_dispute, is_alone))
        else:
            again = _upon(snapshot, make_plan(draft))
        for result in results:
            result.notes.warnings += filter(None, [warning])
        ours = [*plan.changes, *writes[0].plan.changes]
        gone = [sentence for change in ours if _is_gone(change, snapshot) for sentence in difference(change, snapshot)]
        if not errors and not (again and gone):
            thinned = [change for change in plan.changes if _lost_others(change, snapshot)]
            lost = [sentence for change in thinned for sentence in difference(change, snapshot)]
            for result in results if lost else ():
                result.notes.warnings.append(holds_others(provider, plan, lost))
            return ""
        reason = errors[0] if errors else holds_others(provider, plan, gone)
        if not errors and _gives_way(again, ours):
            return f"{reason} Only one of them can stay there, and another run wants the other: decide which."
        if not again or look == LOOKS - 1:
            continue
        for part in parts if not errors else ():
            mine = [change for change in again.changes if change.record_set.key in _keys([part])]
            stale = part.refuse(mine) if part.refuse is not None else ""
            if stale:
                return f"{plan.zone}: what was written did not stay. {stale}"
        repairs += not errors
        if repairs > _REPAIRS:
            break
        for result in results:
            result.notes.warnings.append(reason)
        try:
            began = time.monotonic()
            writes.append(Wrote.since(began, write(provider, again, keys).plan))
        except ZoneChanged:
            pass
        except PostmasterError as error:
            return f"{plan.zone}: what was written did not stay, and could not be written again: {error}"
    return f"{writes[-1].plan.zone}: gave up after checking {look + 1} times what was written: {reason}"


def _keys(parts: Iterable[Part]) -> frozenset[Key]:
    return frozenset(key for part in parts for intent in part.intents for key in needs(intent))


def _read(provider: Provider, plan: Plan, keys: frozenset[Key]) -> Snapshot:
    try:
        return provider.read(plan.zone, keys)
    except PostmasterError as error:
        raise PartlyApplied(
            f"{plan.zone}: the change was written, but it could not be read back to see whether it stayed. {error} Run "
            "it again to make sure."
        ) from None


def _is_gone(change: Change, there: Snapshot) -> bool:
    """Whether a value that we wrote is missing, or one that we removed is back."""
    now, before, after = _values(change, there)
    return not after <= now or bool((before - after) & now)


def _lost_others(change: Change, there: Snapshot) -> bool:
    """Whether a value that we kept is missing."""
    now, before, after = _values(change, there)
    return not before & after <= now


def _new_values(change: Change) -> list[dns.rdata.Rdata]:
    before = change.before.values if change.before else ()
    return [value for value in (change.after.values if change.after else ()) if value not in before]


def _values(change: Change, there: Snapshot) -> tuple[set[dns.rdata.Rdata], ...]:
    """The values that are seen now, before the change, and after it."""
    sets = (there.get(*change.record_set.key), change.before, change.after)
    return tuple(set(record_set.values if record_set else ()) for record_set in sets)


def _with_former(writes: Sequence[Wrote], there: Snapshot) -> Snapshot:
    """The snapshot to plan on. If all programs have yielded, the values they had replaced are added to it."""
    sets = {record_set.key: record_set for record_set in there}
    restored = False
    # the last write of each set that added a value, and did not only yield
    last = {change.record_set.key: change for wrote in writes for change in wrote.plan.changes if _new_values(change)}
    for key, change in last.items():
        if change.before is None or change.after is None:
            continue
        now = sets[key].values if key in sets else ()
        replaced = [value for value in change.before.values if value not in (*now, *change.after.values)]
        if replaced and all(value in change.before.values for value in now):
            sets[key] = dataclasses.replace(sets.get(key, change.before), values=(*now, *replaced))
            restored = True
    return Snapshot(there.zone, sets.values(), complete=there.complete, flattens=there.flattens) if restored else there


def _upon(seen: Snapshot, plan: Plan) -> Plan:
    """The same plan as changes of what is there now."""
    return Plan(seen, tuple(Change(seen.get(*change.record_set.key), change.after) for change in plan.changes))


def _refuses(provider: Provider, seen: Snapshot, there: RecordSet, part: Part, ask: Ask) -> bool:
    """Whether a domain could not have what it wants if this set existed."""
    others = [record_set for record_set in seen if record_set.key != there.key]
    supposed = Snapshot(seen.zone, [*others, there], complete=seen.complete, flattens=seen.flattens)
    return revise(provider, Draft(supposed, provider.facts.default_ttl), part, ask).error is not None


def _gives_way(again: Plan, ours: Iterable[Change]) -> bool:
    """Whether writing again would only remove what another program has put there, and our value is the greater one.

    The greater value gives way, so that two programs do not keep replacing each other's.
    """
    wrote = {change.record_set.key: change for change in ours}
    for change in again.changes:
        mine = wrote.get(change.record_set.key)
        if mine is None or mine.after is None or change.after is None or change.before is None:
            continue
        known = {*mine.after.values, *(mine.before.values if mine.before else ())}
        others = [value for value in change.before.values if value not in known and value not in change.after.values]
        if others and set(change.after.values) == set(mine.after.values):
            return min(map(str, mine.after.values)) > min(map(str, others))
    return False


def _yielding(
    writes: Iterable[Wrote], seen: Snapshot, is_in_dispute: Callable[[RecordSet], bool], is_alone: bool
) -> tuple[Change, ...]:
    """Changes that remove our values which exclude one that another program added beside them.

    Ours go if they are greater, or if no other program is left to yield. Other values are not affected. The surviving
    value is read again before the write, so that two programs never both remove theirs.
    """
    going = []
    wrote_at: dict[Key, list[Change]] = {}
    for change in (change for wrote in writes for change in wrote.plan.changes):
        wrote_at.setdefault(change.record_set.key, []).append(change)
    for key, changes in wrote_at.items():
        now, first = seen.get(*key), changes[0]
        if now is None:
            continue
        before = first.before.values if first.before else ()
        # includes what an earlier write of ours has left there
        written = {value for change in changes for value in _new_values(change)}
        new = [value for value in now.values if value in written and value not in before]
        others = [value for value in now.values if value not in before and value not in written]
        kept = [value for value in now.values if value not in new and value not in others]
        rivals = {
            (one, other)
            for one, other in itertools.product(new, others)
            if is_in_dispute(dataclasses.replace(now, values=(*kept, one, other)))
        }
        ours = {one for one, dummy in rivals}
        if rivals and (is_alone or min(map(str, ours)) > min(str(other) for dummy, other in rivals)):
            left = tuple(value for value in now.values if value not in ours)
            going.append(Change(now, dataclasses.replace(now, values=left, handle=None)))
    return tuple(going)
