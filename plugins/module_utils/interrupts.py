# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a run was interrupted, so that nothing more is begun.

When Ansible is killed or its terminal is closed, its workers stay and go on to wait for their modules, and nobody hears
of what these go on to write. So a module watches whether its output is still read and whether that worker still has its
parent, and what works in a worker of Ansible watches that, too (``plugin_utils/worker.py``). What was begun may go on
for a moment, so that a zone is not left half-way; no request is sent after that.
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

GRACE = 0.5  # seconds in which what was begun may go on; until a module hears of it takes some time, too
TICK = 0.1
_STDOUT = 1
SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)

_event = threading.Event()
_reasons: list[str] = []
_moments: list[float] = []
_watchers: list[threading.Thread] = []  # one at most, however often a process begins a module's work


def event() -> threading.Event:
    """Set once the run is interrupted."""
    return _event


def happened() -> bool:
    return bool(_moments)


def reason() -> str:
    """Why, as words that follow "the run was interrupted", empty where there is nothing to say."""
    return _reasons[0] if _reasons else ""


def interrupt(why: str = "") -> None:
    """Let nothing more begin."""
    if not _moments:
        _reasons.append(why)
        _moments.append(time.monotonic())
    _event.set()


def forget() -> None:
    """What comes now is another run."""
    _event.clear()
    _reasons.clear()
    _moments.clear()


def begin() -> None:
    """To be called before something is begun that takes several requests. Raises Interrupted."""
    if _moments:
        raise Interrupted(f"the run was interrupted{reason()}. Run again.")


def go_on() -> None:
    """To be called before each request. Raises Interrupted."""
    if _moments and time.monotonic() - _moments[0] > GRACE:
        raise Interrupted(f"the run was interrupted{reason()}. Run again.")


def pause(seconds: float) -> None:
    """Wait for so long, or until the run is interrupted. Raises Interrupted."""
    if _event.wait(seconds):
        time.sleep(min(seconds, TICK))  # a repeat of what was begun may still help
        go_on()


def log_line(written: Iterable[str]) -> str:
    """What the log of a machine is told, where perhaps nobody hears anything else."""
    return f"the run was interrupted{reason()}; written so far: {', '.join(written) or 'nothing'}"


@contextlib.contextmanager
def threads(most: int) -> Iterator[concurrent.futures.ThreadPoolExecutor]:
    """Threads whose work is interrupted where whoever waits for them is: by Ctrl-C, or at the end of a task's time."""
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
    """In a module: see when nobody reads its output any more, and end by a signal as if by that.

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
    """Ansible's process that waits for this one: a copy of its parent. 0 where that is on another machine."""
    process = os.getppid()
    while process > 1:
        command, parent = _read(process, "cmdline"), parent_of(process)
        if command and command == _read(parent, "cmdline"):
            # an asynchronous task outlives who started it
            return 0 if b"async_wrapper" in command else process
        process = parent
    return 0


def parent_of(process: int) -> int:
    """The process that began it; 0 where that is not known."""
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
    """The event is set by another thread: this one may hold its lock right now."""
    why = f" by {signal.Signals(number).name}"
    if not _moments:
        _reasons.append(why)
        _moments.append(time.monotonic())
    threading.Thread(target=interrupt, args=(why,), daemon=True).start()
