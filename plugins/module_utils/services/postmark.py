# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Postmark."""

from __future__ import annotations

from .model import RELAY, STARTTLS, DkimKeys, ReturnPath, SendingService, SmtpLogin, SmtpPort

SERVICE = SendingService(
    name="postmark",
    title="Postmark",
    kind=RELAY,
    hosts={"": "smtp.postmarkapp.com"},
    other_hosts=("smtp-broadcasts.postmarkapp.com",),
    ports=(SmtpPort(587, STARTTLS), SmtpPort(2525, STARTTLS), SmtpPort(25, STARTTLS)),
    login=SmtpLogin(
        username_is="the token of the server, as the password",
        password_is="the token of the server, which is not the token of the account",
        is_one_token=True,
        is_readable=True,
    ),
    dkim=DkimKeys(is_cname=False),
    console_records="a TXT for DKIM",
    return_path=ReturnPath(of_service="mtasv.net", label="pm-bounces", cnames={"": "pm.mtasv.net"}),
    console="Sender Signatures in https://account.postmarkapp.com/signature_domains",
    by_hand=(
        "Ask Postmark to approve the account; until then it sends only to addresses of the domain.",
        "Give smtp-broadcasts.postmarkapp.com as the host of a sender for mass mailing, which Postmark keeps apart.",
    ),
    sources=(
        "https://postmarkapp.com/developer/api/domains-api",
        "https://postmarkapp.com/swagger/account.yml",
        "https://postmarkapp.com/support/article/811-what-are-the-smtp-details-api-tokens-i-should-be-using",
        "https://github.com/nodemailer/nodemailer (lib/well-known/services.json, 9.1.1)",
    ),
    checked="2026-11-29",
)
