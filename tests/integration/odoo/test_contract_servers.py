# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Odoo itself does with mail servers and parameters, on the stand-in and on the real servers alike."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.servers.odoo_database import OdooDatabase
from ansible_collections.postmaster.mail.tests.servers.smtp import SmtpServer
from ansible_collections.postmaster.mail.tests.support.odoo_rpc import Rpc, refusal

SERVER, PARAMETER, INCOMING = "ir.mail_server", "ir.config_parameter", "fetchmail.server"


@pytest.fixture
def rpc(odoo: OdooDatabase) -> Rpc:
    return Rpc(odoo.version, odoo.options)


@pytest.fixture
def rpc19(odoo19: OdooDatabase) -> Rpc:
    return Rpc(19, odoo19.options)


def server(rpc: Rpc, name: str = "Relay", **values: Any) -> int:
    return int(rpc(SERVER, "create", {"name": name, "smtp_host": "smtp.example.net", **values}))


def model_id(rpc: Rpc, model: str = "res.partner") -> int:
    return int(rpc("ir.model", "search", [["model", "=", model]])[0])


# Outgoing mail servers


def test_a_new_server_has_the_defaults_of_its_version(odoo: OdooDatabase, rpc: Rpc) -> None:
    held = rpc(SERVER, "read", [server(rpc)])[0]
    assert (held["active"], held["sequence"], held["smtp_port"], held["smtp_encryption"]) == (True, 10, 25, "none")
    assert (held["smtp_user"], held["smtp_pass"], held["display_name"]) == (False, False, "Relay")
    if odoo.version >= 15:
        assert (held["smtp_authentication"], held["from_filter"]) == ("login", False)
    else:
        assert "smtp_authentication" not in held and "from_filter" not in held
    assert ("max_email_size" in held) is (odoo.version >= 18)
    assert ("owner_user_id" in held) is (odoo.version >= 19)
    choices = [value for value, dummy in rpc(SERVER, "fields_get", ["smtp_encryption"])["smtp_encryption"]["selection"]]
    strict = ["starttls_strict", "ssl_strict"] if odoo.version >= 19 else []
    assert sorted(choices) == sorted(["none", "starttls", "ssl", *strict])


def test_values_are_stored_as_they_are(odoo: OdooDatabase, rpc: Rpc) -> None:
    ids = [server(rpc, "Twice"), server(rpc, "Twice", smtp_port=99999, smtp_user="", smtp_pass="open sesame")]
    held = rpc(SERVER, "read", ids, ["name", "smtp_port", "smtp_user", "smtp_pass"])
    assert [row["name"] for row in held] == ["Twice", "Twice"], "names are not unique"
    assert (held[1]["smtp_port"], held[1]["smtp_user"], held[1]["smtp_pass"]) == (99999, "", "open sesame")
    if odoo.version >= 17:
        for text in (" A.example , *.b.example", "", False):
            rpc(SERVER, "write", ids[:1], {"from_filter": text})
            assert rpc(SERVER, "read", ids[:1], ["from_filter"])[0]["from_filter"] == text


def used_server(rpc: Rpc) -> int:
    """Used by a template, a mailing, and the default of mass mailing."""
    key = server(rpc)
    partner = model_id(rpc)
    rpc("mail.template", "create", {"name": "Greeting", "model_id": partner, "mail_server_id": key})
    values = {"subject": "News", "mailing_model_id": partner, "email_from": "a@b.example", "mail_server_id": key}
    rpc("mailing.mailing", "create", values)
    rpc(PARAMETER, "set_param", "mass_mailing.mail_server_id", str(key))
    return key


def test_a_used_server_is_not_archived_since_16(odoo: OdooDatabase, rpc: Rpc) -> None:
    used, other = used_server(rpc), server(rpc, "Other")
    if odoo.version <= 15:
        assert rpc(SERVER, "write", [other, used], {"active": False})
        return
    message = refusal(rpc, SERVER, "write", [other, used], {"active": False})
    assert message.startswith(
        "UserError: You cannot archive this Outgoing Mail Server (Relay) because it is still used in the following "
        "case(s):\n- "
    )
    assert set(message.partition("- ")[2].split("\n- ")) == {
        "Greeting (Email Template)",
        "Email Marketing uses it as its default mail server to send mass mailings",
        'Mass Mailing "News"',
    }
    assert rpc(SERVER, "read", [other], ["active"])[0]["active"], "nothing of the call is done"
    if odoo.version < 17:
        return
    held = rpc(SERVER, "read", [used], ["mail_template_ids", "active_mailing_ids"])[0]
    assert [len(held["mail_template_ids"]), len(held["active_mailing_ids"])] == [1, 1]


def test_a_used_server_is_deleted_without_a_word(rpc: Rpc) -> None:
    used = used_server(rpc)
    assert rpc(SERVER, "unlink", [used]) is True
    assert not rpc("mail.template", "search", [["mail_server_id", "!=", False]])
    assert not rpc("mailing.mailing", "search", [["mail_server_id", "!=", False]])
    assert rpc(PARAMETER, "get_param", "mass_mailing.mail_server_id") == str(used), "it points to nothing from now on"


def test_a_new_mailing_takes_the_default_server(rpc: Rpc) -> None:
    key = server(rpc)
    values = {"subject": "News", "mailing_model_id": model_id(rpc), "email_from": "a@b.example"}
    before = rpc("mailing.mailing", "create", values)
    rpc(PARAMETER, "set_param", "mass_mailing.mail_server_id", str(key))
    after = rpc("mailing.mailing", "create", values)
    held = {row["id"]: row["mail_server_id"] for row in rpc("mailing.mailing", "search_read", [], ["mail_server_id"])}
    assert held == {before: False, after: [key, "Relay"]}


def test_a_certificate_needs_its_key_and_encryption(odoo19: OdooDatabase, rpc19: Rpc, ca: CertificateAuthority) -> None:
    values: dict[str, Any] = {"name": "Relay", "smtp_authentication": "certificate"}
    message = refusal(rpc19, SERVER, "create", values)
    assert message.startswith("ValidationError") and "requires a TLS transport" in message
    values["smtp_encryption"] = "starttls"
    assert refusal(rpc19, SERVER, "create", values) == "UserError: SSL private key is missing for Relay."
    pair = ca.issue("odoo.example.net")
    values["smtp_ssl_private_key"] = base64.b64encode(pair.key.read_bytes()).decode()
    assert refusal(rpc19, SERVER, "create", values) == "UserError: SSL certificate is missing for Relay."
    values["smtp_ssl_certificate"] = base64.b64encode(pair.certificate.read_bytes()).decode()
    held = rpc19(SERVER, "read", [rpc19(SERVER, "create", values)], ["smtp_ssl_private_key"])[0]
    assert held["smtp_ssl_private_key"] == values["smtp_ssl_private_key"]


@pytest.mark.parametrize("service", ["gmail", "outlook"])
def test_a_token_needs_starttls_and_a_name_and_no_password(rpc19: Rpc, service: str) -> None:
    values: dict[str, Any] = {"name": "Relay", "smtp_authentication": service, "smtp_encryption": "starttls_strict"}
    assert "Incorrect Connection Security" in refusal(rpc19, SERVER, "create", values)
    values["smtp_encryption"] = "starttls"
    assert 'Please fill the "Username" field' in refusal(rpc19, SERVER, "create", values)
    values["smtp_user"] = "boss@example.net"
    secret = {"smtp_pass": "x"}
    assert refusal(rpc19, SERVER, "create", {**values, **secret}).startswith(
        "UserError: Please leave the password field"
    )
    assert rpc19(SERVER, "create", values) > 0


def test_the_consent_pages_of_19_can_be_read_of_one_server_at_a_time_only(rpc19: Rpc) -> None:
    ids = [server(rpc19), server(rpc19, "Other")]
    for field in ("google_gmail_uri", "microsoft_outlook_uri"):
        assert "Expected singleton" in refusal(rpc19, SERVER, "read", ids, [field])
        assert rpc19(SERVER, "read", ids[:1], [field]) == [{"id": ids[0], field: False}]


def test_a_module_brings_its_choices_and_takes_them_away(rpc19: Rpc) -> None:
    values = {"smtp_authentication": "gmail", "smtp_encryption": "starttls", "smtp_user": "boss@example.net"}
    key = server(rpc19, **values)

    def brought() -> tuple[bool, bool]:
        fields = rpc19(SERVER, "fields_get")
        choices = [value for value, dummy in fields["smtp_authentication"]["selection"]]
        return "gmail" in choices, "google_gmail_uri" in fields

    module = rpc19("ir.module.module", "search", [["name", "=", "google_gmail"]])
    assert brought() == (True, True)
    rpc19("ir.module.module", "button_immediate_uninstall", module)
    assert brought() == (False, False)
    held = {"id": key, "smtp_authentication": "login", "active": True}
    assert rpc19(SERVER, "read", [key], ["smtp_authentication", "active"]) == [held], "it is still used"
    assert "Wrong value" in refusal(rpc19, SERVER, "write", [key], {"smtp_authentication": "gmail"})
    rpc19("ir.module.module", "button_immediate_install", module)
    assert brought() == (True, True)
    assert rpc19("ir.module.module", "read", module, ["state"])[0]["state"] == "installed"


def test_a_personal_server_is_one_for_each_user_and_holds_its_address(rpc19: Rpc) -> None:
    own = server(rpc19, "Personal", owner_user_id=2, smtp_user="me@a.example", from_filter="me@a.example")
    assert "owner_user_id must be unique" in refusal(
        rpc19, SERVER, "create", {"name": "Another", "owner_user_id": 2, "smtp_user": "x", "from_filter": "x@a.example"}
    )
    domain = {"name": "a.example", "default_from": "me@a.example"}
    message = refusal(rpc19, "mail.alias.domain", "create", domain)
    assert message == "UserError: A personal mail server is using that address, you can not use it."
    assert rpc19("mail.alias.domain", "create", {"name": "a.example"}) > 0
    assert rpc19(SERVER, "read", [own], ["owner_user_id"])[0]["owner_user_id"] == [2, "Administrator"]


def test_the_connection_test_says_how_it_went(odoo: OdooDatabase, rpc: Rpc, free_port: Any) -> None:
    gone = server(rpc, smtp_host="127.0.0.1", smtp_port=free_port())
    if odoo.version >= 17:
        rpc(SERVER, "write", [gone], {"from_filter": "a.example"})
    message = refusal(rpc, SERVER, "test_smtp_connection", [gone])
    assert message.startswith("UserError: Connection Test Failed! Here is what we got instead:\n ")
    assert "Connection refused" in message
    nobody = Rpc(odoo.version, odoo.user("nobody"))
    error = "AccessError: " if odoo.version >= 19 else "UserError: "
    assert refusal(nobody, SERVER, "test_smtp_connection", [gone]).startswith(error)
    with SmtpServer("none", None, "odoo", "correct horse") as smtp:
        wrong = {"smtp_host": smtp.host, "smtp_port": smtp.port, "smtp_user": "odoo", "smtp_pass": "wrong horse"}
        rpc(SERVER, "write", [gone], wrong)
        assert refusal(rpc, SERVER, "test_smtp_connection", [gone]).startswith("UserError: ")
        rpc(SERVER, "write", [gone], {"smtp_pass": "correct horse"})
        done = rpc(SERVER, "test_smtp_connection", [gone])
        assert done["tag"] == "display_notification" and "Connection Test Succe" in str(done["params"])
        assert smtp.senders == ["odoo@a.example" if odoo.version >= 17 else "admin@example.com"]


def test_without_an_address_19_has_nobody_to_test_as(rpc19: Rpc) -> None:
    message = refusal(rpc19, SERVER, "test_smtp_connection", [server(rpc19)])
    assert message.startswith("UserError: Please configure an email on the current user")


# Incoming mail servers


@pytest.mark.parametrize("service", ["gmail", "outlook"])
def test_an_incoming_server_with_a_token_needs_ssl(rpc19: Rpc, service: str) -> None:
    values: dict[str, Any] = {"name": "Inbox", "server_type": service, "user": "boss@example.net"}
    assert refusal(rpc19, INCOMING, "create", values) == "UserError: SSL is required for server \u201cInbox\u201d."
    assert rpc19(INCOMING, "create", {**values, "is_ssl": True}) > 0


def test_a_new_incoming_server_is_a_draft(odoo: OdooDatabase, rpc: Rpc, free_port: Any) -> None:
    key = rpc(INCOMING, "create", {"name": "Inbox", "server": "127.0.0.1", "user": "odoo", "password": "open sesame"})
    held = rpc(INCOMING, "read", [key])[0]
    kind = "imap" if odoo.version in (16, 18, 19) else "pop"
    assert (held["state"], held["server_type"], held["port"], held["is_ssl"]) == ("draft", kind, 0, False)
    assert (held["active"], held["attach"], held["original"], held["priority"]) == (True, True, False, 5)
    assert (held["password"], held["object_id"]) == ("open sesame", False)
    rpc(INCOMING, "write", [key], {"port": free_port()})
    message = refusal(rpc, INCOMING, "button_confirm_login", [key])
    assert message.startswith("UserError: Connection test failed: ") and "refused" in message
    rpc(INCOMING, "write", [key], {"state": "done"})
    assert rpc(INCOMING, "read", [key], ["state"])[0]["state"] == "done"
    assert rpc(INCOMING, "set_draft", [key]) is True
    assert rpc(INCOMING, "read", [key], ["state"])[0]["state"] == "draft"
    local = rpc(INCOMING, "create", {"name": "Local", "server_type": "local"})
    assert refusal(rpc, INCOMING, "button_confirm_login", [local]).startswith("UserError: Connection test failed: ")


# System parameters and settings


def test_setting_a_parameter_gives_the_former_value(rpc: Rpc) -> None:
    def change(value: Any) -> Any:
        return rpc(PARAMETER, "set_param", "a.b", value)

    assert [change("5"), change(True), change(""), change(None), change(False)] == [False, "5", "True", "", False]
    assert rpc(PARAMETER, "get_param", "a.b") is False and rpc(PARAMETER, "get_param", "a.b", "c") == "c"
    rpc(PARAMETER, "create", {"key": "a.b", "value": "1"})
    message = refusal(rpc, PARAMETER, "create", {"key": "a.b", "value": "2"})
    assert message.startswith("ValidationError: ") and ("unique" in message or "uniq" in message)


def test_the_parameters_of_the_mail_addresses_are_cleaned(odoo: OdooDatabase, rpc: Rpc) -> None:
    given = {
        "mail.catchall.alias": "Catch All",
        "mail.bounce.alias": "Zoë Bounce",
        "mail.catchall.domain": "A.example",
    }
    for key, value in given.items():
        rpc(PARAMETER, "set_param", key, value)
    held = {key: rpc(PARAMETER, "get_param", key) for key in given}
    if odoo.version <= 16:
        cleaned = {"mail.catchall.alias": "catch-all", "mail.bounce.alias": "zoe-bounce"}
        assert held == {**cleaned, "mail.catchall.domain": "A.example"}
        message = refusal(rpc, PARAMETER, "set_param", "mail.bounce.alias", "Catch-All")
        assert message == "UserError: The e-mail alias is already used. Please enter another one."
    else:
        assert held == given, "nobody reads them any more"


def test_the_allowed_domains_are_cleaned(odoo: OdooDatabase, rpc: Rpc) -> None:
    key = "mail.catchall.domain.allowed"
    rpc(PARAMETER, "set_param", key, " Hello.example , b.example,")
    if odoo.version <= 15:
        assert rpc(PARAMETER, "get_param", key) == " Hello.example , b.example,"
        return
    assert rpc(PARAMETER, "get_param", key) == "hello.example,b.example"
    assert "cannot be validated" in refusal(rpc, PARAMETER, "set_param", key, " ")


def test_the_settings_page_keeps_its_values_as_parameters(rpc: Rpc) -> None:
    key = server(rpc)
    values = {
        "external_email_server_default": True,
        "mass_mailing_outgoing_mail_server": True,
        "mass_mailing_mail_server_id": key,
    }
    page = rpc("res.config.settings", "create", values)
    rpc("res.config.settings", "execute", [page])
    names = (
        "base_setup.default_external_email_server",
        "mass_mailing.outgoing_mail_server",
        "mass_mailing.mail_server_id",
    )
    assert [rpc(PARAMETER, "get_param", name) for name in names] == ["True", "True", str(key)]
    page = rpc("res.config.settings", "create", {"external_email_server_default": False})
    rpc("res.config.settings", "execute", [page])
    assert [rpc(PARAMETER, "get_param", name) for name in names] == [False, "True", str(key)]
