# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Knot DNS, ``knotd``, from the Debian package knot."""

from __future__ import annotations

import signal
from collections.abc import Iterable

from ansible_collections.postmaster.mail.tests.servers.dns_server import KEY_ALGORITHM, DnsServer
from ansible_collections.postmaster.mail.tests.servers.process import program


class Knot(DnsServer):
    def command(self) -> list[str]:
        return [program("knotd", "knot"), "-c", str(self.directory / "knot.conf")]

    def configure(self) -> None:
        # without its folder every later update would be answered with SERVFAIL
        (self.directory / "database").mkdir(exist_ok=True)
        for name in self.zones:
            self._write_zone(name)
        self._write_configuration()

    def install_zones(self, names: Iterable[str]) -> None:
        for name in names:
            self._write_zone(name)
        self._write_configuration()
        assert self.process is not None
        self.process.signal(signal.SIGHUP)

    def _write_zone(self, name: str) -> None:
        (self.directory / f"{name}.zone").write_text(self.zones[name], "utf-8")

    def _write_configuration(self) -> None:
        keys = "".join(
            f"  - id: {name}\n    algorithm: {KEY_ALGORITHM}\n    secret: {secret}\n"
            for name, secret in self.keys.items()
        )
        zones = "".join(f"  - domain: {name}\n    file: {name}.zone\n    acl: key_holders\n" for name in self.zones)
        text = (
            "server:\n"
            f"    rundir: {self.directory}\n"
            f"    listen: {self.host}@{self.port}\n"
            "    background-workers: 1\n"
            "    udp-workers: 1\n"
            "    tcp-workers: 1\n"
            "log:\n"
            "  - target: stderr\n"
            "    any: info\n"
            "database:\n"
            f"    storage: {self.directory / 'database'}\n"
            f"key:\n{keys}"
            "acl:\n"
            "  - id: key_holders\n"
            f"    key: [{', '.join(self.keys)}]\n"
            f"    action: [{'update, transfer' if self.transfer else 'update'}]\n"
            "template:\n"
            "  - id: default\n"
            f"    storage: {self.directory}\n"
        )
        if zones:
            text += f"zone:\n{zones}"
        (self.directory / "knot.conf").write_text(text, "utf-8")
