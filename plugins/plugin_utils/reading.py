# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn what the hosts of a run collected into plans, and results into data."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils import no_log
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.finding import ERROR
from ansible_collections.postmaster.mail.plugins.module_utils.printable import spellings

from . import checks, report
from .batch import Batch
from .host_plan import HERE, HostPlan, read_host_plan
from .plan_file import digest
from .report import HostReport
from .reports.asked import AskedReports
from .reports.content import LINT, VERIFY
from .sender import Refused
from .validation import Validator, secrets_of, without_secrets

# Variables that control the run, not the wanted state of a domain
_OF_THE_RUN = frozenset(
    f"custom_domain_{name}"
    for name in (
        "plan", "plan_expires", "max_changed", "allow", "reports", "baseline", "report_only", "severity", "set_stats",
        "lint_dns", "wait", "test_mailbox",
    )
)  # fmt: skip


class Reading:
    """``plans``: by host, those that can be carried out. ``refused``: why others cannot."""

    def __init__(self, collected: Sequence[Mapping[str, Any]]) -> None:
        self.plans: dict[str, HostPlan] = {}
        self.refused: dict[str, str] = {}
        self.severities: dict[str, str] = {}
        self.asked = AskedReports()
        self._values: dict[str, Mapping[str, Any]] = {}
        self._unknown: dict[str, list[str]] = {}
        self._folders: dict[str, str] = {}
        validator = Validator()
        for one in collected:
            self._read(one, validator)
        for host, reason in checks.stated_twice(list(self.plans.values())).items():
            self.refuse(host, reason)

    def _read(self, one: Mapping[str, Any], validator: Validator) -> None:
        host, given = one["host"], {name: one["values"][name] for name in checks.VARIABLES if name in one["values"]}
        values, faults = validator.validated(given, one["environment"])
        self.asked.add(host, values, one.get("sources"))
        faults += [fault for fault in (checks.misspelt(one["names"]), checks.no_companies(given)) if fault]
        if faults:
            self.refused[host] = f"{host}: {' '.join(faults)}"
            return
        if str(values.get("custom_domain_run_on") or HERE) != HERE:
            values["custom_domain_dns"] = given["custom_domain_dns"]  # paths and environment belong to that machine
        try:
            self.plans[host] = read_host_plan(host, values, one["folder"])
        except Refused as refused:
            self.refused[host] = str(refused)
            return
        self._values[host] = values
        self._folders[host] = one["folder"]
        self._unknown[host] = checks.unknown_variables(one["names"])
        self.severities[host] = str(values.get("custom_domain_severity") or ERROR)

    def refuse(self, host: str, reason: str) -> None:
        """Do nothing for this host."""
        self.refused[host] = reason
        del self.plans[host]

    def value(self, host: str, name: str) -> Any:
        """A variable of the role, without its prefix."""
        return self._values[host].get(f"custom_domain_{name}")

    def folder(self, host: str) -> str:
        """The folder of its inventory."""
        return self._folders[host]

    def desired(self, host: str) -> str:
        """A digest of everything that the host wants; of secrets it only includes that they are set."""
        wanted = {name: value for name, value in self._values[host].items() if name not in _OF_THE_RUN}
        return digest(without_secrets(wanted))

    def write_results(
        self,
        batch: Batch,
        kind: str,
        ended: str,
        results: dict[str, dict[str, Any]],
        write_plans: Callable[[Mapping[str, HostReport]], list[str]],
    ) -> None:
        """Write the result of each host. ``ended``: why the run was cut short."""
        for host, one in batch.reports.items():
            if ended and not one.failures and not one.done:
                one.fail(f"{one.domain}: {ended}. Run again.")
            if self._unknown[host]:
                one.warnings.append(
                    f"{', '.join(self._unknown[host])}: the role custom_domain has no such variable and ignores it."
                )
            one.settle()
            one.report_only = bool(self._values[host].get("custom_domain_report_only"))
            hidden = _hidden(self.plans[host], secrets_of(self._values[host]) | one.secrets)
            _mask(one, hidden)
            one.escape()
            self.asked.take(one, kind, hidden)
        for problem in self.asked.write(kind) + write_plans(batch.reports):
            for one in batch.reports.values():
                one.fail(problem)
        for host, one in batch.reports.items():
            result = one.result()
            text = "\n".join(report.lines(one)) + "\n" if kind in (VERIFY, LINT) else "".join(one.to_do())
            stats = (
                {"custom_domain_results": {host: result}} if self._values[host].get("custom_domain_set_stats") else {}
            )
            results[host] = {"result": result, "diff": one.diffs(), "show": text, "stats": stats}


def _hidden(plan: HostPlan, secrets: Iterable[str]) -> set[str]:
    """The secrets to hide; one that is also part of a name is not hidden there."""
    public = " ".join([plan.host, plan.domain, *plan.companies, *(s.name for s in plan.senders)])
    return {form for secret in secrets if secret not in public for form in spellings(secret) if form}


def _mask(of_host: HostReport, hidden: set[str]) -> None:
    """Hide a host's secrets in texts from others."""

    def masked(texts: Iterable[str]) -> list[str]:
        return [no_log.scrub(text, hidden) for text in texts]

    sentences = [text for one in of_host.findings for text in (one["found"], one["cure"])]
    sentences += [text for one in of_host.mail for text in (one.found, one.cure)]
    if not no_log.shows_any(hidden, [*of_host.failures, *of_host.warnings, *of_host.next_steps, *sentences]):
        return
    of_host.failures, of_host.warnings, of_host.next_steps = map(
        masked, (of_host.failures, of_host.warnings, of_host.next_steps)
    )
    for one in of_host.findings:
        one["found"], one["cure"] = masked((one["found"], one["cure"]))
    of_host.mail = [
        dataclasses.replace(one, found=no_log.scrub(one.found, hidden), cure=no_log.scrub(one.cure, hidden))
        for one in of_host.mail
    ]
