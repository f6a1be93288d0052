# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An existing DMARC record (RFC 9989 4.7, 4.8): read tolerantly, kept octet for octet.

After a valid version, receivers discard what they do not understand; so everything is kept as it is, and an
edit changes only its own tag.
"""

from __future__ import annotations

import functools
import re
import urllib.parse
from typing import NamedTuple

from ..errors import InvalidInput

# 4.8: dmarc-version = "v" equals %s"DMARC1", first, its value case-sensitive
_VERSION = re.compile(r"[vV][ \t]*=[ \t]*DMARC1[ \t]*(;|\Z)")
_MEANT = re.compile(r"\s*v\s*=\s*DMARC", re.IGNORECASE)
# 4.8: dmarc-tag = 1*ALPHA equals 1*dmarc-value; an empty value is kept too, so that it can be filled in
_NAME = re.compile(r"[A-Za-z]+")
_VALUE = re.compile(r"[ -:<-~]*")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")
_SIZE_LIMIT = re.compile(r"![0-9]+[kmgt]?$", re.IGNORECASE)  # RFC 7489 6.2, obsolete

ORDER = ("v", "p", "sp", "np", "adkim", "aspf", "t", "psd", "fo", "rua", "ruf")
HISTORIC = ("pct", "rf", "ri")
POLICIES = ("none", "quarantine", "reject")  # from the weakest to the strictest


class DmarcPart(NamedTuple):
    """The text between two semicolons, as latin-1; for a tag also its lower-case name and its value."""

    text: str
    name: str
    value: str


class DmarcRecord(NamedTuple):
    """A DMARC record of a domain. If a tag occurs twice, the first counts."""

    parts: tuple[DmarcPart, ...]
    domain: str

    @property
    def value(self) -> bytes:
        return ";".join(part.text for part in self.parts).encode("latin-1")

    def tag(self, name: str) -> str | None:
        """The value as written, or None."""
        for part in self.parts:
            if part.name == name:
                return part.value
        return None

    def values(self, name: str) -> tuple[str, ...]:
        return tuple(part.value for part in self.parts if part.name == name)

    def word(self, name: str, allowed: tuple[str, ...]) -> str | None:
        """The value in lower case if it is allowed; any other counts as absent."""
        word = (self.tag(name) or "").lower()
        return word if word in allowed else None

    @property
    def policy(self) -> str | None:
        """p=, ignoring t=. Without a valid p=: ``none`` if there is a report address, else None (record ignored)."""
        word = self.word("p", POLICIES)
        if word is None and any(is_uri(uri) for uri in self.aggregate_reports):
            return "none"
        return word

    @property
    def subdomain_policy(self) -> str | None:
        """For subdomains that exist: sp=, else p=."""
        return self.word("sp", POLICIES) or self.policy

    @property
    def nonexistent_policy(self) -> str | None:
        """For subdomains that do not exist: np=, else sp=, else p=."""
        return self.word("np", POLICIES) or self.subdomain_policy

    @property
    def testing(self) -> bool:
        return self.word("t", ("y", "n")) == "y"

    @property
    def levels(self) -> tuple[int, int, int]:
        """How strictly receivers act on p, sp and np, with t=y applied: 0 none, 1 quarantine, 2 reject."""
        if self.policy is None:
            return 0, 0, 0
        policies = (self.policy, self.subdomain_policy, self.nonexistent_policy)
        first, second, third = (max(0, strictness(policy) - self.testing) for policy in policies)
        return first, second, third

    @property
    def dkim_alignment(self) -> str:
        return self.word("adkim", ("r", "s")) or "r"

    @property
    def spf_alignment(self) -> str:
        return self.word("aspf", ("r", "s")) or "r"

    @property
    def aggregate_reports(self) -> tuple[str, ...]:
        return uris(self.tag("rua"))

    @property
    def failure_reports(self) -> tuple[str, ...]:
        return uris(self.tag("ruf"))

    def with_tag(self, name: str, value: str) -> DmarcRecord:
        """The record with this tag changed in place, or inserted in emission order."""
        if self.tag(name) is not None:
            return self._replace(
                parts=tuple(_with_value(part, value) if part.name == name else part for part in self.parts)
            )
        place = self._place(name)
        added = _part(f"{self._indent()}{name}={value}")
        return self._replace(parts=(*self.parts[:place], added, *self.parts[place:]))

    def _place(self, name: str) -> int:
        """The position right after the nearest tag that precedes it in emission order."""
        for before in reversed(ORDER[: ORDER.index(name)]):
            for index, part in enumerate(self.parts):
                if part.name == before:
                    return index + 1
        return 1

    def _indent(self) -> str:
        """The blanks after this record's first semicolon."""
        for part in self.parts[1:]:
            if part.name:
                return part.text[: len(part.text) - len(part.text.lstrip(" \t"))]
        return " "


def is_dmarc(value: bytes) -> bool:
    """Whether receivers take a TXT value for a DMARC record (4.8)."""
    return _VERSION.match(value.decode("latin-1")) is not None


def is_near_miss(value: bytes) -> bool:
    """Whether a TXT value is meant as a DMARC record but ignored, because v= is not exactly ``v=DMARC1;``."""
    return not is_dmarc(value) and _MEANT.match(value.decode("latin-1")) is not None


@functools.lru_cache(maxsize=1024)  # several checks of a domain read its record
def parse(value: bytes, domain: str) -> DmarcRecord:
    """Read a record. Raises InvalidInput only if it is no DMARC record at all."""
    if not is_dmarc(value):
        raise InvalidInput(
            f"{domain}: this TXT value is not a DMARC record, which begins with v=DMARC1; exactly (RFC 9989 4.8)."
        )
    return DmarcRecord(tuple(_part(text) for text in value.decode("latin-1").split(";")), domain)


def uris(text: str | None) -> tuple[str, ...]:
    """The members of a report list, as written."""
    return tuple(uri for uri in (part.strip(" \t") for part in (text or "").split(",")) if uri)


def is_uri(text: str) -> bool:
    return _URI.fullmatch(text) is not None


def has_size_limit(uri: str) -> bool:
    """Whether the address ends in a size limit such as ``!10m``, which reporters ignore since RFC 9990."""
    return _SIZE_LIMIT.search(uri) is not None


def uri_key(uri: str) -> str:
    """A key that is equal for two spellings of one address (size limit, percent-encoding, case of the host)."""
    bare = _SIZE_LIMIT.sub("", uri)
    scheme, colon, rest = bare.partition(":")
    local, at, host = urllib.parse.unquote(rest, "latin-1").rpartition("@")
    return f"{scheme.lower()}{colon}{local}{at}{host.lower().rstrip('.')}"


def strictness(policy: str | None) -> int:
    """0 for none or no policy, 1 for quarantine, 2 for reject."""
    return POLICIES.index(policy) if policy is not None else 0


def _part(text: str) -> DmarcPart:
    # one expression for all of it, with blanks on both sides, would take quadratic time on a hostile record
    left, equals, right = text.partition("=")
    name, value = left.strip(" \t"), right.strip(" \t")
    # around the commas of a list, tabs count as blanks too
    plain = ",".join(item.strip(" \t") for item in value.split(",")) if name.lower() in ("rua", "ruf") else value
    if not equals or not _NAME.fullmatch(name) or not _VALUE.fullmatch(plain):
        return DmarcPart(text, "", "")
    return DmarcPart(text, name.lower(), value)


def _with_value(part: DmarcPart, value: str) -> DmarcPart:
    left, dummy, right = part.text.partition("=")
    before = right[: len(right) - len(right.lstrip(" \t"))] if part.value else ""
    after = right[len(before) + len(part.value) :]
    return _part(f"{left}={before}{value}{after}")
