# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work on several domains or accounts at once, in threads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable, TypeVar

from ... import interrupts
from ...errors import PostmasterError
from .outcome import SendingOutcome

_PARALLEL = 16

One = TypeVar("One")


def each(outcomes: Sequence[SendingOutcome], work: Callable[[SendingOutcome], None]) -> None:
    """For work that queries DNS. An error becomes that of its domain."""

    def one(outcome: SendingOutcome) -> None:
        try:
            work(outcome)
        except PostmasterError as error:
            outcome.fail(error)

    in_threads(outcomes, one)


def in_threads(items: Sequence[One], work: Callable[[One], None]) -> None:
    if len(items) < 2:
        for item in items:
            work(item)
        return
    with interrupts.threads(min(len(items), _PARALLEL)) as pool:
        for future in [pool.submit(work, item) for item in items]:
            future.result()
