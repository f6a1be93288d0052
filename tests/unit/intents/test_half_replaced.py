# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A value beside its replacement: what an interrupted run leaves where the API cannot replace in one call."""

from __future__ import annotations

from typing import Any

import pytest

from .test_records import DOMAIN, KEY, ensured, values, zone

SPF_OLD, SPF_NEW = "v=spf1 include:_spf.google.com ~all", "v=spf1 include:_spf.odoo.com include:_spf.google.com ~all"
DMARC_OLD = "v=DMARC1; p=none; rua=mailto:d@company-name.com"
DMARC_NEW = "v=DMARC1; p=quarantine; rua=mailto:d@company-name.com"
SPF: dict[str, Any] = {"spf": {"include": ["_spf.odoo.com"]}}
DMARC: dict[str, Any] = {"dmarc": {"policy": "quarantine"}}


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("owner", "old", "new", "desired"),
    [
        (DOMAIN, SPF_OLD, SPF_NEW, SPF),
        (
            DOMAIN,
            SPF_OLD,
            "v=spf1 include:_spf.odoo.com ~all",
            {"spf": {**SPF["spf"], "all": "softfail", "exact": True}},
        ),
        (DOMAIN, SPF_NEW, SPF_OLD, {"spf": {**SPF["spf"], "state": "absent"}}),
        (f"_dmarc.{DOMAIN}", DMARC_OLD, DMARC_NEW, DMARC),
        (
            f"s1._domainkey.{DOMAIN}",
            f"v=DKIM1; k=rsa; p={KEY}",
            f"v=DKIM1; k=rsa; t=y; p={KEY}",
            {"dkim": [{"selector": "s1", "public_key": KEY, "flags": ["y"]}]},
        ),
    ],
)
def test_the_next_run_finishes_the_replacement_and_says_so(
    owner: str, old: str, new: str, desired: dict[str, Any], turned: bool
) -> None:
    alone = zone(owner, old, "of others")
    assert ensured(alone, **desired).error is None
    assert sorted(values(alone)) == sorted([new, "of others"]), "the result of an uninterrupted run"
    there = [old, "of others", new]
    memory = zone(owner, *(reversed(there) if turned else there))
    result = ensured(memory, **desired)
    assert (result.error, sorted(values(memory))) == (None, sorted([new, "of others"]))
    assert [f'"{old}" is there beside what replaces it' in text for text in result.notes.warnings].count(True) == 1
    again = ensured(memory, **desired)
    assert (again.changed, [text for text in again.notes.warnings if "replaces" in text]) == (False, [])


@pytest.mark.parametrize(
    ("owner", "there", "desired"),
    [
        (DOMAIN, ["v=spf1 include:_spf.example.net ~all", SPF_NEW], SPF),
        (DOMAIN, [SPF_OLD, SPF_NEW, "v=spf1 mx -all"], SPF),
        (f"_dmarc.{DOMAIN}", ["v=DMARC1; p=reject", DMARC_NEW], DMARC),
        (f"_dmarc.{DOMAIN}", [DMARC_OLD, "v=DMARC1; p=quarantine"], DMARC),
    ],
)
def test_two_records_that_are_no_half_done_replacement_are_refused(
    owner: str, there: list[str], desired: dict[str, Any]
) -> None:
    memory = zone(owner, *there)
    result = ensured(memory, **desired)
    assert f"has {len(there)} " in str(result.error)
    assert (result.changed, sorted(values(memory))) == (False, sorted(there))
