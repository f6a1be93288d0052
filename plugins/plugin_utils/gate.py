# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether Odoo may begin to send as the domains of hosts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.finding import ERROR, WARNING
from ansible_collections.postmaster.mail.plugins.module_utils.preflight.judge import (
    MailForecast,
    below,
    preflight,
    sentence,
)
from ansible_collections.postmaster.mail.plugins.module_utils.preflight.model import RouteVerdict, ascii_domain
from ansible_collections.postmaster.mail.plugins.plugin_utils.host_plan import ENFORCE, DnsPlace, HostPlan
from ansible_collections.postmaster.mail.plugins.plugin_utils.odoo import Database

_MOST_SHOWN = 3


@dataclass(frozen=True)
class Decision:
    """``blocked``: Odoo must not be changed for the host, and why in ``msg``."""

    blocked: bool = False
    msg: str = ""
    warnings: Sequence[str] = ()
    verdicts: Sequence[RouteVerdict] = field(default_factory=tuple)


def subdomains(database: Database) -> dict[DnsPlace, list[str]]:
    """By place, the domains below those of its hosts as which mail leaves: each may have a DMARC record of its own."""
    found = below([plan.setup for plan in database.plans], database.routes or ())
    places: dict[DnsPlace, list[str]] = {}
    for plan in database.plans:
        places.setdefault(plan.place, []).extend(found.get(plan.host, ()))
    return {place: domains for place, domains in places.items() if domains}


def forecasts(database: Database, seen: Mapping[str, Mapping[str, Any]]) -> dict[str, MailForecast]:
    """What will come of the mail of each host of a database. ``seen``: what domain_info tells, by domain."""
    if database.routes is None:
        return {}
    shown = {ascii_domain(name): share for name, share in seen.items()}
    return preflight([plan.setup for plan in database.plans], database.routes, shown)


def decide(
    database: Database, guarded: Iterable[HostPlan], seen: Mapping[str, Mapping[str, Any]]
) -> dict[str, Decision]:
    """What is decided for each of the hosts."""
    found = forecasts(database, seen)
    return {plan.host: _decision(plan, found.get(plan.host), database) for plan in guarded}


def _decision(plan: HostPlan, found: MailForecast | None, database: Database) -> Decision:
    domain, ignored = plan.domain, database.disagrees(plan)
    told = [f"{domain}: {ignored}"] if ignored else []
    if found is None:
        unknown = f"How mail of {domain} will leave Odoo is not known, so nothing was judged. {database.fault}"
        return Decision(warnings=[*told, unknown] if database.fault else told)
    blocked = bool(found.blocking) and plan.gate == ENFORCE
    rest = [one for one in found.verdicts if one.severity in (ERROR, WARNING) and not (blocked and one.blocks)]
    msg = (
        f"Odoo is not changed for {domain}, as its mail would fail then. {_joined(found.blocking)} "
        "(custom_domain_gate: warn changes it all the same.)"
        if blocked
        else ""
    )
    more = [f"{domain}: {len(rest) - _MOST_SHOWN} more, which the playbook verify shows."]
    warnings = [f"{domain}: {sentence(one)}" for one in rest[:_MOST_SHOWN]]
    told += warnings + (more if len(rest) > _MOST_SHOWN else [])
    return Decision(blocked, msg, told, found.verdicts)


def _joined(verdicts: Sequence[RouteVerdict]) -> str:
    told = " ".join(sentence(verdict) for verdict in verdicts[:_MOST_SHOWN])
    left = len(verdicts) - _MOST_SHOWN
    return f"{told} And {left} more." if left > 0 else told
