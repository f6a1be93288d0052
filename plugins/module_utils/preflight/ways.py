# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of a route that decides what receivers make of a mail, and where it is unknown. Pure."""

from __future__ import annotations

import dataclasses

from ..odoo.database import addresses
from ..odoo.routing.routes import ADDON_CHOOSES_SERVER, Route, RoutingFinding, SenderRoute

_PLACEHOLDERS = (".example.com", ".example.net", ".example.org", ".yourcompany.com")


def way_of(sent: SenderRoute) -> tuple[object, ...]:
    """A key of the sender and those parts of its route that matter to receivers."""
    route, server = sent.route, sent.route.server
    # a server with the authentication "cli" sends as the command line does
    named = server if server is not None and server.authentication != "cli" else None
    way = (named.planned, named.id, named.host) if named is not None else None
    company = sent.company.id if sent.company is not None else 0
    leaving = addresses.domain_of(route.from_header), addresses.domain_of(route.envelope_sender)
    return sent.from_address, company, way, *leaving, bool(route.envelope_sender)


def outcomes(sent: SenderRoute) -> list[SenderRoute]:
    """The possible routes: two if a rule depends on an unknown build of Odoo."""
    other = sent.route.otherwise
    return [sent] if other is None else [sent, dataclasses.replace(sent, route=other)]


def chosen_by_addon(route: Route) -> RoutingFinding | None:
    """The finding that an add-on of Odoo chooses the server, so that the route is unknown; else None."""
    return next((one for one in route.findings if one.code == ADDON_CHOOSES_SERVER), None)


def is_placeholder(domain: str) -> bool:
    """Whether it is a placeholder domain of Odoo's first users and companies (RFC 2606 3), which nobody sends from."""
    return f".{domain}".endswith(_PLACEHOLDERS)
