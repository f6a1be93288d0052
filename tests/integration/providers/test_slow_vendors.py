# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""200 zones where the vendor's rate takes an hour, by a clock that goes on when somebody waits."""

from __future__ import annotations

import time
import types
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils import interrupts
from ansible_collections.postmaster.mail.plugins.module_utils.providers import (
    godaddy,
    http,
    namecheap,
    rate_limit,
)
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine, second_look, write
from ansible_collections.postmaster.mail.tests.benchmarks.workload import become_new, is_new, old
from ansible_collections.postmaster.mail.tests.integration.providers.godaddy_backend import (
    GoDaddyBackend,
    GoDaddyTokenBackend,
)
from ansible_collections.postmaster.mail.tests.integration.providers.namecheap_backend import NamecheapBackend
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.simulators import godaddy as godaddy_simulator
from ansible_collections.postmaster.mail.tests.simulators import namecheap as namecheap_simulator

LATENCY = 0.05  # seconds of each call
ZONES = [f"company-{number}.com" for number in range(200)]


class Clock:
    """Stands for the module ``time`` where the limiter, the providers and the simulators use it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        stand_in = types.SimpleNamespace(monotonic=lambda: self.now, sleep=self._sleep, time=time.time)
        monkeypatch.setattr(interrupts, "pause", self._sleep)
        for module in (
            http,
            rate_limit,
            engine,
            write,
            second_look,
            namecheap,
            godaddy,
            godaddy_simulator,
            namecheap_simulator,
        ):
            monkeypatch.setattr(module, "time", stand_in)
        monkeypatch.setattr(rate_limit.RateLimiter.__init__, "__defaults__", (1, stand_in.monotonic, stand_in.sleep))
        rate_limit._limiters.clear()

    def _sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    yield Clock(monkeypatch)
    rate_limit._limiters.clear()


def seconds_of(backend: Any, clock: Clock) -> float:
    """How long it takes to change four sets in each zone at the default rate; nobody is refused for being too fast."""
    for zone in ZONES:
        backend.put_zone(zone, old(zone))
    backend.simulator.latency = LATENCY
    started = clock.now
    become_new({name: value for name, value in backend.options.items() if name != "rate_limit"}, ZONES)
    assert all(is_new(backend, zone) for zone in ZONES)
    return clock.now - started


def test_namecheap_takes_no_more_than_its_rate_does(clock: Clock) -> None:
    with namecheap_simulator.NamecheapSimulator() as simulator, Nameserver() as nameserver:
        backend = NamecheapBackend(simulator, nameserver)
        simulator.quota = 20
        took = seconds_of(backend, clock)
        calls = simulator.calls
    assert calls == {"getList": 2, "getHosts": 400, "setHosts": 200}
    assert took <= 1.3 * calls.total() / (700 / 3600)


@pytest.mark.parametrize(
    ("kind", "scarce", "calls"),
    [
        pytest.param(GoDaddyBackend, "v1 replace", {"v1 list": 1, "v1 records": 400, "v1 replace": 800}, id="key"),
        pytest.param(
            GoDaddyTokenBackend,
            "v3 create",
            {"v3 list": 2, "v3 records": 400, "v3 create": 1000, "v3 delete": 1000},
            id="token",
        ),
    ],
)
def test_godaddy_takes_no_more_than_its_rate_does(
    kind: type[GoDaddyBackend], scarce: str, calls: dict[str, int], clock: Clock
) -> None:
    with godaddy_simulator.GoDaddySimulator() as simulator:
        backend = kind(simulator)
        simulator.quota = 60
        took = seconds_of(backend, clock)
        assert simulator.calls == calls
    assert took <= 1.3 * calls[scarce] / (60 / 60)
