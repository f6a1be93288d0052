# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a route decides what receivers make of a mail, and where it is not known. Pure."""

from __future__ import annotations

import dataclasses

from ..odoo.database import addresses
from ..odoo.routing.routes import ADDON_CHOOSES_SERVER, Route, RoutingFinding, SenderRoute

_PLACEHOLDERS = (".example.com", ".example.net", ".example.org", ".yourcompany.com")


def way_of(sent: SenderRoute) -> tuple[object, ...]:
    """A sender with all of its route that decides what receivers make of it."""
    route, server = sent.route, sent.route.server
    # a server that leaves the login to the command line sends as that does
    named = server if server is not None and server.authentication != "cli" else None
    way = (named.planned, named.id, named.host) if named is not None else None
    company = sent.company.id if sent.company is not None else 0
    leaving = addresses.domain_of(route.from_header), addresses.domain_of(route.envelope_sender)
    return sent.from_address, company, way, *leaving, bool(route.envelope_sender)


def outcomes(sent: SenderRoute) -> list[SenderRoute]:
    """The ways in which it may leave: two where a rule depends on a build that nothing shows."""
    other = sent.route.otherwise
    return [sent] if other is None else [sent, dataclasses.replace(sent, route=other)]


def chosen_by_addon(route: Route) -> RoutingFinding | None:
    """That an add-on of Odoo changes which server it leaves through, so that nobody knows."""
    return next((one for one in route.findings if one.code == ADDON_CHOOSES_SERVER), None)


def is_placeholder(domain: str) -> bool:
    """Whether nobody sends from there: Odoo gives its first users and companies such addresses (RFC 2606 3)."""
    return f".{domain}".endswith(_PLACEHOLDERS)
