# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limits that receivers set for an SPF record: DNS lookups (RFC 7208 4.6.4) and size (3.4).

DNS is queried through a function that the caller passes; nothing here does I/O.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Optional, TypeVar

from ..errors import InvalidInput
from .spf_grammar import LOOKUP_TERMS, Term, folded, literal_parts
from .spf_record import SpfRecord, is_spf, parse

# 4.6.4: "include", "a", "mx", "ptr", "exists" and "redirect" together, over all records
MAX_LOOKUPS = 10

# 4.6.4: how many of these lookups may find nothing
MAX_VOIDS = 2

# 3.4: fits in a UDP answer of 512 octets (RFC 1035 4.2.1) along with the rest of the answer
COMFORTABLE_OCTETS = 450
UDP_OCTETS = 512

# The count is far past MAX_LOOKUPS here, so nothing more is asked
_MAX_DEPTH = 20
_MAX_NAMES = 60

# The TXT values of a name; an empty list if there are none, None if unknown
Fetch = Callable[[str], Optional[list[bytes]]]

# Whether a name surely has nothing of what this mechanism (a, mx or exists) asks for
Lacks = Callable[[str, str], bool]


_Note = TypeVar("_Note")


class Void(NamedTuple):
    """A term in the record of ``owner`` that finds nothing in DNS. ``target``: the name that it asks about."""

    term: str
    mechanism: str
    owner: str
    target: str


class _Cost(NamedTuple):
    lookups: int = 0
    voids: int = 0

    def plus(self, other: _Cost) -> _Cost:
        return _Cost(self.lookups + other.lookups, self.voids + other.voids)


@dataclass
class LookupCount:
    """The cost of an evaluation in the worst case, in which only the last mechanism matches.

    count: lookups; a lower bound if far above the limit. per_term: each term that costs lookups, with their number.
    unresolved: names that could not be queried, each counted as one lookup. macros: terms whose target depends on the
    message, counted likewise. faults: sentences, each a reason why receivers treat the record as an error. voids: each
    term that finds nothing, in any of the records. void_count: how often that happens, counting a record once for each
    time that it is included; receivers allow two (4.6.4). repeated: whether any record is evaluated more than once.
    wide: whether a term is so wide that it, or two such terms, could cover the whole Internet.
    """

    count: int = 0
    per_term: list[tuple[str, int]] = field(default_factory=list)
    unresolved: list[str] = field(default_factory=list)
    macros: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    voids: list[Void] = field(default_factory=list)
    void_count: int = 0
    repeated: bool = False
    wide: bool = False

    @property
    def is_too_much(self) -> bool:
        """Whether receivers give up at a limit, whoever sends."""
        return self.count > MAX_LOOKUPS or self.void_count > MAX_VOIDS


def lookups(value: bytes, domain: str, fetch: Fetch, lacks: Lacks | None = None) -> LookupCount:
    """The lookups of this SPF record of the domain in the worst case, over all terms and branches (4.6.4).

    lacks: called for the hosts that terms name, to find void lookups; without it, only includes and redirects are
    checked. Whether the exchangers of an mx have addresses is not checked. Asks for each name once, and only for what
    receivers reach. Raises InvalidInput if the record itself does not parse.
    """
    record = parse(value, domain)
    walk = _Walk(fetch, lacks)
    walk.result.wide = _is_wide(record)
    for term in record.reachable:
        cost = walk.term_cost(term, (folded(domain),))
        walk.result.void_count += cost.voids
        if cost.lookups:
            walk.result.per_term.append((term.text, cost.lookups))
            walk.result.count += cost.lookups
    return walk.result


def covered_by(value: bytes, include: str, domain: str, fetch: Fetch) -> list[str] | None:
    """The path of names through which this record of the domain already authorises what include:<include> would.

    It ends in the include itself: ``["_spf.partner.example", "_spf.odoo.com"]``. None if no other include or redirect
    covers it; an include in the record itself does not count. Raises InvalidInput if the record does not parse.
    """
    return _Cover(folded(include), fetch).path(parse(value, domain), (folded(domain),))


def too_many_lookups(domain: str, count: LookupCount) -> str:
    """The sentence for a record that needs more than ten lookups."""
    by_cost = sorted(count.per_term, key=lambda item: -item[1])
    costs = ", ".join(f"{text} {cost}" for text, cost in by_cost)
    costliest = next((text for text, dummy in by_cost if text.lower().startswith("include:")), "an include")
    return (
        f"{domain}: the SPF record would need {count.count} DNS lookups and receivers stop at {MAX_LOOKUPS} ({costs}). "
        f"Remove an include that is no longer used, or move the sender of {costliest} to its own subdomain."
    )


def size_warnings(record: bytes, all_txt_at_name: list[bytes], owner: str) -> list[str]:
    """Warnings if the TXT answer at the owner's name may be too large for UDP (3.4).

    all_txt_at_name: every TXT value as it will be; the record is counted even if it is missing there.
    """
    texts = all_txt_at_name if record in all_txt_at_name else [record, *all_txt_at_name]
    name = len(owner.rstrip("."))
    combined = name + sum(len(text) for text in texts)
    # header, question, and per value a compressed owner, the fixed fields, and a length octet per string
    answer = 12 + name + 6 + sum(12 + len(text) + max(1, -(-len(text) // 255)) for text in texts)
    if answer > UDP_OCTETS:
        return [
            f"{owner}: the answer with all TXT values of the name takes {answer} octets, more than the {UDP_OCTETS} of "
            "a plain UDP answer, so receivers that cannot retry over TCP see no SPF record (RFC 7208 3.4). Remove "
            "verification values that are no longer used, or move a sender to its own subdomain."
        ]
    if combined > COMFORTABLE_OCTETS:
        return [
            f"{owner}: the name and all its TXT values together have {combined} octets; below {COMFORTABLE_OCTETS} "
            f"they are sure to fit in a plain UDP answer of {UDP_OCTETS} (RFC 7208 3.4)."
        ]
    return []


class _Walk:
    """Counts lookups in the records behind includes and redirects, reading each name once."""

    def __init__(self, fetch: Fetch, lacks: Lacks | None = None) -> None:
        self.fetch = fetch
        self.lacks = lacks
        self.result = LookupCount()
        self.costs: dict[str, _Cost] = {}
        self.asked = 0
        self.come_to = 0  # lookups so far, in the order in which receivers make them

    def term_cost(self, term: Term, path: tuple[str, ...]) -> _Cost:
        """path: the domains whose records led here, the term's own last."""
        if term.name not in LOOKUP_TERMS:
            return _Cost()
        self.come_to += 1
        if term.has_macro:
            _note(self.result.macros, term.text)
            return _Cost(1)
        if term.name in ("include", "redirect"):
            return _Cost(1).plus(self.name_cost(term, folded(term.target), path))
        return _Cost(1, self.host_voids(term, path[-1]))

    def host_voids(self, term: Term, owner: str) -> int:
        """1 if a term that asks for hosts finds none, else 0. Past ten lookups nobody asks any more."""
        name = folded(term.target) or owner
        if self.lacks is None or term.name == "ptr" or self.come_to > MAX_LOOKUPS:
            return 0
        if not (_can_be_asked(name) and self.lacks(term.name, name)):
            return 0
        _note(self.result.voids, Void(term.text, term.name, owner, name))
        return 1

    def name_cost(self, term: Term, name: str, path: tuple[str, ...]) -> _Cost:
        if name in path:
            _note(
                self.result.faults,
                f"{path[-1]}: {term.text} leads back to {name}, a loop that only ends at the lookup limit "
                "(RFC 7208 4.6.4).",
            )
            return _Cost()
        if name in self.costs:
            self.come_to += self.costs[name].lookups
            self.result.repeated = True
            return self.costs[name]
        if len(path) > _MAX_DEPTH or self.asked >= _MAX_NAMES:
            return _Cost()
        before = len(self.result.voids)
        record = self.record(term, name, path[-1])
        self.result.wide = self.result.wide or (record is not None and _is_wide(record))
        cost = _Cost(0, len(self.result.voids) - before)
        for inner in [] if record is None else record.reachable:
            cost = cost.plus(self.term_cost(inner, (*path, name)))
        self.costs[name] = cost
        return cost

    def record(self, term: Term, name: str, owner: str) -> SpfRecord | None:
        """The one SPF record of the name; None, with the reason noted, if there is none (5.2, 6.1)."""
        if not _can_be_asked(name):
            _note(
                self.result.faults, f"{owner}: {term.text} has a name that is not a valid domain name (RFC 1035 2.3.4)."
            )
            return None
        self.asked += 1
        values = self.fetch(name)
        if values is None:
            _note(self.result.unresolved, name)
            return None
        if not values:
            _note(self.result.voids, Void(term.text, term.name, owner, name))
        found = [value for value in values if is_spf(value)]
        if len(found) != 1:
            number = f"{len(found)} SPF records" if found else "no SPF record"
            _note(
                self.result.faults,
                f"{owner}: {term.text} points to {name}, which has {number}; receivers treat that as an error of the "
                f"record of {owner} (RFC 7208 {'4.5' if found else '5.2, 6.1'}).",
            )
            return None
        try:
            return parse(found[0], name)
        except InvalidInput as error:
            _note(self.result.faults, f"{owner}: {term.text} leads to a record with an error. {error}")
            return None


class _Cover:
    """Searches the records behind includes and redirects for one include, reading each name once."""

    def __init__(self, target: str, fetch: Fetch) -> None:
        self.target = target
        self.walk = _Walk(fetch)
        self.seen: set[str] = set()

    def path(self, record: SpfRecord, path: tuple[str, ...]) -> list[str] | None:
        """The names after path[0] that lead to the target. An include passes on only a pass (5.2)."""
        top = len(path) == 1
        for term in record.reachable:
            if term.name not in ("include", "redirect") or term.qualifier not in ("", "+") or term.has_macro:
                continue
            name = folded(term.target)
            if name == self.target:
                if top and term.name == "include":
                    continue
                return [*path[1:], name]
            found = self.behind(term, name, path)
            if found is not None:
                return found
        return None

    def behind(self, term: Term, name: str, path: tuple[str, ...]) -> list[str] | None:
        if name in self.seen or name in path or len(path) > _MAX_DEPTH or self.walk.asked >= _MAX_NAMES:
            return None
        self.seen.add(name)
        record = self.walk.record(term, name, path[-1])
        return None if record is None else self.path(record, (*path, name))


def _is_wide(record: SpfRecord) -> bool:
    """Whether a term passes more than an IPv4 /8 or an IPv6 /16, which nobody owns as a whole."""
    return record.all == "+" or any(
        term.qualifier == "+"
        and (term.prefix4 is not None and term.prefix4 < 8 or term.prefix6 is not None and term.prefix6 < 16)
        for term in record.reachable
    )


def _can_be_asked(name: str) -> bool:
    labels = literal_parts(name).split(".")
    return len(name) <= 253 and all(0 < len(label) <= 63 for label in labels)


def _note(notes: list[_Note], note: _Note) -> None:
    if note not in notes:
        notes.append(note)
