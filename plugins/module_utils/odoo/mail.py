# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mail configuration of a database: read, plan, write, and what came of each wish.

A module of one record is a run with one wish, the batch module a run with all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.alias_domains.resource import AliasDomains
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.client import Odoo
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.planned_change import PlannedChange
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.resource import Choices, Resource, Wish
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.snapshot import (
    new_snapshot,
    read_external_ids,
    read_parameters,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.incoming.resource import (
    IncomingMailServers,
    PurgeIncoming,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.plan import PlannedServer
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.resource import OutgoingMailServers, Purge
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.write import own
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.parameters.plan import (
    PlannedParameters,
    settle,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.settings.resource import MailSettings

# In the order in which they are planned and written: what is to go comes last, when nothing uses it any more.
KINDS: tuple[type[Resource], ...] = (
    AliasDomains,
    OutgoingMailServers,
    MailSettings,
    IncomingMailServers,
    Purge,
    PurgeIncoming,
)


@dataclass(frozen=True)
class MailOptions:
    """What is desired, by the option of odoo_mail that takes it, in entries as its argument spec completes them."""

    desired: Mapping[str, Sequence[Wish]]
    choices: Choices = Choices()

    @classmethod
    def of(cls, params: Mapping[str, Any], check_mode: bool) -> MailOptions:
        """From the options of odoo_mail, or those of another module that it has too."""
        chosen = ("allow_neutralized", "install_modules", "purge")
        choices = {name: bool(params.get(name)) for name in chosen}
        return cls(
            {kind.option: params.get(kind.option) or [] for kind in KINDS}, Choices(**choices, check_mode=check_mode)
        )


class MailRun:
    """One run: the steps of all kinds, in the order of the wishes."""

    def __init__(self, odoo: Odoo, kinds: Sequence[Resource]) -> None:
        self.kinds = {kind.option: kind for kind in kinds}
        self._odoo = odoo

    @property
    def steps(self) -> list[PlannedChange]:
        return [step for kind in self.kinds.values() for step in kind.steps]

    @property
    def changed(self) -> bool:
        return any(step.changed for step in self.steps)

    @property
    def warnings(self) -> list[str]:
        return [warning for step in self.steps for warning in step.told_warnings]

    def owners(self) -> dict[str, dict[str, Any]]:
        """The results of each owner's wishes as one."""
        owners: dict[str, list[PlannedChange]] = {}
        for step in self.steps:
            owners.setdefault(step.owner, []).append(step)
        return {owner: _joined(steps) for owner, steps in owners.items()}

    def as_dict(self) -> dict[str, Any]:
        """What odoo_mail returns; the warnings are beside it."""
        return dict(
            changed=self.changed,
            diff=[step.diff() for step in self.steps if step.changed],
            owners=self.owners(),
            failed_items=[step.name for step in self.steps if step.failure is not None],
            api_calls=self._odoo.calls,
            api_writes=self._odoo.writes,
            odoo_version=self._odoo.version,
            **{option: {step.name: step.result() for step in kind.steps} for option, kind in self.kinds.items()},
        )


def run(odoo: Odoo, options: MailOptions) -> MailRun:
    """Ensure what is desired, or in check mode find out what that would change.

    Raises OdooError for what concerns the whole database; all else is a step's failure.
    """
    wishes, choices = options.desired, options.choices
    done = MailRun(odoo, [kind(wishes.get(kind.option) or (), choices) for kind in KINDS])
    wanted = [kind for kind in done.kinds.values() if kind.wanted]
    snapshot = new_snapshot(odoo)
    read_parameters(odoo, snapshot, [key for kind in wanted for key in kind.parameters(odoo.version)])
    read_external_ids(odoo, snapshot, [kind.model for kind in wanted if kind.model])
    for kind in wanted:
        kind.read(odoo, snapshot, done.kinds)
    for kind in wanted:
        kind.plan(snapshot, done.kinds)
    settle([step for step in done.steps if isinstance(step, PlannedParameters)])
    for kind in wanted:
        kind.skip_dependents(done.kinds)
    if not choices.check_mode:
        for kind in wanted:
            kind.prepare(odoo, snapshot, done.kinds)
        # what was written since may have failed, so each holds back again
        for kind in wanted:
            kind.skip_dependents(done.kinds)
            kind.write(odoo, snapshot)
        own(odoo, [step for step in done.steps if isinstance(step, PlannedServer)])
        for kind in wanted:
            kind.skip_dependents(done.kinds)
            kind.finish(odoo, snapshot)
    return done


def _joined(steps: Sequence[PlannedChange]) -> dict[str, Any]:
    diffs = [step.diff() for step in steps if step.changed]
    redirections = [one for step in steps for one in step.told.get("redirections", ())]
    return {
        "changed": any(step.changed for step in steps),
        "diff": diffs,
        "warnings": [warning for step in steps for warning in step.told_warnings],
        "next_steps": [text for step in steps for text in step.facts().get("next_steps", ())],
        "failed": any(step.failure is not None for step in steps),
        "msg": " ".join(dict.fromkeys(step.failure for step in steps if step.failure is not None)),
        **({"redirections": redirections} if redirections else {}),
    }
