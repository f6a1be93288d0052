# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An SPF record as read (RFC 7208 4.5, 4.6): its version, its terms, its bytes.

A record keeps the text of each term and the blanks before it, so that unchanged parts are written back as they were.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import NoReturn

from ..errors import InvalidInput
from .spf_grammar import GrammarError, Term, read_term

# 4.5, 4.6.1: the version is followed by a blank or by nothing; case does not matter
_VERSION = re.compile(rb"v=spf1(?= |\Z)", re.IGNORECASE)

_MEANT = re.compile(rb"(?:[\s\"']|\xc2\xa0|\xe2\x80[\x9c-\x9f]|\xef\xbb\xbf)*v\s*=\s*spf-?1", re.IGNORECASE)


@dataclass(frozen=True)
class SpfRecord:
    """An SPF record: the version as written, the terms in their order, the blanks at the end."""

    version: str
    terms: tuple[Term, ...]
    trailing: str = ""

    def to_bytes(self) -> bytes:
        """The record as bytes, unchanged if it was only read."""
        return (self.version + "".join(term.before + term.text for term in self.terms) + self.trailing).encode("ascii")

    def __str__(self) -> str:
        return self.to_bytes().decode("ascii")

    @property
    def all_index(self) -> int | None:
        """The index of the first ``all``; what follows is never reached (5.1)."""
        for index, term in enumerate(self.terms):
            if term.is_all:
                return index
        return None

    @property
    def all(self) -> str | None:
        """The qualifier of the first ``all``, or None."""
        index = self.all_index
        return None if index is None else self.terms[index].qualifier

    @property
    def redirect(self) -> str | None:
        """The target of ``redirect=``, or None."""
        for term in self.terms:
            if term.is_modifier and term.name == "redirect":
                return term.value
        return None

    @property
    def reachable(self) -> list[Term]:
        """The terms that an evaluation can reach: mechanisms up to ``all``, else also ``redirect=`` (5.1, 6.1)."""
        end = self.all_index
        found = [term for term in self.terms[:end] if not term.is_modifier]
        if end is None:
            found += [term for term in self.terms if term.is_modifier and term.name == "redirect"]
        return found


def is_spf(value: bytes) -> bool:
    """Whether receivers select this TXT value as an SPF record (4.5)."""
    return _VERSION.match(value) is not None


def is_near_miss(value: bytes) -> bool:
    """Whether a value is meant as an SPF record but is none: quoted, after a blank, in look-alikes (4.5)."""
    return not is_spf(value) and _MEANT.match(value) is not None


@functools.lru_cache(maxsize=1024)
def parse(value: bytes, domain: str) -> SpfRecord:
    """The record in this TXT value of the domain. Cached, as many domains have the record of one service.

    Raises InvalidInput, naming the domain, term, position and rule, for syntax that makes receivers return permerror
    (4.6).
    """
    version = _VERSION.match(value)
    if version is None:
        raise InvalidInput(
            f"{domain}: {_quoted(value)} is not an SPF record, because it does not start with v=spf1 and a space (RFC "
            "7208 4.5)."
        )
    for index, byte in enumerate(value):
        if byte < 0x20 or byte > 0x7E:
            start, end = value.rfind(b" ", 0, index) + 1, value.find(b" ", index)
            _refuse(domain, index + 1, _quoted(value[start : end if end >= 0 else None]), _unprintable(value[index:]))
    text = value.decode("ascii")
    terms: list[Term] = []
    for found in re.finditer(r"( +)([^ ]+)", text[version.end() :]):
        position = version.end() + found.start(2) + 1
        try:
            term = read_term(found.group(2), found.group(1), position)
            _check_once(term, terms)
        except GrammarError as fault:
            _refuse(domain, position, f'"{found.group(2)}"', str(fault))
        terms.append(term)
    body_end = version.end() + sum(len(term.before) + len(term.text) for term in terms)
    return SpfRecord(text[: version.end()], tuple(terms), text[body_end:])


def _check_once(term: Term, earlier: list[Term]) -> None:
    """Refuse a second redirect or exp; unknown modifiers may repeat (6)."""
    once = term.is_modifier and term.name in ("redirect", "exp")
    if once and any(other.is_modifier and other.name == term.name for other in earlier):
        raise GrammarError(f"{term.name}= may appear only once (RFC 7208 6)")


def _unprintable(rest: bytes) -> str:
    """What is wrong with the first character, which is not printable ASCII."""
    byte, character = rest[0], rest[:4].decode("utf-8", "ignore")[:1]
    if byte > 0x7F and not character.isalnum() and rest.startswith(character.encode() or b" "):
        sign = f"the character U+{ord(character):04X} is not ASCII"
        return f"{sign}; write a plain space or hyphen where it looks like one (RFC 7208 3.1)"
    if byte > 0x7E:
        return f"the byte 0x{byte:02x} is not ASCII; write such a name in its xn-- form (RFC 7208 3.1)"
    return f"the control character 0x{byte:02x} is not allowed; terms are separated by spaces (RFC 7208 4.6.1)"


def _quoted(value: bytes) -> str:
    text = value.decode("ascii", "backslashreplace")
    printable = "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in text)
    return f'"{printable}"'


def _refuse(domain: str, position: int, term: str, rule: str) -> NoReturn:
    raise InvalidInput(
        f"{domain}: the SPF record has a syntax error at character {position}, in {term}: {rule}. Receivers treat the "
        "whole record as an error until it is corrected."
    )
