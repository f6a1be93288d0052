# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Assigns zones to worker threads, with a limit per slow account, so that one slow API does not starve the rest."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..libraries import dns
from .provider import Provider


class Place(NamedTuple):
    """A zone of an account. ``visit``: counts up if a zone gets more work after it was done."""

    provider: Provider
    zone: dns.name.Name
    visit: int = 0


def schedule(places: Iterable[Place], parallel: int) -> list[Iterator[Place]]:
    """The work of each thread, one zone after the other; every zone belongs to the first thread that takes it.

    An account gets at most ``parallel`` threads, and no more than it can use. Those of slow accounts come first, as
    they take longest.
    """
    left: dict[Provider, collections.deque[Place]] = {}
    for place in places:
        left.setdefault(place.provider, collections.deque()).append(place)
    counts = {
        provider: max(1, min(parallel, provider.zones_at_once or parallel, len(queue)))
        for provider, queue in left.items()
    }
    in_order = sorted(counts, key=counts.__getitem__)
    return [_lane(left[provider]) for provider in in_order for dummy in range(counts[provider])]


def _lane(left: collections.deque[Place]) -> Iterator[Place]:
    while True:
        try:
            place = left.popleft()
        except IndexError:
            return
        yield place
