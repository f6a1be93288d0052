# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report as metrics in Prometheus' text format, for the node exporter's textfile collector."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping

from .content import FAILED, Content

_METRICS = (
    ("postmaster_domain_findings", "Findings of the domain that nobody has accepted."),
    ("postmaster_domain_new_findings", "Findings of the domain that the earlier report does not have."),
    ("postmaster_domain_check_success", "Whether the domain could be checked."),
    ("postmaster_domain_ok", "Whether the domain has no finding that fails a run, and nothing to change."),
    ("postmaster_domain_changes_pending", "Whether a rollout would change anything for the domain."),
    ("postmaster_dmarc_policy", "The DMARC policy that receivers apply."),
)


def prometheus(content: Content) -> str:
    samples = list(_samples(content))
    lines = []
    for name, about in _METRICS:
        of_metric = [sample for sample in samples if sample[0] == name]
        if of_metric:
            lines += [f"# HELP {name} {about}", f"# TYPE {name} gauge"]
            lines += [f"{name}{{{_labels(labels)}}} {value}" for dummy, labels, value in of_metric]
    ended = datetime.datetime.fromisoformat(content["time"].replace("Z", "+00:00")).timestamp()
    lines += [
        "# HELP postmaster_last_run_timestamp_seconds When the run ended.",
        "# TYPE postmaster_last_run_timestamp_seconds gauge",
        f"postmaster_last_run_timestamp_seconds{{{_labels({'kind': content['kind']})}}} {ended:.0f}",
    ]
    return "\n".join(lines) + "\n"


def _samples(content: Content) -> Iterator[tuple[str, Mapping[str, str], int]]:
    for host in content["hosts"].values():
        domain = {"domain": host["domain"]}
        for severity, count in host["counts"].items():
            yield "postmaster_domain_findings", {**domain, "severity": severity}, count
        if host["compared"]:
            new = sum(bool(one.get("new")) and not one["accepted"] for one in host["findings"])
            yield "postmaster_domain_new_findings", domain, new
        yield "postmaster_domain_check_success", domain, int(host["state"] != FAILED)
        yield "postmaster_domain_ok", domain, int(host["state"] == "ok")
        if content["kind"] == "plan":
            yield "postmaster_domain_changes_pending", domain, int(host["changed"])
        if host["dmarc_policy"]:
            yield "postmaster_dmarc_policy", {**domain, "policy": host["dmarc_policy"]}, 1


def _labels(labels: Mapping[str, str]) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
