# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every spelling of a name becomes one form; an invalid name is refused in one line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils import names
from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput


@pytest.mark.parametrize(
    ("typed", "held"),
    [
        ("Company-Name.COM.", "company-name.com"),
        (" company-name.com ", "company-name.com"),
        ("MÜNCHEN.example", "xn--mnchen-3ya.example"),
        ("_dmarc.münchen.example", "_dmarc.xn--mnchen-3ya.example"),
        ("odoo._domainkey.Bücher。example", "odoo._domainkey.xn--bcher-kva.example"),
        ("faß.example", "xn--fa-hia.example"),
        ("*.company-name.com", "*.company-name.com"),
    ],
)
def test_every_spelling_of_a_name_becomes_one_form(typed: str, held: str) -> None:
    assert names.to_text(names.record_name(typed)) == held


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "write the full name"),
        ("@", "write the full name"),
        ("https://company-name.com", "write only the name"),
        ("a b.com", "write only the name"),
        ("a..com", "A DNS label is empty"),
        ("x" * 64 + ".com", "A DNS label is > 63 octets long"),
        (".", "write the full name"),
    ],
)
def test_an_invalid_name_is_refused(typed: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=f"is not a domain name: {reason}"):
        names.record_name(typed)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("192.0.2.1", "is an IP address"),
        ("company", "has only one label"),
        ("_spf.company.com", "'_spf' has a character other than letters"),
        ("-a.com", "'-a' has a character other than letters"),
        ("company.123", "the last label cannot be a number"),
        ("user@a.com", "write only the name"),
    ],
)
def test_a_name_that_is_no_mail_domain_is_refused(typed: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        names.domain_name(typed)


@given(st.text(max_size=80))
def test_any_text_is_a_name_or_is_refused_in_one_line(typed: str) -> None:
    try:
        name = names.record_name(typed)
    except InvalidInput as error:
        assert "\n" not in str(error)
    else:
        assert names.record_name(names.to_text(name)) == name


@given(st.text(max_size=80))
def test_the_unicode_form_is_the_same_name(typed: str) -> None:
    try:
        name = names.domain_name(typed)
    except InvalidInput:
        return
    assert names.record_name(names.to_unicode(name)) == name
