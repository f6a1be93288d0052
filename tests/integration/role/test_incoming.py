# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mail to a domain reaches Odoo in each of the ways that the role knows."""

from __future__ import annotations

from ansible_collections.postmaster.mail.tests.support.rollouts import World, changed

MAILBOX = {
    "name": "catchall",
    "host": "imap.alpha.example",
    "username": "catchall@alpha.example",
    "password": "SECRET-of-the-mailbox",
    "confirm_login": False,
}


def test_each_address_that_odoo_answers_to_is_listed_for_the_mail_server(world: World) -> None:
    world.host(
        "alpha.example", incoming="redirect", incoming_host="gateway.example.net", alias_domain={"bounce_alias": "back"}
    )
    assert world.rollout().code == 0
    database = world.odoo.database
    domain = next(iter(database.tables["mail.alias.domain"]))
    env = database.superuser()
    model = env.search("ir.model", [("model", "=", "res.partner")])[0]
    env.create("mail.alias", [{"alias_name": "sales", "alias_domain_id": domain, "alias_model_id": model}])
    again = world.rollout("--check")
    assert again.code == 0 and changed(again.recap) == {"alpha.example": 0}, again.output
    assert "Have the mail server of alpha.example redirect" in again.output
    for name in ("catchall", "back", "sales"):
        assert f"    {name}@alpha.example -> {name}@gateway.example.net\n" in again.output


def test_odoo_fetches_from_the_mailboxes_of_each_domain(world: World) -> None:
    world.host("alpha.example", incoming="server", incoming_servers=[MAILBOX])
    world.host("beta.example")
    plan, done, again = world.rollout("--check", "--diff"), world.rollout("--diff"), world.rollout()
    assert plan.code == done.code == again.code == 0, done.output
    assert "incoming mail server alpha.example - catchall" in plan.output
    assert "SECRET" not in plan.output + done.output
    assert changed(again.recap) == {"alpha.example": 0, "beta.example": 0}
    servers = world.odoo.database.shown()["fetchmail.server"]
    assert [(server["name"], server["port"]) for server in servers] == [("alpha.example - catchall", 993)]


def test_an_mx_record_leads_a_subdomain_to_odoo(world: World) -> None:
    world.host(
        "mail.alpha.example", incoming="mx", incoming_host="alpha.odoo.com", file="alpha.example", companies=["Alpha"]
    )
    world.host("beta.example", incoming="mx", incoming_host="beta.odoo.com")
    done = world.rollout()
    assert "mail 3600 IN MX 10 alpha.odoo.com." in world.zone("alpha.example"), done.output
    assert "only for a dedicated subdomain" in done.output and done.recap["beta.example"]["failed"]
    assert "MX" not in world.zone("beta.example")
