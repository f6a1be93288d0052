# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages signed with DKIM by another program (dkimpy), and its verdict on signatures."""

from __future__ import annotations

import base64
import functools
from typing import NamedTuple

import dkim as dkimpy
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from ansible_collections.postmaster.mail.tests.support.fake_dns import FakeResolver

DOMAIN = "company-name.com"
MESSAGE = (
    b"From: Sales <sales@company-name.com>\r\n"
    b"To: someone@example.net\r\n"
    b"Subject:  A  quotation\r\n"
    b" for you\r\n"
    b"Date: Sat, 21 Nov 2026 08:00:00 +0000\r\n"
    b"Message-ID: <1@company-name.com>\r\n"
    b"\r\n"
    b"Hello,\r\n"
    b"\r\n"
    b"see  the attachment. \r\n"
    b"\r\n"
)


class Signer(NamedTuple):
    """A selector with its key: private for dkimpy, public for the DNS record."""

    selector: str
    private: bytes
    record: bytes
    algorithm: bytes

    @property
    def name(self) -> str:
        return f"{self.selector}._domainkey.{DOMAIN}"

    def sign(
        self,
        message: bytes = MESSAGE,
        forms: tuple[bytes, bytes] = (b"relaxed", b"relaxed"),
        headers: list[bytes] | None = None,
        length: bool = False,
        identity: bytes | None = None,
    ) -> bytes:
        """The message with a signature in front."""
        field: bytes = dkimpy.sign(
            message,
            self.selector.encode("ascii"),
            DOMAIN.encode("ascii"),
            self.private,
            identity=identity,
            canonicalize=forms,
            signature_algorithm=self.algorithm,
            include_headers=headers,
            length=length,
        )
        return field + message


@functools.cache
def rsa_signer(bits: int = 2048, selector: str = "odoo", algorithm: bytes = b"rsa-sha256") -> Signer:
    key = rsa.generate_private_key(65537, bits)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Signer(selector, private, b"v=DKIM1; k=rsa; p=" + base64.b64encode(public), algorithm)


@functools.cache
def ed25519_signer(selector: str = "ed") -> Signer:
    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    record = b"v=DKIM1; k=ed25519; p=" + base64.b64encode(public)
    return Signer(selector, base64.b64encode(private), record, b"ed25519-sha256")


def published(*signers: Signer) -> FakeResolver:
    """DNS with these signers' keys."""
    return FakeResolver({signer.name: {"TXT": [signer.record]} for signer in signers})


def verifies_in_dkimpy(message: bytes, *signers: Signer) -> bool:
    """Whether dkimpy accepts the first signature; an unreadable one is not accepted."""
    keys = {f"{signer.name}.".encode(): signer.record for signer in signers}
    try:
        return bool(dkimpy.verify(message, dnsfunc=lambda name, timeout=5: keys.get(name, b"")))
    except (dkimpy.DKIMException, ValueError, IndexError, KeyError, UnicodeDecodeError):
        return False
