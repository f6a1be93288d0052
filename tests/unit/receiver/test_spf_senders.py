# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on a sender is what receivers decide about its addresses, for any record."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.receiver.spf import check_host
from ansible_collections.postmaster.mail.plugins.module_utils.receiver.spf_senders import (
    check_anyone,
    check_terms,
    lets_everyone_pass,
)
from ansible_collections.postmaster.mail.plugins.module_utils.records import spf
from ansible_collections.postmaster.mail.tests.support.examples import examples
from ansible_collections.postmaster.mail.tests.support.fake_dns import SILENCE, FakeResolver
from ansible_collections.postmaster.mail.tests.support.pyspf_judge import by_pyspf, is_limit

DOMAIN = "company-name.com"
ELEVEN = [f"{number} mx{number}.company-name.com." for number in range(11)]
WORLD: dict[str, Any] = {
    "hoster.example": {"TXT": ["v=spf1 ip4:198.51.100.0/24 -all"]},
    "half.example": {"TXT": ["v=spf1 -ip4:198.51.100.0/25 ip4:198.51.100.0/24 -all"]},
    "google.example": {"TXT": ["v=spf1 ip4:192.0.2.0/25 ip6:2001:db8:1::/48 ~all"]},
    "ses.example": {"TXT": ["v=spf1 ip4:192.0.2.128/25 -all"]},
    "listed.example": {"TXT": ["v=spf1 exists:%{i}.list.example -all"]},
    "silent.example": SILENCE,
    "mx0.company-name.com": {"A": ["198.51.100.9"], "AAAA": ["2001:db8::9"]},
    "four.example": {"A": ["203.0.113.4"]},
    "all.example": {"TXT": ["v=spf1 +all"]},
    "halves.example": {"TXT": ["v=spf1 ip4:0.0.0.0/1 include:other.example -all"]},
    "other.example": {"TXT": ["v=spf1 ip4:128.0.0.0/1 -all"]},
}


def world(record: str, **own: Any) -> FakeResolver:
    return FakeResolver({**WORLD, DOMAIN: {"TXT": [record], **own}})


def said(record: str, **needs: Any) -> Any:
    mx = {"MX": needs.pop("exchanges", ["10 mx0.company-name.com."])}
    return check_terms(DOMAIN, spf.wanted(**needs).terms(DOMAIN), DOMAIN, world(record, **mx))


@pytest.mark.parametrize(
    ("record", "needs", "passes", "reason"),
    [
        (
            "v=spf1 -ip4:203.0.113.0/24 ip4:203.0.113.9 -all",
            {"ip4": ["203.0.113.9"]},
            False,
            "receivers give fail to 203.0.113.9 by -ip4:203.0.113.0/24",
        ),
        (
            "v=spf1 mx ip4:198.51.100.9 -all",
            {"ip4": ["198.51.100.9"], "exchanges": ELEVEN},
            False,
            f"receivers give permerror to 198.51.100.9: {DOMAIN} has 11 MX records, and an mx term may lead to 10 (RFC "
            "7208 4.6.4).",
        ),
        ("v=spf1 mx -all", {"ip4": ["198.51.100.9"]}, True, "receivers give pass to 198.51.100.9 by mx"),
        (
            "v=spf1 include:hoster.example -all",
            {"ip4": ["198.51.100.9"]},
            True,
            "receivers give pass to 198.51.100.9 by include:hoster.example",
        ),
        (
            "v=spf1 ?ip4:203.0.113.9 -all",
            {"ip4": ["203.0.113.9"]},
            False,
            "receivers give neutral to 203.0.113.9 by ?ip4:203.0.113.9",
        ),
        (
            "v=spf1 -include:hoster.example ip4:198.51.100.9 -all",
            {"ip4": ["198.51.100.9"]},
            False,
            "receivers give fail to 198.51.100.9 by -include:hoster.example",
        ),
        (
            "v=spf1 include:google.example -all",
            {"include": ["ses.example"]},
            False,
            "receivers give fail to 192.0.2.128 (include:ses.example) by -all",
        ),
        # every part of a network that the record treats differently
        ("v=spf1 ip4:198.51.100.0/25 -all", {"ip4": ["198.51.100.0/24"]}, False, "198.51.100.128"),
        ("v=spf1 -ip4:198.51.100.77 include:hoster.example -all", {"include": ["hoster.example"]}, False, "100.77"),
        (
            "v=spf1 ip4:198.51.100.0/25 include:ses.example ip4:198.51.100.128/25",
            {"ip4": ["198.51.100.0/24"]},
            True,
            "",
        ),
        # addresses that an include itself excludes are not the sender's
        ("v=spf1 ip4:198.51.100.128/25 -all", {"include": ["half.example"]}, True, ""),
        # addresses that only DNS can list
        ("v=spf1 include:listed.example -all", {"include": ["listed.example"]}, True, ""),
        ("v=spf1 exists:%{i}.list.example -all", {"exists": ["%{i}.list.example"]}, True, ""),
        (
            "v=spf1 -all include:listed.example",
            {"include": ["listed.example"]},
            False,
            "fail to include:listed.example",
        ),
        ("v=spf1 ~include:listed.example -all", {"include": ["listed.example"]}, False, "softfail"),
        # for an IPv6 address, names with only IPv4 addresses are void lookups
        (
            "v=spf1 a:four.example a:four.example a:four.example ip6:2001:db8::25 -all",
            {"ip6": ["2001:db8::25"]},
            False,
            "permerror to 2001:db8::25: Nothing was found at four.example",
        ),
        (
            "v=spf1 a:four.example a:four.example a:four.example ip4:203.0.113.25 -all",
            {"ip4": ["203.0.113.25"]},
            True,
            "",
        ),
        # without an answer the verdict is unknown, unless it is certain anyway
        ("v=spf1 include:silent.example -all", {"ip4": ["203.0.113.9"]}, None, ""),
        ("v=spf1 -all", {"include": ["silent.example"]}, None, "no server gave an answer about silent.example"),
        ("v=spf1 ip4:203.0.113.9 include:silent.example -all", {"ip4": ["203.0.113.9", "203.0.113.10"]}, None, ""),
        ("v=spf1 -ip4:203.0.113.9 include:silent.example", {"ip4": ["203.0.113.10", "203.0.113.9"]}, False, ""),
    ],
)
def test_a_sender_is_judged_by_its_addresses(
    record: str, needs: dict[str, Any], passes: bool | None, reason: str
) -> None:
    found = said(record, **needs)

    assert found.passes is passes
    assert reason in found.reason


@pytest.mark.parametrize(
    ("record", "passes"),
    [
        ("v=spf1 include:google.example -all", True),
        ("v=spf1 include:listed.example -all", True),
        ("v=spf1 redirect=hoster.example", True),
        ("v=spf1 include:gone.example -all", False),
        ("v=spf1 -all", False),
        ("v=spf1 ?ip4:192.0.2.1 -all", False),
        ("v=spf1 include:silent.example -all", None),
    ],
)
def test_a_record_lets_someone_pass_or_no_one(record: str, passes: bool | None) -> None:
    assert check_anyone(DOMAIN, world(record)).passes is passes


@pytest.mark.parametrize(
    ("record", "term"),
    [
        ("v=spf1 include:all.example -all", "+all"),
        ("v=spf1 redirect=all.example", "+all"),
        ("v=spf1 include:halves.example -all", "ip4:128.0.0.0/1"),
        ("v=spf1 ip6:::/1 ip6:8000::/1 -all", "ip6:::/1"),
        ("v=spf1 -include:all.example ip4:0.0.0.0/1 -all", ""),
        ("v=spf1 ip4:0.0.0.0/1 -all", ""),
        ("v=spf1 include:google.example ?all", ""),
    ],
)
def test_a_record_that_lets_everyone_pass_is_reported_with_the_term(record: str, term: str) -> None:
    terms = [result.trace[-1].term for result in lets_everyone_pass(DOMAIN, world(record))]
    assert term in terms if term else terms == []


# Random records and senders, with pyspf as an independent judge

_HOSTS = [f"h{number}.example" for number in range(4)]
_RECORDS = [f"r{number}.example" for number in range(4)]
_NETWORKS = (
    "192.0.2.0/24", "192.0.2.0/25", "192.0.2.128/25", "192.0.2.9", "192.0.2.64/27", "203.0.113.9", "203.0.113.0/24",
    "2001:db8::/32", "2001:db8::/48", "2001:db8:1::/48", "2001:db8::9",
)  # fmt: skip
_ADDRESSES = [f"{net}{number}" for net in ("192.0.2.", "2001:db8::") for number in range(8, 12)]
_ADDRESSES = [address.replace("::10", "::a").replace("::11", "::b") for address in _ADDRESSES]
_V4 = st.sampled_from([text for text in _NETWORKS if ":" not in text])
_V6 = st.sampled_from([text for text in _NETWORKS if ":" in text])


def edges(text: str) -> list[Any]:
    """The first address of a network, and the first after it."""
    network = ipaddress.ip_network(text)
    return [network.network_address, network.broadcast_address + 1]


_QUALIFIER = st.sampled_from(["", "", "", "", "-", "~", "?"])
_TERM = st.one_of(
    _V4.map("ip4:{}".format),
    _V6.map("ip6:{}".format),
    st.sampled_from([*_HOSTS, "gone.example"]).map("a:{}".format),
    st.sampled_from(["", "/24", "/25//48"]).map("a{}".format),
    st.sampled_from([*_HOSTS, "gone.example", "crowded.example"]).map("mx:{}".format),
    st.sampled_from([*_RECORDS, *_RECORDS, "gone.example", "slow.example"]).map("include:{}".format),
    st.sampled_from(_HOSTS).map("exists:{}".format),
)
_END = st.sampled_from(["-all", "-all", "~all", "?all", "", "+all", *(f"redirect={name}" for name in _RECORDS)])


def _record(most: int) -> st.SearchStrategy[str]:
    terms = st.lists(st.builds("{}{}".format, _QUALIFIER, _TERM), max_size=most)
    return st.builds(lambda words, end: " ".join(filter(None, ["v=spf1", *words, end])), terms, _END)


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    names: dict[str, Any] = {DOMAIN: {"TXT": [draw(_record(5))], "A": ["192.0.2.9"]}, "slow.example": SILENCE}
    for name in _RECORDS:
        values = draw(st.lists(_record(4), min_size=1, max_size=1) | st.just([]))
        names[name] = {"TXT": values}
    for number, name in enumerate(_HOSTS):
        kinds = draw(st.sampled_from([("A",), ("A", "AAAA"), ("AAAA",), ()]))
        addresses = {"A": [_ADDRESSES[number]], "AAAA": [_ADDRESSES[number + 4]]}
        exchanges = draw(st.lists(st.sampled_from(_HOSTS), max_size=2, unique=True))
        names[name] = {kind: addresses[kind] for kind in kinds} | {"MX": [f"10 {host}." for host in exchanges]}
    names["crowded.example"] = {"MX": [f"{number} h0.example." for number in range(11)]}
    return names


_NEEDS = st.one_of(
    _V4.map(lambda value: {"ip4": [value]}),
    _V6.map(lambda value: {"ip6": [value]}),
    st.sampled_from(_HOSTS).map(lambda value: {"a": [value]}),
    st.sampled_from(_HOSTS).map(lambda value: {"mx": [value]}),
    st.sampled_from(_RECORDS).map(lambda value: {"include": [value]}),
)


# the addresses at which one of the networks and hosts above begins or ends
_POINTS = sorted(
    {"192.0.1.0", "198.51.100.0", "2001:db7::"}
    | {str(point) for text in (*_NETWORKS, *_ADDRESSES) for point in edges(text)}
)  # fmt: skip


def _points_of(term: spf.Term, resolver: FakeResolver, names: dict[str, Any]) -> list[str]:
    """An address of every part of the sender's networks, determined without the code under test."""
    if term.name in ("ip4", "ip6"):
        network = ipaddress.ip_network(term.value, strict=False)
        return [point for point in _POINTS if ipaddress.ip_address(point) in network]
    if term.name == "include":
        return [point for point in _POINTS if _receiver(point, term.target, resolver) == "pass"]
    hosts = [term.target] if term.name == "a" else [text.split()[1][:-1] for text in names[term.target]["MX"]]
    return [address for host in hosts for kind in ("A", "AAAA") for address in names[host].get(kind, ())]


def _receiver(ip: str, domain: str, resolver: FakeResolver) -> str:
    return check_host(ip, domain, f"postmaster@{domain}", domain, resolver).result


@settings(max_examples=examples(300, 10_000))
@given(names=worlds(), needs=_NEEDS)
def test_the_verdict_on_a_sender_is_that_of_receivers(names: dict[str, Any], needs: dict[str, Any]) -> None:
    resolver = FakeResolver(names)
    (term,) = spf.wanted(**needs).terms(DOMAIN)
    found = check_terms(DOMAIN, [term], DOMAIN, resolver)
    results = {point: _receiver(point, DOMAIN, resolver) for point in _points_of(term, resolver, names)}

    if set(results.values()) - {"pass", "temperror"}:
        assert found.passes is False
    elif results and not found.unknown:
        assert found.passes is (None if "temperror" in results.values() else True)
    elif not results and term.name != "include":
        assert found.passes is None  # the sender has no address
    if found.passes is None:
        assert found.unknown or found.result is None or found.result.result == "temperror"
    elif found.ip and found.result is not None:
        assert (_receiver(found.ip, DOMAIN, resolver) == "pass") is found.passes
        result, reason = by_pyspf(resolver, found.ip, f"postmaster@{DOMAIN}", DOMAIN)
        if result != "temperror" and not is_limit(reason) and "4.6.4" not in found.result.reason:
            assert (result == "pass") is found.passes, (reason, found.reason)
