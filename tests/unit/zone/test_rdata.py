# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Converting record data to and from master-file text."""

from __future__ import annotations

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.zone import rdata
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import RecordSet

TXT = dns.rdatatype.TXT
OWNER = dns.name.from_text("company-name.com")

printable = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=300)
quoted = st.lists(printable, min_size=1, max_size=3).map(lambda texts: " ".join(f'"{text}"' for text in texts))


@given(st.one_of(quoted, st.text(max_size=40)))
def test_any_txt_text_is_read_as_by_dnspython(text: str) -> None:
    try:
        expected = rdata.canonical(dns.rdata.from_text(dns.rdataclass.IN, TXT, text))
    except dns.exception.DNSException:
        with pytest.raises(InvalidInput):
            rdata.from_presentation(TXT, text)
    else:
        assert rdata.from_presentation(TXT, text).to_wire() == expected.to_wire()


@given(st.binary(max_size=600))
def test_any_txt_value_is_written_as_by_dnspython_and_read_back(value: bytes) -> None:
    text = rdata.to_presentation(rdata.txt(value))
    assert text == rdata.txt(value).to_text()
    assert rdata.txt_bytes(rdata.from_presentation(TXT, text)) == value


@given(st.lists(st.sampled_from("abcABC"), max_size=4), st.lists(st.sampled_from("abcABC"), max_size=4))
def test_record_sets_are_compared_without_order_and_case_of_hosts(one: list[str], other: list[str]) -> None:
    def mx(hosts: list[str]) -> RecordSet:
        values = (rdata.from_presentation(dns.rdatatype.MX, f"10 {host}.example.") for host in hosts)
        return RecordSet(OWNER, dns.rdatatype.MX, tuple(values), 3600)

    same = {host.lower() for host in one} == {host.lower() for host in other}
    assert mx(one).same_as(mx(other)) is same
