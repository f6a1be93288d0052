# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is interrupted begins nothing later than a second after that, and the next run finishes its work.

``make nightly`` tries each way of it at each provider.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from ansible_collections.postmaster.mail.tests.benchmarks.forwarder import Forwarder, http_request
from ansible_collections.postmaster.mail.tests.benchmarks.vendors import VENDORS, Vendor
from ansible_collections.postmaster.mail.tests.servers.interrupted import WAYS, InterruptedRun
from ansible_collections.postmaster.mail.tests.servers.process import HOST
from ansible_collections.postmaster.mail.tests.support.playbook import play
from ansible_collections.postmaster.mail.tests.support.rollouts import ZONE, world_of
from ansible_collections.postmaster.mail.tests.support.rounds import NIGHTLY

# so many that none of the ways is done before it is interrupted
DOMAINS = [f"company-{number}.com" for number in range(72 if NIGHTLY else 24)]
LATENCY = 0.15  # seconds of each call
TITLES = [vendor.title for vendor in VENDORS if vendor.many_zones and not vendor.rehearsed]
SHORT = [
    ("GoDaddy, key", "module", "SIGKILL"),
    ("OVH", "role", "SIGINT to the group"),
    ("Cloudflare", "run_on", "SIGTERM"),
]
ALL = [(title, place, way) for title in TITLES for place in ("module", "role", "run_on") for way in WAYS]


def task(options: Mapping[str, Any], nameservers: Sequence[str]) -> dict[str, Any]:
    domains = [{"domain": domain, "spf": {"include": ["relay.example"]}} for domain in DOMAINS]
    asked = {"dns": dict(options), "nameservers": list(nameservers), "parallel": 4, "domains": domains}
    return {"postmaster.mail.domain_records": asked}


def written(account: Any) -> Iterator[str]:
    return (domain for domain in DOMAINS if "include:relay.example" in str(account.backend.sets(domain)))


@pytest.mark.parametrize(("title", "place", "way"), ALL if NIGHTLY else SHORT)
def test_nothing_is_sent_later_than_a_second_after(
    title: str, place: str, way: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tmp_path = tmp_path_factory.mktemp("run")  # a short name, as PowerDNS puts its socket there
    vendor: Vendor = next(vendor for vendor in VENDORS if vendor.title == title)
    (tmp_path / "account").mkdir()
    with vendor.account(tmp_path / "account") as account:
        account.lift_limit()
        for domain in DOMAINS:
            account.backend.put_zone(domain, [(domain, "TXT", 3600, ('"v=spf1 -all"',))])
        account.set_latency(LATENCY)
        options = {**{name: value for name, value in account.options.items() if value is not None}, "rate_limit": 1000}
        nameservers = options.pop("nameservers", [])
        here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        if place == "module":
            plays = [{"hosts": "there", "gather_facts": False, "tasks": [task(options, nameservers)]}]
        else:
            plays = [{"hosts": "all:!there", "gather_facts": False, "roles": ["postmaster.mail.custom_domain"]}]
        wanted: dict[str, Any] = {
            "custom_domain_dns": options,
            "custom_domain_nameservers": nameservers,
            "custom_domain_spf": {"include": ["relay.example"]},
            "custom_domain_senders": [],
            "custom_domain_wait": {"timeout": 0},
        }
        if place == "run_on":
            wanted["custom_domain_run_on"] = "there"
        hosts: dict[str, Any] = {"there": here} if place == "module" else {**dict.fromkeys(DOMAINS), "there": here}
        (tmp_path / "inventory.yml").write_text(json.dumps({"all": {"vars": wanted, "hosts": hosts}}))
        calls = sum(account.calls().values())

        def sent() -> int:
            return sum(account.calls().values()) - calls

        with InterruptedRun(tmp_path, plays, "inventory.yml") as run:
            run.await_(lambda: sent() > 8 and any(written(account)))
            run.interrupt(way)
            assert run.counted_after_a_second(sent, LATENCY) == 0, run.output
            if place == "role":
                assert "Written so far: DNS of " in run.output
        assert len(list(written(account))) < len(DOMAINS)
        account.set_latency(0.0)
        done = play(tmp_path, [task(options, nameservers)])
        assert done.code == 0, done.output
        assert len(list(written(account))) == len(DOMAINS)


@pytest.mark.parametrize("way", WAYS if NIGHTLY else ["SIGKILL"])
@pytest.mark.parametrize("moment", ["while waiting for DNS", "in Odoo"] if NIGHTLY else ["in Odoo"])
def test_odoo_is_not_written_to_later_than_a_second_after(moment: str, way: str, tmp_path: Path) -> None:
    names = ("Alpha", "Beta", "Gamma")
    with world_of(tmp_path, 19, names) as world, Forwarder(urlsplit(world.odoo.url).port or 0, http_request) as front:
        world.common["custom_domain_odoo"] = {**world.odoo.options, "url": f"http://{HOST}:{front.port}"}
        for name in names:
            world.host(f"{name.lower()}.example", ZONE)
        if moment == "while waiting for DNS":
            world.common["custom_domain_wait"] = {"timeout": 60, "interval": 1}
            world.nameserver.reload = lambda: None  # type: ignore[method-assign]  # it shows the zones as they were
        world.site([], "--list-hosts")  # writes the inventory
        before = world.odoo.database.shown()
        plays = [{"hosts": "all", "gather_facts": False, "roles": ["postmaster.mail.custom_domain"]}]
        if moment == "in Odoo":
            front.latency = LATENCY
        with InterruptedRun(tmp_path, plays, "companies.yml") as run:
            if moment == "in Odoo":
                run.await_(lambda: world.odoo.database.shown() != before)
            else:
                run.await_(lambda: "Waiting until" in run.output)
            run.interrupt(way)
            assert run.counted_after_a_second(lambda: sum(front.calls.values()), LATENCY) == 0, run.output
        if moment == "while waiting for DNS":
            assert world.odoo.database.shown() == before
        front.latency = 0.0
        world.common["custom_domain_wait"] = {"timeout": 0, "interval": 1}
        vars(world.nameserver).pop("reload", None)
        again = world.rollout()
        assert again.code == 0, again.output
        assert world.alias_domains() == sorted(f"{name.lower()}.example" for name in names)
        assert all(not counts["changed"] for counts in world.rollout().recap.values())
