# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accepted findings: which, until when, and what is refused."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.registry import RULES
from ansible_collections.postmaster.mail.plugins.plugin_utils.accepted import (
    ROLE_CODES,
    Acceptance,
    read_accepted,
)
from ansible_collections.postmaster.mail.plugins.plugin_utils.report import (
    HostReport,
    finding,
    lines,
    not_found,
    verified,
)
from ansible_collections.postmaster.mail.plugins.plugin_utils.sender import Refused

PLUGINS = Path(__file__).parents[3] / "plugins"
DOMAIN = "company-name.com"
UNUSED = {"code": "sender_not_used", "subject": DOMAIN, "reason": "Sales answers from Google.", "until": "2027-01-31"}


def told(*accepted: Acceptance) -> HostReport:
    found = [
        finding("sender_not_used", "error", DOMAIN, f"{DOMAIN}.", "Google may send.", "Remove it."),
        finding("spf_long", "info", DOMAIN, DOMAIN, "It is long.", "Shorten it."),
        finding("sender_not_used", "info", DOMAIN, "other.example", "Others may send.", "Remove it."),
    ]
    report = HostReport(DOMAIN, DOMAIN, accepted=accepted, findings=found)
    report.settle()
    return report


def refusal(**values: Any) -> str:
    with pytest.raises(Refused) as refused:
        read_accepted([{**UNUSED, **values}])
    return str(refused.value)


def test_an_accepted_finding_stays_in_the_report_but_fails_no_host() -> None:
    report = told(*read_accepted([UNUSED]))
    verified(report, "error")
    assert not report.has_failed
    assert report.counts == {"error": 0, "warning": 0, "info": 2}
    assert [(one["code"], one["subject"], one["accepted"], one["reason"]) for one in report.result()["findings"]] == [
        ("spf_long", DOMAIN, False, ""),
        ("sender_not_used", "other.example", False, ""),
        ("sender_not_used", f"{DOMAIN}.", True, "Sales answers from Google."),
    ]
    shown = lines(report)
    assert shown[1] == f"{DOMAIN}: 2 hints, 1 accepted"
    assert shown[-3:] == [
        f"  ACCEPTED sender_not_used ({DOMAIN}.)",
        "    Google may send.",
        "    Accepted until 2027-01-31: Sales answers from Google.",
    ]


def test_a_finding_that_is_not_accepted_fails_the_host() -> None:
    report = told()
    verified(report, "error")
    assert report.has_failed and report.result()["msg"] == f"{DOMAIN}: 1 error."


@pytest.mark.parametrize(
    ("until", "day", "holds"),
    [
        ("2027-01-31", datetime.date(2027, 1, 31), True),
        ("2027-01-31", datetime.date(2027, 2, 1), False),
        ("", datetime.date(9999, 1, 1), True),
    ],
)
def test_an_acceptance_is_valid_until_the_end_of_the_day(until: str, day: datetime.date, holds: bool) -> None:
    (one,) = read_accepted([{**UNUSED, "until": until}])
    assert one.holds(day) is holds


@pytest.mark.parametrize(
    ("until", "near"),
    [
        ("2027-02-30", "Write 2027-02-28."),
        ("31.01.2027", "Write 2027-01-31."),
        ("2027-1-5", "Write 2027-01-05."),
        ("2027/13/01", "Write 2027-12-01."),
        ("0000-01-01", "Write a day such as 2027-01-31."),
        ("next year", "Write a day such as 2027-01-31."),
        ("2027-01-31 00:00:00", "Write 2027-01-31."),
    ],
)
def test_an_invalid_date_is_refused_with_the_nearest(until: str, near: str) -> None:
    assert refusal(until=until).endswith(near)


def test_an_unknown_code_is_refused_with_the_nearest() -> None:
    assert refusal(code="sender_unused").endswith("The nearest is sender_not_used.")
    assert refusal(code="not_expected").endswith("The nearest is not_as_expected.")


@pytest.mark.parametrize("option", ["subject", "reason"])
def test_an_acceptance_needs_a_subject_and_a_reason(option: str) -> None:
    assert f"the {option} of sender_not_used is empty" in refusal(**{option: " "})


def test_each_code_that_the_role_reports_can_be_accepted() -> None:
    rooms = [*(PLUGINS / "plugin_utils").glob("*.py"), *(PLUGINS / "module_utils" / "preflight").glob("*.py")]
    text = "".join(path.read_text("utf-8") for path in rooms)
    given = set(re.findall(r'(?:RouteVerdict|[^_]finding)\(\s*"(\w+)"', text))
    given |= set(re.findall(r'^(?:NOT_\w+|MAIL_GETS_WORSE) = "(\w+)"', text, re.MULTILINE))
    assert given - {*RULES} == set(ROLE_CODES)


def test_an_acceptance_without_its_finding_is_a_hint_unless_something_was_not_checked() -> None:
    (kept, stale) = read_accepted([UNUSED, {**UNUSED, "subject": "old.example"}])
    report = told(kept, stale)
    (hint,) = not_found(report)
    assert (hint["code"], hint["severity"], hint["subject"]) == ("accepted_not_found", "info", "old.example")
    assert "sender_not_used of old.example" in hint["found"]
    report.findings.append(finding("odoo_not_read", "error", DOMAIN, DOMAIN, "Odoo is down."))
    assert not_found(report) == []
