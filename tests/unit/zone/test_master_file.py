# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Master files in many styles: they are read, and an edit changes no other byte."""

from __future__ import annotations

import datetime
import difflib

import dns.name
import dns.rdatatype
import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import Conflict, ProviderError
from ansible_collections.postmaster.mail.plugins.module_utils.zone import (
    master_check,
    master_edit,
    master_file,
    master_reader,
    rdata,
    serial,
)
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Draft, RecordSet, Snapshot, Zone
from ansible_collections.postmaster.mail.plugins.module_utils.zone.plan import plan

TODAY = datetime.date(2026, 11, 21)
ZONE = dns.name.from_text("company-name.com")

CLASSIC = """\
; company-name.com, kept by hand
$TTL 1h            ; an hour
@       IN SOA  ns1.hoster.net. hostmaster.hoster.net. (
                2026112005 ; serial
                8H         ; refresh
                2H         ; retry
                4W         ; expire
                1D )       ; minimum
        IN NS   ns1.hoster.net.
        IN NS   ns2.hoster.net.
        IN MX   10 mail        ; the old mail server
        IN TXT  "v=spf1 include:_spf.google.com ~all"   ; SPF
        IN TXT  "google-site-verification=abc; \\"quoted\\" \\065"

mail    IN A    192.0.2.1
        IN AAAA 2001:db8::1
www     300 IN CNAME company-name.com.
"""


def read(
    text: str, origin: dns.name.Name | None = ZONE, included: dict[str, str] | None = None
) -> master_file.MasterFile:
    def include(name: str) -> tuple[str, str]:
        if name not in (included or {}):
            raise ProviderError(f"{name} cannot be read: No such file or directory.")
        return name, (included or {})[name]

    return master_reader.read(text, "company-name.com.zone", origin, include)


def name(text: str) -> dns.name.Name:
    return ZONE if text == "@" else dns.name.from_text(text, ZONE)


def sets(master: master_file.MasterFile) -> dict[tuple[str, str], tuple[int | None, set[str]]]:
    """The record sets as text, without the SOA."""
    return {
        (s.name.relativize(ZONE).to_text(), dns.rdatatype.to_text(s.rdtype)): (
            s.ttl,
            {rdata.to_presentation(value) for value in s.values},
        )
        for s in master.record_sets()
        if s.rdtype != dns.rdatatype.SOA
    }


def change(text: str, *wanted: tuple[str, str, int | None, list[str]], included: dict[str, str] | None = None) -> str:
    """The text after these sets have been given these values; the result is also verified."""
    master = read(text, included=included)
    draft = Draft(Snapshot(Zone(ZONE), master.record_sets()))
    for owner, rdtype, ttl, values in wanted:
        kind = dns.rdatatype.from_text(rdtype)
        if not values:
            draft.remove(name(owner), kind)
            continue
        there = draft.get(name(owner), kind)
        kept = ttl if ttl is not None or there is None else there.ttl
        draft.put(RecordSet(name(owner), kind, tuple(rdata.from_presentation(kind, v, ZONE) for v in values), kept))
    changes = plan(draft).changes
    new = master_edit.edit(master, changes, TODAY)
    after = read(new, included=included)
    master_check.verify(master, after, changes)
    return new


def changed_lines(old: str, new: str) -> list[str]:
    """The removed lines (-), then the added lines (+), without those of the serial."""
    lines = list(difflib.ndiff(old.splitlines(), new.splitlines()))
    changed = [line for line in lines if line[:1] in "-+" and "serial" not in line and " SOA " not in line]
    return sorted(changed, key=lambda line: line[0], reverse=True)


SPF = '"v=spf1 include:_spf.google.com ~all"'
NEW_SPF = '"v=spf1 include:_spf.odoo.com include:_spf.google.com ~all"'
VERIFICATION = '"google-site-verification=abc; \\"quoted\\" A"'


# -- reading ----------------------------------------------------------------------------------------------------------


def test_the_default_ttl_inherited_owners_and_escapes_are_read() -> None:
    assert sets(read(CLASSIC)) == {
        ("@", "NS"): (3600, {"ns1.hoster.net.", "ns2.hoster.net."}),
        ("@", "MX"): (3600, {"10 mail.company-name.com."}),
        ("@", "TXT"): (3600, {SPF, VERIFICATION}),
        ("mail", "A"): (3600, {"192.0.2.1"}),
        ("mail", "AAAA"): (3600, {"2001:db8::1"}),
        ("www", "CNAME"): (300, {"company-name.com."}),
    }


def test_class_and_ttl_may_be_in_either_order_and_ttls_may_have_units() -> None:
    text = "@ 1h IN SOA a. b. 1 2 3 4 5\na IN 1w2d TXT x\nb 2h30m IN TXT x\nc 5 TXT x\nd IN TXT x\n"
    assert {key[0]: ttl for key, (ttl, dummy) in sets(read(text)).items()} == {"a": 777600, "b": 9000, "c": 5, "d": 5}


def test_without_any_ttl_the_minimum_of_the_soa_record_applies() -> None:
    assert sets(read("@ SOA a. b. 1 2 3 4 55\na TXT x\n"))["a", "TXT"][0] == 55


def test_names_are_relative_to_the_current_origin() -> None:
    text = "$TTL 60\n@ SOA a. b. 1 2 3 4 5\n$ORIGIN sub\nx CNAME y\n$ORIGIN other.company-name.com.\n@ MX 5 z.\n"
    assert sets(read(text)) == {
        ("x.sub", "CNAME"): (60, {"y.sub.company-name.com."}),
        ("other", "MX"): (60, {"5 z."}),
    }


def test_a_value_in_parentheses_may_span_several_lines() -> None:
    text = '$TTL 60\n@ SOA a. b. 1 2 3 4 5\ns._domainkey ( IN TXT "v=DKIM1; " ; first\n  "p=abc" )\n'
    assert sets(read(text))["s._domainkey", "TXT"][1] == {'"v=DKIM1; p=abc"'}


def test_records_of_other_zones_are_ignored_as_by_servers() -> None:
    text = "$TTL 60\n@ SOA a. b. 1 2 3 4 5\nother.net. TXT x\n TXT y\n"
    assert sets(read(text)) == {}


def test_octets_above_127_are_read_unchanged() -> None:
    text = '$TTL 60\n@ SOA a. b. 1 2 3 4 5\na TXT "caf\xc3\xa9"\n'
    record_set = next(s for s in read(text).record_sets() if s.rdtype == dns.rdatatype.TXT)
    assert rdata.txt_bytes(record_set.values[0]) == "café".encode()


def test_included_records_are_read_and_locked() -> None:
    text = "$TTL 60\n@ SOA a. b. 1 2 3 4 5\nfoo A 192.0.2.1\n$INCLUDE common.inc sub\n TXT foo\n"
    master = read(text, included={"common.inc": "@ TXT hello\n"})
    assert sets(master)["sub", "TXT"] == (60, {'"hello"'})
    assert sets(master)["foo", "TXT"] == (60, {'"foo"'})
    locked = {s.name.relativize(ZONE).to_text(): s.locked for s in master.record_sets() if s.rdtype == 16}
    assert locked == {"sub": "in an included file (line 1 of common.inc), which other zones may share,", "foo": ""}


def test_generated_records_are_read_and_locked() -> None:
    text = "$TTL 60\n@ SOA a. b. 1 2 3 4 5\n$GENERATE 1-3 host$ 30 A 192.0.2.$\n"
    master = read(text)
    assert sets(master)["host3", "A"] == (30, {"192.0.2.3"})
    assert {s.locked for s in master.record_sets() if s.rdtype == 1} == {
        "generated by $GENERATE in line 3 of company-name.com.zone"
    }


FOREIGN = [
    '@ HTTPS 1 . alpn="h3,h2" ipv4hint=192.0.2.1',
    "a MB b",
    "a MINFO b c",
    "a A6 0 ::1",
    "a RKEY 0 0 1 AAAA",
    "a SINK 1 0 0 AAAA",
    "a TALINK b c",
    "a SMIMEA 3 1 1 AB",
    '"www" A 192.0.2.1',
    '$GENERATE 1-2 g$ TXT "v $ x"',
    "$GENERATE 1-2 h$ IN 30 CNAME x",
    "$GENERATE 10-10 ${0,3,N}.z A 192.0.2.1",
]

OF_POWERDNS = ["a ALIAS web.hoster.example.", "a LUA TXT \"'v=spf1 -all'\""]  # BIND does not load these


@pytest.mark.parametrize("line", [*FOREIGN, *OF_POWERDNS])
def test_unknown_records_do_not_prevent_an_edit_and_stay_unchanged(line: str) -> None:
    text = f"$TTL 60\n@ SOA a. b. 1 2 3 4 5\nx TXT old\n{line}\ny TXT foo\n"
    new = change(text, ("x", "TXT", None, ['"new"']))
    assert new == f'$TTL 60\n@ SOA a. b. 2 2 3 4 5\nx TXT "new"\n{line}\ny TXT foo\n'


def test_a_record_that_is_not_understood_locks_only_its_own_set() -> None:
    text = f"$TTL 60\n@ SOA a. b. 1 2 3 4 5\n@ TXT x\n{FOREIGN[5]}\na TXT x\n"
    locked = {dns.rdatatype.to_text(s.rdtype): s.locked for s in read(text).record_sets() if s.locked}
    assert locked.pop("SOA")
    (reason,) = locked.values()
    assert reason.startswith("written in a way that this collection does not understand (line 4 of ")


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("host$", ["host9", "host10", "host11"]),
        ("${0,3}x", ["009x", "010x", "011x"]),
        ("${-5,3,d}", ["004", "005", "006"]),
        ("${1,0,x}.${1,0,X}.${0,4,o}", ["a.A.0011", "b.B.0012", "c.C.0013"]),
        ("${0,3,n}", ["9.0", "a.0", "b.0"]),
        ("${1991,7,N}.\\$", ["0.D.7.0.\\$", "1.D.7.0.\\$", "2.D.7.0.\\$"]),
    ],
)
def test_generated_text_is_the_same_as_in_bind(text: str, made: list[str]) -> None:
    assert [master_reader.generated(text, number) for number in (9, 10, 11)] == made


def test_a_saved_zone_transfer_may_end_with_the_soa_again() -> None:
    soa = "@ 60 SOA a. b. {} 2 3 4 5\n"
    text = f"{soa.format(1)}x 60 TXT old\n{soa.format(1)}"
    assert change(text, ("x", "TXT", None, ['"new"'])) == f'{soa.format(2)}x 60 TXT "new"\n{soa.format(2)}'


def test_a_byte_order_mark_is_kept() -> None:
    text = "\xef\xbb\xbf$TTL 60\n@ SOA a. b. 1 2 3 4 5\nx TXT old\n"
    new = change(text, ("x", "TXT", None, ['"new"']))
    assert new == text.replace("1 2 3", "2 2 3").replace("old", '"new"')


def test_a_blank_owner_that_would_follow_generated_records_is_written_out() -> None:
    text = "$TTL 60\n@ SOA a. b. 1 2 3 4 5\na A 192.0.2.1\n$GENERATE 1-3 host$ A 192.0.2.$\na MX 1 b\n  TXT x\n"
    assert change(text, ("a", "MX", None, [])).endswith("$\na TXT x\n")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('a TXT "open', "a quoted string that is not closed on its line"),
        ("a TXT ( open", "an opening parenthesis that nothing closes"),
        ("a TXT open )", "a closing parenthesis that nothing opened"),
        ("a TXT end\\", "a backslash at the end of a line"),
        ("a TXT x\ry", "a carriage return within a line"),
        ("a TXT x\0y", "an octet 0, so this is not text (BIND's raw format is not supported)"),
        ("a CH TXT x", "a record of class CH; only IN is supported"),
        ("a IN", "a record without a type"),
        ("a NONSENSE x", "NONSENSE is not a record type"),
        ("a A 192.0.2.256", "not a valid value of type A: Text input is malformed"),
        (f'a TXT "{"x" * 256}"', "not a valid value of type TXT: string too long"),
        ("a..b A 192.0.2.1", "a..b is not a domain name: A DNS label is empty"),
        ("a 99999999999 A 192.0.2.1", "a TTL of 99999999999 is more than 2147483647 s"),
        ("$TTL soon", "soon is not a TTL"),
        ("$ORIGIN a b", "$ORIGIN with 2 arguments"),
        ("$DATE 1", "$DATE is not a directive of master files"),
        ("$INCLUDE nowhere", "$INCLUDE nowhere: nowhere cannot be read: No such file or directory"),
        ("$GENERATE 3-1 a$ A 192.0.2.$", "3-1 is not a range for $GENERATE"),
        ("@ SOA a. b. 2 2 3 4 5", "a second SOA record; a zone has one"),
    ],
)
def test_a_file_that_no_server_would_load_is_refused_with_the_line(line: str, reason: str) -> None:
    with pytest.raises(ProviderError) as error:
        read(f"$TTL 60\n@ SOA a. b. 1 2 3 4 5\n\n{line}\n")
    assert str(error.value) == f"company-name.com.zone:4: {reason}."


def test_a_file_without_an_soa_record_is_refused() -> None:
    with pytest.raises(ProviderError, match="has no SOA record"):
        read("$TTL 60\n@ NS a.\n")


def test_a_blank_owner_needs_a_record_before_it() -> None:
    with pytest.raises(ProviderError, match=":2: a record without an owner name"):
        read("$TTL 60\n  SOA a. b. 1 2 3 4 5\n")


def test_a_relative_name_needs_an_origin() -> None:
    with pytest.raises(ProviderError, match=":2: @ is a relative name before any"):
        read("$TTL 60\n@ SOA a. b. 1 2 3 4 5\n", origin=None)


def test_an_include_that_includes_itself_is_refused() -> None:
    with pytest.raises(ProviderError, match="common.inc:1: .INCLUDE common.inc leads back to itself"):
        read("$TTL 60\n@ SOA a. b. 1 2 3 4 5\n$INCLUDE common.inc\n", included={"common.inc": "$INCLUDE common.inc\n"})


# -- editing ----------------------------------------------------------------------------------------------------------


def test_a_value_is_replaced_in_its_line_and_the_comment_stays() -> None:
    new = change(CLASSIC, ("@", "TXT", None, [NEW_SPF, VERIFICATION]))
    assert changed_lines(CLASSIC, new) == [
        f"-         IN TXT  {SPF}   ; SPF",
        f"+         IN TXT  {NEW_SPF}   ; SPF",
    ]
    assert "                2026112100 ; serial\n" in new


def test_a_value_is_added_after_the_others_of_its_set_in_their_style() -> None:
    new = change(CLASSIC, ("@", "TXT", None, [SPF, VERIFICATION, '"second=1"']))
    assert changed_lines(CLASSIC, new) == ['+         IN TXT  "second=1"']
    assert '\\065"\n        IN TXT  "second=1"\n\nmail' in new


def test_a_new_name_is_added_at_the_end_with_owner_and_ttl() -> None:
    new = change(CLASSIC, ("_dmarc", "TXT", 600, ['"v=DMARC1; p=none"']))
    assert new.endswith('www     300 IN CNAME company-name.com.\n_dmarc 600 IN TXT "v=DMARC1; p=none"\n')
    assert len(changed_lines(CLASSIC, new)) == 1


def test_a_new_type_is_added_after_the_other_records_of_its_name() -> None:
    new = change(CLASSIC, ("mail", "TXT", 3600, ['"v=spf1 a -all"']))
    assert '        IN AAAA 2001:db8::1\nmail 3600 IN TXT "v=spf1 a -all"\nwww' in new


def test_records_after_a_deleted_owner_keep_that_owner() -> None:
    new = change(CLASSIC, ("mail", "A", None, []))
    assert changed_lines(CLASSIC, new) == [
        "- mail    IN A    192.0.2.1",
        "-         IN AAAA 2001:db8::1",
        "+ mail    IN AAAA 2001:db8::1",
    ]


def test_a_cname_is_replaced_by_a_txt_record() -> None:
    new = change(CLASSIC, ("www", "CNAME", None, []), ("www", "TXT", 300, ['"x"']))
    assert new.endswith('        IN AAAA 2001:db8::1\nwww 300 IN TXT "x"\n')


def test_a_changed_ttl_is_written_only_to_the_lines_of_its_set() -> None:
    new = change(CLASSIC, ("@", "TXT", 300, [SPF, VERIFICATION]), ("www", "CNAME", 900, ["company-name.com."]))
    assert changed_lines(CLASSIC, new) == [
        f"-         IN TXT  {SPF}   ; SPF",
        '-         IN TXT  "google-site-verification=abc; \\"quoted\\" \\065"',
        "- www     300 IN CNAME company-name.com.",
        f"+         300 IN TXT  {SPF}   ; SPF",
        '+         300 IN TXT  "google-site-verification=abc; \\"quoted\\" \\065"',
        "+ www     900 IN CNAME company-name.com.",
    ]


def test_a_ttl_that_the_next_line_inherits_is_written_there_when_its_line_is_deleted() -> None:
    text = "@ 60 SOA a. b. 1 2 3 4 5\na 300 TXT x\nb TXT y\nc TXT z\n"
    assert changed_lines(text, change(text, ("a", "TXT", None, []))) == ["- a 300 TXT x", "- b TXT y", "+ b 300 TXT y"]


def test_the_lines_after_a_new_record_do_not_inherit_its_ttl() -> None:
    text = "@ SOA a. b. 1 2 3 4 55\na TXT x\nb TXT y\nc TXT z\n"
    new = change(text, ("a", "MX", 7200, ["10 mx."]))
    assert changed_lines(text, new) == ["- b TXT y", "+ a 7200 MX 10 mx.", "+ b 55 TXT y"]


def test_a_new_value_has_its_ttl_if_readers_would_inherit_different_ones() -> None:
    text = "@ SOA a. b. 1 2 3 4 55\na 60 TXT x\nb MX 5 m.\nb 55 MX 5 m.\n"
    new = change(text, ("b", "MX", 55, ["5 n."]))
    assert changed_lines(text, new) == ["- b MX 5 m.", "- b 55 MX 5 m.", "+ b 55 MX 5 n."]


def test_a_multi_line_value_is_replaced_without_changing_the_rest_of_its_entry() -> None:
    text = '$TTL 60\n@ SOA a. b. 1 2 3 4 5\ns IN TXT ( "one" ; first\n\t"two" ) ; key\nt ( IN TXT "x"\n "y"\n )\n'
    new = change(text, ("s", "TXT", None, ['"three"']), ("t", "TXT", None, ['"z"']))
    assert new.endswith('\ns IN TXT "three" ; key\nt ( IN TXT "z")\n')


def test_a_value_of_more_than_255_octets_is_written_as_several_strings() -> None:
    new = change(CLASSIC, ("s._domainkey", "TXT", 3600, [f'"{"k" * 255}" "{"k" * 200}"']))
    assert f's._domainkey 3600 IN TXT "{"k" * 255}" "{"k" * 200}"\n' in new


def test_a_new_name_is_relative_to_the_origin_at_its_line() -> None:
    text = (
        "$ORIGIN com.\n$TTL 60\ncompany-name SOA a. b. 1 2 3 4 5\n NS a.\n$ORIGIN company-name.com.\nwww A 192.0.2.1\n"
        "$ORIGIN sub.company-name.com.\nx A 192.0.2.1\n"
    )
    new = change(text, ("_dmarc", "TXT", 60, ['"x"']), ("@", "TXT", 60, ['"y"']), ("y.sub", "TXT", 60, ['"z"']))
    assert new.splitlines()[4:] == [
        'company-name 60 TXT "y"',
        "$ORIGIN company-name.com.",
        "www A 192.0.2.1",
        '_dmarc 60 TXT "x"',
        "$ORIGIN sub.company-name.com.",
        "x A 192.0.2.1",
        'y 60 TXT "z"',
    ]


def test_a_file_with_absolute_names_gets_absolute_names() -> None:
    text = "$TTL 60\ncompany-name.com.\tIN\tSOA\ta. b. 1 2 3 4 5\ncompany-name.com.\tIN\tNS\ta.\n"
    new = change(text, ("_dmarc", "TXT", 60, ['"x"']))
    assert new.endswith('\n_dmarc.company-name.com.\t60\tIN\tTXT\t"x"\n')


def test_windows_line_ends_are_kept_and_used() -> None:
    text = CLASSIC.replace("\n", "\r\n")
    new = change(text, ("_dmarc", "TXT", 600, ['"x"']), ("@", "TXT", None, [NEW_SPF, VERIFICATION, '"y"']))
    assert new.count("\n") == new.count("\r\n") == text.count("\n") + 2


def test_a_last_line_without_a_line_end_stays_without_one() -> None:
    text = CLASSIC.rstrip("\n")
    new = change(text, ("_dmarc", "TXT", 600, ['"x"']), ("_dmarc", "MX", 600, ["0 ."]))
    assert new.startswith(text[:300].partition("2026112005")[0])
    assert new.endswith('company-name.com.\n_dmarc 600 IN MX 0 .\n_dmarc 600 IN TXT "x"')


def test_the_same_value_twice_is_replaced_once() -> None:
    text = '$TTL 60\n@ SOA a. b. 1 2 3 4 5\na TXT "x" "y"\n TXT "xy"\n TXT z\n'
    assert change(text, ("a", "TXT", None, ['"new"', '"z"'])).endswith('\na TXT "new"\n TXT z\n')


def test_octets_of_any_encoding_stay() -> None:
    text = CLASSIC + "; caf\xe9 \xff\xfe\n"
    assert change(text, ("www", "CNAME", None, [])).endswith("; caf\xe9 \xff\xfe\n")


def test_records_of_an_included_file_are_not_edited() -> None:
    text = "$TTL 60\n@ SOA a. b. 1 2 3 4 5\n$INCLUDE common.inc\n"
    with pytest.raises(Conflict, match=r"included file \(line 1 of common.inc\)"):
        change(text, ("@", "TXT", None, ['"x"']), included={"common.inc": "@ TXT hello\n"})


def test_an_included_file_that_would_inherit_another_ttl_stops_the_edit() -> None:
    text = "@ 60 SOA a. b. 1 2 3 4 5\na 300 A 192.0.2.1\n$INCLUDE common.inc\n"
    with pytest.raises(Conflict, match=r"line 1 of common.inc is in an included file"):
        change(text, ("a", "A", None, []), included={"common.inc": "b TXT hello\n"})


def test_a_blank_owner_after_generated_records_is_read_as_in_bind() -> None:
    text = "$TTL 60\n@ SOA a. b. 1 2 3 4 5\na A 192.0.2.1\n$GENERATE 1-3 host$ A 192.0.2.$\n TXT x\n"
    assert sets(read(text))["a", "TXT"] == (60, {'"x"'})
    assert change(text, ("a", "TXT", None, ['"y"'])).endswith('$\n TXT "y"\n')


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (2026112005, 2026112100),  # a date in the past
        (2026112100, 2026112101),  # today
        (2026112199, 2026112200),  # today, after a hundred changes
        (2027010101, 2027010102),  # a date in the future
        (1, 2),
        (1763683200, 1763683201),  # seconds since 1970
        (4294967295, 1),  # RFC 1982; 0 has a special meaning for some servers
        (2026139999, 2026140000),  # not a date
    ],
)
def test_the_serial_is_increased_in_its_style(before: int, after: int) -> None:
    assert serial.next_serial(before, TODAY) == after
