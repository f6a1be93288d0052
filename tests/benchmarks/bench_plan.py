# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan as a file costs beside check mode, how large it is, and that to carry it out asks nothing more of Odoo.

User and system CPU of ansible-playbook and all that it starts; the least of runs that alternate.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from ansible_collections.postmaster.mail.demo.nameserver import FileNameserver
from ansible_collections.postmaster.mail.tests.benchmarks.cpu import cpu_of
from ansible_collections.postmaster.mail.tests.simulators.odoo.server import StandIn
from ansible_collections.postmaster.mail.tests.support.rollouts import INTERNET, World, company

DOMAINS = int(os.environ.get("DOMAINS", "1000"))
RUNS = int(os.environ.get("RUNS", "5"))
TIMES, OCTETS = 1.3, 2_000_000  # of check mode; for 1,000 domains
PLAN = ("-e", "custom_domain_plan=plan.json")


def test_a_plan_costs_little_more_than_check_mode(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "zones").mkdir()
    names = [f"domain{one}.example" for one in range(DOMAINS)]
    with (
        FileNameserver([tmp_path / "zones", INTERNET]) as nameserver,
        StandIn([company(name) for name in names], version=19) as odoo,
    ):
        world = World(tmp_path, nameserver, odoo)  # type: ignore[arg-type]
        for name in names:
            world.host(name)
        runs = [
            (cpu_of(world, "postmaster.mail.rollout", "--check"), cpu_of(world, "postmaster.mail.plan", *PLAN))
            for dummy in range(RUNS)
        ]
        check, plan = (min(each) for each in zip(*runs))
        text = (tmp_path / "plan.json").read_bytes()
        calls = [_calls(world, *arguments) for arguments in ((), PLAN)]
    with capsys.disabled():
        print(f"\n{DOMAINS} domains: check mode {check:.1f} s, plan {plan:.1f} s of CPU: {plan / check:.2f} times")
        print(f"the plan has {len(text)} octets; calls of Odoo {calls[0].total()}, with the plan {calls[1].total()}")
    held = json.loads(text)["hosts"]
    assert len(held) == DOMAINS and all(len(one["dns"]["changes"]) == 3 for one in held.values())
    assert plan / check <= TIMES
    assert len(text) <= OCTETS * DOMAINS / 1000
    assert calls[1] <= calls[0]


def _calls(world: World, *arguments: str) -> Counter[str]:
    """What a rollout that carries out nothing, as some other check would fail, asks of Odoo."""
    before = Counter(world.odoo.database.calls)
    done = world.rollout("--check", *arguments)
    assert done.code == 0, done.output
    return Counter(world.odoo.database.calls) - before
