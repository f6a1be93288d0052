# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Twilio SendGrid."""

from __future__ import annotations

from .model import RELAY, STARTTLS, TLS, DkimKeys, ReturnPath, SendingService, SmtpAnswer, SmtpLogin, SmtpPort

SERVICE = SendingService(
    name="sendgrid",
    title="SendGrid",
    kind=RELAY,
    hosts={"global": "smtp.sendgrid.net", "eu": ""},  # the documentation names no SMTP host for the EU
    default_region="global",
    ports=(SmtpPort(587, STARTTLS), SmtpPort(465, TLS), SmtpPort(2525, STARTTLS), SmtpPort(25, STARTTLS)),
    login=SmtpLogin(
        username="apikey",
        username_is="the word apikey",
        password_is="an API key that may send mail",
    ),
    dkim=DkimKeys(is_cname=True, selectors=("s1", "s2")),
    console_records="three CNAME, two of them for DKIM",
    return_path=ReturnPath(of_service="sendgrid.net", label="em1234"),
    console="Settings > Sender Authentication in https://app.sendgrid.com",
    left_out=("Link branding, which is for tracking.",),
    by_hand=("Create an API key that may send mail, and use it as the password.",),
    answers=(
        SmtpAnswer(
            r"\b451\b|Maximum credits exceeded",
            "the credits of the account are used up, so SendGrid refuses the login; the API key may be right",
        ),
    ),
    sources=(
        "https://www.twilio.com/docs/sendgrid/for-developers/sending-email/integrating-with-the-smtp-api",
        "https://github.com/twilio/sendgrid-oai",
        "https://github.com/nodemailer/nodemailer (lib/well-known/services.json, 9.1.1)",
    ),
    checked="2026-11-29",
)
