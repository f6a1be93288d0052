# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Outgoing servers that log in with a mailbox at Gmail or Outlook."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.snapshot import Consents
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.plan import (
    plan_servers,
)
from ansible_collections.postmaster.mail.tests.support.server_plans import (
    asked_for,
    fields_of,
    ours,
    server,
    snapshot_of,
)

GMAIL: dict[str, Any] = {"authentication": "gmail", "username": "info@a.example"}


INSTALLABLE = {"google_gmail": {"id": 7, "state": "uninstalled"}}


def without_gmail() -> dict[str, list[str]]:
    return {**fields_of(19), "smtp_authentication": ["login", "certificate", "cli"]}


@pytest.mark.parametrize("version", [16, 17, 18, 19])
def test_gmail_gets_the_values_that_odoos_form_fills_in(version: int) -> None:
    change = plan_servers(snapshot_of(version=version, server_fields=fields_of(version)), [asked_for("A", **GMAIL)])[0]
    assert change.values == {
        "name": "A",
        "active": False,
        "smtp_host": "smtp.gmail.com",
        "smtp_port": 587,
        "smtp_encryption": "starttls",
        "smtp_authentication": "gmail",
        "smtp_user": "info@a.example",
        "from_filter": "info@a.example",
        "sequence": 10,
    }


@pytest.mark.parametrize(
    ("user", "host"), [("a@company.example", "smtp.office365.com"), ("a@Hotmail.com", "smtp-mail.outlook.com")]
)
def test_outlook_has_different_hosts_for_companies_and_for_private_mailboxes(user: str, host: str) -> None:
    change = plan_servers(snapshot_of(), [asked_for("A", authentication="outlook", username=user)])[0]
    assert (change.values["smtp_host"], change.values["smtp_port"]) == (host, 587)


def test_a_missing_module_is_named_and_installed_only_if_allowed() -> None:
    snapshot = snapshot_of(server_fields=without_gmail(), modules=INSTALLABLE)
    refused = plan_servers(snapshot, [asked_for("A", **GMAIL)])[0]
    assert "module google_gmail is not installed" in str(refused.failure)
    assert "install_modules: true" in str(refused.failure)
    change = plan_servers(snapshot, [asked_for("A", **GMAIL)], install_modules=True)[0]
    assert (change.module, change.module_id) == ("google_gmail", 7)
    assert change.diff()["after"].endswith("module google_gmail: installed\n")
    assert "client id and secret" in change.next_steps[0] and "Run this again" in change.next_steps[-1]


def test_a_module_that_odoo_does_not_list_cannot_be_installed() -> None:
    change = plan_servers(snapshot_of(server_fields=without_gmail()), [asked_for("A", **GMAIL)], install_modules=True)[
        0
    ]
    assert "google_gmail, which is not among its modules" in str(change.failure)


def consents(*granted: int, client: bool = True) -> Consents:
    return Consents(
        granted={("gmail", number) for number in granted},
        links={("gmail", 1): "https://accounts.google.com/o/oauth2/v2/auth?state=1"},
        clients={"gmail"} if client else set(),
        base_url="https://erp.example.net",
    )


def gmail(number: int, **values: Any) -> dict[str, Any]:
    return server(number, **{"smtp_authentication": "gmail", "smtp_pass": False, "smtp_encryption": "starttls",
                             "smtp_user": "info@a.example", "from_filter": "info@a.example", **values})  # fmt: skip


def test_a_server_is_activated_once_someone_has_granted_access() -> None:
    rows = ours(1)
    waiting = snapshot_of(gmail(1, active=False), consents=consents(), external_ids=rows)
    change = plan_servers(waiting, [asked_for("Server 1")])[0]
    assert change.action == "none" and "open https://accounts.google.com/" in change.next_steps[0]
    assert "as info@a.example" in change.next_steps[0] and "Run this again" in change.next_steps[1]
    granted = snapshot_of(gmail(1, active=False), consents=consents(1), external_ids=rows)
    change = plan_servers(granted, [asked_for("Server 1")])[0]
    assert change.activate and change.next_steps == []


def test_the_first_next_step_is_the_application_at_google() -> None:
    snapshot = snapshot_of(gmail(1), consents=consents(client=False), external_ids=ours(1))
    changes = plan_servers(snapshot, [asked_for("Server 1")])[0].next_steps
    assert "https://erp.example.net/google_gmail/confirm" in changes[0] and "client id and secret" in changes[0]
    assert "sign in to Gmail as info@a.example" in changes[1] and len(changes) == 2


def test_a_server_that_changes_to_gmail_is_archived_until_access_is_granted() -> None:
    snapshot = snapshot_of(server(1), consents=consents(), external_ids=ours(1))
    change = plan_servers(snapshot, [asked_for("Server 1", **GMAIL, password="")])[0]
    assert change.values["active"] is False and "active: no (archived)" in change.diff()["after"]
    assert change.values["smtp_host"] == "smtp.gmail.com"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({**GMAIL, "password": "x"}, "takes no password"),
        ({**GMAIL, "encryption": "tls"}, "needs encryption: starttls"),
        ({"authentication": "gmail", "username": "info"}, "the mailbox's address as username"),
        ({"authentication": "cli", "password": "x", "host": "a.example"}, "leave out host, password"),
    ],
)
def test_options_that_do_not_fit_the_authentication_are_refused(options: dict[str, Any], message: str) -> None:
    assert message in str(plan_servers(snapshot_of(), [asked_for("A", **options)])[0].failure)


def test_a_filter_without_the_mailbox_leads_to_a_warning() -> None:
    change = plan_servers(snapshot_of(), [asked_for("A", **GMAIL, from_filter=["b.example"])])[0]
    assert any("set from_filter: [info@a.example]" in warning for warning in change.warnings)


def test_a_server_that_others_use_is_not_archived_for_gmail() -> None:
    uses = {1: ['the mail template "Greeting"']}
    there = snapshot_of(server(1), used_servers=uses, archive_blocked=uses, consents=consents(), external_ids=ours(1))
    change = plan_servers(there, [asked_for("Server 1", **GMAIL, password="")])[0]
    assert "Greeting" in str(change.failure) and "until someone grants access to Gmail" in str(change.failure)


def test_a_second_server_for_a_gmail_mailbox_is_refused_without_a_host_option() -> None:
    gmail = {"authentication": "gmail", "username": "me@company-name.com"}
    held = server(
        1, smtp_host="smtp.gmail.com", smtp_authentication="gmail", smtp_user=gmail["username"], smtp_pass=False,
        from_filter=gmail["username"],
    )  # fmt: skip
    assert "already has 'Server 1' (id 1)" in str(
        plan_servers(snapshot_of(held), [asked_for("New", **gmail)])[0].failure
    )
    twice = plan_servers(snapshot_of(), [asked_for("One", **gmail), asked_for("Two", **gmail)])
    assert all("would be created with the same host" in str(change.failure) for change in twice)


@pytest.mark.parametrize("version", [14, 15])
def test_gmail_as_a_checkbox_is_recognised_by_its_field(version: int) -> None:
    switch = "use_google_gmail_service"
    there = server(1, name="Mine", smtp_pass=False, smtp_encryption="starttls", **{switch: True})
    snapshot = snapshot_of(there, version=version, server_fields={**fields_of(14), switch: []})
    changes = plan_servers(snapshot, [asked_for("Mine", username="me@a.example", password="x")])
    assert "a password has no effect" in str(changes[0].failure)
    assert plan_servers(snapshot, [asked_for("Mine", priority=3)])[0].failure is None
    asked = plan_servers(snapshot, [asked_for("New", authentication="gmail", username="me@gmail.com")])[0]
    assert switch in str(asked.failure)
