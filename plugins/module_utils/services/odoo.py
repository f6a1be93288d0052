# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Odoo's own servers on Odoo Online and Odoo.sh."""

from __future__ import annotations

from .model import OWN, DkimKeys, ReturnPath, SendingService

SERVICE = SendingService(
    name="odoo",
    title="Odoo Online and Odoo.sh",
    kind=OWN,
    hosts={},
    ports=(),
    login=None,  # it is the server in odoo.conf there
    spf_include="_spf.odoo.com",
    dkim=DkimKeys(is_cname=True, selectors=("odoo",), targets=("odoo._domainkey.odoo.com",)),
    return_path=ReturnPath(of_service="odoo.com"),  # bounce@<database>.odoo.com
    daily_limit="5 to 200 messages, by the kind of database",
    bounces_reach_odoo=True,
    replaces_message_id=False,
    sources=(
        "https://www.odoo.com/documentation/19.0/applications/general/email_communication/email_domain.html",
        "https://www.odoo.com/documentation/19.0/applications/general/email_communication/faq.html",
    ),
    checked="2026-11-29",
)
