# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known about the answers of a LUA record without running it."""

from __future__ import annotations

import dns.rdata
import dns.rdataclass
import dns.rdatatype
import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.zone import lua


def answers(data: bytes) -> list[tuple[str, bytes | None]]:
    rdata = dns.rdata.GenericRdata(dns.rdataclass.IN, dns.rdatatype.RdataType.make(lua.TYPE), data)
    return [(dns.rdatatype.to_text(answer.rdtype), answer.text) for answer in lua.answers(rdata)]


@pytest.mark.parametrize(
    ("program", "text"),
    [
        ("'v=spf1 -all'", b"v=spf1 -all"),
        (" ;return 'v=spf1 -all'; ", b"v=spf1 -all"),
        ("''", b""),
        ("os.date('%Y')", None),
        ("'v=spf1 '..'-all'", None),
        ("'v=spf1\\032-all'", None),
        ("'one' or 'other'", None),
        ("{'one', 'other'}", None),
    ],
)
def test_a_text_is_known_if_the_program_is_a_single_string(program: str, text: bytes | None) -> None:
    assert answers(f'TXT "{program}"'.encode()) == [("TXT", text)]
    assert answers(bytes([0, 16, len(program)]) + program.encode()) == [("TXT", text)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'TXT "\\"v=spf1 -all\\""', [("TXT", b"v=spf1 -all")]),
        (b'\x00\x10\x0d"v=spf1 -all"', [("TXT", b"v=spf1 -all")]),
        (b"TXT \"'one' \" \"..'two'\"", [("TXT", None)]),
        (b"\x00\x10\x05'one'\x07..'two'", [("TXT", None)]),
        (b"CNAME \"'web.hoster.example'\"", [("CNAME", b"web.hoster.example")]),
        (b"NOTYPE \"'x'\"", []),
        (b"", [("TYPE0", None)]),
    ],
)
def test_a_record_is_read_from_the_api_and_from_a_transfer(
    data: bytes, expected: list[tuple[str, bytes | None]]
) -> None:
    assert answers(data) == expected
