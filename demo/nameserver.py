# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A name server for zone files in some folders; it reads a file again when it has changed.

    nameserver.py PORT FOLDER…

It prints its address once it answers, and exits when its input ends.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver


class FileNameserver(Nameserver):
    """Serves every ``ZONE.zone`` of its folders."""

    def __init__(self, folders: Sequence[Path], port: int = 0) -> None:
        super().__init__(port=port)
        self.folders = list(folders)
        self._read: dict[Path, int] = {}  # each file's modification time when it was read
        self._reading = threading.Lock()
        self.reload()

    def reload(self) -> None:
        with self._reading:
            for folder in self.folders:
                for path in folder.glob("*.zone"):
                    changed = path.stat().st_mtime_ns
                    if self._read.get(path) != changed:
                        origin = f"$ORIGIN {path.stem}.\n"
                        self.set_zone(path.stem, origin + path.read_text("utf-8"))
                        self._read[path] = changed

    def respond(self, wire: bytes, over_tcp: bool) -> bytes | None:
        self.reload()
        return super().respond(wire, over_tcp)


if __name__ == "__main__":
    with FileNameserver([Path(folder) for folder in sys.argv[2:]], int(sys.argv[1])) as server:
        print(server.address, flush=True)
        sys.stdin.read()
