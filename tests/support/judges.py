# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Third-party collections, unmodified, from the PyPI package ``ansible``, which is too large to install."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import zipfile
from pathlib import Path

from ansible_collections.postmaster.mail.tests.support.absent import absent

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "judges"


def collections_path(*names: str) -> Path:
    """A folder for ANSIBLE_COLLECTIONS_PATH with these collections (``amazon.aws``).

    If the package cannot be downloaded, the test is skipped, or fails with POSTMASTER_REQUIRE_SERVERS=1.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test workers may need it at once
        missing = [name for name in names if not (CACHE / f"{name}.complete").exists()]
        if missing:
            _unpack(_wheel(), missing)
    return CACHE


def _wheel() -> Path:
    found = sorted(CACHE.glob("ansible-*.whl"))
    if not found:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        done = subprocess.run(
            [*command, "--dest", str(CACHE), "ansible>=11"], capture_output=True, text=True, timeout=600, check=False
        )
        found = sorted(CACHE.glob("ansible-*.whl"))
        if done.returncode or not found:
            reason = f"The package ansible cannot be downloaded: {done.stderr.strip()[-300:]}"
            absent(reason)
    return found[-1]


def _unpack(wheel: Path, names: list[str]) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in names:
            folder = f"ansible_collections/{name.replace('.', '/')}/"
            archive.extractall(CACHE, [member for member in archive.namelist() if member.startswith(folder)])
            (CACHE / f"{name}.complete").touch()
