# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Odoo itself does with companies and their alias domains, and who may do what; stand-in and real alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.postmaster.mail.tests.servers.odoo_database import OdooDatabase
from ansible_collections.postmaster.mail.tests.support.odoo_rpc import Refused, Rpc, refusal

DOMAIN, COMPANY, ALIAS = "mail.alias.domain", "res.company", "mail.alias"


@pytest.fixture
def rpc(odoo_since_17: OdooDatabase) -> Rpc:
    return Rpc(odoo_since_17.version, odoo_since_17.options)


@pytest.fixture
def any_rpc(odoo: OdooDatabase) -> Rpc:
    return Rpc(odoo.version, odoo.options)


def alias(rpc: Rpc, name: str, domain: int | bool) -> int:
    model = rpc("ir.model", "search", [["model", "=", "res.partner"]])[0]
    return int(rpc(ALIAS, "create", {"alias_name": name, "alias_model_id": model, "alias_domain_id": domain}))


def domains_of_companies(rpc: Rpc) -> dict[str, Any]:
    rows = rpc(COMPANY, "search_read", [], ["name", "alias_domain_id"], context={"active_test": False})
    return {row["name"]: row["alias_domain_id"] and row["alias_domain_id"][1] for row in rows}


def test_the_first_domain_goes_to_everyone_and_a_later_one_to_nobody(odoo_since_17: OdooDatabase, rpc: Rpc) -> None:
    rpc(COMPANY, "create", [{"name": "Early"}, {"name": "Archived", "active": False}])
    waiting = alias(rpc, "sales", False)
    first, second = rpc(DOMAIN, "create", [{"name": "a.example"}, {"name": "b.example"}])
    archived = "a.example" if odoo_since_17.version >= 18 else False
    assert domains_of_companies(rpc) == {"My Company": "a.example", "Early": "a.example", "Archived": archived}
    assert rpc(ALIAS, "read", [waiting], ["alias_domain_id"])[0]["alias_domain_id"] == [first, "a.example"]
    rpc(DOMAIN, "write", [first], {"sequence": 20})
    rpc(COMPANY, "create", {"name": "Late"})
    assert domains_of_companies(rpc)["Late"] == "b.example", "the first by priority"
    rpc(DOMAIN, "create", {"name": "c.example"})
    assert "c.example" not in domains_of_companies(rpc).values()
    assert rpc(DOMAIN, "search", []) == [second, *rpc(DOMAIN, "search", [["name", "=", "c.example"]]), first]


def test_a_company_is_given_its_domain_from_either_side(rpc: Rpc) -> None:
    other = rpc(COMPANY, "create", {"name": "Other"})
    first, second = rpc(DOMAIN, "create", [{"name": "a.example"}, {"name": "b.example"}])
    rpc(DOMAIN, "write", [second], {"company_ids": [[4, other]]})
    assert domains_of_companies(rpc) == {"My Company": "a.example", "Other": "b.example"}
    assert rpc(DOMAIN, "read", [first, second], ["company_ids"]) == [
        {"id": first, "company_ids": [1]},
        {"id": second, "company_ids": [other]},
    ]
    rpc(COMPANY, "write", [1, other], {"alias_domain_id": False})
    assert set(domains_of_companies(rpc).values()) == {False}


def test_the_addresses_follow_the_domain(rpc: Rpc) -> None:
    key = rpc(DOMAIN, "create", {"name": "a.example"})
    held = rpc(DOMAIN, "read", [key])[0]
    assert (held["bounce_alias"], held["catchall_alias"], held["default_from"]) == (
        "bounce", "catchall", "notifications",
    )  # fmt: skip
    assert (held["bounce_email"], held["catchall_email"], held["default_from_email"]) == (
        "bounce@a.example", "catchall@a.example", "notifications@a.example",
    )  # fmt: skip
    rpc(DOMAIN, "write", [key], {"name": "b.example", "default_from": "info@c.example"})
    company = rpc(COMPANY, "read", [1], ["bounce_email", "catchall_email", "default_from_email", "email_formatted"])[0]
    assert company == {
        "id": 1,
        "bounce_email": "bounce@b.example",
        "catchall_email": "catchall@b.example",
        "default_from_email": "info@c.example",
        "email_formatted": '"My Company" <catchall@b.example>',
    }
    rpc(COMPANY, "write", [1], {"email": "hello@a.example"})
    assert rpc(COMPANY, "read", [1], ["email_formatted"])[0]["email_formatted"] == '"My Company" <hello@a.example>'


def test_values_are_cleaned(rpc: Rpc) -> None:
    key = rpc(DOMAIN, "create", {"name": "A.example", "bounce_alias": "Zoë Bounce", "catchall_alias": "x@y.z"})
    for given, stored in (("Hello World", "hello-world"), ("Info@B.Example", "info@b.example"), ("", "")):
        rpc(DOMAIN, "write", [key], {"default_from": given})
        held = rpc(DOMAIN, "read", [key], ["name", "bounce_alias", "catchall_alias", "default_from"])[0]
        assert held == {
            "id": key,
            "name": "A.example",
            "bounce_alias": "zoe-bounce",
            "catchall_alias": "x",
            "default_from": stored,
        }


def test_what_no_domain_may_be(rpc: Rpc) -> None:
    rpc(DOMAIN, "create", {"name": "a.example"})
    for values, message in (
        ({"name": "a.example"}, "Bounce emails should be unique"),
        ({"name": "a.example", "bounce_alias": "b"}, "Catchall emails should be unique"),
        ({"name": "ü.example"}, "unaccented latin characters in the domain name ü.example"),
        ({"name": "a b.example"}, "unaccented latin characters"),
        ({"name": ".example"}, "unaccented latin characters"),
        ({}, "(name)"),
        ({"name": "b.example", "bounce_alias": False}, "(bounce_alias)"),
    ):
        said = refusal(rpc, DOMAIN, "create", values)
        assert said.startswith("ValidationError: ") and message in said, (values, said)
    for name in ("A.example", "localhost", "a_b.example", "*.x"):
        assert rpc(DOMAIN, "create", {"name": name}) > 0
    twice = {"name": "a.example", "bounce_alias": "b", "catchall_alias": "b"}
    assert rpc(DOMAIN, "create", twice) > 0, "the same domain again, with other aliases"


def test_an_address_is_an_alias_or_a_bounce_address_but_not_both(rpc: Rpc) -> None:
    key = rpc(DOMAIN, "create", {"name": "a.example"})
    sales = alias(rpc, "Sales", key)
    held = rpc(ALIAS, "read", [sales], ["display_name", "alias_name", "alias_full_name", "alias_domain"])[0]
    assert (held["display_name"], held["alias_name"]) == ("sales@a.example", "sales")
    assert (held["alias_full_name"], held["alias_domain"]) == ("sales@a.example", "a.example")
    assert "'sales@a.example' is already used" in refusal(rpc, DOMAIN, "write", [key], {"bounce_alias": "sales"})
    with pytest.raises(Refused, match="bounce@a.example is already used as bounce or catchall address"):
        alias(rpc, "bounce", key)
    with pytest.raises(Refused, match="Alias sales@a.example"):
        alias(rpc, "sales", key)


def test_a_domain_is_kept_by_its_aliases_but_not_by_its_companies(rpc: Rpc) -> None:
    first, second = rpc(DOMAIN, "create", [{"name": "a.example"}, {"name": "b.example"}])
    alias(rpc, "sales", second)
    said = refusal(rpc, DOMAIN, "unlink", [first, second])
    assert said.startswith("ValidationError: The operation cannot be completed")
    assert domains_of_companies(rpc) == {"My Company": "a.example"}
    assert rpc(DOMAIN, "unlink", [first]) is True
    assert domains_of_companies(rpc) == {"My Company": False}


def test_there_are_no_alias_domains_until_16(odoo_until_16: OdooDatabase) -> None:
    rpc = Rpc(odoo_until_16.version, odoo_until_16.options)
    assert refusal(rpc, DOMAIN, "search", []) == "UserError: Object mail.alias.domain doesn't exist"
    assert "alias_domain_id" not in rpc(COMPANY, "fields_get")


def test_a_company_has_a_name_of_its_own_and_a_contact(any_rpc: Rpc) -> None:
    key = any_rpc(COMPANY, "create", {"name": "Company Name SA", "email": "hello@company-name.com"})
    held = any_rpc(COMPANY, "read", [key], ["name", "email", "partner_id", "email_formatted"])[0]
    assert held["partner_id"][1] == "Company Name SA"
    assert (held["email"], held["email_formatted"]) == (
        "hello@company-name.com", '"Company Name SA" <hello@company-name.com>',
    )  # fmt: skip
    said = refusal(any_rpc, COMPANY, "create", {"name": "Company Name SA"})
    assert said.startswith("ValidationError: ") and ("unique" in said or "uniq" in said)
    any_rpc(COMPANY, "write", [key], {"name": "Other Name"})
    assert any_rpc("res.partner", "read", [held["partner_id"][0]], ["name", "email"])[0]["name"] == "Other Name"


# Who may do what


@pytest.fixture
def as_user(odoo: OdooDatabase) -> Callable[..., Rpc]:
    """Someone in these groups."""
    return lambda *groups: Rpc(odoo.version, odoo.user("clerk", *groups))


def may(rpc: Rpc, model: str, method: str, *arguments: Any) -> bool:
    try:
        rpc(model, method, *arguments)
    except Refused as refused:
        assert refused.name == "AccessError", refused
        assert f"({model})" in refused.message or model in refused.message, refused
        return False
    return True


def test_an_ordinary_user_reads_companies_only(odoo: OdooDatabase, as_user: Callable[..., Rpc]) -> None:
    odoo.company("Other")
    rpc = as_user()
    assert [row["name"] for row in rpc(COMPANY, "search_read", [], ["name"])] == ["My Company"], "their own"
    readable = {"res.company", "res.users", "res.partner", "mail.alias", "mail.template", "res.groups"}
    models = ["ir.mail_server", "ir.config_parameter", "fetchmail.server", "ir.module.module", "mailing.mailing"]
    if odoo.version >= 17:
        models.append(DOMAIN)
        readable.add(DOMAIN)
    for model in [*models, *readable]:
        assert may(rpc, model, "search_read", [], ["id"]) is (model in readable), model
        assert may(rpc, model, "fields_get") is True
    for model in (*models, "res.company", "res.users", "res.partner", "mail.alias"):
        assert not may(rpc, model, "write", [1], {}), model
    assert not may(rpc, "ir.config_parameter", "get_param", "database.uuid")


def test_the_access_rights_manager_gives_companies_their_domain(
    odoo: OdooDatabase, as_user: Callable[..., Rpc]
) -> None:
    rpc = as_user("base.group_erp_manager")
    assert rpc(COMPANY, "write", [1], {"sequence": 5})
    with pytest.raises(Refused, match="res.partner"):
        rpc(COMPANY, "write", [1], {"email": "hello@a.example"})
    assert not may(rpc, "ir.mail_server", "search_read", [], ["name"])
    if odoo.version >= 17:
        key = rpc(DOMAIN, "create", {"name": "a.example"})
        assert rpc(COMPANY, "write", [1], {"alias_domain_id": key})


def test_the_settings_manager_writes_the_address_of_a_company_since_19(
    odoo: OdooDatabase, as_user: Callable[..., Rpc]
) -> None:
    rpc = as_user("base.group_system")
    try:
        rpc(COMPANY, "write", [1], {"email": "hello@a.example"})
    except Refused as refused:
        assert odoo.version <= 18 and "(res.partner)" in refused.message
    else:
        assert odoo.version >= 19


def test_a_mailing_user_sees_servers_but_not_who_logs_in(odoo: OdooDatabase, as_user: Callable[..., Rpc]) -> None:
    key = odoo.create("ir.mail_server", name="Relay", smtp_host="x", smtp_user="odoo", smtp_pass="open sesame")
    rpc = as_user("mass_mailing.group_mass_mailing_user")
    fields = rpc("ir.mail_server", "fields_get")
    assert "smtp_host" in fields and not {"smtp_user", "smtp_pass"} & set(fields)
    held = rpc("ir.mail_server", "read", [key])[0]
    assert held["smtp_host"] == "x" and "open sesame" not in str(held)
    assert not may(rpc, "ir.mail_server", "read", [key], ["smtp_pass"])
    assert not may(rpc, "ir.mail_server", "write", [key], {"sequence": 1})
