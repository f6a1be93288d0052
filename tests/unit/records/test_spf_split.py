# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SPF records that were split by hand into several TXT values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.records import spf

WHOLE = b"v=spf1 include:_spf.odoo.com include:_spf.google.com ip4:192.0.2.1 ~all"


@pytest.mark.parametrize(
    ("record", "rest", "expected"),
    [
        (
            b"v=spf1 include:_spf.odoo.com",
            [b"include:_spf.google.com ~all"],
            "v=spf1 include:_spf.odoo.com include:_spf.google.com ~all",
        ),
        (b"v=spf1 a mx", [b"~all", b"include:x.example"], "v=spf1 a mx include:x.example ~all"),
        (b"v=spf1 mx ", [b" ip4:192.0.2.1 -all"], "v=spf1 mx ip4:192.0.2.1 -all"),
        (b"v=spf1 redirect=x.example", [b"mx -all"], "v=spf1 redirect=x.example mx"),
        # a complete record, and a value that someone added beside it
        (b"v=spf1 mx ~all", [b"include:x.example -all"], "v=spf1 mx include:x.example ~all"),
        # split within a word
        (b"v=spf1 ip4:192.0.2", [b".1 ~all"], "v=spf1 ip4:192.0.2.1 ~all"),
        (b"v=spf1 include:_spf.goo", [b"gle.com mx -all"], "v=spf1 include:_spf.google.com mx -all"),
    ],
)
def test_the_parts_of_a_split_record_are_joined(record: bytes, rest: list[bytes], expected: str) -> None:
    found = spf.parts([record, b"google-site-verification=1", *rest])

    assert sorted(part.value for part in found) == sorted(rest)
    assert spf.joined(record, found) == expected
    spf.parse(expected.encode(), "company-name.com")


@pytest.mark.parametrize(
    "value",
    [
        "google-site-verification=8mXc0Zy5wQ",
        "MS=ms12345678",
        "brevo-code:0123456789abcdef0123456789abcdef",
        "0a1b2c",
        "apple-domain-verification=aBcD",
        "atlassian-domain-verification=aB+cD/eF==",
        "docusign=1b0a6754-49b1-4db5-8540-d2c12664b289",
        "ZOOM_verify_aBcD",
        "yandex-verification: 0123456789abcdef",
        "_globalsign-domain-verification=aBcD",
        "pardot123456=0123",
        "keybase-site-verification=a_b-c",
        "status-page-domain-verification=a all",
        "v=DMARC1; p=none; rua=mailto:a@company-name.com",
        "v=DKIM1; k=rsa; p=MIIB",
        "v=STSv1; id=20260101000000Z;",
        "v=TLSRPTv1; rua=mailto:a@company-name.com",
        "v=BIMI1; l=https://company-name.com/logo.svg; a=",
        "v=spf1 include:_spf.odoo.com -all",
        "v=spf1; include:_spf.odoo.com -all",
        "spf2.0/pra include:_spf.odoo.com -all",
        "spf -all",
        "SPF1 include:_spf.odoo.com -all",
        "a",
        "mx",
        "all",
        "a mx all",
        "Mail is sent by include:_spf.odoo.com",
        "https://company-name.com/all",
        "",
        "\u00fcber -all",
    ],
)
def test_other_values_are_no_part_of_a_split_record(value: str) -> None:
    assert spf.parts([value.encode()]) == []


@given(st.integers(min_value=8, max_value=len(WHOLE) - 4))
def test_a_record_split_anywhere_is_joined_again(place: int) -> None:
    """Except within the last word, because half of it means nothing."""
    before, after = WHOLE[:place], WHOLE[place:]
    (part,) = spf.parts([before, after])

    if part.fragment or before.endswith(b" ") or after.startswith(b" "):
        assert spf.joined(before, [part]).encode() == WHOLE
