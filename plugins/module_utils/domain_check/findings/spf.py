# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of SPF records themselves (RFC 7208). What they refer to is in ``spf_lookups``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...errors import InvalidInput
from ...records import spf
from . import dkim
from .finding import ERROR, INFO, WARNING, Finding, Rule, listed, quoted
from .observation import Observation

# Meant as an SPF record, whether valid or not: receivers select v=spf1 followed by a blank (4.5)
_MEANT = re.compile(rb"(?:.{0,260}\bTXT\s)?[^a-z0-9]{0,8}(?:v\s*=\s*spf|spf1|spf\s*[:=]\s*v)", re.IGNORECASE)
_SENDER_ID = re.compile(rb"spf2\.0/", re.IGNORECASE)
_A_VERSION = re.compile(r"v=spf1\Z", re.IGNORECASE)
_MOST_TO_COPY = 1000  # characters of a record shown for copying
# The beginning of a term right after a name, where a blank is missing
_JOINED = re.compile(r"(?<=[a-z0-9])(?:include:|exists:|mx:|ip4:|ip6:|redirect=|[~?]all)", re.IGNORECASE)
# With an equals sign these are unknown modifiers, which receivers ignore (6)
_NO_MODIFIERS = ("include", "a", "mx", "ptr", "ip4", "ip6", "exists", "all", "v")

MISSING = Rule(
    "spf_missing",
    WARNING,
    "RFC 7208 4.5",
    "The domain has no SPF record, so no receiver can tell its senders from others by their addresses.",
    "Publish one that lists the senders, such as v=spf1 include:_spf.odoo.com ~all, or v=spf1 -all if there are none.",
    or_else="info where a DKIM key is seen, with which mail passes DMARC without SPF",
)
TWO_RECORDS = Rule(
    "spf_two_records",
    ERROR,
    "RFC 7208 4.5",
    "There is more than one SPF record. Receivers treat that as an error and ignore them all.",
    "Merge them into one record; the module spf_record does it with consolidate: true.",
)
TYPE_99 = Rule(
    "spf_type_99",
    WARNING,
    "RFC 7208 3.1",
    "SPF is published as a record of the type SPF (99), which receivers no longer look up.",
    "Publish the value as a TXT record, and delete the record of the type SPF.",
    or_else="error where there is no TXT record beside it",
)
VERSION = Rule(
    "spf_version",
    ERROR,
    "RFC 7208 4.5",
    "A TXT value is meant as an SPF record, but does not begin exactly with v=spf1 and a space, so receivers ignore "
    "it.",
    "Begin the value with v=spf1 and a space, with nothing before it.",
)
QUOTES = Rule(
    "spf_quotes",
    ERROR,
    "RFC 7208 4.5",
    "The value of the SPF record has quotation marks inside, because they were typed into an editor that adds its own.",
    "Enter the value without quotation marks.",
)
SPLIT = Rule(
    "spf_split",
    ERROR,
    "RFC 7208 3.3",
    "The SPF record was split into several TXT values. Receivers read the one that begins with v=spf1 and ignore the "
    "others, so what these list is not authorised. Only strings of one and the same value are joined.",
    "Publish one TXT value that holds all terms, and delete the others.",
    covers=("spf_no_all",),
)
SYNTAX = Rule(
    "spf_syntax",
    ERROR,
    "RFC 7208 4.6",
    "The SPF record breaks the grammar, so receivers treat it as an error and let no sender pass.",
    "Correct the term that is named.",
)
AFTER_ALL = Rule(
    "spf_after_all",
    ERROR,
    "RFC 7208 5.1",
    "There are terms after all, which receivers never reach, so what they list is not authorised.",
    "Move them in front of all.",
)
NO_ALL = Rule(
    "spf_no_all",
    WARNING,
    "RFC 7208 4.7",
    "The record has neither all nor redirect=, so mail from anybody else is neutral, as if there were no record.",
    "End the record with ~all or -all.",
)
PTR = Rule(
    "spf_ptr",
    WARNING,
    "RFC 7208 5.5",
    "The record uses ptr, which is slow and unreliable and should no longer be published; some receivers ignore it.",
    "List the addresses with ip4 and ip6, or the name with a, instead of ptr.",
)
IGNORED = Rule(
    "spf_ignored_terms",
    WARNING,
    "RFC 7208 6",
    "Terms of the record have no effect: redirect= beside all, a second all, or the name of a mechanism before an "
    "equals sign.",
    "Remove them, or write what was meant, such as include:name.",
)
REPEATED = Rule(
    "spf_repeated_terms",
    INFO,
    "RFC 7208 4.6.2",
    "A term is in the record more than once. Only the first counts, and each costs its lookups.",
    "Remove all but the first.",
)
LONG = Rule(
    "spf_long",
    WARNING,
    "RFC 7208 3.4",
    "The record alone has more than 450 octets, so the answer may not fit into a plain UDP message of 512.",
    "Move a sender to a subdomain of its own, or remove what is no longer used.",
)
LARGE_ANSWER = Rule(
    "txt_large_answer",
    INFO,
    "RFC 7208 3.4",
    "All TXT values of the domain together do not fit into a plain UDP message of 512 octets. Receivers that cannot "
    "retry over TCP see no SPF record.",
    "Remove verification values that are no longer used.",
)
SENDER_ID = Rule(
    "spf_sender_id",
    INFO,
    "RFC 6686 6",
    "There is a Sender ID record (spf2.0/…), which is no longer used.",
    "Delete it.",
)

RULES = (
    MISSING, TWO_RECORDS, TYPE_99, VERSION, QUOTES, SPLIT, SYNTAX, AFTER_ALL, NO_ALL, PTR, IGNORED, REPEATED, LONG,
    LARGE_ANSWER, SENDER_ID,
)  # fmt: skip


def selection(observed: Observation) -> Iterator[Finding]:
    """Whether receivers find exactly one record (4.5)."""
    if not observed.texts.known:
        return
    found = observed.spf_records
    if len(found) > 1:
        yield TWO_RECORDS.at(observed.domain, f"There are {len(found)} SPF records: {listed(map(quoted, found))}")
    if observed.type_99:
        held = f"The type SPF holds {listed(map(quoted, observed.type_99))}"
        if found:
            yield TYPE_99.at(observed.domain, held, cure="Delete the record of the type SPF; the TXT record is enough")
        else:
            yield TYPE_99.at(observed.domain, f"{held}. There is no TXT record beside it", ERROR)
    meant = [] if found else [value for value in observed.texts.values if _is_meant(value)]
    for value in meant:
        rule = QUOTES if value.lstrip()[:1] in (b'"', b"'") else VERSION
        yield rule.at(observed.domain, f"The value is {quoted(value)}")
    if not found and not meant and not observed.type_99 and not _is_doubled(observed):
        has_key = any(map(dkim.has_key, observed.selectors))
        yield MISSING.at(observed.domain, "There is no SPF record", INFO if has_key else "")
    for value in observed.texts.values:
        if _SENDER_ID.match(value):
            yield SENDER_ID.at(observed.domain, f"The value is {quoted(value)}")


def record(observed: Observation) -> Iterator[Finding]:
    """Faults of the one record itself."""
    if len(observed.spf_records) != 1:
        return
    value = observed.spf_records[0]
    rest = rest_of_record(observed)
    if rest:
        yield _split(observed.domain, value, rest)
    try:
        read = spf.parse(value, observed.domain)
    except InvalidInput as error:
        if is_cut(rest):
            return
        rule = QUOTES if b'"' in value else SYNTAX
        found = str(error) if rule is SYNTAX else f"The value is {quoted(value)}"
        yield rule.at(observed.domain, found, cure=missing_blank(found) if rule is SYNTAX else "")
        return
    yield from _terms(read, observed.domain)
    if len(value) > 450:
        yield LONG.at(observed.domain, f"The SPF record has {len(value)} octets")
    elif spf.size_warnings(value, list(observed.texts.values), observed.domain):
        total = sum(len(text) for text in observed.texts.values)
        yield LARGE_ANSWER.at(
            observed.domain, f"The {len(observed.texts.values)} TXT values of {observed.domain} have {total} octets"
        )


CHECKS = (selection, record)


def rest_of_record(observed: Observation) -> list[spf.SplitPart]:
    """The TXT values meant as parts of the one SPF record, which receivers ignore."""
    return spf.rest_of(observed.spf_records[0], observed.texts.values) if len(observed.spf_records) == 1 else []


def _split(domain: str, value: bytes, rest: list[spf.SplitPart]) -> Finding:
    values = [value, *(part.value for part in rest)]
    whole = spf.joined(value, rest)
    cure = f'Publish "{whole}" as one TXT value in place of them' if len(whole) <= _MOST_TO_COPY else ""
    return SPLIT.at(domain, f"The record stands in {len(values)} TXT values: {listed(map(quoted, values))}", cure=cure)


def is_cut(rest: list[spf.SplitPart]) -> bool:
    """Whether the record ends within a word."""
    return any(part.fragment for part in rest)


def _terms(read: spf.SpfRecord, domain: str) -> Iterator[Finding]:
    if any(term.name == "ptr" and not term.is_modifier for term in read.terms):
        yield PTR.at(domain, "The record uses ptr")
    ignored = [t.text for t in read.terms if t.is_modifier and t.name in _NO_MODIFIERS]
    if read.all_index is None:
        if read.redirect is None:
            yield NO_ALL.at(domain, f'The record is "{read}"')
    else:
        after = [term for term in read.terms[read.all_index + 1 :] if not term.is_modifier]
        late = [term.text for term in after if not term.is_all]
        if late:
            yield AFTER_ALL.at(
                domain, f"After {read.terms[read.all_index].text} there is {listed(late)}", cure=_second_record(read)
            )
        else:
            ignored += [term.text for term in after]
        if _second_record(read):
            ignored = [text for text in ignored if not _A_VERSION.match(text)]
        ignored += [f"redirect={read.redirect}"] if read.redirect is not None else []
    if ignored:
        yield IGNORED.at(domain, f"Receivers ignore {listed(ignored)}")
    known: set[tuple[str, ...]] = set()
    again = []
    for term in read.reachable:
        key = term.key(domain)
        again += [term.text] if key in known else []
        known.add(key)
    if again:
        yield REPEATED.at(domain, f"The record repeats {listed(again)}")


def _second_record(read: spf.SpfRecord) -> str:
    """The cure if one value contains two records; else empty."""
    after = read.terms[read.all_index or 0 :]
    if not any(_A_VERSION.match(term.text) for term in after) or all(term.is_modifier or term.is_all for term in after):
        return ""
    return "Move what follows the second version in front of the first all, and remove the second version and its all"


def missing_blank(found: str) -> str:
    """The cure if two terms run together; else empty."""
    joined = _JOINED.search(found)
    if joined is None or "not ASCII" in found:
        return ""
    return f"Put a space in front of {joined.group()}, as the strings of a TXT record are joined without one"


def _is_meant(value: bytes) -> bool:
    if _SENDER_ID.match(value):
        return False
    return _MEANT.match(value) is not None or any(not part.fragment for part in spf.parts([value]))


def _is_doubled(observed: Observation) -> bool:
    """Whether the record is at the doubled name, which has a finding of its own."""
    return any(
        spf.is_spf(value)
        for texts in observed.misplaced
        if texts.name.startswith(f"{observed.domain}.")
        for value in texts.values
    )
