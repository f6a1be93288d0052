# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be asked of an SPF record: each entry is checked against the grammar of RFC 7208 first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .. import names
from ..errors import InvalidInput
from . import spf_grammar as grammar
from .spf_grammar import GrammarError, Term

# 4.6.2: the values of the option ``all``
_ALL = {"fail": "-all", "softfail": "~all", "neutral": "?all"}

# What a name may contain besides macros; 7.1 allows more, but nobody needs it
_NAME = re.compile(r"[A-Za-z0-9._-]+\Z")


@dataclass(frozen=True)
class SpfWanted:
    """Mechanisms that a record must authorise, by their values, and the wanted ``all``.

    a and mx: an empty text or the domain itself is the bare mechanism; ``/24`` is the domain's own with a prefix.
    all: softfail, fail, neutral, or None to leave it.
    """

    include: tuple[str, ...] = ()
    ip4: tuple[str, ...] = ()
    ip6: tuple[str, ...] = ()
    a: tuple[str, ...] = ()
    mx: tuple[str, ...] = ()
    exists: tuple[str, ...] = ()
    all: str | None = None

    def terms(self, domain: str) -> list[Term]:
        """The mechanisms as terms of this domain's record, in the order asked for, each once."""
        found: dict[tuple[str, ...], Term] = {}
        for option in ("include", "ip4", "ip6", "a", "mx", "exists"):
            for value in getattr(self, option):
                term = grammar.read_term(_text(option, value, domain))
                found.setdefault(term.key(domain), term)
        return list(found.values())

    @property
    def all_text(self) -> str | None:
        """``all`` with its qualifier, or None."""
        return None if self.all is None else _ALL[self.all]


def wanted(
    *,
    include: Iterable[str] | None = None,
    ip4: Iterable[str] | None = None,
    ip6: Iterable[str] | None = None,
    a: Iterable[str] | None = None,
    mx: Iterable[str] | None = None,
    exists: Iterable[str] | None = None,
    all: str | None = None,  # noqa: A002  the mechanism has this name
) -> SpfWanted:
    """Normalise the options: names in lower case and xn-- form, without the final dot.

    Raises InvalidInput for an entry that receivers would refuse or that makes no sense.
    """
    return SpfWanted(
        include=_names("include", include),
        ip4=_networks("ip4", ip4),
        ip6=_networks("ip6", ip6),
        a=_hosts("a", a),
        mx=_hosts("mx", mx),
        exists=_names("exists", exists),
        all=_all(all),
    )


def _names(option: str, values: Iterable[str] | None) -> tuple[str, ...]:
    return _each(values, lambda value: _name(option, value))


def _networks(option: str, values: Iterable[str] | None) -> tuple[str, ...]:
    return _each(values, lambda value: _network(option, value))


def _hosts(option: str, values: Iterable[str] | None) -> tuple[str, ...]:
    return _each(values, lambda value: _host(option, value))


def _name(option: str, value: str) -> str:
    """A domain-spec (7.1) that is also valid as a DNS name (RFC 1035 2.3.4)."""
    spec = _ascii(option, value)
    literal = grammar.literal_parts(spec)
    if re.match(rf"{option}:", spec, re.IGNORECASE):
        raise _refused(option, value, f'write the name alone, "{spec[len(option) + 1 :]}"')
    if spec and "%" not in literal and not _NAME.match(literal):
        raise _refused(option, value, "write a domain name alone, such as _spf.example.com")
    _checked(option, value, f"{option}:{spec}")
    labels = (literal[:-1] if literal.endswith(".") else literal).split(".")
    if "" in labels:
        raise _refused(option, value, "a label of the name is empty; look for an extra dot")
    if any(len(label) > 63 for label in labels) or len(literal) > 253:
        raise _refused(option, value, "a label has at most 63 characters and a name at most 253")
    return grammar.folded(spec)


def _network(option: str, value: str) -> str:
    """ip4-network or ip6-network (5.6)."""
    text = value.strip()
    if text.lower().startswith(option + ":"):
        raise _refused(option, value, f'write the address alone, "{text[4:]}"')
    term = _checked(option, value, f"{option}:{text}")
    _not_everyone(option, value, term)
    return text


def _host(option: str, value: str) -> str:
    """The value of a or mx: an optional name, then prefix lengths (5.3, 5.4)."""
    try:
        spec, prefix4, prefix6 = grammar.split_prefixes(value.strip())
    except GrammarError as fault:
        raise _refused(option, value, str(fault)) from None
    length = value.strip()[len(spec) :]
    if spec.lower() == option:
        raise _refused(option, value, 'write an empty text ("") for the domain itself')
    name = _name(option, spec) if spec else ""
    term = _checked(option, value, f"{option}:{name}{length}" if name else f"{option}{length}")
    _not_everyone(option, value, term)
    return name + length


def _all(value: str | None) -> str | None:
    if value is None or value in _ALL:
        return value
    if value in ("pass", "+all", "+"):
        raise InvalidInput(
            "all: pass would authorise the whole Internet to send as this domain (+all). "
            "Use softfail, fail or neutral, and list the senders."
        )
    raise InvalidInput(f"all: {value!r} is not one of softfail, fail, neutral.")


def _text(option: str, value: str, domain: str) -> str:
    """The term for an entry; the domain's own name is left out (5.3, 5.4)."""
    if option in ("a", "mx"):
        spec = grammar.split_prefixes(value)[0]
        if grammar.folded(spec) == grammar.folded(domain):
            value, spec = value[len(spec) :], ""
        return f"{option}:{value}" if spec else f"{option}{value}"
    return f"{option}:{value}"


def _not_everyone(option: str, value: str, term: Term) -> None:
    """Refuse a prefix of /0, which is +all by another name."""
    if 0 in (term.prefix4, term.prefix6):
        raise _refused(option, value, "/0 would authorise the whole Internet to send as this domain")


def _checked(option: str, value: str, text: str) -> Term:
    if any(character.isspace() or not character.isprintable() for character in text):
        raise _refused(option, value, "an entry is one name or address, without spaces")
    if not text.isascii():
        raise _refused(option, value, "an SPF record is written in ASCII (RFC 7208 3.1)")
    try:
        return grammar.read_term(text)
    except GrammarError as fault:
        raise _refused(option, value, str(fault)) from None


def _ascii(option: str, value: str) -> str:
    """The xn-- form of an internationalised name."""
    text = value.strip()
    if text.isascii():
        return text
    try:
        return names.to_text(names.record_name(text))
    except InvalidInput as error:
        raise InvalidInput(f"{option}: {error}") from None


def _each(values: Iterable[str] | None, check: Callable[[str], str]) -> tuple[str, ...]:
    if values is None:
        return ()
    return tuple(check(str(value)) for value in ([values] if isinstance(values, str) else values))


def _refused(option: str, value: str, reason: str) -> InvalidInput:
    return InvalidInput(f"{option}: {value!r} cannot be in an SPF record: {reason}.")
