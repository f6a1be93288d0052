# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verify the DKIM signatures of a message with the keys in DNS (RFC 6376 6, RFC 8301, RFC 8463)."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import time

from ..records import public_key
from ..resolver.questions import ResolverLike
from . import dkim, dkim_tags
from .dkim_message import Field, Message, canonical_body, canonical_field, read
from .dkim_tags import ALGORITHMS, Malformed, Signature

PASS, FAIL, PERMERROR, TEMPERROR, NEUTRAL = "pass", "fail", "permerror", "temperror", "neutral"
MOST_SIGNATURES = 20  # verified per message; each costs a DNS query
CLOCK_SECONDS = 300  # tolerance for clocks that differ


@dataclasses.dataclass(frozen=True)
class SignatureResult:
    """What a verifier says of one signature, in the words of RFC 8601 2.7.1.

    result: ``pass``; ``fail`` if it does not match the message or has expired; ``permerror`` if it or its key cannot be
    used; ``temperror`` if DNS gave no answer; ``neutral`` if this machine cannot verify it. reason: a sentence.
    signature: None if it could not be parsed at all. testing: the key has t=y. remarks: sentences.
    """

    result: str
    domain: str = ""
    selector: str = ""
    algorithm: str = ""
    reason: str = ""
    key: dkim.DkimKey | None = None
    signature: Signature | None = None
    remarks: tuple[str, ...] = ()

    @property
    def testing(self) -> bool:
        return self.key is not None and self.key.record is not None and self.key.record.testing


def verify(octets: bytes, resolver: ResolverLike, now: float | None = None) -> tuple[SignatureResult, ...]:
    """Verify every signature of a message, from the top down; empty for an unsigned one.

    now: seconds since 1970, by default the current time. Raises InvalidInput for anything but a message.
    """
    return verify_message(read(octets), resolver, now)


def verify_message(message: Message, resolver: ResolverLike, now: float | None = None) -> tuple[SignatureResult, ...]:
    """As ``verify``, for a parsed message."""
    at = time.time() if now is None else now
    fields = message.named("DKIM-Signature")[:MOST_SIGNATURES]
    bodies = _Bodies(message)
    return tuple(_verify(message, bodies, field, resolver, at) for field in fields)


class _Bodies:
    """The canonical forms of a body, each computed once for all signatures."""

    def __init__(self, message: Message) -> None:
        self._body = message.body
        self._made: dict[str, bytes] = {}

    def of(self, signature: Signature) -> bytes:
        form = signature.body_form
        if form not in self._made:
            self._made[form] = canonical_body(self._body, form)
        return self._made[form]


def _verify(message: Message, bodies: _Bodies, field: Field, resolver: ResolverLike, now: float) -> SignatureResult:
    try:
        signature = dkim_tags.read(field.raw.partition(b":")[2])
    except Malformed as error:
        domain, selector, algorithm = (error.tags.get(tag, "")[:253] for tag in ("d", "s", "a"))
        return SignatureResult(PERMERROR, domain, selector, algorithm, str(error))
    result = SignatureResult(PASS, signature.domain, signature.selector, signature.algorithm, signature=signature)
    verdict, reason = _timely(signature, now)
    if verdict == PASS:
        verdict, reason = _covers_every_author(message, signature)
    if verdict == PASS:
        verdict, reason = _same_body(bodies.of(signature), signature)
    key = dkim.key_at(signature.key_name, resolver)
    result = dataclasses.replace(result, key=key, remarks=(*_remarks(bodies, signature), *key.remarks))
    if verdict == PASS:
        verdict, reason = _usable(key, signature)
    if verdict == PASS and key.record is not None and key.record.key is not None:
        verdict, reason = _authentic(message, field, signature, key.record.key)
    return dataclasses.replace(result, result=verdict, reason=reason)


def _timely(signature: Signature, now: float) -> tuple[str, str]:
    """Check t= and x= (3.5)."""
    if signature.expires_at is not None and now > signature.expires_at:
        return FAIL, f"The signature expired at {_moment(signature.expires_at)} (x=)."
    if signature.signed_at is not None and signature.signed_at > now + CLOCK_SECONDS:
        return FAIL, f"The signature says that it was made at {_moment(signature.signed_at)}, in the future (t=)."
    return PASS, ""


def _covers_every_author(message: Message, signature: Signature) -> tuple[str, str]:
    """Require all From fields to be signed: people would see one that was added (8.15)."""
    there = len(message.named("From"))
    covered = sum(1 for name in signature.fields if name.lower() == "from")
    if there > covered:
        return FAIL, f"The message has {there} From fields and the signature covers {covered} (RFC 6376 8.15)."
    return PASS, ""


def _same_body(body: bytes, signature: Signature) -> tuple[str, str]:
    """Check the hash of the body (3.7, 6.1.3)."""
    if signature.body_length is not None:
        if signature.body_length > len(body):
            return FAIL, "The body is shorter than the l= of the signature: it was cut off in transit (RFC 6376 3.5)."
        body = body[: signature.body_length]
    if not hmac.compare_digest(hashlib.sha256(body).digest(), signature.body_hash):
        return FAIL, "The body is not the one that was signed: its hash differs from bh= (RFC 6376 6.1.3)."
    return PASS, ""


def _usable(key: dkim.DkimKey, signature: Signature) -> tuple[str, str]:
    """Check that the key is usable for this signature (6.1.2)."""
    if not key.usable or key.record is None:
        return (TEMPERROR if key.state == dkim.NO_ANSWER else PERMERROR), key.problem
    if key.record.key_type != ALGORITHMS[signature.algorithm]:
        return PERMERROR, (
            f"The signature is made with {signature.algorithm}, and the key at {key.name} is of the type "
            f"{key.record.key_type} (RFC 6376 6.1.2)."
        )
    if "s" in key.record.flags and signature.identity != signature.domain:
        return PERMERROR, (
            f"The key at {key.name} has t=s, so it is not for {signature.identity}, the domain of i= (RFC 6376 3.6.1)."
        )
    return PASS, ""


def _authentic(message: Message, field: Field, signature: Signature, key: public_key.PublicKey) -> tuple[str, str]:
    """Check the signature itself, over the header (3.7)."""
    try:
        fits = _fits(key, signature.signature, signed_header(message, field, signature))
    except ImportError:
        return NEUTRAL, "The signature cannot be verified here: the Python package cryptography is missing."
    except ValueError:
        return PERMERROR, f"The key at {signature.key_name} cannot be used."
    if fits:
        return PASS, f"The signature fits the message and the key at {signature.key_name}."
    return FAIL, (
        f"The signature does not fit: a header field that it covers was altered in transit, or the key at "
        f"{signature.key_name} is not the one that it was made with (RFC 6376 6.1.3)."
    )


def signed_header(message: Message, field: Field, signature: Signature) -> bytes:
    """The signed octets: the fields in h=, repeated names from the bottom up, then the signature without b= (3.7)."""
    left: dict[str, list[Field]] = {}
    for other in message.fields:
        if other is not field:
            left.setdefault(other.name.lower(), []).append(other)
    parts = []
    for name in signature.fields:
        fields = left.get(name.lower())
        if fields:  # a missing field adds nothing; signing its absence keeps others from adding it (5.4.2)
            parts.append(canonical_field(fields.pop().raw, signature.header_form))
    own = canonical_field(dkim_tags.without_signature(field.raw) + b"\r\n", signature.header_form)
    return b"".join([*parts, own[: -len(b"\r\n")]])


def _fits(key: public_key.PublicKey, signature: bytes, signed: bytes) -> bool:
    """Raises ImportError without the package cryptography, ValueError for a key that it rejects."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        if key.key_type == "ed25519":
            # RFC 8463 3: what is signed is the hash
            ed25519.Ed25519PublicKey.from_public_bytes(key.octets).verify(signature, hashlib.sha256(signed).digest())
            return True
        loaded = load_der_public_key(public_key.read(key.base64).octets)
        if not isinstance(loaded, rsa.RSAPublicKey):
            return False
        loaded.verify(signature, signed, padding.PKCS1v15(), SHA256())
        return True
    except InvalidSignature:
        return False
    except UnsupportedAlgorithm:
        raise ValueError("the type of the key is not supported") from None


def _remarks(bodies: _Bodies, signature: Signature) -> tuple[str, ...]:
    if signature.body_length is None:
        return ()
    beyond = len(bodies.of(signature)) - signature.body_length
    return (
        f"The signature covers the first {signature.body_length} octets of the body (l=), so anybody can add to "
        f"it{f': {beyond} octets follow' if beyond > 0 else ''} (RFC 6376 8.2).",
    )


def _moment(seconds: int) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))
    except (OverflowError, ValueError, OSError):
        return f"{seconds} seconds after 1970"
