# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the README shows is what its reader gets."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.postmaster.mail.demo.nameserver import FileNameserver
from ansible_collections.postmaster.mail.plugins.module_utils.providers.options import OPTIONS
from ansible_collections.postmaster.mail.plugins.module_utils.providers.registry import dns_options
from ansible_collections.postmaster.mail.tests.simulators.odoo.server import StandIn
from ansible_collections.postmaster.mail.tests.support.playbook import play
from ansible_collections.postmaster.mail.tests.support.rounds import PATIENCE

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()
HEAD = "$TTL 3600\n@ IN SOA ns1 hostmaster 1 7200 3600 1209600 3600\n@ IN NS ns1\nns1 IN A 192.0.2.53\n"
PUBLIC_KEY = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAEb92ifuLtKrSCYLJjmdSIvYwTUNr8Ao/SBdxHSH0Jlk=
-----END PUBLIC KEY-----
"""
GOOGLE = (
    '@ IN TXT "v=spf1 include:_spf.google.com ~all"\n@ IN TXT "google-site-verification=rXOxyZounnZasA8Z7oaD3c14"\n'
)


def block(language: str, containing: str, page: str = README) -> str:
    """The code block of the README that contains a text."""
    blocks: list[str] = re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)
    return next(found for found in blocks if containing in found)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "zones").mkdir()
    (tmp_path / "zones" / "company-name.com.zone").write_text(HEAD + GOOGLE)
    (tmp_path / "companies.yml").write_text(block("yaml", "custom_domain_odoo"))
    return tmp_path


@pytest.fixture
def servers(folder: Path) -> Iterator[str]:
    """The extra variables that lead the README's inventory to servers of this test."""
    zones = [folder / "zones", ROOT / "demo" / "internet"]
    with FileNameserver(zones) as nameserver, StandIn(("Company Name SA",)) as odoo:
        yield json.dumps({"custom_domain_odoo": odoo.options, "custom_domain_nameservers": [nameserver.address]})


def ansible_playbook(folder: Path, *arguments: str, code: int = 0) -> str:
    """What the command of the README prints, with arguments added."""
    environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0"}
    command = [str(Path(sys.executable).parent / "ansible-playbook"), *arguments]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def typed(folder: Path, text: str) -> tuple[int, str]:
    """How the lines of a code block end when a person types them, and what they print."""
    environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0"}
    command = ["bash", "-e", "-o", "pipefail", "-c", text]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    return done.returncode, done.stdout + done.stderr


def sandbox(action: str, folder: Path) -> None:
    subprocess.run([sys.executable, str(ROOT / "demo" / "sandbox.py"), action, str(folder)], check=True)


def test_the_steps_can_be_typed_one_after_the_other_in_the_sandbox(tmp_path: Path) -> None:
    steps = README.split("## Your first real domain")[1].split("### What the records are for")[0]
    zone = tmp_path / "zones" / "company-name.com.zone"
    sandbox("start", tmp_path)
    try:
        (tmp_path / "companies.yml").write_text(block("yaml", "custom_domain_odoo"))
        commands = re.findall(r"```sh\n(.*?)```", steps, re.DOTALL)
        # test_schema.py runs the schema's
        ended = [typed(tmp_path, text) for text in commands if "check-jsonschema" not in text]
    finally:
        sandbox("stop", tmp_path)
    lint, plan, rollout, from_a_file, verify, restore = (output for dummy, output in ended)
    assert [code for code, dummy in ended] == [0, 0, 0, 0, 2, 0], ended
    assert "company-name.com: 1 warning" in lint
    assert_the_plan_is_the_one_shown(plan)
    assert "changed=1" in rollout and "changed=0" in from_a_file
    assert_the_report_is_the_one_shown(verify)
    assert json.loads((tmp_path / "report.json").read_text())["failed"] == ["company-name.com"]
    assert restore.count("changed=1") == 2, restore
    assert "odoo._domainkey" not in zone.read_text(), "the last rollout had put it back"


def assert_the_plan_is_the_one_shown(output: str) -> None:
    printed = [line.rstrip() for line in output.splitlines()]
    shown = [part.strip("\n").splitlines() for part in block("text", "PLAY RECAP").split("\n\nTASK")]
    for part in shown:
        first = part[0] if part[0].startswith("TASK") else "TASK" + part[0]
        start = printed.index(first)
        lines = [first, *part[1:]]
        recap = next((index for index, line in enumerate(lines) if line.startswith("PLAY RECAP")), len(lines))
        # what is left out says where the run is
        body = [line for line in lines[1:recap] if line != "…"]
        assert body in [printed[begin : begin + len(body)] for begin in range(start, len(printed))]
        assert all(line in printed for line in lines[recap:])


def assert_the_report_is_the_one_shown(output: str) -> None:
    shown = [line for line in block("text", "not_aligned").splitlines() if line.strip() != "…"]
    assert [line for line in output.splitlines() if line in shown] == shown


def test_the_audit_is_the_one_shown(folder: Path, servers: str) -> None:
    command = block("sh", "custom_domain_audit").strip().splitlines()[-1].split()[1:]
    asked = json.dumps({"custom_domain_nameservers": json.loads(servers)["custom_domain_nameservers"]})
    assert block("text", "A first inventory entry for") in ansible_playbook(folder, *command, "--extra-vars", asked)


def test_a_plan_is_carried_out_and_the_second_run_changes_nothing(folder: Path, servers: str) -> None:
    shown = block("sh", "custom_domain_plan").replace("\\\n", " ").strip().splitlines()
    plan, rollout = (shlex.split(line)[1:] for line in shown)
    ansible_playbook(folder, *plan, "--extra-vars", servers)
    assert (folder / "zones" / "company-name.com.zone").read_text() == HEAD + GOOGLE
    assert "| company\\-name.com | SPF, DKIM, DMARC, Odoo | passes |" in (folder / "plan.md").read_text()
    assert "changed=1" in ansible_playbook(folder, *rollout, "--extra-vars", servers)
    command = ["postmaster.mail.rollout", "-i", "companies.yml", "--extra-vars", servers]
    assert "changed=0" in ansible_playbook(folder, *command)


def test_the_inventory_and_the_play_of_the_role_run(folder: Path) -> None:
    page = (ROOT / "roles" / "custom_domain" / "README.md").read_text()
    (folder / "companies.yml").write_text(block("yaml", "# companies.yml", page))
    (folder / "own.yml").write_text(block("yaml", "handlers:", page))
    (folder / "zones" / "other-name.com.zone").write_text(HEAD)
    (folder / "mail.pem").write_text(PUBLIC_KEY)
    with (
        FileNameserver([folder / "zones", ROOT / "demo" / "internet"]) as nameserver,
        StandIn(("Company Name SA", "Other Name SRL")) as odoo,
    ):
        there = {
            "custom_domain_odoo": odoo.options,
            "custom_domain_dns": {"provider": "zone_file", "directory": "zones"},
            "custom_domain_nameservers": [nameserver.address],
            "vault_relay_password": "secret",
        }
        extra = ("-i", "companies.yml", "--extra-vars", json.dumps(there))
        assert "k=ed25519" in ansible_playbook(folder, "postmaster.mail.rollout", "--check", "--diff", *extra)
        printed = ansible_playbook(folder, "own.yml", *extra)
    assert printed.count("DNS: True, Odoo: True") == printed.count(" has changed.") == 2
    assert set(json.loads((folder / "report.json").read_text())["hosts"]) == {"company-name.com", "other-name.com"}


@pytest.mark.parametrize("version", [14, 15, 16, 17, 18])
def test_the_inventory_is_the_same_for_older_versions_of_odoo(folder: Path, version: int) -> None:
    zones = [folder / "zones", ROOT / "demo" / "internet"]
    with FileNameserver(zones) as nameserver, StandIn(("Company Name SA",), version=version) as odoo:
        there = {"custom_domain_odoo": odoo.options, "custom_domain_nameservers": [nameserver.address]}
        command = ["postmaster.mail.rollout", "-i", "companies.yml", "--extra-vars", json.dumps(there)]
        assert "changed=1" in ansible_playbook(folder, *command)
        assert "changed=0" in ansible_playbook(folder, *command)


@pytest.mark.parametrize("account", re.findall(r"`(\{provider: .*?\})`", README))
def test_each_account_shown_is_one_that_the_modules_take(account: str) -> None:
    options = {"dns": yaml.safe_load(account)}
    assert ArgumentSpecValidator({"dns": dns_options()}).validate(options).error_messages == []


def test_each_provider_has_its_pip_install_line_and_requirements_all_has_what_it_names() -> None:
    rows = re.findall(r"\{provider: (\w+).*?\}`.*?(`pip install (.*?)`.*) \|$", README, re.MULTILINE)
    assert sorted(provider for provider, *dummy in rows) == sorted(OPTIONS)
    named = {package for *dummy, packages in rows for package in shlex.split(packages)} | {"azure-identity"}
    known = (ROOT / "requirements-all.txt").read_text() + (ROOT / "requirements.txt").read_text()
    assert [package for package in named if package not in known] == []


SPF = {"postmaster.mail.spf_record": {"domain": "company-name.com", "include": ["_spf.odoo.com"]}}
DMARC = {"postmaster.mail.dmarc_record": {"domain": "company-name.com", "policy": "none"}}


@pytest.mark.parametrize(
    ("zone", "task"),
    [
        ('@ IN TXT "v=spf1 include:a.example ~all"\n@ IN TXT "v=spf1 mx -all"\n', SPF),
        ("_dmarc IN CNAME dmarc.service.example.\n", DMARC),
        ('_dmarc IN TXT "v=DMARC1; p=reject rua=mailto:dmarc@company-name.com"\n', DMARC),
        (None, SPF),
    ],
)
def test_it_refuses_with_the_sentences_shown(zone: str | None, task: dict[str, object], tmp_path: Path) -> None:
    (tmp_path / "zones").mkdir()
    if zone is not None:
        (tmp_path / "zones" / "company-name.com.zone").write_text(HEAD + zone)
    defaults = {"group/postmaster.mail.dns": {"dns": {"provider": "zone_file", "directory": "./zones"}}}
    played = play(tmp_path, [task], defaults=defaults)
    found = re.search(r"Module failed: (.*)", played.output)
    assert found is not None and found.group(1) in " ".join(README.split())
