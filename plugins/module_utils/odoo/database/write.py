# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing planned changes: creates in one call, equal writes in one call, and a refusal is that one's alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from ... import interrupts
from ...errors import OdooError
from .client import Odoo
from .errors import ConcurrentWrite, OdooRefusal
from .planned_change import PlannedChange, named

_TRIES = 3
_PAUSE = 0.2  # seconds

_AnyChange = TypeVar("_AnyChange", bound=PlannedChange)


def to_do(changes: Sequence[_AnyChange]) -> list[_AnyChange]:
    return [change for change in changes if change.failure is None and change.action != "none"]


def archive(odoo: Odoo, model: str, changes: Sequence[PlannedChange]) -> None:
    """Archive the records of the changes that did not fail; a refusal becomes the change's failure."""
    todo = [change for change in changes if change.failure is None]
    each_or_all(todo, lambda some: odoo.write(model, ids_of(some), {"active": False}))


def create_each(
    odoo: Odoo, model: str, changes: Sequence[_AnyChange], values: Callable[[_AnyChange], dict[str, Any]]
) -> None:
    def create(some: Sequence[_AnyChange]) -> None:
        for change, record_id in zip(some, odoo.create(model, [values(change) for change in some])):
            change.record_id = record_id

    each_or_all(changes, create)


def load_each(
    odoo: Odoo, model: str, changes: Sequence[_AnyChange], values: Callable[[_AnyChange], dict[str, Any]]
) -> None:
    """Create records with external ids. ``values``: with the external id as ``id``."""

    def load(some: Sequence[_AnyChange]) -> None:
        for change, record_id in zip(some, _loaded(odoo, model, [values(change) for change in some])):
            change.record_id = record_id

    columns: dict[tuple[str, ...], list[_AnyChange]] = {}
    for change in changes:
        columns.setdefault(tuple(sorted(values(change))), []).append(change)
    for same in columns.values():
        each_or_all(same, load)


def _loaded(odoo: Odoo, model: str, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    for attempt in range(1, _TRIES):
        try:
            return odoo.load(model, rows)
        except ConcurrentWrite:
            # it was rolled back, and the other one is done soon
            interrupts.pause(_PAUSE * attempt)
    return odoo.load(model, rows)


def verify_each(
    odoo: Odoo,
    model: str,
    changes: Sequence[_AnyChange],
    expected: Callable[[_AnyChange], Mapping[str, Any]],
    same: Callable[[str, Any, Any], bool],
    labels: Mapping[str, str],
) -> None:
    """Read once more what was written: in Odoo the last writer wins, and the other one is not told.

    A value that is another by now is the change's failure.
    """
    todo = {id(change): expected(change) for change in changes if change.failure is None and change.done}
    written = [change for change in changes if todo.get(id(change)) and change.record_id is not None]
    if not written:
        return
    fields = sorted({field for change in written for field in todo[id(change)]})
    found = {row["id"]: row for row in odoo.search_read(model, [("id", "in", ids_of(written))], fields, archived=True)}
    for change in written:
        row = found.get(change.record_id or 0)
        if row is None:
            change.fail(f"The {change.resource} {change.name} was deleted in Odoo meanwhile: run again.")
            continue
        others = [labels.get(key, key) for key, value in todo[id(change)].items() if not same(key, row[key], value)]
        if others:
            change.fail(overwritten(change, others))


def overwritten(change: PlannedChange, labels: Sequence[str]) -> str:
    return (
        f"Another run, or a person, has written the {change.resource} {change.name} at the same time, and Odoo keeps "
        f"what came last: {named(list(labels))} is not as it was written. Run again."
    )


def write_each(
    odoo: Odoo, model: str, changes: Sequence[_AnyChange], values: Callable[[_AnyChange], dict[str, Any]]
) -> None:
    groups: dict[str, list[_AnyChange]] = {}
    for change in changes:
        groups.setdefault(json.dumps(values(change), sort_keys=True), []).append(change)
    for same in groups.values():
        each_or_all(same, lambda some: odoo.write(model, ids_of(some), values(some[0])))


def each_or_all(changes: Sequence[_AnyChange], write: Callable[[Sequence[_AnyChange]], object]) -> None:
    """One call for all. If Odoo refuses it, nothing of it is done: then one call each, to learn whose fault it was."""
    if not changes:
        return
    try:
        write(changes)
    except OdooRefusal as refusal:
        if len(changes) == 1:
            changes[0].fail(str(refusal))
            return
        middle = len(changes) // 2
        each_or_all(changes[:middle], write)
        each_or_all(changes[middle:], write)
        return
    for change in changes:
        change.done = True


def ids_of(changes: Sequence[PlannedChange]) -> list[int]:
    ids = [change.record_id for change in changes if change.record_id is not None]
    if len(ids) != len(changes):
        raise OdooError("Odoo did not return the ids of the records that it created: run again.")
    return ids
