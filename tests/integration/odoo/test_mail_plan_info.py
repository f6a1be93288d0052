# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of a plan is what is said once it was applied."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.odoo_lab import RealDatabase
from ansible_collections.postmaster.mail.tests.simulators.odoo.server import StandIn

PARTNER = {"partner_addresses": ["mary@customer.example"]}
ALPHA = {"name": "alpha.example", "companies": ["Alpha"]}
RELAY = {"name": "relay", "owner": "alpha", "host": "smtp.alpha.example", "username": "odoo", "password": "secret"}

PLANS: dict[str, list[dict[str, Any]]] = {
    "a domain and a server": [
        {"alias_domains": [ALPHA], "outgoing_mail_servers": [{**RELAY, "from_filter": ["alpha.example"]}]}
    ],
    "two domains, and one who has none": [
        {"alias_domains": [ALPHA, {"name": "beta.example", "companies": ["Beta"], "default_from": "hello"}]}
    ],
    "another default sender, and a server for it alone": [
        {"alias_domains": [ALPHA]},
        {
            "alias_domains": [{**ALPHA, "default_from": "only@alpha.example", "override_all_senders": True}],
            "outgoing_mail_servers": [{**RELAY, "from_filter": ["only@alpha.example"]}],
        },
    ],
    "a server that is renumbered, archived, and one that goes": [
        {
            "alias_domains": [ALPHA],
            "outgoing_mail_servers": [
                {**RELAY, "priority": 10},
                {**RELAY, "name": "second", "username": "second", "priority": 20},
                {**RELAY, "name": "third", "username": "third", "priority": 5},
            ],
        },
        {
            "outgoing_mail_servers": [
                {**RELAY, "priority": 30, "from_filter": ["beta.example"]},
                {**RELAY, "name": "second", "username": "second", "state": "archived"},
                {**RELAY, "name": "third", "username": "third", "state": "absent"},
            ]
        },
    ],
    "what nobody wants any more": [
        {"outgoing_mail_servers": [RELAY, {**RELAY, "name": "second", "username": "second", "priority": 1}]},
        {"outgoing_mail_servers": [RELAY], "purge": True},
    ],
    "a domain that moves to another company, and one that goes": [
        {"alias_domains": [ALPHA, {"name": "beta.example", "companies": ["Beta"]}]},
        {"alias_domains": [{**ALPHA, "companies": ["Beta"]}, {"name": "beta.example", "state": "absent"}]},
    ],
    "an entry that is refused": [
        {"alias_domains": [{"name": "gamma.example", "companies": ["Gama"]}, ALPHA], "outgoing_mail_servers": [RELAY]},
    ],
}


def told(connection: dict[str, Any], module: str, **options: Any) -> list[dict[str, Any]]:
    done = run_module(module, {"odoo": connection, **PARTNER, **copy.deepcopy(options)})
    assert not done.get("failed"), done
    assert done["changed"] is False
    return [without_ids(route) for route in done["routes"]]


def without_ids(route: dict[str, Any]) -> dict[str, Any]:
    """What is new has no id before it is there; and a label with an id is in sentences."""
    servers = [route["server"], *route["candidates"]]
    return {
        **route,
        "server": {**(route["server"] or {}), "id": None},
        "candidates": [server["name"] for server in servers if server],
        "findings": [finding["code"] for finding in route["findings"]],
    }


def applied(connection: dict[str, Any], desired: dict[str, Any]) -> None:
    run_module("odoo_mail", {"odoo": connection, **copy.deepcopy(desired)})


def agrees(connection: dict[str, Any], change: dict[str, Any]) -> None:
    planned = told(connection, "odoo_mail_plan_info", **change)
    applied(connection, change)
    assert planned == told(connection, "odoo_mail_route_info")
    # nothing is left to do, so nothing differs
    assert planned == told(connection, "odoo_mail_plan_info", **change)


@pytest.mark.parametrize("version", [14, 16, 17, 19])
@pytest.mark.parametrize("plan", PLANS)
def test_routes_of_a_plan_are_those_after_it(plan: str, version: int) -> None:
    *before, change = PLANS[plan]
    with StandIn(("Alpha", "Beta", "Gamma"), version=version) as odoo:
        for desired in before:
            applied(odoo.options, desired)
        writes = odoo.database.writes
        told(odoo.options, "odoo_mail_plan_info", **change)
        assert odoo.database.writes == writes
        agrees(odoo.options, change)


@pytest.mark.parametrize("plan", PLANS)
def test_the_real_odoo_agrees(plan: str, real_odoo19: RealDatabase) -> None:
    *before, change = PLANS[plan]
    real_odoo19.client.create("res.company", [{"name": name} for name in ("Alpha", "Beta", "Gamma")])
    for desired in before:
        applied(real_odoo19.options, desired)
    agrees(real_odoo19.options, change)
