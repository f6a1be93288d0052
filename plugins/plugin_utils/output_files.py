# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that a run leaves: looked at before anything is done, and renamed into place, so that each is read whole."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


def place_of(path: str) -> Path:
    """The file that is meant; of a link, what it leads to, so that the link stays."""
    typed = Path(os.path.expanduser(path)).absolute()
    return typed if _is_written_in_place(typed) else Path(os.path.realpath(typed))


def problem(path: Path) -> str:
    """Why a file cannot be written; empty where it can. Nothing is left of the trial."""
    if path.is_dir():
        return "it is a folder"
    if _is_written_in_place(path):
        return "" if os.access(path, os.W_OK) else "you may not write to it"
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}"
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            return ""
    except OSError as error:
        return f"in {path.parent}: {error.strerror}"


def replace(path: Path, text: str) -> None:
    """Write a file beside and rename it. It keeps the rights of the one that it replaces. Raises OSError."""
    if _is_written_in_place(path):
        with open(path, "a", encoding="utf-8") as stream:
            stream.write(text)
        return
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
    handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text)
            os.chmod(beside, mode)
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise


def _is_written_in_place(path: Path) -> bool:
    """A pipe or a terminal, and standard output whatever it leads to."""
    if str(path) in ("/dev/stdout", "/dev/stderr") or path.parts[:2] == ("/", "proc"):
        return path.exists()
    return path.exists() and not path.is_file() and not path.is_dir()


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
