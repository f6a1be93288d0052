# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many requests per second an account may send, over all threads and all options that lead to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any, Callable

from .. import interrupts
from ..errors import InvalidInput


def stated_rate(settings: Mapping[str, Any], option: str = "dns") -> float | None:
    """The ``rate_limit`` of the user, in requests per second, among the settings of ``option``. Raises InvalidInput."""
    rate: float | None = settings.get("rate_limit")
    if rate is not None and rate <= 0:
        raise InvalidInput(f"{option}: rate_limit must be more than 0 requests per second.")
    return rate


class RateLimiter:
    """A token bucket that all threads of one account share: ``rate`` requests per second, ``burst`` at once.

    Who asks for least room goes first, so what was begun is finished before more is begun. When a server asks for a
    pause, everybody pauses.
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
        """Wait until one more request may be sent, and so many in all: room that is left to those that follow it.

        A look that a write follows asks for room for both: others must not write while the write waits.

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
        """Go on at this rate, unless the present one is lower."""
        with self._lock:
            if rate < self._rate:
                self._wait(0)
                self._rate, self._burst = rate, float(burst)

    def pause(self, seconds: float) -> None:
        """Let nobody send anything for so long."""
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
    """The one rate limit of an account, however many ``dns`` options lead to it; of several rates the lowest holds."""
    limiter = _limiters.setdefault(account, RateLimiter(rate, burst))
    limiter.lower(rate, burst)
    return limiter
