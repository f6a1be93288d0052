# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways in which people run the role every day. Each run of ansible-playbook costs seconds, so it is asked much."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import yaml

from ansible_collections.postmaster.mail.tests.support.rollouts import (
    CORE,
    ROLE,
    TELL_RESULT,
    ZONE,
    World,
    failed_only,
)

INCLUDE: dict[str, Any] = {"ansible.builtin.include_role": {"name": ROLE}}
IMPORT: dict[str, Any] = {"ansible.builtin.import_role": {"name": ROLE}}
ALPHA, BETA, GAMMA, DELTA, EPSILON = (f"{name}.example" for name in ("alpha", "beta", "gamma", "delta", "epsilon"))


def test_the_role_works_however_it_is_named(world: World) -> None:
    for name in (ALPHA, BETA, GAMMA, DELTA, EPSILON):
        world.host(name, incoming_host="{{ gateway | default(omit) }}")  # unset
        if CORE >= (2, 19):  # 2.18 itself takes only texts that are omitted
            world.host(name, incoming_host="{{ gateway | default(omit) }}", mx="{{ exchangers | default(omit) }}")
    plays: list[dict[str, Any]] = [
        {"hosts": ALPHA, "roles": [ROLE], "post_tasks": [TELL_RESULT]},
        {"hosts": f"{BETA},{GAMMA}", "tasks": [IMPORT, TELL_RESULT]},
        {"hosts": DELTA, "tasks": [{**INCLUDE, "vars": {"custom_domain_dmarc": {"policy": "reject"}}}, TELL_RESULT]},
        {"import_playbook": "postmaster.mail.rollout", "vars": {"custom_domain_hosts": EPSILON}},
    ]
    first = world.site(plays)
    assert first.code == 0, first.output
    assert world.alias_domains() == world.published() == sorted(world.hosts)
    assert "p=reject" in world.zone(DELTA) and "p=none" in world.zone(BETA)
    times, writes = world.times(), world.odoo.database.writes
    assert sorted(first.results) == [ALPHA, BETA, DELTA, GAMMA]
    for told in first.results.values():
        assert told["changed"] and told["dns"]["changed"] and told["odoo"]["changed"] and not told["failed"]

    second = world.site(plays)
    assert (second.code, {counts["changed"] for counts in second.recap.values()}) == (0, {0}), second.output
    assert (world.times(), world.odoo.database.writes) == (times, writes)
    assert not any(told["changed"] or told["dns"]["diff"] or told["odoo"]["diff"] for told in second.results.values())


def test_one_host_does_several_domains_and_each_inclusion_stands_alone(world: World) -> None:
    for name in (ALPHA, BETA, GAMMA, DELTA):
        (world.folder / "zones" / f"{name}.zone").write_text(ZONE)
    world.hosts["controller"] = {"ansible_connection": "local"}
    no_odoo = {key: value for key, value in world.common.items() if key != "custom_domain_odoo"}
    odoo, world.common = world.common["custom_domain_odoo"], no_odoo
    looped = {
        **INCLUDE,
        "vars": {
            "custom_domain_name": "{{ item }}.example",
            "custom_domain_companies": ["{{ item | capitalize }}"],
            "custom_domain_odoo": odoo,
        },
        "loop": ["alpha", "beta"],
    }
    twice = [
        {
            "role": ROLE,
            "custom_domain_name": GAMMA,
            "custom_domain_companies": ["Gamma"],
            "custom_domain_odoo": odoo,
        },
        # neither Odoo nor a wait, and its gate is its own
        {"role": ROLE, "custom_domain_name": DELTA, "custom_domain_gate": "warn"},
    ]
    done = world.site([{"hosts": "controller", "tasks": [looped]}, {"hosts": "controller", "roles": twice}])
    assert done.code == 0, done.output
    assert world.published() == [ALPHA, BETA, DELTA, GAMMA]
    assert world.alias_domains() == [ALPHA, BETA, GAMMA]
    # the loop variable that everybody uses is nobody else's
    assert "already in use" not in done.output


def test_only_the_hosts_that_are_meant_take_part(world: World) -> None:
    for name in (ALPHA, BETA, GAMMA, DELTA):
        world.host(name)
    (world.folder / "zones" / f"{EPSILON}.zone").write_text(ZONE)
    not_the_first = "inventory_hostname != 'alpha.example'"
    added = {"name": EPSILON, "groups": "late", **world.common, "custom_domain_companies": ["Epsilon"]}
    by_play: list[dict[str, Any]] = [
        {"hosts": f"{ALPHA},{BETA}", "tasks": [{**IMPORT, "when": not_the_first}]},
        {"hosts": f"{ALPHA},{GAMMA}", "roles": [{"role": ROLE, "when": not_the_first}]},
        {
            "hosts": f"{ALPHA},{DELTA}",
            "tasks": [
                {"ansible.builtin.meta": "end_host", "when": "inventory_hostname == 'alpha.example'"},
                {"block": [INCLUDE], "when": not_the_first},
            ],
        },
        {
            "hosts": f"{ALPHA},{BETA}",
            "tasks": [
                {"ansible.builtin.add_host": added, "run_once": True},
                {"ansible.builtin.group_by": {"key": "late"}, "when": not_the_first},
            ],
        },
        {"hosts": "late", "tasks": [{**INCLUDE, "when": "custom_domain_companies | length > 0"}, TELL_RESULT]},
        # nobody at all
        {"hosts": f"{ALPHA},{BETA}", "tasks": [{**IMPORT, "when": False}]},
    ]
    done = world.site(by_play)
    assert (done.code, failed_only(done.recap)) == (0, []), done.output
    assert world.published() == world.alias_domains() == [BETA, DELTA, EPSILON, GAMMA]
    assert world.zone(ALPHA) == ZONE
    assert not any(counts["ignored"] or counts["rescued"] for counts in done.recap.values())
    # beta was done before, epsilon is new
    assert {host: told["changed"] for host, told in done.results.items()} == {BETA: False, EPSILON: True}


class TestFailures:
    def prepare(self, world: World) -> None:
        world.host(ALPHA, senders=[{"service": "sendgrid"}])
        world.host(BETA, dns={"provider": "zone_file", "diretory": "./zones"})
        world.host(GAMMA, companies="{{ nowhere_defined }}")
        world.host(DELTA)
        world.hosts[DELTA].update({"ansible_connection": "ssh", "ansible_host": "delta.unreachable.invalid"})
        world.host(EPSILON)

    def touch(self) -> dict[str, Any]:
        """A task before the role that finds a host unreachable, as gathering facts would."""
        return {"ansible.builtin.raw": "true", "when": "inventory_hostname == 'delta.example'"}

    def test_a_host_that_fails_is_alone_with_it(self, world: World) -> None:
        self.prepare(world)
        done = world.site([{"hosts": "all", "pre_tasks": [self.touch()], "roles": [ROLE], "post_tasks": [TELL_RESULT]}])
        assert done.code != 0, done.output
        assert failed_only(done.recap) == [ALPHA, BETA, GAMMA]
        assert [host for host, counts in done.recap.items() if counts["unreachable"]] == [DELTA]
        assert world.published() == world.alias_domains() == [EPSILON]
        assert list(done.results) == [EPSILON]

    def test_rescue_and_ignore_errors_know_what_failed(self, world: World) -> None:
        self.prepare(world)
        tell = {"ansible.builtin.debug": {"msg": "RESCUED {{ inventory_hostname }} {{ ansible_failed_result.msg }}"}}
        tasks = [
            {**self.touch(), "ignore_unreachable": True},
            {
                "block": [INCLUDE],
                "rescue": [tell],
                "always": [{"ansible.builtin.debug": {"msg": "ALWAYS {{ inventory_hostname }}"}}],
            },
        ]
        done = world.site([{"hosts": "all", "tasks": tasks}])
        rescued = {host: counts["rescued"] for host, counts in done.recap.items() if counts["rescued"]}
        assert rescued == {ALPHA: 1, BETA: 1, GAMMA: 1}, done.output
        assert failed_only(done.recap) == []
        assert world.published() == world.alias_domains() == [DELTA, EPSILON]
        for host, words in ((ALPHA, "sendgrid"), (BETA, "diretory"), (GAMMA, "nowhere_defined")):
            assert any(f"RESCUED {host} " in line and words in line for line in done.output.splitlines()), host
        assert sum("ALWAYS " in line for line in done.output.splitlines()) == 5


class TestModes:
    """The modes are those of the task, whatever stands on the command line."""

    def blind(self, world: World) -> dict[str, Any]:
        """An account whose changes no name server shows."""
        elsewhere = world.folder / "elsewhere"
        elsewhere.mkdir()
        for name in (ALPHA, BETA, GAMMA, DELTA, EPSILON):
            (elsewhere / f"{name}.zone").write_text(ZONE)
        return {"provider": "zone_file", "directory": str(elsewhere)}

    def test_what_the_tasks_say_counts_with_check_on_the_command_line(self, world: World) -> None:
        blind = self.blind(world)
        world.host(ALPHA)
        world.host(BETA)
        world.host(GAMMA, dns=blind)
        apply = {"name": ROLE, "apply": {"check_mode": False}}
        done = world.site(
            [
                {"hosts": ALPHA, "check_mode": False, "roles": [ROLE], "post_tasks": [TELL_RESULT]},
                {"hosts": BETA, "diff": False, "roles": [ROLE], "post_tasks": [TELL_RESULT]},
                # Odoo waits for what this really publishes
                {"hosts": GAMMA, "tasks": [{"ansible.builtin.include_role": apply}]},
            ],
            "--check",
            "--diff",
        )
        assert failed_only(done.recap) == [GAMMA], done.output
        assert "does not show the expected records" in done.output
        assert "odoo._domainkey" in (world.folder / "elsewhere" / f"{GAMMA}.zone").read_text()
        assert world.published() == world.alias_domains() == [ALPHA]
        # beta's plan is known, and not shown
        assert done.results[BETA]["dns"]["changed"] and done.results[BETA]["odoo"]["changed"]
        assert "_domainkey" in done.results[BETA]["dns"]["diff"]
        for name, shown in ((ALPHA, True), (BETA, False)):
            assert any(name in line for line in done.diffs) == shown

    def test_a_dry_run_of_the_task_waits_for_nothing(self, world: World) -> None:
        blind = self.blind(world)
        world.common["custom_domain_wait"] = {"timeout": 120, "interval": 1}
        world.host(ALPHA, dns=blind)
        world.host(BETA, dns=blind)
        calls = world.odoo.database.writes
        began = time.monotonic()
        done = world.site(
            [
                {"hosts": ALPHA, "check_mode": True, "roles": [ROLE], "post_tasks": [TELL_RESULT]},
                {"hosts": BETA, "tasks": [{"block": [IMPORT], "check_mode": True}, TELL_RESULT]},
            ]
        )
        assert (done.code, time.monotonic() - began < 100) == (0, True), done.output
        assert {path.read_text() for path in (world.folder / "elsewhere").iterdir()} == {ZONE}
        assert (world.odoo.database.writes, world.alias_domains()) == (calls, [])
        for name in (ALPHA, BETA):
            told = done.results[name]
            assert told["changed"] and told["dns"]["changed"] and told["odoo"]["changed"]
            assert "alias domain" in told["odoo"]["diff"]


class TestCommandLine:
    def test_variables_of_every_form(self, world: World) -> None:
        """INI, a file of variables, JSON and key=value; and hashes that are merged."""
        world.host(ALPHA)
        world.host(BETA)
        common = [f"{key}={value!r}" for key, value in world.common.items()]
        text = "[custom_domains]\n" + "".join(
            f"{name} custom_domain_companies='[\"{name.split('.')[0].capitalize()}\"]'\n" for name in world.hosts
        )
        (world.folder / "inventory.ini").write_text(f"{text}\n[custom_domains:vars]\n" + "\n".join(common) + "\n")
        (world.folder / "more.yml").write_text(yaml.safe_dump({"custom_domain_ttl": 1200}))
        done = world.site(
            [{"hosts": "all", "roles": [ROLE], "post_tasks": [TELL_RESULT]}],
            *("-i", "inventory.ini", "--limit", BETA, "-e", "@more.yml", "-e", "custom_domain_gate=warn"),
            *("-e", json.dumps({"custom_domain_dmarc": {"policy": "quarantine"}})),
            ANSIBLE_HASH_BEHAVIOUR="merge",
        )
        assert done.code == 0, done.output
        assert list(done.results) == [BETA]
        assert world.published() == world.alias_domains() == [BETA]
        assert "p=quarantine" in world.zone(BETA) and "1200 IN TXT" in world.zone(BETA)

    @pytest.mark.parametrize("tags", ["dns", "verify", "odoo"])
    def test_verify_looks_with_each_of_its_tags(self, world: World, tags: str) -> None:
        """A nightly job that has a tag must not be green because it did nothing."""
        world.host(ALPHA)
        done = world.play("postmaster.mail.verify", "--tags", tags)
        assert "alpha.example: " in done.output
        # neither the zone nor Odoo has anything of ours yet
        assert failed_only(done.recap) == [ALPHA], done.output
        assert ("alias domain alpha.example" in done.output) is (tags != "dns")

    def test_an_old_name_of_a_variable_is_refused_with_the_new_one(self, world: World) -> None:
        world.host(ALPHA)
        done = world.play("postmaster.mail.verify", "-e", "verify_severity=warning")
        assert done.code != 0 and "verify_severity is now called custom_domain_severity: rename it." in done.output

    def test_the_parts_can_be_run_one_by_one(self, world: World) -> None:
        world.host(ALPHA)
        plays = [{"hosts": "all", "tasks": [IMPORT, {**TELL_RESULT, "tags": "always"}]}]
        told = world.site(plays, "--tags", "dns").results[ALPHA]
        assert (told["dns"]["changed"], told["odoo"]["changed"], world.alias_domains()) == (True, False, [])
        told = world.site(plays, "--skip-tags", "verify,dns").results[ALPHA]
        assert (told["dns"]["changed"], told["odoo"]["changed"], world.alias_domains()) == (False, True, [ALPHA])
