# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Route 53 writes names and values."""

from __future__ import annotations

import dns.name
import dns.rdatatype
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.providers.route53 import text as route53_text
from ansible_collections.postmaster.mail.plugins.module_utils.providers.spelling import type_of
from ansible_collections.postmaster.mail.plugins.module_utils.zone import rdata

TXT, CNAME, CAA, MX = (dns.rdatatype.from_text(text) for text in ("TXT", "CNAME", "CAA", "MX"))

labels = st.binary(min_size=1, max_size=12).map(bytes.lower)
names = st.lists(labels, min_size=1, max_size=5).map(lambda found: dns.name.Name([*found, b""]))


@given(st.binary(max_size=900))
def test_any_txt_value_is_sent_in_ascii_and_read_back_unchanged(value: bytes) -> None:
    text = route53_text.from_value(rdata.txt(value))
    assert rdata.txt_bytes(route53_text.to_value(TXT, text)) == value
    assert text.isascii()
    assert text.isprintable()


@given(names)
def test_any_name_is_read_back_unchanged(name: dns.name.Name) -> None:
    text = route53_text.from_name(name)
    assert route53_text.to_name(text) == name
    assert set(text) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.*\\")


@given(names)
def test_any_target_is_read_back_unchanged(name: dns.name.Name) -> None:
    value = rdata.cname(name)
    assert route53_text.to_value(CNAME, route53_text.from_value(value)) == value


@given(st.text(max_size=60))
def test_any_text_is_a_value_or_a_value_error(text: str) -> None:
    try:
        value = route53_text.to_value(TXT, text)
    except ValueError:
        return
    assert value.rdtype == TXT


def test_escapes_are_octal() -> None:
    assert route53_text.to_name(r"\052.Company-Name.com.") == dns.name.from_text("*.company-name.com")
    assert route53_text.from_name(dns.name.from_text(r"*.a\042b.company-name.com")) == r"*.a\052b.company-name.com."
    assert route53_text.from_name(dns.name.from_text("a.*.company-name.com")) == r"a.\052.company-name.com."
    assert rdata.txt_bytes(route53_text.to_value(TXT, r'"a\303\251 \"b\" \\101" "\;c"')) == 'aé "b" \\101;c'.encode()
    assert route53_text.from_value(rdata.txt('é "b" \\'.encode())) == r'"\303\251 \"b\" \\"'


@pytest.mark.parametrize(
    ("rdtype", "text"),
    [(MX, "10 mx1.hoster.example."), (CAA, '0 issue "letsencrypt.org"'), (CNAME, "odoo._domainkey.odoo.com.")],
)
def test_other_values_are_written_as_in_a_master_file(rdtype: dns.rdatatype.RdataType, text: str) -> None:
    assert route53_text.from_value(route53_text.to_value(rdtype, text)) == text


def test_a_target_without_the_final_dot_is_absolute() -> None:
    assert route53_text.to_value(MX, "10 mx1.hoster.example") == route53_text.to_value(MX, "10 mx1.hoster.example.")


def test_an_unknown_type_is_no_error() -> None:
    assert type_of("NEWTYPE") == 65534


def test_a_set_with_anything_more_than_values_has_a_routing_policy() -> None:
    plain = {"Name": "a.", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    assert route53_text.routing(plain) == ""
    assert route53_text.routing({**plain, "SetIdentifier": "x", "Weight": 0}) == "a weighted record of Route 53"
    assert "with a routing policy" in route53_text.routing({**plain, "PolicyOfTheFuture": {}})
