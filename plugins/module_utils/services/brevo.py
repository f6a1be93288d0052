# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brevo, formerly Sendinblue."""

from __future__ import annotations

from .model import RELAY, STARTTLS, TLS, DkimKeys, ReturnPath, SendingService, SmtpAnswer, SmtpLogin, SmtpPort

SERVICE = SendingService(
    name="brevo",
    title="Brevo",
    kind=RELAY,
    hosts={"": "smtp-relay.brevo.com"},
    ports=(SmtpPort(587, STARTTLS), SmtpPort(465, TLS), SmtpPort(2525, STARTTLS)),
    login=SmtpLogin(
        username_is="the SMTP login that Brevo shows",
        password_is="an SMTP key, which is not the API key",
    ),
    dkim=DkimKeys(is_cname=True, selectors=("brevo1", "brevo2", "mail")),
    console_records="a TXT with the code of the account, and two CNAME or one TXT for DKIM",
    return_path=ReturnPath(of_service="sender-sib.com"),
    console="Senders, Domains & Dedicated IPs in https://app.brevo.com",
    daily_limit="300 messages in the free plan",
    left_out=("Brevo's own address for DMARC reports, which would receive the company's reports.",),
    by_hand=(
        "Create an SMTP key in the console: no API creates or shows one.",
        "Have a DMARC record: Brevo authenticates no domain without one.",
        "A new account may wait until Brevo switches its relay on.",
    ),
    answers=(
        SmtpAnswer(
            r"\b502\b",
            "Brevo treats the session as not logged in, although the login may be right",
        ),
    ),
    sources=(
        "https://developers.brevo.com/reference/authenticate-domain",
        "https://help.brevo.com/hc/en-us/articles/16045394674066",
        "https://www.captaindns.com/en/blog/brevo-transactional-email-technical-guide",
        "https://github.com/getbrevo/brevo-python",
        "https://github.com/nodemailer/nodemailer (lib/well-known/services.json, 9.1.1)",
    ),
    checked="2026-11-29",
)
