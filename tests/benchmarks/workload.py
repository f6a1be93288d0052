# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The zone that the benchmarks change: SPF, two MX, DMARC and DKIM, four record sets with five values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine, rdata
from ansible_collections.postmaster.mail.tests.integration.providers.backend import (
    Backend,
    Ensure,
    Record,
    Sets,
    open_provider,
    text_of,
)

ZONE = "company-name.com"
TTL = 3600


# Sets as options state them: owner, type, and values, a TXT as the text that it is.
Content = list[tuple[str, str, list[str]]]


def content(zone: str, spf: str, mx: list[str], dmarc: str, key: str) -> Content:
    return [
        (zone, "TXT", [spf]),
        (zone, "MX", mx),
        (f"_dmarc.{zone}", "TXT", [dmarc]),
        (f"s1._domainkey.{zone}", "TXT", [f"v=DKIM1; k=rsa; p={key}"]),
    ]


def old(zone: str) -> list[Record]:
    """What is there at first."""
    mx = ["20 mx1.hoster.example.", "30 mx2.hoster.example."]
    spf = "v=spf1 include:_spf.google.com ~all"
    return records(content(zone, spf, mx, "v=DMARC1; p=none", "MIIBIjANBgkqhkiG9w0B" * 20))


def new(zone: str) -> list[Record]:
    """What it shall become; each of the sets differs."""
    return records(wanted(zone))


def wanted(zone: str) -> Content:
    mx = ["10 mx1.hoster.example.", "20 mx2.hoster.example."]
    spf = "v=spf1 include:_spf.odoo.com include:_spf.google.com ~all"
    return content(zone, spf, mx, "v=DMARC1; p=quarantine", "MIIBIjANBgkqhkiG9w0C" * 20)


def records(sets: Content) -> list[Record]:
    """The sets in master-file text, each TXT cut into strings of 255 octets."""
    return [
        (owner, rdtype, TTL, [rdata.txt(value.encode()).to_text() for value in values] if rdtype == "TXT" else values)
        for owner, rdtype, values in sets
    ]


def is_new(backend: Backend, zone: str) -> bool:
    there = _plain(backend.sets(zone))
    new_sets = _plain({(owner, rdtype): (ttl, frozenset(values)) for owner, rdtype, ttl, values in new(zone)})
    return all(there.get(key) == values for key, values in new_sets.items())


def _plain(sets: Sets) -> dict[tuple[str, str], set[str]]:
    return {
        (owner, rdtype): {_plain_text(value) if rdtype == "TXT" else value for value in values}
        for (owner, rdtype), (dummy, values) in sets.items()
    }


def _plain_text(value: str) -> str:
    """Some clients send a text without quotes, which OVH keeps as it is."""
    return text_of(value).decode() if value.startswith('"') else value


def desired(zone: str) -> tuple[Ensure, ...]:
    return tuple(
        Ensure(owner, rdtype, *(value.encode() if rdtype == "TXT" else value for value in values), ttl=TTL, only=True)
        for owner, rdtype, values in wanted(zone)
    )


def become_new(options: Mapping[str, Any], zones: Iterable[str], parallel: int = 16) -> bool:
    """Let our engine do it in a run of its own; whether something changed. Raises RuntimeError with what failed."""
    provider = open_provider(options)
    requests = [engine.Request(record_name(zone), provider, desired(zone)) for zone in zones]
    try:
        results = engine.run(requests, parallel=parallel).values()
    finally:
        provider.close()
    for result in results:
        if result.error:
            raise RuntimeError(result.error)
    return any(result.changed for result in results)
