# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many domains of the same kind: own mail host, Odoo and Google Workspace as senders, DMARC with reports."""

from __future__ import annotations

from typing import Any

from ansible_collections.postmaster.mail.tests.support.well_kept import KEY, txt

RECORDS = "\n".join(
    [
        '@ IN TXT "v=spf1 include:_spf.odoo.com include:_spf.google.com mx ~all"',
        '@ IN TXT "google-site-verification=8mXc0Zy5wQ"',
        "@ IN MX 10 mx",
        "mx IN A 192.0.2.1",
        f"_dmarc IN TXT {txt('v=DMARC1; p=quarantine; rua=mailto:dmarc@hoster.example')}",
        "odoo._domainkey IN CNAME odoo._domainkey.odoo.com.",
        f"google._domainkey IN TXT {txt(f'v=DKIM1; k=rsa; p={KEY}')}",
    ]
)


def items(number: int, expected: bool = True) -> list[dict[str, Any]]:
    """The items for domain_info; ``expected``: with the records that Odoo needs."""
    selectors: list[dict[str, Any]] = [{"selector": "odoo"}, {"selector": "google"}]
    desired: dict[str, Any] = {"dkim": selectors}
    if expected:
        selectors[0]["cname"] = "odoo._domainkey.odoo.com"
        desired.update(spf={"include": ["_spf.odoo.com"]}, dmarc={"policy": "none"})
    return [{"domain": domain, **desired} for domain in domains(number)]


def domains(number: int) -> list[str]:
    return [f"d{index}.example" for index in range(number)]
