# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that others wrote read what ``google_cloud_dns`` wrote, and the reverse: Google's own package and octoDNS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from google.auth.transport.requests import Request
from google.cloud import dns as google_dns
from google.oauth2 import service_account
from google.oauth2.credentials import Credentials
from octodns.record import Record
from octodns.zone import Zone
from octodns_googlecloud import GoogleCloudProvider

from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine
from ansible_collections.postmaster.mail.tests.integration.providers.backend import (
    DKIM_4096,
    VERIFICATION,
    Ensure,
    gone,
    open_provider,
    text_of,
)
from ansible_collections.postmaster.mail.tests.integration.providers.google_backend import PROJECT, GoogleBackend
from ansible_collections.postmaster.mail.tests.simulators.google_cloud_dns import GoogleCloudDns

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


@pytest.fixture
def backend() -> Iterator[GoogleBackend]:
    with GoogleCloudDns() as simulator:
        made = GoogleBackend(simulator)
        made.put_zone(ZONE, [(ZONE, "TXT", 3600, [VERIFICATION])])
        yield made


@pytest.fixture
def client(backend: GoogleBackend) -> Any:
    """Google's own client."""
    credentials: Any = Credentials(backend.simulator.token_for(backend.account))  # type: ignore[no-untyped-call]
    return google_dns.Client(PROJECT, credentials, client_options={"api_endpoint": backend.simulator.endpoint})


def ours(backend: GoogleBackend, *all_desired: Ensure) -> engine.DomainResult:
    provider = open_provider(backend.options)
    try:
        name = record_name(ZONE)
        return engine.run([engine.Request(name, provider, all_desired)])[name]
    finally:
        provider.close()


def octodns(client: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(GoogleCloudProvider, "CHANGE_LOOP_WAIT", 0)
    monkeypatch.setattr(google_dns.Client, "from_service_account_json", lambda *dummy, **others: client)
    return GoogleCloudProvider("judge", project=PROJECT, credentials_file="key.json")


def test_googles_package_signs_in_with_the_key_as_we_do(backend: GoogleBackend) -> None:
    scopes = ["https://www.googleapis.com/auth/ndev.clouddns.readwrite"]
    credentials_of: Any = service_account.Credentials.from_service_account_info
    credentials = credentials_of(backend.account.key, scopes=scopes)
    credentials.refresh(Request())
    assert credentials.valid


def test_googles_client_reads_what_we_wrote(backend: GoogleBackend, client: Any) -> None:
    assert ours(backend, *DESIRED).error is None
    (zone,) = client.list_zones()
    seen = {(each.name, each.record_type): each for each in zone.list_resource_record_sets()}
    assert {text_of(text) for text in seen[f"{ZONE}.", "TXT"].rrdatas} == {text_of(VERIFICATION), SPF.encode()}
    assert {text_of(text) for text in seen[f"s1._domainkey.{ZONE}.", "TXT"].rrdatas} == {DKIM_4096.encode()}
    assert seen[f"{ZONE}.", "MX"].rrdatas == ["10 mx1.hoster.example.", "20 mx2.hoster.example."]
    assert seen[f"odoo._domainkey.{ZONE}.", "CNAME"].rrdatas == ["odoo._domainkey.odoo.com."]


def test_we_read_what_googles_client_wrote_and_leave_it_alone(backend: GoogleBackend, client: Any) -> None:
    zone = client.zone("company-name-example", f"{ZONE}.")
    assert zone.exists()
    changes = zone.changes()
    changes.add_record_set(zone.resource_record_set(f"_dmarc.{ZONE}.", "TXT", 900, ['"v=DMARC1;" " p=none"']))
    changes.add_record_set(zone.resource_record_set(f"www.{ZONE}.", "CNAME", 900, ["web.hoster.example."]))
    changes.create()
    while changes.status != "done":
        changes.reload()
    result = ours(
        backend,
        Ensure(f"_dmarc.{ZONE}", "TXT", "v=DMARC1; p=none"),
        Ensure(f"www.{ZONE}", "CNAME", "web.hoster.example."),
    )
    assert (result.error, result.changed) == (None, False)
    assert ours(backend, Ensure(f"_dmarc.{ZONE}", "TXT", "another")).error is None
    assert backend.sets(ZONE)[f"_dmarc.{ZONE}", "TXT"] == (900, frozenset({'"v=DMARC1;" " p=none"', '"another"'}))


def test_octodns_reads_what_we_wrote_and_finds_nothing_to_do(
    backend: GoogleBackend, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ours(backend, *DESIRED).error is None
    desired = Zone(f"{ZONE}.", [])
    texts: dict[str, dict[str, Any]] = {
        "": {"type": "TXT", "values": [text_of(VERIFICATION).decode(), SPF]},
        "_dmarc": {"type": "TXT", "value": DMARC.replace(";", "\\;")},
        # octoDNS shows what Google spells with a backslash with that backslash
        "quoted": {"type": "TXT", "value": r"he said \"no\""},
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
    servers = ["ns-cloud-a1.googledomains.com."]
    desired.add_record(Record.new(desired, "", {"ttl": 21600, "type": "NS", "values": servers}))
    plan = octodns(client, monkeypatch).plan(desired)
    assert plan is None, plan.changes


def test_we_leave_alone_what_octodns_wrote(
    backend: GoogleBackend, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ours(backend, gone(ZONE, "TXT")).error is None
    desired = Zone(f"{ZONE}.", [])
    spf = "v=spf1 include:_spf.odoo.com ~all"
    desired.add_record(Record.new(desired, "", {"ttl": 300, "type": "TXT", "values": [spf, "other\\; value"]}))
    long = {"ttl": 300, "type": "TXT", "value": DKIM_4096.replace(";", "\\;")}
    desired.add_record(Record.new(desired, "s1._domainkey", long))
    judge = octodns(client, monkeypatch)
    judge.apply(judge.plan(desired))
    before = backend.sets(ZONE)
    result = ours(backend, Ensure(ZONE, "TXT", spf), Ensure(f"s1._domainkey.{ZONE}", "TXT", DKIM_4096))
    assert (result.error, result.changed) == (None, False)
    assert backend.sets(ZONE) == before
