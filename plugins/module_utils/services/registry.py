# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue of sending services, by name. Pure: no I/O, no Ansible."""

from __future__ import annotations

from . import (
    amazon_ses,
    brevo,
    gmail,
    infomaniak,
    mailersend,
    mailgun,
    mailjet,
    mailtrap,
    odoo,
    outlook,
    ovh,
    postmark,
    resend,
    scaleway,
    sendgrid,
    smtp2go,
    sparkpost,
    zoho,
)
from .model import SendingService

SERVICES: dict[str, SendingService] = {
    one.SERVICE.name: one.SERVICE
    for one in (
        odoo,
        amazon_ses,
        mailgun,
        sendgrid,
        brevo,
        mailjet,
        postmark,
        scaleway,
        gmail,
        outlook,
        zoho,
        ovh,
        infomaniak,
        sparkpost,
        resend,
        mailtrap,
        smtp2go,
        mailersend,
    )
}


def service_at(host: str) -> SendingService | None:
    """The service with this SMTP server."""
    bare = host.strip().rstrip(".").lower()
    return next((one for one in SERVICES.values() if bare and bare in (*one.hosts.values(), *one.other_hosts)), None)


def service_in(text: str) -> SendingService | None:
    """The service whose SMTP server a text mentions."""
    hosts = [word.strip("'\".,:;()[]") for word in text.lower().split()]
    return next(filter(None, map(service_at, hosts)), None)
