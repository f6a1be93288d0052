# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SMTP password of Amazon SES, derived from an IAM secret access key and a region.

https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html#smtp-credentials-convert
"""

from __future__ import annotations

from collections.abc import Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.services.named import region_of, sending_service
from ansible_collections.postmaster.mail.plugins.module_utils.services.ses_password import smtp_password


def ses_smtp_password(secret_key: object, region: object) -> str:
    """Raises AnsibleFilterError for anything but text and for an unknown region."""
    if not isinstance(secret_key, str) or not secret_key:
        raise AnsibleFilterError("ses_smtp_password: the secret of an IAM access key is needed, as text.")
    try:
        place = region_of(sending_service("amazon_ses"), str(region or ""))
    except InvalidInput as error:
        raise AnsibleFilterError(f"ses_smtp_password: {error}") from None
    return smtp_password(secret_key, place)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., str]]:
        return {"ses_smtp_password": ses_smtp_password}
