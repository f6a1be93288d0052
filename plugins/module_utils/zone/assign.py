# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which intents belong to which zone: each domain's, sorted by the account and the zone that hold their names."""

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
from .model import Zone
from .provider import Provider
from .scheduling import Place
from .write import about


@dataclasses.dataclass(frozen=True)
class Request:
    """What one domain wants, and where its zone is held."""

    domain: dns.name.Name
    provider: Provider
    intents: tuple[Intent, ...]
    zone: dns.name.Name | None = None  # None: the closest zone that encloses the domain


@dataclasses.dataclass
class Part:
    """The intents of one domain in one zone."""

    domain: dns.name.Name
    intents: list[Intent]


def assign(
    requests: Sequence[Request],
    results: Mapping[dns.name.Name, DomainResult],
    pool: concurrent.futures.Executor,
    asking: Callable[[], Ask],
) -> dict[Place, tuple[Zone, list[Part]]]:
    """Sort the intents of all domains by zone. A domain whose zone is not found gets its error."""
    by_provider: dict[Provider, list[Request]] = {}
    for request in requests:
        by_provider.setdefault(request.provider, []).append(request)
    located = list(pool.map(lambda item: _locate(*item), by_provider.items()))
    work: dict[Place, tuple[Zone, list[Part]]] = {}
    for (provider, asked), zones in zip(by_provider.items(), located):
        for request in asked:
            result = results[request.domain]
            parts: dict[dns.name.Name, tuple[Zone, Part]] = {}
            for intent in request.intents:
                found = zones[_anchor(request, intent)]
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
                parts.setdefault(found.name, (found, Part(request.domain, [])))[1].intents.append(intent)
            if result.error is None:
                for name, (zone, part) in parts.items():
                    work.setdefault(Place(provider, name), (zone, []))[1].append(part)
    return work


def _anchor(request: Request, intent: Intent) -> dns.name.Name:
    """The name that decides in which zone an intent lies: what is below the domain is in the domain's zone."""
    return request.domain if request.zone or intent.name.is_subdomain(request.domain) else intent.name


def _locate(provider: Provider, requests: Iterable[Request]) -> dict[dns.name.Name, Zone | PostmasterError]:
    """The zone of each name that anchors an intent, or why there is none."""
    zones: dict[dns.name.Name, Zone | PostmasterError] = {}
    searched: set[dns.name.Name] = set()
    for request in requests:
        if request.zone is None:
            searched.update(_anchor(request, intent) for intent in request.intents)
            continue
        try:
            zones[request.domain] = provider.get_zone(request.zone)
        except PostmasterError as error:
            zones[request.domain] = error
    if searched:
        try:
            zones.update(provider.find_zones(sorted(searched)))
        except PostmasterError as error:
            zones.update({name: error for name in searched})
    return zones
