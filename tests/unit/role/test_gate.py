# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the gate decides for a host, and which of its variables matter."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.routes import (
    Company,
    MailServer,
    Route,
    SenderRoute,
)
from ansible_collections.postmaster.mail.plugins.plugin_utils.accepted import Acceptance
from ansible_collections.postmaster.mail.plugins.plugin_utils.gate import decide, others
from ansible_collections.postmaster.mail.plugins.plugin_utils.host_plan import (
    CHECK_OPTIONS,
    HostPlan,
    read_host_plan,
)
from ansible_collections.postmaster.mail.plugins.plugin_utils.odoo import Database, databases
from ansible_collections.postmaster.mail.plugins.plugin_utils.proof import trial
from ansible_collections.postmaster.mail.plugins.plugin_utils.validation import role_options

ODOO = {"url": "https://erp.example.net", "database": "prod", "username": "admin", "password": "secret"}
RELAY = {
    "name": "relay",
    "host": "smtp.x.com",
    "username": "odoo",
    "password": "secret",
    "spf": {"ip4": ["192.0.2.25"]},
}
DOMAIN = "company-name.com"


def plan(**variables: Any) -> HostPlan:
    given = {"dns": {"provider": "manual"}, "odoo": ODOO, "companies": ["Company"], "senders": [RELAY], **variables}
    return read_host_plan(DOMAIN, {f"custom_domain_{name}": value for name, value in given.items()}, "")


def sends(*plans: HostPlan, company: str = "Company") -> Database:
    """The database of the plans, in which one address of the domain sends."""
    (database,) = databases(plans)
    server = MailServer(1, f"{DOMAIN} - relay", host="smtp.x.com", from_filter=DOMAIN)
    address = f"sales@{DOMAIN}"
    route = Route(server, address, "", f"bounce@{DOMAIN}", "from_domain", "")
    database.routes = [SenderRoute(address, Company(1, company), (), route)]
    return database


def seen(spf: bool | None) -> dict[str, Any]:
    """The result of domain_info."""
    policy = {"policy": "none", "organizational_domain": DOMAIN, "spf_alignment": "r", "dkim_alignment": "r"}
    senders = {"relay": {"spf": spf, "dkim": None, "lacking": ["ip4:x"]}}
    return {DOMAIN: {"met": True, "dmarc_policy": policy, "senders": senders}}


@pytest.mark.parametrize("gate", ["enforce", "warn"])
def test_an_accepted_finding_leads_to_no_warning_but_does_not_open_the_gate(gate: str) -> None:
    wanted = plan(gate=gate)
    sender = f"sales@{DOMAIN}"
    known = {
        DOMAIN: [Acceptance(code, sender, "We know of it.") for code in ("not_authenticated", "partner_sent_as_is")]
    }

    def decided(spf: bool, code: str, accepted: dict[str, list[Acceptance]]) -> tuple[bool, int]:
        database = sends(wanted)
        if code == "partner_sent_as_is":
            one = (database.routes or [])[0]
            leaving = dataclasses.replace(one.route, from_header="x@elsewhere.example")
            database.routes = [dataclasses.replace(one, sources=("partner",), route=leaving)]
        decision = decide(database, [wanted], seen(spf), {}, accepted)[DOMAIN]
        return decision.blocked, sum(sender in warning for warning in decision.warnings)

    # a finding that blocks still blocks or leads to a warning
    blocked = gate == "enforce"
    assert (
        decided(False, "not_authenticated", {}) == decided(False, "not_authenticated", known) == (blocked, not blocked)
    )
    assert decided(True, "partner_sent_as_is", {}) == (False, 1)
    assert decided(True, "partner_sent_as_is", known) == (False, 0)


@pytest.mark.parametrize(("gate", "blocked"), [("enforce", True), ("warn", False)])
def test_a_failing_route_is_blocked_or_leads_to_a_warning(gate: str, blocked: bool) -> None:
    wanted = plan(gate=gate)
    decision = decide(sends(wanted), [wanted], seen(False), {})[DOMAIN]
    assert decision.blocked is blocked
    assert "ip4:x" in (decision.msg if blocked else " ".join(decision.warnings))
    assert blocked is ("Odoo is not changed for company-name.com" in decision.msg)


def test_the_gate_is_not_used_if_it_is_ignored_or_without_odoo() -> None:
    assert [one.is_guarded for one in (plan(), plan(gate="ignore"), plan(odoo=None))] == [True, False, False]


def test_a_passing_route_is_not_blocked() -> None:
    wanted = plan()
    decision = decide(sends(wanted), [wanted], seen(True), {})[DOMAIN]
    assert (decision.blocked, decision.msg, decision.warnings) == (False, "", [])


@pytest.mark.parametrize("gate", ["enforce", "warn"])
def test_an_unknown_result_blocks_only_a_change(gate: str) -> None:
    wanted = plan(gate=gate)
    assert decide(sends(wanted), [wanted], seen(None), {})[DOMAIN].blocked is (gate == "enforce")
    # the run does not change the routes
    database = sends(wanted)
    database.routes_now = database.routes
    assert not decide(database, [wanted], seen(None), {})[DOMAIN].blocked
    assert not decide(database, [wanted], seen(False), {})[DOMAIN].blocked


@pytest.mark.parametrize("gate", ["enforce", "warn"])
def test_without_an_answer_from_odoo_the_gate_blocks(gate: str) -> None:
    wanted = plan(gate=gate)
    (database,) = databases([wanted])
    database.fault = "Odoo is down."
    decision = decide(database, [wanted], {}, {})[DOMAIN]
    assert decision.blocked is (gate == "enforce")
    assert "Odoo is down." in (decision.msg if decision.blocked else " ".join(decision.warnings))


def test_a_server_that_takes_the_mail_of_others_is_blocked() -> None:
    wanted = plan()
    database = sends(wanted)
    relay = database.routes[0].route.server if database.routes else None
    other = Route(None, "a@other.net", "", "bounce@other.net", "command_line", "")
    database.routes_now = [SenderRoute("a@other.net", Company(2, "Other"), (), other)]
    after = dataclasses.replace(database.routes_now[0], route=dataclasses.replace(other, server=relay))
    database.routes = [*(database.routes or ()), after]
    asked = others(database, [wanted])
    assert list(asked) == [wanted.place]
    (item,) = asked[wanted.place]
    assert (item["domain"], [one["name"] for one in item["senders"]]) == ("other.net", [f"{DOMAIN}: relay"])
    decision = decide(database, [wanted], seen(True), {})[DOMAIN]
    assert decision.blocked
    assert "because mail of others would then fail. Mail of other.net leaves through" in decision.msg
    lets = {"other.net": {"senders": {f"{DOMAIN}: relay": {"spf": True}}, "dmarc_policy": {"policy": "reject"}}}
    assert not decide(database, [wanted], seen(True), lets)[DOMAIN].blocked


def test_senders_are_checked_under_unique_names() -> None:
    senders = [RELAY, {**RELAY, "username": "other"}, {"service": "odoo"}, {"service": "odoo", "authentication": "cli"}]
    wanted = plan(senders=senders)
    assert [one["name"] for one in wanted.checked["senders"]] == ["relay", "relay (2)", "Odoo", "command line"]
    assert [one.command_line for one in wanted.setup.services] == [False, False, True, False]
    assert "senders" not in wanted.published


def test_an_archived_sender_has_no_server() -> None:
    (service,) = plan(senders=[{**RELAY, "state": "archived"}]).setup.services
    assert (service.server, service.host) == ("", "")


def test_a_test_message_comes_from_the_default_sender() -> None:
    mailbox = {"to": "probe@box.example", "host": "imap.box.example", "username": "probe", "password": "secret"}
    message = trial(plan(test_mailbox=mailbox))
    assert (message.from_address, message.company, message.to) == (
        f"notifications@{DOMAIN}",
        "Company",
        mailbox["to"],
    )
    assert trial(plan(test_mailbox=mailbox, single_sender=f"one@{DOMAIN}")).from_address == f"one@{DOMAIN}"


def test_the_host_of_odoo_conf_is_matched_to_the_sender_with_its_name() -> None:
    smarthost = {"name": "smtp.company-name.com", "spf": {"ip4": ["192.0.2.25"]}}
    wanted = plan(senders=[smarthost, RELAY], odoo_command_line={"smtp_server": "SMTP.company-name.com"})
    assert [one.command_line for one in wanted.setup.services] == [True, False]
    assert not wanted.setup.knows_from_filter
    assert plan(odoo_command_line={"from_filter": ""}).setup.knows_from_filter


def test_hosts_of_one_database_that_disagree_about_odoo_conf_lead_to_a_warning() -> None:
    first = dataclasses.replace(plan(odoo_command_line={"from_filter": DOMAIN}), host="first.example")
    other = plan(odoo_command_line={"from_filter": "other.example"})
    silent = dataclasses.replace(plan(), host="silent.example")
    decisions = decide(sends(first, other, silent), [first, other, silent], seen(True), {})
    assert "first.example" in decisions[DOMAIN].warnings[0]
    told = [*decisions["first.example"].warnings, *decisions["silent.example"].warnings]
    assert not [text for text in told if "odoo_command_line" in text]


def test_the_options_for_the_dns_check_have_no_secret() -> None:
    def secrets(options: dict[str, Any]) -> list[str]:
        own = [name for name, option in options.items() if option.get("no_log")]
        return own + [one for option in options.values() for one in secrets(option.get("options") or {})]

    assert secrets(role_options()) != []
    assert secrets(CHECK_OPTIONS) == []
