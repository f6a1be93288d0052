# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mail records of a domain, as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..records import dmarc, spf
from ..zone.rdata import to_display, txt
from .findings import one_of_a_kind
from .findings.finding import SEVERITIES, Finding
from .findings.observation import Observation, ObservedSelector
from .findings.registry import counted
from .sender_verdicts import policy, sender_verdicts


def report(observed: Observation, findings: Iterable[Finding]) -> dict[str, Any]:
    """SPF, DMARC, MX and selectors of a domain, and its findings."""
    found = list(findings)
    exchanges = sorted((exchange.preference, exchange.host or ".") for exchange in observed.exchanges)
    return {
        "spf": _displayed(value for value in observed.texts.values if spf.is_spf(value)),
        "dmarc": _displayed(value for value in observed.dmarc.values if dmarc.is_dmarc(value)),
        "mx": [{"preference": preference, "host": host} for preference, host in exchanges],
        "dkim": {selector.selector: _selector(selector) for selector in observed.selectors if _is_reported(selector)},
        "policies": {kind: _displayed(values) for kind, values in one_of_a_kind.records(observed).items()},
        "mx_names": {one.address: one.name for exchange in observed.exchanges for one in exchange.reverse},
        "exists": observed.texts.exists if observed.texts.known else None,
        "dmarc_policy": policy(observed),
        "senders": sender_verdicts(observed),
        "findings": [finding.as_dict() for finding in found],
        "finding_counts": counted(found),
    }


def total(domains: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    """The number of findings of each severity in the reports of all domains."""
    return {severity: sum(one["finding_counts"][severity] for one in domains.values()) for severity in SEVERITIES}


def _selector(selector: ObservedSelector) -> dict[str, Any]:
    texts = selector.texts
    return {"cname": texts.aliases[0] if texts.aliases else None, "txt": _displayed(texts.values)}


def _is_reported(selector: ObservedSelector) -> bool:
    """Of probed selectors, only those at which there is something."""
    return not selector.probed or bool(selector.texts.values or selector.texts.aliases)


def _displayed(values: Iterable[bytes]) -> list[str]:
    return sorted(to_display(txt(value)) for value in values)
