# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several of our runs write to one zone at once, at every provider: of all that say done, the effects are there.

``make nightly`` repeats each of it 30 times, with two and with three writers (``pytest -s`` shows a table).
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import itertools
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.intents import dkim, dmarc, spf
from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine
from ansible_collections.postmaster.mail.plugins.module_utils.zone.intent import Intent, Notes
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Draft, Key
from ansible_collections.postmaster.mail.tests.benchmarks.vendors import VENDORS, Vendor
from ansible_collections.postmaster.mail.tests.integration.providers.backend import Ensure, open_provider, text_of
from ansible_collections.postmaster.mail.tests.support.foreign_zones import KEY
from ansible_collections.postmaster.mail.tests.support.rounds import NIGHTLY, ROUNDS

VERIFICATION = "google-site-verification=8mXc0Zy5w"
SPF = "v=spf1 include:a.example ~all"
SIMULATED = [vendor for vendor in VENDORS if not vendor.rehearsed]
SIDE_BY_SIDE = 12  # zones; most of the time goes into waiting
TOGETHER, IN_TURN, FREE = "all read before any writes", "each reads before the others have written", "free running"
Wanted = Callable[[str, int], "list[Intent]"]


@pytest.fixture
def no_long_pause() -> None:
    """The pause is part of what is tried."""


class After(Intent):
    """What a run waits for once it has read the zone, the first time only."""

    def __init__(self, zone: str, wait: Callable[[], object]) -> None:
        self.name = record_name(zone)
        self._wait: Callable[[], object] | None = wait

    def sees(self) -> Iterable[Key]:
        return []

    def revise(self, draft: Draft, notes: Notes) -> None:
        wait, self._wait = self._wait, None
        if wait is not None:
            with contextlib.suppress(threading.BrokenBarrierError):
                wait()


def spf_of(zone: str, number: int) -> list[Intent]:
    desired = {"state": "present", "include": [f"run{number}.example"]}
    return list(spf.intents(zone, {**dict.fromkeys(spf.OPTIONS), **desired}))


def dmarc_of(zone: str, number: int) -> list[Intent]:
    option, value = (("dkim_alignment", "strict"), ("spf_alignment", "strict"), ("subdomain_policy", "reject"))[number]
    desired = {"state": "present", "policy": "none", option: value}
    return list(dmarc.intents(zone, {**dict.fromkeys(dmarc.OPTIONS), **desired}))


def dkim_of(zone: str, number: int) -> list[Intent]:
    desired = {"state": "present", "selector": f"run{number}", "public_key": KEY}
    return list(dkim.intents(zone, {**dict.fromkeys(dkim.OPTIONS), **desired}))


def text_of_run(zone: str, number: int) -> list[Intent]:
    return [Ensure(zone, "TXT", f"verification={number}")]


# What is there, what each run wants, and by what one sees that it has that
CASES: Mapping[str, tuple[Sequence[str], Wanted, Sequence[str]]] = {
    "spf": ((VERIFICATION,), spf_of, ("run0.example", "run1.example", "run2.example")),
    "spf-there": ((VERIFICATION, SPF), spf_of, ("run0.example", "run1.example", "run2.example")),
    "dmarc": ((VERIFICATION,), dmarc_of, ("adkim=s", "aspf=s", "sp=reject")),
    "dkim": ((VERIFICATION,), dkim_of, ("run0._domainkey", "run1._domainkey", "run2._domainkey")),
    "text": ((VERIFICATION,), text_of_run, ("verification=0", "verification=1", "verification=2")),
}


def at_once(
    options: Mapping[str, Any], zone: str, kind: str, all_desired: Sequence[list[Intent]]
) -> list[engine.DomainResult]:
    name = record_name(zone)
    read, done = threading.Barrier(len(all_desired)), [threading.Event() for dummy in all_desired]

    def run(number: int) -> engine.DomainResult:
        def wait() -> None:
            read.wait(20)
            if kind == IN_TURN and number:
                done[number - 1].wait(60)

        first = [] if kind == FREE else [After(zone, wait)]
        provider = open_provider({**options, "rate_limit": 1000.0})
        try:
            return engine.run([engine.Request(name, provider, (*first, *all_desired[number]))])[name]
        finally:
            done[number].set()
            provider.close()

    with concurrent.futures.ThreadPoolExecutor(len(all_desired)) as pool:
        return list(pool.map(run, range(len(all_desired))))


def assert_nothing_lost(account: Any, zone: str, case: str, results: Sequence[engine.DomainResult]) -> None:
    there, dummy, marks = CASES[case]
    sets = account.backend.sets(zone)
    apex = {text_of(value).decode() for value in sets[zone, "TXT"][1]}
    policies = [text_of(value).decode() for value in sets.get((f"_dmarc.{zone}", "TXT"), (0, frozenset()))[1]]
    everything = " ".join([*apex, *policies, *(name for name, dummy_type in sets)])
    assert any(result.error is None for result in results), [result.error for result in results]
    assert VERIFICATION in apex
    assert sum(text.startswith("v=spf1") for text in apex) <= 1, apex
    assert len(there) == 1 or "include:a.example" in everything
    assert len(policies) <= 1, policies
    for result, mark in zip(results, marks):
        if result.error is None:
            assert result.changed and mark in everything, (mark, everything)


@pytest.mark.parametrize(
    ("kind", "writers"),
    list(itertools.product((TOGETHER, IN_TURN, FREE), (2, 3))) if NIGHTLY else [(TOGETHER, 2), (IN_TURN, 3)],
)
@pytest.mark.parametrize("vendor", SIMULATED, ids=lambda vendor: vendor.title)
def test_of_all_runs_that_say_done_the_effects_are_there(
    vendor: Vendor, kind: str, writers: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with vendor.account(tmp_path_factory.mktemp("zone")) as account:
        account.lift_limit()
        zones = {f"{case}-{number}.com": case for case in CASES for number in range(ROUNDS)}
        for zone, case in zones.items():
            account.backend.put_zone(zone, [(zone, "TXT", 3600, [f'"{text}"' for text in CASES[case][0]])])

        def try_out(zone: str) -> int:
            wanted = CASES[zones[zone]][1]
            results = at_once(account.options, zone, kind, [wanted(zone, number) for number in range(writers)])
            assert_nothing_lost(account, zone, zones[zone], results)
            return sum(result.error is None for result in results)

        with concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            done = list(pool.map(try_out, zones))
    told = writers * len(zones) - sum(done)
    print(f"{vendor.title} | {kind} | {writers} | {len(zones)} rounds | {sum(done)} done, {told} told, 0 lost")
