# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Third-party test material, unmodified, from source packages; the installed wheels do not contain it."""

from __future__ import annotations

import fcntl
import importlib.metadata
import subprocess
import sys
import tarfile
from pathlib import Path

from ansible_collections.postmaster.mail.tests.support.absent import absent

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "source-packages"


def read(package: str, path: str) -> bytes:
    """A file from the source package of the installed version.

    If it cannot be downloaded, the test is skipped, or fails with POSTMASTER_REQUIRE_SERVERS=1.
    """
    version = importlib.metadata.version(package)
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test workers may need it at once
        archive = CACHE / f"{package}-{version}.tar.gz"
        if not archive.exists():
            _download(package, version, archive)
    with tarfile.open(archive) as opened:
        member = opened.extractfile(f"{package}-{version}/{path}")
        assert member is not None
        return member.read()


def _download(package: str, version: str, archive: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary=:all:"]
    done = subprocess.run(
        [*command, "--dest", str(archive.parent), f"{package}=={version}"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode or not archive.exists():
        absent(f"The source package of {package} cannot be downloaded: {done.stderr.strip()[-300:]}")
