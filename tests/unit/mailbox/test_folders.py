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


# the third one is the example of RFC 3501 5.1.3
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
def test_folder_names_are_sent_in_modified_utf_7(name: str, wire: bytes) -> None:
    assert to_wire(name) == wire
    assert from_wire(wire) == name


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_name_is_sent_in_printable_ascii_and_read_back_unchanged(name: str) -> None:
    wire = to_wire(name)
    assert from_wire(wire) == name
    assert wire.decode("ascii").isprintable()


@given(st.binary())
def test_any_folder_name_of_a_server_can_be_decoded(wire: bytes) -> None:
    from_wire(wire)


@given(st.lists(st.one_of(st.none(), st.binary(), st.tuples(st.binary(), st.binary()))))
def test_any_list_of_folders_can_be_read(rows: list[None | bytes | tuple[bytes, ...]]) -> None:
    junk_folders(rows)


def test_a_folder_marked_as_junk_comes_before_one_with_such_a_name() -> None:
    rows = [b'() "/" Spam', b'(\\Junk) "/" Unwanted', b'(\\Noselect) "/" Junk']
    assert junk_folders(rows) == [b"Unwanted"]
    assert junk_folders(rows[::2]) == [b"Spam"]


def test_quotes_and_backslashes_are_escaped_in_a_quoted_string() -> None:
    assert quoted(b'a "b" \\') == b'"a \\"b\\" \\\\"'
