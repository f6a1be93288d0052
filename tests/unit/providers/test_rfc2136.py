# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a plan is split into dynamic updates, and the prerequisites of each."""

from __future__ import annotations

from unittest import mock

import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.update
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.errors import ProviderError
from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.providers import rfc2136
from ansible_collections.postmaster.mail.plugins.module_utils.providers.changes import portions
from ansible_collections.postmaster.mail.plugins.module_utils.providers.rfc2136.server import UpdateServer
from ansible_collections.postmaster.mail.plugins.module_utils.zone import rdata
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import RecordSet, Zone
from ansible_collections.postmaster.mail.plugins.module_utils.zone.plan import Change

ZONE = Zone(record_name("company-name.com"))
TXT, CNAME = dns.rdatatype.TXT, dns.rdatatype.CNAME
NAMES = [record_name(f"n{number}.company-name.com") for number in range(6)]


def txt_set(name: dns.name.Name, *values: bytes) -> RecordSet:
    rdatas = tuple(rdata.txt(value) for value in values)
    return RecordSet(name, TXT, rdatas, 3600, handle=rdatas)


def cname_set(name: dns.name.Name, target: str = "s1.hoster.example") -> RecordSet:
    rdatas = (rdata.cname(record_name(target)),)
    return RecordSet(name, CNAME, rdatas, 3600, handle=rdatas)


def expected(*changes: Change) -> set[tuple[str, str, str]]:
    """The prerequisites of one message: the name, ``present`` with these values or ``absent``, and the type."""
    message = dns.update.UpdateMessage(ZONE.name)
    types: dict[dns.name.Name, set[int]] = {}
    for change in changes:
        types.setdefault(change.record_set.name, set()).add(change.record_set.rdtype)
    for change in changes:
        rfc2136._expect(message, change, types[change.record_set.name])
    return {
        (
            str(rrset.name),
            "absent" if rrset.rdclass == dns.rdataclass.NONE else "present",
            dns.rdatatype.to_text(rrset.rdtype),
        )
        for rrset in message.prerequisite
    }


def test_a_new_txt_expects_neither_a_txt_nor_a_cname() -> None:
    name = "n0.company-name.com."
    assert expected(Change(None, txt_set(NAMES[0], b"new"))) == {(name, "absent", "TXT"), (name, "absent", "CNAME")}


def test_a_new_cname_expects_an_unused_name() -> None:
    assert expected(Change(None, cname_set(NAMES[0]))) == {("n0.company-name.com.", "absent", "ANY")}


def test_a_cname_that_replaces_a_txt_expects_that_txt_and_nothing_else() -> None:
    there = expected(Change(txt_set(NAMES[0], b"old"), None), Change(None, cname_set(NAMES[0])))
    assert ("n0.company-name.com.", "present", "TXT") in there
    assert ("n0.company-name.com.", "absent", "A") in there
    assert ("n0.company-name.com.", "absent", "CNAME") in there
    assert ("n0.company-name.com.", "absent", "TXT") not in there


def test_a_txt_that_replaces_a_cname_expects_that_cname() -> None:
    there = expected(Change(cname_set(NAMES[0]), None), Change(None, txt_set(NAMES[0], b"new")))
    assert there == {("n0.company-name.com.", "present", "CNAME"), ("n0.company-name.com.", "absent", "TXT")}


SIZES = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(1, 9000)), min_size=1, max_size=24)


@given(SIZES)
def test_every_change_is_in_one_message_in_order_and_no_message_is_too_large(
    sizes: list[tuple[dns.name.Name, int]],
) -> None:
    changes = [
        Change(None, RecordSet(name, dns.rdatatype.RdataType(65280 + number), (rdata.txt(b"x" * size),), 60))
        for number, (name, size) in enumerate(sizes)
        if sum(other == name for other, dummy in sizes) * 9100 < rfc2136._LARGEST
    ]
    messages = list(portions(changes, rfc2136._octets, (rfc2136._LARGEST,)))
    assert sorted(map(id, (change for message in messages for change in message))) == sorted(map(id, changes))
    for name in NAMES:
        here = [[change for change in message if change.record_set.name == name] for message in messages]
        assert sum(bool(group) for group in here) <= 1
        assert [c for group in here for c in group] == [c for c in changes if c.record_set.name == name]
    assert all(rfc2136._octets(message)[0] <= rfc2136._LARGEST for message in messages)


@pytest.mark.parametrize("octets", [b"", b"\xc0", b"\xff\xff", b"\x05ab", b"\x00", b"\x00\x00\x00"])
def test_an_answer_with_an_invalid_name_is_not_understood(octets: bytes) -> None:
    query = dns.message.make_query("a.example.", "MINFO", flags=0, use_edns=False)
    response = dns.message.make_response(query)
    value = dns.rdata.GenericRdata(dns.rdataclass.IN, dns.rdatatype.from_text("MINFO"), octets)
    response.answer.append(dns.rrset.from_rdata("a.example.", 60, value))
    server = UpdateServer({"server": "ns.example"}, lambda: None)
    with pytest.raises(ProviderError, match="^the name server ns.example gives an answer that is not understood"):
        server._parsed(query, response.to_wire())


def test_a_truncated_refusal_is_not_understood() -> None:
    server = UpdateServer({"server": "ns.example", "key_name": "k", "key_secret": "c2VjcmV0"}, lambda: None)
    query = dns.message.make_query("a.example.", "TXT", flags=0, use_edns=False)
    server._signed(query)
    refused = bytes([0, 0, 0x80, dns.rcode.REFUSED, 0, 1])
    with pytest.raises(ProviderError, match="^the name server ns.example gives an answer that is not understood"):
        server._parsed(query, refused)


@pytest.mark.parametrize(
    ("rcode", "told"),
    [
        ("NOERROR", "there"),
        ("NXRRSET", "made from the wildcard"),
        ("REFUSED", "refuses to update"),
        ("NOTAUTH", "takes no updates"),
        ("SERVFAIL", "failed to update"),
    ],
)
def test_only_nxrrset_means_that_a_set_comes_from_a_wildcard(rcode: str, told: str) -> None:
    def answer(message: dns.message.Message) -> dns.message.Message:
        made = dns.message.make_response(message)
        if message.opcode() == dns.opcode.UPDATE:
            made.set_rcode(dns.rcode.from_text(rcode))
        else:
            made.answer.append(dns.rrset.from_text(message.question[0].name, 60, "IN", "TXT", "same"))
        return made

    provider = rfc2136.Rfc2136({"server": "ns.example"})
    sets = {(NAMES[0], TXT): dns.rrset.from_text(NAMES[0], 60, "IN", "TXT", "same")}
    with mock.patch.object(UpdateServer, "ask", lambda server, messages: list(map(answer, messages))):
        try:
            said = "made from the wildcard" if provider._synthesized(ZONE, sets) else "there"
        except ProviderError as error:
            said = str(error)
    assert told in said
