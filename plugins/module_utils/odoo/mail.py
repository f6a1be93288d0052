# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mail configuration of a database: read, plan, write, and report the result of each entry.

A single-record module is a run with one entry, the batch module a run with all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import PostmasterError
from .alias_domains.resource import AliasDomains
from .database.client import Odoo
from .database.planned_change import Difference, PlannedChange
from .database.resource import Choices, Desired, Resource
from .database.snapshot import new_snapshot, read_external_ids, read_parameters
from .database.versions import NEWEST_TRIED, OLDEST
from .incoming.resource import IncomingMailServers, PurgeIncoming
from .outgoing.plan import PlannedServer
from .outgoing.resource import OutgoingMailServers, Purge
from .outgoing.write import own
from .parameters.plan import PlannedParameters, settle
from .parameters.write import verify_parameters
from .settings.resource import MailSettings

# In the order of planning and writing: purges come last, when nothing uses the servers any more.
RESOURCES: tuple[type[Resource], ...] = (
    AliasDomains,
    OutgoingMailServers,
    MailSettings,
    IncomingMailServers,
    Purge,
    PurgeIncoming,
)


@dataclass(frozen=True)
class MailOptions:
    """The desired entries, by option of odoo_mail, as its argument spec completes them.

    ``judge``: called once all changes are planned, to fail those that must not be written.
    """

    desired: Mapping[str, Sequence[Desired]]
    choices: Choices = Choices()
    judge: Callable[[Sequence[PlannedChange]], None] = lambda changes: None

    @classmethod
    def of(cls, params: Mapping[str, Any], check_mode: bool) -> MailOptions:
        """From the options of odoo_mail, or of another module that shares them."""
        chosen = ("allow_neutralized", "install_modules", "purge")
        choices = {name: bool(params.get(name)) for name in chosen}
        return cls(
            {resource.option: params.get(resource.option) or [] for resource in RESOURCES},
            Choices(**choices, check_mode=check_mode),
        )


class MailRun:
    """One run: the changes of all resources, in the order of the entries."""

    def __init__(self, odoo: Odoo, resources: Sequence[Resource]) -> None:
        self.resources = {resource.option: resource for resource in resources}
        self.writes_before: int | None = None  # the number of writes before the first one of the plan
        self._odoo = odoo

    @property
    def changes(self) -> list[PlannedChange]:
        return [change for resource in self.resources.values() for change in resource.changes]

    @property
    def changed(self) -> bool:
        return any(change.changed for change in self.changes)

    @property
    def warnings(self) -> list[str]:
        return [*self._of_version(), *(warning for change in self.changes for warning in change.reported_warnings)]

    def _of_version(self) -> list[str]:
        version = self._odoo.version
        if version <= NEWEST_TRIED:
            return []
        return [
            f"Odoo {version} is newer than this collection, which was tested with Odoo {OLDEST} to {NEWEST_TRIED}: "
            "check what changed in Odoo, and look for a newer release of the collection."
        ]

    def owners(self) -> dict[str, dict[str, Any]]:
        """The results of each owner's entries, merged."""
        owners: dict[str, list[PlannedChange]] = {}
        for change in self.changes:
            owners.setdefault(change.owner, []).append(change)
        return {owner: _joined(changes) for owner, changes in owners.items()}

    def differences(self) -> dict[str, list[Difference]]:
        """What differs in Odoo from the entries of each owner; only for a run in check mode."""
        found: dict[str, list[Difference]] = {}
        for change in self.changes:
            found.setdefault(change.owner, []).extend(change.differences())
        return found

    def as_dict(self) -> dict[str, Any]:
        """What odoo_mail returns, except the warnings."""
        return dict(
            changed=self.changed,
            diff=[change.diff() for change in self.changes if change.changed],
            owners=self.owners(),
            failed_items=[change.name for change in self.changes if change.failure is not None],
            api_calls=self._odoo.calls,
            api_writes=self._odoo.writes,
            odoo_version=self._odoo.version,
            **{
                option: {change.name: change.result() for change in resource.changes}
                for option, resource in self.resources.items()
            },
        )


def run(odoo: Odoo, options: MailOptions) -> MailRun:
    """Carry out the entries, or in check mode find out what they would change.

    Raises OdooError for failures of the whole database before anything is written; others become a change's failure.
    """
    desired, choices = options.desired, options.choices
    done = MailRun(odoo, [resource(desired.get(resource.option) or (), choices) for resource in RESOURCES])
    needed = [resource for resource in done.resources.values() if resource.needed]
    try:
        _run(odoo, done, needed, options)
    except PostmasterError as error:
        if done.writes_before in (None, odoo.writes):
            raise
        for change in done.changes:
            if change.changed and change.failure is None:
                change.fail(f"{error} Part of the run may be in Odoo: run again.")
    finally:
        for resource in needed:
            resource.release(odoo)
    return done


def _run(odoo: Odoo, done: MailRun, needed: Sequence[Resource], options: MailOptions) -> None:
    snapshot = new_snapshot(odoo)
    read_parameters(odoo, snapshot, [key for resource in needed for key in resource.parameters(odoo.version)])
    read_external_ids(odoo, snapshot, [resource.model for resource in needed if resource.model])
    for resource in needed:
        resource.read(odoo, snapshot, done.resources)
    for resource in needed:
        resource.plan(snapshot, done.resources)
    parameters = [change for change in done.changes if isinstance(change, PlannedParameters)]
    settle(parameters)
    options.judge(done.changes)
    for resource in needed:
        resource.skip_dependents(done.resources)
    if options.choices.check_mode:
        for resource in needed:
            resource.rehearse(odoo)
        for resource in needed:
            resource.skip_dependents(done.resources)
    else:
        done.writes_before = odoo.writes
        for resource in needed:
            resource.prepare(odoo, snapshot, done.resources)
        # earlier writes may have failed, so dependents are skipped again
        for resource in needed:
            resource.skip_dependents(done.resources)
            resource.write(odoo, snapshot)
        own(odoo, [change for change in done.changes if isinstance(change, PlannedServer)])
        for resource in needed:
            resource.skip_dependents(done.resources)
            resource.activate(odoo, snapshot)
        for resource in needed:
            resource.verify(odoo, snapshot)
        verify_parameters(odoo, parameters)


def _joined(changes: Sequence[PlannedChange]) -> dict[str, Any]:
    diffs = [change.diff() for change in changes if change.changed]
    redirections = [one for change in changes for one in change.reported.get("redirections", ())]
    return {
        "changed": any(change.changed for change in changes),
        "diff": diffs,
        "warnings": [warning for change in changes for warning in change.reported_warnings],
        "next_steps": [text for change in changes for text in change.facts().get("next_steps", ())],
        "failed": any(change.failure is not None for change in changes),
        "msg": " ".join(dict.fromkeys(change.failure for change in changes if change.failure is not None)),
        **({"redirections": redirections} if redirections else {}),
    }
