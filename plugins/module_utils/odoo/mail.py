# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mail configuration of a database: read, plan, write, and what came of each wish.

A module of one record is a run with one wish, the batch module a run with all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .alias_domains import AliasDomainPlan, plan_alias_domains
from .apply import apply_alias_domains, apply_servers
from .client import Odoo
from .kind import Choices, Kind, Wish
from .server_reading import read_servers
from .servers import ServerStep, plan_servers
from .snapshot import (
    SERVER_MODEL,
    Snapshot,
    new_snapshot,
    read_alias_domains,
    read_external_ids,
    read_parameters,
)
from .steps import Step


class AliasDomains(Kind):
    option = "alias_domains"

    def read(self, odoo: Odoo, snapshot: Snapshot) -> None:
        read_alias_domains(odoo, snapshot, self.wishes)

    def plan(self, snapshot: Snapshot, others: Mapping[str, Kind]) -> None:
        self._plan: AliasDomainPlan = plan_alias_domains(snapshot, self.wishes)
        self.steps = self._plan.steps

    def apply(self, odoo: Odoo, snapshot: Snapshot) -> None:
        apply_alias_domains(odoo, snapshot, self._plan)


class OutgoingMailServers(Kind):
    option = "outgoing_mail_servers"
    model = SERVER_MODEL

    def parameters(self, version: int) -> Sequence[str]:
        return ("database.is_neutralized", "mass_mailing.mail_server_id")

    def read(self, odoo: Odoo, snapshot: Snapshot) -> None:
        read_servers(odoo, snapshot, self.wishes)

    def plan(self, snapshot: Snapshot, others: Mapping[str, Kind]) -> None:
        self._steps: list[ServerStep] = plan_servers(
            snapshot, self.wishes, self.choices.allow_neutralized, self.choices.install_modules
        )
        self.steps = self._steps
        if self.choices.check_mode:
            for step in self._steps:
                if step.test and step.failure is None:
                    step.warnings.append(f"The connection of {step.name} was not tested, because this is check mode.")

    def hold_back(self, others: Mapping[str, Kind]) -> None:
        """No new route for an owner whose alias domain failed: its bounces and replies would go elsewhere."""
        domains = others[AliasDomains.option].steps
        failed = {step.owner: step for step in domains if step.failure is not None}
        for step in self._steps:
            culprit = failed.get(step.owner)
            if culprit is not None and step.failure is None and (step.activate or step.values.get("active")):
                step.fail(f"{step.name} was left alone, because of the alias domain {culprit.name}: {culprit.failure}")

    def apply(self, odoo: Odoo, snapshot: Snapshot) -> None:
        apply_servers(odoo, self._steps)


# in the order in which they are planned and written
KINDS: tuple[type[Kind], ...] = (AliasDomains, OutgoingMailServers)


class MailRun:
    """One run: the steps of all kinds, in the order of the wishes."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        self.kinds = {kind.option: kind for kind in kinds}

    @property
    def steps(self) -> list[Step]:
        return [step for kind in self.kinds.values() for step in kind.steps]

    @property
    def changed(self) -> bool:
        return any(step.changed for step in self.steps)

    def owners(self) -> dict[str, dict[str, Any]]:
        """The results of each owner's wishes as one."""
        owners: dict[str, list[Step]] = {}
        for step in self.steps:
            owners.setdefault(step.owner, []).append(step)
        return {owner: _joined(steps) for owner, steps in owners.items()}


def run(odoo: Odoo, wishes: Mapping[str, Sequence[Wish]], choices: Choices) -> MailRun:
    """Ensure the wishes, by the option of their kind.

    Raises OdooError for what concerns the whole database; all else is a step's failure.
    """
    done = MailRun([kind(wishes.get(kind.option) or (), choices) for kind in KINDS])
    wanted = [kind for kind in done.kinds.values() if kind.wanted]
    snapshot = new_snapshot(odoo)
    read_parameters(odoo, snapshot, [key for kind in wanted for key in kind.parameters(odoo.version)])
    read_external_ids(odoo, snapshot, [kind.model for kind in wanted if kind.model])
    for kind in wanted:
        kind.read(odoo, snapshot)
    for kind in wanted:
        kind.plan(snapshot, done.kinds)
    for kind in wanted:
        kind.hold_back(done.kinds)
    if not choices.check_mode:
        for kind in wanted:
            # what was written since may have failed
            kind.hold_back(done.kinds)
            kind.apply(odoo, snapshot)
    return done


def _joined(steps: Sequence[Step]) -> dict[str, Any]:
    diffs = [step.diff() for step in steps if step.changed]
    return {
        "changed": any(step.changed for step in steps),
        "diff": diffs,
        "warnings": [warning for step in steps for warning in step.warnings],
        "failed": any(step.failure is not None for step in steps),
        "msg": " ".join(dict.fromkeys(step.failure for step in steps if step.failure is not None)),
    }
