# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The companies of a database, with the state of their mail setup; for the inventory plugin."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from typing import Any

from ... import names
from ...errors import InvalidInput
from ..database import addresses
from ..database.client import Odoo
from ..database.snapshot import id_of
from ..database.versions import FILTERS_SINCE
from .findings import route_with_findings
from .read import RouteReading, read_routes
from .routes import FIRST_SERVER, AliasDomain, Company, MailServer, Route
from .routing import Routing

NONE, PARTIAL, COMPLETE = "none", "partial", "complete"


Country = tuple[str, str]  # code and name


def read_company_hosts(odoo: Odoo) -> list[dict[str, Any]]:
    """The hosts of a database, in about nine calls for any number of companies. Raises OdooError."""
    return company_hosts(read_routes(odoo), _read_countries(odoo))


def company_hosts(reading: RouteReading, countries: Mapping[int, Country]) -> list[dict[str, Any]]:
    """A host ``{name, company_name, groups, variables}`` for each company, in order. ``countries``: by company id.

    ``company_name``: a name that does not change when the company gets a domain.
    """
    hosts = _Hosts(reading)
    return [hosts.of(company, countries.get(company.id)) for company in reading.inputs.companies]


def _read_countries(odoo: Odoo) -> dict[int, Country]:
    # Odoo cannot search by it
    rows = odoo.search_read("res.company", [], ["country_id"])
    country_of = {row["id"]: id_of(row["country_id"]) for row in rows}
    wanted = sorted({country for country in country_of.values() if country is not None})
    if not wanted:
        return {}
    countries = odoo.search_read("res.country", [("id", "in", wanted)], ["code", "name"])
    by_id = {row["id"]: (str(row["code"] or ""), str(row["name"])) for row in countries}
    return {company: by_id[country] for company, country in country_of.items() if country in by_id}


class _Hosts:
    def __init__(self, reading: RouteReading) -> None:
        self._reading = reading
        self._routing = Routing(**vars(reading.inputs))
        own_domain = [self._own_domain(company) for company in reading.inputs.companies]
        self._users = Counter(domain for domain in own_domain if domain)
        self._servers = _servers_by_domain(self._routing)

    def of(self, company: Company, country: Country | None) -> dict[str, Any]:
        domain = self._own_domain(company)
        email = self._reading.company_emails.get(company.id, "")
        servers = self._servers.get(domain or addresses.domain_of(email), [])
        route = self._route(company, domain, email)
        missing = self._missing(domain, route)
        state = _state(domain, servers, missing)
        groups = [f"mail_setup_{state}"]
        if domain:
            groups.append(f"mail_domain_{domain}")
        if country is not None and country[0]:
            groups.append(f"country_{country[0].lower()}")
        return {
            "name": domain if domain and self._users[domain] == 1 else _slug(company),
            "company_name": _slug(company),
            "groups": groups,
            "variables": {
                "odoo_company": company.name,
                "odoo_company_id": company.id,
                "odoo_company_email": email or None,
                "odoo_country": country[1] if country else None,
                "odoo_country_code": country[0] if country else None,
                "odoo_version": self._routing.version,
                "odoo_mail_domain": domain or None,
                "odoo_mail_domain_companies": self._users[domain],
                "odoo_alias_domain": _alias_domain(self._routing.own_domain(company.id)),
                "odoo_outgoing_mail_servers": [server.as_dict() for server in servers],
                "odoo_mail_route": route.as_dict() if route is not None else None,
                "odoo_mail_setup": state,
                "odoo_mail_setup_missing": missing,
            },
        }

    def _own_domain(self, company: Company) -> str:
        """A company's domain in A-label form, unless it is one of Odoo's or there is none."""
        own_domain = self._routing.own_domain(company.id).name
        try:
            return names.to_text(names.custom_domain(own_domain)) if own_domain else ""
        except InvalidInput:
            return ""

    def _route(self, company: Company, domain: str, email: str) -> Route | None:
        """The route of mail that the company sends as itself."""
        own = self._routing.own_domain(company.id)
        of_domain = (one for one in (email, own.default_from_email, own.catchall_email) if _is_at(one, domain))
        address = next(of_domain, "") or email or own.default_from_email
        return route_with_findings(self._routing, address, company.id) if address else None

    def _missing(self, domain: str, route: Route | None) -> list[str]:
        if not domain:
            return ["It has no domain of its own."]
        missing = []
        if self._users[domain] > 1:
            missing.append(f"It shares the domain {domain} with {_others(self._users[domain] - 1)}.")
        if route is None or not route.envelope_sender:
            missing.append("It has no address that Odoo could send from.")
        elif addresses.domain_of(route.from_header) != domain:
            missing.append(f"Its mail leaves as {addresses.normal(route.from_header)}, which is not of {domain}.")
        elif route.rule == FIRST_SERVER and self._routing.version >= FILTERS_SINCE and route.server is not None:
            missing.append(f"No outgoing server is for it: its mail leaves through {route.server.label}.")
        return missing


def _state(domain: str, servers: list[MailServer], missing: list[str]) -> str:
    if not missing:
        return COMPLETE
    return PARTIAL if domain or servers else NONE


def _is_at(address: str, domain: str) -> bool:
    return bool(domain) and addresses.domain_of(address) == domain


def _others(count: int) -> str:
    return "another company" if count == 1 else f"{count} other companies"


def _servers_by_domain(routing: Routing) -> dict[str, list[MailServer]]:
    """The shared servers, by the domains in their FROM filters."""
    found: dict[str, list[MailServer]] = {}
    for server in routing.servers:
        if server.active and not server.owner and server.from_filter:
            parts = routing.filters[server.id].parts
            named = {addresses.domain_of(part) if "@" in part else part.lower() for part in parts if part}
            for domain in named - {""}:
                found.setdefault(domain, []).append(server)
    return found


def _slug(company: Company) -> str:
    """A name in plain ASCII, made unique by the company's id."""
    plain = unicodedata.normalize("NFKD", company.name).encode("ascii", "ignore").decode("ascii").lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return f"{slug or 'company'}-{company.id}"


def _alias_domain(domain: AliasDomain) -> dict[str, Any] | None:
    if not domain.name:
        return None
    return {
        "id": domain.id or None,
        "name": domain.name,
        "priority": domain.sequence if domain.id else None,
        "bounce_email": domain.bounce_email or None,
        "catchall_email": domain.catchall_email or None,
        "default_from_email": domain.default_from_email or None,
    }
