# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``cloudflare`` against the simulated Cloudflare: the suite of all providers, and what only Cloudflare has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.providers.cloudflare import Cloudflare
from ansible_collections.postmaster.mail.tests.integration.providers.backend import (
    Ensure,
    gone,
    open_provider,
    set_fresh_for,
)
from ansible_collections.postmaster.mail.tests.integration.providers.cloudflare_backend import CloudflareBackend, run
from ansible_collections.postmaster.mail.tests.integration.providers.suite import ProviderSuite
from ansible_collections.postmaster.mail.tests.simulators.cloudflare import CloudflareSimulator
from ansible_collections.postmaster.mail.tests.simulators.cloudflare_zone import Zone

DOMAIN = "company-name.com"
SPF = '"v=spf1 include:_spf.google.com ~all"'


@pytest.fixture
def simulator() -> Iterator[CloudflareSimulator]:
    with CloudflareSimulator(quota=100_000) as simulator:
        yield simulator


@pytest.fixture
def backend(simulator: CloudflareSimulator) -> CloudflareBackend:
    return CloudflareBackend(simulator)


@pytest.fixture
def options(backend: CloudflareBackend) -> dict[str, Any]:
    return backend.options


@pytest.fixture
def zone(simulator: CloudflareSimulator) -> Zone:
    return simulator.add_zone(DOMAIN)


class TestCloudflare(ProviderSuite):
    """The second writer of the suite acts at once, so here every reading is an old one and made anew."""

    @pytest.fixture(autouse=True)
    def every_reading_is_old(self, monkeypatch: pytest.MonkeyPatch) -> None:
        set_fresh_for(monkeypatch, 0.0, Cloudflare)

    @pytest.fixture
    def backend(self, simulator: CloudflareSimulator) -> CloudflareBackend:
        return CloudflareBackend(simulator)


# -- what others have set ----------------------------------------------------------------------------------------------


def test_a_replaced_value_keeps_its_record_with_comment_and_tags(options: dict[str, Any], zone: Zone) -> None:
    spf = zone.add(name="@", type="TXT", content=SPF, comment="by the agency", tags=["owner:it"], ttl=3600)
    desired = Ensure(DOMAIN, "TXT", "v=spf1 include:_spf.odoo.com ~all", only=True)
    assert run(options, DOMAIN, desired)[0].error is None
    [record] = zone.listing()
    assert record["content"] == '"v=spf1 include:_spf.odoo.com ~all"'
    kept = ("id", "comment", "tags", "created_on", "ttl")
    assert {part: record[part] for part in kept} == {part: spf[part] for part in kept}


def test_records_that_stay_are_not_sent(options: dict[str, Any], zone: Zone) -> None:
    zone.add(name="@", type="TXT", content="an unquoted verification", comment="keep", tags=["owner:it"])
    zone.add(name="www", type="CNAME", content="web.hoster.example", proxied=True)
    zone.add(name="@", type="A", content="192.0.2.1", proxied=True)
    before = zone.listing()
    assert run(options, DOMAIN, Ensure(DOMAIN, "TXT", "v=spf1 -all"))[0].error is None
    assert [record for record in zone.listing() if record["content"] != '"v=spf1 -all"'] == before


def test_an_unquoted_text_is_equal_to_a_quoted_one(options: dict[str, Any], zone: Zone) -> None:
    zone.add(name="@", type="TXT", content="v=spf1 include:_spf.odoo.com ~all")
    result, dummy = run(options, DOMAIN, Ensure(DOMAIN, "TXT", "v=spf1 include:_spf.odoo.com ~all"))
    assert (result.error, result.changed) == (None, False)


def test_what_email_routing_manages_is_not_changed(options: dict[str, Any], zone: Zone) -> None:
    zone.add(name="@", type="MX", content="route1.mx.cloudflare.net", priority=5, meta={"read_only": True})
    result, dummy = run(options, DOMAIN, Ensure(DOMAIN, "MX", "10 company.odoo.com.", only=True))
    assert "managed by another Cloudflare product, such as Email Routing" in str(result.error)
    assert zone.writes == 0


def test_a_value_beside_one_of_email_routing_can_be_added(options: dict[str, Any], zone: Zone) -> None:
    spf = zone.add(
        name="@", type="TXT", content='"v=spf1 include:_spf.mx.cloudflare.net ~all"', meta={"read_only": True}
    )
    zone.add(name="@", type="TXT", content='"other"', ttl=1)
    assert run(options, DOMAIN, Ensure(DOMAIN, "TXT", "verification=1"))[0].error is None
    assert spf in zone.listing()
    replaced, dummy = run(options, DOMAIN, Ensure(DOMAIN, "TXT", "v=spf1 -all", only=True), check_mode=True)
    assert "that another Cloudflare product manages" in str(replaced.error)


# -- proxied records ---------------------------------------------------------------------------------------------------


def test_a_proxied_cname_at_a_name_of_ours_becomes_dns_only(options: dict[str, Any], zone: Zone) -> None:
    name = f"odoo._domainkey.{DOMAIN}"
    proxied = zone.add(name=name, type="CNAME", content="odoo._domainkey.odoo.com", proxied=True, comment="why?")
    desired = Ensure(name, "CNAME", "odoo._domainkey.odoo.com.", only=True)
    result, dummy = run(options, DOMAIN, desired)
    assert result.error is None
    assert "- odoo._domainkey.odoo.com.proxied-by-cloudflare.invalid\n+ odoo._domainkey.odoo.com" in result.diff
    [record] = zone.listing()
    assert (record["id"], record["proxied"], record["comment"]) == (proxied["id"], False, "why?")
    assert not run(options, DOMAIN, desired)[0].changed


def test_a_new_cname_is_dns_only(options: dict[str, Any], simulator: CloudflareSimulator, zone: Zone) -> None:
    run(options, DOMAIN, Ensure(f"em1.{DOMAIN}", "CNAME", "u1.wl.sendgrid.net."))
    assert simulator.last_body["posts"][0]["proxied"] is False
    assert [record["proxied"] for record in zone.listing()] == [False]


def test_a_proxied_cname_can_be_put_back(options: dict[str, Any], zone: Zone) -> None:
    zone.add(name="www", type="CNAME", content="web.hoster.example")
    desired = Ensure(f"www.{DOMAIN}", "CNAME", "web.hoster.example.proxied-by-cloudflare.invalid.", only=True)
    assert run(options, DOMAIN, desired)[0].error is None
    assert [(record["content"], record["proxied"]) for record in zone.listing()] == [("web.hoster.example", True)]


@pytest.mark.parametrize(
    ("owner", "proxied"), [("", False), ("", True), ("shop.", True)], ids=["@", "@ proxied", "www"]
)
def test_beside_a_cname_that_is_flattened_all_but_addresses_can_stand(
    options: dict[str, Any], zone: Zone, owner: str, proxied: bool
) -> None:
    """Its API refuses A and AAAA only, and DNS shows the addresses of the target."""
    name = f"{owner}{DOMAIN}"
    site = zone.add(name=name, type="CNAME", content="web.hoster.example", proxied=proxied)
    all_desired = [
        Ensure(name, "TXT", "v=spf1 include:_spf.odoo.com ~all"),
        Ensure(name, "MX", "10 mx.hoster.example."),
    ]
    assert run(options, DOMAIN, *all_desired, check_mode=True)[0].error is None
    assert run(options, DOMAIN, *all_desired)[0].error is None
    assert {record["type"] for record in zone.listing()} == {"CNAME", "TXT", "MX"}
    assert next(record for record in zone.listing() if record["type"] == "CNAME") == site
    assert not run(options, DOMAIN, *all_desired)[0].changed
    refused = str(run(options, DOMAIN, Ensure(name, "A", "192.0.2.1"), check_mode=True)[0].error)
    assert f"{name} is a CNAME that the provider answers with the addresses of its target" in refused
    assert ".invalid" not in refused


def test_a_cname_at_the_apex_can_be_set_beside_all_but_addresses(options: dict[str, Any], zone: Zone) -> None:
    zone.add(name="@", type="TXT", content=SPF)
    assert run(options, DOMAIN, Ensure(DOMAIN, "CNAME", "web.hoster.example."))[0].error is None
    assert {record["type"] for record in zone.listing()} == {"CNAME", "TXT"}


def test_beside_a_cname_that_dns_shows_nothing_can_stand(options: dict[str, Any], zone: Zone) -> None:
    """Cloudflare would take it, and nobody would ever see it."""
    zone.add(name="www", type="CNAME", content="web.hoster.example")
    zone.add(name="shop", type="CNAME", content="web.hoster.example", proxied=True)
    zone.add(name="shop", type="TXT", content=SPF)
    result, dummy = run(options, DOMAIN, Ensure(f"www.{DOMAIN}", "TXT", "v=spf1 -all"))
    assert "DNS allows no TXT record beside a CNAME" in str(result.error)
    result, dummy = run(options, DOMAIN, Ensure(f"shop.{DOMAIN}", "CNAME", "other.hoster.example.", only=True))
    assert "a CNAME must be alone at its name and there is: TXT" in str(result.error)


def test_a_proxied_address_stays_proxied_and_its_ttl_automatic(options: dict[str, Any], zone: Zone) -> None:
    zone.add(name="@", type="A", content="192.0.2.1", proxied=True)
    assert run(options, DOMAIN, Ensure(DOMAIN, "A", "192.0.2.2", only=True))[0].error is None
    assert [(record["content"], record["proxied"]) for record in zone.listing()] == [("192.0.2.2", True)]
    result, dummy = run(options, DOMAIN, Ensure(DOMAIN, "A", "192.0.2.2", ttl=3600))
    assert "is proxied by Cloudflare, so its TTL cannot be chosen" in str(result.error)


# -- TTLs and types ----------------------------------------------------------------------------------------------------


def test_an_automatic_ttl_is_300_seconds_and_stays_automatic(options: dict[str, Any], zone: Zone) -> None:
    zone.add(name="@", type="TXT", content=SPF, ttl=1)
    assert not run(options, DOMAIN, Ensure(DOMAIN, "TXT", SPF.strip('"'), ttl=300))[0].changed
    assert run(options, DOMAIN, Ensure(DOMAIN, "TXT", "verification=1"))[0].error is None
    assert [record["ttl"] for record in zone.listing()] == [1, 1]


@pytest.mark.parametrize(("plan", "refused"), [("free", True), ("business", True), ("enterprise", False)])
def test_a_ttl_of_30_seconds_needs_an_enterprise_zone(
    options: dict[str, Any], simulator: CloudflareSimulator, plan: str, refused: bool
) -> None:
    simulator.add_zone(DOMAIN, plan=plan)
    result, dummy = run(options, DOMAIN, Ensure(DOMAIN, "TXT", "v=spf1 -all", ttl=30))
    assert ("allows 60 to 86400 s" in str(result.error)) is refused


@pytest.mark.parametrize(
    ("rdtype", "value"),
    [
        ("SRV", "10 60 5060 sip.hoster.example."),
        ("CAA", '0 issue "letsencrypt.org"'),
        ("TLSA", "3 1 1 " + "0b" * 32),
        ("A", "192.0.2.1"),
        ("AAAA", "2001:db8::1"),
        ("NS", "ns1.hoster.example."),
        ("PTR", "host.hoster.example."),
    ],
)
def test_records_of_other_types_can_be_written(options: dict[str, Any], zone: Zone, rdtype: str, value: str) -> None:
    desired = Ensure(f"x.{DOMAIN}", rdtype, value)
    assert run(options, DOMAIN, desired)[0].error is None
    assert len(zone.listing()) == 1
    again, dummy = run(options, DOMAIN, desired)
    assert (again.error, again.changed) == (None, False)
    assert run(options, DOMAIN, gone(f"x.{DOMAIN}", rdtype))[0].changed
    assert zone.listing() == []


def test_a_type_that_is_not_translated_is_refused(options: dict[str, Any], zone: Zone) -> None:
    result, dummy = run(options, DOMAIN, Ensure(f"x.{DOMAIN}", "SSHFP", "1 1 " + "0b" * 20), check_mode=True)
    assert "x.company-name.com SSHFP: records of the type SSHFP cannot be written at Cloudflare" in str(result.error)


def test_a_text_of_more_than_2048_octets_is_refused(options: dict[str, Any], zone: Zone) -> None:
    result, dummy = run(options, DOMAIN, Ensure(DOMAIN, "TXT", "x" * 2049), check_mode=True)
    assert "at most 2048" in str(result.error)


# -- zones -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["secondary", "partial"])
def test_a_zone_whose_dns_is_held_elsewhere_is_not_written(
    options: dict[str, Any], simulator: CloudflareSimulator, kind: str
) -> None:
    zone = simulator.add_zone(DOMAIN, type=kind)
    result, dummy = run(options, DOMAIN, Ensure(DOMAIN, "TXT", "v=spf1 -all"), check_mode=True)
    assert "company-name.com cannot be written at Cloudflare: it is a" in str(result.error)
    assert zone.writes == 0


def test_of_two_zones_of_one_name_the_account_decides(options: dict[str, Any], simulator: CloudflareSimulator) -> None:
    zones = [simulator.add_zone(DOMAIN, account=letter * 32) for letter in "ab"]
    desired = Ensure(DOMAIN, "TXT", "v=spf1 -all")
    result, dummy = run(options, DOMAIN, desired)
    assert "a zone of several Cloudflare accounts" in str(result.error)
    assert "account_id" in str(result.error)
    assert run(options, DOMAIN, desired, account_id="b" * 32)[0].error is None
    assert [zone.writes for zone in zones] == [0, 1]


def test_a_name_of_two_zones_does_not_hinder_other_zones(
    options: dict[str, Any], simulator: CloudflareSimulator, zone: Zone
) -> None:
    for letter in "ab":
        simulator.add_zone("twice.example", account=letter * 32)
    provider = open_provider(options)
    found = provider.find_zones([record_name(DOMAIN), record_name("mail.twice.example")])
    provider.close()
    assert str(found[record_name(DOMAIN)]) == DOMAIN
    assert "a zone of several Cloudflare accounts" in str(found[record_name("mail.twice.example")])


def test_of_two_zones_of_one_name_the_one_in_use_is_meant(
    options: dict[str, Any], simulator: CloudflareSimulator
) -> None:
    moved, active = simulator.add_zone(DOMAIN, account="b" * 32, status="moved"), simulator.add_zone(DOMAIN)
    assert run(options, DOMAIN, Ensure(DOMAIN, "TXT", "v=spf1 -all"))[0].error is None
    assert (moved.writes, active.writes) == (0, 1)


# -- large plans -------------------------------------------------------------------------------------------------------


def _many(number: int) -> list[Ensure]:
    return [Ensure(f"n{index}.{DOMAIN}", "MX", "10 a.example.", "20 b.example.") for index in range(number)]


@pytest.mark.parametrize(("plan", "batches"), [("free", 2), ("pro", 1)])
def test_a_plan_is_cut_into_batches_as_large_as_the_zone_allows(
    options: dict[str, Any], simulator: CloudflareSimulator, plan: str, batches: int
) -> None:
    zone = simulator.add_zone(DOMAIN, plan=plan)
    assert run(options, DOMAIN, *_many(150))[0].error is None
    assert (zone.writes, len(zone.listing())) == (batches, 300)


def test_what_is_at_one_name_is_in_one_batch(options: dict[str, Any], zone: Zone) -> None:
    zone.add(name="n70", type="CNAME", content="a.example")
    name = f"n70.{DOMAIN}"
    result, dummy = run(options, DOMAIN, gone(name, "CNAME"), *_many(150))
    assert result.error is None
    assert zone.writes == 2


def test_a_second_batch_that_fails_is_told(options: dict[str, Any], simulator: CloudflareSimulator, zone: Zone) -> None:
    simulator.before_write = [lambda: simulator.fail("batch", status=403)]
    result, dummy = run(options, DOMAIN, *_many(150))
    assert "the write stopped halfway. Written: n0.company-name.com MX," in str(result.error)
    assert "others. Not written, or not confirmed: n" in str(result.error)
    assert "Run it again to finish." in str(result.error)
    assert len(zone.listing()) == 200
    assert run(options, DOMAIN, *_many(150))[0].error is None
    assert len(zone.listing()) == 300
