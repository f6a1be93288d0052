# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who sends as the domain, and whether its records let them: alignment, unused records."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import InvalidInput
from ...receiver.spf_senders import SenderResult
from ...records import spf
from . import dkim, dmarc
from .finding import ERROR, INFO, WARNING, Finding, Rule, listed
from .observation import DeclaredSender, Observation, ObservedSelector
from .spf import rest_of_record
from .spf_lookups import is_permanent_error

# Odoo's own servers send with bounce@<database>.odoo.com on Odoo Online
_ODOO = DeclaredSender("Odoo", spf.SpfWanted(include=("_spf.odoo.com",)), ("odoo",), "odoo.com")

NOT_ALIGNED = Rule(
    "alignment_impossible",
    WARNING,
    "RFC 9989 4.4",
    "A service sends with an envelope sender of its own domain, so SPF passes for that domain and not for this one, "
    "and there is no DKIM key either: DMARC cannot pass. Odoo Online sends so, with bounce@<database>.odoo.com.",
    "Publish the DKIM record of the service; for Odoo odoo._domainkey as a CNAME of odoo._domainkey.odoo.com.",
    or_else="error where the DMARC policy is quarantine or reject",
    covers=("dkim_missing",),
)
NO_KEY = Rule(
    "sender_without_key",
    WARNING,
    "RFC 6376 3.6.2",
    "A sender signs with a selector that has no key, so its signatures cannot be verified.",
    "Publish the DKIM record that the service gives.",
    covers=("dkim_missing",),
)
NO_DKIM = Rule(
    "sender_without_dkim",
    WARNING,
    "RFC 6376 1",
    "A sender is not declared to sign with DKIM. Gmail, Yahoo and Microsoft ask bulk senders for both SPF and DKIM, "
    "and SPF alone breaks where mail is forwarded.",
    "Let the sender sign for the domain, and give its selectors.",
)
NOT_AUTHORISED = Rule(
    "sender_not_authorised",
    ERROR,
    "RFC 7208 2.4",
    "A server or service sends as the domain, and the SPF record does not let it pass.",
    "Add what the service asks for to the SPF record, or stop to send by it.",
    covers=("spf_missing",),
)
UNUSED = Rule(
    "sender_not_used",
    INFO,
    "RFC 7208 10.1",
    "The domain has records of a service that none of the senders uses. Whoever else uses it can send as the domain.",
    "Remove the records if nothing else of the company sends by the service.",
)

RULES = (NOT_ALIGNED, NO_KEY, NO_DKIM, NOT_AUTHORISED, UNUSED)


def keys(seen: Observation) -> Iterator[Finding]:
    """The selectors of each sender: without any key, its mail passes DMARC only if its envelope sender is aligned."""
    for sender in _senders(seen):
        known = [seen.selector[name] for name in sender.selectors if name in seen.selector]
        absent = [selector for selector in known if dkim.is_absent(selector)]
        if not absent:
            continue
        if not _is_aligned(sender, seen) and len(absent) == len(known):
            yield NOT_ALIGNED.at(
                absent[0].texts.name,
                f"{sender.name} sends with an envelope sender at {sender.return_path}"
                f"{', which is not aligned under aspf=s' if _is_strict(seen) else ''}, and there is no record at "
                f"{listed(selector.texts.name for selector in absent)}",
                ERROR if dmarc.enforces(seen) else "",
            )
        elif seen.senders is not None:
            for selector in absent:
                yield NO_KEY.at(selector.texts.name, f"{sender.name} signs with it, and there is no record")


def signing(seen: Observation) -> Iterator[Finding]:
    """Senders that are not declared to sign: large receivers ask bulk senders for DKIM, too."""
    for sender in seen.senders or ():
        if not sender.selectors and sender.signing_domain in ("", seen.domain):
            yield NO_DKIM.at(seen.domain, f"No selector of {sender.name} is given, so it is not known to sign")


def authorised(seen: Observation) -> Iterator[Finding]:
    """Whether the SPF record lets the senders pass whose envelope sender is at the domain."""
    if not seen.texts.known or len(seen.spf_records) > 1:
        return
    if is_permanent_error(seen) and not _is_readable(seen):
        return  # the record has a finding of its own
    split_off = {term.text for part in rest_of_record(seen) for term in part.terms}
    for sender in seen.senders or ():
        result = seen.senders_spf.get(sender)
        if result is None or result.passes is not False or sender.return_path not in ("", seen.domain):
            continue
        if result.result is not None and result.result.result == "permerror" and is_permanent_error(seen):
            continue
        lacking = [text for text in lacking_terms(sender, seen) if text not in split_off]
        if (not lacking and split_off) or (not seen.spf_records and _meant_elsewhere(seen)):
            continue
        needs = f"{sender.name} needs {listed(lacking)}, which the SPF record lacks" if lacking else ""
        found = f"{needs}: {result.reason}" if needs else f"{sender.name} does not pass: {result.reason}"
        yield NOT_AUTHORISED.at(seen.domain, found, cure="" if lacking else _cure(result))


def _cure(result: SenderResult) -> str:
    """What to do where the record has what the sender needs, and yet does not let it pass."""
    decided = result.result
    if decided is None or not decided.term:
        return ""
    if decided.term.lower().endswith("all"):
        return "Move what the sender needs in front of all, or correct the records that the terms lead to"
    return f"Remove {decided.term} from the SPF record, or move it behind what the sender needs"


def lacking_terms(sender: DeclaredSender, seen: Observation) -> list[str]:
    """The terms that a sender needs, does not pass without, and that do not stand in the record."""
    result = seen.senders_spf.get(sender)
    if result is None or result.passes is not False:
        return []
    read = _spf(seen)
    there = {term.key(seen.domain) for term in read.terms} if read is not None else set()
    return [term.text for term in sender.spf.terms(seen.domain) if term.key(seen.domain) not in there]


def unused(seen: Observation) -> Iterator[Finding]:
    """Includes and selectors that nobody who is known to send needs."""
    if seen.senders is None:
        return
    needed = {term.key(seen.domain) for sender in seen.senders for term in sender.spf.terms(seen.domain)}
    read = _spf(seen)
    for term in read.reachable if read is not None else ():
        if term.name == "include" and term.key(seen.domain) not in needed and not term.has_macro:
            yield UNUSED.at(seen.domain, f"No sender needs {term.text} of the SPF record")
    used = {name for sender in seen.senders for name in sender.selectors}
    for selector in seen.selectors:
        if selector.selector not in used and _holds_something(selector):
            yield UNUSED.at(selector.texts.name, f"No sender signs with the selector {selector.selector}")


CHECKS = (keys, signing, authorised, unused)


def _senders(seen: Observation) -> tuple[DeclaredSender, ...]:
    """Those that were named; else Odoo's own servers, if the SPF record lists them."""
    if seen.senders is not None:
        return seen.senders
    read = _spf(seen)
    if read is None:
        return ()
    key = _ODOO.spf.terms(seen.domain)[0].key(seen.domain)
    return (_ODOO,) if any(term.key(seen.domain) == key for term in read.reachable) else ()


def _is_aligned(sender: DeclaredSender, seen: Observation) -> bool:
    """Whether the envelope sender can be aligned with addresses of the domain, as DMARC asks for (RFC 9989 4.4.2)."""
    path, top = sender.return_path, seen.organizational_domain or seen.domain
    if not path or path == seen.domain:
        return True
    return not _is_strict(seen) and f".{path}".endswith(f".{top}")


def _is_strict(seen: Observation) -> bool:
    return seen.spf_alignment == "s"


def _holds_something(selector: ObservedSelector) -> bool:
    return bool(selector.texts.values or selector.texts.aliases)


def _spf(seen: Observation) -> spf.SpfRecord | None:
    """The one SPF record, if it can be read."""
    if len(seen.spf_records) != 1:
        return None
    try:
        return spf.parse(seen.spf_records[0], seen.domain)
    except InvalidInput:
        return None


def _is_readable(seen: Observation) -> bool:
    return _spf(seen) is not None


def _meant_elsewhere(seen: Observation) -> bool:
    """Whether a record was meant and another finding tells why it has no effect."""
    return (
        bool(seen.type_99)
        or any(b"spf1" in value.lower() for value in seen.texts.values)
        or bool(spf.parts(seen.texts.values))
        or any(spf.is_spf(value) for texts in seen.misplaced for value in texts.values)
    )
