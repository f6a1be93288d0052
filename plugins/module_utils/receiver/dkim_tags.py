# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tags of a DKIM-Signature header field (RFC 6376 3.5), parsed as verifiers must (6.1.1)."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import re

from ..errors import InvalidInput
from ..names import record_name, to_text
from .dkim_message import RELAXED, SIMPLE

ALGORITHMS = {"rsa-sha256": "rsa", "ed25519-sha256": "ed25519"}  # with the key type that each needs
_NEEDED = ("v", "a", "b", "bh", "d", "h", "s")
_TAG_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_TAG_VALUE = re.compile(r"[!-:<-~ \t\r\n\u0080-\U0010ffff]*\Z")
_INTERNATIONAL = ("d", "i", "s")  # RFC 8616 5
_DOMAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*\Z")
_FIELD_NAME = re.compile(r"[!-9<-~]+\Z")  # no semicolon, which would end the tag
_DIGITS = re.compile(r"[0-9]{1,76}\Z")
_OWN_SIGNATURE = re.compile(rb"((?:\A[^:]*:|;)[ \t\r\n]*b[ \t\r\n]*=)[^;]*")
_BLANKS = " \t\r\n"


class Malformed(Exception):
    """A rule that the signature breaks, as a sentence. ``tags``: those that could be parsed."""

    def __init__(self, reason: str, tags: dict[str, str] | None = None) -> None:
        super().__init__(reason)
        self.tags = tags or {}


@dataclasses.dataclass(frozen=True)
class Signature:
    """One signature. domain: d= in lower case. identity: the domain of i=. Times are seconds since 1970."""

    domain: str
    selector: str
    algorithm: str
    identity: str
    signature: bytes
    body_hash: bytes
    fields: tuple[str, ...]
    header_form: str
    body_form: str
    body_length: int | None = None
    signed_at: int | None = None
    expires_at: int | None = None

    @property
    def key_name(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"


def read(value: bytes) -> Signature:
    """Parse the value of the header field. Raises Malformed."""
    tags = tag_list(value)
    try:
        return _signature(tags)
    except Malformed as error:
        raise Malformed(str(error), tags) from None


def tag_list(value: bytes) -> dict[str, str]:
    """The tags with their values (3.2). Raises Malformed."""
    try:
        parts = value.decode("utf-8").split(";")
    except UnicodeDecodeError:
        raise Malformed("The signature has octets that are neither ASCII nor UTF-8 (RFC 6376 3.2).") from None
    if not parts[-1].strip(_BLANKS):
        parts.pop()
    tags: dict[str, str] = {}
    for part in parts:
        name, equals, content = (text.strip(_BLANKS) for text in part.partition("="))
        is_text = content.isascii() or name in _INTERNATIONAL
        if not equals or not _TAG_NAME.match(name) or not _TAG_VALUE.match(content) or not is_text:
            raise Malformed("A part of the signature is not of the form tag=value (RFC 6376 3.2).", tags)
        if name in tags:
            raise Malformed(f"The signature has the tag {name}= twice (RFC 6376 3.2).", tags)
        tags[name] = content
    return tags


def without_signature(field: bytes) -> bytes:
    """The header field as signed: b= empty, no line end (3.7)."""
    return _OWN_SIGNATURE.sub(rb"\1", field[: -len(b"\r\n")], count=1)


def _signature(tags: dict[str, str]) -> Signature:
    missing = [f"{name}=" for name in _NEEDED if name not in tags]
    if missing:
        raise Malformed(f"The signature lacks {', '.join(missing)} (RFC 6376 3.5).")
    if tags["v"] != "1":
        raise Malformed("The version of the signature, v=, is not 1 (RFC 6376 3.5).")
    domain, selector = _a_labels(tags["d"]), _a_labels(tags["s"])
    if not _DOMAIN.match(domain) or "." not in domain or not _DOMAIN.match(selector):
        raise Malformed("The d= or s= of the signature is not a name (RFC 6376 3.5).")
    header_form, body_form = _forms(tags.get("c", ""))
    signed_at, expires_at = _number(tags, "t"), _number(tags, "x")
    if signed_at is not None and expires_at is not None and expires_at <= signed_at:
        raise Malformed("The signature expires before it was made: x= is not after t= (RFC 6376 3.5).")
    if "q" in tags and "dns/txt" not in _words(tags["q"].lower()):
        raise Malformed("The key of the signature cannot be found in DNS: q= has no dns/txt (RFC 6376 3.5).")
    return Signature(
        domain=domain,
        selector=selector,
        algorithm=_algorithm(tags["a"]),
        identity=_identity(tags.get("i", f"@{domain}"), domain),
        signature=_octets(tags, "b"),
        body_hash=_octets(tags, "bh"),
        fields=_fields(tags["h"]),
        header_form=header_form,
        body_form=body_form,
        body_length=_number(tags, "l"),
        signed_at=signed_at,
        expires_at=expires_at,
    )


def _a_labels(name: str) -> str:
    """A name in A-label form (RFC 8616 5); an invalid one is returned as it is and refused later."""
    if name.isascii():
        return name.lower()
    try:
        return to_text(record_name(name))
    except InvalidInput:
        return name


def _algorithm(text: str) -> str:
    name = text.lower()
    if name == "rsa-sha1":
        raise Malformed("The signature is made with rsa-sha1, which verifiers must not accept (RFC 8301 3.1).")
    if name not in ALGORITHMS:
        raise Malformed(
            f"The signature is made with {text[:40]}, which verifiers do not know (RFC 6376 3.3, RFC 8463)."
        )
    return name


def _forms(text: str) -> tuple[str, str]:
    """c= (3.5): simple/simple by default; if only one form is given, the body is simple."""
    header, dummy, body = text.lower().partition("/")
    forms = header or SIMPLE, body or SIMPLE
    if any(form not in (SIMPLE, RELAXED) for form in forms):
        raise Malformed("The signature has a c= other than simple and relaxed (RFC 6376 3.4).")
    return forms


def _identity(text: str, domain: str) -> str:
    """i= (3.5): it must be in the signing domain or below it."""
    dummy, at, host = text.rpartition("@")
    identity = _a_labels(host)
    if not at or (identity != domain and not identity.endswith(f".{domain}")):
        raise Malformed(f"The i= of the signature is not in {domain}, which signs (RFC 6376 3.5).")
    return identity


def _fields(text: str) -> tuple[str, ...]:
    names = tuple(name.strip(_BLANKS) for name in text.split(":"))
    if not all(_FIELD_NAME.match(name) for name in names):
        raise Malformed("The h= of the signature is not a list of header fields (RFC 6376 3.5).")
    if "from" not in (name.lower() for name in names):
        raise Malformed("The signature does not cover the From field: it is not in h= (RFC 6376 5.4, 6.1.1).")
    return names


def _number(tags: dict[str, str], name: str) -> int | None:
    if name not in tags:
        return None
    if not _DIGITS.match(tags[name]):
        raise Malformed(f"The {name}= of the signature is not a number (RFC 6376 3.5).")
    return int(tags[name])


def _octets(tags: dict[str, str], name: str) -> bytes:
    try:
        octets = base64.b64decode("".join(tags[name].split()).encode("ascii"), validate=True)
    except binascii.Error:
        octets = b""
    if not octets:
        raise Malformed(f"The {name}= of the signature is not base64 (RFC 6376 3.5).")
    return octets


def _words(text: str) -> list[str]:
    return [word.strip(_BLANKS) for word in text.split(":")]
