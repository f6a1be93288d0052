# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Detects that a run was interrupted, so that nothing more is started.

When Ansible is killed or its terminal is closed, its workers stay and wait for their modules, and nobody learns what
these write. So a module watches whether its output is still read and whether its worker's parent is still alive, and
code in an Ansible worker watches the latter, too (``plugin_utils/worker.py``). Work in progress may continue for a
moment, so that a zone is not left half-written; no request is sent after that.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import re
import select
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

from .errors import Interrupted

GRACE = 0.5  # seconds for which work in progress may continue; a module also needs time to notice
TICK = 0.1
_STDOUT = 1
SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)

_event = threading.Event()
_reasons: list[str] = []
_moments: list[float] = []
_watchers: list[threading.Thread] = []  # at most one, even if several modules run in this process


def event() -> threading.Event:
    """Set when the run is interrupted."""
    return _event


def happened() -> bool:
    return bool(_moments)


def reason() -> str:
    """The reason, worded to follow "the run was interrupted"; may be empty."""
    return _reasons[0] if _reasons else ""


def interrupt(why: str = "") -> None:
    """Let nothing more start."""
    if not _moments:
        _reasons.append(why)
        _moments.append(time.monotonic())
    _event.set()


def forget() -> None:
    """Reset, because a new run begins."""
    _event.clear()
    _reasons.clear()
    _moments.clear()


def begin() -> None:
    """Must be called before work that takes several requests. Raises Interrupted."""
    if _moments:
        raise Interrupted(f"the run was interrupted{reason()}. Run again.")


def go_on() -> None:
    """Must be called before each request. Raises Interrupted."""
    if _moments and time.monotonic() - _moments[0] > GRACE:
        raise Interrupted(f"the run was interrupted{reason()}. Run again.")


class CountedCalls:
    """One account: its requests are counted, from several threads, and none is sent once the run is interrupted."""

    def __init__(self) -> None:
        self._calls = 0
        self._counting = threading.Lock()

    @property
    def calls(self) -> int:
        """How many requests were sent to the account so far."""
        return self._calls

    def count_call(self) -> None:
        """To be called once for every request, before it is sent. Raises Interrupted."""
        go_on()
        with self._counting:
            self._calls += 1


def pause(seconds: float) -> None:
    """Wait for that long, or until the run is interrupted. Raises Interrupted."""
    if _event.wait(seconds):
        time.sleep(min(seconds, TICK))  # retrying what has begun may still help
        go_on()


def log_line(written: Iterable[str]) -> str:
    """The text for a machine's log, which may be the only place where it is read."""
    return f"the run was interrupted{reason()}; written so far: {', '.join(written) or 'nothing'}"


@contextlib.contextmanager
def threads(most: int) -> Iterator[concurrent.futures.ThreadPoolExecutor]:
    """Worker threads that stop if the waiting thread is interrupted, by Ctrl-C or a task's timeout."""
    ours = False
    try:
        with concurrent.futures.ThreadPoolExecutor(max_workers=most) as pool:
            try:
                yield pool
            except BaseException:
                ours = not happened()
                interrupt()
                raise
    finally:
        if ours:
            forget()


def watch_output() -> None:
    """In a module: detect when nobody reads its output any more. Signals interrupt the run as well.

    A second signal of the same kind ends the process at once.
    """
    if not _watchers:
        _watchers.append(threading.Thread(target=_watch_output, daemon=True))
        _watchers[0].start()
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:  # nohup
                signal.signal(number, _by_signal)


def _watch_output() -> None:
    worker = _worker()
    parent = parent_of(worker) if worker else 0
    watched = select.poll()
    watched.register(_STDOUT, 0)
    seen: list[tuple[int, int]] = []
    while not seen:
        seen = watched.poll(TICK * 1000 if worker else None)
        if worker and parent_of(worker) != parent:
            interrupt(", because Ansible ended")
    if seen[0][1] & (select.POLLERR | select.POLLHUP):
        interrupt(", because nobody reads its output any more")


def _worker() -> int:
    """The Ansible worker that waits for this process (a copy of its parent); 0 if it is on another machine."""
    process = os.getppid()
    while process > 1:
        command, parent = _read(process, "cmdline"), parent_of(process)
        if command and command == _read(parent, "cmdline"):
            # an asynchronous task outlives its starter
            return 0 if b"async_wrapper" in command else process
        process = parent
    return 0


def parent_of(process: int) -> int:
    """The parent of a process; 0 if unknown."""
    found = re.search(rb"^PPid:\s+(\d+)", _read(process, "status"), re.MULTILINE)
    return int(found[1]) if found else 0


def _read(process: int, name: str) -> bytes:
    try:
        with open(f"/proc/{process}/{name}", "rb") as file:
            return file.read()
    except OSError:
        return b""


def _by_signal(number: int, dummy: Any) -> None:
    interrupt_in_handler(number)
    signal.signal(number, signal.SIG_DFL)


def interrupt_in_handler(number: int) -> None:
    """Set the event from another thread, because this one may hold its lock right now."""
    why = f" by {signal.Signals(number).name}"
    if not _moments:
        _reasons.append(why)
        _moments.append(time.monotonic())
    threading.Thread(target=interrupt, args=(why,), daemon=True).start()
