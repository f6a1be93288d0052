# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans for alias domains, for any database and any entries: they change only what was asked for, and converge."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.alias_domains.plan import (
    AliasDomainPlan,
    plan_alias_domains,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.alias_domains.resource import AliasDomains
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.resource import Choices
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.snapshot import OdooSnapshot
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.mail import MailRun
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.resource import OutgoingMailServers
from ansible_collections.postmaster.mail.tests.simulators.odoo.database import Database
from ansible_collections.postmaster.mail.tests.support.gate_matrix import connected
from ansible_collections.postmaster.mail.tests.support.odoo_snapshots import read_snapshot
from ansible_collections.postmaster.mail.tests.support.server_plans import asked_for, server, snapshot_of


def company(number: int, domain: int | None = None) -> dict[str, Any]:
    return {"id": number, "name": f"Company {number}", "active": True, "alias_domain_id": domain}


def domain(number: int, name: str) -> dict[str, Any]:
    return {
        "id": number,
        "name": name,
        "sequence": 10,
        "bounce_alias": "bounce",
        "catchall_alias": "catchall",
        "default_from": "notifications",
    }


def after_domains(snapshot: OdooSnapshot, plan: AliasDomainPlan) -> OdooSnapshot:
    result = deepcopy(snapshot)
    number = 100
    for change in plan.changes:
        if change.failure is not None:
            continue
        if change.action == "create":
            number += 1
            change.record_id = number
            result.domains.append({**domain(number, ""), **change.values})
        for held in result.domains:
            if held["id"] == change.record_id:
                held.update(change.values)
        for one in result.companies:
            if one["id"] in change.companies:
                one["alias_domain_id"] = change.record_id
            if change.action == "delete" and one["alias_domain_id"] == change.record_id:
                one["alias_domain_id"] = None
        if change.action == "delete":
            result.domains = [held for held in result.domains if held["id"] != change.record_id]
    return result


domain_names = st.sampled_from(["a.example", "B.example", "b.example", "münchen.example"])
domain_all_desired = st.lists(
    st.fixed_dictionaries(
        {"name": domain_names, "state": st.sampled_from(["present", "present", "absent"])},
        optional={
            "companies": st.lists(st.integers(1, 4).map(lambda number: f"Company {number}"), max_size=2),
            "bounce_alias": st.sampled_from(["bounce", "Zoë", "x@y.example"]),
            "default_from": st.sampled_from(["", "notifications", "A B", "a@b.example"]),
            "priority": st.integers(0, 20),
            "assign_to_all": st.booleans(),
            "allow_rename": st.booleans(),
            "override_all_senders": st.booleans(),
        },
    ),
    max_size=4,
)
databases = st.builds(
    lambda names, held: read_snapshot(
        version=19,
        domains=[domain(index + 1, name) for index, name in enumerate(names)],
        companies=[
            company(index + 1, number if number and number <= len(names) else None) for index, number in enumerate(held)
        ],
    ),
    st.lists(st.sampled_from(["a.example", "B.example", "z.example"]), unique=True, max_size=3),
    st.lists(st.integers(0, 3), max_size=4),
)


@given(databases, domain_all_desired)
def test_a_second_run_changes_no_alias_domain(snapshot: OdooSnapshot, wanted: list[dict[str, Any]]) -> None:
    plan = plan_alias_domains(snapshot, wanted)
    met = [desired for desired, change in zip(wanted, plan.changes) if change.failure is None]
    again = plan_alias_domains(after_domains(snapshot, plan), met)
    assert [change.values for change in again.changes if change.failure is None and change.action != "none"] == []


@given(databases, domain_all_desired)
def test_a_company_that_is_not_listed_keeps_its_alias_domain(
    snapshot: OdooSnapshot, wanted: list[dict[str, Any]]
) -> None:
    for desired in wanted:
        desired["assign_to_all"], desired["state"] = False, "present"
    listed = {name for desired in wanted for name in desired.get("companies", [])}
    left = after_domains(snapshot, plan_alias_domains(snapshot, wanted))
    for before, then in zip(snapshot.companies, left.companies):
        if before["name"] not in listed:
            assert before == then


def test_companies_not_listed_lose_the_first_alias_domain_that_odoo_gives_to_all() -> None:
    snapshot = read_snapshot(version=19, companies=[company(1), company(2)])
    plan = plan_alias_domains(snapshot, [{"name": "a.example", "state": "present", "companies": ["Company 1"]}])
    assert plan.undo_spread and plan.put_back(snapshot) == [2]


@pytest.mark.parametrize("current", [None, 1])
def test_a_company_listed_for_two_alias_domains_is_refused(current: int | None) -> None:
    """Even if it has one of them already: otherwise each run would change it."""
    snapshot = read_snapshot(version=19, domains=[domain(1, "a.example")], companies=[company(1, current)])
    wanted = [{"name": name, "state": "present", "companies": ["Company 1"]} for name in ("a.example", "b.example")]
    assert all(
        "but a company has only one" in str(change.failure) for change in plan_alias_domains(snapshot, wanted).changes
    )


def test_a_new_server_fails_with_the_alias_domain_of_its_owner() -> None:
    snapshot = snapshot_of(server(1, smtp_user="x"), companies=[])
    domains = AliasDomains([{"name": "a.example", "state": "present", "companies": ["Nobody"]}], Choices())
    servers = OutgoingMailServers(
        [
            asked_for("New", host="b.example", owner="a.example"),
            asked_for("Server 1", priority=7, owner="a.example"),
            asked_for("Foreign", host="c.example", owner="b.example"),
        ],
        Choices(),
    )
    resources = {kind.option: kind for kind in (domains, servers)}
    for kind in (domains, servers):
        kind.plan(snapshot, resources)
    servers.skip_dependents(resources)
    assert [change.failure is not None for change in servers.changes] == [True, False, False]


@pytest.mark.parametrize(("version", "warned"), [(14, 0), (19, 0), (20, 1)])
def test_an_odoo_newer_than_the_tested_ones_leads_to_one_warning(version: int, warned: int) -> None:
    odoo = connected(Database(19, []))
    odoo.version = version
    told = MailRun(odoo, []).warnings
    assert [f"Odoo {version} is newer than this collection" in text for text in told] == [True] * warned
