# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two whole rollouts at once in one Odoo, for two companies and for the same one: nothing is lost, and nothing doubled.

``make nightly`` repeats each of it 30 times on the stand-in, and once on the real Odoo 19.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from ansible_collections.postmaster.mail.demo.nameserver import FileNameserver
from ansible_collections.postmaster.mail.tests.benchmarks.forwarder import Forwarder, http_request
from ansible_collections.postmaster.mail.tests.integration.odoo.conftest import _of
from ansible_collections.postmaster.mail.tests.servers.odoo_database import OdooDatabase
from ansible_collections.postmaster.mail.tests.servers.process import HOST
from ansible_collections.postmaster.mail.tests.support.rollouts import INTERNET, World, changed, play
from ansible_collections.postmaster.mail.tests.support.rounds import NIGHTLY, ROUNDS

STAND_INS = ("stand-in-14", "stand-in-17", "stand-in-19") if NIGHTLY else ("stand-in-19",)
HOSTS = ("alpha.example", "beta.example")
BOTH, SAME = HOSTS, HOSTS[:1]
CASES = [
    (flavour, hosts, number)
    for flavour in STAND_INS
    for hosts in ((BOTH, SAME) if flavour != "stand-in-14" else (SAME,))  # which can have one company's domain only
    for number in range(ROUNDS)
]
CASES += [("real-19", BOTH, 0), ("real-19", SAME, 0)] if NIGHTLY else []
LOGIN = {"username": "u", "password": "secret"}


@pytest.fixture
def odoo(request: pytest.FixtureRequest) -> OdooDatabase:
    return _of(request)


def names(odoo: OdooDatabase, model: str) -> list[str]:
    return sorted(row["name"] for row in odoo.records(model, "name") if "example - " in row["name"])


def linked(odoo: OdooDatabase) -> dict[str, str]:
    rows = odoo.records("res.company", "name", "alias_domain_id")
    return {row["name"]: row["alias_domain_id"][1] for row in rows if row["alias_domain_id"]}


@pytest.mark.parametrize(("odoo", "hosts", "number"), CASES, indirect=["odoo"], ids=str)
def test_two_rollouts_at_once(odoo: OdooDatabase, number: int, hosts: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "zones").mkdir()
    for company in ("Alpha", "Beta", "Gamma"):
        odoo.company(company)
    with (
        FileNameserver([tmp_path / "zones", INTERNET]) as nameserver,
        Forwarder(urlsplit(odoo.url).port or 0, http_request) as front,
    ):
        front.latency = 0.03  # so that what one of them does, the other one does meanwhile
        world = World(tmp_path, nameserver, odoo)  # type: ignore[arg-type]
        world.common["custom_domain_odoo"] = {**odoo.options, "url": f"http://{HOST}:{front.port}"}
        for host in hosts:
            relay = {"name": "relay", "host": f"smtp.{host}", **LOGIN}
            mailbox = {"name": "catchall", "host": f"imap.{host}", "confirm_login": False, **LOGIN}
            world.host(host, senders=[relay], incoming="server", incoming_servers=[mailbox])
            if odoo.version < 17:  # it has one catch-all domain and no FROM filter, for all companies
                world.hosts[host]["custom_domain_companies"] = []
        world.write()

        def roll_out(host: str) -> Any:
            return play(tmp_path, "postmaster.mail.rollout", "--limit", host)

        with ThreadPoolExecutor(2) as pool:
            both = list(pool.map(roll_out, (hosts[0], hosts[-1])))
        # the gate may judge by a half of what the other one does; then it says so, and Odoo is as it was
        for run, host in zip(both, (hosts[0], hosts[-1])):
            if run.code != 0:
                assert "run again" in run.output.lower() or "Odoo is not changed" in run.output, run.output
                again = roll_out(host)
                assert again.code == 0, again.output
        print(f"{odoo.version} | {len(hosts)} | {sum(run.code != 0 for run in both)} told")
        assert names(odoo, "ir.mail_server") == [f"{host} - relay" for host in hosts]
        assert names(odoo, "fetchmail.server") == [f"{host} - catchall" for host in hosts]
        if odoo.version >= 17:
            assert linked(odoo) == {host.partition(".")[0].capitalize(): host for host in hosts}
        third = play(tmp_path, "postmaster.mail.rollout", "--diff")
        assert third.code == 0 and changed(third.recap) == dict.fromkeys(hosts, 0), third.output
