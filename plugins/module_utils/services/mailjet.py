# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mailjet."""

from __future__ import annotations

from .model import RELAY, STARTTLS, TLS, DkimKeys, ReturnPath, SendingService, SmtpLogin, SmtpPort

SERVICE = SendingService(
    name="mailjet",
    title="Mailjet",
    kind=RELAY,
    hosts={"": "in-v3.mailjet.com"},
    ports=(
        SmtpPort(587, STARTTLS),
        SmtpPort(465, TLS),
        SmtpPort(2525, STARTTLS),
        SmtpPort(25, STARTTLS),
        SmtpPort(588, STARTTLS),
        SmtpPort(80, STARTTLS),
    ),
    login=SmtpLogin(username_is="the API key", password_is="the secret key of that API key"),
    spf_include="spf.mailjet.com",
    dkim=DkimKeys(is_cname=False, selectors=("mailjet",)),
    console_records="a TXT for DKIM, and one that proves the domain",
    return_path=ReturnPath(of_service="mailjet.com"),
    console="Sender domains & addresses in https://app.mailjet.com",
    by_hand=("Create a pair of keys for each 100 senders: a pair allows no more, domains and addresses together.",),
    sources=(
        "https://github.com/mailjet/api-documentation",
        "https://documentation.mailjet.com/hc/de/articles/360043050493",
        "https://www.mailjet.com/blog/deliverability/return-path-customization-explained/",
        "https://www.odoo.com/documentation/19.0/applications/general/email_communication/mailjet_api.html",
    ),
    checked="2026-11-29",
)
