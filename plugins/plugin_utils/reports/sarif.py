# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report as SARIF 2.1.0 for code scanning, with findings at their lines in the inventory."""

from __future__ import annotations

import json
import re
import urllib.parse
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.registry import RULES

from .content import Content, Group, errors, fingerprint, groups

_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_MOST = 5000  # results that GitHub accepts
_HOME = "https://github.com/postmaster-mail/postmaster.mail"
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(content: Content) -> str:
    results: list[dict[str, Any]] = []
    for name, host in content["hosts"].items():
        reason = errors(host)
        if reason:
            mark = fingerprint("not_done", host["domain"], name)
            results.append(_result("not_done", "error", f"{host['domain']}: {reason}", mark, host["source"]))
        results += [_of_group(host["domain"], one) for one in groups(host["findings"])]
    order = list(_LEVELS.values())
    results = sorted(results, key=lambda one: order.index(one["level"]))[:_MOST]
    codes = list(dict.fromkeys(one["ruleId"] for one in results))
    for one in results:
        one["ruleIndex"] = codes.index(one["ruleId"])
    driver = {"name": "postmaster.mail", "informationUri": _HOME, "rules": [_rule(code) for code in codes]}
    ran = {"executionSuccessful": content["exit_code"] != 1, "endTimeUtc": content["time"]}
    document = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "invocations": [ran], "results": results}],
    }
    return f"{json.dumps(document, indent=2, ensure_ascii=False)}\n"


def _rule(code: str) -> dict[str, Any]:
    rule = RULES.get(code)
    text = rule.cause if rule is not None else code.replace("_", " ").capitalize()
    about = f"{_HOME}/blob/main/docs/findings.md#{code}" if rule is not None else _HOME
    cure = {"help": {"text": rule.cure}} if rule is not None else {}
    return {"id": code, "shortDescription": {"text": text}, "helpUri": about, **cure}


def _of_group(domain: str, group: Group) -> dict[str, Any]:
    first = group.first
    text = f"{domain}: {group.found} {f'Cure: {group.cure}' if group.cure else ''}".strip()
    result = _result(first["code"], _LEVELS[first["severity"]], text, first["fingerprint"], first["source"])
    if group.is_accepted:
        result["suppressions"] = [{"kind": "external", "justification": first["reason"]}]
    if "new" in first:
        result["baselineState"] = "new" if first["new"] else "unchanged"
    return result


def _result(code: str, level: str, text: str, mark: str, source: dict[str, Any]) -> dict[str, Any]:
    place = {
        "artifactLocation": {"uri": urllib.parse.quote(source["file"])},
        "region": {"startLine": source["line"]},
    }
    return {
        "ruleId": code,
        "level": level,
        # 3.11.6: unescaped brackets would be a link
        "message": {"text": re.sub(r"([\\\[\]])", r"\\\1", text)},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"postmasterFinding/v1": mark},
    }
