# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scaleway Transactional Email."""

from __future__ import annotations

from .model import RELAY, STARTTLS, TLS, DkimKeys, SendingService, SmtpLogin, SmtpPort

SERVICE = SendingService(
    name="scaleway",
    title="Scaleway Transactional Email",
    kind=RELAY,
    hosts={"fr-par": "smtp.tem.scaleway.com"},
    other_hosts=("smtp.tem.scw.cloud",),  # the former name
    ports=(
        SmtpPort(587, STARTTLS),
        SmtpPort(465, TLS),
        SmtpPort(2587, STARTTLS),
        SmtpPort(2465, TLS),
        SmtpPort(25, STARTTLS),
    ),
    login=SmtpLogin(
        username_is="the id of the project that holds the domain",
        password_is="the secret of an API key of that project",
    ),
    spf_include="_spf.tem.scaleway.com",
    dkim=DkimKeys(is_cname=False),
    console_records="a TXT for DKIM",
    console="Transactional Email in https://console.scaleway.com",
    left_out=(
        "The MX to blackhole.tem.scaleway.com, which would swallow the mail of the domain.",
        "Scaleway's DMARC record with the policy none.",
    ),
    by_hand=("Accept Scaleway's terms for the service: that is a legal act.",),
    sources=(
        "https://www.scaleway.com/en/docs/transactional-email/reference-content/smtp-configuration/",
        "https://www.scaleway.com/en/docs/transactional-email/how-to/generate-api-keys-for-tem-with-iam",
        "https://www.scaleway.com/en/docs/iam/reference-content/permission-sets/",
        "https://github.com/scaleway/terraform-provider-scaleway",
    ),
    checked="2026-11-29",
)
