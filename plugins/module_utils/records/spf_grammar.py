# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The grammar of the terms of an SPF record (RFC 7208 section 12)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from ..errors import InvalidInput

# 4.6.2, in the words that people use
QUALIFIERS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}

# 4.6.4: the terms that cost one DNS lookup each
LOOKUP_TERMS = frozenset(["include", "a", "mx", "ptr", "exists", "redirect"])


# 6, 12: name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ); the "=" comes before any ":" or "/"
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9._-]*)=(.*)\Z")

# 7.1: macro-expand and macro-literal; c, r and t are allowed only in the text of an explanation (7.2), and a number
# is at least 1 (7.3)
_MACRO = r"%(?:\{[slodiphvSLODIPHV](?:0*[1-9][0-9]*)?[rR]?[-.+,/_=]*\}|[%_-])"
_MACRO_EXPAND = re.compile(_MACRO)
_MACRO_STRING = re.compile(rf"(?:{_MACRO}|[!-$&-~])*\Z")

# 12: toplabel, which also may not be a number
_TOPLABEL = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z-]*[0-9A-Za-z])?\Z")

# 12: dual-cidr-length; leading zeros are accepted here so that the message can name them
_DUAL_CIDR = re.compile(r"(?:/(?P<four>[0-9]+))?(?://(?P<six>[0-9]+))?\Z")
_DOTTED_QUAD = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}\Z")

# What people write by mistake
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
    """A broken rule of the grammar, as a clause without subject: "ip4 needs an IPv4 address (…)"."""


@dataclass(frozen=True)
class Term:
    """A mechanism or a modifier.

    text: as written, with its qualifier. before: the blanks in front of it. position: of its first character in the
    record, counted from 1. qualifier: ``+``, ``-``, ``~`` or ``?``, also when none is written; empty for a modifier.
    name: in lower case. value: what follows the colon or equals sign, or starts at the slash. target: the domain-spec
    or address in the value. prefix4 and prefix6: the prefix lengths, if written.
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
        """Equal for two terms that mean the same in this domain's record, apart from their qualifiers."""
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
        raise GrammarError("terms are separated by spaces, not by commas (RFC 7208 4.6.1)")
    reader = _MECHANISMS.get(name.lower())
    if reader is None:
        raise GrammarError(_unknown(name, rest))
    target, prefix4, prefix6 = reader(name.lower(), rest)
    value = rest[1:] if rest.startswith(":") else rest
    return Term(text, name.lower(), qualifier or "+", value, target, prefix4, prefix6, before, position)


def meant(name: str) -> str:
    """The mechanism or modifier that a misspelt word stands for; the word itself if unclear."""
    return _MEANT.get(name.lower(), name.lower()).rstrip("=")


def check_macro_string(text: str) -> None:
    """Check a macro-string (7.1). Raises GrammarError."""
    if not _MACRO_STRING.match(text):
        raise GrammarError(
            "a percent sign starts a macro: write %{s}, %{l}, %{o}, %{d}, %{i}, %{p}, %{h} or %{v}, "
            "or %% for the sign itself (RFC 7208 7.1)"
        )


def check_domain_spec(text: str, owner: str) -> None:
    """Check a domain-spec (7.1): a name of at least two labels, or one that ends in a macro. Raises GrammarError."""
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
        raise GrammarError(f"{owner} needs a domain name, not an IP address; use ip4 for that (RFC 7208 7.1)")
    if not dot or not _TOPLABEL.match(label):
        raise GrammarError(f"{owner} needs a full domain name that ends in a label such as .com (RFC 7208 7.1)")


def split_prefixes(text: str) -> tuple[str, int | None, int | None]:
    """Split ``company-name.com/24//64`` into name and prefix lengths (5.3, 5.4, 12). Raises GrammarError."""
    found = _DUAL_CIDR.search(text)
    if found is None or not found.group():
        return text, None, None
    return text[: found.start()], _length(found.group("four"), 32), _length(found.group("six"), 128)


def folded(spec: str) -> str:
    """The name for comparison: lower case outside macros (there, upper case means URL escape), without a final dot."""
    parts: list[str] = []
    end = 0
    for macro in _MACRO_EXPAND.finditer(spec):
        parts += [spec[end : macro.start()].lower(), macro.group()]
        end = macro.end()
    tail = spec[end:].lower()
    parts.append(tail[:-1] if tail.endswith(".") else tail)
    return "".join(parts)


def literal_parts(spec: str) -> str:
    """The name with every macro replaced by ``x``: what a person typed besides macros."""
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
        raise GrammarError(f"{spec!r} is not a prefix length; write /24, //64 or /24//64 (RFC 7208 5.3, 12)")
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
        # a zone index such as %eth0 is not part of the text form, but Python accepts it
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
    found = _DUAL_CIDR.search(text)
    return found is not None and bool(found.group())


def _length(digits: str | None, most: int) -> int | None:
    """A prefix length (12): 0 to 32 or 128, without leading zeros."""
    if digits is None:
        return None
    if not re.match(r"(?:0|[1-9][0-9]{0,2})\Z", digits) or int(digits) > most:
        raise GrammarError(
            f"/{digits} is not a prefix length; write a number from 0 to {most} without leading zeros (RFC 7208 12)"
        )
    return int(digits)


def _split_name(text: str) -> tuple[str, str]:
    found = re.match(r"[A-Za-z0-9._-]*", text)
    end = found.end() if found else 0
    return text[:end], text[end:]


def _unknown(name: str, rest: str) -> str:
    other = _MEANT.get(name.lower())
    if other:
        return f'"{name}" is not a mechanism; {other} is probably meant (RFC 7208 4.6.1)'
    return (
        f'"{name or rest[:1]}" is not a mechanism; all, include, a, mx, ip4, ip6, exists and ptr are (RFC 7208 4.6.1)'
    )
