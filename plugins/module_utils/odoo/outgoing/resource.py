# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outgoing mail servers of a run, and those of ours that are no longer listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..database.client import Odoo
from ..database.resource import ALIAS_DOMAINS, OUTGOING, PURGED, SETTINGS, Resource
from ..database.snapshot import MAILING_SERVER, NEUTRALIZED, SERVER_MODEL, OdooSnapshot
from ..database.write import archive, verify_archived
from ..settings.mailing_server import uses_after
from .adoption import outgoing
from .plan import LABELS, PlannedServer, plan_servers, same_value
from .purge import may_purge, plan_purge
from .read import read_servers, read_uses
from .write import activate_servers, verify_servers, write_servers, yield_priorities


class OutgoingMailServers(Resource):
    option = OUTGOING
    model = SERVER_MODEL
    has_ids = True

    def parameters(self, version: int) -> Sequence[str]:
        return (NEUTRALIZED, MAILING_SERVER)

    def read(self, odoo: Odoo, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        read_servers(odoo, snapshot, self.desired)

    def plan(self, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        self._changes: list[PlannedServer] = plan_servers(
            snapshot, self.desired, self.choices.allow_neutralized, self.choices.install_modules
        )
        self.changes = self._changes
        if self.choices.check_mode:
            for change in self._changes:
                if change.test and change.failure is None:
                    change.warnings.append(
                        f"The connection of {change.name} was not tested, because this is check mode."
                    )

    def skip_dependents(self, others: Mapping[str, Resource]) -> None:
        """An owner whose alias domain failed gets no new route: its bounces and replies would go elsewhere."""
        domains = others[ALIAS_DOMAINS].changes
        failed = {change.owner: change for change in domains if change.failure is not None}
        for change in self._changes:
            culprit = failed.get(change.owner)
            if culprit is not None and change.failure is None and (change.activate or change.values.get("active")):
                change.fail(
                    f"{change.name} was left alone, because of the alias domain {culprit.name}: {culprit.failure}"
                )

    def write(self, odoo: Odoo, snapshot: OdooSnapshot) -> None:
        write_servers(odoo, self._changes)

    def activate(self, odoo: Odoo, snapshot: OdooSnapshot) -> None:
        activate_servers(odoo, self._changes)

    def verify(self, odoo: Odoo, snapshot: OdooSnapshot) -> None:
        def same(key: str, current: Any, wanted: Any) -> bool:
            return same_value(key, current, wanted, odoo.version)

        yield_priorities(odoo, snapshot, self._changes)
        verify_servers(odoo, SERVER_MODEL, self._changes, same, LABELS)


class Purge(Resource):
    option = PURGED
    model = SERVER_MODEL

    @property
    def needed(self) -> bool:
        return self.choices.purge

    def parameters(self, version: int) -> Sequence[str]:
        return (MAILING_SERVER,)

    def read(self, odoo: Odoo, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        if not OdooSnapshot.server_fields.is_read(snapshot):
            read_servers(odoo, snapshot, [])
        if not OdooSnapshot.used_servers.is_read(snapshot) and may_purge(outgoing(snapshot), others[OUTGOING].desired):
            read_uses(odoo, snapshot)

    def plan(self, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        servers, settings = others[OUTGOING].changes, others[SETTINGS].changes
        uses = uses_after(snapshot, settings)
        self.changes = plan_purge(
            "outgoing mail server", SERVER_MODEL, snapshot.servers, snapshot.external_ids, servers, uses
        )

    def activate(self, odoo: Odoo, snapshot: OdooSnapshot) -> None:
        archive(odoo, SERVER_MODEL, self.changes)

    def verify(self, odoo: Odoo, snapshot: OdooSnapshot) -> None:
        verify_archived(odoo, SERVER_MODEL, self.changes)
