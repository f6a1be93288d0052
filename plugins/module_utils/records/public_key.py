# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DKIM public keys: read from PEM, base64 or DER, returned as p= needs them.

RSA is read as SubjectPublicKeyInfo (RFC 5280 4.1.2.7) or RSAPublicKey (RFC 8017 A.1.1), Ed25519 as
SubjectPublicKeyInfo (RFC 8410) or as its 32 octets (RFC 8463). No message repeats the input, because it may
be a private key.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import NamedTuple

from ..errors import InvalidInput

_SEQUENCE, _INTEGER, _BIT_STRING = 0x30, 0x02, 0x03
_RSA_ALGORITHM = bytes.fromhex("300d06092a864886f70d0101010500")  # rsaEncryption with its NULL (RFC 3279 2.3.1)
_ED25519_ALGORITHM = bytes.fromhex("300506032b6570")  # id-Ed25519, without parameters (RFC 8410 3)
_ED25519_OCTETS = 32

_PEM_LABEL = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----")
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*)-----END \1-----", re.DOTALL)
_PUBLIC_LABELS = ("PUBLIC KEY", "RSA PUBLIC KEY")
_SHAPES = "an RSA or Ed25519 public key as PEM, or the base64 that belongs after p="

PRIVATE_KEY = (
    "This is a private key, which must never be published. Give the public key that belongs to it "
    "(openssl pkey -in key.pem -pubout prints it), and replace the private key if others have seen it."
)


class PublicKey(NamedTuple):
    """A key: ``rsa`` or ``ed25519``, its size in bits, and the octets that p= encodes."""

    key_type: str
    bits: int
    octets: bytes

    @property
    def base64(self) -> str:
        return base64.b64encode(self.octets).decode("ascii")


class _MalformedError(Exception):
    """What is wrong with the DER, as a clause."""


def read(text: str) -> PublicKey:
    """The key in a PEM block or in base64, ignoring blanks and line ends; RSA always as SubjectPublicKeyInfo.

    Raises InvalidInput.
    """
    if "PRIVATE KEY" in text:
        raise InvalidInput(PRIVATE_KEY)
    labels = _PEM_LABEL.findall(text)
    if len(labels) > 1:
        raise InvalidInput("There is more than one PEM block in the public key. Give only the one for this selector.")
    if labels or "-----" in text:
        body = _pem_body(text)
    else:
        body = text
    if re.match(r"\s*(ssh|ecdsa)-", body):
        raise InvalidInput(f"This public key is in SSH's format, which DKIM does not know. Give {_SHAPES}.")
    key = from_octets(_decode(body))
    return key if key.key_type != "rsa" else key._replace(octets=_as_spki(key.octets))


def from_octets(octets: bytes) -> PublicKey:
    """The key in DER or in the 32 octets of Ed25519. The octets are returned as given, except for Ed25519 DER.

    Raises InvalidInput.
    """
    if len(octets) == _ED25519_OCTETS:
        return PublicKey("ed25519", 256, octets)
    try:
        return _from_der(octets)
    except _MalformedError as error:
        raise InvalidInput(f"The public key cannot be read: {error}. It must be {_SHAPES}.") from None


def octets_of_base64(text: str) -> bytes:
    """Decode strict base64 (RFC 4648 4), except that white space is allowed. Raises InvalidInput."""
    return _decode(text)


def _pem_body(text: str) -> str:
    match = _PEM.fullmatch(text.strip())
    if match is None:
        raise InvalidInput(
            "The PEM block of the public key is not complete: it must begin with -----BEGIN PUBLIC KEY----- "
            "and end with -----END PUBLIC KEY-----, with nothing around it."
        )
    label = match.group(1)
    if label not in _PUBLIC_LABELS:
        raise InvalidInput(f"The PEM block contains a {label.lower()}, not a public key. Give {_SHAPES}.")
    return match.group(2)


def _decode(text: str) -> bytes:
    bare = "".join(text.split())
    if not bare:
        raise InvalidInput(f"The public key is empty. Give {_SHAPES}; to revoke a key, set state: revoked.")
    try:
        return base64.b64decode(bare.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise InvalidInput(
            f"The public key is not valid base64: it is cut off or has an extra character. Give {_SHAPES}."
        ) from None


def _from_der(octets: bytes) -> PublicKey:
    content, rest = _element(octets, _SEQUENCE)
    if rest:
        # OpenSSL ignores them, but Go and others refuse the key
        raise _MalformedError("octets follow its end, and some verifiers refuse such a key")
    if content[:1] == bytes([_INTEGER]):
        return PublicKey("rsa", _rsa_bits(octets), octets)
    algorithm, bits = _algorithm_and_rest(content)
    key, rest = _element(bits, _BIT_STRING)
    if rest or key[:1] != b"\x00":
        raise _MalformedError("its bit string does not end on a whole octet")
    if algorithm == _RSA_ALGORITHM:
        return PublicKey("rsa", _rsa_bits(key[1:]), octets)
    if algorithm == _ED25519_ALGORITHM:
        if len(key) != 1 + _ED25519_OCTETS:
            raise _MalformedError("an Ed25519 key has 32 octets")
        return PublicKey("ed25519", 256, key[1:])
    raise _MalformedError("it is neither RSA nor Ed25519, the two types that DKIM knows")


def _algorithm_and_rest(content: bytes) -> tuple[bytes, bytes]:
    dummy, rest = _element(content, _SEQUENCE)
    return content[: len(content) - len(rest)], rest


def _rsa_bits(octets: bytes) -> int:
    """The size in bits of the modulus of an RSAPublicKey."""
    content, rest = _element(octets, _SEQUENCE)
    modulus, numbers = _integer(content)
    if modulus < 2:
        # a version number in place of the modulus: private keys in PKCS#1, PKCS#8 and SEC 1 begin so
        raise InvalidInput(PRIVATE_KEY)
    exponent, more = _integer(numbers)
    if rest or more:
        raise _MalformedError("something follows its end")
    if modulus % 2 == 0 or exponent % 2 == 0 or exponent < 3:
        raise _MalformedError("its numbers are not those of an RSA key")
    return modulus.bit_length()


def _integer(octets: bytes) -> tuple[int, bytes]:
    content, rest = _element(octets, _INTEGER)
    if not content or content[0] & 0x80:
        raise _MalformedError("it contains a number that is not positive")
    if len(content) > 1 and content[0] == 0 and not content[1] & 0x80:
        raise _MalformedError("it contains a number that is not in its shortest form")
    return int.from_bytes(content, "big"), rest


def _element(octets: bytes, tag: int) -> tuple[bytes, bytes]:
    """The content of the first DER element, which must have this tag, and the rest (X.690 8.1, 10.1)."""
    if len(octets) < 2 or octets[0] != tag:
        raise _MalformedError("it is not the DER of a public key")
    length, start = octets[1], 2
    if length >= 0x80:
        count = length & 0x7F
        start = 2 + count
        length = int.from_bytes(octets[2:start], "big")
        if not 1 <= count <= 4 or length < 0x80 or octets[2] == 0:
            raise _MalformedError("a length in it is not valid DER")
    end = start + length
    if end > len(octets):
        raise _MalformedError("it is cut off")
    return octets[start:end], octets[end:]


def _as_spki(octets: bytes) -> bytes:
    """Convert an RSAPublicKey to SubjectPublicKeyInfo, which every verifier reads; leave the latter as it is."""
    content, dummy = _element(octets, _SEQUENCE)
    if content[:1] != bytes([_INTEGER]):
        return octets
    return _der(_SEQUENCE, _RSA_ALGORITHM + _der(_BIT_STRING, b"\x00" + octets))


def _der(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content
