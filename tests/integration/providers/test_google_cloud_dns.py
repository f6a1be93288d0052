# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``google_cloud_dns`` against the simulated Google Cloud DNS."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import dns.rdatatype
import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.providers import google_cloud_dns, http, oauth
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine
from ansible_collections.postmaster.mail.plugins.module_utils.zone.intent import Intent
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import RecordSet, Snapshot
from ansible_collections.postmaster.mail.plugins.module_utils.zone.plan import Change, Plan
from ansible_collections.postmaster.mail.plugins.module_utils.zone.provider import Provider
from ansible_collections.postmaster.mail.plugins.module_utils.zone.rdata import txt
from ansible_collections.postmaster.mail.tests.integration.providers.backend import VERIFICATION, Ensure, open_provider
from ansible_collections.postmaster.mail.tests.integration.providers.google_backend import PROJECT, GoogleBackend
from ansible_collections.postmaster.mail.tests.integration.providers.suite import AliasSuite
from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.servers.tls_proxy import TlsProxy
from ansible_collections.postmaster.mail.tests.simulators import google_cloud_dns_rules
from ansible_collections.postmaster.mail.tests.simulators.google_cloud_dns import GoogleCloudDns
from ansible_collections.postmaster.mail.tests.simulators.google_cloud_dns_rules import Rrset

SPF = b"v=spf1 include:_spf.odoo.com ~all"


@pytest.fixture(scope="module")
def shared() -> Iterator[GoogleCloudDns]:
    with GoogleCloudDns() as running:
        yield running


class TestGoogleCloudDns(AliasSuite):
    @pytest.fixture
    def backend(self, shared: GoogleCloudDns) -> GoogleBackend:
        return GoogleBackend(shared)


@pytest.fixture
def simulator() -> Iterator[GoogleCloudDns]:
    with GoogleCloudDns() as running:
        yield running


@pytest.fixture
def backend(simulator: GoogleCloudDns) -> GoogleBackend:
    return GoogleBackend(simulator)


@pytest.fixture
def zone(backend: GoogleBackend) -> str:
    backend.put_zone("company-name.com", [("company-name.com", "TXT", 300, [VERIFICATION])])
    return "company-name.com"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeats follow one another at once."""
    monkeypatch.setattr(http, "BACKOFF", 0.0)
    monkeypatch.setattr(oauth, "BACKOFF", 0.0)
    monkeypatch.setattr(google_cloud_dns, "_PAUSE", 0.01)
    monkeypatch.setattr(google_cloud_dns, "_LONGEST_WAIT", 0.05)


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


def four_sets(zone: str) -> tuple[Ensure, ...]:
    return (
        Ensure(zone, "TXT", SPF),
        Ensure(f"_dmarc.{zone}", "TXT", "v=DMARC1; p=none"),
        Ensure(f"odoo._domainkey.{zone}", "CNAME", "odoo._domainkey.odoo.com."),
        Ensure(zone, "MX", "10 company.odoo.com."),
    )


# -- how many calls ------------------------------------------------------------------------------------------------


def test_no_change_takes_two_calls_and_four_changes_three(backend: GoogleBackend, zone: str) -> None:
    with opened(backend.options) as provider:
        assert run_on(provider, zone, *four_sets(zone)).changed
        assert backend.simulator.calls == {"token": 1, "list zones": 1, "list": 1, "change": 1}
        backend.simulator.calls.clear()
        assert not run_on(provider, zone, *four_sets(zone)).changed
        assert backend.simulator.calls == {"list zones": 1, "list": 1}
        assert provider.calls == 6


def test_the_zones_of_a_project_are_listed_once(backend: GoogleBackend) -> None:
    backend.simulator.page = 7
    zones = [f"company-{number}.com" for number in range(20)]
    for zone in zones:
        backend.put_zone(zone, [])
    with opened(backend.options) as provider:
        requests = [engine.Request(record_name(zone), provider, (Ensure(zone, "TXT", SPF),)) for zone in zones]
        assert {result.error for result in engine.run(requests).values()} == {None}
    assert backend.simulator.calls == {"token": 1, "list zones": 3, "list": 20, "change": 20}


def test_a_zone_of_several_pages_is_read_whole(backend: GoogleBackend, zone: str) -> None:
    for number in range(10):
        backend.simulator.put(PROJECT, zone, Rrset(f"n{number}.{zone}.", "TXT", 300, (f'"{number}"',)))
    backend.simulator.page = 3
    desired = [Ensure(f"n{number}.{zone}", "TXT", str(number)) for number in range(10)]
    assert not run(backend.options, zone, *desired).changed


# -- which zone ----------------------------------------------------------------------------------------------------


def test_a_private_zone_of_the_same_name_is_another_zone(backend: GoogleBackend, zone: str) -> None:
    backend.simulator.add_zone(PROJECT, zone, "within", "private")
    assert run(backend.options, zone, Ensure(zone, "TXT", "public")).error is None
    assert run({**backend.options, "private_zone": True}, zone, Ensure(zone, "TXT", "private")).error is None
    public, private = (backend.simulator.zones(PROJECT)[name] for name in ("company-name-com", "within"))
    assert public.rrsets[f"{zone}.", "TXT"].rrdatas == (VERIFICATION, '"public"')
    assert private.rrsets[f"{zone}.", "TXT"].rrdatas == ('"private"',)


def test_two_zones_of_one_name_need_a_choice(backend: GoogleBackend, zone: str) -> None:
    backend.simulator.add_zone(PROJECT, zone, "the-old-one")
    error = error_of(backend.options, zone)
    assert "company-name-com, the-old-one. Set zone_id to the right one." in error
    assert backend.writes(zone) == 0
    assert run({**backend.options, "zone_id": "company-name-com"}, zone, Ensure(zone, "TXT", SPF)).error is None
    assert (f"{zone}.", "TXT") not in backend.simulator.zones(PROJECT)["the-old-one"].rrsets


def test_with_a_zone_id_the_zones_need_not_be_listed(backend: GoogleBackend, zone: str) -> None:
    backend.account.denied = {"list zones"}
    options = {**backend.options, "zone_id": "company-name-com"}
    assert run(options, f"mail.{zone}", Ensure(f"mail.{zone}", "TXT", SPF)).error is None
    assert backend.simulator.calls == {"token": 1, "get zone": 1, "list": 1, "change": 1}
    assert "lies in no zone" in error_of(options, "another.example")
    assert "has no zone named nowhere. Check zone_id" in error_of({**options, "zone_id": "nowhere"}, zone)


def test_a_zone_that_is_answered_elsewhere_is_not_written(backend: GoogleBackend) -> None:
    forwarding = {"targetNameServers": [{"ipv4Address": "192.0.2.1"}]}
    backend.simulator.add_zone(PROJECT, "corp.example", visibility="private", forwardingConfig=forwarding)
    error = error_of({**backend.options, "private_zone": True}, "corp.example")
    assert "answered elsewhere (forwardingConfig)" in error


# -- what is not ours ----------------------------------------------------------------------------------------------


def test_a_set_with_a_routing_policy_is_left_alone(backend: GoogleBackend, zone: str) -> None:
    policy = {"geo": {"items": [{"location": "europe-west1", "rrdatas": ['"v=spf1 -all"']}]}}
    backend.simulator.put(PROJECT, zone, Rrset(f"geo.{zone}.", "TXT", 300, (), policy))
    error = error_of(backend.options, zone, Ensure(f"geo.{zone}", "TXT", "v=spf1 ~all"))
    assert (
        error == f"geo.{zone} TXT is answered by a routing policy and cannot be changed here. "
        "Change it where it is managed."
    )


def test_types_of_googles_own_do_no_harm(backend: GoogleBackend, zone: str) -> None:
    backend.simulator.put(PROJECT, zone, Rrset(f"{zone}.", "ALIAS", 300, ("web.hoster.example.",)))
    assert run(backend.options, zone, *four_sets(zone)).error is None
    assert backend.sets(zone)[zone, "ALIAS"] == (300, frozenset({"web.hoster.example."}))


def test_a_guarded_write_loses_nothing_at_any_moment(backend: GoogleBackend, zone: str) -> None:
    """The other program writes when our change is on its way already."""
    other = '"another-verification=1"'
    backend.simulator.before("change", lambda: backend.interfere(zone, zone, "TXT", other))
    result = run(backend.options, zone, Ensure(zone, "TXT", SPF))
    assert result.error is None
    assert "another program changed it at the same moment" in result.notes.warnings[0]
    assert backend.sets(zone)[zone, "TXT"][1] == {VERIFICATION, other, f'"{SPF.decode()}"'}


def test_a_writer_that_never_rests_is_given_up(backend: GoogleBackend, zone: str) -> None:
    for number in range(5):
        value = f'"other-{number}"'
        backend.simulator.before("change", lambda value=value: backend.interfere(zone, zone, "TXT", value))  # type: ignore[misc]
    assert "after 3 attempts" in error_of(backend.options, zone)
    assert backend.writes(zone) == 0


# -- limits --------------------------------------------------------------------------------------------------------


def test_what_is_too_much_for_one_change_is_cut_between_names(backend: GoogleBackend, zone: str) -> None:
    desired = [Ensure(f"n{number:02}.{zone}", "TXT", b"x" * 4000) for number in range(30)]
    assert run(backend.options, zone, *desired).error is None
    assert backend.writes(zone) == 2
    assert len(backend.sets(zone)) == 32


def test_more_than_a_thousand_sets_are_cut_too(backend: GoogleBackend, zone: str) -> None:
    names = [record_name(f"n{number}.{zone}") for number in range(1001)]
    changes = [Change(None, RecordSet(name, dns.rdatatype.TXT, (txt(b"x"),), 300)) for name in names]
    with opened(backend.options) as provider:
        there = provider.get_zone(record_name(zone))
        provider.apply(Plan(Snapshot(there, []), tuple(changes)))
    assert backend.writes(zone) == 2
    assert len(backend.sets(zone)) == 1003


def test_a_failure_between_two_changes_says_what_is_done(backend: GoogleBackend, zone: str) -> None:
    desired = [Ensure(f"n{number:02}.{zone}", "TXT", b"x" * 4000) for number in range(30)]
    backend.simulator.before("change", lambda: None)
    backend.simulator.before("change", lambda: backend.interfere(zone, f"n29.{zone}", "TXT", '"other"'))
    error = error_of(backend.options, zone, *desired)
    assert f"Written: n00.{zone} TXT" in error
    assert f"n24.{zone} TXT" in error.partition("Not written")[2]
    assert run(backend.options, zone, *desired).error is None
    assert len(backend.sets(zone)) == 32


def test_what_google_refuses_is_told_in_its_words(backend: GoogleBackend, zone: str) -> None:
    values = [f"{number} host-{number}.example." for number in range(101)]
    error = error_of(backend.options, zone, Ensure(zone, "MX", *values))
    assert "The number of records in" in error
    assert backend.writes(zone) == 0


@pytest.mark.parametrize("status", [403, 429])
def test_the_quota_of_a_minute_is_waited_for(backend: GoogleBackend, zone: str, quick: None, status: int) -> None:
    backend.simulator.fail("list zones", status)
    backend.simulator.fail("list", status, status)
    backend.simulator.fail("change", status, status)
    assert run(backend.options, zone, Ensure(zone, "TXT", SPF)).error is None
    assert backend.writes(zone) == 1


@pytest.mark.parametrize("status", [403, 429])
def test_a_quota_that_stays_used_up_is_told(backend: GoogleBackend, zone: str, quick: None, status: int) -> None:
    backend.simulator.fail("change", *[status] * 100)
    assert "accepts no more requests for now" in error_of(backend.options, zone)
    assert backend.writes(zone) == 0
    assert backend.simulator.calls["list"] == 1


# -- what goes wrong -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["lost", "done 500", "slow", "reset", 500, 503])
def test_a_change_without_an_answer_is_made_once(
    backend: GoogleBackend, zone: str, quick: None, fault: str | int
) -> None:
    backend.simulator.fail("change", fault)
    options = {**backend.options, "timeout": 1.0}
    result = run(options, zone, Ensure(zone, "TXT", SPF))
    assert (result.error, result.changed) == (None, True)
    assert backend.writes(zone) == 1


def test_a_server_that_fails_again_and_again_is_told(backend: GoogleBackend, zone: str, quick: None) -> None:
    backend.simulator.fail("change", 500, "reset", 503)
    error = error_of(backend.options, zone)
    assert error.startswith(f"{zone}: nothing was written.")
    assert backend.writes(zone) == 0


def test_another_writer_after_a_lost_answer_is_seen(backend: GoogleBackend, zone: str) -> None:
    other = '"another-verification=1"'
    backend.simulator.fail("change", "lost")
    backend.simulator.before("list", lambda: None)
    backend.simulator.before("list", lambda: backend.interfere(zone, zone, "TXT", other))
    assert run(backend.options, zone, Ensure(zone, "TXT", SPF)).error is None
    assert backend.sets(zone)[zone, "TXT"][1] == {VERIFICATION, other, f'"{SPF.decode()}"'}


def test_an_outcome_that_cannot_be_known_is_told(backend: GoogleBackend, zone: str, quick: None) -> None:
    backend.simulator.fail("change", "lost")
    backend.simulator.fail("list", "ok", *[500] * 10)
    result = run(backend.options, zone, Ensure(zone, "TXT", SPF))
    assert result.changed
    assert "it is not known whether the change was written" in str(result.error)


@pytest.mark.parametrize(("operation", "fault"), list(itertools.product(["list zones", "list"], ["html", "nonsense"])))
def test_nonsense_is_told_and_nothing_is_written(backend: GoogleBackend, zone: str, operation: str, fault: str) -> None:
    backend.simulator.fail(operation, fault)
    assert "answers with something other than" in error_of(backend.options, zone)
    assert backend.writes(zone) == 0


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("list zones", {"managedZones": [{"name": "company"}]}),
        ("list zones", {"managedZones": [7]}),
        ("list zones", {"managedZones": [{"name": "company", "dnsName": "a..b."}]}),
        ("list", {"rrsets": [{"name": "company-name.com."}]}),
        ("list", {"rrsets": [{"name": "company-name.com.", "type": "TXT", "ttl": 300}]}),
        ("list", {"rrsets": ["company-name.com."]}),
    ],
)
def test_json_of_another_shape_is_told_in_a_sentence(
    backend: GoogleBackend, zone: str, operation: str, answer: dict[str, Any]
) -> None:
    backend.simulator.fail(operation, answer)
    assert "answers with something other than" in error_of(backend.options, zone)
    assert backend.writes(zone) == 0


@pytest.mark.parametrize("answer", [{}, {"rrsets": []}])
def test_a_zone_without_any_record_is_taken_for_no_answer(
    backend: GoogleBackend, zone: str, answer: dict[str, Any]
) -> None:
    backend.simulator.fail("list", answer)
    assert "without the SOA record that every zone has" in error_of(backend.options, zone)
    assert backend.writes(zone) == 0


def test_a_write_that_a_proxy_answered_is_made(backend: GoogleBackend, zone: str) -> None:
    backend.simulator.fail("change", {"ok": True})
    assert run(backend.options, zone, Ensure(zone, "TXT", SPF)).error is None
    assert f'"{SPF.decode()}"' in backend.sets(zone)[zone, "TXT"][1]


def test_a_role_that_is_missing_is_told(backend: GoogleBackend, zone: str) -> None:
    backend.account.denied = {"change"}
    error = error_of(backend.options, zone)
    assert "The caller lacks the permission for change on company-dns" in error
    assert "its roles" in error


def test_a_token_that_expired_is_renewed(backend: GoogleBackend, zone: str) -> None:
    with opened(backend.options) as provider:
        assert run_on(provider, zone, Ensure(zone, "TXT", SPF)).changed
        backend.simulator.expire_tokens()
        assert run_on(provider, zone, *four_sets(zone)).error is None
    assert backend.simulator.calls["token"] == 2


def test_a_new_token_that_is_refused_is_told(backend: GoogleBackend, zone: str) -> None:
    backend.simulator.token_lifetime = 0
    with opened(backend.options) as provider:
        assert "refuses the credentials (401" in str(run_on(provider, zone, Ensure(zone, "TXT", SPF)).error)
        backend.simulator.token_lifetime = 3600
        assert run_on(provider, zone, Ensure(zone, "TXT", SPF)).error is None


def test_a_token_endpoint_that_is_busy_is_asked_again(backend: GoogleBackend, zone: str, quick: None) -> None:
    backend.simulator.fail("token", 503, 500)
    assert run(backend.options, zone, Ensure(zone, "TXT", SPF)).error is None


# -- the addresses of production -----------------------------------------------------------------------------------


def test_the_addresses_of_google_are_spoken_to_by_tls(
    backend: GoogleBackend, zone: str, ca: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = backend.simulator.port
    with TlsProxy(ca, {"dns.googleapis.com": port, "oauth2.googleapis.com": port}) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        backend.account.key["token_uri"] = "https://oauth2.googleapis.com/token"
        options = {"provider": "google_cloud_dns", "service_account_json": backend.account.json}
        assert run({**options, "ca_path": str(ca.ca_path)}, zone, Ensure(zone, "TXT", SPF)).error is None
        assert set(proxy.connected) == {"dns.googleapis.com", "oauth2.googleapis.com"}
        assert "presents a certificate that is not trusted" in error_of(options, zone)


def test_a_rate_of_nothing_is_refused(backend: GoogleBackend) -> None:
    with pytest.raises(InvalidInput, match="rate_limit must be more than 0"):
        open_provider({**backend.options, "rate_limit": 0.0})


def test_a_zone_that_is_full_is_told(backend: GoogleBackend, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(google_cloud_dns_rules, "_MOST_SETS", 3)
    assert "exceeds the quota" in error_of(backend.options, zone, Ensure(f"new.{zone}", "TXT", SPF))
    assert backend.writes(zone) == 0
