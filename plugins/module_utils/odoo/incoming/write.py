# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing the plan of incoming servers: as for outgoing ones, and Odoo logs in before it fetches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.errors import OdooError
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.client import Odoo
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.snapshot import INCOMING_MODEL
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.write import (
    create_each,
    each_or_all,
    ids_of,
    to_do,
    write_each,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.incoming.plan import incoming_steps_to_take
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.plan import PlannedServer
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.read import read_consents
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.write import (
    TEST_TIMEOUT,
    install,
    miss_deleted,
)


def write_incoming(odoo: Odoo, steps: Sequence[PlannedServer]) -> None:
    """Create and change them; a refusal becomes the step's failure. Raises OdooError if Odoo cannot be asked at all."""
    todo = to_do(steps)
    odoo.secrets.add(step.values.get("password") for step in todo)
    install(odoo, [step for step in todo if step.module])
    todo = to_do(todo)
    create_each(odoo, INCOMING_MODEL, [step for step in todo if step.action == "create"], _values)
    updated = [step for step in todo if step.action == "update"]
    write_each(odoo, INCOMING_MODEL, [step for step in updated if step.values], _values)
    miss_deleted(odoo, INCOMING_MODEL, updated)


def finish_incoming(odoo: Odoo, steps: Sequence[PlannedServer]) -> None:
    """Once they are recorded as ours: let Odoo log in, activate and delete them."""
    todo = to_do(steps)
    for step in todo:
        if step.test:
            _confirm(odoo, step)
    waiting = [step for step in todo if step.failure is None and step.activate]
    each_or_all(waiting, lambda some: odoo.write(INCOMING_MODEL, ids_of(some), {"active": True}))
    gone = [step for step in todo if step.action == "delete"]
    each_or_all(gone, lambda some: odoo.unlink(INCOMING_MODEL, ids_of(some)))
    _tell_links(odoo, [step for step in todo if step.awaits and step.failure is None])


def _values(step: PlannedServer) -> dict[str, Any]:
    return step.values


def _confirm(odoo: Odoo, step: PlannedServer) -> None:
    """Odoo's own login test, which confirms the server; from one that fails it, Odoo does not fetch."""
    ids = ids_of([step])
    odoo.writes += 1
    try:
        odoo.call(INCOMING_MODEL, "button_confirm_login", ids, timeout=max(TEST_TIMEOUT, odoo.timeout))
    except OdooError as refusal:
        if step.activate:
            outcome = "It is saved, but archived, so that Odoo fetches nothing from it."
        elif step.used and step.former:
            odoo.write(INCOMING_MODEL, ids, step.former)
            step.done = bool(step.external_id)
            outcome = "Its former settings were put back."
        else:
            outcome = "It is saved, but not confirmed, so that Odoo fetches nothing from it."
        step.fail(f"Odoo could not log in at {step.name}. {outcome} {refusal}")
    else:
        step.done = True


def _tell_links(odoo: Odoo, steps: Sequence[PlannedServer]) -> None:
    """The links that Odoo makes for the servers that were written, in place of what was known before."""
    servers: dict[str, list[int]] = {}
    for step in steps:
        servers.setdefault(step.awaits, []).append(step.record_id or 0)
    consents = read_consents(odoo, servers, INCOMING_MODEL, "server_type")
    for step in steps:
        step.next_steps = incoming_steps_to_take(step, consents, step.record_id)
