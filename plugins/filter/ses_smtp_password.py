# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SMTP password of Amazon SES, which is derived from the secret of an IAM access key and a region.

https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html#smtp-credentials-convert
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.services.registry import region_of, sending_service

_VERSION = b"\x04"
_CHAIN = ("ses", "aws4_request", "SendRawEmail")
_DATE = "11111111"


def ses_smtp_password(secret_key: object, region: object) -> str:
    """Raises AnsibleFilterError for no text and for a region that SES does not have."""
    if not isinstance(secret_key, str) or not secret_key:
        raise AnsibleFilterError("ses_smtp_password: the secret of an IAM access key is needed, as text.")
    try:
        place = region_of(sending_service("amazon_ses"), str(region or ""))
    except InvalidInput as error:
        raise AnsibleFilterError(f"ses_smtp_password: {error}") from None
    key = f"AWS4{secret_key}".encode()
    for part in (_DATE, place, *_CHAIN):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return base64.b64encode(_VERSION + key).decode()


class FilterModule:
    def filters(self) -> dict[str, Callable[..., str]]:
        return {"ses_smtp_password": ses_smtp_password}
