# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check hosts without any login: whether their variables are valid, and what public DNS says."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.finding import ERROR

from . import checks, dns, report
from .batch import Batch
from .host_plan import HERE


def lint(batch: Batch, severities: Mapping[str, str], asking: Collection[str]) -> None:
    """``asking``: the hosts whose domains are checked in DNS, as if their records were published."""
    for plan in batch.plans:
        reason = checks.invalid(plan)
        if reason:
            batch.reports[plan.host].fail(reason)
    # asked from the controller, because another host may need a login
    asked = [
        dataclasses.replace(plan, place=plan.place._replace(run_on=HERE))
        for plan in batch.plans
        if plan.host in asking and not batch.reports[plan.host].failures
    ]
    if asked:
        batch.say(f"Checking the DNS of {asked[0].domain if len(asked) == 1 else f'{len(asked)} domains'}.")
    answers = dns.look(dns.looks(asked, False, lambda dummy: True), batch.modules, lambda dummy: None)
    for plan in asked:
        host_report, share = batch.reports[plan.host], answers.of(plan)
        if share is None:
            reason = f"DNS could not be checked. {answers.reason(plan)}".strip()
            host_report.findings.append(report.finding("not_looked_at", ERROR, plan.domain, plan.domain, reason))
        else:
            host_report.see(share)
            host_report.findings += report.of_dns(plan.domain, share["findings"])
            host_report.warnings += share["warnings"]
    for plan in batch.plans:
        host_report = batch.reports[plan.host]
        host_report.settle()
        report.verified(host_report, severities[plan.host])
