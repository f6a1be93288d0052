# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GitHub, GitLab and AWX with a repository of three domains, and what its pipelines do there."""

from __future__ import annotations

import base64
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.simulators.github import BOT, GitHub, token
from ansible_collections.postmaster.mail.tests.simulators.json_api import Answer, JsonApi, Refusal, Request

from .absent import absent
from .pipeline_files import AWX, GITLAB, load
from .pipelines import SECRET, SUCCESS, Awx, GitHubActions, GitLabCI, Job, Machine, Repository, rule
from .rollouts import World, world_of

PLACES = ["github", "gitlab", "awx and a folder", "awx and a store"]
NUMBER = 7  # of the pull request
DOMAINS = ("alpha.example", "beta.example", "gamma.example")


@dataclass
class Pipeline:
    """A pipeline that has planned and waits for approval."""

    commit: str
    plan: Job
    artifacts: dict[str, Path] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)


class Forge(ABC):
    """Where the repository is, and what runs its pipelines."""

    def __init__(self, world: World, repository: Repository, machine: Machine, secrets: dict[str, str]) -> None:
        self.world = world
        self.repository = repository
        self.machine = machine
        self.secrets = secrets

    files: dict[str, str] = {}

    def commit(self) -> str:
        """Commit the inventory in its current state, without secrets."""
        odoo = {**self.world.odoo.options, "password": "{{ lookup('ansible.builtin.env', 'ODOO_KEY') }}"}
        common = {**self.world.common, "custom_domain_odoo": odoo}
        inventory = {"custom_domains": {"vars": common, "hosts": self.world.hosts}}
        return self.repository.commit({"companies.yml": yaml.safe_dump(inventory, sort_keys=False), **self.files})

    @abstractmethod
    def merged(self, commit: str) -> Pipeline: ...

    @abstractmethod
    def approved(self, pipeline: Pipeline) -> Job: ...

    @abstractmethod
    def night(self, commit: str) -> tuple[Job, str]:
        """How the nightly job ended, and what people see of it."""


class OnGitHub(Forge):
    def __init__(self, *of: Any, api: GitHub) -> None:
        super().__init__(*of)
        self.api = api
        self.actions = GitHubActions(self.machine, self.repository, token)

    def proposed(self, commit: str, fork: bool = False) -> tuple[dict[str, Job], dict[str, Path]]:
        """The jobs of the pull request."""
        full_name = "stranger/email" if fork else "company-name/email"
        pull_request = {"number": NUMBER, "head": {"sha": commit, "repo": {"full_name": full_name}}}
        event: dict[str, Any] = {"pull_request": pull_request}
        artifacts: dict[str, Path] = {}
        secrets = {} if fork else self.secrets
        check = self.actions.job("pull-request", "check", commit, artifacts, event=event)
        plan = self.actions.job(
            "pull-request", "plan", commit, artifacts, event=event, needs={"check": check}, secrets=secrets
        )
        comment = self.commented(event, artifacts, plan)
        return {"check": check, "plan": plan, "comment": comment}, artifacts

    def commented(self, event: dict[str, Any], artifacts: dict[str, Path], plan: Job) -> Job:
        return self.actions.job("pull-request", "comment", "", artifacts, event=event, needs={"plan": plan})

    def merged(self, commit: str) -> Pipeline:
        artifacts: dict[str, Path] = {}
        plan = self.actions.job("rollout", "plan", commit, artifacts, secrets=self.secrets)
        return Pipeline(commit, plan, artifacts)

    def approved(self, pipeline: Pipeline) -> Job:
        needs = {"plan": pipeline.plan}
        return self.actions.job(
            "rollout", "rollout", pipeline.commit, pipeline.artifacts, needs=needs, secrets=self.secrets
        )

    def night(self, commit: str) -> tuple[Job, str]:
        done = self.actions.job("verify", "verify", commit, {}, secrets=self.secrets)
        issue = next((one for one in self.api.threads.values() if one.author == BOT), None)
        return done, f"{issue.state}: {issue.title}\n{issue.body}" if issue else ""


def pipeline_of(source: str, **more: str) -> dict[str, str]:
    """The variables of a GitLab pipeline."""
    known = {"CI_PIPELINE_SOURCE": source, "CI_DEFAULT_BRANCH": "main", "CI_PROJECT_ID": "1"}
    branch = {} if source == "merge_request_event" else {"CI_COMMIT_BRANCH": "main"}
    return {**known, **branch, **more}


class OnGitLab(Forge):
    def __init__(self, *of: Any) -> None:
        super().__init__(*of)
        self.ci = GitLabCI(self.machine, self.repository)

    def variables(self, source: str) -> dict[str, str]:
        return {**pipeline_of(source), **self.secrets}

    def merged(self, commit: str) -> Pipeline:
        artifacts: dict[str, Path] = {}
        return Pipeline(commit, self.ci.job("plan", commit, artifacts, self.variables("push")), artifacts)

    def approved(self, pipeline: Pipeline) -> Job:
        holds = rule(load(GITLAB)["rollout"], self.variables("push"))
        assert holds is not None and holds["when"] == "manual"
        return self.ci.job("rollout", pipeline.commit, pipeline.artifacts, self.variables("push"))

    def night(self, commit: str) -> tuple[Job, str]:
        artifacts: dict[str, Path] = {}
        done = self.ci.job("verify", commit, artifacts, self.variables("schedule"))
        return done, (artifacts["verify"] / "report-quality.json").read_text()


class OnAwx(Forge):
    files = {path.name: path.read_text() for path in AWX.glob("email_*.yml")}

    def __init__(self, *of: Any, plans: str | Store) -> None:
        super().__init__(*of)
        self.plans = plans
        address = plans if isinstance(plans, str) else f"{plans.endpoint}/email"
        self.awx = Awx(self.machine, self.repository, {"email_plans": address})
        self.secrets.update(EMAIL_PLANS_USERNAME="awx", EMAIL_PLANS_PASSWORD=SECRET)

    def lint(self, commit: str) -> Job:
        """The first job of the workflow, which has no credentials."""
        return self.awx.job(self.awx.template(self.awx.first), commit, {}, {})

    def merged(self, commit: str) -> Pipeline:
        survey: dict[str, Any] = {"custom_domain_max_changed": 20, "custom_domain_allow": []}
        assert self.lint(commit).state == SUCCESS
        (node,) = self.awx.after(self.awx.first, "success")
        plan = self.awx.job(self.awx.template(node), commit, self.secrets, survey)
        assert len(str(survey)) < 1000, "the plan itself does not travel in the database"
        return Pipeline(commit, plan, data=survey)

    def approved(self, pipeline: Pipeline) -> Job:
        waits = self.awx.after("plan", "success")
        assert [self.awx.nodes[one]["unified_job_template"]["type"] for one in waits] == ["workflow_approval"]
        node = self.awx.after(waits[0], "success")[0]
        return self.awx.job(self.awx.template(node), pipeline.commit, self.secrets, pipeline.data)

    def night(self, commit: str) -> tuple[Job, str]:
        done = self.awx.job(self.awx.scheduled, commit, self.secrets, {})
        if isinstance(self.plans, Store):
            return done, self.plans.files["/email/report.json"]
        return done, Path(self.plans, "report.json").read_text()


class Store(JsonApi):
    """Files that are PUT and GET with a login, as with WebDAV and repository managers."""

    def __init__(self, certificate: tuple[Path, Path]) -> None:
        super().__init__(certificate)
        self.files: dict[str, str] = {}

    def operation_of(self, request: Request) -> str:
        return request.method

    def error(self, status: int) -> Refusal:
        return Refusal(status, f"Refused with {status}")

    def answer(self, operation: str, request: Request) -> Answer:
        login = base64.b64encode(f"awx:{SECRET}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {login}":
            raise self.error(401)
        if operation == "PUT":
            self.files[request.path] = request.body.decode()
            return Answer(201)
        if request.path not in self.files:
            raise self.error(404)
        return Answer(200, self.files[request.path])


def everything_kept(machine: Machine) -> str:
    """Everything that jobs have left, except clones: artifacts, reports, outputs."""
    paths = [path for path in machine.folder.rglob("*") if path.is_file() and ".git" not in path.parts]
    return "\n".join(path.read_text("utf-8", "replace") for path in paths)


@contextmanager
def a_world(folder: Path) -> Iterator[World]:
    (folder / "world").mkdir()
    with world_of(folder / "world", 19, ("Alpha", "Beta", "Gamma")) as made:
        made.common["custom_domain_dns"] = {"provider": "zone_file", "directory": str(made.folder / "zones")}
        made.odoo.database.passwords[2] = made.odoo.options["password"] = SECRET
        for domain in DOMAINS:
            made.host(domain)
        yield made


@contextmanager
def forge_at(place: str, folder: Path, ca: CertificateAuthority) -> Iterator[Forge]:
    """One of PLACES with a fresh world."""
    (folder / "machine").mkdir()
    (folder / "plans").mkdir()
    with (
        a_world(folder) as world,
        GitHub(ca.issue("127.0.0.1"), (NUMBER,)) as api,
        Store(ca.issue("127.0.0.1")) as store,
    ):
        environment = {"GH_HOST": f"127.0.0.1:{api.port}", "SSL_CERT_FILE": str(ca.ca_path)}
        of = (world, Repository(folder / "repository"), Machine(folder / "machine", environment), {"ODOO_KEY": SECRET})
        if place == "github":
            if shutil.which("gh") is None:
                absent("gh is not installed: see tests/servers/debian-packages.txt")
            yield OnGitHub(*of, api=api)
        elif place == "gitlab":
            yield OnGitLab(*of)
        else:
            yield OnAwx(*of, plans=store if "store" in place else str(folder / "plans"))
