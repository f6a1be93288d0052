# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones × 5 record sets on PowerDNS: the engine beside a bare loop of GET and PATCH with as many threads.

The cost of a zone must not depend on how many there are, and be at most 1.5 times that of the bare loop. That
keeps the same promise to others who write: it reads a zone right before it writes it, and again a second later.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import gc
import resource
import statistics
import threading
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.providers.powerdns import PowerDns as Provider
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine
from ansible_collections.postmaster.mail.plugins.module_utils.zone.second_look import PAUSE
from ansible_collections.postmaster.mail.tests.integration.providers.backend import Ensure, open_provider
from ansible_collections.postmaster.mail.tests.servers.powerdns import PowerDns

THREADS = 8
ROUNDS = 3
SIZES = (10, 100, 500)
FLAT = 1.2
RATIO = 1.5
THERE = [("@", 3600, "TXT", '"google-site-verification=8mXc0Zy5w"'), ("www", 3600, "A", "192.0.2.7")]


@dataclasses.dataclass
class Row:
    """Milliseconds per zone."""

    zones: int
    bare_apply: float
    apply: float
    bare_look: float
    look: float


def test_the_cost_of_a_zone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = []
    for size in (20, *SIZES):  # the first warms up
        rounds = []
        for number in range(ROUNDS):
            with PowerDns(tmp_path / f"{size}-{number}") as server:
                rounds.append(measure(server, size))
        rows.append(median(rounds))
    del rows[0]
    with PowerDns(tmp_path / "memory") as server:
        memory = engine_memory(server, SIZES[-1])
    with capsys.disabled():
        print(f"\n\nPowerDNS, SQLite, {THREADS} threads, 5 record sets per zone; milliseconds per zone, median of 3\n")
        print(f"{'zones':>6} {'bare apply':>11} {'apply':>7} {'ratio':>6} {'bare no-op':>11} {'no-op':>7} {'ratio':>6}")
        for row in rows:
            print(
                f"{row.zones:>6} {row.bare_apply:>11.2f} {row.apply:>7.2f} {row.apply / row.bare_apply:>6.2f} "
                f"{row.bare_look:>11.2f} {row.look:>7.2f} {row.look / row.bare_look:>6.2f}"
            )
        print(
            f"\nmemory of a run with {SIZES[-1]} zones: {memory / 2**20:.1f} MiB; "
            f"of the whole process, at most: {peak():.0f} MiB\n"
        )
    for values in ([row.apply for row in rows], [row.look for row in rows]):
        assert values[-1] <= values[0] * FLAT, "the cost of a zone grows with their number"
    assert rows[-1].apply <= rows[-1].bare_apply * RATIO
    assert rows[-1].look <= rows[-1].bare_look * RATIO


def median(rows: list[Row]) -> Row:
    return Row(rows[0].zones, *(statistics.median(values) for values in list(zip(*map(dataclasses.astuple, rows)))[1:]))


def measure(server: PowerDns, size: int) -> Row:
    zones = [f"ours-{number}.example" for number in range(size)]
    bare_zones = [f"bare-{number}.example" for number in range(size)]
    server.create_zones([*zones, *bare_zones], THERE)
    gc.collect()
    return Row(
        size,
        timed(size, lambda: bare(server, bare_zones, write=True)),
        timed(size, lambda: ours(server, zones, changes=size)),
        timed(size, lambda: bare(server, bare_zones, write=False)),
        timed(size, lambda: ours(server, zones, changes=0)),
    )


def timed(size: int, act: Callable[[], None]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000 / size


def ours(server: PowerDns, zones: list[str], changes: int) -> None:
    provider = open_provider({"provider": "powerdns", "endpoint": server.endpoint, "api_key": server.api_key})
    assert isinstance(provider, Provider)
    results = engine.run([request(provider, zone) for zone in zones], parallel=THREADS)
    provider.close()
    assert [result.error for result in results.values() if result.error] == []
    assert sum(result.changed for result in results.values()) == changes


def request(provider: Provider, zone: str) -> engine.Request:
    desired = (
        Ensure(zone, "TXT", "v=spf1 include:_spf.odoo.com ~all"),
        Ensure(zone, "MX", "10 company.odoo.com."),
        Ensure(f"_dmarc.{zone}", "TXT", "v=DMARC1; p=none; rua=mailto:dmarc@" + zone),
        Ensure(f"odoo._domainkey.{zone}", "CNAME", "odoo._domainkey.odoo.com."),
        Ensure(f"mail.{zone}", "CNAME", "u123.wl.sendgrid.net."),
    )
    return engine.Request(record_name(zone), provider, desired)


def bare(server: PowerDns, zones: list[str], write: bool) -> None:
    """What the shortest script would do: GET the zone to know what to do, GET and PATCH five sets, GET what became."""
    local = threading.local()

    def get(zone: str) -> dict[tuple[str, str], Any]:
        if not hasattr(local, "session"):
            local.session = requests.Session()
            local.session.headers["X-API-Key"] = server.api_key
        rrsets = local.session.get(address(zone)).json()["rrsets"]
        return {(rrset["name"], rrset["type"]): rrset for rrset in rrsets}

    def address(zone: str) -> str:
        return f"{server.endpoint}/api/v1/servers/localhost/zones/{zone}."

    def change(zone: str) -> None:
        there = get(zone)
        verification = there[f"{zone}.", "TXT"]["records"][0]["content"]
        sets = [
            (f"{zone}.", "TXT", [verification, '"v=spf1 include:_spf.odoo.com ~all"']),
            (f"{zone}.", "MX", ["10 company.odoo.com."]),
            (f"_dmarc.{zone}.", "TXT", [f'"v=DMARC1; p=none; rua=mailto:dmarc@{zone}"']),
            (f"odoo._domainkey.{zone}.", "CNAME", ["odoo._domainkey.odoo.com."]),
            (f"mail.{zone}.", "CNAME", ["u123.wl.sendgrid.net."]),
        ]
        body = [
            {
                "name": name,
                "type": rdtype,
                "ttl": 3600,
                "changetype": "REPLACE",
                "records": [{"content": value, "disabled": False} for value in values],
            }
            for name, rdtype, values in sets
        ]
        # SQLite answers 500 when two write at once
        while local.session.patch(address(zone), json={"rrsets": body}).status_code == 500:
            time.sleep(0.01)

    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(get, zones))
        if write:
            list(pool.map(change, zones))
            time.sleep(PAUSE)
            list(pool.map(get, zones))


def engine_memory(server: PowerDns, size: int) -> int:
    """The most that a run holds at once, in octets."""
    zones = [f"memory-{number}.example" for number in range(size)]
    server.create_zones(zones, THERE)
    tracemalloc.start()
    ours(server, zones, changes=size)
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return highest


def peak() -> float:
    """MiB that this process has held in memory at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
