# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of a run at sending services, and what each host reports of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.finding import ERROR, WARNING
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.contract import FAILED, VERIFIED
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.outcome import SendingOutcome
from ansible_collections.postmaster.mail.plugins.module_utils.services.named import sending_service

from .first_entry import HOSTED, provider_of
from .host_plan import ENFORCE, HostPlan
from .plan_file import ApprovedHost
from .registrations import Registrations, diff_of, has_registrations, registration_of, title_of, waits_for
from .report import HostReport, finding

# By host, what domain_records would do if the records could be published.
Rehearsal = Callable[[Sequence[HostPlan]], dict[str, Mapping[str, Any]]]


@dataclass
class ServiceSteps:
    """``approved``: by host, what its plan allows; only that is carried out."""

    services: Registrations
    reports: Mapping[str, HostReport]
    say: Callable[[str], None]
    check_mode: bool
    approved: Mapping[str, ApprovedHost] = field(default_factory=dict)
    _returned: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    _not_compared: dict[str, str] = field(default_factory=dict)  # by host, why its delegation could not be checked

    def begin(self, plans: Sequence[HostPlan], registers: bool, rehearse: Rehearsal) -> list[HostPlan]:
        """Find and register; returns the hosts with their services' records. Hosts without known records are done."""
        concerned = [plan for plan in plans if has_registrations(plan)]
        if not concerned:
            return list(plans)
        self.say(f"Asking the sending services for {_count(concerned)}.")
        try:
            self.services.find(concerned)
            going = self._without_errors(concerned)
            going = [plan for plan in going if not self._is_blocked(plan)]
            if registers:
                going = self._publishable(going, rehearse)
            if registers and going:
                self._announce_time(going)
                begun = {plan.host: self._to_register(plan) for plan in going}
                self.services.register(going, self._has_no_new_login)
                going = self._without_errors(going)
                self._returned = {plan.host: _sets(begun[plan.host]) for plan in going}
            else:
                self.services.look(going)
            done = {plan.host: self.services.completed(plan) for plan in going}
        finally:
            for plan in concerned:
                self._report(plan)
        others = {plan.host: plan for plan in plans if plan not in concerned}
        left = {**others, **done}
        return [left[plan.host] for plan in plans if plan.host in left]

    def approved_dns(self, host: str) -> Sequence[Mapping[str, Any]]:
        """The approved DNS changes of a host, with the records that its planned registrations returned."""
        return self.approved[host].with_more(self._returned.get(host, ()))

    def end(self, plans: Sequence[HostPlan], asks: bool, published: bool, to_change: Collection[str]) -> list[HostPlan]:
        """Ask the services to check; returns the hosts whose senders can all send. Others keep their Odoo unchanged."""
        concerned = [plan for plan in plans if has_registrations(plan)]
        if asks and any(self.services.pending(plan) for plan in concerned):
            self.say(f"Waiting until the sending services have verified {_count(concerned)}.")
            self.services.verify(concerned)
        elif published:
            self.services.look(concerned)  # the earlier result is outdated
        blocked = []
        for plan in concerned:
            host_report = self.reports[plan.host]
            if plan.host in to_change and not self.services.pending(plan):
                self.services.read_limits(plan)
            self._report(plan)
            for outcome in self.services.pending(plan).values():
                blocked.append(plan.host)
                self._wait(plan, outcome, host_report)
            if plan.host in to_change and plan.host not in blocked and self._is_in_sandbox(plan, host_report):
                blocked.append(plan.host)
            approved = self.approved.get(plan.host)
            if plan.odoo is not None and plan.host not in blocked and approved and approved.registers:
                blocked.append(plan.host)
                host_report.next_steps.append(
                    f"What changes in Odoo could not be planned before {plan.domain} was registered: make a new plan."
                )
        return [plan for plan in plans if plan.host not in blocked]

    def look(self, plans: Sequence[HostPlan]) -> list[HostPlan]:
        """Read the services for verify, without changing anything."""
        concerned = [plan for plan in plans if has_registrations(plan)]
        if not concerned:
            return list(plans)
        self.say(f"Asking the sending services for {_count(concerned)}.")
        self.services.find(concerned)
        self.services.look(concerned)
        self.services.find_left_over(concerned)
        for plan in concerned:
            host_report = self.reports[plan.host]
            refused = {label for label, one in self.services.of(plan).items() if one.error and one.registration}
            logins = self.services.missing_logins(plan)
            self.services.read_limits(plan)
            self._report(plan)
            for label, outcome in self.services.of(plan).items():
                if outcome.error is not None:
                    host_report.findings.append(_fault(plan, outcome, outcome.error, label in refused))
                if outcome.verification != VERIFIED and (outcome.error is None or outcome.registration is not None):
                    host_report.findings.append(_state(plan, outcome))
                host_report.findings += [
                    finding("service_differs", ERROR, *_about(plan, outcome), text, "Run the rollout.")
                    for text in _differences(outcome, logins.get(label, ""))
                ]
                host_report.findings += [
                    finding("service_setting", WARNING, *_about(plan, outcome), text)
                    for text in dict.fromkeys(outcome.findings)
                ]
            host_report.findings += [
                finding("service_setting", WARNING, *_about(plan, outcome), _in_sandbox(outcome))
                for outcome in self.services.in_sandbox(plan).values()
            ]
        return [self.services.completed(plan) for plan in plans]

    def _publishable(self, plans: list[HostPlan], rehearse: Rehearsal) -> list[HostPlan]:
        """Without hosts whose records could not be published, as a registration would be useless for them."""
        new = [self.services.completed(plan) for plan in plans if self.services.registers(plan)]
        found = rehearse(new) if new else {}
        for plan in new:
            share = found.get(plan.host)
            misled = self._misled(plan, share["zones"][0], share["name_servers"]) if share and share["zones"] else ""
            if misled:
                self.reports[plan.host].fail(f"{misled} Nothing was registered for {plan.domain}.")
                found.pop(plan.host)
        stopped = {plan.host for plan in new} - found.keys()
        return [plan for plan in plans if plan.host not in stopped]

    def _misled(self, plan: HostPlan, zone: str, name_servers: Sequence[str]) -> str:
        """Why nobody would see records published in a zone; empty if they are seen. Unknown cases are reported."""
        if plan.is_manual:
            return ""  # the zone was read from the servers that it is delegated to
        dns, provider = self.services.dns_of(plan), str(plan.dns.get("provider") or "")
        delegated_to = dns.delegated_to(zone)
        # for self-hosted zones, a hosting provider may serve a copy
        other = "" if name_servers or provider not in HOSTED else provider_of(delegated_to)
        if other and other != provider:
            return (
                f"{zone} is delegated to {', '.join(delegated_to)}, which are name servers of {other}, but this run "
                f"writes the zone at {provider}: nobody would see what is published in it. Have it delegated to "
                f"{provider}, or write the zone at {other}."
            )
        why = ""
        if plan.place.nameservers:
            why = "custom_domain_nameservers are asked, and not the servers of the delegation"
        elif not delegated_to:
            why = "the zone above did not tell them"
        elif not name_servers and not other:
            why = f"{provider} does not show those of the zone"
            self.reports[plan.host].warnings.append(f"{_NOT_COMPARED.format(zone=zone)}: {why}.")
        self._not_compared[plan.host] = f"{_NOT_COMPARED.format(zone=zone)}: {why}." if why else ""
        return dns.elsewhere(zone, name_servers)

    # -- what hosts report

    def _wait(self, plan: HostPlan, outcome: SendingOutcome, host_report: HostReport) -> None:
        untouched = " Until then, Odoo sends as before." if plan.odoo is not None else ""
        if outcome.error is not None and not outcome.is_unverified:
            host_report.fail(f"{plan.domain}: {outcome.error}{untouched}")
            return
        if outcome.registration is None:
            host_report.next_steps.append(
                f"{waits_for(outcome)}, so this run cannot say yet what Odoo will do. Known only after the "
                f"registration: {_done_by(outcome)}.{untouched}"
            )
            return
        host_report.findings.append(_state(plan, outcome))
        host_report.next_steps.append(f"{waits_for(outcome)}. Run this again later.{untouched}")
        if outcome.verification == FAILED:
            host_report.fail(f"{waits_for(outcome)}.{untouched}")

    def _is_in_sandbox(self, plan: HostPlan, host_report: HostReport) -> bool:
        """Whether Odoo must stay as it is, because most of its mail would be refused."""
        outcomes = self.services.in_sandbox(plan).values()
        enforced = plan.gate == ENFORCE
        for outcome in outcomes:
            untouched = " Until then, Odoo sends as before." if enforced else ""
            host_report.next_steps.append(f"{_in_sandbox(outcome)} Run this again once it is out.{untouched}")
        return bool(outcomes) and enforced

    def _without_errors(self, plans: Sequence[HostPlan]) -> list[HostPlan]:
        for plan in plans:
            for error in self.services.errors(plan):
                untouched = " Nothing was changed in Odoo for it." if plan.odoo is not None else ""
                self.reports[plan.host].fail(f"{plan.domain}: {error}{untouched}")
        return [plan for plan in plans if not self.services.errors(plan)]

    def _is_blocked(self, plan: HostPlan) -> bool:
        """Whether a registration is needed that the approved plan does not contain in this form."""
        approved = self.approved.get(plan.host)
        if approved is None:
            return False
        for label, outcome in self._to_register(plan).items():
            change = "\n".join(registration_of(outcome))
            planned = approved.services.get(label, {})
            if planned.get("sending_domain") != outcome.desired.name or planned.get("registration") != change:
                self.reports[plan.host].fail(
                    f"{plan.domain}: {outcome.desired.name} has to be registered at {title_of(outcome)} first "
                    f"({change.replace(chr(10), ', ')}), and the plan does not contain that. Make a new plan."
                )
                return True
        return False

    def _to_register(self, plan: HostPlan) -> dict[str, SendingOutcome]:
        return {label: one for label, one in self.services.of(plan).items() if registration_of(one)}

    def _has_no_new_login(self, host: str, label: str) -> bool:
        approved = self.approved.get(host)
        return approved is not None and not approved.services.get(label, {}).get("login")

    def _report(self, plan: HostPlan) -> None:
        host_report = self.reports[plan.host]
        host_report.services.clear()
        for label, outcome in self.services.of(plan).items():
            service = sending_service(outcome.request.service)
            described = {"sender": label, "service": service.name, **outcome.as_dict(service)}
            host_report.services.append({**described, "not_compared": self._not_compared.get(plan.host, "")})
            host_report.warnings += [f"{title_of(outcome)}: {text}" for text in [*outcome.notes, *outcome.findings]]
        logins = self.services.logins.get(plan.host, {})
        diffs = [diff_of(outcome, logins.get(label)) for label, outcome in self.services.of(plan).items()]
        host_report.service_changes = {
            label: {"registration": "\n".join(registration_of(outcome)), "login": str(logins.get(label, ""))}
            for label, outcome in self.services.of(plan).items()
        }
        host_report.services_diff = "\n\n".join(filter(None, diffs))

    def _announce_time(self, plans: Sequence[HostPlan]) -> None:
        longest = max((one.expected_seconds for plan in plans for one in self.services.of(plan).values()), default=0.0)
        if longest >= _WORTH_TELLING:
            self.say(f"The slowest account takes about {longest:.0f} s, as its service allows no more calls.")


def _sets(outcomes: Mapping[str, SendingOutcome]) -> set[tuple[str, str]]:
    """Names and types of the records that registrations asked for."""
    return {(record.name, record.type) for one in outcomes.values() for record in one.selection.records}


_WORTH_TELLING = 30.0  # seconds
_NOT_COMPARED = "The delegation of {zone} and the name servers of the zone that this run writes were not compared"


def _state(plan: HostPlan, outcome: SendingOutcome) -> dict[str, object]:
    if outcome.registration is None:
        return finding(
            "service_not_registered", ERROR, *_about(plan, outcome), f"{waits_for(outcome)}.", "Run the rollout."
        )
    if outcome.verification == FAILED:
        return finding("service_failed", ERROR, *_about(plan, outcome), f"{waits_for(outcome)}.")
    return finding(
        "service_pending", WARNING, *_about(plan, outcome), f"{waits_for(outcome)}.", "Run the rollout again later."
    )


def _fault(plan: HostPlan, outcome: SendingOutcome, error: str, refused: bool) -> dict[str, object]:
    """``refused``: the registration was read, but cannot be changed as the sender wants."""
    taken = outcome.name_taken
    if taken is not None:
        return finding("service_name_taken", ERROR, *_about(plan, outcome), taken.found, taken.cure)
    if outcome.was_read and outcome.registration is None:
        return finding("service_not_registered", ERROR, *_about(plan, outcome), error)
    if refused:
        return finding("service_differs", ERROR, *_about(plan, outcome), error)
    return finding("service_not_read", ERROR, *_about(plan, outcome), error)


def _differences(outcome: SendingOutcome, login: str) -> list[str]:
    """What a rollout would change at a registered domain. ``login``: the missing one."""
    found = []
    if outcome.registration is not None and registration_of(outcome):
        wanted = ", ".join(f"{option} {value}" for option, value in outcome.options_set.items())
        found.append(
            f"{outcome.desired.name} is registered at {title_of(outcome)} with other settings than wanted: {wanted}."
        )
    if login:
        found.append(f"The login {login} is missing.")
    return found


def _in_sandbox(outcome: SendingOutcome) -> str:
    return (
        f"The account at {title_of(outcome)} is in the sandbox: only verified addresses receive mail. Request "
        "production access in its console."
    )


def _about(plan: HostPlan, outcome: SendingOutcome) -> tuple[str, str]:
    """The domain and subject of a finding."""
    return plan.domain, title_of(outcome)


def _done_by(outcome: SendingOutcome) -> str:
    return "; ".join(outcome.known_after_apply) or "its records"


def _count(plans: Sequence[HostPlan]) -> str:
    return plans[0].domain if len(plans) == 1 else f"{len(plans)} domains"
