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
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.client import Odoo

from .process import NotInstalled, ServerFailed

_SCRIPTS = Path(__file__).resolve().parent / "odoo"
_SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_PASSWORD = "admin"  # what the scripts leave as it is


class OdooDatabase:
    """One database of a lab: how modules reach it, and a client for what a test sets up or looks at."""

    def __init__(self, lab: OdooLab, name: str) -> None:
        self.lab = lab
        self.name = name
        self.options: dict[str, Any] = {
            "url": lab.url,
            "database": name,
            "username": "admin",
            "password": _PASSWORD,
        }
        self.client = Odoo.connect(self.options)

    def api_key(self) -> str:
        """A new API key of the administrator."""
        arguments = "'rpc', 'test', None" if self.lab.version >= 18 else "'rpc', 'test'"
        script = (
            "user = env.ref('base.user_admin')\n"
            f"print('KEY', env['res.users.apikeys'].with_user(user)._generate({arguments}))\n"
            "env.cr.commit()\n"
        )
        output = self.lab.command("shell", self.name, stdin=script)
        return next(line.split()[-1] for line in output.splitlines() if line.startswith(("KEY", ">>> KEY")))

    def user(self, login: str, *groups: str) -> dict[str, Any]:
        """The options of a new user who has these groups only, by their external ids."""
        rows = [group.split(".") for group in ("base.group_user", *groups)]
        ids = [
            self.client.search_read("ir.model.data", [("module", "=", module), ("name", "=", name)], ["res_id"])[0][
                "res_id"
            ]
            for module, name in rows
        ]
        field = "group_ids" if self.lab.version >= 19 else "groups_id"
        values = {"name": login, "login": login, "password": "secret-" + login, field: [[6, 0, ids]]}
        self.client.create("res.users", [values])
        return {**self.options, "username": login, "password": "secret-" + login}

    def company(self, name: str) -> int:
        return self.client.create("res.company", [{"name": name}])[0]

    def records(self, model: str, *fields: str) -> list[dict[str, Any]]:
        """All records, archived ones too, without their ids."""
        found = self.client.search_read(model, [], list(fields), archived=True)
        return [{key: value for key, value in record.items() if key != "id"} for record in found]

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

    def database(self) -> OdooDatabase:
        name = f"test_{uuid.uuid4().hex[:12]}"
        self.command("newdb", name)
        return OdooDatabase(self, name)

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
