# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated Google Cloud DNS as the provider suite sees it."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ansible_collections.postmaster.mail.tests.integration.providers.backend import Backend, Record, Sets
from ansible_collections.postmaster.mail.tests.servers.process import free_port
from ansible_collections.postmaster.mail.tests.simulators.google_cloud_dns import GoogleCloudDns
from ansible_collections.postmaster.mail.tests.simulators.google_cloud_dns_rules import Rrset

PROJECT = "company-dns"


class GoogleBackend(Backend):
    def __init__(self, simulator: GoogleCloudDns) -> None:
        self.simulator = simulator
        self.account = simulator.add_account(PROJECT)
        self.options = {
            "provider": "google_cloud_dns",
            "endpoint": simulator.endpoint,
            "service_account_json": self.account.json,
        }
        stranger = simulator.add_account("another-project")
        private_key = self.account.key["private_key"]
        self.wrong = [
            (self.with_key(client_email=f"nobody@{PROJECT}.iam.gserviceaccount.com"), private_key),
            (self.with_key(private_key_id="0123456789"), private_key),
            ({**self.options, "service_account_json": stranger.json, "project": PROJECT}, private_key),
        ]
        nowhere = f"http://127.0.0.1:{free_port()}"
        self.unreachable = {**self.with_key(token_uri=f"{nowhere}/token"), "endpoint": nowhere}

    def with_key(self, **fields: str) -> dict[str, str]:
        """The options with another key."""
        return {**self.options, "service_account_json": json.dumps({**self.account.key, **fields})}

    def put_zone(self, zone: str, records: Iterable[Record]) -> None:
        self.simulator.add_zone(PROJECT, zone)
        for owner, rdtype, ttl, values in records:
            self.simulator.put(PROJECT, zone, Rrset(f"{owner}.", rdtype, ttl, tuple(values)))

    def sets(self, zone: str) -> Sets:
        return {
            (rrset.name[:-1], rrset.type): (rrset.ttl, frozenset(rrset.rrdatas))
            for rrset in self.simulator.zone(PROJECT, zone).rrsets.values()
            if rrset.type != "SOA"
        }

    def put_aliases(self, zone: str) -> dict[str, bool]:
        self.simulator.put(PROJECT, zone, Rrset(f"{zone}.", "ALIAS", 300, ("web.hoster.example.",)))
        del self.simulator.zone(PROJECT, zone).rrsets[f"{zone}.", "A"]
        for owner, kind, value in (("near", "A", "192.0.2.20"), ("front", "CNAME", "web.hoster.example.")):
            policy = {"geo": {"items": [{"location": "europe-west1", "rrdatas": [value]}]}}
            self.simulator.put(PROJECT, zone, Rrset(f"{owner}.{zone}.", kind, 300, (), policy))
        return {"": False, "near": False, "front": True}

    def aliases(self, zone: str) -> list[Rrset]:
        sets = self.simulator.zone(PROJECT, zone).rrsets.values()
        return [rrset for rrset in sets if rrset.type == "ALIAS" or rrset.routing_policy]

    def writes(self, zone: str) -> int:
        return len(self.simulator.zone(PROJECT, zone).changes)

    def interfere(self, zone: str, name: str, rdtype: str, value: str) -> None:
        ttl, values = self.sets(zone).get((name, rdtype), (3600, frozenset()))
        self.simulator.put(PROJECT, zone, Rrset(f"{name}.", rdtype, ttl, (*sorted(values), value)))
