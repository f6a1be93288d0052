# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write planned system parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..database.client import Odoo
from ..database.errors import OdooRefusal
from ..database.snapshot import OdooSnapshot
from ..database.write import each_or_all, overwritten
from .plan import PARAMETERS, PlannedParameters

_MODEL = "ir.config_parameter"


def write_parameters(
    odoo: Odoo, snapshot: OdooSnapshot, changes: Sequence[PlannedParameters], which: Callable[[str], bool] = bool
) -> None:
    """Write the changes: new ones in one call, deletions in one call, each update in its own.

    ``which``: only these keys, by default all.
    """
    todo = [change for change in changes if change.failure is None]
    odoo.secrets.add(
        one.text
        for change in todo
        for key, one in change.parameters.items()
        if key in PARAMETERS and PARAMETERS[key].secret
    )
    new = {id(change): _new(snapshot, change, which) for change in todo}
    each_or_all(
        [change for change in todo if new[id(change)]],
        lambda some: _create(odoo, [row for change in some for row in new[id(change)]]),
    )
    for change in todo:
        for key, one in change.parameters.items():
            row = snapshot.parameters[key]
            if which(key) and one.text and row is not None and change.failure is None:
                each_or_all([change], _writer(odoo, row["id"], one.text))
    gone = {id(change): _gone(snapshot, change, which) for change in todo}
    each_or_all(
        [change for change in todo if change.failure is None and gone[id(change)]],
        lambda some: odoo.unlink(_MODEL, [row for change in some for row in gone[id(change)]]),
    )


def _create(odoo: Odoo, rows: Sequence[Mapping[str, Any]]) -> None:
    try:
        odoo.create(_MODEL, rows)
    except OdooRefusal:
        keys = [row["key"] for row in rows]
        there = {row["key"]: row["id"] for row in odoo.search_read(_MODEL, [("key", "in", keys)], ["key"])}
        if not there:
            raise
        # another run has just created these; verify_parameters checks whose text stays
        new = [row for row in rows if row["key"] not in there]
        if new:
            odoo.create(_MODEL, new)
        for row in rows:
            if row["key"] in there:
                odoo.write(_MODEL, [there[row["key"]]], {"value": row["value"]})


def _writer(odoo: Odoo, row: int, text: str) -> Callable[[Sequence[PlannedParameters]], None]:
    return lambda dummy: odoo.write(_MODEL, [row], {"value": text})


def _new(snapshot: OdooSnapshot, change: PlannedParameters, which: Callable[[str], bool]) -> list[dict[str, str]]:
    return [
        {"key": key, "value": one.text}
        for key, one in change.parameters.items()
        if which(key) and one.text and snapshot.parameters[key] is None
    ]


def _gone(snapshot: OdooSnapshot, change: PlannedParameters, which: Callable[[str], bool]) -> list[int]:
    rows = [snapshot.parameters[key] for key, one in change.parameters.items() if which(key) and not one.text]
    return [row["id"] for row in rows if row is not None]


def verify_parameters(odoo: Odoo, changes: Sequence[PlannedParameters]) -> None:
    """Read back what was written: in Odoo the last writer wins, and the other is not told."""
    written = [change for change in changes if change.failure is None and change.done and change.parameters]
    keys = sorted({key for change in written for key in change.parameters})
    if not keys:
        return
    rows = odoo.search_read(_MODEL, [("key", "in", keys)], ["key", "value"])
    current = {row["key"]: str(row["value"] or "") for row in rows}
    for change in written:
        others = [
            key
            for key, one in change.parameters.items()
            if not _same(key, current.get(key, ""), one.text, odoo.version)
        ]
        if others:
            change.fail(overwritten(change, [PARAMETERS[key].label if key in PARAMETERS else key for key in others]))


def _same(key: str, current: str, wanted: str, version: int) -> bool:
    return PARAMETERS[key].same(current, wanted, version) if key in PARAMETERS else current == wanted
