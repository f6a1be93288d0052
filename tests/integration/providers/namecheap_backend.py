# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated Namecheap as the provider suite sees it."""

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
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.servers.process import free_port
from ansible_collections.postmaster.mail.tests.simulators.namecheap import NamecheapSimulator

USER, KEY, ADDRESS = "company", "0123456789abcdef0123456789abcdef", "192.0.2.1"


class NamecheapBackend(Backend):
    """``nameserver`` is the public DNS, in which hidden records are looked for."""

    keeps_spelling = False  # a value is one text

    replaces_whole_zones = True

    def __init__(self, simulator: NamecheapSimulator, nameserver: Nameserver) -> None:
        self.simulator = simulator
        self.nameserver = nameserver
        simulator.quota = 100000
        self.options = {
            "provider": "namecheap",
            "endpoint": simulator.endpoint,
            "rate_limit": 1000.0,
            "api_user": USER,
            "api_key": KEY,
            "client_ip": ADDRESS,
            "nameservers": [f"{nameserver.host}:{nameserver.port}"],
        }
        another = "fedcba9876543210fedcba9876543210"
        self.wrong = [
            ({**self.options, "api_key": another}, another),
            ({**self.options, "api_user": "stranger"}, KEY),
            ({**self.options, "client_ip": "198.51.100.7"}, KEY),
        ]
        self.unreachable = {**self.options, "endpoint": f"http://127.0.0.1:{free_port()}"}

    def put_zone(self, zone: str, records: Iterable[Record]) -> None:
        made = self.simulator.add_zone(zone)
        self.nameserver.set_zone(zone)
        for owner, rdtype, ttl, values in records:
            for value in values:
                # the API knows neither SRV nor texts with quotes or other than ASCII
                if rdtype != "SRV" and (rdtype != "TXT" or self.holds(text_of(value))):
                    made.add(**as_host(zone, owner, rdtype, value), ttl=ttl)
        if any(host["Type"] == "MX" for host in made.hosts):
            made.email_type = "MX"

    def sets(self, zone: str) -> Sets:
        found: dict[tuple[str, str], tuple[int, frozenset[str]]] = {}
        for host in self.simulator.zones[zone].hosts:
            key = (f"{host['Name']}.{zone}" if host["Name"] != "@" else zone), host["Type"]
            dummy, values = found.get(key, (0, frozenset()))
            found[key] = int(host["TTL"]), values | {as_text(host)}
        return found

    def put_aliases(self, zone: str) -> dict[str, bool]:
        kinds = {"ALIAS": "web.hoster.example.", "URL": "https://h.example/", "URL301": "https://h.example/?a=1&b=2"}
        kinds["FRAME"] = "https://h.example/"
        there = self.simulator.zones[zone]
        there.hosts = [host for host in there.hosts if (host["Name"], host["Type"]) != ("@", "A")]
        for kind, address in kinds.items():
            there.add("@" if kind == "ALIAS" else kind.lower(), kind, address)
        return {"" if kind == "ALIAS" else kind.lower(): False for kind in kinds}

    def aliases(self, zone: str) -> list[dict[str, str]]:
        own = ("ALIAS", "URL", "URL301", "FRAME")
        return [{**host, "HostId": ""} for host in self.simulator.zones[zone].hosts if host["Type"] in own]

    def writes(self, zone: str) -> int:
        return self.simulator.zones[zone].writes

    def interfere(self, zone: str, name: str, rdtype: str, value: str) -> None:
        there = self.simulator.zones[zone]
        beside = [ttl for (owner, kind), (ttl, dummy) in self.sets(zone).items() if (owner, kind) == (name, rdtype)]
        there.add(**as_host(zone, name, rdtype, value), ttl=beside[0] if beside else 3600)

    def holds(self, value: bytes) -> bool:
        return value != b"" and value.isascii() and value.decode().isprintable() and b'"' not in value


def as_host(zone: str, owner: str, rdtype: str, value: str) -> dict[str, Any]:
    """A value in master-file text as Namecheap keeps it."""
    host: dict[str, Any] = {"name": owner[: -len(zone)].rstrip(".") or "@", "kind": rdtype, "address": value}
    if rdtype == "MX":
        preference, host["address"] = value.split()
        host["preference"] = int(preference)
    if rdtype == "TXT":
        host["address"] = text_of(value).decode("ascii")
    return host


def as_text(host: Mapping[str, str]) -> str:
    """The value of a host in master-file text."""
    if host["Type"] == "TXT":
        escaped = host["Address"].replace("\\", "\\\\")
        return f'"{escaped}"'
    return f"{host['MXPref']} {host['Address']}" if host["Type"] == "MX" else host["Address"]


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
