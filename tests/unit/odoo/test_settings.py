# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings, catch-all domains and purges, for any database: they change only what was asked for, and converge."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.alias_domains.catchall_domain import (
    default_sender,
    local_part,
    plan_catchall_domain,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.planned_change import PlannedChange
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.snapshot import (
    MAILING_SERVER,
    SERVER_MODEL,
    OdooSnapshot,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.purge import plan_purge
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.parameters.plan import (
    CATCHALL_DOMAIN,
    PlannedParameters,
    settle,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.settings.mailing_server import plan_mailing_server
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.settings.plan import plan_settings
from ansible_collections.postmaster.mail.tests.support.odoo_snapshots import read_snapshot

SECRETS = ("correct horse", "battery staple")


def snapshot_of(version: int, parameters: dict[str, str], servers: Sequence[dict[str, Any]] = ()) -> OdooSnapshot:
    return read_snapshot(
        version=version,
        parameters={key: {"id": number, "value": text} for number, (key, text) in enumerate(parameters.items())},
        servers=list(servers),
        companies=[{"id": 1, "name": "One", "active": True}, {"id": 2, "name": "Two", "active": True}],
        mass_mailing_installed=True,
    )


def after(snapshot: OdooSnapshot, changes: Sequence[PlannedParameters]) -> OdooSnapshot:
    """The database after the plan."""
    result = deepcopy(snapshot)
    for change in changes:
        for key, one in change.parameters.items() if change.failure is None else ():
            if one.text:
                result.parameters[key] = {"id": 99, "value": one.text}
            else:
                result.parameters[key] = None
    return result


def planned(snapshot: OdooSnapshot, all_desired: Sequence[dict[str, Any]]) -> list[Any]:
    changes = plan_settings(snapshot, all_desired)
    plan_mailing_server(snapshot, all_desired, changes, [])
    settle(changes)
    return changes


texts = st.sampled_from(["", "a", "A b", "info@a.example", "Zoë"])
domains = st.sampled_from(["", "a.example", "B.example", "münchen.example"])
lists = st.lists(st.sampled_from(["a.example", "B.example", "info@a.example"]), max_size=3)
held: Any = st.fixed_dictionaries(
    {},
    optional={
        "mail.catchall.domain": st.sampled_from(["", "a.example", "b.example"]),
        "mail.catchall.alias": st.sampled_from(["catchall", "a"]),
        "mail.bounce.alias": st.sampled_from(["bounce", "b"]),
        "mail.default.from": st.sampled_from(["", "notifications", "info"]),
        "mail.default.from_filter": st.sampled_from(["a.example", " B.example,a.example"]),
        "mail.catchall.domain.allowed": st.sampled_from(["a.example", "b.example,a.example"]),
        "base_setup.default_external_email_server": st.sampled_from(["True", "False"]),
        "google_gmail_client_secret": st.sampled_from(SECRETS),
        "mass_mailing.mail_server_id": st.sampled_from(["1", "2", "7", "x"]),
        "mass_mailing.outgoing_mail_server": st.just("True"),
    },
)
desired: Any = st.fixed_dictionaries(
    {"owner": st.sampled_from(["x.example", "y.example"])},
    optional={
        "custom_email_servers": st.booleans(),
        "mass_mailing_server": st.sampled_from(["first", "2", "archived", "false", ""]),
        "mass_mailing_default": st.booleans(),
        "default_from": texts,
        "default_from_filter": lists,
        "catchall_domain": domains,
        "catchall_alias": texts,
        "bounce_alias": texts,
        "allowed_catchall_domains": st.lists(st.sampled_from(["a.example", "B.example"]), max_size=2),
        "gmail_client_secret": st.sampled_from(["", *SECRETS]),
        "allow_rename": st.booleans(),
    },
)
servers = st.just(
    [
        {"id": 1, "name": "first", "active": True},
        {"id": 2, "name": "second", "active": True},
        {"id": 3, "name": "archived", "active": False},
    ]
)
databases = st.builds(snapshot_of, st.sampled_from([14, 15, 16, 17, 18, 19]), held, servers)


# of two entries that ask for the same server, the first fails for another reason; the other one must get it
FIRST_CLAIM_FAILS = [
    {"owner": "x.example", "custom_email_servers": False},
    {"owner": "y.example", "custom_email_servers": True, "mass_mailing_server": "2"},
    {"owner": "z.example", "mass_mailing_server": "2"},
]
TWO_SERVERS = [{"id": 1, "name": "first", "active": True}, {"id": 2, "name": "second", "active": True}]


@given(databases, st.lists(desired, max_size=3))
@example(snapshot_of(19, {}, TWO_SERVERS), FIRST_CLAIM_FAILS)
def test_a_second_run_has_nothing_to_do(snapshot: OdooSnapshot, all_desired: list[dict[str, Any]]) -> None:
    changes = planned(snapshot, all_desired)
    met = [one for one, change in zip(all_desired, changes) if change.failure is None]
    again = planned(after(snapshot, changes), met)
    assert [change.parameters for change in again if change.failure is None and change.parameters] == []


@given(databases, st.lists(desired, max_size=3))
def test_each_parameter_is_written_once_at_most_and_by_no_failed_entry(
    snapshot: OdooSnapshot, all_desired: list[dict[str, Any]]
) -> None:
    changes = planned(snapshot, all_desired)
    written = [key for change in changes if change.failure is None for key in change.parameters]
    assert len(written) == len(set(written))
    assert not any(change.changed for change in changes if change.failure is not None)
    stated = any(one.get("mass_mailing_server") is not None for one in all_desired)
    assert stated or MAILING_SERVER not in written


@given(databases, st.lists(desired, max_size=3))
def test_no_secret_is_in_a_diff_or_a_message(snapshot: OdooSnapshot, all_desired: list[dict[str, Any]]) -> None:
    for change in planned(snapshot, all_desired):
        shown = str(change.diff()) + str(change.failure) + str(change.warnings)
        assert not any(secret in shown for secret in SECRETS)


catchall_all_desired: Any = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from(["a.example", "B.example"]), "state": st.sampled_from(["present", "absent"])},
        optional={
            "companies": st.lists(st.sampled_from(["One", "Two", "Three"]), max_size=3),
            "bounce_alias": texts,
            "catchall_alias": texts,
            "default_from": texts,
            "assign_to_all": st.booleans(),
            "allow_rename": st.booleans(),
            "override_all_senders": st.booleans(),
        },
    ),
    max_size=2,
)


@given(st.builds(snapshot_of, st.sampled_from([14, 15, 16]), held), catchall_all_desired)
def test_a_second_run_changes_no_catch_all_domain(snapshot: OdooSnapshot, all_desired: list[dict[str, Any]]) -> None:
    changes = plan_catchall_domain(snapshot, all_desired)
    settle(changes)
    met = [one for one, change in zip(all_desired, changes) if change.failure is None]
    again = plan_catchall_domain(after(snapshot, changes), met)
    settle(again)
    assert [change.parameters for change in again if change.failure is None and change.parameters] == []


@given(st.builds(snapshot_of, st.sampled_from([14, 15, 16]), held), catchall_all_desired)
def test_a_catch_all_domain_does_not_change_without_allow_rename(
    snapshot: OdooSnapshot, all_desired: list[dict[str, Any]]
) -> None:
    there = snapshot.parameter(CATCHALL_DOMAIN)
    for one in all_desired:
        one["allow_rename"], one["state"] = False, "present"
    changes = plan_catchall_domain(snapshot, all_desired)
    settle(changes)
    left = after(snapshot, changes)
    assert not there or left.parameter(CATCHALL_DOMAIN) == there


def test_odoo_16_can_send_all_mail_from_one_address() -> None:
    wanted = {
        "name": "a.example",
        "state": "present",
        "default_from": "Info@A.example",
        "override_all_senders": True,
    }
    change = plan_catchall_domain(snapshot_of(16, {}), [wanted])[0]
    assert change.stated["mail.default.from"] == change.stated["mail.default.from_filter"] == "info@a.example"


def test_odoo_14_stores_only_the_local_part_of_the_default_sender() -> None:
    assert default_sender("Info@a.example", "a.example", 14) == "info"
    assert default_sender("Info@b.example", "a.example", 16) == "info@b.example"
    with pytest.raises(InvalidInput, match="its catch-all domain only, which is a.example"):
        default_sender("info@b.example", "a.example", 14)


@given(st.text())
def test_any_alias_that_14_accepts_is_the_same_in_16(text: str) -> None:
    try:
        alias = local_part(text, "bounce_alias", 14)
    except InvalidInput:
        return
    assert local_part(alias, "bounce_alias", 16) == alias


def test_a_domain_for_only_some_companies_is_refused_with_the_names_of_the_others() -> None:
    wanted = {"name": "a.example", "state": "present", "companies": ["One"]}
    change = plan_catchall_domain(snapshot_of(16, {}), [wanted])[0]
    assert "a.example is for One only" in str(change.failure) and "Two too" in str(change.failure)


# Purge

records = st.lists(st.builds(lambda active: {"active": active}, st.booleans()), max_size=6).map(
    lambda rows: [{"id": number, "name": f"S{number}", **row} for number, row in enumerate(rows, start=1)]
)


@given(records, st.sets(st.integers(1, 7)), st.sets(st.integers(1, 7)), st.sets(st.integers(1, 7)))
def test_purge_archives_active_unused_records_of_ours_without_an_entry(
    there: list[dict[str, Any]], ours: set[int], asked_for: set[int], used: set[int]
) -> None:
    rows = {f"row_{number}": {"id": number * 10, "res_id": number} for number in ours}
    changes = plan_purge(
        "outgoing mail server",
        SERVER_MODEL,
        there,
        rows,
        [PlannedChange("outgoing mail server", f"S{number}", "x", record_id=number) for number in asked_for],
        {number: ["the mail template X"] for number in used},
    )
    active = {record["id"] for record in there if record["active"]}
    assert {change.record_id for change in changes} == (active & ours) - asked_for
    assert {change.record_id for change in changes if change.changed} == ((active & ours) - asked_for) - used
    assert all(change.values == {"active": False} for change in changes)


def test_purge_does_nothing_while_an_entry_is_ambiguous() -> None:
    lost = PlannedChange("outgoing mail server", "Twice", "x")
    lost.fail("several have this name")
    there = [{"id": 1, "name": "Twice", "active": True}]
    changes = plan_purge("outgoing mail server", SERVER_MODEL, there, {"row": {"id": 9, "res_id": 1}}, [lost], {})
    assert [change.record_id for change in changes] == [None]
    assert "which one Twice means" in str(changes[0].failure)


def test_an_entry_does_not_fail_with_others_that_ask_for_the_same() -> None:
    snapshot = snapshot_of(19, {"base_setup.default_external_email_server": "True"}, [])
    changes = planned(
        snapshot,
        [
            {"owner": "x.example", "custom_email_servers": False, "gmail_client_secret": "one"},
            {"owner": "y.example", "custom_email_servers": False, "gmail_client_secret": "another"},
            {"owner": "z.example", "custom_email_servers": False},
        ],
    )
    assert [change.failure is None for change in changes] == [False, False, True]
    assert list(changes[2].parameters) == ["base_setup.default_external_email_server"]
