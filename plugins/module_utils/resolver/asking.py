# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers the questions of intents about names outside of their zone, from DNS, within a bounded time."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Callable

from ..libraries import dns
from ..zone.intent import Ask

# All questions about one zone's SPF includes must be answered in this time; unanswered ones stay unknown.
_ASK_SECONDS = 5.0


def asker(nameservers: Sequence[str] | None) -> Callable[[], Ask]:
    """A factory of ``Ask`` functions that share their answers; each has a time budget of its own."""
    lock = threading.Lock()
    shared: list[Any] = []

    def resolver() -> Any:
        from .stub_resolver import Resolver

        with lock:
            if not shared:
                shared.append(Resolver(nameservers))
        return shared[0].within(_ASK_SECONDS)

    def asking() -> Ask:
        own: list[Any] = []

        def ask(name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Any:
            if not own:
                own.append(resolver())
            return own[0].ask(name, rdtype)

        return ask

    return asking
