# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An SPF record that someone split over several TXT values, of which receivers read only the first (RFC 7208 3.3).

The strings of one value are joined, values never are. Verification values of services look like unknown modifiers
(``google-site-verification=…``), so only terms that occur nowhere but in SPF records make a value part of one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .spf_grammar import GrammarError, Term, read_term
from .spf_record import is_spf

# What may be the rest of a name or address
_END_OF_A_WORD = re.compile(r"(?!spf(?:[0-9]|:?\Z))[A-Za-z0-9_.:/%{}-]+\Z", re.IGNORECASE)
_ALL = re.compile(r"[-~?+]?all\Z", re.IGNORECASE)
# A complete record
_ENDED = re.compile(rb"(?: [-~?+]?all| redirect=\S*)(?: |\Z)", re.IGNORECASE)


@dataclass(frozen=True)
class SplitPart:
    """A value with the rest of an SPF record. ``fragment``: the second half of a word cut in two, at its beginning."""

    value: bytes
    terms: tuple[Term, ...]
    fragment: str = ""


def parts(values: Iterable[bytes]) -> list[SplitPart]:
    """The values that hold SPF terms but no version; the one with ``all`` comes last."""
    found = [part for part in map(_part, values) if part is not None]
    return sorted(found, key=lambda part: (any(term.is_all for term in part.terms), part.value))


def rest_of(record: bytes, values: Iterable[bytes]) -> list[SplitPart]:
    """The values meant as parts of this record. A fragment cannot belong to a record that is complete."""
    whole = _ENDED.search(record)
    return [part for part in parts(values) if not (whole and part.fragment)]


def joined(record: bytes, rest: Iterable[SplitPart]) -> str:
    """The record joined with all its parts, with one ``all`` at the end."""
    version, *words = record.decode("ascii", "backslashreplace").split()
    end = [word for word in words if _ALL.match(word)]
    leaves = any(word.lower().startswith("redirect=") for word in words)  # it ends the record as ``all`` does
    for part in rest:
        if part.fragment and words:
            words[-1] += part.fragment
        words += [term.text for term in part.terms]
        end += [term.text for term in part.terms if term.is_all and not leaves]
    return " ".join([version, *(word for word in words if not _ALL.match(word)), *end[:1]])


def _part(value: bytes) -> SplitPart | None:
    if is_spf(value):
        return None
    words = value.decode("ascii", "replace").split()
    for start in (0, 1):
        terms = [_term(word) for word in words[start:]]
        known = [term for term in terms if term is not None]
        if len(known) == len(terms) and any(map(_is_telling, known)) and all(map(_END_OF_A_WORD.match, words[:start])):
            return SplitPart(value, tuple(known), "".join(words[:start]))
    return None


def _term(word: str) -> Term | None:
    try:
        term = read_term(word)
    except GrammarError:
        return None
    return None if term.is_modifier and term.name != "redirect" else term


def _is_telling(term: Term) -> bool:
    """Whether a word is surely an SPF term; ``a``, ``mx`` and ``all`` may be plain words."""
    return bool(term.target) or term.text[:1] in "-~?+"
