# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write planned incoming servers; like outgoing ones, but Odoo logs in before it fetches."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import OdooError
from ..database.client import Odoo
from ..database.snapshot import INCOMING_MODEL
from ..database.write import each_or_all, ids_of, to_do
from ..outgoing.plan import PlannedServer
from ..outgoing.read import read_consents
from ..outgoing.write import TEST_TIMEOUT, write_owned
from .plan import incoming_steps_to_take


def write_incoming(odoo: Odoo, changes: Sequence[PlannedServer]) -> None:
    """Create and change servers; a refusal becomes the change's failure.

    Raises OdooError if Odoo cannot be reached.
    """
    write_owned(odoo, INCOMING_MODEL, changes, "password", lambda change: change.values)


def activate_incoming(odoo: Odoo, changes: Sequence[PlannedServer]) -> None:
    """After they are recorded as ours: let Odoo log in, activate and delete them."""
    todo = to_do(changes)
    for change in todo:
        if change.test:
            _confirm(odoo, change)
    waiting = [change for change in todo if change.failure is None and change.activate]
    each_or_all(waiting, lambda some: odoo.write(INCOMING_MODEL, ids_of(some), {"active": True}))
    gone = [change for change in todo if change.action == "delete"]
    each_or_all(gone, lambda some: odoo.unlink(INCOMING_MODEL, ids_of(some)))
    _report_links(odoo, [change for change in todo if change.awaits and change.failure is None])


def _confirm(odoo: Odoo, change: PlannedServer) -> None:
    """Odoo's own login test, which confirms the server; Odoo does not fetch from one that fails it."""
    ids = ids_of([change])
    odoo.writes += 1
    try:
        odoo.call(INCOMING_MODEL, "button_confirm_login", ids, timeout=max(TEST_TIMEOUT, odoo.timeout))
    except OdooError as refusal:
        if change.activate:
            outcome = "It is saved but archived, so Odoo fetches nothing from it."
        elif change.used and change.former:
            odoo.write(INCOMING_MODEL, ids, change.former)
            change.done = bool(change.external_id)
            outcome = "Its previous settings were restored."
        else:
            outcome = "It is saved but not confirmed, so Odoo fetches nothing from it."
        change.fail(f"Odoo could not log in to {change.name}. {outcome} {refusal}")
    else:
        change.done = True


def _report_links(odoo: Odoo, changes: Sequence[PlannedServer]) -> None:
    """Replace the links by those that Odoo created for the servers just written."""
    servers: dict[str, list[int]] = {}
    for change in changes:
        servers.setdefault(change.awaits, []).append(change.record_id or 0)
    consents = read_consents(odoo, servers, INCOMING_MODEL, "server_type")
    for change in changes:
        change.next_steps = incoming_steps_to_take(change, consents, change.record_id)
