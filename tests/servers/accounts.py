# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For servers that refuse to run as root: a folder and a command for the account that Debian created for them."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path


class Account:
    """A server's account if root runs the tests, else the current user."""

    def __init__(self, name: str) -> None:
        self._entry = pwd.getpwnam(name) if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())

    @property
    def name(self) -> str:
        return self._entry.pw_name

    @property
    def uid(self) -> int:
        return self._entry.pw_uid

    @property
    def gid(self) -> int:
        return self._entry.pw_gid

    def directory(self, prefix: str) -> Path:
        """A new folder of this account with a path short enough for sockets; the caller removes it."""
        made = Path(tempfile.mkdtemp(prefix=prefix))
        self.give(made)
        return made

    def give(self, path: Path) -> None:
        if os.geteuid() == 0:
            shutil.chown(path, self.uid, self.gid)

    def command(self, arguments: Sequence[str]) -> list[str]:
        """Wrap a command so that it runs as this account."""
        if os.geteuid() != 0:
            return list(arguments)
        return ["setpriv", f"--reuid={self.uid}", f"--regid={self.gid}", "--clear-groups", "--", *arguments]
