# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Only approved changes are written."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.intents import build
from ansible_collections.postmaster.mail.plugins.module_utils.zone.approval import unapproved
from ansible_collections.postmaster.mail.plugins.module_utils.zone.engine import DomainResult, Request, run
from ansible_collections.postmaster.mail.tests.support.memory import Memory, name

FOREIGN = 'company-name.com 300 TXT "google-site-verification=abc"\n'
ODOO: dict[str, Any] = {
    "domain": "company-name.com",
    "spf": {"include": ["_spf.odoo.com"]},
    "dmarc": {"policy": "none"},
}


def asked(provider: Memory, item: dict[str, Any], approved: Any) -> Request:
    refuse = functools.partial(unapproved, approved=approved) if approved is not None else None
    return Request(name(item["domain"]), provider, tuple(build.domain_intents(item)), refuse=refuse)


def work(provider: Memory, item: dict[str, Any], approved: Any = None, check_mode: bool = False) -> DomainResult:
    request = asked(provider, item, approved)
    return run([request], check_mode=check_mode)[request.domain]


def planned(provider: Memory, item: dict[str, Any]) -> list[dict[str, Any]]:
    return [change.as_data() for change in work(provider, item, check_mode=True).changes]


def test_approved_changes_are_written_once_with_one_read() -> None:
    provider = Memory({"company-name.com": FOREIGN})
    approved = planned(provider, ODOO)
    provider.reads.clear()
    assert work(provider, ODOO, approved).error is None
    assert (provider.reads, provider.writes) == (["company-name.com"], ["company-name.com"])
    again = work(provider, ODOO, approved)
    assert (again.error, again.changed, len(provider.writes)) == (None, False, 1)


def test_an_approved_change_that_is_there_already_is_no_error() -> None:
    provider = Memory({"company-name.com": ""})
    approved = planned(provider, ODOO)
    other = Memory({"company-name.com": '_dmarc.company-name.com 3600 TXT "v=DMARC1; p=none"\n'})
    assert work(other, ODOO, approved).error is None
    assert len(other.writes) == 1


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (
            'company-name.com 300 TXT "v=spf1 mx -all"\n' + FOREIGN,
            "The plan is stale: when it was made, company-name.com TXT was google-site-verification=abc (TTL 300), "
            "and it is google-site-verification=abc, v=spf1 mx -all (TTL 300) now.",
        ),
        (
            FOREIGN.replace("300", "60"),
            "The plan is stale: when it was made, company-name.com TXT was google-site-verification=abc (TTL 300), "
            "and it is google-site-verification=abc (TTL 60) now.",
        ),
    ],
    ids=["another value", "another TTL"],
)
def test_a_set_that_has_changed_since_the_plan_is_not_written(now: str, reason: str) -> None:
    approved = planned(Memory({"company-name.com": FOREIGN}), ODOO)
    provider = Memory({"company-name.com": now})
    for check_mode in (True, False):
        result = work(provider, ODOO, approved, check_mode)
        assert (result.error or "").startswith(f"company-name.com: {reason}")
        assert (result.changed, provider.writes) == (False, [])


KEY = {"name": "abc._domainkey.company-name.com", "type": "CNAME", "value": "abc.dkim.example"}
CODE = {"name": "company-name.com", "type": "TXT", "value": "service-code=1"}
MORE = [{"name": one["name"], "type": one["type"], "more": True} for one in (KEY, CODE)]


def test_a_set_marked_with_more_may_get_additional_values_but_loses_none() -> None:
    provider = Memory({"company-name.com": FOREIGN})
    spf, dmarc = sorted(planned(provider, ODOO), key=lambda one: one["name"], reverse=True)[::-1]
    approved = [{**one, "more": one["name"] == "company-name.com"} for one in (spf, dmarc)] + MORE[:1]
    assert work(provider, {**ODOO, "records": [KEY, CODE]}, approved).error is None
    assert len(provider.writes) == 1
    alone = Memory({"company-name.com": FOREIGN})
    wanted = {"domain": "company-name.com", "records": [KEY, CODE]}
    assert work(alone, wanted, MORE).error is None
    lost = {
        "domain": "company-name.com",
        "records": [{**CODE, "value": "google-site-verification=abc", "state": "absent"}],
    }
    assert "The plan says that company-name.com TXT becomes" in (work(alone, lost, MORE).error or "")
    other = Memory({"company-name.com": FOREIGN + 'company-name.com 300 TXT "other"\n'})
    assert "The plan is stale" in (work(other, {**ODOO, "records": [KEY, CODE]}, approved).error or "")


def test_a_change_that_the_plan_does_not_contain_is_not_written() -> None:
    provider = Memory({"company-name.com": ""})
    approved = planned(provider, {"domain": "company-name.com", "spf": ODOO["spf"]})
    result = work(provider, ODOO, approved)
    assert "The plan does not contain the change of _dmarc.company-name.com TXT" in (result.error or "")
    assert provider.writes == []


def test_a_value_that_differs_from_the_approved_one_is_not_written() -> None:
    provider = Memory({"company-name.com": ""})
    approved = planned(provider, ODOO)
    result = work(provider, {**ODOO, "dmarc": {"policy": "reject"}}, approved)
    assert "becomes v=DMARC1; p=none (TTL 3600), and it would become v=DMARC1; p=reject (TTL 3600)." in (
        result.error or ""
    )
    assert provider.writes == []


def test_a_domain_that_is_refused_stops_no_other_in_its_zone() -> None:
    provider = Memory({"company-name.com": ""})
    items = [ODOO, {**ODOO, "domain": "eu.company-name.com"}]
    approvals: list[Any] = [[], planned(provider, items[1])]
    requests = [asked(provider, item, approved) for item, approved in zip(items, approvals)]
    results = run(requests)
    assert results[name("company-name.com")].error and not results[name("company-name.com")].changed
    assert results[name("eu.company-name.com")].changed and results[name("eu.company-name.com")].error is None
    assert {line.split()[0] for line in provider.text("company-name.com")} == {
        "eu.company-name.com",
        "_dmarc.eu.company-name.com",
    }
