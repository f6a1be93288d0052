# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated GoDaddy as the provider suite sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine
from ansible_collections.postmaster.mail.plugins.module_utils.zone.intent import Intent
from ansible_collections.postmaster.mail.tests.integration.providers.backend import (
    Backend,
    Record,
    Sets,
    open_provider,
    text_of,
)
from ansible_collections.postmaster.mail.tests.servers.process import free_port
from ansible_collections.postmaster.mail.tests.simulators.godaddy import GoDaddySimulator

KEY, SECRET, TOKEN = "key-0123456789", "secret-0123456789", "pat-0123456789abcdef"


class GoDaddyBackend(Backend):
    keeps_spelling = False  # a value is one text

    def __init__(self, simulator: GoDaddySimulator) -> None:
        self.simulator = simulator
        simulator.quota = 100000
        common = {"provider": "godaddy", "endpoint": simulator.endpoint, "rate_limit": 1000.0}
        self.options = {**common, "api_key": KEY, "api_secret": SECRET}
        self.wrong = [
            ({**self.options, "api_secret": "another-secret"}, "another-secret"),
            ({**self.options, "api_key": "another-key"}, SECRET),
        ]
        self.unreachable = {**self.options, "endpoint": f"http://127.0.0.1:{free_port()}"}

    def put_zone(self, zone: str, records: Iterable[Record]) -> None:
        made = [
            as_record(zone, owner, rdtype, ttl, value) for owner, rdtype, ttl, values in records for value in values
        ]
        self.simulator.add_zone(zone, *made)

    def sets(self, zone: str) -> Sets:
        found: dict[tuple[str, str], tuple[int, frozenset[str]]] = {}
        for record in self.simulator.zones[zone].records:
            if record["type"] != "SOA":
                key = absolute(zone, record), record["type"]
                dummy, values = found.get(key, (0, frozenset()))
                found[key] = record["ttl"], values | {as_text(zone, record)}
        return found

    def put_aliases(self, zone: str) -> dict[str, bool]:
        there = self.simulator.zones[zone]
        there.records = [record for record in there.records if (record["type"], record["name"]) != ("A", "@")]
        for owner in ("@", "go"):  # forwarded to a web site
            there.records.append(
                there.checked({"type": "A", "name": owner, "data": "Parked", "ttl": 600}, strict=False)
            )
        return {"": False, "go": False}

    def aliases(self, zone: str) -> list[dict[str, Any]]:
        return [record for record in self.simulator.zones[zone].records if record["data"] == "Parked"]

    def writes(self, zone: str) -> int:
        return self.simulator.zones[zone].writes

    def writes_of(self, sets: int) -> int:
        return 2 if "api_key" in self.options else sets  # what is added is one write, and one set is deleted

    def interfere(self, zone: str, name: str, rdtype: str, value: str) -> None:
        there = self.simulator.zones[zone]
        beside = [
            record["ttl"] for record in there.records if (absolute(zone, record), record["type"]) == (name, rdtype)
        ]
        there.records.append(there.checked(as_record(zone, name, rdtype, beside[0] if beside else 3600, value)))

    def holds(self, value: bytes) -> bool:
        plain = value.isascii() and value.decode().isprintable() and value == value.strip()
        return plain and value != b"" and not value[:1] == value[-1:] == b'"'


class GoDaddyTokenBackend(GoDaddyBackend):
    """By the newer API, which knows single records."""

    def __init__(self, simulator: GoDaddySimulator) -> None:
        super().__init__(simulator)
        self.options = {
            "provider": "godaddy",
            "endpoint": simulator.endpoint,
            "rate_limit": 1000.0,
            "access_token": TOKEN,
        }
        self.wrong = [({**self.options, "access_token": "another-token"}, "another-token")]
        self.unreachable = {**self.options, "endpoint": f"http://127.0.0.1:{free_port()}"}

    def holds(self, value: bytes) -> bool:
        return super().holds(value) and len(value) <= 512


def as_record(zone: str, owner: str, rdtype: str, ttl: int, value: str) -> dict[str, Any]:
    """A value in master-file text as GoDaddy keeps it."""
    labels = owner[: -len(zone)].rstrip(".").split(".") if owner != zone else []
    record: dict[str, Any] = {"type": rdtype, "ttl": max(ttl, 600)}
    if rdtype == "SRV":
        priority, weight, port, value = value.split()
        record.update(priority=int(priority), weight=int(weight), port=int(port))
        record.update(service=labels.pop(0), protocol=labels.pop(0))
    if rdtype == "MX":
        priority, value = value.split()
        record["priority"] = int(priority)
    if rdtype == "CAA":
        flag, record["tag"], value = value.split(" ", 2)
        record["flag"], value = int(flag), value.strip('"')
    if rdtype == "TXT":
        value = text_of(value).decode("latin-1")
    return {**record, "name": ".".join(labels) or "@", "data": value.rstrip(".") if rdtype != "TXT" else value}


def absolute(zone: str, record: Mapping[str, Any]) -> str:
    labels = [record[field] for field in ("service", "protocol") if field in record]
    return ".".join([*labels, *([] if record["name"] == "@" else [record["name"]]), zone])


def as_text(zone: str, record: Mapping[str, Any]) -> str:
    """The value of a record in master-file text."""
    kind, data = record["type"], str(record["data"])
    if kind == "TXT":
        escaped = "".join(
            f"\\{ord(character):03d}"
            if not character.isascii()
            else f"\\{character}"
            if character in '"\\'
            else character
            for character in data
        )
        return f'"{escaped}"'
    if kind == "CAA":
        return f'{record["flag"]} {record["tag"]} "{data}"'
    host = f"{zone}." if data == "@" else f"{data}."
    if kind == "SRV":
        return f"{record['priority']} {record['weight']} {record['port']} {host}"
    if kind == "MX":
        return f"{record['priority']} {host}"
    return host if kind in ("CNAME", "NS") else data


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
