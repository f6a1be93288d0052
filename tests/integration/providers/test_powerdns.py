# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""C(powerdns) against PowerDNS with its SQLite backend."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from ansible_collections.postmaster.mail.tests.integration.providers.suite import Backend, ProviderSuite, Record, Sets
from ansible_collections.postmaster.mail.tests.servers.powerdns import PowerDns
from ansible_collections.postmaster.mail.tests.servers.process import free_port


class PowerDnsBackend(Backend):
    def __init__(self, server: PowerDns) -> None:
        self.server = server
        self.options = {"provider": "powerdns", "endpoint": server.endpoint, "api_key": server.api_key}
        self.wrong = [({**self.options, "api_key": "wrong-api-key"}, "wrong-api-key")]
        self.unreachable = {**self.options, "endpoint": f"http://{server.host}:{free_port()}"}

    def put_zone(self, zone: str, records: Iterable[Record]) -> None:
        own = [
            (zone, "SOA", 3600, [f"ns1.{zone}. hostmaster.{zone}. 1 7200 3600 1209600 300"]),
            (zone, "NS", 3600, [f"ns1.{zone}."]),
            (f"ns1.{zone}", "A", 3600, ["192.0.2.1"]),
        ]
        rrsets = [rrset(*record) for record in (*own, *records)]
        # the serial then counts the writes
        self.server.api(
            "POST", "/zones", {"name": f"{zone}.", "kind": "Native", "soa_edit_api": "INCREASE", "rrsets": rrsets}
        )

    def sets(self, zone: str) -> Sets:
        return {
            (there["name"].rstrip("."), there["type"]): (
                there["ttl"],
                frozenset(record["content"] for record in there["records"]),
            )
            for there in self.rrsets(zone)
            if there["type"] != "SOA"
        }

    def rrsets(self, zone: str) -> list[dict]:
        return self.server.api("GET", f"/zones/{zone}.")["rrsets"]

    def writes(self, zone: str) -> int:
        return self.server.serial(zone)

    def interfere(self, zone: str, name: str, rdtype: str, value: str) -> None:
        there = self.sets(zone).get((name, rdtype), (3600, frozenset()))
        change = {**rrset(name, rdtype, there[0], [*there[1], value]), "changetype": "REPLACE"}
        self.server.api("PATCH", f"/zones/{zone}.", {"rrsets": [change]})


def rrset(name: str, rdtype: str, ttl: int, values: Iterable[str]) -> dict:
    records = [{"content": value, "disabled": False} for value in values]
    return {"name": f"{name}.", "type": rdtype, "ttl": ttl, "records": records}


class TestPowerDns(ProviderSuite):
    @pytest.fixture
    def backend(self, powerdns: PowerDns) -> PowerDnsBackend:
        return PowerDnsBackend(powerdns)
