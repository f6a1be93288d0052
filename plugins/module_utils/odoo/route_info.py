# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What C(odoo_mail_route_info) answers: the routes that are asked for, or those of every address of a database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import InvalidInput
from . import addresses
from .client import Odoo
from .route_reading import (
    MAILING_MODEL,
    TEMPLATE_MODEL,
    RouteReading,
    Senders,
    Wording,
    find_wording,
    read_routes,
    read_senders,
)
from .routes import Company, Finding, Route, Server
from .routing import Routing


def report(odoo: Odoo, params: Mapping[str, Any]) -> dict[str, Any]:
    """The module's answer, less C(changed). Raises PostmasterError."""
    asked = [_sender(text) for text in params.get("from_addresses") or []]
    reading = read_routes(odoo, params.get("command_line"))
    company = reading.company_named(params["company"]) if params.get("company") else None
    wording = _wording(odoo, params)
    if not asked and wording is not None and not wording.computed:
        asked = [_sender(wording.email_from)]
    senders = None if asked else read_senders(odoo, reading)
    routing = Routing(**vars(reading.inputs))
    if senders is None:
        wanted = [(address, [company or reading.company_of(address)], ["asked for"]) for address in asked]
    else:
        wanted = _of_database(reading, senders, company)
    routes = [
        _entry(address, sources, of, _route(routing, address, of, wording))
        for address, companies, sources in wanted
        for of in companies
    ]
    return {
        "routes": routes,
        "local_parts": _local_parts(routes),
        "computed_senders": _computed(senders),
        "findings": _findings(routing.findings()),
        "odoo_version": odoo.version,
        "api_calls": odoo.calls,
    }


def _sender(text: str) -> str:
    if not addresses.normal(text):
        raise InvalidInput(f"{text!r} is not the address of one sender: write it like sales@company-name.com.")
    return text.strip()


def _wording(odoo: Odoo, params: Mapping[str, Any]) -> Wording | None:
    if params.get("template"):
        return find_wording(odoo, TEMPLATE_MODEL, params["template"])
    if params.get("mailing"):
        return find_wording(odoo, MAILING_MODEL, params["mailing"])
    return None


def _of_database(
    reading: RouteReading, senders: Senders, company: Company | None
) -> list[tuple[str, list[Company | None], list[str]]]:
    """Each address with the companies that it belongs to; with that company alone if one is asked for."""
    by_id = {one.id: one for one in reading.inputs.companies}
    wanted: list[tuple[str, list[Company | None], list[str]]] = []
    for address, sender in sorted(senders.known.items()):
        companies = [by_id[number] for number in sender.companies if number in by_id]
        if company is not None:
            if companies and company not in companies:
                continue
            companies = [company]
        wanted.append((address, [*companies] or [reading.company_of(address)], sender.sources))
    return wanted


def _route(routing: Routing, address: str, company: Company | None, wording: Wording | None) -> Route:
    forced = wording.server_id if wording is not None else None
    reply_to = wording.fixed_reply_to if wording is not None else ""
    return routing.route(address, company.id if company is not None else None, forced, reply_to)


def _entry(address: str, sources: list[str], company: Company | None, route: Route) -> dict[str, Any]:
    return {
        "from_address": address,
        "company": company.name if company is not None else None,
        "company_id": company.id if company is not None else None,
        "sources": sources,
        "server": _server(route.server) if route.server is not None else None,
        "candidates": [_server(server) for server in route.candidates],
        "from_header": route.from_header,
        "reply_to": route.reply_to,
        "envelope_sender": route.envelope_sender,
        "rewritten": route.rewritten,
        "rule": route.rule,
        "reason": route.reason,
        "findings": _findings(route.findings),
    }


def _server(server: Server) -> dict[str, Any]:
    return {
        "id": server.id,
        "name": server.name,
        "host": server.host,
        "priority": server.sequence,
        "from_filter": server.from_filter,
        "managed": server.ours,
    }


def _findings(findings: Iterable[Finding]) -> list[dict[str, str]]:
    return [{"code": finding.code, "message": finding.message} for finding in dict.fromkeys(findings)]


def _local_parts(routes: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """What leaves, by domain: as From and as envelope sender."""
    domains: dict[str, set[str]] = {}
    for route in routes:
        for text in (route["from_header"], route["envelope_sender"]):
            local_part, at_sign, domain = addresses.normal(text).rpartition("@")
            if at_sign:
                domains.setdefault(domain, set()).add(local_part)
    return {domain: sorted(domains[domain]) for domain in sorted(domains)}


def _computed(senders: Senders | None) -> list[dict[str, Any]]:
    if senders is None:
        return []
    return [{"email_from": text, "sources": sources} for text, sources in sorted(senders.computed.items())]
