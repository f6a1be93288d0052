# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write planned alias domains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..database.client import Odoo
from ..database.errors import no_right
from ..database.snapshot import DOMAIN_MODEL, id_of
from ..database.write import create_each, each_or_all, ids_of, overwritten, verify_each, write_each
from .first_domain_lock import FirstDomainLock
from .plan import LABELS, AliasDomainPlan, PlannedAliasDomain

# within one call, Odoo compares each new domain with all others
_DOMAINS_AT_ONCE = 500


def fail_without_rights(odoo: Odoo, plan: AliasDomainPlan) -> None:
    """Any user can read alias domains, so check the right to write only if something changes."""
    for action, operation in (("create", "create"), ("update", "write"), ("delete", "unlink")):
        some = [one for one in plan.changes if one.failure is None and one.action == action]
        if some and not odoo.may(DOMAIN_MODEL, operation):
            _fail(some, DOMAIN_MODEL)
    _fail_without_right_on_aliases(odoo, plan)


def _fail_without_right_on_aliases(odoo: Odoo, plan: AliasDomainPlan) -> None:
    created = [one for one in plan.changes if one.failure is None and one.action == "create"]
    if created and plan.undo_spread and plan.keep_aliases and not odoo.may("mail.alias", "write"):
        _fail(created, "mail.alias")


def _fail(changes: Sequence[PlannedAliasDomain], model: str) -> None:
    for change in changes:
        change.fail(no_right(model))


def write_alias_domains(odoo: Odoo, plan: AliasDomainPlan, lock: FirstDomainLock | None) -> None:
    """Write the plan; a refusal becomes the change's failure. Raises OdooError if Odoo cannot be reached."""
    _fail_without_right_on_aliases(odoo, plan)  # else the domain would stay, with aliases that it must not have
    changes = [change for change in plan.changes if change.failure is None and change.action != "none"]
    created = [change for change in changes if change.action == "create"]
    if plan.undo_spread:
        created = _create_first(odoo, created, plan.keep_aliases)
    if lock is not None:
        lock.release()
    for some in _parts(created):
        create_each(odoo, DOMAIN_MODEL, some, _domain_values)
    updated = [change for change in changes if change.action == "update" and (change.values or change.companies)]
    write_each(odoo, DOMAIN_MODEL, updated, _domain_values)
    gone = [change for change in changes if change.action == "delete"]
    each_or_all(gone, lambda some: odoo.unlink(DOMAIN_MODEL, ids_of(some)))


def _create_first(odoo: Odoo, changes: list[PlannedAliasDomain], keep_aliases: bool) -> list[PlannedAliasDomain]:
    """Create the first alias domain and undo what Odoo assigns to it; returns the remaining changes.

    Odoo gives it to every company without one. That is undone on the domain, not on the companies: another run may have
    linked one of these to its own domain since, and would lose it.
    """
    for index, change in enumerate(changes):
        create_each(odoo, DOMAIN_MODEL, [change], _domain_values)
        if change.failure is not None:
            continue
        ids = ids_of([change])
        everyone = {"active_test": False}  # including archived companies
        odoo.write(DOMAIN_MODEL, ids, {"company_ids": [[6, 0, change.companies]]}, everyone)
        if keep_aliases:
            aliases = odoo.search_read("mail.alias", [("alias_domain_id", "in", ids)], ["id"])
            odoo.write("mail.alias", [alias["id"] for alias in aliases], {"alias_domain_id": False})
        return changes[index + 1 :]
    return []


def verify_alias_domains(odoo: Odoo, plan: AliasDomainPlan) -> None:
    """Read back what was written, with the companies of each domain."""
    verify_each(odoo, DOMAIN_MODEL, plan.changes, lambda change: change.values, _same, LABELS)
    written = [change for change in plan.changes if change.action in ("create", "update")]
    linked = [change for change in written if change.failure is None and change.done and change.companies]
    if not linked:
        return
    wanted = [company for change in linked for company in change.companies]
    rows = odoo.search_read("res.company", [("id", "in", wanted)], ["name", "alias_domain_id"], archived=True)
    current = {row["id"]: (row["name"], id_of(row["alias_domain_id"])) for row in rows}
    for change in linked:
        lost = [current[one][0] for one in change.companies if one in current and current[one][1] != change.record_id]
        if lost:
            change.fail(overwritten(change, [f"company {name}" for name in lost]))


def _same(key: str, current: Any, wanted: Any) -> bool:
    return (current or False) == (wanted or False)


def _parts(changes: Sequence[PlannedAliasDomain]) -> list[Sequence[PlannedAliasDomain]]:
    return [changes[start : start + _DOMAINS_AT_ONCE] for start in range(0, len(changes), _DOMAINS_AT_ONCE)]


def _domain_values(change: PlannedAliasDomain) -> dict[str, Any]:
    links = {"company_ids": [[4, company] for company in change.companies]} if change.companies else {}
    return {**change.values, **links}
