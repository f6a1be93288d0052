# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mail settings that a database has once."""

from __future__ import annotations

from typing import Any

from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.odoo_database import OdooDatabase

SERVERS = "ir.mail_server"


def ensure(database: OdooDatabase, check: bool = False, **options: Any) -> dict[str, Any]:
    return run_module("odoo_mail_settings", {"odoo": database.options, **options}, check)


def parameter(database: OdooDatabase, key: str) -> str | None:
    rows = database.client.search_read("ir.config_parameter", [("key", "=", key)], ["value"])
    return rows[0]["value"] if rows else None


def server(database: OdooDatabase, name: str) -> int:
    return database.client.create(SERVERS, [{"name": name, "smtp_host": "smtp.example.net"}])[0]


def test_settings_are_made_changed_and_taken_away_as_planned(odoo: OdooDatabase) -> None:
    options: dict[str, Any] = {
        "custom_email_servers": True,
        "allowed_catchall_domains": [" B.example", "a.example"],
        "gmail_client_id": "123.apps.googleusercontent.com",
        "gmail_client_secret": "correct horse",
    }
    planned = ensure(odoo, check=True, **options)
    assert parameter(odoo, "google_gmail_client_id") is None
    done = ensure(odoo, **options)
    again = ensure(odoo, **options)
    assert planned["changed"] and done["changed"] and not again["changed"], (planned, done, again)
    assert planned["diff"] == done["diff"]
    assert "use custom email servers: yes" in done["diff"]["after"]
    assert parameter(odoo, "base_setup.default_external_email_server") == "True"
    assert parameter(odoo, "mail.catchall.domain.allowed") == "b.example,a.example"
    # order and case are no difference
    assert not ensure(odoo, allowed_catchall_domains=["a.example", "B.Example"])["changed"]
    # up to 15, Odoo takes a blank for a part of the domain; since then nobody gets one in
    (row,) = odoo.client.search_read("ir.config_parameter", [("key", "=", "mail.catchall.domain.allowed")], ["key"])
    odoo.client.write("ir.config_parameter", [row["id"]], {"value": "b.example, a.example"})
    assert ensure(odoo, allowed_catchall_domains=["b.example", "a.example"])["changed"] is (odoo.version <= 15)
    gone = ensure(odoo, custom_email_servers=False, allowed_catchall_domains=[], gmail_client_id="")
    assert gone["changed"] and "Gmail client id: (none)" in gone["diff"]["after"]
    assert parameter(odoo, "base_setup.default_external_email_server") is None
    assert parameter(odoo, "google_gmail_client_secret") == "correct horse", "what is not stated stays"


def test_a_secret_is_compared_and_never_shown(odoo: OdooDatabase) -> None:
    ensure(odoo, outlook_client_secret="correct horse")
    done = ensure(odoo, outlook_client_secret="another horse")
    assert (done["diff"]["before"], done["diff"]["after"]) == (
        "Outlook client secret: set\n",
        "Outlook client secret: changed\n",
    )
    assert "horse" not in str(done)


def test_odoo_17_and_newer_ignores_what_its_alias_domains_say(odoo_since_17: OdooDatabase) -> None:
    for option in ("default_from", "catchall_domain", "catchall_alias", "bounce_alias"):
        desired: dict[str, Any] = {option: "company-name.com"}
        refused = ensure(odoo_since_17, **desired)
        assert f"no longer reads {option}" in refused["msg"] and "alias domain" in refused["msg"]


def test_old_versions_have_their_aliases_here(odoo_until_16: OdooDatabase) -> None:
    options: dict[str, Any] = {
        "catchall_domain": "Company-Name.com",
        "catchall_alias": "Catch All",
        "default_from": "Info",
    }
    refused = ensure(odoo_until_16, catchall_domain="company-name.com", bounce_alias=" ")
    assert refused["changed"] and parameter(odoo_until_16, "mail.bounce.alias") is None
    assert "would be lost" in ensure(odoo_until_16, **options)["msg"]
    assert ensure(odoo_until_16, allow_rename=True, **options)["changed"]
    assert not ensure(odoo_until_16, **options)["changed"]
    assert parameter(odoo_until_16, "mail.catchall.alias") == "catch-all"
    assert parameter(odoo_until_16, "mail.default.from") == "info"


def test_a_default_filter_is_what_the_version_takes(odoo: OdooDatabase) -> None:
    version = odoo.client.version
    two = ensure(odoo, default_from_filter=["a.example", "b.example"])
    one = ensure(odoo, default_from_filter=["a.example"])
    if version == 14:
        assert "has no FROM filters" in two["msg"] and one["failed"]
    elif version < 17:
        assert "takes one address or domain" in two["msg"] and one["changed"]
    else:
        assert two["changed"] and one["changed"]
        assert parameter(odoo, "mail.default.from_filter") == "a.example"


def test_mass_mailing_gets_its_server_by_name_or_id_and_loses_it_again(odoo: OdooDatabase) -> None:
    first, second = server(odoo, "First"), server(odoo, "Second")
    done = ensure(odoo, mass_mailing_server="First")
    assert "server for mass mailing: First" in done["diff"]["after"]
    assert parameter(odoo, "mass_mailing.mail_server_id") == str(first)
    assert parameter(odoo, "mass_mailing.outgoing_mail_server") == "True"
    assert not ensure(odoo, mass_mailing_server=str(first))["changed"]
    assert ensure(odoo, mass_mailing_server=second)["changed"]
    assert ensure(odoo, mass_mailing_server=False)["changed"]
    assert parameter(odoo, "mass_mailing.mail_server_id") is None
    assert not ensure(odoo, mass_mailing_server=False)["changed"]


def test_new_mailings_start_with_the_server_for_mass_mailing(odoo19: OdooDatabase) -> None:
    server(odoo19, "Other")
    wanted = server(odoo19, "For mailings")
    ensure(odoo19, mass_mailing_server="For mailings")
    started = odoo19.client.call("mailing.mailing", "default_get", fields=["mail_server_id"])
    assert started["mail_server_id"] == wanted


def test_a_server_for_mass_mailing_that_is_gone_is_told_and_replaced(odoo: OdooDatabase) -> None:
    gone = server(odoo, "Gone")
    server(odoo, "There")
    ensure(odoo, mass_mailing_server="Gone")
    odoo.client.unlink(SERVERS, [gone])
    told = ensure(odoo, custom_email_servers=True)
    assert any(f"the number {gone}, which no longer exists" in warning for warning in told["warnings"])
    repaired = ensure(odoo, mass_mailing_server="There")
    assert f"server for mass mailing: {gone}, which no longer exists" in repaired["diff"]["before"]
    assert not ensure(odoo, mass_mailing_server="There")["warnings"]


def test_mass_mailing_cannot_use_what_is_not_there_or_not_one(odoo: OdooDatabase) -> None:
    server(odoo, "Twice")
    second = server(odoo, "Twice")
    archived = server(odoo, "Archived")
    odoo.client.write(SERVERS, [archived], {"active": False})
    assert "no outgoing mail server 'Nobody'" in ensure(odoo, mass_mailing_server="Nobody")["msg"]
    assert f"{second}: give the id" in ensure(odoo, mass_mailing_server="Twice")["msg"]
    assert "is archived" in ensure(odoo, mass_mailing_server="Archived")["msg"]
    assert parameter(odoo, "mass_mailing.mail_server_id") is None


def test_an_ordinary_user_is_told_which_right_is_missing(odoo: OdooDatabase) -> None:
    refused = run_module("odoo_mail_settings", {"odoo": odoo.user("clerk"), "custom_email_servers": True})
    assert "Administration: Settings (base.group_system)" in refused["msg"]
