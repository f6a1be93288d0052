# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``powerdns`` while another program writes, within the round trips in which nothing can keep it from that."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine
from ansible_collections.postmaster.mail.tests.integration.providers.backend import (
    VERIFICATION,
    Ensure,
    gone,
    open_provider,
)
from ansible_collections.postmaster.mail.tests.integration.providers.test_powerdns import PowerDnsBackend, rrset
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.interloper import Interloper
from ansible_collections.postmaster.mail.tests.servers.powerdns import PowerDns

OURS, OTHERS = '"v=spf1 -all"', '"another-verification=1"'


@pytest.fixture
def backend(powerdns: PowerDns) -> PowerDnsBackend:
    return PowerDnsBackend(powerdns)


@pytest.fixture
def front(powerdns: PowerDns) -> Iterator[Interloper]:
    with Interloper(powerdns.api_port) as front:
        yield front


@pytest.fixture
def zone(backend: PowerDnsBackend) -> str:
    zone = f"race-{secrets.token_hex(4)}.example"
    backend.put_zone(zone, [(zone, "TXT", 3600, [VERIFICATION])])
    return zone


def ensure(backend: PowerDnsBackend, front: Interloper, zone: str, *intents: Ensure) -> engine.DomainResult:
    provider = open_provider({**backend.options, "endpoint": front.endpoint, "timeout": 2.0})
    name = record_name(zone)
    try:
        return engine.run([engine.Request(name, provider, intents or (Ensure(zone, "TXT", "v=spf1 -all"),))])[name]
    finally:
        provider.close()


def overwrite(backend: PowerDnsBackend, zone: str, *values: str) -> Callable[[], object]:
    """What a program does that has read the set before we wrote."""
    change = {**rrset(zone, "TXT", 3600, values), "changetype": "REPLACE"}
    return lambda: backend.server.api("PATCH", f"/zones/{zone}.", {"rrsets": [change]})


def test_what_took_our_values_after_the_write_is_told_and_they_are_written_again(
    backend: PowerDnsBackend, front: Interloper, zone: str
) -> None:
    front.after["PATCH"] = overwrite(backend, zone, VERIFICATION, OTHERS)
    result = ensure(backend, front, zone)
    assert result.error is None and result.changed
    assert any('instead of "google-site-verification=8mXc0Zy5w", "v=spf1 -all"' in w for w in result.notes.warnings)
    assert backend.sets(zone)[zone, "TXT"][1] == {VERIFICATION, OTHERS, OURS}


def test_a_sibling_that_was_lost_after_the_write_is_told(
    backend: PowerDnsBackend, front: Interloper, zone: str
) -> None:
    front.after["PATCH"] = overwrite(backend, zone, OURS)
    result = ensure(backend, front, zone)
    assert result.error is None and result.changed
    assert any("google-site-verification=8mXc0Zy5w" in warning for warning in result.notes.warnings)


def test_a_write_to_the_set_that_we_replace_is_a_failure_that_tells_what_there_was(
    backend: PowerDnsBackend, front: Interloper, zone: str
) -> None:
    front.before["PATCH"] = overwrite(backend, zone, VERIFICATION, OTHERS)
    result = ensure(backend, front, zone)
    assert result.changed
    assert "another program wrote to the zone between this run's last read and its write" in str(result.error)
    assert f'{zone} TXT "google-site-verification=8mXc0Zy5w"' in str(result.error)
    assert backend.sets(zone)[zone, "TXT"][1] == {VERIFICATION, OURS}


def test_a_write_elsewhere_in_the_zone_is_a_warning_that_tells_where(
    backend: PowerDnsBackend, front: Interloper, zone: str
) -> None:
    front.before["PATCH"] = lambda: backend.interfere(zone, f"new.{zone}", "A", "192.0.2.99")
    result = ensure(backend, front, zone)
    assert result.error is None and result.changed
    assert any(f"at new.{zone}, and perhaps" in warning for warning in result.notes.warnings)
    assert backend.sets(zone)[f"new.{zone}", "A"][1] == {"192.0.2.99"}


@pytest.mark.parametrize("counting", ["DEFAULT", "INCREASE"])
def test_our_own_writes_are_not_taken_for_those_of_others(
    backend: PowerDnsBackend, front: Interloper, zone: str, counting: str
) -> None:
    backend.server.api("PUT", f"/zones/{zone}.", {"soa_edit_api": counting})
    for number in range(3):
        result = ensure(backend, front, zone, Ensure(zone, "TXT", f"text {number}"))
        assert (result.error, result.notes.warnings) == (None, [])


def test_where_the_serial_does_not_count_nothing_is_guessed(
    backend: PowerDnsBackend, front: Interloper, zone: str
) -> None:
    backend.server.api("PUT", f"/zones/{zone}.", {"soa_edit_api": "EPOCH"})
    result = ensure(backend, front, zone)
    assert (result.error, result.notes.warnings) == (None, [])


def test_a_write_whose_answer_is_lost_is_looked_for(backend: PowerDnsBackend, front: Interloper, zone: str) -> None:
    front.mute["PATCH"] = 1
    result = ensure(backend, front, zone)
    assert (result.error, result.changed) == (None, True)
    assert (front.calls["PATCH"], front.calls["GET"]) == (1, 4)


def test_a_write_that_nobody_can_look_for_is_told_as_perhaps_written(
    backend: PowerDnsBackend, front: Interloper, zone: str
) -> None:
    front.mute["PATCH"] = 1
    front.after["PATCH"] = lambda: front.mute.update(GET=10)
    result = ensure(backend, front, zone)
    assert result.changed
    assert "it is not known whether the change was written" in str(result.error)


def test_deleting_is_looked_after_too(backend: PowerDnsBackend, front: Interloper, zone: str) -> None:
    front.after["PATCH"] = overwrite(backend, zone, VERIFICATION)
    result = ensure(backend, front, zone, gone(zone, "TXT"))
    assert result.error is None and result.changed
    assert any("should be gone" in warning for warning in result.notes.warnings)
    assert (zone, "TXT") not in backend.sets(zone)


def test_a_module_that_fails_after_it_wrote_tells_what_it_changed(
    backend: PowerDnsBackend, front: Interloper, zone: str
) -> None:
    dns = {**backend.options, "endpoint": front.endpoint}
    options = {"name": zone, "type": "TXT", "value": "v=spf1 -all", "dns": dns}
    front.before["PATCH"] = overwrite(backend, zone, VERIFICATION, OTHERS)
    result = run_module("dns_record", options)
    assert result["failed"] and result["changed"]
    assert "+ v=spf1 -all" in result["diff"]["prepared"]
    refused = run_module("dns_record", {**options, "dns": {**dns, "api_key": "another-key"}})
    assert (refused["failed"], refused["changed"]) == (True, False)
