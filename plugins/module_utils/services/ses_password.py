# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SMTP password of Amazon SES, derived from the secret of an IAM access key. Pure: no I/O, no Ansible."""

from __future__ import annotations

import base64
import hashlib
import hmac

# https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html
_STEPS = ("ses", "aws4_request", "SendRawEmail")
_DATE = "11111111"
_VERSION = b"\x04"


def smtp_password(secret_key: str, region: str) -> str:
    """The password, which is only valid in this region."""
    key = f"AWS4{secret_key}".encode()
    for message in (_DATE, region, *_STEPS):
        key = hmac.new(key, message.encode(), hashlib.sha256).digest()
    return base64.b64encode(_VERSION + key).decode("ascii")
