# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many zones of one account, which is simulated by a process of its own and so takes no time from what is timed."""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import multiprocessing
import time
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path

from ansible_collections.postmaster.mail.tests.benchmarks.vendors import VENDORS
from ansible_collections.postmaster.mail.tests.benchmarks.workload import become_new, old

LATENCY = 0.05  # seconds of each call
THREADS = 16
UNLIMITED = 1e6  # requests per second


@dataclasses.dataclass(frozen=True)
class Measured:
    zones: int
    calls: Counter[str]
    seconds: float

    @property
    def least(self) -> float:
        """The seconds that the latency alone takes."""
        return self.calls.total() * LATENCY / THREADS


def measure(index: int, zones: int, folder: Path, limited: bool) -> Measured:
    """Change four record sets in each zone of an account at VENDORS[index]; with our rate limiter, or without."""
    names = [f"company-{number}.com" for number in range(zones)]
    folder.mkdir()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(index, names, folder, limited, there), daemon=True)
    process.start()
    try:
        options = here.recv()
        options = options if limited else {**options, "rate_limit": UNLIMITED}
        if VENDORS[index].rehearsed:
            become_new(options, names, THREADS)
        here.send("counts")
        before = here.recv()
        gc.collect()
        gc.freeze()  # what the simulators and clients of others have imported here is no garbage that a module has
        started = time.perf_counter()
        become_new(options, names, THREADS)
        seconds = time.perf_counter() - started
        here.send("counts")
        return Measured(zones, here.recv() - before, seconds)
    finally:
        here.close()
        process.join(20)


def _serve(index: int, names: list[str], folder: Path, limited: bool, pipe: Connection) -> None:
    with VENDORS[index].account(folder) as account, contextlib.suppress(EOFError):
        for name in names:
            account.backend.put_zone(name, old(name))
        if not limited:
            account.lift_limit()
        account.set_latency(LATENCY)
        pipe.send(account.options)
        while pipe.recv():
            pipe.send(account.calls())
