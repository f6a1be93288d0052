# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An Ansible worker, in whose process the role works: detect that its parent is gone, and end its descendants."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils import interrupts

_IS_LINUX = os.path.isdir("/proc/self")


@contextlib.contextmanager
def watch_parent() -> Iterator[list[int]]:
    """In an Ansible worker: detect that its parent is gone. Yields a list that collects received signals.

    The first signal raises KeyboardInterrupt; all must be raised again once the work done has been reported.
    """
    parent = os.getppid()
    came: list[int] = []
    is_main = threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in interrupts.SIGNALS if is_main}
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(interrupts.TICK):
            if os.getppid() != parent:
                interrupts.interrupt(", because Ansible ended")
                return

    def handle(number: int, frame: Any) -> None:
        came.append(number)
        interrupts.interrupt_in_handler(number)
        if len(came) == 1:  # a second one must not interrupt the clean-up
            raise KeyboardInterrupt

    threading.Thread(target=watch, daemon=True).start()
    for number in before:
        signal.signal(number, handle)
    try:
        yield came
    finally:
        ended.set()
        for number, handler in before.items():
            signal.signal(number, handler)
        interrupts.forget()


def end_descendants() -> None:
    """Ask the processes that this one has started, and their descendants, to end."""
    processes = [int(name) for name in os.listdir("/proc") if name.isdigit()] if _IS_LINUX else []
    parents = {process: interrupts.parent_of(process) for process in processes}
    ours = {os.getpid()}
    while True:
        more = {child for child, parent in parents.items() if parent in ours} - ours
        if not more:
            break
        ours |= more
    for process in ours - {os.getpid()}:
        with contextlib.suppress(OSError):
            os.kill(process, signal.SIGTERM)
