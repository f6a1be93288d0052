# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SPF, DKIM and DMARC judged from what a name server answers over the network."""

from __future__ import annotations

from collections.abc import Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.receiver import dkim, dmarc, spf
from ansible_collections.postmaster.mail.plugins.module_utils.receiver.message import judge_message
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.stub_resolver import Resolver
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.transport import NoAnswer
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.support import spf_suite
from ansible_collections.postmaster.mail.tests.support.dkim_signer import MESSAGE, rsa_signer
from ansible_collections.postmaster.mail.tests.support.fake_dns import FakeResolver


def quoted(value: bytes) -> str:
    """A TXT value in master-file text, cut into strings of 255 octets."""
    return " ".join(f'"{value[start : start + 255].decode("ascii")}"' for start in range(0, len(value), 255))


COMPANY = f"""
@ IN TXT "v=spf1 include:_spf.odoo.com ~all"
@ IN TXT "google-site-verification=abc"
_dmarc IN TXT "v=DMARC1; p=reject; np=quarantine; sp=none"
odoo._domainkey IN CNAME odoo._domainkey.odoo.com.
mail IN A 192.0.2.25
loop._domainkey IN CNAME loop2._domainkey
loop2._domainkey IN CNAME loop._domainkey
giant IN TXT {" ".join(['"' + "x" * 255 + '"'] * 200)}
giant IN TXT "v=spf1 ip4:192.0.2.9 -all"
binary IN TXT "v=spf1 \\255\\000 -all"
"""
ODOO = f"""
_spf IN TXT "v=spf1 ip4:192.0.2.0/24 -all"
db IN TXT "v=spf1 include:_spf.odoo.com -all"
odoo._domainkey IN TXT {quoted(rsa_signer().record)}
"""


@pytest.fixture(params=[True, False], ids=["resolver", "authoritative"])
def world(request: pytest.FixtureRequest) -> Iterator[Nameserver]:
    zones = {"company-name.com": COMPANY, "odoo.com": ODOO, "com": '@ IN TXT "registry"'}
    with Nameserver(zones, recursive=request.param) as server:
        yield server


def test_a_message_is_judged_from_the_records_that_a_server_holds(world: Nameserver) -> None:
    found = judge_message(
        rsa_signer().sign(), "192.0.2.9", "mail.odoo.com", "bounce@company-name.com", Resolver([world.address])
    )
    assert found.passes
    assert found.spf is not None and found.spf.result == "pass"
    assert [result.result for result in found.dkim] == ["pass"]
    assert found.dkim[0].key is not None and found.dkim[0].key.aliases == ("odoo._domainkey.odoo.com",)
    assert max(world.questions.values()) <= 2  # no question again and again


def test_each_way_to_fail_is_told(world: Nameserver) -> None:
    resolver = Resolver([world.address])
    found = judge_message(MESSAGE, "203.0.113.1", "mail.example", "bounce@db.odoo.com", resolver)
    assert found.spf is not None and found.spf.result == "fail"
    assert found.dmarc is not None
    assert (found.dmarc.result, found.dmarc.disposition) == ("fail", "reject")


def test_whether_a_subdomain_exists_is_learnt_from_the_server(world: Nameserver) -> None:
    resolver = Resolver([world.address])
    assert dmarc.discover_dmarc("mail.company-name.com", resolver).tag == "sp"
    assert dmarc.discover_dmarc("none.company-name.com", resolver).tag == "np"


def test_cnames_in_a_circle_are_told(world: Nameserver) -> None:
    found = dkim.key_at("loop._domainkey.company-name.com", Resolver([world.address]))
    assert found.state == dkim.LOOP
    assert found.aliases == ("loop2._domainkey.company-name.com", "loop._domainkey.company-name.com")


def test_giant_and_binary_answers_are_read(world: Nameserver) -> None:
    resolver = Resolver([world.address])
    assert spf.check_sender("192.0.2.9", "a@giant.company-name.com", "", resolver).result == "pass"
    assert spf.check_sender("192.0.2.9", "a@binary.company-name.com", "", resolver).result == "permerror"


@pytest.mark.parametrize("behaviour", ["refuse", "fail", "garbage", "truncate_only", "lame"])
def test_a_broken_server_makes_every_verdict_a_temporary_error(nameserver: Nameserver, behaviour: str) -> None:
    nameserver.set_zone("company-name.com", COMPANY)
    nameserver.behaviour = behaviour
    found = judge_message(
        rsa_signer().sign(), "192.0.2.9", "mail.odoo.com", "bounce@company-name.com", Resolver([nameserver.address])
    )
    assert found.spf is not None and found.dmarc is not None
    assert (found.spf.result, found.dkim[0].result, found.dmarc.result) == ("temperror",) * 3


def test_the_public_spf_suite_is_passed_over_the_network() -> None:
    held = FakeResolver()

    def answer(wire: bytes) -> bytes:
        reply = dns.message.make_response(dns.message.from_wire(wire), recursion_available=True)
        question = reply.question[0]
        try:
            found = held.lookup(question.name, question.rdtype)
        except NoAnswer:
            reply.set_rcode(dns.rcode.SERVFAIL)
            return reply.to_wire()
        if not found.exists:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        if found.end_values:
            rrset = dns.rrset.from_rdata_list(question.name, 60, found.end_values)
            reply.answer.append(rrset)
        return reply.to_wire()

    wrong = []
    with Nameserver() as server:
        server.raw = answer
        for case in spf_suite.cases():
            held = spf_suite.resolver(case)
            found = spf.check_sender(case.ip, case.mail_from, case.helo, Resolver([server.address]))
            if found.result not in case.results:
                wrong.append((case.scenario, case.name, found.result, case.results, found.reason))
    assert wrong == []
