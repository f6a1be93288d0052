# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who sends as the domain, and whether its records let them: alignment, unused records, addresses of others."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings import dkim, dmarc
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings import spf as spf_findings
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.finding import (
    ERROR,
    INFO,
    WARNING,
    Finding,
    Rule,
    listed,
)
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.observation import (
    DeclaredSender,
    Observation,
    ObservedSelector,
)
from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.records import spf

# Odoo's own servers send with bounce@<database>.odoo.com on Odoo Online
_ODOO = DeclaredSender("Odoo", spf.SpfWanted(include=("_spf.odoo.com",)), ("odoo",), "odoo.com")

# Domains of addresses that belong to the service and not to the company: no record of ours can authorise them.
# The first reject mail that fails DMARC (p=reject); the others mark it, or hold it against the sender.
_REJECTING = frozenset(
    ("yahoo.com", "ymail.com", "rocketmail.com", "myyahoo.com", "aol.com", "aim.com", "verizon.net", "netscape.net")
)
_REJECTING_FAMILIES = ("yahoo", "aol")
_OTHERS = frozenset(
    (
        "gmail.com",
        "googlemail.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "msn.com",
        "passport.com",
        "windowslive.com",
    )
)
_OTHER_FAMILIES = ("outlook", "hotmail", "live")
_COUNTRIES = frozenset(("co", "com"))

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
    "A sender that is said to sign with a selector has no key there, so its signatures cannot be verified.",
    "Publish the DKIM record that the service gives.",
    covers=("dkim_missing",),
)
NOT_AUTHORISED = Rule(
    "sender_not_authorised",
    ERROR,
    "RFC 7208 2.4",
    "A server or service sends as the domain, and the SPF record does not list it.",
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
FREEMAIL = Rule(
    "freemail_address",
    WARNING,
    "RFC 9989 4.4",
    "An address of a free mail service (Gmail, Outlook, Yahoo, AOL) is used as a From address. Mail of it from other "
    "servers fails DMARC, as no record of the company can authorise it.",
    "Use an address of the company's own domain.",
    or_else="error where the service lets receivers reject such mail, as Yahoo and AOL do",
)

RULES = (NOT_ALIGNED, NO_KEY, NOT_AUTHORISED, UNUSED, FREEMAIL)


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


def authorised(seen: Observation) -> Iterator[Finding]:
    """What the senders need of the SPF record."""
    if not seen.texts.known or len(seen.spf_records) > 1:
        return
    read = _spf(seen)
    if read is None and seen.spf_records:
        return  # the record has a finding of its own
    split_off = {term.text for part in spf_findings.rest_of_record(seen) for term in part.terms}
    for sender in seen.senders or ():
        lacking = [text for text in lacking_terms(sender, seen) or () if text not in split_off]
        if lacking and not (read is None and _meant_elsewhere(seen)):
            yield NOT_AUTHORISED.at(seen.domain, f"{sender.name} needs {listed(lacking)}, which the SPF record lacks")


def lacking_terms(sender: DeclaredSender, seen: Observation) -> list[str] | None:
    """The terms that a sender needs and the one SPF record does not have; None when nobody gave an answer."""
    if not seen.texts.known:
        return None
    read = _spf(seen)
    return [term.text for term in sender.spf.terms(seen.domain) if read is None or not _has(read, term, seen)]


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


def addresses(seen: Observation) -> Iterator[Finding]:
    yield from freemail(seen.from_addresses)


CHECKS = (keys, authorised, unused, addresses)


def freemail(from_addresses: Iterable[str]) -> Iterator[Finding]:
    """A finding for each address, of a user or a company, that belongs to a free mail service."""
    for address in dict.fromkeys(from_addresses):
        domain = address.rpartition("@")[2].strip(" >").rstrip(".").lower()
        if _is_of(domain, _REJECTING, _REJECTING_FAMILIES):
            yield FREEMAIL.at(
                address, f"{address} belongs to {domain}, which lets receivers reject mail of others", ERROR
            )
        elif _is_of(domain, _OTHERS, _OTHER_FAMILIES):
            yield FREEMAIL.at(address, f"{address} belongs to {domain}")


def _is_of(domain: str, known: frozenset[str], families: tuple[str, ...]) -> bool:
    """``yahoo.fr`` and ``yahoo.co.uk`` are of the family ``yahoo``."""
    if domain in known:
        return True
    first, *rest = domain.split(".")
    of_country = len(rest) == 1 and len(rest[0]) == 2 or len(rest) == 2 and rest[0] in _COUNTRIES and len(rest[1]) == 2
    return first in families and of_country


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


def _meant_elsewhere(seen: Observation) -> bool:
    """Whether a record was meant and another finding tells why it has no effect."""
    return (
        bool(seen.type_99)
        or any(b"spf1" in value.lower() for value in seen.texts.values)
        or bool(spf.parts(seen.texts.values))
        or any(spf.is_spf(value) for texts in seen.misplaced for value in texts.values)
    )


def last_place(sender: DeclaredSender, seen: Observation) -> int | None:
    """Of the reachable terms that let a sender pass, the place of the last; None where receivers do not come to one."""
    read = _spf(seen)
    if read is None:
        return None
    places = [_place(read, term, seen) for term in sender.spf.terms(seen.domain)]
    known = [place for place in places if place is not None]
    return max(known) if known and len(known) == len(places) else None


def _place(read: spf.SpfRecord, wanted: spf.Term, seen: Observation) -> int | None:
    """Where receivers come to what lets pass what a term would; at the end, if it stands in an included record."""
    for place, term in enumerate(read.reachable):
        if term.qualifier != "+" or term.name != wanted.name:
            continue
        if term.key(seen.domain) == wanted.key(seen.domain) or _contains(term, wanted):
            return place
    covered = wanted.name == "include" and wanted.target in seen.covered
    return len(read.reachable) - 1 if covered else None


def _has(read: spf.SpfRecord, wanted: spf.Term, seen: Observation) -> bool:
    """Whether the record lets pass what a term would, as far as the text tells."""
    # what stands after all has a finding of its own
    return _place(read, wanted, seen) is not None or any(
        term.key(seen.domain) == wanted.key(seen.domain) for term in read.terms
    )


def _contains(term: spf.Term, wanted: spf.Term) -> bool:
    if wanted.name not in ("ip4", "ip6"):
        return False
    outer, inner = (ipaddress.ip_network(t.value, strict=False) for t in (term, wanted))
    return inner.subnet_of(outer)  # type: ignore[arg-type]
