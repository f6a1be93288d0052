# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All rules and checks in one place."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping

from . import delegation, dkim, dmarc, envelope, freemail, mta_sts, mx, names, one_of_a_kind, senders, spf, spf_lookups
from .finding import SEVERITIES, Finding, Rule, in_order
from .observation import Observation

Check = Callable[[Observation], Iterable[Finding]]

MOST_OF_A_CHECK = 50  # findings: a hostile zone could cause thousands

# The sections of docs/findings.md, in order
GROUPS: Mapping[str, tuple[Rule, ...]] = {
    "The domain and its servers": delegation.RULES,
    "Names": names.RULES,
    "SPF": (*spf.RULES, *spf_lookups.RULES),
    "DKIM": dkim.RULES,
    "DMARC": dmarc.RULES,
    "Mail exchangers": (*mx.RULES, *one_of_a_kind.RULES, *mta_sts.RULES),
    "Replies and bounces": envelope.RULES,
    "Senders": (*senders.RULES, *freemail.RULES),
}
RULES: Mapping[str, Rule] = {rule.code: rule for group in GROUPS.values() for rule in group}
CHECKS: tuple[Check, ...] = (
    *delegation.CHECKS, *names.CHECKS, *spf.CHECKS, *spf_lookups.CHECKS, *dkim.CHECKS, *dmarc.CHECKS, *mx.CHECKS,
    *one_of_a_kind.CHECKS, *envelope.CHECKS, *senders.CHECKS, *freemail.CHECKS,
)  # fmt: skip


def judge(observed: Observation) -> list[Finding]:
    """All findings about a domain, the worst first, limited in number for each check."""
    found = [finding for check in CHECKS for finding in itertools.islice(check(observed), MOST_OF_A_CHECK)]
    covered = {(code, finding.name) for finding in found for code in RULES[finding.code].covers}
    return in_order(finding for finding in found if (finding.code, finding.name) not in covered)


def counted(findings: Iterable[Finding]) -> dict[str, int]:
    """The number of findings of each severity."""
    severities = [finding.severity for finding in findings]
    return {severity: severities.count(severity) for severity in SEVERITIES}
