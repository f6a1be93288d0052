# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Single files of other collections, unmodified, from the Python package C(ansible).

The package holds a hundred collections, 50 MB packed and ten times that unpacked, so it is kept packed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PACKAGE = "ansible>=12,<13"
CACHE = Path(__file__).parents[2] / ".cache" / "ansible-package"


def unpack(directory: Path, *folders: str) -> Path:
    """Unpack what is below these folders of C(ansible_collections), or these files; returns C(directory).

    C(PYTHONPATH) set to the directory makes them importable. Skips the test where the package cannot be had, or fails
    it with POSTMASTER_REQUIRE_SERVERS=1.
    """
    with zipfile.ZipFile(_package()) as package:
        wanted = tuple(f"ansible_collections/{folder}" for folder in folders)
        package.extractall(directory, [name for name in package.namelist() if name.startswith(wanted)])
    return directory


def _package() -> Path:
    if not _kept():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--dest", str(CACHE), PACKAGE]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
        if done.returncode:
            message = f"the Python package {PACKAGE} cannot be downloaded: {done.stderr[-300:]}"
            if os.environ.get("POSTMASTER_REQUIRE_SERVERS") == "1":
                pytest.fail(message)
            pytest.skip(message)
    return _kept()[-1]


def _kept() -> list[Path]:
    return sorted(CACHE.glob("ansible-*.whl"))
