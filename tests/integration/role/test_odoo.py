# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role makes of a host's variables in Odoo, whatever its version."""

from __future__ import annotations

from typing import Any

from ansible_collections.postmaster.mail.tests.support.rollouts import World, changed, failed_only

RELAY = {"name": "relay", "host": "smtp.alpha.example", "username": "odoo", "password": "SECRET-of-the-relay"}
ADDRESS = "notifications@alpha.example"


def mailing(domain: str, **more: Any) -> dict[str, Any]:
    return {"name": "mailings", "host": f"smtp.{domain}", "use": "mass_mailing", **more}


def held(world: World, model: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = world.odoo.database.shown().get(model, [])
    return rows


def parameters(world: World) -> dict[str, str]:
    return {row["key"]: row["value"] for row in held(world, "ir.config_parameter")}


def test_the_inventory_of_one_company_works_unchanged_on_old_versions(old_world: World) -> None:
    companies = [row["name"] for row in held(old_world, "res.company")]
    old_world.host("alpha.example", companies=companies, senders=[RELAY, {"service": "odoo"}])
    planned, first = old_world.rollout("--check", "--diff"), old_world.rollout("--diff")
    assert first.code == 0, first.output
    assert sorted(planned.diffs) == sorted(first.diffs)
    assert "+ catchall domain: alpha.example" in first.diffs
    assert changed(first.recap) == {"alpha.example": 1}
    assert parameters(old_world)["mail.catchall.domain"] == "alpha.example"
    assert [row["name"] for row in held(old_world, "ir.mail_server")] == ["alpha.example - relay"]
    assert changed(old_world.rollout().recap) == {"alpha.example": 0}


def test_one_address_for_all_mail_is_the_default_sender_and_the_only_filter(world: World) -> None:
    world.host("alpha.example", senders=[RELAY], single_sender=ADDRESS)
    done = world.rollout()
    assert done.code == 0, done.output
    assert [row["default_from"] for row in held(world, "mail.alias.domain")] == [ADDRESS]
    assert [row["from_filter"] for row in held(world, "ir.mail_server")] == [ADDRESS]


def test_one_address_for_all_mail_needs_no_server_of_ones_own(world: World) -> None:
    companies = [row["name"] for row in held(world, "res.company")]
    world.host("alpha.example", companies=companies, senders=[{"service": "odoo"}], single_sender=ADDRESS)
    planned, done = world.rollout("--check", "--diff"), world.rollout("--diff")
    assert done.code == 0, done.output
    assert sorted(planned.diffs) == sorted(done.diffs)
    assert parameters(world)["mail.default.from_filter"] == ADDRESS
    assert changed(world.rollout().recap) == {"alpha.example": 0}


def test_one_address_for_all_mail_is_a_system_parameter_in_old_versions(old_world: World) -> None:
    old_world.host("alpha.example", companies=[], senders=[RELAY], single_sender=ADDRESS)
    done = old_world.rollout()
    assert done.code == 0, done.output
    if "from_filter" in held(old_world, "ir.mail_server")[0]:
        assert parameters(old_world)["mail.default.from"] == ADDRESS
        assert parameters(old_world)["mail.default.from_filter"] == ADDRESS
        assert [row["from_filter"] for row in held(old_world, "ir.mail_server")] == [ADDRESS]
    else:
        assert parameters(old_world)["mail.default.from"] == "notifications"
        assert "cannot send all mail from one address" in " ".join(done.output.split())


def test_two_domains_that_claim_mass_mailing_are_named_and_one_may_be_the_default(world: World) -> None:
    for domain in ("alpha.example", "beta.example"):
        world.host(domain, senders=[mailing(domain)])
    refused = world.rollout()
    assert failed_only(refused.recap) == ["alpha.example", "beta.example"]
    said = " ".join(refused.output.split())
    assert "alpha.example (alpha.example - mailings) and beta.example (beta.example - mailings)" in said
    assert "mass_mailing.mail_server_id" not in parameters(world)
    world.hosts["beta.example"]["custom_domain_senders"] = [mailing("beta.example", default=True)]
    done = world.rollout()
    assert done.code == 0, done.output
    chosen = {str(row["id"]): row["name"] for row in held(world, "ir.mail_server")}
    assert chosen[parameters(world)["mass_mailing.mail_server_id"]] == "beta.example - mailings"
    assert "must choose alpha.example - mailings themselves" in " ".join(done.output.split())
    assert changed(world.rollout().recap) == {"alpha.example": 0, "beta.example": 0}


def test_settings_are_said_once_for_all_hosts(world: World) -> None:
    world.common["custom_domain_mail_settings"] = {"custom_email_servers": True, "gmail_client_secret": "SECRET-word"}
    world.host("alpha.example")
    world.host("beta.example")
    done = world.rollout("--diff")
    assert done.code == 0, done.output
    assert "SECRET-word" not in done.output
    assert parameters(world)["base_setup.default_external_email_server"] == "True"
    assert done.output.count("use custom email servers: yes") == 1
