# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many requests ``cloudflare`` makes, and what it does when they go wrong or others write at the same time."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import ProviderError
from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.providers.cloudflare import Cloudflare
from ansible_collections.postmaster.mail.plugins.module_utils.providers.cloudflare import api as cloudflare_api
from ansible_collections.postmaster.mail.plugins.module_utils.providers.cloudflare.sdk import SdkTransport
from ansible_collections.postmaster.mail.plugins.module_utils.providers.failures import ConnectionFailed
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine
from ansible_collections.postmaster.mail.tests.integration.providers.backend import (
    Ensure,
    Meanwhile,
    open_provider,
    set_fresh_for,
)
from ansible_collections.postmaster.mail.tests.integration.providers.cloudflare_backend import (
    TOKEN,
    CloudflareBackend,
    run,
)
from ansible_collections.postmaster.mail.tests.servers.dripper import HTTP_DRIPS, Dripper
from ansible_collections.postmaster.mail.tests.simulators.cloudflare import CloudflareSimulator, Token
from ansible_collections.postmaster.mail.tests.simulators.cloudflare_zone import Zone

DOMAIN = "company-name.com"
DESIRED = Ensure(DOMAIN, "TXT", "v=spf1 -all")


@pytest.fixture
def simulator() -> Iterator[CloudflareSimulator]:
    with CloudflareSimulator(quota=100_000) as simulator:
        yield simulator


@pytest.fixture
def options(simulator: CloudflareSimulator) -> dict[str, Any]:
    return CloudflareBackend(simulator).options


@pytest.fixture
def zone(simulator: CloudflareSimulator) -> Zone:
    return simulator.add_zone(DOMAIN)


@pytest.fixture
def used_zone(zone: Zone) -> Zone:
    """A zone as most are: it holds a record."""
    zone.add(name="www", type="A", content="192.0.2.1")
    return zone


def four_sets(domain: str) -> list[Ensure]:
    return [
        Ensure(domain, "TXT", "v=spf1 include:_spf.odoo.com ~all"),
        Ensure(domain, "MX", "10 mx1.hoster.example.", "20 mx2.hoster.example."),
        Ensure(f"_dmarc.{domain}", "TXT", "v=DMARC1; p=none"),
        Ensure(f"odoo._domainkey.{domain}", "CNAME", "odoo._domainkey.odoo.com."),
    ]


# -- how many ----------------------------------------------------------------------------------------------------------


def test_four_changed_sets_are_five_requests_and_none_changed_two(
    options: dict[str, Any], simulator: CloudflareSimulator, used_zone: Zone
) -> None:
    result, calls = run(options, DOMAIN, *four_sets(DOMAIN))
    assert (result.error, calls) == (None, 5)
    assert simulator.calls == {"zones": 1, "records": 3, "batch": 1}
    simulator.reset_counts()
    result, calls = run(options, DOMAIN, *four_sets(DOMAIN))
    assert (result.changed, calls) == (False, 2)
    assert simulator.calls == {"zones": 1, "records": 1}


def test_many_zones_are_the_pages_of_their_list_and_one_request_each(
    options: dict[str, Any], simulator: CloudflareSimulator
) -> None:
    domains = [f"company-{number}.example" for number in range(120)]
    for domain in domains:
        simulator.add_zone(domain).add(name="www", type="A", content="192.0.2.1")
    for expected in ({"zones": 3, "records": 360, "batch": 120}, {"zones": 3, "records": 120}):
        provider = open_provider(options)
        requests = [engine.Request(record_name(domain), provider, tuple(four_sets(domain))) for domain in domains]
        results = engine.run(requests)
        provider.close()
        assert {result.error for result in results.values()} == {None}
        assert simulator.calls == expected
        simulator.reset_counts()


def test_few_zones_of_a_large_account_are_asked_for_by_name(
    options: dict[str, Any], simulator: CloudflareSimulator
) -> None:
    for number in range(400):
        simulator.add_zone(f"company-{number}.example")
    provider = open_provider(options)
    found = provider.find_zones([record_name(f"company-{number}.example") for number in (1, 399)])
    provider.close()
    assert sorted(map(str, found.values())) == ["company-1.example", "company-399.example"]
    assert simulator.calls == {"zones": 3}


def test_a_name_with_underscores_is_never_asked_for_as_a_zone(
    options: dict[str, Any], simulator: CloudflareSimulator, zone: Zone
) -> None:
    provider = open_provider(options)
    [found] = provider.find_zones([record_name(f"a._report._dmarc.{DOMAIN}")]).values()
    provider.close()
    assert str(found) == DOMAIN
    assert simulator.total() == 1


def test_a_zone_of_several_pages_is_read_whole(
    options: dict[str, Any], simulator: CloudflareSimulator, zone: Zone
) -> None:
    one = zone.add(name="n0", type="A", content="192.0.2.1")
    for number in range(1, 5001):
        zone.records[f"{number:032x}"] = {**one, "id": f"{number:032x}", "name": f"n{number}.{DOMAIN}"}
    desired = Ensure(f"n5000.{DOMAIN}", "A", "192.0.2.1")
    result, calls = run(options, DOMAIN, desired)
    assert (result.error, result.changed, calls) == (None, False, 3)


# -- the rate limit ----------------------------------------------------------------------------------------------------


def test_a_request_that_was_too_much_is_repeated_when_the_api_says(
    options: dict[str, Any], simulator: CloudflareSimulator, used_zone: Zone
) -> None:
    for kind in ("zones", "records", "batch"):
        simulator.fail(kind, status=429, headers={"Retry-After": "1"})
    started = time.monotonic()
    result, calls = run(options, DOMAIN, DESIRED)
    assert (result.error, calls, used_zone.writes) == (None, 8, 1)
    assert time.monotonic() - started >= 3


def test_a_limit_that_does_not_end_is_one_sentence(
    options: dict[str, Any], simulator: CloudflareSimulator, zone: Zone
) -> None:
    simulator.fail("batch", times=9, status=429, headers={"Retry-After": "0.01"})
    result, dummy = run(options, DOMAIN, DESIRED)
    assert "company-name.com: Cloudflare at" in str(result.error)
    assert str(result.error).endswith("Nothing was written.")
    assert "accepts no more requests for now" in str(result.error)
    assert "rate_limit" in str(result.error)
    assert zone.writes == 0


def test_a_block_that_is_too_long_is_told_at_once(
    options: dict[str, Any], simulator: CloudflareSimulator, zone: Zone
) -> None:
    simulator.fail("any", status=429, headers={"Retry-After": "3600"})
    result, calls = run(options, DOMAIN, DESIRED)
    assert "accepts no more requests" in str(result.error)
    assert calls == 1


def test_what_is_left_of_the_quota_is_spread_over_its_time() -> None:
    with CloudflareSimulator(quota=10, window=3) as simulator:
        simulator.add_zone(DOMAIN).add(name="www", type="A", content="192.0.2.1")
        provider = open_provider(CloudflareBackend(simulator).options)
        name = record_name(DOMAIN)
        for dummy in range(12):
            result = engine.run([engine.Request(name, provider, (DESIRED,))])[name]
            assert result.error is None
        provider.close()
        assert simulator.calls == {"zones": 1, "records": 14, "batch": 1}


@pytest.mark.parametrize("rate", [0.0, -1.0])
def test_a_rate_that_lets_nothing_through_is_refused(options: dict[str, Any], rate: float) -> None:
    with pytest.raises(Exception, match="rate_limit must be more than 0"):
        open_provider({**options, "rate_limit": rate})


# -- what goes wrong ---------------------------------------------------------------------------------------------------


def test_reading_is_repeated(options: dict[str, Any], simulator: CloudflareSimulator, used_zone: Zone) -> None:
    simulator.fail("zones", status=502)
    simulator.fail("records", how="reset")
    simulator.fail("records", status=500)
    result, calls = run(options, DOMAIN, DESIRED)
    assert (result.error, calls, used_zone.writes) == (None, 8, 1)


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("what", [{"status": 500}, {"status": 504}, {"how": "reset"}])
def test_a_write_without_a_proper_answer_is_made_once(
    options: dict[str, Any], simulator: CloudflareSimulator, zone: Zone, what: dict[str, Any], done: bool
) -> None:
    simulator.fail("batch", **what, done=done)
    result, dummy = run(options, DOMAIN, *four_sets(DOMAIN))
    assert (result.error, result.changed, zone.writes) == (None, True, 1)
    assert len(zone.listing()) == 5
    assert simulator.calls["batch"] == (1 if done else 2)


def test_a_write_that_takes_too_long_is_made_once(
    options: dict[str, Any], simulator: CloudflareSimulator, zone: Zone
) -> None:
    simulator.fail("batch", how="hang", seconds=0.8)
    result, dummy = run(options, DOMAIN, DESIRED, timeout=0.5)
    assert result.error is None
    assert len(zone.listing()) == 1


def test_a_failure_that_stays_says_that_nothing_was_written(
    options: dict[str, Any], simulator: CloudflareSimulator, zone: Zone
) -> None:
    simulator.fail("batch", times=9, status=500)
    result, dummy = run(options, DOMAIN, DESIRED)
    assert "has an internal error (500" in str(result.error)
    assert "Nothing was written" in str(result.error)
    assert zone.listing() == []


def test_an_outcome_that_cannot_be_found_out_is_told(
    options: dict[str, Any], simulator: CloudflareSimulator, zone: Zone
) -> None:
    simulator.before_write = [lambda: simulator.fail("records", times=9, status=403)]
    simulator.fail("batch", how="reset", done=True)
    result, dummy = run(options, DOMAIN, DESIRED)
    assert result.changed
    assert "it is not known whether the change was written" in str(result.error)


@pytest.mark.parametrize(("kind", "how"), [("zones", "page"), ("records", "page"), ("batch", "page")])
def test_the_page_of_a_proxy_is_no_answer(
    options: dict[str, Any], simulator: CloudflareSimulator, zone: Zone, kind: str, how: str
) -> None:
    simulator.fail(kind, times=9, how=how)
    result, dummy = run(options, DOMAIN, DESIRED)
    assert "answers with something other than its API describes" in str(result.error)
    assert zone.writes == 0


@pytest.mark.parametrize("info", ["text", [1], {"total_pages": "many"}, {"total_count": [7]}, {"total_pages": 10**9}])
@pytest.mark.parametrize("kind", ["zones", "records"])
def test_pages_that_are_counted_in_another_way_are_not_believed(
    options: dict[str, Any], simulator: CloudflareSimulator, zone: Zone, kind: str, info: Any
) -> None:
    simulator.fail(kind, how="list", info=info)
    result, dummy = run(options, DOMAIN, DESIRED)
    assert "answers with something other than its API describes" in str(result.error)
    assert zone.writes == 0


def test_a_list_that_lacks_records_is_not_believed(
    options: dict[str, Any], simulator: CloudflareSimulator, zone: Zone
) -> None:
    simulator.fail("records", how="short")
    result, dummy = run(options, DOMAIN, DESIRED)
    assert "lists only 0 of 7 entries" in str(result.error)
    assert zone.writes == 0


def test_an_empty_list_where_there_are_records_is_not_written_upon(
    options: dict[str, Any], simulator: CloudflareSimulator, zone: Zone
) -> None:
    zone.add(name="@", type="TXT", content='"v=spf1 -all"')
    info = {"page": 1, "per_page": 5000, "count": 0, "total_count": 0, "total_pages": 0}
    simulator.fail("records", how="list", info=info)
    result, dummy = run(options, DOMAIN, DESIRED)
    assert (result.error, zone.writes) == (None, 0)
    assert len(zone.at(DOMAIN, "TXT")) == 1


def test_a_list_that_counts_nothing_is_not_believed(
    options: dict[str, Any], simulator: CloudflareSimulator, zone: Zone
) -> None:
    simulator.fail("records", how="list")
    result, dummy = run(options, DOMAIN, DESIRED)
    assert "answers with something other than its API describes" in str(result.error)
    assert zone.writes == 0


def test_a_zone_without_a_record_is_written_all_the_same(
    options: dict[str, Any], simulator: CloudflareSimulator
) -> None:
    zone = simulator.add_zone(DOMAIN)
    result, calls = run(options, DOMAIN, DESIRED)
    assert (result.error, calls, zone.writes) == (None, 5, 1)


@pytest.mark.parametrize("wrong", ["text", {"id": "1"}, {"id": "1", "name": "x..y", "type": "TXT", "ttl": 1}, None])
def test_records_of_another_shape_are_not_believed(
    options: dict[str, Any], simulator: CloudflareSimulator, zone: Zone, wrong: Any
) -> None:
    simulator.fail("records", how="list", items=(wrong,))
    result, dummy = run(options, DOMAIN, DESIRED)
    assert "answers with something other than its API describes" in str(result.error)
    assert zone.writes == 0


@pytest.mark.parametrize("token", [Token(edits=False), Token(reads_records=False), Token(accounts=("f" * 32,))])
def test_a_token_without_the_right_permission_writes_nothing(
    options: dict[str, Any], simulator: CloudflareSimulator, zone: Zone, token: Token
) -> None:
    simulator.tokens[TOKEN] = token
    result, dummy = run(options, DOMAIN, DESIRED)
    assert DOMAIN in str(result.error)
    assert "Zone: Read" in str(result.error)
    assert zone.writes == 0


def test_what_the_api_refuses_is_told_in_its_own_words(options: dict[str, Any], zone: Zone) -> None:
    for number in range(4):
        zone.add(name="@", type="TXT", content=f'"{number}{"x" * 1990}"')
    result, dummy = run(options, DOMAIN, Ensure(DOMAIN, "TXT", "y" * 400))
    assert "Cloudflare refuses the change, and nothing was written: DNS Validation Error [1004]" in str(result.error)
    assert "8192" in str(result.error)


def test_a_missing_sdk_is_one_sentence(options: dict[str, Any], zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cloudflare", None)
    with pytest.raises(ProviderError, match="The Python package cloudflare is needed"):
        open_provider(options)


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "schlüssel"])
def test_what_can_be_no_token_is_refused(options: dict[str, Any], token: str) -> None:
    with pytest.raises(Exception, match="api_token has a character" if token else "Cloudflare needs api_token"):
        open_provider({**options, "api_token": token})


@pytest.mark.parametrize("endpoint", ["api.cloudflare.com", "ftp://api.example", "https://user:pass@api.example"])
def test_what_can_be_no_address_is_refused(options: dict[str, Any], endpoint: str) -> None:
    with pytest.raises(Exception, match="endpoint must"):
        open_provider({**options, "endpoint": endpoint})


def test_other_credentials_of_the_environment_are_not_used(
    options: dict[str, Any], zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CLOUDFLARE_EMAIL", "CLOUDFLARE_API_KEY", "CLOUDFLARE_API_USER_SERVICE_KEY"):
        monkeypatch.setenv(name, "someone@example.com")
    monkeypatch.setenv("CLOUDFLARE_BASE_URL", "http://127.0.0.1:1")
    assert run(options, DOMAIN, DESIRED)[0].error is None


# -- others who write --------------------------------------------------------------------------------------------------


def write(zone: Zone, content: str) -> None:
    zone.add(name="@", type="TXT", content=content)


def test_a_sibling_written_right_before_our_write_stays(
    options: dict[str, Any], simulator: CloudflareSimulator, zone: Zone
) -> None:
    zone.add(name="@", type="TXT", content='"verification=1"')
    simulator.before_write = [lambda: write(zone, '"verification=2"')]
    result, calls = run(options, DOMAIN, DESIRED)
    assert (result.error, calls) == (None, 5)
    contents = {record["content"] for record in zone.listing()}
    assert contents == {'"verification=1"', '"verification=2"', '"v=spf1 -all"'}


def test_a_record_that_vanished_right_before_our_write_is_planned_anew(
    options: dict[str, Any], simulator: CloudflareSimulator, zone: Zone
) -> None:
    zone.add(name="@", type="TXT", content='"v=spf1 ~all"')
    simulator.before_write = [zone.records.clear]
    result, dummy = run(options, DOMAIN, Ensure(DOMAIN, "TXT", "v=spf1 -all", only=True))
    assert result.error is None
    assert "another program changed the same records at the same moment" in result.notes.warnings[0]
    assert [record["content"] for record in zone.listing()] == ['"v=spf1 -all"']


def test_a_value_that_another_wrote_first_is_planned_anew(
    options: dict[str, Any], simulator: CloudflareSimulator, zone: Zone
) -> None:
    simulator.before_write = [lambda: write(zone, '"v=spf1 -all"')]
    result, dummy = run(options, DOMAIN, DESIRED, Ensure(f"_dmarc.{DOMAIN}", "TXT", "v=DMARC1; p=none"))
    assert result.error is None
    assert sorted(record["content"] for record in zone.listing()) == ['"v=DMARC1; p=none"', '"v=spf1 -all"']


def test_an_edit_during_long_planning_is_not_overwritten(
    options: dict[str, Any], zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_fresh_for(monkeypatch, 0.2, Cloudflare)
    spf = zone.add(name="@", type="TXT", content='"v=spf1 ~all"')

    def edit() -> None:
        zone.batch({"patches": [{"id": spf["id"], "content": '"v=spf1 include:other.example ~all"'}]})
        time.sleep(0.3)

    desired = Ensure(DOMAIN, "TXT", "v=spf1 -all")
    result, dummy = run(options, DOMAIN, Meanwhile(DOMAIN, edit), desired)
    assert result.error is None
    assert "another program changed the records of company-name.com" in result.notes.warnings[0]
    contents = {record["content"] for record in zone.listing()}
    assert contents == {'"v=spf1 include:other.example ~all"', '"v=spf1 -all"'}


def test_the_accounts_that_a_token_sees_share_its_rate(options: dict[str, Any]) -> None:
    first, second, other = (
        cloudflare_api.CloudflareApi({**options, **more}, lambda: None)
        for more in ({"account_id": "one"}, {"account_id": "another"}, {"api_token": "of-another-user"})
    )
    assert first._limiter is second._limiter
    assert first._limiter is not other._limiter


@pytest.mark.parametrize("drip", HTTP_DRIPS)
def test_an_answer_that_drips_has_the_time_of_one_read_in_all(drip: str) -> None:
    started = time.monotonic()
    with Dripper(*HTTP_DRIPS[drip]) as dripper, pytest.raises(ConnectionFailed, match=r"did not answer within 0\.3 s"):
        SdkTransport(dripper.url, "token", "Cloudflare", 0.3, True).send("GET", f"{dripper.url}/zones", None, {})
    assert time.monotonic() - started < 30  # it drips for hours


def test_an_answer_without_an_end_is_given_up(options: dict[str, Any]) -> None:
    endless = Dripper(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n", b" " * 2**16, pause=0)
    with endless, pytest.raises(ProviderError, match="with more than 1 MB.* allow more with dns.max_answer_size"):
        cloudflare_api.CloudflareApi({**options, "endpoint": endless.url, "max_answer_size": 1}, lambda: None).get(
            "/zones"
        )
