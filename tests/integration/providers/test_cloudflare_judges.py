# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated Cloudflare and ``cloudflare``, judged by clients that others wrote.

What we wrote, they read as we meant it; what they wrote, we read right and leave alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cloudflare
import pytest
from octodns.record import Record, Update
from octodns.zone import Zone as OctoZone
from octodns_cloudflare import CloudflareProvider

from ansible_collections.postmaster.mail.tests.integration.providers.backend import DKIM_2048, Ensure
from ansible_collections.postmaster.mail.tests.integration.providers.cloudflare_backend import (
    TOKEN,
    CloudflareBackend,
    run,
)
from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.servers.tls_proxy import TlsProxy
from ansible_collections.postmaster.mail.tests.simulators.cloudflare import BASE, CloudflareSimulator
from ansible_collections.postmaster.mail.tests.simulators.cloudflare_zone import Zone
from ansible_collections.postmaster.mail.tests.support.judges import collections_path

DOMAIN = "company-name.com"
HOST = "api.cloudflare.com"
SPF = "v=spf1 include:_spf.odoo.com ~all"
DESIRED = (
    Ensure(DOMAIN, "TXT", SPF, ttl=3600),
    Ensure(DOMAIN, "MX", "10 company.odoo.com.", ttl=3600),
    Ensure(f"_dmarc.{DOMAIN}", "TXT", "v=DMARC1; p=none; rua=mailto:dmarc@company-name.com", ttl=3600),
    Ensure(f"odoo._domainkey.{DOMAIN}", "CNAME", "odoo._domainkey.odoo.com.", ttl=3600),
    Ensure(f"s1._domainkey.{DOMAIN}", "TXT", DKIM_2048, ttl=3600),
)


@pytest.fixture
def simulator() -> Iterator[CloudflareSimulator]:
    with CloudflareSimulator() as simulator:
        yield simulator


@pytest.fixture
def options(simulator: CloudflareSimulator) -> dict[str, Any]:
    return CloudflareBackend(simulator).options


@pytest.fixture
def zone(simulator: CloudflareSimulator) -> Zone:
    return simulator.add_zone(DOMAIN)


@pytest.fixture
def proxy(simulator: CloudflareSimulator, ca: CertificateAuthority) -> Iterator[TlsProxy]:
    with TlsProxy(ca, {HOST: simulator.port}) as proxy:
        yield proxy


def nothing_to_do(options: dict[str, Any], *all_desired: Ensure) -> bool:
    result, dummy = run(options, DOMAIN, *all_desired)
    assert result.error is None
    return not result.changed


# -- Cloudflare's own SDK, which checks each answer against Cloudflare's schema ----------------------------------------


@pytest.fixture
def sdk(simulator: CloudflareSimulator) -> cloudflare.Cloudflare:
    return cloudflare.Cloudflare(
        api_token=TOKEN, base_url=simulator.endpoint + BASE, max_retries=0, _strict_response_validation=True
    )


def test_the_sdk_reads_what_we_wrote(options: dict[str, Any], zone: Zone, sdk: cloudflare.Cloudflare) -> None:
    assert run(options, DOMAIN, *DESIRED)[0].error is None
    [found] = sdk.zones.list(name=DOMAIN).result
    assert found.plan.legacy_id == "free"
    records = {(record.name, record.type): record for record in sdk.dns.records.list(zone_id=found.id).result}
    assert len(records) == 5
    assert records[DOMAIN, "TXT"].content == f'"{SPF}"'
    assert records[DOMAIN, "MX"].content == "company.odoo.com"
    alias = records[f"odoo._domainkey.{DOMAIN}", "CNAME"]
    assert (alias.content, alias.proxied, alias.ttl) == ("odoo._domainkey.odoo.com", False, 3600)


def test_we_read_what_the_sdk_wrote(options: dict[str, Any], zone: Zone, sdk: cloudflare.Cloudflare) -> None:
    written = sdk.dns.records.batch(
        zone_id=zone.id,
        posts=[
            {"name": DOMAIN, "type": "TXT", "content": f'"{SPF}"', "ttl": 3600, "comment": "by the SDK"},
            {"name": DOMAIN, "type": "MX", "content": "company.odoo.com", "priority": 10, "ttl": 3600},
        ],
    )
    assert written is not None
    assert len(written.posts or ()) == 2
    before = zone.listing()
    assert nothing_to_do(options, *DESIRED[:2])
    assert run(options, DOMAIN, *DESIRED)[0].error is None
    assert [record for record in zone.listing() if record in before] == before
    spf = (written.posts or [])[0]
    changed = sdk.dns.records.edit(spf.id, zone_id=zone.id, name=DOMAIN, type="TXT", content='"v=spf1 -all"', ttl=1)
    assert changed is not None
    assert changed.comment == "by the SDK"
    sdk.dns.records.delete(spf.id, zone_id=zone.id)
    assert not nothing_to_do(options, DESIRED[0])


def test_the_sdk_understands_what_is_refused(zone: Zone, sdk: cloudflare.Cloudflare) -> None:
    with pytest.raises(cloudflare.BadRequestError) as caught:
        sdk.dns.records.create(zone_id=zone.id, name=DOMAIN, type="A", content="192.0.2.999", ttl=1)
    assert [error.code for error in caught.value.errors] == [1004]


# -- octoDNS -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def octodns(simulator: CloudflareSimulator) -> CloudflareProvider:
    return CloudflareProvider("judge", token=TOKEN, pagerules=False, api_url=simulator.endpoint + BASE)


def test_octodns_reads_what_we_wrote(options: dict[str, Any], zone: Zone, octodns: CloudflareProvider) -> None:
    assert run(options, DOMAIN, *DESIRED)[0].error is None
    seen = OctoZone(f"{DOMAIN}.", [])
    octodns.populate(seen)
    found = {(record.name, record._type): record for record in seen.records}
    [dmarc] = found["_dmarc", "TXT"].values
    assert dmarc.replace("\\;", ";") == "v=DMARC1; p=none; rua=mailto:dmarc@company-name.com"
    [mx] = found["", "MX"].values
    assert (mx.preference, mx.exchange, found["", "MX"].ttl) == (10, "company.odoo.com.", 3600)
    assert found["odoo._domainkey", "CNAME"].value == "odoo._domainkey.odoo.com."
    [key] = found["s1._domainkey", "TXT"].values
    assert key.replace("\\;", ";").replace('" "', "") == DKIM_2048


def test_we_read_what_octodns_wrote(options: dict[str, Any], zone: Zone, octodns: CloudflareProvider) -> None:
    desired = OctoZone(f"{DOMAIN}.", [])
    for name, data in (
        ("", {"type": "TXT", "ttl": 3600, "values": [SPF, "verification=1"]}),
        ("", {"type": "MX", "ttl": 3600, "values": [{"preference": 10, "exchange": "company.odoo.com."}]}),
        ("odoo._domainkey", {"type": "CNAME", "ttl": 3600, "value": "odoo._domainkey.odoo.com."}),
        ("s1._domainkey", {"type": "TXT", "ttl": 3600, "value": DKIM_2048.replace(";", "\\;")}),
    ):
        desired.add_record(Record.new(desired, name, data))
    plan = octodns.plan(desired)
    assert octodns.apply(plan) == 4
    assert nothing_to_do(options, DESIRED[0], DESIRED[1], DESIRED[3], DESIRED[4])
    run(options, DOMAIN, DESIRED[2])
    assert len(zone.listing()) == 6
    again = CloudflareProvider("again", token=TOKEN, pagerules=False, api_url=octodns.api_url).plan(desired)
    assert [type(change) for change in (again.changes if again else []) if isinstance(change, Update)] == []


# -- the unmodified module of community.general, through TLS to the address that it has built in -----------------------


@pytest.fixture(scope="module")
def module_path() -> Path:
    modules = collections_path("community.general") / "ansible_collections/community/general/plugins/modules"
    return modules / "cloudflare_dns.py"


def community_module(path: Path, proxy: TlsProxy, **arguments: Any) -> dict[str, Any]:
    text = json.dumps({"ANSIBLE_MODULE_ARGS": {"zone": DOMAIN, "api_token": TOKEN, **arguments}})
    # older versions of ansible-core need no profile
    start = (
        "import runpy, sys; from ansible.module_utils import basic; basic._ANSIBLE_PROFILE = 'legacy'; "
        "basic._ANSIBLE_ARGS = sys.argv[2].encode(); runpy.run_path(sys.argv[1], run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", start, str(path), text],
        env={**os.environ, **proxy.environment()},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def test_the_community_module_finds_what_we_wrote(
    options: dict[str, Any], zone: Zone, proxy: TlsProxy, module_path: Path
) -> None:
    assert run(options, DOMAIN, *DESIRED)[0].error is None
    before = zone.listing()
    result = community_module(module_path, proxy, record="@", type="TXT", value=f'"{SPF}"', ttl=3600)
    assert (result.get("msg"), result["changed"]) == (None, False)
    host = "odoo._domainkey.odoo.com"
    result = community_module(module_path, proxy, record="odoo._domainkey", type="CNAME", value=host, ttl=3600)
    assert (result.get("msg"), result["changed"]) == (None, False)
    result = community_module(
        module_path, proxy, record="@", type="MX", value="company.odoo.com", priority=10, ttl=3600
    )
    assert (result.get("msg"), result["changed"]) == (None, False)
    assert zone.listing() == before
    assert set(proxy.connected) == {HOST}


def test_we_find_what_the_community_module_wrote(
    options: dict[str, Any], zone: Zone, proxy: TlsProxy, module_path: Path
) -> None:
    records: tuple[dict[str, Any], ...] = (
        {"record": "@", "type": "TXT", "value": SPF, "ttl": 3600, "comment": "by Ansible"},
        {"record": "@", "type": "MX", "value": "company.odoo.com", "priority": 10, "ttl": 3600},
        {"record": "odoo._domainkey", "type": "CNAME", "value": "odoo._domainkey.odoo.com", "ttl": 3600},
        {"service": "sip", "proto": "tcp", "record": "@", "type": "SRV", "value": "sip.hoster.example"}
        | {"port": 5060, "weight": 60, "priority": 10, "ttl": 3600},
    )
    for record in records:
        assert community_module(module_path, proxy, **record).get("changed") is True
    before = zone.listing()
    assert len(before) == 4
    srv = Ensure(f"_sip._tcp.{DOMAIN}", "SRV", "10 60 5060 sip.hoster.example.", ttl=3600)
    assert nothing_to_do(options, DESIRED[0], DESIRED[1], DESIRED[3], srv)
    run(options, DOMAIN, DESIRED[2])
    assert [record for record in zone.listing() if record in before] == before


# -- our own requests to the production address, verified --------------------------------------------------------------


@pytest.fixture
def production(options: dict[str, Any], proxy: TlsProxy, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    for name, value in proxy.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("SSL_CERT_FILE")
    return {**options, "endpoint": None, "ca_path": str(proxy.ca_path)}


def test_the_production_address_is_spoken_to(production: dict[str, Any], zone: Zone, proxy: TlsProxy) -> None:
    zone.add(name="www", type="A", content="192.0.2.1")
    result, calls = run(production, DOMAIN, *DESIRED)
    assert (result.error, calls) == (None, 5)
    assert zone.writes == 1
    assert set(proxy.connected) == {HOST}


def test_an_authority_of_the_environment_is_trusted(
    production: dict[str, Any], zone: Zone, proxy: TlsProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(proxy.ca_path))
    assert run(production, DOMAIN, *DESIRED, ca_path=None)[0].error is None


def test_a_certificate_that_nobody_vouches_for_is_refused(production: dict[str, Any], zone: Zone) -> None:
    result, dummy = run(production, DOMAIN, *DESIRED, ca_path=None)
    assert "presents a certificate that is not trusted" in str(result.error)
    assert zone.writes == 0
    assert run(production, DOMAIN, *DESIRED, ca_path=None, validate_certs=False)[0].error is None


def test_a_certificate_of_another_host_is_refused(
    options: dict[str, Any], simulator: CloudflareSimulator, ca: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TlsProxy(ca, {HOST: simulator.port}, names={HOST: "api.example"}) as proxy:
        for name, value in proxy.environment().items():
            monkeypatch.setenv(name, value)
        result, dummy = run({**options, "endpoint": None}, DOMAIN, *DESIRED)
    assert "presents a certificate that is not trusted (Hostname mismatch" in str(result.error)
    assert simulator.total() == 0


def test_a_proxy_that_lets_nothing_through_is_named(
    options: dict[str, Any], ca: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TlsProxy(ca, {}) as proxy:
        for name, value in proxy.environment().items():
            monkeypatch.setenv(name, value)
        result, dummy = run({**options, "endpoint": None}, DOMAIN, *DESIRED)
    assert f"the proxy {proxy.url} refuses the connection. Check https_proxy" in str(result.error)
