# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alias domains in a real Odoo 19."""

from __future__ import annotations

from typing import Any

from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.odoo_lab import OdooDatabase


def ensure(database: OdooDatabase, name: str, check: bool = False, **options: Any) -> dict[str, Any]:
    return run_module("odoo_alias_domain", {"odoo": database.options, "name": name, **options}, check)


def domain_of(database: OdooDatabase) -> dict[str, str | None]:
    """The alias domain of each company, by its name."""
    rows = database.client.search_read("res.company", [], ["name", "alias_domain_id"], archived=True)
    return {row["name"]: row["alias_domain_id"][1] if row["alias_domain_id"] else None for row in rows}


def test_a_new_alias_domain_is_for_the_listed_company_only_and_a_second_run_changes_nothing(
    odoo19: OdooDatabase,
) -> None:
    odoo19.company("Company Name SA")
    odoo19.company("Other Name SRL")
    aliases = odoo19.client.call("mail.alias", "search_count", domain=[("alias_domain_id", "=", False)])
    options: dict[str, Any] = {"bounce_alias": "bounce", "companies": ["Company Name SA"]}

    planned = ensure(odoo19, "company-name.com", check=True, **options)
    done = ensure(odoo19, "company-name.com", **options)
    again = ensure(odoo19, "company-name.com", **options)

    assert planned["changed"] and done["changed"] and not again["changed"], (planned, done, again)
    assert planned["diff"] == done["diff"]
    assert "company Company Name SA: company-name.com" in done["diff"]["after"]
    assert "company Other Name SRL: (none), kept" in done["diff"]["after"]
    domains = domain_of(odoo19)
    assert domains.pop("Company Name SA") == "company-name.com"
    assert set(domains.values()) == {None}
    assert odoo19.client.call("mail.alias", "search_count", domain=[("alias_domain_id", "=", False)]) == aliases


def test_the_check_of_a_new_alias_domain_writes_nothing(odoo19: OdooDatabase) -> None:
    ensure(odoo19, "company-name.com", check=True, assign_to_all=True)
    assert odoo19.records("mail.alias.domain", "name") == []


def test_the_first_alias_domain_goes_to_everyone_if_asked_for(odoo19: OdooDatabase) -> None:
    odoo19.company("Company Name SA")
    assert ensure(odoo19, "company-name.com", assign_to_all=True)["changed"]
    assert set(domain_of(odoo19).values()) == {"company-name.com"}
    assert not ensure(odoo19, "company-name.com", assign_to_all=True)["changed"]


def test_a_company_moves_from_another_alias_domain_and_the_diff_shows_it(odoo19: OdooDatabase) -> None:
    odoo19.company("Company Name SA")
    ensure(odoo19, "old-name.com", companies=["Company Name SA"])
    done = ensure(odoo19, "company-name.com", companies=["Company Name SA"])
    assert "company Company Name SA: old-name.com" in done["diff"]["before"]
    assert domain_of(odoo19)["Company Name SA"] == "company-name.com"
    assert not ensure(odoo19, "company-name.com", companies=["Company Name SA"])["changed"]


def test_values_that_odoo_rewrites_converge(odoo19: OdooDatabase) -> None:
    options: dict[str, Any] = {
        "bounce_alias": "Zoë Bounce",
        "catchall_alias": "all@elsewhere.example",
        "default_from": "Hello World",
    }
    assert ensure(odoo19, "Company-Name.COM", **options)["changed"]
    assert odoo19.records("mail.alias.domain", "name", "bounce_alias", "catchall_alias", "default_from") == [
        {
            "name": "company-name.com",
            "bounce_alias": "zoe-bounce",
            "catchall_alias": "all",
            "default_from": "hello-world",
        }
    ]
    assert not ensure(odoo19, "Company-Name.COM", **options)["changed"]


def test_an_alias_is_renamed_only_if_allowed(odoo19: OdooDatabase) -> None:
    ensure(odoo19, "company-name.com")
    refused = ensure(odoo19, "company-name.com", bounce_alias="returns")
    assert refused["failed"]
    assert "bounce@company-name.com would be lost" in refused["msg"] and "allow_rename" in refused["msg"]
    assert ensure(odoo19, "company-name.com", bounce_alias="returns", allow_rename=True)["changed"]


def test_a_whole_address_as_default_sender_needs_a_word(odoo19: OdooDatabase) -> None:
    address = "Info@company-name.com"
    assert "override_all_senders" in ensure(odoo19, "company-name.com", default_from=address)["msg"]
    assert ensure(odoo19, "company-name.com", default_from=address, override_all_senders=True)["changed"]
    assert not ensure(odoo19, "company-name.com", default_from=address, override_all_senders=True)["changed"]


def test_a_company_that_does_not_exist_is_refused_with_a_near_name(odoo19: OdooDatabase) -> None:
    odoo19.company("Company Name SA")
    refused = ensure(odoo19, "company-name.com", companies=["Company Name"])
    assert refused["msg"] == "Odoo has no company 'Company Name': did you mean Company Name SA or My Company?"
    assert odoo19.records("mail.alias.domain", "name") == []


def test_an_unused_alias_domain_is_deleted(odoo19: OdooDatabase) -> None:
    ensure(odoo19, "company-name.com")
    ensure(odoo19, "former-name.com")
    assert ensure(odoo19, "former-name.com", state="absent")["changed"]
    assert odoo19.records("mail.alias.domain", "name") == [{"name": "company-name.com"}]
    assert not ensure(odoo19, "former-name.com", state="absent")["changed"]


def test_an_alias_domain_in_use_is_not_deleted(odoo19: OdooDatabase) -> None:
    ensure(odoo19, "company-name.com")
    domain = odoo19.client.search_read("mail.alias.domain", [], ["name"])[0]
    model = odoo19.client.search_read("ir.model", [("model", "=", "res.partner")], ["model"])[0]
    odoo19.client.create(
        "mail.alias", [{"alias_name": "sales", "alias_model_id": model["id"], "alias_domain_id": domain["id"]}]
    )
    refused = ensure(odoo19, "company-name.com", state="absent")
    assert "still used by the mail aliases sales@company-name.com" in refused["msg"]


def test_a_name_in_other_letters_is_the_same_domain_and_becomes_lower_case(odoo19: OdooDatabase) -> None:
    odoo19.client.create("mail.alias.domain", [{"name": "Company-Name.com"}])
    assert ensure(odoo19, "company-name.com")["changed"]
    assert odoo19.records("mail.alias.domain", "name") == [{"name": "company-name.com"}]


def test_a_domain_of_odoo_is_refused(odoo19: OdooDatabase) -> None:
    assert "belongs to Odoo" in ensure(odoo19, "company.odoo.com")["msg"]


def test_odoo_14_has_no_alias_domains(odoo14: OdooDatabase) -> None:
    assert "Odoo 14 has no alias domains" in ensure(odoo14, "company-name.com")["msg"]
