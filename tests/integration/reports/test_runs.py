# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of the playbooks, and the files that they leave."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from junitparser import JUnitXml

from ansible_collections.postmaster.mail.plugins.plugin_utils.audit import carry_out
from ansible_collections.postmaster.mail.plugins.plugin_utils.reports.files import (
    FORMATS,
    read_findings,
    refuse_unwritable,
)
from ansible_collections.postmaster.mail.plugins.plugin_utils.sender import Refused
from ansible_collections.postmaster.mail.tests.support.rollouts import World, world_of

PAGE = (Path(__file__).parents[3] / "roles" / "custom_domain" / "README.md").read_text("utf-8")
SECRET = "SECRET-of-the-relay"
RELAY = {
    "name": "relay",
    "host": "smtp.alpha.example",
    "username": "odoo",
    "password": SECRET,
    "spf": {"ip4": ["192.0.2.25"]},
    "dkim": [{"selector": "mail", "cname": "mail.dkim.example"}],
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two domains that were rolled out; at one of them, somebody has removed a record."""
    with world_of(tmp_path_factory.mktemp("runs"), 19, ("Alpha", "Beta")) as made:
        made.host("alpha.example", senders=[RELAY])
        made.host("beta.example", senders=[{**RELAY, "host": "smtp.beta.example"}])
        made.common["custom_domain_gate"] = "ignore"
        plan = made.rollout("--check", *extra(reports("plan", *FORMATS)))
        assert plan.code == 0, plan.output
        assert made.rollout(*extra(reports("rollout", *FORMATS))).code == 0
        zone = made.folder / "zones" / "alpha.example.zone"
        zone.write_text("".join(line for line in zone.read_text().splitlines(True) if "_domainkey" not in line))
        yield made


def extra(listed: Sequence[dict[str, Any]], **more: Any) -> list[str]:
    values = {"custom_domain_reports": listed, **{f"custom_domain_{name}": value for name, value in more.items()}}
    return ["--extra-vars", json.dumps(values)]


def reports(name: str, *formats: str) -> list[dict[str, Any]]:
    return [{"path": f"{name}.{one}", "format": one} for one in formats]


def read(world: World, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((world.folder / name).read_text("utf-8"))
    return content


def test_a_plan_and_a_rollout_leave_reports_of_each_format(world: World) -> None:
    plan, done = read(world, "plan.json"), read(world, "rollout.json")
    assert (plan["kind"], plan["exit_code"]) == ("plan", 2)
    assert (done["kind"], done["exit_code"]) == ("rollout", 0)
    assert "+ mail.dkim.example" in plan["hosts"]["alpha.example"]["changes"]["dns"]
    assert plan["hosts"]["alpha.example"]["changes"].keys() == {"services", "dns", "odoo"}
    (server,) = plan["hosts"]["beta.example"]["servers"]
    assert server[1].startswith("smtp.beta.example") and server[1].endswith("sends for beta.example")
    assert JUnitXml.fromfile(str(world.folder / "plan.junit")).failures == 0
    assert "would change" in (world.folder / "plan.markdown").read_text()
    assert (
        'postmaster_domain_changes_pending{domain="beta.example"} 1' in (world.folder / "plan.prometheus").read_text()
    )


def test_drift_is_told_in_each_format_at_once_and_what_is_new_in_the_next(world: World) -> None:
    for run in ("first", "second"):
        asked = reports(run, *FORMATS)
        done = world.play("postmaster.mail.verify", *extra(asked, baseline="first.json"))
        assert done.code == 2
        assert ("There is no report first.json yet" in done.output) is (run == "first")
    first, second = read(world, "first.json"), read(world, "second.json")
    assert (second["format"], second["kind"], second["exit_code"]) == ("postmaster.mail/report", "verify", 2)
    assert second["failed"] == ["alpha.example"]
    finding = second["hosts"]["alpha.example"]["findings"][0]
    assert finding["code"] == "not_as_expected" and finding["new"] is False
    assert "new" not in first["hosts"]["alpha.example"]["findings"][0]
    assert finding["source"]["file"] == "companies.yml"
    line = (world.folder / "companies.yml").read_text().splitlines()[finding["source"]["line"] - 1]
    assert line.strip() == "alpha.example:"
    dkim = next(
        one for one in second["hosts"]["alpha.example"]["findings"] if one["code"].startswith(("dkim", "sender"))
    )
    line = (world.folder / "companies.yml").read_text().splitlines()[dkim["source"]["line"] - 1]
    assert "name: relay" in line
    xml = JUnitXml.fromfile(str(world.folder / "second.junit"))
    assert any(case.classname == "alpha.example" and not case.is_passed for suite in xml for case in suite)


def test_no_secret_is_in_any_file(world: World) -> None:
    found = [path for path in world.folder.iterdir() if path.is_file() and SECRET in path.read_text("utf-8", "replace")]
    assert [path.name for path in found] == ["companies.yml"]
    key = str(world.odoo.options.get("api_key") or world.odoo.options.get("password"))
    named = [
        path.name for path in world.folder.glob("*.*") if path.is_file() and key in path.read_text("utf-8", "replace")
    ]
    assert named == ["companies.yml"]


def test_drift_is_no_failure_where_it_is_only_reported(world: World) -> None:
    done = world.play("postmaster.mail.verify", *extra(reports("told", "json"), report_only=True))
    assert done.code == 0 and read(world, "told.json")["exit_code"] == 2
    nobody = {"nameservers": ["127.0.0.1:9"], "report_only": True}
    dead = world.play("postmaster.mail.verify", "--tags", "dns", *extra(reports("dead", "json"), **nobody))
    assert dead.code == 2 and read(world, "dead.json")["exit_code"] == 1


def test_a_run_in_batches_compares_with_the_report_that_it_replaces(world: World) -> None:
    asked = [{"path": "nightly.json"}]
    assert world.play("postmaster.mail.verify", *extra(asked)).code == 2
    plays = [
        {
            "hosts": "custom_domains",
            "serial": 1,
            "ignore_errors": True,
            "tasks": [
                {
                    "ansible.builtin.include_role": {"name": "postmaster.mail.custom_domain", "tasks_from": "verify"},
                }
            ],
        }
    ]
    done = world.site(plays, *extra(asked, baseline="nightly.json"))
    hosts = read(world, "nightly.json")["hosts"]
    assert set(hosts) == {"alpha.example", "beta.example"}, done.output
    assert [one["new"] for host in hosts.values() for one in host["findings"] if one.get("new")] == []
    assert all(host["compared"] for host in hosts.values())


def test_a_file_that_cannot_be_written_stops_the_run_before_it_begins(world: World) -> None:
    before, writes = world.times(), world.odoo.database.writes
    done = world.rollout(*extra([{"path": "nowhere/report.json"}]))
    assert done.code == 2
    sentence = "The report nowhere/report.json cannot be written: there is no folder"
    assert sentence in re.sub(r"\s+", " ", done.output)
    assert "Publishing" not in done.output
    assert (world.times(), world.odoo.database.writes) == (before, writes)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (["file/report.json"], "there is no folder"),
        (["folder"], "folder cannot be written: it is a folder"),
        (["a.json", "./a.json"], "two reports would be written to"),
        (["/proc/report.json"], "/proc/report.json cannot be written: in /proc: "),
    ],
)
def test_what_is_wrong_with_a_file_is_said(asked: list[str], sentence: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused) as refused:
        refuse_unwritable([{"path": one if one.startswith("/") else f"{tmp_path}/{one}"} for one in asked])
    assert sentence in str(refused.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.parametrize("most", [-1, 0, 999])
def test_a_report_has_room_for_what_it_begins_with(most: int, tmp_path: Path) -> None:
    asked = {"path": str(tmp_path / "a.md"), "format": "markdown", "max_bytes": most}
    with pytest.raises(Refused, match=f"max_bytes of .*a.md is {most}, and the head of a report alone may have 1000"):
        refuse_unwritable([asked])
    refuse_unwritable([{**asked, "max_bytes": 1000}])


def test_what_is_no_number_is_a_fault_of_the_host_that_says_it(world: World) -> None:
    asked = [{"path": "faulty.md", "format": "markdown", "max_bytes": "many"}]
    done = world.play("postmaster.mail.lint", "--limit", "alpha.example", *extra(asked))
    assert done.code == 2 and "max_bytes is 'many', but must be a whole number" in done.output, done.output
    assert "a bug in this collection" not in done.output


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        pytest.param("[" * 100_000, id="deep"),
        '{"format": "postmaster.mail/plan", "format_version": "1.0", "hosts": {}}',
        '{"format": "postmaster.mail/report", "format_version": "2.0", "hosts": {}}',
        '{"format": "postmaster.mail/report", "format_version": "1.0", "hosts": {"a": {}}}',
    ],
)
def test_another_file_is_no_baseline(text: str, tmp_path: Path) -> None:
    path = tmp_path / f"{abs(hash(text))}.json"
    path.write_text(text)
    with pytest.raises(Refused, match="is not a report of this collection in the format json, version"):
        read_findings(str(path))


def test_a_baseline_of_a_higher_minor_version_is_read(tmp_path: Path) -> None:
    path = tmp_path / "later.json"
    path.write_text('{"format": "postmaster.mail/report", "format_version": "1.9", "hosts": {}, "more": 1}')
    assert read_findings(str(path)) == {}


def test_the_verify_of_another_format_as_baseline_does_nothing(world: World) -> None:
    (world.folder / "other.json").write_text("{}")
    done = world.play("postmaster.mail.verify", *extra([{"path": "x.json"}], baseline="other.json"))
    assert done.code == 2 and "is not a report of this collection" in done.output
    assert not (world.folder / "x.json").exists()


def test_the_example_tells_drift_from_failure(world: World) -> None:
    script = next(one for one in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) if "exit_code" in one)
    assert len(script.strip().splitlines()) == 6
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

    def run(text: str) -> subprocess.CompletedProcess[str]:
        command = ["bash", "-c", text]
        return subprocess.run(command, cwd=world.folder, env=environment, capture_output=True, text=True, check=False)

    drift = run(script)
    assert drift.returncode == 2 and "Somebody has changed something" in drift.stdout, drift.stdout + drift.stderr
    assert run(script.replace("-i companies.yml", "-i companies.yml -l beta.example")).returncode == 0
    assert run(script.replace("-i companies.yml", "-i companies.yml -i missing.yml -e @missing.yml")).returncode == 1
    unread = script.replace("-e '{", '-t dns -e \'{"custom_domain_nameservers": ["127.0.0.1:9"], ')
    assert run(unread).returncode == 1


def test_an_audit_writes_reports_too(world: World, tmp_path: Path) -> None:
    asked = [{"path": str(tmp_path / f"audit.{one}"), "format": one} for one in FORMATS]
    given = {
        "custom_domain_audit": "alpha.example,https://beta.example",
        "custom_domain_nameservers": [world.nameserver.address],
        "custom_domain_reports": asked,
    }
    assert carry_out(given, lambda dummy: None)["failed"]
    content = json.loads((tmp_path / "audit.json").read_text())
    assert (content["kind"], content["exit_code"]) == ("audit", 1)
    assert content["hosts"]["alpha.example"]["records"]
    assert content["failed"] == ["https://beta.example"]
    nowhere = {**given, "custom_domain_reports": [{"path": str(tmp_path / "none" / "a")}]}
    said: list[str] = []
    assert "there is no folder" in carry_out(nowhere, said.append)["msg"] and said == []
