# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For any master file and any change: the intended records are there, and nothing else has changed."""

from __future__ import annotations

import datetime
import re

import dns.rdatatype
import dns.zone
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.zone import (
    master_check,
    master_edit,
    master_file,
    master_reader,
    rdata,
)
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Draft, RecordSet, Snapshot, Zone
from ansible_collections.postmaster.mail.plugins.module_utils.zone.plan import Plan, plan
from ansible_collections.postmaster.mail.tests.unit.zone.master_files import ZONE, revisions, texts

TODAY = datetime.date(2026, 11, 21)
Sets = dict[tuple[dns.name.Name, int], tuple[int, frozenset[dns.rdata.Rdata]]]


def read(text: str) -> master_file.MasterFile:
    def include(name: str) -> tuple[str, str]:
        raise AssertionError(f"nothing includes {name}")

    return master_reader.read(text, "file", ZONE, include)


def snapshot(text: str) -> Snapshot:
    return Snapshot(Zone(ZONE), read(text).record_sets())


def written(text: str, change: Plan) -> str:
    before = read(text)
    new = master_edit.edit(before, change.changes, TODAY)
    master_check.verify(before, read(new), change.changes)
    return new


def sets(record_sets: list[RecordSet]) -> Sets:
    return {s.key: (s.ttl or 0, frozenset(s.values)) for s in record_sets if s.rdtype != dns.rdatatype.SOA}


def seen_by_dnspython(text: str) -> Sets:
    """What dnspython reads in a whole file, with octets above 127 as \\DDD because it reads text as UTF-8."""
    escaped = re.sub(r"[\x80-\xff]", lambda match: f"\\{ord(match.group()):03d}", text)
    zone = dns.zone.from_text(escaped.replace("\r\n", "\n"), origin=ZONE, relativize=False)
    return {
        (name, rdataset.rdtype): (rdataset.ttl, frozenset(rdata.canonical(value) for value in rdataset))
        for name, rdataset in zone.iterate_rdatasets()
        if rdataset.rdtype != dns.rdatatype.SOA
    }


def values_of(found: Sets) -> dict[tuple[dns.name.Name, int], frozenset[dns.rdata.Rdata]]:
    return {key: values for key, (dummy, values) in found.items()}


@given(texts())
def test_any_file_is_read_as_by_dnspython(text: str) -> None:
    assert values_of(sets(read(text).record_sets())) == values_of(seen_by_dnspython(text))


@given(st.data())
def test_after_an_edit_dnspython_reads_exactly_the_intended_sets(data: st.DataObject) -> None:
    text = data.draw(texts())
    draft = Draft(snapshot(text))
    data.draw(revisions(draft))
    change = plan(draft)
    intended = sets(list(draft.snapshot))
    for each in change.changes:
        intended.pop(each.record_set.key, None)
        if each.after is not None:
            intended[each.record_set.key] = (each.after.ttl or 0, frozenset(each.after.values))
    new = written(text, change)
    assert sets(read(new).record_sets()) == intended
    assert values_of(seen_by_dnspython(new)) == values_of(intended)
    if seen_by_dnspython(text) == sets(list(draft.snapshot)):  # if both read the same TTLs in this file
        assert seen_by_dnspython(new) == intended


@given(st.data())
def test_other_lines_stay_unchanged_and_in_order(data: st.DataObject) -> None:
    text = data.draw(texts())
    draft = Draft(snapshot(text))
    data.draw(revisions(draft))
    change = plan(draft)
    new = written(text, change)
    touched = {each.record_set.key for each in change.changes} | {(ZONE, dns.rdatatype.SOA)}
    expected, position = [], 0
    for record in read(text).items:
        if isinstance(record, master_file.FileRecord) and not record.generated:
            expected += [re.escape(line) for line in text[position : record.start].splitlines(keepends=True)]
            position = record.end
            if (record.name, record.rdtype) not in touched:
                # it may get an owner or a TTL; the rest of the entry is the same
                inherits = record.owner is None or record.ttl_token is None
                whole, rest = text[record.start : record.end], text[record.type_token.start : record.end]
                expected.append(f"(?:{re.escape(whole)}|(?m:^).*{re.escape(rest)})" if inherits else re.escape(whole))
    expected += [re.escape(line) for line in text[position:].splitlines(keepends=True)]
    rest = new
    for pattern in expected:
        if not text.endswith("\n") and not re.search(pattern, rest):
            pattern = pattern.rstrip("\n")
        found = re.search(pattern, rest)
        assert found, f"{pattern!r} is missing in {new!r}"
        rest = rest[found.end() :]


@given(st.data())
def test_the_inverse_change_restores_the_data(data: st.DataObject) -> None:
    text = data.draw(texts())
    draft = Draft(snapshot(text))
    data.draw(revisions(draft))
    new = written(text, plan(draft))
    back = Draft(snapshot(new))
    for before, after in draft.revised():
        if before is not None:
            back.put(before)
        elif after is not None:
            back.remove(*after.key)
    assert sets(list(snapshot(written(new, plan(back))))) == sets(list(draft.snapshot))


@given(st.data())
def test_a_second_plan_has_no_changes(data: st.DataObject) -> None:
    text = data.draw(texts())
    draft = Draft(snapshot(text))
    data.draw(revisions(draft))
    again = Draft(snapshot(written(text, plan(draft))))
    for before, after in draft.revised():
        if after is not None:
            again.put(after)
        elif before is not None:
            again.remove(*before.key)
    assert not plan(again)


@given(texts())
def test_an_edit_without_changes_only_increases_the_serial(text: str) -> None:
    new = master_edit.edit(read(text), (), TODAY)
    serial = r"\b(?:1|2|2026112000|2026112100|2026112107|2026112108|1763683200|1763683201|4294967295)\b"
    assert re.sub(serial, "", new) == re.sub(serial, "", text)


@given(st.text(alphabet='a1.@$ \t\n\r();"\\IN TXT', max_size=40))
def test_any_text_is_read_or_refused_with_its_line(text: str) -> None:
    from ansible_collections.postmaster.mail.plugins.module_utils.errors import ProviderError

    try:
        read("$TTL 60\n@ SOA a. b. 1 2 3 4 5\n" + text)
    except ProviderError as error:
        assert str(error).startswith("file:")
