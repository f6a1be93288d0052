# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which findings an observation leads to, without any DNS query."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.finding import SEVERITIES
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.freemail import freemail
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.observation import (
    DeclaredSender,
    MailExchanger,
    Observation,
    ObservedSelector,
    TxtAnswer,
)
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.registry import (
    RULES,
    counted,
    judge,
)
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.sender_verdicts import sender_verdicts
from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.receiver.spf_senders import check_terms
from ansible_collections.postmaster.mail.plugins.module_utils.records import spf
from ansible_collections.postmaster.mail.tests.support.fake_dns import FakeResolver
from ansible_collections.postmaster.mail.tests.support.well_kept import KEY

DOMAIN = "company-name.com"
KEPT = "v=spf1 include:_spf.odoo.com ip4:192.0.2.0/24 ~all"


OTHERS = {
    "_spf.odoo.com": {"TXT": ["v=spf1 ip4:198.51.100.1 ~all"]},
    "spf.relay.example": {"TXT": ["v=spf1 ip4:203.0.113.0/28 -all"]},
    "spf.partner.example": {"TXT": ["v=spf1 include:spf.relay.example -all"]},
}


def seen(record: str = KEPT, senders: tuple[DeclaredSender, ...] | None = None, **more: Any) -> Observation:
    """A domain with this SPF record, and what receivers decide about its senders."""
    resolver = FakeResolver({DOMAIN: {"TXT": [record]}, f"www.{DOMAIN}": {"A": ["203.0.113.80"]}, **OTHERS})
    results = {one: check_terms(DOMAIN, one.spf.terms(DOMAIN), DOMAIN, resolver) for one in senders or ()}
    return Observation(DOMAIN, TxtAnswer(DOMAIN, (record.encode(),)), senders=senders, senders_spf=results, **more)


def codes(observation: Observation) -> list[str]:
    return [finding.code for finding in judge(observation)]


def sender(**needs: Any) -> tuple[DeclaredSender, ...]:
    return (DeclaredSender("Relay", spf.wanted(**needs)),)


def test_what_was_not_looked_up_has_no_findings() -> None:
    assert judge(Observation(DOMAIN)) == []
    assert (
        judge(Observation(DOMAIN, TxtAnswer(DOMAIN, known=False), dmarc=TxtAnswer(f"_dmarc.{DOMAIN}", known=False)))
        == []
    )


@pytest.mark.parametrize(
    "needs",
    [{"ip4": ["192.0.2.25"]}, {"ip4": ["192.0.2.128/25"]}, {"include": ["_SPF.odoo.com."]}, {}],
    ids=["an address", "a network", "an include", "nothing"],
)
def test_a_sender_whose_needs_the_record_covers_is_authorised(needs: dict[str, Any]) -> None:
    assert "sender_not_authorised" not in codes(seen(senders=sender(**needs)))


@pytest.mark.parametrize(
    "needs", [{"ip4": ["192.0.0.0/16"]}, {"ip6": ["2001:db8::1"]}, {"a": ["www.company-name.com"]}]
)
def test_a_sender_that_the_record_does_not_cover_is_reported(needs: dict[str, Any]) -> None:
    assert "sender_not_authorised" in codes(seen(senders=sender(**needs)))


def test_a_nested_include_or_a_covering_network_is_enough() -> None:
    needs = sender(include=["spf.relay.example"])

    assert "sender_not_authorised" in codes(seen(senders=needs))
    assert "sender_not_authorised" not in codes(seen("v=spf1 include:spf.partner.example ~all", senders=needs))
    assert "sender_not_authorised" not in codes(seen("v=spf1 ip4:203.0.113.0/24 ~all", senders=needs))


def test_a_finding_names_the_address_and_the_term_that_decided() -> None:
    record = "v=spf1 -ip4:203.0.113.0/29 include:spf.relay.example ~all"
    found = [one for one in judge(seen(record, sender(include=["spf.relay.example"]))) if one.severity == "error"]

    assert [(one.code, one.found, one.cure) for one in found] == [
        (
            "sender_not_authorised",
            "Relay does not pass: receivers give fail to 203.0.113.0 (include:spf.relay.example) by "
            "-ip4:203.0.113.0/29.",
            "Remove -ip4:203.0.113.0/29 from the SPF record, or move it behind what the sender needs.",
        )
    ]


def test_a_missing_record_that_a_sender_needs_is_reported_once() -> None:
    who = sender(include=["_spf.odoo.com"])
    none = {who[0]: check_terms(DOMAIN, who[0].spf.terms(DOMAIN), DOMAIN, FakeResolver(OTHERS))}
    found = codes(Observation(DOMAIN, TxtAnswer(DOMAIN), senders=who, senders_spf=none))

    assert "sender_not_authorised" in found
    assert "spf_missing" not in found


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", []),
        (DOMAIN, []),
        (f"bounce.{DOMAIN}", []),
        ("odoo.com", ["alignment_impossible"]),
        (f"x{DOMAIN}", ["alignment_impossible"]),
    ],
)
def test_without_a_key_the_return_path_must_be_in_the_domain(path: str, expected: list[str]) -> None:
    nothing = ObservedSelector("odoo", TxtAnswer(f"odoo._domainkey.{DOMAIN}"), probed=True)
    who = (DeclaredSender("Odoo", selectors=("odoo",), return_path=path),)
    found = codes(Observation(DOMAIN, selectors=(nothing,), senders=who))

    assert [code for code in found if code == "alignment_impossible"] == expected


def test_strict_alignment_does_not_accept_a_subdomain() -> None:
    nothing = ObservedSelector("odoo", TxtAnswer(f"odoo._domainkey.{DOMAIN}"))
    who = (DeclaredSender("Odoo", selectors=("odoo",), return_path=f"bounce.{DOMAIN}"),)
    found = judge(Observation(DOMAIN, spf_alignment="s", selectors=(nothing,), senders=who))

    (finding,) = [finding for finding in found if finding.code == "alignment_impossible"]
    assert "aspf=s" in finding.found


def test_relaxed_alignment_compares_organizational_domains() -> None:
    own = "news.company-name.com"
    nothing = ObservedSelector("mail", TxtAnswer(f"mail._domainkey.{own}"))
    who = (DeclaredSender("Newsletter", selectors=("mail",), return_path="bounce.company-name.com"),)
    seen = Observation(own, organizational_domain="company-name.com", selectors=(nothing,), senders=who)

    assert "alignment_impossible" not in codes(seen)
    assert "alignment_impossible" in codes(dataclasses.replace(seen, spf_alignment="s"))
    assert "alignment_impossible" in codes(dataclasses.replace(seen, organizational_domain=own))


@pytest.mark.parametrize(
    ("selector", "probed", "severity"),
    [("selector2", True, "info"), ("selector2", False, "error"), ("odoo", True, "error"), ("odoo", False, "error")],
)
def test_a_probed_spare_selector_without_a_key_is_no_error(selector: str, probed: bool, severity: str) -> None:
    texts = TxtAnswer(f"{selector}._domainkey.{DOMAIN}", aliases=("key.service.example",))
    found = judge(Observation(DOMAIN, selectors=(ObservedSelector(selector, texts, probed),)))

    assert [(finding.code, finding.severity) for finding in found] == [("dkim_target_empty", severity)]


def test_a_dmarc_cname_that_leads_nowhere_is_reported_with_its_target() -> None:
    policy = TxtAnswer(f"_dmarc.{DOMAIN}", aliases=("_dmarc.service.example",))
    (finding,) = judge(Observation(DOMAIN, dmarc=policy))

    assert (finding.code, finding.found) == (
        "dmarc_missing",
        f"_dmarc.{DOMAIN} is a CNAME of _dmarc.service.example, and there is no DMARC record.",
    )


@pytest.mark.parametrize(
    ("at", "expected"), [("b.company-name.com", ["dmarc_readers_differ"]), (DOMAIN, []), (f"a.b.{DOMAIN}", [])]
)
def test_a_policy_that_only_the_new_standard_finds_is_reported(at: str, expected: list[str]) -> None:
    own = TxtAnswer(f"_dmarc.a.b.{DOMAIN}")
    found = Observation(
        f"a.b.{DOMAIN}", dmarc=own, policy="reject", policy_domain=at, policy_known=True, organizational_domain=DOMAIN
    )

    assert codes(found) == expected


@pytest.mark.parametrize(
    ("tag", "code", "told"),
    [
        ("t=y", "dmarc_testing", "and receivers of RFC 7489 still apply reject in full."),
        ("pct=50", "dmarc_historic_tag", "pct=50, which receivers of RFC 7489 follow and those of RFC 9989 do not."),
    ],
)
def test_a_tag_that_the_two_standards_read_differently_is_explained_for_both(tag: str, code: str, told: str) -> None:
    value = f"v=DMARC1; p=reject; rua=mailto:dmarc@{DOMAIN}; {tag}".encode()
    found = judge(Observation(DOMAIN, dmarc=TxtAnswer(f"_dmarc.{DOMAIN}", (value,)), policy_known=True))

    assert [finding.code for finding in found] == [code]
    assert found[0].found.endswith(told)


@pytest.mark.parametrize("term", ["include:_spf.google.com", "ip4:192.0.2.1", "~all"])
def test_a_missing_space_between_terms_is_found(term: str) -> None:
    record = f"v=spf1 include:_spf.odoo.com{term} -all"
    more: dict[str, Any] = {}
    with contextlib.suppress(InvalidInput):
        more = {"cost": spf.lookups(record.encode(), DOMAIN, lambda name: [])}
    (finding,) = (one for one in judge(seen(record, **more)) if one.code in ("spf_broken_include", "spf_syntax"))

    assert finding.cure.startswith(f"Put a space in front of {term[:4]}")


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("h=SHA256", []),
        ("k=dsa", ["dkim_not_for_mail"]),
        ("k=", ["dkim_not_for_mail"]),
        ("h=sha1", ["dkim_not_for_mail"]),
    ],
)
def test_a_key_that_verifiers_would_ignore_is_reported(tags: str, expected: list[str]) -> None:
    value = f"v=DKIM1; {tags}; p={KEY}".encode()
    key = ObservedSelector("mail", TxtAnswer(f"mail._domainkey.{DOMAIN}", (value,)))

    observation = Observation(DOMAIN, selectors=(key,), senders=(DeclaredSender("Relay", selectors=("mail",)),))

    assert codes(observation) == expected
    assert sender_verdicts(observation)["Relay"]["dkim"] is not bool(expected)


def test_impossible_alignment_is_an_error_only_under_an_enforced_policy() -> None:
    nothing = (ObservedSelector("odoo", TxtAnswer(f"odoo._domainkey.{DOMAIN}"), probed=True),)
    severities = {
        policy: next(
            f.severity for f in judge(seen(selectors=nothing, policy=policy)) if f.code == "alignment_impossible"
        )
        for policy in (None, "none", "quarantine", "reject")
    }

    assert severities == {None: "warning", "none": "warning", "quarantine": "error", "reject": "error"}


@pytest.mark.parametrize(
    ("address", "severity"),
    [
        ("a@yahoo.com", "error"),
        ("a@Yahoo.CO.UK", "error"),
        ("a@aol.de", "error"),
        ("Company <a@gmail.com>", "warning"),
        ("a@hotmail.fr", "warning"),
        ("a@outlook.com.br", "warning"),
        ("a@live.nl", "warning"),
        ("a@company-name.com", ""),
        ("a@mail.yahoo.company-name.com", ""),
        ("a@live.company-name.com", ""),
        ("a@notgmail.com", ""),
        ("", ""),
    ],
)
def test_from_addresses_of_free_mail_services_are_reported(address: str, severity: str) -> None:
    assert [finding.severity for finding in freemail([address, address])] == ([severity] if severity else [])


def test_findings_are_counted_by_severity_and_the_worst_come_first() -> None:
    everyone = ("+all in the record of company-name.com",)
    found = judge(
        seen("v=spf1 ptr +all", everyone=everyone, dmarc=TxtAnswer(f"_dmarc.{DOMAIN}", (b"v=DMARC1; p=reject",)))
    )

    assert [finding.severity for finding in found] == ["error", "warning", "info"]
    assert counted(found) == {"error": 1, "warning": 1, "info": 1}


TERMS = rb"v=spf1 v=DMARC1 v=DKIM1 ; p= none include: a.b ~all + \ k=rsa p=MIIB rua=mailto:a@b.c ip4:1.2.3.4/0 t=y"
WORDS = st.sampled_from([*TERMS.split(), b" ", b'"', b"\xff", b"\x00", b"odoo._domainkey.odoo.com"])
VALUE = st.one_of(st.binary(max_size=40), st.lists(WORDS, max_size=8).map(b"".join), st.lists(WORDS).map(b" ".join))
LABEL = st.text(st.characters(codec="ascii"), max_size=6)
HOST = st.one_of(st.lists(LABEL, max_size=4).map(".".join), LABEL.map(lambda label: f"{label}.odoo.com.{DOMAIN}"))


@st.composite
def texts(draw: st.DrawFn, name: str) -> TxtAnswer:
    return TxtAnswer(
        name,
        tuple(draw(st.lists(VALUE, max_size=3))),
        tuple(draw(st.lists(HOST, max_size=2))),
        draw(st.booleans()),
        draw(st.booleans()),
    )


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    own = draw(texts(DOMAIN))
    selectors = tuple(
        ObservedSelector(
            name,
            draw(texts(f"{name}._domainkey.{DOMAIN}")),
            draw(st.booleans()),
            tuple(draw(st.lists(HOST, max_size=1))),
        )
        for name in ("odoo", "s1")
    )
    return Observation(
        DOMAIN,
        own,
        type_99=tuple(draw(st.lists(VALUE, max_size=1))),
        dmarc=draw(texts(f"_dmarc.{DOMAIN}")),
        misplaced=(draw(texts(f"dmarc.{DOMAIN}")), draw(texts(f"_dmarc.{DOMAIN}.{DOMAIN}"))),
        selectors=selectors,
        exchanges=tuple(
            MailExchanger(10, host, draw(HOST), draw(st.sampled_from([None, 0, 1])))
            for host in draw(st.lists(HOST, max_size=3))
        ),
        senders=draw(st.sampled_from([None, (), sender(include=["_spf.odoo.com"], ip4=["192.0.2.1"])])),
        from_addresses=tuple(draw(st.lists(st.text(max_size=9), max_size=2))),
    )


@given(observation=observations())
def test_any_observation_leads_to_complete_findings(observation: Observation) -> None:
    for finding in judge(observation):
        json.dumps(finding.as_dict())
        assert finding.code in RULES
        assert finding.severity in SEVERITIES
        assert finding.found
        assert finding.cure


@pytest.mark.parametrize(
    ("record", "needs", "expected"),
    [
        # terms after those of the sender are not evaluated
        ("v=spf1 include:_spf.odoo.com a:g1.x mx:g2.x exists:g3.x -all", {"include": ["_spf.odoo.com"]}, True),
        ("v=spf1 a:g1.x mx:g2.x exists:g3.x include:_spf.odoo.com -all", {"include": ["_spf.odoo.com"]}, False),
        ("v=spf1 a:g1.x mx:g2.x include:_spf.odoo.com exists:g3.x -all", {"include": ["_spf.odoo.com"]}, True),
        ("v=spf1 -all include:_spf.odoo.com", {"include": ["_spf.odoo.com"]}, False),
        ("v=spf1 ip4:192.0.2.1 include:gone.x -all", {"ip4": ["192.0.2.1"]}, True),
        ("v=spf1 include:gone.x ip4:192.0.2.1 -all", {"ip4": ["192.0.2.1"]}, False),
        ("v=spf1 ip4:192.0.2.1 include:gone.x ip4:192.0.2.2 -all", {"ip4": ["192.0.2.1", "192.0.2.2"]}, False),
        (f"v=spf1 include:_spf.odoo.com {'ptr ' * 10}-all", {"include": ["_spf.odoo.com"]}, True),
        (f"v=spf1 {'ptr ' * 10}include:_spf.odoo.com -all", {"include": ["_spf.odoo.com"]}, False),
    ],
)
def test_a_sender_passes_only_if_receivers_reach_its_terms(record: str, needs: dict[str, Any], expected: bool) -> None:
    texts = {"_spf.odoo.com": [b"v=spf1 ip4:198.51.100.1 -all"]}
    cost = spf.lookups(record.encode(), DOMAIN, lambda name: texts.get(name, []), lambda kind, name: True)

    observation = seen(record, cost=cost, senders=sender(**needs))
    assert sender_verdicts(observation)["Relay"]["spf"] is expected
    if not expected:
        assert "error" in [finding.severity for finding in judge(observation)]


@pytest.mark.parametrize(("signing_domain", "told"), [("", True), (DOMAIN, True), (f"mg.{DOMAIN}", False)])
def test_a_sender_that_signs_for_a_subdomain_has_its_keys_there(signing_domain: str, told: bool) -> None:
    who = (DeclaredSender("Mailgun", return_path=f"mg.{DOMAIN}", signing_domain=signing_domain),)
    assert ("sender_without_dkim" in codes(seen(senders=who))) is told
