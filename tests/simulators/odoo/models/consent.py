# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages where a person lets Odoo use a mailbox of Gmail or Outlook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .base import Computed

if TYPE_CHECKING:
    from ..environment import Environment
    from ..search import Record

# field → its consent page, and the module with the application's id and secret
_CONSENT = {
    "google_gmail_uri": ("https://accounts.google.com/o/oauth2/v2/auth", "google_gmail"),
    "microsoft_outlook_uri": ("https://login.microsoftonline.com/common/oauth2/v2.0/authorize", "microsoft_outlook"),
}


def _consent_page(field: str) -> Computed:
    page, module = _CONSENT[field]

    def address(env: Environment, record: Record) -> Any:
        client, secret = (env.database.parameter(f"{module}_client_{part}") for part in ("id", "secret"))
        return f"{page}?client_id={client}&state={record['id']}" if client and secret else False

    return address


CONSENT_PAGES = {field: _consent_page(field) for field in _CONSENT}
