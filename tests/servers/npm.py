# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""npm packages of others, installed in the tests' cache."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ansible_collections.postmaster.mail.tests.support.absent import absent

_CACHE = Path(os.environ.get("POSTMASTER_CACHE") or Path(__file__).parents[2] / ".cache") / "npm"


def npm_modules(name: str, *packages: str) -> Path:
    """The folder ``node_modules`` with these packages, ``package@version``. Each ``name`` has its own folder.

    If they cannot be downloaded, the test is skipped, or fails with POSTMASTER_REQUIRE_SERVERS=1.
    """
    folder = _CACHE / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test workers may need them at once
        known = folder / "installed"
        if not known.exists() or known.read_text("utf-8") != "\n".join(packages):
            _install(folder, packages)
            known.write_text("\n".join(packages), "utf-8")
    return folder / "node_modules"


def _install(folder: Path, packages: Sequence[str]) -> None:
    if shutil.which("npm") is None:
        absent("npm is not installed: apt-get install npm, or make servers")
    command = ["npm", "install", "--silent", "--prefix", str(folder), *packages]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        absent(f"npm cannot install {', '.join(packages)}: {done.stderr.strip()[-300:]}")
