# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated OVH as the shared provider suite sees it."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.postmaster.mail.plugins.module_utils.zone import rdata
from ansible_collections.postmaster.mail.tests.integration.providers.backend import Backend, Record, Sets
from ansible_collections.postmaster.mail.tests.servers.process import HOST, free_port
from ansible_collections.postmaster.mail.tests.simulators.ovh import OvhApi
from ansible_collections.postmaster.mail.tests.simulators.ovh_rules import DEFAULT_TTL, NATIVE


class OvhBackend(Backend):
    def __init__(self, api: OvhApi) -> None:
        self.api = api
        self.options = {
            "provider": "ovh",
            "endpoint": api.endpoint,
            "application_key": api.application_key,
            "application_secret": api.application_secret,
            "consumer_key": api.consumer_key,
            "rate_limit": 1000.0,
        }
        self.wrong = [
            ({**self.options, name: "wrong-secret-1"}, "wrong-secret-1")
            for name in ("application_key", "application_secret", "consumer_key")
        ]
        self.unreachable = {**self.options, "endpoint": f"http://{HOST}:{free_port()}/1.0"}

    def put_zone(self, zone: str, records: Iterable[Record]) -> None:
        self.api.add_zone(
            zone,
            [(sub(owner, zone), rdtype, ttl, value) for owner, rdtype, ttl, values in records for value in values],
        )

    def sets(self, zone: str) -> Sets:
        """What is served."""
        found: dict[tuple[str, str], tuple[int, set[str]]] = {}
        for record in self.api.zones[zone].served.values():
            kind, target, ttl = record["fieldType"], record["target"], record["ttl"] or DEFAULT_TTL
            if kind in NATIVE:
                kind, target = "TXT", rdata.txt(target.encode()).to_text()
            owner = f"{record['subDomain']}.{zone}".lstrip(".")
            least, values = found.get((owner, kind), (ttl, set()))
            found[owner, kind] = min(least, ttl), values | {target}
        return {key: (ttl, frozenset(values)) for key, (ttl, values) in found.items()}

    def writes(self, zone: str) -> int:
        return self.api.zones[zone].refreshes

    def interfere(self, zone: str, name: str, rdtype: str, value: str) -> None:
        self.api.add(zone, sub(name, zone), rdtype, 0, value)


def sub(name: str, zone: str) -> str:
    return name.removesuffix(zone).rstrip(".")
