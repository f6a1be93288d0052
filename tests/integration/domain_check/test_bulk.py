# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many domains in one call: how often servers are asked."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.check import DomainChecker
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.nameservers import parse_nameservers
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.stub_resolver import Resolver
from ansible_collections.postmaster.mail.tests.servers.internet import Internet, zone
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.support.many_domains import RECORDS, domains, items
from ansible_collections.postmaster.mail.tests.support.well_kept import SERVICES

NUMBER = 40
MOST = 10  # questions for one domain at one authoritative server


@pytest.fixture
def servers() -> Iterator[list[Nameserver]]:
    with contextlib.ExitStack() as stack:
        made = [stack.enter_context(Nameserver(SERVICES)) for dummy in range(2)]
        for server in made:
            server.set_zone("hoster.example", "mx A 203.0.113.1\n*._report._dmarc TXT v=DMARC1")
            for domain in domains(NUMBER):
                server.set_zone(domain, RECORDS)
        yield made


def per_domain(server: Nameserver) -> dict[str, int]:
    """How many questions a server got about each domain."""
    found: Counter[str] = Counter()
    for (name, dummy), number in server.questions.items():
        for domain in domains(NUMBER):
            if f".{name}".endswith(f".{domain}") or name.startswith(f"{domain}."):
                found[domain] += number
    return dict(found)


@pytest.mark.parametrize("expected", [True, False], ids=["compared", "looked at"])
def test_given_servers_are_asked_little_and_nothing_twice(servers: list[Nameserver], expected: bool) -> None:
    given = parse_nameservers([server.address for server in servers])
    results = DomainChecker(Resolver(given), given).check(items(NUMBER, expected))

    assert [result["findings"] for result in results.values() if result["findings"]] == []
    assert all(result["met"] for result in results.values())
    for server in servers:
        assert set(server.questions.values()) == {1}
        counted = per_domain(server)
        assert len(counted) == NUMBER
        assert max(counted.values()) <= MOST


@pytest.mark.parametrize("records", ["", "* A 192.0.2.1", "* TXT other", "* CNAME www.hoster.example."])
def test_domains_that_lack_everything_take_no_more_questions(servers: list[Nameserver], records: str) -> None:
    for domain in domains(NUMBER):
        servers[0].set_zone(domain, records)
    given = parse_nameservers([servers[0].address])
    results = DomainChecker(Resolver(given), given).check(items(NUMBER))

    for result in results.values():
        found = {finding["code"] for finding in result["findings"] if finding["severity"] != "info"}
        assert found == {"spf_missing", "dkim_missing", "dmarc_missing"}
    assert set(servers[0].questions.values()) == {1}
    assert max(per_domain(servers[0]).values()) <= MOST


def test_what_domains_share_is_asked_once(servers: list[Nameserver]) -> None:
    given = parse_nameservers([servers[0].address])
    DomainChecker(Resolver(given), given).check(items(NUMBER))

    for name in ("_spf.odoo.com", "_spf.google.com", "_netblocks.google.com"):
        assert servers[0].questions[name, "TXT"] == 1
    shared = sum(servers[0].questions.values()) - sum(per_domain(servers[0]).values())
    assert shared <= 10


def test_servers_that_dns_names_are_asked_little_and_nothing_twice(internet: Internet) -> None:
    names = ["ns1.hoster.example", "ns2.hoster.example"]
    cuts = "\n".join(f"{domain}. IN NS {name}." for domain in domains(NUMBER) for name in names)
    hosts = (
        "ns.registry.example. IN A 127.0.0.2\nns1.hoster.example. IN A 127.0.0.3\nns2.hoster.example. IN A 127.0.0.4\n"
    )
    for server in (internet.registry, internet.resolver):
        server.set_zone("example", zone("example", ["ns.registry.example"], hosts + cuts))
    for domain in domains(NUMBER):
        for server in (internet.first, internet.second, internet.resolver):
            server.set_zone(domain, zone(domain, names, RECORDS))
    for service, text in SERVICES.items():
        if service != "hoster.example":
            internet.resolver.set_zone(service, text)
    results = DomainChecker(Resolver([internet.resolver.address]), port=internet.port).check(items(NUMBER))

    assert {finding["code"] for result in results.values() for finding in result["findings"]} <= {
        "dmarc_reports_not_authorised"
    }
    for server in (internet.first, internet.second, internet.registry, internet.resolver):
        assert set(server.questions.values()) == {1}, server.questions.most_common(3)
        assert max(per_domain(server).values()) <= MOST
