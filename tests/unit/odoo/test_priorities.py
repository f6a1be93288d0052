# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Priorities are settled once, upwards, among ours only, and for any servers that there may be."""

from __future__ import annotations

from copy import deepcopy
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.priorities import settle
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.used_servers import ALL_OTHERS, UsedServer

WISHED_FOR, OURS, FOREIGN = "wished for", "ours", "foreign"


@st.composite
def used_servers(draw: st.DrawFn) -> list[UsedServer]:
    servers = []
    for index in range(draw(st.integers(0, 8))):
        owner = draw(st.sampled_from([WISHED_FOR, WISHED_FOR, OURS, FOREIGN]))
        parts = draw(st.frozensets(st.sampled_from(["a", "b", "c", ALL_OTHERS]), max_size=2))
        servers.append(
            UsedServer(
                name=str(index),
                sequence=draw(st.integers(9, 11)),
                parts=frozenset({ALL_OTHERS}) if ALL_OTHERS in parts else parts,
                authentication="login",
                ours=owner != FOREIGN,
                change=index if owner == WISHED_FOR else None,
                movable=owner == WISHED_FOR and draw(st.booleans()),
                owner=draw(st.sampled_from(["x.example", "y.example"])),
            )
        )
    return servers


def compete(one: UsedServer, other: UsedServer, servers: list[UsedServer]) -> bool:
    """As the documentation of the option says it."""
    if one.sequence != other.sequence:
        return False
    all_filtered = not any(ALL_OTHERS in server.parts for server in servers)
    return bool(one.parts & other.parts) or (
        all_filtered and one.sequence == min(server.sequence for server in servers)
    )


@given(used_servers())
def test_no_server_of_ours_competes_with_one_whose_priority_is_free(servers: list[UsedServer]) -> None:
    settle(servers)
    for one, other in combinations(servers, 2):
        if one.ours and other.ours and (one.movable or other.movable):
            assert not compete(one, other, servers)


@given(used_servers())
def test_a_second_time_nothing_moves(servers: list[UsedServer]) -> None:
    settle(servers)
    assert settle(servers) == {}


@given(used_servers())
def test_only_free_priorities_move_and_only_upwards_from_a_tie(servers: list[UsedServer]) -> None:
    before = deepcopy(servers)
    moved = settle(servers)
    for old, new in zip(before, servers):
        if old.sequence == new.sequence:
            assert old.change not in moved
        else:
            assert old.movable and new.sequence > old.sequence and moved[old.change or 0] == new.sequence
            assert any(
                other is not old and (other.ours and compete(old, other, before) or comes_before(other, old))
                for other in before
            )


@given(used_servers())
def test_the_servers_of_one_owner_are_tried_in_the_order_in_which_they_are_asked_for(
    servers: list[UsedServer],
) -> None:
    settle(servers)
    for one, other in combinations(servers, 2):
        if comes_before(one, other):
            assert one.sequence < other.sequence


def comes_before(one: UsedServer, other: UsedServer) -> bool:
    """Both for the same mail of one owner, without a stated priority, and asked for in this order."""
    same = one.owner == other.owner and one.parts & other.parts
    return bool(same and one.movable and other.movable and (one.change or 0) < (other.change or 0))
