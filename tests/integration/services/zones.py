# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules of sending services return as ``records``, put into DNS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver


def publish(
    nameserver: Nameserver,
    items: Sequence[dict[str, Any]],
    without: int = 0,
    doubled: str = "",
    proxied: bool = False,
    more: str = "",
) -> None:
    """All records of these items, but for the first ones; ``doubled``: below names that have the domain twice."""
    for item in items:
        domain = item["domain"]
        lines = [more]
        records = []
        for key in item.get("dkim", ()):
            name = f"{key['selector']}._domainkey.{domain}"
            if "cname" in key:
                records.append((name, "A", "192.0.2.1") if proxied else (name, "CNAME", f"{key['cname']}."))
            else:
                records.append((name, "TXT", _quoted(f"v=DKIM1; k=rsa; p={key['public_key']}")))
        if "spf" in item:
            terms = " ".join(f"include:{host}" for host in item["spf"]["include"])
            records.append((domain, "TXT", _quoted(f"v=spf1 {terms} ~all")))
        if "dmarc" in item:
            records.append((f"_dmarc.{domain}", "TXT", _quoted(f"v=DMARC1; p={item['dmarc']['policy']}")))
        for one in item.get("records", ()):
            value = _quoted(one["value"]) if one["type"] == "TXT" else f"{one['value']}."
            records.append((one["name"], one["type"], value))
        tail = f".{doubled}." if doubled else "."
        lines += [f"{name}{tail} 300 IN {kind} {value}" for name, kind, value in records[without:]]
        nameserver.set_zone(domain, "\n".join(lines))


def _quoted(text: str) -> str:
    return " ".join(f'"{text[start : start + 255]}"' for start in range(0, len(text), 255))
