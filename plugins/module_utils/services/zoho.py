# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zoho Mail, sending from a mailbox. An account belongs to one data centre."""

from __future__ import annotations

from .model import MAILBOX, STARTTLS, TLS, DkimKeys, SendingService, SmtpAnswer, SmtpLogin, SmtpPort

SERVICE = SendingService(
    name="zoho",
    title="Zoho Mail",
    kind=MAILBOX,
    # hosts for organisations; personal accounts use smtp.zoho.com and so on
    hosts={centre: f"smtppro.zoho.{centre}" for centre in ("com", "eu", "in", "com.au", "jp")},
    other_hosts=("smtp.zoho.com", "smtp.zoho.eu", "smtp.zoho.in", "smtp.zoho.com.au", "smtp.zoho.jp"),
    ports=(SmtpPort(465, TLS), SmtpPort(587, STARTTLS)),
    login=SmtpLogin(
        username_is="the address of the mailbox",
        password_is="that of the mailbox, or an app password if it signs in with two factors",
    ),
    dkim=DkimKeys(is_cname=False),
    console_records="the include for SPF, which differs by account, and a TXT for DKIM",
    console="Domains in the Admin Console of Zoho Mail",
    bounces_reach_odoo=False,
    by_hand=("Create the DKIM key in the Admin Console, with a selector of your choice.",),
    answers=(
        SmtpAnswer(
            r"\b553\b|[Rr]elaying disallowed",
            "Zoho sends only as the mailbox that logs in: the FROM filter and the default From of the alias domain "
            "must be its address",
        ),
        SmtpAnswer(
            r"\b535\b",
            "the password is not right, or the account is in another data centre: its region is the end of the address "
            "where you sign in to Zoho",
        ),
    ),
    sources=(
        "https://www.zoho.com/mail/help/adminconsole/spf-configuration.html",
        "https://github.com/nodemailer/nodemailer (lib/well-known/services.json, 9.1.1)",
    ),
    checked="2026-11-29",
)
