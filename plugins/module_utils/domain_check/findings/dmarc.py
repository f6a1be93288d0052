# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of DMARC records (RFC 9989, RFC 9990)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...records import dmarc, dmarc_record
from .finding import ERROR, INFO, WARNING, Finding, Rule, listed, quoted
from .names import cut_short, zones_of
from .observation import Observation

# Meant as a DMARC record, whether valid or not; not SPF, DKIM or another record with its own version
_MEANT = re.compile(rb"DMARC|(?:^|;)\s*p\s*=\s*(?:none|quarantine|reject)\b", re.IGNORECASE)
_WORDS = {
    "p": dmarc_record.POLICIES,
    "sp": dmarc_record.POLICIES,
    "np": dmarc_record.POLICIES,
    "adkim": ("r", "s"),
    "aspf": ("r", "s"),
    "t": ("y", "n"),
    "psd": ("y", "n", "u"),
}

MISSING = Rule(
    "dmarc_missing",
    WARNING,
    "RFC 9989 4.10",
    "Neither the domain nor one above it has a DMARC record. Anybody can use the domain as a From address, and large "
    "receivers refuse bulk mail from it.",
    "Publish v=DMARC1; p=none at _dmarc, with a report address; the module dmarc_record does it.",
)
TWO_RECORDS = Rule(
    "dmarc_two_records",
    ERROR,
    "RFC 9989 4.10",
    "There is more than one DMARC record at the name. Receivers use none of them.",
    "Delete all but one.",
)
VERSION = Rule(
    "dmarc_version",
    ERROR,
    "RFC 9989 4.8",
    "A value is meant as a DMARC record, but does not begin with v=DMARC1, in capitals, so receivers ignore it.",
    "Begin the value with v=DMARC1; in capitals, with the semicolon, and with nothing before it.",
)
QUOTES = Rule(
    "dmarc_quotes",
    ERROR,
    "RFC 9989 4.8",
    "The value of the DMARC record has quotation marks inside, because they were typed into an editor that adds its "
    "own.",
    "Enter the value without quotation marks.",
)
WRONG_NAME = Rule(
    "dmarc_wrong_name",
    ERROR,
    "RFC 9989 4.7",
    "The DMARC record is at the domain itself or at dmarc, where no receiver looks for it.",
    "Move it to the name _dmarc, with the underscore.",
)
POLICY = Rule(
    "dmarc_policy",
    ERROR,
    "RFC 9989 4.7",
    "The record has no p= with none, quarantine or reject, and no report address, so receivers ignore it.",
    "Add p=none, or the policy that is meant, right after the version.",
    or_else="warning where there is a report address, because receivers then assume p=none",
)
SYNTAX = Rule(
    "dmarc_syntax",
    WARNING,
    "RFC 9989 4.8",
    "A part of the record is not of the form tag=value, appears twice, or has a value that its tag does not allow. "
    "Receivers discard it.",
    "Correct the part that is named.",
)
REPORT_ADDRESS = Rule(
    "dmarc_report_address",
    WARNING,
    "RFC 9989 4.7",
    "A report address is not of the form mailto:name@domain, so nobody sends reports to it.",
    "Write it as mailto:name@company-name.com, without spaces.",
)
REPORTS_NOT_AUTHORISED = Rule(
    "dmarc_reports_not_authorised",
    WARNING,
    "RFC 9990 4",
    "The reports go to another domain, which does not say that it accepts them, so nobody sends them.",
    "Have the owner of that domain publish v=DMARC1 at the name that is given.",
)
NO_REPORTS = Rule(
    "dmarc_no_reports",
    INFO,
    "RFC 9989 4.7",
    "The record asks for no reports, so the owner does not learn who sends in the name of the domain.",
    "Add rua= with an address that accepts reports.",
)
TESTING = Rule(
    "dmarc_testing",
    INFO,
    "RFC 9989 4.7",
    "The record has t=y: receivers apply the policy one level lower.",
    "Remove t=y once the reports show that none of your own mail fails.",
)
READERS_DIFFER = Rule(
    "dmarc_readers_differ",
    WARNING,
    "RFC 9989 4.10",
    "The policy is at a name between the domain and its organizational domain. Receivers of RFC 9989 find it there, "
    "those of RFC 7489 look at the domain and at its organizational domain only.",
    "Publish the record at the domain itself.",
)
NO_POLICY = Rule(
    "dmarc_policy_none",
    INFO,
    "RFC 9989 4.7",
    "The policy is none, so receivers deliver mail that others send in the name of the domain.",
    "When the reports show that all your own mail passes, move to p=quarantine with t=y, then to p=quarantine, then to "
    "p=reject.",
)
HISTORIC = Rule(
    "dmarc_historic_tag",
    INFO,
    "RFC 9989 4.7",
    "The record has a tag that no longer has a meaning: pct, rf, ri, or a size limit at an address.",
    "Remove it; t=y replaces pct.",
)

RULES = (
    MISSING, TWO_RECORDS, VERSION, QUOTES, WRONG_NAME, POLICY, SYNTAX, REPORT_ADDRESS, REPORTS_NOT_AUTHORISED,
    NO_REPORTS, TESTING, READERS_DIFFER, NO_POLICY, HISTORIC,
)  # fmt: skip


def selection(observed: Observation) -> Iterator[Finding]:
    """Whether receivers find exactly one record."""
    if not observed.dmarc.known:
        return
    name, found = observed.dmarc.name, observed.dmarc_records
    if len(found) > 1:
        yield TWO_RECORDS.at(name, f"There are {len(found)} DMARC records: {listed(map(quoted, found))}")
    if found:
        return
    slip = cut_short(name, observed.dmarc.aliases, observed, is_there=bool(observed.dmarc.values))
    if slip is not None:
        yield slip
        return
    meant = [value for value in observed.dmarc.values if _MEANT.search(value)]
    for value in meant:
        rule = QUOTES if value.lstrip()[:1] in (b'"', b"'") else VERSION
        yield rule.at(name, f"The value is {quoted(value)}")
    elsewhere = [] if meant else list(_elsewhere(observed))
    yield from elsewhere
    if not meant and not elsewhere and not observed.policy_domain and not _is_doubled(observed):
        alias = f"{name} is a CNAME of {observed.dmarc.aliases[0]}, and there" if observed.dmarc.aliases else "There"
        yield MISSING.at(name, f"{alias} is no DMARC record")


def record(observed: Observation) -> Iterator[Finding]:
    """Faults of the one record itself."""
    if len(observed.dmarc_records) != 1:
        return
    name, value = observed.dmarc.name, observed.dmarc_records[0]
    read = dmarc.parse(value, observed.domain)
    if read.word("p", dmarc_record.POLICIES) is None:
        yield POLICY.at(name, f"The record is {quoted(value)}", WARNING if read.policy else "")
    wrong = list(_wrong_parts(read))
    if wrong:
        yield SYNTAX.at(name, f"Receivers discard {listed(wrong)}")
    yield from _reports(read, name)
    for problem in observed.refused_reports:
        yield REPORTS_NOT_AUTHORISED.at(name, problem)
    if read.testing and dmarc_record.strictness(read.policy):
        full = observed.stated_policy or read.policy
        yield TESTING.at(name, f"The record is {quoted(value)}, and receivers of RFC 7489 still apply {full} in full")
    weak = [f"{tag}=none" for tag in ("p", "sp") if read.word(tag, dmarc_record.POLICIES) == "none"]
    if weak:
        yield NO_POLICY.at(name, f"The record has {listed(weak)}")


def readers(observed: Observation) -> Iterator[Finding]:
    """Whether receivers that follow the old standard find another policy than those that follow the new one."""
    between = observed.policy_domain not in ("", observed.domain, observed.organizational_domain)
    if observed.policy_known and between and not observed.dmarc_records:
        yield READERS_DIFFER.at(
            observed.dmarc.name or observed.domain,
            f"Receivers of RFC 9989 apply {observed.policy}, which {observed.policy_domain} says, and those of RFC "
            f"7489 what {observed.organizational_domain} says",
        )


CHECKS = (selection, record, readers)


def enforces(observed: Observation) -> bool:
    """Whether receivers quarantine or reject mail that fails."""
    return observed.policy in ("quarantine", "reject")


def _elsewhere(observed: Observation) -> Iterator[Finding]:
    """A record at the domain itself, or at dmarc without the underscore."""
    places = [observed.texts, *(texts for texts in observed.misplaced if texts.name == f"dmarc.{observed.domain}")]
    for texts in places:
        for value in texts.values:
            if dmarc.is_dmarc(value) or dmarc.is_near_miss(value):
                yield WRONG_NAME.at(texts.name, f"{quoted(value)} stands at {texts.name}")


def _wrong_parts(read: dmarc_record.DmarcRecord) -> Iterator[str]:
    names: set[str] = set()
    for part in read.parts:
        if not part.name and part.text.strip(" \t"):
            yield quoted(part.text.strip(" \t").encode("latin-1"))
        elif part.name in names:
            yield f"the second {part.name}="
        elif part.name in _WORDS and part.name != "p" and part.value.lower() not in _WORDS[part.name]:
            yield quoted(f"{part.name}={part.value}".encode("latin-1"))
        if part.name:
            names.add(part.name)


def _reports(read: dmarc_record.DmarcRecord, name: str) -> Iterator[Finding]:
    addresses = (*read.aggregate_reports, *read.failure_reports)
    bare = [uri for uri in addresses if not _is_mail(uri)]
    if bare:
        yield REPORT_ADDRESS.at(name, f"The record has {listed(quoted(uri.encode('latin-1')) for uri in bare)}")
    if not read.aggregate_reports:
        yield NO_REPORTS.at(name, "The record has no rua=")
    old = [f"{tag}={read.tag(tag)}" for tag in dmarc_record.HISTORIC if read.tag(tag) is not None]
    old += [uri for uri in addresses if dmarc_record.has_size_limit(uri)]
    if old:
        then = ", which receivers of RFC 7489 follow and those of RFC 9989 do not" if read.tag("pct") else ""
        yield HISTORIC.at(name, f"The record has {listed(old)}{then}")


def _is_mail(uri: str) -> bool:
    return dmarc_record.is_uri(uri) and uri.lower().startswith("mailto:") and "@" in uri


def _is_doubled(observed: Observation) -> bool:
    """Whether the record is at the doubled name, which has a finding of its own."""
    names = {f"{observed.dmarc.name}.{zone}" for zone in zones_of(observed)}
    return any(dmarc.is_dmarc(value) for texts in observed.misplaced if texts.name in names for value in texts.values)
