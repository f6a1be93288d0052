# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report about a message that arrived, and what counts as a problem."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.mailbox.imap import Arrived
from ansible_collections.postmaster.mail.plugins.module_utils.mailbox.report import report
from ansible_collections.postmaster.mail.tests.support.dkim_signer import MESSAGE, rsa_signer
from ansible_collections.postmaster.mail.tests.support.fake_dns import SILENCE, FakeResolver

SALES = "sales@company-name.com"
RECEIVED = (
    b"Return-Path: <bounce@company-name.com>\r\n"
    b"Received: from smtp.company-name.com (smtp.company-name.com [192.0.2.25]) by mx.mailbox.example with ESMTPS\r\n"
    b" (TLS1.3) id 1; Sat, 21 Nov 2026 08:00:00 +0000\r\n"
)
DNS = FakeResolver(
    {
        "company-name.com": {"TXT": ["v=spf1 ip4:192.0.2.25 -all"], "MX": ["10 mx.company-name.com."]},
        rsa_signer().name: {"TXT": [rsa_signer().record]},
        "_dmarc.company-name.com": {"TXT": ["v=DMARC1; p=reject"]},
    }
)


def told(octets: bytes, sender: str = SALES, junk: bool = False, trusted: str | None = None) -> dict[str, Any]:
    return report(Arrived("Junk" if junk else "INBOX", junk, octets), sender, DNS, trusted)


def test_a_correct_message_has_no_problems() -> None:
    result = told(RECEIVED + rsa_signer().sign())

    assert (result["passed"], result["problems"]) == (True, [])
    assert result["from_header"] == f"Sales <{SALES}>"
    assert result["return_path"] == "bounce@company-name.com"
    assert (result["client_ip"], result["helo"], result["tls"]) == ("192.0.2.25", "smtp.company-name.com", "TLS1.3")


def test_a_failing_signature_beside_a_valid_one_is_no_problem() -> None:
    extra = b"DKIM-Signature: v=1; a=rsa-sha256; d=list.example; s=x; h=from; bh=eA==; b=eA==\r\n"
    signed = rsa_signer().sign()
    result = told(RECEIVED + extra + signed)

    assert [one["result"] for one in result["dkim"]] == ["fail", "pass"]
    assert (result["passed"], result["problems"]) == (True, [])
    broken = told(RECEIVED + extra + signed.replace(b"Hello", b"Hallo"))
    assert [problem[:22] for problem in broken["problems"]] == ["The DKIM signature of "] * 2


def test_an_internationalised_sender_is_the_same_in_unicode_and_ascii() -> None:
    message = MESSAGE.replace(SALES.encode(), b"sales@xn--bcher-kva.example")

    for sender in ("sales@bücher.example", "Sales@BÜCHER.example", "sales@xn--bcher-kva.example"):
        assert not any("instead of" in problem for problem in told(RECEIVED + message, sender)["problems"])
    (left,) = (one for one in told(RECEIVED + message, "sales@bucher.example")["problems"] if "instead of" in one)
    assert left.startswith("It left as sales@xn--bcher-kva.example instead of sales@bucher.example: ")


def test_a_sender_that_was_replaced_is_a_problem() -> None:
    problems = told(RECEIVED + rsa_signer().sign(), "mary@elsewhere.example")["problems"]
    assert problems[0].startswith(f"It left as {SALES} instead of mary@elsewhere.example: ")


@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (RECEIVED + MESSAGE, "It has no DKIM signature"),
        (RECEIVED + rsa_signer().sign().replace(b"Hello", b"Hallo"), "The DKIM signature of company-name.com"),
        (RECEIVED.replace(b".25]", b".26]") + rsa_signer().sign(), "SPF of company-name.com is fail for 192.0.2.26"),
        (RECEIVED.replace(b"ESMTPS\r\n (TLS1.3)", b"ESMTP") + rsa_signer().sign(), "It came without TLS"),
        (rsa_signer().sign(), "The address of the client"),
    ],
)
def test_each_fault_is_reported_in_a_sentence(octets: bytes, problem: str) -> None:
    result = told(octets)
    assert not result["passed"]
    assert [text for text in result["problems"] if text.startswith(problem)]
    assert all(text.endswith((".", ")")) for text in result["problems"])


def test_a_message_filed_as_junk_is_reported_with_the_folder() -> None:
    assert told(RECEIVED + rsa_signer().sign(), junk=True)["problems"] == ["It was filed as junk, in the folder Junk."]


def test_only_the_trusted_receiver_is_believed() -> None:
    said = b"Authentication-Results: mx.mailbox.example; dmarc=fail header.from=company-name.com\r\n"
    message = said + RECEIVED + rsa_signer().sign()

    assert told(message)["problems"] == []
    assert told(message, trusted="mx.other.example")["problems"] == []
    assert told(message, trusted="MX.mailbox.example")["problems"] == [
        "The receiver mx.mailbox.example says dmarc=fail."
    ]


@given(st.binary(), st.binary())
def test_any_message_is_reported_or_refused_with_a_reason(head: bytes, body: bytes) -> None:
    try:
        told(RECEIVED + b"From: " + head + b"\r\n\r\n" + body)
    except InvalidInput as error:
        assert str(error)


class TestSenderRules:
    """What mailbox providers require since 2024."""

    GLOBAL = "93.184.216.34"

    @classmethod
    def of_relay(cls, names: dict[str, Any], octets: bytes = b"", ip: str = GLOBAL) -> list[str]:
        text = f"{ip}" if ":" not in ip else f"IPv6:{ip}"
        received = RECEIVED.replace(b"[192.0.2.25]", f"[{text}]".encode())
        spf = "ip6" if ":" in ip else "ip4"
        own = {"TXT": [f"v=spf1 {spf}:{ip} -all"], "MX": ["10 mx.company-name.com."]}
        resolver = FakeResolver(
            {
                "company-name.com": own,
                rsa_signer().name: {"TXT": [rsa_signer().record]},
                "_dmarc.company-name.com": {"TXT": ["v=DMARC1; p=reject"]},
                **names,
            }
        )
        arrived = Arrived("INBOX", False, received + (octets or rsa_signer().sign()))
        return list(report(arrived, SALES, resolver, None)["problems"])

    @pytest.mark.parametrize(
        ("names", "wrong"),
        [
            ({"34.216.184.93.in-addr.arpa": {"PTR": ["a.example."]}, "a.example": {"A": [GLOBAL]}}, False),
            (
                {"34.216.184.93.in-addr.arpa": {"PTR": ["x.example.", "a.example."]}, "a.example": {"A": [GLOBAL]}},
                False,
            ),
            ({"34.216.184.93.in-addr.arpa": {"PTR": ["a.example."]}, "a.example": {"A": ["192.0.2.1"]}}, True),
            ({"34.216.184.93.in-addr.arpa": {"PTR": ["a.example."]}}, True),
            ({}, True),
            ({"34.216.184.93.in-addr.arpa": SILENCE}, False),
            ({"34.216.184.93.in-addr.arpa": {"PTR": ["a.example."]}, "a.example": SILENCE}, False),
        ],
    )
    def test_the_relay_needs_a_ptr_name_that_leads_back(self, names: dict[str, Any], wrong: bool) -> None:
        problems = self.of_relay(names)
        assert [problem[:32] for problem in problems] == (["The sending relay 93.184.216.34,"] if wrong else [])

    def test_a_relay_with_an_ipv6_address_needs_one_too(self) -> None:
        ip = "2606:2800:220:1:248:1893:25c8:1946"
        pointer = "6.4.9.1.8.c.5.2.3.9.8.1.8.4.2.0.1.0.0.0.0.2.2.0.0.0.8.2.6.0.6.2.ip6.arpa"
        named = {pointer: {"PTR": ["a.example."]}, "a.example": {"AAAA": ["2606:2800:220:1:248:1893:25C8:1946"]}}
        assert self.of_relay(named, ip=ip) == []
        assert "has no name in DNS that leads back" in self.of_relay({}, ip=ip)[0]

    @pytest.mark.parametrize(
        ("mx", "wrong"),
        [({"MX": ["10 mx.x."]}, False), ({"A": ["192.0.2.1"]}, False), ({"MX": ["0 ."]}, True), ({"TXT": ["x"]}, True)],
    )
    def test_the_domain_of_the_reply_to_must_receive_mail(self, mx: dict[str, Any], wrong: bool) -> None:
        signed = rsa_signer().sign(b"Reply-To: Catchall <catchall@answers.example>\r\n" + MESSAGE)
        names = {"answers.example": mx}
        problems = [one for one in self.of_relay({**names, **self.NAMED}, signed) if "receives no mail" in one]
        assert len(problems) == int(wrong)
        assert all(one.startswith("The Reply-To is catchall@answers.example, but answers.example") for one in problems)

    NAMED: dict[str, Any] = {
        "34.216.184.93.in-addr.arpa": {"PTR": ["a.example."]},
        "a.example": {"A": [GLOBAL]},
    }
    LINK = b"List-Unsubscribe: <https://erp.company-name.com/u?x=1>, <mailto:u@company-name.com>\r\n"
    POST = b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"

    @pytest.mark.parametrize(
        ("fields", "signed", "problem"),
        [
            (LINK + POST, ("list-unsubscribe", "list-unsubscribe-post"), ""),
            (LINK + POST, (), "No DKIM signature covers List-Unsubscribe"),
            (LINK, ("list-unsubscribe",), "It has no List-Unsubscribe-Post"),
            (b"List-Unsubscribe: <mailto:u@company-name.com>\r\n" + POST, (), "Its List-Unsubscribe has no https"),
            (b"Precedence: list\r\n", (), "It is a mailing without List-Unsubscribe"),
            (b"", (), ""),
        ],
    )
    def test_a_mailing_needs_a_signed_one_click_unsubscribe(
        self, fields: bytes, signed: tuple[str, ...], problem: str
    ) -> None:
        names = [name.encode() for name in ("from", "to", "subject", "date", *signed)]
        problems = self.of_relay(self.NAMED, rsa_signer().sign(fields + MESSAGE, headers=names))
        assert bool(problems) is bool(problem)
        assert not problem or any(one.startswith(problem) for one in problems), problems
