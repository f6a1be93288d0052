# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is looked at in DNS before a domain is registered, on a small Internet with a registry and two servers."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.resolver.authority import AuthorityFinder
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.stub_resolver import Resolver
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.contract import (
    DKIM,
    RETURN_PATH,
    Desired,
    ServiceFacts,
    ServiceRecord,
)
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.dns_view import DnsView
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.labels import Claim
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.planning import Surroundings
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.publication import missing
from ansible_collections.postmaster.mail.tests.servers.internet import Internet, zone

DOMAIN = "company-name.example"
FACTS = ServiceFacts("Service", "2026-11-29", 1.0, return_path_labels=("bounce",), return_path_target="service.test")
CNAME_FACTS = ServiceFacts(
    "Service", "2026-11-29", 1.0, return_path_labels=("bounce",), return_path_is_cname=True,
    return_path_target="service.test",
)  # fmt: skip


@pytest.fixture
def view(internet: Internet, monkeypatch: pytest.MonkeyPatch) -> DnsView:
    """It finds the servers by delegation: the resolver is the only one that it is told of."""
    made = DnsView()
    resolver = Resolver([internet.resolver.address])
    made._finder = AuthorityFinder(resolver, port=internet.port)
    made._resolver = resolver
    made.forget()
    return made


def around(view: DnsView, facts: ServiceFacts = FACTS, *keys: Sequence[str]) -> Surroundings:
    path = f"bounce.{DOMAIN}"
    targets = {path: frozenset({"feedback.service.test"})}
    names = {some[0]: tuple(f"{key}._domainkey.{DOMAIN}" for key in some) for some in keys}
    claim = Claim("the sender", (path,), False, names, targets)
    return view.around(Desired(DOMAIN, DOMAIN), True, view.holders(claim, {}, facts), {})


def test_records_are_asked_of_the_authoritative_servers_alone(view: DnsView, internet: Internet) -> None:
    record = ServiceRecord(f"s1._domainkey.{DOMAIN}", "CNAME", ("s1.service.test",), DKIM)
    internet.publish("s1._domainkey IN CNAME s1.service.test.", internet.first)
    lacking = missing(record, view.see(record, DOMAIN))
    assert lacking is not None and lacking.why == "some of the name servers do not have it yet"
    internet.publish("s1._domainkey IN CNAME s1.service.test.", internet.second)
    view.forget()
    assert missing(record, view.see(record, DOMAIN)) is None
    assert not internet.resolver.questions[record.name, "CNAME"], "a resolver would remember that it was not there"


def test_a_domain_that_is_delegated_is_fine(view: DnsView) -> None:
    assert around(view).delegation == ""


def test_records_at_servers_to_which_nobody_delegates(view: DnsView, internet: Internet) -> None:
    elsewhere = zone(DOMAIN, ["ns1.elsewhere.example", "ns2.elsewhere.example"], "")
    for server in (internet.first, internet.second, internet.resolver):
        server.set_zone(DOMAIN, elsewhere)
    told = around(view).delegation
    assert "is delegated to ns1.hoster.example, ns2.hoster.example, and its zone names ns1.elsewhere.example" in told


@pytest.mark.parametrize(
    ("name_servers", "is_told"),
    [
        (["ns1.elsewhere.example", "ns2.elsewhere.example"], True),
        (["ns1.hoster.example", "ns2.hoster.example"], False),
        (["ns2.hoster.example", "hidden.example"], False),
        ([], False),  # some providers do not tell them
    ],
)
def test_a_zone_that_is_written_and_that_nobody_asks(view: DnsView, name_servers: list[str], is_told: bool) -> None:
    said = view.elsewhere(DOMAIN, name_servers)
    assert bool(said) == is_told
    if is_told:
        assert said.startswith(
            f"{DOMAIN} is delegated to ns1.hoster.example, ns2.hoster.example, but the zone that this run writes names "
            "ns1.elsewhere.example, ns2.elsewhere.example: nobody would see what is published in it."
        )
    assert view.elsewhere(f"mg.{DOMAIN}", ["ns1.elsewhere.example"]) == "", "that is no zone of its own in DNS"


def test_a_domain_that_is_not_delegated(view: DnsView) -> None:
    told = view.around(Desired("unknown.example", "unknown.example"), True, {}, {}).delegation
    assert told.startswith("unknown.example is not delegated to any name server")


@pytest.mark.parametrize(
    ("records", "holder"),
    [
        ("", ""),
        ("bounce IN CNAME x.other.test.", "CNAME x.other.test"),
        ("bounce IN MX 10 mx.other.test.", "MX 10 mx.other.test"),
        ('bounce IN TXT "v=spf1 -all"', "TXT v=spf1 -all"),
        ("*  IN CNAME x.other.test.", "CNAME x.other.test"),
        ("bounce IN MX 10 feedback.service.test.", ""),
        ("bounce IN MX 10 feedback.another-region.service.test.", "MX 10 feedback.another-region.service.test"),
        ("bounce IN CNAME u1.service.test.", ""),
        ('bounce IN TXT "some-code"', ""),
        ("bounce IN A 192.0.2.1", ""),
    ],
)
def test_who_holds_a_label(view: DnsView, internet: Internet, records: str, holder: str) -> None:
    internet.publish(records)
    assert around(view).holders == {f"bounce.{DOMAIN}": holder}


def test_a_label_of_which_one_type_is_not_told_is_not_free(view: DnsView, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = view._ask
    monkeypatch.setattr(view, "_ask", lambda name, kind: ([], ("silent",)) if kind == "TXT" else ask(name, kind))
    assert around(view).holders == {}


@pytest.mark.parametrize("records", ['bounce IN TXT "some-code"', "bounce IN A 192.0.2.1"])
def test_nothing_stands_beside_a_cname(view: DnsView, internet: Internet, records: str) -> None:
    internet.publish(records)
    assert around(view, CNAME_FACTS).holders[f"bounce.{DOMAIN}"]


def test_who_holds_a_selector(view: DnsView, internet: Internet) -> None:
    internet.publish("s1._domainkey IN CNAME s1.domainkey.u1.service.test.")
    held = around(view, FACTS, ("s1", "s2")).holders
    assert held[f"s1._domainkey.{DOMAIN}"] == "CNAME s1.domainkey.u1.service.test"
    assert held[f"s2._domainkey.{DOMAIN}"] == ""


def test_selectors_are_looked_at_up_to_the_first_free_ones(view: DnsView, internet: Internet) -> None:
    internet.publish("s2._domainkey IN CNAME s2.domainkey.u1.service.test.")
    held = around(view, FACTS, ("s1", "s2"), ("sga", "sga2"), ("sgb", "sgb2")).holders
    assert {name.partition(".")[0]: bool(holder) for name, holder in held.items()} == {
        "bounce": False, "s1": False, "s2": True, "sga": False, "sga2": False,
    }  # fmt: skip


def test_a_policy_behind_a_cname_counts(view: DnsView, internet: Internet) -> None:
    policy = "v=DMARC1; p=reject; adkim=s; aspf=r"
    internet.resolver.set_zone("vendor.example", zone("vendor.example", ["ns1.hoster.example"], f'd IN TXT "{policy}"'))
    internet.publish("_dmarc IN CNAME d.vendor.example.")
    seen = around(view)
    assert (seen.has_dmarc, seen.alignment) == (True, ("s", "r"))


def test_no_policy_at_all(view: DnsView) -> None:
    seen = around(view)
    assert (seen.has_dmarc, seen.alignment) == (False, None)


def test_records_of_a_return_path_that_is_not_set(view: DnsView, internet: Internet) -> None:
    internet.publish("bounce IN MX 10 feedback.service.test.")
    (finding,) = view.without_effect(Desired(DOMAIN, DOMAIN), FACTS)
    assert "return_path: bounce" in finding
    internet.publish("bounce IN MX 10 mail.other.test.")
    view.forget()
    assert view.without_effect(Desired(DOMAIN, DOMAIN), FACTS) == ()


def test_for_how_long_it_is_remembered_that_nothing_was_there(view: DnsView) -> None:
    assert view.remembered_for(DOMAIN) == view.remembered_for(f"mg.{DOMAIN}") == 300


def test_what_stands_there_by_another_type_is_seen(view: DnsView, internet: Internet) -> None:
    internet.publish("bounce IN CNAME x.other.test.")
    record = ServiceRecord(f"bounce.{DOMAIN}", "MX", ("10 feedback.service.test",), RETURN_PATH)
    lacking = missing(record, view.see(record, DOMAIN))
    assert lacking is not None and lacking.found == ("CNAME x.other.test",)
