# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Limit the requests per second of an account, over all threads and options that use it."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any, Callable

from .. import interrupts
from ..errors import InvalidInput


def stated_rate(settings: Mapping[str, Any], option: str = "dns") -> float | None:
    """The user's ``rate_limit`` in requests per second, from the settings of ``option``. Raises InvalidInput."""
    rate: float | None = settings.get("rate_limit")
    if rate is not None and rate <= 0:
        raise InvalidInput(f"{option}: rate_limit must be more than 0 requests per second.")
    return rate


class RateLimiter:
    """A token bucket shared by all threads of an account: ``rate`` requests per second, ``burst`` at once.

    A thread that asks for less room goes first, so that work in progress is finished before more is started. If a
    server asks for a pause, all threads pause.
    """

    def __init__(
        self,
        rate: float,
        burst: int = 1,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = interrupts.pause,
    ) -> None:
        self._rate, self._burst = rate, float(burst)
        self._clock, self._sleep = clock, sleep
        self._tokens, self._filled_at = float(burst), clock()
        self._paused_until = 0.0
        self._lock = threading.Lock()

    def acquire(self, room: int = 1) -> None:
        """Wait until one more request may be sent and ``room`` in all are available: the rest is for the next ones.

        A read that is followed by a write asks for room for both, so that other threads do not delay the write.
        Raises Interrupted.
        """
        while True:
            with self._lock:
                wait = self._wait(min(room, self._burst))
                if wait <= 0:
                    self._tokens -= 1
                    return
            self._sleep(wait)

    def lower(self, rate: float, burst: int) -> None:
        """Continue at this rate, unless the present one is lower."""
        with self._lock:
            if rate < self._rate:
                self._wait(0)
                self._rate, self._burst = rate, float(burst)

    def pause(self, seconds: float) -> None:
        """Stop all requests for that long."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._clock() + seconds)

    def _wait(self, room: float) -> float:
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        missing = 0.0 if self._tokens > room - 1e-9 else (room - self._tokens) / self._rate
        return max(missing, self._paused_until - now)


_limiters: dict[tuple[str | None, ...], RateLimiter] = {}


def limiter_of(rate: float, burst: int, *account: str | None) -> RateLimiter:
    """The rate limiter of an account, shared by all ``dns`` options for it; of several rates the lowest applies."""
    limiter = _limiters.setdefault(account, RateLimiter(rate, burst))
    limiter.lower(rate, burst)
    return limiter
