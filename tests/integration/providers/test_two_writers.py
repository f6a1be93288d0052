# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two of our runs write to one zone at once, at every provider: of all that say done, the effects are there."""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.intents import dmarc, spf
from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine
from ansible_collections.postmaster.mail.plugins.module_utils.zone.intent import Intent, Notes
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Draft, Key
from ansible_collections.postmaster.mail.tests.benchmarks.vendors import VENDORS, Vendor
from ansible_collections.postmaster.mail.tests.integration.providers.suite import (
    Ensure,
    open_provider,
    text_of,
)

ROUNDS = int(os.environ.get("POSTMASTER_ROUNDS", "1"))
ZONE = "company-name.com"
THERE = [(ZONE, "TXT", 3600, ['"google-site-verification=8mXc0Zy5w"'])]
WITH_SPF = [(ZONE, "TXT", 3600, ['"google-site-verification=8mXc0Zy5w"', '"v=spf1 include:a.example ~all"'])]
MARKS = (("run1.example", "adkim=s", "verification=1"), ("run2.example", "aspf=s", "verification=2"))
SIMULATED = [vendor for vendor in VENDORS if not vendor.rehearsed]


class Together(Intent):
    """All who have it go on once each has read the zone, the first time only."""

    def __init__(self, barrier: threading.Barrier) -> None:
        self.name = record_name(ZONE)
        self._barrier: threading.Barrier | None = barrier

    def sees(self) -> Iterable[Key]:
        return []

    def revise(self, draft: Draft, notes: Notes) -> None:
        barrier, self._barrier = self._barrier, None
        if barrier is not None:
            with contextlib.suppress(threading.BrokenBarrierError):
                barrier.wait(5)


def spf_of(number: int) -> list[Intent]:
    wish = {"state": "present", "include": [f"run{number}.example"]}
    return list(spf.intents(ZONE, {**dict.fromkeys(spf.OPTIONS), **wish}))


def dmarc_of(number: int) -> list[Intent]:
    wish = {"state": "present", "policy": "none", ("dkim_alignment", "spf_alignment")[number - 1]: "strict"}
    return list(dmarc.intents(ZONE, {**dict.fromkeys(dmarc.OPTIONS), **wish}))


def text_of_run(number: int) -> list[Intent]:
    return [Ensure(ZONE, "TXT", f"verification={number}")]


@pytest.fixture(params=SIMULATED, ids=lambda vendor: vendor.title)
def vendor(request: pytest.FixtureRequest) -> Vendor:
    chosen: Vendor = request.param
    return chosen


@contextlib.contextmanager
def barrier(kind: str) -> Iterator[Callable[[], list[Intent]]]:
    """What each run does first: wait for the other one's reading, or nothing."""
    meeting = threading.Barrier(2)
    yield (lambda: [Together(meeting)]) if kind == "both read first" else (list)


@pytest.mark.parametrize("kind", ["both read first", "free running"])
def test_of_two_runs_that_say_done_the_effects_of_both_are_there(
    vendor: Vendor, kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for dummy in range(ROUNDS):
        for there, wanted in ((THERE, spf_of), (WITH_SPF, spf_of), (THERE, dmarc_of), (THERE, text_of_run)):
            with vendor.account(tmp_path_factory.mktemp("zone")) as account:
                account.lift_limit()
                account.backend.put_zone(ZONE, there)
                with barrier(kind) as first:
                    results = at_once(account.options, [[*first(), *wanted(run)] for run in (1, 2)])
                there_now = {text_of(value).decode() for value in account.backend.sets(ZONE)[ZONE, "TXT"][1]}
                policies = account.backend.sets(ZONE).get((f"_dmarc.{ZONE}", "TXT"), (0, frozenset()))[1]
            assert any(result.error is None for result in results), [result.error for result in results]
            assert "google-site-verification=8mXc0Zy5w" in there_now
            assert sum(text.startswith("v=spf1") for text in there_now) <= 1, there_now
            assert len(policies) <= 1, policies
            everything = " ".join([*there_now, *(text_of(value).decode() for value in policies)])
            for run, result in enumerate(results, 1):
                if result.error is None:
                    assert result.changed
                    assert any(mark in everything for mark in MARKS[run - 1]), everything


def at_once(options: Mapping[str, Any], wishes: list[list[Intent]]) -> list[engine.DomainResult]:
    name = record_name(ZONE)

    def run(intents: list[Intent]) -> engine.DomainResult:
        provider = open_provider({**options, "rate_limit": 1000.0})
        try:
            return engine.run([engine.Request(name, provider, tuple(intents))])[name]
        finally:
            provider.close()

    with concurrent.futures.ThreadPoolExecutor(len(wishes)) as pool:
        return list(pool.map(run, wishes))
