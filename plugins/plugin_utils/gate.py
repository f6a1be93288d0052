# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide whether Odoo may start to send as the hosts' domains. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.finding import ERROR, WARNING
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.routes import SenderRoute
from ansible_collections.postmaster.mail.plugins.module_utils.preflight.changes import (
    PlanJudge,
    changed_routes,
    sender_key,
)
from ansible_collections.postmaster.mail.plugins.module_utils.preflight.judge import (
    MailForecast,
    below,
    in_order,
    preflight,
    sentence,
)
from ansible_collections.postmaster.mail.plugins.module_utils.preflight.model import RouteVerdict, ascii_domain

from .accepted import Acceptance
from .dns import asked
from .host_plan import CHECK_OPTIONS, ENFORCE, DnsPlace, HostPlan
from .odoo import Database
from .report import is_accepted
from .values import completed

_MOST_SHOWN = 3


@dataclass(frozen=True)
class Decision:
    """``blocked``: Odoo must not be changed for the host; ``msg`` says why."""

    blocked: bool = False
    msg: str = ""
    warnings: Sequence[str] = ()
    verdicts: Sequence[RouteVerdict] = field(default_factory=tuple)
    harms: bool = False  # it is blocked because of other domains' mail


def subdomains(database: Database) -> dict[DnsPlace, list[str]]:
    """By place, subdomains of its hosts' domains that mail leaves as: each may have a DMARC record of its own."""
    found = below([plan.setup for plan in database.plans], database.routes or ())
    places: dict[DnsPlace, list[str]] = {}
    for plan in database.plans:
        places.setdefault(plan.place, []).extend(found.get(plan.host, ()))
    return {place: domains for place, domains in places.items() if domains}


def forecasts(database: Database, domain_info: Mapping[str, Mapping[str, Any]]) -> dict[str, MailForecast]:
    """The forecast for the mail of each host of a database. ``domain_info``: its results, by domain."""
    return {} if database.routes is None else _forecasts(database, database.plans, domain_info, None)


def _forecasts(
    database: Database,
    plans: Sequence[HostPlan],
    domain_info: Mapping[str, Mapping[str, Any]],
    now: Sequence[SenderRoute] | None,
) -> dict[str, MailForecast]:
    by_ascii = {ascii_domain(name): share for name, share in domain_info.items()}
    return preflight([plan.setup for plan in plans], database.routes or (), by_ascii, now)


def others(database: Database, plans: Sequence[HostPlan]) -> dict[DnsPlace, list[dict[str, Any]]]:
    """By place, items for domain_info about domains whose mail would leave through another host's server.

    Each sender has its key.
    """
    known_senders = {sender_key(plan.host, sender.label): (plan, sender) for plan in plans for sender in plan.senders}
    own = {ascii_domain(plan.domain): plan.checked for plan in plans}
    places: dict[DnsPlace, list[dict[str, Any]]] = {}
    for domain, keys in _judge(database, plans).questions().items():
        known = [(key, *known_senders[key]) for key in sorted(keys)]
        senders = [{**sender.declared(), "name": key} for key, dummy, sender in known]
        item = {**own.get(domain, asked(domain)), "domain": domain, "senders": senders}
        if known:
            places.setdefault(known[0][1].place, []).append(completed(CHECK_OPTIONS, item))
    return places


def decide(
    database: Database,
    plans: Sequence[HostPlan],
    domain_info: Mapping[str, Mapping[str, Any]],
    info_of_others: Mapping[str, Mapping[str, Any]],
    accepted: Mapping[str, Sequence[Acceptance]] | None = None,
) -> dict[str, Decision]:
    """The decision for each guarded host if these plans were carried out.

    ``accepted``: by host; does not affect decisions, only suppresses repeated warnings.
    """
    found = {} if database.routes is None else _forecasts(database, plans, domain_info, database.routes_now)
    harmed = _judge(database, plans).harmed(info_of_others)
    return {
        plan.host: _decision(
            plan,
            found.get(plan.host),
            in_order(harmed.get(plan.host, ())),
            database,
            (accepted or {}).get(plan.host, ()),
        )
        for plan in plans
        if plan.is_guarded
    }


def _judge(database: Database, plans: Sequence[HostPlan]) -> PlanJudge:
    changes = changed_routes(database.routes_now or (), database.routes or ())
    return PlanJudge([plan.setup for plan in plans], changes)


def _decision(
    plan: HostPlan,
    found: MailForecast | None,
    harmed: Sequence[RouteVerdict],
    database: Database,
    accepted: Sequence[Acceptance],
) -> Decision:
    domain, ignored, enforced = plan.domain, database.disagrees(plan), plan.gate == ENFORCE
    warned = [f"{domain}: {ignored}"] if ignored else []
    if found is None:
        unknown = f"It is not known how mail of {domain} will leave Odoo, so nothing was checked. {database.fault}"
        msg = f"Odoo is not changed for {domain}. {unknown}" if enforced and database.fault else ""
        return Decision(bool(msg), msg, [*warned, unknown] if database.fault and not msg else warned)
    verdicts = [*harmed, *found.verdicts]
    blocking = [*harmed, *found.blocking]
    blocked = bool(blocking) and enforced
    rest = [one for one in verdicts if one.severity in (ERROR, WARNING) and not (blocked and one.blocks)]
    rest = [one for one in rest if one.blocks or not is_accepted(accepted, domain, one)]
    whose = "its mail" if found.blocking else "mail of others"
    msg = (
        f"Odoo is not changed for {domain}, because {whose} would then fail. {_joined(blocking)} "
        "(With custom_domain_gate: warn it would be changed anyway.)"
        if blocked
        else ""
    )
    more = [f"{domain}: {len(rest) - _MOST_SHOWN} more, which the playbook verify shows."]
    warnings = [f"{domain}: {sentence(one)}" for one in rest[:_MOST_SHOWN]]
    warned += warnings + (more if len(rest) > _MOST_SHOWN else [])
    return Decision(blocked, msg, warned, verdicts, harms=blocked and bool(harmed))


def _joined(verdicts: Sequence[RouteVerdict]) -> str:
    sentences = " ".join(sentence(verdict) for verdict in verdicts[:_MOST_SHOWN])
    left = len(verdicts) - _MOST_SHOWN
    return f"{sentences} And {left} more." if left > 0 else sentences
