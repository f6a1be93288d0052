# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``route53`` against moto's Route 53 behind a strict front; boto3 itself makes and shows the zones."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping
from typing import Any

import dns.name
import dns.rdatatype
import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.intents.build import domain_intents
from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.providers import aws
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine
from ansible_collections.postmaster.mail.plugins.module_utils.zone.provider import Provider
from ansible_collections.postmaster.mail.plugins.module_utils.zone.rdata import txt_bytes
from ansible_collections.postmaster.mail.tests.integration.providers.backend import (
    SPF,
    VERIFICATION,
    Ensure,
    gone,
    open_provider,
)
from ansible_collections.postmaster.mail.tests.integration.providers.route53_backend import (
    Route53Backend,
    record_set,
)
from ansible_collections.postmaster.mail.tests.integration.providers.suite import AliasSuite
from ansible_collections.postmaster.mail.tests.simulators.route53 import Route53Simulator


def spf(domain: str) -> Ensure:
    return Ensure(domain, "TXT", "v=spf1 -all")


@contextlib.contextmanager
def opened(options: Mapping[str, Any]) -> Iterator[Provider]:
    provider = open_provider(options)
    yield provider
    provider.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeats follow one another at once."""
    monkeypatch.setattr(aws, "BACKOFF", 0.01)


@pytest.fixture
def simulator() -> Iterator[Route53Simulator]:
    with Route53Simulator() as running:
        yield running


class TestRoute53(AliasSuite):
    @pytest.fixture
    def backend(self, simulator: Route53Simulator) -> Route53Backend:
        return Route53Backend(simulator)

    # -- which zone --------------------------------------------------------------------------------------------------

    def test_a_zone_whose_name_only_starts_alike_is_another(self, backend: Route53Backend, provider: Provider) -> None:
        zone = self.make_zone(backend)
        backend.put_zone(f"{zone}.pl", [])
        self.ensure(provider, zone, spf(zone))
        assert (f"{zone}.pl", "TXT") not in backend.sets(f"{zone}.pl")

    def test_a_public_zone_is_meant_where_a_private_one_has_its_name(
        self, backend: Route53Backend, provider: Provider
    ) -> None:
        zone = self.make_zone(backend)
        public = backend.ids[zone]
        backend.put_zone(zone, [], private=True)
        self.ensure(provider, zone, spf(zone))
        assert (zone, "TXT") not in backend.sets(zone)
        backend.ids[zone] = public
        assert (zone, "TXT") in backend.sets(zone)

    def test_a_private_zone_is_written_where_it_is_meant(self, backend: Route53Backend) -> None:
        zone = self.make_zone(backend)
        backend.put_zone(zone, [], private=True)
        with opened({**backend.options, "private_zone": True}) as provider:
            self.ensure(provider, zone, spf(zone))
        assert (zone, "TXT") in backend.sets(zone)

    def test_where_only_a_private_zone_is_there_the_sentence_says_so(
        self, backend: Route53Backend, provider: Provider
    ) -> None:
        backend.put_zone("inside.example", [], private=True)
        error = self.run(provider, "inside.example", spf("inside.example")).error
        assert error == (
            "inside.example lies in no public zone of Amazon Route 53, but in the private zone inside.example. "
            "If you mean that one, set private_zone: true."
        )

    def test_two_zones_of_one_name_need_a_zone_id(self, backend: Route53Backend, provider: Provider) -> None:
        zone = self.make_zone(backend)
        first = backend.ids[zone]
        backend.put_zone(zone, [])
        second = backend.ids[zone]
        ids = ", ".join(sorted([first, second]))
        result = self.run(provider, zone, spf(zone))
        assert f"holds 2 public zones named {zone} ({ids}). Set zone_id to the id of the right one" in str(result.error)
        with opened({**backend.options, "zone_id": f"/hostedzone/{first}"}) as stated:
            self.ensure(stated, zone, spf(zone))
        assert (zone, "TXT") not in backend.sets(zone)
        backend.ids[zone] = first
        assert (zone, "TXT") in backend.sets(zone)

    def test_with_a_zone_id_the_zones_need_not_be_listed(self, backend: Route53Backend, zone: str) -> None:
        backend.account.denied = {"ListHostedZones", "ListHostedZonesByName"}
        with opened({**backend.options, "zone_id": backend.ids[zone]}) as provider:
            self.ensure(provider, zone, spf(zone))
            elsewhere = self.run(provider, "other.example", spf("other.example"))
        assert "other.example lies in no zone" in str(elsewhere.error)

    def test_a_zone_id_of_another_account_is_one_sentence(self, backend: Route53Backend, zone: str) -> None:
        with opened({**backend.options, "zone_id": "Z0STRANGER"}) as provider:
            error = str(self.run(provider, zone, spf(zone)).error)
        assert "has no such zone in this account" in error
        assert "Check zone_id and the account." in error

    def test_a_zone_of_its_own_for_keys_is_found_without_another_call(
        self, backend: Route53Backend, provider: Provider
    ) -> None:
        zone = self.make_zone(backend, ("_domainkey", "NS", 3600, ["ns1.hoster.example."]))
        backend.put_zone(f"_domainkey.{zone}", [])
        name = f"s1._domainkey.{zone}"
        result = self.run(provider, name, Ensure(name, "TXT", "v=DKIM1; p=MIIB"))
        assert (result.error, result.zones) == (None, [f"_domainkey.{zone}"])
        assert backend.calls["ListHostedZonesByName"] == 1

    def test_a_zone_that_nobody_asks_is_told_alone_and_in_a_batch(
        self, backend: Route53Backend, provider: Provider
    ) -> None:
        zone, other = self.make_zone(backend), self.make_zone(backend)
        child = f"_dmarc.{zone}"
        backend.put_zone(child, [])
        desired = (Ensure(child, "TXT", "v=DMARC1; p=none"), Ensure(zone, "TXT", "v=spf1 -all"))
        told = [
            f"{child} is a zone of its own in this account, and {zone} does not delegate it, so nobody asks it. "
            f"Written to {zone} instead: {child} TXT. Remove the zone {child} if nothing needs it, or delegate it."
        ]
        assert self.run(provider, zone, *desired, check_mode=True).notes.warnings == told
        batch = [
            engine.Request(record_name(zone), provider, desired),
            engine.Request(record_name(other), provider, (Ensure(other, "TXT", "v=spf1 -all"),)),
        ]
        results = engine.run(batch)
        assert results[record_name(zone)].notes.warnings == told
        assert results[record_name(other)].notes.warnings == []
        assert self.run(provider, zone, *desired).notes.warnings == []

    # -- what is not ours --------------------------------------------------------------------------------------------

    def test_an_alias_is_shown_and_never_touched(self, backend: Route53Backend, provider: Provider, zone: str) -> None:
        alias = {
            "Name": f"cdn.{zone}.",
            "Type": "A",
            "AliasTarget": {
                "HostedZoneId": "Z2FDTNDATAQYW2",
                "DNSName": "d1.cloudfront.net.",
                "EvaluateTargetHealth": False,
            },
        }
        backend.change(zone, ("CREATE", alias))
        before = backend.listed(zone)
        result = self.run(provider, zone, Ensure(f"cdn.{zone}", "A", "192.0.2.1"))
        assert "cdn" in str(result.error)
        assert "is an alias record of Route 53 and cannot be changed here" in str(result.error)
        assert backend.listed(zone) == before
        self.ensure(provider, zone, spf(zone))
        assert [each for each in backend.listed(zone) if each["Name"] == f"cdn.{zone}."] == [alias]

    @pytest.mark.parametrize(
        ("routing", "kind"),
        [
            ([{"Weight": 10}, {"Weight": 20}], "a weighted record"),
            ([{"Region": "eu-west-1"}, {"Region": "us-east-1"}], "a latency record"),
            ([{"Failover": "PRIMARY"}, {"Failover": "SECONDARY"}], "a failover record"),
            ([{"GeoLocation": {"CountryCode": "BE"}}, {"GeoLocation": {"CountryCode": "*"}}], "a geolocation record"),
            ([{"MultiValueAnswer": True}, {"MultiValueAnswer": True}], "a multivalue answer record"),
        ],
    )
    def test_sets_among_which_route_53_chooses_are_one_locked_set(
        self, backend: Route53Backend, provider: Provider, zone: str, routing: list[dict[str, Any]], kind: str
    ) -> None:
        for number, policy in enumerate(routing):
            each = record_set(f"mail.{zone}", "TXT", 60, [f'"choice {number}"'])
            backend.change(zone, ("CREATE", {**each, "SetIdentifier": f"{zone}-{number}", **policy}))
        before = backend.listed(zone)
        found = provider.read(provider.get_zone(record_name(zone)), frozenset())
        shown = found.get(record_name(f"mail.{zone}"), dns.rdatatype.TXT)
        assert shown is not None
        assert [txt_bytes(value) for value in shown.values] == [b"choice 0", b"choice 1"]
        result = self.run(provider, zone, Ensure(f"mail.{zone}", "TXT", "v=spf1 -all"))
        assert f"is {kind} of Route 53 and cannot be changed here" in str(result.error)
        assert backend.listed(zone) == before

    def test_weighted_dmarc_records_are_named_as_such(
        self, backend: Route53Backend, provider: Provider, zone: str
    ) -> None:
        for number, policy in enumerate(("none", "reject")):
            each = record_set(f"_dmarc.{zone}", "TXT", 60, [f'"v=DMARC1; p={policy}"'])
            backend.change(zone, ("CREATE", {**each, "SetIdentifier": str(number), "Weight": 10}))
        before = backend.listed(zone)
        result = self.run(provider, zone, *domain_intents({"domain": zone, "dmarc": {"policy": "none"}}))
        assert f"_dmarc.{zone} TXT is a weighted record of Route 53 and cannot be changed here" in str(result.error)
        assert backend.listed(zone) == before

    def test_strings_without_a_blank_between_them_are_one_value(
        self, backend: Route53Backend, provider: Provider
    ) -> None:
        zone = self.make_zone(backend, ("", "TXT", 300, ['"v=spf1 -""all"']))
        before = backend.listed(zone)
        result = self.run(provider, zone, Ensure(zone, "TXT", "v=spf1 -all"))
        assert (result.error, result.changed) == (None, False)
        self.ensure(provider, zone, Ensure(zone, "TXT", "other"))
        assert '"v=spf1 -""all"' in backend.sets(zone)[zone, "TXT"][1]
        assert before != backend.listed(zone)

    def test_choices_that_go_over_a_page_are_one_set(self, backend: Route53Backend, provider: Provider) -> None:
        backend.put_zone("paged.example", [(f"a{n:03}.paged.example", "A", 60, ["192.0.2.1"]) for n in range(297)])
        for number in range(3):  # with SOA and NS, the page of 300 ends after the first one
            each = record_set("mail.paged.example", "TXT", 60, [f'"choice {number}"'])
            backend.change("paged.example", ("CREATE", {**each, "SetIdentifier": f"i{number}", "Weight": 1}))
        found = provider.read(provider.get_zone(record_name("paged.example")), frozenset())
        shown = found.get(record_name("mail.paged.example"), dns.rdatatype.TXT)
        assert backend.calls["ListResourceRecordSets"] == 2
        assert shown is not None
        assert len(shown.values) == 3

    def test_a_protected_set_is_one_sentence(self, backend: Route53Backend, provider: Provider, zone: str) -> None:
        backend.simulator.protections[f"{zone}.", "TXT"] = "ask the mail team"
        error = str(self.run(provider, zone, spf(zone)).error)
        assert error.startswith(f"{zone}: Amazon Route 53 refuses the change, and nothing was written: ")
        assert "ask the mail team" in error

    # -- how it is written -------------------------------------------------------------------------------------------

    def test_what_was_read_is_deleted_and_nothing_is_overwritten(
        self, backend: Route53Backend, provider: Provider
    ) -> None:
        zone = self.make_zone(backend, ("", "TXT", 1800, [VERIFICATION]), ("s1", "CNAME", 60, ["s1.hoster.example."]))
        name = f"s1.{zone}"
        self.ensure(provider, zone, spf(zone), gone(name, "CNAME"), Ensure(name, "TXT", "v=DKIM1; p=MIIB"))
        batch = backend.simulator.batches[-1]
        assert sorted((change.action, change.name, change.rdtype) for change in batch) == [
            ("CREATE", f"{zone}.", "TXT"),
            ("CREATE", f"{name}.", "TXT"),
            ("DELETE", f"{zone}.", "TXT"),
            ("DELETE", f"{name}.", "CNAME"),
        ]

    def test_more_than_a_batch_holds_is_written_in_two(self, backend: Route53Backend, provider: Provider) -> None:
        zone = self.make_zone(backend)
        before = backend.writes(zone)
        desired = [Ensure(f"n{number:02}.{zone}", "TXT", "x" * 3900) for number in range(12)]
        self.ensure(provider, zone, *desired)
        assert backend.writes(zone) - before == 2
        assert sum((f"n{number:02}.{zone}", "TXT") in backend.sets(zone) for number in range(12)) == 12

    def test_a_thousand_records_go_with_one_batch(self, backend: Route53Backend, provider: Provider) -> None:
        zone = self.make_zone(backend)
        before = backend.writes(zone)
        self.ensure(provider, zone, *(Ensure(f"n{number}.{zone}", "A", "192.0.2.1") for number in range(1001)))
        assert backend.writes(zone) - before == 2
        assert len(backend.simulator.batches[-2]) == 1000

    def test_a_write_that_stops_half_way_says_what_is_done_and_a_second_run_finishes_it(
        self, backend: Route53Backend, provider: Provider
    ) -> None:
        zone = self.make_zone(backend)
        backend.simulator.fail("ChangeResourceRecordSets", "ok", "OptInRequired")
        desired = [Ensure(f"n{number:02}.{zone}", "TXT", "x" * 3900) for number in range(10)]
        error = str(self.run(provider, zone, *desired).error)
        assert f"Written: n00.{zone} TXT, n01.{zone} TXT, " in error
        assert f"Not written, or not confirmed: n08.{zone} TXT, n09.{zone} TXT." in error
        assert "Run it again to finish." in error
        self.ensure(provider, zone, *desired)

    def test_a_value_of_3953_octets_is_the_longest(
        self, backend: Route53Backend, provider: Provider, zone: str
    ) -> None:
        self.ensure(provider, zone, Ensure(f"long.{zone}", "TXT", "x" * 3953))
        before = backend.writes(zone)
        for value in ("x" * 3954, "é" * 600):
            error = str(self.run(provider, zone, Ensure(f"longer.{zone}", "TXT", value)).error)
            assert "too long for Amazon Route 53" in error
        assert backend.writes(zone) == before

    def test_a_set_that_is_too_large_to_be_replaced_at_once_is_refused(
        self, backend: Route53Backend, provider: Provider, zone: str
    ) -> None:
        large = [f"{number}{'x' * 3800}" for number in range(5)]
        self.ensure(provider, zone, Ensure(zone, "TXT", *large))
        before = backend.writes(zone)
        error = str(self.run(provider, zone, spf(zone)).error)
        assert "too large to be changed at Amazon Route 53 in one step" in error
        assert backend.writes(zone) == before

    def test_a_type_that_route_53_does_not_know_is_refused(self, provider: Provider, zone: str) -> None:
        error = str(self.run(provider, zone, Ensure(zone, "LOC", "52 22 23 N 4 53 32 E -2m")).error)
        assert error == f"{zone} LOC: records of the type LOC cannot be written at Amazon Route 53."

    def test_escapes_in_names_and_targets_survive(self, backend: Route53Backend, provider: Provider, zone: str) -> None:
        backend.change(zone, ("CREATE", record_set(rf"o\043ne.{zone}", "CNAME", 60, [rf"t\035wo.{zone}."])))
        name = rf"o\035ne.{zone}"  # decimal, as in a master file; 35 is #
        found = provider.read(provider.get_zone(record_name(zone)), frozenset())
        shown = found.get(dns.name.from_text(name), dns.rdatatype.CNAME)
        assert shown is not None
        assert shown.values[0].to_text() == f"t#wo.{zone}."
        self.ensure(provider, zone, gone(name, "CNAME"), Ensure(name, "TXT", "x"))
        assert (f"o#ne.{zone}", "TXT") in backend.sets(zone)

    def test_the_wait_ends_when_all_name_servers_have_it(self, backend: Route53Backend, zone: str) -> None:
        with opened({**backend.options, "wait_insync": True}) as provider:
            self.ensure(provider, zone, spf(zone))
        assert backend.calls["GetChange"] == 3

    # -- how many calls ----------------------------------------------------------------------------------------------

    def test_a_run_without_a_change_is_two_calls_and_one_with_four_is_three(
        self, backend: Route53Backend, provider: Provider
    ) -> None:
        zone = self.make_zone(backend, ("", "TXT", 3600, [SPF]))
        desired = [
            Ensure(zone, "TXT", "v=spf1 -all", only=True),
            Ensure(zone, "MX", "10 mx1.hoster.example.", "20 mx2.hoster.example."),
            Ensure(f"_dmarc.{zone}", "TXT", "v=DMARC1; p=none"),
            Ensure(f"odoo._domainkey.{zone}", "CNAME", "odoo._domainkey.odoo.com."),
        ]
        assert self.run(provider, zone, *desired).changed
        assert backend.calls == {"ListHostedZonesByName": 1, "ListResourceRecordSets": 1, "ChangeResourceRecordSets": 1}
        assert provider.calls == 3
        backend.account.calls.clear()
        assert not self.run(provider, zone, *desired).changed
        assert backend.calls == {"ListHostedZonesByName": 1, "ListResourceRecordSets": 1}

    def test_many_zones_are_listed_once(self, backend: Route53Backend, provider: Provider) -> None:
        zones = [f"company-{number}.example" for number in range(104)]
        for zone in zones:
            backend.put_zone(zone, [])
        asked = zones[:10]
        requests = [engine.Request(record_name(zone), provider, (spf(zone),)) for zone in asked]
        assert all(result.changed for result in engine.run(requests).values())
        assert backend.calls == {
            "ListHostedZones": 2,
            "ListResourceRecordSets": 10,
            "ChangeResourceRecordSets": 10,
        }

    def test_a_large_zone_is_read_in_pages_of_300(self, backend: Route53Backend, provider: Provider) -> None:
        backend.put_zone("large.example", [(f"n{n}.large.example", "A", 60, ["192.0.2.1"]) for n in range(610)])
        found = provider.read(provider.get_zone(record_name("large.example")), frozenset())
        assert len(list(found)) == 612
        assert backend.calls["ListResourceRecordSets"] == 3

    # -- what goes wrong ---------------------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        "operation", ["ListHostedZonesByName", "ListResourceRecordSets", "ChangeResourceRecordSets"]
    )
    def test_throttled_calls_are_repeated(
        self, backend: Route53Backend, provider: Provider, zone: str, quick: None, operation: str
    ) -> None:
        backend.simulator.fail(operation, "Throttling", "Throttling", "Throttling")
        before = backend.writes(zone)
        self.ensure(provider, zone, spf(zone))
        assert backend.writes(zone) - before == 1

    def test_a_change_waits_for_the_one_before_it(
        self, backend: Route53Backend, provider: Provider, zone: str, quick: None
    ) -> None:
        backend.simulator.fail("ChangeResourceRecordSets", "PriorRequestNotComplete", "PriorRequestNotComplete")
        self.ensure(provider, zone, spf(zone))

    @pytest.mark.parametrize(
        ("fault", "words"),
        [("Throttling", "accepts no more requests for now"), ("PriorRequestNotComplete", "still busy with an earlier")],
    )
    def test_what_does_not_end_is_one_sentence(
        self, backend: Route53Backend, provider: Provider, zone: str, quick: None, fault: str, words: str
    ) -> None:
        before = backend.writes(zone)
        backend.simulator.fail("ChangeResourceRecordSets", *[fault] * 20)
        error = str(self.run(provider, zone, spf(zone)).error)
        assert words in error
        assert "Wait, and run it again." in error
        assert backend.writes(zone) == before
        assert backend.calls["ChangeResourceRecordSets"] == aws.ATTEMPTS

    @pytest.mark.parametrize("fault", ["reset", "lost", "slow", "InternalFailure", "ServiceUnavailable", "html"])
    def test_a_write_without_an_answer_is_made_once(
        self, backend: Route53Backend, zone: str, quick: None, fault: str
    ) -> None:
        backend.simulator.fail("ChangeResourceRecordSets", fault)
        before = backend.writes(zone)
        with opened({**backend.options, "timeout": 1.0}) as provider:
            self.ensure(provider, zone, spf(zone))
        assert backend.writes(zone) - before == 1

    def test_a_write_that_is_never_answered_is_one_sentence(
        self, backend: Route53Backend, provider: Provider, zone: str, quick: None
    ) -> None:
        before = backend.writes(zone)
        backend.simulator.fail("ChangeResourceRecordSets", *["InternalFailure"] * 5)
        error = str(self.run(provider, zone, spf(zone)).error)
        assert "has an internal error (500: An internal error occurred)" in error
        assert "Nothing was written." in error
        assert backend.writes(zone) == before

    def test_where_the_outcome_cannot_be_seen_the_sentence_says_so(
        self, backend: Route53Backend, provider: Provider, zone: str, quick: None
    ) -> None:
        backend.simulator.fail("ListResourceRecordSets", "ok", *["OptInRequired"] * 5)
        backend.simulator.fail("ChangeResourceRecordSets", "lost")
        result = self.run(provider, zone, spf(zone))
        assert result.changed
        assert "it is not known whether the change was written" in str(result.error)

    @pytest.mark.parametrize("fault", ["reset", "lost", "InternalFailure", "ServiceUnavailable"])
    def test_a_read_is_repeated(
        self, backend: Route53Backend, provider: Provider, zone: str, quick: None, fault: str
    ) -> None:
        backend.simulator.fail("ListResourceRecordSets", fault, fault)
        self.ensure(provider, zone, spf(zone))

    @pytest.mark.parametrize(
        ("fault", "words"),
        [
            ("html", "answers with something other than its API describes"),
            ("empty", "without the SOA record that every zone has"),
            ("ExpiredToken", "because they have expired"),
            ("OptInRequired", "needs a subscription"),
        ],
    )
    def test_a_read_that_cannot_be_right_is_one_sentence(
        self, backend: Route53Backend, provider: Provider, zone: str, quick: None, fault: str, words: str
    ) -> None:
        before = backend.writes(zone)
        backend.simulator.fail("ListResourceRecordSets", *[fault] * 10)
        error = str(self.run(provider, zone, spf(zone)).error)
        assert words in error
        assert "\n" not in error
        assert backend.writes(zone) == before

    @pytest.mark.parametrize(
        "operation", ["ListHostedZonesByName", "ListResourceRecordSets", "ChangeResourceRecordSets"]
    )
    def test_a_missing_permission_is_named(
        self, backend: Route53Backend, provider: Provider, zone: str, operation: str
    ) -> None:
        before = backend.writes(zone)
        backend.account.denied.add(operation)
        error = str(self.run(provider, zone, spf(zone)).error)
        assert f"Check their IAM policy: it must allow route53:{operation}." in error
        assert backend.writes(zone) == before

    # -- others who write --------------------------------------------------------------------------------------------

    def test_what_another_program_does_right_before_the_write_is_not_lost(
        self, backend: Route53Backend, provider: Provider
    ) -> None:
        zone = self.make_zone(backend, ("", "TXT", 3600, [VERIFICATION]))
        acts = [
            lambda: backend.interfere(zone, zone, "TXT", '"another-verification=1"'),
            lambda: backend.change(zone, ("UPSERT", record_set(zone, "TXT", 60, [VERIFICATION]))),
        ]
        for act in acts:
            backend.simulator.before("ChangeResourceRecordSets", act)
        result = self.run(provider, zone, spf(zone))
        assert result.error is None
        assert f"another program changed {zone} TXT at the same moment" in result.notes.warnings[0]
        assert backend.sets(zone)[zone, "TXT"] == (60, frozenset({VERIFICATION, '"v=spf1 -all"'}))

    def test_a_set_that_becomes_weighted_right_before_the_write_is_left_alone(
        self, backend: Route53Backend, provider: Provider
    ) -> None:
        zone = self.make_zone(backend, ("", "TXT", 3600, [VERIFICATION]))
        old = record_set(zone, "TXT", 3600, [VERIFICATION])

        def act() -> None:
            weighted = {**old, "SetIdentifier": "one", "Weight": 1}
            backend.change(zone, ("DELETE", old), ("CREATE", weighted))

        backend.simulator.before("ChangeResourceRecordSets", act)
        error = str(self.run(provider, zone, spf(zone)).error)
        assert "is a weighted record of Route 53 and cannot be changed here" in error
        assert backend.sets(zone)[zone, "TXT"] == (3600, frozenset({VERIFICATION}))

    def test_another_program_that_never_stops_is_one_sentence(
        self, backend: Route53Backend, provider: Provider, zone: str
    ) -> None:
        for number in range(5):
            value = f'"{number}"'
            act = functools.partial(backend.interfere, zone, zone, "TXT", value)
            backend.simulator.before("ChangeResourceRecordSets", act)
        error = str(self.run(provider, zone, spf(zone)).error)
        assert "gave up after 3 attempts" in error
