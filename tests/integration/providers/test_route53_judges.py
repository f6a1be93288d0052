# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that others wrote read what ``route53`` wrote, and the reverse: octoDNS and the module amazon.aws.route53."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from octodns.record import Record
from octodns.zone import Zone
from octodns_route53 import Route53Provider

from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine
from ansible_collections.postmaster.mail.tests.integration.providers.backend import (
    DKIM_4096,
    VERIFICATION,
    Ensure,
    open_provider,
    text_of,
)
from ansible_collections.postmaster.mail.tests.integration.providers.route53_backend import Route53Backend
from ansible_collections.postmaster.mail.tests.simulators.route53 import Route53Simulator
from ansible_collections.postmaster.mail.tests.support.judges import collections_path
from ansible_collections.postmaster.mail.tests.support.playbook import play

ZONE = "company-name.example"
SPF = "v=spf1 include:_spf.odoo.com ~all"
DMARC = "v=DMARC1; p=none; rua=mailto:dmarc@company-name.example"

DESIRED = (
    Ensure(ZONE, "TXT", SPF),
    Ensure(ZONE, "MX", "10 mx1.hoster.example.", "20 mx2.hoster.example."),
    Ensure(f"_dmarc.{ZONE}", "TXT", DMARC),
    Ensure(f"odoo._domainkey.{ZONE}", "CNAME", "odoo._domainkey.odoo.com."),
    Ensure(f"s1._domainkey.{ZONE}", "TXT", DKIM_4096),
    Ensure(f"*.{ZONE}", "TXT", 'he said "no"'),
)


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Iterator[Route53Backend]:
    with Route53Simulator() as simulator:
        made = Route53Backend(simulator)
        made.put_zone(ZONE, [(ZONE, "TXT", 3600, [VERIFICATION])])
        monkeypatch.setenv("AWS_ENDPOINT_URL_ROUTE_53", simulator.endpoint)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        yield made


def ours(backend: Route53Backend, *all_desired: Ensure) -> engine.DomainResult:
    provider = open_provider(backend.options)
    try:
        name = record_name(ZONE)
        return engine.run([engine.Request(name, provider, all_desired)])[name]
    finally:
        provider.close()


def octodns(backend: Route53Backend) -> Any:
    account = backend.simulator.add_account()
    return Route53Provider("judge", access_key_id=account.access_key, secret_access_key=account.secret_key)


def seen_by_octodns(backend: Route53Backend) -> Zone:
    zone = Zone(f"{ZONE}.", [])
    octodns(backend).populate(zone)
    return zone


def values(zone: Zone, name: str, rdtype: str) -> list[str]:
    record = next(each for each in zone.records if (each.name, each._type) == (name, rdtype))
    found = record.values if hasattr(record, "values") else [record.value]
    return [str(value).replace("\\;", ";") for value in found]


def test_octodns_reads_what_was_written(backend: Route53Backend) -> None:
    assert ours(backend, *DESIRED).changed
    zone = seen_by_octodns(backend)
    assert sorted(values(zone, "", "TXT")) == ["google-site-verification=8mXc0Zy5w", SPF]
    assert values(zone, "_dmarc", "TXT") == [DMARC]
    assert values(zone, "s1._domainkey", "TXT") == [DKIM_4096]
    assert values(zone, "odoo._domainkey", "CNAME") == ["odoo._domainkey.odoo.com."]
    record = next(each for each in zone.records if (each.name, each._type) == ("", "MX"))
    assert [(each.preference, each.exchange) for each in record.values] == [
        (10, "mx1.hoster.example."),
        (20, "mx2.hoster.example."),
    ]
    assert "he said" in values(zone, "*", "TXT")[0]


def test_octodns_has_nothing_to_change_in_what_was_written(backend: Route53Backend) -> None:
    assert ours(backend, *DESIRED).changed
    assert octodns(backend).plan(seen_by_octodns(backend)) is None


def test_what_octodns_wrote_is_read_and_left_alone(backend: Route53Backend) -> None:
    desired = seen_by_octodns(backend)
    for name, rdtype, content in (
        ("", "MX", {"values": [{"preference": 10, "exchange": "mx1.hoster.example."}]}),
        ("_dmarc", "TXT", {"value": DMARC.replace(";", "\\;")}),
        ("s1._domainkey", "TXT", {"value": DKIM_4096.replace(";", "\\;")}),
        ("odoo._domainkey", "CNAME", {"value": "odoo._domainkey.odoo.com."}),
        ("*", "TXT", {"value": 'he said "no"'}),
        ("_sip._tcp", "SRV", {"value": {"priority": 1, "weight": 2, "port": 5060, "target": "sip.hoster.example."}}),
        ("", "CAA", {"value": {"flags": 0, "tag": "issue", "value": "letsencrypt.org"}}),
    ):
        desired.add_record(Record.new(desired, name, {"type": rdtype, "ttl": 600, **content}), lenient=True)
    judge = octodns(backend)
    judge.apply(judge.plan(desired))
    before = backend.sets(ZONE)
    result = ours(
        backend,
        Ensure(ZONE, "MX", "10 MX1.Hoster.example."),
        Ensure(f"_dmarc.{ZONE}", "TXT", DMARC),
        Ensure(f"s1._domainkey.{ZONE}", "TXT", DKIM_4096),
        Ensure(f"odoo._domainkey.{ZONE}", "CNAME", "odoo._domainkey.odoo.com."),
    )
    assert (result.error, result.diff) == (None, "")
    assert ours(backend, Ensure(ZONE, "TXT", SPF)).changed
    after = backend.sets(ZONE)
    assert {text_of(value) for value in after.pop((ZONE, "TXT"))[1]} == {text_of(VERIFICATION), SPF.encode()}
    before.pop((ZONE, "TXT"))
    assert after == before


def aws_task(backend: Route53Backend, **options: Any) -> dict[str, Any]:
    account = backend.simulator.add_account()
    return {
        "amazon.aws.route53": {
            "endpoint_url": backend.simulator.endpoint,
            "access_key": account.access_key,
            "secret_key": account.secret_key,
            "zone": ZONE,
            "state": "present",
            **options,
        }
    }


def test_the_aws_module_reads_and_writes_the_same_records(
    backend: Route53Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", str(collections_path("amazon.aws")))
    assert ours(backend, *DESIRED).changed
    same = [
        {"record": f"_dmarc.{ZONE}", "type": "TXT", "ttl": 3600, "value": f'"{DMARC}"'},
        {"record": f"odoo._domainkey.{ZONE}", "type": "CNAME", "ttl": 3600, "value": "odoo._domainkey.odoo.com."},
        {"record": ZONE, "type": "MX", "ttl": 3600, "value": ["10 mx1.hoster.example.", "20 mx2.hoster.example."]},
    ]
    new = [
        {"record": f"theirs.{ZONE}", "type": "TXT", "ttl": 900, "value": '"v=DKIM1; " "p=MIIB"'},
        {"record": f"alias.{ZONE}", "type": "A", "alias": True, "value": f"x.{ZONE}", "alias_hosted_zone_id": "Z2FDTN"},
    ]
    first = play(tmp_path, [aws_task(backend, **record) for record in same])
    assert (first.code, first.recap["ok"], first.recap["changed"]) == (0, 3, 0), first.output
    second = play(tmp_path, [aws_task(backend, **record) for record in new])
    assert (second.code, second.recap["changed"]) == (0, 2), second.output
    before = backend.listed(ZONE)
    assert not ours(backend, Ensure(f"theirs.{ZONE}", "TXT", "v=DKIM1; p=MIIB")).changed
    assert "is an alias record" in str(ours(backend, Ensure(f"alias.{ZONE}", "A", "192.0.2.1")).error)
    assert ours(backend, Ensure(f"new.{ZONE}", "TXT", "ours")).changed
    assert [each for each in backend.listed(ZONE) if each["Name"] != f"new.{ZONE}."] == before
