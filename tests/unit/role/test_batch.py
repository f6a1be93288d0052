# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of each host of a run, depending on the answers of DNS and Odoo."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.plugin_utils import batch as batch_module
from ansible_collections.postmaster.mail.plugins.plugin_utils import dns, gate, odoo
from ansible_collections.postmaster.mail.plugins.plugin_utils.batch import Batch
from ansible_collections.postmaster.mail.plugins.plugin_utils.dns import Answers
from ansible_collections.postmaster.mail.plugins.plugin_utils.host_plan import DnsPlace, HostPlan
from ansible_collections.postmaster.mail.plugins.plugin_utils.parts import Parts, chosen
from ansible_collections.postmaster.mail.plugins.plugin_utils.report import (
    HostReport,
    finding,
    lines,
    odoo_diff,
    verified,
)

from .test_gate import plan

DOMAIN = "company-name.com"
DONE = {
    "changed": True,
    "failed": False,
    "msg": "",
    "diff": "+ x",
    "warnings": ["w"],
    "left_alone": [],
    "zones": [],
    "changes": [],
}
SHOWN: dict[str, Any] = {"mx": [], "mx_names": {}, "spf": [], "dkim": {}, "dmarc": [], "policies": {}}
SEEN = {
    **SHOWN,
    "dmarc_policy": {"policy": None, "domain": None},
    "met": True,
    "msg": "",
    "missing": [],
    "warnings": [],
    "left_alone": [],
    "findings": [],
}
UNSEEN = {**SEEN, "met": False, "msg": "It shows nothing.", "missing": ["SPF"]}
ENTRY = {
    "before_header": "alias domain x",
    "after_header": "alias domain x",
    "before": "a: 1\nb: 1\n",
    "after": "a: 2\nb: 1\n",
}
OWNER = {"changed": True, "failed": False, "msg": "", "warnings": [], "next_steps": [], "diff": [ENTRY]}


class Answering:
    """Stands in for DNS and Odoo: their answers, and what they were asked."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.published: Answers | dict[str, Any] = {DOMAIN: DONE}
        self.seen: Answers | dict[str, Any] = {DOMAIN: SEEN}
        self.owners: dict[str, Any] = {DOMAIN: OWNER}
        self.fault = ""
        self.configured: list[str] = []
        self.problems: dict[str, str] = {}
        self.asked: list[str] = []
        patch.setattr(dns, "publish_records", self._publish)
        patch.setattr(odoo.Database, "problems", lambda dummy: self.problems)
        patch.setattr(dns, "look", lambda *dummy: _answers(self.seen))

        def configure(database: odoo.Database, admitted: list[HostPlan], check_mode: bool) -> None:
            self._configure(database, admitted, check_mode)

        patch.setattr(odoo.Database, "configure", configure)

    def _publish(self, plans: list[HostPlan], *more: Any) -> None:
        self.asked = [one.host for one in plans]
        more[-1].add(_answers(self.published))

    def _configure(self, database: odoo.Database, admitted: list[HostPlan], check_mode: bool) -> None:
        self.configured += [one.host for one in admitted]
        database.owners.update(self.owners)
        database.fault = self.fault

    def run(self, *plans: HostPlan, parts: Parts | None = None, check_mode: bool = False) -> HostReport:
        """A rollout; returns the report of the first host."""
        run = Batch(list(plans), None, lambda dummy: None, parts or Parts(), check_mode)  # type: ignore[arg-type]
        run.roll_out()
        return run.reports[plans[0].host]


def _answers(answers: Answers | dict[str, Any]) -> Answers:
    return answers if isinstance(answers, Answers) else Answers(dict(answers))


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Answering:
    return Answering(monkeypatch)


@pytest.fixture
def wanted() -> HostPlan:
    return plan(gate="ignore")


class TestDns:
    def test_a_host_gets_its_own_change_and_diff(self, answering: Answering, wanted: HostPlan) -> None:
        result = answering.run(wanted).result()
        assert (result["dns"]["changed"], result["dns"]["diff"], result["failed"]) == (True, "+ x", False)
        assert "w" in result["warnings"]

    def test_a_failure_of_a_dns_server_only_fails_its_own_hosts(self, answering: Answering) -> None:
        wanted = plan(run_on="ns1", gate="ignore")
        other = dataclasses.replace(plan(gate="ignore"), host="other.example", domain="other.example")
        answering.published = Answers({"other.example": DONE}, {DnsPlace("ns1"): "The server is down."})
        answering.seen = {DOMAIN: SEEN, "other.example": SEEN}
        told = answering.run(wanted, other)
        assert told.failures == ["ns1 could not check any of its domains. The server is down."]
        assert answering.configured == ["other.example"]

    def test_missing_records_fail_the_host_and_nothing_is_changed_in_odoo(
        self, answering: Answering, wanted: HostPlan
    ) -> None:
        answering.seen = {DOMAIN: UNSEEN}
        told = answering.run(wanted)
        (failure,) = told.failures
        assert failure.startswith("It shows nothing. Nothing was changed in Odoo for it. Run again once")
        assert (told.result()["dns"]["missing"], answering.configured) == (["SPF"], [])
        assert [one["code"] for one in told.findings] == ["not_as_expected"]

    def test_check_mode_does_not_wait_for_records(self, answering: Answering, wanted: HostPlan) -> None:
        answering.seen = {DOMAIN: UNSEEN}
        assert answering.run(wanted, check_mode=True).failures == []

    def test_a_host_without_records_does_not_wait(self, answering: Answering) -> None:
        answering.seen = {DOMAIN: UNSEEN}
        assert answering.run(plan(senders=[], gate="ignore")).failures == []

    def test_a_failed_lookup_is_reported_with_the_reason(self, answering: Answering, wanted: HostPlan) -> None:
        answering.seen = Answers({}, {DnsPlace(): "The nameserver is none."})
        (failure,) = answering.run(wanted).failures
        assert "It is not known whether the records of" in failure and "The nameserver is none." in failure


class TestOdoo:
    def test_a_change_only_in_odoo_is_reported_as_changed(self, answering: Answering, wanted: HostPlan) -> None:
        answering.published = {DOMAIN: {**DONE, "changed": False, "diff": ""}}
        told = answering.run(wanted)
        assert (told.result()["changed"], told.odoo.changed) == (True, True)
        assert told.diffs() == [{"prepared": "\nalias domain x\n- a: 1\n+ a: 2\n  b: 1\n"}]

    def test_a_failure_of_odoo_fails_every_host(self, answering: Answering, wanted: HostPlan) -> None:
        answering.owners, answering.fault = {}, "Odoo refused the login."
        (failure,) = answering.run(wanted).failures
        assert failure == "Nothing was done in Odoo, for any domain. Odoo refused the login."

    def test_a_problem_in_odoo_is_found_before_dns_is_published(self, answering: Answering) -> None:
        other = dataclasses.replace(plan(gate="ignore"), host="other.example", domain="other.example")
        answering.published, answering.seen = {"other.example": DONE}, {"other.example": SEEN}
        answering.problems = {DOMAIN: "Odoo has no company 'Gama'."}
        told = answering.run(plan(gate="ignore"), other)
        assert told.failures == [
            f"Odoo has no company 'Gama'. Nothing was changed for {DOMAIN}, neither in DNS nor in Odoo."
        ]
        assert answering.asked == answering.configured == ["other.example"]
        # Odoo is not asked if only DNS is done
        answering.published = {DOMAIN: DONE, "other.example": DONE}
        assert answering.run(plan(gate="ignore"), other, parts=Parts(odoo=False, look=False)).failures == []

    @pytest.mark.parametrize(
        ("variables", "reason"),
        [
            ({"senders": [{"spf": {"ip4": ["192.0.2.1"]}, "name": "x", "return_path": "a b"}]}, "a b"),
            ({"partners": ["mary@not a name"]}, "not a name"),
            ({"records": [{"name": DOMAIN, "type": "MX", "value": "nonsense"}]}, "nonsense"),
        ],
    )
    def test_input_that_a_later_step_would_refuse_is_found_before_anything_is_published(
        self, answering: Answering, variables: dict[str, Any], reason: str
    ) -> None:
        for check_mode in (False, True):
            (failure,) = answering.run(plan(gate="ignore", **variables), check_mode=check_mode).failures
            assert reason in failure and failure.endswith("neither in DNS nor in Odoo."), failure
        assert answering.asked == []

    def test_for_a_host_without_odoo_only_dns_is_done(self, answering: Answering) -> None:
        assert answering.run(plan(odoo=None)).failures == []
        assert answering.configured == []


class TestParts:
    @pytest.mark.parametrize(
        ("tags", "only", "skipped", "expected"),
        [
            ([], [], [], "dns look odoo waits"),
            ([], ["dns"], [], "dns waits"),
            ([], ["verify"], [], "look waits"),
            ([], ["odoo"], [], "look odoo waits"),
            ([], [], ["verify"], "dns look odoo"),
            ([], [], ["odoo"], "dns waits"),
            ([], [], ["dns"], "look odoo waits"),
            ([], ["other"], [], "waits"),
            (["mail"], ["mail"], [], "dns look odoo waits"),
            (["dns"], ["dns"], [], "dns waits"),
            (["mail", "dns"], ["dns"], [], "dns waits"),
            (["always"], ["other"], [], "dns look odoo waits"),
            (["never"], [], [], "waits"),
        ],
    )
    def test_tags_select_the_parts(self, tags: list[str], only: list[str], skipped: list[str], expected: str) -> None:
        parts = dataclasses.asdict(chosen(tags, only, skipped))
        assert " ".join(name for name, is_chosen in parts.items() if is_chosen) == expected

    def test_in_verify_the_tag_verify_selects_everything(self) -> None:
        found = chosen([], ["verify"], [], everywhere=True)
        assert found.dns and found.odoo
        assert not chosen([], ["dns"], [], everywhere=True).odoo

    def test_a_part_that_is_not_selected_is_not_done(self, answering: Answering, wanted: HostPlan) -> None:
        told = answering.run(wanted, parts=Parts(dns=True, look=False, odoo=False))
        assert (told.dns.changed, told.odoo.changed, answering.configured) == (True, False, [])


class TestVerify:
    def test_a_domain_without_findings_is_reported_as_such(self) -> None:
        told = HostReport(DOMAIN, DOMAIN)
        assert lines(told) == ["", f"{DOMAIN}: nothing is wrong"]
        verified(told, "info")
        assert told.failures == [] and not told.has_failed

    @pytest.mark.parametrize("code", ["domain_not_known", "domain_not_delegated", "domain_invalid"])
    def test_a_domain_that_cannot_be_checked_has_only_that_finding(self, code: str) -> None:
        one = {"code": code, "severity": "error", "rfc": "", "name": DOMAIN, "found": "Nobody answers.", "cure": "Ask."}
        shown = {**UNSEEN, "msg": "Nobody answers.", "findings": [one]}
        found = batch_module._dns_findings(plan(), Answers({DOMAIN: shown}))
        assert [entry["code"] for entry in found] == [code]

    @pytest.mark.parametrize(("severity", "fails"), [("error", False), ("warning", True), ("info", True)])
    def test_the_severity_decides_whether_a_host_fails(self, severity: str, fails: bool) -> None:
        told = HostReport(DOMAIN, DOMAIN, findings=[finding("x", "warning", DOMAIN, DOMAIN, "Found.")])
        verified(told, severity)
        assert told.has_failed is fails


@pytest.mark.parametrize(
    ("seen", "failures"),
    [
        (["a half", "the whole"], []),
        (["a half", "a half"], ["Its mail would fail."]),
        (["a half", "another", "a third", "a fourth", "the whole"], ["Its mail would fail."]),
    ],
)
def test_a_blocked_host_is_checked_again_while_another_run_changes_odoo(
    monkeypatch: pytest.MonkeyPatch, answering: Answering, seen: list[str], failures: list[str]
) -> None:
    looks = iter(seen)

    def look_ahead(database: odoo.Database, dummy: object) -> None:
        database.routes = database.routes_now = [next(looks)]  # type: ignore[list-item]

    def decide(database: odoo.Database, *dummy: object) -> dict[str, gate.Decision]:
        whole = list[object](database.routes or ()) == ["the whole"]
        return {DOMAIN: gate.Decision() if whole else gate.Decision(True, "Its mail would fail.")}

    monkeypatch.setattr(odoo, "_MOMENT", 0.0)
    monkeypatch.setattr(odoo.Database, "look_ahead", look_ahead)
    monkeypatch.setattr(gate, "decide", decide)
    for name in ("others", "subdomains"):
        monkeypatch.setattr(gate, name, lambda *dummy: {})
    told = answering.run(plan())
    assert (told.failures, answering.configured) == (failures, [] if failures else [DOMAIN])
    assert len(list(looks)) == max(0, len(seen) - 4)


def test_a_diff_of_odoo_looks_like_one_of_dns() -> None:
    assert odoo_diff([ENTRY]) == "alias domain x\n- a: 1\n+ a: 2\n  b: 1"
