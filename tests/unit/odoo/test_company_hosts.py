# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The companies of a database as inventory hosts: their names, and how far their mail is set up."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.company_hosts import company_hosts
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.read import RouteReading
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.routes import (
    AliasDomain,
    Company,
    MailServer,
    RoutingInputs,
)


def domain(key: int, name: str, default: str = "notifications") -> AliasDomain:
    sender = default if "@" in default else f"{default}@{name}"
    return AliasDomain(key, name, 10, f"bounce@{name}", f"catchall@{name}", sender)


A, B = domain(1, "a.example"), domain(2, "b.example")
OWN = Company(1, "Own SA", 1)


def hosts(
    *companies: Company,
    servers: tuple[MailServer, ...] = (),
    domains: tuple[AliasDomain, ...] = (A, B),
    emails: dict[int, str] | None = None,
    **more: Any,
) -> dict[str, dict[str, Any]]:
    inputs = RoutingInputs(
        **{"version": 19, "servers": servers, "alias_domains": domains, "companies": companies, **more}
    )
    return {host["name"]: host for host in company_hosts(RouteReading(inputs, emails or {}), {})}


def state(host: dict[str, Any]) -> tuple[str, list[str]]:
    variables = host["variables"]
    assert f"mail_setup_{variables['odoo_mail_setup']}" in host["groups"]
    return variables["odoo_mail_setup"], variables["odoo_mail_setup_missing"]


def test_a_company_with_a_domain_and_a_server_for_it_is_complete() -> None:
    host = hosts(
        OWN, servers=(MailServer(5, "Relay", from_filter="a.example"), MailServer(6, "Other", 1, "b.example"))
    )["a.example"]
    assert state(host) == ("complete", [])
    assert [server["name"] for server in host["variables"]["odoo_outgoing_mail_servers"]] == ["Relay"]
    route = host["variables"]["odoo_mail_route"]
    assert (route["from_header"], route["rule"]) == ("notifications@a.example", "from_domain")
    assert "mail_domain_a.example" in host["groups"]


def test_a_company_that_sends_all_mail_from_one_address_is_complete() -> None:
    host = hosts(
        OWN, servers=(MailServer(5, "Relay", from_filter="notifications@a.example"),), emails={1: "hi@a.example"}
    )
    assert state(host["a.example"]) == ("complete", [])
    assert host["a.example"]["variables"]["odoo_mail_route"]["rewritten"]


@pytest.mark.parametrize("servers", [(), (MailServer(5, "For everyone"),)])
def test_a_company_whose_mail_is_not_rewritten_is_complete(servers: tuple[MailServer, ...]) -> None:
    assert state(hosts(OWN, servers=servers)["a.example"]) == ("complete", [])


def test_a_company_without_a_domain_has_the_state_none() -> None:
    host = hosts(Company(7, "Neue Firma AG"), servers=(MailServer(5, "Relay"),))["neue-firma-ag-7"]
    assert state(host) == ("none", ["It has no domain of its own."])
    assert host["variables"]["odoo_mail_domain"] is None


def test_a_domain_of_odoo_does_not_count_as_the_companys_own() -> None:
    host = hosts(Company(7, "New", 3), domains=(domain(3, "company.odoo.com"),))["new-7"]
    assert state(host)[0] == "none"


def test_a_company_with_only_a_server_for_its_address_is_partial() -> None:
    host = hosts(
        Company(7, "New"), servers=(MailServer(5, "Relay", from_filter="a.example"),), emails={7: "x@a.example"}
    )
    assert state(host["new-7"]) == ("partial", ["It has no domain of its own."])


def test_companies_that_share_a_domain_are_named_by_company_and_partial() -> None:
    found = hosts(OWN, Company(2, "Other", 1), Company(3, "Third", 2))
    assert set(found) == {"own-sa-1", "other-2", "b.example"}
    assert state(found["other-2"]) == ("partial", ["It shares the domain a.example with another company."])
    assert found["other-2"]["variables"]["odoo_mail_domain_companies"] == 2


def test_a_company_whose_mail_uses_the_server_of_others_is_partial() -> None:
    host = hosts(OWN, servers=(MailServer(5, "Relay", from_filter="b.example"),))["a.example"]
    assert state(host) == (
        "partial",
        ["No outgoing server is for it: its mail leaves through 'Relay' (id 5)."],
    )


def test_a_company_whose_mail_leaves_as_another_domain_is_partial() -> None:
    elsewhere = domain(1, "a.example", "all@b.example")
    servers = (MailServer(5, "Relay", from_filter="b.example"),)
    host = hosts(OWN, servers=servers, domains=(elsewhere,), emails={1: "hi@a.example"})["a.example"]
    assert state(host) == ("partial", ["Its mail leaves as all@b.example, which is not of a.example."])


def test_personal_and_archived_servers_do_not_count() -> None:
    servers = (
        MailServer(5, "Archived", from_filter="a.example", active=False),
        MailServer(6, "Of Mary", from_filter="mary@a.example", owner="Mary"),
    )
    assert hosts(OWN, servers=servers)["a.example"]["variables"]["odoo_outgoing_mail_servers"] == []


def test_up_to_odoo_16_all_companies_share_the_catchall_domain() -> None:
    parameters = {"mail.catchall.domain": "A.example", "mail.catchall.alias": "catchall", "mail.bounce.alias": "bounce"}
    for version in (14, 15, 16):
        one = hosts(Company(1, "Own SA"), version=version, domains=(), parameters=parameters)
        assert state(one["a.example"])[0] == "complete"
        assert one["a.example"]["variables"]["odoo_alias_domain"]["catchall_email"] == "catchall@A.example"
        two = hosts(Company(1, "Own SA"), Company(2, "Other"), version=version, domains=(), parameters=parameters)
        assert set(two) == {"own-sa-1", "other-2"} and state(two["other-2"])[0] == "partial"
        bare = hosts(Company(1, "Own SA"), version=version, domains=())
        assert state(bare["own-sa-1"])[0] == "none"


NAMES = st.text(max_size=12) | st.sampled_from(["Company 1", "company-1", "公司", "a.example", "1"])
COMPANIES = st.lists(st.tuples(NAMES, st.sampled_from([None, 1, 2, 3, 4, 5])), max_size=8)
EMAILS = st.dictionaries(st.integers(1, 8), st.text(max_size=10) | st.sampled_from(["x@a.example", "x@b.example"]))
FILTERS = st.lists(st.sampled_from(["", "a.example", "x@b.example", ",", "A.EXAMPLE , b.example", "*.x"]), max_size=4)
DOMAINS = (A, B, domain(3, "A.Example"), domain(4, "x.odoo.com"), domain(5, "localhost"))


@given(COMPANIES, EMAILS, FILTERS, st.sampled_from([14, 15, 16, 17, 18, 19]))
def test_every_company_is_one_host_with_a_unique_name(
    wanted: list[tuple[str, int | None]], emails: dict[int, str], filters: list[str], version: int
) -> None:
    companies = tuple(Company(key, name, held) for key, (name, held) in enumerate(wanted, 1))
    servers = tuple(MailServer(key, f"Server {key}", from_filter=text) for key, text in enumerate(filters, 1))
    inputs = RoutingInputs(version, servers, DOMAINS, companies, {"mail.catchall.domain": "a.example"})
    found = company_hosts(RouteReading(inputs, emails), {1: ("BE", "Belgium")})
    assert [host["variables"]["odoo_company_id"] for host in found] == [company.id for company in companies]
    assert len({host["name"] for host in found}) == len(companies)
    for host in found:
        assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*", host["name"]) and host["name"] != "localhost"
        json.dumps(host)  # inventory caches store JSON
        level, missing = state(host)
        assert (level == "complete") == (not missing)
