# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a host may send for a domain (RFC 7208), beyond the public test suite."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.intents.spf import txt_fetch
from ansible_collections.postmaster.mail.plugins.module_utils.receiver import spf
from ansible_collections.postmaster.mail.plugins.module_utils.records import spf_limits as limits
from ansible_collections.postmaster.mail.tests.support.fake_dns import SILENCE, FakeResolver
from ansible_collections.postmaster.mail.tests.support.pyspf_judge import by_pyspf, is_limit

DOMAIN = "company-name.com"


def check(
    record: str | bytes,
    others: dict[str, Any] | None = None,
    ip: str = "192.0.2.1",
    sender: str = "sales@company-name.com",
) -> spf.SpfResult:
    """The result for this record of the domain; ``others``: what is at other names."""
    resolver = FakeResolver({DOMAIN: {"TXT": [record]}, **(others or {})})
    return spf.check_host(ip, DOMAIN, sender, "mail.company-name.com", resolver)


def test_the_deciding_term_and_the_reason_are_reported() -> None:
    found = check("v=spf1 include:_spf.odoo.com -all", {"_spf.odoo.com": {"TXT": ["v=spf1 ip4:192.0.2.0/24 ~all"]}})
    assert (found.result, found.term, found.lookups) == ("pass", "include:_spf.odoo.com", 1)
    assert found.reason == "include:_spf.odoo.com in the record of company-name.com makes it pass for 192.0.2.1."
    assert [str(step) for step in found.trace] == [
        "company-name.com: include:_spf.odoo.com: pass",
        "  _spf.odoo.com: ip4:192.0.2.0/24: pass",
    ]


def test_the_trace_says_why_an_include_does_not_match() -> None:
    found = check("v=spf1 include:other.example -all", {"other.example": {"TXT": ["v=spf1 -all"]}})
    assert (found.result, found.term) == ("fail", "-all")
    assert found.trace[0].outcome == "no match, because other.example says fail"


@pytest.mark.parametrize(
    ("record", "ip", "result"),
    [
        ("v=spf1 ip4:192.0.2.0/24 -all", "::ffff:192.0.2.7", "pass"),
        ("v=spf1 ip6:2001:db8::/32 -all", "2001:db8::1", "pass"),
        ("v=spf1 ip6:::ffff:192.0.2.0/120 -all", "192.0.2.7", "fail"),
        ("v=spf1 ip4:192.0.2.1/0 -all", "203.0.113.1", "pass"),
        ("v=spf1 ip4:192.0.2.1/0 -all", "2001:db8::1", "fail"),
        ("v=spf1 ~all", "192.0.2.1", "softfail"),
        ("v=spf1", "192.0.2.1", "neutral"),
        ("V=SPF1 IP4:192.0.2.1 -ALL", "192.0.2.1", "pass"),
    ],
)
def test_addresses_match_their_networks(record: str, ip: str, result: str) -> None:
    assert check(record, ip=ip).result == result


def test_prefix_lengths_apply_to_the_hosts_of_a_and_mx() -> None:
    hosts = {"mail.example": {"A": ["192.0.2.200"], "AAAA": ["2001:db8::1"]}, DOMAIN: {"MX": ["10 mail.example."]}}
    resolver = FakeResolver(hosts)
    resolver.add(DOMAIN, {"TXT": ["v=spf1 a:mail.example/24//64 -all"]})
    assert spf.check_host("192.0.2.1", DOMAIN, "", "", resolver).result == "pass"
    assert spf.check_host("2001:db8::ff", DOMAIN, "", "", resolver).result == "pass"
    assert spf.check_host("2001:db8:1::ff", DOMAIN, "", "", resolver).result == "fail"
    resolver.add(DOMAIN, {"TXT": ["v=spf1 mx/24 -all"]})
    assert spf.check_host("192.0.2.1", DOMAIN, "", "", resolver).result == "pass"


def test_a_bounce_is_checked_by_its_helo_name() -> None:
    resolver = FakeResolver({"mail.company-name.com": {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]}})
    found = spf.check_sender("192.0.2.1", "<>", "mail.company-name.com", resolver)
    assert (found.result, found.domain) == ("pass", "mail.company-name.com")


@pytest.mark.parametrize("domain", ["", "localhost", "[192.0.2.1]", "a..example", "x" * 64 + ".example", ".", "a b"])
def test_an_invalid_domain_has_the_result_none(domain: str) -> None:
    found = spf.check_host("192.0.2.1", domain, f"a@{domain}", "", FakeResolver())
    assert found.result == "none"
    assert found.reason


def test_an_internationalised_domain_is_looked_up_in_its_a_label_form() -> None:
    resolver = FakeResolver({"xn--mller-kva.example": {"TXT": ["v=spf1 exists:%{d} -all"], "A": ["127.0.0.2"]}})
    assert spf.check_sender("192.0.2.1", "a@müller.example", "h", resolver).result == "pass"


def test_a_non_ascii_local_part_matches_no_term_with_its_macro() -> None:
    hosts = {"ok.example": {"A": ["127.0.0.2"]}}
    assert check("v=spf1 exists:%{l}.example -all", hosts, sender="ok@company-name.com").result == "pass"
    assert check("v=spf1 exists:%{l}.example -all", hosts, sender="ök@company-name.com").result == "fail"


def test_an_invalid_ip_address_is_refused() -> None:
    with pytest.raises(InvalidInput, match="not an IP address"):
        check("v=spf1 -all", ip="mail.example")


def test_a_syntax_error_is_reported_with_the_term() -> None:
    found = check("v=spf1 ip4:192.0.2.1 includes:x.example -all")
    assert found.result == "permerror"
    assert "includes:x.example" in found.reason


# Limits and hostile DNS


def test_a_record_that_includes_itself_ends_in_the_lookup_limit() -> None:
    found = check("v=spf1 include:company-name.com -all")
    assert (found.result, found.lookups) == ("permerror", 11)
    assert "receivers stop at 10" in found.reason


def test_redirects_in_a_circle_end_in_the_lookup_limit() -> None:
    found = check("v=spf1 redirect=b.example", {"b.example": {"TXT": ["v=spf1 redirect=company-name.com"]}})
    assert (found.result, found.lookups) == ("permerror", 11)


def test_ten_lookups_are_allowed_and_an_earlier_match_saves_the_rest() -> None:
    hosts = {f"h{number}.example": {"A": ["192.0.2.99"]} for number in range(12)}
    terms = " ".join(f"a:h{number}.example" for number in range(10))
    assert check(f"v=spf1 {terms} -all", hosts).result == "fail"
    assert check(f"v=spf1 {terms} a:h10.example -all", hosts).result == "permerror"
    assert check(f"v=spf1 {terms} a:h10.example -all", hosts, ip="192.0.2.99").result == "pass"


def test_the_third_void_lookup_is_an_error() -> None:
    assert check("v=spf1 a:x.example a:y.example -all").result == "fail"
    found = check("v=spf1 a:x.example a:y.example a:z.example -all")
    assert (found.result, found.voids) == ("permerror", 3)
    assert "z.example" in found.reason


def test_more_than_ten_exchangers_are_an_error_and_a_null_mx_matches_nothing() -> None:
    many = [f"{number} h{number}.example." for number in range(11)]
    resolver = FakeResolver({DOMAIN: {"TXT": ["v=spf1 mx -all"], "MX": many}})
    assert spf.check_host("192.0.2.1", DOMAIN, "", "", resolver).result == "permerror"
    resolver.add(DOMAIN, {"MX": ["0 ."]})
    found = spf.check_host("192.0.2.1", DOMAIN, "", "", resolver)
    assert (found.result, found.voids) == ("fail", 0)


def test_only_ten_ptr_names_are_looked_up() -> None:
    names = [f"n{number}.company-name.com." for number in range(500)]
    resolver = FakeResolver(
        {
            DOMAIN: {"TXT": ["v=spf1 ptr -all"]},
            "1.2.0.192.in-addr.arpa": {"PTR": names},
            **{name[:-1]: {"A": ["192.0.2.9"]} for name in names},
        }
    )
    assert spf.check_host("192.0.2.1", DOMAIN, "", "", resolver).result == "fail"
    assert sum(resolver.questions.values()) == 12


def test_without_an_answer_the_result_is_temperror_if_it_matters() -> None:
    assert spf.check_host("192.0.2.1", DOMAIN, "", "", FakeResolver({DOMAIN: SILENCE})).result == "temperror"
    for term in ("a:dead.example", "mx:dead.example", "include:dead.example", "exists:dead.example"):
        assert check(f"v=spf1 {term} -all", {"dead.example": SILENCE}).result == "temperror"
    assert check("v=spf1 redirect=dead.example", {"dead.example": SILENCE}).result == "temperror"
    assert check("v=spf1 ip4:192.0.2.1 a:dead.example -all", {"dead.example": SILENCE}).result == "pass"


def test_without_an_answer_about_ptr_names_there_is_no_match() -> None:
    reverse = {"1.2.0.192.in-addr.arpa": SILENCE}
    assert check("v=spf1 ptr -all", reverse).result == "fail"


def test_an_explanation_that_is_missing_or_invalid_is_none() -> None:
    record = "v=spf1 -all exp=why.example"
    assert check(record).explanation is None
    assert check(record, {"why.example": SILENCE}).explanation is None
    assert check(record, {"why.example": {"TXT": [b"\xff"]}}).explanation is None
    assert check(record, {"why.example": {"TXT": ["a", "b"]}}).explanation is None
    assert check(record, {"why.example": {"TXT": ["100% sure"]}}).explanation is None
    assert check(record, {"why.example": {"TXT": ["No mail from %{i}."]}}).explanation == "No mail from 192.0.2.1."


def test_an_explanation_is_limited_in_length() -> None:
    text = "%{s}" * 15000
    found = check("v=spf1 -all exp=why.example", {"why.example": {"TXT": [text]}})
    assert found.explanation is not None and len(found.explanation) <= 4000


def test_a_name_that_macros_make_too_long_is_shortened_from_the_left() -> None:
    record = f"v=spf1 exists:{'%{l}.' * 10000}company-name.com -all"
    kept = ".".join(["a.b.c.d"] * 40 + [DOMAIN])[-253:].partition(".")[2]
    found = check(record, {kept: {"A": ["127.0.0.2"]}}, sender=f"{'a.b.c.d'}@{DOMAIN}")
    assert found.result == "pass"
    assert check(f"v=spf1 exists:{'%{l}' * 10000} -all", sender=f"aaaa@{DOMAIN}").result == "fail"


pieces = st.sampled_from(
    [
        b"v=spf1",
        b" ",
        b" include:",
        b" redirect=",
        b" exp=",
        b" a:",
        b" mx",
        b" ptr",
        b" exists:",
        b"%{",
        b"%{p}",
        b"%{l1r-}",
        b"%{S99999999999999999999}",
        b"company-name.com",
        b"b.example",
        b"\xff",
        b"\x00",
        b"/33",
        b"//",
        b" -all",
        b" ip4:1.2.3.4",
        b".",
        b"x" * 70,
    ]
)
names = ["company-name.com", "b.example", "_spf.b.example", "1.2.0.192.in-addr.arpa"]


@given(
    texts=st.dictionaries(
        st.sampled_from(names[:3]),
        st.lists(st.lists(pieces, max_size=12).map(lambda parts: b"v=spf1 " + b"".join(parts)), min_size=1, max_size=2),
    ),
    sender=st.text(max_size=30),
    helo=st.text(max_size=300),
    silent=st.sets(st.sampled_from(names)),
)
def test_any_records_lead_to_a_result_after_few_queries(
    texts: dict[str, list[bytes]], sender: str, helo: str, silent: set[str]
) -> None:
    resolver = FakeResolver({name: {"TXT": values} for name, values in texts.items()})
    resolver.add("b.example", {"MX": ["1 b.example.", "2 company-name.com."], "A": ["192.0.2.1"]})
    resolver.add("1.2.0.192.in-addr.arpa", {"PTR": ["b.example."]})
    for name in silent:
        resolver.add(name, SILENCE)
    for result in (
        spf.check_host("192.0.2.1", DOMAIN, f"{sender}@{DOMAIN}", helo, resolver),
        spf.check_sender("2001:db8::1", sender, helo, resolver),
    ):
        assert result.result in ("none", "neutral", "pass", "fail", "softfail", "temperror", "permerror")
        assert result.reason
    assert sum(resolver.questions.values()) < 250


# Comparison with pyspf

hosts = st.sampled_from(
    ["a.example", "b.example", "c.example", "d.example", "%{d}", "%{l}.%{d2}", "x.%{h}", "%{ir}.a.example"]
)
qualifiers = st.sampled_from(["", "+", "-", "~", "?"])
prefixes = st.sampled_from(["", "/24", "//64", "/0", "/31//127"])
mechanisms = st.one_of(
    st.builds("a{}".format, prefixes),
    st.builds("mx{}".format, prefixes),
    st.builds("a:{}{}".format, hosts, prefixes),
    st.builds("mx:{}{}".format, hosts, prefixes),
    st.builds("include:{}".format, hosts),
    st.builds("exists:{}".format, hosts),
    st.builds("ptr:{}".format, st.sampled_from(["a.example", "example", "b.example"])),
    st.just("ptr"),
    st.builds(
        "ip4:{}{}".format,
        st.sampled_from(["192.0.2.1", "192.0.2.9", "198.51.100.0"]),
        st.sampled_from(["", "/24", "/32"]),
    ),
    st.builds("ip6:{}".format, st.sampled_from(["2001:db8::1", "2001:db8::/32", "::1"])),
    st.just("all"),
)
terms = st.lists(st.builds("{}{}".format, qualifiers, mechanisms), max_size=4)
spf_records = st.builds(
    lambda parts, redirect: " ".join(["v=spf1", *parts, *redirect]),
    terms,
    st.lists(st.builds("redirect={}".format, hosts), max_size=1),
)
addresses = st.lists(st.sampled_from(["192.0.2.1", "192.0.2.9", "198.51.100.7"]), min_size=1, max_size=2, unique=True)
holders = st.fixed_dictionaries(
    {"TXT": st.lists(spf_records, min_size=1, max_size=1)},
    optional={
        "A": addresses,
        "AAAA": st.lists(st.sampled_from(["2001:db8::1", "2001:db8::9"]), min_size=1, max_size=1),
        "MX": st.lists(st.sampled_from(["10 a.example.", "20 b.example."]), min_size=1, max_size=2, unique=True),
    },
)
zones = st.fixed_dictionaries({"a.example": holders, "b.example": holders, "c.example": holders})


@given(
    zone=zones,
    ip=st.sampled_from(["192.0.2.1", "198.51.100.9", "2001:db8::1"]),
    back=st.sampled_from(["a.example.", "b.example."]),
)
def test_the_result_is_the_same_as_that_of_pyspf(zone: dict[str, Any], ip: str, back: str) -> None:
    resolver = FakeResolver({**zone, "d.example": {"TXT": ["no spf"]}, "x.c.example": {"A": ["192.0.2.1"]}})
    for reverse in (
        "1.2.0.192.in-addr.arpa",
        "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
    ):
        resolver.add(reverse, {"PTR": [back]})
    found = spf.check_sender(ip, "b@a.example", "c.example", resolver)
    result, reason = by_pyspf(resolver, ip, "b@a.example", "c.example")
    assume("4.6.4" not in found.reason and not is_limit(reason))
    assert found.result == result, (found.reason, reason)


@st.composite
def trees(draw: st.DrawFn) -> dict[str, list[str]]:
    """Records that may include the ones after them, with hosts of which only one exists. No sender passes."""
    names = [DOMAIN, "n1.example", "n2.example", "n3.example"]
    world = {}
    for place, name in enumerate(names):
        terms = ["a:there.example", "mx:there.example", "a:gone1.example", "mx:gone2.example", "exists:gone3.example"]
        terms += ["a", "mx", *(f"include:{later}" for later in names[place + 1 :])]
        end = draw(st.sampled_from([" -all", "", *(f" redirect={later}" for later in names[place + 1 :])]))
        world[name] = ["v=spf1", *draw(st.lists(st.sampled_from(terms), max_size=4)), end.strip()]
    return world


@given(trees())
def test_the_worst_case_is_the_cost_of_a_sender_that_no_term_matches(tree: dict[str, list[str]]) -> None:
    there: dict[str, Any] = {"A": ["203.0.113.1"], "MX": ["10 there.example."]}
    world = {name: {"TXT": [" ".join(filter(None, terms))]} for name, terms in tree.items()}
    resolver = FakeResolver({**world, "there.example": there})

    def lacks(mechanism: str, name: str) -> bool:
        return name != "there.example"

    found = check(world[DOMAIN]["TXT"][0], {**world, "there.example": there})
    worst = limits.lookups(world[DOMAIN]["TXT"][0].encode(), DOMAIN, txt_fetch(resolver.ask), lacks)
    if found.result == "permerror":
        assert worst.void_count > limits.MAX_VOIDS or worst.count > limits.MAX_LOOKUPS
    else:
        assert (found.voids, found.lookups) == (worst.void_count, worst.count)
