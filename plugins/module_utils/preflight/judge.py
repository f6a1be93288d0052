# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What will happen to the mail of each domain, from Odoo's routes and DNS. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..domain_check.findings.finding import ERROR, INFO, WARNING, listed
from ..domain_check.findings.freemail import freemail
from ..odoo.database import addresses
from ..odoo.routing.routes import COMMAND_LINE, FIRST_SERVER, PARTNER, Route, SenderRoute
from .authentication import NOT_KNOWN, Sending, judged
from .matching import Owners, senders_of, set_up_for
from .model import SEVERITIES, RouteVerdict, Service, Setup, policy_below, policy_of
from .ways import chosen_by_addon, is_placeholder, outcomes, way_of

DomainInfo = Mapping[str, Mapping[str, Any]]  # domain → its result of domain_info

ODOO_ITSELF = "Odoo's own server (odoo.conf)"
# represents anyone at a domain that nobody named
ANY_PARTNER = "partner@partner.invalid"

_LET_ODOO_REPLACE = (
    "Have Odoo replace the sender: give the outgoing servers a FROM filter with the company's domain, and the company "
    "an alias domain with a default sender such as notifications. Or ask the partner to authorise your server in their "
    "SPF or DKIM records, or not to enforce DMARC"
)


@dataclasses.dataclass
class MailForecast:
    """The verdicts for one host, the worst first."""

    verdicts: list[RouteVerdict] = dataclasses.field(default_factory=list)

    @property
    def blocking(self) -> list[RouteVerdict]:
        return [verdict for verdict in self.verdicts if verdict.blocks]


def preflight(
    setups: Sequence[Setup],
    routes: Iterable[SenderRoute],
    domain_info: DomainInfo,
    now: Iterable[SenderRoute] | None = None,
) -> dict[str, MailForecast]:
    """The forecast for each host, by its name. ``domain_info``: by the domain as in addresses.

    ``now``: the routes before the plan; a bad route that stays as it is blocks nothing.
    """
    return _Preflight(setups, domain_info, now or ()).run([one for sent in routes for one in outcomes(sent)])


def below(setups: Sequence[Setup], routes: Iterable[SenderRoute]) -> dict[str, list[str]]:
    """By host, the domains below its own that mail leaves as: each may have a DMARC record of its own."""
    return _Preflight(setups, {}).below(routes)


def in_order(verdicts: Iterable[RouteVerdict]) -> list[RouteVerdict]:
    """The worst first; verdicts that differ only in their senders are merged."""
    joined: dict[RouteVerdict, tuple[dict[str, None], dict[str, None]]] = {}
    for verdict in verdicts:
        same = dataclasses.replace(verdict, from_addresses=(), companies=())
        senders, companies = joined.setdefault(same, ({}, {}))
        senders.update(dict.fromkeys(verdict.from_addresses))
        companies.update(dict.fromkeys(verdict.companies))
    found = [
        dataclasses.replace(verdict, from_addresses=tuple(senders), companies=tuple(companies))
        for verdict, (senders, companies) in joined.items()
    ]
    return sorted(found, key=lambda verdict: (SEVERITIES.index(verdict.severity), verdict.code))


class _Preflight:
    def __init__(self, setups: Sequence[Setup], domain_info: DomainInfo, now: Iterable[SenderRoute] = ()) -> None:
        before = [one for sent in now for one in outcomes(sent)]
        self._unchanged = set(map(way_of, before))
        self._senders_now = {
            way_of(one)[:2]  # address and company
            for one in before
            if not (one.is_new or PARTNER in one.sources or is_placeholder(addresses.domain_of(one.from_address)))
        }
        self._setups = list(setups)
        self._domain_info = domain_info
        self._by_domain = {setup.domain: setup for setup in self._setups}
        self._by_company: dict[str, Setup] = {name: setup for setup in self._setups for name in setup.companies}
        self._owners = Owners(self._setups)
        self._used: set[str] = set()

    def run(self, routes: list[SenderRoute]) -> dict[str, MailForecast]:
        found: dict[str, list[RouteVerdict]] = {setup.host: [] for setup in self._setups}
        for sent in routes:
            self._used.update(service.server for dummy, service in self._owners.of(sent.route.server))
            setup = self._setup_of(sent)
            if setup is not None:
                found[setup.host] += self._judge(setup, sent)
        for setup in self._setups:
            found[setup.host] += self._without_route(setup, found[setup.host]) if routes else []
        return {host: MailForecast(in_order(verdicts)) for host, verdicts in found.items()}

    def _setup_of(self, sent: SenderRoute) -> Setup | None:
        """The host concerned: that of the domain that the mail leaves as, else the company's."""
        company = sent.company.name.strip() if sent.company is not None else ""
        return self._of_domain(addresses.domain_of(sent.route.from_header)) or self._by_company.get(company)

    def _of_domain(self, domain: str) -> Setup | None:
        """The host with this domain or one above it."""
        while domain:
            if domain in self._by_domain:
                return self._by_domain[domain]
            domain = domain.partition(".")[2]
        return None

    def below(self, routes: Iterable[SenderRoute]) -> dict[str, list[str]]:
        """By host, the domains below its own that mail leaves as."""
        found: dict[str, dict[str, None]] = {}
        for sent in routes:
            domain = addresses.domain_of(sent.route.from_header)
            setup = self._of_domain(domain)
            if setup is not None and domain != setup.domain:
                found.setdefault(setup.host, {})[domain] = None
        return {host: list(domains) for host, domains in found.items()}

    # -- one route

    def _judge(self, setup: Setup, sent: SenderRoute) -> Iterator[RouteVerdict]:
        sender, route = sent.from_address, sent.route
        leaving = addresses.normal(route.from_header)
        domain = addresses.domain_of(leaving)
        if not route.envelope_sender or not domain:
            own = self._of_domain(addresses.domain_of(sender)) is setup
            verdict = RouteVerdict(
                "not_sendable",
                ERROR,
                f"Odoo cannot send as {sender}: it finds no address that it can use.",
                "Give the company an alias domain with a default sender, or correct the address.",
                blocks=own,
            )
        elif self._of_domain(domain) is not None:
            verdict = self._own(route, domain)
        elif PARTNER in sent.sources:
            verdict = self._partner(setup, route, leaving, domain)
        else:
            verdict = self._foreign(route, leaving, domain)
        yield self._completed(verdict, sent)
        if route.rewritten and PARTNER not in sent.sources:
            for finding in freemail([addresses.normal(sender)]):
                what = f"{finding.found.rstrip('.')}, so its mail leaves as {leaving} instead."
                yield self._completed(RouteVerdict("freemail_address", INFO, what, finding.cure), sent)

    def _completed(self, verdict: RouteVerdict, sent: SenderRoute) -> RouteVerdict:
        server = sent.route.server
        return dataclasses.replace(
            verdict,
            from_addresses=(sent.from_address,),
            leaves_as=addresses.domain_of(sent.route.from_header),
            companies=(sent.company.name,) if sent.company is not None else (),
            server=server.name if server is not None else "",
            blocks=(verdict.blocks or self._may_end(verdict, sent)) and way_of(sent) not in self._unchanged,
        )

    def _may_end(self, verdict: RouteVerdict, sent: SenderRoute) -> bool:
        """Whether a host's domain sends now, but what would become of its mail is unknown."""
        return verdict.code == NOT_KNOWN and way_of(sent)[:2] in self._senders_now

    def _own(self, route: Route, domain: str) -> RouteVerdict:
        """Mail that leaves as a host's domain, whoever wrote it."""
        setup = self._of_domain(domain)
        if setup is None:
            raise LookupError(domain)
        way = through(route)
        addon = chosen_by_addon(route)
        if addon is not None:
            return RouteVerdict(
                NOT_KNOWN,
                WARNING,
                f"@{domain} would leave through {way} by Odoo's own rules. {addon.message}",
                "Send a message with postmaster.mail.odoo_test_message and look at what arrives, or set "
                "custom_domain_gate: warn.",
                blocks=True,
            )
        services = self._services(setup, route)
        if not services:
            return self._unknown_service(setup, route, f"@{domain}", way)
        if len(services) > 1:
            return _ambiguous(f"@{domain}", way, services)
        (service,) = services
        self._used.add(service.server)
        info = self._domain_info.get(setup.domain)
        sending = Sending(
            setup.domain,
            domain,
            addresses.domain_of(route.envelope_sender),
            service,
            ((info or {}).get("senders") or {}).get(service.name) or {},
            policy_of(info) if domain == setup.domain else policy_below(info, self._domain_info.get(domain), domain),
        )
        return judged(sending, f"@{domain}", way)

    def _services(self, setup: Setup, route: Route) -> list[Service]:
        """The senders of the host that this server may be; several if nothing distinguishes them."""
        if route.server is None:
            return [service for service in setup.services if service.command_line][:1]
        return senders_of(route.server, setup.services)

    def _unknown_service(self, setup: Setup, route: Route, leaving: str, way: str) -> RouteVerdict:
        server = route.server
        describe = "Describe it in custom_domain_senders with its spf and dkim, or give the domain a server of its own."
        if server is not None and any(service.command_line for service in setup.services):
            describe = (
                "Odoo sends by itself only if it has no server, or one that says so: add "
                "authentication: cli to the sender with service: odoo."
            )
        if server is None:
            what = f"{leaving} leaves through {way}, and no sender in custom_domain_senders says that it may."
            return RouteVerdict(NOT_KNOWN, WARNING, what, describe.replace("it in", "that server in"))
        owner = next((one for one, dummy in self._owners.of(server)), None)
        former = set_up_for(server, setup.services)
        if former is not None:
            what = (
                f"{leaving} leaves through {way}, which has the host {server.host or '(none)'} now and was set up for "
                f"{former.host or former.name}."
            )
        elif owner is not None and owner is not setup:
            what = f"{leaving} leaves through {way}, which is a server of {owner.domain}, not of {setup.domain}."
        else:
            what = f"{leaving} leaves through {way}, which no sender in custom_domain_senders describes."
        if route.rule == FIRST_SERVER:
            return RouteVerdict(
                "foreign_server",
                ERROR,
                f"{what} Its FROM filter is {server.from_filter!r}, and Odoo takes it because there is no other.",
                describe,
                blocks=True,
            )
        return RouteVerdict(NOT_KNOWN, WARNING, f"{what} So it is not known whether DMARC passes.", describe)

    # -- mail from foreign domains

    def _partner(self, setup: Setup, route: Route, leaving: str, domain: str) -> RouteVerdict:
        """Odoo forwards a partner's reply and leaves the partner's address in the From."""
        anyone = leaving == ANY_PARTNER
        who = "What a partner answers" if anyone else f"What {leaving} answers"
        as_is = f"{who} is passed on to followers with the partner's own address as From, through {through(route)}"
        by_itself = route.rule == COMMAND_LINE and any(service.command_line for service in setup.services)
        if by_itself and not setup.knows_from_filter:
            return RouteVerdict(
                "partner_not_known",
                INFO,
                f"Whether {who[0].lower()}{who[1:]} leaves with the partner's address or that of {setup.domain} "
                "depends on from_filter in odoo.conf, which no database shows.",
                "Say what odoo.conf has in custom_domain_odoo_command_line, with from_filter: '' if it has none. If "
                f"followers miss such mail: {_LET_ODOO_REPLACE[0].lower()}{_LET_ODOO_REPLACE[1:]}.",
            )
        policy = policy_of(self._domain_info.get(domain))
        if policy.enforced and not anyone:
            then = "reject it" if policy.policy == "reject" else "treat it as spam"
            found = f"{as_is}. {domain} has the DMARC policy {policy.policy}, so receivers {then}."
            return RouteVerdict("partner_rejected", ERROR, found, f"{_LET_ODOO_REPLACE}.")
        whose = "Receivers reject it where the partner's domain" if anyone else f"DMARC fails for {domain}; it"
        end = "has a DMARC policy that asks for it" if anyone else "has no policy that enforces it yet"
        return RouteVerdict("partner_sent_as_is", WARNING, f"{as_is}. {whose} {end}.", f"{_LET_ODOO_REPLACE}.")

    def _foreign(self, route: Route, leaving: str, domain: str) -> RouteVerdict:
        """An address of the company or its users at a domain without a host."""
        for finding in freemail([leaving]):
            what = f"{finding.found.rstrip('.')}, and its mail leaves as it is through {through(route)}."
            return RouteVerdict(finding.code, finding.severity, what, finding.cure)
        return RouteVerdict(
            "not_looked_at",
            INFO,
            f"@{domain} leaves through {through(route)}, and {domain} is not a host here, so it was not checked.",
            f"Make {domain} a host of the inventory, or give the senders addresses of the company's domain.",
        )

    # -- all routes together

    def _without_route(self, setup: Setup, found: Sequence[RouteVerdict]) -> Iterator[RouteVerdict]:
        """Domains that no mail leaves as, and configured servers that get no mail."""
        if not any(self._of_domain(verdict.leaves_as) is setup for verdict in found):
            yield RouteVerdict(
                "nothing_leaves",
                WARNING,
                f"No mail of any address that Odoo knows leaves as {setup.domain}.",
                "Run the rollout, or give the company an alias domain and its users addresses of the domain.",
            )
        for service in setup.services:
            if service.server and not service.mailings and service.server not in self._used:
                yield RouteVerdict(
                    "sender_without_route",
                    INFO,
                    f"No mail of any address that Odoo knows leaves through {service.server}.",
                    "Compare its FROM filter with the addresses of users and companies, or remove it and its records.",
                    server=service.server,
                    service=service.name,
                )


def _ambiguous(leaving: str, way: str, services: Sequence[Service]) -> RouteVerdict:
    return RouteVerdict(
        NOT_KNOWN,
        WARNING,
        f"{leaving} leaves through {way}, which may be any of the senders {listed(one.name for one in services)}. So "
        "it is not known whether DMARC passes.",
        "Run the rollout, which sets up a server for each, or give them different hosts, usernames or FROM filters.",
        blocks=True,
    )


def through(route: Route) -> str:
    """The server of a route in words."""
    return f"the server {route.server.name}" if route.server is not None else ODOO_ITSELF


def sentence(verdict: RouteVerdict) -> str:
    """A verdict as text that stands alone."""
    senders = f" (senders: {people(verdict.from_addresses, 5)})" if verdict.from_addresses else ""
    found = verdict.found[:-1] if senders and verdict.found.endswith(".") else verdict.found
    return f"{found}{senders}. {verdict.cure}".strip() if senders else f"{found} {verdict.cure}".strip()


def people(from_addresses: Iterable[str], most: int = 3) -> str:
    """Senders in words; of very many, only the first."""
    return listed(("any partner" if address == ANY_PARTNER else address for address in from_addresses), most)
