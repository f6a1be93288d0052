# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SMTP2GO."""

from __future__ import annotations

from .model import RELAY, STARTTLS, TLS, DkimKeys, ReturnPath, SendingService, SmtpLogin, SmtpPort

SERVICE = SendingService(
    name="smtp2go",
    title="SMTP2GO",
    kind=RELAY,
    hosts={"": "mail.smtp2go.com"},
    other_hosts=("mail-us.smtp2go.com", "mail-eu.smtp2go.com", "mail-au.smtp2go.com"),
    ports=(
        SmtpPort(2525, STARTTLS),
        SmtpPort(587, STARTTLS),
        SmtpPort(465, TLS),
        SmtpPort(8025, STARTTLS),
        SmtpPort(8465, TLS),
        SmtpPort(25, STARTTLS),
        SmtpPort(80, STARTTLS),
        SmtpPort(443, TLS),
    ),
    login=SmtpLogin(username_is="an SMTP user of the account", password_is="that of the SMTP user"),
    dkim=DkimKeys(is_cname=True),
    console_records="a CNAME for DKIM (s and a number) and one for the return path (em and the same number)",
    return_path=ReturnPath(
        of_service="smtp2go.net", is_confirmed=False, label="em123456", cnames={"": "return.smtp2go.net"}
    ),
    console="Sending > Verified Senders in https://app.smtp2go.com",
    left_out=("The CNAME for tracking (link).",),
    by_hand=("Create an SMTP user in the console: Sending > SMTP Users.",),
    sources=(
        "https://developers.smtp2go.com/docs/smtp-relay",
        "https://support.smtp2go.com/hc/en-gb/articles/28543815517209-SPF-DKIM-and-DMARC",
        "https://support.smtp2go.com/hc/en-gb/articles/900000039763-VERP-Variable-Envelope-Return-Path",
        "https://github.com/nodemailer/nodemailer (lib/well-known/services.json, 9.1.1)",
    ),
    checked="2026-11-29",
)
