# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which DMARC policy receivers find for a domain, and whether a message passes it (RFC 9989)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.receiver import dmarc, dmarc_reports, dmarc_verdict
from ansible_collections.postmaster.mail.tests.support.fake_dns import SILENCE, FakeResolver


def records(texts: dict[str, Any], **others: Any) -> FakeResolver:
    """DNS with these DMARC records: ``{"example.com": "v=DMARC1; p=none"}``."""
    names: dict[str, Any] = {}
    for domain, text in texts.items():
        silent = text is SILENCE
        names[f"_dmarc.{domain}"] = SILENCE if silent else {"TXT": [text] if isinstance(text, (str, bytes)) else text}
    return FakeResolver({**names, **others})


def policy(domain: str, texts: dict[str, Any], *existing: str) -> tuple[str | None, str | None, str]:
    resolver = records(texts)
    for name in existing:
        resolver.add(name, {"A": ["192.0.2.1"]})
    found = dmarc.discover_dmarc(domain, resolver)
    return found.policy_domain, found.policy, found.tag


# 4.10.1: finding the policy


def test_the_record_of_the_domain_itself_comes_first() -> None:
    texts = {"mail.example.com": "v=DMARC1; p=none; sp=reject", "example.com": "v=DMARC1; p=reject"}
    assert policy("mail.example.com", texts) == ("mail.example.com", "none", "p")


def test_without_its_own_record_that_of_the_organizational_domain_applies() -> None:
    assert policy("a.b.example.com", {"example.com": "v=DMARC1; p=reject"}) == ("example.com", "reject", "p")


def test_existing_subdomains_get_sp_and_others_np() -> None:
    texts = {"example.com": "v=DMARC1; p=reject; sp=quarantine; np=none"}
    assert policy("mail.example.com", texts, "mail.example.com") == ("example.com", "quarantine", "sp")
    assert policy("mail.example.com", texts, "host.mail.example.com") == ("example.com", "quarantine", "sp")
    assert policy("mail.example.com", texts) == ("example.com", "none", "np")
    assert policy("example.com", texts) == ("example.com", "reject", "p")


def test_without_np_a_nonexistent_subdomain_gets_sp_or_else_p() -> None:
    assert policy("x.example.com", {"example.com": "v=DMARC1; p=none; sp=reject"})[1:] == ("reject", "sp")
    assert policy("x.example.com", {"example.com": "v=DMARC1; p=reject"})[1:] == ("reject", "p")


def test_dns_is_asked_whether_a_subdomain_exists_only_if_it_matters() -> None:
    resolver = records({"example.com": "v=DMARC1; p=reject; sp=none"})
    dmarc.discover_dmarc("mail.example.com", resolver)
    names = [name for name, dummy in resolver.questions]
    assert names and all(name.startswith("_dmarc.") for name in names)


def test_several_records_at_one_name_count_as_none() -> None:
    texts = {"mail.example.com": ["v=DMARC1; p=reject", "v=DMARC1; p=none"], "example.com": "v=DMARC1; p=quarantine"}
    assert policy("mail.example.com", texts, "mail.example.com") == ("example.com", "quarantine", "p")
    found = dmarc.discover_dmarc("mail.example.com", records(texts))
    assert "has 2 DMARC records" in found.notes[0]


def test_other_texts_beside_the_record_do_not_count() -> None:
    texts = {"example.com": ["v=spf1 -all", "v=DMARC1; p=reject", b"\xff\xfe", "v=dmarc1; p=none"]}
    assert policy("example.com", texts) == ("example.com", "reject", "p")


def test_without_a_record_dmarc_does_not_apply() -> None:
    found = dmarc.discover_dmarc("mail.example.com", FakeResolver())
    assert (found.policy, found.organizational_domain, found.known) == (None, "mail.example.com", True)


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        ("v=DMARC1; rua=mailto:d@example.com", "none"),
        ("v=DMARC1; p=rejcet; rua=mailto:d@example.com", "none"),
        ("v=DMARC1; p=reject; sp=all; rua=mailto:d@example.com", "none"),
        ("v=DMARC1; p=reject; sp=all", None),
        ("v=DMARC1; p=", None),
        ("v=DMARC1", None),
        ("v=DMARC1; p=REJECT", "reject"),
    ],
)
def test_a_record_with_an_invalid_policy_counts_as_none_only_with_a_report_address(
    record: str, wanted: str | None
) -> None:
    assert policy("example.com", {"example.com": record})[1] == wanted


@pytest.mark.parametrize(("asked", "applied"), [("reject", "quarantine"), ("quarantine", "none"), ("none", "none")])
def test_with_t_y_the_next_lower_policy_applies(asked: str, applied: str) -> None:
    found = dmarc.discover_dmarc("example.com", records({"example.com": f"v=DMARC1; p={asked}; t=y"}))
    assert (found.policy, found.applied) == (asked, applied)


@pytest.mark.parametrize(
    ("record", "below", "nonexistent"),
    [
        ("v=DMARC1; p=reject", "reject", "reject"),
        ("v=DMARC1; p=reject; sp=none", "none", "none"),
        ("v=DMARC1; p=none; np=reject", "none", "reject"),
        ("v=DMARC1; p=reject; sp=quarantine; np=none; t=y", "none", "none"),
        ("v=DMARC1; p=reject; sp=all", None, None),
        ("v=DMARC1; p=reject; np=all; rua=mailto:d@example.com", "none", "none"),
    ],
)
def test_the_policy_reported_for_subdomains_is_the_one_that_receivers_find_there(
    record: str, below: str | None, nonexistent: str | None
) -> None:
    texts = {"example.com": record}
    above = dmarc.discover_dmarc("example.com", records(texts))
    assert (above.applied_below(exists=True), above.applied_below(exists=False)) == (below, nonexistent)
    # a query for such a subdomain gives the same
    found = dmarc.discover_dmarc("gone.example.com", records(texts))
    assert found.applied == nonexistent
    there = records(texts)
    there.add("there.example.com", {"A": ["192.0.2.1"]})
    assert dmarc.discover_dmarc("there.example.com", there).applied == below


def test_below_a_subdomain_with_its_own_record_the_organizational_domain_decides() -> None:
    texts = {"news.example.com": "v=DMARC1; p=reject", "example.com": "v=DMARC1; p=none; sp=quarantine"}
    assert dmarc.discover_dmarc("news.example.com", records(texts)).applied_below(exists=True) == "quarantine"
    assert dmarc.discover_dmarc("a.news.example.com", records(texts)).applied == "quarantine"


# 4.10: the tree walk


def test_at_most_eight_names_are_queried_for_any_domain() -> None:
    resolver = records({"example.com": "v=DMARC1; p=none"})
    found = dmarc.discover_dmarc("a.b.c.d.e.f.g.h.i.j.k.example.com", resolver)
    assert found.policy_domain == found.organizational_domain == "example.com"
    assert [step.domain for step in found.steps] == [
        "a.b.c.d.e.f.g.h.i.j.k.example.com",
        "g.h.i.j.k.example.com",
        "h.i.j.k.example.com",
        "i.j.k.example.com",
        "j.k.example.com",
        "k.example.com",
        "example.com",
        "com",
    ]


def test_the_organizational_domain_is_that_of_the_highest_record() -> None:
    texts = {"signing.example.com": "v=DMARC1; p=none", "example.com": "v=DMARC1; p=none"}
    assert dmarc.discover_dmarc("a.signing.example.com", records(texts)).organizational_domain == "example.com"


def test_psd_n_marks_the_organizational_domain_and_ends_the_walk() -> None:
    resolver = records({"b.example.com": "v=DMARC1; p=reject; psd=n", "example.com": "v=DMARC1; p=none"})
    found = dmarc.discover_dmarc("a.b.example.com", resolver)
    assert (found.organizational_domain, found.policy_domain, found.policy) == (
        "b.example.com",
        "b.example.com",
        "reject",
    )
    assert ("_dmarc.example.com", "TXT") not in resolver.questions


def test_the_organizational_domain_is_one_label_below_a_public_suffix() -> None:
    texts = {"bank.example": "v=DMARC1; p=reject; psd=y", "giant.bank.example": "v=DMARC1; p=quarantine"}
    resolver = records(texts)
    giant = dmarc.discover_dmarc("giant.bank.example", resolver)
    assert (giant.organizational_domain, giant.policy) == ("giant.bank.example", "quarantine")
    mail = dmarc.discover_dmarc("mail.giant.bank.example", resolver)
    assert (mail.organizational_domain, mail.policy_domain) == ("giant.bank.example", "giant.bank.example")
    mega = dmarc.discover_dmarc("mail.mega.bank.example", resolver)
    assert (mega.organizational_domain, mega.policy_domain, mega.policy) == (
        "mega.bank.example",
        "bank.example",
        "reject",
    )
    itself = dmarc.discover_dmarc("bank.example", resolver)
    assert (itself.organizational_domain, itself.policy, itself.tag) == ("bank.example", "reject", "p")


def test_without_an_answer_the_policy_is_unknown_only_if_it_matters() -> None:
    found = dmarc.discover_dmarc(
        "mail.example.com", records({"mail.example.com": SILENCE, "example.com": "v=DMARC1; p=none"})
    )
    assert not found.known
    between = dmarc.discover_dmarc(
        "a.b.example.com", records({"a.b.example.com": "v=DMARC1; p=none", "b.example.com": SILENCE})
    )
    assert (between.known, between.policy) == (True, "none")


def test_a_top_level_domain_without_an_answer_counts_as_without_a_record() -> None:
    resolver = records({"example.com": "v=DMARC1; p=none", "com": SILENCE})
    found = dmarc.discover_dmarc("mail.example.com", resolver)
    assert (found.known, found.organizational_domain) == (True, "example.com")
    assert dmarc_verdict.judge("example.com", "none", "", ["mail.example.com"], resolver).result == "pass"


def test_an_internationalised_domain_is_looked_up_in_its_a_label_form() -> None:
    texts = {"xn--mller-kva.example": "v=DMARC1; p=reject"}
    assert policy("Müller.example", texts) == ("xn--mller-kva.example", "reject", "p")


# 4.4: alignment, and the verdict


def judge(
    author: str, texts: dict[str, Any], spf: tuple[str, str] = ("none", ""), dkim: tuple[str, ...] = ()
) -> dmarc_verdict.DmarcVerdict:
    return dmarc_verdict.judge(author, spf[0], spf[1], dkim, records(texts))


REJECT = {"example.com": "v=DMARC1; p=reject"}


@pytest.mark.parametrize(
    ("spf", "dkim", "result"),
    [
        (("pass", "example.com"), (), "pass"),
        (("pass", "bounce.example.com"), (), "pass"),
        (("fail", "example.com"), (), "fail"),
        (("softfail", "example.com"), ("example.com",), "pass"),
        (("none", ""), ("mail.example.com", "service.example"), "pass"),
        (("pass", "db.odoo.com"), ("odoo.com",), "fail"),
        (("pass", "example.com.evil.test"), ("evilexample.com",), "fail"),
        (("temperror", "example.com"), (), "temperror"),
        (("temperror", "db.odoo.com"), (), "fail"),
        (("pass", "[192.0.2.1]"), (), "fail"),
    ],
)
def test_one_aligned_identifier_is_enough(spf: tuple[str, str], dkim: tuple[str, ...], result: str) -> None:
    verdict = judge("example.com", REJECT, spf, dkim)
    assert verdict.result == result
    assert verdict.disposition == ("reject" if result == "fail" else "none")


def test_strict_alignment_requires_the_same_name() -> None:
    texts = {"example.com": "v=DMARC1; p=reject; adkim=s; aspf=s"}
    verdict = judge("example.com", texts, ("pass", "bounce.example.com"), ("mail.example.com",))
    assert (verdict.result, verdict.spf_aligned, verdict.dkim_aligned) == ("fail", False, ())
    assert any("strict alignment requires the same name" in reason for reason in verdict.reasons)
    assert judge("example.com", texts, ("pass", "EXAMPLE.com")).result == "pass"


def test_two_subdomains_of_one_organizational_domain_are_aligned() -> None:
    assert judge("a.example.com", REJECT, dkim=("b.example.com",)).result == "pass"


def test_domains_below_a_public_suffix_are_not_aligned() -> None:
    texts = {"bank.example": "v=DMARC1; p=reject; psd=y", "giant.bank.example": "v=DMARC1; p=quarantine"}
    verdict = judge("giant.bank.example", texts, ("pass", "mail.giant.bank.example"), ("mail.mega.bank.example",))
    assert (verdict.result, verdict.spf_aligned, verdict.dkim_aligned) == ("pass", True, ())


def test_odoos_return_path_is_not_aligned_but_its_dkim_signature_is() -> None:
    failing = judge("example.com", REJECT, ("pass", "company.odoo.com"))
    assert failing.result == "fail"
    assert "is not aligned with example.com" in failing.reasons[0]
    assert judge("example.com", REJECT, ("pass", "company.odoo.com"), ("example.com",)).result == "pass"


def test_without_a_record_the_result_is_none() -> None:
    assert judge("example.com", {}, ("pass", "example.com")).result == "none"


def test_without_an_answer_about_alignment_the_result_is_temperror() -> None:
    verdict = judge("example.com", {**REJECT, "mail.example.com": SILENCE}, dkim=("mail.example.com",))
    assert verdict.result == "temperror"
    assert any("DNS gave no answer" in reason for reason in verdict.reasons)


def test_t_y_lowers_the_disposition_of_a_failing_message() -> None:
    verdict = judge("example.com", {"example.com": "v=DMARC1; p=reject; t=y"})
    assert (verdict.result, verdict.disposition) == ("fail", "quarantine")


# RFC 9990: report addresses


def addresses(record: str, others: dict[str, Any]) -> tuple[dmarc_reports.ReportAddress, ...]:
    resolver = records({"blue.example.com": record})
    for name, values in others.items():
        resolver.add(name, values)
    return dmarc_reports.report_addresses(dmarc.discover_dmarc("blue.example.com", resolver), resolver)


AUTHORISING = "blue.example.com._report._dmarc.red.example.net"
TO_RED = "v=DMARC1; p=none; rua=mailto:reports@red.example.net"


def test_reports_to_the_same_organization_need_no_authorisation() -> None:
    record = "v=DMARC1; p=none; rua=mailto:d@blue.example.com"
    (address,) = addresses(record, {})
    assert (address.external, address.takes) == (False, True)
    (parent,) = addresses(
        "v=DMARC1; p=none; rua=mailto:d@example.com", {"_dmarc.example.com": {"TXT": ["v=DMARC1; p=none"]}}
    )
    assert (parent.external, parent.takes) == (False, True)


def test_reports_to_another_organization_need_its_authorisation() -> None:
    (silent,) = addresses(TO_RED, {})
    assert (silent.external, silent.takes, silent.asked) == (True, False, AUTHORISING)
    assert AUTHORISING in silent.problem
    (willing,) = addresses(TO_RED, {AUTHORISING: {"TXT": ["v=DMARC1;"]}})
    assert (willing.external, willing.takes, willing.problem) == (True, True, "")
    (unclear,) = addresses(TO_RED, {AUTHORISING: {"TXT": ["v=dmarc1", "yes"]}})
    assert unclear.takes is False
    (unknown,) = addresses(TO_RED, {AUTHORISING: SILENCE})
    assert unknown.takes is None


def test_the_other_organization_may_redirect_reports_only_within_its_host() -> None:
    (moved,) = addresses(TO_RED, {AUTHORISING: {"TXT": ["v=DMARC1; rua=mailto:all@red.example.net"]}})
    assert (moved.takes, moved.instead) == (True, "mailto:all@red.example.net")
    (away,) = addresses(TO_RED, {AUTHORISING: {"TXT": ["v=DMARC1; rua=mailto:all@victim.example"]}})
    assert away.takes is False


def test_an_address_without_mailto_gets_no_reports() -> None:
    (address,) = addresses("v=DMARC1; p=none; rua=d@blue.example.com", {})
    assert address.takes is False
    assert "mailto:" in address.problem


# Hostile DNS

octets = st.one_of(
    st.binary(max_size=120),
    st.lists(
        st.sampled_from(
            [
                b"v=DMARC1",
                b";",
                b" ",
                b"p=",
                b"sp=",
                b"np=",
                b"reject",
                b"psd=y",
                b"psd=n",
                b"t=y",
                b"\xff",
                b"rua=mailto:a@",
                b"b.example",
                b",",
                b"=",
                b"%zz",
                b"!10m",
            ]
        ),
        max_size=14,
    ).map(b"".join),
)
names = st.one_of(
    st.text(max_size=40),
    st.lists(st.sampled_from(["a", "b", "c-d", "é", "\\", "_x"]), min_size=1, max_size=12).map(".".join),
)


@given(
    domain=names,
    values=st.dictionaries(
        st.sampled_from(["b.c-d", "a.b", "b", "a"]),
        st.one_of(st.just(SILENCE), st.lists(octets, min_size=1, max_size=3)),
        max_size=4,
    ),
    identifiers=st.lists(names, max_size=3),
)
def test_any_records_lead_to_a_verdict(domain: str, values: dict[str, Any], identifiers: list[str]) -> None:
    resolver = records(values)
    try:
        verdict = dmarc_verdict.judge(domain, "pass", (identifiers or [""])[0], identifiers, resolver)
    except InvalidInput:
        return
    assert verdict.result in ("pass", "fail", "none", "temperror")
    dmarc_reports.report_addresses(verdict.discovery, resolver)
    assert sum(resolver.questions.values()) <= 8 * 25


@pytest.mark.parametrize(
    ("tags", "below", "missing"),
    [
        ("p=reject", "reject", "reject"),
        ("p=reject; t=y", "reject", "reject"),
        ("p=none; sp=quarantine; t=y", "quarantine", "quarantine"),
        ("p=reject; sp=none; np=reject", "none", "reject"),
        ("p=reject; sp=reject; np=none", "reject", "reject"),  # receivers that do not know np= apply sp=
    ],
)
def test_the_strictest_receivers_ignore_t_and_np(tags: str, below: str, missing: str) -> None:
    resolver = FakeResolver({"_dmarc.company-name.com": {"TXT": [f"v=DMARC1; {tags}"]}})
    found = dmarc.discover_dmarc("company-name.com", resolver)
    assert (found.strictest_below(exists=True), found.strictest_below(exists=False)) == (below, missing)
