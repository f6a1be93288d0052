# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate authority for all test servers with TLS."""

from __future__ import annotations

import datetime
import fcntl
import ipaddress
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Certificate(NamedTuple):
    """Two PEM files: the certificate (with its issuer) and its key."""

    certificate: Path
    key: Path


class CertificateAuthority:
    """Issues certificates that ``ca_path`` can verify, and others that it cannot.

    Within one directory it is a single authority, even for several processes.
    """

    def __init__(self, directory: Path, name: str = "Test CA") -> None:
        self.directory = directory
        self.ca_path = directory / "ca.pem"
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        with (directory / "ca.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._key = self._kept_key() or self._new_key()

    def _kept_key(self) -> ec.EllipticCurvePrivateKey | None:
        try:
            kept = serialization.load_pem_private_key((self.directory / "ca.key").read_bytes(), None)
        except FileNotFoundError:
            return None
        return kept if isinstance(kept, ec.EllipticCurvePrivateKey) else None

    def _new_key(self) -> ec.EllipticCurvePrivateKey:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            self._builder(self._name, key.public_key(), valid_days=1)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(
                x509.KeyUsage(True, False, False, False, False, True, True, False, False),
                critical=True,
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        self.ca_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        _write_key(self.directory / "ca.key", key)
        return key

    def issue(self, *hosts: str, valid_days: int = 1) -> Certificate:
        """A server certificate for these names or addresses; ``valid_days=-1``: it has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
        certificate = (
            self._builder(subject, key.public_key(), valid_days)
            .add_extension(x509.SubjectAlternativeName([_alternative_name(host) for host in hosts]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        stem = f"{hosts[0].replace('*', 'any')}-{certificate.serial_number:x}"
        files = Certificate(self.directory / f"{stem}.pem", self.directory / f"{stem}.key")
        files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        _write_key(files.key, key)
        return files

    def _builder(
        self, subject: x509.Name, public_key: ec.EllipticCurvePublicKey, valid_days: int
    ) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.timezone.utc)
        end = now + datetime.timedelta(days=valid_days)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(min(now, end) - datetime.timedelta(days=1))
            .not_valid_after(end)
        )


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _alternative_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
