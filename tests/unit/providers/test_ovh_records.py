# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How OVH writes records, and the order in which a plan is written there."""

from __future__ import annotations

from typing import Any

import dns.name
import dns.rdatatype
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.errors import ProviderError
from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.providers.ovh import records as ovh_records
from ansible_collections.postmaster.mail.plugins.module_utils.providers.ovh.records import Content, Entry
from ansible_collections.postmaster.mail.plugins.module_utils.providers.ovh.write import Write, needed, writes
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Draft, RecordSet, Snapshot, Zone
from ansible_collections.postmaster.mail.plugins.module_utils.zone.plan import plan
from ansible_collections.postmaster.mail.plugins.module_utils.zone.rdata import from_presentation, txt

ZONE = record_name("company-name.com")
HEAD = "$TTL 3600\n@\tIN SOA dns200.anycast.me. tech.ovh.net. (2026112100 86400 3600 3600000 300)\n"

texts = st.binary(max_size=600)
owners = st.sampled_from(["", "_dmarc", "s1._domainkey", "*", "mail"])
ttls = st.sampled_from([0, 60, 3600, 86400])


def exported(*lines: str) -> list[Entry]:
    content = ovh_records.exported(HEAD + "\n".join(lines) + "\n", ZONE)
    return [entry for entry in content.entries if entry.rdtype != dns.rdatatype.SOA]


def raw(field: str, target: str, sub: str = "", ttl: Any = 0) -> dict[str, Any]:
    return {"id": 1, "zone": "company-name.com", "subDomain": sub, "fieldType": field, "target": target, "ttl": ttl}


# -- the export ------------------------------------------------------------------------------------------------------


def test_an_export_omits_repeated_owners_and_the_default_ttl() -> None:
    entries = exported(
        "                 IN MX     1 mx1.mail.ovh.net.",
        "             600 IN TXT    \"1|www.company-name.com\"",
        "s1._domainkey    IN TXT    ( \"v=DKIM1;k=rsa;\" \"p=MIIB\" )",
        "                 IN A      192.0.2.1",
    )  # fmt: skip
    assert [(str(entry.name), entry.ttl, str(entry.value)) for entry in entries] == [
        ("company-name.com.", 0, "1 mx1.mail.ovh.net."),
        ("company-name.com.", 600, '"1|www.company-name.com"'),
        ("s1._domainkey.company-name.com.", 0, '"v=DKIM1;k=rsa;p=MIIB"'),
        ("s1._domainkey.company-name.com.", 0, "192.0.2.1"),
    ]


@pytest.mark.parametrize("text", ["v=spf1 mx a:mail.example -all", "v=DMARC1; p=none", 'v=spf1 "mx" -all'])
def test_unquoted_text_of_several_words_is_not_read(text: str) -> None:
    assert [entry.value for entry in exported(f"x IN TXT {text}", "y IN TXT oneword")] == [None, txt(b"oneword")]


@pytest.mark.parametrize("text", ["", "<html></html>", "@ IN A 192.0.2.1", HEAD + "x IN TXT (unclosed"])
def test_an_export_that_is_no_zone_is_unclear(text: str) -> None:
    with pytest.raises(ovh_records.Unclear):
        ovh_records.exported(text, ZONE)


@given(st.lists(st.tuples(owners, ttls, texts), max_size=8))
def test_any_txt_value_is_read_from_an_export_unchanged(records: list[tuple[str, int, bytes]]) -> None:
    lines = [f"{owner or '@'} {ttl or ''} IN TXT {txt(value).to_text()}" for owner, ttl, value in records]
    read = [(entry.name, entry.ttl, entry.value) for entry in exported(*lines)]
    assert read == [
        (dns.name.from_text(owner, ZONE) if owner else ZONE, ttl, txt(value)) for owner, ttl, value in records
    ]


@given(st.text())
def test_any_export_is_read_or_unclear(text: str) -> None:
    for export in (text, HEAD + text, f"{HEAD}x IN TXT {text}"):
        try:
            ovh_records.exported(export, ZONE)
        except ovh_records.Unclear:
            pass


# -- a record --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "target", "expected"),
    [
        ("TXT", '"v=spf1 " "-all"', '"v=spf1 -all"'),
        ("TXT", "v=DMARC1; p=none", '"v=DMARC1; p=none"'),
        ("SPF", "v=spf1 include:mx.ovh.com ~all", '"v=spf1 include:mx.ovh.com ~all"'),
        ("SPF", '"v=spf1 include:mx.ovh.com ~all"', '"v=spf1 include:mx.ovh.com ~all"'),
        ("DKIM", '( "v=DKIM1;" "p=MIIB" )', '"v=DKIM1;p=MIIB"'),
        ("DMARC", "v=DMARC1;p=none;", '"v=DMARC1;p=none;"'),
        ("MX", "10 mail", "10 mail.company-name.com."),
        ("CNAME", "web.hoster.example.", "web.hoster.example."),
        ("MX", "nonsense", "None"),
    ],
)
def test_a_record_of_any_field_type_is_read(field: str, target: str, expected: str) -> None:
    assert str(ovh_records.entry(raw(field, target), ZONE).value) == expected


@pytest.mark.parametrize("answer", [{}, [], raw("TXT", "x", ttl="x"), {**raw("A", "x"), "subDomain": 3}, {"id": 1}])
def test_an_answer_that_is_no_record_is_reported(answer: Any) -> None:
    with pytest.raises(ProviderError, match="something other than a record"):
        ovh_records.entry(answer, ZONE)


def test_octets_that_are_not_unicode_are_read_unchanged() -> None:
    record = {"id": 1, "fieldType": "TXT", "subDomain": "", "target": "a\udcff", "ttl": 0}
    assert ovh_records.entry(record, ZONE).value == txt(b"a\xff")
    assert ovh_records.entry({**record, "target": "a\ud800"}, ZONE).value is None
    text = '$TTL 3600\n@ IN SOA ns.example. tech.example. (1 86400 3600 3600000 300)\n@ IN TXT "a{}"\n'
    assert ovh_records.exported(text.format("\udcff"), ZONE).entries[-1].value == txt(b"a\xff")
    with pytest.raises(ovh_records.Unclear):
        ovh_records.exported(text.format("\ud800"), ZONE)


def test_records_of_other_types_do_not_make_an_export_unclear() -> None:
    text = '$TTL 3600\n@ IN SOA ns.example. tech.example. (1 86400 3600 3600000 300)\n@ IN HTTPS 1 . alpn="h3,h2"\n'
    entries = ovh_records.exported(text + '@ IN MB mb.example.\n@ IN TXT "a"\n', ZONE).entries
    assert [entry.value for entry in entries if entry.rdtype == dns.rdatatype.TXT] == [txt(b"a")]
    assert len(entries) == 4


@given(st.sampled_from(["TXT", "SPF", "DKIM", "DMARC"]), texts, st.booleans())
def test_any_value_that_fits_a_field_type_is_read_back_unchanged(field: str, text: bytes, prefixed: bool) -> None:
    value = txt((ovh_records.NATIVE.get(field, b"") if prefixed else b"") + text)
    if ovh_records.fits(value, field):
        target = ovh_records.spelled(value, field)
        assert ovh_records.entry(raw(field, target), ZONE).value == value
        assert target.isascii()


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("_dmarc", "_dmarc", True),
        ("xDMARC", "_dmarc", True),
        ("dmarc", "_dmarc", False),
        ("a.b", "a.b", True),
        ("axb", "a.b", False),
        ("", "", True),
        ("x", "", False),
        ("*.x", "*.x", True),
        ("anything", "%", True),
    ],
)
def test_in_the_filter_an_underscore_matches_any_character(text: str, pattern: str, expected: bool) -> None:
    assert ovh_records.ilike(text, pattern) is expected


# -- the order of writes ---------------------------------------------------------------------------------------------

POSSIBLE = {
    "TXT": [txt(text).to_text() for text in (b"v=spf1 -all", b"v=spf1 ~all", b"v=DMARC1; p=none", b"verification=1")],
    "MX": ["10 mx1.hoster.example.", "20 mx2.hoster.example.", "0 ."],
    "CNAME": ["s1.hoster.example.", "s2.hoster.example."],
}


@st.composite
def zones(draw: st.DrawFn) -> list[tuple[str, str, str, str]]:
    """Records as (owner, type, field type, value); each name has either a CNAME or other types."""
    records = []
    for owner in ("", "_dmarc", "s1._domainkey"):
        for rdtype in ["CNAME"] if owner and draw(st.booleans()) else ["TXT", "MX"]:
            most = 1 if rdtype == "CNAME" else 3
            for value in draw(st.lists(st.sampled_from(POSSIBLE[rdtype]), max_size=most, unique=True)):
                native = [field for field, start in ovh_records.NATIVE.items() if f'"{start.decode()}' in value]
                records.append((owner, rdtype, draw(st.sampled_from([rdtype, *native])), value))
    return records


def entries(records: list[tuple[str, str, str, str]]) -> list[Entry]:
    found = []
    for number, (owner, rdtype, field, text) in enumerate(records):
        value = from_presentation(dns.rdatatype.from_text(rdtype), text)
        name = dns.name.from_text(owner, ZONE) if owner else ZONE
        target = ovh_records.spelled(value, field)
        found.append(Entry(name, value.rdtype, value, 0, number + 1, field, target))
    return found


@given(zones(), zones())
def test_the_writes_lead_from_any_zone_to_any_other_in_a_safe_order(
    there: list[tuple[str, str, str, str]], wanted: list[tuple[str, str, str, str]]
) -> None:
    content = Content(tuple(entries(there)))
    draft = Draft(Snapshot(Zone(ZONE), content.record_sets(), handle=content))
    goal = Content(tuple(entries(wanted)))
    sets = {record_set.key: record_set for record_set in goal.record_sets()}
    for record_set in list(draft.snapshot):
        if record_set.key not in sets:
            draft.remove(*record_set.key)
    for record_set in sets.values():
        draft.put(RecordSet(record_set.name, record_set.rdtype, record_set.values, 3600))
    made = plan(draft)
    calls = writes(made, [wanted_ids for dummy, wanted_ids, dummy2 in needed(made)])
    assert held_after(content, calls) == {(*entry.key, entry.value) for entry in goal.entries}
    kinds = ["delete" if call.after is None else "write" for call in calls]
    while kinds and kinds[0] == "delete":
        kinds.pop(0)
    assert kinds == sorted(kinds, reverse=True)  # deletions come first or last


def held_after(content: Content, calls: list[Write]) -> set[tuple[Any, ...]]:
    """The contents of the zone after these calls; a CNAME must never be beside another record."""
    held = {entry.id: entry for entry in content.entries}
    for number, call in enumerate(calls):
        if call.before is not None:
            assert held.pop(call.before.id) == call.before
        if call.after is not None:
            assert call.before is None or call.before.field == call.after.field
            held[call.after.id or -number - 1] = call.after
        for entry in held.values():
            beside = [other for other in held.values() if other.name == entry.name]
            assert entry.rdtype != dns.rdatatype.CNAME or len(beside) == 1
    return {(*entry.key, entry.value) for entry in held.values()}
