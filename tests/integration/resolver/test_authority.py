# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dns.name
import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.resolver.authority import Authority, AuthorityFinder
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.nameservers import parse_nameservers
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.stub_resolver import Resolver
from ansible_collections.postmaster.mail.tests.servers.internet import Internet, zone


def _of(internet: Internet, name: str) -> Authority:
    return AuthorityFinder(Resolver([internet.resolver.address]), port=internet.port).of(dns.name.from_text(name))


@pytest.mark.parametrize("name", ["company-name.example", "odoo._domainkey.company-name.example"])
def test_a_name_lies_in_the_closest_zone_with_the_servers_that_parent_and_zone_name(
    internet: Internet, name: str
) -> None:
    authority = _of(internet, name)

    assert str(authority.zone) == "company-name.example."
    assert authority.delegated_to == authority.claimed == ("ns1.hoster.example", "ns2.hoster.example")
    assert {server.label: server.addresses for server in authority.servers} == {
        "ns1.hoster.example": (("127.0.0.3", internet.port),),
        "ns2.hoster.example": (("127.0.0.4", internet.port),),
    }


def test_an_alias_at_the_name_does_not_lead_to_the_zone_of_its_target(internet: Internet) -> None:
    internet.publish("www CNAME www.hoster.example.")

    assert str(_of(internet, "www.company-name.example").zone) == "company-name.example."


def test_a_domain_that_nobody_registered_lies_in_no_zone_of_its_own(internet: Internet) -> None:
    assert _of(internet, "unregistered.example").undelegated()


def test_a_resolver_that_knows_nothing_of_the_public_dns_is_not_believed(internet: Internet) -> None:
    internet.resolver.remove_zone("example")
    internet.resolver.remove_zone("company-name.example")
    internet.resolver.set_zone(".")

    assert _of(internet, "company-name.example") == Authority(zone=None)

    internet.resolver.set_zone("com")

    assert _of(internet, "company-name.example").undelegated()


def test_names_of_servers_are_compared_without_their_case(internet: Internet) -> None:
    text = zone("company-name.example", ["NS1.hoster.EXAMPLE", "ns2.hoster.example"], "")
    internet.resolver.set_zone("company-name.example", text)
    authority = _of(internet, "company-name.example")

    assert authority.delegated_to == authority.claimed


def test_parent_and_zone_that_name_different_servers(internet: Internet) -> None:
    internet.resolver.set_zone("company-name.example", zone("company-name.example", ["ns1.hoster.example"], ""))
    authority = _of(internet, "company-name.example")

    assert authority.delegated_to == ("ns1.hoster.example", "ns2.hoster.example")
    assert authority.claimed == ("ns1.hoster.example",)
    assert len(authority.servers) == 2


def test_a_zone_whose_servers_do_not_know_it_is_found_through_its_parent(internet: Internet) -> None:
    authority = _of(internet, "lame.example")

    assert (str(authority.zone), authority.delegated_to) == ("lame.example.", ("ns1.lame.example",))
    assert [server.addresses for server in authority.servers] == [(("127.0.0.3", internet.port),)]


def test_nobody_answers(internet: Internet) -> None:
    internet.resolver.behaviour = "refuse"

    assert _of(internet, "company-name.example") == Authority(zone=None)


def test_a_registry_that_does_not_answer_leaves_what_the_zone_says(internet: Internet) -> None:
    internet.registry.behaviour = "refuse"
    authority = _of(internet, "company-name.example")

    assert authority.delegated_to == ()
    assert [server.label for server in authority.servers] == ["ns1.hoster.example", "ns2.hoster.example"]


def test_given_servers_stand_for_those_of_every_zone(internet: Internet) -> None:
    given = parse_nameservers([internet.first.address])
    finder = AuthorityFinder(Resolver(given), given)
    authority = finder.of(dns.name.from_text("company-name.example"))

    assert (authority.zone, authority.servers) == (None, given)
    assert not internet.first.questions


def test_given_servers_tell_the_zone_of_a_name(internet: Internet) -> None:
    given = parse_nameservers([internet.first.address])
    name = dns.name.from_text("_dmarc.company-name.example")

    assert str(AuthorityFinder(Resolver(given), given).zone_of(name)) == "company-name.example."


def test_many_names_of_one_zone_ask_for_its_servers_once(internet: Internet) -> None:
    finder = AuthorityFinder(Resolver([internet.resolver.address]), port=internet.port)
    for index in range(20):
        finder.of(dns.name.from_text(f"host{index}.company-name.example"))

    assert internet.resolver.questions["company-name.example", "NS"] == 1
    assert internet.registry.questions["company-name.example", "NS"] == 1
