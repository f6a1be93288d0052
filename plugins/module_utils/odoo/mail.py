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
from .servers import ServerStep, plan_servers
from .snapshot import read_snapshot
from .steps import Step

Wish = Mapping[str, Any]


class MailRun:
    """One run: the steps of both kinds, in the order of the wishes."""

    def __init__(self, alias_domains: AliasDomainPlan, servers: Sequence[ServerStep]) -> None:
        self.alias_domains = alias_domains.steps
        self.servers = list(servers)

    @property
    def steps(self) -> list[Step]:
        return [*self.alias_domains, *self.servers]

    @property
    def changed(self) -> bool:
        return any(step.changed for step in self.steps)

    def owners(self) -> dict[str, dict[str, Any]]:
        """The results of each owner's wishes as one."""
        owners: dict[str, list[Step]] = {}
        for step in self.steps:
            owners.setdefault(step.owner, []).append(step)
        return {owner: _joined(steps) for owner, steps in owners.items()}


def run(
    odoo: Odoo,
    alias_domains: Sequence[Wish] = (),
    servers: Sequence[Wish] = (),
    allow_neutralized: bool = False,
    check_mode: bool = False,
) -> MailRun:
    """Ensure the wishes. Raises OdooError for what concerns the whole database; all else is a step's failure."""
    snapshot = read_snapshot(odoo, alias_domains, servers)
    domain_plan = plan_alias_domains(snapshot, alias_domains)
    server_plan = plan_servers(snapshot, servers, allow_neutralized)
    hold_back(domain_plan, server_plan)
    if not check_mode:
        apply_alias_domains(odoo, snapshot, domain_plan)
        hold_back(domain_plan, server_plan)
        apply_servers(odoo, server_plan)
    else:
        for step in server_plan:
            if step.test and step.failure is None:
                step.warnings.append(f"The connection of {step.name} was not tested, because this is check mode.")
    return MailRun(domain_plan, server_plan)


def hold_back(alias_domains: AliasDomainPlan, servers: Sequence[ServerStep]) -> None:
    """No new route for an owner whose alias domain failed: its bounces and replies would go elsewhere."""
    failed = {step.owner: step for step in alias_domains.steps if step.failure is not None}
    for step in servers:
        culprit = failed.get(step.owner)
        if culprit is not None and step.failure is None and (step.activate or step.values.get("active")):
            step.fail(f"{step.name} was left alone, because the alias domain {culprit.name} failed: {culprit.failure}")


def _joined(steps: Sequence[Step]) -> dict[str, Any]:
    diffs = [step.diff() for step in steps if step.changed]
    return {
        "changed": any(step.changed for step in steps),
        "diff": diffs,
        "warnings": [warning for step in steps for warning in step.warnings],
        "failed": any(step.failure is not None for step in steps),
        "msg": " ".join(dict.fromkeys(step.failure for step in steps if step.failure is not None)),
    }
