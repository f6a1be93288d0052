# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan is made, people look at it, the world moves on, and the rollout does what was planned and nothing else."""

from __future__ import annotations

import json
import re
from typing import Any

from ansible_collections.postmaster.mail.tests.support.rollouts import (
    ROLE,
    TELL_RESULT,
    ZONE,
    World,
    changed,
    failed_only,
)

from .test_rollout import BY_ITSELF, RELAY

PLAN = ("-e", "custom_domain_plan=plan.json")


def plan(world: World, *arguments: str) -> Any:
    made = world.play("postmaster.mail.plan", *PLAN, *arguments)
    assert made.code == 0, made.output
    return json.loads((world.folder / "plan.json").read_text("utf-8"))


def test_of_a_plan_all_is_done_that_is_still_so_and_nothing_else(world: World) -> None:
    world.host("alpha.example", senders=[RELAY, {"service": "odoo"}])
    world.host("beta.example", senders=[BY_ITSELF])
    world.host("gamma.example", senders=[BY_ITSELF])
    times = world.times()
    document = plan(world)
    assert (world.times(), world.odoo.database.writes) == (times, 0)
    assert list(document["hosts"]) == ["alpha.example", "beta.example", "gamma.example"]
    assert str(RELAY["password"]) not in json.dumps(document)
    # somebody publishes an SPF record by hand, and somebody else changes the inventory
    world.host("beta.example", zone=ZONE + '@ IN TXT "v=spf1 mx -all"\n', senders=[BY_ITSELF])
    world.hosts["gamma.example"]["custom_domain_dmarc"] = {"policy": "quarantine"}
    zones = {name: world.zone(name) for name in ("beta.example", "gamma.example")}
    done = world.rollout(*PLAN)
    assert failed_only(done.recap) == ["beta.example", "gamma.example"], done.output
    assert "The plan is stale: when it was made, beta.example TXT was not there, and it is v=spf1 mx -all" in " ".join(
        done.output.split()
    )
    assert "gamma.example: its variables have changed since the plan plan.json was made" in done.output
    assert {name: world.zone(name) for name in zones} == zones
    assert world.published() == world.alias_domains() == ["alpha.example"]
    calls = dict(world.odoo.database.calls)
    again = world.rollout(*PLAN, "--limit", "alpha.example")
    assert "also changes beta.example, gamma.example, which are not part of this run" in again.output
    assert (again.code, changed(again.recap)) == (0, {"alpha.example": 0}), again.output
    # it asks no more of Odoo than a rollout without a plan
    with_plan = {name: number - calls[name] for name, number in world.odoo.database.calls.items()}
    calls = dict(world.odoo.database.calls)
    assert world.rollout("--limit", "alpha.example").code == 0
    assert with_plan == {name: number - calls[name] for name, number in world.odoo.database.calls.items()}


def test_what_somebody_changes_in_odoo_after_the_plan_is_theirs(world: World) -> None:
    world.host("alpha.example", senders=[RELAY])
    assert world.rollout().code == 0
    world.hosts["alpha.example"]["custom_domain_senders"] = [{**RELAY, "port": 2525}]
    plan(world)
    (row,) = world.odoo.database.tables["ir.mail_server"].values()
    world.odoo.database.put("ir.mail_server", row["id"], {**row, "smtp_port": 465})
    done = world.rollout(*PLAN)
    assert failed_only(done.recap) == ["alpha.example"], done.output
    told = " ".join(done.output.split())
    assert "outgoing mail server alpha.example - relay: port was 587 in Odoo, and it is 465 now." in told
    assert [one["smtp_port"] for one in world.odoo.database.shown()["ir.mail_server"]] == [465]


def test_nothing_is_done_with_a_plan_that_cannot_be_used(world: World) -> None:
    world.host("alpha.example")
    world.host("beta.example")
    done = world.play("postmaster.mail.plan", "-e", "custom_domain_plan=missing/plan.json")
    assert failed_only(done.recap) == ["alpha.example", "beta.example"]
    told = re.sub(r"\s+", " ", done.output)
    assert f"missing/plan.json cannot be written: there is no folder {world.folder}/missing. Nothing was done." in told
    assert "Planning" not in done.output
    plan(world, "--limit", "alpha.example")
    times = world.times()
    one = world.rollout(*PLAN, "--limit", "beta.example")
    assert "beta.example: the plan plan.json does not contain the host beta.example." in one.output
    many = world.rollout(*PLAN, "-e", "custom_domain_max_changed=0")
    assert "The plan plan.json changes 1 domain, but custom_domain_max_changed is 0." in many.output
    text = (world.folder / "plan.json").read_text()
    both = world.rollout(*PLAN, "-e", json.dumps({"custom_domain_reports": [{"path": "./plan.json"}]}))
    assert "custom_domain_plan and custom_domain_reports both name ./plan.json." in both.output
    assert failed_only(both.recap) == ["alpha.example", "beta.example"]
    assert (world.folder / "plan.json").read_text() == text
    (world.folder / "plan.json").write_text("{}")
    none = world.rollout(*PLAN)
    assert "plan.json is not a plan" in none.output
    assert [failed_only(run.recap) for run in (one, many, none)] == [
        ["beta.example"],
        ["alpha.example", "beta.example"],
        ["alpha.example", "beta.example"],
    ]
    assert (world.times(), world.odoo.database.writes) == (times, 0)


def test_hosts_in_batches_and_dns_elsewhere_have_one_plan(world: World) -> None:
    world.host("alpha.example", senders=[BY_ITSELF])
    world.host("beta.example", senders=[BY_ITSELF], run_on="dns")
    world.hosts["dns"] = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    world.hosts["beta.example"]["custom_domain_dns"] = {
        "provider": "zone_file",
        "directory": str(world.folder / "zones"),
    }
    role = {"ansible.builtin.include_role": {"name": ROLE, "tasks_from": "plan"}}
    play = {"hosts": "custom_domains:!dns", "serial": 1, "vars": {"custom_domain_plan": "plan.json"}}
    made = world.site([{**play, "tasks": [role]}])
    assert made.code == 0, made.output
    held = json.loads((world.folder / "plan.json").read_text("utf-8"))["hosts"]
    assert list(held) == ["alpha.example", "beta.example"]
    assert [len(one["dns"]["changes"]) for one in held.values()] == [3, 3]
    world.host("beta.example", zone=ZONE + '@ IN TXT "v=spf1 mx -all"\n', **_kept(world, "beta.example"))
    done = world.site([{**play, "tasks": [{"ansible.builtin.include_role": {"name": ROLE}}, TELL_RESULT]}])
    assert failed_only(done.recap) == ["beta.example"], done.output
    assert "The plan is stale: when it was made, beta.example TXT was not there" in " ".join(done.output.split())
    assert world.published() == ["alpha.example"]


def _kept(world: World, host: str) -> dict[str, Any]:
    return {name.replace("custom_domain_", "", 1): value for name, value in world.hosts[host].items()}
