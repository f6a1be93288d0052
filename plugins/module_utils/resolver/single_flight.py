# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work that many threads need and one does."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import threading
from collections.abc import Hashable
from typing import Callable, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclasses.dataclass(frozen=True)
class _Found(Generic[Value]):
    """A result that is there. It takes a tenth of the memory of a future, which counts in a run of thousands."""

    value: Value


class OncePerKey(Generic[Key, Value]):
    """The result for each key, found by the first thread that needs it, while the others wait for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._results: dict[Key, concurrent.futures.Future[Value] | _Found[Value]] = {}

    def get(self, key: Key, find: Callable[[], Value], seconds: float | None = None) -> Value:
        """The result for a key. Raises what ``find`` raised, or TimeoutError of ``concurrent.futures`` after
        ``seconds``.

        ``find`` may ask for other keys, never for its own.
        """
        mine: concurrent.futures.Future[Value] | None = None
        with self._lock:
            entry = self._results.get(key)
            if entry is None:
                entry = self._results[key] = mine = concurrent.futures.Future()
        if isinstance(entry, _Found):
            return entry.value
        if mine is not None:
            self._find(key, find, mine)
        return entry.result(seconds)

    def put(self, key: Key, value: Value) -> None:
        """A result that came to light with another one, where nobody has looked for it yet."""
        with self._lock:
            self._results.setdefault(key, _Found(value))

    def forget(self, key: Key) -> None:
        """Find the result anew the next time that it is needed."""
        with self._lock:
            self._results.pop(key, None)

    def _find(self, key: Key, find: Callable[[], Value], future: concurrent.futures.Future[Value]) -> None:
        try:
            value = find()
        except BaseException as error:
            future.set_exception(error)
            raise
        future.set_result(value)
        with self._lock:
            if self._results.get(key) is future:  # else it was forgotten meanwhile
                self._results[key] = _Found(value)
