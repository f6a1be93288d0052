# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of DKIM keys and their delegation (RFC 6376, RFC 8301)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from ...errors import InvalidInput
from ...records import dkim, public_key
from .finding import ERROR, INFO, WARNING, Finding, Rule, listed, quoted
from .names import cut_short
from .observation import Observation, ObservedSelector

# The target of a CNAME as a user enters it, sometimes with the type in front
_A_TARGET = re.compile(rb"(?:(?:IN\s+)?CNAME\s+)?(?:[a-z0-9_-]+\.){2,}[a-z-]{2,}\.?\Z", re.IGNORECASE)

MISSING = Rule(
    "dkim_missing",
    WARNING,
    "RFC 6376 3.6.2",
    "There is nothing at a selector that should have a key, so signatures that name it cannot be verified.",
    "Publish the CNAME or the key that the sending service gives; the module dkim_record does it.",
)
TEXT_FOR_ALIAS = Rule(
    "dkim_text_for_cname",
    ERROR,
    "RFC 6376 3.6.2",
    "The name that was meant as the target of a CNAME was published as a TXT record.",
    "Delete the TXT record and publish a CNAME with this target.",
)
PROXIED = Rule(
    "dkim_proxied",
    ERROR,
    "RFC 6376 3.6.2",
    "The name answers with addresses, and with neither a CNAME nor a key: the DNS host's proxy is in front of the "
    "CNAME (Cloudflare's orange cloud).",
    "Set the record to DNS only at the DNS host.",
)
EMPTY_TARGET = Rule(
    "dkim_target_empty",
    ERROR,
    "RFC 6376 3.6.2",
    "The selector is a CNAME to a name that has no key.",
    "Correct the target to what the sending service gives, or finish the set-up there.",
    or_else="info where the selector of a service other than Odoo was only tried, because it may be kept in reserve",
)
TWO_RECORDS = Rule(
    "dkim_two_records",
    ERROR,
    "RFC 6376 3.6.2.2",
    "There is more than one TXT value at the selector. Which one verifiers use is not defined.",
    "Delete all but the key.",
)
KEY_SPLIT = Rule(
    "dkim_key_split",
    ERROR,
    "RFC 6376 3.6.2.2",
    "A long key was split into several TXT records. Its strings belong in one record.",
    "Publish one TXT record with all the strings, in their order.",
)
LOST_PLUS = Rule(
    "dkim_key_lost_plus",
    ERROR,
    "RFC 6376 3.6.1",
    "The key has spaces where it had plus signs, which some form or script decoded as spaces.",
    "Publish the key again with its plus signs.",
)
KEY_BROKEN = Rule(
    "dkim_key_broken",
    ERROR,
    "RFC 6376 3.6.1",
    "The p= tag holds no key: it is cut off, or was altered in transit.",
    "Publish the whole key again.",
)
QUOTES = Rule(
    "dkim_quotes",
    ERROR,
    "RFC 6376 3.2",
    "The value has quotation marks inside, because they were typed into an editor that adds its own.",
    "Enter the value without quotation marks.",
)
SYNTAX = Rule(
    "dkim_syntax",
    ERROR,
    "RFC 6376 3.6.1",
    "The value at the selector breaks the grammar of key records, so verifiers find no key.",
    "Publish the value again, exactly as the sending service gives it.",
)
REVOKED = Rule(
    "dkim_revoked",
    WARNING,
    "RFC 6376 3.6.1",
    "The key is revoked: its p= tag is empty, so signatures that name it fail.",
    "Sign with another selector, or publish the key again.",
    or_else="info where the selector was only tried, because a rotated key looks like that",
)
WEAK_KEY = Rule(
    "dkim_weak_key",
    ERROR,
    "RFC 8301 3.2",
    "The RSA key has fewer than 1024 bits, which verifiers must not accept.",
    "Have the service make a key of 2048 bits.",
)
SHORT_KEY = Rule(
    "dkim_short_key",
    INFO,
    "RFC 8301 3.2",
    "The RSA key has fewer than the recommended 2048 bits.",
    "Have the service make a key of 2048 bits, if it can.",
)
TESTING = Rule(
    "dkim_testing",
    WARNING,
    "RFC 6376 3.6.1",
    "The flag t=y says that the domain tests DKIM: verifiers may treat its mail as unsigned.",
    "Remove t=y once the signatures verify.",
)
NOT_FOR_MAIL = Rule(
    "dkim_not_for_mail",
    ERROR,
    "RFC 6376 3.6.1",
    "The key says that it is not for mail (s=), allows only a hash that must no longer be used (h=sha1), or is of "
    "a type that verifiers do not know (k=).",
    "Remove the tag that is named; if it is k=, publish the key again as the sending service gives it.",
)
NOT_KNOWN = Rule(
    "dkim_not_known",
    INFO,
    "RFC 6376 3.6.2",
    "No server gave an answer about the name that the selector leads to.",
    "Check again later, or give nameservers that answer for that name.",
)

RULES = (
    MISSING, TEXT_FOR_ALIAS, PROXIED, EMPTY_TARGET, TWO_RECORDS, KEY_SPLIT, LOST_PLUS, KEY_BROKEN, QUOTES, SYNTAX,
    REVOKED, WEAK_KEY, SHORT_KEY, TESTING, NOT_FOR_MAIL, NOT_KNOWN,
)  # fmt: skip

# Findings whose parser message addresses users who enter a key
_REASONS = {
    QUOTES.code: "There are quotation marks inside the value.",
    LOST_PLUS.code: "The p= tag has spaces; with plus signs in their place it is a key.",
    KEY_BROKEN.code: "The p= tag cannot be read as a key of its type.",
}
_MOST_PARTS = 4  # of a split key: more would be too many orders to try


def selectors(observed: Observation) -> Iterator[Finding]:
    for selector in observed.selectors:
        texts = selector.texts
        if not texts.known:
            if texts.aliases:
                yield NOT_KNOWN.at(texts.name, f"No server gave an answer about {texts.aliases[-1]}")
        elif texts.values and any(map(dkim.looks_like_dkim, texts.values)):
            yield from _keys(selector)
        else:
            yield from _no_key(selector, observed)


CHECKS = (selectors,)


def has_key(selector: ObservedSelector) -> bool:
    """Whether verifiers find a usable key."""
    texts = selector.texts
    return len(texts.values) == 1 and not any(f.severity == ERROR or f.code == REVOKED.code for f in _keys(selector))


def is_absent(selector: ObservedSelector) -> bool:
    """Whether there is nothing at all at the name, good or bad."""
    texts = selector.texts
    return texts.known and not (texts.values or texts.aliases or selector.addresses)


def _no_key(selector: ObservedSelector, observed: Observation) -> Iterator[Finding]:
    texts = selector.texts
    slip = cut_short(texts.name, texts.aliases, observed, is_there=bool(texts.values))
    if slip is not None:
        yield slip
    elif texts.aliases and not texts.values:
        may_be_reserve = selector.probed and selector.selector != "odoo"  # odoo is probed only if SPF lists Odoo
        yield EMPTY_TARGET.at(
            texts.name,
            f"The CNAME leads to {' and on to '.join(texts.aliases)}, but there is no key there",
            INFO if may_be_reserve else "",
        )
    elif any(_A_TARGET.match(value.strip()) for value in texts.values):
        yield TEXT_FOR_ALIAS.at(texts.name, f"The TXT value is {listed(map(quoted, texts.values))}")
    elif texts.values and any(b'"' in value for value in texts.values):
        yield QUOTES.at(texts.name, f"The value is {listed(map(quoted, texts.values))}")
    elif selector.addresses:
        yield PROXIED.at(texts.name, f"The name answers with {listed(selector.addresses)}")
    elif texts.values and not selector.probed:
        yield SYNTAX.at(texts.name, f"The value is not a key: {listed(map(quoted, texts.values))}")
    elif not selector.probed:
        yield MISSING.at(texts.name, "There is no record")


def _keys(selector: ObservedSelector) -> Iterator[Finding]:
    texts = selector.texts
    if len(texts.values) > 1:
        rule = KEY_SPLIT if _is_split(texts.values) else TWO_RECORDS
        yield rule.at(texts.name, f"There are {len(texts.values)} TXT values: {listed(map(quoted, texts.values))}")
        return
    value = texts.values[0]
    try:
        key = dkim.parse(value)
    except InvalidInput as error:
        rule = _unreadable(value, error)
        reason = str(error) if rule is SYNTAX else _REASONS[rule.code]
        yield rule.at(texts.name, f"{reason} The value is {quoted(value)}")
        return
    yield from _judged(key, selector)


def _unreadable(value: bytes, error: InvalidInput) -> Rule:
    if b'"' in value:
        return QUOTES
    if _with_plus_signs(value):
        return LOST_PLUS
    return KEY_BROKEN if isinstance(error, dkim.UnusableKey) else SYNTAX


def _judged(key: dkim.KeyRecord, selector: ObservedSelector) -> Iterator[Finding]:
    name = selector.texts.name
    if key.revoked:
        yield REVOKED.at(name, "The p= tag is empty", INFO if selector.probed else "")
        return
    if key.key is None:
        yield NOT_FOR_MAIL.at(name, f"The record has k={quoted(key.key_type.encode())}")
        return
    if key.key_type == "rsa" and key.key_bits is not None:
        if key.key_bits < dkim.LEAST_RSA_BITS:
            yield WEAK_KEY.at(name, f"The RSA key has {key.key_bits} bits")
        elif key.key_bits < dkim.GOOD_RSA_BITS:
            yield SHORT_KEY.at(name, f"The RSA key has {key.key_bits} bits")
    if key.testing:
        yield TESTING.at(name, f"The record has t={key.tag('t')}")
    services = {word.lower() for word in key.service_types}
    if not services & {"*", "email"}:
        yield NOT_FOR_MAIL.at(name, f"The record has s={key.tag('s')}")
    elif key.hash_algorithms and "sha256" not in {word.lower() for word in key.hash_algorithms}:
        yield NOT_FOR_MAIL.at(name, f"The record has h={key.tag('h')}")


def _is_split(values: tuple[bytes, ...]) -> bool:
    """Whether the values, joined in some order, make one key."""
    if len(values) > _MOST_PARTS:
        return False
    return any(_is_key(b"".join(parts)) for parts in itertools.permutations(values))


def _is_key(value: bytes) -> bool:
    try:
        record = dkim.parse(value)
    except InvalidInput:
        return False
    return record.key is not None and not record.revoked


def _with_plus_signs(value: bytes) -> bool:
    """Whether the value is a key once the blanks within p= are replaced by plus signs."""
    found = re.search(rb"((?:^|;)\s*p\s*=\s*)([A-Za-z0-9+/ ]+=*)\s*(;|\Z)", value)
    if found is None or b" " not in found.group(2).strip():
        return False
    text = found.group(2).strip().decode("ascii").replace(" ", "+")
    try:
        public_key.from_octets(public_key.octets_of_base64(text))
    except InvalidInput:
        return False
    return True
