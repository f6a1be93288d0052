# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records, besides SPF and DMARC, of which two count as none: MTA-STS, TLS reports and BIMI."""

from __future__ import annotations

from collections.abc import Iterator

from .finding import WARNING, Finding, Rule, quoted
from .observation import Observation, TxtAnswer

# The names at which they are published
MTA_STS, TLS_REPORTS, BIMI = "_mta-sts", "_smtp._tls", "default._bimi"
_BEGINNINGS = {MTA_STS: b"v=STSv1", TLS_REPORTS: b"v=TLSRPTv1", BIMI: b"v=BIMI1"}

TWO_RECORDS = Rule(
    "policy_two_records",
    WARNING,
    "RFC 8461 3.1",
    "There is more than one MTA-STS, TLS report or BIMI record at the name. Whoever reads them acts as if there were "
    "none (for TLS reports: RFC 8460 3).",
    "Delete all but one; of several MTA-STS records, keep the one with the newest id.",
)

RULES = (TWO_RECORDS,)


def has_record(texts: TxtAnswer) -> bool:
    return bool(_records(texts))


def twice(observed: Observation) -> Iterator[Finding]:
    for texts in observed.policies:
        records = _records(texts)
        if len(records) > 1:
            yield TWO_RECORDS.at(texts.name, f"There are {len(records)} records: {' and '.join(map(quoted, records))}")


CHECKS = (twice,)


def records(observed: Observation) -> dict[str, list[bytes]]:
    """The records of each kind, by its common name; kinds that were not queried are left out."""
    titles = {MTA_STS: "mta_sts", TLS_REPORTS: "tls_reports", BIMI: "bimi"}
    return {
        title: _records(texts)
        for place, title in titles.items()
        for texts in observed.policies
        if texts.known and texts.name.startswith(f"{place}.")
    }


def _records(texts: TxtAnswer) -> list[bytes]:
    begins = next((begins for place, begins in _BEGINNINGS.items() if texts.name.startswith(f"{place}.")), None)
    return [value for value in texts.values if begins is not None and value.startswith(begins)]
