# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many calls of a vendor's API a change takes, beside what others need; and how long 200 zones take.

Nothing is asserted: what our providers may need is asserted by their tests.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import itertools
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.postmaster.mail.tests.benchmarks.account import Account
from ansible_collections.postmaster.mail.tests.benchmarks.many import LATENCY, THREADS, Measured, measure
from ansible_collections.postmaster.mail.tests.benchmarks.peers import Act, Peer
from ansible_collections.postmaster.mail.tests.benchmarks.vendors import VENDORS, Vendor
from ansible_collections.postmaster.mail.tests.benchmarks.workload import ZONE, become_new, is_new, old

OURS = "postmaster.mail"


@dataclasses.dataclass
class Row:
    """``remark`` says why there are no numbers, or what is wrong with them."""

    vendor: str
    client: str
    nothing: str = "–"
    change: str = "–"
    remark: str = ""


def test_how_many_calls_a_zone_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = map(tmp_path.joinpath, map(str, itertools.count()))
    rows = [
        counted(vendor, client, prepare, next(folders))
        for vendor in VENDORS
        if not vendor.rehearsed
        for client, prepare in {OURS: ours, **vendor.peers}.items()
    ]
    with capsys.disabled():
        print("\n\nCalls for one zone (SPF, 2 MX, DMARC, DKIM) of an account with one zone; no run knows of another\n")
        print(f"{'':<18} {'':<34} {'no-op':>12} {'4 changed sets':>16}")
        for row, previous in zip(rows, [Row("", ""), *rows]):
            vendor = row.vendor if row.vendor != previous.vendor else ""
            print(f"{vendor:<18} {row.client:<34} {row.nothing:>12} {row.change:>16}  {row.remark}".rstrip())
        print()


def ours(account: Account, dummy: Path) -> Act:
    def act() -> None:
        become_new(account.options, [ZONE])

    return act


def counted(vendor: Vendor, client: str, prepare: Peer, folder: Path) -> Row:
    """Change the zone, then do it once more."""
    folder.mkdir()
    row = Row(vendor.title, client)
    with vendor.account(folder) as account:
        account.backend.put_zone(ZONE, old(ZONE))
        try:
            act = prepare(account, folder)
            row.change = calls_of(account, act)
            row.nothing = calls_of(account, act)
        except Exception as error:  # a client of others may fail in its own ways
            if client == OURS:
                raise
            row.remark = f"failed: {type(error).__name__}: {' '.join(str(error).split())[-150:]}"
            return row
        if not is_new(account.backend, ZONE):
            row.remark = "the zone is not as it should be"
    return row


def calls_of(account: Account, act: Callable[[], None]) -> str:
    before = account.calls()
    act()
    spent: Counter[str] = account.calls() - before
    signed_in = spent.pop("token", 0)
    return f"{spent.total()} + token" if signed_in else str(spent.total())


def test_how_long_many_zones_take(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    indices = [index for index, vendor in enumerate(VENDORS) if vendor.many_zones]
    free = {index: measure(index, VENDORS[index].free_zones, tmp_path / f"free-{index}", False) for index in indices}
    with concurrent.futures.ThreadPoolExecutor(len(indices)) as pool:  # they wait for their limiters most of the time
        slow = {
            index: pool.submit(measure, index, VENDORS[index].limited_zones, tmp_path / f"slow-{index}", True)
            for index in indices
            if VENDORS[index].limited_zones
        }
    with capsys.disabled():
        print(
            f"\n\n4 changed sets in each zone of one account; {LATENCY * 1000:.0f} ms a call, {THREADS} threads; in s\n"
            "latency: calls x latency / threads. rate: the time that the vendor's published rate takes at length;\n"
            "the limiter uses 80 % of it, after a burst. Fewer zones where it would take minutes.\n"
            "OVH publishes none and is sent 50 requests a second at most; its ratio is that to the latency.\n"
            "The simulated account runs beside it on this machine, and Route 53's needs more than the latency; by\n"
            "heart it gives the answers that it gave to the same requests before.\n"
        )
        print(f"{'':<18} {'without limiter':>32}    {'with the limiter of default rate_limit':>40}")
        part = f"{'zones':>6} {'calls':>6} {'latency':>8}"
        print(f"{'':<18} {part} {'wall':>8} {'ratio':>6}   {part} {'rate':>8} {'wall':>8} {'ratio':>6}")
        for index in indices:
            line = f"{VENDORS[index].title:<18} {timed(free[index], None)}"
            limited = slow[index].result() if index in slow else None
            rate = VENDORS[index].at_its_rate(limited.calls) if limited else None
            print(f"{line}   {timed(limited, rate, True) if limited else 'publishes no limit and has no limiter'}")
        print()


def timed(found: Measured, rate: float | None, with_rate: bool = False) -> str:
    """The ratio is that of the wall time to the larger of latency and rate."""
    middle = f"{f'{rate:.1f}' if rate else '–':>8} " if with_rate else ""
    ratio = found.seconds / max(found.least, rate or 0)
    return f"{found.zones:>6} {found.calls.total():>6} {found.least:>8.1f} {middle}{found.seconds:>8.1f} {ratio:>6.2f}"
