# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run's result for one host: as data for later tasks, as lines for people. Pure: no I/O, no Ansible."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.delegation import BLIND
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.finding import ERROR, INFO, WARNING
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.registry import RULES
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.planned_change import Difference
from ansible_collections.postmaster.mail.plugins.module_utils.preflight.judge import people
from ansible_collections.postmaster.mail.plugins.module_utils.preflight.model import OK, RouteVerdict
from ansible_collections.postmaster.mail.plugins.module_utils.printable import printed

from .accepted import Acceptance, mark
from .plan_guards import guards
from .records_shown import records

SEVERITIES = (ERROR, WARNING, INFO)
UNREAD = BLIND | {"not_looked_at", "odoo_not_read"}  # errors which mean that nothing is known
_WIDTH = 110
_TEXT = 4  # columns before found and cure


@dataclass
class DnsReport:
    changed: bool = False
    diff: str = ""
    missing: Sequence[str] = ()
    manual_records: Sequence[Mapping[str, Any]] = ()
    left_alone: Sequence[str] = ()
    backup_files: Sequence[str] = ()


@dataclass
class OdooReport:
    changed: bool = False
    diff: str = ""
    redirections: Sequence[Mapping[str, str]] = ()


@dataclass
class HostReport:
    """The outcome of one host. ``failures``: why it could not be done. ``drift``: findings that are severe enough."""

    host: str
    domain: str
    dns: DnsReport = field(default_factory=DnsReport)
    odoo: OdooReport = field(default_factory=OdooReport)
    services: list[dict[str, Any]] = field(default_factory=list)
    services_diff: str = ""
    wants: Sequence[str] = ()  # what the variables ask for, in a few words
    servers: Sequence[tuple[str, str]] = ()  # in Odoo, as the variables ask for them
    service_changes: dict[str, dict[str, str]] = field(default_factory=dict)  # by sender, in the form of plan files
    findings: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    next_steps: list[str] = field(default_factory=list)
    mail: list[RouteVerdict] = field(default_factory=list)
    proof: Mapping[str, Any] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    zone_file: str = ""  # lines for people to enter
    is_manual: bool = False  # people enter the records, so no DNS change is ours
    accepted: Sequence[Acceptance] = ()  # those that apply today
    published: bool = False  # its records are written, were right, or are for people to enter
    done: bool = False  # nothing is left to do for it
    zones: Sequence[str] = ()
    dns_changes: Sequence[Mapping[str, Any]] = ()  # in the form of plan files
    odoo_changes: Sequence[Mapping[str, Any]] = ()
    records: Sequence[tuple[str, str]] = ()  # shown by DNS, by their common names
    dmarc_policy: str = ""  # that receivers apply; empty if none applies or it is unknown
    drift: str = ""
    report_only: bool = False  # findings fail no host
    secrets: set[str] = field(default_factory=set, repr=False)  # read during the run, not in any variable

    @property
    def to_allow(self) -> list[tuple[str, str]]:
        """The guards that hold its changes back, each with its subject."""
        return [] if self.is_manual else guards(self.dns_changes)

    def fail(self, message: str) -> None:
        self.failures.append(message)

    @property
    def changed(self) -> bool:
        return self.dns.changed or self.odoo.changed or any(one["changed"] for one in self.services)

    @property
    def is_unread(self) -> bool:
        """Whether something could not be checked, so that its state is unknown."""
        return any(one["code"] in UNREAD and one["severity"] == ERROR and not one["accepted"] for one in self.findings)

    @property
    def has_failed(self) -> bool:
        return bool(self.failures) or bool(self.drift and (self.is_unread or not self.report_only))

    @property
    def counts(self) -> dict[str, int]:
        """The findings by severity, without accepted ones."""
        open_ones = [finding["severity"] for finding in self.findings if not finding["accepted"]]
        return {one: open_ones.count(one) for one in SEVERITIES}

    def see(self, info: Mapping[str, Any]) -> None:
        """Keep what DNS shows, from domain_info."""
        self.records = records(info)
        self.dmarc_policy = str(info["dmarc_policy"]["policy"] or "")

    def settle(self) -> None:
        """Mark accepted findings, and sort by severity."""
        mark(self.findings, self.accepted)
        self.findings.sort(key=lambda finding: (finding["accepted"], SEVERITIES.index(finding["severity"])))

    def escape(self) -> None:
        """Make foreign texts printable, on one line each."""
        self.findings, self.warnings = printed(self.findings), printed(self.warnings)
        self.next_steps, self.failures = printed(self.next_steps), printed(self.failures)

    def result(self) -> dict[str, Any]:
        """The variable custom_domain_result, with the keys that Ansible uses."""
        found = [finding for finding in self.findings if finding["severity"] in SEVERITIES]
        return {
            "changed": self.changed,
            "failed": self.has_failed,
            "msg": " ".join([*self.failures, *([self.drift] if self.has_failed and self.drift else [])]),
            "dns": {**vars(self.dns)},
            "odoo": {**vars(self.odoo)},
            "services": list(self.services),
            "findings": found,
            "warnings": list(dict.fromkeys(self.warnings)),
            "next_steps": list(self.next_steps),
        }

    def diffs(self) -> list[dict[str, str]]:
        """The diffs for --diff."""
        return [{"prepared": f"\n{text}\n"} for text in (self.services_diff, self.dns.diff, self.odoo.diff) if text]

    def to_enter(self) -> str:
        """The records that somebody has to enter; empty if none."""
        lines = "".join(f"    {line}\n" for line in self.zone_file.splitlines())
        return f"\nEnter these records at the DNS host of {self.domain}:\n{lines}" if lines else ""

    def to_do(self) -> list[str]:
        """What somebody has to do by hand: plain text to copy, not the escaped text of a result."""
        texts = [self.to_enter()]
        texts += [f"\nFor {self.domain}: {step}\n" for step in self.next_steps]
        if self.odoo.redirections:
            lines = "".join(f"    {one['from']} -> {one['to']}\n" for one in self.odoo.redirections)
            texts += [f"\nHave the mail server of {self.domain} redirect, with a mailbox or alias for each:\n", lines]
        return texts


def finding(code: str, severity: str, domain: str, subject: str, found: str, cure: str = "") -> dict[str, Any]:
    return {
        "code": code,
        "severity": severity,
        "domain": domain,
        "subject": subject,
        "found": found,
        "cure": cure,
        "accepted": False,
        "reason": "",
        "until": "",
    }


def of_dns(domain: str, findings: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Findings from domain_info."""
    return [
        {**finding(one["code"], one["severity"], domain, one["name"], one["found"], one["cure"]), "rfc": one["rfc"]}
        for one in findings
    ]


def of_odoo(domain: str, differences: Iterable[Difference]) -> list[dict[str, Any]]:
    """Findings about differences between Odoo and what the host wants."""
    return [finding("not_as_expected", ERROR, domain, one.subject, one.found, one.cure) for one in differences]


def of_mail(domain: str, verdicts: Iterable[RouteVerdict]) -> list[dict[str, Any]]:
    """Findings about mail routes."""
    return [
        finding(one.code, one.severity, domain, people(one.from_addresses) or one.server or domain, one.found, one.cure)
        for one in verdicts
        if one.severity != OK
    ]


def not_found(report: HostReport) -> list[dict[str, Any]]:
    """Accepted findings that do not exist (any more); empty if not everything could be checked."""
    if any(one["code"] in ("not_looked_at", "odoo_not_read") and one["severity"] == ERROR for one in report.findings):
        return []
    left = [one for one in report.accepted if not any(one.covers(found) for found in report.findings)]
    return [
        finding(
            "accepted_not_found",
            INFO,
            report.domain,
            one.subject,
            f"custom_domain_accepted has {one.code} of {one.subject}, but there is no such finding.",
            "Remove it, or correct its code and subject.",
        )
        for one in left
    ]


def is_accepted(accepted: Iterable[Acceptance], domain: str, verdict: RouteVerdict) -> bool:
    """Whether a problem of a mail route is accepted."""
    found = of_mail(domain, [verdict])
    return bool(found) and any(one.covers(found[0]) for one in accepted)


def verified(report: HostReport, severity: str) -> None:
    """Set ``drift`` if any finding has at least this severity."""
    counts = report.counts
    bad = SEVERITIES[: SEVERITIES.index(severity) + 1]
    if any(counts[one] for one in bad):
        report.drift = f"{report.domain}: {', '.join(f'{counts[one]} {plural(one, counts[one])}' for one in bad)}."


def summary(report: HostReport) -> str:
    """The number of findings of each severity."""
    counted = [f"{number} {plural(severity, number)}" for severity, number in report.counts.items() if number]
    accepted = sum(one["accepted"] for one in report.findings)
    counted += [f"{accepted} accepted"] if accepted else []
    return f"{report.domain}: {', '.join(counted) or 'nothing is wrong'}"


def lines(report: HostReport, explained: bool = False) -> list[str]:
    """The findings and mail routes of one domain, for people. ``explained``: with their meaning."""
    texts = ["", summary(report)]
    for one in report.findings:
        texts.append(f"  {'ACCEPTED' if one['accepted'] else one['severity'].upper()} {one['code']} ({one['subject']})")
        texts += _wrapped(one["found"])
        if explained and one["code"] in RULES:
            texts += _wrapped(RULES[one["code"]].cause, "Meaning: ")
        if one["accepted"]:
            texts += _wrapped(one["reason"], f"Accepted until {one['until']}: " if one["until"] else "Accepted: ")
        elif one["cure"]:
            texts += _wrapped(one["cure"], "Cure: ")
    for verdict in report.mail:
        if verdict.severity == OK:
            texts += _wrapped(f"OK {verdict.found}", indent=2)
    if report.proof.get("passed"):
        texts.append(f"  OK a message from {report.proof['from_header']} arrived after {report.proof['delay']} s.")
    return texts


def odoo_diff(entries: Iterable[Mapping[str, str]]) -> str:
    """The changes in Odoo, in the form of the DNS diffs."""
    return "\n\n".join(_entry(entry) for entry in entries)


def _entry(entry: Mapping[str, str]) -> str:
    before, after = entry["before"].splitlines(), entry["after"].splitlines()
    texts = [entry["after_header"]]
    texts += [f"- {line}" for line in before if line not in after]
    texts += [f"+ {line}" for line in after if line not in before]
    texts += [f"  {line}" for line in after if line in before]
    return "\n".join(texts)


def plural(severity: str, number: int) -> str:
    if severity == INFO:
        return "hint" if number == 1 else "hints"
    return severity if number == 1 else f"{severity}s"


def _wrapped(text: str, label: str = "", indent: int = _TEXT) -> list[str]:
    space = " " * indent
    return textwrap.wrap(
        label + text,
        _WIDTH,
        initial_indent=space,
        subsequent_indent=f"{space}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
