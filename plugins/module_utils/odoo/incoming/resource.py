# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The incoming mail servers of a run, and those of ours that are no longer listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..database.client import Odoo
from ..database.resource import INCOMING, PURGED_INCOMING, Resource
from ..database.snapshot import INCOMING_MODEL, NEUTRALIZED, OdooSnapshot
from ..database.write import archive, verify_archived
from ..outgoing.plan import PlannedServer
from ..outgoing.purge import plan_purge
from ..outgoing.write import verify_servers
from .plan import LABELS, plan_incoming, same_value
from .read import read_incoming
from .write import activate_incoming, write_incoming


class IncomingMailServers(Resource):
    option = INCOMING
    model = INCOMING_MODEL
    has_ids = True

    def parameters(self, version: int) -> Sequence[str]:
        return (NEUTRALIZED,)

    def read(self, odoo: Odoo, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        read_incoming(odoo, snapshot, self.desired)
        snapshot.incoming_consents.clients |= snapshot.consents.clients

    def plan(self, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        self._changes: list[PlannedServer] = plan_incoming(
            snapshot, self.desired, self.choices.allow_neutralized, self.choices.install_modules
        )
        self.changes = self._changes
        if self.choices.check_mode:
            for change in self._changes:
                if change.test and change.failure is None:
                    change.warnings.append(f"Odoo did not log in to {change.name}, because this is check mode.")

    def write(self, odoo: Odoo, snapshot: OdooSnapshot) -> None:
        write_incoming(odoo, self._changes)

    def activate(self, odoo: Odoo, snapshot: OdooSnapshot) -> None:
        activate_incoming(odoo, self._changes)

    def verify(self, odoo: Odoo, snapshot: OdooSnapshot) -> None:
        verify_servers(odoo, INCOMING_MODEL, self._changes, same_value, LABELS)


class PurgeIncoming(Resource):
    option = PURGED_INCOMING
    model = INCOMING_MODEL

    @property
    def needed(self) -> bool:
        return self.choices.purge

    def read(self, odoo: Odoo, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        if snapshot.incoming_external_ids and not OdooSnapshot.incoming_servers.is_read(snapshot):
            read_incoming(odoo, snapshot, [])

    def plan(self, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        asked_for = others[INCOMING].changes
        # if none is recorded as ours, there is nothing to read
        records = snapshot.incoming_servers if OdooSnapshot.incoming_servers.is_read(snapshot) else []
        ours = snapshot.incoming_external_ids
        self.changes = plan_purge("incoming mail server", INCOMING_MODEL, records, ours, asked_for, {})

    def activate(self, odoo: Odoo, snapshot: OdooSnapshot) -> None:
        archive(odoo, INCOMING_MODEL, self.changes)

    def verify(self, odoo: Odoo, snapshot: OdooSnapshot) -> None:
        verify_archived(odoo, INCOMING_MODEL, self.changes)
