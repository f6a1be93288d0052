# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write planned changes: creates in one call, equal writes in one call, with a failure for each refused change."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from ... import interrupts
from ...errors import OdooError
from .client import Odoo
from .errors import ConcurrentWrite, OdooRefusal
from .planned_change import PlannedChange, named

ARCHIVED = {"active": False}
_TRIES = 3
_PAUSE = 0.2  # seconds

_AnyChange = TypeVar("_AnyChange", bound=PlannedChange)


def to_do(changes: Sequence[_AnyChange]) -> list[_AnyChange]:
    return [change for change in changes if change.failure is None and change.action != "none"]


def archive(odoo: Odoo, model: str, changes: Sequence[PlannedChange]) -> None:
    """Archive the records of changes that did not fail; a refusal becomes the change's failure."""
    todo = [change for change in changes if change.failure is None]
    each_or_all(todo, lambda some: odoo.write(model, ids_of(some), ARCHIVED))


def verify_archived(odoo: Odoo, model: str, changes: Sequence[PlannedChange]) -> None:
    """As ``verify_each``; records deleted in the meantime are fine."""
    verify_each(odoo, model, changes, lambda change: ARCHIVED, lambda dummy, current, wanted: current == wanted, {})


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
    """Create records with external ids. ``values``: their fields, with the external id as ``id``."""

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
            # it was rolled back, and the other transaction will end soon
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
    """Read back what was written: in Odoo the last writer wins, and the other is not told.

    A value that differs, or a record that should exist and does not or the reverse, becomes the change's failure.
    """
    done = [change for change in changes if change.failure is None and change.done and change.record_id is not None]
    todo = {id(change): {} if change.action == "delete" else expected(change) for change in done}
    written = [change for change in done if todo[id(change)] or change.action == "delete"]
    if not written:
        return
    fields = sorted({field for change in written for field in todo[id(change)]}) or ["id"]
    found = rows_of(odoo, model, written, fields)
    for change in written:
        row = found.get(change.record_id or 0)
        if change.action == "delete":
            if row is not None:
                change.fail(
                    f"The {change.resource} {change.name} is still in Odoo after this run deleted it: run again."
                )
            continue
        if row is None:
            if todo[id(change)] != ARCHIVED:
                fail_deleted(change)
            continue
        others = [labels.get(key, key) for key, value in todo[id(change)].items() if not same(key, row[key], value)]
        if others:
            change.fail(overwritten(change, others))


def rows_of(
    odoo: Odoo, model: str, changes: Sequence[PlannedChange], fields: Sequence[str]
) -> dict[int, dict[str, Any]]:
    """The records of these changes, including archived ones, by id."""
    rows = odoo.search_read(model, [("id", "in", ids_of(changes))], fields, archived=True)
    return {row["id"]: row for row in rows}


def fail_deleted(change: PlannedChange) -> None:
    change.fail(f"The {change.resource} {change.name} was deleted in Odoo in the meantime: run again.")


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
    """Write all in one call. If Odoo refuses, nothing was written: then one call each, to find the cause."""
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
