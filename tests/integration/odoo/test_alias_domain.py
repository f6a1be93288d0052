# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alias domains in Odoo 17 and newer, and what stands for them before."""

from __future__ import annotations

from typing import Any

from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.odoo_database import OdooDatabase
from ansible_collections.postmaster.mail.tests.servers.odoo_lab import RealDatabase


def ensure(database: OdooDatabase, name: str, check: bool = False, **options: Any) -> dict[str, Any]:
    return run_module("odoo_alias_domain", {"odoo": database.options, "name": name, **options}, check)


def domain_of(database: OdooDatabase) -> dict[str, str | None]:
    """The alias domain of each company, by its name."""
    rows = database.client.search_read("res.company", [], ["name", "alias_domain_id"], archived=True)
    return {row["name"]: row["alias_domain_id"][1] if row["alias_domain_id"] else None for row in rows}


def test_a_new_alias_domain_is_for_the_listed_company_only_and_a_second_run_changes_nothing(
    odoo_since_17: OdooDatabase,
) -> None:
    odoo_since_17.company("Company Name SA")
    odoo_since_17.company("Other Name SRL")
    aliases = odoo_since_17.client.call("mail.alias", "search_count", domain=[("alias_domain_id", "=", False)])
    options: dict[str, Any] = {"bounce_alias": "bounce", "companies": ["Company Name SA"]}

    planned = ensure(odoo_since_17, "company-name.com", check=True, **options)
    done = ensure(odoo_since_17, "company-name.com", **options)
    again = ensure(odoo_since_17, "company-name.com", **options)

    assert planned["changed"] and done["changed"] and not again["changed"], (planned, done, again)
    assert planned["diff"] == done["diff"]
    assert "company Company Name SA: company-name.com" in done["diff"]["after"]
    assert "Other Name SRL" not in done["diff"]["after"]  # it is not concerned
    domains = domain_of(odoo_since_17)
    assert domains.pop("Company Name SA") == "company-name.com"
    assert set(domains.values()) == {None}
    assert odoo_since_17.client.call("mail.alias", "search_count", domain=[("alias_domain_id", "=", False)]) == aliases


def test_the_check_of_a_new_alias_domain_writes_nothing(odoo_since_17: OdooDatabase) -> None:
    ensure(odoo_since_17, "company-name.com", check=True, assign_to_all=True)
    assert odoo_since_17.records("mail.alias.domain", "name") == []


def test_the_first_alias_domain_goes_to_everyone_if_asked_for(odoo_since_17: OdooDatabase) -> None:
    odoo_since_17.company("Company Name SA")
    assert ensure(odoo_since_17, "company-name.com", assign_to_all=True)["changed"]
    assert set(domain_of(odoo_since_17).values()) == {"company-name.com"}
    assert not ensure(odoo_since_17, "company-name.com", assign_to_all=True)["changed"]


def test_a_company_moves_from_another_alias_domain_and_the_diff_shows_it(odoo_since_17: OdooDatabase) -> None:
    odoo_since_17.company("Company Name SA")
    ensure(odoo_since_17, "old-name.com", companies=["Company Name SA"])
    done = ensure(odoo_since_17, "company-name.com", companies=["Company Name SA"])
    assert "company Company Name SA: old-name.com" in done["diff"]["before"]
    assert domain_of(odoo_since_17)["Company Name SA"] == "company-name.com"
    assert not ensure(odoo_since_17, "company-name.com", companies=["Company Name SA"])["changed"]


def test_values_that_odoo_rewrites_converge(odoo_since_17: OdooDatabase) -> None:
    options: dict[str, Any] = {
        "bounce_alias": "Zoë Bounce",
        "catchall_alias": "all@elsewhere.example",
        "default_from": "Hello World",
    }
    assert ensure(odoo_since_17, "Company-Name.COM", **options)["changed"]
    assert odoo_since_17.records("mail.alias.domain", "name", "bounce_alias", "catchall_alias", "default_from") == [
        {
            "name": "company-name.com",
            "bounce_alias": "zoe-bounce",
            "catchall_alias": "all",
            "default_from": "hello-world",
        }
    ]
    assert not ensure(odoo_since_17, "Company-Name.COM", **options)["changed"]


def test_an_alias_is_renamed_only_if_allowed(odoo_since_17: OdooDatabase) -> None:
    ensure(odoo_since_17, "company-name.com")
    refused = ensure(odoo_since_17, "company-name.com", bounce_alias="returns")
    assert refused["failed"]
    assert "bounce@company-name.com would be lost" in refused["msg"] and "allow_rename" in refused["msg"]
    assert ensure(odoo_since_17, "company-name.com", bounce_alias="returns", allow_rename=True)["changed"]


def test_a_whole_address_as_default_sender_needs_a_word(odoo_since_17: OdooDatabase) -> None:
    address = "Info@company-name.com"
    assert "override_all_senders" in ensure(odoo_since_17, "company-name.com", default_from=address)["msg"]
    assert ensure(odoo_since_17, "company-name.com", default_from=address, override_all_senders=True)["changed"]
    assert not ensure(odoo_since_17, "company-name.com", default_from=address, override_all_senders=True)["changed"]


SINGLE: dict[str, Any] = {"default_from": "only@company-name.com", "override_all_senders": True}


def default_filter(database: OdooDatabase) -> str | None:
    rows = database.client.search_read("ir.config_parameter", [("key", "=", "mail.default.from_filter")], ["value"])
    return str(rows[0]["value"]) if rows else None


def sender_of(database: OdooDatabase, address: str) -> str:
    """The From that would leave."""
    told = run_module("odoo_mail_route_info", {"odoo": database.options, "from_addresses": [address]})
    return str(told["routes"][0]["from_header"])


def without_servers(database: OdooDatabase) -> OdooDatabase:
    there = database.client.search_read("ir.mail_server", [], ["name"], archived=True)
    database.client.unlink("ir.mail_server", [server["id"] for server in there])
    return database


def test_all_mail_leaves_from_one_address_also_where_there_is_no_server(odoo_since_17: OdooDatabase) -> None:
    database = without_servers(odoo_since_17)
    options = {**SINGLE, "assign_to_all": True}
    planned = ensure(database, "company-name.com", check=True, **options)
    done = ensure(database, "company-name.com", **options)
    assert planned["diff"] == done["diff"] and done["warnings"] == []
    assert "default from filter: only@company-name.com" in done["diff"]["after"]
    assert not ensure(database, "company-name.com", **options)["changed"]
    assert sender_of(database, "mary@company-name.com") == "mary <only@company-name.com>"

    ensure(database, "other.example", default_from="us@other.example", override_all_senders=True)
    company = database.client.search_read("res.company", [], ["name"])[0]["name"]
    ensure(database, "other.example", companies=[company])
    gone = ensure(database, "company-name.com", state="absent")
    if not gone.get("failed"):  # the real one has mail aliases at that domain
        assert default_filter(database) is None


def test_one_sender_of_a_company_is_not_forced_on_the_others(odoo_since_17: OdooDatabase) -> None:
    database = without_servers(odoo_since_17)
    database.company("Company Name SA")
    for dummy in range(2):
        done = ensure(database, "company-name.com", companies=["Company Name SA"], **SINGLE)
        (warning,) = done["warnings"]
        assert "keeps its senders, instead of only@company-name.com" in warning
        assert "one for all companies, here also for" in warning
        assert "default_from_filter: [only@company-name.com]" in warning
    assert default_filter(database) is None
    run_module("odoo_mail_settings", {"odoo": database.options, "default_from_filter": ["only@company-name.com"]})
    assert ensure(database, "company-name.com", companies=["Company Name SA"], **SINGLE)["warnings"] == []


def test_with_a_server_one_sender_needs_no_default_filter(odoo_since_17: OdooDatabase) -> None:
    odoo_since_17.create("ir.mail_server", name="relay", smtp_host="smtp.example.net")
    assert ensure(odoo_since_17, "company-name.com", assign_to_all=True, **SINGLE)["warnings"] == []
    assert default_filter(odoo_since_17) is None
    assert sender_of(odoo_since_17, "mary@elsewhere.example") == "mary <only@company-name.com>"


def test_a_company_that_does_not_exist_is_refused_with_a_near_name(odoo_since_17: OdooDatabase) -> None:
    odoo_since_17.company("Company Name SA")
    refused = ensure(odoo_since_17, "company-name.com", companies=["Company Name"])
    assert refused["msg"] == "Odoo has no company 'Company Name': did you mean Company Name SA or My Company?"
    assert odoo_since_17.records("mail.alias.domain", "name") == []


def test_an_unused_alias_domain_is_deleted(odoo_since_17: OdooDatabase) -> None:
    ensure(odoo_since_17, "company-name.com")
    ensure(odoo_since_17, "former-name.com")
    assert ensure(odoo_since_17, "former-name.com", state="absent")["changed"]
    assert odoo_since_17.records("mail.alias.domain", "name") == [{"name": "company-name.com"}]
    assert not ensure(odoo_since_17, "former-name.com", state="absent")["changed"]


def test_an_alias_domain_in_use_is_not_deleted(odoo_since_17: OdooDatabase) -> None:
    ensure(odoo_since_17, "company-name.com")
    domain = odoo_since_17.client.search_read("mail.alias.domain", [], ["name"])[0]
    model = odoo_since_17.client.search_read("ir.model", [("model", "=", "res.partner")], ["model"])[0]
    odoo_since_17.client.create(
        "mail.alias", [{"alias_name": "sales", "alias_model_id": model["id"], "alias_domain_id": domain["id"]}]
    )
    refused = ensure(odoo_since_17, "company-name.com", state="absent")
    assert "still used by the mail aliases sales@company-name.com" in refused["msg"]


def test_a_name_in_other_letters_is_the_same_domain_and_becomes_lower_case(odoo_since_17: OdooDatabase) -> None:
    odoo_since_17.client.create("mail.alias.domain", [{"name": "Company-Name.com"}])
    assert ensure(odoo_since_17, "company-name.com")["changed"]
    assert odoo_since_17.records("mail.alias.domain", "name") == [{"name": "company-name.com"}]


def test_a_domain_of_odoo_is_refused(odoo_since_17: OdooDatabase) -> None:
    assert "belongs to Odoo" in ensure(odoo_since_17, "company.odoo.com")["msg"]


def test_the_first_alias_domain_of_a_database_reaches_every_company_unless_they_are_put_back(
    odoo_since_17: OdooDatabase,
) -> None:
    """What Odoo does by itself, and what is left of it."""
    odoo_since_17.company("Company Name SA")
    odoo_since_17.client.create("mail.alias.domain", [{"name": "by-hand.example"}])
    assert set(domain_of(odoo_since_17).values()) == {"by-hand.example"}


def test_a_whole_address_as_default_sender_replaces_every_sender_that_no_filter_takes(
    real_odoo19: RealDatabase,
) -> None:
    """Why it needs a word: asked of Odoo's own routing."""
    options: dict[str, Any] = {"companies": ["My Company"], "override_all_senders": True}
    ensure(real_odoo19, "company-name.com", default_from="info@company-name.com", **options)
    real_odoo19.client.create(
        "ir.mail_server", [{"name": "own", "smtp_host": "smtp.example.net", "from_filter": "info@company-name.com"}]
    )
    script = (
        "for sender in ('mary@company-name.com', 'bob@other.example', 'info@company-name.com'):\n"
        "    print('SENT', env['ir.mail_server']._find_mail_server(sender)[1])\n"
        "\n"
    )
    output = real_odoo19.lab.command("shell", real_odoo19.name, stdin=script)
    assert output.count("SENT info@company-name.com") == 3, output


# Up to Odoo 16 an alias domain is the one catch-all domain of the database


def parameters(database: OdooDatabase) -> dict[str, str]:
    rows = database.client.search_read("ir.config_parameter", [("key", "like", "mail.")], ["key", "value"])
    wanted = ("mail.catchall.domain", "mail.catchall.alias", "mail.bounce.alias", "mail.default.from")
    return {row["key"]: row["value"] for row in rows if row["key"] in (*wanted, "mail.default.from_filter")}


def test_up_to_odoo_16_an_alias_domain_is_four_system_parameters(odoo_until_16: OdooDatabase) -> None:
    options: dict[str, Any] = {"companies": ["My Company"], "default_from": "Notifications", "bounce_alias": "bounce"}
    planned = ensure(odoo_until_16, "company-name.com", check=True, **options)
    assert parameters(odoo_until_16).get("mail.catchall.domain") is None
    done = ensure(odoo_until_16, "company-name.com", **options)
    again = ensure(odoo_until_16, "company-name.com", **options)
    assert planned["changed"] and done["changed"] and not again["changed"], (planned, done, again)
    assert planned["diff"] == done["diff"]
    assert "catchall domain: company-name.com" in done["diff"]["after"]
    assert parameters(odoo_until_16) == {
        "mail.catchall.domain": "company-name.com",
        "mail.catchall.alias": "catchall",
        "mail.bounce.alias": "bounce",
        "mail.default.from": "notifications",
    }


def test_another_catch_all_domain_is_replaced_only_if_allowed(odoo_until_16: OdooDatabase) -> None:
    ensure(odoo_until_16, "company-name.com")
    refused = ensure(odoo_until_16, "other-name.com")
    assert "replies to addresses at company-name.com would be lost" in refused["msg"], refused
    assert "allow_rename: true" in refused["msg"]
    assert ensure(odoo_until_16, "other-name.com", allow_rename=True)["changed"]
    assert parameters(odoo_until_16)["mail.catchall.domain"] == "other-name.com"


def test_an_alias_of_the_catch_all_domain_is_renamed_only_if_allowed(odoo_until_16: OdooDatabase) -> None:
    ensure(odoo_until_16, "company-name.com")
    refused = ensure(odoo_until_16, "company-name.com", bounce_alias="returns")
    assert "bounce@company-name.com would be lost" in refused["msg"]
    assert ensure(odoo_until_16, "company-name.com", bounce_alias="Returns", allow_rename=True)["changed"]
    assert parameters(odoo_until_16)["mail.bounce.alias"] == "returns"
    assert not ensure(odoo_until_16, "company-name.com", bounce_alias="Returns")["changed"]


def test_the_one_catch_all_domain_is_not_for_some_companies_only(odoo_until_16: OdooDatabase) -> None:
    odoo_until_16.company("Company Name SA")
    refused = ensure(odoo_until_16, "company-name.com", companies=["Company Name SA"])
    assert "one catch-all domain for all companies, My Company too" in refused["msg"]
    assert "assign_to_all: true" in refused["msg"]
    assert parameters(odoo_until_16).get("mail.catchall.domain") is None
    assert ensure(odoo_until_16, "company-name.com", companies=["Company Name SA"], assign_to_all=True)["changed"]
    assert "did you mean" in ensure(odoo_until_16, "company-name.com", companies=["Company Nam"])["msg"]


def test_two_domains_cannot_be_the_one_of_a_database(odoo_until_16: OdooDatabase) -> None:
    desired = [{"name": "a.example"}, {"name": "b.example"}]
    done = run_module("odoo_mail", {"odoo": odoo_until_16.options, "alias_domains": desired})
    assert done["failed_items"] == ["a.example", "b.example"] and not done["changed"]
    assert "a.example, b.example are given as alias domains" in done["owners"]["a.example"]["msg"]


def test_an_alias_that_old_versions_store_in_another_way_is_refused(odoo_until_16: OdooDatabase) -> None:
    refused = ensure(odoo_until_16, "company-name.com", bounce_alias="re&turns", allow_rename=True)
    assert "would store as 're-turns'" in refused["msg"]


def test_odoo_14_sends_from_its_catch_all_domain_only(odoo14: OdooDatabase) -> None:
    options: dict[str, Any] = {"override_all_senders": True}
    refused = ensure(odoo14, "company-name.com", default_from="info@other-name.com", **options)
    assert "can send from its catch-all domain only" in refused["msg"]
    done = ensure(odoo14, "company-name.com", default_from="Info@Company-Name.com", **options)
    assert parameters(odoo14)["mail.default.from"] == "info"
    assert any("cannot send all mail from one address" in warning for warning in done["warnings"])
    assert not ensure(odoo14, "company-name.com", default_from="Info@Company-Name.com", **options)["changed"]


def test_the_catch_all_domain_is_taken_away_again_unless_aliases_use_it(odoo_until_16: OdooDatabase) -> None:
    ensure(odoo_until_16, "company-name.com")
    model = odoo_until_16.client.search_read("ir.model", [("model", "=", "res.partner")], ["model"])[0]
    alias = odoo_until_16.client.create("mail.alias", [{"alias_name": "sales", "alias_model_id": model["id"]}])
    refused = ensure(odoo_until_16, "company-name.com", state="absent")
    assert "still used by the mail aliases" in refused["msg"] and "sales" in refused["msg"]
    assert not ensure(odoo_until_16, "other-name.com", state="absent")["changed"]
    odoo_until_16.client.unlink("mail.alias", alias)
    assert ensure(odoo_until_16, "company-name.com", state="absent")["changed"]
    assert parameters(odoo_until_16).get("mail.catchall.domain") is None


# What the mail server of the domain must redirect


def add_alias(database: OdooDatabase, name: str, **values: Any) -> None:
    database.create("mail.alias", alias_name=name, alias_model_id=database.model_id("res.partner"), **values)


def redirected(database: OdooDatabase, name: str, check: bool = False, **options: Any) -> list[str]:
    """The redirections, which a change and a plan tell alike, without the domains."""
    done = ensure(database, name, check, redirect_to="Company-Name.odoo.com.", **options)
    assert not done.get("failed"), done
    for one in done["redirections"]:
        local = one["from"].partition("@")[0]
        assert one == {"from": f"{local}@{name}", "to": f"{local}@company-name.odoo.com"}
    return [one["from"].partition("@")[0] for one in done["redirections"]]


def test_every_address_of_the_domain_is_to_be_redirected(odoo_since_17: OdooDatabase) -> None:
    ensure(odoo_since_17, "other.example", companies=[])
    options: dict[str, Any] = {"bounce_alias": "back", "catchall_alias": "hello"}
    assert redirected(odoo_since_17, "company-name.com", check=True, **options) == ["hello", "back"]
    assert redirected(odoo_since_17, "company-name.com", **options) == ["hello", "back"]
    domains = {row["name"]: row["id"] for row in odoo_since_17.client.search_read("mail.alias.domain", [], ["name"])}
    add_alias(odoo_since_17, "sales", alias_domain_id=domains["company-name.com"])
    add_alias(odoo_since_17, "info", alias_domain_id=domains["company-name.com"])
    add_alias(odoo_since_17, "else", alias_domain_id=domains["other.example"])
    assert redirected(odoo_since_17, "company-name.com") == ["hello", "back", "info", "sales"]
    assert "redirections" not in ensure(odoo_since_17, "company-name.com")
    renamed: dict[str, Any] = {"catchall_alias": "replies", "allow_rename": True, "check": True}
    assert redirected(odoo_since_17, "company-name.com", **renamed)[:2] == ["replies", "back"]


def test_a_first_domain_is_told_with_the_aliases_that_it_gets(odoo_since_17: OdooDatabase) -> None:
    add_alias(odoo_since_17, "sales")
    planned = redirected(odoo_since_17, "company-name.com", check=True, assign_to_all=True)
    assert "sales" in planned
    assert redirected(odoo_since_17, "company-name.com", assign_to_all=True) == planned
    assert redirected(odoo_since_17, "company-name.com") == planned


def test_every_address_of_the_catch_all_domain_is_to_be_redirected(odoo_until_16: OdooDatabase) -> None:
    add_alias(odoo_until_16, "sales")
    planned = redirected(odoo_until_16, "company-name.com", check=True)
    assert planned[:2] == ["catchall", "bounce"] and "sales" in planned
    assert redirected(odoo_until_16, "company-name.com") == planned


def test_a_refusal_warns_of_nothing_that_did_not_happen(odoo_since_17: OdooDatabase) -> None:
    own = odoo_since_17.client.search_read("res.company", [], ["name"])[0]["name"]
    ensure(odoo_since_17, "company-name.com", companies=[own])
    absent = {"name": "company-name.com", "state": "absent"}
    refused = run_module("odoo_alias_domain", {"odoo": odoo_since_17.user("plain"), **absent})
    assert "base.group_erp_manager" in refused["msg"] and refused["warnings"] == []
    assert run_module("odoo_alias_domain", {"odoo": odoo_since_17.options, **absent}, check=True)["warnings"] == [
        f"This leaves no alias domain for the company {own}."
    ]
