# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""odoo_mail_route_info: what it finds in a database, how often it asks, and what it says of bad input."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.odoo_database import OdooDatabase


def ask(database: OdooDatabase, **options: Any) -> dict[str, Any]:
    return run_module("odoo_mail_route_info", {"odoo": database.options, **options})


def by_address(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {route["from_address"]: route for route in result["routes"]}


def relay(database: OdooDatabase, name: str, **values: Any) -> int:
    return database.create("ir.mail_server", name=name, smtp_host="relay.company-name.com", **values)


def template(database: OdooDatabase, name: str, **values: Any) -> int:
    return database.create("mail.template", name=name, model_id=database.model_id("res.partner"), **values)


def test_every_address_that_may_send_is_listed_with_where_it_comes_from(odoo_since_17: OdooDatabase) -> None:
    database = odoo_since_17
    domain = database.create("mail.alias.domain", name="company-name.com")
    company = database.company("Company Name SA", email="Office <office@company-name.com>", alias_domain_id=domain)
    relay(database, "Relay", from_filter="company-name.com")
    user = {"name": "Mary", "login": "mary", "email": "mary@company-name.com"}
    database.create("res.users", **user, company_id=company, company_ids=[[6, 0, [company]]])
    template(database, "Reminder", email_from="reminder@company-name.com")
    template(database, "Personal", email_from="{{ object.user_id.email_formatted }}")
    result = ask(database)
    found = by_address(result)
    assert found["mary@company-name.com"]["sources"] == ["user Mary"]
    assert found["mary@company-name.com"]["company"] == "Company Name SA"
    assert found["office@company-name.com"]["sources"] == ["company Company Name SA"]
    assert found["reminder@company-name.com"]["sources"] == ["template Reminder"]
    assert found["bounce@company-name.com"]["sources"] == ["alias domain company-name.com, bounces"]
    assert {"catchall@company-name.com", "notifications@company-name.com"} <= set(found)
    assert found["odoobot@example.com"]["sources"] == ["user OdooBot"]
    assert found["odoobot@example.com"]["from_header"] == "odoobot <notifications@company-name.com>"
    assert result["local_parts"]["company-name.com"] == [
        "bounce", "catchall", "mary", "notifications", "office", "reminder"
    ]  # fmt: skip
    assert {"email_from": "{{ object.user_id.email_formatted }}", "sources": ["template Personal"]} in result[
        "computed_senders"
    ]
    assert not result["changed"]


def test_mailings_are_listed_with_their_own_sender(odoo19: OdooDatabase) -> None:
    values = {"subject": "News", "email_from": "News <news@company-name.com>"}
    odoo19.create("mailing.mailing", **values, mailing_model_id=odoo19.model_id("res.partner"))
    assert by_address(ask(odoo19))["news@company-name.com"]["sources"] == ["mailing News"]


def test_an_address_that_a_mailing_sends_by_its_own_server_is_listed_with_that_route_too(odoo19: OdooDatabase) -> None:
    relay(odoo19, "Relay", sequence=1)
    mass = relay(odoo19, "Mass mailing", sequence=2)
    odoo19.company("Company Name SA", email="news@company-name.com")
    values = {"subject": "News", "email_from": "news@company-name.com", "mail_server_id": mass}
    odoo19.create("mailing.mailing", **values, mailing_model_id=odoo19.model_id("res.partner"))
    routes = [one for one in ask(odoo19)["routes"] if one["from_address"] == "news@company-name.com"]
    assert [(one["sources"], one["server"]["name"]) for one in routes] == [
        (["company Company Name SA"], "Relay"),
        (["mailing News"], "Mass mailing"),
    ]


def test_the_dedicated_server_of_mass_mailing_is_told(odoo19: OdooDatabase) -> None:
    key = "mass_mailing.mail_server_id"
    mass = relay(odoo19, "Mass mailing", from_filter="a.example")
    odoo19.client.call("ir.config_parameter", "set_param", key=key, value=str(mass))
    (finding,) = ask(odoo19, from_addresses=["sales@company-name.com"])["findings"]
    assert finding["code"] == "dedicated_server"
    assert "'Mass mailing'" in finding["message"] and "a.example" in finding["message"]
    odoo19.client.call("ir.config_parameter", "set_param", key=key, value="4711")
    (finding,) = ask(odoo19, from_addresses=["sales@company-name.com"])["findings"]
    assert finding["code"] == "dedicated_server_missing" and "4711" in finding["message"]


def test_up_to_16_the_addresses_come_from_the_system_parameters(odoo_until_16: OdooDatabase) -> None:
    database = odoo_until_16
    for key, value in {
        "mail.catchall.domain": "company-name.com",
        "mail.catchall.alias": "catchall",
        "mail.bounce.alias": "bounce",
        "mail.default.from": "notifications",
    }.items():
        database.client.call("ir.config_parameter", "set_param", key=key, value=value)
    relay(database, "Relay", smtp_port=25)
    result = ask(database)
    found = by_address(result)
    assert found["notifications@company-name.com"]["sources"] == ["system parameters, default sender"]
    route = ask(database, from_addresses=["sales@company-name.com"])["routes"][0]
    assert (route["reply_to"], route["envelope_sender"]) == ("catchall@company-name.com", "bounce@company-name.com")
    assert route["server"]["name"] == "Relay" and result["odoo_version"] == database.version


def test_the_calls_do_not_grow_with_companies_users_and_servers(odoo19: OdooDatabase) -> None:
    few = ask(odoo19)
    domains = odoo19.client.create("mail.alias.domain", [{"name": f"company-{number}.example"} for number in range(40)])
    companies = [
        {"name": f"Company {number}", "email": f"office@company-{number}.example", "alias_domain_id": domain}
        for number, domain in enumerate(domains)
    ]
    odoo19.client.create("res.company", companies)
    servers = [
        {"name": f"Relay {number}", "smtp_host": "localhost", "from_filter": f"company-{number}.example"}
        for number in range(40)
    ]
    odoo19.client.create("ir.mail_server", servers)
    many = ask(odoo19)
    assert many["api_calls"] == few["api_calls"] <= 13
    assert by_address(many)["office@company-7.example"]["server"]["name"] == "Relay 7"
    assert by_address(many)["notifications@company-7.example"]["company"] == "Company 7"


def test_one_sender_needs_fewer_calls_and_belongs_to_the_company_of_its_domain(odoo19: OdooDatabase) -> None:
    for name in ("company-name.com", "other-name.com"):
        domain = odoo19.create("mail.alias.domain", name=name)
        odoo19.company(f"Company of {name}", alias_domain_id=domain)
    result = ask(odoo19, from_addresses=["Sales <sales@Other-Name.com>"])
    (route,) = result["routes"]
    assert route["company"] == "Company of other-name.com" and route["from_address"] == "Sales <sales@Other-Name.com>"
    assert result["api_calls"] <= 7
    forced = ask(odoo19, from_addresses=["sales@other-name.com"], company="Company of company-name.com")
    assert forced["routes"][0]["reply_to"] == "catchall@company-name.com"


def test_servers_that_this_collection_set_up_are_told_from_others(odoo19: OdooDatabase) -> None:
    options = {"name": "Ours", "host": "relay.company-name.com", "from_filter": ["company-name.com"]}
    run_module("odoo_outgoing_mail_server", {"odoo": odoo19.options, **options})
    relay(odoo19, "Theirs", sequence=1)
    ours, other = ask(odoo19, from_addresses=["a@company-name.com", "b@other-name.com"])["routes"]
    assert ours["server"]["managed"] and "foreign_server" not in str(ours["findings"])
    assert not other["server"]["managed"] and "foreign_server" in {one["code"] for one in other["findings"]}


def test_a_template_is_found_by_name_number_and_external_id(odoo19: OdooDatabase) -> None:
    forced = relay(odoo19, "Third")
    number = template(odoo19, "Reminder", email_from="reminder@company-name.com", mail_server_id=forced)
    data = {"module": "my_module", "name": "reminder", "model": "mail.template", "res_id": number}
    odoo19.client.create("ir.model.data", [data])
    for name in ("Reminder", str(number), "my_module.reminder"):
        (route,) = ask(odoo19, template=name)["routes"]
        assert (route["from_address"], route["rule"]) == ("reminder@company-name.com", "forced")
        assert route["server"]["id"] == forced


def test_a_template_with_a_computed_sender_shows_every_address(odoo19: OdooDatabase) -> None:
    forced = relay(odoo19, "Third")
    template(odoo19, "Personal", email_from="{{ user.email_formatted }}", mail_server_id=forced)
    routes = ask(odoo19, template="Personal")["routes"]
    assert "odoobot@example.com" in {route["from_address"] for route in routes}
    assert {route["rule"] for route in routes} == {"forced"}


def test_what_the_command_line_says_is_taken_into_account(odoo19: OdooDatabase) -> None:
    line = {"email_from": "odoo@company-name.com", "from_filter": "company-name.com", "smtp_server": "relay.example"}
    (route,) = ask(odoo19, from_addresses=["mary@customer.example.com"], command_line=line)["routes"]
    assert route["server"] is None and route["from_header"] == "mary <odoo@company-name.com>"
    assert "relay.example" in next(one["message"] for one in route["findings"] if one["code"] == "no_server")


def test_check_mode_gives_the_same(odoo19: OdooDatabase) -> None:
    options = {"odoo": odoo19.options, "from_addresses": ["sales@company-name.com"]}
    assert run_module("odoo_mail_route_info", options, check=True) == run_module("odoo_mail_route_info", options)


def test_bad_input_gets_one_sentence(odoo19: OdooDatabase) -> None:
    for name in ("Twin", "Twin"):
        template(odoo19, name)
    for options, sentence in (
        ({"company": "Nobody"}, "Odoo has no company 'Nobody': correct the name."),
        ({"from_addresses": ["OdooBot"]}, "'OdooBot' is not the address of one sender"),
        ({"from_addresses": ["a@b.example, c@d.example"]}, "is not the address of one sender"),
        ({"template": "Unknown"}, "Odoo has no template 'Unknown': give its name, its id or its external id."),
        ({"mailing": "Unknown"}, "Odoo has no mailing 'Unknown'"),
        ({"template": "Twin"}, "Odoo has several templates 'Twin', with the ids"),
        ({"template": "Twin", "mailing": "News"}, "mutually exclusive"),
    ):
        result = ask(odoo19, **options)
        assert result["failed"] and sentence in result["msg"], result["msg"]
        assert "Traceback" not in str(result)


def test_the_access_right_settings_is_enough_and_without_it_the_user_is_told(odoo: OdooDatabase) -> None:
    plain = run_module("odoo_mail_route_info", {"odoo": odoo.user("plain")})
    assert plain["failed"] and "Administration: Settings (base.group_system)" in plain["msg"]
    settings = run_module("odoo_mail_route_info", {"odoo": odoo.user("settings", "base.group_system")})
    assert not settings.get("failed"), settings["msg"]


def test_a_template_with_two_senders_leaves_as_odoo_sends_it(odoo: OdooDatabase) -> None:
    template(odoo, "Two", email_from="first@company-name.com, second@company-name.com")
    routes = ask(odoo, template="Two")["routes"]
    assert [route["from_address"] for route in routes] == ["first@company-name.com, second@company-name.com"]
    if odoo.version >= 17:
        assert routes[0]["from_header"] == "first@company-name.com"


@pytest.mark.parametrize("text", ["9" * 20, "²"])
def test_a_number_that_is_none_names_no_template(shared_odoo: OdooDatabase, text: str) -> None:
    assert ask(shared_odoo, template=text)["msg"].startswith(f"Odoo has no template {text!r}")


def test_the_local_parts_of_a_domain_stand_together_however_it_is_written(odoo19: OdooDatabase) -> None:
    listed = ask(odoo19, from_addresses=["info@bücher.example"], company="My Company")
    assert listed["local_parts"] == {"xn--bcher-kva.example": ["info"]}
