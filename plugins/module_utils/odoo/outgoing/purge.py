# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archive servers that are recorded as ours but no longer listed; they are never deleted. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..database.planned_change import Line, PlannedChange, named
from .adoption import Ownership, external_id


@dataclass
class PlannedPurge(PlannedChange):
    """The archiving of a server that is no longer listed."""

    model: str = ""


def may_purge(ownership: Ownership, all_desired: Sequence[Mapping[str, Any]]) -> bool:
    """Whether an active server of ours has none of these names; if not, uses of servers need not be read."""
    asked_for = {external_id(str(desired["name"]).strip(), ownership.prefix) for desired in all_desired}
    ours = {row["res_id"] for name, row in ownership.external_ids.items() if name not in asked_for}
    return any(record["active"] and record["id"] in ours for record in ownership.records)


def plan_purge(
    resource: str,
    model: str,
    records: Iterable[Mapping[str, Any]],
    external_ids: Mapping[str, Mapping[str, Any]],
    asked_for: Sequence[PlannedChange],
    uses: Mapping[int, Sequence[str]],
) -> list[PlannedPurge]:
    """One change for each active record of ours that no entry names.

    ``asked_for``: the changes of that resource, including failed ones: an entry that failed must not get its server
    purged. ``uses``: what would lose its server, by id of the record.
    """
    if any(change.failure is not None and change.record_id is None for change in asked_for):
        # a failed entry without a record may mean this one
        failed = named([change.name for change in asked_for if change.failure is not None and change.record_id is None])
        return [_left(resource, model, failed)]
    kept = {change.record_id for change in asked_for}
    ours = {row["res_id"] for row in external_ids.values()}
    return [
        _archive(resource, model, record, uses.get(record["id"], ()))
        for record in records
        if record["id"] in ours and record["id"] not in kept and record["active"]
    ]


def _archive(resource: str, model: str, record: Mapping[str, Any], uses: Sequence[str]) -> PlannedPurge:
    name = str(record["name"])
    change = PlannedPurge(resource, name, name, action="update", record_id=int(record["id"]), model=model)
    change.values = {"active": False}
    change.before = [Line("active", "yes")]
    change.after = [Line("active", "no (archived), because no entry names it")]
    if uses:
        change.fail(
            f"The {resource} {name} is no longer in any entry, but is still used by {named(list(uses))}: choose "
            "another one there, and run again."
        )
    return change


def _left(resource: str, model: str, failed: str) -> PlannedPurge:
    change = PlannedPurge(f"purge of {resource}s", "purge", "purge", model=model)
    change.fail(f"No {resource} was archived by purge, because it is not known which one {failed} means.")
    return change
