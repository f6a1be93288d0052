# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outgoing servers after a plan, and which of them accept the same mail. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..database.filters import canonical, takes_all
from ..database.planned_change import PlannedChange
from ..database.snapshot import OdooSnapshot

ALL_OTHERS = ""  # mail that no FROM filter matches


@dataclass
class UsedServer:
    """A server that is active after the plan."""

    name: str
    sequence: int
    parts: frozenset[str]  # of its filter, or ALL_OTHERS; empty if the filter never matches
    authentication: str
    ours: bool  # recorded as ours, or an entry of this run
    change: int | None = None  # the index of its entry
    movable: bool = False  # its priority is not stated
    owner: str = ""  # of the entry


def used_servers(
    snapshot: OdooSnapshot, changes: Sequence[PlannedChange], wanted: Sequence[Mapping[str, Any]]
) -> list[UsedServer]:
    """The servers in the order of the database, new ones last. ``wanted``: the final fields of each change.

    A failed change changes nothing. The field ``active`` says whether the server is used.
    """
    ours = {row["res_id"] for row in snapshot.external_ids.values()}
    touching = {
        change.record_id: index for index, change in enumerate(changes) if change.record_id and not change.failure
    }
    result = []
    for server in snapshot.servers:
        index = touching.pop(server["id"], None)
        final = server if index is None else {**server, **wanted[index]}
        if final.get("active") and (index is None or changes[index].action != "delete"):
            result.append(_used(final, index is not None or server["id"] in ours, index, snapshot.version))
            result[-1].owner = "" if index is None else changes[index].owner
    for index, change in enumerate(changes):
        if change.failure is None and change.action == "create" and wanted[index].get("active"):
            result.append(_used(wanted[index], True, index, snapshot.version))
            result[-1].owner = change.owner
    return result


def _used(server: Mapping[str, Any], ours: bool, change: int | None, version: int) -> UsedServer:
    text = server.get("from_filter")
    return UsedServer(
        name=str(server["name"]),
        sequence=int(server.get("sequence") or 0),
        parts=frozenset({ALL_OTHERS}) if takes_all(text) else canonical(text, version),
        authentication=str(server.get("smtp_authentication") or "login"),
        ours=ours,
        change=change,
    )
