# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read, plan, write: the only place that decides their order. One read and at most one write per zone.

Many zones are worked on in parallel; the failure of one domain never stops another. If an API has no guard against
concurrent writers, a zone is read again right before the write and once more at the end of the run.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import threading
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Callable

from .. import interrupts
from ..errors import PartlyApplied, PostmasterError, ZoneChanged
from ..libraries import dns
from . import backup
from .assign import Part, Request, Take, assign, hand_down, hand_to_hiding
from .domain_result import DomainResult, hand_over, join, report_race, writers_failed
from .intent import Ask
from .model import Zone
from .plan import Change, Plan
from .provider import Provider
from .revise import needs, plan_parts
from .scheduling import Place, schedule
from .second_look import Wrote, is_due, settle
from .write import about, rehearse, write

__all__ = ["DomainResult", "Request", "run"]


def run(
    requests: Sequence[Request],
    *,
    check_mode: bool = False,
    parallel: int = 16,
    asking: Callable[[], Ask] | None = None,
) -> dict[dns.name.Name, DomainResult]:
    """Give every domain what its intents want; in check mode only report what would change.

    ``asking`` is called once for each zone and returns a function that answers questions about names outside of it
    (the targets of SPF includes). ``parallel``: how many zones are worked on at once. Failures are reported in the
    domain's result, never raised.
    """
    asking = asking or (lambda: _nobody_answers)
    results = {request.domain: DomainResult() for request in requests}
    with interrupts.threads(max(1, parallel)) as pool:
        work = assign(requests, results, pool, asking)
        outcomes: dict[Place, dict[dns.name.Name, DomainResult]] = {}
        writes: dict[Place, list[Wrote]] = {place: [] for place in work}

        left: list[Place] = []  # zones whose last look is not due yet
        turns: dict[tuple[Provider, dns.name.Name], threading.Lock] = {}

        def turn(place: Place) -> threading.Lock:
            """The lock that keeps two threads from working on one zone at once."""
            return turns.setdefault((place.provider, place.zone), threading.Lock())

        def work_on(place: Place) -> Iterator[Place]:
            """Work on a zone, then on the zones that it delegates; yields each when it is done."""
            below: list[Place] = []

            def take(zone: Zone, parts: list[Part]) -> None:
                child = Place(place.provider, zone.name)
                mine = (zone, parts)
                while work.setdefault(child, mine) is not mine:
                    child = child._replace(visit=child.visit + 1)
                writes[child] = []
                below.append(child)

            zone, parts = work[place]
            with turn(place):
                outcomes[place] = _contain(place.provider, zone, parts, check_mode, asking, writes[place], take)
            yield place
            for child in itertools.takewhile(_may_begin, below):
                yield from work_on(child)

        def work_through(lane: Iterator[Place]) -> None:
            waiting: list[Place] = []
            begun = itertools.takewhile(_may_begin, lane)
            for place in itertools.chain.from_iterable(map(work_on, begun)):
                waiting += [place] if writes[place] else []
                while waiting and is_due(writes[waiting[0]]):
                    look(waiting.pop(0))
            left.extend(waiting)

        def look_through(lane: Iterator[Place]) -> None:
            for place in lane:
                look(place)

        def look(place: Place) -> None:
            zone, parts = work[place]
            try:
                with turn(place):
                    settle(place.provider, parts, outcomes[place], writes[place], asking())
            except Exception as error:
                for result in outcomes[place].values():
                    result.error = result.error or _fault(place.provider, zone, error)

        for step, places in ((work_through, work), (look_through, left)):
            for done in [pool.submit(step, lane) for lane in schedule(places, parallel)]:
                done.result()
    for place, (zone, parts) in work.items():
        if place not in outcomes:
            outcomes[place] = {part.domain: DomainResult(zones=[str(zone)], error=_not_begun(zone)) for part in parts}
        for domain, part in outcomes[place].items():
            join(results[domain], part)
    return results


def _contain(
    provider: Provider,
    zone: Zone,
    parts: list[Part],
    check_mode: bool,
    asking: Callable[[], Ask],
    writes: list[Wrote],
    take: Take,
) -> dict[dns.name.Name, DomainResult]:
    """Work on one zone; an unexpected exception there is reported and stops no other zone.

    Only the type and place of the exception are reported: its text could hold a secret.
    """
    try:
        with contextlib.nullcontext("") if check_mode else provider.turn(zone) as caught_up:
            outcome = _work_zone(provider, zone, parts, check_mode, asking(), writes, take)
        for result in outcome.values():
            result.notes.warnings += filter(None, [caught_up])
        return outcome
    except Exception as error:
        reason = _fault(provider, zone, error)
        return {part.domain: DomainResult(zones=[str(zone)], error=reason) for part in parts}


def _may_begin(dummy: object) -> bool:
    return not interrupts.happened()


def _not_begun(zone: Zone) -> str:
    return f"{zone}: the run was interrupted{interrupts.reason()}; nothing was written here. Run again."


def _fault(provider: Provider, zone: Zone, error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{type(error).__name__} in {os.path.basename(last.filename)}, line {last.lineno}"
    return (
        f"{zone}: a bug in this collection ({place}) ended the work on the zone, and it is not known whether anything "
        f"was written. Look at the zone at {provider.facts.title}, and report the bug."
    )


def _work_zone(
    provider: Provider,
    zone: Zone,
    parts: list[Part],
    check_mode: bool,
    ask: Ask,
    writes: list[Wrote],
    take: Take,
) -> dict[dns.name.Name, DomainResult]:
    """Read, plan and write one zone; after a lost race repeat all three, as often as the provider allows.

    ``writes`` collects what was written without a guard; ``take`` gets what lies in a delegated zone.
    """
    keys = frozenset(key for part in parts for intent in part.intents for key in needs(intent))
    race = ""
    written: dict[dns.name.Name, list[Change]] = {}
    outcome: dict[dns.name.Name, DomainResult] = {}
    saved: list[str] = []
    for attempt in range(provider.facts.attempts):
        try:
            if attempt:
                interrupts.pause(random.uniform(0.05, 0.2) * 2 ** min(attempt, 3))
            snapshot = provider.read(zone, keys)
        except PostmasterError as error:
            if written:
                return writers_failed(outcome, f"{race} Then the zone could not be read again: {error}", partly=True)
            return _unread(zone, parts, ask, about(zone.name, error))
        if not attempt:
            hand_down(provider, snapshot, parts, take)
        plan, outcome = plan_parts(provider, snapshot, parts, ask)
        try:
            moved = bool(plan) and not written and hand_to_hiding(provider, plan, parts, take)
        except PostmasterError as error:
            return writers_failed(outcome, f"{about(zone.name, error)} Nothing was written.")
        if moved:
            plan, outcome = plan_parts(provider, snapshot, parts, ask)
        if race:
            report_race(outcome, race, written)
        if not plan:
            if provider.facts.publishes and not check_mode:
                _publish_again(provider, zone, parts, outcome)
            return outcome
        if not provider.facts.writes:
            return hand_over(plan, outcome)
        try:
            if check_mode:
                rehearse(provider, plan)
                return outcome
            if interrupts.happened():
                return writers_failed(outcome, _not_begun(zone), partly=bool(written))
            saved = _back_up(provider, plan)
            began = time.monotonic()
            became = write(provider, plan, keys)
        except ZoneChanged as error:
            race = str(error)
            continue
        except PartlyApplied as error:
            return writers_failed(outcome, str(error), partly=True, backups=saved)
        except PostmasterError as error:
            return writers_failed(outcome, str(error), partly=bool(written))
        if became.done and not provider.facts.guarded:
            writes.append(Wrote.since(began, became.plan))
        for domain, result in outcome.items():
            if result.changed and became.done:
                result.backups += saved
                result.notes.warnings += filter(None, [became.warning])
                written[domain] = result.changes
        race = became.race
        if not race:
            return outcome
    given_up = f"{zone}: gave up after {provider.facts.attempts} attempts: {race.removeprefix(f'{zone}: ')}"
    return writers_failed(outcome, given_up, partly=bool(written), redundant=race)


def _publish_again(
    provider: Provider, zone: Zone, parts: Iterable[Part], outcome: Mapping[dns.name.Name, DomainResult]
) -> None:
    """Publish a zone that already holds all that is wanted, if its servers do not serve it yet."""
    asked = [outcome[part.domain] for part in parts if part.publish_again]
    results = [result for result in asked if result.error is None]  # the others' zone does not hold what is wanted
    if not results:
        return
    said = f"{zone} holds these records, and its name servers did not show them: it was published once more."
    try:
        interrupts.begin()
        provider.publish(zone)
    except PostmasterError as error:
        said = f"{zone} holds these records, and its name servers do not show them. {about(zone.name, error)}"
        for result in results:
            result.error = said
        return
    for result in results:
        result.notes.warnings.append(said)


def _back_up(provider: Provider, plan: Plan) -> list[str]:
    if not provider.settings.get("backup"):
        return []
    return [backup.save(plan, provider.settings["backup_directory"])]


def _unread(zone: Zone, parts: Iterable[Part], ask: Ask, reason: str) -> dict[dns.name.Name, DomainResult]:
    """Fail every domain that needs a zone that cannot be read."""
    outcome = {}
    for part in parts:
        outcome[part.domain] = result = DomainResult(zones=[str(zone)])
        if all(intent.optional for intent in part.intents):
            for intent in part.intents:
                intent.skip(ask, result.notes)
        else:
            result.error = reason
    return outcome


def _nobody_answers(name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> None:
    return None
