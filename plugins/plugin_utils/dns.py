# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DNS of many hosts: publish their records, and check what their servers show."""

from __future__ import annotations

import concurrent.futures
import functools
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable, NamedTuple

from ansible_collections.postmaster.mail.plugins.module_utils import interrupts
from ansible_collections.postmaster.mail.plugins.module_utils.dns_batch import PublishOptions, publish
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.check import (
    CheckOptions,
    Waiting,
    WaitProgress,
    check_domains,
)
from ansible_collections.postmaster.mail.plugins.module_utils.errors import PostmasterError
from ansible_collections.postmaster.mail.plugins.module_utils.intents import build

from .elsewhere import Elsewhere
from .host_plan import CHECK_OPTIONS, DnsPlace, HostPlan
from .values import completed

_TICK = 0.2  # seconds between two checks for messages from threads
_TOLD_EVERY = 30.0
Share = Mapping[str, Any]
Modules = Elsewhere


@dataclass
class Answers:
    """The results for many hosts: by domain, or by place why a whole call failed."""

    domains: dict[str, Share] = field(default_factory=dict)
    reasons: dict[DnsPlace, str] = field(default_factory=dict)

    def of(self, plan: HostPlan) -> Share | None:
        return self.domains.get(plan.domain)

    def reason(self, plan: HostPlan) -> str:
        return self.reasons.get(plan.place, "")

    def add(self, other: Answers) -> None:
        self.domains.update(other.domains)
        self.reasons.update(other.reasons)


Approved = Mapping[str, Sequence[Mapping[str, Any]]]


def publish_records(
    plans: Sequence[HostPlan],
    modules: Modules,
    check_mode: bool,
    approved: Approved,
    answers: Answers,
    again: bool = False,
) -> None:
    """Add the result for each domain, in the form of domain_records; in check mode, what would be done.

    ``approved``: by host, the only changes allowed. ``again``: if publishing is a separate step, also publish what is
    already written. All places are processed in parallel. On an interrupt, ``answers`` contains what was done so far.
    """
    places = by_place(plans)

    def work(place: DnsPlace) -> Share:
        domains = [
            {**plan.published, "approved_changes": approved.get(plan.host), "publish_again": again}
            for plan in places[place]
        ]
        try:
            if modules.is_elsewhere(place.run_on):
                options = {
                    "domains": [_plain(one) for one in domains],
                    "nameservers": list(place.nameservers),
                    "list_changes": True,
                }
                return modules.run("postmaster.mail.domain_records", options, place.run_on, check_mode)
            chosen = PublishOptions(domains, nameservers=place.nameservers, check_mode=check_mode, list_changes=True)
            return publish(chosen, build.domain_intents).as_dict()
        except PostmasterError as error:
            return {"msg": str(error)}

    _side_by_side([(place, functools.partial(work, place)) for place in places], modules, answers)


class Look(NamedTuple):
    """One call at one place. ``as_planned``: judge as if everything expected were published."""

    place: DnsPlace
    domains: Sequence[Mapping[str, Any]]
    as_planned: bool = False
    interval: float = 10.0
    timeouts: Mapping[str, float] = {}


def looks(plans: Sequence[HostPlan], waits: bool, planned: Callable[[HostPlan], bool]) -> list[Look]:
    """The calls that check each host's domain and partners."""
    groups: dict[tuple[DnsPlace, bool], list[HostPlan]] = {}
    for plan in plans:
        groups.setdefault((plan.place, not waits and planned(plan)), []).append(plan)
    found = []
    for (place, as_planned), hosts in groups.items():
        items = {plan.domain: plan.checked for plan in hosts}
        for partner in (one for plan in hosts for one in plan.partner_domains):
            items.setdefault(partner["domain"], partner)
        timeouts = {plan.domain: plan.wait_timeout for plan in hosts} if waits else {}
        interval = min(plan.wait_interval for plan in hosts)
        found.append(Look(place, list(items.values()), as_planned, interval, timeouts))
    return found


def look(calls: Sequence[Look], modules: Modules, on_progress: Callable[[WaitProgress], None]) -> Answers:
    """What the servers show, in the form of domain_info; all places in parallel."""
    answers, said = Answers(), list[WaitProgress]()

    def report_all() -> None:
        while said:
            on_progress(said.pop(0))

    work = [(call.place, functools.partial(_look, call, modules, said.append)) for call in calls]
    _side_by_side(work, modules, answers, report_all)
    return answers


def _side_by_side(
    work: Iterable[tuple[DnsPlace, Callable[[], Share]]],
    modules: Modules,
    answers: Answers,
    tick: Callable[[], None] = lambda: None,
) -> None:
    """Run all calls in parallel and add their results to ``answers``, even if interrupted.

    ``tick`` is called regularly in the calling thread.
    """
    calls = list(work)
    running: dict[concurrent.futures.Future[Share], DnsPlace] = {}
    try:
        with interrupts.threads(max(1, len(calls))) as pool, modules.ended_with_us():
            running.update((pool.submit(call), place) for place, call in calls)
            while concurrent.futures.wait(running, _TICK).not_done and not interrupts.happened():
                tick()
            tick()
    finally:
        for one, place in running.items():
            _take(answers, place, one.result())


def _look(call: Look, modules: Modules, on_progress: Callable[[WaitProgress], None]) -> Share:
    try:
        if modules.is_elsewhere(call.place.run_on):
            return _look_elsewhere(call, modules, on_progress)
        waiting = Waiting(0.0, call.interval, call.timeouts, on_progress, _TOLD_EVERY)
        chosen = CheckOptions(call.place.nameservers, as_planned=call.as_planned, wait=waiting)
        return check_domains(call.domains, chosen).as_dict()
    except PostmasterError as error:
        return {"msg": str(error)}


def _look_elsewhere(call: Look, modules: Modules, on_progress: Callable[[WaitProgress], None]) -> Share:
    """Call modules on another host, each for part of the waiting time, because a module shows no progress."""
    began = time.monotonic()
    pending = {str(one["domain"]): one for one in call.domains}
    found: dict[str, Any] = {}
    while True:
        waited = time.monotonic() - began
        left = max((call.timeouts.get(domain, 0.0) for domain in pending), default=0.0) - waited
        options = {
            "domains": [_plain(one) for one in pending.values()],
            "nameservers": list(call.place.nameservers),
            "as_planned": call.as_planned,
            "wait": {"timeout": int(max(0.0, min(left, _TOLD_EVERY))), "interval": int(call.interval)},
        }
        result = modules.run("postmaster.mail.domain_info", options, call.place.run_on, check_mode=False)
        if not isinstance(result.get("domains"), Mapping):
            return result
        found.update(result["domains"])
        waited = time.monotonic() - began
        pending = {
            domain: one
            for domain, one in pending.items()
            if not found[domain]["met"] and call.timeouts.get(domain, 0.0) > waited
        }
        if not pending or interrupts.happened():
            return {"domains": found}
        left = max(call.timeouts[domain] for domain in pending) - waited
        on_progress(WaitProgress(waited, left, {domain: [str(found[domain]["msg"])] for domain in pending}))


def by_place(plans: Iterable[HostPlan]) -> dict[DnsPlace, list[HostPlan]]:
    places: dict[DnsPlace, list[HostPlan]] = {}
    for plan in plans:
        places.setdefault(plan.place, []).append(plan)
    return places


def reason_of(result: Mapping[str, Any]) -> str:
    """Why a whole call failed, for a person."""
    message = str(result.get("msg") or "The module gave no reason.").strip()
    crash = str(result.get("module_stderr") or "").strip().splitlines()
    last = f" {crash[-1]}" if crash and crash[-1] not in message else ""
    return f"{message}{last}"


def _take(answers: Answers, place: DnsPlace, result: Mapping[str, Any]) -> None:
    if isinstance(result.get("domains"), Mapping):
        answers.domains.update(result["domains"])
    else:
        answers.reasons[place] = reason_of(result)


def _plain(value: Any) -> Any:
    """A module's options without unset ones."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items() if one is not None}
    return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else value


def asked(domain: str) -> dict[str, Any]:
    """An item for domain_info that expects nothing of a domain."""
    return completed(CHECK_OPTIONS, {"domain": domain})
