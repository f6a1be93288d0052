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

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.alias_domains import catchall_domain
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.alias_domains.plan import (
    AliasDomainPlan,
    plan_alias_domains,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.alias_domains.read import (
    read_alias_domains,
    read_aliases,
    read_single_sender,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.alias_domains.redirections import tell_redirections
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.alias_domains.single_sender import (
    is_single_sender,
    plan_single_sender,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.client import Odoo
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.planned_change import PlannedChange
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.resource import Choices, Resource, Wish
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.snapshot import (
    INCOMING_MODEL,
    SERVER_MODEL,
    OdooSnapshot,
    new_snapshot,
    read_external_ids,
    read_parameters,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.versions import CATCHALL_DOMAIN_UNTIL
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.write import (
    apply_alias_domains,
    archive,
    finish_servers,
    own,
    write_servers,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.incoming.plan import plan_incoming
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.incoming.read import read_incoming
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.incoming.write import finish_incoming, write_incoming
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.adoption import outgoing
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.plan import PlannedServer, plan_servers
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.read import read_servers, read_uses
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.parameters.plan import (
    DEFAULT_FROM_FILTER,
    MAILING_SERVER,
    PlannedParameters,
    settle,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.parameters.write import apply_parameters
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.purge import may_purge, plan_purge
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.settings.mailing_server import (
    PlannedMailingServer,
    plan_mailing_server,
    uses_after,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.settings.plan import (
    known_applications,
    needed_parameters,
    of_applications,
    plan_settings,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.settings.read import read_settings


class AliasDomains(Resource):
    option = "alias_domains"
    has_ids = True

    def __init__(self, wishes: Sequence[Wish], choices: Choices) -> None:
        super().__init__(wishes, choices)
        self._plan = AliasDomainPlan()
        self.parameter_steps: list[PlannedParameters] = []  # up to Odoo 16

    def parameters(self, version: int) -> Sequence[str]:
        if version <= CATCHALL_DOMAIN_UNTIL:
            return catchall_domain.NEEDED
        return (DEFAULT_FROM_FILTER,) if any(map(is_single_sender, self.wishes)) else ()

    def read(self, odoo: Odoo, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        read_alias_domains(odoo, snapshot, self.wishes)
        if any(wish.get("redirect_to") for wish in self.wishes):
            read_aliases(odoo, snapshot)
        if odoo.version > CATCHALL_DOMAIN_UNTIL and snapshot.mail_installed:
            read_single_sender(odoo, snapshot, self.wishes, others[OutgoingMailServers.option].wanted)

    def plan(self, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        if snapshot.version <= CATCHALL_DOMAIN_UNTIL:
            self.parameter_steps = catchall_domain.plan_catchall_domain(snapshot, self.wishes)
            self.steps = self.parameter_steps
        else:
            self._plan = plan_alias_domains(snapshot, self.wishes)
            self.steps = self._plan.steps
            servers = others[OutgoingMailServers.option].wishes
            has_servers = snapshot.has_servers or any(server["active"] for server in snapshot.servers)
            has_servers = has_servers or any(wish["state"] == "present" for wish in servers)
            plan_single_sender(snapshot, self.wishes, self._plan.steps, has_servers)
        tell_redirections(snapshot, self.wishes, self.steps, self._plan.keep_aliases)

    def write(self, odoo: Odoo, snapshot: OdooSnapshot) -> None:
        apply_alias_domains(odoo, snapshot, self._plan)
        apply_parameters(odoo, snapshot, [*self.parameter_steps, *self._plan.steps])


class OutgoingMailServers(Resource):
    option = "outgoing_mail_servers"
    model = SERVER_MODEL
    has_ids = True

    def parameters(self, version: int) -> Sequence[str]:
        return ("database.is_neutralized", "mass_mailing.mail_server_id")

    def read(self, odoo: Odoo, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        read_servers(odoo, snapshot, self.wishes)

    def plan(self, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        self._steps: list[PlannedServer] = plan_servers(
            snapshot, self.wishes, self.choices.allow_neutralized, self.choices.install_modules
        )
        self.steps = self._steps
        if self.choices.check_mode:
            for step in self._steps:
                if step.test and step.failure is None:
                    step.warnings.append(f"The connection of {step.name} was not tested, because this is check mode.")

    def skip_dependents(self, others: Mapping[str, Resource]) -> None:
        """No new route for an owner whose alias domain failed: its bounces and replies would go elsewhere."""
        domains = others[AliasDomains.option].steps
        failed = {step.owner: step for step in domains if step.failure is not None}
        for step in self._steps:
            culprit = failed.get(step.owner)
            if culprit is not None and step.failure is None and (step.activate or step.values.get("active")):
                step.fail(f"{step.name} was left alone, because of the alias domain {culprit.name}: {culprit.failure}")

    def write(self, odoo: Odoo, snapshot: OdooSnapshot) -> None:
        write_servers(odoo, self._steps)

    def finish(self, odoo: Odoo, snapshot: OdooSnapshot) -> None:
        finish_servers(odoo, self._steps)


class MailSettings(Resource):
    option = "settings"

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
        servers = others[OutgoingMailServers.option]
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


class IncomingMailServers(Resource):
    option = "incoming_mail_servers"
    model = INCOMING_MODEL
    has_ids = True

    def parameters(self, version: int) -> Sequence[str]:
        return ("database.is_neutralized",)

    def read(self, odoo: Odoo, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        read_incoming(odoo, snapshot, self.wishes)
        snapshot.incoming_consents.clients |= snapshot.consents.clients

    def plan(self, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        self._steps: list[PlannedServer] = plan_incoming(
            snapshot, self.wishes, self.choices.allow_neutralized, self.choices.install_modules
        )
        self.steps = self._steps
        if self.choices.check_mode:
            for step in self._steps:
                if step.test and step.failure is None:
                    step.warnings.append(f"Odoo did not log in at {step.name}, because this is check mode.")

    def write(self, odoo: Odoo, snapshot: OdooSnapshot) -> None:
        write_incoming(odoo, self._steps)

    def finish(self, odoo: Odoo, snapshot: OdooSnapshot) -> None:
        finish_incoming(odoo, self._steps)


class Purge(Resource):
    option = "purged"
    model = SERVER_MODEL

    @property
    def wanted(self) -> bool:
        return self.choices.purge

    def parameters(self, version: int) -> Sequence[str]:
        return (MAILING_SERVER,)

    def read(self, odoo: Odoo, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        if not snapshot.server_fields:
            read_servers(odoo, snapshot, [])
        if not snapshot.used_servers and may_purge(outgoing(snapshot), others[OutgoingMailServers.option].wishes):
            read_uses(odoo, snapshot)

    def plan(self, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        servers, settings = others[OutgoingMailServers.option].steps, others[MailSettings.option].steps
        uses = uses_after(snapshot, settings)
        self.steps = plan_purge(
            "outgoing mail server", SERVER_MODEL, snapshot.servers, snapshot.external_ids, servers, uses
        )

    def finish(self, odoo: Odoo, snapshot: OdooSnapshot) -> None:
        archive(odoo, SERVER_MODEL, self.steps)


class PurgeIncoming(Resource):
    option = "purged_incoming"
    model = INCOMING_MODEL

    @property
    def wanted(self) -> bool:
        return self.choices.purge

    def read(self, odoo: Odoo, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        if snapshot.incoming_external_ids and not snapshot.incoming_servers:
            read_incoming(odoo, snapshot, [])

    def plan(self, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        wished = others[IncomingMailServers.option].steps
        records, ours = snapshot.incoming_servers, snapshot.incoming_external_ids
        self.steps = plan_purge("incoming mail server", INCOMING_MODEL, records, ours, wished, {})

    def finish(self, odoo: Odoo, snapshot: OdooSnapshot) -> None:
        archive(odoo, INCOMING_MODEL, self.steps)


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
