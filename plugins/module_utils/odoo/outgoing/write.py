# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing planned outgoing mail servers, and what incoming ones have in common with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.errors import OdooError
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.client import Odoo
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.errors import OdooRefusal
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.snapshot import (
    EXTERNAL_ID_MODULE,
    SERVER_MODEL,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.write import (
    create_each,
    each_or_all,
    ids_of,
    to_do,
    write_each,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.plan import PlannedServer, steps_to_take
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.read import read_consents

# Odoo itself waits up to 60 seconds for a mail server
TEST_TIMEOUT = 90.0
_INSTALL_TIMEOUT = 300.0


def write_servers(odoo: Odoo, steps: Sequence[PlannedServer]) -> None:
    """Create and change them; a refusal becomes the step's failure. Raises OdooError if Odoo cannot be asked at all."""
    todo = to_do(steps)
    odoo.secrets.add(step.values.get("smtp_pass") for step in todo)
    install(odoo, [step for step in todo if step.module])
    todo = to_do(todo)
    create_each(odoo, SERVER_MODEL, [step for step in todo if step.action == "create"], lambda step: step.values)
    updated = [step for step in todo if step.action == "update"]
    write_each(odoo, SERVER_MODEL, [step for step in updated if step.values], _values_at_once)
    miss_deleted(odoo, SERVER_MODEL, updated)


def finish_servers(odoo: Odoo, steps: Sequence[PlannedServer]) -> None:
    """Once they are recorded as ours: test, activate and delete them."""
    todo = to_do(steps)
    for step in todo:
        if step.test:
            _test(odoo, step)
    waiting = [step for step in todo if step.failure is None and step.activate and not _activates_at_once(step)]
    each_or_all(waiting, lambda some: odoo.write(SERVER_MODEL, ids_of(some), {"active": True}))
    gone = [step for step in todo if step.action == "delete"]
    # archiving first lets Odoo refuse, deleting never does
    each_or_all(gone, lambda some: odoo.write(SERVER_MODEL, ids_of(some), {"active": False}))
    each_or_all([step for step in gone if step.failure is None], lambda some: odoo.unlink(SERVER_MODEL, ids_of(some)))
    _tell_links(odoo, [step for step in todo if step.awaits and step.failure is None])


def own(odoo: Odoo, steps: Sequence[PlannedServer]) -> None:
    """Record which servers are ours, as external ids: those of all kinds in one call."""
    owned = [step for step in to_do(steps) if step.external_id]
    # another run may have recorded the same name meanwhile
    fresh = [step for step in owned if step.external_row is None]
    each_or_all(fresh, lambda some: odoo.create("ir.model.data", [_external_id(step) for step in some]))
    for step in owned:
        if step.external_row is not None:
            odoo.write("ir.model.data", [step.external_row], {"name": step.external_id, "res_id": step.record_id})
            step.done = True


def _external_id(step: PlannedServer) -> dict[str, Any]:
    named = {"module": EXTERNAL_ID_MODULE, "name": step.external_id}
    return {**named, "model": step.model, "res_id": step.record_id, "noupdate": True}


def install(odoo: Odoo, steps: Sequence[PlannedServer]) -> None:
    """Install each module once; what needs it fails with it."""
    for module in dict.fromkeys(step.module for step in steps):
        needing = [step for step in steps if step.module == module]
        odoo.writes += 1
        try:
            # Odoo loads all its modules anew
            timeout = max(_INSTALL_TIMEOUT, odoo.timeout)
            odoo.call("ir.module.module", "button_immediate_install", [needing[0].module_id or 0], timeout=timeout)
        except OdooRefusal as refusal:
            for step in needing:
                step.fail(f"The module {module}, which {step.name} needs, could not be installed. {refusal}")
            continue
        odoo.forget_fields()
        for step in needing:
            step.done = True


def miss_deleted(odoo: Odoo, model: str, steps: Sequence[PlannedServer]) -> None:
    """Odoo takes a write to what someone has just deleted, and says nothing."""
    written = [step for step in steps if step.failure is None]
    if not written:
        return
    there = {row["id"] for row in odoo.search_read(model, [("id", "in", ids_of(written))], ["id"], archived=True)}
    for step in written:
        if step.record_id not in there:
            step.done = False
            step.fail(f"The {step.kind} {step.name} was deleted in Odoo meanwhile: run again.")


def _activates_at_once(step: PlannedServer) -> bool:
    return bool(step.activate and not step.test and step.values)


def _values_at_once(step: PlannedServer) -> dict[str, Any]:
    return {**step.values, "active": True} if _activates_at_once(step) else step.values


def _test(odoo: Odoo, step: PlannedServer) -> None:
    """Odoo's own connection test; a server that fails it is not used: it stays archived, or gets its former values."""
    ids = ids_of([step])
    try:
        odoo.call(SERVER_MODEL, "test_smtp_connection", ids, timeout=max(TEST_TIMEOUT, odoo.timeout))
    except OdooError as refusal:
        # no answer in time counts too: what was not seen to work is not used. If Odoo itself is gone, the next call
        # says so
        if step.activate:
            outcome = "It is saved, but archived, so that no mail goes through it."
        elif step.former:
            odoo.write(SERVER_MODEL, ids, step.former)
            step.done = bool(step.external_id)
            outcome = "Its former settings were put back."
        else:
            outcome = "It is saved."
        step.fail(f"The connection test of {step.name} failed. {outcome} {refusal}")


def _tell_links(odoo: Odoo, steps: Sequence[PlannedServer]) -> None:
    """The links that Odoo makes for the servers that were written, in place of what was known before."""
    if not steps:
        return
    servers: dict[str, list[int]] = {}
    for step in steps:
        servers.setdefault(step.awaits, []).append(step.record_id or 0)
    consents = read_consents(odoo, servers)
    for step in steps:
        step.next_steps = steps_to_take(step, consents)
