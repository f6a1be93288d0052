# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real server as a child process: started in the foreground, awaited, and stopped; its log is kept for failures."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

HOST = "127.0.0.1"


class ServerFailed(Exception):
    """The server did not start; the text contains the end of its log."""


class NotInstalled(Exception):
    """The server's program is missing; the text names the package that contains it."""


def free_port() -> int:
    """A loopback port that neither TCP nor UDP uses now.

    It is below the kernel's range for client ports, so nothing else takes it before the server starts.
    """
    for dummy in range(1000):
        port = random.randint(20000, 32000)
        with (
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        ):
            try:
                tcp.bind((HOST, port))
                udp.bind((HOST, port))
            except OSError:
                continue
            return port
    raise ServerFailed("no free port between 20000 and 32000")


def program(name: str, package: str) -> str:
    """The path of a program, even if /usr/sbin is not in PATH. Raises NotInstalled."""
    path = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"]))
    if path is None:
        raise NotInstalled(f"{name} is not installed: apt-get install {package}, or make servers")
    return path


def wait_until(is_true: Callable[[], bool], timeout: float = 15.0) -> bool:
    """Check every 20 ms; returns whether it became true within ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if is_true():
            return True
        time.sleep(0.02)
    return is_true()


class Process:
    """A child process in the foreground, with its output in a file."""

    def __init__(self, command: Sequence[str], directory: Path, log: Path) -> None:
        self.command = list(command)
        self.log = log
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                self.command, cwd=directory, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )

    @property
    def pid(self) -> int:
        return self._child.pid

    def is_running(self) -> bool:
        return self._child.poll() is None

    def signal(self, number: int) -> None:
        self._child.send_signal(number)

    def await_ready(self, is_ready: Callable[[], bool], timeout: float = 15.0) -> None:
        """Raises ServerFailed, and stops the child, if it ends or is not ready within ``timeout`` seconds."""
        wait_until(lambda: not self.is_running() or is_ready(), timeout)
        if self.is_running() and is_ready():
            return
        state = "is not ready" if self.is_running() else f"ended with {self._child.returncode}"
        self.stop()
        raise ServerFailed(f"{self.command[0]} {state}:\n{self.log_end()}")

    def log_end(self, lines: int = 25) -> str:
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])

    def stop(self) -> None:
        """Ask it to end, and kill it after five seconds. May be called twice."""
        if not self.is_running():
            return
        self._child.terminate()
        try:
            self._child.wait(5)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
