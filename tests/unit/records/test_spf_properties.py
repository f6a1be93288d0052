# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be true for every SPF record, not only for those that somebody thought of."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.errors import Conflict, InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.records import spf

DOMAIN = "company-name.com"


def any_case(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda text, upper: "".join(c.upper() if i in upper else c for i, c in enumerate(text)),
        texts,
        st.sets(st.integers(0, 12)),
    )


LABELS = st.from_regex(r"[a-z0-9_]([a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True)
MACROS = st.from_regex(r"%(\{[slodiphvSLODIPHV]([1-9][0-9]?)?r?[-.+,/_=]{0,2}\}|[%_-])", fullmatch=True)
NAMES = st.builds(
    lambda labels, top, dot: ".".join([*labels, top]) + dot,
    st.lists(LABELS, min_size=1, max_size=3),
    st.sampled_from(["com", "example", "c0m", "xn--p1ai", "1a"]),
    st.sampled_from(["", "."]),
)
MACRO_NAMES = st.builds(lambda macro, name: f"{macro}.{name}", MACROS, NAMES) | st.builds(
    lambda name, macro: f"{name.rstrip('.')}.{macro}", NAMES, MACROS
)
SPECS = any_case(NAMES) | MACRO_NAMES
PREFIX4 = st.just("") | st.integers(1, 32).map(lambda length: f"/{length}")
PREFIX6 = st.just("") | st.integers(1, 128).map(lambda length: f"//{length}")
IP4 = st.builds(lambda address, prefix: f"{address}{prefix}", st.ip_addresses(v=4), PREFIX4)
IP6 = st.builds(
    lambda address, prefix, long: f"{address.exploded if long else address}{prefix[1:]}",
    st.ip_addresses(v=6),
    PREFIX6,
    st.booleans(),
)
HOSTS = st.builds(lambda spec, four, six: f"{spec}{four}{six}", st.just("") | SPECS.map(":{}".format), PREFIX4, PREFIX6)

MECHANISMS = st.one_of(
    st.builds("{}:{}".format, any_case(st.sampled_from(["include", "exists", "ptr"])), SPECS),
    st.builds("{}{}".format, any_case(st.sampled_from(["a", "mx"])), HOSTS),
    st.builds("{}:{}".format, any_case(st.just("ip4")), IP4),
    st.builds("{}:{}".format, any_case(st.just("ip6")), IP6),
    any_case(st.sampled_from(["ptr", "all"])),
)
DIRECTIVES = st.builds("{}{}".format, st.sampled_from(["", "", "+", "-", "~", "?"]), MECHANISMS)
UNKNOWN_NAMES = any_case(st.from_regex(r"[a-z][a-z0-9._-]{0,5}", fullmatch=True)).filter(
    lambda name: name.lower() not in ("redirect", "exp")
)
UNKNOWN_VALUES = st.lists(MACROS | st.from_regex(r"[!-$&-~]{1,5}", fullmatch=True), max_size=3).map("".join)
UNKNOWN = st.builds("{}={}".format, UNKNOWN_NAMES, UNKNOWN_VALUES)
BLANKS = st.integers(1, 3).map(lambda count: " " * count)


@st.composite
def records(draw: st.DrawFn) -> bytes:
    """A valid record, as unusual as the grammar allows."""
    terms = draw(st.lists(DIRECTIVES | UNKNOWN, max_size=7))
    for name in draw(st.sets(st.sampled_from(["redirect", "exp"]))):
        place = draw(st.integers(0, len(terms)))
        terms.insert(place, f"{draw(any_case(st.just(name)))}={draw(SPECS)}")
    version = draw(any_case(st.just("v=spf1")))
    blanks = draw(st.sampled_from(["", "", " ", "  "]))
    return (version + "".join(draw(BLANKS) + term for term in terms) + blanks).encode()


def plain_names() -> st.SearchStrategy[list[str]]:
    return st.lists(NAMES, max_size=2)


WANTED = st.builds(
    spf.wanted,
    include=plain_names(),
    exists=plain_names(),
    a=st.lists(st.sampled_from(["", DOMAIN, "/24", "mail.example.com//64"]), max_size=2),
    mx=st.lists(st.sampled_from(["", "mail.example.com"]), max_size=1),
    ip4=st.lists(IP4, max_size=2),
    ip6=st.lists(IP6, max_size=2),
)
WANTED_WITH_ALL = st.builds(
    lambda wanted, word: spf.SpfWanted(**{**vars(wanted), "all": word}),
    WANTED,
    st.sampled_from([None, "fail", "softfail", "neutral"]),
)


@st.composite
def records_that_have_some(draw: st.DrawFn) -> tuple[bytes, spf.SpfWanted]:
    """A record and the desired terms, some of which it has already, perhaps after ``all``."""
    existing, wanted = draw(records()), draw(WANTED_WITH_ALL)
    record = spf.parse(existing, DOMAIN)
    for term in wanted.terms(DOMAIN):
        if draw(st.booleans()):
            place = draw(st.integers(0, len(record.terms)))
            terms = [*record.terms[:place], term, *record.terms[place:]]
            record = spf.SpfRecord(record.version, tuple(terms), record.trailing)
    return record.to_bytes(), wanted


def merged(existing: bytes, wanted: spf.SpfWanted) -> bytes:
    try:
        return spf.merge(existing, wanted, DOMAIN)
    except Conflict:
        assume(False)
        raise


def keys(value: bytes) -> list[tuple[str, ...]]:
    return [term.key(DOMAIN) for term in spf.parse(value, DOMAIN).terms]


@given(records())
def test_any_record_is_written_back_unchanged(value: bytes) -> None:
    record = spf.parse(value, DOMAIN)
    assert record.to_bytes() == value
    for term in record.terms:
        assert value[term.position - 1 :].startswith(term.text.encode())


@given(st.binary() | st.binary().map(b"v=spf1 ".__add__) | st.text().map(lambda text: b"v=spf1 " + text.encode()))
def test_any_bytes_are_a_record_or_refused_in_one_line(value: bytes) -> None:
    try:
        assert spf.parse(value, DOMAIN).to_bytes() == value
    except InvalidInput as error:
        assert str(error).startswith(DOMAIN)
        assert str(error).isprintable()


@given(records(), st.integers(0, 60), st.sampled_from([*" %/:={}.,-~\t", "", "0", "a"]))
def test_a_damaged_record_is_read_or_refused_in_one_line(value: bytes, place: int, damage: str) -> None:
    damaged = value[:place] + damage.encode() + value[place + 1 :]
    try:
        assert spf.parse(damaged, DOMAIN).to_bytes() == damaged
    except InvalidInput as error:
        assert str(error).isprintable()


@given(records_that_have_some())
def test_a_second_merge_changes_nothing(given_: tuple[bytes, spf.SpfWanted]) -> None:
    existing, wanted = given_
    once = merged(existing, wanted)
    assert spf.merge(once, wanted, DOMAIN) == once


@given(records_that_have_some())
def test_after_a_merge_every_desired_term_is_reachable(given_: tuple[bytes, spf.SpfWanted]) -> None:
    existing, wanted = given_
    reachable = spf.parse(merged(existing, wanted), DOMAIN).reachable
    authorised = {term.key(DOMAIN) for term in reachable if term.qualifier == "+"}
    assert {term.key(DOMAIN) for term in wanted.terms(DOMAIN)} <= authorised


@given(records_that_have_some())
def test_a_merge_keeps_all_other_terms_unchanged_and_in_order(given_: tuple[bytes, spf.SpfWanted]) -> None:
    existing, wanted = given_
    ours = {term.key(DOMAIN) for term in wanted.terms(DOMAIN)}
    result = merged(existing, wanted)

    def foreign(value: bytes) -> list[tuple[str, str]]:
        terms = spf.parse(value, DOMAIN).terms
        return [(t.before, t.text) for t in terms if t.key(DOMAIN) not in ours and not (t.is_all and wanted.all)]

    assert foreign(result) == foreign(existing)


@given(records_that_have_some())
def test_a_merge_changes_all_only_if_it_is_given(given_: tuple[bytes, spf.SpfWanted]) -> None:
    existing, wanted = given_
    before, after = spf.parse(existing, DOMAIN), spf.parse(merged(existing, wanted), DOMAIN)
    assert after.redirect == before.redirect
    assert after.all == (wanted.all_text[0] if wanted.all_text else before.all)


@given(records(), WANTED)
def test_removing_what_was_added_restores_the_record(existing: bytes, wanted: spf.SpfWanted) -> None:
    there = set(keys(existing))
    assume(not there & {term.key(DOMAIN) for term in wanted.terms(DOMAIN)})
    removed = spf.remove(merged(existing, wanted), wanted, DOMAIN)
    if removed is None:
        # nothing is lost: the record had at most ~all or ?all
        assert all(term.is_all and term.qualifier in "~?" for term in spf.parse(existing, DOMAIN).terms)
    else:
        assert removed == existing


@given(records_that_have_some())
def test_a_second_removal_changes_nothing(given_: tuple[bytes, spf.SpfWanted]) -> None:
    existing, wanted = given_
    once = spf.remove(existing, wanted, DOMAIN)
    if once is not None:
        assert spf.remove(once, wanted, DOMAIN) == once


@given(WANTED_WITH_ALL)
def test_a_new_record_is_valid_and_has_nothing_to_merge(wanted: spf.SpfWanted) -> None:
    built = spf.build(wanted, DOMAIN)
    assert spf.merge(built, wanted, DOMAIN) == built
    assert spf.exact(wanted, built, DOMAIN) == built


@given(records_that_have_some())
def test_an_exact_record_has_only_the_desired_terms_and_stays(given_: tuple[bytes, spf.SpfWanted]) -> None:
    existing, wanted = given_
    value = spf.exact(wanted, existing, DOMAIN)
    assert spf.exact(wanted, value, DOMAIN) == value
    assert set(keys(value)) - {("all", "")} == {term.key(DOMAIN) for term in wanted.terms(DOMAIN)}


@given(st.lists(records(), min_size=1, max_size=3))
def test_consolidation_leads_to_one_valid_record_with_all_terms(values: list[bytes]) -> None:
    try:
        joined = spf.consolidate(values, DOMAIN)
    except Conflict:
        return
    assert set(keys(joined)) == {key for value in values for key in keys(value)}


@given(records(), st.dictionaries(NAMES, st.none() | st.lists(records() | st.binary(), max_size=2)))
def test_the_lookups_of_any_record_are_counted(value: bytes, world: dict[str, list[bytes] | None]) -> None:
    count = spf.lookups(value, DOMAIN, lambda name: world.get(name, []))
    assert count.count == sum(cost for dummy, cost in count.per_term)
    assert count.count >= len(count.per_term)
    spf.covered_by(value, "_spf.odoo.com", DOMAIN, lambda name: world.get(name, []))


def accepted_by_pyspf(value: bytes) -> bool:
    """Whether pyspf, an independent evaluator, accepts the syntax; without DNS."""
    pyspf = pytest.importorskip("spf", reason="pyspf is not installed")
    query = pyspf.query("192.0.2.1", "sender@sender.example", "helo.sender.example", strict=True)
    query.dns = lambda *dummy_arguments, **dummy_options: []
    query.d = "owner.example"
    once = set()
    try:
        for term in filter(None, value.decode("ascii").split(" ")[1:]):
            parts = pyspf.RE_MODIFIER.split(term)[1:]
            if len(parts) != 2:
                query.validate_mechanism(term)
            elif parts[0].lower() not in ("redirect", "exp"):
                query.expand(parts[1])
            elif not parts[1] or parts[0].lower() in once:
                return False
            else:
                once.add(parts[0].lower())
                query.expand_domain(parts[1])
    except pyspf.PermError:
        return False
    return True


@given(records())
def test_pyspf_accepts_any_valid_record(value: bytes) -> None:
    # pyspf takes the second sign of a final "%%" for the start of a macro
    assume(b"%%" not in value)
    assert accepted_by_pyspf(value)
