# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of mail servers are explained, for each service."""

from __future__ import annotations

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.services.answers import explained
from ansible_collections.postmaster.mail.plugins.module_utils.services.registry import SERVICES

SES = "email-smtp.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    ("host", "answer", "meaning"),
    [
        ("smtp.sendgrid.net", "(451, b'Authentication failed: Maximum credits exceeded')", "credits of the account"),
        (
            "smtp.office365.com",
            "(535, b'5.7.139 Authentication unsuccessful, SmtpClientAuth')",
            "SMTP AUTH is switched",
        ),
        ("smtp-mail.outlook.com", "535 5.7.139 Authentication unsuccessful", "so no password helps"),
        ("smtp.office365.com", "550 5.7.60 does not have permissions to send as this sender", "FROM filter"),
        ("smtp-relay.gmail.com", "(421, b'4.7.0 Try again later, closing connection. (EHLO)')", "greets as localhost"),
        ("smtppro.zoho.eu", "(553, b'Relaying disallowed as a@company.test')", "only as the mailbox"),
        ("smtp.zoho.com", "(535, b'Authentication Failed')", "another data centre"),
        ("ssl0.ovh.net", "553 5.7.1 <a@b>: Sender address rejected: not owned by user x@b", "only as its own address"),
        (SES, "(535, b'Authentication Credentials Invalid')", "ses_smtp_password"),
        (SES, "454 Throttling failure: Daily message quota exceeded", "quota of the account is used up"),
        (SES, "554 Message rejected: Email address is not verified. The following identities failed", "sandbox"),
        (SES, "554 Access denied: User is not authorized to perform `ses:SendRawEmail'", "ses:FromAddress"),
        ("smtp-relay.brevo.com", "502 5.7.0 Please authenticate first", "although the login may be right"),
        ("smtp.mailgun.org", "(535, b'Authentication failed')", "an address of the sending domain"),
        ("smtp.resend.com", "(452, b'4.5.3 rate limit')", "the password may be right"),
        ("smtp.mailgun.org", "530 5.7.1 authentication required", "not logged in"),
    ],
)
def test_an_answer_is_explained(host: str, answer: str, meaning: str) -> None:
    found = explained(answer, host, 587)
    assert meaning in found and found.endswith(".") and ".." not in found


@pytest.mark.parametrize(
    "error",
    [
        "[Errno 99] Cannot assign requested address",
        "[Errno 101] Network is unreachable",
        "[Errno 110] Connection timed out",
        "No response received. Check server address and port number.",
    ],
)
def test_a_closed_port_is_reported_with_the_other_ports_of_the_service(error: str) -> None:
    found = explained(error, "smtp.mailgun.org", 587)
    assert "port 587 of smtp.mailgun.org seems to be blocked" in found
    assert "465 (tls), 2525 (starttls)" in found and "587 (" not in found


def test_at_an_unknown_host_only_the_port_is_named() -> None:
    assert "port 587 of mail.example.com seems to be blocked" in explained("[Errno 110] x", "mail.example.com", 587)


def test_tls_at_a_port_for_starttls_is_explained() -> None:
    assert "encryption: tls" in explained("[SSL: WRONG_VERSION_NUMBER] wrong version number", "smtp.mailgun.org", 587)


def test_the_service_is_recognised_by_a_host_in_the_text() -> None:
    text = f"Mail Delivery Failed: Mail delivery failed via SMTP server '{SES}'. SMTPDataError: 454, Throttling failure"
    assert explained(text).startswith("At Amazon SES: ")


@pytest.mark.parametrize("answer", ["", "550 5.1.1 mailbox unknown", "250 ok"])
def test_an_answer_that_is_clear_gets_no_explanation(answer: str) -> None:
    assert explained(answer, "smtp.mailgun.org", 587) == ""
    assert explained(answer) == ""


def test_no_explanation_has_its_own_final_full_stop() -> None:
    assert not [answer for one in SERVICES.values() for answer in one.answers if answer.sentence.endswith(".")]
