# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resend."""

from __future__ import annotations

from .model import RELAY, STARTTLS, TLS, DkimKeys, ReturnPath, SendingService, SmtpLogin, SmtpPort

SERVICE = SendingService(
    name="resend",
    title="Resend",
    kind=RELAY,
    hosts={region: "smtp.resend.com" for region in ("us-east-1", "eu-west-1", "sa-east-1", "ap-northeast-1")},
    ports=(
        SmtpPort(587, STARTTLS),
        SmtpPort(465, TLS),
        SmtpPort(2587, STARTTLS),
        SmtpPort(2465, TLS),
        SmtpPort(25, STARTTLS),
    ),
    login=SmtpLogin(
        username="resend",
        username_is="the word resend",
        password_is="an API key that may send",
    ),
    dkim=DkimKeys(is_cname=False, selectors=("resend",)),
    console_records="a TXT for DKIM",
    return_path=ReturnPath(
        of_service="amazonses.com",
        label="send",
        is_default=True,
        mx="10 feedback-smtp.{region}.amazonses.com",
        spf_include="amazonses.com",
    ),
    console="https://resend.com/domains",
    left_out=("The MX for receiving.", "The CNAME for tracking."),
    sources=(
        "https://github.com/resend/resend-openapi",
        "https://resend.com/docs/send-with-smtp",
        "https://resend.com/docs/dashboard/domains/custom-return-path",
        "https://github.com/nodemailer/nodemailer (lib/well-known/services.json, 9.1.1)",
    ),
    checked="2026-11-29",
)
