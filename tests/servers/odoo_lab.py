# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Odoo with its PostgreSQL (odoo/odooNN.sh), which gives each test a pristine database of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from pathlib import Path

from .odoo_database import OdooDatabase
from .process import NotInstalled, ServerFailed

__all__ = ["OdooDatabase", "OdooLab", "RealDatabase"]

_SCRIPTS = Path(__file__).resolve().parent / "odoo"
_SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_PASSWORD = "admin"  # what the scripts leave as it is


class RealDatabase(OdooDatabase):
    """One database of a lab."""

    def __init__(self, lab: OdooLab, name: str) -> None:
        super().__init__(lab.version, {"url": lab.url, "database": name, "username": "admin", "password": _PASSWORD})
        self.lab = lab

    def api_key(self) -> str:
        arguments = "'rpc', 'test', None" if self.lab.version >= 18 else "'rpc', 'test'"
        script = (
            "user = env.ref('base.user_admin')\n"
            f"print('KEY', env['res.users.apikeys'].with_user(user)._generate({arguments}))\n"
            "env.cr.commit()\n"
        )
        output = self.lab.command("shell", self.name, stdin=script)
        return next(line.split()[-1] for line in output.splitlines() if line.startswith(("KEY", ">>> KEY")))

    def drop(self) -> None:
        self.lab.command("dropdb", self.name)


class OdooLab:
    """The server of one version; it is left running if it ran before."""

    def __init__(self, version: int, trusted: Path, directory: Path) -> None:
        self.version = version
        self.url = ""
        self._was_running = False
        self._environment = {**os.environ, "ODOO_MULTI": "1", "SSL_CERT_FILE": str(_bundle(trusted, directory))}

    def start(self) -> None:
        """Raises NotInstalled where there is no Debian to take it from, ServerFailed if it does not come up."""
        for program, package in (
            ("apt-get", "Debian"),
            ("dpkg-deb", "Debian"),
            ("flock", "util-linux"),
            ("curl", "curl"),
        ):
            if shutil.which(program) is None:
                raise NotInstalled(
                    f"Odoo {self.version} is taken from Debian's packages: {program} ({package}) is missing"
                )
        self._was_running = self._run("status").returncode == 0
        self.url = self.command("start").split()[0]

    def stop(self) -> None:
        if not self._was_running:
            self.command("stop")

    def database(self) -> RealDatabase:
        name = f"test_{uuid.uuid4().hex[:12]}"
        self.command("newdb", name)
        return RealDatabase(self, name)

    def command(self, *arguments: str, stdin: str = "") -> str:
        """What the script prints; raises ServerFailed with what it says of an error."""
        done = self._run(*arguments, stdin=stdin)
        if done.returncode != 0:
            raise ServerFailed(f"odoo{self.version}.sh {' '.join(arguments)}: {done.stderr[-2000:]}")
        return done.stdout

    def _run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(_SCRIPTS / f"odoo{self.version}.sh"), *arguments],
            env=self._environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )


def _bundle(trusted: Path, directory: Path) -> Path:
    """The system's authorities and one more."""
    bundle = directory / "bundle.pem"
    system = _SYSTEM_CERTIFICATES.read_text() if _SYSTEM_CERTIFICATES.exists() else ""
    bundle.write_text(system + trusted.read_text())
    return bundle
