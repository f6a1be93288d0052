# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings about who answers for a domain, through the servers that DNS names."""

from __future__ import annotations

from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.check import DomainChecker
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.stub_resolver import Resolver
from ansible_collections.postmaster.mail.tests.servers.internet import Internet, zone

DOMAIN = "company-name.example"
SERVERS = ["ns1.hoster.example", "ns2.hoster.example"]
KEPT = '@ IN TXT "v=spf1 -all"\n@ IN MX 0 .\n_dmarc IN TXT "v=DMARC1; p=reject; rua=mailto:a@company-name.example"\n'


def look(internet: Internet, **item: Any) -> dict[str, Any]:
    checker = DomainChecker(Resolver([internet.resolver.address]), port=internet.port)
    return next(iter(checker.check([{"domain": DOMAIN, **item}]).values()))


def findings(result: dict[str, Any]) -> dict[str, str]:
    """What was found, by code."""
    return {finding["code"]: finding["found"] for finding in result["findings"]}


def test_a_domain_whose_servers_agree_with_the_zone_above(internet: Internet) -> None:
    internet.publish(KEPT)

    assert findings(look(internet, delegated_to=[f"{SERVERS[0].upper()}.", SERVERS[1]])) == {}


def test_a_domain_that_is_not_registered(internet: Internet) -> None:
    result = look(internet, domain="unregistered.example")

    assert list(findings(result)) == ["domain_not_delegated"]
    assert result["findings"][0]["severity"] == "error"
    assert "the zone example names no servers for it" in result["findings"][0]["found"]


def test_a_domain_that_is_delegated_to_other_servers_than_the_zone_was_written_at(internet: Internet) -> None:
    internet.publish(KEPT)
    result = look(internet, delegated_to=["ada.ns.cloud.example", "bob.ns.cloud.example"])

    assert findings(result) == {
        "domain_delegated_elsewhere": "The servers of the provider are ada.ns.cloud.example, bob.ns.cloud.example, and "
        "the zone example names ns1.hoster.example, ns2.hoster.example."
    }
    assert result["findings"][0]["severity"] == "error"


def test_a_domain_that_is_delegated_to_some_other_servers_as_well(internet: Internet) -> None:
    internet.publish(KEPT)
    result = look(internet, delegated_to=[SERVERS[0]])

    assert result["findings"][0]["code"] == "domain_delegated_elsewhere"
    assert result["findings"][0]["severity"] == "warning"


def test_a_domain_that_begins_as_a_sentence_keeps_its_spelling(internet: Internet) -> None:
    internet.resolver.set_zone("example", zone("example", ["ns.registry.example"], ""))
    result = look(internet, domain="nobody.example")

    assert findings(result)["domain_not_delegated"].startswith("nobody.example is not registered")


def test_parent_and_zone_that_disagree(internet: Internet) -> None:
    text = zone(DOMAIN, SERVERS[:1], KEPT)
    for server in (internet.resolver, internet.first, internet.second):
        server.set_zone(DOMAIN, text)

    assert findings(look(internet)) == {
        "delegation_mismatch": "The zone example names ns1.hoster.example, ns2.hoster.example, and the zone itself "
        "ns1.hoster.example."
    }


def test_a_server_that_does_not_hold_the_zone(internet: Internet) -> None:
    internet.publish(KEPT)
    internet.second.remove_zone(DOMAIN)
    result = look(internet)

    assert findings(result)["server_lame"].startswith(f"{SERVERS[1]} refuses the question (REFUSED)")
    assert [finding["name"] for finding in result["findings"]] == [SERVERS[1]]


def test_a_server_that_is_silent(internet: Internet) -> None:
    internet.publish(KEPT)
    internet.first.stop()
    result = look(internet)

    assert findings(result) == {"server_silent": f"{SERVERS[0]} does not answer: nothing listens there."}
    assert result["spf"] == ["v=spf1 -all"]


def test_servers_of_which_one_lags_behind(internet: Internet) -> None:
    internet.publish(KEPT)
    internet.publish(KEPT.replace("-all", "~all"), internet.second)

    assert list(findings(look(internet))) == ["servers_differ"]


def test_no_dns_at_all(internet: Internet) -> None:
    internet.resolver.behaviour = "refuse"

    result = look(internet)
    assert list(findings(result)) == ["domain_not_known"]
    assert (result["met"], result["finding_counts"]["error"]) == (False, 1)


def test_a_subdomain_inherits_the_policy_of_the_domain_above(internet: Internet) -> None:
    internet.publish(KEPT + 'mail IN TXT "v=spf1 -all"\nmail IN MX 0 .\n')

    assert findings(look(internet, domain=f"mail.{DOMAIN}")) == {}


def test_reports_to_a_sibling_need_no_permission(internet: Internet) -> None:
    own = f'_dmarc.mail IN TXT "v=DMARC1; p=reject; rua=mailto:a@reports.{DOMAIN}"\n'
    internet.publish(KEPT + own + 'mail IN TXT "v=spf1 -all"\nmail IN MX 0 .\n')

    assert findings(look(internet, domain=f"mail.{DOMAIN}")) == {}


def test_the_zone_is_doubled_behind_the_name_of_a_subdomain(internet: Internet) -> None:
    internet.publish(f'{KEPT}mail IN MX 0 .\nmail.{DOMAIN} IN TXT "v=spf1 -all"\n')

    assert list(findings(look(internet, domain=f"mail.{DOMAIN}"))) == ["owner_doubled"]


def test_bad_input_of_one_domain_is_one_sentence(internet: Internet) -> None:
    for item in (
        {"delegated_to": ["no server"]},
        {"senders": [{"name": "a", "spf": {"ip4": ["1.2.3"]}}]},
        {"senders": [{"name": "a", "selectors": ["odoo._domainkey"]}]},
        {"senders": [{"name": "a", "return_path": "a b"}]},
        {"from_addresses": ["a@b.example", "sales"]},
        {"from_addresses": ["@b.example"]},
        {"from_addresses": ["sales@"]},
        {"from_addresses": [""]},
        {"domain": "192.0.2.1 "},
        {"domain": ""},
    ):
        result = look(internet, **item)
        assert not result["met"], item
        assert result["msg"].endswith(".")
        assert findings(result) == {"domain_invalid": result["msg"]}, item
        assert result["finding_counts"]["error"] == 1
