# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report in GitLab's code quality format, with findings at their lines in the inventory."""

from __future__ import annotations

import json

from .content import Content, errors, fingerprint, groups

_SEVERITIES = {"error": "critical", "warning": "minor", "info": "info"}


def code_quality(content: Content) -> str:
    entries = []
    for name, host in content["hosts"].items():
        reason = errors(host)
        if reason:
            mark = fingerprint("not_done", host["domain"], name)
            entries.append(_entry(f"{host['domain']}: {reason}", "not_done", mark, "blocker", host["source"]))
        for one in groups(host["findings"]):
            if not one.is_accepted:
                text = f"{host['domain']}: {one.found} {f'Cure: {one.cure}' if one.cure else ''}".strip()
                level, first = _SEVERITIES[one.first["severity"]], one.first
                entries.append(_entry(text, first["code"], first["fingerprint"], level, first["source"]))
    return f"{json.dumps(entries, indent=2, ensure_ascii=False)}\n"


def _entry(text: str, code: str, mark: str, severity: str, source: dict[str, object]) -> dict[str, object]:
    return {
        "description": text,
        "check_name": code,
        "fingerprint": mark,
        "severity": severity,
        "location": {"path": source["file"], "lines": {"begin": source["line"]}},
    }
