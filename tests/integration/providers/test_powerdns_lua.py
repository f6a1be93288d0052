# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LUA records, from which PowerDNS computes what it answers beside a record set, through both ways to write there."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.intents import build
from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine
from ansible_collections.postmaster.mail.plugins.module_utils.zone.provider import Provider
from ansible_collections.postmaster.mail.tests.integration.providers.backend import open_provider
from ansible_collections.postmaster.mail.tests.integration.providers.dns_backend import DnsBackend
from ansible_collections.postmaster.mail.tests.servers.powerdns import PowerDns

SPF = {"spf": {"include": ["_spf.odoo.com"]}}
DMARC = {"dmarc": {"policy": "none"}}
_NUMBERS = itertools.count(1)


@pytest.fixture
def zone(powerdns: PowerDns) -> str:
    return powerdns.create_zone(f"lua-{next(_NUMBERS)}.example")


@pytest.fixture(params=["powerdns", "rfc2136"])
def provider(request: pytest.FixtureRequest, powerdns: PowerDns) -> Iterator[Provider]:
    api = {"provider": "powerdns", "endpoint": powerdns.endpoint, "api_key": powerdns.api_key}
    opened = open_provider(api if request.param == "powerdns" else DnsBackend(powerdns).options)
    yield opened
    opened.close()


def put(server: PowerDns, zone: str, owner: str, rdtype: str, content: str) -> None:
    records = [{"content": content, "disabled": False}]
    rrset = {"name": f"{owner}.", "type": rdtype, "ttl": 60, "changetype": "REPLACE", "records": records}
    server.api("PATCH", f"/zones/{zone}.", {"rrsets": [rrset]})


def run(provider: Provider, domain: str, desired: dict[str, Any], check_mode: bool = False) -> engine.DomainResult:
    intents = tuple(build.domain_intents({"domain": domain, **desired}))
    name = record_name(domain)
    return engine.run([engine.Request(name, provider, intents)], check_mode=check_mode)[name]


def test_the_server_answers_with_what_it_computes_and_what_it_holds(powerdns: PowerDns, zone: str) -> None:
    put(powerdns, zone, zone, "TXT", '"v=spf1 a -all"')
    put(powerdns, zone, zone, "LUA", "TXT \"'v=spf1 mx -all'\"")
    assert powerdns.records(zone, "TXT") == ['"v=spf1 a -all"', '"v=spf1 mx -all"']
    put(powerdns, zone, f"alias.{zone}", "LUA", "CNAME \"'web.hoster.example'\"")
    put(powerdns, zone, f"alias.{zone}", "TXT", '"v=spf1 include:_spf.odoo.com ~all"')
    assert powerdns.records(f"alias.{zone}", "TXT") == []


@pytest.mark.parametrize(
    ("owner", "content", "desired", "reason"),
    [
        ("", "TXT \"'v=spf1 mx -all'\"", SPF, 'has the TXT value "v=spf1 mx -all" from a LUA record of PowerDNS'),
        ("_dmarc.", "TXT \"os.date('v=DMARC1; p=reject')\"", DMARC, "whose TXT value only PowerDNS can compute"),
        ("_dmarc.", "CNAME \"'policies.hoster.example'\"", DMARC, "TXT would not be seen: a LUA record makes PowerDNS"),
        ("", "MX \"'10 mail.hoster.example.'\"", {"mx": {"exchanges": [{"host": "company.odoo.com"}]}}, "at random"),
    ],
)
def test_no_second_one_of_a_kind_is_set_beside_what_is_computed(
    powerdns: PowerDns, provider: Provider, zone: str, owner: str, content: str, desired: dict[str, Any], reason: str
) -> None:
    put(powerdns, zone, f"{owner}{zone}", "LUA", content)
    before = powerdns.api("GET", f"/zones/{zone}.")["rrsets"]
    for check_mode in (True, False):
        refused = run(provider, zone, desired, check_mode)
        assert reason in str(refused.error) and "emove" in str(refused.error)
    assert powerdns.api("GET", f"/zones/{zone}.")["rrsets"] == before


def test_what_is_of_another_kind_is_no_obstacle(powerdns: PowerDns, provider: Provider, zone: str) -> None:
    put(powerdns, zone, zone, "LUA", "TXT \"'a-verification=1'\"")
    put(powerdns, zone, f"other.{zone}", "LUA", "TXT \"os.date('%Y')\"")
    record = {"name": f"other.{zone}", "type": "TXT", "value": "a-verification=2"}
    desired = {**SPF, "records": [record]}
    done, again = (run(provider, zone, desired) for dummy in range(2))
    assert (done.error, done.changed, again.error, again.changed) == (None, True, None, False)
    assert powerdns.records(zone, "TXT") == ['"a-verification=1"', '"v=spf1 include:_spf.odoo.com ~all"']
    assert '"a-verification=2"' in powerdns.records(f"other.{zone}", "TXT")


def test_what_is_computed_is_not_written_where_no_transfer_tells_it_apart(powerdns: PowerDns, zone: str) -> None:
    powerdns.api("PUT", f"/zones/{zone}.", {"kind": "Native", "master_tsig_key_ids": []})
    put(powerdns, zone, zone, "TXT", '"v=spf1 a -all"')
    put(powerdns, zone, zone, "LUA", "TXT \"'computed'\"")
    put(powerdns, zone, f"all.{zone}", "LUA", "TXT \"'v=spf1 mx -all'\"")
    before = powerdns.api("GET", f"/zones/{zone}.")["rrsets"]
    provider = open_provider(DnsBackend(powerdns).options)
    for domain in (zone, f"all.{zone}"):
        refused = run(provider, domain, SPF)
        assert f"answers for {domain} TXT with a value that {zone} does not hold" in str(refused.error)
    provider.close()
    assert powerdns.api("GET", f"/zones/{zone}.")["rrsets"] == before
