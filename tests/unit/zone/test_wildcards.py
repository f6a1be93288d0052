# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The warning about a wildcard whose answers the provider computes, so there is no value to show."""

from __future__ import annotations

import dns.name
import dns.rdatatype
import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.zone import rdata, wildcards
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Draft, RecordSet, Snapshot, Zone
from ansible_collections.postmaster.mail.plugins.module_utils.zone.plan import plan

APEX = dns.name.from_text("company-name.com")


@pytest.mark.parametrize(
    ("rdtype", "locked", "shown"),
    [
        (1, "an alias record of Route 53", "A (an alias record of Route 53)"),
        (65401, "of PowerDNS's own type ALIAS", "a record of PowerDNS's own type ALIAS"),
    ],
)
def test_a_computed_wildcard_leads_to_the_same_warning(rdtype: int, locked: str, shown: str) -> None:
    wildcard = RecordSet(dns.name.from_text("*", APEX), dns.rdatatype.RdataType.make(rdtype), (), 300, locked=locked)
    draft = Draft(Snapshot(Zone(APEX), [wildcard]))
    selector = dns.name.from_text("odoo._domainkey.shop", APEX)
    draft.put(RecordSet(selector, dns.rdatatype.TXT, (rdata.txt(b"v=DKIM1; p=MIIB"),), 300))
    (warning,) = wildcards.warnings(draft.snapshot, plan(draft).changes)
    assert f"It loses: shop.company-name.com {shown}; add these records" in warning
