# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work that many threads need and only one does."""

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
    """A finished result. It takes a tenth of a future's memory, which matters in a run of thousands of domains."""

    value: Value


class OncePerKey(Generic[Key, Value]):
    """One result per key, computed by the first thread that needs it while the others wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._results: dict[Key, concurrent.futures.Future[Value] | _Found[Value]] = {}

    def get(self, key: Key, find: Callable[[], Value], seconds: float | None = None) -> Value:
        """The result for a key; ``find`` may ask for other keys, never for its own.

        Raises what ``find`` raised, or TimeoutError of ``concurrent.futures`` after ``seconds``.
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
        """Add a result that was found along with another one; an existing entry stays."""
        with self._lock:
            self._results.setdefault(key, _Found(value))

    def forget(self, key: Key) -> None:
        """Compute the result again the next time it is needed."""
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
            if self._results.get(key) is future:  # else forgotten in the meantime
                self._results[key] = _Found(value)
