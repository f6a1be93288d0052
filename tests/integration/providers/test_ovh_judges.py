# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OVH's SDK, octoDNS and dns-lexicon on the simulated API: what ``ovh`` wrote they read, what they wrote it reads."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator
from typing import Any

import ovh
import pytest
from octodns.record import Record
from octodns.zone import Zone

from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine
from ansible_collections.postmaster.mail.plugins.module_utils.zone.intent import Intent
from ansible_collections.postmaster.mail.plugins.module_utils.zone.provider import Provider
from ansible_collections.postmaster.mail.tests.integration.providers.backend import DKIM_2048, Ensure, open_provider
from ansible_collections.postmaster.mail.tests.simulators.ovh import OvhApi

ZONE = "company-name.com"
SPF = "v=spf1 include:_spf.odoo.com ~all"
DMARC = "v=DMARC1; p=none; rua=mailto:dmarc@company-name.com"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[OvhApi]:
    running = OvhApi().start()
    running.add_zone(ZONE)
    monkeypatch.setitem(ovh.client.ENDPOINTS, "ovh-eu", running.endpoint)
    yield running
    running.stop()


@pytest.fixture
def provider(api: OvhApi) -> Iterator[Provider]:
    opened = open_provider({"provider": "ovh", "endpoint": api.endpoint, **keys(api)})
    yield opened
    opened.close()


def keys(api: OvhApi) -> dict[str, str]:
    return {
        "application_key": api.application_key,
        "application_secret": api.application_secret,
        "consumer_key": api.consumer_key,
    }


def run(provider: Provider, *intents: Intent) -> engine.DomainResult:
    name = record_name(ZONE)
    return engine.run([engine.Request(name, provider, intents)])[name]


def all_desired() -> list[Intent]:
    return [
        Ensure(ZONE, "TXT", SPF),
        Ensure(ZONE, "MX", "10 mx1.hoster.example.", "20 mx2.hoster.example."),
        Ensure(f"_dmarc.{ZONE}", "TXT", DMARC),
        Ensure(f"s1._domainkey.{ZONE}", "TXT", DKIM_2048),
        Ensure(f"s2._domainkey.{ZONE}", "CNAME", "s2.hoster.example."),
    ]


# -- OVH's SDK -------------------------------------------------------------------------------------------------------


def test_the_sdk_signs_as_we_do_and_reads_what_we_wrote(api: OvhApi, provider: Provider) -> None:
    assert run(provider, *all_desired()).error is None
    client = ovh.Client(endpoint="ovh-eu", **keys(api))
    ids = client.get(f"/domain/zone/{ZONE}/record", fieldType="TXT", subDomain="")
    assert [client.get(f"/domain/zone/{ZONE}/record/{identity}")["target"] for identity in ids] == [f'"{SPF}"']
    assert SPF in client.get(f"/domain/zone/{ZONE}/export")


def test_what_the_sdk_wrote_is_read_and_left_alone(api: OvhApi, provider: Provider) -> None:
    client = ovh.Client(endpoint="ovh-eu", **keys(api))
    path = f"/domain/zone/{ZONE}"
    client.post(f"{path}/record", fieldType="SPF", subDomain="", target=SPF, ttl=0)
    client.post(f"{path}/record", fieldType="DMARC", subDomain="_dmarc", target=DMARC, ttl=0)
    client.post(f"{path}/record", fieldType="TXT", subDomain="", target='"verification=1"', ttl=60)
    client.post(f"{path}/refresh")
    result = run(provider, Ensure(ZONE, "TXT", SPF, "verification=1"), Ensure(f"_dmarc.{ZONE}", "TXT", DMARC))
    assert (result.error, result.changed) == (None, False)


# -- octoDNS ---------------------------------------------------------------------------------------------------------


def octodns(api: OvhApi) -> tuple[Any, Any]:
    """octoDNS's provider, and the zone as it reads it."""
    opened = importlib.import_module("octodns_ovh").OvhProvider("judge", "ovh-eu", *keys(api).values())
    zone = Zone(f"{ZONE}.", [])
    opened.populate(zone)
    return opened, zone


def test_octodns_reads_what_we_wrote_and_would_change_nothing(api: OvhApi, provider: Provider) -> None:
    assert run(provider, *all_desired()).error is None
    opened, there = octodns(api)
    desired = Zone(f"{ZONE}.", [])
    exchanges = [
        {"preference": preference, "exchange": f"mx{number}.hoster.example."}
        for number, preference in ((1, 10), (2, 20))
    ]
    for name, data in (
        ("", {"type": "TXT", "ttl": 3600, "value": SPF}),
        ("", {"type": "MX", "ttl": 3600, "values": exchanges}),
        ("_dmarc", {"type": "TXT", "ttl": 3600, "value": DMARC.replace(";", r"\;")}),
        ("s1._domainkey", {"type": "TXT", "ttl": 3600, "value": DKIM_2048.replace(";", r"\;")}),
        ("s2._domainkey", {"type": "CNAME", "ttl": 3600, "value": "s2.hoster.example."}),
    ):
        desired.add_record(Record.new(desired, name, data))
    for record in there.records:
        if record._type == "NS":
            desired.add_record(record)
    assert opened.plan(desired) is None


def test_what_octodns_wrote_is_read_and_left_alone(api: OvhApi, provider: Provider) -> None:
    opened, zone = octodns(api)
    for name, data in (
        ("", {"type": "TXT", "ttl": 600, "values": [SPF, "verification=1"]}),
        ("_dmarc", {"type": "TXT", "ttl": 3600, "value": DMARC.replace(";", r"\;")}),
        ("s1._domainkey", {"type": "TXT", "ttl": 3600, "value": r"v=DKIM1\; k=rsa\; p=MIIBIjANBgkqhkiG9w0B"}),
    ):
        zone.add_record(Record.new(zone, name, data))
    opened.apply(opened.plan(zone))
    for api.exports_without_quotes in (False, True):
        result = run(
            provider,
            Ensure(ZONE, "TXT", SPF),
            Ensure(f"_dmarc.{ZONE}", "TXT", DMARC),
            Ensure(f"s1._domainkey.{ZONE}", "TXT", "v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0B"),
        )
        assert (result.error, result.changed) == (None, False)
    assert run(provider, Ensure(ZONE, "TXT", "verification=2")).error is None
    values = next(record.values for record in octodns(api)[1].records if (record.name, record._type) == ("", "TXT"))
    assert set(values) == {SPF, "verification=1", "verification=2"}


def test_octodns_takes_more_calls(api: OvhApi, provider: Provider) -> None:
    assert run(provider, *all_desired()).error is None
    api.calls.clear()
    assert run(provider, *all_desired()).changed is False
    ours = api.calls.total()
    api.calls.clear()
    octodns(api)
    assert ours == 1 < 8 <= api.calls.total()


# -- dns-lexicon -----------------------------------------------------------------------------------------------------


def test_lexicon_reads_what_we_wrote_and_we_what_it_wrote(
    api: OvhApi, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    lexicon = importlib.import_module("lexicon._private.providers.ovh")
    resolver = importlib.import_module("lexicon.config").ConfigResolver()
    logging.getLogger("tldextract").setLevel(logging.CRITICAL)
    monkeypatch.setitem(lexicon.ENDPOINTS, "ovh-eu", api.endpoint)
    options = {f"auth_{name}": value for name, value in keys(api).items()}
    config = {"provider_name": "ovh", "domain": ZONE, "ovh": {"auth_entrypoint": "ovh-eu", **options}}
    judge = lexicon.Provider(resolver.with_dict(config))
    judge.authenticate()
    assert run(provider, *all_desired()).error is None
    listed = {(record["type"], record["name"].lstrip("."), record["content"]) for record in judge.list_records()}
    assert ("CNAME", f"s2._domainkey.{ZONE}", "s2.hoster.example.") in listed
    assert ("TXT", ZONE, f'"{SPF}"') in listed
    judge.create_record("TXT", f"lexicon.{ZONE}", '"verification=1"')
    result = run(provider, Ensure(f"lexicon.{ZONE}", "TXT", "verification=1"))
    assert (result.error, result.changed) == (None, False)
