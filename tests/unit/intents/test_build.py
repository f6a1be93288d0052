# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which combinations of records, and which values, are refused before anything is read."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.intents import build

CNAME = {"name": "em1.company-name.com", "type": "CNAME", "value": "u.sendgrid.net"}
SELECTOR = {"selector": "odoo", "cname": "odoo._domainkey.odoo.com"}


@pytest.mark.parametrize(
    ("desired", "sentence"),
    [
        (
            {"records": [CNAME, {**CNAME, "state": "absent"}]},
            "The record em1.company-name.com u.sendgrid.net is listed",
        ),
        ({"records": [CNAME, {**CNAME, "value": "other.example"}]}, "is listed twice"),
        ({"dkim": [SELECTOR, SELECTOR]}, "The selector odoo._domainkey.company-name.com is listed twice"),
        ({"dkim": [{"selector": "odoo"}]}, "give either cname, if the sending service holds the key, or public_key"),
        (
            {"dkim": [{"selector": "odoo._domainkey", "cname": "x.example"}]},
            "is more than a selector: write odoo alone",
        ),
        ({"spf": {"all": "pass"}}, "whole Internet"),
        ({"records": [{"name": "x.odoo.com", "type": "TXT", "value": "y"}]}, "belongs to Odoo"),
        ({"records": [{**CNAME, "type": "A"}]}, "is not a valid value of type A:"),
        ({"mx": {"exchanges": []}}, "No exchange is given"),
        ({"dmarc": {"policy": "none", "aggregate_reports": ["no address"]}}, "'no address' is not a report address"),
    ],
)
def test_contradictory_or_invalid_input_is_refused_in_one_line(desired: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidInput) as error:
        build.domain_intents({"domain": "company-name.com", **desired})
    assert sentence in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("domain", "sentence"),
    [
        ("odoo.com", "odoo.com belongs to Odoo"),
        ("My.Odoo.Com.", "my.odoo.com belongs to Odoo"),
        ("company", "is not a full domain name"),
        ("192.0.2.1", "is an IP address, not a domain name"),
        ("a b.com", "is not a domain name"),
        ("-x.com", "is not a domain that can send mail"),
        ("x..com", "is not a domain name"),
    ],
)
def test_a_name_that_is_no_custom_domain_is_refused(domain: str, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        build.domain_intents({"domain": domain, "spf": {"include": ["_spf.odoo.com"]}})


def test_every_spelling_of_an_internationalised_domain_is_one_domain() -> None:
    names = {
        build.domain_intents({"domain": domain, "spf": {"include": ["_spf.odoo.com"]}})[0].name
        for domain in ("MÜNCHEN.example", "münchen.example", "xn--mnchen-3ya.example", "XN--MNCHEN-3YA.example.")
    }
    assert [name.to_text() for name in names] == ["xn--mnchen-3ya.example."]
