# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user may not write is refused in check mode as it is in apply."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.odoo_database import OdooDatabase

MODULES: dict[str, dict[str, Any]] = {
    "odoo_alias_domain": {"name": "company-name.com", "assign_to_all": True},
    "odoo_outgoing_mail_server": {"name": "Relay", "host": "smtp.company-name.com"},
    "odoo_incoming_mail_server": {
        "name": "In",
        "host": "imap.company-name.com",
        "username": "odoo",
        "password": "secret",
    },
    "odoo_mail_settings": {"custom_email_servers": True},
}
GROUPS = {"nobody": (), "mailer": ("mass_mailing.group_mass_mailing_user",), "manager": ("base.group_erp_manager",)}


@pytest.mark.parametrize("login", GROUPS)
def test_check_mode_refuses_what_apply_refuses(odoo: OdooDatabase, login: str) -> None:
    user = odoo.user(login, *GROUPS[login])
    for module, options in MODULES.items():
        planned = run_module(module, {"odoo": user, **options}, check=True)
        done = run_module(module, {"odoo": user, **options})
        assert bool(planned.get("failed")) is bool(done.get("failed")), (module, planned, done)
        if done.get("failed"):
            assert "give it the access right Administration: " in planned["msg"]
            assert planned["msg"].partition(" Odoo said: ")[0] == done["msg"].partition(" Odoo said: ")[0]


@pytest.mark.parametrize("login", ["nobody", "manager"])
def test_who_may_not_write_alias_domains_is_told_so_in_check_mode(odoo_since_17: OdooDatabase, login: str) -> None:
    user = odoo_since_17.user(login, *GROUPS[login])
    own = odoo_since_17.client.search_read("res.company", [], ["name"])[0]["name"]
    odoo = {"odoo": user, "name": "company-name.com"}
    told = run_module("odoo_alias_domain", {**odoo, "assign_to_all": True}, check=True)
    assert ("base.group_erp_manager" in told.get("msg", "")) is (login == "nobody")
    run_module("odoo_alias_domain", {**odoo, "odoo": odoo_since_17.options, "assign_to_all": True})
    for options in ({"bounce_alias": "back", "allow_rename": True, "companies": [own]}, {"state": "absent"}):
        told = run_module("odoo_alias_domain", {**odoo, **options}, check=True)
        assert bool(told.get("failed")) is (login == "nobody"), told


def test_a_first_domain_that_aliases_are_kept_from_is_not_begun_without_the_right(odoo_since_17: OdooDatabase) -> None:
    alias = {"alias_name": "sales", "alias_model_id": odoo_since_17.model_id("res.partner")}
    odoo_since_17.create("mail.alias", **alias)
    odoo_since_17.company("Company Name SA")
    user = odoo_since_17.user("manager", *GROUPS["manager"])
    wanted = {"odoo": user, "name": "company-name.com", "companies": ["Company Name SA"]}
    for check in (True, False):
        refused = run_module("odoo_alias_domain", wanted, check=check)
        assert refused.get("failed") and "may not use mail.alias:" in refused["msg"], refused
    assert odoo_since_17.records("mail.alias.domain", "name") == []
