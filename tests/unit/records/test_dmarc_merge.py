# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Merging options into an existing DMARC record."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.errors import Conflict
from ansible_collections.postmaster.mail.plugins.module_utils.records import dmarc

DOMAIN = "company-name.com"


def merge(existing: str, allow_weaker: bool = False, **options: Any) -> dmarc.DmarcMerge:
    return dmarc.merge(existing.encode(), dmarc.wanted(**options), DOMAIN, allow_weaker)


def merged(existing: str, allow_weaker: bool = False, **options: Any) -> str:
    return merge(existing, allow_weaker, **options).value.decode()


def test_a_stricter_policy_stays_with_a_note() -> None:
    result = merge("v=DMARC1; p=reject", policy="none")
    assert result.value == b"v=DMARC1; p=reject"
    assert result.left_alone == (
        "company-name.com: the DMARC policy is already reject, stricter than none: left alone.",
    )


def test_a_policy_is_raised_in_place() -> None:
    assert merged("v=DMARC1;  p = none ;rua=mailto:a@x.example;", policy="reject") == (
        "v=DMARC1;  p = reject ;rua=mailto:a@x.example;"
    )


def test_a_policy_is_lowered_with_allow_weaker() -> None:
    assert merged("v=DMARC1; p=reject; sp=reject", True, policy="none") == "v=DMARC1; p=none; sp=reject"


def test_a_record_without_a_valid_policy_gets_one_after_the_version() -> None:
    assert merged("v=DMARC1; rua=mailto:a@x.example", policy="none") == "v=DMARC1; p=none; rua=mailto:a@x.example"
    assert merged("v=DMARC1; p=quarantaine", policy="quarantine") == "v=DMARC1; p=quarantine"
    assert merged("v=DMARC1", policy="none") == "v=DMARC1; p=none"
    assert merged("v=DMARC1;", policy="none") == "v=DMARC1; p=none;"


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("v=DMARC1; p=quarantined", "p=quarantined, which is not valid, .* (quarantine is probably meant)"),
        ("v=DMARC1; p=reject rua=mailto:x@y.example", "(reject is probably meant, and a semicolon is missing)"),
        ("v=DMARC1; p=strict", "p=strict, which is not valid"),
    ],
)
def test_an_invalid_policy_is_not_replaced_by_a_weaker_one(record: str, reason: str) -> None:
    with pytest.raises(Conflict, match=reason.replace("(", r"\(").replace(")", r"\)")):
        merged(record, policy="none")
    with pytest.raises(Conflict, match="Nothing is added to such a record"):
        merged(record, aggregate_reports=["mailto:reports@y.example"])
    assert merged(record, True, policy="none").startswith("v=DMARC1; p=none")


def test_a_new_tag_is_added_in_its_place_and_in_the_style_of_the_record() -> None:
    assert merged("v=DMARC1;p=none;rua=mailto:a@x.example", subdomain_policy="reject") == (
        "v=DMARC1;p=none;sp=reject;rua=mailto:a@x.example"
    )
    assert merged("v=DMARC1; rua=mailto:a@x.example; p=none; x=1", spf_alignment="strict") == (
        "v=DMARC1; rua=mailto:a@x.example; p=none; aspf=s; x=1"
    )


def test_the_policy_of_subdomains_is_not_weakened_unless_allowed() -> None:
    result = merge("v=DMARC1; p=reject", subdomain_policy="none", nonexistent_policy="quarantine")
    assert result.value == b"v=DMARC1; p=reject"
    assert len(result.left_alone) == 2
    assert merged("v=DMARC1; p=reject", True, subdomain_policy="none") == "v=DMARC1; p=reject; sp=none"


def test_the_policy_of_subdomains_may_stay_when_the_policy_is_raised_but_not_fall() -> None:
    assert merged("v=DMARC1; p=none", policy="reject", subdomain_policy="none") == "v=DMARC1; p=reject; sp=none"
    assert merged("v=DMARC1; p=quarantine", policy="reject", subdomain_policy="none") == (
        "v=DMARC1; p=reject; sp=quarantine"
    )


def test_testing_a_stricter_policy_is_allowed_if_it_weakens_nothing() -> None:
    assert merged("v=DMARC1; p=none", policy="quarantine", testing=True) == "v=DMARC1; p=quarantine; t=y"
    assert merged("v=DMARC1; p=quarantine", policy="reject", testing=True) == "v=DMARC1; p=reject; t=y"


def test_an_enforced_policy_is_not_put_back_to_testing_unless_allowed() -> None:
    result = merge("v=DMARC1; p=reject", policy="none", testing=True)
    assert result.value == b"v=DMARC1; p=reject"
    assert "testing would weaken the policy" in result.left_alone[1]
    assert merged("v=DMARC1; p=reject", True, testing=True) == "v=DMARC1; p=reject; t=y"


def test_testing_that_would_weaken_the_subdomain_policy_is_a_conflict() -> None:
    with pytest.raises(Conflict, match="would weaken the subdomain policy"):
        merge("v=DMARC1; p=none; sp=reject", policy="quarantine", testing=True)


def test_the_end_of_testing_is_written_in_place() -> None:
    assert merged("v=DMARC1; p=reject; t=y; x=1", testing=False) == "v=DMARC1; p=reject; t=n; x=1"
    assert merged("v=DMARC1; p=reject", testing=False) == "v=DMARC1; p=reject"
    assert "receivers apply quarantine instead of reject" in merge("v=DMARC1; p=reject; t=y", policy="none").warnings[0]


def test_strict_alignment_is_relaxed_only_if_allowed() -> None:
    result = merge("v=DMARC1; p=none; adkim=s", dkim_alignment="relaxed")
    assert result.value == b"v=DMARC1; p=none; adkim=s"
    assert "adkim= is strict" in result.left_alone[0]
    assert merged("v=DMARC1; p=none; adkim=s", True, dkim_alignment="relaxed") == "v=DMARC1; p=none; adkim=r"
    assert merged("v=DMARC1; p=none", dkim_alignment="strict") == "v=DMARC1; p=none; adkim=s"
    assert merged("v=DMARC1; p=none", dkim_alignment="relaxed") == "v=DMARC1; p=none"


def test_report_addresses_are_added_to_the_existing_ones() -> None:
    existing = "v=DMARC1; p=none; rua=mailto:B@Vendor.example!10m, mailto:a@x.example"
    assert merged(existing, aggregate_reports=["B@vendor.example"]) == existing
    assert merged(existing, aggregate_reports=["c@x.example", "a@x.example"]) == existing + ",mailto:c@x.example"
    assert merged("v=DMARC1; p=none; rua=;", aggregate_reports=["a@x.example"]) == (
        "v=DMARC1; p=none; rua=mailto:a@x.example;"
    )
    assert merged("v=DMARC1; p=none", failure_reports=["a@x.example"], failure_options=["1"]) == (
        "v=DMARC1; p=none; fo=1; ruf=mailto:a@x.example"
    )


def test_failure_options_are_set_and_their_order_does_not_matter() -> None:
    assert merged("v=DMARC1; p=none; fo=d:1", failure_options=["1", "d"]) == "v=DMARC1; p=none; fo=d:1"
    assert merged("v=DMARC1; p=none; fo=d", failure_options=["1"]) == "v=DMARC1; p=none; fo=1"
    assert merged("v=DMARC1; p=none", failure_options=["0"]) == "v=DMARC1; p=none"
    assert "means nothing without a failure report address" in merge("v=DMARC1; p=none; fo=1").warnings[0]


def test_historic_tags_are_kept_with_a_warning() -> None:
    result = merge("v=DMARC1; p=none; pct=0; ri=3600; rua=mailto:a@x.example", policy="reject")
    assert result.value == b"v=DMARC1; p=reject; pct=0; ri=3600; rua=mailto:a@x.example"
    assert "pct=0, which receivers ignore since RFC 9989: they apply reject to all mail" in result.warnings[0]
    assert "ri=" in result.warnings[1]


def test_a_policy_of_none_without_reports_leads_to_a_warning() -> None:
    assert "Set aggregate_reports to learn" in merge("v=DMARC1; p=none").warnings[0]
    assert merge("v=DMARC1; p=reject").warnings == ()


def test_a_report_address_without_mailto_leads_to_a_warning() -> None:
    assert "lacks mailto:" in merge("v=DMARC1; p=reject; rua=a@x.example").warnings[0]


def test_a_tag_with_contradicting_values_is_a_conflict() -> None:
    with pytest.raises(Conflict, match="p= more than once"):
        merge("v=DMARC1; p=none; p=reject", policy="none")
    assert merged("v=DMARC1; p=none; P=None", policy="reject") == "v=DMARC1; p=reject; P=reject"


def test_without_options_every_octet_stays() -> None:
    value = b"v=DMARC1 ;;p=none; \xff junk; sp =; t=maybe ;"
    assert dmarc.merge(value, dmarc.wanted(), DOMAIN).value == value


policies = st.none() | st.sampled_from(["none", "quarantine", "reject"])
alignments = st.none() | st.sampled_from(["relaxed", "strict"])
addresses = st.lists(st.sampled_from(["a@x.example", "mailto:b@Y.example", "a,b!@x.example"]), max_size=3)
asked = st.builds(
    dmarc.wanted,
    policy=policies,
    subdomain_policy=policies,
    nonexistent_policy=policies,
    aggregate_reports=addresses,
    failure_reports=addresses,
    failure_options=st.sampled_from([None, ["0"], ["1"], ["1", "d", "s"]]),
    dkim_alignment=alignments,
    spf_alignment=alignments,
    testing=st.none() | st.booleans(),
    psd=st.sampled_from([None, "y", "n", "u"]),
)
words = st.sampled_from(["none", "quarantine", "Reject", "bogus", ""])
foreign = st.sampled_from(["x=1", "pct=50", " ri = 60", "junk", "", " ", "\xff", "rf=afrf", "foo=a=b"])
tags = st.one_of(
    st.builds("{}={}".format, st.sampled_from(["p", "sp", " np", "P "]), words),
    st.builds("{}={}".format, st.sampled_from([" adkim", "aspf"]), st.sampled_from(["r", "s", " S", "x"])),
    st.builds("t={}".format, st.sampled_from(["y", "n", "Y ", ""])),
    st.builds(
        "{}={}".format,
        st.sampled_from([" rua", "ruf"]),
        st.sampled_from(["mailto:a@X.example", "mailto:v@z.example!10m , mailto:w@z.example", "a@x.example", ",", ""]),
    ),
    st.builds("psd={}".format, st.sampled_from(["y", "n", "u", "?"])),
    st.builds("fo={}".format, st.sampled_from(["0", "1:d", "d:1"])),
    foreign,
)
records = st.lists(tags, max_size=8).map(lambda parts: ";".join(["v=DMARC1", *parts]).encode("latin-1"))


@given(existing=records, asked=asked, allow_weaker=st.booleans())
def test_a_merge_weakens_nothing_keeps_other_tags_and_is_idempotent(
    existing: bytes, asked: dmarc.DmarcWanted, allow_weaker: bool
) -> None:
    before = dmarc.parse(existing, DOMAIN)
    try:
        result = dmarc.merge(existing, asked, DOMAIN, allow_weaker)
    except Conflict:
        return
    after = dmarc.parse(result.value, DOMAIN)
    assert dmarc.merge(result.value, asked, DOMAIN, allow_weaker).value == result.value
    own = {"p", "sp", "np", "adkim", "aspf", "t", "psd", "fo", "rua", "ruf"}
    assert [part for part in before.parts if part.name not in own] == [
        part for part in after.parts if part.name not in own
    ]
    assert after.aggregate_reports[: len(before.aggregate_reports)] == before.aggregate_reports
    assert after.failure_reports[: len(before.failure_reports)] == before.failure_reports
    if not allow_weaker:
        assert all(new >= old for old, new in zip(before.levels, after.levels))
        assert (before.dkim_alignment, after.dkim_alignment) != ("s", "r")
        assert (before.spf_alignment, after.spf_alignment) != ("s", "r")


@given(existing=records, asked=asked)
def test_with_allow_weaker_everything_asked_for_is_there_afterwards(existing: bytes, asked: dmarc.DmarcWanted) -> None:
    try:
        result = dmarc.merge(existing, asked, DOMAIN, allow_weaker=True)
    except Conflict:
        return
    record = dmarc.parse(result.value, DOMAIN)
    for word, policy in (
        (asked.policy, record.policy),
        (asked.subdomain_policy, record.subdomain_policy),
        (asked.nonexistent_policy, record.nonexistent_policy),
        (asked.testing, record.testing),
        (asked.dkim_alignment, record.dkim_alignment),
        (asked.spf_alignment, record.spf_alignment),
    ):
        assert word is None or word == policy


@given(asked=asked)
def test_a_new_record_needs_no_merge(asked: dmarc.DmarcWanted) -> None:
    built = dmarc.build(asked)
    result = dmarc.merge(built, asked, DOMAIN)
    assert (result.value, result.left_alone) == (built, ())
