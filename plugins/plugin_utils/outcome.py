# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of one host of the role custom_domain, from the results of the calls for all hosts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NOT_RUN = "was not reached, because the run was cut short before it. Run again."


def records(wish: Mapping[str, Any], published: Mapping[str, Any] | None) -> dict[str, Any]:
    """The host's share of domain_records (``published`` as registered): changed, failed, msg, diff, warnings …"""
    if wish["refused"]:
        return _failure(wish["refused"])
    call = _call(published, wish["place"])
    if call is None:
        return _failure(f"{wish['domain']} {_NOT_RUN}")
    share = (call.get("domains") or {}).get(wish["domain"])
    if share is None:
        return _failure(f"None of the domains that {wish['run_on']} is to look at could be done. {_reason(call)}")
    outcome = {key: share[key] for key in ("changed", "left_alone", "zones", "backup_files") if key in share}
    outcome.update(failed=share["failed"], msg=share["msg"], warnings=list(share["warnings"]))
    if share.get("diff"):
        outcome["diff"] = {"prepared": f"\n{share['diff']}\n"}
    if share.get("manual"):
        outcome["manual"] = share["manual"]
    return outcome


def final(
    wish: Mapping[str, Any],
    seen: Mapping[str, Any] | None,
    configured: Mapping[str, Any] | None,
    gate: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The host's share of domain_info (``seen``) and odoo_mail (``configured``); each may not have been asked for.

    ``gate``: what was decided for each host, whose Odoo must not be changed if it is held.
    """
    if wish["refused"]:
        return _failure(wish["refused"])
    outcome: dict[str, Any] = {"changed": False, "failed": False, "msg": ""}
    if _asked(seen):
        call = _call(seen, wish["place"])
        verdict = (call or {}).get("domains", {}).get(wish["domain"])
        untouched = " Nothing was changed in Odoo for it." if wish["database"] else ""
        if verdict is None:
            return _failure(
                f"Whether the records of {wish['domain']} can be seen is not known. {_reason(call)}{untouched}"
            )
        # who wants no records wants just Odoo, also where nobody answers for the domain
        if wish["expects"] and not verdict["met"]:
            return {**_failure(f"{verdict['msg']}{untouched}"), "missing": verdict["missing"]}
        outcome["warnings"] = list(verdict["warnings"])
        outcome["left_alone"] = verdict["left_alone"]
    ahead = (gate or {}).get(wish["host"])
    if ahead is not None:
        outcome["warnings"] = [*outcome.get("warnings", ()), *ahead["warnings"]]
        if ahead["held"]:
            return {**outcome, **_failure(ahead["msg"])}
    if wish["database"] and _asked(configured):
        call = _call(configured, wish["database"])
        share = (call or {}).get("owners", {}).get(wish["host"])
        if share is None:
            return _failure(f"Nothing could be done in Odoo, for no domain. {_reason(call)}")
        # the module itself has said its warnings
        outcome.update(changed=share["changed"], failed=share["failed"], msg=share["msg"])
        for part in ("next_steps", "redirections"):
            if share.get(part):
                outcome[part] = share[part]
        if share["changed"]:
            outcome["diff"] = {"prepared": "".join(_lines(entry) for entry in share["diff"])}
    return outcome


def _lines(entry: Mapping[str, str]) -> str:
    """One entry of Odoo in the form that the DNS diffs have."""
    before, after = entry["before"].splitlines(), entry["after"].splitlines()
    lines = [f"- {line}" for line in before if line not in after] + [
        f"+ {line}" for line in after if line not in before
    ]
    lines += [f"  {line}" for line in after if line in before]
    return "\n" + "\n".join([entry["after_header"], *lines]) + "\n"


def _failure(message: str) -> dict[str, Any]:
    return {"changed": False, "failed": True, "msg": message}


def _asked(registered: Mapping[str, Any] | None) -> bool:
    """Whether a step was run at all: not with tags that leave it out, nor in check mode if it says so."""
    return registered is not None and not registered.get("skipped")


def _call(registered: Mapping[str, Any] | None, key: str) -> Mapping[str, Any] | None:
    """The one call of a loop that this host was part of."""
    for result in (registered or {}).get("results", ()):
        if result.get("item") == key:
            return dict(result)
    return None


def _reason(call: Mapping[str, Any] | None) -> str:
    """Why a call as a whole failed, for a person."""
    if call is None:
        return "The step that does it for all hosts was cut short. Run again."
    message = str(call.get("msg") or "The module gave no reason.").strip()
    crash = str(call.get("module_stderr") or "").strip().splitlines()
    last = f" {crash[-1]}" if crash and crash[-1] not in message else ""
    return f"{message}{last}"
