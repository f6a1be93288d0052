# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts are registered at a service, and what verify reports about existing registrations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import Conflict, PostmasterError
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.contract import (
    VERIFIED,
    Desired,
    Progress,
    Registration,
)
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.outcome import (
    SendingOutcome,
    SendingRequest,
)
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.planning import (
    NOTHING,
    UPDATE,
    NameTaken,
    RegistrationPlan,
)
from ansible_collections.postmaster.mail.plugins.plugin_utils.host_plan import HostPlan
from ansible_collections.postmaster.mail.plugins.plugin_utils.report import HostReport
from ansible_collections.postmaster.mail.plugins.plugin_utils.sender import Sender
from ansible_collections.postmaster.mail.plugins.plugin_utils.service_steps import ServiceSteps

SENDER = Sender("alpha.example", {"registration": Desired("alpha.example", "alpha.example")}, "one")
PLANS = [
    HostPlan(name, name, senders=(SENDER,))
    for name in ("known.example", "right.example", "locked.example", "misled.example")
]


class View:
    """A view of DNS. ``servers``: the name servers to which each zone is delegated."""

    def __init__(self, *servers: str) -> None:
        self._servers = servers

    def delegated_to(self, zone: str) -> tuple[str, ...]:
        return self._servers

    def elsewhere(self, zone: str, name_servers: Sequence[str]) -> str:
        return "Nobody would see it." if zone == "misled.example" and name_servers == ["ns1.example"] else ""


class Services:
    """Services at which all hosts but the first must be registered."""

    def __init__(self) -> None:
        self.registered: list[str] = []
        self.logins: dict[str, dict[str, str]] = {}

    def find(self, plans: Sequence[HostPlan]) -> None:
        pass

    def register(self, plans: Sequence[HostPlan], dummy: Any) -> None:
        self.registered = [plan.host for plan in plans]

    def errors(self, plan: HostPlan) -> list[str]:
        return []

    def of(self, plan: HostPlan) -> dict[str, SendingOutcome]:
        return {}

    def registers(self, plan: HostPlan) -> bool:
        return plan.host != "known.example"

    def completed(self, plan: HostPlan) -> HostPlan:
        return plan

    def dns_of(self, plan: HostPlan) -> View:
        return View()


@pytest.mark.parametrize("check_mode", [False, True])
def test_only_hosts_whose_records_would_be_visible_are_registered(check_mode: bool) -> None:
    reports = {plan.host: HostReport(plan.host, plan.domain) for plan in PLANS}
    services = Services()
    steps = ServiceSteps(services, reports, lambda dummy: None, check_mode)  # type: ignore[arg-type]

    def rehearse(plans: Sequence[HostPlan]) -> dict[str, Mapping[str, Any]]:
        assert [plan.host for plan in plans] == ["right.example", "locked.example", "misled.example"]
        return {
            plan.host: {"zones": [plan.domain], "name_servers": ["ns1.example"]}
            for plan in plans
            if plan.host != "locked.example"
        }

    left = steps.begin(PLANS, True, rehearse)
    assert [plan.host for plan in left] == ["known.example", "right.example"] == services.registered
    assert reports["misled.example"].failures == ["Nobody would see it. Nothing was registered for misled.example."]


@pytest.mark.parametrize(
    ("provider", "delegated_to", "told"),
    [
        ("cloudflare", ("amy.ns.cloudflare.com", "bob.ns.cloudflare.com"), ""),
        ("cloudflare", ("ns1.example",), "were not compared: cloudflare does not show those of the zone."),
        ("namecheap", (), "were not compared: the zone above did not tell them."),
        ("namecheap", ("dns1.registrar-servers.com",), ""),
        # other servers may serve a copy
        ("powerdns", ("amy.ns.cloudflare.com",), "were not compared: powerdns does not show those of the zone."),
        # records entered by people are read from the servers of the delegation
        ("manual", ("amy.ns.cloudflare.com",), ""),
        ("manual", (), ""),
    ],
)
def test_if_the_provider_does_not_show_its_name_servers_their_names_are_compared(
    provider: str, delegated_to: tuple[str, ...], told: str
) -> None:
    said, misled = compared(HostPlan("one", "one", dns={"provider": provider}), View(*delegated_to))
    assert said.endswith(told) and bool(said) == bool(told) and misled == ""


def test_a_delegation_to_another_provider_is_recognised_by_its_name_servers() -> None:
    said, misled = compared(HostPlan("one", "one", dns={"provider": "namecheap"}), View("amy.ns.cloudflare.com"))
    assert not said and misled.startswith(
        "one is delegated to amy.ns.cloudflare.com, which are name servers of cloudflare, but this run writes the zone "
        "at namecheap: nobody would see what is published in it."
    )


def test_with_custom_domain_nameservers_the_delegation_is_not_compared() -> None:
    place = PLANS[0].place._replace(nameservers=("192.0.2.53",))
    said, misled = compared(HostPlan("one", "one", dns={"provider": "powerdns"}, place=place), View())
    assert "not compared: custom_domain_nameservers are asked, and not the servers of the delegation." in said


def compared(host: HostPlan, view: View) -> tuple[str, str]:
    """The note about a comparison that was not made, and the error about the delegation."""
    services = Services()
    services.dns_of = lambda plan: view  # type: ignore[method-assign]
    steps = ServiceSteps(services, {"one": HostReport("one", "one")}, lambda dummy: None, False)  # type: ignore[arg-type]
    misled = steps._misled(host, "one", ())
    return steps._not_compared.get("one", ""), misled


def not_registered(error: PostmasterError, was_read: bool) -> SendingOutcome:
    found = outcome(NOTHING, registered=False)
    found.fail(error)
    found.was_read = was_read
    return found


TAKEN = NameTaken("s1._domainkey.alpha.example is held by the sender Shop.", "Give another one.")


def outcome(action: str, registered: bool = True, error: str | None = None, **options: Any) -> SendingOutcome:
    desired = Desired("alpha.example", "alpha.example", **options)
    there = Registration("alpha.example", "1", {"dkim": Progress(VERIFIED, "")}, ()) if registered else None
    plan = RegistrationPlan(action, desired)
    return SendingOutcome(SendingRequest("amazon_ses", {}, desired), error=error, plan=plan, registration=there)


class Read:
    """Services with one outcome. ``login``: a missing login; ``unread``: an error while reading the logins."""

    def __init__(self, outcome: SendingOutcome, login: str = "", unread: str | None = None) -> None:
        self._outcome, self._login, self._unread = outcome, login, unread
        self.logins: dict[str, dict[str, str]] = {}

    def find(self, plans: Sequence[HostPlan]) -> None:
        pass

    def read_limits(self, plan: HostPlan) -> None:
        pass

    look = find_left_over = find

    def of(self, plan: HostPlan) -> dict[str, SendingOutcome]:
        return {"one": self._outcome}

    def missing_logins(self, plan: HostPlan) -> dict[str, str]:
        self._outcome.error = self._outcome.error or self._unread
        return {"one": self._login} if self._login else {}

    def in_sandbox(self, plan: HostPlan) -> dict[str, SendingOutcome]:
        return {}

    def completed(self, plan: HostPlan) -> HostPlan:
        return plan


@pytest.mark.parametrize(
    ("services", "code", "text"),
    [
        (Read(outcome(NOTHING)), None, ""),
        (
            Read(outcome(UPDATE, return_path="bounces.alpha.example", key_length=2048)),
            "service_differs",
            "alpha.example is registered at Amazon SES with other settings than wanted: return_path "
            "bounces.alpha.example, key_length 2048.",
        ),
        (
            Read(outcome(UPDATE, return_path=False, configuration_set="", feedback=False)),
            "service_differs",
            "alpha.example is registered at Amazon SES with other settings than wanted: return_path none, "
            "configuration_set none, feedback false.",
        ),
        (Read(outcome(NOTHING), "odoo at X"), "service_differs", "The login odoo at X is missing."),
        (Read(outcome(NOTHING, error="It has another return path.")), "service_differs", "It has another return path."),
        (Read(outcome(NOTHING), unread="No answer about logins."), "service_not_read", "No answer about logins."),
        (Read(outcome(NOTHING, registered=False, error="No answer.")), "service_not_read", "No answer."),
        (Read(not_registered(TAKEN, was_read=False)), "service_name_taken", TAKEN.found),
        (Read(not_registered(TAKEN, was_read=True)), "service_name_taken", TAKEN.found),
        (
            Read(not_registered(Conflict("It is not delegated."), was_read=True)),
            "service_not_registered",
            "It is not delegated.",
        ),
    ],
)
def test_verify_reports_each_difference_as_a_finding(services: Read, code: str | None, text: str) -> None:
    host = HostPlan("alpha.example", "alpha.example", senders=(SENDER,))
    reports = {host.host: HostReport(host.host, host.domain)}
    ServiceSteps(services, reports, lambda dummy: None, check_mode=True).look([host])  # type: ignore[arg-type]
    found = [(one["code"], one["found"]) for one in reports[host.host].findings]
    assert found == ([(code, text)] if code else [])
    assert not reports[host.host].service_changes["one"]["login"]


def test_verify_says_of_a_name_that_others_hold_whose_it_is_and_what_to_do() -> None:
    host = HostPlan("alpha.example", "alpha.example", senders=(SENDER,))
    reports = {host.host: HostReport(host.host, host.domain)}
    services = Read(not_registered(TAKEN, was_read=False))
    ServiceSteps(services, reports, lambda dummy: None, check_mode=True).look([host])  # type: ignore[arg-type]
    (found,) = reports[host.host].findings
    said = {name: found[name] for name in ("code", "severity", "domain", "subject", "found", "cure")}
    assert said == {
        "code": "service_name_taken",
        "severity": "error",
        "domain": "alpha.example",
        "subject": "Amazon SES",
        "found": "s1._domainkey.alpha.example is held by the sender Shop.",
        "cure": "Give another one.",
    }
