# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How mail to a host's domain should reach Odoo."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.plugin_utils.desired_odoo import DesiredOdoo
from ansible_collections.postmaster.mail.plugins.plugin_utils.host_plan import HostPlan, read_host_plan
from ansible_collections.postmaster.mail.plugins.plugin_utils.sender import Refused

ONLINE = {"url": "https://company-name.odoo.com", "database": "company-name", "username": "admin", "password": "x"}
OWN = {**ONLINE, "url": "https://erp.example.net:8443/odoo"}
MAILBOX = {"host": "imap.company-name.com", "username": "catchall@company-name.com", "password": "correct horse"}


def plan(host: str = "company-name.com", **variables: Any) -> HostPlan:
    """Variables are given without their prefix."""
    variables = {"odoo": ONLINE, "dns": {"provider": "zone_file", "directory": "/zones"}, **variables}
    return read_host_plan(host, {f"custom_domain_{name}": value for name, value in variables.items()}, "/inventory")


def in_odoo(**variables: Any) -> DesiredOdoo:
    desired = plan(**variables).odoo
    assert desired is not None
    return desired


def test_incoming_mail_is_not_set_up_unless_asked_for() -> None:
    assert in_odoo().incoming_servers == [] and in_odoo().alias_domain["redirect_to"] is None
    assert "mx" not in plan().records


def test_on_odoo_online_mail_is_redirected_to_the_subdomain_of_the_database() -> None:
    assert in_odoo(incoming="redirect").alias_domain["redirect_to"] == "company-name.odoo.com"


def test_elsewhere_mail_is_redirected_to_incoming_host() -> None:
    desired = in_odoo(odoo=OWN, incoming="redirect", incoming_host="Gateway.example.net.")
    assert desired.alias_domain["redirect_to"] == "gateway.example.net"
    with pytest.raises(Refused, match="custom_domain_incoming_host"):
        plan(odoo=OWN, incoming="redirect")


@pytest.mark.parametrize("url", ["https://company-name.odoo.com", "https://www.company-name.com"])
def test_a_subdomain_gets_an_mx_record_to_odoo(url: str) -> None:
    odoo = {**ONLINE, "url": url}
    read = plan("mail.company-name.com", odoo=odoo, incoming="mx", incoming_host="company-name.odoo.com")
    assert read.records["mx"] == {"exchanges": [{"host": "company-name.odoo.com"}]}
    exchanges = [{"preference": None, "host": "company-name.odoo.com"}]
    assert read.published["mx"]["exchanges"] == read.checked["mx"]["exchanges"] == exchanges
    assert read.odoo is not None and read.odoo.alias_domain["name"] == "mail.company-name.com"


@pytest.mark.parametrize(
    ("host", "zone"),
    [
        ("company-name.com", None),
        ("company-name.co.uk", None),
        ("mail.company-name.com", "mail.company-name.com."),
    ],
)
def test_a_whole_domain_gets_no_mx_record_to_odoo_online(host: str, zone: str | None) -> None:
    with pytest.raises(Refused, match=rf"only for a dedicated subdomain.*mail\.{host}"):
        plan(host, incoming="mx", zone=zone)


def test_the_zone_determines_what_a_subdomain_is() -> None:
    assert plan("shop.co.uk", incoming="mx", zone="co.uk").records["mx"]
    assert plan("mail.company-name.co.uk", incoming="mx").records["mx"]


def test_a_whole_domain_may_get_an_mx_record_to_a_self_hosted_odoo() -> None:
    read = plan(odoo=OWN, incoming="mx", incoming_host="mx.example.net")
    assert read.records["mx"] == {"exchanges": [{"host": "mx.example.net"}]}


def test_mailboxes_are_named_by_the_domain_and_their_name() -> None:
    listed = [{**MAILBOX, "port": None}, {**MAILBOX, "name": "sales"}]
    servers = in_odoo(incoming="server", incoming_servers=listed).incoming_servers
    assert [server["name"] for server in servers] == [
        "company-name.com - catchall@company-name.com",
        "company-name.com - sales",
    ]
    stated = {**MAILBOX, "name": servers[0]["name"], "owner": "company-name.com"}
    assert {name: servers[0][name] for name in stated} == stated


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"incoming": "server"}, "list the mailboxes"),
        ({"incoming_servers": [MAILBOX]}, "custom_domain_incoming is none: set it to server"),
        ({"incoming": "redirect", "incoming_servers": [MAILBOX]}, "is redirect: set it to server"),
        ({"incoming": "server", "incoming_servers": [MAILBOX], "odoo": None}, "give custom_domain_odoo"),
        ({"incoming": "mx", "mx": {"exchanges": [{"preference": 0, "host": "."}]}}, "leave out one of them"),
        ({"incoming": "mx", "odoo": OWN}, "where Odoo receives mail"),
    ],
)
def test_options_that_contradict_each_other_are_refused(variables: dict[str, Any], message: str) -> None:
    with pytest.raises(Refused) as refused:
        plan("mail.company-name.com", **variables)
    told = str(refused.value)
    assert told.startswith("mail.company-name.com: ") and message in told and "horse" not in told
