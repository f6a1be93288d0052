# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""MailerSend."""

from __future__ import annotations

from .model import RELAY, STARTTLS, DkimKeys, ReturnPath, SendingService, SmtpLogin, SmtpPort

SERVICE = SendingService(
    name="mailersend",
    title="MailerSend",
    kind=RELAY,
    hosts={"": "smtp.mailersend.net"},
    ports=(SmtpPort(587, STARTTLS),),
    login=SmtpLogin(username_is="an SMTP user of the account", password_is="that of the SMTP user"),
    dkim=DkimKeys(is_cname=True),
    console_records="a TXT for SPF, a CNAME for DKIM and one for the return path",
    return_path=ReturnPath(of_service="mailersend.net", is_confirmed=False, label="mta"),
    console="Domains in https://app.mailersend.com",
    left_out=("The CNAME for tracking (email).", "The MX for receiving (inbound.mailersend.net)."),
    by_hand=("Create an SMTP user in the console: Domains > Manage > SMTP > Generate new user.",),
    sources=(
        "https://www.mailersend.com/help/smtp-relay",
        "https://developers.mailersend.com/smtp-relay.html",
        "https://github.com/mailersend/mailersend-python",
        "https://github.com/nodemailer/nodemailer (lib/well-known/services.json, 9.1.1)",
    ),
    checked="2026-11-29",
)
