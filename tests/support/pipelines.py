# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the jobs of docs/pipelines like the runners of GitHub, GitLab and AWX, and keeps their output.

Each job gets a clone in its own folder, and nothing from the tests' environment.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .pipeline_files import AWX, FOLDER, GITLAB, load
from .rounds import PATIENCE

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
SECRET = "SECRET-key-of-the-pipeline"
SUCCESS, WARNING, FAILED, SKIPPED = "success", "warning", "failed", "skipped"
# Replaces the two programs that download. The collection is copied from here to where it would be installed
PIP = '#!/bin/sh\necho "pip $*" >> "$INSTALLED"\n'
GALAXY = f"""#!/bin/sh
echo "ansible-galaxy $*" >> "$INSTALLED"
place=$HOME/.ansible/collections/ansible_collections/postmaster
mkdir -p "$place" && ln -sfn {ROOT} "$place/mail"
"""


class Repository:
    """A git repository with an inventory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self._git("init", "--quiet", "--initial-branch=main")

    def commit(self, files: Mapping[str, str]) -> str:
        for name, text in files.items():
            (self.folder / name).write_text(text)
        self._git("add", "--all")
        self._git("-c", "user.name=a", "-c", "user.email=a@example.net", "commit", "--quiet", "--message=Change")
        return self._git("rev-parse", "HEAD").strip()

    def clone_to(self, folder: Path, commit: str) -> None:
        self._git("clone", "--quiet", "--no-checkout", str(self.folder), str(folder))
        self._git("-C", str(folder), "checkout", "--quiet", commit)

    def _git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.folder, capture_output=True, text=True, check=True)
        return done.stdout


class Machine:
    """Where jobs run. ``environment`` takes precedence over a job's usual variables."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.tools = folder / "tools"
        self.tools.mkdir()
        for name, text in (("pip", PIP), ("ansible-galaxy", GALAXY)):
            (self.tools / name).write_text(text)
            (self.tools / name).chmod(0o755)
        self.installed = folder / "installed"
        self.environment: Mapping[str, str] = {}
        self._common = dict(environment)
        self._count = 0
        self._lock = threading.Lock()

    def place(self) -> tuple[Path, dict[str, str]]:
        """A new working folder, and the environment for its job."""
        with self._lock:
            self._count += 1
            place = self.folder / f"job-{self._count}"
        (place / "home").mkdir(parents=True)
        (place / "work").mkdir()
        path = f"{self.tools}{os.pathsep}{BIN}{os.pathsep}/usr/bin{os.pathsep}/bin"
        environment = {"PATH": path, "HOME": str(place / "home"), "LANG": "C.UTF-8", "CI": "true"}
        return place, {**environment, "INSTALLED": str(self.installed), **self._common, **self.environment}


def bash(text: str, folder: Path, environment: Mapping[str, str], *options: str) -> tuple[int, str]:
    done = subprocess.run(
        ["bash", *options, "-c", text],
        cwd=folder,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, done.stdout


@dataclass
class Job:
    """How a job ended, and its output."""

    state: str = SUCCESS
    output: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    uploaded: list[str] = field(default_factory=list)  # texts for code scanning


# -- GitHub ----------------------------------------------------------------------------------------------------------


class GitHubActions:
    """Runs jobs of a workflow. ``secrets``: those that the run would get, ``permissions``: those GitHub grants it."""

    def __init__(self, machine: Machine, repository: Repository, token: Callable[[dict[str, str]], str]) -> None:
        self._machine = machine
        self._repository = repository
        self._token = token
        self.cache: dict[str, Path] = {}
        self.variables: dict[str, str] = {}
        self._turns: dict[str, threading.Lock] = {}

    def job(
        self,
        file: str,
        name: str,
        commit: str,
        artifacts: dict[str, Path],
        *,
        event: Mapping[str, Any] | None = None,
        needs: Mapping[str, Job] | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> Job:
        workflow = load(FOLDER / "github" / f"{file}.yml")
        job = workflow["jobs"][name]
        place, environment = self._machine.place()
        permissions = job.get("permissions", workflow["permissions"])
        known = {job: {"result": _result(one), "outputs": one.outputs} for job, one in (needs or {}).items()}
        context: dict[str, Any] = {
            "github": {
                "event": dict(event or {}),
                "repository": "company-name/email",
                "server_url": "https://git.example.net",
                "run_id": place.name.removeprefix("job-"),
                "token": self._token(permissions),
            },
            "secrets": dict(secrets or {}),
            "vars": self.variables,
            "needs": known,
            "steps": {},
        }
        done = Job()
        assert job.get("needs") in (None, *known), "a job has to wait for what it needs"
        all_right = all(one["result"] == SUCCESS for one in known.values())
        if not _holds(str(job.get("if", "true")), context, all_right):
            return Job(SKIPPED)
        environment.update(GITHUB_REPOSITORY="company-name/email", GITHUB_ACTIONS="true", GITHUB_SHA=commit)
        environment.update(_filled(workflow.get("env", {}), context))
        group = job.get("concurrency", {}).get("group")
        with self._turns.setdefault(group, threading.Lock()) if group else threading.Lock():
            for step in job["steps"]:
                if _holds(str(step.get("if", "true")), context, done.state == SUCCESS):
                    self._step(step, commit, place, environment, context, artifacts, done)
        done.outputs = _filled(job.get("outputs", {}), context)
        return done

    def _step(
        self,
        step: Mapping[str, Any],
        commit: str,
        place: Path,
        environment: Mapping[str, str],
        context: dict[str, Any],
        artifacts: dict[str, Path],
        done: Job,
    ) -> None:
        work = place / "work"
        if "uses" in step:
            self._use(step["uses"].split("@")[0], _filled(step.get("with", {}), context), commit, work, artifacts, done)
            return
        output, summary = place / "output", place / "summary"
        output.write_text("")
        summary.touch()
        given = {**environment, **_filled(step.get("env", {}), context)}
        files = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
        if "GH_TOKEN" in given:
            # gh uses another variable for servers other than github.com
            given["GH_ENTERPRISE_TOKEN"] = given["GH_TOKEN"]
        # GitHub's default shell
        code, text = bash(step["run"], work, {**given, **files}, "-e")
        done.output += text
        done.summary = summary.read_text()
        if "id" in step:
            context["steps"][step["id"]] = {
                "outputs": dict(line.split("=", 1) for line in output.read_text().splitlines())
            }
        if code:
            done.state = FAILED

    def _use(
        self, action: str, given: Mapping[str, str], commit: str, work: Path, artifacts: dict[str, Path], done: Job
    ) -> None:
        if action == "actions/checkout":
            assert not any(work.iterdir()), "a checkout clears the folder"
            self._repository.clone_to(work, commit)
        elif action == "actions/upload-artifact":
            there = [work / line for line in given["path"].split() if (work / line).exists()]
            if not there and given.get("if-no-files-found") == "error":
                done.state = FAILED
            artifacts[given["name"]] = _kept(there, self._machine.folder, given["name"])
        elif action == "actions/download-artifact":
            if given["name"] not in artifacts:
                done.state = FAILED
                return
            shutil.copytree(artifacts[given["name"]], work, dirs_exist_ok=True)
        elif action == "actions/cache/restore":
            assert given["key"] not in self.cache
            found = [key for key in self.cache if key.startswith(given["restore-keys"])]
            if found:
                shutil.copytree(self.cache[found[-1]], work, dirs_exist_ok=True)
        elif action == "actions/cache/save":
            self.cache[given["key"]] = _kept([work / given["path"]], self._machine.folder, "cache")
        elif action == "github/codeql-action/upload-sarif":
            done.uploaded.append((work / given["sarif_file"]).read_text())
        else:
            assert action == "actions/setup-python", action


def _kept(files: Sequence[Path], folder: Path, name: str) -> Path:
    place = folder / f"{name}-{len(list(folder.glob(f'{name}-*')))}"
    place.mkdir()
    for file in files:
        shutil.copy(file, place)
    return place


def _result(job: Job) -> str:
    return {SUCCESS: "success", FAILED: "failure", SKIPPED: "skipped"}[job.state]


def _filled(values: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, str]:
    """Replace ``${{ }}`` expressions."""
    return {
        name: re.sub(r"\$\{\{(.*?)\}\}", lambda found: str(_value(found.group(1).strip(), context)), str(value))
        for name, value in values.items()
    }


def _holds(condition: str, context: Mapping[str, Any], all_right: bool) -> bool:
    """Whether an ``if`` holds. Supports only the expressions that the files use."""
    text = re.sub(r"^\$\{\{(.*)\}\}$", r"\1", condition).strip()
    if "cancelled()" not in text and not all_right:
        return False
    return all(_part_holds(part.strip(), context) for part in text.split("&&"))


def _part_holds(part: str, context: Mapping[str, Any]) -> bool:
    if part in ("true", "!cancelled()"):
        return True
    left, sign, right = re.fullmatch(r"(\S+) (==|!=|>) (\S+)", part).groups()  # type: ignore[union-attr]
    values = [_value(one, context) for one in (left, right)]
    if sign == ">":
        return float(values[0] or 0) > float(values[1] or 0)
    return (values[0] == values[1]) is (sign == "==")


def _value(name: str, context: Mapping[str, Any]) -> Any:
    if name.startswith("'") or name.isdigit():
        return name.strip("'")
    value: Any = {**context, "github": {**context["github"], "head": ""}}
    for part in name.split("."):
        value = value.get(part, "") if isinstance(value, Mapping) else ""
    return value


# -- GitLab ----------------------------------------------------------------------------------------------------------


class GitLabCI:
    """Runs jobs of .gitlab-ci.yml. ``variables``: those of the pipeline and of the project that it can see."""

    def __init__(self, machine: Machine, repository: Repository) -> None:
        self._machine = machine
        self._repository = repository
        self._cache: dict[str, Path] = {}
        self._turns: dict[str, threading.Lock] = {}

    def job(self, name: str, commit: str, artifacts: dict[str, Path], variables: Mapping[str, str]) -> Job:
        content = load(GITLAB)
        job = content[name]
        assert rule(job, variables) is not None
        place, environment = self._machine.place()
        work = place / "work"
        self._repository.clone_to(work, commit)
        for needed in job.get("needs", artifacts):
            shutil.copytree(artifacts[needed], work, dirs_exist_ok=True)
        cache = job.get("cache", {}).get("key", "")
        if cache in self._cache:
            shutil.copytree(self._cache[cache], work, dirs_exist_ok=True)
        text = "\n".join([*content["default"]["before_script"], *job["script"]])
        group = job.get("resource_group")
        with self._turns.setdefault(group, threading.Lock()) if group else threading.Lock():
            given = {**environment, **content["variables"], **variables}
            code, output = bash(text, work, given, "-e", "-o", "pipefail")
        kept = job.get("artifacts", {})
        if kept and (code == 0 or kept["when"] == "always"):
            reports = list(kept["reports"].values())
            there = [work / one for one in (*kept["paths"], *reports) if (work / one).exists()]
            artifacts[name] = _kept(there, self._machine.folder, name)
        if cache and (code == 0 or job["cache"]["when"] == "always"):
            files = [work / one for one in job["cache"]["paths"] if (work / one).exists()]
            self._cache[cache] = _kept(files, self._machine.folder, "cache")
        allowed = job.get("allow_failure") or {}
        return Job(SUCCESS if not code else WARNING if code in allowed.get("exit_codes", ()) else FAILED, output)


def rule(job: Mapping[str, Any], variables: Mapping[str, str]) -> Mapping[str, Any] | None:
    """The first rule of a GitLab job that matches."""
    for one in job["rules"]:
        if all(_is_so(part.strip(), variables) for part in one["if"].split("&&")):
            return dict(one)
    return None


def _is_so(part: str, variables: Mapping[str, str]) -> bool:
    left, sign, right = re.fullmatch(r"(\S+) (==|!=) (\S+)", part).groups()  # type: ignore[union-attr]
    values = [one.strip('"') if one.startswith('"') else variables.get(one.strip("$")) for one in (left, right)]
    return (values[0] == values[1]) is (sign == "==")


# -- AWX -------------------------------------------------------------------------------------------------------------


class Awx:
    """Runs the jobs of setup.yml, each in a copy of the project, with earlier nodes' data as variables."""

    def __init__(self, machine: Machine, repository: Repository, settings: Mapping[str, Any]) -> None:
        self._machine = machine
        self._repository = repository
        self._settings = settings
        tasks = load(AWX / "setup.yml")[0]["tasks"]
        made = {next(name for name in task if name.startswith("awx.awx.")): task for task in tasks}
        self.playbooks = {one["name"]: one["playbook"] for one in made["awx.awx.job_template"]["loop"]}
        self.workflow = made["awx.awx.workflow_job_template"]["awx.awx.workflow_job_template"]
        self.nodes = {one["identifier"]: one for one in self.workflow["workflow_nodes"]}
        self.scheduled = made["awx.awx.schedule"]["awx.awx.schedule"]["unified_job_template"]

    @property
    def first(self) -> str:
        """The node without a predecessor."""
        followers = {one for node in self.nodes for state in ("success", "failure") for one in self.after(node, state)}
        (first,) = set(self.nodes) - followers
        return str(first)

    def template(self, node: str) -> str:
        """The job template, or the approval, of a workflow node."""
        return str(self.nodes[node]["unified_job_template"]["name"])

    def after(self, node: str, state: str) -> list[str]:
        """The nodes that follow a node that ended in this state."""
        related = self.nodes[node].get("related", {})
        followers = [*related.get("always_nodes", ()), *related.get(f"{state}_nodes", ())]
        return [one["identifier"] for one in followers]

    def job(self, template: str, commit: str, secrets: Mapping[str, str], data: dict[str, Any]) -> Job:
        """``data``: from earlier nodes and the survey; this job's own is added."""
        place, environment = self._machine.place()
        work = place / "work"
        self._repository.clone_to(work, commit)
        variables = {**self._settings, **data, "awx_job_id": int(place.name.removeprefix("job-"))}
        (place / "variables.json").write_text(json.dumps(variables))
        given = {**environment, **secrets, "ANSIBLE_SHOW_CUSTOM_STATS": "1"}
        command = f"ansible-playbook -i companies.yml -e @../variables.json {self.playbooks[template]}"
        code, output = bash(command, work, given)
        told = re.search(r"CUSTOM STATS: \**\n+\s*RUN: (\{.*\})", output)
        data.update(json.loads(told.group(1)) if told else {})
        return Job(SUCCESS if code == 0 else FAILED, output)
