# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DKIM key records and their delegation by CNAME (RFC 6376 3.6.1, RFC 8301, RFC 8463).

A key record is one TXT value, here the decoded octets:
``v=DKIM1; k=rsa; p=MIIB…``. Section numbers without an RFC are those of RFC 6376.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ansible_collections.postmaster.mail.plugins.module_utils import names
from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.records import public_key as keys
from ansible_collections.postmaster.mail.plugins.module_utils.records.dkim_delegation import (
    check_target,
    delegation_faults,
    target_in_text,
)

__all__ = (
    "KeyRecord",
    "Published",
    "check_target",
    "delegation_faults",
    "key_record",
    "looks_like_dkim",
    "owner_name",
    "parse",
    "revoked_record",
    "same_key",
    "selector",
    "target_in_text",
)

# 3.1: sub-domain *("." sub-domain), with RFC 5321's letters, digits and inner hyphens
_SELECTOR_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# 3.2: tag-name, and values of visible characters with folding white space between them
_TAG_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TAG_VALUE = re.compile(r"[!-:<-~ \t\r\n]*")
_WHITE_SPACE = " \t\r\n"
_QUOTED = re.compile(r'"([^"]*)"')
_P_TAG = re.compile(r"(?:^|;)\s*p\s*=")
_VERSION = re.compile(r"\s*v\s*=\s*([^;]*)")
_KNOWN_TAGS = ("v", "k", "h", "s", "t", "n", "p")

FLAGS = ("y", "s")
SERVICE_TYPES = ("*", "email")
HASH_ALGORITHMS = ("sha256",)
LEAST_RSA_BITS = 1024  # RFC 8301 3.2
GOOD_RSA_BITS = 2048
MOST_RSA_BITS = 4096


class Published(NamedTuple):
    """A TXT value to publish, and what to tell about it."""

    value: bytes
    warnings: tuple[str, ...]


class UnusableKey(InvalidInput):
    """The tags of a key record can be read, but its p= tag holds no key of its type."""


class KeyRecord(NamedTuple):
    """A key record as it is: its tags in their order, with values stripped of outer white space only."""

    tags: tuple[tuple[str, str], ...]
    key: keys.PublicKey | None

    def tag(self, name: str) -> str | None:
        return dict(self.tags).get(name)

    @property
    def key_type(self) -> str:
        """As k= says, ``rsa`` by default; types that nobody knows are given as they are."""
        return self.tag("k") or "rsa"

    @property
    def key_bits(self) -> int | None:
        """None for a revoked key and for an unknown key type."""
        return self.key.bits if self.key else None

    @property
    def revoked(self) -> bool:
        return not _without_white_space(self.tag("p") or "")

    @property
    def flags(self) -> tuple[str, ...]:
        return _words(self.tag("t"))

    @property
    def testing(self) -> bool:
        return "y" in self.flags

    @property
    def service_types(self) -> tuple[str, ...]:
        return _words(self.tag("s")) or ("*",)

    @property
    def hash_algorithms(self) -> tuple[str, ...]:
        """Empty: all of them."""
        return _words(self.tag("h"))


def selector(text: str) -> str:
    """The selector in lower case: one or more labels, without ``_domainkey``. Raises InvalidInput (3.1)."""
    bare = text.strip().lower()
    if "_domainkey" in bare.split("."):
        first = bare.split("._domainkey")[0]
        hint = f": write {first} alone" if first and "_domainkey" not in first else ""
        raise InvalidInput(
            f"{text!r} is more than a selector{hint}. "
            "The rest of the name, ._domainkey and the domain, is added by itself."
        )
    if bare.endswith(".") and bare.strip("."):
        raise InvalidInput(f"{text!r} is not a selector: write it without the final dot.")
    for label in bare.split("."):
        if not _SELECTOR_LABEL.fullmatch(label):
            raise InvalidInput(
                f"{text!r} is not a selector: it must be a word such as odoo or s1.mail, of letters, digits and "
                "inner hyphens, at most 63 characters between dots."
            )
    return bare


def owner_name(selector_text: str, domain: str) -> str:
    """``odoo._domainkey.company-name.com``, in A-label form, without the final dot. Raises InvalidInput."""
    own = names.to_text(names.domain_name(domain))
    word = selector(selector_text)
    if word == own or word.endswith("." + own):
        raise InvalidInput(f"{selector_text!r} is more than a selector: write it without the domain {own}.")
    whole = f"{word}._domainkey.{own}"
    if len(whole) > 253:
        raise InvalidInput(
            f"The selector {word!r} is too long for {own}: with ._domainkey the name would have {len(whole)} "
            "characters, and DNS allows 253. Choose a shorter selector."
        )
    return whole


def key_record(
    public_key: str,
    key_type: str | None = None,
    flags: Sequence[str] | None = None,
    notes: str | None = None,
    service_types: Sequence[str] | None = None,
    hash_algorithms: Sequence[str] | None = None,
) -> Published:
    """The record for a public key: ``v=DKIM1; k=…; p=…``, with the other tags between as far as stated.

    public_key is PEM, or base64, or a whole record as a service shows it, quoted or not: then what the
    record says stands wherever an argument is None. Raises InvalidInput, and never repeats the key.
    """
    text, pasted, warnings = _unpack(public_key)
    key = keys.read(text)
    stated = key_type or pasted.get("k")
    if stated is not None and stated != key.key_type:
        raise InvalidInput(
            f"The public key is of the type {key.key_type}, but {stated} was asked for. "
            "Leave key_type out, or give the right key."
        )
    chosen_flags = _choice("flags", flags if flags is not None else _words(pasted.get("t")), FLAGS)
    chosen_services = _choice(
        "service_types", service_types if service_types is not None else _words(pasted.get("s")), SERVICE_TYPES
    )
    chosen_hashes = _choice(
        "hash_algorithms", hash_algorithms if hash_algorithms is not None else _words(pasted.get("h")), HASH_ALGORITHMS
    )
    note = _quoted_printable(notes) if notes is not None else pasted.get("n", "")
    tags = [
        ("v", "DKIM1"),
        ("k", key.key_type),
        ("h", ":".join(chosen_hashes)),
        ("s", "" if "*" in chosen_services else ":".join(chosen_services)),
        ("t", ":".join(chosen_flags)),
        ("n", note),
        ("p", key.base64),
    ]
    value = "; ".join(f"{name}={content}" for name, content in tags if content)
    return Published(value.encode("ascii"), tuple(warnings + _strength_warnings(key, chosen_flags)))


def parse(value: bytes) -> KeyRecord:
    """Read a key record strictly (3.2, 3.6.1). Raises InvalidInput, or UnusableKey, with the rule that is broken."""
    tags = _tags(value)
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
    """Whether a verifier draws the same from both, so that the existing record can stay as it is.

    Order, white space, defaults and unknown tags do not count, and notes only where the wanted record
    has some: no program reads them. What does not parse equals itself alone.
    """
    if existing == wanted:
        return True
    try:
        first, second = parse(existing), parse(wanted)
    except InvalidInput:
        return False
    note = second.tag("n")
    return _meaning(first) == _meaning(second) and (not note or note == first.tag("n"))


def revoked_record(existing: bytes | None) -> bytes:
    """The record that withdraws a key: the existing one with its p= emptied, else ``v=DKIM1; p=`` (3.6.1)."""
    if existing is not None:
        try:
            tags = dict(_tags(existing))
        except InvalidInput:
            tags = {}
        if "p" in tags:
            text = existing.decode("ascii")
            match = re.search(r"(?:^|;)[ \t\r\n]*p[ \t\r\n]*=([^;]*)", text)
            if match is not None and match.group(1).strip(_WHITE_SPACE):
                text = text[: match.start(1)] + text[match.end(1) :]
            return text.encode("ascii")
    return b"v=DKIM1; p="


def looks_like_dkim(value: bytes) -> bool:
    """Whether a TXT value at a selector is meant as a key record, well formed or not."""
    text = value.decode("latin-1")
    version = _VERSION.match(text)
    if version is not None:
        return version.group(1).strip().upper().startswith("DKIM")
    return _P_TAG.search(text) is not None


def _tags(value: bytes) -> tuple[tuple[str, str], ...]:
    """The tag list (3.2): tag-spec *(";" tag-spec) [";"], each name once, v first if there."""
    try:
        parts = value.decode("ascii").split(";")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"The DKIM key record has a character that is not ASCII, at position {error.start + 1} (RFC 6376 3.2)."
        ) from None
    if len(parts) > 1 and not parts[-1].strip(_WHITE_SPACE):
        parts.pop()
    tags = []
    for number, part in enumerate(parts, start=1):
        left, equals, right = part.partition("=")
        name, content = left.strip(_WHITE_SPACE), right.strip(_WHITE_SPACE)
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
        record.key.octets if record.key else _without_white_space(record.tag("p") or ""),
        frozenset(record.hash_algorithms),
        frozenset("*") if "*" in services else services,
        frozenset(record.flags),
    )


def _unpack(text: str) -> tuple[str, dict[str, str], list[str]]:
    """The key alone, and the tags and a warning if a whole record was given (zone-file quotes are joined)."""
    if "PRIVATE KEY" in text:
        raise InvalidInput(keys.PRIVATE_KEY)
    strings = _QUOTED.findall(text)
    bare = "".join(strings) if strings else text.strip()
    if not _P_TAG.search(bare):
        return bare, {}, []
    try:
        tags = dict(_tags(bare.encode("utf-8")))
    except InvalidInput as error:
        raise InvalidInput(f"The record given as public_key cannot be read. {error}") from None
    if not _without_white_space(tags["p"]):
        raise InvalidInput(
            "The record given as public_key has an empty p= tag, which withdraws a key. For that, set state: revoked."
        )
    others = [name for name in tags if name not in _KNOWN_TAGS]
    warning = f"The record given as public_key has tags that DKIM does not know, left out: {', '.join(others)}."
    return tags["p"], tags, [warning] if others else []


def _strength_warnings(key: keys.PublicKey, flags: Sequence[str]) -> list[str]:
    warnings = []
    if key.key_type == "rsa":
        if key.bits < LEAST_RSA_BITS:
            raise InvalidInput(
                f"The RSA key has {key.bits} bits. Receivers must not accept less than {LEAST_RSA_BITS} "
                f"(RFC 8301 3.2); make one of {GOOD_RSA_BITS}."
            )
        if key.bits < GOOD_RSA_BITS:
            warnings.append(f"The RSA key has {key.bits} bits only; {GOOD_RSA_BITS} are recommended (RFC 8301 3.2).")
        if key.bits > MOST_RSA_BITS:
            warnings.append(
                f"The RSA key has {key.bits} bits; receivers need not handle more than {MOST_RSA_BITS} (RFC 8301 3.2)."
            )
    else:
        warnings.append(
            "Many receivers do not know Ed25519 keys yet: sign with an RSA key too, under a second selector (RFC 8463)."
        )
    if "y" in flags:
        warnings.append("The flag y says that the domain tests DKIM: receivers may treat its mail as unsigned.")
    return warnings


def _choice(option: str, values: Sequence[str], allowed: Sequence[str]) -> list[str]:
    for value in values:
        if value not in allowed:
            because = " (sha1 must not be used any more, RFC 8301 3.1)" if value == "sha1" else ""
            raise InvalidInput(f"{option} has {value!r}{because}: it can hold {' and '.join(allowed)} only.")
    return list(dict.fromkeys(values))


def _words(text: str | None) -> tuple[str, ...]:
    """A colon list, such as the value of t=."""
    return tuple(word for word in (part.strip(_WHITE_SPACE) for part in (text or "").split(":")) if word)


def _without_white_space(text: str) -> str:
    return "".join(text.split())


def _quoted_printable(text: str) -> str:
    """A qp-section without line breaks (RFC 2045 6.7), in which ";" is encoded too, because it ends the tag."""
    return "".join(
        chr(octet) if octet == 0x20 or (0x21 <= octet <= 0x7E and octet not in b";=") else f"={octet:02X}"
        for octet in text.strip().encode("utf-8")
    )
