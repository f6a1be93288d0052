# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that verify writes. A run in batches (``serial``) adds to its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible import constants

from ansible_collections.postmaster.mail.plugins.module_utils.printable import printed

from .report import SEVERITIES, HostReport


def write_reports(
    asked: Sequence[Mapping[str, Any]], reports: Mapping[str, HostReport], severities: Mapping[str, str]
) -> list[str]:
    """Write each report that is asked for; what went wrong, a sentence each."""
    hosts = {host: _as_dict(one, severities[host]) for host, one in reports.items()}
    problems = []
    for one in asked:
        try:
            _write(str(one["path"]), hosts)
        except OSError as error:
            problems.append(f"The report {one['path']} cannot be written: {error.strerror}.")
    return problems


def _write(path: str, hosts: Mapping[str, Any]) -> None:
    # what earlier batches of this run found is kept where Ansible keeps what ends with the run
    kept = Path(constants.DEFAULT_LOCAL_TMP, f"custom_domain_report_{hashlib.sha256(path.encode()).hexdigest()}")
    known: dict[str, Any] = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    known.update(hosts)
    kept.write_text(json.dumps(known, default=str), "utf-8")
    content = {
        "severity": next(iter(known.values()))["severity"] if known else "",
        "counts": {one: sum(host["counts"][one] for host in known.values()) for one in SEVERITIES},
        "failed": [name for name, host in known.items() if host["failed"]],
        "hosts": known,
    }
    text = json.dumps(printed(content), indent=2, ensure_ascii=False, default=str)
    Path(path).expanduser().write_text(f"{text}\n", encoding="utf-8")


def _as_dict(told: HostReport, severity: str) -> dict[str, Any]:
    return {
        "domain": told.domain,
        "severity": severity,
        "failed": bool(told.failures),
        "counts": told.counts,
        "findings": told.findings,
        "mail": [verdict.as_dict() for verdict in told.mail],
        "proof": dict(told.proof),
    }
