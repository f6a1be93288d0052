# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SPF (RFC 7208): how a domain's record changes when a sender is authorised, or no longer.

The grammar and the record are in spf_grammar and spf_record, what can be asked for in spf_wanted, the limits in
spf_limits, records split over several values in spf_split; this module re-exports them. What nobody asked to change
keeps its bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..errors import Conflict
from .spf_grammar import QUALIFIERS, Term, read_term
from .spf_limits import (
    MAX_LOOKUPS,
    MAX_VOIDS,
    Fetch,
    LookupCount,
    Void,
    covered_by,
    lookups,
    size_warnings,
    too_many_lookups,
)
from .spf_record import SpfRecord, is_near_miss, is_spf, parse
from .spf_split import SplitPart, joined, parts, rest_of
from .spf_wanted import SpfWanted, wanted

__all__ = [
    "MAX_LOOKUPS",
    "MAX_VOIDS",
    "Fetch",
    "LookupCount",
    "SplitPart",
    "SpfRecord",
    "Term",
    "Void",
    "SpfWanted",
    "build",
    "consolidate",
    "covered_by",
    "exact",
    "is_near_miss",
    "is_spf",
    "joined",
    "lookups",
    "merge",
    "parse",
    "parts",
    "remove",
    "rest_of",
    "size_warnings",
    "too_many_lookups",
    "wanted",
    "warnings",
]

# A new record asks receivers to accept but mark mail from senders that it does not list
_NEW_ALL = "~all"

# Strictest first; +all allows everybody
_STRICTNESS = "-~?+"

_MECHANISM_NAMES = ("include", "a", "mx", "ptr", "ip4", "ip6", "exists", "all", "v")


def build(wanted: SpfWanted, domain: str = "") -> bytes:
    """A new record. If the domain is given, its own a and mx are written bare."""
    return _joined([*(term.text for term in wanted.terms(domain)), wanted.all_text or _NEW_ALL])


def merge(existing: bytes, wanted: SpfWanted, domain: str) -> bytes:
    """The existing record with each wanted term in it once.

    New terms go directly after the version, where they are always reached, or after the deny terms at the start of the
    record. Raises InvalidInput if the existing record does not parse; Conflict if it holds a wanted term with another
    qualifier, or if a wanted ``all`` would disable a redirect.
    """
    record = parse(existing, domain)
    missing: list[Term] = []
    for term in wanted.terms(domain):
        present = _first(record, term, domain)
        if present is None:
            missing.append(term)
        elif record.terms[present].qualifier != "+":
            raise _other_qualifier(record, record.terms[present], term, domain)
        elif record.all_index is not None and present > record.all_index:
            # it is never reached there (5.1), so it is moved, as written
            missing.append(replace(record.terms[present], before=" "))
            record = _without(record, [present])
    record = _insert(record, _insert_position(record), missing)
    if wanted.all_text is not None:
        record = _with_all(record, wanted.all_text, domain)
    return record.to_bytes()


def exact(wanted: SpfWanted, existing: bytes | None, domain: str) -> bytes:
    """The record with only the wanted terms; an existing ``all`` stays unless one is stated.

    A record that already says this, in any order, is returned as it is. Raises InvalidInput if the existing record does
    not parse.
    """
    if existing is None:
        return build(wanted, domain)
    record = parse(existing, domain)
    if _says_exactly(record, wanted, domain):
        return existing
    closing = wanted.all_text or _kept_all(record)
    return _joined([*(term.text for term in wanted.terms(domain)), *([closing] if closing else [])])


def remove(existing: bytes, wanted: SpfWanted, domain: str) -> bytes | None:
    """The existing record without the wanted terms, the inverse of merge; None if the record must be deleted.

    It is deleted when a term was removed and nothing is left, or only ``~all`` or ``?all``; ``-all`` alone stays,
    because it says that the domain sends no mail. A stated ``all`` is not removed. Raises InvalidInput if it does not
    parse.
    """
    record = parse(existing, domain)
    unwanted = {term.key(domain) for term in wanted.terms(domain)}
    indexes = [i for i, term in enumerate(record.terms) if term.qualifier == "+" and term.key(domain) in unwanted]
    if not indexes:
        return existing
    left = _without(record, indexes)
    if all(term.is_all and term.qualifier in ("~", "?") for term in left.terms):
        return None
    return left.to_bytes()


def consolidate(values: Sequence[bytes], domain: str) -> bytes:
    """Merge several records: their terms in order, each once, and the strictest ``all``.

    What followed ``all`` still follows it. Raises InvalidInput if one does not parse; Conflict if a redirect stands
    beside anything else, or if one mechanism has two qualifiers.
    """
    records = [parse(value, domain) for value in values]
    if len(set(values)) == 1:
        return values[0]
    reached: dict[tuple[str, ...], Term] = {}
    unreached: dict[tuple[str, ...], Term] = {}
    alls: list[str] = []
    for record in records:
        end = len(record.terms) if record.all_index is None else record.all_index
        for index, term in enumerate(record.terms):
            if term.is_all:
                alls += [term.qualifier] if index == end else []
                continue
            place = reached if index < end or term.is_modifier else unreached
            other = place.setdefault(term.key(domain), term)
            if other.qualifier != term.qualifier:
                raise _two_qualifiers(other, term, domain)
    terms = [*reached.values()]
    _refuse_redirect(terms, bool(alls or unreached), records, domain)
    _refuse_two(terms, "exp", domain)
    closing = [min(alls, key=_STRICTNESS.index) + "all"] if alls else []
    late = [term for key, term in unreached.items() if key not in reached]
    mechanisms = [term.text for term in terms if not term.is_modifier]
    modifiers = [term.text for term in terms if term.is_modifier]
    return _joined([*mechanisms, *closing, *(term.text for term in late), *modifiers])


def warnings(record: SpfRecord, domain: str) -> list[str]:
    """What is valid in the record but deserves attention, one sentence each."""
    found = too_wide(record, domain)
    if any(term.name == "ptr" and not term.is_modifier for term in record.terms):
        found.append(f"{domain}: the SPF record uses ptr, which should no longer be published (RFC 7208 5.5).")
    if record.all_index is not None:
        late = [term.text for term in record.terms[record.all_index + 1 :] if not term.is_modifier]
        if late:
            found.append(
                f"{domain}: receivers never reach the terms after all in the SPF record: {' '.join(late)} (RFC 7208 "
                "5.1)."
            )
        if record.redirect is not None:
            found.append(
                f"{domain}: receivers ignore redirect={record.redirect}, because the SPF record has all (RFC 7208 6.1)."
            )
    elif record.redirect is None:
        found.append(
            f"{domain}: the SPF record has neither all nor redirect=, so receivers treat unlisted senders as neutral "
            "(RFC 7208 4.7). Set the option all to change that."
        )
    return found + _repeated(record, domain) + _misspelt(record, domain)


def too_wide(record: SpfRecord, domain: str) -> list[str]:
    """What lets the whole Internet pass, one sentence each."""
    everyone = [term for term in record.reachable if term.qualifier == "+" and 0 in (term.prefix4, term.prefix6)]
    found = [f"{domain}: {term.text} in the SPF record lets the whole Internet pass." for term in everyone]
    if record.all == "+":
        found.insert(0, f"{domain}: the SPF record ends in +all, which lets the whole Internet pass (RFC 7208 5.1).")
    return found


def _repeated(record: SpfRecord, domain: str) -> list[str]:
    found: list[str] = []
    seen: set[tuple[str, ...]] = set()
    for term in record.terms:
        key = term.key(domain)
        if key in seen and not term.is_modifier:
            found.append(f"{domain}: the SPF record repeats {term.text}; only the first counts (RFC 7208 4.6.2).")
        seen.add(key)
    return found


def _misspelt(record: SpfRecord, domain: str) -> list[str]:
    """Warn of ``include=x``, which is valid as an unknown modifier (6)."""
    return [
        f"{domain}: receivers ignore {term.text} in the SPF record, because it is not a mechanism (RFC 7208 6)."
        for term in record.terms
        if term.is_modifier and term.name in _MECHANISM_NAMES
    ]


def _first(record: SpfRecord, wanted: Term, domain: str) -> int | None:
    """The index of the first term with the wanted mechanism, whatever its qualifier."""
    key = wanted.key(domain)
    for index, term in enumerate(record.terms):
        if term.key(domain) == key:
            return index
    return None


def _insert_position(record: SpfRecord) -> int:
    """The index for new terms: 0, or after the deny terms at the start of the record."""
    position = 0
    for index, term in enumerate(record.terms):
        if term.is_modifier:
            continue
        if term.qualifier != "-" or term.is_all:
            break
        position = index + 1
    return position


def _insert(record: SpfRecord, position: int, terms: Iterable[Term]) -> SpfRecord:
    return replace(record, terms=(*record.terms[:position], *terms, *record.terms[position:]))


def _without(record: SpfRecord, indexes: Iterable[int]) -> SpfRecord:
    """The record without these terms and the blanks before them."""
    gone = set(indexes)
    return replace(record, terms=tuple(term for index, term in enumerate(record.terms) if index not in gone))


def _with_all(record: SpfRecord, text: str, domain: str) -> SpfRecord:
    """The record with this qualifier on its first ``all``, which is added after the last mechanism if missing."""
    index = record.all_index
    if index is not None:
        present = record.terms[index]
        if present.qualifier == text[0]:
            return record
        stated = replace(present, text=text[0] + present.text[-3:], qualifier=text[0])
        return _insert(_without(record, [index]), index, [stated])
    if record.redirect is not None:
        raise Conflict(
            f'{domain}: the SPF record "{record}" leaves the result to redirect={record.redirect}, and '
            f"{text} would disable that (RFC 7208 6.1). Leave all out, or remove the redirect first."
        )
    mechanisms = [i for i, term in enumerate(record.terms) if not term.is_modifier]
    return _insert(record, mechanisms[-1] + 1 if mechanisms else 0, [read_term(text)])


def _says_exactly(record: SpfRecord, wanted: SpfWanted, domain: str) -> bool:
    """Whether the record has exactly the wanted mechanisms, before an ``all`` that matches the stated one, if any."""
    end = record.all_index
    if end is not None and end + 1 < len(record.terms):
        return False
    if wanted.all_text is not None and record.all != wanted.all_text[0]:
        return False
    present = [(term.key(domain), term.qualifier) for term in record.terms[:end]]
    return sorted(present) == sorted((term.key(domain), "+") for term in wanted.terms(domain))


def _kept_all(record: SpfRecord) -> str | None:
    """``all`` as written. A record that ended in a redirect gets the default of a new record."""
    if record.all_index is not None:
        return record.terms[record.all_index].text
    return None if record.redirect is None else _NEW_ALL


def _joined(texts: Iterable[str]) -> bytes:
    return " ".join(["v=spf1", *texts]).encode("ascii")


def _other_qualifier(record: SpfRecord, present: Term, asked: Term, domain: str) -> Conflict:
    return Conflict(
        f'{domain}: the SPF record "{record}" has {present.text}, which gives {QUALIFIERS[present.qualifier]} to the '
        f"senders that {asked.text} is to authorise. Remove {present.text} from the record, "
        f"or do not request {asked.text}."
    )


def _two_qualifiers(first: Term, second: Term, domain: str) -> Conflict:
    one, other = sorted((first.text, second.text))
    return Conflict(
        f"{domain}: the SPF records contradict each other: one has {one}, another {other}. "
        "Remove the wrong one; then they can be merged."
    )


def _refuse_redirect(terms: list[Term], others: bool, records: list[SpfRecord], domain: str) -> None:
    redirects = [term for term in terms if term.is_modifier and term.name == "redirect"]
    if redirects and (others or len(terms) > 1):
        quoted = ", ".join(sorted(f'"{record}"' for record in records))
        raise Conflict(
            f"{domain}: of the SPF records {quoted} one leaves the result to {redirects[0].text}, which cannot be "
            "merged with other terms without changing its meaning. Remove the redirect or the other record."
        )


def _refuse_two(terms: list[Term], modifier: str, domain: str) -> None:
    found = sorted(term.text for term in terms if term.is_modifier and term.name == modifier)
    if len(found) > 1:
        raise Conflict(
            f"{domain}: the SPF records have {' and '.join(found)}, and a record can have only one {modifier}= (RFC "
            "7208 6). Remove one of them."
        )
