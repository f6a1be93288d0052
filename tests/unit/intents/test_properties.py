# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For any zone and any desired state: records of others stay, and a second run changes nothing."""

from __future__ import annotations

from typing import Any

import dns.rdatatype
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.intents import build
from ansible_collections.postmaster.mail.plugins.module_utils.records import spf
from ansible_collections.postmaster.mail.plugins.module_utils.zone.engine import DomainResult, Request, run
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Key, RecordSet
from ansible_collections.postmaster.mail.plugins.module_utils.zone.rdata import cname, mx, txt, txt_bytes
from ansible_collections.postmaster.mail.tests.support.memory import Memory, name

DOMAIN = "company-name.com"
LABELS = ["", "www.", "_dmarc.", "odoo._domainkey.", "mail._domainkey.", "em1.", "eu."]
HOSTS = ["_spf.odoo.com", "_spf.google.com", "a.example", "b.example"]
KEY = "MCowBQYDK2VwAyEAEb92ifuLtKrSCYLJjmdSIvYwTUNr8Ao/SBdxHSH0Jlk="

spf_text = st.builds(
    lambda terms, end: " ".join(["v=spf1", *terms, *end]).encode(),
    st.lists(st.sampled_from(["mx", "a", *(f"include:{h}" for h in HOSTS), "ip4:192.0.2.1", "?include:c.example"])),
    st.sampled_from([[], ["~all"], ["-all"], ["?all"], ["redirect=d.example"], ["-ALL", "x=y"]]),
)
dmarc_text = st.sampled_from(
    [b"v=DMARC1; p=none", b"v=DMARC1;p=reject;rua=mailto:a@b.example", b"v=DMARC1; p=quarantine; pct=50", b"v=DMARC1"]
)
any_text = st.one_of(st.binary(max_size=300), spf_text, dmarc_text, st.sampled_from([b"v=DKIM1; p=", b"brevo-code:x"]))


@st.composite
def contents(draw: st.DrawFn) -> dict[Key, RecordSet]:
    """A zone that DNS allows: each name has either a CNAME alone or other record sets."""
    content: dict[Key, RecordSet] = {}
    for label in draw(st.sets(st.sampled_from(LABELS))):
        owner = name(label + DOMAIN)
        ttl = draw(st.integers(0, 86400))
        sets: list[RecordSet] = []
        if label and draw(st.booleans()):
            sets.append(RecordSet(owner, dns.rdatatype.CNAME, (cname(name(draw(st.sampled_from(HOSTS)))),), ttl))
        else:
            texts = draw(st.lists(any_text, unique=True, max_size=4))
            if texts:
                sets.append(RecordSet(owner, dns.rdatatype.TXT, tuple(txt(text) for text in texts), ttl))
            hosts = draw(st.lists(st.sampled_from(HOSTS[2:]), unique=True))
            if hosts:
                sets.append(RecordSet(owner, dns.rdatatype.MX, tuple(mx(10, name(host)) for host in hosts), ttl))
        content.update({record_set.key: record_set for record_set in sets})
    return content


def rdtype_of(record: Any) -> str:
    return str(record["type"])


ttls = st.one_of(st.none(), st.integers(0, 86400))
REQUIRED: dict[str, st.SearchStrategy[Any]] = {"domain": st.just(DOMAIN)}
desired_states = st.fixed_dictionaries(
    REQUIRED,
    optional={
        "spf": st.fixed_dictionaries(
            {"include": st.lists(st.sampled_from(HOSTS), max_size=3)},
            optional={
                "ip4": st.just(["192.0.2.1"]),
                "all": st.sampled_from(["fail", "softfail", "neutral"]),
                "exact": st.booleans(),
                "consolidate": st.booleans(),
                "ttl": ttls,
                "state": st.sampled_from(["present", "absent"]),
            },
        ),
        "dkim": st.lists(
            st.one_of(
                st.fixed_dictionaries({"selector": st.just("odoo"), "cname": st.just("odoo._domainkey.odoo.com")}),
                st.fixed_dictionaries({"selector": st.just("odoo"), "public_key": st.just(KEY)}),
                st.fixed_dictionaries({"selector": st.just("odoo"), "state": st.sampled_from(["absent", "revoked"])}),
            ),
            max_size=1,
        ),
        "dmarc": st.fixed_dictionaries(
            {"policy": st.sampled_from([None, "none", "quarantine", "reject"])},
            optional={
                "aggregate_reports": st.just([f"dmarc@{DOMAIN}"]),
                "allow_weaker": st.booleans(),
                "testing": st.booleans(),
                "state": st.sampled_from(["present", "absent"]),
                "ttl": ttls,
            },
        ),
        "mx": st.fixed_dictionaries(
            {"exchanges": st.just([{"preference": 5, "host": "a.example"}])},
            optional={"exact": st.booleans(), "state": st.sampled_from(["present", "absent"])},
        ),
        "records": st.lists(
            st.one_of(
                st.fixed_dictionaries(
                    {"name": st.just(f"em1.{DOMAIN}"), "type": st.just("CNAME"), "value": st.just("u.sendgrid.net")},
                    optional={"state": st.just("absent")},
                ),
                st.fixed_dictionaries(
                    {"name": st.just(DOMAIN), "type": st.just("TXT"), "value": st.just("brevo-code:x")},
                    optional={"state": st.just("absent"), "ttl": ttls},
                ),
            ),
            max_size=2,
            unique_by=rdtype_of,
        ),
    },
)


def outcome(provider: Memory, desired: dict[str, Any]) -> DomainResult:
    request = Request(name(DOMAIN), provider, tuple(build.domain_intents(desired)))
    return run([request])[name(DOMAIN)]


def provider_with(content: dict[Key, RecordSet]) -> Memory:
    provider = Memory({DOMAIN: ""})
    provider.zones[name(DOMAIN)] = dict(content)
    return provider


@given(contents(), desired_states)
def test_record_sets_that_no_intent_names_do_not_change(content: dict[Key, RecordSet], desired: dict[str, Any]) -> None:
    provider = provider_with(content)
    named = {key for intent in build.domain_intents(desired) for key in intent.sees()}
    outcome(provider, desired)
    after = provider.zones[name(DOMAIN)]
    assert {k: v for k, v in content.items() if k not in named} == {k: v for k, v in after.items() if k not in named}


@given(contents(), desired_states)
def test_a_second_run_changes_nothing(content: dict[Key, RecordSet], desired: dict[str, Any]) -> None:
    provider = provider_with(content)
    first = outcome(provider, desired)
    once = dict(provider.zones[name(DOMAIN)])
    second = outcome(provider, desired)
    assert second.error == first.error
    assert not second.changed and provider.zones[name(DOMAIN)] == once
    assert len(provider.writes) == (1 if first.changed else 0)


@given(contents(), desired_states)
def test_a_domain_that_fails_is_not_touched(content: dict[Key, RecordSet], desired: dict[str, Any]) -> None:
    provider = provider_with(content)
    result = outcome(provider, desired)
    if result.error is not None:
        assert provider.writes == [] and provider.zones[name(DOMAIN)] == content and not result.changed


@given(contents(), desired_states)
def test_after_a_successful_run_there_is_at_most_one_spf_record(
    content: dict[Key, RecordSet], desired: dict[str, Any]
) -> None:
    assume("spf" in desired)
    provider = provider_with(content)
    assume(outcome(provider, desired).error is None)
    record_set = provider.zones[name(DOMAIN)].get((name(DOMAIN), dns.rdatatype.TXT))
    values = [txt_bytes(value) for value in (record_set.values if record_set else ())]
    assert sum(spf.is_spf(value) for value in values) <= 1


@given(contents(), desired_states)
def test_txt_values_of_others_stay(content: dict[Key, RecordSet], desired: dict[str, Any]) -> None:
    provider = provider_with(content)
    outcome(provider, desired)
    ours = (b"v=spf1", b"v=DMARC1", b"v=DKIM1", b"brevo-code:x")
    for key, record_set in content.items():
        if key[1] != dns.rdatatype.TXT:
            continue
        after = provider.zones[name(DOMAIN)].get(key)
        for value in record_set.values:
            text = txt_bytes(value)
            foreign = (
                not text.lower().startswith(tuple(o.lower() for o in ours))
                and b"p=" not in text
                and b"_domainkey" not in text
            )
            if foreign:
                assert after is not None and value in after.values


record_with_a_sender = st.builds(
    lambda terms, end: " ".join(["v=spf1", *terms, *end]).encode(),
    st.lists(st.sampled_from(["mx", "a:b.example", "include:c.example", "-ip4:192.0.2.9"]), min_size=1, unique=True),
    st.sampled_from([[], ["~all"], ["-all"], ["?ALL "], ["redirect=d.example"]]),
)


@given(contents(), record_with_a_sender, st.lists(st.sampled_from(HOSTS), unique=True, min_size=1))
def test_removing_what_was_added_restores_the_zone(
    content: dict[Key, RecordSet], record: bytes, includes: list[str]
) -> None:
    apex = (name(DOMAIN), dns.rdatatype.TXT)
    there = content.get(apex)
    others = [value for value in (there.values if there else ()) if not spf.is_spf(txt_bytes(value))]
    content[apex] = RecordSet(*apex, (txt(record), *others), 300)
    provider = provider_with(content)
    assert outcome(provider, {"domain": DOMAIN, "spf": {"include": includes}}).changed
    assert outcome(provider, {"domain": DOMAIN, "spf": {"include": includes, "state": "absent"}}).changed
    assert provider.zones[name(DOMAIN)] == content


@given(contents(), desired_states)
def test_check_mode_predicts_what_apply_does(content: dict[Key, RecordSet], desired: dict[str, Any]) -> None:
    provider = provider_with(content)
    request = Request(name(DOMAIN), provider, tuple(build.domain_intents(desired)))
    predicted = run([request], check_mode=True)[name(DOMAIN)]
    assert provider.zones[name(DOMAIN)] == content and provider.writes == []
    applied = run([request])[name(DOMAIN)]
    assert (predicted.diff, predicted.error, predicted.notes) == (applied.diff, applied.error, applied.notes)
