# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One name has one form, whatever a person types; what is no name is one sentence."""

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
def test_a_name_has_one_form(typed: str, held: str) -> None:
    assert names.to_text(names.record_name(typed)) == held


@pytest.mark.parametrize("typed", ["", "@", "https://company-name.com", "a b.com", "a..com", "x" * 64 + ".com", "."])
def test_what_is_no_name_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput):
        names.record_name(typed)


@pytest.mark.parametrize("typed", ["192.0.2.1", "company", "_spf.company.com", "-a.com", "company.123", "user@a.com"])
def test_what_cannot_send_mail_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput):
        names.domain_name(typed)


@given(st.text(max_size=80))
def test_any_text_is_a_name_or_a_sentence(typed: str) -> None:
    try:
        name = names.record_name(typed)
    except InvalidInput as error:
        assert "\n" not in str(error)
    else:
        assert names.record_name(names.to_text(name)) == name


@given(st.text(max_size=80))
def test_a_name_for_people_is_the_same_name(typed: str) -> None:
    try:
        name = names.domain_name(typed)
    except InvalidInput:
        return
    assert names.record_name(names.to_unicode(name)) == name
