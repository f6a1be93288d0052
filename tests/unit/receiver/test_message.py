# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdicts on one message, and the results that receivers wrote into it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.receiver import message as messages
from ansible_collections.postmaster.mail.plugins.module_utils.receiver.authentication_results import (
    authentication_results,
    parse,
)
from ansible_collections.postmaster.mail.tests.support.dkim_signer import MESSAGE, rsa_signer
from ansible_collections.postmaster.mail.tests.support.fake_dns import FakeResolver

ODOO_KEY = "odoo._domainkey.odoo.com"


def dns(**others: Any) -> FakeResolver:
    """The DNS of a company that sends through Odoo Online."""
    names: dict[str, Any] = {
        "company-name.com": {"TXT": ["v=spf1 include:_spf.odoo.com ~all"]},
        "_spf.odoo.com": {"TXT": ["v=spf1 ip4:192.0.2.0/24 -all"]},
        "db.odoo.com": {"TXT": ["v=spf1 include:_spf.odoo.com -all"]},
        "odoo._domainkey.company-name.com": {"CNAME": [ODOO_KEY]},
        ODOO_KEY: {"TXT": [rsa_signer().record]},
        "_dmarc.company-name.com": {"TXT": ["v=DMARC1; p=reject"]},
    }
    return FakeResolver({**names, **others})


def judge(
    message: bytes, ip: str | None = "192.0.2.9", sender: str = "bounce@company-name.com", **others: Any
) -> messages.Verdicts:
    return messages.judge_message(message, ip, "mail.odoo.com", sender, dns(**others))


def test_a_signed_message_from_an_authorised_host_passes_by_spf_and_dkim() -> None:
    found = judge(rsa_signer().sign())
    assert found.passes
    assert found.author_domain == "company-name.com"
    assert found.spf is not None and found.spf.result == "pass"
    assert [result.result for result in found.dkim] == ["pass"]
    assert found.dmarc is not None
    assert (found.dmarc.spf_aligned, found.dmarc.dkim_aligned) == (True, ("company-name.com",))
    assert found.problems == ()


def test_with_odoos_return_path_only_the_signature_counts() -> None:
    signed = judge(rsa_signer().sign(), sender="bounce@db.odoo.com")
    assert signed.passes
    unsigned = judge(MESSAGE, sender="bounce@db.odoo.com")
    assert not unsigned.passes
    assert unsigned.spf is not None and unsigned.spf.result == "pass"
    assert unsigned.dmarc is not None
    assert (unsigned.dmarc.result, unsigned.dmarc.disposition) == ("fail", "reject")


def test_without_the_address_of_the_client_spf_is_reported_as_not_checked() -> None:
    found = judge(rsa_signer().sign(), ip=None)
    assert found.spf is None
    assert found.passes
    assert found.dmarc is not None and found.dmarc.spf_aligned
    assert "SPF could not be checked" in found.problems[0]


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        (b"To: a@b.example\r\n", "no From field"),
        (b"From: a@company-name.com\r\nFrom: b@company-name.com\r\n", "2 From fields"),
        (b"From: a@company-name.com, b@other.example\r\n", "several domains"),
        (b"From: undisclosed\r\n", "no address"),
        (b"From: a@localhost\r\n", "no full domain name"),
        (b"From: a@b..example\r\n", "no full domain name"),
    ],
)
def test_without_one_author_domain_there_is_no_verdict(header: bytes, problem: str) -> None:
    found = judge(header + b"\r\nHello\r\n")
    assert found.dmarc is None and not found.passes
    assert problem in found.problems[0]


def test_an_address_literal_has_no_domain_to_judge() -> None:
    found = judge(b"From: a@[192.0.2.1]\r\n\r\nHello\r\n")
    assert found.dmarc is None and not found.passes
    assert "DMARC does not apply" in found.problems[0]  # the reason depends on the parser of the Python version


@pytest.mark.parametrize(
    ("header", "domain"),
    [
        (b"From: =?utf-8?q?Ren=C3=A9?= <sales@Company-Name.com>", "company-name.com"),
        (b'From: "ceo@evil.example" <sales@company-name.com>', "company-name.com"),
        (b"From: Sales\r\n <sales@company-name.com>", "company-name.com"),
        (b"From: sales@company-name.com (ceo@evil.example)", "company-name.com"),
        (b"From: a@company-name.com, b@company-name.com", "company-name.com"),
        ("From: a@müller.example".encode(), "xn--mller-kva.example"),
    ],
)
def test_the_author_domain_is_that_of_the_from_address(header: bytes, domain: str) -> None:
    assert judge(header + b"\r\n\r\nHello\r\n").author_domain == domain


def test_the_verdicts_can_be_returned_as_json() -> None:
    found = judge(rsa_signer().sign()).as_dict()
    assert json.loads(json.dumps(found)) == found
    assert found["spf"]["result"] == found["dkim"][0]["result"] == found["dmarc"]["result"] == "pass"
    assert found["dkim"][0]["aliases"] == [ODOO_KEY]
    assert found["spf"]["trace"][0] == "company-name.com: include:_spf.odoo.com: pass"


def test_anything_but_a_message_is_refused() -> None:
    with pytest.raises(InvalidInput, match="not an email message"):
        judge(b"GET / HTTP/1.1\r\nHost\r\n\r\n")


@given(head=st.binary(max_size=200), author=st.binary(max_size=80), body=st.binary(max_size=80))
def test_any_octets_are_refused_or_judged(head: bytes, author: bytes, body: bytes) -> None:
    for octets in (head, b"From: " + author.replace(b"\n", b" ") + b"\r\n\r\n" + body):
        try:
            found = judge(octets, "192.0.2.9", head[:20].decode("latin-1"))
        except InvalidInput:
            continue
        json.dumps(found.as_dict())


# Authentication-Results, with an example like those of RFC 8601 appendix B

EXAMPLE = (
    "example.com 1;\r\n\tauth=pass (cram-md5 (nested)) smtp.auth=sender@example.net; "
    'spf=pass smtp.mailfrom=example.net; dkim=fail reason="bad; signature" header.i=@newyork.example.com header.b=x1y2'
)


def test_the_results_of_a_receiver_are_read() -> None:
    found = parse(EXAMPLE.replace("\r\n", ""))
    assert found is not None
    assert found.authserv_id == "example.com"
    assert [(result.method, result.result) for result in found.results] == [
        ("auth", "pass"),
        ("spf", "pass"),
        ("dkim", "fail"),
    ]
    assert found.of("spf")[0].properties == {"smtp.mailfrom": "example.net"}
    assert found.of("dkim")[0].reason == "bad; signature"
    assert found.of("dkim")[0].properties["header.i"] == "@newyork.example.com"


@pytest.mark.parametrize(
    ("value", "results"),
    [
        ("mx.example; none", []),
        ("mx.example", []),
        ("(a comment) mx.example (another); spf=none", [("spf", "none")]),
        ("mx.example; SPF = Pass smtp.mailfrom = a.example", [("spf", "pass")]),
        ('"mx.example"; dkim/1=pass', [("dkim", "pass")]),
        ("mx.example; dkim=pass (2048-bit key; unprotected) header.d=a.example header.d=b.example", [("dkim", "pass")]),
        ("mx.example; spf=; dkim=pass", [("dkim", "pass")]),
        ("mx.example 1; spf / 1 = pass; dkim /1= fail", [("spf", "pass"), ("dkim", "fail")]),
        ('mx.google.com;\tdkim=pass header.i=@a.example header.s=s1 header.b="ab/c=";  ', [("dkim", "pass")]),
    ],
)
def test_the_fields_of_various_receivers_are_read(value: str, results: list[tuple[str, str]]) -> None:
    found = parse(value)
    assert found is not None and found.authserv_id.startswith("mx.")
    assert [(result.method, result.result) for result in found.results] == results


def test_a_value_may_have_equals_signs() -> None:
    found = parse("mx.example; dkim=pass header.b=ab/c== header.d=a.example; spf=pass")
    assert found is not None
    assert found.of("dkim")[0].properties == {"header.b": "ab/c==", "header.d": "a.example"}
    assert found.of("spf")[0].result == "pass"


@pytest.mark.parametrize("value", ["", ";", "mx.example 2; spf=pass", "spf=pass", "(unclosed mx.example; spf=pass"])
def test_an_invalid_field_is_ignored(value: str) -> None:
    assert parse(value) is None


def test_only_the_fields_of_the_trusted_receiver_are_reported() -> None:
    forged = b"Authentication-Results: mx.evil.example; dmarc=pass\r\n"
    own = b"Authentication-Results: MX.receiver.example;\r\n spf=fail smtp.mailfrom=a@b.example;\r\n dmarc=fail\r\n"
    found = messages.judge_message(own + forged + MESSAGE, None, "", "", dns(), trusted="mx.receiver.example")
    assert [results.authserv_id for results in found.reported] == ["MX.receiver.example"]
    assert found.reported[0].of("dmarc")[0].result == "fail"
    assert len(authentication_results(own + forged + MESSAGE)) == 2
    assert judge(own + forged + MESSAGE).reported == ()


@given(value=st.text(st.sampled_from('ab.=;/\\"() \t1@é'), max_size=60))
def test_any_field_is_read_or_ignored(value: str) -> None:
    found = parse(value)
    if found is not None:
        assert all(result.method and result.result for result in found.results)
