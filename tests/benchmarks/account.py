# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account at a vendor, or a server, that the benchmarks work on."""

from __future__ import annotations

import contextlib
import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any


@dataclasses.dataclass
class Account:
    """``options`` open it with our provider, ``backend`` makes and shows its zones, ``port`` is where it listens.

    ``calls`` is how many requests it has answered, by kind; ``token`` are those that sign in. ``service`` has the
    latency. ``environment`` is what clients of others need, ``stack`` what ends with the account.
    """

    backend: Any
    options: Mapping[str, Any]
    port: int
    calls: Callable[[], Counter[str]]
    service: Any
    stack: contextlib.ExitStack
    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    lift_limit: Callable[[], None] = lambda: None  # lets it refuse nobody for being too fast

    def set_latency(self, seconds: float) -> None:
        self.service.latency = seconds
