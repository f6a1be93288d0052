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

_AnyStep = TypeVar("_AnyStep", bound=PlannedChange)


def to_do(steps: Sequence[_AnyStep]) -> list[_AnyStep]:
    return [step for step in steps if step.failure is None and step.action != "none"]


def archive(odoo: Odoo, model: str, steps: Sequence[PlannedChange]) -> None:
    """Archive the records of the steps that did not fail; a refusal becomes the step's failure."""
    todo = [step for step in steps if step.failure is None]
    each_or_all(todo, lambda some: odoo.write(model, ids_of(some), {"active": False}))


def create_each(
    odoo: Odoo, model: str, steps: Sequence[_AnyStep], values: Callable[[_AnyStep], dict[str, Any]]
) -> None:
    def create(some: Sequence[_AnyStep]) -> None:
        for step, record_id in zip(some, odoo.create(model, [values(step) for step in some])):
            step.record_id = record_id

    each_or_all(steps, create)


def write_each(odoo: Odoo, model: str, steps: Sequence[_AnyStep], values: Callable[[_AnyStep], dict[str, Any]]) -> None:
    groups: dict[str, list[_AnyStep]] = {}
    for step in steps:
        groups.setdefault(json.dumps(values(step), sort_keys=True), []).append(step)
    for same in groups.values():
        each_or_all(same, lambda some: odoo.write(model, ids_of(some), values(some[0])))


def each_or_all(steps: Sequence[_AnyStep], write: Callable[[Sequence[_AnyStep]], object]) -> None:
    """One call for all. If Odoo refuses it, nothing of it is done: then one call each, to learn whose fault it was."""
    if not steps:
        return
    try:
        write(steps)
    except OdooRefusal as refusal:
        if len(steps) == 1:
            steps[0].fail(str(refusal))
            return
        middle = len(steps) // 2
        each_or_all(steps[:middle], write)
        each_or_all(steps[middle:], write)
        return
    for step in steps:
        step.done = True


def ids_of(steps: Sequence[PlannedChange]) -> list[int]:
    ids = [step.record_id for step in steps if step.record_id is not None]
    if len(ids) != len(steps):
        raise OdooError("Odoo did not tell the ids of the records that it created: run again.")
    return ids
