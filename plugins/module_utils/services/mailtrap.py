# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mailtrap, its service for sending."""

from __future__ import annotations

from .model import RELAY, STARTTLS, DkimKeys, ReturnPath, SendingService, SmtpLogin, SmtpPort

SERVICE = SendingService(
    name="mailtrap",
    title="Mailtrap",
    kind=RELAY,
    hosts={"": "live.smtp.mailtrap.io"},  # promotional mail goes through bulk.smtp.mailtrap.io
    other_hosts=("bulk.smtp.mailtrap.io",),
    ports=(SmtpPort(587, STARTTLS),),
    login=SmtpLogin(username_is="the user name that Mailtrap shows", password_is="an API token"),
    spf_include="_spf.smtp.mailtrap.live",
    dkim=DkimKeys(is_cname=True, selectors=("rwmt1", "rwmt2")),
    console_records="a CNAME that proves the domain, and two CNAME for DKIM",
    return_path=ReturnPath(of_service="mailtrap.live"),
    console="Sending Domains in https://mailtrap.io",
    left_out=("The CNAME for tracking (mt-link).", "Mailtrap's own DMARC record, with its address for reports."),
    by_hand=(
        "Wait for Mailtrap's review of the company, beside the records.",
        "Give bulk.smtp.mailtrap.io as the host of a sender for mass mailing: the other host may not be used for that.",
    ),
    sources=(
        "https://help.mailtrap.io/article/79-dns-records",
        "https://github.com/mailtrap/mailtrap-openapi",
        "https://github.com/nodemailer/nodemailer (lib/well-known/services.json, 9.1.1)",
    ),
    checked="2026-11-29",
)
