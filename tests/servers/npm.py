# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that others publish at npm, kept in the cache of the tests."""

from __future__ import annotations

import fcntl
import os
import subprocess
from pathlib import Path

_CACHE = Path(os.environ.get("POSTMASTER_CACHE") or Path(__file__).parents[2] / ".cache") / "npm"


def npm_modules(name: str, *packages: str) -> Path:
    """The folder ``node_modules`` with these packages, ``package@version``. Each name has a folder of its own."""
    folder = _CACHE / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several workers may want them at once
        subprocess.run(["npm", "install", "--silent", "--prefix", str(folder), *packages], check=True, timeout=300)
    return folder / "node_modules"
