# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``odoo_mail_route_info`` answers: the routes that are asked for, or those of every address of a database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Optional

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database import addresses
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.client import Odoo
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.read import (
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
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.routes import (
    PARTNER,
    Company,
    MailServer,
    Route,
    RoutingFinding,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.routing import Routing

COMMAND_LINE_OPTION: dict[str, Any] = {
    "command_line": {
        "type": "dict",
        "options": {
            "email_from": {"type": "str"},
            "from_filter": {"type": "str"},
            "smtp_server": {"type": "str"},
        },
    }
}

# a sender and the companies whose mail it may be
Wanted = tuple[DatabaseSender, list[Optional[Company]]]


def report(odoo: Odoo, params: Mapping[str, Any]) -> dict[str, Any]:
    """The module's answer, less ``changed``. Raises PostmasterError."""
    for text in params.get("from_addresses") or []:
        _sender(text)
    return report_of(odoo, read_routes(odoo, params.get("command_line")), params)


def report_of(odoo: Odoo, reading: RouteReading, params: Mapping[str, Any]) -> dict[str, Any]:
    """The same of a reading that is there. Raises PostmasterError."""
    asked = [_sender(text) for text in params.get("from_addresses") or []]
    partners = [_sender(text) for text in params.get("partner_addresses") or []]
    company = reading.company_named(params["company"]) if params.get("company") else None
    wording = _wording(odoo, params)
    if not asked and wording is not None and not wording.computed:
        asked = [wording.email_from.strip()]
    senders = None if asked else read_senders(odoo, reading)
    routing = Routing(**vars(reading.inputs))
    wanted = _asked(reading, asked, company) if senders is None else _of_database(reading, senders, company)
    if wording is not None:
        # it has a route of its own, whatever other templates name
        wanted = [(sender, companies) for sender, companies in wanted if sender.server_id is None]
    wanted += _of_partners(reading, partners, company)
    routes = [
        _entry(sender, of, _route(routing, sender, of, wording)) for sender, companies in wanted for of in companies
    ]
    return {
        "routes": routes,
        "local_parts": _local_parts(route for route in routes if PARTNER not in route["sources"]),
        "computed_senders": _computed(senders),
        "findings": shown_findings(routing.findings()),
        "odoo_version": odoo.version,
        "api_calls": odoo.calls,
    }


def _sender(text: str) -> str:
    if not addresses.normal(text):
        raise InvalidInput(f"{text!r} is not the address of one sender: write it like sales@company-name.com.")
    return text.strip()


def _wording(odoo: Odoo, params: Mapping[str, Any]) -> TemplateOrMailing | None:
    if params.get("template"):
        return find_wording(odoo, TEMPLATE_MODEL, params["template"])
    if params.get("mailing"):
        return find_wording(odoo, MAILING_MODEL, params["mailing"])
    return None


def _asked(reading: RouteReading, texts: Iterable[str], company: Company | None) -> list[Wanted]:
    return [
        (DatabaseSender(text, sources=["asked for"]), [company or reading.company_of(addresses.bare(text))])
        for text in texts
    ]


def _of_database(reading: RouteReading, senders: Senders, company: Company | None) -> list[Wanted]:
    """Each address with the companies that it belongs to; with that company alone if one is asked for."""
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
    """Odoo passes what a partner writes on to the followers of a document, which may be of any company."""
    companies: list[Company | None] = [company] if company is not None else [*reading.inputs.companies]
    return [(DatabaseSender(text, sources=[PARTNER]), companies) for text in texts]


def _route(
    routing: Routing, sender: DatabaseSender, company: Company | None, wording: TemplateOrMailing | None
) -> Route:
    forced = wording.server_id if wording is not None else sender.server_id
    reply_to = wording.fixed_reply_to if wording is not None else ""
    return routing.route(sender.address, company.id if company is not None else None, forced, reply_to)


def _entry(sender: DatabaseSender, company: Company | None, route: Route) -> dict[str, Any]:
    return {
        "from_address": sender.address,
        "company": company.name if company is not None else None,
        "company_id": company.id if company is not None else None,
        "sources": sender.sources,
        "candidates": [shown_server(server) for server in route.candidates],
        **shown_route(route),
    }


def shown_route(route: Route) -> dict[str, Any]:
    return {
        "server": shown_server(route.server) if route.server is not None else None,
        "from_header": route.from_header,
        "reply_to": route.reply_to,
        "envelope_sender": route.envelope_sender,
        "rewritten": route.rewritten,
        "rule": route.rule,
        "reason": route.reason,
        "findings": shown_findings(route.findings),
    }


def shown_server(server: MailServer) -> dict[str, Any]:
    return {
        "id": None if server.planned else server.id,
        "name": server.name,
        "host": server.host,
        "priority": server.sequence,
        "from_filter": server.from_filter,
        "managed": server.ours,
    }


def shown_findings(findings: Iterable[RoutingFinding]) -> list[dict[str, str]]:
    return [{"code": finding.code, "message": finding.message} for finding in dict.fromkeys(findings)]


def _local_parts(routes: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """What leaves, by domain: as From and as envelope sender."""
    domains: dict[str, set[str]] = {}
    for route in routes:
        for text in (route["from_header"], route["envelope_sender"]):
            local_part, at_sign, domain = addresses.normal(text).rpartition("@")
            if at_sign:
                domains.setdefault(addresses.dns_domain(domain) or domain, set()).add(local_part)
    return {domain: sorted(domains[domain]) for domain in sorted(domains)}


def _computed(senders: Senders | None) -> list[dict[str, Any]]:
    if senders is None:
        return []
    return [{"email_from": text, "sources": sources} for text, sources in sorted(senders.computed.items())]
