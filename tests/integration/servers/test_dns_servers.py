# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers that other tests lean on do what those tests assume."""

from __future__ import annotations

import uuid
from pathlib import Path

import dns.exception
import dns.query
import dns.rcode
import dns.update
import pytest
import requests

from ansible_collections.postmaster.mail.tests.servers.bind import Bind
from ansible_collections.postmaster.mail.tests.servers.dns_server import DnsServer, new_secret, zone_text
from ansible_collections.postmaster.mail.tests.servers.knot import Knot
from ansible_collections.postmaster.mail.tests.servers.powerdns import PowerDns


@pytest.fixture
def zone(dns_server: DnsServer) -> str:
    return dns_server.add_zone(f"z{uuid.uuid4().hex[:12]}.test", '@ TXT "v=spf1 -all"')


def test_a_zone_is_served_as_its_text_says(dns_server: DnsServer, zone: str) -> None:
    assert dns_server.records(zone, "TXT") == ['"v=spf1 -all"']
    assert dns_server.serial(zone) == 1
    assert f'{zone}. 3600 IN TXT "v=spf1 -all"' in dns_server.zone_text(zone)


def test_a_signed_update_is_taken(dns_server: DnsServer, zone: str) -> None:
    assert dns_server.update(zone, replace=[(f"_dmarc.{zone}", 300, "TXT", '"v=DMARC1; p=none"')]) == "NOERROR"
    assert dns_server.records(f"_dmarc.{zone}", "TXT") == ['"v=DMARC1; p=none"']
    assert dns_server.serial(zone) > 1
    assert dns_server.update(zone, delete=[(f"_dmarc.{zone}", "TXT")]) == "NOERROR"
    assert dns_server.records(f"_dmarc.{zone}", "TXT") == []


def test_an_update_survives_that_another_zone_is_added(dns_server: DnsServer, zone: str) -> None:
    dns_server.update(zone, replace=[(f"a.{zone}", 300, "TXT", '"kept"')])
    dns_server.add_zone(f"z{uuid.uuid4().hex[:12]}.test")
    assert dns_server.records(f"a.{zone}", "TXT") == ['"kept"']


def test_an_update_with_a_wrong_secret_is_refused(dns_server: DnsServer, zone: str) -> None:
    # BIND and Knot say so in a signed answer, PowerDNS in one without a signature
    with pytest.raises(dns.exception.DNSException):
        dns_server.update(zone, replace=[(f"a.{zone}", 300, "TXT", '"x"')], key=(dns_server.key_name, new_secret()))
    assert dns_server.records(f"a.{zone}", "TXT") == []


def test_an_update_with_an_unknown_key_is_refused(dns_server: DnsServer, zone: str) -> None:
    with pytest.raises(dns.exception.DNSException):
        dns_server.update(zone, replace=[(f"a.{zone}", 300, "TXT", '"x"')], key=("stranger", new_secret()))
    assert dns_server.records(f"a.{zone}", "TXT") == []


def test_an_unsigned_update_is_refused(dns_server: DnsServer, zone: str) -> None:
    message = dns.update.UpdateMessage(zone)
    message.replace("a", 300, "TXT", '"x"')
    answer = dns.query.tcp(message, dns_server.host, timeout=5, port=dns_server.port)
    assert dns.rcode.to_text(answer.rcode()) in ("REFUSED", "NOTAUTH")
    assert dns_server.records(f"a.{zone}", "TXT") == []


@pytest.mark.parametrize("kind", [Bind, Knot, PowerDns])
def test_a_server_can_refuse_transfers_and_take_updates(
    kind: type[DnsServer], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    request.getfixturevalue(kind.__name__.lower())  # skips where it is not installed
    with kind(tmp_path / "server", zones={"example.test": zone_text("example.test")}, transfer=False) as server:
        with pytest.raises(dns.exception.DNSException):
            server.zone_text("example.test")
        assert server.update("example.test", replace=[("a.example.test", 300, "TXT", '"x"')]) == "NOERROR"


@pytest.mark.parametrize("kind", [Bind, Knot, PowerDns])
def test_a_stopped_server_is_gone(kind: type[DnsServer], request: pytest.FixtureRequest, tmp_path: Path) -> None:
    request.getfixturevalue(kind.__name__.lower())
    with kind(tmp_path / "server", zones={"example.test": zone_text("example.test")}) as server:
        assert server.has_zone("example.test")
    assert not server.has_zone("example.test")


def test_bind_refuses_an_mx_without_address_unless_told(bind: Bind, tmp_path: Path) -> None:
    zones = {"example.test": zone_text("example.test")}
    mx = [("example.test", 300, "MX", "10 nowhere.example.test.")]
    with Bind(tmp_path / "strict", zones) as server:
        assert server.update("example.test", replace=mx) == "REFUSED"
    with Bind(tmp_path / "lax", zones, check_integrity=False) as server:
        assert server.update("example.test", replace=mx) == "NOERROR"


def test_powerdns_api_wants_its_key(powerdns: PowerDns) -> None:
    url = f"{powerdns.endpoint}/api/v1/servers/localhost/zones"
    assert requests.get(url, headers={"X-API-Key": powerdns.api_key}, timeout=5).status_code == 200
    assert requests.get(url, headers={"X-API-Key": "wrong"}, timeout=5).status_code == 401


def test_many_powerdns_zones_are_like_those_of_the_api(powerdns: PowerDns) -> None:
    records = [("@", 300, "TXT", '"v=spf1 -all"'), ("www", 300, "A", "192.0.2.7")]
    stem = uuid.uuid4().hex[:12]
    powerdns.create_zones([f"{stem}-{number}.test" for number in range(3)], records)
    powerdns.create_zone(f"{stem}-api.test", records)

    def content(zone: str) -> set[tuple[str, str, int, str]]:
        sets = powerdns.api("GET", f"/zones/{zone}.")["rrsets"]
        return {
            (rrset["name"].replace(zone, "Z"), rrset["type"], rrset["ttl"], record["content"].replace(zone, "Z"))
            for rrset in sets
            for record in rrset["records"]
        }

    assert content(f"{stem}-2.test") == content(f"{stem}-api.test")
    assert powerdns.update(f"{stem}-2.test", delete=[(f"www.{stem}-2.test", "A")]) == "NOERROR"
    assert f"{stem}-2.test. 300 IN TXT" in powerdns.zone_text(f"{stem}-2.test")
