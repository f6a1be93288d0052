# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""BIND 9, ``named``, from the Debian package bind9."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterable, Mapping
from pathlib import Path

from ansible_collections.postmaster.mail.tests.servers.dns_server import KEY_ALGORITHM, DnsServer
from ansible_collections.postmaster.mail.tests.servers.process import program

APPARMOR = Path("/sys/module/apparmor/parameters/enabled")


class Bind(DnsServer):
    """``check_integrity=False``: allow an MX to a host of the zone without an address, unlike BIND's default."""

    def __init__(
        self,
        directory: Path,
        zones: Mapping[str, str] | None = None,
        keys: Mapping[str, str] | None = None,
        transfer: bool = True,
        check_integrity: bool = True,
    ) -> None:
        super().__init__(directory, zones, keys, transfer)
        self.check_integrity = check_integrity

    def command(self) -> list[str]:
        named = program("named", "bind9")
        if APPARMOR.exists() and APPARMOR.read_text("ascii").startswith("Y"):
            # Debian's AppArmor profile restricts /usr/sbin/named to its own folders; a copy has no profile
            self.directory.mkdir(parents=True, exist_ok=True)
            named = shutil.copy(named, str(self.directory / "named"))
        return [named, "-g", "-4", "-n", "1", "-c", str(self.directory / "named.conf")]

    def configure(self) -> None:
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
        granted = "; ".join(f"key {name}" for name in self.keys)
        parts = [
            f'key "{name}" {{ algorithm {KEY_ALGORITHM}; secret "{secret}"; }};\n' for name, secret in self.keys.items()
        ]
        parts.append(
            "options {\n"
            f'  directory "{self.directory}";\n'
            f"  listen-on port {self.port} {{ {self.host}; }};\n"
            "  listen-on-v6 { none; };\n"
            '  pid-file "named.pid";\n'
            '  session-keyfile "session.key";\n'
            "  recursion no;\n"
            "  transfers-out 200;\n"  # many tests read at once
            "  dnssec-validation no;\n"
            "  notify no;\n"
            f"  allow-transfer {{ {granted if self.transfer else 'none'}; }};\n"
            f"  check-integrity {'yes' if self.check_integrity else 'no'};\n"
            "};\n"
            "controls { };\n"
        )
        grants = " ".join(f"grant {name} zonesub ANY;" for name in self.keys)
        parts.extend(
            f'zone "{name}" {{ type primary; file "{name}.zone"; update-policy {{ {grants} }}; }};\n'
            for name in self.zones
        )
        (self.directory / "named.conf").write_text("".join(parts), "utf-8")
