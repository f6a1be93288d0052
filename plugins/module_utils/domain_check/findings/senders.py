# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who sends as the domain, and whether its records allow it: alignment, unused records."""

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

# On Odoo Online, Odoo's own servers send as bounce@<database>.odoo.com
_ODOO = DeclaredSender("Odoo", spf.SpfWanted(include=("_spf.odoo.com",)), ("odoo",), "odoo.com")

NOT_ALIGNED = Rule(
    "alignment_impossible",
    WARNING,
    "RFC 9989 4.4",
    "A service sends with an envelope sender of its own domain, so SPF passes for that domain and not for this one, "
    "and there is no DKIM key either: DMARC cannot pass. Odoo Online sends this way, with bounce@<database>.odoo.com.",
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
    "Have the sender sign for the domain, and give its selectors.",
)
NOT_AUTHORISED = Rule(
    "sender_not_authorised",
    ERROR,
    "RFC 7208 2.4",
    "A server or service sends as the domain, and the SPF record does not let it pass.",
    "Add what the service asks for to the SPF record, or stop sending through it.",
    covers=("spf_missing",),
)
UNUSED = Rule(
    "sender_not_used",
    INFO,
    "RFC 7208 10.1",
    "The domain has records of a service that none of the senders uses. Anybody else who uses it can send as the "
    "domain.",
    "Remove the records if nothing else in the company sends through the service.",
)

RULES = (NOT_ALIGNED, NO_KEY, NO_DKIM, NOT_AUTHORISED, UNUSED)


def keys(observed: Observation) -> Iterator[Finding]:
    """The selectors of each sender: without any key, its mail passes DMARC only if its envelope sender is aligned."""
    for sender in _senders(observed):
        known = [observed.selector[name] for name in sender.selectors if name in observed.selector]
        absent = [selector for selector in known if dkim.is_absent(selector)]
        if not absent:
            continue
        if not _is_aligned(sender, observed) and len(absent) == len(known):
            yield NOT_ALIGNED.at(
                absent[0].texts.name,
                f"{sender.name} sends with an envelope sender at {sender.return_path}"
                f"{', which is not aligned under aspf=s' if _is_strict(observed) else ''}, and there is no record at "
                f"{listed(selector.texts.name for selector in absent)}",
                ERROR if dmarc.enforces(observed) else "",
            )
        elif observed.senders is not None:
            for selector in absent:
                yield NO_KEY.at(selector.texts.name, f"{sender.name} signs with it, and there is no record")


def signing(observed: Observation) -> Iterator[Finding]:
    """Senders that are not declared to sign: large receivers require DKIM from bulk senders, too."""
    for sender in observed.senders or ():
        if not sender.selectors and sender.signing_domain in ("", observed.domain):
            yield NO_DKIM.at(observed.domain, f"No selector of {sender.name} is given, so it is not known to sign")


def authorised(observed: Observation) -> Iterator[Finding]:
    """Whether the SPF record lets senders pass whose envelope sender is at the domain."""
    if not observed.texts.known or len(observed.spf_records) > 1:
        return
    if is_permanent_error(observed) and not _is_readable(observed):
        return  # the record has a finding of its own
    split_off = {term.text for part in rest_of_record(observed) for term in part.terms}
    for sender in observed.senders or ():
        result = observed.senders_spf.get(sender)
        if result is None or result.passes is not False or sender.return_path not in ("", observed.domain):
            continue
        if result.result is not None and result.result.result == "permerror" and is_permanent_error(observed):
            continue
        lacking = [text for text in lacking_terms(sender, observed) if text not in split_off]
        if (not lacking and split_off) or (not observed.spf_records and _meant_elsewhere(observed)):
            continue
        needs = f"{sender.name} needs {listed(lacking)}, which the SPF record lacks" if lacking else ""
        found = f"{needs}: {result.reason}" if needs else f"{sender.name} does not pass: {result.reason}"
        yield NOT_AUTHORISED.at(observed.domain, found, cure="" if lacking else _cure(result))


def _cure(result: SenderResult) -> str:
    """What to do if the record has the sender's terms and still does not let it pass."""
    decided = result.result
    if decided is None or not decided.term:
        return ""
    if decided.term.lower().endswith("all"):
        return "Move what the sender needs in front of all, or correct the records that the terms lead to"
    return f"Remove {decided.term} from the SPF record, or move it behind what the sender needs"


def lacking_terms(sender: DeclaredSender, observed: Observation) -> list[str]:
    """The terms that a sender needs in order to pass and that are missing from the record."""
    result = observed.senders_spf.get(sender)
    if result is None or result.passes is not False:
        return []
    read = _spf(observed)
    there = {term.key(observed.domain) for term in read.terms} if read is not None else set()
    return [term.text for term in sender.spf.terms(observed.domain) if term.key(observed.domain) not in there]


def unused(observed: Observation) -> Iterator[Finding]:
    """Includes and selectors that no known sender needs."""
    if observed.senders is None:
        return
    needed = {term.key(observed.domain) for sender in observed.senders for term in sender.spf.terms(observed.domain)}
    read = _spf(observed)
    for term in read.reachable if read is not None else ():
        if term.name == "include" and term.key(observed.domain) not in needed and not term.has_macro:
            yield UNUSED.at(observed.domain, f"No sender needs {term.text} of the SPF record")
    used = {name for sender in observed.senders for name in sender.selectors}
    for selector in observed.selectors:
        if selector.selector not in used and _holds_something(selector):
            yield UNUSED.at(selector.texts.name, f"No sender signs with the selector {selector.selector}")


CHECKS = (keys, signing, authorised, unused)


def _senders(observed: Observation) -> tuple[DeclaredSender, ...]:
    """The declared senders; else Odoo's own servers, if the SPF record lists them."""
    if observed.senders is not None:
        return observed.senders
    read = _spf(observed)
    if read is None:
        return ()
    key = _ODOO.spf.terms(observed.domain)[0].key(observed.domain)
    return (_ODOO,) if any(term.key(observed.domain) == key for term in read.reachable) else ()


def _is_aligned(sender: DeclaredSender, observed: Observation) -> bool:
    """Whether the envelope sender can be aligned with addresses of the domain (RFC 9989 4.4.2)."""
    path, top = sender.return_path, observed.organizational_domain or observed.domain
    if not path or path == observed.domain:
        return True
    return not _is_strict(observed) and f".{path}".endswith(f".{top}")


def _is_strict(observed: Observation) -> bool:
    return observed.spf_alignment == "s"


def _holds_something(selector: ObservedSelector) -> bool:
    return bool(selector.texts.values or selector.texts.aliases)


def _spf(observed: Observation) -> spf.SpfRecord | None:
    """The one SPF record, if it parses."""
    if len(observed.spf_records) != 1:
        return None
    try:
        return spf.parse(observed.spf_records[0], observed.domain)
    except InvalidInput:
        return None


def _is_readable(observed: Observation) -> bool:
    return _spf(observed) is not None


def _meant_elsewhere(observed: Observation) -> bool:
    """Whether another finding says why an intended record has no effect."""
    return (
        bool(observed.type_99)
        or any(b"spf1" in value.lower() for value in observed.texts.values)
        or bool(spf.parts(observed.texts.values))
        or any(spf.is_spf(value) for texts in observed.misplaced for value in texts.values)
    )
