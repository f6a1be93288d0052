# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A domain that is judged as planned is judged as it is once the plan is published, and senders one by one."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.check import DomainChecker
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.nameservers import parse_nameservers
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.stub_resolver import Resolver
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver

DOMAIN = "company-name.example"
HEAD = "$TTL 3600\n@ IN SOA ns1 hostmaster 1 7200 3600 1209600 3600\n@ IN NS ns1\nns1 IN A 192.0.2.53\n"
KEY = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
SERVICE = f'_spf IN TXT "v=spf1 ip4:198.51.100.0/25 ~all"\nodoo._domainkey IN TXT "{KEY}"\n'
SENDERS = [{"name": "Odoo", "spf": {"include": ["_spf.service.example"]}, "selectors": ["odoo"]}]
DESIRED = {
    "spf": {"include": ["_spf.service.example"]},
    "dkim": [{"selector": "odoo", "cname": "odoo._domainkey.service.example"}],
    "dmarc": {"policy": "none", "aggregate_reports": [f"mailto:dmarc@{DOMAIN}"]},
}
ALIAS = "odoo._domainkey IN CNAME odoo._domainkey.service.example.\n"
POLICY = f'_dmarc IN TXT "v=DMARC1; p=none; rua=mailto:dmarc@{DOMAIN}"\n'

STATES = {
    "nothing is there": ("", '@ IN TXT "v=spf1 include:_spf.service.example ~all"\n' + ALIAS + POLICY),
    "others are there": (
        '@ IN TXT "v=spf1 include:_spf.other.example -all"\n@ IN TXT "other=1"\n_dmarc IN TXT "v=DMARC1; p=reject"\n',
        '@ IN TXT "v=spf1 include:_spf.service.example include:_spf.other.example -all"\n@ IN TXT "other=1"\n'
        + ALIAS
        + f'_dmarc IN TXT "v=DMARC1; p=reject; rua=mailto:dmarc@{DOMAIN}"\n',
    ),
    "what cannot be merged stays": (
        '@ IN TXT "v=spf1 mx -all"\n@ IN TXT "v=spf1 a -all"\n',
        '@ IN TXT "v=spf1 mx -all"\n@ IN TXT "v=spf1 a -all"\n' + ALIAS + POLICY,
    ),
}


def look(server: Nameserver, as_planned: bool, desired: dict[str, Any]) -> dict[str, Any]:
    given = parse_nameservers([server.address])
    item = {"domain": DOMAIN, "senders": SENDERS, **desired}
    found: dict[str, Any] = DomainChecker(Resolver(given), given, as_planned=as_planned).check([item])[DOMAIN]
    return found


@pytest.mark.parametrize("state", STATES)
def test_what_is_planned_is_judged_as_what_is_published(nameserver: Nameserver, state: str) -> None:
    before, after = STATES[state]
    nameserver.set_zone("service.example", HEAD + SERVICE)
    nameserver.set_zone("other.example", HEAD + '_spf IN TXT "v=spf1 ip4:203.0.113.1 ~all"\n')
    nameserver.set_zone(DOMAIN, HEAD + before)
    planned = look(nameserver, True, DESIRED)
    assert not planned["met"]
    nameserver.set_zone(DOMAIN, HEAD + after)
    published = look(nameserver, False, DESIRED)
    for part in ("senders", "dmarc_policy", "dkim"):
        assert planned[part] == published[part]
    assert {f["code"] for f in planned["findings"]} == {f["code"] for f in published["findings"]}


def test_each_sender_is_judged_by_its_own_needs(nameserver: Nameserver) -> None:
    nameserver.set_zone("service.example", HEAD + SERVICE)
    records = '@ IN TXT "v=spf1 ip4:192.0.2.0/24 ~all"\nmail._domainkey IN TXT "v=DKIM1; p="\n' + ALIAS
    nameserver.set_zone(DOMAIN, HEAD + records)
    given = parse_nameservers([nameserver.address])
    senders = [
        {"name": "by both", "spf": {"ip4": ["192.0.2.25"]}, "selectors": ["mail", "odoo"]},
        {"name": "by none", "spf": {"ip4": ["203.0.113.1"]}, "selectors": ["mail"]},
        {"name": "silent"},
    ]
    told = DomainChecker(Resolver(given), given).check([{"domain": DOMAIN, "senders": senders}])[DOMAIN]["senders"]
    assert {name: (one["spf"], one["dkim"]) for name, one in told.items()} == {
        "by both": (True, True),
        "by none": (False, False),
        "silent": (None, None),
    }
    assert told["by none"]["lacking"] == ["ip4:203.0.113.1", f"mail._domainkey.{DOMAIN}"]


def test_two_records_let_nobody_pass_and_silence_says_nothing(nameserver: Nameserver) -> None:
    nameserver.set_zone(DOMAIN, HEAD + STATES["what cannot be merged stays"][0])
    assert look(nameserver, False, {})["senders"]["Odoo"]["spf"] is False
    given = parse_nameservers(["127.0.0.1:9"])
    silent = DomainChecker(Resolver(given), given).check([{"domain": DOMAIN, "senders": SENDERS}])[DOMAIN]
    assert (silent["senders"]["Odoo"]["spf"], silent["senders"]["Odoo"]["dkim"]) == (None, None)


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ('bounce IN TXT "v=spf1 include:_spf.service.example ~all"\n', True),
        ("bounce IN CNAME _spf.service.example.\n", True),
        ('bounce IN TXT "v=spf1 -all"\n', False),
        ('bounce IN TXT "v=spf1 a -all"\nbounce IN TXT "v=spf1 mx -all"\n', False),
        ("bounce IN MX 10 mx.service.example.\n", False),
        ("bounce IN CNAME bounce.silent.test.\n", None),
    ],
)
def test_an_envelope_sender_below_the_domain_is_looked_at(
    nameserver: Nameserver, records: str, expected: bool | None
) -> None:
    nameserver.set_zone("service.example", HEAD + SERVICE)
    nameserver.set_zone(DOMAIN, HEAD + records)
    senders = [{"name": "SES", "return_path": f"bounce.{DOMAIN}"}, {"name": "Odoo", "return_path": "odoo.com"}]
    told = look(nameserver, False, {"senders": senders})
    assert (told["senders"]["SES"]["return_path_spf"], told["senders"]["Odoo"]["return_path_spf"]) == (expected, None)


def test_an_envelope_sender_that_is_planned_counts_as_there(nameserver: Nameserver) -> None:
    nameserver.set_zone("amazonses.com", HEAD + '@ IN TXT "v=spf1 ip4:198.51.100.224/28 -all"\n')
    nameserver.set_zone(DOMAIN, HEAD)
    record = {"name": f"bounce.{DOMAIN}", "type": "TXT", "value": "v=spf1 include:amazonses.com ~all"}
    told = look(
        nameserver, True, {"senders": [{"name": "SES", "return_path": f"bounce.{DOMAIN}"}], "records": [record]}
    )
    assert told["senders"]["SES"]["return_path_spf"] is True
