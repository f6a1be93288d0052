# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How mail to a host's domain is to reach Odoo."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.plugin_utils.wish import collect

ONLINE = {"url": "https://company-name.odoo.com", "database": "company-name", "username": "admin", "password": "x"}
OWN = {**ONLINE, "url": "https://erp.example.net:8443/odoo"}
MAILBOX = {"host": "imap.company-name.com", "username": "catchall@company-name.com", "password": "correct horse"}


def wish(host: str = "company-name.com", **variables: Any) -> dict[str, Any]:
    """The prefix of the variables is left out."""
    variables = {"odoo": ONLINE, "dns": {"provider": "zone_file", "directory": "/zones"}, **variables}
    return collect(host, {f"custom_domain_{name}": value for name, value in variables.items()}, "/inventory")


def test_nothing_is_done_about_it_unless_asked_for() -> None:
    collected = wish()
    assert collected["incoming_servers"] == [] and "redirect_to" not in collected["alias_domain"]
    assert "mx" not in collected["expected"] and collected["refused"] == ""


def test_mail_is_redirected_to_the_subdomain_of_a_database_of_odoo_online() -> None:
    assert wish(incoming="redirect")["alias_domain"]["redirect_to"] == "company-name.odoo.com"


def test_mail_is_redirected_to_the_gateway_that_is_named() -> None:
    collected = wish(odoo=OWN, incoming="redirect", incoming_host="Gateway.example.net.")
    assert collected["alias_domain"]["redirect_to"] == "gateway.example.net"
    assert "custom_domain_incoming_host" in wish(odoo=OWN, incoming="redirect")["refused"]


@pytest.mark.parametrize("url", ["https://company-name.odoo.com", "https://www.company-name.com"])
def test_a_subdomain_gets_an_mx_record_that_leads_to_odoo(url: str) -> None:
    odoo = {**ONLINE, "url": url}
    collected = wish("mail.company-name.com", odoo=odoo, incoming="mx", incoming_host="company-name.odoo.com")
    exchanges = {"exchanges": [{"preference": 10, "host": "company-name.odoo.com"}]}
    assert collected["records"]["mx"] == collected["expected"]["mx"] == exchanges
    assert collected["alias_domain"]["name"] == "mail.company-name.com"


@pytest.mark.parametrize(
    ("host", "zone"),
    [
        ("company-name.com", None),
        ("company-name.co.uk", None),
        ("mail.company-name.com", "mail.company-name.com."),
    ],
)
def test_a_whole_domain_gets_no_mx_record_of_odoo_online(host: str, zone: str | None) -> None:
    refused = wish(host, incoming="mx", zone=zone)["refused"]
    assert "a dedicated subdomain only" in refused and f"mail.{host}" in refused


def test_the_zone_says_what_a_subdomain_is() -> None:
    assert wish("shop.co.uk", incoming="mx", zone="co.uk")["refused"] == ""
    assert wish("mail.company-name.co.uk", incoming="mx")["refused"] == ""


def test_a_whole_domain_may_lead_to_an_odoo_of_ones_own() -> None:
    collected = wish(odoo=OWN, incoming="mx", incoming_host="mx.example.net")
    assert collected["records"]["mx"] == {"exchanges": [{"preference": 10, "host": "mx.example.net"}]}


def test_mailboxes_are_called_the_domain_and_their_name() -> None:
    listed = [{**MAILBOX, "port": None}, {**MAILBOX, "name": "sales"}]
    servers = wish(incoming="server", incoming_servers=listed)["incoming_servers"]
    assert [server["name"] for server in servers] == [
        "company-name.com - catchall@company-name.com",
        "company-name.com - sales",
    ]
    assert servers[0] == {**MAILBOX, "name": servers[0]["name"], "owner": "company-name.com"}


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"incoming": "server"}, "name the mailboxes"),
        ({"incoming_servers": [MAILBOX]}, "custom_domain_incoming is none: set it to server"),
        ({"incoming": "redirect", "incoming_servers": [MAILBOX]}, "is redirect: set it to server"),
        ({"incoming": "server", "incoming_servers": [MAILBOX], "odoo": None}, "give custom_domain_odoo"),
        ({"incoming": "mx", "mx": {"exchanges": [{"preference": 0, "host": "."}]}}, "leave out one of them"),
        ({"incoming": "mx", "odoo": OWN}, "where Odoo takes mail in"),
    ],
)
def test_what_does_not_go_together_is_refused(variables: dict[str, Any], message: str) -> None:
    refused = wish("mail.company-name.com", **variables)["refused"]
    assert refused.startswith("mail.company-name.com: ") and message in refused and "horse" not in refused
