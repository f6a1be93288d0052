# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The priorities of outgoing servers: no two of ours compete for the same mail unless both priorities are given."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.plan import (
    plan_servers,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.write import yield_priorities
from ansible_collections.postmaster.mail.tests.support.server_plans import (
    after,
    all_desired,
    asked_for,
    held_servers,
    ours,
    server,
    snapshot_of,
)


def test_new_servers_that_compete_get_different_priorities() -> None:
    wanted = [
        asked_for("A", host="a.example", from_filter=["a.example"]),
        asked_for("B", host="b.example", from_filter=["a.example"]),
    ]
    assert [change.values["sequence"] for change in plan_servers(snapshot_of(), wanted)] == [10, 11]


class OtherRun:
    """An Odoo in which another run has just created server 3 with priority 10."""

    def __init__(self) -> None:
        self.written: dict[int, Any] = {}

    def search_read(self, model: str, *dummy: Any, **more: Any) -> list[dict[str, Any]]:
        return [{"res_id": number} for number in (3, 4, 5)] if model == "ir.model.data" else [{"id": 3, "sequence": 10}]

    def write(self, dummy: str, ids: list[int], values: dict[str, Any]) -> None:
        self.written.update(dict.fromkeys(ids, values))


def test_servers_that_yield_to_another_run_keep_their_order() -> None:
    wanted = [asked_for(name, host=f"{name}.example", owner="us", from_filter=["a.example"]) for name in "AB"]
    snapshot = snapshot_of()
    changes = plan_servers(snapshot, wanted)
    for number, change in enumerate(changes, start=4):
        change.record_id = number
    odoo = OtherRun()
    yield_priorities(odoo, snapshot, changes)  # type: ignore[arg-type]
    assert odoo.written == {4: {"sequence": 12}, 5: {"sequence": 13}}
    assert ["priority: 12" in change.diff()["after"] for change in changes] == [True, False]
    assert "priority: 13" in changes[1].diff()["after"]


def test_a_given_priority_stays_and_the_other_server_yields() -> None:
    wanted = [asked_for("A", host="a.example", from_filter=["a.example"]),
              asked_for("B", host="b.example", from_filter=["a.example"], priority=10)]  # fmt: skip
    assert [change.values["sequence"] for change in plan_servers(snapshot_of(), wanted)] == [11, 10]


def test_equal_given_priorities_stay_with_a_warning() -> None:
    wanted = [asked_for(name, host=f"{name}.example", from_filter=["a.example"], priority=5) for name in "AB"]
    changes = plan_servers(snapshot_of(), wanted)
    assert [change.values["sequence"] for change in changes] == [5, 5]
    assert all("same priority 5 and both take the mail of a.example" in change.warnings[0] for change in changes)


def test_a_tie_with_a_server_of_others_only_leads_to_a_warning() -> None:
    there = server(1, sequence=10, from_filter="a.example")
    change = plan_servers(snapshot_of(there), [asked_for("A", host="a.example", from_filter=["a.example"])])[0]
    assert change.values["sequence"] == 10 and "Server 1 have the same priority 10" in change.warnings[0]


def test_a_server_of_ours_without_an_entry_keeps_its_priority() -> None:
    there = server(1, sequence=10, from_filter="a.example")
    snapshot = snapshot_of(there, external_ids=ours(1))
    changes = plan_servers(snapshot, [asked_for("A", host="a.example", from_filter=["a.example"])])
    assert changes[0].values["sequence"] == 11 and changes[0].warnings == []


def test_of_a_thousand_filtered_servers_only_one_has_the_lowest_priority() -> None:
    wanted = [asked_for(str(number), host="a.example", username=str(number), from_filter=[f"{number}.example"])
              for number in range(1000)]  # fmt: skip
    changes = plan_servers(snapshot_of(), wanted)
    assert [change.values["sequence"] for change in changes] == [10] + [11] * 999
    assert not any(change.warnings for change in changes)


def test_beside_a_server_without_a_filter_the_others_may_have_equal_priorities() -> None:
    there = server(1, sequence=99)
    wanted = [asked_for(name, host="a.example", username=name, from_filter=[f"{name}.example"]) for name in "ab"]
    assert [change.values["sequence"] for change in plan_servers(snapshot_of(there), wanted)] == [10, 10]


def test_a_thousand_equal_lowest_priorities_lead_to_one_warning() -> None:
    same = {"host": "a.example", "priority": 3}
    wanted = [asked_for(str(one), username=str(one), from_filter=[f"{one}.example"], **same) for one in range(1000)]
    warnings = [text for change in plan_servers(snapshot_of(), wanted) for text in change.warnings]
    assert len(warnings) == 1 and "0, 1, 2, 3, 4 and 995 more have the same priority 3" in warnings[0]


def competing(servers: list[dict[str, Any]]) -> set[tuple[int, int]]:
    """Pairs of active servers between which the order in the database decides."""
    active = [one for one in servers if one["active"]]
    parts = {one["id"]: {part.strip().lower() for part in (one["from_filter"] or "").split(",")} for one in active}
    catch_all = any("" in held for held in parts.values())
    first = min((one["sequence"] for one in active), default=0)
    return {
        (one["id"], other["id"])
        for one in active
        for other in active
        if one["id"] < other["id"] and one["sequence"] == other["sequence"]
        and (parts[one["id"]] & parts[other["id"]] or (not catch_all and one["sequence"] == first))
    }  # fmt: skip


@given(held_servers, all_desired)
def test_no_two_of_ours_compete_unless_both_priorities_are_given(
    there: list[dict[str, Any]], wanted: list[dict[str, Any]]
) -> None:
    snapshot = snapshot_of(*there)
    changes = plan_servers(snapshot, wanted)
    result = after(snapshot, changes)
    unstated = {change.record_id for desired, change in zip(wanted, changes)
                if desired.get("priority") is None and change.failure is None}  # fmt: skip
    stated = {change.record_id for desired, change in zip(wanted, changes)
              if desired.get("priority") is not None and change.failure is None}  # fmt: skip
    for one, other in competing(result.servers):
        assert not ({one, other} & unstated and {one, other} <= unstated | stated)


@given(held_servers, all_desired)
def test_servers_without_an_entry_and_given_priorities_do_not_change(
    there: list[dict[str, Any]], wanted: list[dict[str, Any]]
) -> None:
    snapshot = snapshot_of(*there, external_ids=ours(1, 2))
    changes = plan_servers(snapshot, wanted)
    touched = {change.record_id for change in changes if change.changed}
    result = {one["id"]: one for one in after(snapshot, changes).servers}
    for one in snapshot.servers:
        if one["id"] not in touched:
            assert result[one["id"]] == one
    for desired, change in zip(wanted, changes):
        if change.failure is None and desired["state"] != "absent" and desired.get("priority") is not None:
            assert result[change.record_id or 0]["sequence"] == desired["priority"]
