# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``azure_dns`` against the simulated Azure DNS."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.providers import azure_dns, http, oauth
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine
from ansible_collections.postmaster.mail.plugins.module_utils.zone.intent import Intent
from ansible_collections.postmaster.mail.plugins.module_utils.zone.provider import Provider
from ansible_collections.postmaster.mail.tests.integration.providers.azure_backend import GROUP, AzureBackend
from ansible_collections.postmaster.mail.tests.integration.providers.backend import (
    VERIFICATION,
    Ensure,
    gone,
    open_provider,
)
from ansible_collections.postmaster.mail.tests.integration.providers.suite import AliasSuite
from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.servers.tls_proxy import TlsProxy
from ansible_collections.postmaster.mail.tests.simulators import azure_dns as azure_simulator
from ansible_collections.postmaster.mail.tests.simulators.azure_dns import AzureDns

SPF = "v=spf1 include:_spf.odoo.com ~all"
OTHER = '"another-verification=1"'


@pytest.fixture(scope="module")
def shared() -> Iterator[AzureDns]:
    with AzureDns() as running:
        yield running


class TestAzureDns(AliasSuite):
    @pytest.fixture
    def backend(self, shared: AzureDns) -> AzureBackend:
        return AzureBackend(shared)


@pytest.fixture
def simulator() -> Iterator[AzureDns]:
    with AzureDns() as running:
        yield running


@pytest.fixture
def backend(simulator: AzureDns) -> AzureBackend:
    return AzureBackend(simulator)


@pytest.fixture
def zone(backend: AzureBackend) -> str:
    backend.put_zone("company-name.com", [("company-name.com", "TXT", 300, [VERIFICATION])])
    return "company-name.com"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeats follow one another at once."""
    monkeypatch.setattr(http, "BACKOFF", 0.0)
    monkeypatch.setattr(oauth, "BACKOFF", 0.0)


@contextlib.contextmanager
def opened(options: Mapping[str, Any]) -> Iterator[Provider]:
    provider = open_provider(options)
    yield provider
    provider.close()


def run(options: Mapping[str, Any], domain: str, *intents: Intent) -> engine.DomainResult:
    with opened(options) as provider:
        return run_on(provider, domain, *intents)


def run_on(provider: Provider, domain: str, *intents: Intent) -> engine.DomainResult:
    name = record_name(domain)
    return engine.run([engine.Request(name, provider, intents)])[name]


def error_of(options: Mapping[str, Any], domain: str, *intents: Intent) -> str:
    """The error of a run that fails."""
    error = run(options, domain, *(intents or (Ensure(domain, "TXT", SPF),))).error
    assert error is not None
    assert "\n" not in error
    return error


def without(options: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name not in names}


def four_sets(zone: str) -> tuple[Ensure, ...]:
    """The record sets of a usual set-up."""
    return (
        Ensure(zone, "TXT", SPF),
        Ensure(f"_dmarc.{zone}", "TXT", "v=DMARC1; p=none"),
        Ensure(f"odoo._domainkey.{zone}", "CNAME", "odoo._domainkey.odoo.com."),
        Ensure(zone, "MX", "10 company.odoo.com."),
    )


# -- how many calls ------------------------------------------------------------------------------------------------


def test_no_change_takes_one_call_and_four_changes_five(backend: AzureBackend, zone: str) -> None:
    with opened(backend.options) as provider:
        assert run_on(provider, zone, *four_sets(zone)).changed
        assert backend.simulator.calls == {"token": 1, "list": 1, "put": 4}
        backend.simulator.calls.clear()
        assert not run_on(provider, zone, *four_sets(zone)).changed
        assert backend.simulator.calls == {"list": 1}
        assert provider.calls == 7


def test_the_zones_of_a_subscription_are_listed_once(backend: AzureBackend) -> None:
    backend.simulator.page = 7
    zones = [f"company-{number}.com" for number in range(20)]
    for zone in zones:
        backend.put_zone(zone, [])
    with opened(without(backend.options, "resource_group")) as provider:
        requests = [engine.Request(record_name(zone), provider, (Ensure(zone, "TXT", SPF),)) for zone in zones]
        assert {result.error for result in engine.run(requests).values()} == {None}
    assert backend.simulator.calls == {"token": 1, "list zones": 3, "list": 20, "put": 20}


def test_a_zone_of_several_pages_is_read_whole(backend: AzureBackend, zone: str) -> None:
    backend.simulator.page = 3
    desired = [Ensure(f"n{number}.{zone}", "TXT", str(number)) for number in range(10)]
    assert run(backend.options, zone, *desired).changed
    backend.simulator.calls.clear()
    assert not run(backend.options, zone, *desired).changed
    assert backend.simulator.calls["list"] == 5


# -- which zone ----------------------------------------------------------------------------------------------------


def test_the_zone_of_a_selector_is_not_looked_for_below_an_underscore(backend: AzureBackend, zone: str) -> None:
    name = f"s1._domainkey.{zone}"
    assert run(backend.options, name, Ensure(name, "TXT", "v=DKIM1; p=MIIB")).error is None
    assert backend.simulator.calls["list"] == 1


def test_two_zones_of_one_name_need_a_choice(backend: AzureBackend, zone: str) -> None:
    other = backend.simulator.add_zone(backend.principal.subscription_id, "the-old-ones", zone)
    error = error_of(without(backend.options, "resource_group"), zone)
    assert f"in the resource groups {GROUP}, the-old-ones. Set resource_group to the right one." in error
    assert run(backend.options, zone, Ensure(zone, "TXT", SPF)).error is None
    assert other.writes == 0


def test_a_resource_group_that_is_not_there_is_told(backend: AzureBackend, zone: str) -> None:
    error = error_of({**backend.options, "resource_group": "nowhere"}, zone)
    assert "Resource group 'nowhere' could not be found" in error


def test_a_subscription_that_is_not_ours_is_told(backend: AzureBackend, zone: str) -> None:
    error = error_of({**backend.options, "subscription_id": "another"}, zone)
    assert "The subscription 'another' could not be found" in error


# -- what is not ours ----------------------------------------------------------------------------------------------


def test_an_alias_of_another_resource_is_left_alone(backend: AzureBackend, zone: str) -> None:
    target = {"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/publicIPAddresses/web"}
    backend.simulator.zone(zone).put("web", "A", {"TTL": 300, "targetResource": target})
    error = error_of(backend.options, zone, Ensure(f"web.{zone}", "A", "192.0.2.1"))
    assert error.startswith(f"web.{zone} A is an alias of another resource in Azure and cannot be changed here.")


def test_the_metadata_of_a_set_stays(backend: AzureBackend, zone: str) -> None:
    there = backend.simulator.zone(zone)
    there.sets["@", "TXT"]["properties"]["metadata"] = {"owner": "marketing"}
    assert run(backend.options, zone, Ensure(zone, "TXT", SPF)).error is None
    assert there.sets["@", "TXT"]["properties"]["metadata"] == {"owner": "marketing"}


@pytest.mark.parametrize("operation", ["put", "delete"])
def test_a_guarded_write_loses_nothing_at_any_moment(backend: AzureBackend, zone: str, operation: str) -> None:
    """The other program writes when our change is on its way already."""
    backend.simulator.before(operation, lambda: backend.interfere(zone, zone, "TXT", OTHER))
    ours = Ensure(zone, "TXT", SPF) if operation == "put" else gone(zone, "TXT", VERIFICATION.strip('"'))
    result = run(backend.options, zone, ours)
    assert result.error is None
    assert "another program changed it at the same moment" in result.notes.warnings[0]
    expected = {VERIFICATION, OTHER, f'"{SPF}"'} if operation == "put" else {OTHER}
    assert backend.sets(zone)[zone, "TXT"][1] == expected


def test_what_was_written_before_a_lost_race_is_written_anew(backend: AzureBackend, zone: str) -> None:
    """The fourth of four writes meets another program's; all four are done in the end, and theirs stays."""
    for dummy in range(3):
        backend.simulator.before("put", lambda: None)
    backend.simulator.before("put", lambda: backend.interfere(zone, zone, "TXT", OTHER))
    assert run(backend.options, zone, *four_sets(zone)).error is None
    there = backend.sets(zone)
    assert there[zone, "TXT"][1] == {VERIFICATION, OTHER, f'"{SPF}"'}
    assert {(zone, "MX"), (f"_dmarc.{zone}", "TXT"), (f"odoo._domainkey.{zone}", "CNAME")} <= set(there)


def test_after_a_lost_race_the_zone_is_as_if_nothing_had_been_written(backend: AzureBackend, zone: str) -> None:
    there = backend.simulator.zone(zone)
    spelled = '"in two " "strings"'
    backend.interfere(zone, f"a.{zone}", "TXT", spelled)
    there.sets["a", "TXT"]["properties"]["metadata"] = {"owner": "marketing"}
    backend.interfere(zone, f"b.{zone}", "CNAME", "b.hoster.example.")
    before = backend.sets(zone)
    cname = f"s1._domainkey.{zone}"
    for dummy in range(4):
        backend.simulator.before("put", lambda: None)
    backend.simulator.before("put", lambda: backend.interfere(zone, cname, "CNAME", "s1.other.example."))
    error = error_of(
        backend.options,
        zone,
        Ensure(f"a.{zone}", "TXT", "only this", only=True),
        gone(f"b.{zone}", "CNAME"),
        Ensure(f"b.{zone}", "TXT", "instead"),
        Ensure(f"c.{zone}", "TXT", "new"),
        Ensure(f"d.{zone}", "TXT", "new"),
        Ensure(cname, "TXT", "v=DKIM1; p=MIIB"),
    )
    assert "CNAME of s1.other.example" in error
    assert backend.sets(zone) == {**before, (cname, "CNAME"): (3600, {"s1.other.example."})}
    assert there.sets["a", "TXT"]["properties"]["metadata"] == {"owner": "marketing"}


def test_what_cannot_be_taken_back_is_told(backend: AzureBackend, zone: str) -> None:
    def both() -> None:
        backend.interfere(zone, f"a.{zone}", "TXT", OTHER)
        backend.interfere(zone, f"b.{zone}", "TXT", OTHER)

    backend.simulator.before("put", lambda: None)
    backend.simulator.before("put", both)
    error = error_of(backend.options, zone, Ensure(f"a.{zone}", "TXT", "ours"), Ensure(f"b.{zone}", "TXT", "ours"))
    assert f"Before that a.{zone} TXT had been written and could not be undone" in error
    assert backend.sets(zone)[f"a.{zone}", "TXT"][1] == {'"ours"', OTHER}
    assert backend.sets(zone)[f"b.{zone}", "TXT"][1] == {OTHER}


def test_a_writer_that_never_rests_is_given_up(backend: AzureBackend, zone: str) -> None:
    for number in range(5):
        value = f'"other-{number}"'
        backend.simulator.before("put", lambda value=value: backend.interfere(zone, zone, "TXT", value))  # type: ignore[misc]
    assert "after 3 attempts" in error_of(backend.options, zone)
    assert backend.writes(zone) == 0


# -- what Azure cannot hold ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rdtype", "value", "told"),
    [
        ("TXT", "", "cannot hold an empty value"),
        ("TXT", "x" * 4097, "a value of 4097 octets is too long for Azure DNS"),
        ("TXT", "x" * 4070, "its values have 4104 octets together"),
        ("MX", "0 .", "cannot hold a null MX"),
        ("HINFO", "PC Linux", "records of the type HINFO cannot be written at Azure DNS"),
    ],
)
def test_what_azure_cannot_hold_is_refused_before_any_write(
    backend: AzureBackend, zone: str, rdtype: str, value: str, told: str
) -> None:
    assert told in error_of(backend.options, zone, Ensure(zone, rdtype, value), Ensure(f"a.{zone}", "TXT", "x"))
    assert backend.writes(zone) == 0


def test_a_ttl_of_nothing_is_refused(backend: AzureBackend, zone: str) -> None:
    assert "allows 1 to 2147483647 s" in error_of(backend.options, zone, Ensure(f"a.{zone}", "TXT", "x", ttl=0))


def test_no_character_is_cut_in_two(backend: AzureBackend, zone: str) -> None:
    text = "a" + "é" * 300
    assert run(backend.options, zone, Ensure(f"a.{zone}", "TXT", text)).error is None
    strings = backend.simulator.zone(zone).sets["a", "TXT"]["properties"]["TXTRecords"][0]["value"]
    assert "".join(strings) == text
    assert [len(string.encode()) for string in strings] == [255, 254, 92]


def test_what_azure_refuses_is_told_in_its_words(backend: AzureBackend, zone: str) -> None:
    values = [f"{number} host-{number}.example." for number in range(21)]
    assert "The number of records" in error_of(backend.options, zone, Ensure(zone, "MX", *values))


# -- what goes wrong -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["lost", "done 500", "slow", "reset", 500, 503])
@pytest.mark.parametrize("operation", ["put", "delete"])
def test_a_write_without_an_answer_is_made_once(
    backend: AzureBackend, zone: str, quick: None, operation: str, fault: str | int
) -> None:
    backend.put_zone("other.example", [("www.other.example", "CNAME", 300, ["web.hoster.example."])])
    backend.simulator.fail(operation, fault)
    desired = (Ensure("other.example", "TXT", SPF), gone("www.other.example", "CNAME"))
    result = run({**backend.options, "timeout": 1.0}, "other.example", *desired)
    assert (result.error, result.changed) == (None, True)
    assert backend.writes("other.example") == 2


def test_a_failure_midway_says_what_is_done_and_the_next_run_ends_it(
    backend: AzureBackend, zone: str, quick: None
) -> None:
    backend.simulator.fail("put", "ok", 500, "reset", 503)
    error = error_of(backend.options, zone, *four_sets(zone))
    assert f"{zone}: the write stopped halfway. Written: _dmarc.{zone} TXT. Not written, or not" in error
    assert f"confirmed: {zone} MX, {zone} TXT, odoo._domainkey.{zone} CNAME. " in error
    assert run(backend.options, zone, *four_sets(zone)).error is None
    assert backend.writes(zone) == 4


def test_another_writer_after_a_lost_answer_is_seen(backend: AzureBackend, zone: str) -> None:
    backend.simulator.fail("put", "lost")
    backend.simulator.before("get", lambda: backend.interfere(zone, zone, "TXT", OTHER))
    assert run(backend.options, zone, Ensure(zone, "TXT", SPF)).error is None
    assert backend.sets(zone)[zone, "TXT"][1] == {VERIFICATION, OTHER, f'"{SPF}"'}


def test_an_outcome_that_cannot_be_known_at_first_is_found_out(backend: AzureBackend, zone: str, quick: None) -> None:
    backend.simulator.fail("put", "lost")
    backend.simulator.fail("get", *[500] * 10)
    result = run(backend.options, zone, Ensure(zone, "TXT", SPF))
    assert (result.error, result.changed) == (None, True)  # by the list of all sets, which can be had


def test_an_outcome_that_nobody_can_know_is_told(backend: AzureBackend, zone: str, quick: None) -> None:
    backend.simulator.fail("put", "lost")
    backend.simulator.before("put", lambda: backend.simulator.fail("list", *[500] * 10))
    backend.simulator.fail("get", *[500] * 10)
    result = run(backend.options, zone, Ensure(zone, "TXT", SPF))
    assert result.changed
    assert "it is not known whether the change was written" in str(result.error)


def test_azure_says_how_long_to_wait(backend: AzureBackend, zone: str) -> None:
    backend.simulator.retry_after = "0.05"
    backend.simulator.fail("list", 429)
    backend.simulator.fail("put", 429, 429)
    assert run(backend.options, zone, Ensure(zone, "TXT", SPF)).error is None
    assert backend.writes(zone) == 1


def test_a_limit_that_does_not_end_is_told(backend: AzureBackend, zone: str, quick: None) -> None:
    backend.simulator.retry_after = "0.01"
    backend.simulator.fail("put", *[429] * 20)
    assert "accepts no more requests for now" in error_of(backend.options, zone)
    assert backend.writes(zone) == 0


@pytest.mark.parametrize("fault", ["html", "nonsense"])
def test_nonsense_is_told_and_nothing_is_written(backend: AzureBackend, zone: str, fault: str) -> None:
    backend.simulator.fail("list", fault)
    assert "answers with something other than" in error_of(backend.options, zone)
    assert backend.writes(zone) == 0


@pytest.mark.parametrize(
    "record_set",
    [
        7,
        {"name": "@"},
        {"name": "@", "type": "Microsoft.Network/dnszones/TXT", "properties": {"TTL": 300}},
        {"name": "a..b", "type": "Microsoft.Network/dnszones/TXT", "etag": "1"},
        {"name": "@", "type": "Microsoft.Network/dnszones/TXT", "etag": "1", "properties": 7},
    ],
)
def test_json_of_another_shape_is_told_in_a_sentence(backend: AzureBackend, zone: str, record_set: Any) -> None:
    backend.simulator.fail("list", {"value": [record_set]})
    assert "answers with something other than" in error_of(backend.options, zone)
    assert backend.writes(zone) == 0


def test_a_zone_without_any_record_is_taken_for_no_answer(backend: AzureBackend, zone: str) -> None:
    backend.simulator.fail("list", {"value": []})
    assert "without the SOA record that every zone has" in error_of(backend.options, zone)
    assert backend.writes(zone) == 0


def test_zones_of_another_shape_are_told_in_a_sentence(backend: AzureBackend, zone: str) -> None:
    backend.simulator.fail("list zones", {"value": [{"name": zone}]})
    assert "answers with something other than" in error_of(without(backend.options, "resource_group"), zone)


def test_a_list_that_leads_to_itself_ends(backend: AzureBackend, zone: str) -> None:
    path = f"/subscriptions/{backend.options['subscription_id']}/providers/Microsoft.Network/dnsZones"
    again = {"value": [], "nextLink": f"{backend.simulator.endpoint}{path}?api-version=2018-05-01&$skiptoken=1"}
    backend.simulator.fail("list zones", *[again] * 10)
    error = error_of(without(backend.options, "resource_group"), zone)
    assert "keeps returning the same page of a list" in error


def test_a_role_that_is_missing_is_told(backend: AzureBackend, zone: str) -> None:
    backend.principal.denied = {"put"}
    error = error_of(backend.options, zone)
    assert "does not have authorization to perform action" in error
    assert "their role on the zone" in error


def test_a_lock_in_azure_is_told(backend: AzureBackend, zone: str) -> None:
    backend.simulator.locked = {zone}
    assert "cannot perform write operation: it is locked" in error_of(backend.options, zone)


def test_a_token_that_expired_is_renewed(backend: AzureBackend, zone: str) -> None:
    with opened(backend.options) as provider:
        assert run_on(provider, zone, Ensure(zone, "TXT", SPF)).changed
        backend.simulator.expire_tokens()
        assert run_on(provider, zone, *four_sets(zone)).error is None
    assert backend.simulator.calls["token"] == 2


# -- the addresses of production -----------------------------------------------------------------------------------


def test_the_addresses_of_azure_are_spoken_to_by_tls(
    backend: AzureBackend, zone: str, ca: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = backend.simulator.port
    with TlsProxy(ca, {"management.azure.com": port, "login.microsoftonline.com": port}) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        options = without(backend.options, "endpoint", "authority")
        backend.simulator.page = 2  # the next page is asked for at the same address
        assert run({**options, "ca_path": str(ca.ca_path)}, zone, Ensure(zone, "TXT", SPF)).error is None
        assert set(proxy.connected) == {"management.azure.com", "login.microsoftonline.com"}
        assert "presents a certificate that is not trusted" in error_of(options, zone)


def test_a_rate_of_nothing_is_refused(backend: AzureBackend) -> None:
    with pytest.raises(InvalidInput, match="rate_limit must be more than 0"):
        open_provider({**backend.options, "rate_limit": 0.0})


def test_the_resource_groups_of_a_subscription_share_its_rate(backend: AzureBackend) -> None:
    with opened(backend.options) as first, opened({**backend.options, "resource_group": "another"}) as second:
        assert isinstance(first, azure_dns.AzureDns)
        assert isinstance(second, azure_dns.AzureDns)
        assert first._writing is second._writing


def test_a_zone_that_is_full_is_told(backend: AzureBackend, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(azure_simulator, "_MOST_SETS", 3)
    assert "The zone has 3 record sets, which is its limit" in error_of(
        backend.options, zone, Ensure(f"new.{zone}", "TXT", SPF)
    )


def test_too_many_requests_for_one_zone_in_a_minute_are_told(
    backend: AzureBackend, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(azure_simulator._A_MINUTE, "create", 0)
    backend.simulator.retry_after = "0.05"
    result = run(backend.options, zone, Ensure(f"new.{zone}", "TXT", SPF))
    assert "accepts no more requests for now (429" in str(result.error)
