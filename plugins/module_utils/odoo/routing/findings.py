# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Problems of a route or of a database's servers, as sentences. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...services.relays import is_relay
from ..database import addresses
from ..database.planned_change import named
from ..database.snapshot import MAILING_SERVER
from ..database.versions import (
    ALIAS_DOMAINS_SINCE,
    ARCHIVED_REFUSED_SINCE,
    FILTERS_SINCE,
    LISTS_SINCE,
    QUEUE_ORDERED_SINCE,
    SENDER_KEPT_VERSIONS,
)
from .routes import (
    ADDON_CHOOSES_SERVER,
    DEFAULT_SMTP_SERVER,
    DEPENDS_ON_BUILD,
    FIRST_SERVER,
    FORCED,
    WITHOUT_FILTER,
    MailServer,
    Route,
    RoutingFinding,
)
from .routing import Routing

# in late builds of Odoo 14
FORCED_SENDER = "mail.force.smtp.from"
DYNAMIC_SENDER = "mail.dynamic.smtp.from"


def route_findings(
    routing: Routing, route: Route, sender: str, company_id: int | None, forced: int | None
) -> tuple[RoutingFinding, ...]:
    """Findings about one route; empty if it is as expected."""
    return (
        *_of_addons(routing),
        *_of_build(routing, route, sender, company_id, forced),
        *_of_company(routing, company_id),
        *_of_forced(routing, route, sender, forced),
        *_of_server(routing, route, sender),
        *_of_sender(routing, route, sender, company_id),
        *_of_scheduler(routing, route, sender, company_id, forced),
    )


def route_with_findings(
    routing: Routing,
    from_address: str,
    company_id: int | None = None,
    forced: int | None = None,
    reply_to: str = "",
) -> Route:
    """``routing.route`` with its findings."""
    route = routing.route(from_address, company_id, forced, reply_to)
    findings = route_findings(routing, route, from_address.strip(), company_id, forced)
    return replace(route, findings=findings, otherwise=_otherwise(routing, route, from_address, company_id, forced))


def _otherwise(
    routing: Routing, route: Route, sender: str, company_id: int | None = None, forced: int | None = None
) -> Route | None:
    """The route in the other build that this Odoo may be, if it differs."""
    other = _of_newer(routing, route, sender, company_id, forced)
    if other is not None:
        return other
    for key in (FORCED_SENDER, DYNAMIC_SENDER) if routing.version < FILTERS_SINCE else ():
        address = str(routing.parameters.get(key) or "")
        own = addresses.domain_of(sender) == str(routing.parameters.get("mail.catchall.domain") or "").lower()
        if address and not (own and key == DYNAMIC_SENDER):
            return replace(route, from_header=address, envelope_sender=address, rewritten=True)
    return None


def _of_newer(routing: Routing, route: Route, sender: str, company_id: int | None, forced: int | None) -> Route | None:
    """The route in a later build of this version, if it differs and the build is unknown."""
    if routing.newer is None:
        return None
    other = routing.newer.route(sender, company_id, forced)
    same = (route.server, route.from_header, route.envelope_sender)
    return other if (other.server, other.from_header, other.envelope_sender) != same else None


def database_findings(routing: Routing) -> list[RoutingFinding]:
    """Problems of the servers in use that do not depend on the sender, and mail that bypasses them."""
    never = [_never_matches(server, part, routing.version) for server, part in routing.dead_parts]
    return [*never, *_of_mailings(routing), *_of_mailboxes(routing)]


def _of_addons(routing: Routing) -> Iterator[RoutingFinding]:
    if routing.addons:
        yield RoutingFinding(
            ADDON_CHOOSES_SERVER,
            f"The add-on {named(list(routing.addons))} of this Odoo changes which server a mail leaves through, so the "
            "route shown is the one that Odoo would choose without it.",
        )


def _of_build(
    routing: Routing, route: Route, sender: str, company_id: int | None, forced: int | None
) -> Iterator[RoutingFinding]:
    """Findings about changes within a version, if the build is unknown."""
    other = _of_newer(routing, route, sender, company_id, forced)
    if other is not None:
        since = "from 2023 on" if routing.version in SENDER_KEPT_VERSIONS else "in later builds"
        through = f" through {other.server.label}" if other.server is not None and other.server != route.server else ""
        yield RoutingFinding(
            DEPENDS_ON_BUILD,
            f"Odoo {routing.version} changed here, and nothing shows whether this one is older: {since}, the mail "
            f"leaves{through} as {other.from_header}, with bounces to {other.envelope_sender}.",
        )
    for key in (FORCED_SENDER, DYNAMIC_SENDER):
        address = str(routing.parameters.get(key) or "")
        if routing.version < FILTERS_SINCE and address:
            whose = "all mail" if key == FORCED_SENDER else "mail of other domains than the catch-all domain"
            yield RoutingFinding(
                DEPENDS_ON_BUILD,
                f"Later builds of Odoo {routing.version} send {whose} as {address}, because of the parameter {key}, "
                "but the first builds do not know it.",
            )


def _of_mailings(routing: Routing) -> Iterator[RoutingFinding]:
    """The dedicated server, which every new mailing names."""
    text = str(routing.parameters.get(MAILING_SERVER) or "")
    if not text.isdecimal() or int(text) == 0:
        return
    server = next((server for server in routing.servers if server.id == int(text)), None)
    if server is None:
        yield RoutingFinding(
            "dedicated_server_missing",
            f"The dedicated server of mass mailing (id {text}) no longer exists: mailings leave like other mail.",
        )
        return
    if server.owner:
        yield RoutingFinding(
            "dedicated_server_personal",
            f"The dedicated server of mass mailing, {server.label}, belongs to {server.owner}: Odoo refuses what "
            "others send through it. Choose a server that all may use.",
        )
        return
    but = f", although its FROM filter is {server.from_filter!r}" if server.from_filter else ""
    yield RoutingFinding(
        "dedicated_server",
        f"New mailings of every company leave through the dedicated server {server.label} with any sender{but}: "
        "look at one with the option mailing.",
    )


def _of_mailboxes(routing: Routing) -> Iterator[RoutingFinding]:
    """Servers that log in to one mailbox but take mail from all addresses of a domain."""
    for server in routing.servers if routing.version >= FILTERS_SINCE else ():
        by_login = server.active and not server.owner and server.authentication == "login"
        if is_relay(server.host):
            continue  # it accepts every sender of the domain, even if its logins look like addresses
        domains = sorted(routing.filters[server.id].domains - {""})
        if by_login and addresses.domain_of(server.username) in domains:
            yield RoutingFinding(
                "mailbox_login",
                f"Server {server.label} logs in as the mailbox {server.username}, and its FROM filter takes every "
                f"sender of {named(domains)}: many mail servers refuse all but the mailbox and its aliases (553, not "
                "owned by user). Ask whoever runs it, or name in the filter the addresses that it may send as.",
            )


def _never_matches(server: MailServer, part: str, version: int) -> RoutingFinding:
    if "," in part and version < LISTS_SINCE:
        why = f"Odoo {version} allows one address or domain per server"
    elif not part.strip():
        why = "it is blank, which is different from no filter"
    elif "*" in part:
        why = "Odoo has no wildcards"
    elif part.startswith("@"):
        why = "a domain is written without the at sign"
    elif ";" in part or " " in part:
        why = "entries are separated by commas"
    else:
        why = "it is neither an address nor a domain"
    return RoutingFinding(
        "filter_never_matches", f"The FROM filter of server {server.label} has {part!r}, which matches no mail: {why}."
    )


def _of_company(routing: Routing, company_id: int | None) -> Iterator[RoutingFinding]:
    if company_id is None or routing.version < ALIAS_DOMAINS_SINCE:
        return
    company = routing.companies.get(company_id)
    if company is None or company.alias_domain_id:
        return
    borrowed = routing.document_domain(company_id)
    effect = f"its mail uses that of {borrowed.name}" if borrowed.name else "replies and bounces go to the sender"
    yield RoutingFinding("no_alias_domain", f"The company {company.name} has no alias domain: {effect}.")


def _of_forced(routing: Routing, route: Route, sender: str, forced: int | None) -> Iterator[RoutingFinding]:
    if forced is None:
        return
    if route.rule != FORCED or route.server is None:
        yield RoutingFinding(
            "forced_server_missing",
            f"The server with the id {forced} that is named no longer exists, so Odoo chooses one.",
        )
        return
    server = route.server
    if not server.active and routing.version >= ARCHIVED_REFUSED_SINCE:
        yield RoutingFinding(
            "forced_server_archived", f"Server {server.label} is named but archived: Odoo sends nothing."
        )
    if server.owner:
        yield RoutingFinding(
            "forced_server_personal",
            f"Server {server.label} is named, but belongs to {server.owner}: Odoo refuses what others write.",
        )
    elif routing.version >= FILTERS_SINCE and not routing.filters[server.id].matches(sender):
        yield RoutingFinding(
            "forced_server_mismatch",
            f"Server {server.label} is named, so {sender} leaves through it unchanged, "
            f"although its FROM filter {server.from_filter!r} does not have it.",
        )


def _of_server(routing: Routing, route: Route, sender: str) -> Iterator[RoutingFinding]:
    server = route.server
    if server is None:
        yield _command_line(routing)
        return
    if len(route.candidates) > 1:
        yield _tie(routing, route)
    if route.rule in (WITHOUT_FILTER, FIRST_SERVER) and not server.ours:
        yield RoutingFinding(
            "foreign_server",
            f"No server is for {sender or 'this mail'}, so it leaves through {server.label}, "
            "which someone set up for another purpose.",
        )
    if route.rule == FIRST_SERVER and routing.version >= FILTERS_SINCE:
        yield RoutingFinding(
            "filter_mismatch",
            f"It leaves through {server.label} as {route.from_header}, although the FROM filter "
            f"{server.from_filter!r} has no such sender: the mail server may refuse it, or receivers treat it as spam.",
        )


def _command_line(routing: Routing) -> RoutingFinding:
    host = routing.command_line.smtp_server
    where = host if host else f"the one of odoo.conf (smtp_server, {DEFAULT_SMTP_SERVER} if it says nothing)"
    takes = routing.default_filter
    rule = f"the filter {takes!r} of mail.default.from_filter or odoo.conf" if takes else "no filter"
    return RoutingFinding(
        "no_server", f"No outgoing mail server is for everyone: mail leaves through {where}, with {rule}."
    )


def _tie(routing: Routing, route: Route) -> RoutingFinding:
    listed = named([server.label for server in route.candidates])
    if routing.version >= QUEUE_ORDERED_SINCE:
        what = "the queue takes the one with the smallest id, but mail that is sent without it leaves through any"
    else:
        what = "Odoo takes any of them, and not always the same"
    return RoutingFinding("tie", f"The servers {listed} have the same priority and take this mail: {what}.")


def _of_sender(routing: Routing, route: Route, sender: str, company_id: int | None) -> Iterator[RoutingFinding]:
    if not route.envelope_sender or "@" not in route.from_header:
        yield RoutingFinding(
            "not_sendable", f"No mail can leave as {sender!r}: Odoo finds no address in it that it can use."
        )
    if routing.version < FILTERS_SINCE:
        return
    address, domain = addresses.normal(sender), addresses.domain_of(sender)
    if route.rewritten and address and route.from_header:
        yield RoutingFinding(
            "rewritten",
            f"No server takes {address}, so it leaves as {route.from_header}; answers go to {route.reply_to}.",
        )
    if route.rule != FORCED and domain:
        for server, part in routing.dead_parts:
            if domain in part.lower():
                yield _never_matches(server, part, routing.version)
    for server in routing.personal:
        if route.rule != FORCED and address and address == server.from_filter:
            yield RoutingFinding(
                "personal_server",
                f"What {server.owner} writes leaves through a personal server, {server.label}; everything else leaves "
                "as shown here.",
            )
    bounce = routing.document_domain(company_id).bounce_email
    if bounce and route.envelope_sender and route.envelope_sender != bounce:
        yield RoutingFinding(
            "bounces_to_sender",
            f"The FROM filter of the server does not include {bounce}, so undeliverable mail comes back to "
            f"{route.envelope_sender}, where Odoo does not see it.",
        )


def _of_scheduler(
    routing: Routing, route: Route, sender: str, company_id: int | None, forced: int | None
) -> Iterator[RoutingFinding]:
    """If the document's alias domain does not decide, the sending user's company does."""
    main = routing.main_company
    if main is None or company_id in (None, main.id) or routing.version < ALIAS_DOMAINS_SINCE:
        return
    if route.server is not None and routing.document_domain(company_id).default_from_email:
        return
    later = routing.sent_in(main.id, sender, company_id, forced)
    if (later.server, later.from_header, later.envelope_sender) != (
        route.server,
        route.from_header,
        route.envelope_sender,
    ):
        yield RoutingFinding(
            "scheduler_differs",
            f"Mail that waits for Odoo's scheduler leaves as {later.from_header} instead, "
            f"because the scheduler works in the company {main.name}.",
        )
