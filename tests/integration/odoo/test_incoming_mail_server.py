# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Incoming mail servers in Odoo 14 to 19, which log in at a real mailbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.servers.dovecot import PASSWORD, USERNAME, Dovecot
from ansible_collections.postmaster.mail.tests.servers.odoo_database import OdooDatabase
from ansible_collections.postmaster.mail.tests.servers.process import NotInstalled
from ansible_collections.postmaster.mail.tests.support.absent import absent

NAME = "Company Name - catchall"
MODEL = "fetchmail.server"
FULL: dict[str, Any] = {
    "host": "imap.company-name.com",
    "username": "catchall@company-name.com",
    "password": "correct horse battery",
    "confirm_login": False,
}


@pytest.fixture(scope="module")
def mailbox(ca: CertificateAuthority) -> Iterator[Dovecot]:
    try:
        server = Dovecot(ca.issue("localhost"))
    except NotInstalled as error:
        absent(str(error))
    with server:
        yield server


def reach(mailbox: Dovecot, **more: Any) -> dict[str, Any]:
    return {
        "host": mailbox.host,
        "port": mailbox.imaps_port,
        "username": USERNAME,
        "password": PASSWORD,
        **more,
    }


def ensure(database: OdooDatabase, name: str = NAME, check: bool = False, **options: Any) -> dict[str, Any]:
    return run_module("odoo_incoming_mail_server", {"odoo": database.options, "name": name, **options}, check)


def servers(database: OdooDatabase, *fields: str) -> list[dict[str, Any]]:
    return database.records(MODEL, *fields)


def test_a_server_is_made_as_planned_and_a_second_run_changes_nothing(odoo: OdooDatabase) -> None:
    options = {**FULL, "action": "res.partner", "keep_attachments": False, "keep_original": True, "priority": 7}
    planned = ensure(odoo, check=True, **options)
    assert servers(odoo, "name") == []
    done, again = ensure(odoo, **options), ensure(odoo, **options)
    assert planned["changed"] and done["changed"] and not again["changed"], (planned, done, again)
    assert planned["diff"] == done["diff"] and done["warnings"] == []
    assert planned["id"] is None and done["id"] == again["id"]
    assert done["diff"]["after"] == (
        f"name: {NAME}\nactive: yes\ntype: imap\nhost: imap.company-name.com\nport: 993\nencryption: tls\n"
        "username: catchall@company-name.com\npassword: set\naction: res.partner\nkeep attachments: no\n"
        "keep original: yes\npriority: 7\nid: known after apply\n"
    )
    assert servers(odoo, "active", "state", "server_type", "port", "is_ssl", "password", "attach", "original") == [
        {
            "active": True,
            "state": "draft",
            "server_type": "imap",
            "port": 993,
            "is_ssl": True,
            "password": "correct horse battery",
            "attach": False,
            "original": True,
        }
    ]


# The login


def test_a_server_is_used_once_odoo_could_log_in(odoo: OdooDatabase, mailbox: Dovecot) -> None:
    before = mailbox.logins()
    planned = ensure(odoo, check=True, **reach(mailbox))
    assert any("did not log in" in text for text in planned["warnings"]) and mailbox.logins() == before
    done = ensure(odoo, **reach(mailbox))
    assert not done.get("failed") and done["diff"] == planned["diff"] and "confirmed: yes" in done["diff"]["after"]
    assert servers(odoo, "state", "active") == [{"state": "done", "active": True}]
    assert mailbox.logins() == before + 1
    assert not ensure(odoo, **reach(mailbox))["changed"]
    renamed = ensure(odoo, priority=3, **reach(mailbox))
    assert renamed["diff"]["after"] == "priority: 3\n"
    assert mailbox.logins() == before + 1, "nothing of the login changed, so Odoo does not log in"


def test_a_server_at_which_odoo_cannot_log_in_is_not_used(odoo: OdooDatabase, mailbox: Dovecot) -> None:
    wrong = reach(mailbox, password="wrong horse")
    failed = ensure(odoo, **wrong)
    assert failed["failed"] and failed["changed"] and "It is saved but not confirmed" in failed["msg"]
    assert "wrong horse" not in str(failed)
    assert servers(odoo, "state") == [{"state": "draft"}]
    again = ensure(odoo, **wrong)
    assert again["failed"] and not again["changed"]
    mended = ensure(odoo, **reach(mailbox))
    assert mended["diff"]["after"] == "password: changed\nconfirmed: yes\n"


def test_a_server_in_use_gets_its_settings_back(odoo: OdooDatabase, mailbox: Dovecot) -> None:
    ensure(odoo, **reach(mailbox))
    failed = ensure(odoo, **reach(mailbox, password="wrong horse"))
    assert failed["failed"] and not failed["changed"] and "previous settings were restored" in failed["msg"]
    assert servers(odoo, "state", "password") == [{"state": "done", "password": PASSWORD}]


def test_an_archived_server_is_used_again_only_after_a_login(odoo: OdooDatabase, mailbox: Dovecot) -> None:
    ensure(odoo, **reach(mailbox))
    assert ensure(odoo, state="archived")["diff"]["after"] == "active: no (archived)\n"
    assert not ensure(odoo, state="archived")["changed"]
    failed = ensure(odoo, **reach(mailbox, password="wrong horse"))
    assert "It is saved but archived" in failed["msg"]
    assert servers(odoo, "active") == [{"active": False}]
    logins = mailbox.logins()
    assert "active: yes" in ensure(odoo, **reach(mailbox))["diff"]["after"] and mailbox.logins() == logins + 1
    assert servers(odoo, "active", "state") == [{"active": True, "state": "done"}]


def test_a_server_without_encryption_is_reached_at_the_usual_port_of_another_type(
    odoo19: OdooDatabase, mailbox: Dovecot
) -> None:
    options = reach(mailbox, port=mailbox.imap_port, encryption="none")
    assert not ensure(odoo19, **options).get("failed")
    changed = ensure(odoo19, type="pop", confirm_login=False)
    assert "port: 110" in changed["diff"]["after"]
    assert "port: 995" in ensure(odoo19, encryption="tls", confirm_login=False)["diff"]["after"]
    assert not ensure(odoo19, encryption="tls", confirm_login=False)["changed"]


def test_a_server_that_does_not_answer_is_said_to_be_so(odoo: OdooDatabase, free_port: Callable[[], int]) -> None:
    failed = ensure(odoo, host="localhost", port=free_port(), username="a", password="correct horse")
    assert "Odoo could not log in" in failed["msg"] and "refused" in failed["msg"].lower()


# What is refused, and who may


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "give its host"),
        ({"host": "https://imap.example.net", "username": "a"}, "not the name of a mail server"),
        ({"host": "imap.example.net"}, "no username"),
        ({"host": "imap.example.net", "username": "a", "port": 0}, "does not exist"),
        ({"type": "local", "host": "imap.example.net", "password": "x"}, "leave out host, password"),
        ({**FULL, "action": "crm.lead.nope"}, "no such model: install the application"),
        ({**FULL, "action": "res.country"}, "cannot be created from mail"),
        ({**FULL, "id": 4711}, "no incoming mail server with the id 4711"),
    ],
)
def test_what_cannot_work_is_refused_before_any_write(
    odoo: OdooDatabase, options: dict[str, Any], message: str
) -> None:
    refused = ensure(odoo, **options)
    assert message in refused["msg"], refused
    assert servers(odoo, "name") == []


def test_a_script_needs_no_mailbox_and_no_login(odoo: OdooDatabase) -> None:
    planned, done = ensure(odoo, type="local", check=True), ensure(odoo, type="local")
    assert planned["diff"] == done["diff"] and not done.get("failed"), done
    assert servers(odoo, "server_type", "state") == [{"server_type": "local", "state": "done"}]
    assert not ensure(odoo, type="local")["changed"]


def test_who_may_not_manage_servers_learns_which_right_is_missing(odoo: OdooDatabase) -> None:
    refused = run_module("odoo_incoming_mail_server", {"odoo": odoo.user("clerk"), "name": NAME, **FULL})
    assert "Administration: Settings (base.group_system)" in refused["msg"]


# Which server is meant


def test_a_renamed_server_is_found_and_a_like_one_is_adopted_only_if_asked_for(odoo19: OdooDatabase) -> None:
    made = ensure(odoo19, **FULL)
    odoo19.client.write(MODEL, [made["id"]], {"name": "Renamed by hand"})
    assert ensure(odoo19, **FULL)["diff"]["before"] == "name: Renamed by hand\n"
    refused = ensure(odoo19, "Second", **{**FULL, "host": "IMAP.company-name.com"})
    assert f"(id {made['id']}) with the same host and username as 'Second'" in refused["msg"]
    assert "adopt: true" in refused["msg"]
    there = odoo19.create(MODEL, name="By hand", server="imap.company-name.com", user="info", port=993, is_ssl=True)
    adopted = ensure(odoo19, "Info", **{**FULL, "username": "info", "adopt": True})
    assert adopted["id"] == there and "external id: (none)" in adopted["diff"]["before"]


def test_several_servers_of_one_name_need_an_id(odoo19: OdooDatabase) -> None:
    first, second = odoo19.client.create(MODEL, [{"name": NAME, "user": "a"}, {"name": NAME, "user": "b"}])
    assert f"ids {first}, {second}" in ensure(odoo19, **FULL)["msg"]
    assert ensure(odoo19, id=second, **FULL)["id"] == second
    assert not ensure(odoo19, **FULL)["changed"]


def test_a_server_is_deleted_and_may_come_back(odoo: OdooDatabase) -> None:
    ensure(odoo, action="res.partner", **FULL)
    gone = ensure(odoo, state="absent")
    assert "password: set\naction: Contact\n" in gone["diff"]["before"] and gone["diff"]["after"] == ""
    assert servers(odoo, "name") == [] and not ensure(odoo, state="absent")["changed"]
    assert ensure(odoo, **FULL)["changed"]


def test_no_mail_is_taken_by_a_neutralised_copy(odoo: OdooDatabase, mailbox: Dovecot) -> None:
    odoo.client.create("ir.config_parameter", [{"key": "database.is_neutralized", "value": "True"}])
    refused = ensure(odoo, **reach(mailbox))
    assert "neutralised copy" in refused["msg"] and servers(odoo, "name") == []
    assert ensure(odoo, state="archived", **reach(mailbox))["changed"]
    assert "neutralised copy" in ensure(odoo, **reach(mailbox, confirm_login=False))["msg"]
    assert not ensure(odoo, allow_neutralized=True, **reach(mailbox)).get("failed")
    assert servers(odoo, "active", "state") == [{"active": True, "state": "done"}]


# Modules


@pytest.mark.parametrize(
    ("kind", "module", "host", "link"),
    [
        ("gmail", "google_gmail", "imap.gmail.com", "https://accounts.google.com/"),
        ("outlook", "microsoft_outlook", "outlook.office365.com", "https://login.microsoftonline.com/"),
    ],
)
def test_a_mailbox_at_a_service_waits_for_consent(
    odoo_since_17: OdooDatabase, kind: str, module: str, host: str, link: str
) -> None:
    odoo = odoo_since_17
    options: dict[str, Any] = {"type": kind, "username": "sales@company-name.com"}
    assert "takes no password" in ensure(odoo, password="x y", **options)["msg"]
    assert "needs encryption: tls" in ensure(odoo, encryption="none", **options)["msg"]
    planned, done = ensure(odoo, check=True, **options), ensure(odoo, **options)
    assert planned["diff"] == done["diff"] and not done.get("failed"), done
    assert servers(odoo, "server", "port", "is_ssl", "state") == [
        {"server": host, "port": 993, "is_ssl": True, "state": "draft"}
    ]
    assert f"open the incoming mail server {NAME} in Odoo" in done["next_steps"][1]
    assert "which fetches nothing until access is granted" in done["next_steps"][2]
    for part in ("id", "secret"):
        odoo.client.call("ir.config_parameter", "set_param", key=f"{module}_client_{part}", value=f"the-{part}")
    waiting = ensure(odoo, **options)
    assert not waiting["changed"] and f"open {link}" in waiting["next_steps"][0], waiting
    odoo.client.write(MODEL, [done["id"]], {f"{module}_refresh_token": "the-token"})
    ready = ensure(odoo, check=True, **options)
    assert ready["next_steps"] == [] and ready["diff"]["after"] == "confirmed: yes\n"
    assert not any(secret in str([done, waiting, ready]) for secret in ("the-token", "the-secret"))


def test_on_15_a_password_of_a_mailbox_service_that_is_switched_on_is_refused(stand_in: Any) -> None:
    odoo = stand_in(15, modules=["mail", "fetchmail", "google_gmail"])
    odoo.client.create(MODEL, [{"name": NAME, "server": "imap.gmail.com", "use_google_gmail_service": True}])
    failed = ensure(odoo, adopt=True, type="imap", username="sales@company-name.com", password="x y")
    assert "signs in with Gmail in Odoo, so a password has no effect" in failed["msg"], failed
    assert servers(odoo, "password") == [{"password": False}]


@pytest.mark.parametrize("version", [16, 17, 18, 19])
def test_the_module_of_a_service_is_installed_if_allowed(stand_in: Any, version: int) -> None:
    odoo = stand_in(version, ["mail"])
    options: dict[str, Any] = {"type": "gmail", "username": "sales@company-name.com"}
    assert "its module google_gmail is not installed" in ensure(odoo, **options)["msg"]
    planned = ensure(odoo, check=True, install_modules=True, **options)
    done = ensure(odoo, install_modules=True, **options)
    assert planned["diff"] == done["diff"] and "module google_gmail: installed" in done["diff"]["after"]
    assert not ensure(odoo, **options)["changed"]


def test_versions_before_16_know_no_services(stand_in: Any) -> None:
    for version in (14, 15):
        refused = ensure(stand_in(version), type="outlook", username="a@company-name.com")
        assert f"Odoo {version} does not know type outlook, which came with Odoo 16" in refused["msg"]


def test_the_module_of_incoming_servers_is_installed_if_allowed(odoo14: OdooDatabase) -> None:
    ids = [row["id"] for row in odoo14.client.search_read("ir.module.module", [("name", "=", "fetchmail")], ["name"])]
    odoo14.client.call("ir.module.module", "button_immediate_uninstall", ids, timeout=120)
    assert not ensure(odoo14, state="absent")["changed"]
    assert "its module fetchmail is not installed" in ensure(odoo14, **FULL)["msg"]
    planned = ensure(odoo14, check=True, install_modules=True, **FULL)
    done = ensure(odoo14, install_modules=True, **FULL)
    assert planned["diff"] == done["diff"] and "module fetchmail: installed" in done["diff"]["after"], done
    assert not ensure(odoo14, **FULL)["changed"]


# Many of them


def test_many_servers_are_one_plan_and_only_ours_are_purged(odoo: OdooDatabase) -> None:
    theirs = odoo.create(MODEL, name="Theirs", user="x", server="imap.other.example", port=993)
    desired = [{**FULL, "name": f"Mailbox {number}", "username": f"box{number}"} for number in range(20)]
    options = {"odoo": odoo.options, "incoming_mail_servers": desired}
    done, again = run_module("odoo_mail", options), run_module("odoo_mail", options)
    assert done["failed_items"] == [] and done["api_writes"] == 1, done["owners"]
    assert not again["changed"] and again["api_writes"] == 0 and again["api_calls"] <= 5
    options["incoming_mail_servers"] = desired[:19]
    purged = run_module("odoo_mail", {**options, "purge": True})
    assert list(purged["purged_incoming"]) == ["Mailbox 19"] and purged["failed_items"] == []
    archived = odoo.client.search_read(MODEL, [("active", "=", False)], ["name"], archived=True)
    assert [server["name"] for server in archived] == ["Mailbox 19"]
    assert odoo.client.search_read(MODEL, [("id", "=", theirs)], ["active"])[0]["active"]
    assert not run_module("odoo_mail", {**options, "purge": True})["changed"]
