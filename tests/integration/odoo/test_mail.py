# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many companies in one call."""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.aliases import (
    clean_alias,
    clean_default_from,
)
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.odoo_database import OdooDatabase
from ansible_collections.postmaster.mail.tests.support import desired_mail


def ensure(database: OdooDatabase, check: bool = False, **options: Any) -> dict[str, Any]:
    return run_module("odoo_mail", {"odoo": database.options, **options}, check)


def companies(database: OdooDatabase, count: int) -> dict[str, Any]:
    """What so many new companies want: a domain and a server each."""
    return desired_mail.for_companies(created(database, count))


def created(database: OdooDatabase, count: int) -> range:
    database.client.create("res.company", [{"name": f"Company {number}"} for number in range(count)])
    return range(count)


def test_the_calls_do_not_grow_with_the_companies_and_a_second_run_writes_nothing(odoo19: OdooDatabase) -> None:
    desired = companies(odoo19, 30)
    planned = ensure(odoo19, check=True, **desired)
    done = ensure(odoo19, **desired)
    again = ensure(odoo19, **desired)
    assert planned["changed"] and planned["api_writes"] == 0
    assert planned["diff"] == done["diff"]
    assert done["failed_items"] == [] and done["api_writes"] <= 6 and done["api_calls"] <= 20, done["api_calls"]
    assert not again["changed"] and again["api_writes"] == 0, again["diff"]
    assert again["owners"]["company-7.example"] == {
        "changed": False,
        "diff": [],
        "warnings": [],
        "next_steps": [],
        "failed": False,
        "msg": "",
    }
    rows = odoo19.client.search_read("res.company", [("name", "like", "Company ")], ["name", "alias_domain_id"])
    named = {row["name"]: row["alias_domain_id"] and row["alias_domain_id"][1] for row in rows}
    assert all(named[f"Company {number}"] == f"company-{number}.example" for number in range(30))


@pytest.mark.parametrize("count", [10, 1000])
def test_the_calls_do_not_grow_with_the_companies(stand_in: Callable[..., OdooDatabase], count: int) -> None:
    """At most 29 from nothing and 10 without a change, for all that a database can be told at once."""
    database = stand_in(19)
    # Odoo gives its first domain to it, which is undone in a call of its own
    database.create("mail.alias", alias_name="jobs", alias_model_id=database.model_id("res.partner"))
    desired = {**desired_mail.whole_configuration(created(database, count)), "purge": True}
    done, again = ensure(database, **desired), ensure(database, **desired)
    assert done["failed_items"] == [] and done["api_calls"] <= 29, done["api_calls"]
    assert not again["changed"] and again["api_writes"] == 0 and again["api_calls"] <= 10, again["api_calls"]


def test_the_calls_of_a_whole_configuration_are_few(odoo_since_17: OdooDatabase) -> None:
    desired = desired_mail.whole_configuration(created(odoo_since_17, 10))
    planned, done = ensure(odoo_since_17, check=True, **desired), ensure(odoo_since_17, **desired)
    again = ensure(odoo_since_17, **desired)
    assert done["failed_items"] == [] and planned["diff"] == done["diff"], done["owners"]
    assert done["api_calls"] <= 27 and again["api_calls"] <= 10
    assert not again["changed"] and again["api_writes"] == 0, again["diff"]


def test_mailboxes_of_gmail_stay_within_the_calls(odoo19: OdooDatabase) -> None:
    odoo19.company("Company Name SA")
    mailbox = {"name": "Gmail", "username": "me@company-name.com"}
    desired: dict[str, Any] = {
        "alias_domains": [{"name": "company-name.com", "companies": ["Company Name SA"]}],
        "outgoing_mail_servers": [{**mailbox, "authentication": "gmail"}],
        "incoming_mail_servers": [{**mailbox, "type": "gmail", "confirm_login": False}],
        "settings": [{"gmail_client_id": "application", "gmail_client_secret": "battery staple"}],
    }
    first = ensure(odoo19, **desired)
    for option, model in (("outgoing_mail_servers", "ir.mail_server"), ("incoming_mail_servers", "fetchmail.server")):
        done = first[option]["Gmail"]
        assert any("https://accounts.google.com/" in text for text in done["next_steps"])
        odoo19.client.write(model, [done["id"]], {"google_gmail_refresh_token": "granted"})
    assert ensure(odoo19, **desired)["outgoing_mail_servers"]["Gmail"]["changed"], "it is used from now on"
    again = ensure(odoo19, **desired)
    assert not again["changed"] and again["api_calls"] <= 10, again["api_calls"]


def mailing_claims(database: OdooDatabase, *defaults: int) -> dict[str, Any]:
    """Each of three companies claims mass mailing for its server."""
    desired = companies(database, 3)
    desired["settings"] = [
        {
            "owner": f"company-{number}.example",
            "mass_mailing_server": f"Company {number} - relay",
            "mass_mailing_default": number in defaults,
        }
        for number in range(3)
    ]
    return desired


def test_companies_that_claim_mass_mailing_are_named_to_each_other(odoo19: OdooDatabase) -> None:
    done = ensure(odoo19, **mailing_claims(odoo19))
    assert [name for name in done["settings"] if done["settings"][name]["failed"]] == list(done["settings"])
    message = done["owners"]["company-1.example"]["msg"]
    assert "company-0.example (Company 0 - relay) and company-1.example (Company 1 - relay)" in message
    assert "mark one with default: true" in message
    assert len(odoo19.records("ir.mail_server", "name")) == 3, "their servers are there, for their FROM filters"


def test_one_claim_for_mass_mailing_may_be_the_default(odoo: OdooDatabase) -> None:
    desired = mailing_claims(odoo, 1)
    if odoo.client.version <= 16:
        del desired["alias_domains"]
    for server in desired["outgoing_mail_servers"]:
        server["verify_certificate"] = False
    planned, done = ensure(odoo, check=True, **desired), ensure(odoo, **desired)
    assert done["failed_items"] == [], done["owners"]
    assert planned["diff"] == done["diff"]
    held = odoo.client.search_read("ir.config_parameter", [("key", "=", "mass_mailing.mail_server_id")], ["value"])
    assert held[0]["value"] == str(done["outgoing_mail_servers"]["Company 1 - relay"]["id"])
    warnings = done["owners"]["company-2.example"]["warnings"]
    assert any("New mailings start with Company 1 - relay" in warning for warning in warnings)
    assert any("must choose Company 2 - relay themselves" in warning for warning in warnings)
    assert not ensure(odoo, **desired)["changed"]
    # alone, another company does not take the place of a server that is there
    desired["settings"] = desired["settings"][2:]
    refused = ensure(odoo, **desired)["owners"]["company-2.example"]
    assert "start with Company 1 - relay" in refused["msg"] and "default: true" in refused["msg"]


def test_a_server_that_fails_does_not_become_the_one_for_mass_mailing(odoo19: OdooDatabase) -> None:
    desired = companies(odoo19, 1)
    desired["alias_domains"][0]["companies"] = ["Nobody at all"]
    desired["settings"] = [{"owner": "company-0.example", "mass_mailing_server": "Company 0 - relay"}]
    for done in (ensure(odoo19, check=True, **desired), ensure(odoo19, **desired)):
        assert "does not become the server for mass mailing" in done["settings"]["company-0.example"]["msg"]
        assert not done["changed"]


def test_settings_that_two_owners_see_differently_are_nobodys(odoo19: OdooDatabase) -> None:
    settings = [
        {"owner": "a.example", "gmail_client_id": "1", "custom_email_servers": True},
        {"owner": "b.example", "gmail_client_id": "2"},
        {"owner": "c.example", "custom_email_servers": True},
    ]
    done = ensure(odoo19, settings=settings)
    assert done["failed_items"] == ["a.example", "b.example"]
    assert "a.example and b.example request a different Gmail client id (1 and 2)" in done["owners"]["a.example"]["msg"]
    assert done["owners"]["c.example"] == {**done["owners"]["c.example"], "failed": False}


def test_the_settings_and_an_alias_domain_do_not_contradict_each_other(odoo_until_16: OdooDatabase) -> None:
    done = ensure(
        odoo_until_16,
        settings=[{"catchall_domain": "b.example", "custom_email_servers": True}],
        alias_domains=[{"name": "a.example"}],
    )
    assert done["failed_items"] == ["a.example", "the database"] and not done["changed"]


def test_purge_archives_what_is_ours_and_not_desired_and_nothing_else(odoo: OdooDatabase) -> None:
    desired = companies(odoo, 3)["outgoing_mail_servers"]
    made = ensure(odoo, outgoing_mail_servers=desired)["outgoing_mail_servers"]
    foreign = odoo.client.create("ir.mail_server", [{"name": "Of a person", "smtp_host": "smtp.example.net"}])[0]
    model = odoo.client.search_read("ir.model", [("model", "=", "res.partner")], ["model"])[0]["id"]
    used = made["Company 2 - relay"]["id"]
    odoo.client.create("mail.template", [{"name": "Greeting", "model_id": model, "mail_server_id": used}])

    def active() -> set[int]:
        return {row["id"] for row in odoo.client.search_read("ir.mail_server", [], ["name"])}

    assert not ensure(odoo, outgoing_mail_servers=desired[:1])["changed"], "purge is false unless it is said"
    planned = ensure(odoo, check=True, outgoing_mail_servers=desired[:1], purge=True)
    done = ensure(odoo, outgoing_mail_servers=desired[:1], purge=True)
    again = ensure(odoo, outgoing_mail_servers=desired[:1], purge=True)
    assert planned["diff"] == done["diff"] and done["changed"] and not again["changed"]
    assert list(done["purged"]) == ["Company 1 - relay", "Company 2 - relay"]
    assert done["failed_items"] == ["Company 2 - relay"]
    assert 'still used by the mail template "Greeting"' in done["purged"]["Company 2 - relay"]["msg"]
    assert active() == {made["Company 0 - relay"]["id"], used, foreign}


def test_purge_waits_until_mass_mailing_has_another_server(odoo19: OdooDatabase) -> None:
    desired = companies(odoo19, 2)["outgoing_mail_servers"]
    ensure(odoo19, outgoing_mail_servers=desired, settings=[{"mass_mailing_server": "Company 1 - relay"}])
    refused = ensure(odoo19, outgoing_mail_servers=desired[:1], purge=True)
    assert "mass mailing as its default" in refused["purged"]["Company 1 - relay"]["msg"]
    settings = [{"mass_mailing_server": "Company 0 - relay", "mass_mailing_default": True}]
    done = ensure(odoo19, outgoing_mail_servers=desired[:1], settings=settings, purge=True)
    assert done["failed_items"] == [] and done["purged"]["Company 1 - relay"]["changed"]


def test_one_company_that_fails_does_not_stop_the_others(odoo19: OdooDatabase) -> None:
    desired = companies(odoo19, 3)
    desired["alias_domains"][1]["companies"] = ["Nobody at all"]
    done = ensure(odoo19, **desired)
    assert not done.get("failed")
    assert done["failed_items"] == ["company-1.example", "Company 1 - relay"]
    owner = done["owners"]["company-1.example"]
    assert owner["failed"] and not owner["changed"] and "Odoo has no company 'Nobody at all'" in owner["msg"]
    assert done["owners"]["company-0.example"]["changed"] and done["owners"]["company-2.example"]["changed"]
    assert {server["name"] for server in odoo19.records("ir.mail_server", "name")} >= {"Company 2 - relay"}
    assert len(odoo19.records("mail.alias.domain", "name")) == 2


def test_one_company_that_odoo_refuses_does_not_stop_the_others(odoo19: OdooDatabase) -> None:
    """The refusal comes with the write, and takes the whole call with it: it is made again in parts."""
    first = companies(odoo19, 1)
    ensure(odoo19, **first)
    domain = odoo19.client.search_read("mail.alias.domain", [], ["name"])[0]
    model = odoo19.client.search_read("ir.model", [("model", "=", "res.partner")], ["model"])[0]
    odoo19.client.create(
        "mail.alias", [{"alias_name": "taken", "alias_model_id": model["id"], "alias_domain_id": domain["id"]}]
    )
    done = ensure(
        odoo19,
        alias_domains=[
            {"name": "company-0.example", "bounce_alias": "taken", "allow_rename": True},
            {"name": "other.example"},
        ],
    )
    assert done["failed_items"] == ["company-0.example"]
    assert "already used" in done["owners"]["company-0.example"]["msg"]
    assert done["owners"]["other.example"]["changed"]


def test_a_playbook_shows_the_plan_the_change_and_no_change(odoo19: OdooDatabase, tmp_path: Path) -> None:
    tasks = [
        {
            "postmaster.mail.odoo_mail": {"odoo": odoo19.options, **companies(odoo19, 2)},
            "name": "Ensure",
            "register": "mail",
        },
        {"ansible.builtin.debug": {"var": "mail.api_writes"}},
    ]
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": sys.executable},
        "tasks": tasks,
    }
    playbook = tmp_path / "play.yml"
    playbook.write_text(yaml.safe_dump([play]))

    def play_it(*more: str) -> str:
        command = [str(Path(sys.executable).with_name("ansible-playbook")), str(playbook), *more]
        environment = {**os.environ, "ANSIBLE_HOME": str(tmp_path / "home"), "ANSIBLE_LOCALHOST_WARNING": "0"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "correct horse" not in done.stdout + done.stderr
        return done.stdout

    planned, done, again = play_it("--check", "--diff"), play_it("--diff"), play_it("--diff", "-vvv")
    assert "+host: smtp.company-1.example" in planned and "+id: known after apply" in planned
    assert "changed=1" in planned and "changed=1" in done and "changed=0" in again


def test_our_clean_up_is_that_of_odoo(odoo19: OdooDatabase) -> None:
    """Arbitrary text as alias and as default sender, stored in one write of many values and read back."""
    domain = odoo19.client.create("mail.alias.domain", [{"name": "company-name.example"}])[0]

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1))
    def stored_as_we_say(text: str) -> None:
        if not clean_alias(text):
            return  # refused by Odoo, and by us before
        odoo19.client.write(
            "mail.alias.domain", [domain], {"bounce_alias": text, "default_from": text, "catchall_alias": "fixed"}
        )
        held = odoo19.client.search_read("mail.alias.domain", [("id", "=", domain)], ["bounce_alias", "default_from"])[
            0
        ]
        assert held["bounce_alias"] == clean_alias(text), unicodedata.normalize("NFKD", text)
        assert held["default_from"] == clean_default_from(text)

    stored_as_we_say()


def test_new_servers_that_would_do_the_same_are_all_refused_and_others_are_not(odoo: OdooDatabase) -> None:
    relay = {"host": "smtp.company-name.com", "username": "odoo", "password": "correct horse"}
    desired = [{**relay, "name": name, "from_filter": ["a.example"]} for name in ("First", "Second")]
    desired.append({**relay, "name": "Third", "from_filter": ["b.example"]})
    planned = ensure(odoo, check=True, outgoing_mail_servers=desired)
    done = ensure(odoo, outgoing_mail_servers=desired)
    assert planned["failed_items"] == done["failed_items"] == ["First", "Second"]
    assert "'First' and 'Second' would be created with the same host" in done["outgoing_mail_servers"]["First"]["msg"]
    assert [
        row["name"] for row in odoo.client.search_read("ir.mail_server", [("smtp_user", "=", "odoo")], ["name"])
    ] == ["Third"]
