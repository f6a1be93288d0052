# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A zone on a real name server as dig and nsupdate see it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable

from ansible_collections.postmaster.mail.tests.integration.providers.backend import Backend, Record, Sets
from ansible_collections.postmaster.mail.tests.servers.dns_server import DnsServer, new_secret
from ansible_collections.postmaster.mail.tests.servers.powerdns import PowerDns
from ansible_collections.postmaster.mail.tests.servers.process import free_port


class DnsBackend(Backend):
    """A server that takes dynamic updates and transfers its zones to the holder of its key."""

    zones_hide = True

    def __init__(self, server: DnsServer, dig_signs: bool = True) -> None:
        self.server = server
        self._dig_signs = dig_signs
        self.options = {
            "provider": "rfc2136",
            "server": server.host,
            "port": server.port,
            "key_name": server.key_name,
            "key_secret": server.key_secret,
        }
        other = new_secret()
        self.wrong = [
            ({**self.options, "key_secret": other}, other),
            ({**self.options, "key_name": "stranger", "key_secret": other}, other),
            ({**self.options, "key_algorithm": "hmac-sha512"}, server.key_secret),
        ]
        self.unreachable = {**self.options, "port": free_port()}

    def put_zone(self, zone: str, records: Iterable[Record]) -> None:
        self.server.add_zone(zone, master_lines(records))

    def sets(self, zone: str) -> Sets:
        return transferred(self.server, zone, self._dig_signs)

    def writes(self, zone: str) -> int:
        serial = self.server.serial(zone)
        # PowerDNS counts the writes of a day behind its date
        return serial % 100 if serial > 1 and isinstance(self.server, PowerDns) else serial - 1

    def interfere(self, zone: str, name: str, rdtype: str, value: str) -> None:
        nsupdate(self.server, zone, f"update add {name}. 3600 {rdtype} {value}")


def master_lines(records: Iterable[Record]) -> str:
    return "\n".join(
        f"{owner}. {ttl} IN {rdtype} {value}" for owner, rdtype, ttl, values in records for value in values
    )


def transferred(server: DnsServer, zone: str, signed: bool = True) -> Sets:
    """The record sets of a zone by ``dig AXFR``."""
    return all_transferred(server, [zone], signed)[zone]


def all_transferred(server: DnsServer, zones: Iterable[str], signed: bool = True) -> dict[str, Sets]:
    """The record sets of each of these zones."""
    key = ["-y", f"{server.key_algorithm}:{server.key_name}:{server.key_secret}"] if signed else []
    command = ["dig", f"@{server.host}", "-p", str(server.port), *key, "+noall", "+answer"]
    questions = [word for zone in zones for word in (zone, "AXFR", "+noall", "+answer")]
    output = subprocess.run([*command, *questions], capture_output=True, text=True, check=True, timeout=60).stdout
    found = {}
    for part in re.split(r"(?m)^(?=\S+\s+\d+\s+IN\s+SOA\s)", output)[1::2]:  # each begins and ends with the SOA
        found[part.split(None, 1)[0].rstrip(".").lower()] = read_lines(part)
    for zone in zones:
        assert found.get(zone), f"dig could not transfer {zone}: {output}"
    return found


def read_lines(output: str) -> Sets:
    """The record sets, without the SOA, of lines with a record each."""
    found: dict[tuple[str, str], tuple[int, set[str]]] = {}
    for line in output.splitlines():
        if not line or line.startswith(";"):
            continue
        owner, ttl, dummy, rdtype, value = line.split(None, 4)
        if rdtype != "SOA":
            found.setdefault((owner.rstrip(".").lower(), rdtype), (int(ttl), set()))[1].add(value)
    return {key: (ttl, frozenset(values)) for key, (ttl, values) in found.items()}


def nsupdate(server: DnsServer, zone: str, *lines: str) -> None:
    """A dynamic update by BIND's own client."""
    script = "\n".join(
        [
            f"server {server.host} {server.port}",
            f"key {server.key_algorithm}:{server.key_name} {server.key_secret}",
            f"zone {zone}.",
            *lines,
            "send",
            "",
        ]
    )
    subprocess.run(["nsupdate", "-v"], input=script, text=True, check=True, capture_output=True, timeout=20)
