# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose mail a plan would harm: compares how each From of a database leaves now and after the plan. Pure."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..domain_check.findings.finding import ERROR
from ..domain_check.findings.freemail import freemail
from ..odoo.database import addresses
from ..odoo.routing.routes import PARTNER, SenderRoute
from .authentication import NOT_ALIGNED, NOT_KNOWN, PASSES, Sending, judged
from .judge import through
from .matching import Owners
from .model import Policy, RouteVerdict, Setup, policy_below, policy_of
from .ways import chosen_by_addon, is_placeholder, outcomes, way_of

MAIL_GETS_WORSE = "mail_gets_worse"
_PASSES, _REFUSED, _WORST = 0, 5, 6  # ranks: DMARC passes, Odoo itself refuses, unknown
DomainInfo = Mapping[str, Mapping[str, Any]]  # domain → its result of domain_info


def sender_key(host: str, sender: str) -> str:
    """The key under which DNS is checked for a host's sender, for mail of any domain."""
    return f"{host}: {sender}"


@dataclasses.dataclass(frozen=True)
class ChangedRoute:
    """A sender whose mail would take another route."""

    now: SenderRoute
    after: SenderRoute

    @property
    def domain(self) -> str:
        """The domain of the address, before Odoo rewrites it."""
        return addresses.domain_of(self.now.from_address)


def changed_routes(now: Iterable[SenderRoute], after: Iterable[SenderRoute]) -> list[ChangedRoute]:
    """The senders whose mail would take another route, except partners, who are unknown."""
    before: dict[tuple[object, ...], list[SenderRoute]] = {}
    for sent in now:
        before.setdefault(_sender(sent), []).append(sent)
    found = []
    for sent in after:
        same = before.get(_sender(sent))
        if same and PARTNER not in sent.sources and not is_placeholder(addresses.domain_of(sent.from_address)):
            found += [pair for pair in _of_each_build(same.pop(0), sent) if way_of(pair.now) != way_of(pair.after)]
    return found


def _of_each_build(now: SenderRoute, after: SenderRoute) -> list[ChangedRoute]:
    """If Odoo may be one of two builds, compare the routes now and then for the same build."""
    pairs = itertools.zip_longest(outcomes(now), outcomes(after))
    return list(dict.fromkeys(ChangedRoute(before or now, then or after) for before, then in pairs))


def _sender(sent: SenderRoute) -> tuple[object, ...]:
    """One sender of one company; if templates name servers, in their order."""
    return sent.from_address, sent.company.id if sent.company is not None else 0, PARTNER in sent.sources


class _Outcome(NamedTuple):
    """The expected outcome for mail. rank: lower is better, None if unknown. why: a sentence or empty."""

    rank: int | None
    why: str = ""


class PlanJudge:
    """Compares the outcome for other domains' mail before and after the plan.

    ``setups``: the hosts of the run. Routes through a server of the From's own host are left to the gate of that host.
    """

    def __init__(self, setups: Sequence[Setup], changes: Sequence[ChangedRoute]) -> None:
        self._setups = list(setups)
        self._owners = Owners(self._setups)
        self._changes = [
            change for change in changes if self._leaves_its_host(change) or not self._is_own(change.after)
        ]

    def questions(self) -> dict[str, set[str]]:
        """By domain, the keys of the senders through which its mail leaves or would leave: what to check in DNS."""
        found: dict[str, set[str]] = {}
        for change in self._changes:
            for one in (change.now, change.after):
                domain = addresses.domain_of(one.route.from_header)
                for setup, service in self._owners.of(one.route.server) if domain else ():
                    found.setdefault(domain, set()).add(sender_key(setup.host, service.name))
        return found

    def harmed(self, domain_info: DomainInfo) -> dict[str, list[RouteVerdict]]:
        """By host, whose mail would suffer from its plan.

        ``domain_info``: the results for what ``questions`` asks, each sender under its key.
        """
        found: dict[str, list[RouteVerdict]] = {}
        for change in self._changes:
            after = self._outcome(change.after, domain_info)
            if not self._leaves_its_host(change) and not self._is_worse(self._outcome(change.now, domain_info), after):
                continue
            owners = dict.fromkeys(setup.host for setup, dummy in self._owners.of(change.after.route.server))
            for setup in [one for one in self._setups if not owners or one.host in owners]:
                found.setdefault(setup.host, []).append(_verdict(change, after, setup))
        return found

    def _leaves_its_host(self, change: ChangedRoute) -> bool:
        """Whether mail that leaves as the sender's own domain would leave as somebody else's."""
        before, then = (addresses.domain_of(one.route.from_header) for one in (change.now, change.after))
        setup, company = self._of_domain(then), change.after.company
        if before != change.domain or then == before or setup is None or setup is self._of_domain(before):
            return False
        is_of_company = company is not None and company.name.strip() in setup.companies
        return not is_of_company and not any(freemail([change.now.from_address]))

    def _is_own(self, one: SenderRoute) -> bool:
        """Whether the host of the From domain has a sender for this route."""
        setup = self._of_domain(addresses.domain_of(one.route.from_header))
        if setup is None or one.route.server is None:
            return setup is not None and any(service.command_line for service in setup.services)
        return any(owner is setup for owner, dummy in self._owners.of(one.route.server))

    def _of_domain(self, domain: str) -> Setup | None:
        while domain:
            for setup in self._setups:
                if setup.domain == domain:
                    return setup
            domain = domain.partition(".")[2]
        return None

    def _outcome(self, one: SenderRoute, domain_info: DomainInfo) -> _Outcome:
        """The expected outcome: the worst over all hosts that describe the server."""
        route = one.route
        domain = addresses.domain_of(route.from_header)
        if not route.envelope_sender or not domain:
            return _Outcome(_REFUSED, f"Odoo cannot send as {one.from_address}.")
        addon = chosen_by_addon(route)
        if addon is not None:
            return _Outcome(None, addon.message)
        info = domain_info.get(domain)
        policy = policy_of(info) if domain in domain_info else policy_below(info, None, domain)
        found = []
        for setup, service in self._owners.of(route.server):
            verdicts = ((info or {}).get("senders") or {}).get(sender_key(setup.host, service.name)) or {}
            sending = Sending(domain, domain, addresses.domain_of(route.envelope_sender), service, verdicts, policy)
            verdict = judged(sending, f"@{domain}", through(route))
            found.append(_Outcome(_rank(verdict, policy), verdict.found.partition(". ")[2]))
        return max(found, key=lambda outcome: _WORST if outcome.rank is None else outcome.rank, default=_Outcome(None))

    @staticmethod
    def _is_worse(now: _Outcome, after: _Outcome) -> bool:
        """An unknown outcome is worse than any before, unless mail passes after the plan."""
        if after.rank == _PASSES:
            return False
        return now.rank is None or after.rank is None or after.rank > now.rank


def _rank(verdict: RouteVerdict, policy: Policy) -> int | None:
    """Lower is better; None if unknown."""
    if verdict.code == NOT_KNOWN:
        return None
    if verdict.code == PASSES:
        return _PASSES
    if verdict.code == NOT_ALIGNED and not verdict.blocks:
        return 1
    return {"quarantine": 3, "reject": 4}.get(policy.policy or "", 2)


def _verdict(change: ChangedRoute, after: _Outcome, setup: Setup) -> RouteVerdict:
    server = change.after.route.server
    company = change.after.company
    known = after.why or "Nothing in DNS says that it may."
    filtered = (
        f"Give {server.name} a FROM filter with {setup.domain}, and the others a server of their own, such as one with "
        "authentication: cli for those of Odoo itself."
        if server is not None
        else "Give the others a server of their own, such as one with authentication: cli for those of Odoo itself."
    )
    return RouteVerdict(
        MAIL_GETS_WORSE,
        ERROR,
        f"Mail of {change.domain} leaves through {through(change.now.route)} now, and after this run through "
        f"{through(change.after.route)}. {known}",
        filtered,
        from_addresses=(change.after.from_address,),
        leaves_as=addresses.domain_of(change.after.route.from_header),
        companies=(company.name,) if company is not None else (),
        server=server.name if server is not None else "",
        blocks=True,
    )
