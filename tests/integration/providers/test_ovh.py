# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``ovh`` against a simulated API, in which nothing is served before the refresh."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine
from ansible_collections.postmaster.mail.plugins.module_utils.zone.intent import Intent
from ansible_collections.postmaster.mail.plugins.module_utils.zone.provider import Provider
from ansible_collections.postmaster.mail.tests.integration.providers.backend import (
    Backend,
    Ensure,
    Meanwhile,
    Record,
    gone,
    open_provider,
)
from ansible_collections.postmaster.mail.tests.integration.providers.ovh_backend import OvhBackend
from ansible_collections.postmaster.mail.tests.integration.providers.suite import ProviderSuite
from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.servers.tls_proxy import TlsProxy
from ansible_collections.postmaster.mail.tests.simulators.ovh import OvhApi
from ansible_collections.postmaster.mail.tests.simulators.ovh_rules import DEFAULT_TTL

ZONE = "company-name.com"
MAIL = (
    ("", "TXT", 3600, '"v=spf1 include:_spf.google.com ~all"'),
    ("", "MX", 3600, "10 mx1.hoster.example."),
    ("", "MX", 3600, "20 mx2.hoster.example."),
    ("_dmarc", "TXT", 3600, '"v=DMARC1; p=none"'),
    ("s1._domainkey", "TXT", 3600, '"v=DKIM1; k=rsa; p=MIIB"'),
)


@pytest.fixture
def api() -> Iterator[OvhApi]:
    running = OvhApi().start()
    yield running
    running.stop()


@pytest.fixture
def provider(api: OvhApi) -> Iterator[Provider]:
    opened = open_provider({**OvhBackend(api).options, "timeout": 1.0})
    yield opened
    opened.close()


def run(provider: Provider, *intents: Intent, domain: str = ZONE) -> engine.DomainResult:
    name = record_name(domain)
    return engine.run([engine.Request(name, provider, intents)])[name]


def held(api: OvhApi, owner: str, zone: str = ZONE) -> list[tuple[str, int, str]]:
    """Field type, TTL and target of each record at a name, published or not."""
    return [
        (record["fieldType"], record["ttl"], record["target"])
        for record in api.zones[zone].records.values()
        if record["subDomain"] == owner
    ]


class TestOvh(ProviderSuite):
    @pytest.fixture
    def backend(self, api: OvhApi) -> OvhBackend:
        return OvhBackend(api)


class TestWhereTheExportIsBehind(ProviderSuite):
    """Whether an export shows what was not refreshed yet is not documented; here it does not."""

    @pytest.fixture
    def backend(self, api: OvhApi) -> Backend:
        api.exports_what_is_served = True
        return OvhBackend(api)


class TestWhereTheExportHasNoQuotes(ProviderSuite):
    """A text without quotes in an export is not what it says, so that its records are asked for."""

    @pytest.fixture
    def backend(self, api: OvhApi) -> Backend:
        api.exports_without_quotes = True
        return UnquotedOvhBackend(api)


class UnquotedOvhBackend(OvhBackend):
    def put_zone(self, zone: str, records: Iterable[Record]) -> None:
        super().put_zone(zone, records)
        # what cannot be read as a zone file at all makes it all be read one by one
        self.api.add(zone, "native", "TXT", 0, "v=spf1 (mx -all")


# -- how many calls --------------------------------------------------------------------------------------------------


def test_no_change_costs_one_call(api: OvhApi, provider: Provider) -> None:
    api.add_zone(ZONE, MAIL)
    result = run(provider, Ensure(f"_dmarc.{ZONE}", "TXT", "v=DMARC1; p=none"), gone(f"x.{ZONE}", "MX"))
    assert (result.error, result.changed) == (None, False)
    assert (dict(api.calls), provider.calls) == ({"export": 1}, 1)


def four_changes(*mx: str) -> list[Intent]:
    return [
        Ensure(ZONE, "TXT", "v=spf1 include:_spf.odoo.com include:_spf.google.com ~all", only=True),
        Ensure(ZONE, "MX", *mx, only=True),
        Ensure(f"_dmarc.{ZONE}", "TXT", "v=DMARC1; p=quarantine", only=True),
        Ensure(f"s1._domainkey.{ZONE}", "TXT", "v=DKIM1; k=rsa; p=MIIC", only=True),
    ]


@pytest.mark.parametrize(
    "mx",
    [
        pytest.param(["10 mx1.other.example.", "20 mx2.other.example."], id="both MX change"),
        pytest.param(["10 mx1.hoster.example.", "20 mx2.other.example."], id="one MX changes"),
        pytest.param(["10 company.odoo.com."], id="one MX instead of two"),
    ],
)
def test_four_changed_sets_cost_thirteen_calls_at_most(api: OvhApi, provider: Provider, mx: list[str]) -> None:
    api.add_zone(ZONE, MAIL)
    before = set(api.zones[ZONE].records)
    assert run(provider, *four_changes(*mx)).error is None
    assert provider.calls <= 13
    assert (api.calls["create"], api.calls["refresh"]) == (0, 1)
    assert set(api.zones[ZONE].records) <= before  # every record was updated in place


def test_four_new_sets_cost_twelve_calls(api: OvhApi, provider: Provider) -> None:
    api.add_zone(ZONE)
    assert run(provider, *four_changes("10 company.odoo.com.")).error is None
    assert dict(api.calls) == {"export": 3, "ids": 4, "create": 4, "refresh": 1}


def test_many_zones_cost_their_list_and_one_call_each(api: OvhApi, provider: Provider) -> None:
    zones = [f"company-{number}.example" for number in range(20)]
    for zone in zones:
        api.add_zone(zone, MAIL)
    all_desired = [
        engine.Request(record_name(zone), provider, (Ensure(zone, "MX", "10 mx1.hoster.example."),)) for zone in zones
    ]
    assert not any(result.error or result.changed for result in engine.run(all_desired).values())
    assert dict(api.calls) == {"zones": 1, "export": 20}


def test_a_zone_of_reverse_dns_among_them_is_no_obstacle(api: OvhApi, provider: Provider) -> None:
    for zone in (ZONE, "other.example", "0/25.2.0.192.in-addr.arpa"):
        api.add_zone(zone, MAIL)
    names = [record_name(ZONE), record_name("other.example")]
    all_desired = [engine.Request(name, provider, (Ensure(name.to_text()[:-1], "TXT", "v=test"),)) for name in names]
    assert [result.error for result in engine.run(all_desired).values()] == [None, None]


# -- how OVH spells records ------------------------------------------------------------------------------------------


def test_native_field_types_are_read_as_txt_and_updated_as_what_they_are(api: OvhApi, provider: Provider) -> None:
    api.add_zone(
        ZONE,
        [
            ("", "SPF", 600, "v=spf1 include:mx.ovh.com ~all"),
            ("", "TXT", 0, '"google-site-verification=8mXc0Zy5w"'),
            ("_dmarc", "DMARC", 0, "v=DMARC1; p=none;"),
            ("s1._domainkey", "DKIM", 0, "v=DKIM1;k=rsa;p=" + "MIIB" * 90),
        ],
    )
    unchanged = run(provider, Ensure(f"s1._domainkey.{ZONE}", "TXT", "v=DKIM1;k=rsa;p=" + "MIIB" * 90))
    assert (unchanged.error, unchanged.changed) == (None, False)
    all_desired = (
        gone(ZONE, "TXT", b"v=spf1 include:mx.ovh.com ~all"),
        Ensure(ZONE, "TXT", "v=spf1 include:_spf.odoo.com include:mx.ovh.com ~all"),
        Ensure(f"_dmarc.{ZONE}", "TXT", "v=DMARC1; p=reject", only=True),
        Ensure(f"s1._domainkey.{ZONE}", "TXT", "v=DKIM1; p=", only=True),
    )
    assert run(provider, *all_desired).error is None
    assert held(api, "")[2:] == [
        ("SPF", 600, "v=spf1 include:_spf.odoo.com include:mx.ovh.com ~all"),
        ("TXT", 0, '"google-site-verification=8mXc0Zy5w"'),
    ]
    assert held(api, "_dmarc") == [("DMARC", 0, "v=DMARC1; p=reject")]
    assert held(api, "s1._domainkey") == [("DKIM", 0, "v=DKIM1; p=")]
    assert run(provider, *all_desired).changed is False


def test_a_value_that_a_native_field_type_cannot_hold_becomes_a_txt(api: OvhApi, provider: Provider) -> None:
    api.add_zone(ZONE, [("x", "SPF", 0, "v=spf1 -all")])
    assert run(provider, Ensure(f"x.{ZONE}", "TXT", "something else", only=True)).error is None
    assert held(api, "x") == [("TXT", 0, '"something else"')]


def test_a_text_without_quotes_costs_two_calls_more(api: OvhApi, provider: Provider) -> None:
    api.exports_without_quotes = True
    api.add_zone(ZONE, [("", "SPF", 0, "v=spf1 mx -all"), *MAIL[1:]])
    assert run(provider, Ensure(ZONE, "TXT", "v=spf1 mx -all")).changed is False
    assert dict(api.calls) == {"export": 1, "ids": 1, "record": 1}
    assert run(provider, Ensure(ZONE, "TXT", "v=spf1 -all", only=True)).error is None
    assert held(api, "")[2] == ("SPF", 0, "v=spf1 -all")


def test_a_text_without_quotes_is_read_as_it_stands(api: OvhApi, provider: Provider) -> None:
    api.exports_without_quotes = True
    api.add_zone(ZONE, [("", "TXT", 0, "v=spf1 mx -all"), ("_dmarc", "TXT", 0, "v=DMARC1; p=none")])
    result = run(provider, Ensure(ZONE, "TXT", "v=spf1 mx -all"), Ensure(f"_dmarc.{ZONE}", "TXT", "v=DMARC1; p=none"))
    assert (result.error, result.changed) == (None, False)


def test_what_has_the_ttl_of_the_zone_keeps_it(api: OvhApi, provider: Provider) -> None:
    api.add_zone(ZONE, [("", "TXT", 0, '"v=spf1 -all"'), ("", "MX", 0, "10 mx1.hoster.example.")])
    all_desired = (
        Ensure(ZONE, "TXT", "v=spf1 ~all", only=True),
        Ensure(ZONE, "MX", "20 mx2.hoster.example."),
    )
    assert run(provider, Ensure(ZONE, "MX", "10 mx1.hoster.example.", ttl=DEFAULT_TTL)).changed is False
    assert run(provider, *all_desired).error is None
    assert {ttl for dummy, ttl, dummy2 in held(api, "")} == {0}


def test_another_ttl_keeps_the_spelling_of_the_values(api: OvhApi, provider: Provider) -> None:
    api.add_zone(ZONE, [("", "TXT", 0, '"a verification " "in two strings"')])
    assert run(provider, Ensure(ZONE, "TXT", "a verification in two strings", ttl=600)).error is None
    assert held(api, "")[2:] == [("TXT", 600, '"a verification " "in two strings"')]


def test_a_ttl_that_ovh_refuses_is_told_before_any_write(api: OvhApi, provider: Provider) -> None:
    api.add_zone(ZONE)
    assert "allows 60 to" in str(run(provider, Ensure(ZONE, "TXT", "v=spf1 -all", ttl=30)).error)
    assert api.calls["create"] == 0


def test_names_that_the_filter_confuses_are_told_apart(api: OvhApi, provider: Provider) -> None:
    others = [("xdmarc", "TXT", 0, '"not DMARC"'), ("-dmarc", "TXT", 0, '"v=DMARC1; p=none"')]
    api.add_zone(ZONE, [*others, *MAIL])
    assert run(provider, Ensure(f"_dmarc.{ZONE}", "TXT", "v=DMARC1; p=reject", only=True)).error is None
    assert held(api, "_dmarc") == [("TXT", 3600, '"v=DMARC1; p=reject"')]
    for owner, *rest in others:
        assert held(api, owner) == [tuple(rest)]


def test_a_type_that_is_not_known_is_left_alone(api: OvhApi, provider: Provider) -> None:
    api.add_zone(ZONE, MAIL)
    api.add(ZONE, "new", "NEWTYPE", 0, "something")
    assert run(provider, Ensure(ZONE, "MX", "30 mx3.hoster.example.")).error is None
    assert held(api, "new") == [("NEWTYPE", 0, "something")]


# -- another writer --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("behind", [False, True], ids=["", "export behind"])
def test_a_value_changed_meanwhile_is_seen(api: OvhApi, provider: Provider, behind: bool) -> None:
    api.exports_what_is_served = behind
    api.add_zone(ZONE, MAIL)

    def change() -> None:
        record = next(record for record in api.zones[ZONE].records.values() if "spf1" in record["target"])
        record["target"] = '"v=spf1 include:other.example -all"'
        api.zones[ZONE].served = {key: dict(value) for key, value in api.zones[ZONE].records.items()}

    result = run(provider, Meanwhile(ZONE, change), Ensure(ZONE, "TXT", "v=test"))
    assert result.error is None
    assert "another program" in result.notes.warnings[0]
    assert {target for kind, dummy, target in held(api, "") if kind == "TXT"} == {
        '"v=spf1 include:other.example -all"',
        '"v=test"',
    }


def test_a_sibling_written_during_the_write_stays(api: OvhApi, provider: Provider) -> None:
    api.add_zone(ZONE, MAIL)
    api.before("update", lambda: api.add(ZONE, "", "TXT", 0, '"other=1"'))
    api.before("refresh", lambda: api.add(ZONE, "", "TXT", 0, '"other=2"', publish=False))
    assert run(provider, Ensure(ZONE, "TXT", "v=spf1 -all", only=True)).error is None
    assert {target for kind, dummy, target in held(api, "") if kind == "TXT"} == {
        '"v=spf1 -all"',
        '"other=1"',
        '"other=2"',
    }


def test_what_another_program_has_not_published_yet_is_seen(api: OvhApi, provider: Provider) -> None:
    api.exports_what_is_served = True
    api.add_zone(ZONE, MAIL)
    api.add(ZONE, "", "TXT", 0, '"google-site-verification=8mXc0Zy5w"', publish=False)
    result = run(provider, Ensure(ZONE, "TXT", "google-site-verification=8mXc0Zy5w", "v=test"))
    assert result.error is None
    assert len([target for dummy, dummy2, target in held(api, "") if "google-site" in target]) == 1


# -- what goes wrong -------------------------------------------------------------------------------------------------


def desired_in_three_kinds() -> list[Intent]:
    """An update, a creation and a deletion."""
    return [
        Ensure(ZONE, "TXT", "v=spf1 -all", only=True),
        Ensure(f"new.{ZONE}", "TXT", "v=test"),
        gone(f"s1._domainkey.{ZONE}", "TXT"),
    ]


def records(api: OvhApi) -> list[dict[str, Any]]:
    return sorted(
        ({key: value for key, value in record.items() if key != "id"} for record in api.zones[ZONE].records.values()),
        key=str,
    )


def all_but(*methods: str) -> list[tuple[str, str]]:
    return [(method, "/*") for method in ("GET", "PUT", "POST", "DELETE") if method not in methods]


def test_what_was_written_before_a_refusal_is_taken_back(api: OvhApi, provider: Provider) -> None:
    api.add_zone(ZONE, MAIL)
    before = records(api)
    api.rights = all_but("PUT")
    all_desired = [Ensure(f"a.{ZONE}", "TXT", "v=test"), *desired_in_three_kinds()]
    result = run(provider, *all_desired)
    assert "undone; nothing is changed" in str(result.error)
    assert "does not grant PUT" in str(result.error)
    assert (records(api), api.zones[ZONE].refreshes, api.calls["delete"]) == (before, 0, 1)
    api.rights = all_but()
    assert run(provider, *all_desired).error is None
    assert api.zones[ZONE].served == api.zones[ZONE].records


def test_what_cannot_be_taken_back_is_told(api: OvhApi, provider: Provider) -> None:
    api.add_zone(ZONE, MAIL)
    served = dict(api.zones[ZONE].served)
    api.rights = all_but("DELETE")
    result = run(provider, *desired_in_three_kinds())
    error = str(result.error)
    assert "does not grant DELETE" in error
    done, dummy, not_done = error.partition("Not done: ")
    assert f"+new.{ZONE} TXT v=test" in done.partition("Done: ")[2]
    assert f"-s1._domainkey.{ZONE} TXT" in not_done
    assert "Perhaps done" not in error
    assert api.zones[ZONE].served == served
    api.rights = all_but()
    assert run(provider, *desired_in_three_kinds()).error is None
    assert api.zones[ZONE].served == api.zones[ZONE].records


def test_without_the_right_to_publish_everything_is_taken_back(api: OvhApi, provider: Provider) -> None:
    api.add_zone(ZONE, MAIL)
    before = records(api)
    api.rights = [(method, "/domain/zone/*/record*") for method in ("PUT", "POST", "DELETE")] + [("GET", "/*")]
    result = run(provider, *desired_in_three_kinds())
    assert "nothing is changed" in str(result.error)
    assert f"POST /domain/zone/{ZONE}/refresh" in str(result.error)
    assert records(api) == before


@pytest.mark.parametrize("kind", ["create", "update", "delete"])
@pytest.mark.parametrize("fault", ["timeout", "reset", 500])
@pytest.mark.parametrize("after", [False, True], ids=["before it is done", "after it is done"])
def test_an_answer_that_is_lost_once_does_no_harm(
    api: OvhApi, provider: Provider, kind: str, fault: str | int, after: bool
) -> None:
    api.add_zone(ZONE, MAIL)
    api.fail(kind, fault, after=after)
    assert run(provider, *desired_in_three_kinds()).error is None
    assert held(api, "new") == [("TXT", 3600, '"v=test"')]
    assert held(api, "s1._domainkey") == []
    assert api.zones[ZONE].served == api.zones[ZONE].records


@pytest.mark.parametrize("fault", ["html", 429, 500])
@pytest.mark.parametrize("kind", ["create", "update"])
def test_after_a_failure_that_stays_the_zone_is_as_it_was(
    api: OvhApi, provider: Provider, kind: str, fault: str | int
) -> None:
    api.add_zone(ZONE, MAIL)
    before, served = records(api), dict(api.zones[ZONE].served)
    api.fail(kind, fault, times=100)
    result = run(provider, *desired_in_three_kinds())
    assert not result.changed
    assert "nothing is changed" in str(result.error)
    assert (records(api), api.zones[ZONE].served) == (before, served)


@pytest.mark.parametrize("kind", ["create", "update", "delete"])
def test_a_failure_that_is_looked_after_in_vain_says_what_is_done_and_a_second_run_finishes(
    api: OvhApi, provider: Provider, kind: str
) -> None:
    api.add_zone(ZONE, MAIL)
    served = dict(api.zones[ZONE].served)
    api.before(kind, lambda: api.fail("any", 500, times=100))
    result = run(provider, *desired_in_three_kinds())
    assert "stopped halfway" in str(result.error)
    assert "Perhaps done: " in str(result.error)
    assert "\n" not in str(result.error)
    assert api.zones[ZONE].served == served
    api.faults.clear()
    assert run(provider, *desired_in_three_kinds()).error is None
    assert held(api, "new") == [("TXT", 3600, '"v=test"')]
    assert api.zones[ZONE].served == api.zones[ZONE].records


@pytest.mark.parametrize("after", [False, True], ids=["before it is done", "after it is done"])
def test_a_refresh_that_nobody_confirms_is_made_by_the_next_run(api: OvhApi, provider: Provider, after: bool) -> None:
    api.add_zone(ZONE, MAIL)
    before = records(api)
    api.fail("refresh", 500, times=10, after=after)
    result = run(provider, *desired_in_three_kinds())
    assert result.changed
    assert "it is not known whether the zone was refreshed" in str(result.error)
    assert "a second run writes and publishes it" in str(result.error)
    assert records(api) == before
    api.faults.clear()
    assert run(provider, *desired_in_three_kinds()).error is None
    assert held(api, "new") == [("TXT", 3600, '"v=test"')]
    assert api.zones[ZONE].served == api.zones[ZONE].records


def test_where_nothing_can_be_taken_back_the_refresh_is_left_to_a_person(api: OvhApi, provider: Provider) -> None:
    api.add_zone(ZONE, MAIL)
    api.fail("refresh", 500, times=10)

    def break_down() -> None:
        for kind in ("create", "update", "delete"):
            api.fail(kind, 500, times=10)

    api.before("refresh", break_down)
    result = run(provider, *desired_in_three_kinds())
    assert result.changed
    assert f"POST /domain/zone/{ZONE}/refresh" in str(result.error)
    api.faults.clear()
    again = run(provider, *desired_in_three_kinds())
    assert (again.error, again.changed) == (None, False)  # as the message says


@pytest.mark.parametrize(
    ("check_mode", "again", "refreshes"), [(True, True, 0), (False, False, 0), (False, True, 1)], ids=str
)
def test_a_zone_is_published_again_only_where_that_is_asked_for(
    api: OvhApi, provider: Provider, check_mode: bool, again: bool, refreshes: int
) -> None:
    api.add_zone(ZONE, MAIL)
    api.add(ZONE, "new", "TXT", 3600, '"v=test"', publish=False)
    name, desired = record_name(ZONE), Ensure(f"new.{ZONE}", "TXT", "v=test")
    request = engine.Request(name, provider, (desired,), publish_again=again)
    result = engine.run([request], check_mode=check_mode)[name]
    assert (result.error, result.changed, api.zones[ZONE].refreshes) == (None, False, refreshes)
    assert len(result.notes.warnings) == refreshes
    assert dict(api.calls) == {"export": 1, **({"refresh": 1} if refreshes else {})}


def test_a_zone_that_does_not_hold_what_is_wanted_is_not_published_again(api: OvhApi, provider: Provider) -> None:
    api.add_zone(ZONE, MAIL)
    name, desired = record_name(ZONE), Ensure(ZONE, "CNAME", "company.odoo.com.")
    result = engine.run([engine.Request(name, provider, (desired,), publish_again=True)])[name]
    assert "cannot become a CNAME" in str(result.error)
    assert (result.notes.warnings, api.zones[ZONE].refreshes) == ([], 0)


def test_a_refresh_waits_for_the_one_that_runs(api: OvhApi, provider: Provider) -> None:
    api.add_zone(ZONE, MAIL)
    api.fail("refresh", 409)
    assert run(provider, *desired_in_three_kinds()).error is None
    assert api.zones[ZONE].refreshes == 1


@pytest.mark.parametrize("headers", [{"Retry-After": "1"}, {}], ids=["Retry-After", "without a time"])
@pytest.mark.parametrize("kind", ["export", "create"])
def test_a_busy_api_is_given_time(api: OvhApi, provider: Provider, kind: str, headers: Mapping[str, str]) -> None:
    api.add_zone(ZONE)
    api.fail(kind, 429, headers=headers)
    assert run(provider, Ensure(ZONE, "TXT", "v=spf1 -all")).error is None
    assert len(held(api, "")) == 3


def test_a_busy_api_that_stays_busy_is_one_sentence(api: OvhApi, provider: Provider) -> None:
    api.add_zone(ZONE)
    api.fail("export", 429, times=100, headers={"Retry-After": "3600"})
    assert "accepts no more requests for now" in str(run(provider, Ensure(ZONE, "TXT", "v=spf1 -all")).error)


def test_a_clock_that_is_wrong_is_no_obstacle(api: OvhApi, provider: Provider) -> None:
    api.ahead = 3600
    api.add_zone(ZONE)
    assert run(provider, Ensure(ZONE, "TXT", "v=spf1 -all")).error is None
    assert api.calls["time"] == 1


def test_a_key_for_one_zone_suffices(api: OvhApi, provider: Provider) -> None:
    api.rights = [(method, f"/domain/zone/{ZONE}/*") for method in ("GET", "PUT", "POST", "DELETE")]
    api.add_zone(ZONE)
    api.add_zone("other.example")
    assert run(provider, Ensure(f"a.{ZONE}", "TXT", "v=spf1 -all"), domain=f"a.{ZONE}").error is None
    names = [record_name(ZONE), record_name(f"b.{ZONE}"), record_name("other.example")]
    requests_ = [engine.Request(name, provider, (Ensure(name.to_text()[:-1], "TXT", "v=t"),)) for name in names]
    results = engine.run(requests_)
    assert [results[name].error for name in names[:2]] == [None, None]
    assert "does not grant GET /domain/zone/other.example/export" in str(results[names[2]].error)


@pytest.mark.parametrize("kind", ["export", "ids"])
def test_a_page_of_a_proxy_is_one_sentence(api: OvhApi, provider: Provider, kind: str) -> None:
    api.add_zone(ZONE)
    api.fail(kind, "html", times=5)
    result = run(provider, Ensure(ZONE, "TXT", "v=spf1 -all"))
    assert "something other than its API describes" in str(result.error)
    assert len(held(api, "")) == 2


def test_an_empty_list_where_records_must_be_is_refused(api: OvhApi, provider: Provider) -> None:
    api.exports_without_quotes = True
    zone = api.add_zone(ZONE, [("", "TXT", 0, "v=spf1 (mx -all")])
    api.before("ids", zone.records.clear)
    assert "no records at all" in str(run(provider, Ensure(ZONE, "TXT", "v=spf1 mx -all")).error)


def test_an_expired_zone_is_one_sentence(api: OvhApi, provider: Provider) -> None:
    api.add_zone(ZONE)
    api.fail("export", 460, times=5)
    assert "has expired" in str(run(provider, Ensure(ZONE, "TXT", "v=spf1 -all")).error)


# -- options ---------------------------------------------------------------------------------------------------------


def test_the_variables_of_ovhs_own_tools_stand_in_for_options(api: OvhApi, monkeypatch: pytest.MonkeyPatch) -> None:
    options = OvhBackend(api).options
    for name in ("application_key", "application_secret", "consumer_key"):
        monkeypatch.setenv(f"OVH_{name.upper()}", options[name])
    monkeypatch.setenv("OVH_ENDPOINT", "ovh-ca")
    api.add_zone(ZONE)
    provider = open_provider({"provider": "ovh", "endpoint": api.endpoint})
    assert run(provider, Ensure(ZONE, "TXT", "v=spf1 -all")).error is None


def test_an_unknown_region_of_the_environment_is_one_sentence(api: OvhApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVH_ENDPOINT", "kimsufi-eu")
    options = {name: value for name, value in OvhBackend(api).options.items() if name != "endpoint"}
    with pytest.raises(InvalidInput, match="kimsufi-eu.*must be one of"):
        open_provider(options)


@pytest.mark.parametrize(
    ("region", "host"),
    [("ovh-eu", "eu.api.ovh.com"), ("ovh-ca", "ca.api.ovh.com"), ("ovh-us", "api.us.ovhcloud.com")],
)
def test_each_region_has_its_address_whose_certificate_is_verified(
    api: OvhApi, ca: CertificateAuthority, monkeypatch: pytest.MonkeyPatch, region: str, host: str
) -> None:
    api.add_zone(ZONE)
    api.public_url = f"https://{host}"
    options = {name: value for name, value in OvhBackend(api).options.items() if name != "endpoint"}
    with TlsProxy(ca, {host: api.port}) as proxy:
        for name, value in proxy.environment().items():
            monkeypatch.setenv(name, value)
        provider = open_provider({**options, "region": region})
        assert run(provider, Ensure(ZONE, "TXT", "v=spf1 -all")).error is None
        provider.close()
        monkeypatch.delenv("REQUESTS_CA_BUNDLE")
        distrusting = open_provider({**options, "region": region})
        assert "not trusted" in str(run(distrusting, Ensure(ZONE, "TXT", "v=spf1 ~all")).error)
        assert set(proxy.connected) == {host}
