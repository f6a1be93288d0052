# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How PowerDNS spells a TXT value, and what it stands for."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.providers import powerdns
from ansible_collections.postmaster.mail.plugins.module_utils.providers.spelling import unquoted
from ansible_collections.postmaster.mail.plugins.module_utils.zone import rdata


@given(st.binary(max_size=1500))
def test_what_we_send_is_read_back_as_the_same_octets(value: bytes) -> None:
    assert unquoted(rdata.txt(value).to_text()) == value


@given(st.lists(st.binary(max_size=400), min_size=1, max_size=5))
def test_strings_of_any_length_and_octets_that_are_no_text_are_joined(strings: list[bytes]) -> None:
    spelled = b" ".join(b'"' + part.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"' for part in strings)
    assert unquoted(spelled.decode("utf-8", "surrogateescape")) == b"".join(strings)


@pytest.mark.parametrize("content", ["", "v=spf1 -all", '"open', '"a" b', r'"\300"'])
def test_what_is_no_sequence_of_quoted_strings_is_not_guessed(content: str) -> None:
    with contextlib.suppress(ValueError):
        assert unquoted(content) is None


def test_a_zone_is_named_in_addresses_as_powerdns_does() -> None:
    assert powerdns._escaped("0/26.2.0.192.in-addr.arpa.") == "0=2F26.2.0.192.in-addr.arpa."
