# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that others wrote read what ``azure_dns`` wrote, and the reverse: Microsoft's own package and octoDNS.

Both speak to the addresses of production, through the proxy that leads to the simulator.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.mgmt.dns import DnsManagementClient
from azure.mgmt.dns.models import RecordSet, TxtRecord
from octodns.record import Record
from octodns.zone import Zone
from octodns_azure import AzureProvider

from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine
from ansible_collections.postmaster.mail.tests.integration.providers.azure_backend import GROUP, AzureBackend
from ansible_collections.postmaster.mail.tests.integration.providers.backend import (
    DKIM_4096,
    VERIFICATION,
    Ensure,
    open_provider,
    text_of,
)
from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.servers.tls_proxy import TlsProxy
from ansible_collections.postmaster.mail.tests.simulators.azure_dns import AzureDns

ZONE = "company-name.example"
SPF = "v=spf1 include:_spf.odoo.com ~all"
DMARC = "v=DMARC1; p=none; rua=mailto:dmarc@company-name.example"

DESIRED = (
    Ensure(ZONE, "TXT", SPF),
    Ensure(ZONE, "MX", "10 mx1.hoster.example.", "20 mx2.hoster.example."),
    Ensure(f"_dmarc.{ZONE}", "TXT", DMARC),
    Ensure(f"odoo._domainkey.{ZONE}", "CNAME", "odoo._domainkey.odoo.com."),
    Ensure(f"s1._domainkey.{ZONE}", "TXT", DKIM_4096),
    Ensure(f"quoted.{ZONE}", "TXT", 'he said "no"'),
)


class Signed:
    """A credential of Azure's packages that has a token already."""

    def __init__(self, backend: AzureBackend) -> None:
        self._token = backend.simulator.token_for(backend.principal)

    def get_token(self, *dummy: str, **others: Any) -> AccessToken:
        return AccessToken(self._token, int(time.time()) + 3600)


@pytest.fixture
def backend(ca: CertificateAuthority, monkeypatch: pytest.MonkeyPatch) -> Iterator[AzureBackend]:
    with AzureDns() as simulator, TlsProxy(ca, {"management.azure.com": simulator.port}) as proxy:
        simulator.public_url = "https://management.azure.com"
        made = AzureBackend(simulator)
        made.put_zone(ZONE, [(ZONE, "TXT", 3600, [VERIFICATION])])
        for name, value in proxy.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield made


@pytest.fixture
def client(backend: AzureBackend) -> Iterator[Any]:
    with DnsManagementClient(Signed(backend), backend.principal.subscription_id) as client:
        yield client


def ours(backend: AzureBackend, *all_desired: Ensure) -> engine.DomainResult:
    provider = open_provider(backend.options)
    try:
        name = record_name(ZONE)
        return engine.run([engine.Request(name, provider, all_desired)])[name]
    finally:
        provider.close()


def octodns(backend: AzureBackend) -> Any:
    judge = AzureProvider("judge", sub_id=backend.principal.subscription_id, resource_group=GROUP)
    judge._AzureBaseProvider__client_credential = Signed(backend)
    return judge


def test_azures_client_reads_what_we_wrote(backend: AzureBackend, client: Any) -> None:
    backend.simulator.page = 3
    assert ours(backend, *DESIRED).error is None
    assert [zone.name for zone in client.zones.list()] == [ZONE]
    sets = client.record_sets.list_by_dns_zone(GROUP, ZONE)
    seen = {(each.name, each.type.rpartition("/")[2]): each for each in sets}
    assert {"".join(text.value) for text in seen["@", "TXT"].txt_records} == {text_of(VERIFICATION).decode(), SPF}
    assert ["".join(text.value) for text in seen["s1._domainkey", "TXT"].txt_records] == [DKIM_4096]
    assert ["".join(text.value) for text in seen["quoted", "TXT"].txt_records] == ['he said "no"']
    assert {(mx.preference, mx.exchange) for mx in seen["@", "MX"].mx_records} == {
        (10, "mx1.hoster.example."),
        (20, "mx2.hoster.example."),
    }
    assert seen["odoo._domainkey", "CNAME"].cname_record.cname == "odoo._domainkey.odoo.com."


def test_we_read_what_azures_client_wrote_and_leave_it_alone(backend: AzureBackend, client: Any) -> None:
    records = [TxtRecord(value=["v=DMARC1;", " p=none"])]
    wanted = RecordSet(ttl=900, txt_records=records, metadata={"owner": "marketing"})
    made = client.record_sets.create_or_update(GROUP, ZONE, "_dmarc", "TXT", wanted, if_none_match="*")
    with pytest.raises(HttpResponseError) as refused:
        client.record_sets.create_or_update(GROUP, ZONE, "_dmarc", "TXT", wanted, if_match="another")
    assert refused.value.status_code == 412
    result = ours(backend, Ensure(f"_dmarc.{ZONE}", "TXT", "v=DMARC1; p=none"))
    assert (result.error, result.changed) == (None, False)
    assert client.record_sets.get(GROUP, ZONE, "_dmarc", "TXT").etag == made.etag
    assert ours(backend, Ensure(f"_dmarc.{ZONE}", "TXT", "another")).error is None
    there = client.record_sets.get(GROUP, ZONE, "_dmarc", "TXT")
    assert [text.value for text in there.txt_records] == [["v=DMARC1;", " p=none"], ["another"]]
    assert (there.ttl, there.metadata) == (900, {"owner": "marketing"})


def test_octodns_reads_what_we_wrote_and_finds_nothing_to_do(backend: AzureBackend) -> None:
    assert ours(backend, *DESIRED).error is None
    desired = Zone(f"{ZONE}.", [])
    texts: dict[str, dict[str, Any]] = {
        "": {"type": "TXT", "values": [text_of(VERIFICATION).decode(), SPF]},
        "_dmarc": {"type": "TXT", "value": DMARC.replace(";", "\\;")},
        "quoted": {"type": "TXT", "value": 'he said "no"'},
        "odoo._domainkey": {"type": "CNAME", "value": "odoo._domainkey.odoo.com."},
        "s1._domainkey": {"type": "TXT", "value": DKIM_4096.replace(";", "\\;")},
    }
    for name, data in texts.items():
        desired.add_record(Record.new(desired, name, {"ttl": 3600, **data}))
    hosts = [
        {"preference": 10, "exchange": "mx1.hoster.example."},
        {"preference": 20, "exchange": "mx2.hoster.example."},
    ]
    desired.add_record(Record.new(desired, "", {"ttl": 3600, "type": "MX", "values": hosts}))
    servers = ["ns1-01.azure-dns.com."]
    desired.add_record(Record.new(desired, "", {"ttl": 172800, "type": "NS", "values": servers}))
    assert octodns(backend).plan(desired) is None


def test_we_leave_alone_what_octodns_wrote(backend: AzureBackend) -> None:
    desired = Zone(f"{ZONE}.", [])
    key = {"ttl": 300, "type": "TXT", "value": DKIM_4096.replace(";", "\\;")}
    desired.add_record(Record.new(desired, "s1._domainkey", key))
    host = {"preference": 10, "exchange": "mx1.hoster.example."}
    desired.add_record(Record.new(desired, "", {"ttl": 300, "type": "MX", "value": host}))
    servers = ["ns1-01.azure-dns.com."]
    desired.add_record(Record.new(desired, "", {"ttl": 172800, "type": "NS", "values": servers}))
    verification = {"ttl": 3600, "type": "TXT", "value": text_of(VERIFICATION).decode()}
    desired.add_record(Record.new(desired, "", verification))
    judge = octodns(backend)
    judge.apply(judge.plan(desired))
    before = backend.sets(ZONE)
    result = ours(
        backend, Ensure(ZONE, "MX", "10 mx1.hoster.example."), Ensure(f"s1._domainkey.{ZONE}", "TXT", DKIM_4096)
    )
    assert (result.error, result.changed) == (None, False)
    assert backend.sets(ZONE) == before
