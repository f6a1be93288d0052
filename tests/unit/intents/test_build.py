# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a domain may not want at once, and what the words of a record may not say."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.intents import build

CNAME = {"name": "em1.company-name.com", "type": "CNAME", "value": "u.sendgrid.net"}
SELECTOR = {"selector": "odoo", "cname": "odoo._domainkey.odoo.com"}


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        (
            {"records": [CNAME, {**CNAME, "state": "absent"}]},
            "The record em1.company-name.com u.sendgrid.net is listed",
        ),
        ({"records": [CNAME, {**CNAME, "value": "other.example"}]}, "is listed twice"),
        ({"dkim": [SELECTOR, SELECTOR]}, "The selector odoo._domainkey.company-name.com is listed twice"),
        ({"dkim": [{"selector": "odoo"}]}, "give either cname, if the sending service holds the key, or public_key"),
        ({"dkim": [{"selector": "odoo._domainkey", "cname": "x.example"}]}, "odoo"),
        ({"spf": {"all": "pass"}}, "whole Internet"),
        ({"records": [{"name": "x.odoo.com", "type": "TXT", "value": "y"}]}, "belongs to Odoo"),
        ({"records": [{**CNAME, "type": "A"}]}, "A record"),
        ({"mx": {"exchanges": []}}, "No exchange is given"),
        ({"dmarc": {"policy": "none", "aggregate_reports": ["no address"]}}, "no address"),
    ],
)
def test_a_wish_that_cannot_be_meant_is_one_sentence(wish: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidInput) as error:
        build.domain_intents({"domain": "company-name.com", **wish})
    assert sentence in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("domain", ["odoo.com", "My.Odoo.Com.", "company", "192.0.2.1", "a b.com", "-x.com", "x..com"])
def test_what_is_no_custom_domain_is_refused(domain: str) -> None:
    with pytest.raises(InvalidInput):
        build.domain_intents({"domain": domain, "spf": {"include": ["_spf.odoo.com"]}})


def test_an_internationalised_domain_in_any_case_is_one_domain() -> None:
    names = {
        build.domain_intents({"domain": domain, "spf": {"include": ["_spf.odoo.com"]}})[0].name
        for domain in ("MÜNCHEN.example", "münchen.example", "xn--mnchen-3ya.example", "XN--MNCHEN-3YA.example.")
    }
    assert [name.to_text() for name in names] == ["xn--mnchen-3ya.example."]
