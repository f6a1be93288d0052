# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signatures made with dkimpy verify here, and what dkimpy rejects is rejected here."""

from __future__ import annotations

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.receiver import dkim_message, dkim_signature, dkim_tags
from ansible_collections.postmaster.mail.tests.support import source_package
from ansible_collections.postmaster.mail.tests.support.dkim_signer import (
    DOMAIN,
    MESSAGE,
    Signer,
    ed25519_signer,
    published,
    rsa_signer,
    verifies_in_dkimpy,
)
from ansible_collections.postmaster.mail.tests.support.fake_dns import SILENCE, FakeResolver

FORMS = [(header, body) for header in (b"simple", b"relaxed") for body in (b"simple", b"relaxed")]
# everything that canonicalization treats specially
text = st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"a", b"B", b".", b";", b"=", b"\xff", b"\r"]), max_size=30)


def ended(message: bytes) -> bytes:
    """SMTP ends every line, so how a verifier reads blanks after the last line end does not matter."""
    return message + b"\r\n" if message.endswith((b" ", b"\t")) else message


bodies = text.map(b"".join).map(ended)
values = st.lists(
    st.sampled_from([b" ", b"  ", b"\t", b"\r\n ", b"\r\n\t", b"x", b"Y", b":", b";", b"b="]), max_size=10
)


def verdict(message: bytes, *signers: Signer) -> str:
    (result,) = dkim_signature.verify(message, published(*signers))
    return result.result


def reason(message: bytes, resolver: FakeResolver, now: float | None = None) -> tuple[str, str]:
    (result,) = dkim_signature.verify(message, resolver, now)
    return result.result, result.reason


@pytest.mark.parametrize("forms", FORMS)
@pytest.mark.parametrize(
    "signer", [rsa_signer(), rsa_signer(1024, "small"), ed25519_signer()], ids=lambda s: s.selector
)
def test_a_signature_verifies_with_the_key_in_dns(signer: Signer, forms: tuple[bytes, bytes]) -> None:
    message = signer.sign(forms=forms)
    (result,) = dkim_signature.verify(message, published(signer))
    assert (result.result, result.domain, result.selector) == ("pass", DOMAIN, signer.selector)
    assert result.algorithm == signer.algorithm.decode()
    assert verifies_in_dkimpy(message, signer)


def test_an_unsigned_message_has_no_result() -> None:
    assert dkim_signature.verify(MESSAGE, FakeResolver()) == ()


def test_each_of_several_signatures_is_verified() -> None:
    message = rsa_signer().sign(ed25519_signer().sign())
    results = dkim_signature.verify(message, published(rsa_signer(), ed25519_signer()))
    assert [(result.selector, result.result) for result in results] == [("odoo", "pass"), ("ed", "pass")]


def test_at_most_twenty_signatures_are_verified() -> None:
    message = rsa_signer().sign()
    field = message[: -len(MESSAGE)]
    resolver = published(rsa_signer())
    assert len(dkim_signature.verify(field * 500 + MESSAGE, resolver)) == 20
    assert sum(resolver.questions.values()) <= 40


@given(body=bodies, forms=st.sampled_from(FORMS), subject=values)
def test_any_message_that_dkimpy_signs_verifies(body: bytes, forms: tuple[bytes, bytes], subject: list[bytes]) -> None:
    message = (
        b"From: a@company-name.com\r\nSubject:"
        + re.sub(rb"(\r\n[ \t]+)+\Z|(\r\n[ \t]+)+(?=\r\n)", b"", b"".join(subject))
        + b"\r\n\r\n"
        + body
    )
    signed = ed25519_signer().sign(message, forms, [b"from", b"subject", b"subject"])
    if verifies_in_dkimpy(signed, ed25519_signer()):
        assert verdict(signed, ed25519_signer()) == "pass"


@given(data=st.data(), forms=st.sampled_from(FORMS))
def test_a_changed_message_passes_only_if_it_passes_in_dkimpy(data: st.DataObject, forms: tuple[bytes, bytes]) -> None:
    signed = ed25519_signer().sign(forms=forms)
    start = data.draw(st.integers(0, len(signed) - 1))
    end = data.draw(st.integers(start, min(len(signed), start + 3)))
    put_in = data.draw(st.sampled_from([b"", b" ", b"\t", b"x", b"\r\n", b";", b"="]))
    changed = ended(signed[:start] + put_in + signed[end:])
    try:
        results = dkim_signature.verify(changed, published(ed25519_signer()))
    except InvalidInput:
        results = ()
    # dkimpy cannot read a blank before the colon, which relaxed canonicalization removes (RFC 6376 3.4.2)
    readable = not re.search(rb"^[!-9;-~]+[ \t]+:", changed, re.MULTILINE)
    if readable and results and results[0].result == "pass":
        assert verifies_in_dkimpy(changed, ed25519_signer())


@pytest.mark.parametrize(
    ("find", "put"),
    [
        (b"sales@", b"ceo@"),
        (b"A  quotation", b"A quotation"),
        (b"see  the", b"see the"),
        (b"Hello", b"Hallo"),
        (b"\r\n\r\nHello", b"\r\nFrom: ceo@company-name.com\r\n\r\nHello"),
        (b"attachment. \r\n", b"attachment.\r\n"),
    ],
)
def test_a_changed_message_fails(find: bytes, put: bytes) -> None:
    signed = rsa_signer().sign(forms=(b"simple", b"simple"))
    assert find in signed
    changed = signed.replace(find, put)
    assert verdict(changed, rsa_signer()) == "fail"
    assert not verifies_in_dkimpy(changed, rsa_signer())


def test_blanks_may_change_in_relaxed_canonicalization() -> None:
    signed = rsa_signer().sign()
    changed = signed.replace(b"Subject:  A  quotation\r\n for you", b"SUBJECT: A quotation for\r\n\tyou").replace(
        b"see  the attachment. \r\n\r\n", b"see the attachment.\r\n"
    )
    assert changed != signed
    assert verdict(changed, rsa_signer()) == "pass"


def test_lines_may_end_with_lf_alone() -> None:
    signed = rsa_signer().sign().replace(b"\r\n", b"\n")
    assert verdict(signed, rsa_signer()) == "pass"


def test_another_key_at_the_selector_does_not_fit() -> None:
    other = rsa_signer(2048, "other")
    resolver = FakeResolver({rsa_signer().name: {"TXT": [other.record]}})
    result, why = reason(rsa_signer().sign(), resolver)
    assert result == "fail"
    assert "does not fit" in why


def test_text_added_after_a_signed_length_passes_with_a_remark() -> None:
    signed = rsa_signer().sign(length=True)
    assert verdict(signed, rsa_signer()) == "pass"
    (result,) = dkim_signature.verify(signed + b"Buy this!\r\n", published(rsa_signer()))
    assert result.result == "pass"
    assert "13 octets follow" in result.remarks[0]  # including the empty line that the signature does not cover
    assert "anybody can add" in result.remarks[0]


def test_a_body_shorter_than_the_signed_length_fails() -> None:
    signed = rsa_signer().sign(length=True)
    result, why = reason(signed.replace(b"see  the attachment. \r\n\r\n", b""), published(rsa_signer()))
    assert (result, "was cut" in why) == ("fail", True)


def test_the_messages_of_rfc_6376_and_rfc_8463_verify() -> None:
    folder = "dkim/tests/data"
    resolver = FakeResolver(
        {
            "test._domainkey.football.example.com": {
                "TXT": [source_package.read("dkimpy", f"{folder}/test.txt").strip()]
            },
            # RFC 8463 A.2
            "brisbane._domainkey.football.example.com": {
                "TXT": ["v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="]
            },
        }
    )
    results = dkim_signature.verify(source_package.read("dkimpy", f"{folder}/rfc6376.signed.msg"), resolver)
    assert [(result.algorithm, result.result) for result in results] == [
        ("ed25519-sha256", "pass"),
        ("rsa-sha256", "pass"),
    ]


# Rules for signatures


def rewritten(find: bytes, put: bytes, signer: Signer | None = None) -> bytes:
    signer = signer or rsa_signer()
    signed = signer.sign()
    changed = re.sub(find, put, signed, count=1)
    assert changed != signed
    return changed


@pytest.mark.parametrize(
    ("find", "put", "wanted"),
    [
        (rb" v=1;", b"", "lacks v="),
        (rb"v=1;", b"v=2;", "version"),
        (rb"a=rsa-sha256", b"a=rsa-sha1", "rsa-sha1"),
        (rb"a=rsa-sha256", b"a=rsa-md5", "do not know"),
        (rb"c=relaxed/relaxed", b"c=nowsp", "c="),
        (rb"d=company-name\.com", b"d=com", "not a name"),
        (rb"d=company-name\.com", b"d=company name.com", "not a name"),
        (rb"s=odoo", b"s=odoo; s=odoo", "twice"),
        (rb"s=odoo", b"s=odoo; i=@other.example", "i="),
        (rb"s=odoo", b"s=odoo; q=http/json", "q="),
        (rb"s=odoo", b"s=odoo; l=many", "l="),
        (rb"s=odoo", b"s=odoo; x=1", "expires before"),
        (rb" t=[0-9]+;", b"; t=2; x=1;", "not of the form"),
        (rb"s=odoo", "s=odoo; n=ä".encode(), "tag=value"),
        (rb"h=.*?;", b"h=To;", "From"),
        (rb"bh=", b"bh=*", "base64"),
    ],
)
def test_a_signature_that_breaks_a_rule_is_a_permanent_error(find: bytes, put: bytes, wanted: str) -> None:
    changed = re.sub(
        rb"\A(.*?\r\n)(?=[A-Z])",
        lambda m: re.sub(rb"\r\n[ \t]+", b" ", m.group(1)),
        rsa_signer().sign(),
        flags=re.DOTALL,
    )
    changed = re.sub(find, put, changed, count=1, flags=re.DOTALL)
    result, why = reason(changed, published(rsa_signer()))
    assert result == "permerror"
    assert wanted in why
    if b"rsa-sha1" not in put:
        assert not verifies_in_dkimpy(changed, rsa_signer())


def test_a_valid_rsa_sha1_signature_is_refused() -> None:
    signer = rsa_signer(2048, "sha1", b"rsa-sha1")
    result, why = reason(signer.sign(), published(signer))
    assert (result, "RFC 8301" in why) == ("permerror", True)


def test_an_expired_signature_fails() -> None:
    changed = rewritten(rb"s=odoo", b"s=odoo; x=2000000000")
    assert "expired at 2033-05-18" in reason(changed, published(rsa_signer()), now=2000000001.0)[1]


def test_a_signature_may_be_a_minute_in_the_future_but_not_an_hour() -> None:
    signed = rsa_signer().sign()
    found = re.search(rb"t=([0-9]+)", signed)
    assert found is not None
    made = int(found.group(1))
    assert reason(signed, published(rsa_signer()), now=made - 60.0)[0] == "pass"
    assert "in the future" in reason(signed, published(rsa_signer()), now=made - 3600.0)[1]


def test_a_second_from_field_above_the_signed_one_is_rejected() -> None:
    signed = rsa_signer().sign(headers=[b"from"])
    changed = b"From: ceo@company-name.com\r\n" + signed
    result, why = reason(changed, published(rsa_signer()))
    assert (result, "2 From fields" in why) == ("fail", True)
    assert not verifies_in_dkimpy(changed, rsa_signer())


def test_a_field_that_was_signed_as_absent_cannot_be_added() -> None:
    signed = ed25519_signer().sign(headers=[b"from", b"reply-to"])
    changed = b"Reply-To: x@evil.example\r\n" + signed
    assert verdict(signed, ed25519_signer()) == "pass"
    assert verdict(changed, ed25519_signer()) == "fail"


# Keys


@pytest.mark.parametrize(
    ("record", "result", "wanted"),
    [
        (b"v=DKIM1; p=", "permerror", "revoked"),
        (b"v=DKIM1; k=rsa; h=sha1; p={key}", "permerror", "only sha256"),
        (b"v=DKIM1; k=rsa; s=tlsrpt; p={key}", "permerror", "not for mail"),
        (b"v=DKIM1; k=rsa; s=other:email; t=y; p={key}", "pass", "fits"),
        (b"k=rsa; p={key}", "pass", "fits"),
        (b"p={key}", "pass", "fits"),
        (b"v=DKIM1; k=rsa; p=AAAA", "permerror", "not a key"),
        (b"odoo._domainkey.odoo.com", "permerror", "not a key"),
        (b"v=DKIM1; k=dsa; p={key}", "permerror", "do not know"),
        (b"p={key}; v=DKIM1", "permerror", "first"),
        (b"\xff\xfe", "permerror", "ASCII"),
    ],
)
def test_the_tags_of_a_key_decide_whether_it_can_be_used(record: bytes, result: str, wanted: str) -> None:
    key = rsa_signer().record.rpartition(b"p=")[2]
    resolver = FakeResolver({rsa_signer().name: {"TXT": [record.replace(b"{key}", key)]}})
    got, why = reason(rsa_signer().sign(), resolver)
    assert (got, wanted in why) == (result, True), why


def test_a_key_with_t_s_is_not_for_subdomains() -> None:
    signed = rsa_signer().sign(identity=b"sales@mail.company-name.com")
    resolver = FakeResolver({rsa_signer().name: {"TXT": [rsa_signer().record.replace(b"k=rsa", b"k=rsa; t=s")]}})
    assert verdict(signed, rsa_signer()) == "pass"
    assert "t=s" in reason(signed, resolver)[1]


def test_an_rsa_key_of_less_than_1024_bits_is_refused() -> None:
    from ansible_collections.postmaster.mail.plugins.module_utils.receiver import dkim

    modulus = (1 << 767) | 1
    number = modulus.to_bytes(97, "big")
    der = b"\x02" + bytes([len(number)]) + number + b"\x02\x03\x01\x00\x01"
    der = b"\x30" + bytes([len(der)]) + der
    resolver = FakeResolver({rsa_signer().name: {"TXT": [b"v=DKIM1; p=" + base64.b64encode(der)]}})
    result, why = reason(rsa_signer().sign(), resolver)
    assert (result, "768 bits" in why) == ("permerror", True)
    assert dkim.key_at(rsa_signer().name, resolver).state == dkim.UNUSABLE


def test_a_key_with_octets_after_its_end_is_refused() -> None:
    """OpenSSL accepts it, Go's crypto/x509 does not: mail that some receivers reject must not pass."""
    from ansible_collections.postmaster.mail.plugins.module_utils.receiver import dkim

    key = re.search(rb"p=([A-Za-z0-9+/=]+)", rsa_signer().record)
    assert key is not None
    longer = base64.b64encode(base64.b64decode(key.group(1)) + b"\x00")
    resolver = FakeResolver({rsa_signer().name: {"TXT": [b"v=DKIM1; p=" + longer]}})
    result, why = reason(rsa_signer().sign(), resolver)
    assert (result, "octets follow its end" in why) == ("permerror", True)
    assert not dkim.key_at(rsa_signer().name, resolver).usable


@pytest.mark.parametrize(
    ("type_tag", "said"),
    [(b"k=; ", "has an empty k="), (b"k= ; ", "has an empty k="), (b"k=dsa; ", "is of the type dsa")],
)
def test_a_key_of_an_unknown_type_is_refused(type_tag: bytes, said: str) -> None:
    from ansible_collections.postmaster.mail.plugins.module_utils.receiver import dkim

    bare = re.sub(b"k=[^;]*; ?", b"", rsa_signer().record)
    resolver = FakeResolver({rsa_signer().name: {"TXT": [bare.replace(b"p=", type_tag + b"p=")]}})
    result, why = reason(rsa_signer().sign(), resolver)
    assert (result, said in why) == ("permerror", True)
    assert not dkim.key_at(rsa_signer().name, resolver).usable


def test_a_key_in_pkcs1_form_verifies() -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

    private = load_pem_private_key(rsa_signer().private, None)
    bare = private.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    resolver = FakeResolver({rsa_signer().name: {"TXT": [b"v=DKIM1; p=" + base64.b64encode(bare)]}})
    assert reason(rsa_signer().sign(), resolver)[0] == "pass"


def test_without_an_answer_from_dns_the_error_is_temporary() -> None:
    assert reason(rsa_signer().sign(), FakeResolver({rsa_signer().name: SILENCE}))[0] == "temperror"
    assert reason(rsa_signer().sign(), FakeResolver())[0] == "permerror"


def test_a_key_behind_a_cname_verifies() -> None:
    resolver = FakeResolver(
        {
            rsa_signer().name: {"CNAME": ["odoo._domainkey.odoo.com"]},
            "odoo._domainkey.odoo.com": {"TXT": [rsa_signer().record]},
        }
    )
    (result,) = dkim_signature.verify(rsa_signer().sign(), resolver)
    assert result.result == "pass"
    assert result.key is not None and result.key.aliases == ("odoo._domainkey.odoo.com",)


# Arbitrary input


@given(octets=st.one_of(st.binary(max_size=300), text.map(b"".join)), value=st.binary(max_size=200))
def test_any_octets_are_refused_or_judged(octets: bytes, value: bytes) -> None:
    for message in (octets, b"From: a@b.example\r\nDKIM-Signature:" + value.replace(b"\n", b"") + b"\r\n\r\n" + octets):
        try:
            results = dkim_signature.verify(message, FakeResolver())
        except InvalidInput as error:
            assert "is not an email message" in str(error)
        else:
            assert all(result.result != "pass" and result.reason for result in results)


@given(modulus=st.binary(min_size=128, max_size=300), exponent=st.binary(min_size=1, max_size=20))
def test_keys_of_random_numbers_are_judged(modulus: bytes, exponent: bytes) -> None:
    def der(tag: int, content: bytes) -> bytes:
        length = len(content).to_bytes(2, "big")
        return (
            bytes([tag, 0x82]) + length + content
            if len(content) > 255
            else bytes([tag, 0x81, len(content)]) + content
            if len(content) > 127
            else bytes([tag, len(content)]) + content
        )

    numbers = der(2, b"\x00" + bytes([modulus[0] | 0x80]) + modulus[1:-1] + bytes([modulus[-1] | 1]))
    numbers += der(
        2,
        b"\x00" + bytes([exponent[0] | 0x80]) + exponent[1:-1] + bytes([exponent[-1] | 0x81])
        if len(exponent) > 1
        else b"\x03",
    )
    record = b"v=DKIM1; p=" + base64.b64encode(der(0x30, numbers))
    result, why = reason(rsa_signer().sign(), FakeResolver({rsa_signer().name: {"TXT": [record]}}))
    assert result in ("fail", "permerror")


# Canonicalization, with the examples of RFC 6376 3.4.5 and 3.4.6

EXAMPLE = b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n"


def test_the_example_of_the_rfc_in_relaxed_canonicalization() -> None:
    message = dkim_message.read(EXAMPLE)
    assert [dkim_message.canonical_field(f.raw, "relaxed") for f in message.fields] == [b"a:X\r\n", b"b:Y Z\r\n"]
    assert dkim_message.canonical_body(message.body, "relaxed") == b" C\r\nD E\r\n"


def test_the_example_of_the_rfc_in_simple_canonicalization() -> None:
    message = dkim_message.read(EXAMPLE)
    assert b"".join(f.raw for f in message.fields) == b"A: X\r\nB : Y\t\r\n\tZ  \r\n"
    assert dkim_message.canonical_body(message.body, "simple") == b" C \r\nD \t E\r\n"


def test_an_empty_body_is_one_line_end_in_simple_and_nothing_in_relaxed_canonicalization() -> None:
    assert dkim_message.canonical_body(b"", "simple") == b"\r\n"
    assert dkim_message.canonical_body(b"", "relaxed") == b""
    assert dkim_message.canonical_body(b" \r\n\t\r\n", "relaxed") == b""


def test_a_body_of_a_million_blanks_is_canonicalized() -> None:
    assert dkim_message.canonical_body(b" " * 1_000_000 + b"x", "relaxed") == b" x\r\n"


def test_names_in_a_signature_may_be_internationalised() -> None:
    value = "v=1; a=rsa-sha256; b=eA==; bh=eA==; d=bücher.example; i=größe@büro.bücher.example; h=from; s=schlüssel"
    read = dkim_tags.read(value.encode())

    assert (read.domain, read.identity) == ("xn--bcher-kva.example", "xn--bro-hoa.xn--bcher-kva.example")
    assert read.key_name == "xn--schlssel-95a._domainkey.xn--bcher-kva.example"
