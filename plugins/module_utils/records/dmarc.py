# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build a DMARC record, or merge what is wanted into an existing one (RFC 9989, 9990).

The wanted policy is a minimum: a domain that is better protected stays so. Removing DMARC deletes the
whole record, because its parts are of no use on their own.
"""

from __future__ import annotations

from typing import NamedTuple

from .. import names
from ..errors import Conflict, InvalidInput
from . import dmarc_record
from .dmarc_record import HISTORIC, ORDER, POLICIES, DmarcRecord, is_dmarc, is_near_miss, parse, strictness
from .dmarc_wanted import DmarcWanted, wanted

__all__ = (
    "AUTHORISATION",
    "DmarcMerge",
    "DmarcRecord",
    "DmarcWanted",
    "authorisation_name",
    "build",
    "external_report_domains",
    "is_dmarc",
    "is_near_miss",
    "merge",
    "parse",
    "tree_walk",
    "wanted",
)

AUTHORISATION = b"v=DMARC1"  # RFC 9990: what the host of an external report address publishes
_QUERIES = 8  # RFC 9989 4.10
_POLICY_TAGS = (("p", "policy"), ("sp", "subdomain policy"), ("np", "policy for non-existent subdomains"))


class DmarcMerge(NamedTuple):
    """The new value (the same octets if nothing changes), and warnings."""

    value: bytes
    warnings: tuple[str, ...]
    left_alone: tuple[str, ...]


def build(asked: DmarcWanted) -> bytes:
    """A new record: p= always (``none`` if not stated), and every other tag that is not the default."""
    values = {
        "v": "DMARC1",
        "p": asked.policy or "none",
        "sp": asked.subdomain_policy,
        "np": asked.nonexistent_policy,
        "adkim": asked.dkim_alignment if asked.dkim_alignment != "r" else None,
        "aspf": asked.spf_alignment if asked.spf_alignment != "r" else None,
        "t": "y" if asked.testing else None,
        "psd": asked.psd if asked.psd != "u" else None,
        "fo": ":".join(asked.failure_options) if asked.failure_options != ("0",) else None,
        "rua": ",".join(asked.aggregate_reports),
        "ruf": ",".join(asked.failure_reports),
    }
    # sp and np default to the tag before them
    if values["np"] == (values["sp"] or values["p"]):
        values["np"] = None
    if values["sp"] == values["p"]:
        values["sp"] = None
    return "; ".join(f"{tag}={values[tag]}" for tag in ORDER if values[tag]).encode("ascii")


def merge(existing: bytes, asked: DmarcWanted, domain: str, allow_weaker: bool = False) -> DmarcMerge:
    """The existing record, changed in place to what is asked; nothing else is touched, and nothing is weakened.

    Raises InvalidInput if the existing value is no DMARC record, Conflict if its tags contradict each
    other or if testing a stricter policy would weaken another one.
    """
    record = parse(existing, domain)
    _refuse_contradictions(record)
    left_alone: list[str] = []
    new = _merge_policies(record, asked, allow_weaker, left_alone)
    new = _merge_testing(record, new, asked, allow_weaker, left_alone)
    for tag, letter in (("adkim", asked.dkim_alignment), ("aspf", asked.spf_alignment)):
        new = _merge_alignment(new, tag, letter, allow_weaker, left_alone)
    if asked.psd is not None and (new.word("psd", ("y", "n", "u")) or "u") != asked.psd:
        new = new.with_tag("psd", asked.psd)
    new = _merge_failure_options(new, asked.failure_options)
    new = _merge_reports(new, "rua", asked.aggregate_reports)
    new = _merge_reports(new, "ruf", asked.failure_reports)
    if asked.policy is None and new.value != record.value and not allow_weaker:
        _refuse_invalid(record, *_POLICY_TAGS[0], None)
    return DmarcMerge(new.value, tuple(_warnings(new)), tuple(left_alone))


def external_report_domains(source: DmarcWanted | DmarcRecord, policy_domain: str) -> list[str]:
    """The hosts of report addresses that must authorise this domain (RFC 9990, external destinations).

    The rule compares organisational domains, which needs DNS; here, hosts at, above or below the policy
    domain count as its own.
    """
    own = names.to_text(names.record_name(policy_domain))
    hosts: list[str] = []
    for uri in (*source.aggregate_reports, *source.failure_reports):
        host = dmarc_record.uri_key(uri).rpartition("@")[2]
        try:
            host = names.to_text(names.domain_name(host))
        except InvalidInput:
            continue  # a mistake in the existing record, about which merge warns
        if host not in hosts and host != own and not host.endswith(f".{own}") and not own.endswith(f".{host}"):
            hosts.append(host)
    return hosts


def authorisation_name(policy_domain: str, report_host: str) -> str:
    """The name at which the report host publishes AUTHORISATION for this domain. Raises InvalidInput if too long."""
    own, host = (names.to_text(names.domain_name(text)) for text in (policy_domain, report_host))
    name = f"{own}._report._dmarc.{host}"
    if len(name) > 253:
        raise InvalidInput(
            f"{host} cannot receive DMARC reports about {own}: the name that authorises it, {name}, "
            "is longer than DNS allows (253 characters). Choose a report address in another domain."
        )
    return name


def tree_walk(name: str) -> list[str]:
    """The names to ask for the policy of a domain, at most eight, from the name itself up (RFC 9989 4.10)."""
    labels = names.to_text(names.record_name(name)).split(".")
    rest = labels[1:] if len(labels) < _QUERIES else labels[-(_QUERIES - 1) :]
    walk = [labels] + [rest[index:] for index in range(len(rest))]
    return [".".join(["_dmarc", *step]) for step in walk]


def _refuse_contradictions(record: DmarcRecord) -> None:
    for tag in ORDER:
        values = {value.lower() for value in record.values(tag)}
        if len(values) > 1:
            raise Conflict(
                f"{record.domain}: the DMARC record has {tag}= more than once, with different values, and receivers "
                "differ in which one they use. Remove one of them by hand first."
            )


def _merge_policies(record: DmarcRecord, asked: DmarcWanted, allow_weaker: bool, left_alone: list[str]) -> DmarcRecord:
    new = record
    asked_words = (asked.policy, asked.subdomain_policy, asked.nonexistent_policy)
    there = (record.policy, record.subdomain_policy, record.nonexistent_policy)
    for (tag, title), word, old in zip(_POLICY_TAGS, asked_words, there):
        if word is None:
            continue
        if not allow_weaker:
            _refuse_invalid(record, tag, title, word)
        if strictness(old) > strictness(word) and not allow_weaker:
            left_alone.append(f"{record.domain}: the DMARC {title} is already {old}, stricter than {word}: left alone.")
            word = POLICIES[strictness(old)]
        inherited = {"p": None, "sp": new.policy, "np": new.subdomain_policy}[tag]
        if (new.word(tag, POLICIES) or inherited) != word:
            new = new.with_tag(tag, word)
    return new


def _refuse_invalid(record: DmarcRecord, tag: str, title: str, asked: str | None) -> None:
    """Refuse to replace an invalid tag, which may have been meant stricter than what is asked.

    Adding a report address to a record without a valid policy turns it into p=none, which then overrides the
    policy of the domain above.
    """
    value = record.tag(tag)
    if not value or record.word(tag, POLICIES) is not None:
        return
    meant = next((word for word in POLICIES if value.lower().startswith(word[:4])), "")
    if asked is not None and strictness(asked) >= strictness(meant or POLICIES[-1]):
        return
    cure = (
        "Nothing is added to such a record: correct it by hand, or state the policy."
        if asked is None
        else "It is left as it is: correct it by hand, or set allow_weaker: true to replace it."
    )
    raise Conflict(
        f"{record.domain}: the DMARC {title} is {tag}={value}, which is not valid, so receivers do not apply it"
        + (f" ({meant} is probably meant" + (", and a semicolon is missing)" if "=" in value else ")") if meant else "")
        + f". {cure}"
    )


def _merge_testing(
    old: DmarcRecord, new: DmarcRecord, asked: DmarcWanted, allow_weaker: bool, left_alone: list[str]
) -> DmarcRecord:
    if asked.testing is None or asked.testing == old.testing:
        return new
    if not asked.testing:
        return new.with_tag("t", "n")
    tested = new.with_tag("t", "y")
    weakened = [
        title for (dummy, title), before, after in zip(_POLICY_TAGS, old.levels, tested.levels) if after < before
    ]
    if not weakened or allow_weaker:
        return tested
    if new.value != old.value:
        # without t=y the stricter policy would be enforced at once, which nobody asked for
        raise Conflict(
            f"{old.domain}: a test (t=y) of the stricter DMARC policy would weaken the {weakened[0]} that is enforced "
            "today, because receivers apply every policy one level lower. Make that one a level stricter too, leave "
            "out testing, or set allow_weaker: true."
        )
    left_alone.append(
        f"{old.domain}: testing would weaken the {weakened[0]} that the DMARC record enforces today: left alone. "
        "Set allow_weaker: true to go back to a test."
    )
    return new


def _merge_alignment(
    record: DmarcRecord, tag: str, letter: str | None, allow_weaker: bool, left_alone: list[str]
) -> DmarcRecord:
    there = record.dkim_alignment if tag == "adkim" else record.spf_alignment
    if letter is None or letter == there:
        return record
    if letter == "r" and not allow_weaker:
        left_alone.append(f"{record.domain}: {tag}= is strict, stricter than relaxed: left alone.")
        return record
    return record.with_tag(tag, letter)


def _merge_failure_options(record: DmarcRecord, options: tuple[str, ...]) -> DmarcRecord:
    there = [option.strip(" \t").lower() for option in (record.tag("fo") or "0").split(":")]
    if not options or set(there) == set(options):
        return record
    return record.with_tag("fo", ":".join(options))


def _merge_reports(record: DmarcRecord, tag: str, addresses: tuple[str, ...]) -> DmarcRecord:
    there = record.tag(tag) or ""
    known = {dmarc_record.uri_key(uri) for uri in dmarc_record.uris(there)}
    new = [uri for uri in addresses if dmarc_record.uri_key(uri) not in known]
    if not new:
        return record
    head = there.rstrip(" \t,")
    return record.with_tag(tag, ",".join(([head] if head else []) + new))


def _warnings(record: DmarcRecord) -> list[str]:
    domain, warnings = record.domain, []
    if record.testing and strictness(record.policy):
        applied = POLICIES[record.levels[0]]
        warnings.append(f"{domain}: the DMARC record has t=y: receivers apply {applied} instead of {record.policy}.")
    for tag in HISTORIC:
        value = record.tag(tag)
        if value is not None and tag == "pct" and value != "100" and strictness(record.policy):
            warnings.append(
                f"{domain}: the DMARC record has pct={value}, which receivers ignore since RFC 9989: they apply "
                f"{record.policy} to all mail, older receivers only to that share. Remove it, and set testing: true "
                "instead."
            )
        elif value is not None:
            warnings.append(f"{domain}: the DMARC record has {tag}=, which has no meaning since RFC 9989. It is kept.")
    for uri in (*record.aggregate_reports, *record.failure_reports):
        if not dmarc_record.is_uri(uri):
            warnings.append(f"{domain}: the DMARC report address {uri!r} lacks mailto:, so nobody sends to it.")
        elif dmarc_record.has_size_limit(uri):
            warnings.append(f"{domain}: the DMARC report address {uri!r} has a size limit, which reporters ignore.")
    if record.tag("fo") is not None and not record.failure_reports:
        warnings.append(f"{domain}: the DMARC record has fo=, which means nothing without a failure report address.")
    if record.policy is None:
        warnings.append(f"{domain}: the DMARC record has no policy and no report address: receivers ignore it.")
    elif record.policy == "none" and not record.aggregate_reports:
        warnings.append(
            f"{domain}: the DMARC policy is none and no reports are requested, so the record has no effect. Set "
            "aggregate_reports to learn who sends in your name."
        )
    return warnings
