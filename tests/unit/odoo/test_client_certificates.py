# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate and its key are checked before they are sent to Odoo."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.client_certificates import (
    check_pair,
    decoded,
    encoded,
)
from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return CertificateAuthority(tmp_path_factory.mktemp("ca"))


def in_form(key: Path, form: PrivateFormat, protection: KeySerializationEncryption) -> str:
    return load_pem_private_key(key.read_bytes(), password=None).private_bytes(Encoding.PEM, form, protection).decode()


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_a_matching_pair_is_accepted(authority: CertificateAuthority, form: PrivateFormat) -> None:
    pair = authority.issue("a.example")
    certificate = encoded(pair.certificate.read_text(), "client_certificate", "CERTIFICATE", "Relay")
    key = encoded(in_form(pair.key, form, NoEncryption()), "client_private_key", "PRIVATE KEY", "Relay")
    check_pair(certificate, key, "Relay")


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_a_key_with_a_passphrase_is_refused(authority: CertificateAuthority, form: PrivateFormat) -> None:
    key = in_form(authority.issue("a.example").key, form, BestAvailableEncryption(b"secret"))
    with pytest.raises(InvalidInput, match="protected by a passphrase"):
        encoded(key, "client_private_key", "PRIVATE KEY", "Relay")


def test_no_temporary_file_with_the_key_is_left(
    authority: CertificateAuthority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    pair = authority.issue("b.example")
    certificate = encoded(pair.certificate.read_text(), "client_certificate", "CERTIFICATE", "Relay")
    key = encoded(pair.key.read_text(), "client_private_key", "PRIVATE KEY", "Relay")
    check_pair(certificate, key, "Relay")
    with pytest.raises(InvalidInput, match="cannot be read"):
        check_pair(certificate, certificate, "Relay")
    assert list(tmp_path.iterdir()) == []


def test_base64_may_contain_line_breaks() -> None:
    assert decoded("Y2Vy\ndA==\n") == b"cert" and decoded(False) == b""
