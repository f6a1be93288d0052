# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The alias domains of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..database.client import Odoo
from ..database.resource import ALIAS_DOMAINS, OUTGOING, Choices, Desired, Resource
from ..database.snapshot import OdooSnapshot
from ..database.versions import CATCHALL_DOMAIN_UNTIL
from ..parameters.plan import DEFAULT_FROM_FILTER, PlannedParameters
from ..parameters.write import write_parameters
from .catchall_domain import NEEDED, plan_catchall_domain
from .first_domain_lock import FirstDomainLock
from .plan import AliasDomainPlan, plan_alias_domains
from .read import read_alias_domains, read_aliases, read_single_sender
from .redirections import report_redirections
from .single_sender import is_single_sender, plan_single_sender
from .write import fail_without_rights, verify_alias_domains, write_alias_domains


class AliasDomains(Resource):
    option = ALIAS_DOMAINS
    has_ids = True

    def __init__(self, all_desired: Sequence[Desired], choices: Choices) -> None:
        super().__init__(all_desired, choices)
        self._plan = AliasDomainPlan()
        self.parameter_changes: list[PlannedParameters] = []  # up to Odoo 16
        self._lock: FirstDomainLock | None = None

    def parameters(self, version: int) -> Sequence[str]:
        if version <= CATCHALL_DOMAIN_UNTIL:
            return NEEDED
        return (DEFAULT_FROM_FILTER,) if any(map(is_single_sender, self.desired)) else ()

    def read(self, odoo: Odoo, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        read_alias_domains(odoo, snapshot, self.desired)
        if self._creates_the_first(snapshot):
            self._lock = FirstDomainLock(odoo)
            self._lock.acquire()
            # another run may have created it in the meantime
            read_alias_domains(odoo, snapshot, self.desired)
        if any(desired.get("redirect_to") for desired in self.desired):
            read_aliases(odoo, snapshot)
        if odoo.version > CATCHALL_DOMAIN_UNTIL and snapshot.mail_installed:
            read_single_sender(odoo, snapshot, self.desired, others[OUTGOING].needed)

    def _creates_the_first(self, snapshot: OdooSnapshot) -> bool:
        if self.choices.check_mode or snapshot.version <= CATCHALL_DOMAIN_UNTIL or not snapshot.mail_installed:
            return False
        return not snapshot.domains and any(desired["state"] != "absent" for desired in self.desired)

    def plan(self, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        if snapshot.version <= CATCHALL_DOMAIN_UNTIL:
            self.parameter_changes = plan_catchall_domain(snapshot, self.desired)
            self.changes = self.parameter_changes
        else:
            self._plan = plan_alias_domains(snapshot, self.desired)
            self.changes = self._plan.changes
            servers = others[OUTGOING].desired
            will_have_servers = any(desired["state"] == "present" for desired in servers)
            plan_single_sender(snapshot, self.desired, self._plan.changes, will_have_servers)
        report_redirections(snapshot, self.desired, self.changes, self._plan.keep_aliases)

    def rehearse(self, odoo: Odoo) -> None:
        fail_without_rights(odoo, self._plan)

    def write(self, odoo: Odoo, snapshot: OdooSnapshot) -> None:
        write_alias_domains(odoo, self._plan, self._lock)
        write_parameters(odoo, snapshot, [*self.parameter_changes, *self._plan.changes])

    def verify(self, odoo: Odoo, snapshot: OdooSnapshot) -> None:
        verify_alias_domains(odoo, self._plan)

    def release(self, odoo: Odoo) -> None:
        if self._lock is not None:
            self._lock.release()
