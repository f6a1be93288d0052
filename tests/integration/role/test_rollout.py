# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rollout as users run it: what happens to each domain, and to nothing else."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml

from ansible_collections.postmaster.mail.tests.support.rollouts import ZONE, Run, World, changed, failed_only

RELAY = {
    "name": "relay",
    "host": "smtp.alpha.example",
    "username": "odoo",
    "password": "SECRET-of-the-relay",
    "spf": {"ip4": ["192.0.2.25"]},
}
# Odoo's own servers, in a database that has others, too
BY_ITSELF = {"service": "odoo", "authentication": "cli"}


class TestRuns:
    def test_the_plan_is_what_the_rollout_then_does_and_a_second_run_does_nothing(self, world: World) -> None:
        world.host("alpha.example", senders=[RELAY, {"service": "odoo"}])
        world.host("beta.example", zone=ZONE + '@ IN TXT "v=spf1 include:_spf.google.com ~all"\n', senders=[BY_ITSELF])
        world.host("bücher.example", file="xn--bcher-kva.example", senders=[BY_ITSELF])
        times = world.times()
        plan = world.rollout("--check", "--diff")
        assert (world.times(), world.odoo.database.writes) == (times, 0)
        done = world.rollout("--diff")
        assert plan.code == done.code == 0, plan.output + done.output
        assert warnings(plan) == warnings(done) != []
        assert sorted(plan.diffs) == sorted(done.diffs)  # hosts are told as they end
        assert len(plan.diffs) > 20
        assert changed(plan.recap) == changed(done.recap) == dict.fromkeys(world.hosts, 1)

        zone = world.zone("alpha.example")
        assert '"v=spf1 include:_spf.odoo.com ip4:192.0.2.25 ~all"' in zone
        assert "odoo._domainkey 3600 IN CNAME odoo._domainkey.odoo.com." in zone
        held = world.odoo.database.shown()
        companies = {one["name"]: one["alias_domain_id"] for one in held["res.company"]}
        assert companies["Alpha"][1] == "alpha.example"
        assert companies["Bücher"][1] == "xn--bcher-kva.example"
        assert companies["Gamma"] is False
        assert ("alpha.example - relay", "alpha.example", True) in [
            (one["name"], one["from_filter"], one["active"]) for one in held["ir.mail_server"]
        ]

        times, writes = world.times(), world.odoo.database.writes
        second = world.rollout()
        assert second.code == 0, second.output
        assert changed(second.recap) == dict.fromkeys(world.hosts, 0)
        assert (world.times(), world.odoo.database.writes) == (times, writes)

    def test_variables_of_a_play_count_as_those_of_hosts_do(self, world: World) -> None:
        world.host("alpha.example")
        variables, world.common = world.common, {}
        play = {"hosts": "all", "gather_facts": False, "vars": variables, "roles": ["postmaster.mail.custom_domain"]}
        (world.folder / "site.yml").write_text(yaml.safe_dump([play]))
        done = world.play("site.yml")
        assert done.code == 0, done.output
        assert changed(done.recap) == {"alpha.example": 1}

    def test_no_secret_is_ever_shown(self, world: World) -> None:
        world.common["custom_domain_odoo"] = {**world.odoo.options, "password": "SECRET-of-odoo"}
        world.host("alpha.example", senders=[RELAY])
        world.host("beta.example", senders=[{"service": "unknown", "password": "SECRET-of-nobody"}])
        world.host("gamma.example", dns={"provider": "powerdns", "api_key": "SECRET-of-dns"})
        refused = world.rollout("-vvv", "--diff")
        assert refused.code == 2
        assert "Odoo refused the login" in refused.output
        assert "SECRET" not in refused.output
        world.common["custom_domain_odoo"] = {**world.odoo.options, "password": "admin"}
        done = world.rollout("-vvv", "--diff", "--limit", "alpha.example")
        assert done.code == 0, done.output
        assert "SECRET" not in done.output
        assert "SECRET-of-the-relay" in str(world.odoo.database.tables["ir.mail_server"])


class TestParts:
    def test_each_tag_does_its_part_and_limit_touches_no_other_domain(self, world: World) -> None:
        world.host("alpha.example")
        world.host("beta.example")

        def part(tag: str) -> Run:
            return world.rollout("--limit", "alpha.example", "--tags", tag)

        early = part("odoo")  # it looks at DNS first
        assert failed_only(early.recap) == ["alpha.example"]
        assert (world.zone("alpha.example"), world.odoo.database.writes) == (ZONE, 0)
        world.odoo.database.calls.clear()
        missing = part("verify")
        assert failed_only(missing.recap) == ["alpha.example"]
        assert "odoo._domainkey.alpha.example" in missing.output
        done = part("dns")
        assert (done.code, changed(done.recap)) == (0, {"alpha.example": 1})
        assert part("verify").code == 0
        assert world.odoo.database.calls["search_read"] == 0
        done = part("odoo")
        assert (done.code, changed(done.recap)) == (0, {"alpha.example": 1})
        assert world.zone("beta.example") == ZONE and world.alias_domains() == ["alpha.example"]

    def test_someone_elses_dns_is_shown_to_paste_and_awaited(self, world: World) -> None:
        world.host("alpha.example", dns={"provider": "manual"})
        world.host("beta.example")
        plan = world.rollout("--check", "--tags", "dns")
        assert "Enter these records at the DNS host of alpha.example" in plan.output
        assert changed(plan.recap) == {"alpha.example": 0, "beta.example": 1}
        unmet = world.rollout("--tags", "dns")
        assert failed_only(unmet.recap) == ["alpha.example"]
        assert (
            "alpha.example: somebody has yet to enter what is listed: TXT _dmarc.alpha.example, TXT alpha"
            in unmet.output
        )
        assert "Enter these records at the DNS host of alpha.example" in unmet.output
        done = world.rollout()
        assert failed_only(done.recap) == ["alpha.example"]
        assert "Enter these records at the DNS host of alpha.example:" in done.output
        assert (
            'TXT   "v=spf1 include:_spf.odoo.com ~all"' in done.output or 'include:_spf.odoo.com ~all"' in done.output
        )
        assert changed(done.recap) == {"alpha.example": 0, "beta.example": 1}

    def test_a_backup_puts_a_domain_back(self, world: World) -> None:
        world.common["custom_domain_dns"]["backup"] = True
        world.host("alpha.example", zone=ZONE + '@ IN TXT "v=spf1 include:_spf.google.com ~all"\n')
        world.host("beta.example")
        before = records(world.zone("alpha.example"))
        world.rollout()
        assert records(world.zone("alpha.example")) != before
        backup = next((world.folder / ".postmaster" / "backups").glob("alpha.example.*")).name
        unclear = world.play("postmaster.mail.restore", "-e", f"custom_domain_backup_file={backup}")
        assert unclear.code == 2
        assert "but this run has 2: select one with --limit" in unclear.output
        old = world.play("postmaster.mail.restore", "--limit", "alpha.example", "-e", f"backup={backup}")
        assert "backup is now called custom_domain_backup_file: rename it." in old.output
        (world.folder / ".postmaster" / "backups").rename(world.folder / "postmaster-backups")
        done = world.play(
            "postmaster.mail.restore", "-e", f"custom_domain_backup_file={backup}", "--limit", "alpha.example"
        )
        assert done.code == 0, done.output
        assert records(world.zone("alpha.example")) == before


def warnings(run: Run) -> list[str]:
    """What Ansible warns of, in alphabetical order."""
    return sorted(line for line in run.output.splitlines() if line.startswith("[WARNING]"))


def records(zone: str) -> list[str]:
    """The lines of a zone but for its serial."""
    return sorted(line for line in zone.splitlines() if "SOA" not in line)


def test_forty_domains(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """How long it takes is printed, not asserted."""
    del world.common["custom_domain_odoo"]
    for number in range(40):
        world.host(f"domain{number}.example")
    began = time.monotonic()
    first = world.rollout()
    middle = time.monotonic()
    second = world.rollout()
    with capsys.disabled():
        print(f"\n40 domains: {middle - began:.1f} s, again {time.monotonic() - middle:.1f} s")
    assert first.code == second.code == 0, first.output + second.output
    assert set(changed(first.recap).values()) == {1}
    assert set(changed(second.recap).values()) == {0}
    assert "domain39.example  changed  –" in first.output and "domain39.example  up to date  –" in second.output
    assert " ".join(first.output.split()).count("the DMARC policy is none and no reports are requested") == 1
    assert Path(world.folder, "zones").is_dir()
