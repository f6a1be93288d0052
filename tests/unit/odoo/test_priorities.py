# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settling priorities, for any servers: only ours move, only upwards, and only once."""

from __future__ import annotations

from copy import deepcopy
from itertools import combinations

from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.priorities import settle
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.used_servers import ALL_OTHERS, UsedServer

DESIRED, OURS, FOREIGN = "desired", "ours", "foreign"


@st.composite
def used_servers(draw: st.DrawFn) -> list[UsedServer]:
    servers = []
    for index in range(draw(st.integers(0, 8))):
        owner = draw(st.sampled_from([DESIRED, DESIRED, OURS, FOREIGN]))
        parts = draw(st.frozensets(st.sampled_from(["a", "b", "c", ALL_OTHERS]), max_size=2))
        servers.append(
            UsedServer(
                name=str(index),
                sequence=draw(st.integers(9, 11)),
                parts=frozenset({ALL_OTHERS}) if ALL_OTHERS in parts else parts,
                authentication="login",
                ours=owner != FOREIGN,
                change=index if owner == DESIRED else None,
                movable=owner == DESIRED and draw(st.booleans()),
                owner=draw(st.sampled_from(["x.example", "y.example"])),
            )
        )
    return servers


def compete(one: UsedServer, other: UsedServer, servers: list[UsedServer]) -> bool:
    """As the documentation of the option defines it."""
    if one.sequence != other.sequence:
        return False
    all_filtered = not any(ALL_OTHERS in server.parts for server in servers)
    return bool(one.parts & other.parts) or (
        all_filtered and one.sequence == min(server.sequence for server in servers)
    )


@given(used_servers())
def test_no_server_of_ours_competes_with_one_whose_priority_may_change(servers: list[UsedServer]) -> None:
    settle(servers)
    for one, other in combinations(servers, 2):
        if one.ours and other.ours and (one.movable or other.movable):
            assert not compete(one, other, servers)


@given(used_servers())
def test_settling_again_changes_nothing(servers: list[UsedServer]) -> None:
    settle(servers)
    assert settle(servers) == {}


def ours(name: str, sequence: int, *parts: str, movable: bool = True) -> UsedServer:
    change = int(name) if movable else None
    return UsedServer(name, sequence, frozenset(parts), "login", True, change, movable, "x.example")


# The second must come after the first. Then the lowest priority is that of the third, which stays, and of the first.
LEFT_AS_FIRSTS = [ours("0", 10, "a"), ours("1", 9, "a"), ours("2", 10, movable=False)]


@given(used_servers())
@example(deepcopy(LEFT_AS_FIRSTS))
def test_only_changeable_priorities_move_and_only_upwards_from_a_tie(servers: list[UsedServer]) -> None:
    before = deepcopy(servers)
    moved = settle(servers)
    for index, (old, new) in enumerate(zip(before, servers)):
        if old.sequence == new.sequence:
            assert old.change not in moved
            continue
        assert old.movable and new.sequence > old.sequence and moved[old.change or 0] == new.sequence
        # with its old priority it would tie with a server as it was, or as it is after others have moved
        put_back = [*servers[:index], old, *servers[index + 1 :]]
        assert _must_move(old, before) or _must_move(old, put_back)


def _must_move(server: UsedServer, among: list[UsedServer]) -> bool:
    others = [other for other in among if other is not server]
    return any(
        (other.ours and compete(server, other, among))
        or (comes_before(other, server) and other.sequence >= server.sequence)
        for other in others
    )


def test_a_server_that_shares_the_lowest_priority_after_a_move_moves_too() -> None:
    assert settle(deepcopy(LEFT_AS_FIRSTS)) == {0: 12, 1: 13}


@given(used_servers())
def test_competing_servers_of_one_owner_keep_the_order_of_their_entries(
    servers: list[UsedServer],
) -> None:
    settle(servers)
    for one, other in combinations(servers, 2):
        if comes_before(one, other):
            assert one.sequence < other.sequence


def comes_before(one: UsedServer, other: UsedServer) -> bool:
    """Whether both take the same mail of one owner, have no given priority, and are listed in this order."""
    same = one.owner == other.owner and one.parts & other.parts
    return bool(same and one.movable and other.movable and (one.change or 0) < (other.change or 0))
