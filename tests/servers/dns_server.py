# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The common part of the authoritative test servers: zones, TSIG keys, and an independent view of the zones."""

from __future__ import annotations

import abc
import base64
import functools
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.tsigkeyring
import dns.update
import dns.xfr
import dns.zone

from ansible_collections.postmaster.mail.tests.servers.process import HOST, Process, ServerFailed, free_port, wait_until

KEY_ALGORITHM = "hmac-sha256"
START_ATTEMPTS = 3


def new_secret() -> str:
    """A TSIG secret in base64, as every server expects it."""
    return base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def zone_text(name: str, records: str = "", serial: int = 1) -> str:
    """A complete master file: SOA, one name server with its address, and the given records (relative to the zone)."""
    origin = name.rstrip(".") + "."
    # servers reject host names such as ns1._dmarc.company-name.com (RFC 952)
    hosts, address = (".hoster.example.", "") if "_" in name else ("", "ns1 IN A 192.0.2.1\n")
    return (
        f"$ORIGIN {origin}\n"
        "$TTL 3600\n"
        f"@ IN SOA ns1{hosts} hostmaster{hosts} {serial} 7200 3600 1209600 300\n"
        f"@ IN NS ns1{hosts}\n"
        f"{address}"
        f"{records.strip()}\n"
    )


class DnsServer(abc.ABC):
    """An authoritative server with dynamic update and zone transfer for holders of a TSIG key.

    Subclasses implement ``configure``, ``command`` and ``install_zones``.
    """

    host = HOST
    key_algorithm = KEY_ALGORITHM

    def __init__(
        self,
        directory: Path,
        zones: Mapping[str, str] | None = None,
        keys: Mapping[str, str] | None = None,
        transfer: bool = True,
    ) -> None:
        """``directory``: an empty folder of its own.

        :param zones: zone name to master file text; see ``zone_text``.
        :param keys: TSIG key name to base64 secret; by default one is generated.
        :param transfer: whether holders of a key may transfer zones (AXFR).
        """
        self.directory = directory
        self.zones = {name.rstrip("."): text for name, text in (zones or {}).items()}
        self.keys = dict(keys) if keys is not None else {"postmaster": new_secret()}
        self.transfer = transfer
        self.port = 0
        self.process: Process | None = None

    # For subclasses

    @abc.abstractmethod
    def configure(self) -> None:
        """Write the configuration for ``self.port`` and all of ``self.zones``."""

    @abc.abstractmethod
    def command(self) -> list[str]:
        """The command that runs it in the foreground. Raises NotInstalled."""

    @abc.abstractmethod
    def install_zones(self, names: Iterable[str]) -> None:
        """Make the running server load these of ``self.zones``."""

    def is_up(self) -> bool:
        return all(self.has_zone(name) for name in list(self.zones)[:1]) if self.zones else self.is_answering()

    # Life

    def start(self) -> DnsServer:
        command = self.command()
        self.directory.mkdir(parents=True, exist_ok=True)
        for attempt in range(1, START_ATTEMPTS + 1):
            self.port = free_port()
            self.configure()
            self.process = Process(command, self.directory, self.directory / "server.log")
            try:
                self.process.await_ready(self.is_up)
            except ServerFailed:
                if attempt == START_ATTEMPTS:
                    raise
            else:
                break
        return self

    def stop(self) -> None:
        if self.process is not None:
            self.process.stop()

    def __enter__(self) -> Any:
        return self.start()

    def __exit__(self, *dummy: object) -> None:
        self.stop()

    # Zones

    def add_zone(self, name: str, records: str = "", text: str | None = None) -> str:
        """Add a zone at run time, with the given records or the whole ``text``; returns its name."""
        name = name.rstrip(".")
        self.add_zones({name: zone_text(name, records) if text is None else text})
        return name

    def add_zones(self, texts: Mapping[str, str]) -> None:
        """Add many zones at once, each as a complete master file."""
        self.zones.update(texts)
        self.install_zones(texts)
        for name in texts:
            if not wait_until(functools.partial(self.has_zone, name)):
                raise ServerFailed(f"{name} is not served:\n{self.process.log_end() if self.process else ''}")

    def has_zone(self, name: str) -> bool:
        try:
            return bool(self.ask(name, "SOA").answer)
        except (dns.exception.DNSException, OSError):
            return False

    def is_answering(self) -> bool:
        try:
            self.ask(".", "SOA")
        except (dns.exception.DNSException, OSError):
            return False
        return True

    # The zones as seen from outside

    @property
    def key_name(self) -> str:
        return next(iter(self.keys))

    @property
    def key_secret(self) -> str:
        return self.keys[self.key_name]

    def ask(self, name: str, rdtype: str) -> dns.message.Message:
        query = dns.message.make_query(name, rdtype)
        query.flags &= ~dns.flags.RD
        return dns.query.tcp(query, self.host, timeout=5, port=self.port)

    def records(self, name: str, rdtype: str) -> list[str]:
        """The values of a record set in master-file form, sorted; empty if there is none."""
        answer = self.ask(name, rdtype).answer
        wanted = dns.rdatatype.from_text(rdtype)
        return sorted(rdata.to_text() for rrset in answer if rrset.rdtype == wanted for rdata in rrset)

    def serial(self, zone: str) -> int:
        return int(self.records(zone, "SOA")[0].split()[2])

    def zone_text(self, zone: str) -> str:
        """The whole zone as served, in master-file form with absolute names, sorted; by transfer with our key."""
        content = dns.zone.Zone(zone.rstrip(".") + ".", relativize=False)
        query, dummy = dns.xfr.make_query(
            content, keyring=self._keyring(), keyname=dns.name.from_text(self.key_name), keyalgorithm=KEY_ALGORITHM
        )
        dns.query.inbound_xfr(self.host, content, query, port=self.port, timeout=5, lifetime=10)
        return content.to_text(sorted=True, relativize=False)

    def update(
        self,
        zone: str,
        replace: Iterable[tuple[str, int, str, str]] = (),
        delete: Iterable[tuple[str, str]] = (),
        key: tuple[str, str] | None = None,
    ) -> str:
        """A dynamic update by others: sets ``(name, ttl, type, value)`` and ``(name, type)``; returns the rcode."""
        name, secret = key or (self.key_name, self.key_secret)
        message = dns.update.UpdateMessage(
            zone,
            keyring=dns.tsigkeyring.from_text({name: secret}),
            keyname=dns.name.from_text(name),
            keyalgorithm=KEY_ALGORITHM,
        )
        for owner, rdtype in delete:
            message.delete(dns.name.from_text(owner), rdtype)
        for owner, ttl, rdtype, value in replace:
            message.replace(dns.name.from_text(owner), ttl, rdtype, value)
        return dns.rcode.to_text(dns.query.tcp(message, self.host, timeout=5, port=self.port).rcode())

    def _keyring(self) -> Any:
        return dns.tsigkeyring.from_text({self.key_name: self.key_secret})
