# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The content of a report in its JSON form, from which all other formats are made. Pure: no I/O, no Ansible.

It is built from named fields, never from an Ansible result, which may contain secrets.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.printable import printable_lines, printed

from ..report import SEVERITIES, HostReport
from .sources import Sources, source_of

FORMAT = "postmaster.mail/report"
VERSION = "1.0"  # a higher minor number only adds fields
OK, DRIFT, FAILED = "ok", "drift", "error"
EXIT_CODES = {OK: 0, DRIFT: 2, FAILED: 1}
VERIFY, PLAN, ROLLOUT, AUDIT, LINT = "verify", "plan", "rollout", "audit", "lint"

# Unicode 23.7
_NONCHARACTERS = re.compile(
    "[\ufdd0-\ufdef" + "".join(chr(plane * 0x10000 + end) for plane in range(17) for end in (0xFFFE, 0xFFFF)) + "]"
)
_ORDER = ("SPF", "DKIM", "DMARC")  # before all others
Host = Mapping[str, Any]
Content = Mapping[str, Any]


@dataclass(frozen=True)
class HostNotes:
    """What a report says of a host besides its outcome.

    ``before``: its findings in an earlier report; None if there is none.
    """

    severity: str = "error"
    sources: Sources = Sources()
    before: Sequence[Mapping[str, Any]] | None = None


def fingerprint(code: str, domain: str, subject: str) -> str:
    """Identifies a finding across runs, independent of values."""
    return hashlib.sha256(f"{code}\x00{domain}\x00{subject}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def host_content(host_report: HostReport, notes: HostNotes, kind: str) -> dict[str, Any]:
    """One host. Foreign text is made printable, so that each format only has to escape its own characters."""
    findings = [_finding(one, notes) for one in host_report.findings]
    found = {one["fingerprint"] for one in findings}
    before = notes.before or ()
    state = _state(host_report, kind)
    content = {
        "domain": host_report.domain,
        "severity": notes.severity,
        "state": state,
        "failed": host_report.has_failed,
        "changed": host_report.changed,
        "errors": list(host_report.failures),
        "counts": host_report.counts,
        "findings": findings,
        "compared": notes.before is not None,
        "gone": [dict(one) for one in before if one["fingerprint"] not in found] if state != FAILED else [],
        "records": [list(pair) for pair in host_report.records],
        "dmarc_policy": host_report.dmarc_policy,
        "mail": [verdict.as_dict() for verdict in host_report.mail],
        "proof": dict(host_report.proof),
        "next_steps": list(host_report.next_steps),
        "warnings": list(dict.fromkeys(host_report.warnings)),
        "wants": list(host_report.wants),
        "servers": [list(pair) for pair in host_report.servers],
        "changing": _changing(host_report),
        "to_allow": [list(one) for one in host_report.to_allow] if kind == PLAN else [],
        "source": source_of(notes.sources, ""),
    }
    diffs = {"services": host_report.services_diff, "dns": host_report.dns.diff, "odoo": host_report.odoo.diff}
    changes = {part: printable_lines(diff) for part, diff in diffs.items()}
    written: dict[str, Any] = _writable({**printed(content), "changes": changes})
    return written


def _changing(host_report: HostReport) -> list[str]:
    """The kinds of things that change or would change, by their common names."""
    kinds = [_kind(change) for change in host_report.dns_changes]
    kinds += ["service"] if any(one["changed"] for one in host_report.services) else []
    kinds += ["Odoo"] if host_report.odoo.changed else []
    return sorted(dict.fromkeys(kinds), key=lambda kind: _ORDER.index(kind) if kind in _ORDER else len(_ORDER))


def _kind(change: Mapping[str, Any]) -> str:
    sets = [change[moment]["values"] for moment in ("before", "after") if change[moment]]
    if "._domainkey." in change["name"]:
        return "DKIM"
    if change["name"].startswith("_dmarc."):
        return "DMARC"
    is_spf = change["type"] == "TXT" and any(value.lower().startswith("v=spf1") for values in sets for value in values)
    return "SPF" if is_spf else str(change["type"])


def _writable(value: Any) -> Any:
    """Remove characters that XML and HTML cannot contain, even escaped."""
    if isinstance(value, Mapping):
        return {key: _writable(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_writable(one) for one in value]
    return _NONCHARACTERS.sub("\N{REPLACEMENT CHARACTER}", value) if isinstance(value, str) else value


def _finding(one: Mapping[str, Any], notes: HostNotes) -> dict[str, Any]:
    mark = fingerprint(one["code"], one["domain"], one["subject"])
    is_new = {} if notes.before is None else {"new": mark not in {old["fingerprint"] for old in notes.before}}
    return {**one, "fingerprint": mark, **is_new, "source": source_of(notes.sources, one["code"])}


def _state(host_report: HostReport, kind: str) -> str:
    if host_report.failures or host_report.is_unread:
        return FAILED
    return DRIFT if host_report.drift or kind == PLAN and host_report.changed else OK


def whole(hosts: Mapping[str, Host], kind: str, time: str) -> dict[str, Any]:
    """The report of a run. ``time``: when it ended, in ISO 8601."""
    states = [host["state"] for host in hosts.values()]
    state = next((one for one in (FAILED, DRIFT) if one in states), OK)
    return {
        "format": FORMAT,
        "format_version": VERSION,
        "kind": kind,
        "time": time,
        "severity": next(iter(hosts.values()))["severity"] if hosts else "",
        "exit_code": EXIT_CODES[state],
        "counts": {one: sum(host["counts"][one] for host in hosts.values()) for one in SEVERITIES},
        "failed": [name for name, host in hosts.items() if host["failed"]],
        "hosts": dict(hosts),
    }


@dataclass(frozen=True)
class Group:
    """The findings with one fingerprint: there may be several of one code about one subject."""

    findings: Sequence[Mapping[str, Any]]

    @property
    def first(self) -> Mapping[str, Any]:
        """The worst of them."""
        return self.findings[0]

    @property
    def found(self) -> str:
        return " ".join(dict.fromkeys(str(one["found"]) for one in self.findings))

    @property
    def cure(self) -> str:
        return " ".join(dict.fromkeys(str(one["cure"]) for one in self.findings if one["cure"]))

    @property
    def title(self) -> str:
        return f"{self.first['code']} ({self.first['subject']})"

    @property
    def is_accepted(self) -> bool:
        return all(one["accepted"] for one in self.findings)

    def is_as_bad_as(self, severity: str) -> bool:
        """Whether it is severe enough to fail its host."""
        return not self.is_accepted and SEVERITIES.index(self.first["severity"]) <= SEVERITIES.index(severity)


def groups(findings: Iterable[Mapping[str, Any]]) -> list[Group]:
    """By fingerprint, the worst first."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for one in findings:
        if one["severity"] in SEVERITIES:
            found.setdefault(one["fingerprint"], []).append(one)
    return [Group(same) for same in found.values()]


def errors(host: Host) -> str:
    """Why a host could not be processed, in one text; empty if it could."""
    return " ".join(host["errors"]) if host["state"] == FAILED else ""
