# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.mailbox.folders import (
    from_wire,
    junk_folders,
    quoted,
    to_wire,
)


# The third is the example of RFC 3501 5.1.3
@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("INBOX", b"INBOX"),
        ("Entwürfe", b"Entw&APw-rfe"),
        ("~peter/mail/台北/日本語", b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
        ("R&D", b"R&-D"),
        ("&&", b"&-&-"),
        ("😀", b"&2D3eAA-"),
    ],
)
def test_names_on_the_wire_are_modified_utf_7(name: str, wire: bytes) -> None:
    assert to_wire(name) == wire
    assert from_wire(wire) == name


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_name_comes_back_and_is_printable_on_its_way(name: str) -> None:
    wire = to_wire(name)
    assert from_wire(wire) == name
    assert wire.decode("ascii").isprintable()


@given(st.binary())
def test_whatever_a_server_calls_a_folder_can_be_told(wire: bytes) -> None:
    from_wire(wire)


@given(st.lists(st.one_of(st.none(), st.binary(), st.tuples(st.binary(), st.binary()))))
def test_whatever_a_server_lists_can_be_read(rows: list[None | bytes | tuple[bytes, ...]]) -> None:
    junk_folders(rows)


def test_a_folder_that_the_server_names_comes_before_one_that_is_called_so() -> None:
    rows = [b'() "/" Spam', b'(\\Junk) "/" Unwanted', b'(\\Noselect) "/" Junk']
    assert junk_folders(rows) == [b"Unwanted"]
    assert junk_folders(rows[::2]) == [b"Spam"]


def test_a_quoted_string_hides_quotes_and_backslashes() -> None:
    assert quoted(b'a "b" \\') == b'"a \\"b\\" \\\\"'
