# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing planned changes: creates in one call, equal writes in one call, and a refusal is that one's alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ansible_collections.postmaster.mail.plugins.module_utils.errors import OdooError
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.client import Odoo
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.errors import OdooRefusal
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.planned_change import PlannedChange

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
        raise OdooError("Odoo did not tell the ids of the records that it created: run again.")
    return ids
