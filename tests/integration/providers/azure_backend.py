# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated Azure DNS as the provider suite sees it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.postmaster.mail.tests.integration.providers.backend import Backend, Record, Sets
from ansible_collections.postmaster.mail.tests.servers.process import free_port
from ansible_collections.postmaster.mail.tests.simulators.azure_dns import AzureDns
from ansible_collections.postmaster.mail.tests.simulators.azure_dns_rules import as_properties, as_texts

GROUP = "mail-dns"


class AzureBackend(Backend):
    def __init__(self, simulator: AzureDns) -> None:
        self.simulator = simulator
        self.principal = simulator.add_principal()
        simulator.add_group(self.principal.subscription_id, GROUP)
        self.options = {
            "provider": "azure_dns",
            "endpoint": simulator.endpoint,
            "authority": simulator.endpoint,
            "subscription_id": self.principal.subscription_id,
            "resource_group": GROUP,
            "tenant_id": self.principal.tenant_id,
            "client_id": self.principal.client_id,
            "client_secret": self.principal.client_secret,
        }
        self.wrong = [
            ({**self.options, "client_secret": "wrong-client-secret"}, "wrong-client-secret"),
            ({**self.options, "client_id": "no-such-client"}, self.principal.client_secret),
            ({**self.options, "tenant_id": "no-such-tenant"}, self.principal.client_secret),
        ]
        nowhere = f"http://127.0.0.1:{free_port()}"
        self.unreachable = {**self.options, "endpoint": nowhere, "authority": nowhere}

    def put_zone(self, zone: str, records: Iterable[Record]) -> None:
        there = self.simulator.add_zone(self.principal.subscription_id, GROUP, zone)
        for owner, rdtype, ttl, values in records:
            there.put(relative(owner, zone), rdtype, as_properties(rdtype, ttl, values))

    def sets(self, zone: str) -> Sets:
        return {
            (zone if name == "@" else f"{name}.{zone}", kind): (
                item["properties"]["TTL"],
                as_texts(kind, item["properties"]),
            )
            for (name, kind), item in self.simulator.zone(zone).sets.items()
            if kind != "SOA"
        }

    def writes(self, zone: str) -> int:
        return self.simulator.zone(zone).writes

    def interfere(self, zone: str, name: str, rdtype: str, value: str) -> None:
        ttl, values = self.sets(zone).get((name, rdtype), (3600, frozenset()))
        properties = as_properties(rdtype, ttl, [*sorted(values), value])
        with self.simulator.lock:
            self.simulator.zone(zone).put(relative(name, zone), rdtype, properties)

    def put_aliases(self, zone: str) -> dict[str, bool]:
        target = {"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Cdn/profiles/web"}
        for owner, kind in (("@", "A"), ("www6", "AAAA"), ("front", "CNAME")):
            self.simulator.zone(zone).put(owner, kind, {"TTL": 300, "targetResource": target})
        return {"": False, "www6": False, "front": True}

    def aliases(self, zone: str) -> list[Any]:
        return [item for item in self.simulator.zone(zone).sets.values() if item["properties"].get("targetResource")]

    def writes_of_one_change(self) -> int:
        return 4  # the suite's plan has four sets, and each is written by itself


def relative(name: str, zone: str) -> str:
    return "@" if name == zone else name[: -len(zone) - 1]
