# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mailboxes at Infomaniak."""

from __future__ import annotations

from .model import MAILBOX, STARTTLS, TLS, DkimKeys, SendingService, SmtpAnswer, SmtpLogin, SmtpPort

SERVICE = SendingService(
    name="infomaniak",
    title="Infomaniak mail",
    kind=MAILBOX,
    hosts={"": "mail.infomaniak.com"},
    ports=(SmtpPort(465, TLS), SmtpPort(587, STARTTLS)),
    login=SmtpLogin(username_is="the address of the mailbox", password_is="that of the mailbox, or of a device"),
    spf_include="spf.infomaniak.ch",
    dkim=DkimKeys(is_cname=False),
    console_records="a TXT for DKIM",
    console="the Mail Service in https://manager.infomaniak.com",
    daily_limit="1,440 messages, 500 in the smallest plans",
    bounces_reach_odoo=False,
    left_out=("The delegation of _domainkey to Infomaniak, because it would include all other selectors.",),
    by_hand=("Read the DKIM key and its selector, a date, in the manager.",),
    answers=(
        SmtpAnswer(
            r"not owned by user|Sender address rejected",
            "the mailbox sends only as its own address: that must be the FROM filter and the default From of the alias "
            "domain",
        ),
    ),
    sources=(
        "https://www.infomaniak.com/en/support/faq/admin2/email-service",
        "https://www.infomaniak.com/en/support/faq/2065/understanding-the-24-hour-outgoing-email-limit",
        "https://github.com/nodemailer/nodemailer (lib/well-known/services.json, 9.1.1)",
    ),
    checked="2026-11-29",
)
