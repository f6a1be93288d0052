# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role costs where nothing is to do: zone files and the stand-in of Odoo.

User and system CPU of ansible-playbook and all that it starts; the least of runs that alternate.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from ansible_collections.postmaster.mail.demo.nameserver import FileNameserver
from ansible_collections.postmaster.mail.tests.simulators.odoo.server import StandIn
from ansible_collections.postmaster.mail.tests.support.rollouts import INTERNET, World, changed

RUNS = 5
ONE_DOMAIN = 1.7  # times a play with one ping
MANY, MANY_SECONDS = 300, 25.0
FEW, MOST, FLAT = 50, 400, 1.2
PING = [{"hosts": "localhost", "gather_facts": False, "tasks": [{"ansible.builtin.ping": {}}]}]


@contextmanager
def rolled_out(folder: Path, number: int) -> Iterator[World]:
    """Domains that have all that they want."""
    (folder / "zones").mkdir(parents=True)
    names = [f"domain{one}.example" for one in range(number)]
    with (
        FileNameserver([folder / "zones", INTERNET]) as nameserver,
        StandIn([name.split(".")[0].capitalize() for name in names], version=19) as odoo,
    ):
        world = World(folder, nameserver, odoo)  # type: ignore[arg-type]
        world.common["custom_domain_wait"] = {"timeout": 600, "interval": 1}
        for name in names:
            world.host(name)
        (folder / "ping.yml").write_text(yaml.safe_dump(PING))
        first = world.rollout()
        assert set(changed(first.recap).values()) == {1}, first.output
        yield world


def cpu(world: World, playbook: str) -> float:
    """Seconds of CPU of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = world.play(playbook)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.code == 0 and not any(changed(done.recap).values()), done.output
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_one_domain_costs_little_more_than_a_ping(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with rolled_out(tmp_path, 1) as world:
        runs = [(cpu(world, "ping.yml"), cpu(world, "postmaster.mail.rollout")) for dummy in range(RUNS)]
    ping, role = (min(each) for each in zip(*runs))
    with capsys.disabled():
        print(f"\none domain {role:.2f} s, ping {ping:.2f} s: {role / ping:.2f} times")
    assert role / ping <= ONE_DOMAIN


def test_many_domains_cost_little_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seconds = {}
    for number in (FEW, MANY, MOST):
        with rolled_out(tmp_path / str(number), number) as world:
            seconds[number] = min(cpu(world, "postmaster.mail.rollout") for dummy in range(2))
    with capsys.disabled():
        print("".join(f"\n{number} domains {spent:.1f} s of CPU" for number, spent in seconds.items()))
    assert seconds[MANY] <= MANY_SECONDS
    # what a run costs anyhow is in each of them
    assert seconds[MOST] / MOST <= FLAT * seconds[FEW] / FEW
