# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.nameservers import parse_nameservers


@pytest.mark.parametrize(
    ("text", "label", "address"),
    [
        ("192.0.2.53", "192.0.2.53", ("192.0.2.53", 53)),
        ("127.0.0.1:5353", "127.0.0.1:5353", ("127.0.0.1", 5353)),
        ("192.0.2.53:53", "192.0.2.53", ("192.0.2.53", 53)),
        ("2001:db8::53", "2001:db8::53", ("2001:db8::53", 53)),
        ("[2001:db8::53]", "2001:db8::53", ("2001:db8::53", 53)),
        ("[::1]:5353", "[::1]:5353", ("::1", 5353)),
        (" 192.0.2.53 ", "192.0.2.53", ("192.0.2.53", 53)),
    ],
)
def test_an_address_may_have_a_port(text: str, label: str, address: tuple[str, int]) -> None:
    (server,) = parse_nameservers([text])

    assert (server.label, server.addresses) == (label, (address,))


def test_a_host_name_is_looked_up_by_the_system() -> None:
    (server,) = parse_nameservers(["localhost:5353"])

    assert server.label == "localhost:5353"
    assert {address for address, dummy in server.addresses} <= {"127.0.0.1", "::1"}
    assert {port for dummy, port in server.addresses} == {5353}


def test_a_server_given_twice_counts_once() -> None:
    assert [str(server) for server in parse_nameservers(["192.0.2.2", "192.0.2.1", "192.0.2.2:53"])] == [
        "192.0.2.2",
        "192.0.2.1",
    ]


def test_without_the_option_there_are_no_servers() -> None:
    assert parse_nameservers(None) == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "192.0.2.53:0",
        "192.0.2.53:65536",
        "192.0.2.53:dns",
        "192.0.2.53:",
        "[::1",
        "[::1]5353",
        "[192.0.2.53]:53",
        "192.0.2.300",
        "https://dns.example.net/dns-query",
        "a b",
        "no-such-server.invalid",
        "٣.٣.٣.٣",
    ],
)
def test_an_invalid_server_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"is not a nameserver: .* Write it like 192\.0\.2\.53"):
        parse_nameservers([text])


@given(st.text(alphabet="0123456789abcdef:.[]%-_ /@ä", max_size=12).filter(lambda text: "." not in text.strip(".")))
def test_any_text_is_a_server_or_is_refused_in_a_sentence(text: str) -> None:
    try:
        (server,) = parse_nameservers([text])
    except InvalidInput as error:
        assert str(error).endswith(".")
    else:
        assert all(1 <= port <= 65535 for dummy, port in server.addresses)
