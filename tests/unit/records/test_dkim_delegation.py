# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Selectors, the names of DKIM key records, and their delegation by CNAME."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.records import dkim

OWNER = "odoo._domainkey.company-name.com"


def test_the_owner_is_the_selector_below_domainkey() -> None:
    assert dkim.owner_name("odoo", "company-name.com") == OWNER
    assert dkim.owner_name(" S1.Mail ", "Company-Name.com.") == "s1.mail._domainkey.company-name.com"
    assert dkim.owner_name("odoo", "bücher.example") == "odoo._domainkey.xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("odoo._domainkey", "write odoo alone"),
        (OWNER, "write odoo alone"),
        ("_domainkey", "more than a selector"),
        ("odoo.", "without the final dot"),
        ("", "is not a selector"),
        (".", "is not a selector"),
        ("a..b", "is not a selector"),
        ("my_selector", "letters, digits and inner hyphens"),
        ("-a", "is not a selector"),
        ("sel ector", "is not a selector"),
        ("sélecteur", "is not a selector"),
        ("a" * 64, "63 characters"),
    ],
)
def test_an_invalid_selector_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        dkim.selector(text)


def test_a_selector_with_the_domain_is_refused() -> None:
    with pytest.raises(InvalidInput, match="without the domain company-name.com"):
        dkim.owner_name("odoo.company-name.com", "company-name.com")


def test_a_name_longer_than_dns_allows_is_refused() -> None:
    domain = ".".join(["d" * 60] * 3 + ["com"])
    assert len(dkim.owner_name("s" * 55, domain)) == 253
    with pytest.raises(InvalidInput, match="would have 254 characters"):
        dkim.owner_name("s" * 56, domain)


@given(st.text(max_size=30))
def test_no_selector_raises_anything_but_invalid_input(text: str) -> None:
    try:
        word = dkim.selector(text)
    except InvalidInput:
        return
    assert dkim.selector(word) == word


@pytest.mark.parametrize(
    "target",
    [
        "odoo._domainkey.odoo.com",
        "odoo._domainkey.odoo.com.",
        "token.dkim.amazonses.com",
        "selector1-company-name-com._domainkey.tenant.onmicrosoft.com",
        "k1._domainkey.dkim.company-name.com",
        "k1.eu.company-name.com",
    ],
)
def test_a_valid_target_is_accepted(target: str) -> None:
    assert dkim.check_target(OWNER, target, "company-name.com") == target.rstrip(".")
    assert dkim.delegation_faults(OWNER, target, "company-name.com") == ()


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (
            "odoo._domainkey.odoo.com.company-name.com",
            "The final dot is missing; odoo._domainkey.odoo.com is probably meant",
        ),
        (OWNER.upper(), "CNAME to itself"),
        ("company-name.com", "there can be no DKIM key"),
        ("odoo._domainkey", "not a full name"),
        ("odoo", "not a full name"),
        ("v=DKIM1; p=AAAA", "Put a key in public_key"),
        ("192.0.2.1", "IP address"),
        ("two words.com", "not a domain name"),
    ],
)
def test_an_invalid_target_is_refused(target: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        dkim.check_target(OWNER, target, "company-name.com")


def test_a_doubled_owner_found_in_dns_is_explained() -> None:
    faults = dkim.delegation_faults(f"{OWNER}.company-name.com", "odoo._domainkey.odoo.com", "company-name.com")
    assert len(faults) == 1
    assert f"The name must be {OWNER}." in faults[0]


def test_a_target_with_the_domain_appended_found_in_dns_is_explained() -> None:
    for inner in ("odoo._domainkey.odoo.com", "s1._domainkey.mailer.ch"):
        (fault,) = dkim.delegation_faults(OWNER, f"{inner}.company-name.com", "company-name.com")
        assert inner in fault
        assert "final dot" in fault


def test_a_target_in_a_txt_record_is_recognised() -> None:
    assert dkim.target_in_text(b"odoo._domainkey.odoo.com.") == "odoo._domainkey.odoo.com"
    for other in (b"v=DKIM1; p=AAAA", b"google-site-verification=a.b.c", b"\xff._domainkey.x.com", b""):
        assert dkim.target_in_text(other) is None
