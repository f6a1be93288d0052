# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing planned alias domains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.alias_domains.plan import (
    AliasDomainPlan,
    PlannedAliasDomain,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.client import Odoo
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.snapshot import DOMAIN_MODEL, OdooSnapshot
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.write import (
    create_each,
    each_or_all,
    ids_of,
    write_each,
)

# within one call, Odoo compares each new domain with every other
_DOMAINS_AT_ONCE = 500


def write_alias_domains(odoo: Odoo, snapshot: OdooSnapshot, plan: AliasDomainPlan) -> None:
    """Write the plan; a refusal becomes the change's failure. Raises OdooError if Odoo cannot be asked at all."""
    changes = [change for change in plan.changes if change.failure is None and change.action != "none"]
    created = [change for change in changes if change.action == "create"]
    for some in _parts(created):
        create_each(odoo, DOMAIN_MODEL, some, _domain_values)
    if plan.undo_spread and any(change.failure is None for change in created):
        kept = plan.put_back(snapshot)
        if kept:
            odoo.write("res.company", kept, {"alias_domain_id": False})
        if plan.keep_aliases:
            odoo.write("mail.alias", snapshot.free_aliases, {"alias_domain_id": False})
    updated = [change for change in changes if change.action == "update" and (change.values or change.companies)]
    write_each(odoo, DOMAIN_MODEL, updated, _domain_values)
    gone = [change for change in changes if change.action == "delete"]
    each_or_all(gone, lambda some: odoo.unlink(DOMAIN_MODEL, ids_of(some)))


def _parts(changes: Sequence[PlannedAliasDomain]) -> list[Sequence[PlannedAliasDomain]]:
    return [changes[start : start + _DOMAINS_AT_ONCE] for start in range(0, len(changes), _DOMAINS_AT_ONCE)]


def _domain_values(change: PlannedAliasDomain) -> dict[str, Any]:
    links = {"company_ids": [[4, company] for company in change.companies]} if change.companies else {}
    return {**change.values, **links}
