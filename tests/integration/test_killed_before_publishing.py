# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is killed after its last write and before anybody is served that: the next rollout publishes it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.postmaster.mail.tests.integration.providers.ovh_backend import OvhBackend
from ansible_collections.postmaster.mail.tests.servers.interrupted import InterruptedRun
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.simulators.ovh import Broken, Fault, OvhApi
from ansible_collections.postmaster.mail.tests.support.rollouts import Run, play

DOMAIN = "company-name.com"
PLAYS = [{"hosts": "all:!there", "gather_facts": False, "roles": ["postmaster.mail.custom_domain"]}]


class Served(Nameserver):
    """The name servers of OVH: they answer with what was published last."""

    def __init__(self, api: OvhApi) -> None:
        super().__init__()
        self._api = api

    def respond(self, wire: bytes, over_tcp: bool) -> bytes | None:
        with self._api.lock:
            records = [
                f"{record['subDomain'] or '@'} 60 IN {record['fieldType']} {record['target']}"
                for record in self._api.zones[DOMAIN].served.values()
                if record["fieldType"] != "NS"
            ]
            self.set_zone(DOMAIN, "\n".join(records))
        return super().respond(wire, over_tcp)


@pytest.fixture
def api() -> Iterator[OvhApi]:
    simulator = OvhApi().start()
    simulator.add_zone(DOMAIN, [("", "TXT", 3600, '"v=spf1 -all"')])
    yield simulator
    simulator.stop()


def kill_before_refresh(api: OvhApi, folder: Path) -> None:
    with InterruptedRun(folder, PLAYS, "companies.yml") as run:

        def kill() -> None:
            run.kill_all()
            raise Broken(Fault("refresh", "reset"))

        api.before("refresh", kill)
        run.await_end()


def told(api: OvhApi, where: str) -> bool:
    return "include:relay.example" in json.dumps(list(getattr(api.zones[DOMAIN], where).values()))


@pytest.mark.parametrize("place", ["here", "run_on"])
def test_the_next_rollout_publishes_and_says_so(api: OvhApi, tmp_path: Path, place: str) -> None:
    with Served(api) as nameserver:
        wanted: dict[str, Any] = {
            "custom_domain_dns": OvhBackend(api).options,
            "custom_domain_nameservers": [nameserver.address],
            "custom_domain_spf": {"include": ["relay.example"]},
            "custom_domain_senders": [],
            "custom_domain_wait": {"timeout": 20, "interval": 1},
        }
        if place == "run_on":
            wanted["custom_domain_run_on"] = "there"
        here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        inventory = {"all": {"vars": wanted, "hosts": {DOMAIN: None, "there": here}}}
        (tmp_path / "companies.yml").write_text(json.dumps(inventory))
        (tmp_path / "site.yml").write_text(json.dumps(PLAYS))
        kill_before_refresh(api, tmp_path)
        assert (told(api, "records"), told(api, "served")) == (True, False)

        assert rolled_out(tmp_path, "--check").recap[DOMAIN]["changed"] == 0
        assert not told(api, "served")
        refreshes = api.zones[DOMAIN].refreshes
        done = rolled_out(tmp_path)
        assert told(api, "served") and api.zones[DOMAIN].refreshes == refreshes + 1
        assert "it was published once more" in done.output

        api.calls.clear()
        again = rolled_out(tmp_path)
        assert dict(api.calls) == {"export": 1}
        assert "published once more" not in again.output


def test_a_key_that_may_not_publish_is_told_and_nobody_waits(api: OvhApi, tmp_path: Path) -> None:
    api.rights.remove(("POST", "/*"))
    api.add(DOMAIN, "_dmarc", "TXT", 0, '"v=DMARC1; p=none"', publish=False)
    with Served(api) as nameserver:
        wanted = {
            "custom_domain_dns": OvhBackend(api).options,
            "custom_domain_nameservers": [nameserver.address],
            "custom_domain_dmarc": {"policy": "none"},
            "custom_domain_senders": [],
        }
        (tmp_path / "companies.yml").write_text(json.dumps({"all": {"vars": wanted, "hosts": {DOMAIN: None}}}))
        (tmp_path / "site.yml").write_text(json.dumps(PLAYS))
        failed = play(tmp_path, "site.yml")
    assert failed.code != 0
    assert "its name servers do not show them" in failed.output and "does not grant POST" in failed.output
    assert "Waiting until" not in failed.output


def rolled_out(folder: Path, *arguments: str) -> Run:
    done = play(folder, "site.yml", *arguments)
    assert done.code == 0, done.output
    return done
