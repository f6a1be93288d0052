# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Outlook and Microsoft 365, sending from a mailbox."""

from __future__ import annotations

import datetime

from .model import MAILBOX, STARTTLS, DkimKeys, SendingService, SmtpAnswer, SmtpLogin, SmtpPort

SERVICE = SendingService(
    name="outlook",
    title="Outlook and Microsoft 365",
    kind=MAILBOX,
    hosts={"": "smtp.office365.com"},
    other_hosts=("smtp.outlook.com", "smtp-mail.outlook.com"),
    ports=(SmtpPort(587, STARTTLS),),
    login=SmtpLogin(
        username_is="the address of the mailbox",
        password_is="that of the mailbox, while Microsoft accepts one; or none, with authentication: outlook and the "
        "consent of a person",
        password_notes=(
            (
                datetime.date(2026, 1, 1),
                "Microsoft accepts passwords for SMTP by default until the end of December 2026. From then on they are "
                "switched off in existing tenants, where an administrator can allow them again, and new tenants do not "
                "have them; the last date is to be named in the second half of 2027",
            ),
            (
                datetime.date(2027, 1, 1),
                "since the end of December 2026, Microsoft has passwords for SMTP switched off by default, so this "
                "works only in a tenant whose administrator has allowed them again; the last date is to be named in "
                "the second half of 2027",
            ),
        ),
    ),
    spf_include="spf.protection.outlook.com",
    dkim=DkimKeys(is_cname=True, selectors=("selector1", "selector2")),
    console_records="two CNAME for DKIM",
    console="Get-DkimSigningConfig in Exchange Online PowerShell",
    bounces_reach_odoo=False,
    by_hand=(
        "Create the DKIM keys in Exchange Online PowerShell, and switch them on once the CNAME are there.",
        "Allow SMTP AUTH for the tenant and the mailbox.",
        "Allow Odoo to use the mailbox (authentication: outlook) and consent in the browser.",
    ),
    answers=(
        SmtpAnswer(
            r"5\.7\.139",
            "SMTP AUTH is switched off for the tenant or the mailbox, so no password helps: an administrator allows it "
            "in Microsoft 365, or the sender uses authentication: outlook",
        ),
        SmtpAnswer(
            r"5\.7\.60",
            "the mailbox may not send as this address: the FROM filter and the default From of the alias domain must "
            "be the address that logs in",
        ),
    ),
    sources=(
        "https://www.odoo.com/documentation/19.0/applications/general/email_communication/azure_oauth.html",
        "https://learn.microsoft.com/powershell/module/exchange/New-DkimSigningConfig",
        "Microsoft 365 message centre, MC786329",
        "https://github.com/nodemailer/nodemailer (lib/well-known/services.json, 9.1.1)",
    ),
    checked="2026-11-29",
)
