# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the pipelines run, from a proposal to a quiet night, with three domains in a repository.

Somebody changes one of them by hand between plan and approval, and a second pipeline was planned meanwhile. GitHub's is
told in ``make test``, those of GitLab and AWX in ``make nightly``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.simulators.github import BOT, GitHub
from ansible_collections.postmaster.mail.tests.support.forges import (
    DOMAINS,
    NUMBER,
    PLACES,
    Forge,
    OnAwx,
    OnGitHub,
    OnGitLab,
    everything_kept,
    forge_at,
    pipeline_of,
)
from ansible_collections.postmaster.mail.tests.support.pipeline_files import GITLAB, load
from ansible_collections.postmaster.mail.tests.support.pipelines import (
    FAILED,
    SECRET,
    SKIPPED,
    SUCCESS,
    WARNING,
    Machine,
    Repository,
    rule,
)
from ansible_collections.postmaster.mail.tests.support.rounds import NIGHTLY

MARK = "<!-- plan of the email domains -->"
THEIRS = '@ IN TXT "v=spf1 include:_spf.google.com ~all"\n'


@pytest.fixture(scope="module", params=PLACES if NIGHTLY else PLACES[:1])
def forge(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, ca: CertificateAuthority
) -> Iterator[Forge]:
    with contextlib.ExitStack() as stack:
        yield stack.enter_context(forge_at(request.param, tmp_path_factory.mktemp("pipelines"), ca))


def test_a_plan_is_approved_while_the_world_changes_and_a_second_pipeline_waits(forge: Forge) -> None:
    world = forge.world
    commit, before = forge.commit(), world.times()
    if isinstance(forge, OnGitHub):
        assert_reviewers_are_told_once(forge, commit)
    first = forge.merged(commit)
    assert first.plan.state == SUCCESS, first.plan.output
    assert world.times() == before and world.odoo.database.writes == 0, "a plan writes nothing"
    zone = world.folder / "zones" / "beta.example.zone"
    zone.write_text(zone.read_text() + THEIRS)
    second = forge.merged(commit)

    done = forge.approved(first)
    assert done.state == FAILED, done.output
    assert world.published() == ["alpha.example", "gamma.example"] == world.alias_domains(), done.output
    told = " ".join(done.output.split())
    assert "beta.example" in told and "stale" in told, done.output
    assert world.zone("beta.example").endswith(THEIRS)

    times = world.times()
    last = forge.approved(second)
    assert last.state == SUCCESS, last.output
    assert world.published() == list(DOMAINS) == world.alias_domains()
    assert '"v=spf1 include:_spf.odoo.com include:_spf.google.com ~all"' in world.zone("beta.example")
    same = {name: time for name, time in world.times().items() if name != "beta.example.zone"}
    assert same == {name: times[name] for name in same}, "what was already so was left alone"

    assert_nights_are_told(forge, commit)
    kept = everything_kept(forge.machine)
    assert "postmaster.mail/plan" in kept and SECRET not in kept


def assert_reviewers_are_told_once(forge: OnGitHub, commit: str) -> None:
    forge.api.comment(NUMBER, "stranger", f"{MARK} Let me write this comment")
    for number in range(40):
        forge.api.comment(NUMBER, "somebody", f"Comment {number}")
    jobs, artifacts = forge.proposed(commit)
    assert {name: job.state for name, job in jobs.items()} == dict.fromkeys(jobs, SUCCESS), jobs
    event = {"pull_request": {"number": NUMBER, "head": {"sha": "the next push"}}}
    assert forge.commented(event, artifacts, jobs["plan"]).state == SUCCESS
    ours = [one["body"] for one in forge.api.threads[NUMBER].comments.values() if one["user"]["login"] == BOT]
    assert len(ours) == 1 and ours[0].startswith(MARK) and "Planned from the next push." in ours[0]
    assert "| alpha.example | SPF, DKIM, DMARC, Odoo | passes |" in ours[0]
    assert "asks for: mail by Odoo; DMARC policy none; domain of Alpha." in ours[0]
    assert all(domain in ours[0] for domain in DOMAINS) and "+ odoo._domainkey.odoo.com" in ours[0]


def assert_nights_are_told(forge: Forge, commit: str) -> None:
    """A quiet one, two after somebody has removed a record, and one after it was put back."""
    world = forge.world
    zone = world.folder / "zones" / "gamma.example.zone"
    right = zone.read_text()
    if NIGHTLY:
        quiet, shown = forge.night(commit)
        assert quiet.state == SUCCESS, quiet.output
        assert "not_as_expected" not in shown
    zone.write_text("".join(line for line in right.splitlines(True) if "_domainkey" not in line))
    for state in ("new", "known") if NIGHTLY else ("first",):
        drift, shown = forge.night(commit)
        assert drift.state == (WARNING if isinstance(forge, OnGitLab) else FAILED), drift.output
        assert "gamma.example" in shown and ("not_as_expected" in shown or "not\\_as\\_expected" in shown)
        if isinstance(forge, OnGitHub):
            assert shown.startswith("open") and ("**error, new**" in shown) is (state == "new")
            assert len([one for one in forge.api.threads.values() if one.author == BOT]) == 1
    zone.write_text(right)
    well, shown = forge.night(commit)
    assert well.state == SUCCESS, well.output
    if isinstance(forge, OnGitHub):
        assert shown.startswith("closed")


def test_a_stranger_is_only_checked_and_runs_nothing(tmp_path: Path, ca: CertificateAuthority) -> None:
    """The inventory of a fork runs a command as soon as something templates it."""
    mark = tmp_path / "was-run"
    repository = Repository(tmp_path / "repository")
    text = f"""custom_domains:
  hosts:
    alpha.example:
      custom_domain_dns: {{provider: manual}}
      custom_domain_companies: ["{{{{ lookup('ansible.builtin.pipe', 'touch {mark}') }}}}"]
"""
    (tmp_path / "machine").mkdir()
    with GitHub(ca.issue("127.0.0.1"), (NUMBER,)) as api:
        environment = {"GH_HOST": f"127.0.0.1:{api.port}", "SSL_CERT_FILE": str(ca.ca_path)}
        forge = OnGitHub(None, repository, Machine(tmp_path / "machine", environment), {}, api=api)
        good = forge.proposed(repository.commit({"companies.yml": text}), fork=True)[0]
        slip = text.replace("manual", "cloudfare")
        bad = forge.proposed(repository.commit({"companies.yml": slip}), fork=True)[0]
    assert {name: job.state for name, job in good.items()} == {"check": SUCCESS, "plan": SKIPPED, "comment": SKIPPED}
    assert bad["check"].state == FAILED and "cloudfare" in bad["check"].output
    assert not mark.exists()


def test_what_the_form_does_not_show_is_found_without_a_secret_before_the_plan(
    tmp_path: Path, ca: CertificateAuthority
) -> None:
    text = """custom_domains:
  vars: {ansible_connection: local}
  hosts:
    alpha.example:
      custom_domain_dns: {provider: cloudflare, api_token: "{{ lookup('ansible.builtin.env', 'TOKEN') }}"}
      custom_domain_companies: ["{{ compnay }}"]
"""
    repository = Repository(tmp_path / "repository")
    commit = repository.commit({"companies.yml": text, **OnAwx.files})
    (tmp_path / "machine").mkdir()
    with GitHub(ca.issue("127.0.0.1"), (NUMBER,)) as api:
        machine = Machine(tmp_path / "machine", {"GH_HOST": f"127.0.0.1:{api.port}", "SSL_CERT_FILE": str(ca.ca_path)})
        jobs = {"github": OnGitHub(None, repository, machine, {}, api=api).proposed(commit)[0]["check"]}
        ours = pipeline_of("merge_request_event", CI_MERGE_REQUEST_SOURCE_PROJECT_ID="1")
        jobs["gitlab"] = OnGitLab(None, repository, machine, {}).ci.job("lint", commit, {}, ours)
        awx = OnAwx(None, repository, machine, {}, plans=str(tmp_path))
        jobs["awx"] = awx.lint(commit)
        assert awx.awx.after(awx.awx.first, "success") and not awx.awx.after(awx.awx.first, "failure")
    for place, job in jobs.items():
        told = " ".join(job.output.split())
        assert job.state == FAILED and "the variable compnay is undefined" in told, (place, told)


def test_no_job_of_gitlab_but_the_check_runs_for_a_fork() -> None:
    asked = {
        "fork": pipeline_of("merge_request_event", CI_MERGE_REQUEST_SOURCE_PROJECT_ID="2"),
        "ours": pipeline_of("merge_request_event", CI_MERGE_REQUEST_SOURCE_PROJECT_ID="1"),
        "push": pipeline_of("push"),
        "schedule": pipeline_of("schedule"),
    }
    jobs = {name: job for name, job in load(GITLAB).items() if isinstance(job, dict) and "script" in job}
    found = {event: [name for name, job in jobs.items() if rule(job, known)] for event, known in asked.items()}
    assert found == {
        "fork": ["check"],
        "ours": ["check", "lint", "plan"],
        "push": ["plan", "rollout"],
        "schedule": ["verify"],
    }
