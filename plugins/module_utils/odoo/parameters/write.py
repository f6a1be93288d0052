# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing the plan of system parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.client import Odoo
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.snapshot import OdooSnapshot
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.write import each_or_all
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.parameters.plan import PARAMETERS, PlannedParameters

_MODEL = "ir.config_parameter"


def apply_parameters(
    odoo: Odoo, snapshot: OdooSnapshot, steps: Sequence[PlannedParameters], which: Callable[[str], bool] = bool
) -> None:
    """Write the changes: new ones in one call, deletions in one call, each that gets another text by itself.

    ``which``: of these keys only, by default of all.
    """
    todo = [step for step in steps if step.failure is None]
    odoo.secrets.add(
        change.text
        for step in todo
        for key, change in step.changes.items()
        if key in PARAMETERS and PARAMETERS[key].secret
    )
    new = {id(step): _new(snapshot, step, which) for step in todo}
    each_or_all(
        [step for step in todo if new[id(step)]],
        lambda some: _create(odoo, [row for step in some for row in new[id(step)]]),
    )
    for step in todo:
        for key, change in step.changes.items():
            row = snapshot.parameters.get(key)
            if which(key) and change.text and row is not None and step.failure is None:
                each_or_all([step], _writer(odoo, row["id"], change.text))
    gone = {id(step): _gone(snapshot, step, which) for step in todo}
    each_or_all(
        [step for step in todo if step.failure is None and gone[id(step)]],
        lambda some: odoo.unlink(_MODEL, [row for step in some for row in gone[id(step)]]),
    )


def _create(odoo: Odoo, rows: Sequence[Mapping[str, Any]]) -> None:
    odoo.create(_MODEL, rows)


def _writer(odoo: Odoo, row: int, text: str) -> Callable[[Sequence[PlannedParameters]], None]:
    return lambda dummy: odoo.write(_MODEL, [row], {"value": text})


def _new(snapshot: OdooSnapshot, step: PlannedParameters, which: Callable[[str], bool]) -> list[dict[str, str]]:
    return [
        {"key": key, "value": change.text}
        for key, change in step.changes.items()
        if which(key) and change.text and key not in snapshot.parameters
    ]


def _gone(snapshot: OdooSnapshot, step: PlannedParameters, which: Callable[[str], bool]) -> list[int]:
    return [
        snapshot.parameters[key]["id"]
        for key, change in step.changes.items()
        if which(key) and not change.text and key in snapshot.parameters
    ]
