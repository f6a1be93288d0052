# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports of made-up runs, including texts that are harmful in some format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.preflight.model import RouteVerdict
from ansible_collections.postmaster.mail.plugins.module_utils.printable import printed
from ansible_collections.postmaster.mail.plugins.plugin_utils import report
from ansible_collections.postmaster.mail.plugins.plugin_utils.report import HostReport, finding
from ansible_collections.postmaster.mail.plugins.plugin_utils.reports.content import HostNotes, host_content, whole

TIME = "2026-11-29T03:00:00Z"
HOSTILE = (
    '<img src=x onerror="alert(1)">',
    "a | b `c` ``` d",
    "\n## Heading\n\n```\ncode",
    "</details></td><script>x</script>",
    "@everyone #12 GH-7 https://evil.example/ www.evil.example mailto:a@evil.example",
    "[click](https://evil.example) ![i](x) [ref]: http://evil.example",
    "\x1b[31mred\x07\x00\u202eabc\ufffe]]>",
    'quote " backslash \\ newline \n brace } comma ,',
    "& &amp; &#60; <!-- --> ~~~ *b* _i_ $x$",
    "1. one\n- two\n+ three",
)


def host_report(domain: str, **fields: Any) -> HostReport:
    told = HostReport(domain, domain, **fields)
    told.records = told.records or [("MX", f"10 mx.{domain}"), ("SPF", "v=spf1 include:_spf.odoo.com ~all")]
    told.dmarc_policy = told.dmarc_policy or "none"
    told.servers = told.servers or [(f"{domain} - relay", f"smtp.{domain}:587, starttls, sends for {domain}")]
    return told


def judged(told: HostReport, severity: str = "error") -> HostReport:
    """The report after verify."""
    told.settle()
    report.verified(told, severity)
    told.escape()
    return told


def content(
    reports: Sequence[HostReport], kind: str = "verify", notes: Mapping[str, HostNotes] | None = None
) -> dict[str, Any]:
    known = notes or {}
    hosts = {one.host: host_content(one, known.get(one.host, HostNotes()), kind) for one in reports}
    return whole(hosts, kind, TIME)


def usual(ending: str = "example") -> list[HostReport]:
    """A domain without faults, one with findings of each kind, and one that could not be checked."""
    well, ill = f"fine.{ending}", f"bad.{ending}"
    fine = host_report(well)
    fine.mail = [way("ok", f"sales@{well}", f"{well} - relay", "pass", "pass", "pass")]
    bad = host_report(ill)
    bad.findings = [
        finding("spf_missing", "error", ill, ill, "There is no SPF record.", "Publish one."),
        finding("not_as_expected", "error", ill, "server relay", "Its host is a.", "Run the rollout."),
        finding("not_as_expected", "error", ill, "server relay", "Its port is 26.", "Run the rollout."),
        finding("dmarc_policy_none", "info", ill, f"_dmarc.{ill}", "The record has p=none.", "Go on."),
        finding("dmarc_no_reports", "warning", ill, f"_dmarc.{ill}", "No rua=.", "Add rua=."),
    ]
    bad.mail = [way("error", f"sales@{ill}", f"{ill} - relay", "fail", "unknown", "fail")]
    dead = host_report(f"dead.{ending}")
    dead.fail(f"None of the servers of dead.{ending} gives an answer.")
    return [judged(one) for one in (fine, bad, dead)]


def way(severity: str, sender: str, server: str, spf: str, dkim: str, dmarc: str) -> RouteVerdict:
    code = "passes" if severity == "ok" else "not_aligned"
    return RouteVerdict(
        code,
        severity,
        f"{sender} leaves through {server}.",
        "" if severity == "ok" else "Publish the key.",
        from_addresses=(sender,),
        leaves_as=sender,
        server=server,
        service="relay",
        spf=spf,
        dkim=dkim,
        dmarc=dmarc,
    )


def hostile(kind: str = "verify") -> dict[str, Any]:
    """A report with all of HOSTILE in each place that others can write to."""
    return content(of_others(), kind)


def of_others() -> list[HostReport]:
    made = []
    for number, text in enumerate(HOSTILE):
        told = host_report(f"host{number}.example", records=[("SPF", text), ("DKIM", f"s1: {text}")])
        told.findings = [
            finding("spf_missing", "error", told.domain, text, f"Found {text}", f"Cure {text}"),
            finding("dmarc_missing", "warning", told.domain, f"x{text}", text, text),
        ]
        told.mail = [way("error", text, text, "fail", "fail", "fail")]
        told.warnings, told.next_steps, told.wants, told.servers = [text], [text], [text], [(text, text)]
        sets = {"before": {"ttl": 300, "values": [text]}, "after": None}
        told.dns_changes = [{"name": told.domain, "type": "MX", **sets}]  # these must be allowed
        # the engine escapes what it puts into a diff
        told.dns.changed, told.dns.diff = True, f"host TXT\n+ {' '.join(printed(text).split())}"
        if number % 2:
            told.fail(f"It failed with {text}")
        made.append(judged(told))
    return made
