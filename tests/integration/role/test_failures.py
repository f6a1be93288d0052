# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A domain that cannot be done fails alone, and a call that cannot be made fails every host that it was for."""

from __future__ import annotations

import re

import pytest
import yaml

from ansible_collections.postmaster.mail.tests.support.rollouts import ZONE, World, changed, failed_only


def test_a_failing_domain_fails_alone(world: World) -> None:
    two = '@ IN TXT "v=spf1 include:_spf.google.com ~all"\n@ IN TXT "v=spf1 mx -all"\n'
    world.host("alpha.example", zone=ZONE + two)
    world.host("beta.example")
    world.host("gamma.example", companies=["Gama"])
    done = world.rollout()
    assert done.code == 2
    assert failed_only(done.recap) == ["alpha.example", "gamma.example"]
    assert changed(done.recap) == {"alpha.example": 0, "beta.example": 1, "gamma.example": 0}
    assert "_spf.odoo.com" in world.zone("gamma.example")
    assert "Merge them into one, or set consolidate: true" in done.output
    assert "Gama" in done.output
    names = [one["name"] for one in world.odoo.database.shown()["mail.alias.domain"]]
    assert names == ["beta.example"]


def test_the_first_host_may_be_the_failing_one(world: World) -> None:
    world.host("alpha.example", senders=[{"service": "sendgrid"}])
    world.host("beta.example")
    done = world.rollout()
    assert failed_only(done.recap) == ["alpha.example"]
    assert changed(done.recap) == {"alpha.example": 0, "beta.example": 1}
    assert "the service 'sendgrid' of a sender is not known to this release, which knows odoo" in done.output


def test_a_wrong_type_fails_its_host_before_anything_is_done(world: World) -> None:
    world.host("alpha.example", dns={"provider": "zone_file", "diretory": "./zones"})
    world.host("beta.example")
    done = world.rollout()
    assert failed_only(done.recap) == ["alpha.example"]
    assert "diretory" in done.output
    assert changed(done.recap)["beta.example"] == 1


def test_a_failure_of_the_whole_dns_call_fails_every_host(world: World) -> None:
    world.common["custom_domain_nameservers"] = ["not a server"]
    world.host("alpha.example")
    world.host("beta.example")
    done = world.rollout()
    assert failed_only(done.recap) == ["alpha.example", "beta.example"]
    assert world.odoo.database.writes == 0


def test_a_host_that_cannot_be_reached_fails_all_whose_zones_it_holds(world: World) -> None:
    world.host("alpha.example", run_on="ns.unreachable.invalid")
    world.host("beta.example")
    world.host("gamma.example", run_on="ns.unreachable.invalid")
    done = world.rollout()
    assert failed_only(done.recap) == ["alpha.example", "gamma.example"]
    assert "unreachable.invalid" in done.output
    assert changed(done.recap)["beta.example"] == 1


def test_a_failure_of_odoo_fails_every_host(world: World) -> None:
    world.common["custom_domain_odoo"] = {**world.odoo.options, "password": "wrong"}
    world.host("alpha.example")
    world.host("beta.example")
    done = world.rollout()
    assert failed_only(done.recap) == ["alpha.example", "beta.example"]
    assert "_spf.odoo.com" in world.zone("alpha.example") and "_spf.odoo.com" in world.zone("beta.example")


def test_odoo_does_not_get_a_domain_whose_records_cannot_be_seen(world: World) -> None:
    elsewhere = world.folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "alpha.example.zone").write_text(ZONE)
    world.host("alpha.example", dns={"provider": "zone_file", "directory": str(elsewhere)})
    world.host("beta.example")
    (world.folder / "zones" / "alpha.example.zone").write_text(ZONE)
    done = world.rollout()
    assert failed_only(done.recap) == ["alpha.example"]
    assert "alpha.example does not show what is expected" in done.output
    assert world.nameserver.address in done.output
    assert [one["name"] for one in world.odoo.database.shown()["mail.alias.domain"]] == ["beta.example"]


def test_a_domain_that_wants_no_records_is_set_up_in_odoo_though_nobody_knows_it(world: World) -> None:
    for variable in [name for name in world.common if name in ("custom_domain_senders", "custom_domain_dmarc")]:
        del world.common[variable]
    world.host("nowhere.invalid", zone="", senders=[], companies=["Alpha"], dns={"provider": "manual"})
    done = world.rollout()
    assert failed_only(done.recap) == [], done.output
    assert [one["name"] for one in world.odoo.database.shown()["mail.alias.domain"]] == ["nowhere.invalid"]


@pytest.mark.parametrize("strategy", ["free", "host_pinned"])
def test_another_strategy_than_linear_is_refused_before_anything_is_done(world: World, strategy: str) -> None:
    for name in ("alpha.example", "beta.example", "gamma.example"):
        world.host(name)
    times = world.times()
    play = {
        "hosts": "all",
        "gather_facts": False,
        "strategy": strategy,
        "roles": ["postmaster.mail.custom_domain"],
    }
    (world.folder / "site.yml").write_text(yaml.safe_dump([play]))
    done = world.play("site.yml")
    assert failed_only(done.recap) == sorted(world.hosts)
    assert "needs strategy: linear" in done.output
    assert (world.times(), world.odoo.database.writes) == (times, 0)


def test_the_playbook_is_linear_whatever_the_settings_say(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSIBLE_STRATEGY", "free")
    world.host("alpha.example")
    world.host("beta.example")
    done = world.rollout()
    assert done.code == 0, done.output
    assert changed(done.recap) == {"alpha.example": 1, "beta.example": 1}


def test_no_password_is_kept_in_a_fact_cache(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = world.folder / "facts"
    monkeypatch.setenv("ANSIBLE_CACHE_PLUGIN", "jsonfile")
    monkeypatch.setenv("ANSIBLE_CACHE_PLUGIN_CONNECTION", str(cache))
    relay = {"name": "relay", "host": "smtp.alpha.example", "username": "odoo", "password": "correct horse"}
    world.host("alpha.example", senders=[relay])
    done = world.rollout("-vvv")
    assert done.code == 0, done.output
    assert "correct horse" not in done.output
    assert not [path for path in cache.glob("*") if "correct horse" in path.read_text()]


def test_facts_need_not_be_variables(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSIBLE_INJECT_FACT_VARS", "False")
    world.host("alpha.example")
    done = world.rollout()
    assert done.code == 0, done.output
    assert changed(done.recap) == {"alpha.example": 1}


def test_what_dns_and_odoo_say_reaches_no_terminal_raw_and_is_no_template(world: World) -> None:
    """World looks at all that is printed; this is what others write there."""
    red, told = r"\027[31m\194\133\226\128\174{{ 6 * 7 }}", r"\x1b[31m\x85\u202e{{ 6 * 7 }}"
    spf = f'@ IN TXT "v=spf1 include:{red}a -all"\n@ IN TXT "v=spf1 {red}b -all"\n'
    world.host("alpha.example", zone=ZONE + spf)
    world.host("beta.example", companies=["\x1b]0;me\x07"])
    world.host("gamma.example", zone=ZONE + f'_dmarc IN TXT "v=DMARC1; p=none; rua=mailto:{red}"\n')
    rolled_out = world.rollout("--diff")
    verified = world.play("postmaster.mail.verify")
    assert told.replace("\\", "\\\\") in rolled_out.output and r"\\x1b]0;me\\x07" in rolled_out.output
    assert told in verified.output
    assert not re.search(r"31m\S*42", rolled_out.output + verified.output)
