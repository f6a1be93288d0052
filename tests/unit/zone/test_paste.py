# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dns.name
import dns.rdatatype
import dns.zone
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Draft, RecordSet, Snapshot, Zone
from ansible_collections.postmaster.mail.plugins.module_utils.zone.paste import (
    paste_table,
    paste_zone_file,
)
from ansible_collections.postmaster.mail.plugins.module_utils.zone.plan import Plan, plan
from ansible_collections.postmaster.mail.plugins.module_utils.zone.rdata import cname, from_user, mx, txt

ZONE = dns.name.from_text("company-name.com")
SELECTOR = dns.name.from_text("odoo._domainkey.company-name.com")


def _txt(*values: str, ttl: int | None = 3600) -> RecordSet:
    return RecordSet(ZONE, dns.rdatatype.TXT, tuple(txt(value.encode()) for value in values), ttl)


def _plan(before: list[RecordSet], after: list[RecordSet]) -> Plan:
    draft = Draft(Snapshot(Zone(ZONE), before))
    for old in before:
        if old.key not in {new.key for new in after}:
            draft.remove(*old.key)
    for new in after:
        draft.put(new)
    return plan(draft)


def test_a_new_record_is_a_line_with_absolute_names() -> None:
    made = _plan([], [RecordSet(SELECTOR, dns.rdatatype.CNAME, (cname(dns.name.from_text("a.odoo.com")),), 300)])

    assert paste_zone_file([made]) == (
        "; zone company-name.com\nodoo._domainkey.company-name.com. 300 IN CNAME a.odoo.com.\n"
    )


def test_a_replaced_value_is_named_above_the_new_one() -> None:
    made = _plan([_txt("site=1", "v=spf1 ~all")], [_txt("site=1", "v=spf1 mx ~all")])

    assert paste_zone_file([made]) == (
        "; zone company-name.com\n"
        '; remove: company-name.com. 3600 IN TXT "v=spf1 ~all"\n'
        'company-name.com. 3600 IN TXT "v=spf1 mx ~all"\n'
    )


def test_a_replaced_value_is_one_row() -> None:
    (row,) = paste_table([_plan([_txt("site=1", "v=spf1 ~all")], [_txt("site=1", "v=spf1 mx ~all")])])

    assert row == {
        "action": "replace",
        "zone": "company-name.com",
        "host": "@",
        "name": "company-name.com",
        "type": "TXT",
        "value": "v=spf1 mx ~all",
        "priority": None,
        "ttl": 3600,
        "replaces": "v=spf1 ~all",
    }


def test_hosts_are_relative_to_the_zone_and_targets_absolute() -> None:
    made = _plan([], [RecordSet(SELECTOR, dns.rdatatype.CNAME, (cname(dns.name.from_text("a.odoo.com")),), None)])
    (row,) = paste_table([made])

    assert (row["action"], row["host"], row["value"], row["ttl"]) == ("add", "odoo._domainkey", "a.odoo.com.", 3600)


def test_the_preference_of_an_exchange_has_its_own_column() -> None:
    made = _plan([], [RecordSet(ZONE, dns.rdatatype.MX, (mx(10, dns.name.from_text("a.odoo.com")),), 3600)])
    (row,) = paste_table([made])

    assert (row["priority"], row["value"]) == (10, "a.odoo.com.")


def test_a_long_value_is_split_only_in_the_zone_file() -> None:
    value = "v=DKIM1; k=rsa; p=" + "A" * 392
    made = _plan([], [_txt(value)])

    assert paste_table([made])[0]["value"] == value
    assert paste_zone_file([made]).count('"') == 4


def test_a_deletion_is_a_row_and_a_comment() -> None:
    made = _plan([_txt("old=1")], [])

    assert [(row["action"], row["value"]) for row in paste_table([made])] == [("delete", "old=1")]
    assert paste_zone_file([made]).splitlines()[1] == '; remove: company-name.com. 3600 IN TXT "old=1"'


def test_without_changes_there_is_no_text() -> None:
    assert (paste_zone_file([]), paste_table([])) == ("", [])


@given(st.lists(st.text(min_size=1, max_size=600).map(str.encode), min_size=1, max_size=4, unique=True))
def test_the_pasted_text_contains_the_planned_values(values: list[bytes]) -> None:
    wanted = RecordSet(ZONE, dns.rdatatype.TXT, tuple(map(txt, values)), 60)
    lines = paste_zone_file([_plan([], [wanted])])
    parsed = dns.zone.from_text(lines, origin=ZONE, relativize=False, check_origin=False)

    assert set(parsed.find_rdataset(ZONE, dns.rdatatype.TXT)) == set(wanted.values)


@given(st.sets(st.sampled_from(["a=1", "b=2", "c=3", "d=4"])), st.sets(st.sampled_from(["a=1", "b=2", "c=3", "e=5"])))
def test_following_the_table_row_by_row_leads_to_the_planned_zone(before: set[str], after: set[str]) -> None:
    old, new = [_txt(*sorted(before))] if before else [], [_txt(*sorted(after))] if after else []
    held = set(before)
    for row in paste_table([_plan(old, new)]):
        if row["action"] == "delete":
            held.remove(row["value"])
        else:
            held -= {row["replaces"]}
            held.add(row["value"])
            assert from_user(dns.rdatatype.TXT, row["value"])

    assert held == after
