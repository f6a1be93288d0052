# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module domain_records as a user runs it: many domains, some of which cannot be done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module

HEAD = "$TTL 3600\n@ IN SOA ns1 hostmaster 1 7200 3600 1209600 3600\n@ IN NS ns1\nns1 IN A 192.0.2.53\n"
SPF = {"include": ["_spf.odoo.com"]}


@pytest.fixture
def account(tmp_path: Path) -> dict[str, Any]:
    for domain in ("one.example", "two.example"):
        (tmp_path / f"{domain}.zone").write_text(HEAD)
    return {"provider": "zone_file", "directory": str(tmp_path)}


def batch(account: dict[str, Any], *domains: dict[str, Any], check: bool = False) -> dict[str, Any]:
    options = {"dns": account, "domains": list(domains), "nameservers": ["192.0.2.53"]}
    return run_module("domain_records", options, check)


def test_a_domain_that_cannot_be_done_fails_alone_with_its_reason(account: dict[str, Any]) -> None:
    result = batch(
        account,
        {"domain": "one.example", "dmarc": {"policy": "none"}},
        {"domain": "unknown.example", "spf": SPF},
        {"domain": "odoo.com", "spf": SPF},
        {"domain": "two.example", "dmarc": {"policy": "none"}},
    )
    assert result["changed"] and result["failed_domains"] == ["unknown.example", "odoo.com"]
    assert "lies in no zone" in result["domains"]["unknown.example"]["msg"]
    assert "belongs to Odoo" in result["domains"]["odoo.com"]["msg"]
    assert "diff" in result["domains"]["two.example"] and "diff" not in result["domains"]["odoo.com"]


def test_a_domain_that_is_listed_twice_is_not_done_and_stops_no_other(account: dict[str, Any]) -> None:
    result = batch(
        account,
        {"domain": "one.example", "dmarc": {"policy": "none"}},
        {"domain": "One.Example.", "dmarc": {"policy": "reject"}},
        {"domain": "two.example", "dmarc": {"policy": "none"}},
    )
    assert result["failed_domains"] == ["one.example", "One.Example."]
    assert result["domains"]["two.example"]["changed"]


def test_one_read_and_one_write_for_each_zone_and_no_write_the_second_time(account: dict[str, Any]) -> None:
    domains = [{"domain": f"{name}.example", "dmarc": {"policy": "none"}} for name in ("one", "two")]
    assert batch(account, *domains, check=True)["api_calls"] == 2
    assert batch(account, *domains)["api_calls"] == 4
    again = batch(account, *domains)
    assert (again["changed"], again["api_calls"]) == (False, 2)
