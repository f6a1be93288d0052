# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Priorities of outgoing servers: no two of ours may compete for the same mail with the same number. No I/O.

Odoo tries servers in the order of their priority alone; the database decides among equals, each time anew. Servers
compete if they accept the same sender, or if both accept mail that no filter matches, or, if there are none of these,
as the first server of all, which is Odoo's fallback.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ..database.planned_change import PlannedChange, named
from .used_servers import ALL_OTHERS, UsedServer


def settle(servers: Sequence[UsedServer]) -> dict[int, int]:
    """New priorities, by the index of the change, for competing servers of ours without a stated one.

    An existing server keeps its number, and the other gets the next free one above. Of one owner's servers for the same
    mail, the one listed first comes first. A second run changes nothing.
    """
    before = {id(server): server.sequence for server in servers}
    while _moves(servers):
        pass  # a server that moves up may make others the first of all
    return {
        server.change: server.sequence
        for server in servers
        if server.change is not None and server.sequence != before[id(server)]
    }


def _moves(servers: Sequence[UsedServer]) -> bool:
    """Run one round; returns whether a server has moved."""
    table = _Table(servers)
    before = [server.sequence for server in servers]
    for server in sorted((one for one in servers if one.movable), key=lambda one: one.sequence):
        table.lift(server)
        if table.competes(server):
            server.sequence = table.free_number(server)
        table.place(server)
    for ahead, server in _in_the_order_of_all_desired(servers):
        if server.sequence <= ahead.sequence and server.parts & ahead.parts:
            table.lift(server)
            server.sequence = ahead.sequence
            server.sequence = table.free_number(server)
            table.place(server)
    return before != [server.sequence for server in servers]


def _in_the_order_of_all_desired(servers: Sequence[UsedServer]) -> Iterator[tuple[UsedServer, UsedServer]]:
    """Each pair of one owner's servers without a stated priority, in the order of the entries."""
    owners: dict[str, list[UsedServer]] = {}
    for server in sorted((one for one in servers if one.movable), key=lambda one: one.change or 0):
        for ahead in owners.setdefault(server.owner, []):
            yield ahead, server
        owners[server.owner].append(server)


class _Table:
    """Which numbers are taken, by whom and for what; filled in the order of the numbers."""

    def __init__(self, servers: Sequence[UsedServer]) -> None:
        self._first_counts = _first_counts(servers)
        self._taken: Counter[tuple[int, str]] = Counter()  # by servers that are placed or still waiting
        self._ours: set[tuple[int, str]] = set()  # by those of ours that are placed
        self._our_numbers: set[int] = set()
        self._smallest: int | None = None
        for server in servers:
            self._taken.update(_places(server))
            if not server.movable:
                self._settled(server)

    def lift(self, server: UsedServer) -> None:
        self._taken.subtract(_places(server))

    def place(self, server: UsedServer) -> None:
        self._taken.update(_places(server))
        self._settled(server)

    def _settled(self, server: UsedServer) -> None:
        if self._smallest is None or server.sequence < self._smallest:
            self._smallest = server.sequence
        if server.ours:
            self._ours.update(_places(server))
            self._our_numbers.add(server.sequence)

    def competes(self, server: UsedServer) -> bool:
        if any(place in self._ours for place in _places(server)):
            return True
        # waiting servers never have a smaller number
        is_first = self._smallest is None or server.sequence <= self._smallest
        return self._first_counts and is_first and server.sequence in self._our_numbers

    def free_number(self, server: UsedServer) -> int:
        """The next higher number at which no server, ours or not, accepts the same mail."""
        number = server.sequence + 1
        while any(self._taken[(number, part)] > 0 for part in server.parts):
            number += 1
        return number


def _places(server: UsedServer) -> list[tuple[int, str]]:
    return [(server.sequence, part) for part in server.parts]


def _first_counts(servers: Sequence[UsedServer]) -> bool:
    return not any(ALL_OTHERS in server.parts for server in servers)


def warn_of_ties(servers: Sequence[UsedServer], changes: Sequence[PlannedChange]) -> None:
    """Warn of the remaining ties: between stated priorities, and with servers that are not ours."""
    takers: dict[tuple[int, str], list[UsedServer]] = {}
    for server in servers:
        for part in server.parts:
            takers.setdefault((server.sequence, part), []).append(server)
    for server in servers:
        if server.change is None:
            continue
        for part in sorted(server.parts):
            others = [other.name for other in takers[(server.sequence, part)] if other is not server]
            if others:
                senders = f"the mail of {part}" if part else "the mail that no FROM filter takes"
                changes[server.change].warnings.append(
                    f"{server.name} and {named(others)} have the same priority {server.sequence} and both take "
                    f"{senders}, so Odoo may use either: give them different priorities."
                )
    _warn_of_several_firsts(servers, changes)


def _warn_of_several_firsts(servers: Sequence[UsedServer], changes: Sequence[PlannedChange]) -> None:
    """Warn once: the servers of a thousand companies may all have the same number."""
    if not servers or not _first_counts(servers):
        return
    first = min(server.sequence for server in servers)
    equals = [server for server in servers if server.sequence == first]
    concerned = [server.change for server in equals if server.change is not None]
    if len(equals) > 1 and concerned:
        changes[min(concerned)].warnings.append(
            f"{named([server.name for server in equals])} have the same priority {first}, so Odoo may send the mail "
            "that no FROM filter takes through any of them: give one of them a smaller priority than the others."
        )
