# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The public test suite of RFC 7208, case by case."""

from __future__ import annotations

from ansible_collections.postmaster.mail.plugins.module_utils.receiver import spf
from ansible_collections.postmaster.mail.tests.support import spf_suite

DEFAULT = (None, "DEFAULT")  # in the suite: the domain has no explanation


def test_every_case_of_the_public_suite_has_one_of_its_allowed_results() -> None:
    cases = spf_suite.cases()
    wrong = []
    for case in cases:
        found = spf.check_sender(case.ip, case.mail_from, case.helo, spf_suite.resolver(case))
        if found.result not in case.results:
            wrong.append((case.scenario, case.name, found.result, case.results, found.reason))
        elif case.explanation is not None and found.explanation not in (
            DEFAULT if case.explanation in DEFAULT else (case.explanation,)
        ):
            wrong.append((case.scenario, case.name, str(found.explanation), (case.explanation,), found.reason))
    assert len(cases) == 203
    assert wrong == []
