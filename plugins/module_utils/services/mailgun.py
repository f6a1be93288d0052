# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mailgun. An account's domains are either in the US or in the EU, and unknown in the other region."""

from __future__ import annotations

from .model import RELAY, STARTTLS, TLS, DkimKeys, SendingService, SmtpLogin, SmtpPort

SERVICE = SendingService(
    name="mailgun",
    title="Mailgun",
    kind=RELAY,
    hosts={"us": "smtp.mailgun.org", "eu": "smtp.eu.mailgun.org"},
    ports=(SmtpPort(587, STARTTLS), SmtpPort(465, TLS), SmtpPort(2525, STARTTLS), SmtpPort(25, STARTTLS)),
    login=SmtpLogin(
        username_is="an address of the sending domain, such as postmaster@mg.company-name.com",
        password_is="what was set for that login, of 5 to 32 characters; nobody can read it later",
    ),
    spf_include="mailgun.org",
    dkim=DkimKeys(is_cname=True),
    console_records="two CNAME, or one TXT, for DKIM",
    sending_label="mg",
    console="Sending > Domains in https://app.mailgun.com",
    left_out=(
        "The CNAME for tracking (email), unless tracking is asked for.",
        "The MX for receiving (mxa and mxb.mailgun.org) at a name that has another MX.",
    ),
    by_hand=("A new or flagged account sends only to authorised recipients until Mailgun lifts that.",),
    sources=(
        "https://documentation.mailgun.com/docs/mailgun/user-manual/domains/domains-verify",
        "https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/send-smtp",
        "https://github.com/nodemailer/nodemailer (lib/well-known/services.json, 9.1.1)",
    ),
    checked="2026-11-29",
)
