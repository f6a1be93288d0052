# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A domain that cannot be done fails alone, and a call that cannot be made fails every host that it was for."""

from __future__ import annotations

import re

import pytest

from ansible_collections.postmaster.mail.tests.simulators.cloudflare import CloudflareSimulator
from ansible_collections.postmaster.mail.tests.simulators.odoo.server import StandIn
from ansible_collections.postmaster.mail.tests.support.rollouts import ROLE, ZONE, World, changed, failed_only


def test_a_failing_domain_fails_alone_though_it_may_be_the_first(world: World) -> None:
    two = '@ IN TXT "v=spf1 include:_spf.google.com ~all"\n@ IN TXT "v=spf1 mx -all"\n'
    world.host("service.example", senders=[{"service": "send_grid"}])
    world.host("alpha.example", zone=ZONE + two)
    world.host("beta.example")
    world.host("gamma.example", companies=["Gama"])
    world.host("option.example", dns={"provider": "zone_file", "diretory": "./zones"})
    done = world.rollout()
    assert done.code == 2
    assert failed_only(done.recap) == ["alpha.example", "gamma.example", "option.example", "service.example"]
    assert {host: number for host, number in changed(done.recap).items() if number} == {"beta.example": 1}
    assert world.published() == world.alias_domains() == ["beta.example"]
    assert "Nothing was changed for gamma.example, neither in DNS nor in Odoo." in done.output
    assert "Merge them into one, or set consolidate: true" in done.output
    for words in ("Gama", "diretory", "service.example: sender 1: send_grid: no such service. Did you mean sendgrid?"):
        assert words in done.output


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


def test_what_keeps_odoo_from_being_configured_is_known_before_dns_is_published(world: World) -> None:
    odoo = world.odoo.options
    with StandIn(["Plain"]) as elsewhere:
        user = {"name": "clerk", "login": "clerk", "password": "clerk-password"}
        elsewhere.database.call(2, "res.users", "create", [[user]], {})
        wrong = {
            "url": ({**odoo, "url": "erp.example.net"}, "write it like https://erp.example.net"),
            "nobody": ({**odoo, "url": "http://127.0.0.1:1"}, "cannot be reached"),
            "password": ({**odoo, "password": "nonsense-1"}, "the username, the password or the API key is wrong"),
            "empty": ({**odoo, "password": ""}, "custom_domain_odoo: password is empty"),
            "database": ({**odoo, "database": "nowhere"}, "has no database 'nowhere'"),
            "right": (
                {**elsewhere.options, "username": "clerk", "password": "clerk-password"},
                "give it the access right Administration: ",
            ),
        }
        for name, (options, dummy) in wrong.items():
            world.host(f"{name}.example", odoo=options, companies=["Plain"])
        world.host("company.example", companies=["Gama"])
        world.host("alpha.example")
        times = world.times()
        for arguments in (("--check",), ()):
            done = world.rollout(*arguments)
            assert failed_only(done.recap) == sorted(set(world.hosts) - {"alpha.example"}), done.output
            assert changed(done.recap)["alpha.example"] == 1
            told = dict(re.findall(r"^fatal: \[(\S+)\]: (.*)$", done.output, re.MULTILINE))
            for name, one in wrong.items():
                assert one[1] in told[f"{name}.example"], told[f"{name}.example"]
            assert "Odoo has no company 'Gama': did you mean Gamma?" in told["company.example"]
            for host, text in told.items():
                # what is wrong with a variable is known before anything else
                known = host in ("empty.example", "url.example")
                assert known or f"Nothing was changed for {host}, neither in DNS nor in Odoo." in text
    assert {name for name, time in world.times().items() if times[name] != time} == {"alpha.example.zone"}
    assert world.alias_domains() == ["alpha.example"]


def test_what_keeps_dns_from_being_published_is_known_before_odoo_is_configured(world: World) -> None:
    with CloudflareSimulator() as cloudflare:
        cloudflare.add_zone("other.example")
        account = {"provider": "cloudflare", "endpoint": cloudflare.endpoint, "api_token": "token-0123456789abcdef"}
        wrong = {
            "refused.example": ({**account, "api_token": "wrong-token-0123456789"}, "token"),
            "absent.example": (account, "lies in no zone that Cloudflare holds here"),
            "empty.example": ({**account, "api_token": ""}, "custom_domain_dns: api_token is empty"),
            "file.example": ({"provider": "zone_file", "directory": "./zones"}, "file.example"),
        }
        for host, company in zip(wrong, ("Beta", "Gamma", "Bücher", "")):
            world.host(host, zone="", dns=wrong[host][0], companies=[company] if company else [])
        world.host("alpha.example")
        for arguments in (("--check",), ()):
            done = world.rollout(*arguments)
            assert failed_only(done.recap) == sorted(wrong), done.output
            assert changed(done.recap)["alpha.example"] == 1
            told = dict(re.findall(r"^fatal: \[(\S+)\]: (.*)$", done.output, re.MULTILINE))
            for host, one in wrong.items():
                assert one[1] in told[host], told[host]
    assert world.alias_domains() == ["alpha.example"]


def test_odoo_does_not_get_a_domain_whose_records_cannot_be_seen(world: World) -> None:
    elsewhere = world.folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "alpha.example.zone").write_text(ZONE)
    world.host("alpha.example", dns={"provider": "zone_file", "directory": str(elsewhere)})
    world.host("beta.example")
    (world.folder / "zones" / "alpha.example.zone").write_text(ZONE)
    done = world.rollout()
    assert failed_only(done.recap) == ["alpha.example"]
    assert "alpha.example does not show the expected records" in done.output
    assert "Nothing was changed in Odoo for it. Run again once the servers show the records." in done.output
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
    done = world.site([{"hosts": "all", "strategy": strategy, "roles": [ROLE]}])
    assert failed_only(done.recap) == sorted(world.hosts)
    assert "needs strategy: linear" in done.output
    assert (world.times(), world.odoo.database.writes) == (times, 0)


def test_the_playbook_keeps_its_word_whatever_the_settings_say(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is linear, it needs no facts among the variables, and no password is kept in a fact cache."""
    cache = world.folder / "facts"
    monkeypatch.setenv("ANSIBLE_STRATEGY", "free")
    monkeypatch.setenv("ANSIBLE_INJECT_FACT_VARS", "False")
    monkeypatch.setenv("ANSIBLE_CACHE_PLUGIN", "jsonfile")
    monkeypatch.setenv("ANSIBLE_CACHE_PLUGIN_CONNECTION", str(cache))
    relay = {"name": "relay", "host": "smtp.alpha.example", "username": "odoo", "password": "correct horse"}
    world.host("alpha.example", senders=[relay])
    world.host("beta.example", senders=[{"service": "odoo", "authentication": "cli"}])
    done = world.rollout("-vvv")
    assert done.code == 0, done.output
    assert changed(done.recap) == {"alpha.example": 1, "beta.example": 1}
    assert "correct horse" not in done.output
    assert not [path for path in cache.glob("*") if "correct horse" in path.read_text()]


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
