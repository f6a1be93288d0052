# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of what an SPF record refers to, and of what it costs receivers (RFC 7208 4.6.4, 5.2)."""

from __future__ import annotations

from collections.abc import Iterator

from ...records import spf
from .finding import ERROR, INFO, WARNING, Finding, Rule, listed
from .observation import Observation
from .spf import is_cut, missing_blank, rest_of_record

TOO_MANY_LOOKUPS = Rule(
    "spf_too_many_lookups",
    ERROR,
    "RFC 7208 4.6.4",
    "The record needs more than ten DNS lookups in the worst case. Receivers stop there, and the senders that come "
    "after fail.",
    "Remove includes that are no longer used, or move a sender to a subdomain of its own.",
)
VOID_LOOKUPS = Rule(
    "spf_void_lookups",
    WARNING,
    "RFC 7208 4.6.4",
    "Terms of the record, or of one that it includes, lead to names that do not exist, or to no address or exchanger. "
    "Receivers allow two such lookups, and treat the record as an error at the third. They ask a host only for "
    "addresses of the sender's own IP version, so a host without any of these counts.",
    "Remove the terms that are named, or correct their names.",
    or_else="error where there are more than two; info where they are all in the records of others",
)
BROKEN_INCLUDE = Rule(
    "spf_broken_include",
    ERROR,
    "RFC 7208 5.2",
    "The record includes, or leaves the result to, a name without one valid SPF record, or leads back to itself. "
    "Receivers treat that as an error of the whole record.",
    "Correct the name, ask its owner to correct the record there, or remove the term.",
)
CROWDED_MX = Rule(
    "spf_mx_too_many",
    ERROR,
    "RFC 7208 4.6.4",
    "An mx term of the record, or of one that it includes, leads to more than ten exchangers. Receivers treat that as "
    "an error of the whole record.",
    "List the addresses of the exchangers that send with ip4 and ip6 instead of the mx term.",
)
NOT_KNOWN = Rule(
    "spf_not_known",
    INFO,
    "RFC 7208 4.6.4",
    "No server gave an answer about names that the record leads to, so its lookups could not all be counted.",
    "Check again later, or give nameservers that answer for these names.",
)
EVERYONE = Rule(
    "spf_everyone",
    ERROR,
    "RFC 7208 5.1",
    "The record, or one that it includes or leaves the result to, lets the whole Internet pass: with +all, with all "
    "without a sign, with a network of length 0, or with the two halves of the Internet.",
    "Write ~all or -all, and list the senders; do not include a record of others that lets everybody pass.",
)

RULES = (TOO_MANY_LOOKUPS, VOID_LOOKUPS, BROKEN_INCLUDE, CROWDED_MX, NOT_KNOWN, EVERYONE)


def limits(observed: Observation) -> Iterator[Finding]:
    """The lookups of the record, and the records that it refers to (4.6.4, 5.2)."""
    cost = observed.cost
    if cost is None or is_cut(rest_of_record(observed)):
        return  # the last term is half a name, where there is nothing
    for fault in cost.faults:
        yield BROKEN_INCLUDE.at(observed.domain, fault, cure=missing_blank(fault))
    if cost.count > spf.MAX_LOOKUPS:
        terms = sorted(cost.per_term, key=lambda item: -item[1])
        costs = listed((f"{text} {number}" for text, number in terms), 20)
        yield TOO_MANY_LOOKUPS.at(
            observed.domain, f"The record needs {cost.count} DNS lookups of {spf.MAX_LOOKUPS} ({costs})"
        )
    for name, number in observed.crowded_mx:
        yield CROWDED_MX.at(observed.domain, f"An mx term leads to the {number} exchangers of {name}")
    yield from _voids(cost, observed.domain)
    for reason in observed.lost_by_voids:
        said = f"Hosts of a and mx terms have no address of the version of IP that a sender has: {reason}"
        yield VOID_LOOKUPS.at(observed.domain, said, ERROR)
    if cost.unresolved:
        yield NOT_KNOWN.at(observed.domain, f"No server gave an answer about {listed(cost.unresolved)}")


def openness(observed: Observation) -> Iterator[Finding]:
    if observed.everyone:
        yield EVERYONE.at(observed.domain, f"The whole Internet passes by {listed(observed.everyone)}")


CHECKS = (limits, openness)


def is_permanent_error(observed: Observation) -> bool:
    """Whether another finding already says why the record is an error to receivers, at least for some senders."""
    cost = observed.cost
    if cost is None:
        return bool(observed.spf_records)
    return bool(cost.faults or observed.crowded_mx or cost.is_too_much or observed.lost_by_voids)


def _voids(cost: spf.LookupCount, domain: str) -> Iterator[Finding]:
    """Void lookups. An include of nothing has a finding of its own, unless it is the one too many."""
    too_many = cost.void_count > spf.MAX_VOIDS
    if not too_many and all(void.mechanism in ("include", "redirect") for void in cost.voids):
        return
    number = f"{cost.void_count} lookup{' finds' if cost.void_count == 1 else 's find'} nothing"
    terms = listed(_void_term(void, domain) for void in cost.voids)
    others = [void.owner for void in cost.voids if not f".{void.owner}".endswith(f".{domain}")]
    severity = ERROR if too_many else INFO if len(others) == len(cost.voids) else ""
    cure = ""
    if others:
        cure = f"Tell the owner of {listed(dict.fromkeys(others))}, or do without that sender"
        cure = cure if len(others) == len(cost.voids) else f"{VOID_LOOKUPS.cure[:-1]}. {cure}"
    yield VOID_LOOKUPS.at(
        domain, f"{number}, of {spf.MAX_VOIDS} that receivers allow: {terms}", severity=severity, cure=cure
    )


def _void_term(void: spf.Void, domain: str) -> str:
    target = "" if void.target in void.term.lower() else f" ({void.target})"
    return f"{void.term}{target}{'' if void.owner == domain else f' in the record of {void.owner}'}"
