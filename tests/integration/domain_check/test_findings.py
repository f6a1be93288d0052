# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Well-kept domains raise no alarm, and each fault that is seeded into them is found by its code, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.check import DomainChecker
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.registry import RULES
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.nameservers import parse_nameservers
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.stub_resolver import Resolver
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.support.faults import FAULTS, Fault
from ansible_collections.postmaster.mail.tests.support.well_kept import DOMAIN, KEY, SERVICES, WELL_KEPT, SetUp, txt

MOST = 10  # questions about a domain at one server

PAIRS = [
    pytest.param(fault, set_up, id=f"{fault}-{set_up.name}")
    for fault in FAULTS
    for set_up in WELL_KEPT
    if fault.fits(set_up)
]


@pytest.fixture(scope="module")
def usual(world: Nameserver) -> dict[str, list[dict[str, Any]]]:
    """What is found without any fault."""
    return {set_up.name: look(world, set_up) for set_up in WELL_KEPT}


@pytest.fixture(scope="module")
def world() -> Iterator[Nameserver]:
    """A server that holds the zones of the services, and the domain as it is set."""
    with Nameserver(SERVICES) as server:
        yield server


def look(world: Nameserver, set_up: SetUp, said: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """The findings of the domain with these records."""
    world.set_zone(DOMAIN, set_up.text)
    given = parse_nameservers([world.address])
    item = {"domain": DOMAIN, "dkim": [{"selector": selector} for selector in set_up.selectors], **(said or {})}
    found: list[dict[str, Any]] = DomainChecker(Resolver(given), given).check([item])[DOMAIN]["findings"]
    return found


@pytest.mark.parametrize("set_up", WELL_KEPT, ids=lambda set_up: set_up.name)
def test_a_well_kept_domain_raises_no_alarm(usual: dict[str, list[dict[str, Any]]], set_up: SetUp) -> None:
    assert [finding for finding in usual[set_up.name] if finding["severity"] != "info"] == []


@pytest.mark.parametrize("set_up", WELL_KEPT, ids=lambda set_up: set_up.name)
def test_a_well_kept_domain_takes_few_questions_and_none_twice(world: Nameserver, set_up: SetUp) -> None:
    world.questions.clear()
    look(world, set_up)

    assert set(world.questions.values()) == {1}
    own = [name for name, dummy in world.questions if f".{name}.".endswith(f".{DOMAIN}.")]
    assert 0 < len(own) <= MOST


@pytest.mark.parametrize(("fault", "set_up"), PAIRS)
def test_a_seeded_fault_is_found_by_its_code_and_nothing_else_is(
    world: Nameserver, usual: dict[str, list[dict[str, Any]]], fault: Fault, set_up: SetUp
) -> None:
    findings = look(world, fault.seed(set_up), fault.said(set_up))
    new = [finding for finding in findings if finding not in usual[set_up.name]]

    assert [finding["code"] for finding in new] == [fault.code], new
    assert new[0]["severity"] == (fault.severity or RULES[fault.code].severity)
    assert new[0]["found"].endswith((".", "…"))


def test_two_bimi_records_are_found_where_selectors_are_looked_for(world: Nameserver) -> None:
    second = ("default._bimi", "TXT", txt("v=BIMI1; l=https://company-name.example/b.svg"))
    world.set_zone(DOMAIN, WELL_KEPT[0].plus(second).text)
    given = parse_nameservers([world.address])
    findings = DomainChecker(Resolver(given), given, probe=True).check([{"domain": DOMAIN}])[DOMAIN]["findings"]
    assert [(f["code"], f["name"]) for f in findings if f["severity"] != "info"] == [
        ("policy_two_records", f"default._bimi.{DOMAIN}")
    ]


def test_the_keys_of_well_known_services_are_looked_for(world: Nameserver) -> None:
    selectors = ["fm1", "protonmail", "sig1", "kl", "hs1", "ovhmo-selector-1", "pm", "resend", "google", "selector1"]
    keys = [(f"{one}._domainkey", "TXT", txt(f"v=DKIM1; t=y; p={KEY}")) for one in selectors]
    world.set_zone(DOMAIN, WELL_KEPT[0].plus(*keys).text)
    given = parse_nameservers([world.address])
    findings = DomainChecker(Resolver(given), given, probe=True).check([{"domain": DOMAIN}])[DOMAIN]["findings"]
    told = {f["name"] for f in findings if f["code"] == "dkim_testing"}
    assert told == {f"{one}._domainkey.{DOMAIN}" for one in selectors}


def test_every_code_of_a_record_has_a_fault_that_shows_it() -> None:
    elsewhere = {"domain_not_delegated", "domain_delegated_elsewhere", "delegation_mismatch", "domain_not_known"}
    elsewhere |= {"server_lame", "server_silent", "servers_differ", "spf_not_known", "dkim_not_known", "domain_invalid"}
    elsewhere |= {"dmarc_readers_differ", "mx_without_reverse_name"}
    elsewhere |= {code for code in RULES if code.startswith("mta_sts_")}  # what the audit fetches

    assert {fault.code for fault in FAULTS} == set(RULES) - elsewhere
