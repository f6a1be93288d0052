# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What BIND, Knot and PowerDNS answer is understood in the same way."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.check import DomainChecker
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.nameservers import parse_nameservers
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.stub_resolver import Resolver
from ansible_collections.postmaster.mail.tests.servers.dns_server import DnsServer
from ansible_collections.postmaster.mail.tests.support.well_kept import KEY as WHOLE_KEY
from ansible_collections.postmaster.mail.tests.support.well_kept import txt

KEY = "v=DKIM1; k=rsa; p=" + "A" * 700
RECORDS = "\n".join(
    [
        '@ IN TXT "v=spf1 include:_spf.google.com ~all"',
        "@ IN MX 10 mail",
        "mail IN A 192.0.2.1",
        'long._domainkey IN TXT "' + '" "'.join(KEY[start : start + 200] for start in range(0, len(KEY), 200)) + '"',
        "odoo._domainkey IN CNAME odoo._domainkey.odoo.com.",
        "local._domainkey IN CNAME long._domainkey",
        "sub IN NS ns1.other.example.",
    ]
)


@pytest.fixture
def domain(dns_server: DnsServer) -> str:
    return dns_server.add_zone(f"z{uuid.uuid4().hex[:12]}.example", RECORDS)


def _check(server: DnsServer, item: dict[str, Any]) -> dict[str, Any]:
    given = parse_nameservers([f"{server.host}:{server.port}"])
    return DomainChecker(Resolver(given), given).check([item])[item["domain"]]


def test_what_is_there_is_reported(dns_server: DnsServer, domain: str) -> None:
    selectors = [{"selector": name} for name in ("long", "odoo", "local", "none")]
    result = _check(dns_server, {"domain": domain, "dkim": selectors})

    assert result["spf"] == ["v=spf1 include:_spf.google.com ~all"]
    assert result["mx"] == [{"preference": 10, "host": f"mail.{domain}"}]
    assert result["dkim"]["long"] == {"cname": None, "txt": [KEY]}
    assert result["dkim"]["odoo"]["cname"] == "odoo._domainkey.odoo.com"
    assert result["dkim"]["local"] == {"cname": f"long._domainkey.{domain}", "txt": [KEY]}
    assert result["dkim"]["none"] == {"cname": None, "txt": []}


def test_what_is_missing_is_told(dns_server: DnsServer, domain: str) -> None:
    dkim = [{"selector": "odoo", "cname": "odoo._domainkey.odoo.com"}]
    item = {"domain": domain, "spf": {"include": ["_spf.odoo.com"]}, "dkim": dkim, "dmarc": {"policy": "none"}}

    assert _check(dns_server, item)["missing"] == [
        f'_dmarc.{domain} TXT: nothing is there, expected "v=DMARC1; p=none"',
        f'{domain} TXT: still "v=spf1 include:_spf.google.com ~all", '
        'expected "v=spf1 include:_spf.odoo.com include:_spf.google.com ~all"',
    ]


def test_faults_are_found(dns_server: DnsServer) -> None:
    domain = f"z{uuid.uuid4().hex[:12]}.example"
    faults = [
        '@ IN TXT "v=spf1 ip4:192.0.2.1 ~all"',
        '@ IN TXT "v=spf1 ip4:192.0.2.2 ~all"',
        '@ IN SPF "v=spf1 -all"',
        "@ IN MX 10 company.odoo.com",
        "* IN A 192.0.2.3",
        'txt._domainkey IN TXT "odoo._domainkey.odoo.com."',
        "dot._domainkey IN CNAME dot.dkim.amazonses.com",
        f"plus._domainkey IN TXT {txt(f'v=DKIM1; p={WHOLE_KEY}'.replace('+', ' '))}",
        f'_dmarc.{domain} IN TXT "v=DMARC1; p=none; rua=mailto:a@{domain}"',
    ]
    dns_server.add_zone(domain, "\n".join(faults))
    selectors = [{"selector": name} for name in ("txt", "dot", "plus", "none")]
    result = _check(dns_server, {"domain": domain, "dkim": selectors})

    assert sorted(finding["code"] for finding in result["findings"]) == [
        "dkim_key_lost_plus",
        "dkim_missing",
        "dkim_text_for_cname",
        "missing_trailing_dot",
        "missing_trailing_dot",
        "owner_doubled",
        "spf_two_records",
        "spf_type_99",
    ]


def test_a_delegation_is_told(dns_server: DnsServer, domain: str) -> None:
    result = _check(dns_server, {"domain": f"sub.{domain}", "spf": {"include": ["_spf.odoo.com"]}})

    assert f"does not hold sub.{domain}, and says that it is delegated to ns1.other.example" in result["msg"]


def test_a_zone_that_the_server_does_not_hold_is_told(dns_server: DnsServer) -> None:
    result = _check(dns_server, {"domain": "elsewhere.example", "spf": {"include": ["_spf.odoo.com"]}})

    assert "refuses the question (REFUSED)" in result["msg"]
