# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.intents.spf import txt_fetch
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.nameservers import parse_nameservers
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.stub_resolver import Resolver
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.transport import DnsTransport, NoAnswer
from ansible_collections.postmaster.mail.plugins.module_utils.zone.rdata import to_display, txt
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver

ZONE = "company-name.example"
NAME = dns.name.from_text(ZONE)
TXT = dns.rdatatype.TXT


def _texts(resolver: Resolver, name: str = ZONE) -> list[str] | None:
    values = resolver.ask(dns.name.from_text(name), TXT)
    return None if values is None else [to_display(value) for value in values]


def test_the_values_of_a_name(nameserver: Nameserver) -> None:
    nameserver.set_zone(ZONE, '@ IN TXT "v=spf1 " "mx ~all"')

    assert _texts(Resolver([nameserver.address])) == ["v=spf1 mx ~all"]


def test_a_txt_value_is_canonical_however_the_server_cuts_it(nameserver: Nameserver) -> None:
    nameserver.set_zone(ZONE, '@ IN TXT "a" "b" ""')

    assert Resolver([nameserver.address]).ask(NAME, TXT) == (txt(b"ab"),)


def test_no_data_and_no_such_name_are_no_values(nameserver: Nameserver) -> None:
    nameserver.set_zone(ZONE, "@ IN A 192.0.2.1")
    resolver = Resolver([nameserver.address])

    assert _texts(resolver) == []
    assert _texts(resolver, f"missing.{ZONE}") == []


@pytest.mark.parametrize("behaviour", ["refuse", "fail", "garbage", "truncate_only"])
def test_a_server_that_gives_no_usable_answer_leaves_it_unknown(nameserver: Nameserver, behaviour: str) -> None:
    nameserver.set_zone(ZONE, '@ IN TXT "a"')
    nameserver.behaviour = behaviour

    assert _texts(Resolver([nameserver.address], total=1.0)) is None


def test_a_closed_port_is_noticed_at_once() -> None:
    started = time.monotonic()

    assert _texts(Resolver(["127.0.0.1:1"])) is None
    assert time.monotonic() - started < 4  # the first two questions to a silent one take five seconds


def test_the_next_server_answers_for_a_broken_one(nameserver: Nameserver, second_nameserver: Nameserver) -> None:
    nameserver.behaviour = "refuse"
    second_nameserver.set_zone(ZONE, '@ IN TXT "a"')

    assert _texts(Resolver([nameserver.address, second_nameserver.address])) == ["a"]


def test_a_cut_answer_is_asked_for_over_tcp(nameserver: Nameserver) -> None:
    nameserver.set_zone(ZONE, "\n".join(f'@ IN TXT "{index:03}{"x" * 200}"' for index in range(30)))

    assert len(_texts(Resolver([nameserver.address])) or ()) == 30


def test_a_server_without_edns_is_asked_without_it(nameserver: Nameserver) -> None:
    nameserver.set_zone(ZONE, '@ IN TXT "a"')
    nameserver.behaviour = "no_edns"

    assert _texts(Resolver([nameserver.address])) == ["a"]


def test_an_alias_is_followed_within_a_zone_and_across_zones(nameserver: Nameserver) -> None:
    nameserver.set_zone(ZONE, "odoo._domainkey CNAME inner\ninner CNAME key.service.example.")
    nameserver.set_zone("service.example", 'key IN TXT "v=DKIM1; p="')

    assert _texts(Resolver([nameserver.address]), f"odoo._domainkey.{ZONE}") == ["v=DKIM1; p="]


def test_a_cname_itself_is_not_followed(nameserver: Nameserver) -> None:
    nameserver.set_zone(ZONE, "a CNAME b")
    values = Resolver([nameserver.address]).ask(dns.name.from_text(f"a.{ZONE}"), dns.rdatatype.CNAME)

    assert [to_display(value) for value in values or ()] == [f"b.{ZONE}"]


def test_an_alias_to_nowhere_has_no_values(nameserver: Nameserver) -> None:
    nameserver.set_zone(ZONE, "a CNAME b")

    assert _texts(Resolver([nameserver.address]), f"a.{ZONE}") == []


def test_aliases_that_run_in_a_circle_are_given_up(nameserver: Nameserver) -> None:
    nameserver.set_zone(ZONE, "a CNAME b\nb CNAME a\nself CNAME self")
    nameserver.set_zone("one.example", "a CNAME a.two.example.")
    nameserver.set_zone("two.example", "a CNAME a.one.example.")
    resolver = Resolver([nameserver.address], total=5.0)

    for name in (f"a.{ZONE}", f"self.{ZONE}", "a.one.example"):
        assert _texts(resolver, name) is None


def test_a_question_is_asked_once_even_by_many_threads(nameserver: Nameserver) -> None:
    nameserver.set_zone(ZONE, '@ IN TXT "a"')
    nameserver.delay = 0.1
    resolver = Resolver([nameserver.address])
    barrier = threading.Barrier(8)

    def ask(dummy: int) -> list[str] | None:
        barrier.wait()
        return _texts(resolver)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [["a"]] * 8
    assert nameserver.questions[ZONE, "TXT"] == 1


def test_when_the_time_is_up_everything_else_is_unknown_at_once(nameserver: Nameserver) -> None:
    nameserver.set_zone(ZONE, '@ IN TXT "a"')
    nameserver.behaviour = "silent"
    resolver = Resolver([nameserver.address], total=0.5)
    started = time.monotonic()

    assert [_texts(resolver, f"{index}.{ZONE}") for index in range(50)] == [None] * 50
    assert time.monotonic() - started < 15  # not 50 times half a second


def test_who_has_time_left_asks_again_what_another_had_no_time_for(nameserver: Nameserver) -> None:
    nameserver.set_zone(ZONE, '@ IN TXT "a"')
    nameserver.delay = 0.3
    resolver = Resolver([nameserver.address])

    assert _texts(resolver.within(0.05)) is None
    assert _texts(resolver.within(5.0)) == ["a"]


def test_a_dead_server_costs_seconds_and_not_hours_and_gets_another_chance(nameserver: Nameserver) -> None:
    nameserver.set_zone(ZONE, '@ IN TXT "a"')
    nameserver.behaviour = "silent"
    (server,) = parse_nameservers([nameserver.address])
    transport = DnsTransport(patience=0.2)
    for dummy in range(40):
        with pytest.raises(NoAnswer, match="does not answer"):
            transport.ask(server, NAME, TXT, deadline=time.monotonic() + 0.05)

    assert transport.questions <= 5
    nameserver.behaviour = "answer"
    transport.forgive()
    assert transport.ask(server, NAME, TXT).values == (txt(b"a"),)


@pytest.mark.parametrize(
    ("host", "flags", "asked"),
    [
        (f"mx.{ZONE}", dns.flags.AA, 1),
        (f"mx.{ZONE}", dns.flags.RA, 2),
        ("mx.elsewhere.example", dns.flags.AA, 2),
        (f"mx.below.{ZONE}", dns.flags.AA, 2),
    ],
    ids=["of the zone", "from a memory", "of another zone", "perhaps below a delegation"],
)
def test_an_address_that_comes_along_with_an_mx_is_not_asked_for(
    nameserver: Nameserver, host: str, flags: int, asked: int
) -> None:
    def answer(wire: bytes) -> bytes:
        reply = dns.message.make_response(dns.message.from_wire(wire))
        reply.flags |= flags
        if reply.question[0].rdtype == dns.rdatatype.MX:
            reply.answer.append(dns.rrset.from_text(f"{ZONE}.", 300, "IN", "MX", f"10 {host}."))
            reply.additional.append(dns.rrset.from_text(f"{host}.", 300, "IN", "A", "192.0.2.1"))
        else:
            reply.answer.append(dns.rrset.from_text(f"{host}.", 300, "IN", "A", "192.0.2.2"))
        return reply.to_wire()

    nameserver.raw = answer
    resolver = Resolver([nameserver.address])
    resolver.ask(NAME, dns.rdatatype.MX)
    values = resolver.ask(dns.name.from_text(host), dns.rdatatype.A) or ()

    assert [to_display(value) for value in values] == [f"192.0.2.{asked}"]
    assert resolver.transport.questions == asked


def test_the_spf_count_asks_through_it(nameserver: Nameserver) -> None:
    nameserver.set_zone(ZONE, '@ IN TXT "v=spf1 mx ~all"\n@ IN TXT "site=1"')
    fetch = txt_fetch(Resolver([nameserver.address]).ask)

    assert sorted(fetch(ZONE) or ()) == [b"site=1", b"v=spf1 mx ~all"]
    assert fetch(f"none.{ZONE}") == []
    assert fetch("no name at all") == []
    nameserver.behaviour = "refuse"
    assert fetch(f"later.{ZONE}") is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=80))
def test_whatever_bytes_come_back_the_answer_is_bounded_and_no_error(nameserver: Nameserver, data: bytes) -> None:
    nameserver.set_zone(ZONE, '@ IN TXT "a"')
    nameserver.raw = lambda wire: wire[:2] + b"\x84" + data

    assert _texts(Resolver([nameserver.address], total=0.05)) in (None, [])
