# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pyspf as a second judge of SPF, using the same DNS."""

from __future__ import annotations

from typing import Any
from unittest import mock

import dns.name
import dns.rdatatype
import spf as pyspf

from ansible_collections.postmaster.mail.plugins.module_utils.zone.rdata import txt_bytes
from ansible_collections.postmaster.mail.tests.support.fake_dns import FakeResolver

# pyspf counts redirects that are not followed and exchangers after a match, so it reaches limits earlier
_LIMITS = ("Too many DNS lookups", "Void lookup", "trivial recursion", "More than")


def by_pyspf(resolver: FakeResolver, ip: str, sender: str, helo: str) -> tuple[str, str]:
    """Its result and reason, from the same answers."""

    def answer(name: str, qtype: str, strict: bool = True, timeout: int = 20) -> list[Any]:
        values = resolver.ask(dns.name.from_text(name), dns.rdatatype.from_text(qtype))
        if values is None:
            raise pyspf.TempError("nobody answers")
        shown: dict[str, Any] = {
            "A": lambda value: value.address,
            "AAAA": lambda value: value.address,
            "MX": lambda value: (value.preference, value.exchange),
            "PTR": lambda value: value.target.to_text(True),
            "TXT": lambda value: [txt_bytes(value)],
        }
        return [((name, qtype), shown[qtype](value)) for value in values]

    with mock.patch.object(pyspf, "DNSLookup", answer):
        query = pyspf.query(ip, sender, helo, strict=True)
        result, dummy, reason = query.check()
    return result, reason


def is_limit(reason: str) -> bool:
    """Whether a limit decided, because pyspf counts differently."""
    return any(limit in reason for limit in _LIMITS)
