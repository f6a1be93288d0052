# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Odoo with its PostgreSQL (odoo/odooNN.sh) that gives each test its own pristine database."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import uuid
from pathlib import Path
from typing import IO

from .odoo_database import OdooDatabase
from .process import NotInstalled, ServerFailed

__all__ = ["OdooDatabase", "OdooLab", "RealDatabase"]

_SCRIPTS = Path(__file__).resolve().parent / "odoo"
_CACHE = Path(os.environ.get("POSTMASTER_CACHE") or _SCRIPTS.parents[2] / ".cache")  # as in odoo/odoo-lib.sh
_PASSWORD = "admin"  # the scripts do not change it
_SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


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
    """The server of one version, shared by several processes: the last one stops it, unless it was already running.

    ``trusted``: extra CA certificates for Odoo's connections to mail servers. Odoo reads them on each connection, from
    a file that all processes append to, so nobody has to restart a shared server.
    """

    def __init__(self, version: int, trusted: Path | None = None) -> None:
        self.version = version
        self.url = ""
        self._users: IO[str] | None = None  # a shared lock while the server is in use
        self._ours = _CACHE / f"odoo{version}.started"  # exists if it was not already running
        self._trusted = trusted
        self._environment = {**os.environ, "ODOO_MULTI": "1", "SSL_CERT_FILE": str(_CACHE / f"odoo{version}.trusted")}

    def start(self) -> None:
        """Raises NotInstalled if there is no Debian to install it from, ServerFailed if it does not start."""
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
        _CACHE.mkdir(parents=True, exist_ok=True)
        self._users = (_CACHE / f"odoo{self.version}.users").open("w")
        fcntl.flock(self._users, fcntl.LOCK_SH)
        self._trust()
        if self._run("status").returncode != 0:
            self._ours.touch()
        self.url = self.command("start").split()[0]

    def _trust(self) -> None:
        ours = self._trusted.read_bytes() if self._trusted is not None else b""
        with Path(self._environment["SSL_CERT_FILE"]).open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            there = file.read()
            system = b"" if there or not _SYSTEM_CERTIFICATES.exists() else _SYSTEM_CERTIFICATES.read_bytes()
            file.write(system if ours in there else system + ours)

    def stop(self) -> None:
        if self._users is None:
            return
        with self._users:
            fcntl.flock(self._users, fcntl.LOCK_UN)
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return  # another process uses it, and will stop it
            Path(self._environment["SSL_CERT_FILE"]).unlink()
            if self._ours.exists():
                self.command("stop")
                self._ours.unlink()

    def database(self) -> RealDatabase:
        name = f"test_{uuid.uuid4().hex[:12]}"
        self.command("newdb", name)
        return RealDatabase(self, name)

    def command(self, *arguments: str, stdin: str = "") -> str:
        """The script's output. Raises ServerFailed with its error message."""
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
