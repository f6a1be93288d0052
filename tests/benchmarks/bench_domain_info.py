# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""domain_info for many domains in one call, with all its findings, against a local BIND.

1,000 domains may take 20 seconds, and each eight questions at the server, beside those about services that all use.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.postmaster.mail.tests.servers.bind import Bind
from ansible_collections.postmaster.mail.tests.servers.dns_server import zone_text
from ansible_collections.postmaster.mail.tests.support.many_domains import RECORDS, domains, items
from ansible_collections.postmaster.mail.tests.support.well_kept import SERVICES

SIZES = (1, 100, 1000)
MOST_SECONDS = 20.0
MOST_QUESTIONS = 8
SHARED = 10

# A process of its own, so that its memory and its time are those of the module alone
RUN = """
import json, resource, sys, time
from ansible_collections.postmaster.mail.tests.servers import ansible_module
options = json.load(sys.stdin)
started = time.perf_counter()
result = ansible_module.run_module("domain_info", options)
took = time.perf_counter() - started
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({
    "seconds": took, "cpu": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss / 1024,
    "questions": result["questions"], "met": result["met"], "counts": result["finding_counts"],
}))
"""


def test_many_domains(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    zones = {domain: zone_text(domain, RECORDS) for domain in domains(SIZES[-1])}
    zones.update({name: zone_text(name, text) for name, text in SERVICES.items() if name != "broken.example"})
    zones["hoster.example"] = zone_text("hoster.example", "mx A 203.0.113.1\n*._report._dmarc TXT v=DMARC1")
    with Bind(tmp_path / "bind", zones, check_integrity=False) as server:
        rows = [(size, measured(f"{server.host}:{server.port}", size)) for size in SIZES]
    with capsys.disabled():
        print("\n\ndomain_info, two selectors, expectations and all findings, one BIND on the same machine\n")
        print(f"{'domains':>8} {'seconds':>8} {'cpu':>6} {'questions':>10} {'per domain':>11} {'memory':>9}")
        for size, row in rows:
            print(
                f"{size:>8} {row['seconds']:>8.2f} {row['cpu']:>6.2f} {row['questions']:>10} "
                f"{row['questions'] / size:>11.1f} {row['memory']:>5.0f} MiB"
            )
        few, many = rows[0], rows[-1]
        grown = (many[1]["memory"] - few[1]["memory"]) * 1024 / (many[0] - few[0])
        print(f"\nmemory grows by {grown:.0f} KiB a domain\n")
    for dummy, row in rows:
        assert row["met"]
        assert row["counts"] == {"error": 0, "warning": 0, "info": 0}
    assert rows[-1][1]["seconds"] <= MOST_SECONDS
    assert rows[-1][1]["questions"] <= MOST_QUESTIONS * SIZES[-1] + SHARED


def measured(address: str, size: int) -> dict[str, Any]:
    options = {"domains": items(size), "nameservers": [address]}
    done = subprocess.run(
        [sys.executable, "-c", RUN], input=json.dumps(options), capture_output=True, text=True, check=True
    )
    row: dict[str, Any] = json.loads(done.stdout)
    return row
