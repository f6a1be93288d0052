# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many calls a zone of four record sets takes, at every provider with an API, by the count of whoever answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.postmaster.mail.tests.benchmarks.bench_calls import calls_of, ours
from ansible_collections.postmaster.mail.tests.benchmarks.vendors import VENDORS, Vendor
from ansible_collections.postmaster.mail.tests.benchmarks.workload import ZONE, is_new, old

# When nothing changes, and when all four change. Cloudflare, OVH, GoDaddy, Namecheap and PowerDNS have no guard against
# another writer: they are read again right before the write (OVH always was), and once at the end of the run. DNS is
# read right after the write, as it answers with success to what it leaves out. It and PowerDNS are asked whether _dmarc
# and _domainkey are zones of their own, which would hide what is written: on one server, the zone above does not tell.
TABLE = {
    "Cloudflare": ("2", "5"),
    "Route 53": ("2", "3"),
    "Google Cloud DNS": ("2 + token", "3 + token"),
    "Azure DNS": ("1 + token", "5 + token"),
    "OVH": ("1", "13"),
    "GoDaddy, key": ("1", "7"),
    "GoDaddy, token": ("1", "13"),
    "Namecheap": ("1", "4"),
    "PowerDNS": ("1", "6"),
    "RFC 2136, BIND": ("1", "5"),
}


@pytest.mark.parametrize(
    "vendor", [vendor for vendor in VENDORS if not vendor.rehearsed], ids=lambda vendor: vendor.title
)
def test_a_zone_takes_as_few_calls_as_its_api_allows(vendor: Vendor, tmp_path: Path) -> None:
    with vendor.account(tmp_path) as account:
        account.backend.put_zone(ZONE, old(ZONE))
        act = ours(account, tmp_path)
        changed = calls_of(account, act)
        assert is_new(account.backend, ZONE)
        nothing = calls_of(account, act)
    assert (nothing, changed) == TABLE[vendor.title]
