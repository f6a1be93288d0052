# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role as other programs run it, and a host behind a real SSH server."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.postmaster.mail.tests.servers.process import NotInstalled
from ansible_collections.postmaster.mail.tests.servers.sshd import Sshd
from ansible_collections.postmaster.mail.tests.support.absent import absent
from ansible_collections.postmaster.mail.tests.support.rollouts import (
    ROLE,
    TELL_RESULT,
    ZONE,
    World,
    company,
    failed_only,
    world_of,
)
from ansible_collections.postmaster.mail.tests.support.rounds import PATIENCE

IMPORT: dict[str, Any] = {"ansible.builtin.import_role": {"name": ROLE}}
SITE: list[dict[str, Any]] = [{"hosts": "all", "gather_facts": False, "tasks": [IMPORT]}]
ALPHA, BETA, GAMMA = "alpha.example", "beta.example", "gamma.example"
SECRET = "correct-horse-battery-staple"
MANY, LARGEST_EVENT = 200, 100_000  # hosts, and octets
BIN = Path(sys.executable).parent


def run(
    world: World, *command: str, text: str = "", folder: str = ".", **environment: str
) -> subprocess.CompletedProcess[str]:
    """A program of the environment that is tested, in a folder of the world; ``text`` is what somebody types."""
    if not (BIN / command[0]).exists():
        absent(f"{command[0]} is not installed in {BIN.parent}: see tests/requirements-nightly.txt")
    path = os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)])
    return subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=world.folder / folder,
        env={**os.environ, "PATH": path, "ANSIBLE_NOCOLOR": "1", "HOME": str(world.folder), **environment},
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def prepare(world: World) -> None:
    """Write the inventory and site.yml, whose zones are found from wherever they are run."""
    world.common["custom_domain_dns"]["directory"] = str(world.folder / "zones")
    world.write(SITE)


def artifacts(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_host_behind_ssh_has_its_own_python_and_environment(world: World) -> None:
    there = world.folder / "there"
    for folder in ("zones", "lib"):
        (there / folder).mkdir(parents=True)
    (there / "zones" / f"{ALPHA}.zone").write_text(ZONE)
    (there / "lib" / "sitecustomize.py").write_text(
        f"import os\nwith open({str(there / 'came')!r}, 'a') as came:\n"
        "    came.write(os.environ.get('SSH_CONNECTION', 'here') + '\\n')\n"
    )
    world.nameserver.folders.append(there / "zones")
    world.host(ALPHA, zone="", run_on="ns1", dns={"provider": "zone_file", "directory": f"{there}/zones"})
    world.host(BETA)
    try:
        server = Sshd(world.folder / "sshd")
    except NotInstalled as error:
        absent(str(error))
    with server as sshd:
        remote = {"ansible_python_interpreter": sys.executable, "ansible_remote_tmp": f"{there}/tmp"}
        world.hosts["ns1"] = {**sshd.variables, **remote}
        play = {"hosts": "all:!ns1", "environment": {"PYTHONPATH": f"{there}/lib"}, "tasks": [IMPORT, TELL_RESULT]}
        done = world.site([play])
        assert done.code == 0, done.output
        assert world.alias_domains() == [ALPHA, BETA] and world.published() == [BETA]
        assert "odoo._domainkey" in (there / "zones" / f"{ALPHA}.zone").read_text()
        assert "127.0.0.1" in (there / "came").read_text()
        again = world.site([play])
        assert (again.code, {counts["changed"] for counts in again.recap.values()}) == (0, {0}), again.output


def test_runner_with_many_hosts(tmp_path: Path) -> None:
    """No event is large, each failure has its host and its findings, and no artifact has a secret."""
    names = [f"domain{number}.example" for number in range(MANY)]
    with world_of(tmp_path, 19, [company(name) for name in names]) as world:
        world.common["custom_domain_wait"] = {"timeout": 300, "interval": 1}
        relay = {"name": "relay", "host": "smtp.relay.example", "username": "odoo", "password": SECRET}
        world.common["custom_domain_senders"] = [{**relay, "spf": {"ip4": ["192.0.2.25"]}}]
        for name in names:
            world.host(name)
        blind = world.folder / "blind"
        blind.mkdir()
        (blind / f"{names[1]}.zone").write_text(ZONE)
        elsewhere = {"provider": "zone_file", "directory": str(blind)}
        world.host(names[1], dns=elsewhere, wait={"timeout": 40, "interval": 1})
        prepare(world)
        private = world.folder / "private"
        (private / "project").mkdir(parents=True)
        shutil.copy(world.folder / "site.yml", private / "project")
        inventory = str(world.folder / "companies.yml")
        done = run(world, "ansible-runner", "run", str(private), "-p", "site.yml", "--inventory", inventory)
        assert done.returncode == 2
        assert world.alias_domains() == sorted(set(names) - {names[1]})
        found = artifacts(private / "artifacts")
    events = [path for path in found if path.parent.name == "job_events" and path.suffix == ".json"]
    assert len(events) > MANY
    assert max(path.stat().st_size for path in events) <= LARGEST_EVENT
    assert not [path for path in found if SECRET in path.read_text(errors="replace")]
    told = [json.loads(path.read_text()) for path in events]
    # what AWX shows while the job runs
    waiting = [event["stdout"] for event in told if "still waiting for" in event["stdout"]]
    said = rf"After \d+ s, still waiting for 1 of the domains, .*{names[1]}: "
    assert waiting and all(re.search(said, text) for text in waiting)
    failed = [event for event in told if event["event"] == "runner_on_failed"]
    assert [event["event_data"]["host"] for event in failed] == [names[1]]
    codes = {finding["code"] for finding in failed[0]["event_data"]["res"]["findings"]}
    assert "not_as_expected" in codes


def test_an_inventory_that_is_a_folder_has_no_backup_for_a_host(world: World) -> None:
    """Ansible reads each file of such a folder; what a run leaves there is none of them."""
    world.common["custom_domain_dns"]["backup"] = True
    world.host(ALPHA)
    prepare(world)
    folder = world.folder / "inventory"
    folder.mkdir()
    (world.folder / "companies.yml").rename(folder / "companies.yml")
    for changes in (1, 0):
        done = run(world, "ansible-playbook", "../site.yml", "-i", ".", folder="inventory")
        assert done.returncode == 0 and f"changed={changes}" in done.stdout, done.stdout
        assert not [line for line in done.stdout.splitlines() if "parse" in line or "Skipping" in line], done.stdout
        assert [path for path in folder.rglob("*") if path.is_file() and path.name != "companies.yml"]


def test_navigator(world: World) -> None:
    relay = {"name": "relay", "host": "smtp.alpha.example", "username": "odoo", "password": SECRET}
    world.host(ALPHA, senders=[{**relay, "spf": {"ip4": ["192.0.2.25"]}}])
    prepare(world)
    how = ("--execution-environment", "false", "--mode", "stdout", "--playbook-artifact-save-as", "artifact.json")
    done = run(world, "ansible-navigator", "run", "site.yml", "-i", "companies.yml", *how)
    assert done.returncode == 0, done.stdout
    assert world.alias_domains() == [ALPHA]
    artifact = (world.folder / "artifact.json").read_text()
    assert json.loads(artifact)["status"] == "successful"
    assert SECRET not in artifact and SECRET not in done.stdout


def test_molecule_finds_nothing_to_do_the_second_time(world: World) -> None:
    world.host(ALPHA)
    prepare(world)
    scenario = world.folder / "molecule" / "default"
    scenario.mkdir(parents=True)
    variables = {**world.common, **world.hosts[ALPHA], "ansible_connection": "local"}
    variables["ansible_python_interpreter"] = sys.executable
    configuration = {
        "prerun": False,
        "driver": {"name": "default", "options": {"managed": False}},
        "platforms": [{"name": ALPHA}],
        "provisioner": {"name": "ansible", "inventory": {"host_vars": {ALPHA: variables}}},
        "scenario": {"test_sequence": ["syntax", "converge", "idempotence", "verify"]},
    }
    include = {"ansible.builtin.include_role": {"name": ROLE}}
    verify = {"ansible.builtin.include_role": {"name": ROLE, "tasks_from": "verify"}}
    for name, task in (("converge", include), ("verify", verify)):
        play = [{"hosts": "all", "gather_facts": False, "tasks": [task]}]
        (scenario / f"{name}.yml").write_text(yaml.safe_dump(play))
    (scenario / "molecule.yml").write_text(yaml.safe_dump(configuration))
    done = run(world, "molecule", "test")
    assert done.returncode == 0, done.stdout
    assert world.alias_domains() == world.published() == [ALPHA]


def test_pull(world: World) -> None:
    """It fetches as localhost, whose inventory therefore has it, and plays for whom --limit names."""
    world.host(ALPHA)
    world.host(BETA)
    world.hosts["localhost"] = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    prepare(world)
    repository = world.folder / "repository"
    repository.mkdir()
    shutil.copy(world.folder / "site.yml", repository)
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@alpha.example"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "Add a playbook"]):
        subprocess.run([*git, *command], cwd=repository, check=True)
    options = ("-U", f"file://{repository}", "-d", str(world.folder / "checkout"), "-l", ALPHA)
    inventory = str(world.folder / "companies.yml")
    done = run(world, "ansible-pull", *options, "-i", inventory, "site.yml")
    assert done.returncode == 0, done.stdout
    assert world.alias_domains() == world.published() == [ALPHA]


@pytest.mark.parametrize("by", ["keyword", "strategy"])
def test_the_debugger(world: World, by: str) -> None:
    """Who is asked about a failed task may mend its variables and redo it."""
    world.host(ALPHA)
    world.host(BETA, companies=["Nobody"])
    world.host(GAMMA)
    prepare(world)
    play = {**SITE[0], **({"debugger": "on_failed"} if by == "keyword" else {})}
    (world.folder / "site.yml").write_text(yaml.safe_dump([play]))
    settings = {"ANSIBLE_STRATEGY": "debug"} if by == "strategy" else {}
    done = run(
        world, "ansible-playbook", "site.yml", "-i", "companies.yml", text="p result._result\nredo\nc\n", **settings
    )
    assert "(debug)> " in done.stdout, done.stdout
    assert "Nobody" in done.stdout and "Traceback" not in done.stdout
    assert world.alias_domains() == [ALPHA, GAMMA]
    assert world.published() == [ALPHA, GAMMA]


def test_a_plan_says_what_the_run_will(world: World) -> None:
    """A zone or a company that is not there yet concerns its host alone, and the warnings are the same."""
    world.host(ALPHA)
    world.host(BETA, zone="")
    world.host(GAMMA, companies=["Nobody"])
    planned, done = world.site(SITE, "--check", "--diff"), world.site(SITE, "--diff")
    for one in (planned, done):
        assert (one.code, failed_only(one.recap)) == (2, [BETA, GAMMA]), one.output
    assert sorted(planned.diffs) == sorted(done.diffs) and planned.diffs
    assert warnings(planned.output) == warnings(done.output)
    again = world.site(SITE, "--check", "--diff", "--limit", ALPHA)
    assert (again.code, again.recap[ALPHA]["changed"], again.diffs) == (0, 0, [])


def warnings(output: str) -> set[str]:
    return {line for line in output.splitlines() if line.startswith("[WARNING]")}
