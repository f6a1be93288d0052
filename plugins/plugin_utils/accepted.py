# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings that are accepted with a reason. They do not affect the gate, which judges mail, not findings."""

from __future__ import annotations

import calendar
import datetime
import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.registry import RULES

from .sender import Refused

# in addition to those of domain_info: mail routes, and other findings of the role
ROLE_CODES = (
    "not_authenticated", "not_aligned", "foreign_server", "not_known", "mail_gets_worse", "not_sendable",
    "nothing_leaves", "sender_without_route", "partner_rejected", "partner_sent_as_is", "partner_not_known",
    "not_looked_at", "odoo_conf_differs", "not_as_expected", "odoo_not_read", "no_message", "message_failed",
    "accepted_not_found",
    "service_not_read", "service_not_registered", "service_pending", "service_failed", "service_setting",
    "service_differs", "service_name_taken",
)  # fmt: skip
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Acceptance:
    """``until``: the last day on which it applies; empty for ever."""

    code: str
    subject: str
    reason: str
    until: str = ""

    def holds(self, today: datetime.date) -> bool:
        return not self.until or today.isoformat() <= self.until

    def covers(self, finding: Mapping[str, Any]) -> bool:
        named = str(finding["subject"]).strip().rstrip(".").lower()
        return bool(finding["code"] == self.code and named == self.subject.strip().rstrip(".").lower())


def read_accepted(listed: Iterable[Mapping[str, Any]] | None) -> tuple[Acceptance, ...]:
    """Raises Refused for an unknown code, a missing reason, or an impossible date."""
    return tuple(_read(one) for one in listed or ())


def mark(findings: Iterable[dict[str, Any]], accepted: Sequence[Acceptance]) -> None:
    """Mark each finding as accepted or not, with the reason."""
    for finding in findings:
        one = next((one for one in accepted if one.covers(finding)), None)
        finding["accepted"] = one is not None
        finding["reason"] = one.reason if one is not None else ""
        finding["until"] = one.until if one is not None else ""


def _read(given: Mapping[str, Any]) -> Acceptance:
    code, until = str(given["code"]).strip(), str(given.get("until") or "").strip()
    known = [*RULES, *ROLE_CODES]
    if code not in known:
        near = difflib.get_close_matches(code, known, n=1, cutoff=0.0)[0]
        raise Refused(f"custom_domain_accepted: no finding has the code {code!r}. The nearest is {near}.")
    for option in ("subject", "reason"):
        if not str(given[option]).strip():
            raise Refused(
                f"custom_domain_accepted: the {option} of {code} is empty. Copy it, or describe it in a sentence."
            )
    if until and not _is_day(until):
        raise Refused(
            f"custom_domain_accepted: until of {code} is {until!r}, which is not a date. Write {_near_day(until)}."
        )
    return Acceptance(code, str(given["subject"]), str(given["reason"]), until)


def _is_day(text: str) -> bool:
    if not _DAY.fullmatch(text):
        return False
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _near_day(text: str) -> str:
    """The date that may be meant, in whichever order it is written."""
    numbers = [int(number) for number in re.findall(r"\d{1,4}", text)[:3]]
    if len(numbers) == 3 and numbers[2] >= 1000:
        numbers.reverse()
    if len(numbers) != 3 or numbers[0] < 1000:
        return "a day such as 2027-01-31"
    year, month, day = numbers[0], min(max(numbers[1], 1), 12), max(numbers[2], 1)
    return datetime.date(year, month, min(day, calendar.monthrange(year, month)[1])).isoformat()
