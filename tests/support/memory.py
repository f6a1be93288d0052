# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A provider with zones in memory, to test the engine's promises without a server."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import dns.name
import dns.rdatatype

from ansible_collections.postmaster.mail.plugins.module_utils.errors import PostmasterError, ProviderError, ZoneChanged
from ansible_collections.postmaster.mail.plugins.module_utils.intents import build
from ansible_collections.postmaster.mail.plugins.module_utils.zone.engine import DomainResult, Request, run
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Key, RecordSet, Snapshot, Zone
from ansible_collections.postmaster.mail.plugins.module_utils.zone.plan import Plan
from ansible_collections.postmaster.mail.plugins.module_utils.zone.provider import Facts, Provider, enclosing
from ansible_collections.postmaster.mail.plugins.module_utils.zone.rdata import from_presentation

Content = dict[Key, RecordSet]

GOOGLE = """
company-name.com 300 TXT "v=spf1 include:_spf.google.com ~all"
company-name.com 300 TXT "google-site-verification=abc"
company-name.com 3600 MX 1 smtp.google.com.
www.company-name.com 60 A 192.0.2.80
"""
ODOO: dict[str, Any] = {
    "spf": {"include": ["_spf.odoo.com"]},
    "dkim": [{"selector": "odoo", "cname": "odoo._domainkey.odoo.com"}],
    "dmarc": {"policy": "none"},
}


class Memory(Provider):
    """Zones in a dict. ``guarded``: a write is refused if the zone changed since it was read."""

    facts = Facts(title="the memory", one_server=True, default_ttl=3600)

    def __init__(self, zones: Mapping[str, str], guarded: bool = True, **settings: Any) -> None:
        super().__init__(settings)
        self.zones: dict[dns.name.Name, Content] = {name(zone): parse(text) for zone, text in zones.items()}
        self.reads: list[str] = []
        self.writes: list[str] = []
        self.before_write: Callable[[Memory], None] = lambda memory: None
        self.after_write: Callable[[Memory], None] = lambda memory: None
        self.refuse_to_read: dict[str, PostmasterError] = {}
        self.refuse_to_write: dict[str, PostmasterError] = {}
        self.faults: dict[str, Exception] = {}
        self.lists_all = True
        if not guarded:
            self.facts = dataclasses.replace(self.facts, reads_back=True)
        self._guarded = guarded

    def find_zones(self, names: Iterable[dns.name.Name]) -> Mapping[dns.name.Name, Zone | ProviderError]:
        known = {zone: Zone(zone) for zone in self.zones}
        return {**(known if self.lists_all else {}), **{name: self._closest(name, known) for name in names}}

    def _closest(self, name: dns.name.Name, known: Mapping[dns.name.Name, Zone]) -> Zone | ProviderError:
        return enclosing(name, known) or self.no_zone(name)

    def get_zone(self, zone: dns.name.Name) -> Zone:
        if zone not in self.zones:
            raise self.no_zone(zone)
        return Zone(zone)

    def read(self, zone: Zone, keys: frozenset[Key]) -> Snapshot:
        self.count_call()
        self.reads.append(str(zone))
        if str(zone) in self.faults:
            raise self.faults[str(zone)]
        if str(zone) in self.refuse_to_read:
            raise self.refuse_to_read[str(zone)]
        content = self.zones[zone.name]
        return Snapshot(zone, content.values(), read_only=self.settings.get("read_only", ""), handle=dict(content))

    def apply(self, plan: Plan) -> None:
        self.count_call()
        self.before_write(self)
        if str(plan.zone) in self.refuse_to_write:
            raise self.refuse_to_write[str(plan.zone)]
        if self._guarded and plan.snapshot.handle != self.zones[plan.zone.name]:
            raise ZoneChanged(f"{plan.zone}: another program changed the zone at the same moment.")
        self.writes.append(str(plan.zone))
        content = dict(self.zones[plan.zone.name])
        for change in plan.changes:
            content.pop(change.record_set.key, None)
            if change.after is not None:
                content[change.after.key] = change.after
        self.zones[plan.zone.name] = content
        self.after_write(self)

    def text(self, zone: str) -> list[str]:
        """The zone as sorted lines of ``name TTL TYPE value``."""
        return sorted(
            f"{s.name.to_text(True)} {s.ttl} {dns.rdatatype.to_text(s.rdtype)} {value.to_text()}"
            for s in self.zones[name(zone)].values()
            for value in s.values
        )


def name(text: str) -> dns.name.Name:
    return dns.name.from_text(text)


def parse(text: str) -> Content:
    """Record sets from lines of ``name TTL TYPE value``."""
    content: Content = {}
    for line in text.strip().splitlines():
        owner, ttl, mnemonic, value = line.split(None, 3)
        rdtype = dns.rdatatype.from_text(mnemonic)
        key = (name(owner), rdtype)
        rdata = from_presentation(rdtype, value)
        there = content.get(key)
        content[key] = RecordSet(*key, (*(there.values if there else ()), rdata), int(ttl))
    return content


def run_items(provider: Memory, *items: Mapping[str, Any], **options: Any) -> dict[str, DomainResult]:
    """The results, by domain, of items for ``domain_records``."""
    requests = [
        Request(
            name(item["domain"]),
            provider,
            tuple(build.domain_intents(item)),
            name(item["zone"]) if item.get("zone") else None,
        )
        for item in items
    ]
    return {domain.to_text(True): result for domain, result in run(requests, **options).items()}
