# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of ansible-playbook that is interrupted in each way that occurs in practice."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.postmaster.mail.tests.servers.process import wait_until

# The signal, and whether the whole process group gets it, as from a terminal
WAYS: dict[str, tuple[signal.Signals, bool]] = {
    "SIGINT to the group": (signal.SIGINT, True),
    "SIGTERM": (signal.SIGTERM, False),
    "SIGHUP": (signal.SIGHUP, False),
    "SIGKILL": (signal.SIGKILL, False),
}


class InterruptedRun:
    """A context manager; ``folder`` contains the inventory, if there is one."""

    def __init__(self, folder: Path, plays: Sequence[Mapping[str, Any]], inventory: str) -> None:
        (folder / "interrupted.yml").write_text(yaml.safe_dump(list(plays), allow_unicode=True, sort_keys=False))
        self.log = folder / "interrupted.log"
        command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", inventory, "interrupted.yml"]
        with self.log.open("wb") as output:
            self._run = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_heed_signals,
                env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0"},
            )

    def __enter__(self) -> InterruptedRun:
        return self

    def __exit__(self, *dummy: object) -> None:
        if self._run.poll() is None:
            self._run.kill()
        self._run.wait()

    @property
    def output(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def await_(self, is_so: Callable[[], bool], seconds: float = 240.0) -> None:
        assert wait_until(lambda: is_so() or self._run.poll() is not None, seconds), self.output
        assert self._run.poll() is None, self.output

    def interrupt(self, way: str) -> None:
        number, group = WAYS[way]
        (os.killpg if group else os.kill)(self._run.pid, number)

    def kill_all(self) -> None:
        """Kill it and all its descendants at once."""
        for process in (self._run.pid, *_begun_by(self._run.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._run.wait()

    def await_end(self, seconds: float = 120.0) -> None:
        """Wait until it has ended."""
        self._run.wait(seconds)

    def counted_after_a_second(self, count: Callable[[], int], latency: float) -> int:
        """How much the count grows from a second after the interruption; requests in flight need ``latency``."""
        time.sleep(1.0 + latency)
        then = count()
        time.sleep(1.5)
        return count() - then


def _heed_signals() -> None:
    """Restore default signals: background processes and nohup ignore some, and pass that on to children."""
    for number, dummy in WAYS.values():
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)


def _begun_by(process: int) -> list[int]:
    """The children of a process, and their descendants."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            text = path.read_text("utf-8", "replace")
            parents.setdefault(int(text.rpartition(")")[2].split()[1]), []).append(int(path.parent.name))
    found = list(parents.get(process, ()))
    for child in found:
        found += parents.get(child, ())
    return found
