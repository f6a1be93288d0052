# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mail records of a domain that DNS shows, in a readable form. Pure: no I/O, no Ansible."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Share = Mapping[str, Any]


def records(info: Share) -> list[tuple[str, str]]:
    """The records by their common names; duplicate records appear twice."""
    policies = info["policies"]
    found: list[tuple[str, list[str]]] = [
        ("MX", [f"{one['preference']} {one['host']}" for one in info["mx"]]),
        ("PTR", [f"{address} {name or 'has no name'}" for address, name in info["mx_names"].items()]),
        ("SPF", info["spf"]),
        ("DKIM", [_selector(name, one) for name, one in info["dkim"].items()]),
        ("DMARC", info["dmarc"] or _inherited(info["dmarc_policy"])),
        *(
            (title, policies[kind])
            for title, kind in (("MTA-STS", "mta_sts"), ("TLS-RPT", "tls_reports"), ("BIMI", "bimi"))
            if kind in policies
        ),
    ]
    tried = "bimi" in policies  # it is queried together with well-known selectors
    nothing = {"DKIM": ["no key at the selectors of well-known services"]} if tried else {}
    return [
        (title, text)
        for title, texts in found
        if texts or title != "PTR"
        for text in texts or nothing.get(title, ["none"])
    ]


def _selector(name: str, info: Share) -> str:
    if info["cname"]:
        return f"{name}: CNAME of {info['cname']}"
    return f"{name}: {' '.join(info['txt']) or 'nothing'}"


def _inherited(policy: Share) -> list[str]:
    return [f"none of its own; {policy['policy']}, by the record of {policy['domain']}"] if policy["domain"] else []
