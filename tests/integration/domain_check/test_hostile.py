# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever DNS answers, a look at a domain ends in findings or a sentence, with few questions and in bounded time."""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check import check, reader
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.check import DomainChecker
from ansible_collections.postmaster.mail.plugins.module_utils.resolver import (
    answer_cache,
    authority,
    observe,
    stub_resolver,
    transport,
    wire,
)
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.nameservers import parse_nameservers
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.stub_resolver import Resolver
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.support.well_kept import txt

DOMAIN = "company-name.example"
SELECTORS = [{"selector": "odoo"}, {"selector": "s1"}]
MOST_QUESTIONS = 150  # for the worst domain; a usual one takes eight


@pytest.fixture(scope="module")
def server() -> Iterator[Nameserver]:
    with Nameserver() as made:
        yield made


@pytest.fixture(autouse=True)
def _answers(server: Nameserver) -> None:
    server.set_zone(DOMAIN)
    server.behaviour, server.raw, server.delay = "answer", None, 0.0
    server.questions.clear()


def look(*servers: Nameserver, **more: Any) -> dict[str, Any]:
    given = parse_nameservers([server.address for server in servers])
    checker = DomainChecker(Resolver(given), given, probe=True)
    result = checker.check([{"domain": DOMAIN, "dkim": SELECTORS, "senders": [], **more}])[DOMAIN]
    json.dumps(result)
    for finding in result["findings"]:
        assert finding["found"].isprintable()
        assert len(finding["found"]) < 2000
    assert sum(sum(server.questions.values()) for server in servers) <= MOST_QUESTIONS
    return result


class QuestionsTakeTime:
    """A clock that nothing moves on but questions: each takes so many seconds, or all that is left to its asker.

    ``patience``: real seconds in which a server must answer. It may be short where none does.
    """

    def __init__(self, patch: pytest.MonkeyPatch, seconds: float = 0.0, patience: float = 30.0) -> None:
        self.now = 0.0
        for module in (authority, answer_cache, check, observe, reader, stub_resolver, transport):
            patch.setattr(module, "time", self)
        ask = wire.exchange

        def exchange(address: Any, name: Any, rdtype: Any, recurse: bool, expires: float) -> Any:
            begun, self.now = self.now, min(self.now + seconds, expires)
            if begun + seconds > expires:
                raise wire.Silence("does not answer")
            try:
                return ask(address, name, rdtype, recurse, time.monotonic() + patience)
            except wire.Silence as error:
                self.now = self.now if error.final else expires
                raise

        patch.setattr(wire, "exchange", exchange)

    def monotonic(self) -> float:
        return self.now


def codes(result: dict[str, Any]) -> set[str]:
    return {finding["code"] for finding in result["findings"]}


HOSTILE = {
    "CNAMEs in a circle": (
        "@ MX 10 mx\nmx CNAME mx2\nmx2 CNAME mx\n_dmarc CNAME _dmarc2\n_dmarc2 CNAME _dmarc\n"
        "odoo._domainkey CNAME odoo._domainkey\ns1._domainkey CNAME s2._domainkey\ns2._domainkey CNAME s1._domainkey"
    ),
    "a long chain": "\n".join(f"l{number} CNAME l{number + 1}" for number in range(40)) + "\n_dmarc CNAME l0",
    "an SPF tree without an end": (
        f"@ TXT {txt(f'v=spf1 include:a.tree.{DOMAIN} include:b.tree.{DOMAIN} ~all')}\n"
        f"*.tree TXT {txt(f'v=spf1 include:a.a.tree.{DOMAIN} include:%{{d}}.x.{DOMAIN} mx:b.tree.{DOMAIN} ~all')}"
    ),
    "a thousand SPF records": "\n".join(f'@ TXT "v=spf1 ip4:10.0.{n // 250}.{n % 250} -all"' for n in range(1000)),
    "a thousand values that are nearly SPF": "\n".join(f'@ TXT "v=spf1;{number}"' for number in range(1000)),
    "an SPF record of 60,000 octets": f"@ TXT {txt('v=spf1 ' + 'include:a.example ' * 3300 + '~all')}",
    "one term of 60,000 octets": f"@ TXT {txt('v=spf1 include:' + 'a.' * 30000 + 'com ~all')}",
    "a term of 60,000 octets that breaks the grammar": f"@ TXT {txt('v=spf1 ' + 'x' * 60000)}",
    "five hundred exchangers": "\n".join(f"@ MX {number} h{number}" for number in range(500)),
    "a key of 60,000 octets": f"odoo._domainkey TXT {txt('v=DKIM1; p=' + 'MIIB' * 15000)}",
    "fifty keys": "\n".join(f'odoo._domainkey TXT "v=DKIM1; p={number}"' for number in range(50)),
    "a DMARC record of 60,000 octets": f"_dmarc TXT {txt('v=DMARC1; p=none; rua=' + 'mailto:a@b.example,' * 3000)}",
    "many strangers for the reports": (
        f"_dmarc TXT {txt('v=DMARC1; p=none; rua=' + ','.join(f'mailto:a@h{n}.other.example' for n in range(300)))}"
    ),
    "8-bit text": "\n".join(
        f"{owner} TXT {txt(value)}"
        for owner in ("@", "_dmarc", "odoo._domainkey", "dmarc")
        for value in (
            "v=spf1 include:\x00\x7fé\u202e ~all",
            "v=DMARC1; p=none; rua=mailto:é@\u202e",
            "v=DKIM1; p=é\x1b[31m",
        )
    ),
    "labels of any octets": (
        "@ MX 10 \\000\\255.x\n@ MX 20 a\\.b.x\nodoo._domainkey CNAME \\200\\032\\009.example.\n"
        f"@ TXT {txt('v=spf1 a:%{l}.example ~all')}\n_dmarc CNAME \\195\\188.example."
    ),
    "a wildcard for everything": '* TXT "v=spf1 -all"\n* A 192.0.2.1\n* MX 10 mx.example.',
    "records of no use": 'odoo._domainkey TXT ""\n_dmarc TXT ""\n@ TXT ""\n@ SPF ""\n@ MX 0 @',
}


@pytest.mark.parametrize("records", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_zone(server: Nameserver, records: str) -> None:
    server.set_zone(DOMAIN, records)

    assert look(server)["findings"]


DESIRED = {
    "spf": {"include": ["_spf.odoo.com"]},
    "dkim": [*SELECTORS, {"selector": "mail", "cname": "mail._domainkey.service.example"}],
    "dmarc": {"policy": "none", "aggregate_reports": ["mailto:a@other.example"]},
    "mx": {"exchanges": [{"preference": 10, "host": "mx.service.example"}]},
    "senders": [{"name": "SES", "return_path": f"bounce.{DOMAIN}"}],
}


@pytest.mark.parametrize("records", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_zone_is_compared_in_sentences(server: Nameserver, records: str) -> None:
    server.set_zone(DOMAIN, records)
    result = look(server, **DESIRED)

    for sentence in (*result["missing"], *result["warnings"], *result["left_alone"]):
        assert len(sentence) < 2000
    assert len(result["msg"]) < 2000 * 10


def test_voids_without_an_end_are_not_all_asked_for(server: Nameserver) -> None:
    record = " ".join(f"include:i{number}.{DOMAIN}" for number in range(50))
    hosts = " ".join(f"mx:h{number}.{DOMAIN} a:a{number}.{DOMAIN}" for number in range(9))
    includes = "\n".join(f"i{number} TXT {txt(f'v=spf1 {hosts} -all')}" for number in range(50))
    server.set_zone(DOMAIN, f"@ TXT {txt(f'v=spf1 {record} -all')}\n{includes}")

    assert {"spf_void_lookups", "spf_too_many_lookups"} <= codes(look(server))
    assert sum(number for (name, dummy), number in server.questions.items() if name[0] in "ah") <= 2 * 10


def test_slow_servers_take_no_longer_than_a_domain_may(
    server: Nameserver, second_nameserver: Nameserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "DOMAIN_SECONDS", 1.0)
    for slow in (server, second_nameserver):
        slow.set_zone(DOMAIN, '@ TXT "v=spf1 -all"')
    clock = QuestionsTakeTime(monkeypatch, 0.4)
    result = look(server, second_nameserver, **DESIRED)

    # once to compare, and once to judge
    assert clock.now < 4
    assert not result["met"]


def test_a_domain_that_is_a_circle_itself(server: Nameserver) -> None:
    server.remove_zone(DOMAIN)
    server.set_zone("example", "company-name CNAME a.company-name\na.company-name CNAME company-name")
    result = look(server)
    server.remove_zone("example")

    assert codes(result) == {"server_silent", "domain_not_known"}


@pytest.mark.parametrize("behaviour", ["silent", "garbage", "truncate_only", "lame", "refuse", "fail"])
def test_a_server_that_gives_no_answer_is_a_finding_on_it(
    server: Nameserver, behaviour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = behaviour in ("lame", "refuse", "fail")
    QuestionsTakeTime(monkeypatch, patience=30.0 if answers else 0.1)
    server.set_zone(DOMAIN, '@ TXT "v=spf1 -all"')
    server.behaviour = behaviour
    result = look(server)
    lame = behaviour in ("lame", "refuse")

    assert codes(result) == {"server_lame" if lame else "server_silent", "domain_not_known"}
    assert any(finding["cure"].endswith("or leave it out of nameservers.") for finding in result["findings"])
    assert result["msg"].endswith(".")
    assert not result["met"]  # although nothing was expected
    assert result["finding_counts"]["error"]


def test_another_server_answers_for_one_that_does_not(server: Nameserver, second_nameserver: Nameserver) -> None:
    server.behaviour = "refuse"
    second_nameserver.set_zone(DOMAIN, '@ TXT "v=spf1 -all"\n_dmarc TXT "v=DMARC1; p=reject"')
    result = look(server, second_nameserver)

    assert result["spf"] == ["v=spf1 -all"]
    assert {f["name"] for f in result["findings"] if f["code"] == "server_lame"} == {server.address}
    assert "domain_not_known" not in codes(result)


def test_servers_that_show_different_records(server: Nameserver, second_nameserver: Nameserver) -> None:
    server.set_zone(DOMAIN, '@ TXT "v=spf1 -all"')
    second_nameserver.set_zone(DOMAIN, '@ TXT "v=spf1 ~all"')
    result = look(server, second_nameserver)
    told = next(finding["found"] for finding in result["findings"] if finding["code"] == "servers_differ")

    assert told == f'{server.address}: "v=spf1 -all"; {second_nameserver.address}: "v=spf1 ~all".'


def test_answers_that_are_cut_are_asked_for_over_tcp(server: Nameserver) -> None:
    server.set_zone(DOMAIN, '@ TXT "v=spf1 -all"\n_dmarc TXT "v=DMARC1; p=reject"')
    server.behaviour = "truncate"

    assert look(server)["spf"] == ["v=spf1 -all"]


def test_a_slow_server_takes_no_longer_than_a_domain_may(server: Nameserver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "DOMAIN_SECONDS", 1.0)
    server.set_zone(DOMAIN, HOSTILE["an SPF tree without an end"])
    clock = QuestionsTakeTime(monkeypatch, 0.3)

    look(server)
    assert sum(server.questions.values()) < 10
    assert clock.now < 2


def test_what_nobody_tells_is_no_fault(server: Nameserver) -> None:
    server.set_zone(
        DOMAIN,
        '@ TXT "v=spf1 include:_spf.elsewhere.test -all"\n@ MX 10 mx.elsewhere.test.\n'
        "odoo._domainkey CNAME odoo._domainkey.elsewhere.test.\ns1._domainkey CNAME s1.elsewhere.test.\n"
        '_dmarc TXT "v=DMARC1; p=reject; rua=mailto:a@elsewhere.test"',
    )

    assert codes(look(server, senders=None)) == {"spf_not_known", "dkim_not_known"}


RDATA = st.one_of(
    st.binary(max_size=120),
    st.binary(max_size=80).map(lambda text: bytes([len(text)]) + text),
    st.sampled_from([b"\xc0\x0c", b"\x00", b"\x00\x0a\x00", b"\x00\x0a\xc0\x0c", b"\x01a\xc0\x0c", b"\xff" * 40]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    answers=st.lists(st.tuples(st.sampled_from([0, 5, 15, 16, 99, 2, 6, 1, 41, 65280]), RDATA), max_size=4),
    flags=st.sampled_from([0x8400, 0x8000, 0x8180, 0x8403, 0x8600, 0x8405, 0x0400]),
    section=st.integers(0, 2),
)
def test_whatever_a_server_answers_it_is_no_error(
    server: Nameserver, answers: list[tuple[int, bytes]], flags: int, section: int
) -> None:
    def answer(wire: bytes) -> bytes:
        end = 12
        while wire[end]:
            end += wire[end] + 1
        question = wire[12 : end + 5]
        (rdtype,) = struct.unpack("!H", wire[end + 1 : end + 3])
        counts = [0, 0, 0]
        counts[section] = len(answers)
        body = b"".join(
            b"\xc0\x0c" + struct.pack("!HHIH", kind or rdtype, 1, 60, len(data)) + data for kind, data in answers
        )
        return wire[:2] + struct.pack("!HHHHH", flags, 1, *counts) + question + body

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check, "DOMAIN_SECONDS", 0.1)
        server.raw = answer
        look(server)
