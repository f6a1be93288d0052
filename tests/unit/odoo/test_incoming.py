# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans for incoming servers, for any database and any entries: they change only what was asked for, and converge."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.snapshot import (
    NEUTRALIZED,
    Consents,
    OdooSnapshot,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.incoming.plan import plan_incoming
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.incoming.write import write_incoming
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.adoption import external_id
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.plan import PlannedServer
from ansible_collections.postmaster.mail.tests.support.odoo_snapshots import read_snapshot
from ansible_collections.postmaster.mail.tests.support.server_plans import Changing

TYPES = ["imap", "pop", "local", "gmail", "outlook"]
MODELS = {"crm.lead": {"id": 7, "takes_mail": True}, "res.country": {"id": 8, "takes_mail": False}}


def server(number: int, **values: Any) -> dict[str, Any]:
    return {
        "id": number,
        "name": f"Mailbox {number}",
        "active": True,
        "state": "done",
        "server_type": "imap",
        "server": "imap.example.net",
        "port": 993,
        "is_ssl": True,
        "user": f"box{number}",
        "password": "geheim",
        "attach": True,
        "original": False,
        "priority": 5,
        "object_id": False,
        **values,
    }


def asked_for(name: str, **values: Any) -> dict[str, Any]:
    return {"name": name, "state": "present", "confirm_login": True, **values}


def snapshot_of(*servers: dict[str, Any], **values: Any) -> OdooSnapshot:
    return read_snapshot(
        **{"version": 19, "incoming_servers": list(servers), "incoming_types": TYPES, "models": MODELS, **values}
    )


def after(snapshot: OdooSnapshot, changes: list[PlannedServer]) -> OdooSnapshot:
    """The database after the plan, if Odoo can log in everywhere."""
    result = deepcopy(snapshot)
    number = max([100, *(held["id"] for held in result.incoming_servers)])
    for change in changes:
        if change.failure is not None:
            continue
        if change.action == "create":
            number += 1
            change.record_id = number
            blank = dict.fromkeys(server(0), False)
            result.incoming_servers.append({**blank, "id": number, "state": "draft", **change.values})
        for held in result.incoming_servers:
            if held["id"] == change.record_id:
                held.update(change.values)
                held["active"] = change.activate or held["active"]
                held["state"] = "done" if change.test else held["state"]
        if change.action == "delete":
            result.incoming_servers = [held for held in result.incoming_servers if held["id"] != change.record_id]
        if change.external_id:
            rows = {name: row for name, row in result.incoming_external_ids.items() if row["id"] != change.external_row}
            rows[change.external_id] = {"id": change.external_row or number * 10, "res_id": change.record_id}
            result.incoming_external_ids = rows
    return result


numbers = st.integers(1, 4)
mailboxes = st.sampled_from(["", "box1", "info@a.example"])
there = st.lists(
    st.fixed_dictionaries(
        {
            "name": numbers.map(lambda number: f"Mailbox {number}"),
            "active": st.booleans(),
            "state": st.sampled_from(["draft", "done"]),
            "server_type": st.sampled_from(TYPES),
            "server": st.sampled_from([False, "imap.example.net", "imap.gmail.com"]),
            "port": st.sampled_from([0, 110, 993]),
            "is_ssl": st.booleans(),
            "user": mailboxes,
            "password": st.sampled_from([False, "geheim"]),
            "object_id": st.sampled_from([False, 7]),
        }
    ),
    max_size=5,
).map(lambda rows: [server(index + 1, **row) for index, row in enumerate(rows)])
optional: Any = {
    "type": st.sampled_from(TYPES),
    "host": st.sampled_from(["imap.example.net", "new.example"]),
    "port": st.sampled_from([0, 143, 4143]),
    "encryption": st.sampled_from(["none", "tls"]),
    "username": mailboxes,
    "password": st.sampled_from(["", "geheim", "other geheim"]),
    "action": st.sampled_from(["", "crm.lead", "res.country", "no.model"]),
    "keep_original": st.booleans(),
    "priority": st.integers(0, 9),
    "adopt": st.booleans(),
    "confirm_login": st.booleans(),
    "id": st.integers(1, 6),
}
all_desired = st.lists(
    st.fixed_dictionaries(
        {
            "name": numbers.map(lambda number: f"Mailbox {number}"),
            "state": st.sampled_from(["present", "present", "archived", "absent"]),
        },
        optional=optional,
    ),
    max_size=4,
)


@given(there, all_desired)
def test_a_second_run_writes_nothing_and_logs_in_nowhere(
    held: list[dict[str, Any]], wanted: list[dict[str, Any]]
) -> None:
    snapshot = snapshot_of(*held)
    changes = plan_incoming(snapshot, wanted)
    met = [desired for desired, change in zip(wanted, changes) if change.failure is None]
    again = plan_incoming(after(snapshot, changes), met)
    assert [
        (change.values, change.test, change.activate)
        for change in again
        if not change.failure and change.action != "none"
    ] == []


@given(there, all_desired)
def test_at_most_one_entry_changes_a_record_and_no_secret_is_shown(
    held: list[dict[str, Any]], wanted: list[dict[str, Any]]
) -> None:
    changes = plan_incoming(snapshot_of(*held), wanted)
    touched = [change.record_id for change in changes if change.changed and change.record_id is not None]
    assert len(touched) == len(set(touched))
    assert not any(
        "geheim" in str([change.diff(), change.failure, change.warnings, change.next_steps]) for change in changes
    )


@given(there, all_desired)
def test_no_server_starts_to_fetch_in_a_neutralised_copy(
    held: list[dict[str, Any]], wanted: list[dict[str, Any]]
) -> None:
    snapshot = snapshot_of(*held, parameters={NEUTRALIZED: {"id": 1, "value": "True"}})
    fetching = {one["id"] for one in held if one["active"] and one["state"] == "done"}
    left = after(snapshot, plan_incoming(snapshot, wanted))
    assert {one["id"] for one in left.incoming_servers if one["active"] and one["state"] == "done"} <= fetching


@given(there, all_desired)
def test_a_changed_login_is_tested_unless_confirm_login_is_false(
    held: list[dict[str, Any]], wanted: list[dict[str, Any]]
) -> None:
    for desired, change in zip(wanted, plan_incoming(snapshot_of(*held), wanted)):
        login = {"server", "port", "is_ssl", "user", "password", "server_type"} & set(change.values)
        kind = desired.get("type") or next(
            (one["server_type"] for one in held if one["id"] == change.record_id), "imap"
        )
        if change.failure is None and login and desired["state"] == "present" and kind in ("imap", "pop"):
            assert change.test is desired.get("confirm_login", True)


def test_the_port_follows_the_type_and_the_encryption() -> None:
    ports = {
        (kind, encryption): plan_incoming(
            snapshot_of(), [asked_for("New", type=kind, encryption=encryption, host="mail.example", username="box")]
        )[0].values["port"]
        for kind in ("imap", "pop")
        for encryption in ("none", "tls")
    }
    assert ports == {("imap", "none"): 143, ("imap", "tls"): 993, ("pop", "none"): 110, ("pop", "tls"): 995}


def test_a_port_that_odoo_left_at_zero_is_corrected() -> None:
    change = plan_incoming(snapshot_of(server(1, port=0, state="draft")), [asked_for("Mailbox 1")])[0]
    assert change.values["port"] == 993 and change.test


def test_a_server_that_changes_to_gmail_loses_its_password_and_awaits_access() -> None:
    change = plan_incoming(snapshot_of(server(1)), [asked_for("Mailbox 1", type="gmail", username="a@b.example")])[0]
    assert change.values["password"] is False and change.values["server"] == "imap.gmail.com"
    assert change.values["state"] == "draft" and not change.test and change.next_steps


def test_access_that_was_granted_for_another_mailbox_leads_to_a_warning() -> None:
    consents = Consents(granted={("outlook", 1)})
    held = server(1, server_type="outlook", user="old@b.example", password=False)
    snapshot = snapshot_of(held, incoming_consents=consents)
    change = plan_incoming(snapshot, [asked_for("Mailbox 1", username="new@b.example")])[0]
    assert change.test and "granted for old@b.example: grant it again" in change.warnings[0]


@pytest.mark.parametrize(
    ("kind", "version", "module"), [("gmail", 16, "google_gmail"), ("outlook", 17, "microsoft_outlook")]
)
def test_a_module_that_cannot_be_installed_is_named_with_its_state(kind: str, version: int, module: str) -> None:
    modules = {module: {"id": 1, "state": "to upgrade"}}
    snapshot = snapshot_of(version=version, incoming_types=["imap", "pop", "local"], modules=modules)
    change = plan_incoming(snapshot, [asked_for("New", type=kind, username="a@b.example")], install_modules=True)[0]
    assert f"the module {module}, which is in the state 'to upgrade'" in (change.failure or "")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"priority": 2**31}, "priority 2147483648 is more than Odoo can hold"),
        ({"priority": -(2**40)}, "is more than Odoo can hold"),
        ({"port": 65536}, "port 65536 does not exist"),
        ({"host": "imap.a.example\n"}, None),
        ({"host": "imap.a\0.example"}, "is not the name of a mail server"),
        ({"host": "imap.a.example:993"}, "is not the name of a mail server"),
        ({"username": "me\n"}, "username of 'New' has a line break"),
        ({"password": "hidden\n"}, "password of 'New' has a line break"),
        ({"name": "New\nand old"}, "has a line break or another control character"),
        ({"name": " "}, "An incoming mail server needs a name"),
    ],
)
def test_what_odoo_would_refuse_is_refused_before_any_write(options: dict[str, Any], told: str | None) -> None:
    good = asked_for("New", host="imap.a.example", username="me", password="hidden")
    failure = plan_incoming(snapshot_of(), [{**good, **options}])[0].failure
    assert failure is None if told is None else told in str(failure) and "hidden" not in str(failure)


def test_a_server_that_someone_deletes_in_the_meantime_is_a_failure_and_no_change() -> None:
    rows = {external_id("Mailbox 1", "incoming"): {"id": 9, "res_id": 1}}
    snapshot = snapshot_of(server(1), incoming_external_ids=rows)
    changes = plan_incoming(snapshot, [asked_for("Mailbox 1", priority=3)])
    write_incoming(Changing(), changes)
    assert "incoming mail server Mailbox 1 was deleted in Odoo in the meantime" in str(changes[0].failure)
    assert not changes[0].changed


def test_two_new_servers_for_one_mailbox_are_refused() -> None:
    mailbox = {"host": "imap.a.example", "password": "geheim"}
    wanted = [asked_for("One", username="a", **mailbox), asked_for("Two", username="a", **mailbox)]
    changes = plan_incoming(snapshot_of(), [*wanted, asked_for("Three", username="b", **mailbox)])
    assert "'One' and 'Two' would be created with the same host and username" in str(changes[0].failure)
    assert "'Two' and 'One'" in str(changes[1].failure) and changes[2].failure is None


def test_a_new_server_may_not_fetch_from_the_mailbox_of_another_entry() -> None:
    mailbox = {"host": "imap.example.net", "username": "box1", "password": "geheim"}
    first, second = plan_incoming(snapshot_of(server(1)), [asked_for("Renamed", id=1), asked_for("New", **mailbox)])
    assert first.failure is None and "'New' would be created" in str(second.failure)
    assert "as 'Renamed' of the same call" in str(second.failure)


def test_a_second_server_for_a_gmail_mailbox_is_refused_without_a_host_option() -> None:
    gmail = {"type": "gmail", "username": "me@company-name.com"}
    held = server(1, server="imap.gmail.com", server_type="gmail", user=gmail["username"], password=False)
    assert "already has 'Mailbox 1' (id 1)" in str(
        plan_incoming(snapshot_of(held), [asked_for("New", **gmail)])[0].failure
    )


def test_two_local_servers_do_not_count_as_one_mailbox() -> None:
    changes = plan_incoming(snapshot_of(), [asked_for(name, type="local") for name in ("One", "Two")])
    assert [change.failure for change in changes] == [None, None]
