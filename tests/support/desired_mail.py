# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of odoo_mail for many companies, named ``Company 0``, ``Company 1`` and so on."""

from __future__ import annotations

from typing import Any


def for_companies(numbers: range) -> dict[str, Any]:
    """A domain and an outgoing server for each."""
    return {
        "alias_domains": [
            {"name": f"company-{number}.example", "companies": [f"Company {number}"]} for number in numbers
        ],
        "outgoing_mail_servers": [
            {
                "name": f"Company {number} - relay",
                "owner": f"company-{number}.example",
                "host": f"smtp.company-{number}.example",
                "username": "odoo",
                "password": f"correct horse {number}",
                "from_filter": [f"company-{number}.example"],
            }
            for number in numbers
        ],
    }


def whole_configuration(numbers: range) -> dict[str, Any]:
    """The same, with an incoming server for each, and the database's settings."""
    settings = {
        "custom_email_servers": True,
        "allowed_catchall_domains": ["company-name.example"],
        "mass_mailing_server": f"Company {numbers[3]} - relay",
        "gmail_client_id": "application",
        "gmail_client_secret": "battery staple",
    }
    mailboxes = [
        {
            "name": f"Company {number} - catchall",
            "owner": f"company-{number}.example",
            "host": f"imap.company-{number}.example",
            "username": f"catchall@company-{number}.example",
            "password": f"correct horse {number}",
            "confirm_login": False,
        }
        for number in numbers
    ]
    return {**for_companies(numbers), "incoming_mail_servers": mailboxes, "settings": [settings]}
