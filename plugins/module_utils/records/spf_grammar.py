# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The grammar of an SPF record (RFC 7208 section 12), and the record that it reads.

A record keeps the bytes it was read from: every term its own text and the
blanks before it, so that what nobody asked to change is written back as it was.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import NoReturn

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput

# 4.6.2, in the words that people use for them
QUALIFIERS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}

# 4.6.4: the terms that cost one DNS lookup each
LOOKUP_TERMS = frozenset(["include", "a", "mx", "ptr", "exists", "redirect"])

# 4.5, 4.6.1: the version is followed by a blank or by nothing; case does not matter
_VERSION = re.compile(rb"v=spf1(?= |\Z)", re.IGNORECASE)

# 6, 12: name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ); the "=" comes before any ":" or "/"
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9._-]*)=(.*)\Z")

# 7.1: macro-expand and macro-literal; c, r and t are for the text of an explanation only (7.2), and a number is
# at least 1 (7.3)
_MACRO = r"%(?:\{[slodiphvSLODIPHV](?:0*[1-9][0-9]*)?[rR]?[-.+,/_=]*\}|[%_-])"
_MACRO_EXPAND = re.compile(_MACRO)
_MACRO_STRING = re.compile(rf"(?:{_MACRO}|[!-$&-~])*\Z")

# 12: toplabel, which also may not be a number
_TOPLABEL = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z-]*[0-9A-Za-z])?\Z")

# 12: dual-cidr-length; leading zeros are read here so that the message can name them
_DUAL_CIDR = re.compile(r"(?:/(?P<four>[0-9]+))?(?://(?P<six>[0-9]+))?\Z")
_DOTTED_QUAD = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}\Z")

# What people write when they mean something else
_MEANT = {
    "ip": "ip4",
    "ipv4": "ip4",
    "ipv6": "ip6",
    "ip4v": "ip4",
    "prt": "ptr",
    "includes": "include",
    "redirect": "redirect=",
    "exp": "exp=",
}


class GrammarError(InvalidInput):
    """A rule of the grammar that a text breaks, as a clause without subject: "ip4 needs an IPv4 address (…)"."""


@dataclass(frozen=True)
class Term:
    """A mechanism or a modifier.

    text: as written, qualifier included; before: the blanks in front of it; position: of its first character
    in the record, counted from 1. qualifier: ``+``, ``-``, ``~`` or ``?``, also when none is written; empty for a
    modifier. name: in lower case. value: what follows the colon or the equals sign, or starts at the slash.
    target: the domain-spec or address in the value; prefix4 and prefix6: the prefix lengths where written.
    """

    text: str
    name: str
    qualifier: str = ""
    value: str = ""
    target: str = ""
    prefix4: int | None = None
    prefix6: int | None = None
    before: str = " "
    position: int = 0

    @property
    def is_modifier(self) -> bool:
        return not self.qualifier

    @property
    def is_all(self) -> bool:
        return self.name == "all" and not self.is_modifier

    @property
    def has_macro(self) -> bool:
        return "%" in self.target

    def key(self, domain: str) -> tuple[str, ...]:
        """Equal for two terms that say the same in the record of this domain, whatever their qualifiers."""
        if self.is_modifier:
            known = self.name in ("redirect", "exp")
            return (self.name + "=", folded(self.value) if known else self.value)
        if self.name == "ip4":
            return (self.name, str(ipaddress.IPv4Network(self.value, strict=False)))
        if self.name == "ip6":
            return (self.name, str(ipaddress.IPv6Network(self.value, strict=False)))
        if self.name in ("a", "mx"):
            four = 32 if self.prefix4 is None else self.prefix4
            six = 128 if self.prefix6 is None else self.prefix6
            return (self.name, folded(self.target or domain), str(four), str(six))
        if self.name == "ptr":
            return (self.name, folded(self.target or domain))
        return (self.name, folded(self.target))


@dataclass(frozen=True)
class SpfRecord:
    """An SPF record: the version as written, the terms in their order, the blanks at the end."""

    version: str
    terms: tuple[Term, ...]
    trailing: str = ""

    def to_bytes(self) -> bytes:
        """The bytes that were read, for a record that was read."""
        return (self.version + "".join(term.before + term.text for term in self.terms) + self.trailing).encode("ascii")

    def __str__(self) -> str:
        return self.to_bytes().decode("ascii")

    @property
    def all_index(self) -> int | None:
        """Where the first ``all`` stands in the terms: what follows is never reached (5.1)."""
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
        """The terms that an evaluation can come to: mechanisms up to ``all``, else also ``redirect=`` (5.1, 6.1)."""
        end = self.all_index
        found = [term for term in self.terms[:end] if not term.is_modifier]
        if end is None:
            found += [term for term in self.terms if term.is_modifier and term.name == "redirect"]
        return found


def is_spf(value: bytes) -> bool:
    """Whether receivers select this TXT value as an SPF record (4.5)."""
    return _VERSION.match(value) is not None


def parse(value: bytes, domain: str) -> SpfRecord:
    """The record in this TXT value of the domain.

    Raises InvalidInput, with the domain, the term, its position and the rule, for anything that receivers would
    answer with permerror for its syntax (4.6).
    """
    version = _VERSION.match(value)
    if version is None:
        raise InvalidInput(
            f"{domain}: {_shown(value)} is not an SPF record, because it does not start with v=spf1 and a blank "
            "(RFC 7208 4.5)."
        )
    for index, byte in enumerate(value):
        if byte < 0x20 or byte > 0x7E:
            start, end = value.rfind(b" ", 0, index) + 1, value.find(b" ", index)
            _refuse(domain, index + 1, _shown(value[start : end if end >= 0 else None]), _unprintable(value[index:]))
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


def read_term(text: str, before: str = " ", position: int = 0) -> Term:
    """One term (4.6.1). Raises GrammarError."""
    modifier = _MODIFIER.match(text)
    if modifier:
        name, value = modifier.group(1).lower(), modifier.group(2)
        if name in ("redirect", "exp"):
            check_domain_spec(value, f"{name}=")
        else:
            check_macro_string(value)
        return Term(text, name, "", value, value, before=before, position=position)
    qualifier = text[0] if text[0] in QUALIFIERS else ""
    name, rest = _split_name(text[len(qualifier) :])
    if qualifier and rest.startswith("="):
        raise GrammarError(
            f"a modifier such as {name}= takes no qualifier; write it without the {qualifier} (RFC 7208 4.6.1)"
        )
    if rest.startswith(",") or text.endswith(","):
        raise GrammarError("terms are separated by blanks, not by commas (RFC 7208 4.6.1)")
    reader = _MECHANISMS.get(name.lower())
    if reader is None:
        raise GrammarError(_unknown(name, rest))
    target, prefix4, prefix6 = reader(name.lower(), rest)
    value = rest[1:] if rest.startswith(":") else rest
    return Term(text, name.lower(), qualifier or "+", value, target, prefix4, prefix6, before, position)


def check_macro_string(text: str) -> None:
    """Section 7.1. Raises GrammarError."""
    if not _MACRO_STRING.match(text):
        raise GrammarError(
            "a percent sign starts a macro: write %{s}, %{l}, %{o}, %{d}, %{i}, %{p}, %{h} or %{v}, "
            "or %% for the sign itself (RFC 7208 7.1)"
        )


def check_domain_spec(text: str, owner: str) -> None:
    """domain-spec of section 7.1: a name of at least two labels, or one that ends in a macro. Raises GrammarError."""
    if not text:
        raise GrammarError(f"{owner} needs a domain name (RFC 7208 7.1)")
    check_macro_string(text)
    end = 0
    for macro in _MACRO_EXPAND.finditer(text):
        end = macro.end()
    if end == len(text):
        return
    tail = text[end:]
    dot, label = (tail[:-1] if tail.endswith(".") else tail).rpartition(".")[1:]
    if dot and label.isdigit():
        raise GrammarError(f"{owner} needs a domain name, and an IP address is none; use ip4 for it (RFC 7208 7.1)")
    if not dot or not _TOPLABEL.match(label):
        raise GrammarError(f"{owner} needs a whole domain name that ends in a label such as .com (RFC 7208 7.1)")


def split_prefixes(text: str) -> tuple[str, int | None, int | None]:
    """``company-name.com/24//64`` as its name and its prefix lengths (5.3, 5.4, 12). Raises GrammarError."""
    found = _DUAL_CIDR.search(text)
    if found is None or not found.group():
        return text, None, None
    return text[: found.start()], _length(found.group("four"), 32), _length(found.group("six"), 128)


def folded(spec: str) -> str:
    """The name for comparison: lower case outside macros (where it means URL escape), without one final dot (4.6.1)."""
    parts: list[str] = []
    end = 0
    for macro in _MACRO_EXPAND.finditer(spec):
        parts += [spec[end : macro.start()].lower(), macro.group()]
        end = macro.end()
    tail = spec[end:].lower()
    parts.append(tail[:-1] if tail.endswith(".") else tail)
    return "".join(parts)


def literal_parts(spec: str) -> str:
    """The name with every macro as one ``x``: what a person typed besides macros."""
    return _MACRO_EXPAND.sub("x", spec)


def _all(name: str, rest: str) -> tuple[str, None, None]:
    if rest:
        raise GrammarError(f"all stands alone, without {rest!r} (RFC 7208 5.1)")
    return "", None, None


def _domain(name: str, rest: str) -> tuple[str, None, None]:
    """include and exists (5.2, 5.7)."""
    if not rest.startswith(":"):
        raise GrammarError(f"{name} needs a colon and a domain name, such as {name}:spf.example.com (RFC 7208 5)")
    spec = rest[1:]
    if _ends_in_prefix(spec):
        raise GrammarError(f"{name} takes no prefix length (RFC 7208 5)")
    check_domain_spec(spec, name)
    return spec, None, None


def _ptr(name: str, rest: str) -> tuple[str, None, None]:
    """5.5."""
    return _domain(name, rest) if rest else ("", None, None)


def _host(name: str, rest: str) -> tuple[str, int | None, int | None]:
    """a and mx (5.3, 5.4)."""
    spec, prefix4, prefix6 = split_prefixes(rest)
    if not spec:
        return "", prefix4, prefix6
    if not spec.startswith(":"):
        raise GrammarError(f"{spec!r} is no prefix length; write /24, //64 or /24//64 (RFC 7208 5.3, 12)")
    check_domain_spec(spec[1:], name)
    return spec[1:], prefix4, prefix6


def _ip4(name: str, rest: str) -> tuple[str, int | None, None]:
    """5.6: dotted quad without leading zeros."""
    address, slash, prefix = rest[1:].partition("/")
    if not rest.startswith(":") or not address:
        raise GrammarError("ip4 needs a colon and an IPv4 address, such as ip4:192.0.2.1 (RFC 7208 5.6)")
    if ":" in address:
        raise GrammarError("ip4 needs an IPv4 address, and this is an IPv6 address; use ip6 for it (RFC 7208 5.6)")
    octets = address.split(".")
    if not _DOTTED_QUAD.match(address) or any(int(octet) > 255 for octet in octets):
        raise GrammarError("ip4 needs an IPv4 address of four numbers from 0 to 255 (RFC 7208 5.6)")
    if any(len(octet) > 1 and octet.startswith("0") for octet in octets):
        raise GrammarError("the numbers of an IPv4 address have no leading zeros (RFC 7208 5.6)")
    return address, _length(prefix, 32) if slash else None, None


def _ip6(name: str, rest: str) -> tuple[str, None, int | None]:
    """5.6: the text form of RFC 4291 2.2."""
    address, slash, prefix = rest[1:].partition("/")
    if not rest.startswith(":") or not address:
        raise GrammarError("ip6 needs a colon and an IPv6 address, such as ip6:2001:db8::1 (RFC 7208 5.6)")
    if _DOTTED_QUAD.match(address):
        raise GrammarError("ip6 needs an IPv6 address, and this is an IPv4 address; use ip4 for it (RFC 7208 5.6)")
    try:
        # a zone index such as %eth0 is no part of the text form, though Python reads it
        ipaddress.IPv6Address("" if "%" in address else address)
    except ValueError:
        raise GrammarError("ip6 needs an IPv6 address (RFC 7208 5.6)") from None
    return address, None, _length(prefix, 128) if slash else None


_MECHANISMS = {
    "all": _all,
    "include": _domain,
    "a": _host,
    "mx": _host,
    "ptr": _ptr,
    "ip4": _ip4,
    "ip6": _ip6,
    "exists": _domain,
}


def _ends_in_prefix(text: str) -> bool:
    """Whether a prefix length ends the text."""
    found = _DUAL_CIDR.search(text)
    return found is not None and bool(found.group())


def _length(digits: str | None, most: int) -> int | None:
    """A prefix length (12): 0 to 32 or 128, without leading zeros."""
    if digits is None:
        return None
    if not re.match(r"(?:0|[1-9][0-9]{0,2})\Z", digits) or int(digits) > most:
        raise GrammarError(
            f"/{digits} is no prefix length; a number from 0 to {most} without leading zeros is (RFC 7208 12)"
        )
    return int(digits)


def _split_name(text: str) -> tuple[str, str]:
    found = re.match(r"[A-Za-z0-9._-]*", text)
    end = found.end() if found else 0
    return text[:end], text[end:]


def _check_once(term: Term, earlier: list[Term]) -> None:
    """redirect and exp appear at most once; of unknown modifiers there may be any number (6)."""
    once = term.is_modifier and term.name in ("redirect", "exp")
    if once and any(other.is_modifier and other.name == term.name for other in earlier):
        raise GrammarError(f"{term.name}= may appear only once (RFC 7208 6)")


def _unknown(name: str, rest: str) -> str:
    meant = _MEANT.get(name.lower())
    if meant:
        return f'"{name}" is no mechanism; {meant} is probably meant (RFC 7208 4.6.1)'
    return f'"{name or rest[:1]}" is no mechanism; all, include, a, mx, ip4, ip6, exists and ptr are (RFC 7208 4.6.1)'


def _unprintable(rest: bytes) -> str:
    """What is wrong with the first character."""
    byte, character = rest[0], rest[:4].decode("utf-8", "ignore")[:1]
    if byte > 0x7F and not character.isalnum() and rest.startswith(character.encode() or b" "):
        sign = f"the character U+{ord(character):04X} is not ASCII"
        return f"{sign}; write a plain blank or hyphen where it looks like one (RFC 7208 3.1)"
    if byte > 0x7E:
        return f"the byte 0x{byte:02x} is not ASCII; write such a name in its xn-- form (RFC 7208 3.1)"
    return f"the control character 0x{byte:02x} is not allowed; terms are separated by blanks (RFC 7208 4.6.1)"


def _shown(value: bytes) -> str:
    text = value.decode("ascii", "backslashreplace")
    printable = "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in text)
    return f'"{printable}"'


def _refuse(domain: str, position: int, term: str, rule: str) -> NoReturn:
    raise InvalidInput(
        f"{domain}: the SPF record has a syntax error at character {position}, in {term}: {rule}. Receivers treat the "
        "whole record as an error until it is corrected."
    )
