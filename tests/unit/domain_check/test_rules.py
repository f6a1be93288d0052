# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every rule is complete, and the page of the findings is up to date."""

from __future__ import annotations

import re

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.finding import SEVERITIES
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.registry import GROUPS, RULES
from ansible_collections.postmaster.mail.tests.tools import document_findings


def test_the_page_of_the_findings_is_up_to_date() -> None:
    written = document_findings.PAGE.read_text("utf-8")

    assert written == document_findings.page(), "run python tests/tools/document_findings.py"


def test_no_two_rules_have_the_same_code() -> None:
    assert len(RULES) == sum(map(len, GROUPS.values()))


def test_every_rule_has_a_code_a_severity_an_rfc_section_a_cause_and_a_cure() -> None:
    for rule in RULES.values():
        assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)+", rule.code)
        assert rule.severity in SEVERITIES
        assert re.fullmatch(r"RFC [0-9]+ [0-9]+(\.[0-9]+)*", rule.rfc)
        assert rule.cause.endswith(".")
        assert rule.cure.endswith(".")
        assert not rule.or_else or rule.or_else.split()[0] in SEVERITIES
        assert set(rule.covers) <= set(RULES)
