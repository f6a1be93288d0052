# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gmail and Google Workspace, sending from a mailbox."""

from __future__ import annotations

from .model import MAILBOX, STARTTLS, TLS, DkimKeys, SendingService, SmtpAnswer, SmtpLogin, SmtpPort

SERVICE = SendingService(
    name="gmail",
    title="Gmail and Google Workspace",
    kind=MAILBOX,
    hosts={"": "smtp.gmail.com"},
    other_hosts=("smtp-relay.gmail.com",),
    ports=(SmtpPort(587, STARTTLS), SmtpPort(465, TLS)),
    login=SmtpLogin(
        username_is="the address of the mailbox",
        password_is="an app password; or none, with authentication: gmail and the consent of a person",
    ),
    spf_include="_spf.google.com",
    dkim=DkimKeys(is_cname=False, selectors=("google",)),
    console_records="a TXT for DKIM",
    console="Apps > Google Workspace > Gmail > Authenticate email in https://admin.google.com",
    daily_limit="2,000 messages in Google Workspace",
    bounces_reach_odoo=False,
    by_hand=(
        "Create the DKIM key in the Admin console and start signing there: Google has no API for that.",
        "Create an app password, or allow Odoo to use the mailbox (authentication: gmail) and consent in the browser.",
    ),
    answers=(
        SmtpAnswer(
            r"\b421\b",
            "Google closes the connection of a machine that greets as localhost: give the machine that Odoo runs on a "
            "full host name",
        ),
    ),
    sources=(
        "https://www.odoo.com/documentation/19.0/applications/general/email_communication/google_oauth.html",
        "https://support.google.com/a/answer/166852",
        "https://github.com/nodemailer/nodemailer (lib/well-known/services.json, 9.1.1)",
    ),
    checked="2026-11-29",
)
