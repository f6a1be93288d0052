# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real SSH server that accepts the current user's key."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
from pathlib import Path
from typing import Any

from .process import HOST, Process, free_port, program

_CONFIGURATION = """
ListenAddress {host}
Port {port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/key.pub
PidFile {folder}/sshd.pid
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
"""


class Sshd:
    """A context manager. ``variables``: Ansible's connection settings for it."""

    def __init__(self, folder: Path) -> None:
        self._program = program("sshd", "openssh-server")
        self._folder, self._port = folder, free_port()
        self._process: Process | None = None

    def __enter__(self) -> Sshd:
        self._folder.mkdir()
        for name in ("host_key", "key"):
            command = [program("ssh-keygen", "openssh-client"), "-q", "-t", "ed25519", "-N", "", "-f", name]
            subprocess.run(command, cwd=self._folder, check=True)
        configuration = self._folder / "sshd_config"
        configuration.write_text(_CONFIGURATION.format(host=HOST, port=self._port, folder=self._folder))
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # normally created by its service
        # it starts itself again for each connection, which requires an absolute path
        command = [self._program, "-D", "-e", "-f", str(configuration)]
        self._process = Process(command, self._folder, self._folder / "log")
        self._process.await_ready(self._answers)
        return self

    def __exit__(self, *dummy: object) -> None:
        if self._process is not None:
            self._process.stop()

    @property
    def variables(self) -> dict[str, Any]:
        return {
            "ansible_connection": "ssh",
            "ansible_host": HOST,
            "ansible_port": self._port,
            "ansible_user": getpass.getuser(),
            "ansible_ssh_private_key_file": str(self._folder / "key"),
            "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null",
        }

    def _answers(self) -> bool:
        try:
            with socket.create_connection((HOST, self._port), timeout=2) as connection:
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False
