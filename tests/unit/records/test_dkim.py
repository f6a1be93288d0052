# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DKIM key records: RFC 6376 3.6.1, RFC 8301, RFC 8463."""

from __future__ import annotations

import base64
import functools
import random
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.records import dkim

# the length of v=DKIM1; k=rsa; p=… for each key size
SIZES = {1024: 234, 2048: 410, 3072: 582, 4096: 754}


@functools.cache
def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def rsa_public_key(bits: int) -> rsa.RSAPublicKey:
    """A public key without a private one: finding two primes can take ten seconds."""
    return rsa.RSAPublicNumbers(65537, random.Random(bits).getrandbits(bits) | 1 << (bits - 1) | 1).public_key()


@functools.cache
def ed25519_key() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


def rsa_pem(bits: int) -> str:
    return rsa_public_key(bits).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def rsa_base64(bits: int) -> str:
    octets = rsa_public_key(bits).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(octets).decode()


def ed25519_base64() -> str:
    return base64.b64encode(ed25519_key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


@pytest.mark.parametrize("bits", sorted(SIZES))
def test_an_rsa_key_in_pem_becomes_a_record(bits: int) -> None:
    record = dkim.key_record(rsa_pem(bits))
    assert record.value.decode() == f"v=DKIM1; k=rsa; p={rsa_base64(bits)}"
    assert len(record.value) == SIZES[bits]
    assert (dkim.parse(record.value).key_type, dkim.parse(record.value).key_bits) == ("rsa", bits)


def test_only_a_short_key_leads_to_a_warning() -> None:
    assert "1024 bits" in dkim.key_record(rsa_pem(1024)).warnings[0]
    assert dkim.key_record(rsa_pem(2048)).warnings == ()


def test_a_pkcs1_key_is_published_in_the_form_that_all_receivers_read() -> None:
    key = rsa_public_key(2048)
    pem = key.public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()
    der = base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.PKCS1)).decode()
    expected = dkim.key_record(rsa_pem(2048)).value
    assert dkim.key_record(pem).value == expected
    assert dkim.key_record(der).value == expected


def test_an_ed25519_key_is_published_as_its_32_octets() -> None:
    pem = ed25519_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    record = dkim.key_record(pem)
    assert record.value.decode() == f"v=DKIM1; k=ed25519; p={ed25519_base64()}"
    assert len(record.value) == 66
    assert dkim.key_record(ed25519_base64()).value == record.value
    assert dkim.parse(record.value).key_bits == 256


def test_base64_may_contain_blanks_and_line_ends() -> None:
    text = rsa_base64(2048)
    folded = "  " + "\r\n ".join(text[start : start + 64] for start in range(0, len(text), 64)) + "\n"
    assert dkim.key_record(folded).value == dkim.key_record(text).value


def test_a_whole_record_in_master_file_quotes_is_read() -> None:
    text = rsa_base64(2048)
    pasted = (
        'mail._domainkey IN TXT ( "v=DKIM1; h=sha256; k=rsa; t=s; "\n'
        f'  "p={text[:200]}"\n  "{text[200:]}" )  ; ----- DKIM key mail for company-name.com'
    )
    assert dkim.key_record(pasted).value.decode() == f"v=DKIM1; k=rsa; h=sha256; t=s; p={text}"


@pytest.mark.parametrize(
    "pasted",
    ['"v=DKIM1\\; k=rsa\\; n="\n "a\\"b\\"\\; p={key}"', 'v=DKIM1\\; n=a"b"\\; p={key}', 'v=DKIM1; n=a"b"; p={key}'],
)
def test_quotes_of_a_master_file_are_removed_but_not_those_of_a_note(pasted: str) -> None:
    text = rsa_base64(1024)
    assert dkim.key_record(pasted.replace("{key}", text)).value.decode() == f'v=DKIM1; k=rsa; n=a"b"; p={text}'


def test_options_override_a_pasted_record() -> None:
    pasted = f"v=DKIM1; t=y; p={rsa_base64(2048)}"
    assert b"t=" not in dkim.key_record(pasted, flags=[]).value
    with pytest.raises(InvalidInput, match="of the type rsa, but key_type is ed25519"):
        dkim.key_record(pasted, key_type="ed25519")


def test_unknown_tags_of_a_pasted_record_are_left_out_with_a_warning() -> None:
    record = dkim.key_record(f"v=DKIM1; g=*; p={rsa_base64(2048)}")
    assert "left out: g" in record.warnings[0]
    assert b"g=" not in record.value


def test_optional_tags_are_before_the_key_and_defaults_are_left_out() -> None:
    record = dkim.key_record(
        rsa_pem(2048), "rsa", ["s", "y"], "rotated 2026; key=2", service_types=["email"], hash_algorithms=["sha256"]
    )
    assert record.value.startswith(b"v=DKIM1; k=rsa; h=sha256; s=email; t=s:y; n=rotated 2026=3B key=3D2; p=")
    assert "tests DKIM" in record.warnings[0]
    assert dkim.key_record(rsa_pem(2048), service_types=["*"]).value == dkim.key_record(rsa_pem(2048)).value


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"flags": ["z"]}, "flags has 'z'"),
        ({"hash_algorithms": ["sha1"]}, "RFC 8301"),
        ({"service_types": ["web"]}, "service_types"),
        ({"key_type": "ed25519"}, "of the type rsa"),
    ],
)
def test_invalid_options_are_refused(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        dkim.key_record(rsa_pem(2048), **options)


@pytest.mark.parametrize("tag", ["h=rsa-sha256", "s=web", "t=x"])
def test_an_invalid_tag_of_a_pasted_record_is_quoted(tag: str) -> None:
    pasted = f"v=DKIM1; k=rsa; {tag}; p={rsa_base64(2048)}"
    with pytest.raises(InvalidInput, match=f"The record given as public_key has {tag}, and that tag can hold"):
        dkim.key_record(pasted)


def private_keys() -> list[str]:
    traditional = [
        key.private_bytes(encoding, form, NoEncryption())
        for key in (rsa_key(2048), ec.generate_private_key(ec.SECP256R1()))
        for form in (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL)
        for encoding in (Encoding.PEM, Encoding.DER)
    ]
    more = [
        ed25519_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        ed25519_key().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        ed25519_key().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()),
        rsa_key(2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")),
    ]
    return [
        octets.decode() if octets.startswith(b"-----") else base64.b64encode(octets).decode()
        for octets in traditional + more
    ]


def test_a_private_key_is_refused_without_showing_it() -> None:
    for text in private_keys():
        with pytest.raises(InvalidInput, match="is a private key") as refused:
            dkim.key_record(text)
        body = [line for line in text.splitlines() if line and not line.startswith("-----")]
        assert not any(line[:12] in str(refused.value) for line in body)


def test_a_private_key_in_a_pasted_record_is_refused() -> None:
    text = private_keys()[1]
    with pytest.raises(InvalidInput, match="is a private key"):
        dkim.key_record(f"v=DKIM1; p={text}")


def weak_key() -> str:
    """A well-formed RSA key of 512 bits, which the cryptography package no longer creates."""
    modulus = b"\x02\x41\x00" + b"\xc1" * 64
    numbers = modulus + b"\x02\x03\x01\x00\x01"
    return base64.b64encode(b"\x30" + bytes([len(numbers)]) + numbers).decode()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (weak_key(), "512 bits"),
        ("", "empty"),
        ("not base64!", "not valid base64"),
        ("AAAA", "cannot be read"),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA", "in SSH's format"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA", "not complete"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "contains a certificate"),
        ("v=DKIM1; p=", "state: revoked"),
        ("v=DKIM1; v=DKIM1; p=AAAA", "twice"),
    ],
)
def test_an_unusable_public_key_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        dkim.key_record(text)


def test_a_truncated_key_is_refused() -> None:
    with pytest.raises(InvalidInput, match="cut off"):
        dkim.key_record(rsa_base64(2048)[:200])


def test_a_key_that_is_neither_rsa_nor_ed25519_is_refused() -> None:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    with pytest.raises(InvalidInput, match="neither RSA nor Ed25519"):
        dkim.key_record(pem)


def test_a_record_is_read_with_folding_white_space_and_a_last_semicolon() -> None:
    text = rsa_base64(2048)
    record = dkim.parse(f"v = DKIM1 ;\r\n k\t= rsa; x=1; t= y : s;p={text[:64]} {text[64:]} ;".encode())
    assert (record.key_type, record.key_bits, record.flags, record.revoked) == ("rsa", 2048, ("y", "s"), False)
    assert record.testing
    assert record.tag("x") == "1"


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (b"k=rsa; v=DKIM1; p=", "must come first"),
        (b"v=DKIM2; p=", "be DKIM1"),
        (b"v=DKIM1; k=rsa", "no p= tag"),
        (b"v=DKIM1; p=; p=", "twice"),
        (b"v=DKIM1;; p=", "Part 2"),
        (b"v=DKIM1; p=\xc3\xa4", "position 12"),
        (b"v=DKIM1; k=ed25519; p=AAAA", "cannot be read"),
        (b"", "Part 1"),
    ],
)
def test_a_malformed_record_is_refused_with_the_rule(value: bytes, rule: str) -> None:
    with pytest.raises(InvalidInput, match=rule):
        dkim.parse(value)


def test_a_record_with_a_key_of_another_type_is_refused() -> None:
    with pytest.raises(InvalidInput, match="holds something else"):
        dkim.parse(f"v=DKIM1; k=rsa; p={ed25519_base64()}".encode())


def test_a_record_of_an_unknown_key_type_is_read_without_its_key() -> None:
    record = dkim.parse(b"v=DKIM1; k=mldsa; p=AAAA")
    assert (record.key_type, record.key_bits, record.revoked) == ("mldsa", None, False)


def test_an_equivalent_record_is_recognised_as_the_same() -> None:
    text = rsa_base64(2048)
    ours = dkim.key_record(text).value
    for other in (
        f"p={text}",
        f"v=DKIM1;k=rsa;p={text};",
        f"v=DKIM1; s=*; n=from the vendor; x=1; p={text[:99]} {text[99:]}",
    ):
        assert dkim.same_key(other.encode(), ours)
    for other in (
        f"v=DKIM1; t=y; p={text}",
        f"v=DKIM1; p={rsa_base64(1024)}",
        "v=DKIM1; p=",
        "junk",
        f"h=sha256; p={text}",
    ):
        assert not dkim.same_key(other.encode(), ours)


def test_notes_are_compared_only_if_given() -> None:
    plain, noted = dkim.key_record(rsa_pem(2048)).value, dkim.key_record(rsa_pem(2048), notes="mine").value
    assert dkim.same_key(noted, plain)
    assert not dkim.same_key(plain, noted)


def test_revoking_empties_the_key_and_keeps_the_rest() -> None:
    assert dkim.revoked_record(None) == b"v=DKIM1; p="
    assert dkim.revoked_record(b"v=DKIM1; k=rsa; p=AAAA; n=old") == b"v=DKIM1; k=rsa; p=; n=old"
    assert dkim.revoked_record(b"v=DKIM1; k=rsa; p=;") == b"v=DKIM1; k=rsa; p=;"
    assert dkim.revoked_record(b"v=DKIM1; p=A; p=B") == b"v=DKIM1; p="
    assert dkim.parse(dkim.revoked_record(dkim.key_record(rsa_pem(2048)).value)).revoked


@pytest.mark.parametrize("value", [b"v=DKIM1; p=", b"p=AAAA", b"k=rsa; p=A", b"v=dkim1 p=A", b" v = DKIM1; junk"])
def test_a_key_record_is_recognised_even_if_malformed(value: bytes) -> None:
    assert dkim.looks_like_dkim(value)


@pytest.mark.parametrize(
    "value", [b"", b"v=spf1 -all", b"v=DMARC1; p=none", b"google-site-verification=p", b"odoo._domainkey.odoo.com"]
)
def test_other_texts_are_not_taken_for_key_records(value: bytes) -> None:
    assert not dkim.looks_like_dkim(value)


@given(st.binary(max_size=300) | st.text("vkpthsn=;: \t\r\nDKIM1rsaed25519AZ+/", max_size=80).map(str.encode))
def test_no_value_in_dns_raises_anything_but_invalid_input(value: bytes) -> None:
    dkim.looks_like_dkim(value)
    assert dkim.same_key(value, value)
    revoked = dkim.revoked_record(value)
    assert dkim.parse(revoked).revoked
    assert dkim.revoked_record(revoked) == revoked
    try:
        dkim.parse(value)
    except InvalidInput:
        pass


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda octets: base64.b64encode(octets).decode()))
def test_no_key_text_raises_anything_but_invalid_input(text: str) -> None:
    try:
        record = dkim.key_record(text)
    except InvalidInput:
        return
    assert not dkim.parse(record.value).revoked


@given(st.data())
def test_a_damaged_der_never_raises_anything_but_invalid_input(data: st.DataObject) -> None:
    octets = bytearray(base64.b64decode(rsa_base64(1024)))
    place = data.draw(st.integers(0, len(octets) - 1))
    octets[place] = data.draw(st.integers(0, 255))
    try:
        dkim.key_record(base64.b64encode(octets[: data.draw(st.integers(0, len(octets)))]).decode())
    except InvalidInput:
        pass


@given(
    bits=st.sampled_from(sorted(SIZES)),
    flags=st.lists(st.sampled_from(dkim.FLAGS), max_size=3),
    notes=st.none() | st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('"\\;='), max_size=40),
    services=st.none() | st.lists(st.sampled_from(dkim.SERVICE_TYPES), max_size=2),
)
def test_a_generated_record_is_read_back(
    bits: int, flags: list[str], notes: str | None, services: list[str] | None
) -> None:
    value = dkim.key_record(rsa_pem(bits), flags=flags, notes=notes, service_types=services).value
    record = dkim.parse(value)
    assert (record.key_bits, set(record.flags)) == (bits, set(flags))
    assert dkim.key_record(value.decode()).value == value
    assert dkim.same_key(value.replace(b"; ", b" ;\t"), value)
