# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All or selected routes of a database, for the modules that show them and for the gate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

from ...errors import InvalidInput
from ..database import addresses
from ..database.client import Odoo
from .findings import database_findings, route_with_findings
from .read import (
    MAILING_MODEL,
    TEMPLATE_MODEL,
    DatabaseSender,
    RouteReading,
    Senders,
    TemplateOrMailing,
    find_wording,
    read_routes,
    read_senders,
)
from .routes import PARTNER, CommandLine, Company, Route, RoutingFinding, SenderRoute
from .routing import Routing

# a sender and the companies that it may send for
Wanted = tuple[DatabaseSender, list[Optional[Company]]]


@dataclass(frozen=True)
class RouteOptions:
    """Which routes to compute; without ``from_addresses``, those of every address that the database sends from."""

    from_addresses: Sequence[str] = ()
    partner_addresses: Sequence[str] = ()  # of people whose mail Odoo forwards, for each company
    company: str = ""  # a name
    template: str = ""  # a name, a number or an external id
    mailing: str = ""  # likewise
    command_line: CommandLine = CommandLine()

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> RouteOptions:
        """From the options of odoo_mail_route_info or odoo_mail_plan_info."""
        return cls(
            from_addresses=tuple(params.get("from_addresses") or ()),
            partner_addresses=tuple(params.get("partner_addresses") or ()),
            company=params.get("company") or "",
            template=params.get("template") or "",
            mailing=params.get("mailing") or "",
            command_line=CommandLine(**{key: value or "" for key, value in (params.get("command_line") or {}).items()}),
        )


@dataclass(frozen=True)
class DatabaseRoutes:
    """The mail routes of one database."""

    routes: list[SenderRoute]
    findings: list[RoutingFinding]  # independent of the sender
    computed_senders: dict[str, list[str]] = field(default_factory=dict)  # an expression, and the templates that use it

    def as_dict(self) -> dict[str, Any]:
        """What the modules return."""
        own = [one.route for one in self.routes if PARTNER not in one.sources]
        computed = [{"email_from": text, "sources": of} for text, of in sorted(self.computed_senders.items())]
        return {
            "routes": [one.as_dict() for one in self.routes],
            "local_parts": _local_parts(own),
            "computed_senders": computed,
            "findings": [finding.as_dict() for finding in dict.fromkeys(self.findings)],
        }


def database_routes(odoo: Odoo, options: RouteOptions) -> DatabaseRoutes:
    """The current routes. Raises PostmasterError."""
    for text in options.from_addresses:
        _sender(text)
    return routes_of(odoo, read_routes(odoo, options.command_line), options)


def routes_of(
    odoo: Odoo, reading: RouteReading, options: RouteOptions, senders: Senders | None = None
) -> DatabaseRoutes:
    """The routes by an existing reading, optionally with senders already read. Raises PostmasterError."""
    asked = [_sender(text) for text in options.from_addresses]
    partners = [_sender(text) for text in options.partner_addresses]
    company = reading.company_named(options.company) if options.company else None
    wording = _wording(odoo, options)
    if not asked and wording is not None and not wording.computed:
        asked = [wording.email_from.strip()]
    if senders is None and not asked:
        senders = read_senders(odoo, reading)
    routing = Routing(**vars(reading.inputs))
    wanted = _asked(reading, asked, company) if senders is None else _of_database(reading, senders, company)
    if wording is not None:
        # the template has a route of its own, whatever other templates name
        wanted = [(sender, companies) for sender, companies in wanted if sender.server_id is None]
    wanted += _of_partners(reading, partners, company)
    return DatabaseRoutes(
        [
            SenderRoute(sender.address, of, tuple(sender.sources), _route(routing, sender, of, wording))
            for sender, companies in wanted
            for of in companies
        ],
        database_findings(routing),
        senders.computed if senders is not None else {},
    )


def _sender(text: str) -> str:
    if not addresses.normal(text):
        raise InvalidInput(f"{text!r} is not the address of one sender: write it like sales@company-name.com.")
    return text.strip()


def _wording(odoo: Odoo, options: RouteOptions) -> TemplateOrMailing | None:
    if options.template:
        return find_wording(odoo, TEMPLATE_MODEL, options.template)
    if options.mailing:
        return find_wording(odoo, MAILING_MODEL, options.mailing)
    return None


def _asked(reading: RouteReading, texts: Iterable[str], company: Company | None) -> list[Wanted]:
    return [
        (DatabaseSender(text, sources=["asked for"]), [company or reading.company_of(addresses.bare(text))])
        for text in texts
    ]


def _of_database(reading: RouteReading, senders: Senders, company: Company | None) -> list[Wanted]:
    """Each address with its companies, or with ``company`` alone if one is asked for."""
    by_id = {one.id: one for one in reading.inputs.companies}
    wanted: list[Wanted] = []
    for dummy, sender in sorted(senders.known.items()):
        companies = [by_id[number] for number in sender.companies if number in by_id]
        if company is not None:
            if companies and company not in companies:
                continue
            companies = [company]
        wanted.append((sender, [*companies] or [reading.company_of(sender.address)]))
    return wanted


def _of_partners(reading: RouteReading, texts: Iterable[str], company: Company | None) -> list[Wanted]:
    """Odoo forwards what a partner writes to the followers of a document, which may belong to any company."""
    companies: list[Company | None] = [company] if company is not None else [*reading.inputs.companies]
    return [(DatabaseSender(text, sources=[PARTNER]), companies) for text in texts]


def _route(
    routing: Routing, sender: DatabaseSender, company: Company | None, wording: TemplateOrMailing | None
) -> Route:
    forced = wording.server_id if wording is not None else sender.server_id
    reply_to = wording.fixed_reply_to if wording is not None else ""
    return route_with_findings(routing, sender.address, company.id if company is not None else None, forced, reply_to)


def _local_parts(routes: Iterable[Route]) -> dict[str, list[str]]:
    """The local parts by domain, from From headers and envelope senders."""
    domains: dict[str, set[str]] = {}
    for route in routes:
        for text in (route.from_header, route.envelope_sender):
            local_part, at_sign, domain = addresses.normal(text).rpartition("@")
            if at_sign:
                domains.setdefault(addresses.dns_domain(domain) or domain, set()).add(local_part)
    return {domain: sorted(domains[domain]) for domain in sorted(domains)}
