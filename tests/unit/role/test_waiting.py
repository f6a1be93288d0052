# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""While a run waits for records, it says what is still missing, even if a module on another host checks them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.check import WaitProgress
from ansible_collections.postmaster.mail.plugins.plugin_utils import dns
from ansible_collections.postmaster.mail.plugins.plugin_utils.batch import Batch
from ansible_collections.postmaster.mail.plugins.plugin_utils.dns import Look
from ansible_collections.postmaster.mail.plugins.plugin_utils.host_plan import DnsPlace

from .test_gate import plan

MET = {"met": True, "msg": ""}
UNMET = {"met": False, "msg": "ns1 still shows the old record."}


class There:
    """Another host, whose modules return these answers, one per call."""

    def __init__(self, *answers: Mapping[str, Any]) -> None:
        self.calls: list[Mapping[str, Any]] = []
        self._answers = list(answers)

    def is_elsewhere(self, dummy: str) -> bool:
        return True

    def ended_with_us(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def run(self, dummy: str, options: Mapping[str, Any], *dummies: Any, **more: Any) -> Mapping[str, Any]:
        self.calls.append(options)
        return self._answers.pop(0)


def look(there: There, **timeouts: float) -> tuple[dict[str, Any], list[WaitProgress]]:
    said: list[WaitProgress] = []
    domains = [{"domain": f"{name}.example"} for name in timeouts]
    limits = {f"{name}.example": seconds for name, seconds in timeouts.items()}
    call = Look(DnsPlace("ns.example"), domains, timeouts=limits)
    answers = dns.look([call], there, said.append)  # type: ignore[arg-type]
    return dict(answers.domains), said


def test_a_module_on_another_host_waits_in_steps_and_reports_what_is_missing() -> None:
    there = There(
        {"domains": {"a.example": MET, "b.example": UNMET}},
        {"domains": {"b.example": UNMET}},
        {"domains": {"b.example": MET}},
    )
    answers, said = look(there, a=600.0, b=600.0)
    assert answers == {"a.example": MET, "b.example": MET}
    assert [[one["domain"] for one in call["domains"]] for call in there.calls] == [
        ["a.example", "b.example"],
        ["b.example"],
        ["b.example"],
    ]
    assert {call["wait"]["timeout"] for call in there.calls} == {30}
    assert [one.unmet for one in said] == [{"b.example": [UNMET["msg"]]}] * 2


def test_a_domain_whose_timeout_is_over_is_not_asked_again() -> None:
    there = There({"domains": {"a.example": UNMET, "b.example": UNMET}})
    answers, said = look(there, a=0.0, b=0.0)
    assert (answers["a.example"], len(there.calls), said) == (UNMET, 1, [])
    assert there.calls[0]["wait"]["timeout"] == 0


def test_a_module_that_fails_is_not_asked_again() -> None:
    answers, said = look(There({"msg": "no such host"}), a=600.0)
    assert (answers, said) == ({}, [])


def test_records_to_enter_are_shown_before_the_run_waits_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    one = plan(dns={"provider": "manual"}, odoo=None)
    share = {
        "changed": False,
        "failed": False,
        "msg": "",
        "warnings": [],
        "left_alone": [],
        "zones": [],
        "changes": [],
        "manual": {"records": [{"name": one.domain}], "zone_file": f"{one.domain}. TXT x\n"},
    }

    def publish(*given: Any) -> None:
        given[-1].domains[one.domain] = share

    monkeypatch.setattr(dns, "publish_records", publish)

    def waits(*dummy: Any) -> dns.Answers:
        said.append("waits")
        return dns.Answers()

    monkeypatch.setattr(dns, "look", waits)
    batch = Batch([one], None, said.append)  # type: ignore[arg-type]
    batch.roll_out()
    entered = next(index for index, text in enumerate(said) if "Enter these records" in text)
    assert entered < said.index("waits")
    assert "Enter these" not in "".join(batch.reports[one.host].to_do())
