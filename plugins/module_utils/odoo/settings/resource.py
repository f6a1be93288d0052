# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mail settings of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.client import Odoo
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.resource import (
    OUTGOING,
    SETTINGS,
    Choices,
    Resource,
    Wish,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.snapshot import (
    OdooSnapshot,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.plan import PlannedServer
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.parameters.write import apply_parameters
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.settings.mailing_server import (
    PlannedMailingServer,
    plan_mailing_server,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.settings.plan import (
    known_applications,
    needed_parameters,
    of_applications,
    plan_settings,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.settings.read import read_settings


class MailSettings(Resource):
    option = SETTINGS

    def __init__(self, wishes: Sequence[Wish], choices: Choices) -> None:
        super().__init__(wishes, choices)
        self._steps: list[PlannedMailingServer] = []
        self._applications_written = False

    def parameters(self, version: int) -> Sequence[str]:
        return needed_parameters()

    def read(self, odoo: Odoo, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        read_settings(odoo, snapshot, self.wishes)
        snapshot.consents.clients |= known_applications(snapshot, self.wishes)

    def plan(self, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        self._steps = plan_settings(snapshot, self.wishes)
        self.steps = self._steps
        servers = others[OUTGOING]
        plan_mailing_server(snapshot, self.wishes, self._steps, list(zip(servers.wishes, servers.steps)))

    def skip_dependents(self, others: Mapping[str, Resource]) -> None:
        """What failed does not become the server for mass mailing."""
        for step in self._steps:
            step.resolve()

    def prepare(self, odoo: Odoo, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        """New servers of Gmail and Outlook get a link only where the application is known; all else can wait."""
        steps = [step for kind in others.values() for step in kind.steps]
        self._applications_written = any(isinstance(step, PlannedServer) and step.awaits for step in steps)
        if self._applications_written:
            apply_parameters(odoo, snapshot, self._steps, of_applications)

    def finish(self, odoo: Odoo, snapshot: OdooSnapshot) -> None:
        written = of_applications if self._applications_written else lambda key: False
        apply_parameters(odoo, snapshot, self._steps, lambda key: not written(key))
