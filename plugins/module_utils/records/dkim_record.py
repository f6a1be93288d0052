# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A DKIM key record as read: its tags and its key (RFC 6376 3.6.1; section numbers are those of RFC 6376)."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..errors import InvalidInput
from . import public_key as keys

# 3.2: tag-name, and values of visible characters with folding white space between them
_TAG_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TAG_VALUE = re.compile(r"[!-:<-~ \t\r\n]*")
WHITE_SPACE = " \t\r\n"
P_TAG = re.compile(r"(?:^|;)\s*p\s*=")
_VERSION = re.compile(r"\s*v\s*=\s*([^;]*)")


class UnusableKey(InvalidInput):
    """The key record can be parsed, but p= holds no key of its type."""


class KeyRecord(NamedTuple):
    """A key record as published: its tags in order; values lose only their outer white space."""

    tags: tuple[tuple[str, str], ...]
    key: keys.PublicKey | None

    def tag(self, name: str) -> str | None:
        return dict(self.tags).get(name)

    @property
    def key_type(self) -> str:
        """The value of k=, ``rsa`` by default; unknown types are returned as they are."""
        stated = self.tag("k")
        return "rsa" if stated is None else stated

    @property
    def key_bits(self) -> int | None:
        """None for a revoked key and for an unknown key type."""
        return self.key.bits if self.key else None

    @property
    def revoked(self) -> bool:
        return not without_white_space(self.tag("p") or "")

    @property
    def flags(self) -> tuple[str, ...]:
        return words_of(self.tag("t"))

    @property
    def testing(self) -> bool:
        return "y" in self.flags

    @property
    def service_types(self) -> tuple[str, ...]:
        return words_of(self.tag("s")) or ("*",)

    @property
    def hash_algorithms(self) -> tuple[str, ...]:
        """The algorithms in h=; empty: all of them."""
        return words_of(self.tag("h"))


def parse(value: bytes) -> KeyRecord:
    """Read a key record strictly (3.2, 3.6.1). Raises InvalidInput or UnusableKey, naming the broken rule."""
    tags = read_tags(value)
    if "p" not in dict(tags):
        raise InvalidInput("The DKIM key record has no p= tag, which is required (RFC 6376 3.6.1).")
    record = KeyRecord(tags, None)
    if record.revoked or record.key_type not in ("rsa", "ed25519"):
        return record
    try:
        octets = keys.octets_of_base64(record.tag("p") or "")
        key = keys.from_octets(octets)
    except InvalidInput as error:
        raise UnusableKey(str(error)) from None
    if key.key_type != record.key_type or (key.key_type == "ed25519" and key.octets != octets):
        raise UnusableKey(
            f"The DKIM key record says k={record.key_type}, but its p= tag holds something else; "
            "receivers cannot use it (RFC 6376 3.6.1, RFC 8463 4)."
        )
    return record._replace(key=key)


def same_key(existing: bytes, wanted: bytes) -> bool:
    """Whether both records mean the same to a verifier, so that the existing one can stay.

    Order, white space, defaults and unknown tags are ignored; notes count only if the wanted record has some.
    A value that does not parse equals only itself.
    """
    if existing == wanted:
        return True
    try:
        first, second = parse(existing), parse(wanted)
    except InvalidInput:
        return False
    note = second.tag("n")
    return _meaning(first) == _meaning(second) and (not note or note == first.tag("n"))


def looks_like_dkim(value: bytes) -> bool:
    """Whether a TXT value at a selector is meant as a key record, valid or not."""
    text = value.decode("latin-1")
    version = _VERSION.match(text)
    if version is not None:
        return version.group(1).strip().upper().startswith("DKIM")
    return P_TAG.search(text) is not None


def read_tags(value: bytes) -> tuple[tuple[str, str], ...]:
    """The tag list (3.2): tag-spec *(";" tag-spec) [";"]. Each name occurs once; v, if present, is first."""
    try:
        parts = value.decode("ascii").split(";")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"The DKIM key record has a character that is not ASCII, at position {error.start + 1} (RFC 6376 3.2)."
        ) from None
    if len(parts) > 1 and not parts[-1].strip(WHITE_SPACE):
        parts.pop()
    tags = []
    for number, part in enumerate(parts, start=1):
        left, equals, right = part.partition("=")
        name, content = left.strip(WHITE_SPACE), right.strip(WHITE_SPACE)
        if not equals or not _TAG_NAME.fullmatch(name) or not _TAG_VALUE.fullmatch(content):
            raise InvalidInput(f"Part {number} of the DKIM key record is not of the form tag=value (RFC 6376 3.2).")
        tags.append((name, content))
    found = [name for name, dummy in tags]
    for name in found:
        if found.count(name) > 1:
            raise InvalidInput(f"The DKIM key record has the tag {name}= twice, which voids it (RFC 6376 3.2).")
    if "v" in found and tags[0] != ("v", "DKIM1"):
        raise InvalidInput("The v= tag of a DKIM key record must come first and be DKIM1 (RFC 6376 3.6.1).")
    return tuple(tags)


def _meaning(record: KeyRecord) -> tuple[object, ...]:
    services = frozenset(record.service_types)
    return (
        record.key_type,
        record.key.octets if record.key else without_white_space(record.tag("p") or ""),
        frozenset(record.hash_algorithms),
        frozenset("*") if "*" in services else services,
        frozenset(record.flags),
    )


def words_of(text: str | None) -> tuple[str, ...]:
    """A colon list, such as the value of t=."""
    return tuple(word for word in (part.strip(WHITE_SPACE) for part in (text or "").split(":")) if word)


def without_white_space(text: str) -> str:
    return "".join(text.split())
