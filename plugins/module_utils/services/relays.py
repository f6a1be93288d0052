# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an SMTP server belongs to a known relay, without loading the catalogue. Pure.

For modules that need nothing else: all services together are a third of what such a module ships.
"""

from __future__ import annotations

import re

_SMTP_SERVERS = re.compile(
    r"email-smtp(-fips)?\.[a-z0-9-]+\.amazonaws\.com|.+\.mailgun\.org|smtp\.sendgrid\.net|smtp-relay\.brevo\.com|"
    r"in-v3\.mailjet\.com|smtp(-broadcasts)?\.postmarkapp\.com|smtp\.tem\.(scw\.cloud|scaleway\.com)|"
    r"smtp(\.eu)?\.sparkpostmail\.com|smtp\.resend\.com|(live|bulk)\.smtp\.mailtrap\.io|"
    r"mail(-[a-z]+)?\.smtp2go\.com|smtp\.mailersend\.net"
)


def is_relay(host: str) -> bool:
    """Whether the server sends as any address of a domain verified there."""
    return _SMTP_SERVERS.fullmatch(host.strip().rstrip(".").lower()) is not None
