# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Assign the intents of all domains to zones, by the account and the zone that hold their names."""

from __future__ import annotations

import concurrent.futures
import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Callable

from ..errors import PostmasterError
from ..libraries import dns
from ..names import to_text
from .domain_result import DomainResult
from .intent import Ask, Intent
from .model import Snapshot, Zone
from .plan import Change, Plan
from .provider import Provider, enclosing
from .scheduling import Place
from .write import about

_Zones = dict["dns.name.Name", "Zone | PostmasterError"]
Refuse = Callable[[Sequence[Change]], str]  # why these changes must not be written; empty if they may


@dataclasses.dataclass(frozen=True)
class Request:
    """What one domain wants, and the account that holds its zone."""

    domain: dns.name.Name
    provider: Provider
    intents: tuple[Intent, ...]
    zone: dns.name.Name | None = None  # None: the closest zone that encloses the domain
    refuse: Refuse | None = None  # None: any change may be written
    publish_again: bool = False  # publish its zones even if nothing is written


@dataclasses.dataclass
class Part:
    """The intents of one domain in one zone. ``stated``: the user named this zone.

    ``known``: zones of the account that were found on the way.
    """

    domain: dns.name.Name
    intents: list[Intent]
    stated: bool = False
    refuse: Refuse | None = None
    publish_again: bool = False
    known: Mapping[dns.name.Name, Zone | PostmasterError] = dataclasses.field(default_factory=dict)


def assign(
    requests: Sequence[Request],
    results: Mapping[dns.name.Name, DomainResult],
    pool: concurrent.futures.Executor,
    asking: Callable[[], Ask],
) -> dict[Place, tuple[Zone, list[Part]]]:
    """Sort the intents of all domains by zone. A domain whose zone is not found gets an error in its result."""
    by_provider: dict[Provider, list[Request]] = {}
    for request in requests:
        by_provider.setdefault(request.provider, []).append(request)
    located = list(pool.map(lambda item: _locate(*item), by_provider.items()))
    work: dict[Place, tuple[Zone, list[Part]]] = {}
    for (provider, asked), (stated, seen) in zip(by_provider.items(), located):
        for request in asked:
            result = results[request.domain]
            parts: dict[dns.name.Name, tuple[Zone, Part]] = {}
            for intent in request.intents:
                searched = intent.name if provider.facts.one_server else _anchor(request, intent)
                found = stated[request.domain] if request.zone else enclosing(searched, seen)
                found = found or provider.no_zone(intent.name)
                not_ours = isinstance(found, PostmasterError) or not provider.facts.writes
                if intent.optional and not_ours:
                    intent.skip(asking(), result.notes)
                    continue
                if isinstance(found, PostmasterError):
                    result.error = about(request.domain, found)
                    break
                if not intent.name.is_subdomain(found.name):
                    result.error = f"{to_text(intent.name)} does not lie in the zone {found}."
                    break
                empty = Part(request.domain, [], bool(request.zone), request.refuse, request.publish_again, seen)
                parts.setdefault(found.name, (found, empty))[1].intents.append(intent)
            if result.error is None:
                for name, (zone, part) in parts.items():
                    work.setdefault(Place(provider, name), (zone, []))[1].append(part)
    return work


Take = Callable[[Zone, "list[Part]"], None]  # called with a zone and its parts


def hand_down(provider: Provider, snapshot: Snapshot, parts: list[Part], take: Take) -> None:
    """Hand over intents that lie below a delegation to the delegated zone, if the account holds it."""
    below: dict[dns.name.Name, list[tuple[Part, Intent]]] = {}
    for part, intent in _movable(parts):
        cut = snapshot.cut_above(intent.name)
        if cut is not None and not _delegates(intent, cut):
            below.setdefault(cut, []).append((part, intent))
    for cut, rows in below.items():
        child = rows[0][0].known.get(cut)
        if not isinstance(child, Zone):
            try:
                child = provider.get_zone(cut)
            except PostmasterError:
                continue  # another account's: the refusal names its servers
        _move(rows, child, take)
    parts[:] = [part for part in parts if part.intents]


def hand_to_hiding(provider: Provider, plan: Plan, parts: list[Part], take: Take) -> bool:
    """Hand over intents for names that another zone on the same servers answers for; returns whether there were any.

    This zone does not delegate that zone and so does not show it; the provider is asked, only about names that are
    written.
    """
    written = {change.record_set.key for change in plan.changes}
    rows = [(part, intent) for part, intent in _movable(parts) if not written.isdisjoint(intent.sees())]
    names = {intent.name for dummy, intent in rows if intent.name != plan.zone.name}
    zones = provider.zones_below(plan.zone, names) if names else {}
    moved = False
    for child in zones.values():
        mine = [row for row in rows if enclosing(row[1].name, zones) is child and not _delegates(row[1], child.name)]
        if mine:
            _move(mine, child, take)
            moved = True
    parts[:] = [part for part in parts if part.intents]
    return moved


def _movable(parts: Iterable[Part]) -> list[tuple[Part, Intent]]:
    return [(part, intent) for part in parts if not part.stated for intent in part.intents]


def _delegates(intent: Intent, zone: dns.name.Name) -> bool:
    """Whether an intent is about the delegation of this zone, which belongs to the zone above."""
    return bool({(zone, dns.rdatatype.NS), (zone, dns.rdatatype.DS)} & set(intent.sees()))


def _move(rows: Sequence[tuple[Part, Intent]], zone: Zone, take: Take) -> None:
    moved: dict[dns.name.Name, Part] = {}
    for part, intent in rows:
        empty = Part(part.domain, [], refuse=part.refuse, publish_again=part.publish_again)
        moved.setdefault(part.domain, empty).intents.append(intent)
    take(zone, list(moved.values()))
    for part, intent in rows:
        part.intents.remove(intent)


def _anchor(request: Request, intent: Intent) -> dns.name.Name:
    """The name whose zone is looked for: the domain itself for every name below it."""
    return request.domain if intent.name.is_subdomain(request.domain) else intent.name


def _locate(provider: Provider, requests: Iterable[Request]) -> tuple[_Zones, _Zones]:
    """The stated zones of the domains that state one, and all known zones for the others."""
    stated: _Zones = {}
    seen: _Zones = {}
    searched: set[dns.name.Name] = set()
    for request in requests:
        if request.zone is None:
            searched.update(_anchor(request, intent) for intent in request.intents)
            continue
        try:
            stated[request.domain] = seen[request.zone] = provider.get_zone(request.zone)
        except PostmasterError as error:
            stated[request.domain] = error
    if searched:
        try:
            for name, found in provider.find_zones(sorted(searched)).items():
                seen.setdefault(found.name if isinstance(found, Zone) else name, found)
        except PostmasterError as error:
            seen.update({name: error for name in searched})
    return stated, seen
