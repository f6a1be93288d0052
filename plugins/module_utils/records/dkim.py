# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DKIM key records and their delegation by CNAME (RFC 6376 3.6.1, RFC 8301, RFC 8463).

A key record is one TXT value, here the decoded octets:
``v=DKIM1; k=rsa; p=MIIB…``. Section numbers without an RFC are those of RFC 6376.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .. import names
from ..errors import InvalidInput
from . import public_key as keys
from .dkim_delegation import check_target, delegation_faults, target_in_text
from .dkim_record import (
    P_TAG,
    WHITE_SPACE,
    KeyRecord,
    UnusableKey,
    looks_like_dkim,
    parse,
    read_tags,
    same_key,
    without_white_space,
    words_of,
)

__all__ = (
    "KeyRecord",
    "Published",
    "UnusableKey",
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
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_KEY_STATED = re.compile(r"(^|;)\s*p\s*=\s*[A-Za-z0-9+/]")
_KEY_PIECE = re.compile(rb"[A-Za-z0-9+/=;\s]{16,}")
_MOST_PIECES = 3  # joined in every order, so more would take too many attempts
_KNOWN_TAGS = ("v", "k", "h", "s", "t", "n", "p")

FLAGS = ("y", "s")
SERVICE_TYPES = ("*", "email")
HASH_ALGORITHMS = ("sha256",)
LEAST_RSA_BITS = 1024  # RFC 8301 3.2
GOOD_RSA_BITS = 2048
MOST_RSA_BITS = 4096


class Published(NamedTuple):
    """A TXT value to publish, and the warnings about it."""

    value: bytes
    warnings: tuple[str, ...]
    stated: frozenset[str]  # the tags, besides the key, that were asked for; others stay as they are


def selector(text: str) -> str:
    """The selector in lower case: one or more labels, without ``_domainkey``. Raises InvalidInput (3.1)."""
    bare = text.strip().lower()
    if "_domainkey" in bare.split("."):
        first = bare.split("._domainkey")[0]
        hint = f": write {first} alone" if first and "_domainkey" not in first else ""
        raise InvalidInput(
            f"{text!r} is more than a selector{hint}. "
            "The rest of the name, ._domainkey and the domain, is added automatically."
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
    """The record for a public key: ``v=DKIM1; k=…; p=…``, with the other stated tags in between.

    public_key: PEM, base64, or a whole record as a service shows it, quoted or not; an argument that is None takes its
    value from that record. Raises InvalidInput, and never repeats the key.
    """
    text, pasted, warnings = _unpack(public_key)
    key = keys.read(text)
    stated = key_type or pasted.get("k")
    if stated is not None and stated != key.key_type:
        raise InvalidInput(
            f"The public key is of the type {key.key_type}, but key_type is {stated}. Remove key_type, or give the "
            "right key."
        )
    chosen_flags = _choice("flags", flags, "t", pasted, FLAGS)
    chosen_services = _choice("service_types", service_types, "s", pasted, SERVICE_TYPES)
    chosen_hashes = _choice("hash_algorithms", hash_algorithms, "h", pasted, HASH_ALGORITHMS)
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
    asked = {"t": flags, "s": service_types, "h": hash_algorithms, "n": notes}
    stated_tags = frozenset(name for name in asked if asked[name] is not None or name in pasted)
    return Published(value.encode("ascii"), tuple(warnings + _strength_warnings(key, chosen_flags)), stated_tags)


def with_stated(existing: bytes, published: Published) -> bytes | None:
    """The existing record with the stated tags, if it holds this key; None if it holds another."""
    try:
        old, new = parse(existing), parse(published.value)
    except InvalidInput:
        return None
    if old.key is None or new.key is None or old.key.octets != new.key.octets:
        return None
    tags = {name: content for name, content in old.tags if name not in published.stated}
    key = tags.pop("p")
    tags.update({name: content for name, content in new.tags if name in published.stated})
    value = "; ".join(f"{name}={content}" for name, content in {**tags, "p": key}.items()).encode("ascii")
    return existing if same_key(existing, value) else value


def rest_of_key(first: bytes, others: Sequence[bytes]) -> list[bytes]:
    """The values that hold the rest of a key that somebody split; empty if they do not make a key."""
    rest = [value for value in others if value != first and _KEY_PIECE.fullmatch(value)][:_MOST_PIECES]
    for pieces in itertools.permutations(rest):
        try:
            if pieces and parse(b"".join([first, *pieces])).key is not None:
                return list(pieces)
        except InvalidInput:
            pass
    return []


def revoked_record(existing: bytes | None) -> bytes:
    """The record that revokes a key: the existing one with p= emptied, else ``v=DKIM1; p=`` (3.6.1)."""
    if existing is not None:
        try:
            tags = dict(read_tags(existing))
        except InvalidInput:
            tags = {}
        if "p" in tags:
            text = existing.decode("ascii")
            match = re.search(r"(?:^|;)[ \t\r\n]*p[ \t\r\n]*=([^;]*)", text)
            if match is not None and match.group(1).strip(WHITE_SPACE):
                text = text[: match.start(1)] + text[match.end(1) :]
            return text.encode("ascii")
    return b"v=DKIM1; p="


def _unpack(text: str) -> tuple[str, dict[str, str], list[str]]:
    """The key alone; if a whole record was given, also its tags and a warning (zone-file quotes are joined)."""
    if "PRIVATE KEY" in text:
        raise InvalidInput(keys.PRIVATE_KEY)
    bare = _spelled_out(text)
    if not P_TAG.search(bare):
        return bare, {}, []
    try:
        tags = dict(read_tags(bare.encode("utf-8")))
    except InvalidInput as error:
        raise InvalidInput(f"The record given as public_key cannot be read. {error}") from None
    if not without_white_space(tags["p"]):
        raise InvalidInput(
            "The record given as public_key has an empty p= tag, which revokes a key. To do that, set state: revoked."
        )
    others = [name for name in tags if name not in _KNOWN_TAGS]
    warning = (
        f"The record given as public_key has tags that DKIM does not know; they were left out: {', '.join(others)}."
    )
    return tags["p"], tags, [warning] if others else []


def _spelled_out(text: str) -> str:
    """The text without the quotes and escapes of a master file (RFC 1035 5.1), if it has them."""
    strings = _QUOTED.findall(text)
    if strings and not _KEY_STATED.search(_QUOTED.sub("", text)):  # else the quotes are in a note
        text = re.sub(r'\\(["\\])', r"\1", "".join(strings))
    if not re.search(r"(?<!\\);", text):
        text = text.replace("\\;", ";")
    return text.strip()


def _strength_warnings(key: keys.PublicKey, flags: Sequence[str]) -> list[str]:
    warnings = []
    if key.key_type == "rsa":
        if key.bits < LEAST_RSA_BITS:
            raise InvalidInput(
                f"The RSA key has {key.bits} bits. Receivers must not accept less than {LEAST_RSA_BITS} "
                f"(RFC 8301 3.2); make one of {GOOD_RSA_BITS}."
            )
        if key.bits < GOOD_RSA_BITS:
            warnings.append(f"The RSA key has only {key.bits} bits; {GOOD_RSA_BITS} are recommended (RFC 8301 3.2).")
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


def _choice(
    option: str, stated: Sequence[str] | None, tag: str, pasted: Mapping[str, str], allowed: Sequence[str]
) -> list[str]:
    """The words of an option, or those of the tag in a record that was given as public_key."""
    values = words_of(pasted.get(tag)) if stated is None else stated
    for value in values:
        if value in allowed:
            continue
        because = " (sha1 must no longer be used, RFC 8301 3.1)" if value.endswith("sha1") else ""
        only = f"can hold {' and '.join(allowed)} only."
        if stated is not None:
            raise InvalidInput(f"{option} has {value!r}{because}: it {only}")
        raise InvalidInput(
            f"The record given as public_key has {tag}={pasted.get(tag)}{because}, and that tag {only} Write it so, or "
            "leave the tag out."
        )
    return list(dict.fromkeys(values))


def _quoted_printable(text: str) -> str:
    """A qp-section without line breaks (RFC 2045 6.7); ";" is encoded too, because it ends the tag."""
    return "".join(
        chr(octet) if octet == 0x20 or (0x21 <= octet <= 0x7E and octet not in b";=") else f"={octet:02X}"
        for octet in text.strip().encode("utf-8")
    )
