# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a faulty SPF record was probably meant to say; None where that is unclear or nothing is wrong.

A repair is never weaker than what receivers make of the record now.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator

from ..errors import InvalidInput
from . import spf_grammar, spf_record
from .repair import unquoted

_SPF_VERSION = re.compile(r"v *= *spf-?1", re.IGNORECASE)
# Where a word starts without a blank before it
_SPF_WORD = re.compile(r"(?<=[^ +?~-])(?=[+?~-]?(?:include:|ip4:|ip6:|exists:|redirect=)|[+?~-]all\Z)", re.IGNORECASE)
_WITH_VALUE = ("include", "exists", "ip4", "ip6", "a", "mx", "ptr")


def repaired(value: bytes, domain: str) -> bytes | None:
    """The repair of a record in quotes, after blanks, cut into words, or with a faulty term (RFC 7208 4.5, 4.6)."""
    for text in unquoted(value):
        version = _SPF_VERSION.match(text)
        if version is None:
            continue
        words = _SPF_WORD.sub(" ", text[version.end() :]).split()
        try:
            meant = " ".join(["v=spf1", *map(_term, _joined(words))]).encode("ascii")
            record = spf_record.parse(meant, domain)
        except (InvalidInput, UnicodeEncodeError):
            continue
        if any(term.is_modifier and term.name in (*_WITH_VALUE, "all", "v") for term in record.terms):
            continue
        return None if record.all == "+" or _same_words(meant, value) else meant
    return None


def _joined(words: Iterable[str]) -> Iterator[str]:
    """Rejoin words that a blank cut apart: ``include: x``, ``~ all``."""
    begun = ""
    for word in words:
        begun += word
        if not (begun.endswith((":", "=")) or begun in ("-", "~", "?", "+")):
            yield begun
            begun = ""
    if begun:
        yield begun


def _term(word: str) -> str:
    """One SPF term with common mistakes corrected."""
    word = word.rstrip(",;").strip("'")
    found = re.fullmatch(r"([+?~-]?)([A-Za-z][A-Za-z0-9_-]*)([:=])(.+)", word)
    if found is None:
        return word
    qualifier, name, sign, value = found.groups()
    meant = spf_grammar.meant(name)
    if meant in ("ip4", "ip6"):
        try:
            meant = f"ip{ipaddress.ip_interface(value).version}"
        except ValueError:
            return word
    if meant == "redirect":
        return word if qualifier else f"redirect={value}"
    return f"{qualifier}{meant}:{value}" if meant in _WITH_VALUE else word


def _same_words(meant: bytes, value: bytes) -> bool:
    """Whether a repair would change only blanks or case."""
    return spf_record.is_spf(value) and meant.lower().split() == value.lower().split()
