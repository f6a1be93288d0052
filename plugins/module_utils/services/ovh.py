# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mailboxes at OVHcloud (MX Plan, Zimbra)."""

from __future__ import annotations

from .model import MAILBOX, STARTTLS, TLS, DkimKeys, SendingService, SmtpAnswer, SmtpLogin, SmtpPort

SERVICE = SendingService(
    name="ovh",
    title="OVHcloud mail",
    kind=MAILBOX,
    hosts={"": "ssl0.ovh.net"},
    ports=(SmtpPort(465, TLS), SmtpPort(587, STARTTLS)),
    login=SmtpLogin(username_is="the address of the mailbox", password_is="that of the mailbox"),
    spf_include="mx.ovh.com",
    dkim=DkimKeys(is_cname=True),
    console_records="two CNAME for DKIM, which are there only if it is switched on",
    console="the email service in the OVHcloud Control Panel",
    bounces_reach_odoo=False,
    by_hand=("Switch DKIM on in the Control Panel.",),
    answers=(
        SmtpAnswer(
            r"not owned by user|Sender address rejected",
            "the mailbox sends only as its own address: that must be the FROM filter and the default From of the alias "
            "domain",
        ),
    ),
    sources=(
        "https://github.com/ovh/docs (pages/web_cloud/domains, dns_zone_spf and dns_zone_dkim)",
        "https://github.com/ovh/terraform-provider-ovh (email DKIM)",
    ),
    checked="2026-11-29",
)
