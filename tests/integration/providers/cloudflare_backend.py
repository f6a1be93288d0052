# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated Cloudflare as the provider suite sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine
from ansible_collections.postmaster.mail.plugins.module_utils.zone.intent import Intent
from ansible_collections.postmaster.mail.tests.integration.providers.backend import Backend, Record, Sets, open_provider
from ansible_collections.postmaster.mail.tests.servers.process import free_port
from ansible_collections.postmaster.mail.tests.simulators.cloudflare import CloudflareSimulator

TOKEN = "token-0123456789abcdef"


class CloudflareBackend(Backend):
    options: dict[str, Any]

    def __init__(self, simulator: CloudflareSimulator) -> None:
        self.simulator = simulator
        self.options = {
            "provider": "cloudflare",
            "endpoint": simulator.endpoint,
            "api_token": TOKEN,
            "rate_limit": 1000.0,
        }
        wrong = ["wrong-token-0123456789", "short"]
        self.wrong = [({**self.options, "api_token": token}, token) for token in wrong]
        self.unreachable = {**self.options, "endpoint": f"http://127.0.0.1:{free_port()}"}

    def put_zone(self, zone: str, records: Iterable[Record]) -> None:
        there = self.simulator.add_zone(zone)
        for owner, rdtype, ttl, values in records:
            for value in values:
                there.add(**as_record(owner, rdtype, value), ttl=ttl)

    def sets(self, zone: str) -> Sets:
        found: dict[tuple[str, str], tuple[int, set[str]]] = {}
        for record in self.simulator.zone(zone).listing():
            key, ttl = (record["name"], record["type"]), 300 if record["ttl"] == 1 else record["ttl"]
            least, values = found.get(key, (ttl, set()))
            found[key] = min(least, ttl), values | {as_text(record)}
        return {key: (ttl, frozenset(values)) for key, (ttl, values) in found.items()}

    def writes(self, zone: str) -> int:
        return self.simulator.zone(zone).writes

    def interfere(self, zone: str, name: str, rdtype: str, value: str) -> None:
        there = self.simulator.zone(zone).at(name, rdtype)
        ttl = there[0]["ttl"] if there else 3600
        self.simulator.zone(zone).add(**as_record(name, rdtype, value), ttl=ttl)


def as_record(owner: str, rdtype: str, value: str) -> dict[str, Any]:
    """A value in master-file text as the API takes it."""
    record: dict[str, Any] = {"name": owner, "type": rdtype}
    if rdtype == "MX":
        priority, host = value.split()
        return {**record, "priority": int(priority), "content": host}
    if rdtype == "SRV":
        priority, weight, port, target = value.split()
        return {
            **record,
            "data": {"priority": int(priority), "weight": int(weight), "port": int(port), "target": target},
        }
    if rdtype == "CAA":
        flags, tag, text = value.split(" ", 2)
        return {**record, "data": {"flags": int(flags), "tag": tag, "value": text.strip('"')}}
    return {**record, "content": value}


def as_text(record: Mapping[str, Any]) -> str:
    """The value of a record in master-file text."""
    kind, content = record["type"], str(record["content"])
    host = content if content == "." else f"{content}."
    if kind == "MX":
        return f"{record['priority']} {host}"
    if kind == "SRV":
        return " ".join([str(record["priority"]), *host.split("\t")])
    return host if kind in ("CNAME", "NS", "PTR") else content


def run(
    options: Mapping[str, Any], domain: str, *intents: Intent, check_mode: bool = False, **changed: Any
) -> tuple[engine.DomainResult, int]:
    """What becomes of a domain, and how many requests that took by the provider's own count."""
    provider = open_provider({**options, **changed})
    name = record_name(domain)
    try:
        result = engine.run([engine.Request(name, provider, intents)], check_mode=check_mode)[name]
        return result, provider.calls
    finally:
        provider.close()
