# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DMARC records: reading them, checking options, and building new ones (RFC 9989, RFC 9990)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.records import dmarc

DOMAIN = "company-name.com"


@pytest.mark.parametrize(
    "value", [b"v=DMARC1", b"v=DMARC1;", b"v = DMARC1 ; p=none", b"V=DMARC1;p=x", b"v=DMARC1; \xff"]
)
def test_a_value_that_starts_with_the_version_is_a_record(value: bytes) -> None:
    assert dmarc.is_dmarc(value)
    assert not dmarc.is_near_miss(value)


@pytest.mark.parametrize(
    "value", [b"v=dmarc1; p=none", b" v=DMARC1; p=none", b"v=DMARC1 p=none", b"v=DMARC12", b"v=DMARC1\n"]
)
def test_a_value_with_a_malformed_version_is_a_near_miss(value: bytes) -> None:
    assert not dmarc.is_dmarc(value)
    assert dmarc.is_near_miss(value)
    with pytest.raises(InvalidInput, match=r"company-name.com.*v=DMARC1"):
        dmarc.parse(value, DOMAIN)


def test_other_texts_are_neither_a_record_nor_a_near_miss() -> None:
    for value in (b"", b"v=spf1 -all", b"p=none; v=DMARC1"):
        assert not dmarc.is_dmarc(value)
        assert not dmarc.is_near_miss(value)


def test_tags_are_read_with_any_case_and_blanks() -> None:
    record = dmarc.parse(
        b"v=DMARC1 ; P = Reject;sp=none; t=y; adkim=S; x=1; rua=mailto:a@x.example \t,\t mailto:b@x.example", DOMAIN
    )
    assert (record.policy, record.subdomain_policy, record.nonexistent_policy) == ("reject", "none", "none")
    assert (record.dkim_alignment, record.spf_alignment, record.testing) == ("s", "r", True)
    assert record.tag("x") == "1"
    assert record.aggregate_reports == ("mailto:a@x.example", "mailto:b@x.example")


@pytest.mark.parametrize(
    ("value", "policy"),
    [
        (b"v=DMARC1; rua=mailto:a@x.example", "none"),
        (b"v=DMARC1; p=quarantaine; rua=mailto:a@x.example", "none"),
        (b"v=DMARC1; p=quarantaine; rua=a@x.example", None),
        (b"v=DMARC1; sp=reject", None),
        (b"v=DMARC1; junk; p=reject", "reject"),
    ],
)
def test_a_record_without_a_valid_policy_counts_only_if_it_asks_for_reports(value: bytes, policy: str) -> None:
    assert dmarc.parse(value, DOMAIN).policy == policy


def test_a_new_record_has_the_policy_after_the_version_and_no_defaults() -> None:
    assert dmarc.build(dmarc.wanted()) == b"v=DMARC1; p=none"
    asked = dmarc.wanted(
        policy="none",
        aggregate_reports=["mailto:dmarc@company-name.com"],
        dkim_alignment="relaxed",
        spf_alignment="relaxed",
        testing=False,
        psd="u",
        failure_options=["0"],
    )
    assert dmarc.build(asked) == b"v=DMARC1; p=none; rua=mailto:dmarc@company-name.com"


def test_a_new_record_has_its_tags_in_the_order_of_the_standard() -> None:
    asked = dmarc.wanted(
        policy="quarantine",
        subdomain_policy="reject",
        nonexistent_policy="none",
        aggregate_reports=["a@x.example", "b@x.example"],
        failure_reports=["c@x.example"],
        failure_options=["1", "d"],
        dkim_alignment="strict",
        spf_alignment="strict",
        testing=True,
        psd="n",
    )
    assert dmarc.build(asked) == (
        b"v=DMARC1; p=quarantine; sp=reject; np=none; adkim=s; aspf=s; t=y; psd=n; fo=1:d; "
        b"rua=mailto:a@x.example,mailto:b@x.example; ruf=mailto:c@x.example"
    )


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("dmarc@company-name.com", "mailto:dmarc@company-name.com"),
        (" MAILTO:Dmarc@Company-Name.COM ", "mailto:Dmarc@company-name.com"),
        ("dmarc@bücher.example", "mailto:dmarc@xn--bcher-kva.example"),
        ("a,b!c;d@x.example", "mailto:a%2Cb%21c%3Bd@x.example"),
        ("mailto:a%2Cb@x.example", "mailto:a%2Cb@x.example"),
        ("100%@x.example", "mailto:100%25@x.example"),
    ],
)
def test_a_report_address_becomes_a_mailto_uri(text: str, uri: str) -> None:
    assert dmarc.wanted(aggregate_reports=[text]).aggregate_reports == (uri,)


def test_a_report_address_given_twice_counts_once() -> None:
    asked = dmarc.wanted(aggregate_reports=["b@x.example", "a@x.example", "mailto:b@X.example"])
    assert asked.aggregate_reports == ("mailto:b@x.example", "mailto:a@x.example")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"policy": "monitor"}, "policy cannot be 'monitor': it is one of none, quarantine, reject"),
        ({"subdomain_policy": "x"}, "subdomain_policy"),
        ({"dkim_alignment": "loose"}, "relaxed, strict"),
        ({"psd": "maybe"}, "psd"),
        ({"failure_options": ["0", "1"]}, "choose one"),
        ({"failure_options": ["x"]}, "failure_options"),
        ({"aggregate_reports": ["https://x.example/dmarc"]}, "by mail only"),
        ({"aggregate_reports": ["dmarc"]}, "not a report address"),
        ({"aggregate_reports": ["a@x.example,b@x.example"]}, "one address per entry"),
        ({"aggregate_reports": ["a@x.example?subject=b"]}, "not a report address"),
        ({"aggregate_reports": ["a b@x.example"]}, "not a report address"),
        ({"aggregate_reports": ["a@localhost"]}, "full domain name"),
        ({"failure_reports": ["mailto:a@x.example!10m"]}, "size limit"),
        ({"failure_reports": [""]}, "not a report address"),
    ],
)
def test_invalid_options_are_refused(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        dmarc.wanted(**options)


def test_report_addresses_in_other_domains_need_their_authorisation() -> None:
    asked = dmarc.wanted(
        aggregate_reports=["a@company-name.com", "b@mail.company-name.com", "c@reports.example", "d@Reports.example"],
        failure_reports=["e@other.example"],
    )
    assert dmarc.external_report_domains(asked, "company-name.com") == ["reports.example", "other.example"]
    above = dmarc.wanted(aggregate_reports=["a@company-name.com"])
    assert dmarc.external_report_domains(above, "shop.company-name.com") == []
    record = dmarc.parse(b"v=DMARC1; p=none; rua=mailto:x@Reports.Example!10m, junk, mailto:a@b@c, mailto:x@-", DOMAIN)
    assert dmarc.external_report_domains(record, DOMAIN) == ["reports.example"]


def test_the_authorisation_record_is_below_the_report_domain() -> None:
    assert dmarc.authorisation_name(DOMAIN, "reports.example") == "company-name.com._report._dmarc.reports.example"
    assert dmarc.is_dmarc(dmarc.AUTHORISATION)
    long = ".".join(["d" * 60] * 2)
    with pytest.raises(InvalidInput, match="longer than DNS allows"):
        dmarc.authorisation_name(f"{long}.com", f"{long}.org")


def test_the_tree_walk_queries_every_name_up_to_the_top() -> None:
    assert dmarc.tree_walk("a.mail.example.com") == [
        "_dmarc.a.mail.example.com",
        "_dmarc.mail.example.com",
        "_dmarc.example.com",
        "_dmarc.com",
    ]
    assert dmarc.tree_walk("com") == ["_dmarc.com"]


def test_the_tree_walk_of_a_deep_name_jumps_to_the_last_seven_labels() -> None:
    walk = dmarc.tree_walk("a.b.c.d.e.f.g.h.i.j.mail.example.com")
    assert walk[:3] == [
        "_dmarc.a.b.c.d.e.f.g.h.i.j.mail.example.com",
        "_dmarc.g.h.i.j.mail.example.com",
        "_dmarc.h.i.j.mail.example.com",
    ]
    assert (len(walk), walk[-1]) == (8, "_dmarc.com")
    assert len(dmarc.tree_walk("b.c.d.e.f.mail.example.com")) == 8
    assert len(dmarc.tree_walk("c.d.e.f.mail.example.com")) == 7


@given(st.binary(max_size=200), st.booleans())
def test_any_record_keeps_every_octet(value: bytes, versioned: bool) -> None:
    value = b"v=DMARC1;" + value if versioned else value
    try:
        record = dmarc.parse(value, DOMAIN)
    except InvalidInput:
        assert not dmarc.is_dmarc(value)
        return
    assert record.value == value
    assert all(0 <= level <= 2 for level in record.levels)
    dmarc.external_report_domains(record, DOMAIN)


@given(st.text(max_size=40))
def test_any_report_address_is_written_and_read_back_or_refused(text: str) -> None:
    for address in (text, f"mailto:{text}", f"{text}@x.example"):
        try:
            asked = dmarc.wanted(aggregate_reports=[address])
        except InvalidInput:
            continue
        assert dmarc.parse(dmarc.build(asked), DOMAIN).aggregate_reports == asked.aggregate_reports
        assert dmarc.wanted(aggregate_reports=asked.aggregate_reports) == asked
