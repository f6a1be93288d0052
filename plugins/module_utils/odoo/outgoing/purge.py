# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that are recorded as ours and no longer wished for: archived, never deleted. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.planned_change import PlannedChange, named
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.adoption import Ownership, external_id


@dataclass
class PlannedPurge(PlannedChange):
    """The archiving of a server that nobody asks for."""

    model: str = ""


def may_purge(ownership: Ownership, wishes: Sequence[Mapping[str, Any]]) -> bool:
    """Whether an active server of ours is under none of the wished names: else no plan needs to know what uses it."""
    wished = {external_id(str(wish["name"]).strip(), ownership.prefix) for wish in wishes}
    ours = {row["res_id"] for name, row in ownership.external_ids.items() if name not in wished}
    return any(record["active"] and record["id"] in ours for record in ownership.records)


def plan_purge(
    kind: str,
    model: str,
    records: Iterable[Mapping[str, Any]],
    external_ids: Mapping[str, Mapping[str, Any]],
    wished: Sequence[PlannedChange],
    uses: Mapping[int, Sequence[str]],
) -> list[PlannedPurge]:
    """One step for each active record of ours that no wish names.

    ``wished``: the steps of that kind, with those that failed: what someone asks for is not purged because it could
    not be done. ``uses``: what would lose its server, by the id of the record.
    """
    if any(step.failure is not None and step.record_id is None for step in wished):
        # it may be the one that could not be found
        failed = named([step.name for step in wished if step.failure is not None and step.record_id is None])
        return [_left(kind, model, failed)]
    kept = {step.record_id for step in wished}
    ours = {row["res_id"] for row in external_ids.values()}
    return [
        _archive(kind, model, record, uses.get(record["id"], ()))
        for record in records
        if record["id"] in ours and record["id"] not in kept and record["active"]
    ]


def _archive(kind: str, model: str, record: Mapping[str, Any], uses: Sequence[str]) -> PlannedPurge:
    name = str(record["name"])
    step = PlannedPurge(kind, name, name, action="update", record_id=int(record["id"]), model=model)
    step.values = {"active": False}
    step.before, step.after = ["active: yes"], ["active: no (archived), because nobody asks for it"]
    if uses:
        step.fail(
            f"The {kind} {name} is no longer wished for, and still used by {named(list(uses))}: choose another there, "
            "and run again."
        )
    return step


def _left(kind: str, model: str, failed: str) -> PlannedPurge:
    step = PlannedPurge(f"purge of {kind}s", "purge", "purge", model=model)
    step.fail(f"No {kind} was archived by purge, because it is not known which one is meant by {failed}.")
    return step
