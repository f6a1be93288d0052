# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of a plan is safe if a provider writes its changes one by one, and its description is complete."""

from __future__ import annotations

import dns.rdatatype
import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Draft, RecordSet, Snapshot, Zone
from ansible_collections.postmaster.mail.plugins.module_utils.zone.plan import Change, Plan, describe
from ansible_collections.postmaster.mail.plugins.module_utils.zone.plan import plan as make_plan
from ansible_collections.postmaster.mail.tests.support.memory import name, parse

ZONE = Zone(name("company-name.com"))


def sets(text: str) -> list[RecordSet]:
    return list(parse(text).values())


def planned(before: str, after: str) -> Plan:
    """The plan from the first text to the second, revised in the order of the texts, with deletions last."""
    draft = Draft(Snapshot(ZONE, sets(before)))
    wanted = sets(after)
    left = {record_set.key for record_set in wanted}
    gone = [record_set for record_set in draft.snapshot if record_set.key not in left]
    room = [record_set for record_set in gone if record_set.rdtype == dns.rdatatype.CNAME]
    for record_set in room:
        draft.remove(*record_set.key)
    for record_set in wanted:
        draft.put(record_set)
    for record_set in gone:
        if record_set not in room:
            draft.remove(*record_set.key)
    return make_plan(draft)


def order(plan: Plan) -> list[str]:
    return [f"{change.kind} {change.record_set}" for change in plan.changes]


class TestOrder:
    def test_deletions_come_last(self) -> None:
        plan = planned(
            'a.company-name.com 60 TXT "gone"\nm.company-name.com 60 TXT "old"',
            'm.company-name.com 60 TXT "new"\nz.company-name.com 60 TXT "created"',
        )
        assert order(plan) == [
            "replace m.company-name.com TXT",
            "create z.company-name.com TXT",
            "delete a.company-name.com TXT",
        ]

    def test_a_deletion_that_makes_room_comes_first(self) -> None:
        plan = planned(
            "z.company-name.com 60 CNAME elsewhere.example.",
            'a.company-name.com 60 TXT "created"\nz.company-name.com 60 TXT "in its place"',
        )
        assert order(plan) == [
            "delete z.company-name.com CNAME",
            "create a.company-name.com TXT",
            "create z.company-name.com TXT",
        ]

    def test_a_deletion_beside_a_replaced_set_comes_last(self) -> None:
        plan = planned(
            'a.company-name.com 60 TXT "old"\na.company-name.com 60 A 192.0.2.1',
            'a.company-name.com 60 TXT "new"',
        )
        assert order(plan) == ["replace a.company-name.com TXT", "delete a.company-name.com A"]

    def test_a_deletion_beside_a_created_set_of_another_type_comes_last(self) -> None:
        plan = planned("a.company-name.com 60 A 192.0.2.1", "a.company-name.com 60 AAAA 2001:db8::1")
        assert order(plan) == ["create a.company-name.com AAAA", "delete a.company-name.com A"]

    def test_a_cname_that_nothing_replaces_is_deleted_last(self) -> None:
        plan = planned("a.company-name.com 60 CNAME elsewhere.example.", 'z.company-name.com 60 TXT "created"')
        assert order(plan) == ["create z.company-name.com TXT", "delete a.company-name.com CNAME"]

    def test_a_set_that_a_cname_replaces_is_deleted_first(self) -> None:
        draft = Draft(Snapshot(ZONE, sets("z.company-name.com 60 A 192.0.2.1")))
        draft.remove(name("z.company-name.com"), dns.rdatatype.A)
        for record_set in sets('z.company-name.com 60 CNAME a.example.\na.company-name.com 60 TXT "x"'):
            draft.put(record_set)
        assert order(make_plan(draft)) == [
            "delete z.company-name.com A",
            "create a.company-name.com TXT",
            "create z.company-name.com CNAME",
        ]

    def test_other_changes_are_in_the_order_of_names_and_then_of_types(self) -> None:
        text = 'b.company-name.com 60 TXT "x"\nb.company-name.com 60 A 192.0.2.1\na.company-name.com 60 TXT "x"'
        there = ["a.company-name.com TXT", "b.company-name.com A", "b.company-name.com TXT"]
        assert order(planned("", text)) == [f"create {key}" for key in there]
        assert order(planned(text, "")) == [f"delete {key}" for key in there]


class TestWhatIsPlanned:
    def test_the_same_values_in_another_order_are_no_change(self) -> None:
        text = 'a.company-name.com 60 TXT "x"\na.company-name.com 60 TXT "y"'
        turned = 'a.company-name.com 60 TXT "y"\na.company-name.com 60 TXT "x"'
        plan = planned(text, turned)
        assert not plan and plan.changes == () and plan.diff() == ""

    def test_a_plan_with_a_change_is_true(self) -> None:
        plan = planned("", 'a.company-name.com 60 TXT "x"')
        assert plan and plan.zone is ZONE

    def test_each_change_has_the_whole_set_before_and_after(self) -> None:
        (change,) = planned('a.company-name.com 60 TXT "x"', 'a.company-name.com 60 TXT "y"').changes
        assert [change.before, change.after] == [
            *sets('a.company-name.com 60 TXT "x"'),
            *sets('a.company-name.com 60 TXT "y"'),
        ]
        assert change.record_set is change.after

    def test_the_record_set_of_a_deletion_is_the_one_before(self) -> None:
        (change,) = planned('a.company-name.com 60 TXT "x"', "").changes
        assert change.after is None and change.record_set is change.before

    def test_a_change_without_a_record_set_is_refused(self) -> None:
        with pytest.raises(ValueError, match="a change without a record set"):
            Change(None, None).record_set  # noqa: B018

    def test_a_plan_since_a_checkpoint_has_only_later_revisions(self) -> None:
        draft = Draft(Snapshot(ZONE, []))
        (first,) = sets('a.company-name.com 60 TXT "x"')
        (second,) = sets('b.company-name.com 60 TXT "x"')
        draft.put(first)
        checkpoint = draft.checkpoint()
        draft.put(second)
        assert order(make_plan(draft, checkpoint)) == ["create b.company-name.com TXT"]
        assert len(make_plan(draft).changes) == 2


class TestDescription:
    def test_a_created_set_shows_its_ttl(self) -> None:
        assert planned("", 'a.company-name.com 60 TXT "x"').diff() == "a.company-name.com  TXT  (TTL 60)\n+ x"

    def test_a_replaced_set_shows_removed_added_and_kept_values(self) -> None:
        plan = planned(
            'a.company-name.com 60 TXT "stays"\na.company-name.com 60 TXT "goes"',
            'a.company-name.com 60 TXT "comes"\na.company-name.com 60 TXT "stays"',
        )
        assert plan.diff() == "a.company-name.com  TXT\n- goes\n+ comes\n  stays (kept)"

    def test_a_deleted_set_shows_its_values(self) -> None:
        assert planned('a.company-name.com 60 TXT "x"', "").diff() == "a.company-name.com  TXT\n- x"

    def test_a_changed_ttl_is_shown_with_the_old_one(self) -> None:
        plan = planned('a.company-name.com 60 TXT "x"', 'a.company-name.com 300 TXT "x"')
        assert plan.diff() == "a.company-name.com  TXT  (TTL 60 -> 300)\n  x (kept)"

    def test_an_inherited_ttl_is_shown_as_that_of_the_zone(self) -> None:
        (stated,) = sets('a.company-name.com 60 TXT "x"')
        inherited = RecordSet(stated.name, stated.rdtype, stated.values)
        assert describe(Change(inherited, stated))[0] == "a.company-name.com  TXT  (TTL of the zone -> 60)"
        assert describe(Change(None, inherited))[0] == "a.company-name.com  TXT"

    def test_all_changes_are_described_in_order(self) -> None:
        plan = planned('b.company-name.com 60 TXT "x"', "a.company-name.com 60 A 192.0.2.1")
        assert plan.diff() == "a.company-name.com  A  (TTL 60)\n+ 192.0.2.1\nb.company-name.com  TXT\n- x"
