# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Output files of a run: checked before anything is done, and replaced atomically by renaming."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")


def place_of(path: str) -> Path:
    """The file itself; for a symbolic link its target, so that the link stays."""
    typed = Path(os.path.expanduser(path)).absolute()
    return typed if _is_written_in_place(typed) else Path(os.path.realpath(typed))


def problem(path: Path) -> str:
    """Why a file cannot be written; empty if it can. The test leaves nothing behind."""
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
    """Write a new file and rename it, keeping the permissions of the old one. Raises OSError."""
    if _is_written_in_place(path):
        content = text.encode("utf-8")
        with open(path, "wb" if _is_mounted(path) else "ab") as stream:
            stream.write(content)
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
    """A pipe or a terminal, standard output whatever it leads to, and a file that is mounted alone."""
    if str(path) in ("/dev/stdout", "/dev/stderr") or path.parts[:2] == ("/", "proc"):
        return path.exists()
    return path.exists() and not path.is_dir() and (not path.is_file() or _is_mounted(path))


def _is_mounted(path: Path) -> bool:
    """Whether it is a mount of its own, as a container has single files: none can be renamed to take its place."""
    place = os.fsencode(path)
    for sign in b"\\ \t\n":  # as the kernel writes them
        place = place.replace(bytes([sign]), b"\\%03o" % sign)
    try:
        return any(mount.split(b" ")[4] == place for mount in _MOUNTS.read_bytes().splitlines())
    except OSError:  # not Linux
        return False


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
