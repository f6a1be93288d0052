# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A readable summary of a run with many hosts: repeated messages once, and a table of all. Pure: no I/O."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.postmaster.mail.plugins.module_utils import interrupts
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.registry import RULES
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.planned_change import named
from ansible_collections.postmaster.mail.plugins.module_utils.services.registry import SERVICES

from .report import SEVERITIES, HostReport

MANY = 5  # hosts with the same message
MOST_WITHOUT_TABLE = 10  # hosts
_MOST_NAMED = 5
_WIDEST = 72  # characters in the last column
_LONG = 60  # characters; shorter messages may be repeated
_CUT = "…"
_NAME = "\0"  # placeholder for a host's name

Results = Mapping[str, dict[str, Any]]


class Row(NamedTuple):
    """One host in the table."""

    domain: str
    dns: str
    odoo: str
    to_do: str


def say_once(results: Results, domains: Mapping[str, str]) -> None:
    """If many hosts have the same message, only the first shows it in full, with the names of all."""
    for text, hosts in _alike(results, domains, lambda result: [result["msg"]] if result["msg"] else []):
        first = hosts[0]
        # Ansible shows an error or warning only once if the text is the same for each host
        short = textwrap.shorten(_of_all(text), 3 * _WIDEST, placeholder=f" {_CUT}")
        results[first]["msg"] += f" This applies to {_named(hosts)}."
        for host in hosts[1:]:
            results[host]["msg"] = f"Same as for {first}, which has the whole text: {short}"
    for text, hosts in _alike(results, domains, lambda result: result["warnings"]):
        for host in hosts:
            warnings = results[host]["warnings"]
            warnings[warnings.index(text.replace(_NAME, domains[host]))] = f"{_named(hosts)}: {_of_all(text)}"


def _of_all(text: str) -> str:
    return text.removeprefix(f"{_NAME}: ").replace(_NAME, "the domain")


def _alike(
    results: Results, domains: Mapping[str, str], of: Callable[[dict[str, Any]], Sequence[str]]
) -> Iterator[tuple[str, list[str]]]:
    """Messages that many hosts share apart from their names, with these hosts."""
    found: dict[str, list[str]] = {}
    for host, result in results.items():
        for text in of(result):
            if len(text) > _LONG:
                found.setdefault(text.replace(domains[host], _NAME), []).append(host)
    yield from [(text, hosts) for text, hosts in found.items() if len(hosts) >= MANY]


def rolled_out(host_report: HostReport, has_odoo: bool, check_mode: bool) -> Row:
    """The outcome of one host."""
    changed = "would change" if check_mode else "changed"
    dns = changed if host_report.dns.changed else "up to date" if host_report.published else "–"
    if host_report.dns.missing or host_report.dns.manual_records:
        dns = "to be entered" if host_report.dns.manual_records else "not seen yet"
    odoo = "–" if not has_odoo else "up to date" if host_report.done and not host_report.failures else "not done"
    odoo = changed if host_report.odoo.changed else odoo
    enter = ["Enter the records that are listed for it."] if host_report.dns.manual_records else []
    return Row(host_report.domain, dns, odoo, " ".join([*host_report.failures, *enter, *host_report.next_steps][:1]))


def verified(host_report: HostReport) -> Row:
    """The problems of one host."""
    open_ones = [finding for finding in host_report.findings if not finding["accepted"]]
    of_dns = [one for one in open_ones if one["code"] in RULES or "rfc" in one]
    of_odoo = [one for one in open_ones if one not in of_dns]
    cure = next((one["cure"] for one in open_ones if one["cure"]), "")
    return Row(host_report.domain, _worst(of_dns), _worst(of_odoo), cure)


def refused(host: str, reason: str) -> Row:
    return Row(host, "–", "–", reason.removeprefix(f"{host}: "))


def _worst(findings: Sequence[Mapping[str, Any]]) -> str:
    return next((one for one in SEVERITIES if any(one == found["severity"] for found in findings)), "ok")


def table(rows: Sequence[Row]) -> str:
    """All hosts of a run, if there are too many to find in the output; else empty."""
    if len(rows) <= MOST_WITHOUT_TABLE:
        return ""
    short = [row._replace(to_do=textwrap.shorten(row.to_do, _WIDEST, placeholder=f" {_CUT}")) for row in rows]
    cells = [Row("domain", "DNS", "Odoo", "what to do"), *short]
    widths = [max(len(row[column]) for row in cells) for column in range(3)]
    lines = ["  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row.to_do]).rstrip() for row in cells]
    if any(row.to_do.endswith(_CUT) for row in short):
        lines.append(f"Text that ends in {_CUT} is cut: the host's result has the whole text.")
    return "\n" + "\n".join(lines) + "\n"


def _named(hosts: Sequence[str]) -> str:
    """The number of hosts, and the names of the first ones."""
    more = f" and {len(hosts) - _MOST_NAMED} more" if len(hosts) > _MOST_NAMED else ""
    return f"{len(hosts)} hosts ({', '.join(hosts[:_MOST_NAMED])}{more})"


def written_until_then(reports: Collection[HostReport], ended: str) -> str:
    """What a run that was ``ended`` has done, in a few lines."""
    services: dict[str, list[str]] = {}
    for one in (service for report in reports for service in report.services if service["changed"]):
        services.setdefault(SERVICES[one["service"]].title, []).append(one["sending_domain"])
    dns_of = [one.domain for one in reports if one.dns.changed]
    odoo_of = [one.domain for one in reports if one.odoo.changed]
    written = [f"registration of {named(domains)} at {title}" for title, domains in services.items()]
    written += [f"{what} of {named(domains)}" for what, domains in (("DNS", dns_of), ("Odoo", odoo_of)) if domains]
    parts = [
        one.failures[0]
        for one in reports
        if one.failures and one.changed and (not ended or ended not in one.failures[0])
    ]
    done = "; ".join(written) or "nothing"
    return "\n".join([f"The run was interrupted{interrupts.reason()}. Written so far: {done}. Run again.", *parts])
