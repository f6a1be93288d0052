# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a database will send mail after a plan, computed from one reading of its current state. No I/O."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .. import mail
from ..alias_domains.plan import PlannedAliasDomain
from ..database import addresses
from ..database.client import Odoo
from ..database.planned_change import PlannedChange
from ..database.snapshot import SERVER_MODEL
from ..outgoing.plan import PlannedServer
from ..outgoing.purge import PlannedPurge
from ..parameters.plan import PlannedParameters
from .read import OF_ALIAS_DOMAINS, RouteReading, read_routes, read_senders
from .route_info import DatabaseRoutes, RouteOptions, routes_of
from .routes import AliasDomain, Company, MailServer, SenderRoute
from .routing import Routing

_ALIASES = {"bounce_alias": "bounce_email", "catchall_alias": "catchall_email", "default_from": "default_from_email"}
# Odoo's defaults for a new alias domain
_DEFAULTS = {"bounce_alias": "bounce", "catchall_alias": "catchall", "default_from": "notifications"}
_SERVER_FIELDS = {
    "name": "name",
    "sequence": "sequence",
    "from_filter": "from_filter",
    "active": "active",
    "smtp_host": "host",
    "smtp_user": "username",
    "smtp_authentication": "authentication",
}


# the resources that decide mail routes
_SENDING = ("alias_domains", "outgoing_mail_servers", "settings", "purged")


@dataclasses.dataclass(frozen=True)
class RouteForecast:
    """The routes of the same senders before and after a plan."""

    now: DatabaseRoutes
    after: DatabaseRoutes


def planned_routes(odoo: Odoo, plan: mail.MailOptions, options: RouteOptions) -> DatabaseRoutes:
    """The routes after ``mail.run`` with this plan; nothing is written.

    Of ``options``, only partner_addresses and command_line are used: Odoo cannot be queried for what does not exist
    yet. Raises PostmasterError.
    """
    checked = dataclasses.replace(plan, choices=dataclasses.replace(plan.choices, check_mode=True))
    return forecast_routes(odoo, mail.run(odoo, checked), options).after


def forecast_routes(odoo: Odoo, planned: mail.MailRun, options: RouteOptions) -> RouteForecast:
    """The same for a run in check mode, along with the current routes of these senders."""
    now = read_routes(odoo, options.command_line)
    changes = [change for option in _SENDING for change in planned.resources[option].changes]
    after = planned_reading(now, changes)
    senders = read_senders(odoo, after)
    before = routes_of(odoo, now, options, senders)
    known = {domain.name.lower() for domain in Routing(**vars(now.inputs)).alias_domains}
    before = dataclasses.replace(before, routes=[_marked(sent, known) for sent in before.routes])
    return RouteForecast(before, routes_of(odoo, after, options, senders))


def _marked(sent: SenderRoute, known: set[str]) -> SenderRoute:
    """Set ``is_new`` if the address comes only from an alias domain that does not exist yet."""
    of_domain = all(source.startswith(OF_ALIAS_DOMAINS) for source in sent.sources)
    is_new = bool(sent.sources) and of_domain and addresses.domain_of(sent.from_address) not in known
    return dataclasses.replace(sent, is_new=is_new)


def planned_reading(reading: RouteReading, changes: Iterable[PlannedChange]) -> RouteReading:
    """The reading after the changes of one run. A failed change changes nothing.

    New records get ids above all others, in the order of the changes, as in Odoo.
    """
    done = [change for change in changes if change.failure is None and change.action != "none"]
    inputs = dataclasses.replace(
        reading.inputs,
        servers=_servers(reading.inputs.servers, done),
        parameters=_parameters(
            reading.inputs.parameters, [change for change in done if isinstance(change, PlannedParameters)]
        ),
    )
    domain_changes = [change for change in done if isinstance(change, PlannedAliasDomain)]
    domains, holders = _alias_domains(inputs.alias_domains, domain_changes)
    gone = {change.record_id for change in domain_changes if change.action == "delete"}
    inputs.alias_domains = domains
    inputs.companies = [_company(company, holders, gone) for company in inputs.companies]
    return RouteReading(inputs, reading.company_emails)


def _company(company: Company, holders: Mapping[int, int], gone: set[int | None]) -> Company:
    kept = None if company.alias_domain_id in gone else company.alias_domain_id
    return dataclasses.replace(company, alias_domain_id=holders.get(company.id, kept))


# Outgoing mail servers


def _servers(servers: Sequence[MailServer], changes: Sequence[PlannedChange]) -> list[MailServer]:
    by_id = {server.id: server for server in servers}
    free = max(by_id, default=0)
    for change in changes:
        if isinstance(change, PlannedPurge):
            if change.model == SERVER_MODEL and change.record_id in by_id:
                by_id[change.record_id] = dataclasses.replace(by_id[change.record_id], active=False)
        elif not isinstance(change, PlannedServer) or change.model != SERVER_MODEL:
            continue
        elif change.action == "delete":
            by_id.pop(change.record_id or 0, None)
        elif change.action == "create":
            free += 1
            by_id[free] = _changed(MailServer(free, change.name, planned=True), change)
        elif change.record_id in by_id:
            by_id[change.record_id] = _changed(by_id[change.record_id], change)
    return list(by_id.values())


def _changed(server: MailServer, change: PlannedServer) -> MailServer:
    values = {field: change.values[key] for key, field in _SERVER_FIELDS.items() if key in change.values}
    for field in ("from_filter", "host", "username"):
        if field in values:
            values[field] = values[field] or ""
    if change.activate:  # after its test has passed
        values["active"] = True
    recorded = (*server.external_ids, change.external_id) if change.external_id else server.external_ids
    return dataclasses.replace(server, ours=True, external_ids=recorded, **values)


# Alias domains


def _alias_domains(
    domains: Sequence[AliasDomain], changes: Sequence[PlannedAliasDomain]
) -> tuple[list[AliasDomain], dict[int, int]]:
    """The domains, and the domain of each company."""
    by_id = {domain.id: domain for domain in domains}
    holders: dict[int, int] = {}
    free = max(by_id, default=0)
    for change in changes:
        key = change.record_id or 0
        if change.action == "delete":
            by_id.pop(key, None)
            continue
        if change.action == "create":
            free += 1
            key = free
            by_id[key] = _readdressed(AliasDomain(key), {**_DEFAULTS, **change.values})
        elif key in by_id:
            by_id[key] = _readdressed(by_id[key], change.values)
        holders.update(dict.fromkeys(change.companies, key))
    return list(by_id.values()), holders


def _readdressed(domain: AliasDomain, values: Mapping[str, Any]) -> AliasDomain:
    name = str(values.get("name", domain.name))
    emails: dict[str, Any] = {}
    for key, field in _ALIASES.items():
        alias = values[key] if key in values else _alias(getattr(domain, field), domain.name)
        emails[field] = "" if not alias else alias if "@" in alias else f"{alias}@{name}"
    return dataclasses.replace(domain, name=name, sequence=values.get("sequence", domain.sequence), **emails)


def _alias(email: str, of: str) -> str:
    """The local part, which follows a renamed domain; a full address elsewhere stays."""
    local_part, dummy, domain = email.rpartition("@")
    return local_part if domain == of else email


# System parameters


def _parameters(parameters: Mapping[str, Any], changes: Sequence[PlannedParameters]) -> dict[str, Any]:
    planned = dict(parameters)
    for change in changes:
        for key, one in change.parameters.items():
            planned.pop(key, None)
            if one.text:
                planned[key] = one.text
    return planned
