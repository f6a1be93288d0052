# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan alias domains from the database and the entries. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ... import names
from ...errors import Conflict, InvalidInput, PostmasterError
from ..database.aliases import clean_alias, clean_default_from
from ..database.companies import Companies
from ..database.planned_change import KNOWN_AFTER_APPLY, Line, named, show
from ..database.snapshot import OdooSnapshot
from ..parameters.plan import PlannedParameters

# Odoo's defaults for a new alias domain
DEFAULTS = {"bounce_alias": "bounce", "catchall_alias": "catchall", "default_from": "notifications", "sequence": 10}
LABELS = {
    "name": "name",
    "bounce_alias": "bounce alias",
    "catchall_alias": "catchall alias",
    "default_from": "default from",
    "sequence": "priority",
}


@dataclass
class PlannedAliasDomain(PlannedParameters):
    claimed: list[int] = field(default_factory=list)  # all companies of the entry
    companies: list[int] = field(default_factory=list)  # those to be assigned in the same write


@dataclass
class AliasDomainPlan:
    changes: list[PlannedAliasDomain] = field(default_factory=list)
    # Odoo gives its first alias domain to every company: those without one that are not listed lose it again
    undo_spread: bool = False
    keep_aliases: bool = False  # mail aliases get the first domain, too: that is also undone

    def put_back(self, snapshot: OdooSnapshot) -> list[int]:
        """The companies that lose the domain again, whether the changes succeed or fail."""
        assigned = {company for change in self.changes if change.failure is None for company in change.companies}
        return [company["id"] for company in snapshot.companies if company["id"] not in assigned]


def plan_alias_domains(snapshot: OdooSnapshot, all_desired: Sequence[Mapping[str, Any]]) -> AliasDomainPlan:
    """One change per entry, in order; an entry that cannot be met has a failure and changes nothing."""
    if not snapshot.mail_installed:
        return _without_alias_domains(all_desired)
    planner = _Planner(snapshot)
    # deletions first: assign_to_all then finds the companies left without a domain
    order = sorted(range(len(all_desired)), key=lambda index: all_desired[index]["state"] != "absent")
    planned = {index: planner.change(all_desired[index]) for index in order}
    changes = [planned[index] for index in range(len(all_desired))]
    _refuse_shared(snapshot, changes)
    _report_who_loses(snapshot, changes)
    plan = AliasDomainPlan(changes)
    _undo_the_spread(snapshot, plan)
    return plan


def _without_alias_domains(all_desired: Sequence[Mapping[str, Any]]) -> AliasDomainPlan:
    changes = [_new_change(desired) for desired in all_desired]
    for change in changes:
        change.fail("This Odoo has no alias domains, because its module mail (Discuss) is not installed.")
    return AliasDomainPlan(changes)


def _new_change(desired: Mapping[str, Any]) -> PlannedAliasDomain:
    return PlannedAliasDomain("alias domain", str(desired["name"]), str(desired.get("owner") or desired["name"]))


class _Planner:
    def __init__(self, snapshot: OdooSnapshot) -> None:
        self._snapshot = snapshot
        self._domain_names = {domain["id"]: domain["name"] for domain in snapshot.domains}
        self._domains_by_name: dict[str, list[dict[str, Any]]] = {}
        for domain in snapshot.domains:
            self._domains_by_name.setdefault(domain["name"].lower(), []).append(domain)
        self._companies = Companies(snapshot.companies)
        self._company_domains = {company["id"]: company["alias_domain_id"] for company in snapshot.companies}
        self._going: set[int] = set()  # domains deleted in this run

    def change(self, desired: Mapping[str, Any]) -> PlannedAliasDomain:
        change = _new_change(desired)
        try:
            name = names.to_text(names.custom_domain(desired["name"]))
            record = self._find(name, desired)
            if desired["state"] == "absent":
                self._delete(change, record)
            else:
                self._ensure(change, name, record, desired)
        except PostmasterError as error:
            change.fail(str(error))
        return change

    def _find(self, name: str, desired: Mapping[str, Any]) -> dict[str, Any] | None:
        found = self._domains_by_name.get(name, [])
        exact = [domain for domain in found if domain["name"] == name] or found
        if len(exact) < 2:
            return exact[0] if exact else None
        # Odoo allows the same name twice with different aliases
        same = [
            domain
            for domain in exact
            if desired.get("bounce_alias") is not None
            and clean_alias(desired["bounce_alias"]) == domain["bounce_alias"]
            or desired.get("catchall_alias") is not None
            and clean_alias(desired["catchall_alias"]) == domain["catchall_alias"]
        ]
        if len(same) == 1:
            return same[0]
        listed = ", ".join(f"{domain['id']} ({domain['bounce_alias']}, {domain['catchall_alias']})" for domain in exact)
        raise Conflict(
            f"Odoo has several alias domains {name}, with the ids and aliases {listed}: state the bounce_alias and "
            "catchall_alias of the right one, or delete the others in Odoo."
        )

    def _delete(self, change: PlannedAliasDomain, record: dict[str, Any] | None) -> None:
        if record is None:
            return
        used = self._snapshot.aliases_of_domain.get(record["id"], [])
        if used:
            raise Conflict(
                f"The alias domain {record['name']} is still used by the mail aliases {named(used)}: "
                "give these another domain in Odoo first, or replies to them would be lost."
            )
        change.action, change.record_id = "delete", record["id"]
        self._going.add(record["id"])
        change.before = [Line(label, show(record[key])) for key, label in LABELS.items()]

    def _ensure(
        self, change: PlannedAliasDomain, name: str, record: dict[str, Any] | None, desired: Mapping[str, Any]
    ) -> None:
        wanted = _wanted_values(name, desired)
        change.claimed = self._companies_claimed(desired)
        here = record["id"] if record else None
        change.companies = [key for key in change.claimed if here is None or self._company_domains[key] != here]
        if record is None:
            change.action, change.values = "create", wanted
            change.after = [Line(label, show(wanted.get(key, DEFAULTS.get(key)))) for key, label in LABELS.items()]
            change.after.append(Line("id", KNOWN_AFTER_APPLY))
        else:
            change.record_id = record["id"]
            change.values = {key: value for key, value in wanted.items() if _stored(record[key]) != _stored(value)}
            self._refuse_rename(change, record, desired)
            for key, value in change.values.items():
                change.before.append(Line(LABELS[key], show(record[key])))
                change.after.append(Line(LABELS[key], show(value)))
            if change.values or change.companies:
                change.action = "update"
        for company in change.companies:
            current = self._company_domains[company]
            of_company = f"company {self._companies.names[company]}"
            change.before.append(Line("alias domain", show(self._domain_names.get(current or 0)), of_company))
            change.after.append(Line("alias domain", name, of_company))

    def _refuse_rename(self, change: PlannedAliasDomain, record: Mapping[str, Any], desired: Mapping[str, Any]) -> None:
        if desired.get("allow_rename"):
            return
        for key in ("bounce_alias", "catchall_alias"):
            if key in change.values:
                raise Conflict(
                    f"The {LABELS[key]} of {record['name']} is {record[key]}, not {change.values[key]}: mail on its "
                    f"way to {record[key]}@{record['name']} would be lost. Keep {key}, or set allow_rename: true."
                )

    def _companies_claimed(self, desired: Mapping[str, Any]) -> list[int]:
        wanted = [self._companies.find(text) for text in desired.get("companies") or []]
        if desired.get("assign_to_all"):
            wanted += [
                key for key, current in self._company_domains.items() if current is None or current in self._going
            ]
        return [*dict.fromkeys(wanted)]


def _wanted_values(name: str, desired: Mapping[str, Any]) -> dict[str, Any]:
    wanted: dict[str, Any] = {"name": name}
    for key in ("bounce_alias", "catchall_alias"):
        if desired.get(key) is not None:
            wanted[key] = clean_alias(desired[key])
            if not wanted[key]:
                raise InvalidInput(f"{key} of {name} is {desired[key]!r}, which cannot be part of an address.")
    if desired.get("default_from") is not None:
        text = clean_default_from(desired["default_from"])
        if "@" in text and not desired.get("override_all_senders"):
            raise InvalidInput(
                f"default_from of {name} is the complete address {text}: Odoo would then send the mail of all senders "
                "that no server takes from that one address. Give the part before the at sign only, "
                "or set override_all_senders: true."
            )
        wanted["default_from"] = text or False
    if desired.get("priority") is not None:
        wanted["sequence"] = desired["priority"]
    return wanted


def _stored(value: Any) -> Any:
    return False if value == "" else value


def _refuse_shared(snapshot: OdooSnapshot, changes: list[PlannedAliasDomain]) -> None:
    """Fail two entries for one record or company, because the result would depend on their order."""
    by_name: dict[str, list[PlannedAliasDomain]] = {}
    by_company: dict[int, list[PlannedAliasDomain]] = {}
    for change in changes:
        if change.failure is None:
            key = str(change.record_id or "") or str(change.values.get("name", change.name))
            by_name.setdefault(key, []).append(change)
            for company in change.claimed:
                by_company.setdefault(company, []).append(change)
    for same in by_name.values():
        if len(same) > 1:
            for change in same:
                change.fail(
                    f"The alias domain {change.name} is given more than once: give it once, with its companies."
                )
    names_of = {company["id"]: company["name"] for company in snapshot.companies}
    for company, same in by_company.items():
        if len(same) > 1:
            others = " and ".join(other.name for other in same)
            for change in same:
                change.fail(
                    f"The company {names_of[company]} is listed for the alias domains {others}, but a company has only "
                    "one: list it for one of them."
                )


def _report_who_loses(snapshot: OdooSnapshot, changes: Sequence[PlannedAliasDomain]) -> None:
    """Report companies that lose their domain, which Odoo deletes without a word."""
    moved = {company for change in changes if change.failure is None for company in change.companies}
    for change in changes:
        if change.action == "delete" and change.failure is None:
            companies = [
                company["name"]
                for company in snapshot.companies
                if company["alias_domain_id"] == change.record_id and company["id"] not in moved
            ]
            if companies:
                change.before += [Line("company", name) for name in companies]
                change.warnings.append(f"This leaves no alias domain for the company {named(companies)}.")


def _undo_the_spread(snapshot: OdooSnapshot, plan: AliasDomainPlan) -> None:
    created = [change for change in plan.changes if change.action == "create" and change.failure is None]
    if snapshot.domains or not created:
        return
    plan.undo_spread = True
    plan.keep_aliases = bool(plan.put_back(snapshot) and snapshot.free_aliases)
    if plan.keep_aliases:
        created[0].warnings.append(
            f"{len(snapshot.free_aliases)} mail aliases of this database stay without a domain, because some may "
            "belong to companies that are not listed: give those of the listed companies their domain in Odoo."
        )
