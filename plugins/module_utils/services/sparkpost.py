# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bird SparkPost. US and EU accounts are separate."""

from __future__ import annotations

from .model import RELAY, STARTTLS, DkimKeys, ReturnPath, SendingService, SmtpLogin, SmtpPort

SERVICE = SendingService(
    name="sparkpost",
    title="SparkPost",
    kind=RELAY,
    hosts={"us": "smtp.sparkpostmail.com", "eu": "smtp.eu.sparkpostmail.com"},
    ports=(SmtpPort(587, STARTTLS), SmtpPort(2525, STARTTLS)),
    login=SmtpLogin(
        username="SMTP_Injection",
        username_is="the word SMTP_Injection",
        password_is="an API key that may send by SMTP",
    ),
    dkim=DkimKeys(is_cname=False),
    console_records="a TXT for DKIM",
    return_path=ReturnPath(
        of_service="sparkpostmail.com",
        cnames={"us": "sparkpostmail.com", "eu": "eu.sparkpostmail.com"},
    ),
    console="https://app.sparkpost.com/domains (https://app.eu.sparkpost.com/domains)",
    left_out=("The MX for receiving.",),
    by_hand=(
        "Verify the domain within two weeks: SparkPost removes one that is not.",
        "Register a return path below the domain as a bounce domain of its own.",
    ),
    sources=(
        "https://developers.sparkpost.com/api/sending-domains/",
        "https://github.com/SparkPost/developers.sparkpost.com",
        "https://github.com/nodemailer/nodemailer (lib/well-known/services.json, 9.1.1)",
    ),
    checked="2026-11-29",
)
