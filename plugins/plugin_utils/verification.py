# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of the playbook verify: what is wrong with each domain, as lines and as data."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.delegation import BLIND
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.finding import ERROR, INFO, WARNING
from ansible_collections.postmaster.mail.plugins.module_utils.preflight.judge import people
from ansible_collections.postmaster.mail.plugins.module_utils.preflight.model import OK
from ansible_collections.postmaster.mail.plugins.plugin_utils.gate import disagrees, outlook, seen_domains

SEVERITIES = (ERROR, WARNING, INFO)
_NOT_AS_EXPECTED = "not_as_expected"
_WIDTH = 110
_TEXT = 4  # columns before found and cure

Share = dict[str, Any]
Wish = Mapping[str, Any]
Registered = Mapping[str, Any]


def threshold(text: Any) -> str:
    """The severity from which on a host fails. Raises AnsibleActionFail for what is none."""
    severity = str(text or ERROR)
    if severity not in SEVERITIES:
        raise AnsibleActionFail(f"verify_severity is {severity!r}, and must be one of {', '.join(SEVERITIES)}.")
    return severity


def judge(
    wishes: Sequence[Wish], seen: Registered | None, routes: Registered | None, proofs: Registered | None
) -> dict[str, Share]:
    """By host: ``domain``, ``findings``, the worst first, and ``mail``, the ways by which its mail leaves and
    passes."""
    shown = seen_domains(seen)
    outlooks, reasons = outlook(wishes, seen, routes)
    failed = _reasons_of_calls(seen)
    hosts = {}
    for wish in wishes:
        entries = _of_dns(wish, shown.get(wish["domain"]), failed.get(wish["place"], ""))
        verdicts = [one.as_dict() for one in outlooks[wish["host"]].verdicts] if wish["host"] in outlooks else []
        entries += [_of_mail(one, wish["domain"]) for one in verdicts if one["severity"] != OK]
        if reasons.get(wish["database"]):
            entries.append(_entry("odoo_not_read", ERROR, wish["database"], reasons[wish["database"]], ""))
        if disagrees(wish, wishes):
            entries.append(_entry("odoo_conf_differs", WARNING, wish["host"], disagrees(wish, wishes), ""))
        entries += _of_proof(wish, proofs)
        entries.sort(key=lambda entry: SEVERITIES.index(entry["severity"]))
        hosts[wish["host"]] = {
            "domain": wish["domain"],
            "counts": {severity: sum(entry["severity"] == severity for entry in entries) for severity in SEVERITIES},
            "findings": entries,
            "mail": verdicts,
            "proof": _proof(wish, proofs) or {},
        }
    return hosts


def lines(share: Share) -> list[str]:
    """What is wrong with one domain, and how its mail leaves, for people."""
    counted = [f"{number} {_plural(severity, number)}" for severity, number in share["counts"].items() if number]
    told = ["", f"{share['domain']}: {', '.join(counted) or 'nothing is wrong'}"]
    for entry in share["findings"]:
        told.append(f"  {entry['severity'].upper()} {entry['code']} ({entry['name']})")
        told += _wrapped(entry["found"])
        told += _wrapped(entry["cure"], "Cure: ") if entry["cure"] else []
    for verdict in share["mail"]:
        if verdict["severity"] == OK:
            told += _wrapped(f"OK {verdict['found']}", indent=2)
    if share["proof"].get("passed"):
        told.append(f"  OK a message from {share['proof']['from_header']} arrived after {share['proof']['delay']} s.")
    return told


def result(share: Share, severity: str) -> dict[str, Any]:
    """The end of one host: it fails if anything is as bad as the severity, or worse."""
    bad = SEVERITIES[: SEVERITIES.index(severity) + 1]
    number = sum(share["counts"][one] for one in bad)
    counted = ", ".join(f"{share['counts'][one]} {_plural(one, share['counts'][one])}" for one in bad)
    return {"changed": False, "failed": bool(number), "msg": f"{share['domain']}: {counted}." if number else ""}


def write(path: str, hosts: Mapping[str, Share], severity: str) -> None:
    """The report as JSON. Raises AnsibleActionFail if the file cannot be written."""
    counts = {one: sum(share["counts"][one] for share in hosts.values()) for one in SEVERITIES}
    failed = [host for host, share in hosts.items() if result(share, severity)["failed"]]
    content = {"severity": severity, "counts": counts, "failed": failed, "hosts": dict(hosts)}
    try:
        Path(path).write_text(json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8")
    except OSError as error:
        raise AnsibleActionFail(f"The report {path} cannot be written: {error.strerror}.") from None


def _of_dns(wish: Wish, shown: Mapping[str, Any] | None, reason: str) -> list[Share]:
    if shown is None:
        return [_entry("not_looked_at", ERROR, wish["domain"], f"DNS could not be looked at. {reason}".strip(), "")]
    found: list[Share] = [dict(finding) for finding in shown["findings"]]
    # no rollout helps where nobody can say anything
    blind = any(finding["code"] in BLIND for finding in found)
    if not shown["met"] and shown["msg"] and not blind:
        cure = "Run the rollout, or enter the records where the DNS is held."
        found.insert(0, _entry(_NOT_AS_EXPECTED, ERROR, wish["domain"], shown["msg"], cure))
    return found


def _of_mail(verdict: Mapping[str, Any], domain: str) -> Share:
    name = people(verdict["from_addresses"]) or verdict["server"] or domain
    return _entry(verdict["code"], verdict["severity"], name, verdict["found"], verdict["cure"])


def _of_proof(wish: Wish, proofs: Registered | None) -> list[Share]:
    proof = _proof(wish, proofs)
    if proof is None:
        return []
    sender = str(wish["proof"]["from_address"])
    if "passed" not in proof:
        return [_entry("no_message", ERROR, sender, str(proof.get("msg") or "No message arrived."), "")]
    return [_entry("message_failed", ERROR, sender, problem, "") for problem in proof["problems"]]


def _proof(wish: Wish, proofs: Registered | None) -> Share | None:
    """What a test message of the host showed; None if none was sent."""
    for call in (proofs or {}).get("results", ()):
        if call.get("item") == wish["host"] and not call.get("skipped"):
            kept = ("passed", "problems", "from_header", "return_path", "delay", "spf", "dkim", "dmarc", "msg")
            return {name: call[name] for name in kept if name in call}
    return None


def _reasons_of_calls(seen: Registered | None) -> dict[str, str]:
    """Why a whole call failed, by the place of its hosts."""
    calls = (seen or {}).get("results", ())
    return {str(call.get("item")): str(call.get("msg") or "") for call in calls if "domains" not in call}


def _entry(code: str, severity: str, name: str, found: str, cure: str) -> Share:
    return {"code": code, "severity": severity, "rfc": "", "name": name, "found": found, "cure": cure}


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


def _plural(severity: str, number: int) -> str:
    if severity == INFO:
        return "hint" if number == 1 else "hints"
    return severity if number == 1 else f"{severity}s"
