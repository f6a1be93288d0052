# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans for any database and any wishes: they touch what was wished for, and converge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.errors import OdooError
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.alias_domains import (
    AliasDomainPlan,
    plan_alias_domains,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.apply import apply_servers
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.client import Odoo
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.kind import Choices
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.mail import AliasDomains, OutgoingMailServers
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.servers import (
    ServerStep,
    external_id,
    plan_servers,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.snapshot import Snapshot

_ENCRYPTIONS = ["none", "starttls_strict", "starttls", "ssl_strict", "ssl"]
_TEXT_FIELDS = (
    "name", "active", "sequence", "smtp_host", "smtp_port", "smtp_user", "smtp_pass",
    "smtp_ssl_certificate", "smtp_ssl_private_key", "from_filter",
)  # fmt: skip
FIELDS: dict[str, list[str]] = {
    **{name: [] for name in _TEXT_FIELDS},
    "smtp_encryption": _ENCRYPTIONS,
    "smtp_authentication": ["login", "certificate", "cli"],
}


def server(number: int, **values: Any) -> dict[str, Any]:
    return {
        "id": number,
        "name": f"Server {number}",
        "active": True,
        "sequence": number,
        "smtp_host": "smtp.example.net",
        "smtp_port": 587,
        "smtp_encryption": "starttls_strict",
        "smtp_authentication": "login",
        "smtp_user": "odoo",
        "smtp_pass": "secret",
        "smtp_ssl_certificate": False,
        "smtp_ssl_private_key": False,
        "from_filter": False,
        **values,
    }


def wished(name: str, **values: Any) -> dict[str, Any]:
    return {"name": name, "state": "present", "verify_certificate": True, **values}


def snapshot_of(*servers: dict[str, Any], **values: Any) -> Snapshot:
    return Snapshot(version=19, servers=list(servers), server_fields=FIELDS, **values)


def after(snapshot: Snapshot, steps: list[ServerStep]) -> Snapshot:
    """The database as the plan would leave it."""
    result = deepcopy(snapshot)
    number = max([100, *(held["id"] for held in result.servers)])
    for step in steps:
        if step.failure is not None:
            continue
        if step.action == "create":
            number += 1
            step.record_id = number
            result.servers.append(server(number, **{"smtp_user": False, "smtp_pass": False, **step.values}))
        for held in result.servers:
            if held["id"] == step.record_id:
                held.update(step.values)
                held["active"] = step.activate or held["active"]
        if step.action == "delete":
            result.servers = [held for held in result.servers if held["id"] != step.record_id]
        if step.external_id:
            rows = {name: row for name, row in result.external_ids.items() if row["id"] != step.external_row}
            rows[step.external_id] = {"id": step.external_row or number * 10, "res_id": step.record_id}
            result.external_ids = rows
    return result


domains = st.sampled_from(["a.example", "b.example", "c.example", "info@a.example"])
filters = st.lists(domains, unique=True, max_size=3)
numbers = st.integers(1, 4)
held_servers = st.lists(
    st.builds(
        lambda name, host, active, parts, user: {
            "name": f"Server {name}",
            "smtp_host": host,
            "active": active,
            "from_filter": ", ".join(parts).upper() or False,
            "smtp_user": user,
        },
        numbers,
        st.sampled_from(["smtp.example.net", "other.example"]),
        st.booleans(),
        filters,
        st.sampled_from([False, "odoo"]),
    ),
    max_size=6,
).map(lambda rows: [server(index + 1, **row) for index, row in enumerate(rows)])
optional: Any = {
    "host": st.sampled_from(["smtp.example.net", "new.example"]),
    "encryption": st.sampled_from(["none", "starttls", "tls"]),
    "username": st.sampled_from(["", "odoo", "other"]),
    "password": st.sampled_from(["", "secret", "changed"]),
    "from_filter": filters,
    "priority": st.integers(0, 20),
    "adopt": st.booleans(),
    "test_connection": st.booleans(),
    "verify_certificate": st.booleans(),
    "id": st.integers(1, 7),
}
wishes = st.lists(
    st.fixed_dictionaries(
        {
            "name": numbers.map(lambda number: f"Server {number}"),
            "state": st.sampled_from(["present", "archived", "absent"]),
        },
        optional=optional,
    ),
    max_size=5,
)


@given(held_servers, wishes)
def test_a_second_run_has_nothing_to_do(there: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> None:
    snapshot = snapshot_of(*there)
    steps = plan_servers(snapshot, wanted)
    met = [wish for wish, step in zip(wanted, steps) if step.failure is None]
    again = plan_servers(after(snapshot, steps), met)
    assert [(step.action, step.values) for step in again if step.failure is None and step.action != "none"] == []


@given(held_servers, wishes)
def test_each_record_is_touched_by_one_wish_at_most_and_a_failed_wish_touches_none(
    there: list[dict[str, Any]], wanted: list[dict[str, Any]]
) -> None:
    steps = plan_servers(snapshot_of(*there), wanted)
    touched = [step.record_id for step in steps if step.changed and step.record_id is not None]
    assert len(touched) == len(set(touched))
    assert not any(step.changed for step in steps if step.failure is not None)


@given(held_servers, wishes)
def test_no_password_is_in_a_diff_or_a_message(there: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> None:
    for step in plan_servers(snapshot_of(*there), wanted):
        shown = str(step.diff()) + str(step.failure) + str(step.warnings)
        assert "secret" not in shown and "password: changed" not in shown.replace("password: changed\n", "").split("\n")


def test_one_wish_that_cannot_be_met_does_not_stop_another() -> None:
    steps = plan_servers(snapshot_of(), [wished("Bad", host="a b"), wished("Good", host="smtp.example.net")])
    assert steps[0].failure is not None and steps[1].failure is None


def test_a_dangling_external_id_of_ours_is_used_again() -> None:
    rows = {external_id("Mine"): {"id": 9, "res_id": 404}}
    step = plan_servers(snapshot_of(external_ids=rows), [wished("Mine", host="smtp.example.net")])[0]
    assert step.action == "create" and step.external_row == 9


def test_servers_that_pass_on_their_names_are_recorded_once_and_for_all() -> None:
    rows = {external_id("A"): {"id": 8, "res_id": 1}, external_id("B"): {"id": 9, "res_id": 2}}
    snapshot = snapshot_of(server(1, name="A"), server(2, name="B"), external_ids=rows)
    for wanted in ([wished("A", id=2)], [wished("B", id=1), wished("C", id=2)]):
        done = after(snapshot, plan_servers(snapshot, wanted))
        assert [step.action for step in plan_servers(done, wanted)] == ["none"] * len(wanted)


class Silent(Odoo):
    """An Odoo whose connection test gives no answer in time."""

    def __init__(self) -> None:
        super().__init__({"url": "http://odoo.invalid", "database": "x"})
        self.held: dict[str, Any] = {}

    def write(self, model: str, ids: Sequence[int], values: Mapping[str, Any]) -> None:
        self.held.update(values)

    def call(self, model: str, method: str, *dummy: Any, **more: Any) -> Any:
        raise OdooError("Odoo did not answer within 90 seconds.")


def test_a_server_gets_its_settings_back_when_its_test_does_not_end() -> None:
    rows = {external_id("Mine"): {"id": 9, "res_id": 1}}
    snapshot = snapshot_of(server(1, name="Mine", smtp_host="a.example"), external_ids=rows)
    steps = plan_servers(snapshot, [wished("Mine", host="b.example", test_connection=True)])
    odoo = Silent()
    apply_servers(odoo, steps)
    assert odoo.held["smtp_host"] == "a.example"
    assert "former settings were put back" in str(steps[0].failure) and not steps[0].changed


def test_a_server_without_a_filter_ties_with_another_without() -> None:
    step = plan_servers(
        snapshot_of(server(1)), [wished("Mine", host="b.example", username="x", password="y", priority=1)]
    )[0]
    assert any("the mail that no FROM filter takes" in warning for warning in step.warnings)


def test_servers_for_other_senders_do_not_tie() -> None:
    there = server(1, from_filter="a.example")
    step = plan_servers(snapshot_of(there), [wished("Mine", host="b.example", from_filter=["b.example"], priority=2)])[
        0
    ]
    assert step.warnings == []


def test_port_25_is_refused_where_odoo_blocks_it() -> None:
    step = plan_servers(snapshot_of(hosted=True), [wished("Mine", host="b.example", encryption="none")])[0]
    assert "block" in str(step.failure)


def test_odoo_16_takes_one_filter_entry() -> None:
    snapshot = Snapshot(version=16, server_fields={**FIELDS, "smtp_encryption": ["none", "starttls", "ssl"]})
    steps = plan_servers(
        snapshot,
        [
            wished("One", host="b.example", from_filter=["a.example"]),
            wished("Two", host="c.example", from_filter=["a.example", "b.example"]),
        ],
    )
    assert steps[0].failure is None and "one address or domain" in str(steps[1].failure)
    assert steps[0].values["smtp_encryption"] == "starttls"
    assert any("verifies no" in warning for warning in steps[0].warnings)


# Alias domains


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


def after_domains(snapshot: Snapshot, plan: AliasDomainPlan) -> Snapshot:
    result = deepcopy(snapshot)
    number = 100
    for step in plan.steps:
        if step.failure is not None:
            continue
        if step.action == "create":
            number += 1
            step.record_id = number
            result.domains.append({**domain(number, ""), **step.values})
        for held in result.domains:
            if held["id"] == step.record_id:
                held.update(step.values)
        for one in result.companies:
            if one["id"] in step.companies:
                one["alias_domain_id"] = step.record_id
            if step.action == "delete" and one["alias_domain_id"] == step.record_id:
                one["alias_domain_id"] = None
        if step.action == "delete":
            result.domains = [held for held in result.domains if held["id"] != step.record_id]
    return result


domain_names = st.sampled_from(["a.example", "B.example", "b.example", "münchen.example"])
domain_wishes = st.lists(
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
    lambda names, held: Snapshot(
        version=19,
        domains=[domain(index + 1, name) for index, name in enumerate(names)],
        companies=[
            company(index + 1, number if number and number <= len(names) else None) for index, number in enumerate(held)
        ],
    ),
    st.lists(st.sampled_from(["a.example", "B.example", "z.example"]), unique=True, max_size=3),
    st.lists(st.integers(0, 3), max_size=4),
)


@given(databases, domain_wishes)
def test_alias_domains_converge(snapshot: Snapshot, wanted: list[dict[str, Any]]) -> None:
    plan = plan_alias_domains(snapshot, wanted)
    met = [wish for wish, step in zip(wanted, plan.steps) if step.failure is None]
    again = plan_alias_domains(after_domains(snapshot, plan), met)
    assert [step.values for step in again.steps if step.failure is None and step.action != "none"] == []


@given(databases, domain_wishes)
def test_a_company_that_is_not_listed_keeps_its_alias_domain(snapshot: Snapshot, wanted: list[dict[str, Any]]) -> None:
    for wish in wanted:
        wish["assign_to_all"], wish["state"] = False, "present"
    listed = {name for wish in wanted for name in wish.get("companies", [])}
    left = after_domains(snapshot, plan_alias_domains(snapshot, wanted))
    for before, then in zip(snapshot.companies, left.companies):
        if before["name"] not in listed:
            assert before == then


def test_the_spread_of_the_first_alias_domain_is_undone_for_those_not_listed() -> None:
    snapshot = Snapshot(version=19, companies=[company(1), company(2)])
    plan = plan_alias_domains(snapshot, [{"name": "a.example", "state": "present", "companies": ["Company 1"]}])
    assert plan.undo_spread and plan.put_back(snapshot) == [2]


def test_a_company_given_to_two_alias_domains_gets_neither() -> None:
    snapshot = Snapshot(version=19, companies=[company(1)])
    wanted = [{"name": name, "state": "present", "companies": ["Company 1"]} for name in ("a.example", "b.example")]
    assert all(
        "a company has one alias domain" in str(step.failure) for step in plan_alias_domains(snapshot, wanted).steps
    )


def test_no_new_server_is_used_for_an_owner_whose_alias_domain_failed() -> None:
    snapshot = snapshot_of(server(1, smtp_user="x"), companies=[])
    domains = AliasDomains([{"name": "a.example", "state": "present", "companies": ["Nobody"]}], Choices())
    servers = OutgoingMailServers(
        [
            wished("New", host="b.example", owner="a.example"),
            wished("Server 1", priority=7, owner="a.example"),
            wished("Foreign", host="c.example", owner="b.example"),
        ],
        Choices(),
    )
    kinds = {kind.option: kind for kind in (domains, servers)}
    for kind in (domains, servers):
        kind.plan(snapshot, kinds)
    servers.hold_back(kinds)
    assert [step.failure is not None for step in servers.steps] == [True, False, False]
