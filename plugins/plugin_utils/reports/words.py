# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wording of a report, shared by all formats."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.finding import ERROR, INFO, WARNING
from ansible_collections.postmaster.mail.plugins.module_utils.preflight.model import OK

from ..report import SEVERITIES, plural
from .content import AUDIT, DRIFT, FAILED, LINT, PLAN, ROLLOUT, VERIFY, Content, Host, errors

TITLES = {
    VERIFY: "Do the email domains match the inventory?",
    PLAN: "What a rollout would change",
    ROLLOUT: "What the rollout did",
    AUDIT: "What the world sees of your email domains",
    LINT: "Are the variables of the email domains right?",
}


def headline(content: Content) -> str:
    """The whole run in one or two sentences."""
    hosts = list(content["hosts"].values())
    failed = sum(host["state"] == FAILED for host in hosts)
    drift = sum(host["state"] == DRIFT for host in hosts)
    fine = len(hosts) - failed - drift
    parts = [f"{_domains(failed)} failed"] if failed else []
    if content["kind"] == PLAN:
        parts += [f"{_domains(drift)} would change"] if drift else []
        parts += [f"nothing would change for {_domains(fine)}"] if fine else []
    else:
        parts += [f"{_domains(drift)} {'needs' if drift == 1 else 'need'} attention"] if drift else []
        parts += [f"{_domains(fine)} {'is' if fine == 1 else 'are'} all right"] if fine else []
    text = ", ".join(parts) or "There was nothing to do"
    return f"{text[0].upper()}{text[1:]}."


def state_of(host: Host, kind: str) -> str:
    """A host's state in a word or two."""
    if host["state"] == FAILED:
        return "failed"
    if kind == PLAN:
        return "would change" if host["changed"] else "no change"
    if kind == ROLLOUT:
        return "changed" if host["changed"] else "no change"
    return "attention" if host["state"] == DRIFT else "all right"


def why(host: Host) -> str:
    """The one thing about a host that matters most; empty if nothing does. A hint does only if hints fail the host."""
    least = INFO if host["severity"] == INFO else WARNING
    grave = SEVERITIES[: SEVERITIES.index(least) + 1]
    first = next((one for one in host["findings"] if not one["accepted"] and one["severity"] in grave), None)
    to_allow = [f"{guard}: {what}" for guard, what in host["to_allow"]]
    return errors(host) or listed(to_allow[:1]) or (str(first["found"]) if first is not None else "")


def counted(host: Host) -> str:
    """The number of findings, and how many of them are new."""
    texts = [f"{number} {plural(severity, number)}" for severity, number in host["counts"].items() if number]
    new = sum(bool(one.get("new")) and not one["accepted"] for one in host["findings"])
    accepted = sum(one["accepted"] for one in host["findings"])
    texts += [f"{new} new"] if new else []
    texts += [f"{accepted} accepted"] if accepted else []
    return ", ".join(texts) or "none"


def gone(host: Host) -> list[str]:
    """The earlier report's findings that this one does not have."""
    return [f"{one['code']} ({one['subject']})" for one in host["gone"]]


def verdict(mail: Host) -> str:
    """Whether mail passes that leaves this way, in a word."""
    if mail["severity"] == "ok":
        return "passes"
    return "fails" if mail["severity"] == SEVERITIES[0] else "doubtful"


def mail_of(host: Host) -> str:
    """Whether a host's mail passes, in a word or two, ignoring hints."""
    found = {one["severity"]: verdict(one) for one in host["mail"]}
    return next((found[severity] for severity in (ERROR, WARNING, OK) if severity in found), "not checked")


def asked_for(host: Host) -> str:
    """Why something would change: what the inventory asks for, and where."""
    place = (
        f"{host['source']['file']}, line {host['source']['line']}," if host["source"]["line"] > 1 else "The inventory"
    )
    return f"{place} asks for: {'; '.join(host['wants'])}." if host["wants"] else ""


def total(content: Content) -> str:
    return ", ".join(f"{number} {plural(severity, number)}" for severity, number in content["counts"].items())


def listed(parts: Iterable[str]) -> str:
    return ", ".join(part for part in parts if part)


def _domains(number: int) -> str:
    return "one domain" if number == 1 else f"{number} domains"


def diff_lines(host: Host) -> Sequence[str]:
    return "\n\n".join(text.strip("\n") for text in host["changes"].values() if text).splitlines()
