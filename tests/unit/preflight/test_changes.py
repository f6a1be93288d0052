# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan stops a host that would harm anybody's mail, even that of companies which no inventory names."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.adoption import external_id
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.routes import (
    Company,
    MailServer,
    Route,
    RoutingFinding,
    SenderRoute,
)
from ansible_collections.postmaster.mail.plugins.module_utils.preflight.changes import PlanJudge, changed_routes
from ansible_collections.postmaster.mail.plugins.module_utils.preflight.judge import preflight
from ansible_collections.postmaster.mail.plugins.module_utils.preflight.model import Service, Setup

KEY = "beta.net: relay"
RELAY = Service("relay", "beta.net - relay", "smtp.beta.net", says_spf=True, says_dkim=True)
ODOO = Service("Odoo", command_line=True, says_spf=True, says_dkim=True, return_path="odoo.com")
OWN = Service("own", "alpha.net - own", "smtp.alpha.net", says_spf=True, says_dkim=True)
BETA = Setup("beta.net", "beta.net", ("Beta",), (RELAY,))
ALPHA = Setup("alpha.net", "alpha.net", ("Alpha",), (ODOO,))
BY_RELAY = MailServer(7, RELAY.server, host=RELAY.host, from_filter="beta.net", planned=True)


def sent(
    address: str = "sales@alpha.net", server: MailServer | None = None, company: str = "Alpha", leaves_as: str = ""
) -> SenderRoute:
    header = leaves_as or address
    bounces = f"bounce@{header.rpartition('@')[2]}"
    route = Route(server, header, f"catchall@{company}.net", bounces, "without_filter", "", rewritten=bool(leaves_as))
    return SenderRoute(address, Company(1 + len(company), company), ("user Mary",), route)


def dns(domain: str = "alpha.net", policy: str | None = "reject", **verdicts: Any) -> dict[str, Any]:
    senders: dict[str, Any] = {
        KEY: {"spf": verdicts.get("spf"), "dkim": verdicts.get("dkim"), "lacking": [], "spf_reason": ""}
    }
    applied = {"policy": policy, "domain": domain, "organizational_domain": domain}
    return {domain: {"senders": senders, "dmarc_policy": applied, "exists": True}}


def harmed(setups: list[Setup], now: list[SenderRoute], after: list[SenderRoute], seen: dict[str, Any]) -> list[str]:
    return sorted(PlanJudge(setups, changed_routes(now, after)).harmed(seen))


@pytest.mark.parametrize("setups", [[BETA], [BETA, ALPHA]], ids=["not in the run", "in the run"])
def test_a_new_relay_that_would_take_mail_of_another_company_is_stopped(setups: list[Setup]) -> None:
    changes = changed_routes([sent()], [sent(server=BY_RELAY)])
    judge = PlanJudge(setups, changes)

    assert judge.questions() == {"alpha.net": {KEY}}
    (verdict,) = judge.harmed(dns(spf=False, dkim=False))["beta.net"]
    assert (verdict.code, verdict.severity, verdict.blocks) == ("mail_gets_worse", "error", True)
    assert verdict.found.startswith(
        "Mail of alpha.net leaves through Odoo's own server (odoo.conf) now, and after this run "
        "through the server beta.net - relay. The SPF record of alpha.net does not let it pass."
    )
    assert verdict.cure.startswith(
        "Give beta.net - relay a FROM filter with beta.net, and the others a server of their"
    )
    assert verdict.from_addresses == ("sales@alpha.net",)


@pytest.mark.parametrize(
    ("verdicts", "holds"),
    [
        ({"spf": True, "dkim": False}, False),  # the records of the domain authorise the relay
        ({"spf": False, "dkim": True}, False),
        ({"spf": None, "dkim": False}, True),  # DNS did not answer
        ({"spf": False, "dkim": False, "policy": None}, True),
    ],
)
def test_a_change_is_stopped_unless_the_mail_is_known_to_pass(verdicts: dict[str, Any], holds: bool) -> None:
    found = harmed([BETA], [sent()], [sent(server=BY_RELAY)], dns(**verdicts))

    assert found == (["beta.net"] if holds else [])


def test_a_change_is_stopped_if_nothing_is_known_from_dns() -> None:
    assert harmed([BETA], [sent()], [sent(server=BY_RELAY)], {}) == ["beta.net"]


def test_mail_that_does_not_change_stops_nobody() -> None:
    there = MailServer(7, RELAY.server, host=RELAY.host)
    assert changed_routes([sent(server=there)], [sent(server=there)]) == []
    assert harmed([BETA], [sent(server=there)], [sent(server=there)], dns(spf=False, dkim=False)) == []


def test_mail_that_fails_already_stops_nobody() -> None:
    other = Service("other", "beta.net - other", "smtp2.beta.net", says_spf=True)
    setup = Setup("beta.net", "beta.net", ("Beta",), (RELAY, other))
    seen = dns(spf=False, dkim=False)
    seen["alpha.net"]["senders"]["beta.net: other"] = {"spf": False, "dkim": None, "lacking": []}
    now = sent(server=MailServer(3, other.server, host=other.host))

    assert harmed([setup], [now], [sent(server=BY_RELAY)], seen) == []
    seen["alpha.net"]["senders"]["beta.net: other"]["spf"] = True
    assert harmed([setup], [now], [sent(server=BY_RELAY)], seen) == ["beta.net"]


def test_mail_that_would_leave_as_another_company_is_stopped_although_it_passes() -> None:
    after = sent(server=BY_RELAY, leaves_as="notifications@beta.net")

    assert harmed([BETA], [sent()], [after], dns(spf=True, dkim=True)) == ["beta.net"]
    # for the company itself, replacing the sender is intended
    mine, then = sent(company="Beta"), sent(server=BY_RELAY, company="Beta", leaves_as="notifications@beta.net")
    assert harmed([BETA], [mine], [then], dns(spf=True, dkim=True)) == []


def test_a_server_without_an_owner_stops_all_hosts_of_the_run() -> None:
    stranger = MailServer(1, "a server by hand", host="smtp.elsewhere.net")

    assert harmed([BETA, ALPHA], [sent("x@gamma.net")], [sent("x@gamma.net", server=stranger)], {}) == [
        "alpha.net",
        "beta.net",
    ]


def test_the_mail_of_the_relays_own_host_is_left_to_its_preflight() -> None:
    now, after = sent("a@beta.net", company="Beta"), sent("a@beta.net", BY_RELAY, "Beta")
    assert harmed([BETA], [now], [after], {}) == []
    failing = {"beta.net": {"senders": {"relay": {"spf": False, "dkim": False}}, "dmarc_policy": {"policy": "reject"}}}

    assert preflight([BETA], [after], failing, [now])["beta.net"].blocking
    told = preflight([BETA], [after], failing, [after])["beta.net"]
    assert not told.blocking and told.verdicts[0].severity == "error"


class TestOwner:
    """The owner of a server is determined by its data in Odoo, never by its name alone."""

    def test_a_server_with_the_same_name_at_another_host_has_no_owner(self) -> None:
        by_hand = MailServer(7, RELAY.server, host="smtp.elsewhere.example")
        judge = PlanJudge([BETA], changed_routes([sent()], [sent(server=by_hand)]))

        assert judge.questions() == {}
        # records that authorise the relay do not count for it
        (verdict,) = judge.harmed(dns(spf=True, dkim=True))["beta.net"]
        assert "Nothing in DNS says that it may." in verdict.found

    def test_a_renamed_server_at_the_relays_host_belongs_to_the_relay(self) -> None:
        renamed = MailServer(7, "Old relay", host="SMTP.beta.net")
        judge = PlanJudge([BETA], changed_routes([sent()], [sent(server=renamed)]))

        assert judge.questions() == {"alpha.net": {KEY}}
        assert judge.harmed(dns(spf=True, dkim=True)) == {}

    def test_a_relay_shared_by_two_hosts_belongs_to_the_one_with_the_external_id(self) -> None:
        shared = Service("relay", "alpha.net - relay", RELAY.host, says_spf=True)
        alpha = Setup("alpha.net", "alpha.net", ("Alpha",), (shared,))
        ours = dataclasses.replace(BY_RELAY, name="x", external_ids=(external_id(RELAY.server),))
        gamma, then = sent("x@gamma.net", company="Gamma"), sent("x@gamma.net", company="Gamma", server=ours)
        assert harmed([alpha, BETA], [gamma], [then], {}) == ["beta.net"]
        # without an external id, both are asked about and both are stopped
        either = dataclasses.replace(BY_RELAY, name="x")
        changes = changed_routes([gamma], [sent("x@gamma.net", company="Gamma", server=either)])
        judge = PlanJudge([alpha, BETA], changes)
        assert judge.questions() == {"gamma.net": {KEY, "alpha.net: relay"}}
        seen = dns("gamma.net", spf=True)
        seen["gamma.net"]["senders"]["alpha.net: relay"] = {"spf": False, "dkim": False}
        assert sorted(judge.harmed(seen)) == ["alpha.net", "beta.net"]
        seen["gamma.net"]["senders"]["alpha.net: relay"] = {"spf": True}
        assert judge.harmed(seen) == {}


def test_if_an_add_on_chooses_the_server_nothing_is_known_to_pass() -> None:
    addon = (RoutingFinding("addon_chooses_server", "The add-on mail_multicompany of this Odoo changes it."),)

    def unsure(one: SenderRoute) -> SenderRoute:
        return dataclasses.replace(one, route=dataclasses.replace(one.route, findings=addon))

    now, after = unsure(sent()), unsure(sent(server=BY_RELAY))
    (verdict,) = PlanJudge([BETA], changed_routes([now], [after])).harmed(dns(spf=True, dkim=True))["beta.net"]
    assert "The add-on mail_multicompany" in verdict.found
    assert changed_routes([after], [after]) == []
    # the same for the host's own mail
    good = {"beta.net": {"senders": {"relay": {"spf": True, "dkim": True}}, "dmarc_policy": {"policy": "none"}}}
    own = unsure(sent("a@beta.net", BY_RELAY, "Beta"))
    (told,) = preflight([BETA], [own], good, [unsure(sent("a@beta.net", company="Beta"))])["beta.net"].verdicts
    assert (told.code, told.severity, told.blocks) == ("not_known", "warning", True)
    (told,) = preflight([BETA], [own], good, [own])["beta.net"].verdicts
    assert (told.code, told.blocks) == ("not_known", False)


class TestBuild:
    """If the build of an Odoo is unknown, both outcomes are reported and the worse one counts."""

    @staticmethod
    def either(one: SenderRoute, leaves_as: str) -> SenderRoute:
        bounces = f"bounce@{leaves_as.rpartition('@')[2]}"
        other = dataclasses.replace(one.route, from_header=leaves_as, envelope_sender=bounces)
        return dataclasses.replace(one, route=dataclasses.replace(one.route, otherwise=other))

    def test_the_worse_outcome_stops_the_host_itself(self) -> None:
        after = self.either(sent("a@beta.net", BY_RELAY, "Beta"), "notifications@news.beta.net")
        seen = {
            "beta.net": {
                "senders": {"relay": {"spf": True, "dkim": False}},
                "dmarc_policy": {
                    "policy": "reject",
                    "subdomain_policy": "reject",
                    "spf_alignment": "s",
                    "dkim_alignment": "s",
                },
            }
        }
        told = preflight([BETA], [after], seen, [])["beta.net"]
        assert [(one.leaves_as, one.blocks) for one in told.verdicts] == [("news.beta.net", True), ("beta.net", False)]

    def test_the_worse_outcome_for_others_stops_the_host(self) -> None:
        now = self.either(sent(), "notifications@alpha.net")
        after = self.either(sent(server=BY_RELAY), "notifications@other.net")
        changes = changed_routes([now], [after])
        assert [(one.now.route.from_header, one.after.route.from_header) for one in changes] == [
            ("sales@alpha.net", "sales@alpha.net"),
            ("notifications@alpha.net", "notifications@other.net"),
        ]
        seen = {**dns(spf=True), **dns("other.net", spf=False, dkim=False)}
        (verdict,) = PlanJudge([BETA], changes).harmed(seen)["beta.net"]
        assert verdict.leaves_as == "other.net"
        assert PlanJudge([BETA], changes).harmed({**dns(spf=True), **dns("other.net", spf=True)}) == {}


@pytest.mark.parametrize(
    ("before", "then", "holds"),
    [("none", "quarantine", True), ("quarantine", "reject", True), ("reject", "none", False), ("none", "none", False)],
)
def test_failing_mail_that_comes_under_a_stricter_policy_is_stopped(before: str, then: str, holds: bool) -> None:
    """For example, Odoo replaces a sender that no filter matches."""
    now, after = sent(server=BY_RELAY, company="Beta"), sent(server=BY_RELAY, company="Beta", leaves_as="n@other.net")
    seen = {**dns(policy=before, spf=False, dkim=False), **dns("other.net", policy=then, spf=False, dkim=False)}
    assert harmed([BETA], [now], [after], seen) == (["beta.net"] if holds else [])
