# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mailtrap Email Sending."""

from __future__ import annotations

from .model import RELAY, STARTTLS, DkimKeys, ReturnPath, SendingService, SmtpLogin, SmtpPort

SERVICE = SendingService(
    name="mailtrap",
    title="Mailtrap",
    kind=RELAY,
    hosts={"": "live.smtp.mailtrap.io"},  # for promotional mail: bulk.smtp.mailtrap.io
    other_hosts=("bulk.smtp.mailtrap.io",),
    ports=(SmtpPort(587, STARTTLS),),
    login=SmtpLogin(username="api", username_is="the word api", password_is="an API token"),
    dkim=DkimKeys(is_cname=True, selectors=("rwmt1", "rwmt2")),
    console_records="a CNAME that proves the domain, two CNAME for DKIM, and for older domains an include for SPF",
    return_path=ReturnPath(of_service="mailtrap.live", is_confirmed=False),
    console="Sending Domains in https://mailtrap.io/domains",
    daily_limit="150 messages in the free plan",
    left_out=("The CNAME for tracking (mt-link).", "Mailtrap's own DMARC record, with its address for reports."),
    by_hand=(
        "Wait for Mailtrap's review of the company, beside the records.",
        "Give bulk.smtp.mailtrap.io as the host of a sender for mass mailing: the other host may not be used for that.",
    ),
    sources=(
        "https://docs.mailtrap.io/email-api-smtp/setup/sending-domain",
        "https://help.mailtrap.io/article/79-dns-records",
        "https://mailtrap.io/smtp-service/",
        "https://github.com/mailtrap/mailtrap-openapi",
        "https://github.com/nodemailer/nodemailer (lib/well-known/services.json, 9.1.1)",
    ),
    checked="2026-11-29",
)
