# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of docs/pipelines are what GitHub, GitLab and AWX take, and keep secrets where they belong."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.postmaster.mail.plugins.module_utils.providers.options import OPTIONS
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.options import ACCOUNTS
from ansible_collections.postmaster.mail.tests.support.absent import absent
from ansible_collections.postmaster.mail.tests.support.pipeline_files import (
    AWX,
    FOLDER,
    GITHUB,
    GITLAB,
    load,
    scripts,
    steps,
)
from ansible_collections.postmaster.mail.tests.tools import document_schema

CHECKER = Path(sys.executable).parent / "check-jsonschema"
FILES = sorted(path for path in FOLDER.rglob("*") if path.is_file())
TYPES = load(AWX / "credential_types.yml")["email_credential_types"]
# By provider or service: what it takes, what it needs, and the variables that it reads
VENDORS: dict[str, tuple[Mapping[str, Any], tuple[str, ...], dict[str, str]]] = {
    **{name: (one.options, one.required, dict(one.environment)) for name, one in OPTIONS.items() if one.environment},
    **{
        name: (one.options, one.required, {option: variables[0] for option, variables in one.environment.items()})
        for name, one in ACCOUNTS.items()
        if name != "amazon_ses"  # as boto3 does
    },
}
MADE = {one.get("provider") or one.get("service"): one for one in TYPES}


def checked(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(CHECKER), *arguments], capture_output=True, text=True, timeout=60, check=False)


def test_they_have_the_form_that_github_and_gitlab_take() -> None:
    github = checked("--builtin-schema", "vendor.github-workflows", *map(str, GITHUB))
    assert (len(GITHUB), github.returncode) == (3, 0), github.stdout
    gitlab = checked("--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", str(GITLAB))
    assert gitlab.returncode == 0, gitlab.stdout


def test_the_inventories_shown_have_the_form_that_the_pipelines_check(tmp_path: Path) -> None:
    pages = [page.read_text("utf-8") for page in sorted(FOLDER.rglob("*.md"))]
    shown = [block for page in pages for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)]
    inventories = [block for block in shown if block.lstrip().startswith("custom_domain")]
    assert len(inventories) == 2
    for number, block in enumerate(inventories):
        (tmp_path / f"{number}.yml").write_text(block)
    done = checked("--schemafile", str(document_schema.SCHEMA), *map(str, tmp_path.iterdir()))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in scripts()])
def test_what_they_run_is_sound_shell_into_which_nobody_else_can_write(text: str) -> None:
    assert "${{" not in text, "a title or a branch name would be run as shell"
    if shutil.which("shellcheck") is None:
        absent("shellcheck is not installed: see tests/servers/debian-packages.txt")
    judged = subprocess.run(
        ["shellcheck", "--shell=bash", "-"], input=text, capture_output=True, text=True, timeout=60, check=False
    )
    assert judged.returncode == 0, judged.stdout


@pytest.mark.parametrize(
    "path", sorted(path for path in FOLDER.rglob("*") if path.is_file()), ids=lambda path: path.name
)
def test_they_name_no_host_but_examples(path: Path) -> None:
    hosts = re.findall(r"https?://([^\s/\"'`}]+)", path.read_text("utf-8"))
    assert [host for host in hosts if not host.endswith("example.net")] == []
    assert "--index-url" not in path.read_text("utf-8") and "--server" not in path.read_text("utf-8")


def test_a_strangers_branch_gets_no_secret_and_what_may_write_runs_nothing_of_a_branch() -> None:
    workflow = load(next(path for path in GITHUB if path.stem == "pull-request"))
    assert "pull_request_target" not in workflow["on"] and workflow["permissions"] == {"contents": "read"}
    jobs = workflow["jobs"]
    with_secrets = {name for name, step in steps(workflow) if "secrets." in str(step)}
    assert with_secrets == {"plan"}
    assert jobs["plan"]["if"] == "github.event.pull_request.head.repo.full_name == github.repository"
    may_write = [name for name, job in jobs.items() if "write" in job.get("permissions", {}).values()]
    assert may_write == ["comment"]
    assert not any("checkout" in step.get("uses", "") for step in jobs["comment"]["steps"])
    # what is installed is installed before a file of the branch, such as ansible.cfg, can change it
    for job in ("check", "plan"):
        order = [step.get("uses", "install").split("/")[-1].split("@")[0] for step in jobs[job]["steps"]]
        assert order.index("install") < order.index("checkout")


@pytest.mark.parametrize("path", GITHUB, ids=lambda path: path.stem)
def test_no_token_stays_in_a_clone(path: Path) -> None:
    clones = [step for dummy, step in steps(load(path)) if step.get("uses", "").startswith("actions/checkout")]
    assert clones and all(step["with"] == {"persist-credentials": False} for step in clones)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_credential_of_awx_gives_what_its_vendor_reads(vendor: str) -> None:
    (options, required, environment), made = VENDORS[vendor], MADE[vendor]
    fields = {one["id"]: one for one in made["inputs"]["fields"]}
    given = made["injectors"]["env"]
    assert set(given) <= set(environment.values())
    for option, variable in environment.items():
        if variable in given and option in fields:
            assert fields[option].get("secret", False) is options[option].get("no_log", False), option
            assert f"{{{{ {option}" in given[variable]
    assert {environment[option] for option in required if option in environment} <= set(given)


def test_each_credential_type_is_of_a_vendor_that_there_is() -> None:
    assert set(MADE) - {None} == set(VENDORS)


@pytest.mark.parametrize("made", TYPES, ids=lambda made: made["name"])
def test_a_credential_type_is_one_that_awx_takes(made: dict[str, Any]) -> None:
    inputs, injectors = made["inputs"], made["injectors"]
    ids = [one["id"] for one in inputs["fields"]]
    known = {"id", "label", "type", "secret", "multiline", "format", "choices", "default", "help_text"}
    assert all(set(one) <= known and one["type"] in ("string", "boolean") for one in inputs["fields"])
    assert set(inputs["required"]) <= set(ids) and not any(one.upper().startswith("ANSIBLE_") for one in ids)
    assert set(injectors) <= {"env", "extra_vars", "file"}
    names = set(re.findall(r"\{\{ *([a-z_.]+)", yaml.safe_dump(injectors)))
    assert names - {"awx.filename"} <= set(ids)
    assert set(ids) <= names, "a field that nothing uses"
