# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write planned outgoing mail servers; parts are shared with incoming ones."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...errors import OdooError
from ...services.answers import explained
from ..database.client import Odoo
from ..database.errors import ConcurrentWrite, OdooRefusal
from ..database.planned_change import Line
from ..database.snapshot import EXTERNAL_ID_MODULE, SERVER_MODEL, OdooSnapshot
from ..database.write import each_or_all, fail_deleted, ids_of, load_each, rows_of, to_do, verify_each, write_each
from .plan import LABELS, PlannedServer, steps_to_take
from .read import read_consents

# Odoo itself waits up to 60 seconds for a mail server
TEST_TIMEOUT = 90.0
_INSTALL_TIMEOUT = 300.0


def write_servers(odoo: Odoo, changes: Sequence[PlannedServer]) -> None:
    """Create and change servers; a refusal becomes the change's failure.

    Raises OdooError if Odoo cannot be reached.
    """
    write_owned(odoo, SERVER_MODEL, changes, "smtp_pass", _values_at_once)


def write_owned(
    odoo: Odoo,
    model: str,
    changes: Sequence[PlannedServer],
    password: str,
    values: Callable[[PlannedServer], dict[str, Any]],
) -> None:
    """As write_servers, for either model. ``password``: its field; ``values``: the fields of the first write."""
    todo = to_do(changes)
    odoo.secrets.add(change.values.get(password) for change in todo)
    _install(odoo, [change for change in todo if change.module])
    todo = to_do(todo)
    _create_owned(odoo, model, [change for change in todo if change.action == "create"])
    updated = [change for change in todo if change.action == "update"]
    write_each(odoo, model, [change for change in updated if change.values], values)
    _miss_deleted(odoo, model, updated)


def activate_servers(odoo: Odoo, changes: Sequence[PlannedServer]) -> None:
    """After they are recorded as ours: test, activate and delete them."""
    todo = to_do(changes)
    for change in todo:
        if change.test:
            _test(odoo, change)
    waiting = [
        change for change in todo if change.failure is None and change.activate and not _activates_at_once(change)
    ]
    each_or_all(waiting, lambda some: odoo.write(SERVER_MODEL, ids_of(some), {"active": True}))
    gone = [change for change in todo if change.action == "delete"]
    # Odoo may refuse to archive, but never refuses to delete
    each_or_all(gone, lambda some: odoo.write(SERVER_MODEL, ids_of(some), {"active": False}))
    each_or_all(
        [change for change in gone if change.failure is None], lambda some: odoo.unlink(SERVER_MODEL, ids_of(some))
    )
    _report_links(odoo, [change for change in todo if change.awaits and change.failure is None])


def _create_owned(odoo: Odoo, model: str, changes: Sequence[PlannedServer]) -> None:
    """Create servers and their external ids in one transaction, so that only one of two runs creates them."""
    load_each(odoo, model, changes, _row)
    for change in changes:
        if change.failure is None:
            change.external_id, change.external_row = "", None


def _row(change: PlannedServer) -> dict[str, Any]:
    """The columns of ``load``, which takes the id of a many2one in ``FIELD/.id``."""
    row = {"object_id/.id" if key == "object_id" else key: value for key, value in change.values.items()}
    if not row.get("object_id/.id"):
        row.pop("object_id/.id", None)
    return {"id": f"{EXTERNAL_ID_MODULE}.{change.external_id}", **row}


def verify_servers(
    odoo: Odoo,
    model: str,
    changes: Sequence[PlannedServer],
    same: Callable[[str, Any, Any], bool],
    labels: Mapping[str, str],
) -> None:
    """See ``verify_each``."""
    written = [change for change in changes if change.action != "none"]
    verify_each(odoo, model, written, _expected, same, labels)


def _expected(change: PlannedServer) -> dict[str, Any]:
    return {**change.values, "active": True} if change.activate else change.values


def yield_priorities(odoo: Odoo, snapshot: OdooSnapshot, changes: Sequence[PlannedServer]) -> None:
    """If a concurrent run chose the same number, the owner of the later server moves it to the next free one.

    The servers of one owner keep their order.
    """
    made = [
        change
        for change in to_do(changes)
        if change.action == "create" and change.record_id is not None and LABELS["sequence"] in change.chosen
    ]
    if not made:
        return
    domain = [("module", "=", EXTERNAL_ID_MODULE), ("model", "=", SERVER_MODEL)]
    ours = {row["res_id"] for row in odoo.search_read("ir.model.data", domain, ["res_id"])}
    known = {row["res_id"] for row in snapshot.external_ids.values()}
    others = ours - known - {change.record_id for change in made}
    if not others:
        return
    rows = odoo.search_read(SERVER_MODEL, [("id", "in", sorted(others))], ["sequence"], archived=True)
    taken = {server["sequence"] for server in (*snapshot.servers, *rows, *(change.values for change in made))}
    moved: dict[str, int] = {}  # by owner, the last number
    for change in sorted(made, key=lambda one: one.values["sequence"]):
        number, mine = change.values["sequence"], change.record_id or 0
        least = max(number, moved.get(change.owner, number - 1) + 1)
        if least > number or any(row["sequence"] == number and row["id"] < mine for row in rows):
            free = next(other for other in itertools.count(least) if other not in taken)
            taken.add(free)
            moved[change.owner] = change.values["sequence"] = free
            label = LABELS["sequence"]
            change.after = [Line(label, str(free)) if line.label == label else line for line in change.after]
            odoo.write(SERVER_MODEL, [mine], {"sequence": free})


def own(odoo: Odoo, changes: Sequence[PlannedServer]) -> None:
    """Record our servers as external ids, those of all resources in one call."""
    owned = [change for change in to_do(changes) if change.external_id]
    # another run may have recorded the same name in the meantime
    fresh = [change for change in owned if change.external_row is None]
    each_or_all(fresh, functools.partial(_record, odoo))
    for change in owned:
        if change.external_row is not None:
            odoo.write("ir.model.data", [change.external_row], {"name": change.external_id, "res_id": change.record_id})
            change.done = True


def _record(odoo: Odoo, changes: Sequence[PlannedServer]) -> None:
    try:
        odoo.create("ir.model.data", [_external_id(change) for change in changes])
    except ConcurrentWrite:
        names = [change.external_id for change in changes]
        domain = [("module", "=", EXTERNAL_ID_MODULE), ("name", "in", names)]
        there = {row["name"]: row["res_id"] for row in odoo.search_read("ir.model.data", domain, ["name", "res_id"])}
        if any(there.get(change.external_id) != change.record_id for change in changes):
            raise
        # another run has just recorded the same ones


def _external_id(change: PlannedServer) -> dict[str, Any]:
    named = {"module": EXTERNAL_ID_MODULE, "name": change.external_id}
    return {**named, "model": change.model, "res_id": change.record_id, "noupdate": True}


def _install(odoo: Odoo, changes: Sequence[PlannedServer]) -> None:
    """Install each module once; if that fails, all changes that need it fail."""
    for module in dict.fromkeys(change.module for change in changes):
        needing = [change for change in changes if change.module == module]
        odoo.writes += 1
        try:
            # Odoo reloads all its modules
            timeout = max(_INSTALL_TIMEOUT, odoo.timeout)
            odoo.call("ir.module.module", "button_immediate_install", [needing[0].module_id or 0], timeout=timeout)
        except OdooRefusal as refusal:
            for change in needing:
                change.fail(f"The module {module}, which {change.name} needs, could not be installed. {refusal}")
            continue
        odoo.forget_fields()
        for change in needing:
            change.done = True


def _miss_deleted(odoo: Odoo, model: str, changes: Sequence[PlannedServer]) -> None:
    """Odoo silently accepts a write to a record that was just deleted; fail such changes."""
    written = [change for change in changes if change.failure is None]
    if not written:
        return
    there = rows_of(odoo, model, written, ["id"])
    for change in written:
        if change.record_id not in there:
            change.done = False
            fail_deleted(change)


def _activates_at_once(change: PlannedServer) -> bool:
    return bool(change.activate and not change.test and change.values)


def _values_at_once(change: PlannedServer) -> dict[str, Any]:
    return {**change.values, "active": True} if _activates_at_once(change) else change.values


def _test(odoo: Odoo, change: PlannedServer) -> None:
    """Odoo's own connection test; a server that fails it is not used: it stays archived or gets its former values."""
    ids = ids_of([change])
    try:
        odoo.call(SERVER_MODEL, "test_smtp_connection", ids, timeout=max(TEST_TIMEOUT, odoo.timeout))
    except OdooError as refusal:
        # a timeout also counts as a failure: only a server that is known to work is used. If Odoo itself is down, the
        # next call shows it
        if change.activate:
            outcome = "It is saved but archived, so no mail goes through it."
        elif change.former:
            odoo.write(SERVER_MODEL, ids, change.former)
            change.done = bool(change.external_id)
            outcome = "Its previous settings were restored."
        else:
            outcome = "It is saved."
        meaning = explained(str(refusal), change.host, change.port)
        change.fail(f"The connection test of {change.name} failed. {outcome} {refusal} {meaning}".rstrip())


def _report_links(odoo: Odoo, changes: Sequence[PlannedServer]) -> None:
    """Replace the links by those that Odoo created for the servers just written."""
    if not changes:
        return
    servers: dict[str, list[int]] = {}
    for change in changes:
        servers.setdefault(change.awaits, []).append(change.record_id or 0)
    consents = read_consents(odoo, servers)
    for change in changes:
        change.next_steps = steps_to_take(change, consents)
