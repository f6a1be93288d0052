# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who answers what intents ask about names outside of their zone: DNS, in a time that ends."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Callable

from ..libraries import dns
from ..zone.intent import Ask

# Seconds in which all questions about the SPF includes of a zone must be answered; what is not, stays unknown.
_ASK_SECONDS = 5.0


def asker(nameservers: Sequence[str] | None) -> Callable[[], Ask]:
    """Gives whoever answers questions about names outside of a zone; all share the answers, each has its own time."""
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
