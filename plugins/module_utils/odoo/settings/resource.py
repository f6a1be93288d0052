# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mail settings of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..database.client import Odoo
from ..database.resource import OUTGOING, SETTINGS, Choices, Desired, Resource
from ..database.snapshot import OdooSnapshot
from ..outgoing.plan import PlannedServer
from ..parameters.write import write_parameters
from .mailing_server import PlannedMailingServer, plan_mailing_server
from .plan import known_applications, needed_parameters, of_applications, plan_settings
from .read import read_settings


class MailSettings(Resource):
    option = SETTINGS

    def __init__(self, all_desired: Sequence[Desired], choices: Choices) -> None:
        super().__init__(all_desired, choices)
        self._changes: list[PlannedMailingServer] = []
        self._applications_written = False

    def parameters(self, version: int) -> Sequence[str]:
        return needed_parameters()

    def read(self, odoo: Odoo, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        read_settings(odoo, snapshot, self.desired)
        snapshot.consents.clients |= known_applications(snapshot, self.desired)

    def plan(self, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        self._changes = plan_settings(snapshot, self.desired)
        self.changes = self._changes
        servers = others[OUTGOING]
        plan_mailing_server(snapshot, self.desired, self._changes, list(zip(servers.desired, servers.changes)))

    def skip_dependents(self, others: Mapping[str, Resource]) -> None:
        """A server that failed does not become the default for mass mailing."""
        for change in self._changes:
            change.resolve()

    def prepare(self, odoo: Odoo, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        """Write applications first: new Gmail and Outlook servers get a link only if theirs is known."""
        changes = [change for resource in others.values() for change in resource.changes]
        self._applications_written = any(isinstance(change, PlannedServer) and change.awaits for change in changes)
        if self._applications_written:
            write_parameters(odoo, snapshot, self._changes, of_applications)

    def activate(self, odoo: Odoo, snapshot: OdooSnapshot) -> None:
        written = of_applications if self._applications_written else lambda key: False
        write_parameters(odoo, snapshot, self._changes, lambda key: not written(key))
