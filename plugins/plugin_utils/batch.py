# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All hosts of a run together: the steps, their order, and the report of each host."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils import interrupts
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.check import WaitProgress
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.delegation import BLIND
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.finding import ERROR, WARNING
from ansible_collections.postmaster.mail.plugins.module_utils.errors import PostmasterError
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.planned_change import named

from . import checks, dns, gate, last_rollout, report
from .dns import Answers, Look
from .elsewhere import Elsewhere
from .host_plan import HostPlan
from .odoo import Database, databases
from .parts import Parts
from .plan_file import ApprovedHost
from .proof import prove
from .registrations import Registrations
from .report import HostReport, finding
from .service_steps import ServiceSteps

_LOOKS = 4  # forecasts of Odoo's mail while another run keeps changing it
_MOST_TOLD = 5  # domains named while waiting


@dataclass
class Batch:
    """``say``: shows progress to people. ``approved``: by host, what its plan allows; only that is carried out."""

    plans: Sequence[HostPlan]
    modules: Elsewhere
    say: Callable[[str], None]
    parts: Parts = Parts()
    check_mode: bool = False
    approved: Mapping[str, ApprovedHost] = field(default_factory=dict)
    reports: dict[str, HostReport] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.reports = {
            plan.host: HostReport(
                plan.host,
                plan.domain,
                wants=plan.wants,
                servers=plan.servers,
                accepted=[one for one in plan.accepted if one.holds(datetime.date.today())],
            )
            for plan in self.plans
        }

    # -- the rollout

    def roll_out(self) -> None:
        """Publish, wait until DNS shows it, judge the effect on mail, and configure Odoo."""
        active = [plan for plan in self.plans if self._is_valid(plan)]
        with Registrations(self.check_mode or not self.parts.dns).opened() as services:
            if self.parts.odoo:
                active = [known for plan in active for known in self._with_logins(plan, services)]
            found = databases(self._planned_in_odoo(active)) if self.parts.odoo else []
            for database in found:
                database.approved = {host: one.odoo for host, one in self.approved.items()}
                active = self._possible(active, database)
            self._roll_out(
                active, found, ServiceSteps(services, self.reports, self.say, self.check_mode, self.approved)
            )

    def _planned_in_odoo(self, plans: Sequence[HostPlan]) -> list[HostPlan]:
        """Without hosts whose plan ends with a registration, because later steps were not known then."""
        return [plan for plan in plans if plan.host not in self.approved or not self.approved[plan.host].registers]

    def _roll_out(self, active: list[HostPlan], found: Sequence[Database], services: ServiceSteps) -> None:
        active = services.begin(active, self.parts.dns, self._rehearsed)
        approved = {host: services.approved_dns(host) for host in self.approved}
        if self.parts.dns and active:
            active = self._publish(active, approved)
        seen = Answers()
        waits = self.parts.waits and not self.check_mode
        interrupts.begin()
        if self.parts.look:
            # a plan checks everything that a rollout waits for, because it reports all that it can
            if waits:
                self._say_what_to_enter(active)
            watched = active if self.parts.waits else [plan for plan in active if plan.is_guarded]
            served = Answers()
            if waits and self.parts.dns:
                served = self._served(watched, approved)
                active = [plan for plan in active if not self.reports[plan.host].failures]
                watched = [plan for plan in watched if not self.reports[plan.host].failures]
            seen = self._look(watched, waits, served)
            if waits:
                active = self._visible(active, seen)
        # a service that is asked too early caches that the records are missing
        asks = self.parts.look and self.parts.waits and (self.parts.dns or not self.parts.odoo)
        to_change = {host for database in found for host, changes in database.planned().items() if changes}
        active = services.end(active, asks and not self.check_mode, self.parts.dns and not self.check_mode, to_change)
        left = {plan.host: plan for plan in active}
        for database in found:
            database.plans = [left[plan.host] for plan in database.plans if plan.host in left]
            if database.plans:
                interrupts.begin()
                self._configure(database, seen)

    # what can be known before the first write

    def _is_valid(self, plan: HostPlan) -> bool:
        reason = checks.invalid(plan)
        if reason:
            self.reports[plan.host].fail(f"{reason} {_untouched(plan)}")
        return not reason

    def _with_logins(self, plan: HostPlan, services: Registrations) -> list[HostPlan]:
        """The host with logins that only its services know; none if they could not be read."""
        try:
            return [self._read_logins(plan, services)]
        except PostmasterError as error:
            self.reports[plan.host].fail(f"{plan.domain}: {error} {_untouched(plan)}")
            return []

    def _read_logins(self, plan: HostPlan, services: Registrations) -> HostPlan:
        """Raises PostmasterError."""
        senders = services.read_logins(plan) if plan.odoo is not None else []
        self.reports[plan.host].secrets |= {str(one.options["password"]) for one in senders}
        return plan.with_logins(senders) if senders else plan

    def _possible(self, plans: Sequence[HostPlan], database: Database) -> list[HostPlan]:
        """The hosts whose part of a database can be planned, with a user who may write it."""
        self.say(f"Asking {database.name} what {_domains(database.plans)} will need.")
        problems = database.problems()
        for plan in database.plans:
            if plan.host in problems:
                self.reports[plan.host].fail(f"{problems[plan.host]} {_untouched(plan)}")
        return [plan for plan in plans if plan.host not in problems]

    def _rehearsed(self, plans: Sequence[HostPlan]) -> dict[str, Mapping[str, Any]]:
        """By host, what would be done for those that could be published, if known by then."""
        self.say(f"Trying the DNS of {_domains(plans)} before anything is registered.")
        answers = Answers()
        dns.publish_records(plans, self.modules, True, {}, answers)
        possible: dict[str, Mapping[str, Any]] = {}
        for plan in plans:
            share = answers.of(plan)
            if share is not None and not share["failed"]:
                possible[plan.host] = share
                continue
            reason = share["msg"] if share is not None else answers.reason(plan)
            self.reports[plan.host].fail(f"{reason} Nothing was registered for {plan.domain}. {_untouched(plan)}")
        return possible

    def _publish(self, plans: Sequence[HostPlan], approved: dns.Approved) -> list[HostPlan]:
        """Returns the hosts that succeeded."""
        self.say(f"{'Planning' if self.check_mode else 'Publishing'} the DNS records of {_domains(plans)}.")
        answers = Answers()
        try:
            dns.publish_records(plans, self.modules, self.check_mode, approved, answers)
        finally:
            done = self._published(plans, answers)
        return done

    def _published(self, plans: Sequence[HostPlan], answers: Answers) -> list[HostPlan]:
        done = []
        for plan in plans:
            host_report, share = self.reports[plan.host], answers.of(plan)
            if share is None:
                host_report.fail(f"{plan.place.run_on} could not check any of its domains. {answers.reason(plan)}")
                continue
            host_report.dns.changed, host_report.dns.diff = share["changed"], share.get("diff", "")
            host_report.zones, host_report.dns_changes = share["zones"], share["changes"]
            host_report.dns.left_alone = share["left_alone"]
            host_report.dns.backup_files = share.get("backup_files", ())
            host_report.warnings += share["warnings"]
            if share.get("manual"):
                host_report.dns.manual_records = share["manual"]["records"]
                host_report.zone_file = share["manual"]["zone_file"]
                host_report.is_manual = True
            if share["failed"]:
                host_report.fail(share["msg"])
            else:
                host_report.published = True
                done.append(plan)
                if (
                    host_report.dns.manual_records
                    and not self.check_mode
                    and not (self.parts.look and self.parts.waits)
                ):
                    host_report.fail(_not_entered(plan, host_report.dns.manual_records))
        return done

    def _say_what_to_enter(self, plans: Sequence[HostPlan]) -> None:
        """Show what people must enter before waiting for it, and do not repeat it at the end."""
        for plan in plans:
            host_report = self.reports[plan.host]
            self.say(host_report.to_enter())
            host_report.zone_file = ""

    def _served(self, plans: Sequence[HostPlan], approved: dns.Approved) -> Answers:
        """What DNS shows of hosts whose zones may hold unpublished records, if it shows all records.

        If it does not, although this run had nothing to write, the zone is published again before waiting: the run that
        wrote it was killed or could not publish.
        """
        plans = [plan for plan in plans if plan.may_be_unpublished and not self.reports[plan.host].dns.changed]
        if not plans:
            return Answers()
        self.say(f"Checking the records of {_domains(plans)}.")
        answers = dns.look(dns.looks(plans, False, lambda dummy: False), self.modules, self._waited)
        behind = []
        for plan in plans:
            share = answers.of(plan)
            if share is not None and not share["met"]:
                del answers.domains[plan.domain]
                if any(server["missing"] for server in share["servers"].values()):
                    behind.append(plan)
        if behind:
            self.say(f"Publishing again what the name servers do not show for {_domains(behind)}.")
            again = Answers()
            try:
                dns.publish_records(behind, self.modules, False, approved, again, again=True)
            finally:
                self._published(behind, again)
        return answers

    def _look(self, plans: Sequence[HostPlan], waits: bool, served: Answers) -> Answers:
        """Check DNS. If nothing waits for it, planned and written records count as published.

        ``served``: the results of an earlier check.
        """
        left = [plan for plan in plans if served.of(plan) is None]
        answers = Answers()
        if left:
            self.say(f"{'Waiting until DNS shows' if waits else 'Checking'} the records of {_domains(left)}.")
            counts = self.parts.dns or self.check_mode
            calls = dns.looks(left, waits, lambda plan: counts and (self.check_mode or not plan.is_manual))
            answers = dns.look(calls, self.modules, self._waited)
        answers.add(served)
        for plan in plans:
            share = answers.of(plan)
            if share is not None:
                host_report = self.reports[plan.host]
                host_report.findings += report.of_dns(plan.domain, share["findings"])
                if self.parts.waits and (share["met"] or not waits):
                    host_report.warnings += share["warnings"]
                    host_report.dns.left_alone = [*dict.fromkeys([*host_report.dns.left_alone, *share["left_alone"]])]
                host_report.see(share)
        return answers

    def _waited(self, progress: WaitProgress) -> None:
        listed = [f"{domain}: {' '.join(lines)}" for domain, lines in list(progress.unmet.items())[:_MOST_TOLD]]
        left = len(progress.unmet) - len(listed)
        more = [f"and {left} more"] if left > 0 else []
        self.say(
            f"After {progress.waited:.0f} s, still waiting for {len(progress.unmet)} of the domains, for at most "
            f"{max(progress.remaining, 0):.0f} s more: {'; '.join(listed + more)}"
        )

    def _visible(self, plans: Sequence[HostPlan], answers: Answers) -> list[HostPlan]:
        """The hosts whose records are visible, or that want none."""
        visible = []
        for plan in plans:
            host_report, verdict = self.reports[plan.host], answers.of(plan)
            untouched = " Nothing was changed in Odoo for it." if plan.odoo is not None else ""
            if verdict is None:
                host_report.fail(
                    f"It is not known whether the records of {plan.domain} can be seen. "
                    f"{answers.reason(plan)}{untouched}"
                )
                continue
            # a host without records only wants Odoo, even if no server answers for the domain
            if plan.has_records and not verdict["met"]:
                host_report.dns.missing = verdict["missing"]
                host_report.findings.insert(
                    0, finding("not_as_expected", ERROR, plan.domain, plan.domain, verdict["msg"])
                )
                cure = (
                    "Enter the records at the DNS host, and run again."
                    if host_report.dns.manual_records
                    else "Run again once the servers show the records. If they never do, they serve another zone than "
                    "the one that was written."
                )
                host_report.fail(f"{verdict['msg']}{untouched} {cure}")
                continue
            visible.append(plan)
        return visible

    def _configure(self, database: Database, answers: Answers) -> None:
        admitted = self._admitted(database, answers)
        if not admitted:
            return
        what = "Planning" if self.check_mode else "Configuring"
        self.say(f"{what} the Odoo database {database.name} for {_domains(admitted)}.")
        database.configure(admitted, self.check_mode)
        if not self.check_mode and any(share["changed"] for share in database.owners.values()):
            last_rollout.note(database.connection)
        planned = database.planned()
        for plan in admitted:
            host_report, share = self.reports[plan.host], database.owners.get(plan.host)
            if share is None:
                host_report.fail(f"Nothing was done in Odoo, for any domain. {database.fault}")
                continue
            host_report.odoo.changed = share["changed"]
            host_report.odoo_changes = planned.get(plan.host, ())
            host_report.odoo.redirections = share.get("redirections", ())
            host_report.next_steps += share["next_steps"]
            host_report.warnings += share["warnings"]
            if share["changed"]:
                host_report.odoo.diff = report.odoo_diff(share["diff"])
            host_report.done = True
            if share["failed"]:
                host_report.fail(share["msg"])

    def _admitted(self, database: Database, answers: Answers) -> list[HostPlan]:
        """The hosts whose plans harm no mail, neither their own nor that of others.

        Mail takes other routes without the blocked hosts, so the rest are judged again. If another run is changing
        Odoo, a blocked host is judged again, because half of a change proves nothing.
        """
        ready, looks, is_ahead = list(database.plans), 0, False
        while any(plan.is_guarded for plan in ready):
            if not is_ahead:
                self.say(f"Finding out how {database.name} will send.")
                database.look_ahead(ready)
            of_others = self._of_others(database, ready)
            accepted = {host: host_report.accepted for host, host_report in self.reports.items()}
            decisions = gate.decide(database, ready, self._with_subdomains(database, answers), of_others, accepted)
            blocked = [host for host, decision in decisions.items() if decision.blocked]
            # first block only hosts that harm others: without them, the others may be fine
            blocked = [host for host in blocked if decisions[host].harms] or blocked
            looks += 1
            is_ahead = bool(blocked) and looks < _LOOKS and database.is_changing(ready)
            if is_ahead:
                continue
            for host in blocked or decisions:
                host_report, decision = self.reports[host], decisions[host]
                host_report.warnings += decision.warnings
                host_report.findings += report.of_mail(host_report.domain, decision.verdicts)
                host_report.mail = list(decision.verdicts)
                if decision.blocked:
                    host_report.fail(decision.msg)
            if not blocked:
                break
            ready = [plan for plan in ready if plan.host not in blocked]
        return ready

    def _of_others(self, database: Database, plans: Sequence[HostPlan]) -> Mapping[str, Mapping[str, Any]]:
        """What DNS says of domains whose mail would leave through another host's server."""
        counts = self.parts.dns or self.check_mode
        calls = [
            Look(place, items, as_planned=counts and self.check_mode)
            for place, items in gate.others(database, plans).items()
        ]
        return dns.look(calls, self.modules, lambda dummy: None).domains if calls else {}

    def _with_subdomains(self, database: Database, answers: Answers) -> Mapping[str, Mapping[str, Any]]:
        """The results so far, and those of subdomains of the hosts' domains that mail leaves as."""
        calls = [
            Look(place, [dns.asked(domain) for domain in domains])
            for place, domains in gate.subdomains(database).items()
        ]
        below = dns.look(calls, self.modules, lambda dummy: None) if calls else Answers()
        return {**answers.domains, **below.domains}

    # -- verify

    def verify(self, severities: Mapping[str, str]) -> None:
        """Find the problems of each domain and its mail routes; fail it from its severity on."""
        if not self.plans:
            return  # all hosts were refused
        with Registrations(check_mode=True).opened() as services:
            steps = ServiceSteps(services, self.reports, self.say, check_mode=True)
            plans = steps.look(self.plans)
            self.plans = [self._compared_logins(plan, services) for plan in plans] if self.parts.odoo else plans
        self.say(f"Checking the DNS of {_domains(self.plans)}.")
        answers = dns.look(dns.looks(self.plans, False, lambda dummy: False), self.modules, self._waited)
        if self.parts.dns:
            for plan in self.plans:
                self.reports[plan.host].findings += _dns_findings(plan, answers)
        if self.parts.odoo:
            for database in databases(self.plans):
                self._verify_odoo(database, answers)
        for plan in self.plans:
            host_report, share = self.reports[plan.host], answers.of(plan)
            if share is not None:
                host_report.see(share)
            if self.parts.dns and self.parts.odoo:
                host_report.findings += report.not_found(host_report)
            host_report.settle()
            report.verified(host_report, severities[plan.host])

    def _compared_logins(self, plan: HostPlan, services: Registrations) -> HostPlan:
        """The plan with the logins that Odoo's servers should have; a login that cannot be read becomes a finding."""
        try:
            return self._read_logins(plan, services)
        except PostmasterError as error:
            unread = finding("service_not_read", ERROR, plan.domain, plan.domain, str(error))
            self.reports[plan.host].findings.append(unread)
            return plan

    def _verify_odoo(self, database: Database, answers: Answers) -> None:
        self.say(f"Finding out how {database.name} sends.")
        database.read_routes()
        differences = {} if database.fault else database.compare()
        found = gate.forecasts(database, self._with_subdomains(database, answers))
        for plan in database.plans:
            host_report = self.reports[plan.host]
            if plan.host in found:
                host_report.mail = found[plan.host].verdicts
                host_report.findings += report.of_mail(plan.domain, host_report.mail)
            if database.fault:
                host_report.findings.append(finding("odoo_not_read", ERROR, plan.domain, database.name, database.fault))
            host_report.findings += report.of_odoo(plan.domain, differences.get(plan.host, ()))
            differs = database.disagrees(plan)
            if differs:
                host_report.findings.append(finding("odoo_conf_differs", WARNING, plan.domain, plan.host, differs))
            if plan.test_mailbox and not self.check_mode:
                self.say(f"Sending a test message for {plan.domain}.")
                host_report.proof, problems = prove(plan, database)
                host_report.findings += problems


def _dns_findings(plan: HostPlan, answers: Answers) -> list[dict[str, Any]]:
    info = answers.of(plan)
    if info is None:
        reason = f"DNS could not be checked. {answers.reason(plan)}".strip()
        return [finding("not_looked_at", ERROR, plan.domain, plan.domain, reason)]
    found = report.of_dns(plan.domain, info["findings"])
    # no rollout helps if nothing is known about the domain
    blind = any(one["code"] in BLIND for one in found)
    if not info["met"] and info["msg"] and not blind:
        cure = "Run the rollout, or enter the records at the DNS host."
        found.insert(0, finding("not_as_expected", ERROR, plan.domain, plan.domain, info["msg"], cure))
    return found


def _not_entered(plan: HostPlan, records: Sequence[Mapping[str, Any]]) -> str:
    """If nothing waits for what a person has to enter, the run ends before it is entered."""
    names = list(dict.fromkeys(f"{record['type']} {record['name']}" for record in records))
    return f"{plan.domain}: somebody has yet to enter what is listed: {named(names)}. Run again once it is done."


def _untouched(plan: HostPlan) -> str:
    return f"Nothing was changed for {plan.domain}, neither in DNS nor in Odoo."


def _domains(plans: Sequence[HostPlan]) -> str:
    return plans[0].domain if len(plans) == 1 else f"{len(plans)} domains"
