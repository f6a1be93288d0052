# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Outgoing mail servers in Odoo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.servers.odoo_lab import OdooDatabase
from ansible_collections.postmaster.mail.tests.servers.odoo_stand_in import StandInDatabase
from ansible_collections.postmaster.mail.tests.servers.smtp import SmtpServer

NAME = "Company Name - relay"
FULL: dict[str, Any] = {
    "host": "smtp.company-name.com",
    "encryption": "starttls",
    "username": "odoo",
    "password": "correct horse battery",
    "from_filter": ["company-name.com", "info@other.example"],
    "priority": 5,
}
MODEL = "ir.mail_server"


def ensure(database: OdooDatabase, name: str = NAME, check: bool = False, **options: Any) -> dict[str, Any]:
    return run_module("odoo_outgoing_mail_server", {"odoo": database.options, "name": name, **options}, check)


def servers(database: OdooDatabase, *fields: str) -> list[dict[str, Any]]:
    return database.records(MODEL, *fields)


def test_a_server_is_made_as_planned_and_a_second_run_changes_nothing(odoo19: OdooDatabase) -> None:
    planned = ensure(odoo19, check=True, **FULL)
    assert servers(odoo19, "name") == []
    done = ensure(odoo19, **FULL)
    again = ensure(odoo19, **FULL)
    assert planned["changed"] and done["changed"] and not again["changed"], (planned, done, again)
    assert planned["diff"] == done["diff"]
    assert planned["id"] is None and done["id"] == again["id"]
    assert servers(odoo19, "active", "smtp_port", "smtp_encryption", "smtp_pass", "from_filter", "sequence") == [
        {
            "active": True,
            "smtp_port": 587,
            "smtp_encryption": "starttls_strict",
            "smtp_pass": "correct horse battery",
            "from_filter": "company-name.com,info@other.example",
            "sequence": 5,
        }
    ]


def test_no_password_is_shown_when_it_changes(odoo_since_17: OdooDatabase) -> None:
    ensure(odoo_since_17, **FULL)
    done = ensure(odoo_since_17, **{**FULL, "password": "another horse"})
    assert done["diff"]["before"] == "password: set\n"
    assert done["diff"]["after"] == "password: changed\n"
    assert "horse" not in str(done)
    assert servers(odoo_since_17, "smtp_pass") == [{"smtp_pass": "another horse"}]


def test_what_is_not_stated_stays(odoo_since_17: OdooDatabase) -> None:
    ensure(odoo_since_17, **FULL)
    done = ensure(odoo_since_17, priority=7)
    assert done["diff"]["after"] == "priority: 7\n"
    assert servers(odoo_since_17, "smtp_host", "sequence") == [{"smtp_host": "smtp.company-name.com", "sequence": 7}]


def test_filters_are_compared_by_what_they_match(odoo_since_17: OdooDatabase) -> None:
    odoo_since_17.client.create(
        MODEL, [{"name": NAME, "smtp_host": "smtp.example.net", "from_filter": "Info@Other.example , company-name.COM"}]
    )
    done = ensure(odoo_since_17, from_filter=FULL["from_filter"])
    assert "from filter" not in done["diff"]["after"]


@pytest.mark.parametrize(
    "entry", ["*.company-name.com", "@company-name.com", "a.example;b.example", "a b.example", " "]
)
def test_a_filter_that_never_matches_is_refused(odoo_since_17: OdooDatabase, entry: str) -> None:
    refused = ensure(odoo_since_17, **{**FULL, "from_filter": [entry]})
    assert refused["failed"] and servers(odoo_since_17, "name") == []


def test_a_server_that_was_renamed_in_odoo_is_found_by_its_external_id(odoo_since_17: OdooDatabase) -> None:
    made = ensure(odoo_since_17, **FULL)
    odoo_since_17.client.write(MODEL, [made["id"]], {"name": "Renamed by hand"})
    done = ensure(odoo_since_17, **FULL)
    assert done["id"] == made["id"]
    assert done["diff"]["before"] == "name: Renamed by hand\n"


def test_a_server_of_the_same_name_is_taken_over_and_recorded(odoo_since_17: OdooDatabase) -> None:
    there = odoo_since_17.client.create(MODEL, [{"name": NAME, "smtp_host": "smtp.company-name.com"}])[0]
    done = ensure(odoo_since_17, priority=5)
    assert done["id"] == there
    assert "external id: (none)" in done["diff"]["before"]
    assert not ensure(odoo_since_17, priority=5)["changed"]


def test_several_servers_of_one_name_need_an_id(odoo_since_17: OdooDatabase) -> None:
    first, second = odoo_since_17.client.create(
        MODEL, [{"name": NAME, "smtp_host": "a"}, {"name": NAME, "smtp_host": "b"}]
    )
    assert f"ids {first}, {second}" in ensure(odoo_since_17, priority=5)["msg"]
    assert ensure(odoo_since_17, id=second, priority=5)["id"] == second
    assert not ensure(odoo_since_17, priority=5)["changed"]


def test_a_like_server_under_another_name_is_adopted_only_if_asked_for(odoo_since_17: OdooDatabase) -> None:
    there = odoo_since_17.client.create(
        MODEL,
        [
            {
                "name": "Old relay",
                "smtp_host": "SMTP.company-name.com",
                "smtp_user": "odoo",
                "from_filter": "info@other.example,company-name.com",
            }
        ],
    )[0]
    refused = ensure(odoo_since_17, **FULL)
    assert f"'Old relay' (id {there})" in refused["msg"] and "adopt: true" in refused["msg"]
    done = ensure(odoo_since_17, adopt=True, **FULL)
    assert done["id"] == there and "name: Old relay" in done["diff"]["before"]
    assert not ensure(odoo_since_17, adopt=True, **FULL)["changed"]


def test_personal_servers_are_not_seen(odoo19: OdooDatabase) -> None:
    admin = odoo19.client.search_read("res.users", [("login", "=", "admin")], ["id"])[0]["id"]
    odoo19.client.write("res.users", [admin], {"email": "boss@company-name.com"})
    personal = {"name": NAME, "smtp_host": "smtp.company-name.com", "owner_user_id": admin}
    held = odoo19.client.create(MODEL, [{**personal, "smtp_user": "boss@company-name.com",
                                         "from_filter": "boss@company-name.com"}])[0]  # fmt: skip
    done = ensure(odoo19, **FULL)
    assert done["changed"] and done["id"] != held
    assert "no outgoing mail server with the id" in ensure(odoo19, id=held, priority=1)["msg"]


def test_an_archived_server_is_activated_again_and_deleted(odoo_since_17: OdooDatabase) -> None:
    ensure(odoo_since_17, **FULL)
    assert "active: no (archived)" in ensure(odoo_since_17, state="archived")["diff"]["after"]
    assert not ensure(odoo_since_17, state="archived")["changed"]
    assert servers(odoo_since_17, "active") == [{"active": False}]
    assert "active: yes" in ensure(odoo_since_17)["diff"]["after"]
    assert ensure(odoo_since_17, state="absent")["changed"]
    assert servers(odoo_since_17, "name") == []
    assert not ensure(odoo_since_17, state="absent")["changed"]
    assert ensure(odoo_since_17, **FULL)["changed"], "the external id is free again"


def use_in_a_template(odoo: OdooDatabase, server: int) -> None:
    model = odoo.client.search_read("ir.model", [("model", "=", "res.partner")], ["model"])[0]["id"]
    odoo.client.create("mail.template", [{"name": "Greeting", "model_id": model, "mail_server_id": server}])


def test_a_server_in_use_is_not_deleted(odoo_since_17: OdooDatabase) -> None:
    use_in_a_template(odoo_since_17, ensure(odoo_since_17, **FULL)["id"])
    assert 'still used by the mail template "Greeting"' in ensure(odoo_since_17, state="absent")["msg"]
    assert len(servers(odoo_since_17, "name")) == 1


def test_a_server_in_use_is_not_deleted_from_odoo_14_which_does_not_know_it(odoo14: OdooDatabase) -> None:
    use_in_a_template(odoo14, ensure(odoo14, host="smtp.company-name.com")["id"])
    assert 'still used by the mail template "Greeting"' in ensure(odoo14, state="absent")["msg"]
    archived = ensure(odoo14, state="archived")
    assert archived["changed"] and any('used by the mail template "Greeting"' in text for text in archived["warnings"])


@pytest.mark.parametrize("check", [True, False])
def test_a_server_in_use_is_not_archived(odoo_since_17: OdooDatabase, check: bool) -> None:
    use_in_a_template(odoo_since_17, ensure(odoo_since_17, **FULL)["id"])
    refused = ensure(odoo_since_17, state="archived", check=check)
    assert 'the mail template "Greeting", so Odoo does not archive it' in refused["msg"] and not refused["changed"]


@pytest.mark.parametrize("check", [True, False])
def test_a_server_in_use_does_not_change_to_gmail_which_would_archive_it(
    odoo_since_17: OdooDatabase, check: bool
) -> None:
    made = ensure(odoo_since_17, **FULL)
    model = odoo_since_17.model_id("res.partner")
    odoo_since_17.create("mail.template", name="Greeting", model_id=model, mail_server_id=made["id"])
    options = {"authentication": "gmail", "username": "me@company-name.com", "password": "", "encryption": "starttls"}
    refused = ensure(odoo_since_17, check=check, install_modules=True, **options)
    assert refused["failed"] and not refused["changed"]
    assert "Greeting" in refused["msg"] and "until someone grants access to Gmail" in refused["msg"]


def test_nothing_is_activated_in_a_neutralised_copy(odoo_since_17: OdooDatabase) -> None:
    odoo_since_17.client.create("ir.config_parameter", [{"key": "database.is_neutralized", "value": "True"}])
    assert "neutralised" in ensure(odoo_since_17, **FULL)["msg"]
    assert servers(odoo_since_17, "name") == []
    assert ensure(odoo_since_17, state="archived", **FULL)["changed"]
    assert ensure(odoo_since_17, allow_neutralized=True, **FULL)["changed"]


def test_equal_priorities_for_one_sender_are_a_warning(odoo_since_17: OdooDatabase) -> None:
    ensure(odoo_since_17, **FULL)
    done = ensure(odoo_since_17, "Another relay", **{**FULL, "host": "other.example"})
    assert any("same priority 5" in warning for warning in done["warnings"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"authentication": "certificate", "encryption": "none"}, "needs encryption"),
        ({"authentication": "certificate"}, "both client_certificate and client_private_key"),
        ({"authentication": "gmail", "encryption": "tls", "username": "a@b.example"}, "needs encryption: starttls"),
        ({"authentication": "outlook", "username": "a@b.example", "password": "x y z"}, "takes no password"),
        ({"password": "correct horse"}, "no username"),
        ({"port": 99999}, "does not exist"),
        ({"host": "https://smtp.example.net"}, "not the name of a mail server"),
        ({"client_certificate": "junk"}, "not a PEM text"),
    ],
)
def test_what_odoo_would_refuse_later_is_refused_before_any_write(
    odoo_since_17: OdooDatabase, options: dict[str, Any], message: str
) -> None:
    refused = ensure(odoo_since_17, **{"host": "smtp.company-name.com", **options})
    assert message in refused["msg"], refused
    assert servers(odoo_since_17, "name") == []


def test_a_client_certificate_is_stored_and_compared(odoo_since_17: OdooDatabase, ca: CertificateAuthority) -> None:
    pair = ca.issue("odoo.company-name.com")
    options: dict[str, Any] = {
        "host": "smtp.company-name.com",
        "client_certificate": pair.certificate.read_text(),
        "client_private_key": pair.key.read_text(),
    }
    assert ensure(odoo_since_17, **options)["changed"]
    assert servers(odoo_since_17, "smtp_authentication") == [{"smtp_authentication": "certificate"}]
    again = ensure(odoo_since_17, **options)
    assert not again["changed"], again


# The connection test


@pytest.mark.parametrize("encryption", ["starttls", "tls"])
def test_a_server_whose_certificate_is_trusted_is_used(
    odoo_since_17: OdooDatabase, ca: CertificateAuthority, encryption: str
) -> None:
    with SmtpServer(encryption, ca.issue("localhost"), "odoo", "correct horse") as smtp:
        options = reach(smtp, encryption=encryption, from_filter=["company-name.com"])
        planned = ensure(odoo_since_17, check=True, **options)
        assert smtp.senders == [] and any("not tested" in warning for warning in planned["warnings"])
        done = ensure(odoo_since_17, **options)
        assert done["changed"] and not done.get("failed"), done
        assert len(smtp.senders) == 1
        assert not ensure(odoo_since_17, **options)["changed"]
        assert len(smtp.senders) == 1, "nothing changed, so nothing is tested"
    assert servers(odoo_since_17, "active") == [{"active": True}]


def test_a_server_whose_certificate_is_not_trusted_stays_archived(odoo19: OdooDatabase, tmp_path: Path) -> None:
    unknown = CertificateAuthority(tmp_path, "Unknown CA")
    with SmtpServer("starttls", unknown.issue("localhost"), "odoo", "correct horse") as smtp:
        options = reach(smtp, encryption="starttls", from_filter=["company-name.com"])
        failed = ensure(odoo19, **options)
        assert failed["failed"] and failed["changed"]
        assert "It is saved but archived" in failed["msg"] and "certificate" in failed["msg"].lower()
        assert servers(odoo19, "active") == [{"active": False}]
        assert ensure(odoo19, **{**options, "verify_certificate": False})["changed"]
        assert servers(odoo19, "active", "smtp_encryption") == [{"active": True, "smtp_encryption": "starttls"}]


def test_a_server_in_use_gets_its_settings_back_when_the_new_ones_fail(
    odoo_since_17: OdooDatabase, ca: CertificateAuthority
) -> None:
    with SmtpServer("starttls", ca.issue("localhost"), "odoo", "correct horse") as smtp:
        options = reach(smtp, encryption="starttls", from_filter=["company-name.com"])
        ensure(odoo_since_17, **options)
        failed = ensure(odoo_since_17, **{**options, "password": "wrong horse"})
        assert failed["failed"] and not failed["changed"], failed
        assert "previous settings were restored" in failed["msg"] and "wrong horse" not in str(failed)
        assert servers(odoo_since_17, "active", "smtp_pass") == [{"active": True, "smtp_pass": "correct horse"}]


def reach(smtp: SmtpServer, **more: Any) -> dict[str, Any]:
    return {
        "host": smtp.host,
        "port": smtp.port,
        "username": "odoo",
        "password": "correct horse",
        "test_connection": True,
        **more,
    }


# Several servers


def test_servers_that_compete_get_different_priorities_and_keep_them(odoo19: OdooDatabase) -> None:
    options = {**FULL, "priority": None, "from_filter": ["company-name.com"]}
    ensure(odoo19, **options)
    planned = ensure(odoo19, "Second relay", check=True, **{**options, "host": "other.example"})
    done = ensure(odoo19, "Second relay", **{**options, "host": "other.example"})
    assert planned["diff"] == done["diff"] and done["warnings"] == []
    assert [server["sequence"] for server in servers(odoo19, "sequence")] == [10, 11]
    assert not ensure(odoo19, **options)["changed"]
    assert not ensure(odoo19, "Second relay", **{**options, "host": "other.example"})["changed"]


def test_odoos_own_server_takes_its_settings_from_the_command_line(odoo_since_17: OdooDatabase) -> None:
    options: dict[str, Any] = {"authentication": "cli", "from_filter": ["company-name.odoo.com"]}
    assert ensure(odoo_since_17, **options)["changed"] and not ensure(odoo_since_17, **options)["changed"]
    assert servers(odoo_since_17, "smtp_authentication", "smtp_host") == [
        {"smtp_authentication": "cli", "smtp_host": False}
    ]
    assert (
        "leave out host, encryption, username, password"
        in ensure(odoo_since_17, **{**FULL, "authentication": "cli"})["msg"]
    )


# What versions have and lack


def test_every_version_takes_the_same_options_and_converges(odoo: OdooDatabase) -> None:
    options = {**FULL, "from_filter": ["company-name.com"], "max_email_size": 25, "debug": True}
    planned = ensure(odoo, check=True, **options)
    done = ensure(odoo, **options)
    assert not done.get("failed"), done
    assert planned["diff"] == done["diff"] and planned["warnings"] == done["warnings"]
    assert "debug: yes" in done["diff"]["after"]
    assert ("max email size: 25 MB" in done["diff"]["after"]) is (odoo.version >= 18)
    assert any("has no FROM filters" in text for text in done["warnings"]) is (odoo.version == 14)
    again = ensure(odoo, **options)
    assert not again["changed"], again


def test_who_may_not_manage_servers_learns_which_right_is_missing(odoo: OdooDatabase) -> None:
    refused = run_module("odoo_outgoing_mail_server", {"odoo": odoo.user("clerk"), "name": NAME, **FULL})
    assert "Administration: Settings (base.group_system)" in refused["msg"]


def test_what_uses_a_server_is_named_up_to_five(odoo: OdooDatabase) -> None:
    made = ensure(odoo, **{**FULL, "from_filter": []})["id"]
    mailing_model = odoo.client.search_read("ir.model", [("model", "=", "res.partner")], ["model"])[0]["id"]
    odoo.client.create(
        "mailing.mailing",
        [
            {
                "subject": f"Offer {number}",
                "mailing_model_id": mailing_model,
                "mail_server_id": made,
                "email_from": "sales@company-name.com",
            }
            for number in range(6)
        ],
    )
    refused = ensure(odoo, state="absent")
    assert 'still used by the mailings "Offer 0", "Offer 1", ' in refused["msg"] and "and 1 more" in refused["msg"]


# Certificates


def test_a_certificate_of_another_key_is_refused_before_any_write(
    odoo_since_17: OdooDatabase, ca: CertificateAuthority
) -> None:
    one, other = ca.issue("odoo.company-name.com"), ca.issue("other.company-name.com")
    options: dict[str, Any] = {"host": "smtp.company-name.com", "client_certificate": one.certificate.read_text()}
    refused = ensure(odoo_since_17, **options, client_private_key=other.key.read_text())
    assert "do not belong together" in refused["msg"] and "BEGIN" not in str(refused)
    damaged = other.key.read_text().replace("a", "b")
    assert "cannot be read" in ensure(odoo_since_17, **options, client_private_key=damaged)["msg"]
    assert servers(odoo_since_17, "name") == []
    assert ensure(odoo_since_17, **options, client_private_key=one.key.read_text())["changed"]
    assert "do not belong together" in ensure(odoo_since_17, client_private_key=other.key.read_text())["msg"]


# Gmail and Outlook

SERVICES = [
    ("gmail", "google_gmail", "smtp.gmail.com", "https://accounts.google.com/"),
    ("outlook", "microsoft_outlook", "smtp.office365.com", "https://login.microsoftonline.com/"),
]


def set_parameters(database: OdooDatabase, **values: str) -> None:
    for key, value in values.items():
        database.client.call("ir.config_parameter", "set_param", key=key, value=value)


@pytest.mark.parametrize(("authentication", "module", "host", "link"), SERVICES)
def test_a_mailbox_is_connected_from_nothing(
    real_odoo19: OdooDatabase, authentication: str, module: str, host: str, link: str
) -> None:
    odoo_since_17 = real_odoo19
    if authentication == "outlook":
        # by the other protocol
        odoo_since_17.options = {
            "url": odoo_since_17.url,
            "database": odoo_since_17.name,
            "api_key": odoo_since_17.api_key(),
        }
    ids = [row["id"] for row in odoo_since_17.client.search_read("ir.module.module", [("name", "=", module)], ["id"])]
    odoo_since_17.client.call("ir.module.module", "button_immediate_uninstall", ids, timeout=120)
    options: dict[str, Any] = {"authentication": authentication, "username": "sales@company-name.com"}

    refused = ensure(odoo_since_17, **options)
    assert f"module {module} is not installed" in refused["msg"] and "install_modules: true" in refused["msg"]
    planned = ensure(odoo_since_17, check=True, install_modules=True, **options)
    assert "client id and secret" in planned["next_steps"][0], planned
    assert (
        odoo_since_17.client.search_read("ir.module.module", [("id", "in", ids)], ["state"])[0]["state"]
        == "uninstalled"
    )
    done = ensure(odoo_since_17, install_modules=True, **options)
    assert not done.get("failed") and planned["diff"] == done["diff"], done
    assert f"module {module}: installed" in done["diff"]["after"]
    assert servers(odoo_since_17, "active", "smtp_host", "smtp_encryption", "from_filter") == [
        {
            "active": False,
            "smtp_host": host,
            "smtp_encryption": "starttls",
            "from_filter": "sales@company-name.com",
        }
    ]
    assert "client id and secret" in done["next_steps"][0] and f"/{module}/confirm" in done["next_steps"][0]

    # Odoo makes each link by itself
    ensure(odoo_since_17, "Another", **{**options, "username": "other@company-name.com"})
    set_parameters(odoo_since_17, **{f"{module}_client_id": "the-client", f"{module}_client_secret": "the-secret"})
    waiting = ensure(odoo_since_17, **options)
    assert not waiting["changed"] and f"open {link}" in waiting["next_steps"][0], waiting
    assert any("until someone allows Odoo to use the mailbox" in text for text in waiting["warnings"])

    # what Odoo does when the person comes back from the service
    odoo_since_17.client.write(MODEL, [done["id"]], {f"{module}_refresh_token": "the-token"})
    used = ensure(odoo_since_17, **options)
    assert used["changed"] and used["next_steps"] == [] and used["diff"]["after"] == "active: yes\n"
    again = ensure(odoo_since_17, **options)
    assert not again["changed"]
    assert not any(secret in str([done, waiting, used, again]) for secret in ("the-token", "the-secret"))


@pytest.mark.parametrize("version", [16, 17, 18])
def test_a_module_is_installed_in_every_version_that_has_it(stand_in: Any, version: int) -> None:
    database = stand_in(version, modules=["mail"])
    options: dict[str, Any] = {
        "authentication": "gmail",
        "username": "sales@company-name.com",
        "verify_certificate": False,
    }
    assert "google_gmail is not installed" in ensure(database, **options)["msg"]
    assert ensure(database, install_modules=True, **options)["changed"]
    again = ensure(database, install_modules=True, **options)
    assert not again["changed"], again


def test_odoo_15_is_told_apart(stand_in: Any) -> None:
    options: dict[str, Any] = {"authentication": "gmail", "username": "sales@company-name.com"}
    assert "came with Odoo 16" in ensure(stand_in(15), install_modules=True, **options)["msg"]


# Odoo 14


def test_odoo_14_takes_a_server_and_warns_that_it_verifies_nothing(odoo14: OdooDatabase) -> None:
    options = {key: value for key, value in FULL.items() if key != "from_filter"}
    before = len(servers(odoo14, "name"))
    planned = ensure(odoo14, check=True, **options)
    done = ensure(odoo14, **options)
    assert planned["diff"] == done["diff"]
    assert any("does not verify certificates of mail servers" in warning for warning in done["warnings"])
    assert len(servers(odoo14, "name")) == before + 1
    assert not ensure(odoo14, **options)["changed"]
    assert ensure(odoo14, verify_certificate=False, **options)["warnings"] == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"authentication": "cli"}, "no choice of authentication"),
        ({"authentication": "gmail", "install_modules": True}, "came with Odoo 16"),
        ({"client_certificate": "junk"}, "only username and password"),
    ],
)
def test_what_odoo_14_lacks_is_refused(odoo14: OdooDatabase, options: dict[str, Any], message: str) -> None:
    assert message in ensure(odoo14, host="smtp.company-name.com", **options)["msg"]


def test_odoo_14_tests_a_connection(odoo14: OdooDatabase, ca: CertificateAuthority) -> None:
    with SmtpServer("starttls", ca.issue("localhost"), "odoo", "correct horse") as smtp:
        done = ensure(odoo14, **reach(smtp, encryption="starttls"))
        assert not done.get("failed"), done
        failed = ensure(odoo14, "Wrong", **reach(smtp, encryption="starttls", priority=11), adopt=False)
        assert "adopt: true" in failed["msg"]
        assert len(smtp.senders) == 1


def test_odoo_14_puts_back_what_fails_its_test_and_says_why(odoo14: OdooDatabase, free_port: Any) -> None:
    ensure(odoo14, host="smtp.company-name.com", username="odoo", password="correct horse")
    failed = ensure(odoo14, host="127.0.0.1", port=free_port(), test_connection=True)
    assert "refused" in failed["msg"] and "previous settings were restored" in failed["msg"]
    assert {"smtp_host": "smtp.company-name.com"} in servers(odoo14, "smtp_host")


@pytest.mark.parametrize(("authentication", "module", "host", "link"), SERVICES)
def test_on_15_a_mailbox_service_is_a_switch_that_a_password_does_not_undo(
    stand_in: Callable[..., StandInDatabase], authentication: str, module: str, host: str, link: str
) -> None:
    odoo15 = stand_in(15, modules=["mail", "mass_mailing", "fetchmail", module])
    mine = {"name": "Mine", "smtp_host": host, "smtp_encryption": "starttls", f"use_{module}_service": True}
    odoo15.client.create("ir.mail_server", [mine])
    failed = ensure(odoo15, name="Mine", adopt=True, username="sales@company-name.com", password="correct horse")
    assert "a password has no effect" in failed["msg"], failed
    assert servers(odoo15, "smtp_pass") == [{"smtp_pass": False}]
    asked = ensure(odoo15, authentication=authentication, username="sales@company-name.com")
    assert f"is a switch of the server (use_{module}_service)" in asked["msg"], asked
