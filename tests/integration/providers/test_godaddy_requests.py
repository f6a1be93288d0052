# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``godaddy``: how often it asks, what it spares, what it says when something goes wrong, and what others make of
it."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.intents import build
from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.providers import godaddy
from ansible_collections.postmaster.mail.plugins.module_utils.providers.godaddy import api as godaddy_api
from ansible_collections.postmaster.mail.plugins.module_utils.providers.godaddy.api import Version1, Version3
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine
from ansible_collections.postmaster.mail.tests.integration.providers.backend import (
    Ensure,
    Meanwhile,
    desired_beside_malformed_hosts,
    gone,
    open_provider,
    set_fresh_for,
)
from ansible_collections.postmaster.mail.tests.integration.providers.godaddy_backend import (
    KEY,
    SECRET,
    TOKEN,
    GoDaddyBackend,
    GoDaddyTokenBackend,
    run,
)
from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.servers.tls_proxy import TlsProxy
from ansible_collections.postmaster.mail.tests.simulators.godaddy import GoDaddySimulator

ZONE = "company-name.com"
RECORDS = (
    (ZONE, "TXT", 3600, ['"v=spf1 include:_spf.google.com ~all"', '"google-site-verification=8mXc0Zy5w"']),
    (ZONE, "MX", 3600, ["10 mx1.hoster.example.", "20 mx2.hoster.example."]),
    (f"_dmarc.{ZONE}", "TXT", 3600, ['"v=DMARC1; p=none"']),
    (f"s1._domainkey.{ZONE}", "CNAME", 3600, ["s1.hoster.example."]),
    (f"www.{ZONE}", "A", 600, ["192.0.2.10"]),
)
NEW = (
    Ensure(ZONE, "TXT", "v=spf1 include:_spf.odoo.com ~all"),
    Ensure(ZONE, "MX", "10 company.odoo.com.", only=True),
    Ensure(f"_dmarc.{ZONE}", "TXT", "v=DMARC1; p=reject", only=True),
    Ensure(f"s1._domainkey.{ZONE}", "CNAME", "odoo._domainkey.odoo.com.", only=True),
)
SPF = Ensure(ZONE, "TXT", "v=spf1 -all")


@pytest.fixture
def simulator() -> Iterator[GoDaddySimulator]:
    with GoDaddySimulator() as running:
        yield running
    assert not running.calls["v1 wipe"] + running.calls["v1 replace type"] + running.calls["v3 wipe"]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(godaddy, "_PAUSES", (0.02, 0.04, 0.08, 0.16))


@pytest.fixture(params=[GoDaddyBackend, GoDaddyTokenBackend], ids=["key", "token"])
def backend(request: pytest.FixtureRequest, simulator: GoDaddySimulator) -> GoDaddyBackend:
    made: GoDaddyBackend = request.param(simulator)
    made.put_zone(ZONE, RECORDS)
    return made


@pytest.fixture
def with_key(simulator: GoDaddySimulator) -> GoDaddyBackend:
    made = GoDaddyBackend(simulator)
    made.put_zone(ZONE, RECORDS)
    return made


def values(backend: GoDaddyBackend, name: str, rdtype: str) -> frozenset[str]:
    return backend.sets(ZONE)[name, rdtype][1]


class TestCalls:
    def test_a_run_that_changes_nothing_is_one_request(self, backend: GoDaddyBackend) -> None:
        result, calls = run(backend.options, ZONE, Ensure(f"_dmarc.{ZONE}", "TXT", "v=DMARC1; p=none"))
        assert (result.error, result.changed, calls) == (None, False, 1)

    def test_four_changed_sets_are_one_request_each_and_three_reads(self, with_key: GoDaddyBackend) -> None:
        result, calls = run(with_key.options, ZONE, *NEW)
        assert (result.error, len(result.changes), calls) == (None, 4, 7)
        assert with_key.simulator.calls == {"v1 records": 3, "v1 append": 1, "v1 replace": 3}

    def test_four_new_sets_are_one_request_and_three_reads(self, with_key: GoDaddyBackend) -> None:
        all_desired = (
            SPF,
            Ensure(f"new.{ZONE}", "MX", "10 mx1.hoster.example.", "20 mx2.hoster.example."),
            Ensure(f"_dmarc.new.{ZONE}", "TXT", "v=DMARC1; p=none"),
            Ensure(f"s9._domainkey.{ZONE}", "CNAME", "odoo._domainkey.odoo.com."),
        )
        result, calls = run(with_key.options, ZONE, *all_desired)
        assert (result.error, len(result.changes), calls) == (None, 4, 4)
        assert with_key.simulator.calls == {"v1 records": 3, "v1 append": 1}

    def test_a_token_needs_one_request_for_each_record(self, simulator: GoDaddySimulator) -> None:
        backend = GoDaddyTokenBackend(simulator)
        backend.put_zone(ZONE, RECORDS)
        result, calls = run(backend.options, ZONE, *NEW)
        assert (result.error, len(result.changes), calls) == (None, 4, 11)
        # SPF is added; two MX, DMARC and the CNAME are replaced
        assert simulator.calls == {"v3 records": 3, "v3 create": 4, "v3 delete": 4}

    def test_many_zones_are_listed_once(self, backend: GoDaddyBackend) -> None:
        zones = [f"company-{number}.com" for number in range(250)]
        for zone in zones:
            backend.put_zone(zone, [])
        provider = open_provider(backend.options)
        found = provider.find_zones([record_name(f"mail.{zone}") for zone in zones])
        assert [str(found[record_name(f"mail.{zone}")]) for zone in zones] == zones
        assert provider.calls == (1 if "api_key" in backend.options else 3)
        provider.close()

    def test_a_deep_name_asks_for_each_zone_that_may_enclose_it(self, backend: GoDaddyBackend) -> None:
        backend.put_zone("company-name.co.uk", [])
        result, calls = run(
            backend.options, "mail.eu.company-name.co.uk", gone("_dmarc.mail.eu.company-name.co.uk", "TXT")
        )
        assert (result.error, result.zones, calls) == (None, ["company-name.co.uk"], 3)

    def test_a_domain_of_another_account_stops_nobody_else(self, backend: GoDaddyBackend) -> None:
        for kind in ("v1 records", "v3 records"):
            backend.simulator.fail(kind, status=403, code="ACCESS_DENIED")
        result, calls = run(backend.options, f"mail.{ZONE}", gone(f"_dmarc.mail.{ZONE}", "TXT"))
        assert (result.error, result.zones, calls) == (None, [ZONE], 2)

    def test_a_zone_of_many_pages_is_read_whole(self, backend: GoDaddyBackend) -> None:
        many = [(f"n{number}.{ZONE}", "TXT", 3600, ['"v=test"']) for number in range(620)]
        backend.put_zone(ZONE, [*RECORDS, *many])
        result, calls = run(backend.options, ZONE, Ensure(f"n619.{ZONE}", "TXT", "v=test"))
        assert (result.error, result.changed) == (None, False)
        assert calls == (2 if "api_key" in backend.options else 7)

    @pytest.mark.parametrize("removed", [0, 1, 3])
    def test_pages_that_another_writer_shifted_are_read_anew(self, with_key: GoDaddyBackend, removed: int) -> None:
        many = [(f"n{number}.{ZONE}", "TXT", 3600, ['"v=test"']) for number in range(620)]
        with_key.put_zone(ZONE, [*RECORDS, *many])
        there = with_key.simulator.zones[ZONE]
        new = there.checked({"type": "TXT", "name": "new", "data": "1", "ttl": 3600})

        def shift() -> None:
            there.records[:] = there.records[removed + 5 :] if removed else [new, *there.records]

        boundary = there.records[500]["name"]  # the first that a page after a removal would leave out
        with_key.simulator.fail("v1 records")  # the first page comes as it is, the second after the other writer
        with_key.simulator.fail("v1 records", act=shift)
        result, calls = run(with_key.options, ZONE, Ensure(f"{boundary}.{ZONE}", "TXT", "v=test"))
        assert (result.error, result.changed, calls) == (None, False, 4)

    def test_a_zone_whose_pages_never_fit_together_is_told(self, with_key: GoDaddyBackend) -> None:
        many = [(f"n{number}.{ZONE}", "TXT", 3600, ['"v=test"']) for number in range(620)]
        with_key.put_zone(ZONE, [*RECORDS, *many])
        records = with_key.simulator.zones[ZONE].records
        with_key.simulator.fail("v1 records", 20, act=lambda: records.insert(3, records.pop()))
        result, dummy = run(with_key.options, ZONE, SPF)
        assert "cannot be read as a whole" in str(result.error)
        assert with_key.writes(ZONE) == 0


class TestWhatIsKept:
    def test_a_record_is_added_before_another_goes(self, backend: GoDaddyBackend) -> None:
        seen: list[frozenset[str]] = []
        backend.simulator.before_write = [lambda: seen.append(values(backend, ZONE, "MX"))] * 4
        result, dummy = run(backend.options, ZONE, Ensure(ZONE, "MX", "10 company.odoo.com.", only=True))
        assert result.error is None
        assert all(seen)

    def test_the_zones_own_name_as_a_target_is_understood(self, backend: GoDaddyBackend) -> None:
        there = backend.simulator.zones[ZONE]
        there.records.append(there.checked({"type": "CNAME", "name": "ftp", "data": "@", "ttl": 3600}))
        result, dummy = run(backend.options, ZONE, Ensure(f"ftp.{ZONE}", "CNAME", f"{ZONE}."))
        assert (result.error, result.changed) == (None, False)

    @desired_beside_malformed_hosts(ZONE)
    def test_what_is_not_understood_is_locked_for_those_who_know_its_type(
        self, backend: GoDaddyBackend, desired: dict[str, Any], told: str
    ) -> None:
        there = backend.simulator.zones[ZONE]
        there.records = [record for record in there.records if record["type"] != "MX"]
        for kind, name, data in (("MX", "@", "no host!"), ("CNAME", "s2._domainkey", "no host!")):
            there.records.append({"id": name, "type": kind, "name": name, "data": data, "ttl": 600, "priority": 5})
        result, dummy = run(backend.options, ZONE, *build.domain_intents({"domain": ZONE, **desired}))
        assert told in str(result.error)
        assert run(backend.options, ZONE, SPF)[0].error is None

    def test_a_placeholder_is_shown_and_not_touched(self, backend: GoDaddyBackend) -> None:
        there = backend.simulator.zones[ZONE]
        there.records.append(there.checked({"type": "A", "name": "@", "data": "Parked", "ttl": 600}, strict=False))
        result, dummy = run(backend.options, ZONE, Ensure(ZONE, "A", "192.0.2.1"), SPF)
        assert "placeholder" in str(result.error)
        assert run(backend.options, ZONE, SPF)[0].error is None

    @pytest.mark.parametrize(
        ("desired", "told"),
        [
            (Ensure(f"_sip._tcp.{ZONE}", "SRV", "10 60 5060 sip.hoster.example."), "type SRV"),
            (Ensure(f"_25._tcp.{ZONE}", "TLSA", "3 1 1 " + "00" * 32), "type TLSA"),
            (Ensure(ZONE, "NS", "ns1.hoster.example."), "GoDaddy"),
            (Ensure(f"a.{ZONE}", "TXT", "x", ttl=300), "TTL of 300 s"),
            (Ensure(f"a.{ZONE}", "TXT", b"Z\xc3\xbcrich"), "plain text"),
            (Ensure(f"a.{ZONE}", "TXT", '"quoted"'), "plain text"),
        ],
    )
    def test_what_it_cannot_hold_is_refused_in_check_mode_too(
        self, backend: GoDaddyBackend, desired: Ensure, told: str
    ) -> None:
        foreseen, dummy = run(backend.options, ZONE, desired, check_mode=True)
        done, dummy = run(backend.options, ZONE, desired)
        assert told in str(done.error)
        assert foreseen.error == done.error
        assert backend.writes(ZONE) == 0

    def test_a_sibling_that_we_would_not_write_goes_back_as_it_was(self, backend: GoDaddyBackend) -> None:
        there = backend.simulator.zones[ZONE]
        for data in ('"in quotes"', "Zürich", "x" * 600):
            there.records.append(there.checked({"type": "TXT", "name": "@", "data": data, "ttl": 3600}))
        before = [record["data"] for record in there.find("TXT", "@")]
        result, dummy = run(backend.options, ZONE, SPF)
        assert result.error is None
        assert sorted(record["data"] for record in there.find("TXT", "@")) == sorted([*before, "v=spf1 -all"])

    @pytest.mark.parametrize(
        "record",
        [
            {"name": "a..b", "type": "A", "data": "192.0.2.1", "ttl": 600},
            {"name": "n", "type": "A", "data": 1, "ttl": 600},
        ],
    )
    def test_a_record_that_is_none_stops_everything(self, backend: GoDaddyBackend, record: dict[str, Any]) -> None:
        backend.simulator.zones[ZONE].records.append({"id": "1", **record})
        result, dummy = run(backend.options, ZONE, SPF)
        assert "answers with something other than its API describes" in str(result.error)
        assert backend.writes(ZONE) == 0

    def test_a_text_that_is_spelled_with_quotes_is_found(self, backend: GoDaddyBackend) -> None:
        there = backend.simulator.zones[ZONE]
        there.records.append(there.checked({"type": "TXT", "name": "q", "data": '"v=spf1 -all"', "ttl": 3600}))
        result, dummy = run(backend.options, ZONE, Ensure(f"q.{ZONE}", "TXT", "v=spf1 -all"))
        assert (result.error, result.changed) == (None, False)


class TestOtherWriters:
    def test_who_wrote_while_we_thought_is_noticed(
        self, backend: GoDaddyBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        set_fresh_for(monkeypatch, 0.0, Version1, Version3)
        other = '"another-verification=1"'
        act = Meanwhile(ZONE, lambda: backend.interfere(ZONE, ZONE, "TXT", other))
        result, dummy = run(backend.options, ZONE, act, SPF)
        assert (result.error, len(result.notes.warnings)) == (None, 1)
        assert {other, '"v=spf1 -all"'} <= values(backend, ZONE, "TXT")

    def test_who_overwrites_us_at_once_is_told_with_what_is_lost(self, with_key: GoDaddyBackend) -> None:
        def overwrite() -> None:
            there = with_key.simulator.zones[ZONE]
            there.records = [record for record in there.records if record["name"] != "_dmarc"]

        all_desired = (
            Ensure(f"_dmarc.{ZONE}", "TXT", "v=DMARC1; p=reject", only=True),
            Ensure(f"z.{ZONE}", "TXT", "x"),
        )
        provider = open_provider(with_key.options)
        original = provider.apply

        def apply(plan: Any) -> None:
            original(plan)
            if with_key.simulator.calls["v1 append"] == 1:
                overwrite()

        provider.apply = apply  # type: ignore[method-assign]
        name = record_name(ZONE)
        result = engine.run([engine.Request(name, provider, all_desired)])[name]
        provider.close()
        assert result.error is None
        assert '_dmarc.company-name.com TXT is missing: it should hold "v=DMARC1; p=reject"' in str(
            result.notes.warnings
        )
        assert values(with_key, f"_dmarc.{ZONE}", "TXT") == {'"v=DMARC1; p=reject"'}

    def test_siblings_that_a_token_did_not_see_are_not_lost(self, simulator: GoDaddySimulator) -> None:
        backend = GoDaddyTokenBackend(simulator)
        backend.put_zone(ZONE, RECORDS)
        other = '"another-verification=1"'
        result, dummy = run(
            backend.options, ZONE, Meanwhile(ZONE, lambda: backend.interfere(ZONE, ZONE, "TXT", other)), SPF
        )
        assert result.error is None
        assert {other, '"v=spf1 -all"'} <= values(backend, ZONE, "TXT")


class TestWhatGoesWrong:
    def test_a_zone_that_still_settles_is_waited_for(self, with_key: GoDaddyBackend) -> None:
        with_key.simulator.settling = 0.05
        result, dummy = run(with_key.options, ZONE, *NEW)
        assert result.error is None
        assert with_key.simulator.calls["v1 replace"] > 3

    def test_a_zone_that_never_settles_is_told(self, with_key: GoDaddyBackend) -> None:
        with_key.simulator.fail("v1 append", 5, status=409, code="CONCURRENT_MODIFICATION")
        result, dummy = run(with_key.options, ZONE, SPF)
        assert "nothing was written" in str(result.error)
        assert with_key.writes(ZONE) == 0

    @pytest.mark.parametrize("done", [False, True])
    @pytest.mark.parametrize("fault", [{"status": 500}, {"status": 503}, {"how": "reset"}])
    def test_a_write_that_is_not_confirmed_is_looked_after(
        self, backend: GoDaddyBackend, fault: dict[str, Any], done: bool
    ) -> None:
        for kind in ("v1 append", "v1 replace", "v3 create", "v3 delete"):
            backend.simulator.fail(kind, done=done, **fault)
        result, dummy = run(backend.options, ZONE, *NEW)
        assert result.error is None
        assert values(backend, ZONE, "MX") == {"10 company.odoo.com."}
        assert values(backend, f"_dmarc.{ZONE}", "TXT") == {'"v=DMARC1; p=reject"'}
        assert len(values(backend, ZONE, "TXT")) == 3

    def test_a_write_that_is_never_confirmed_is_told(self, backend: GoDaddyBackend) -> None:
        for kind in ("v1 append", "v3 create"):
            backend.simulator.fail(kind, 15, status=500)
        result, dummy = run(backend.options, ZONE, SPF)
        assert not result.changed
        assert "gave up after 3 attempts: nothing was written" in str(result.error)

    def test_a_write_that_cannot_be_looked_after_is_told(self, backend: GoDaddyBackend) -> None:
        def act() -> None:
            for kind in ("v1 records", "v3 records"):
                backend.simulator.fail(kind, 10, status=500)

        for kind in ("v1 append", "v3 create"):
            backend.simulator.fail(kind, status=500, act=act)
        result, dummy = run(backend.options, ZONE, SPF)
        assert result.changed
        assert "it is not known whether the change was written" in str(result.error)

    def test_who_wrote_while_a_write_was_not_confirmed_is_not_overwritten(self, with_key: GoDaddyBackend) -> None:
        other = '"another-verification=1"'
        act = functools.partial(with_key.interfere, ZONE, ZONE, "TXT", other)
        with_key.simulator.fail("v1 replace", status=500, act=act)
        result, dummy = run(with_key.options, ZONE, Ensure(ZONE, "TXT", "v=spf1 -all", "another text", ttl=7200))
        assert (result.error, len(result.notes.warnings)) == (None, 1)
        assert {other, '"v=spf1 -all"'} <= values(with_key, ZONE, "TXT")

    def test_what_is_added_takes_nothing_from_another_writer(self, with_key: GoDaddyBackend) -> None:
        other = '"another-verification=1"'
        with_key.simulator.before_write.append(lambda: with_key.interfere(ZONE, ZONE, "TXT", other))
        result, dummy = run(with_key.options, ZONE, SPF)
        assert (result.error, result.notes.warnings) == (None, [])
        assert {other, '"v=spf1 -all"'} <= values(with_key, ZONE, "TXT")

    def test_what_another_writer_added_as_well_is_left_out(self, with_key: GoDaddyBackend) -> None:
        with_key.simulator.before_write.append(lambda: with_key.interfere(ZONE, ZONE, "TXT", '"v=spf1 -all"'))
        result, dummy = run(with_key.options, ZONE, SPF, Ensure(f"new.{ZONE}", "TXT", "x"))
        assert result.error is None
        assert with_key.simulator.calls == {"v1 records": 4, "v1 append": 2}
        assert values(with_key, f"new.{ZONE}", "TXT") == {'"x"'}

    @pytest.mark.parametrize("taken", [0, 1])
    def test_an_addition_that_is_refused_tells_what_of_it_was_taken(self, with_key: GoDaddyBackend, taken: int) -> None:
        """Whether the vendor takes all or nothing is not documented."""

        def take() -> None:
            if taken:
                with_key.interfere(ZONE, f"a.{ZONE}", "TXT", '"1"')

        with_key.simulator.fail("v1 append", 3, status=422, code="INVALID_VALUE", act=take)
        result, dummy = run(with_key.options, ZONE, Ensure(f"a.{ZONE}", "TXT", "1"), Ensure(f"b.{ZONE}", "TXT", "2"))
        assert ("nothing was written", f"Written: a.{ZONE} TXT.")[taken] in str(result.error)
        assert result.changed == bool(taken)

    def test_half_a_plan_says_which_half(self, backend: GoDaddyBackend) -> None:
        owners = "abc"
        backend.put_zone(ZONE, [*RECORDS, *((f"{owner}.{ZONE}", "TXT", 3600, ['"old"']) for owner in owners)])
        all_desired = [Ensure(f"{owner}.{ZONE}", "TXT", "new", only=True) for owner in owners]
        kind = "v1 replace" if "api_key" in backend.options else "v3 create"
        backend.simulator.fail(kind, how="hang")
        backend.simulator.fail(kind, status=422, code="INVALID_VALUE")
        result, dummy = run(backend.options, ZONE, *all_desired)
        assert f"Written: a.{ZONE} TXT. Not written, or not confirmed: b.{ZONE} TXT, c.{ZONE} TXT." in str(result.error)
        assert "\n" not in str(result.error)
        again, dummy = run(backend.options, ZONE, *all_desired)
        assert again.error is None
        assert all(values(backend, f"{owner}.{ZONE}", "TXT") == {'"new"'} for owner in owners)

    def test_what_a_failure_left_beside_its_replacement_goes_with_the_next_run(
        self, simulator: GoDaddySimulator
    ) -> None:
        backend = GoDaddyTokenBackend(simulator)
        backend.put_zone(ZONE, RECORDS)
        all_desired = build.domain_intents({"domain": ZONE, "dmarc": {"policy": "quarantine"}})
        simulator.fail("v3 delete", status=422, code="INVALID_VALUE")
        failed, dummy = run(backend.options, ZONE, *all_desired)
        assert failed.error is not None
        assert values(backend, f"_dmarc.{ZONE}", "TXT") == {'"v=DMARC1; p=none"', '"v=DMARC1; p=quarantine"'}
        done, dummy = run(backend.options, ZONE, *all_desired)
        assert done.error is None
        assert values(backend, f"_dmarc.{ZONE}", "TXT") == {'"v=DMARC1; p=quarantine"'}

    def test_an_account_that_may_not_use_the_api_is_told_so(self, backend: GoDaddyBackend) -> None:
        backend.simulator.denied = {KEY, TOKEN}
        result, dummy = run(backend.options, ZONE, SPF)
        assert "ACCESS_DENIED" in str(result.error)
        assert ("Discount Domain Club" if "api_key" in backend.options else "scopes") in str(result.error)

    def test_a_token_that_may_only_read_is_told_which_scope_it_lacks(self, simulator: GoDaddySimulator) -> None:
        backend = GoDaddyTokenBackend(simulator)
        backend.put_zone(ZONE, RECORDS)
        simulator.tokens[TOKEN] = frozenset({"domains.domain:read"})
        result, dummy = run(backend.options, ZONE, SPF)
        assert "domains.dns:update" in str(result.error)
        assert backend.writes(ZONE) == 0

    @pytest.mark.parametrize("fault", [{"how": "page"}, {"how": "empty"}])
    def test_an_answer_that_is_none_stops_everything(self, backend: GoDaddyBackend, fault: dict[str, Any]) -> None:
        for kind in ("v1 records", "v3 records"):
            backend.simulator.fail(kind, **fault)
        result, dummy = run(backend.options, ZONE, SPF)
        assert "GoDaddy at http://127.0.0.1" in str(result.error)
        assert "\n" not in str(result.error)
        assert backend.writes(ZONE) == 0

    def test_a_busy_api_is_waited_for_as_long_as_it_says(self, backend: GoDaddyBackend) -> None:
        for kind in ("v1 append", "v3 create"):
            backend.simulator.fail(kind, status=429, code="TOO_MANY_REQUESTS", body={"retryAfterSec": 1})
        result, dummy = run(backend.options, ZONE, SPF)
        assert (result.error, result.changed) == (None, True)

    def test_a_wait_of_many_minutes_is_told_instead(self, backend: GoDaddyBackend) -> None:
        for kind in ("v1 records", "v3 records"):
            backend.simulator.fail(kind, status=429, headers={"Retry-After": "1200"})
        result, calls = run(backend.options, ZONE, SPF)
        assert "accepts no more requests" in str(result.error)
        assert calls == 1

    def test_the_limiter_stays_within_what_the_vendor_allows(self) -> None:
        in_a_minute = godaddy_api._RATE * 60 + max(1, round(godaddy_api._RATE * godaddy_api._BURST_SECONDS))
        assert in_a_minute <= 60


class TestCredentials:
    def test_they_may_come_from_the_environment(
        self, with_key: GoDaddyBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        options = {"provider": "godaddy", "endpoint": with_key.simulator.endpoint}
        monkeypatch.setenv("GODADDY_PAT", TOKEN)
        assert run(options, ZONE, gone(f"x.{ZONE}", "TXT"))[0].error is None
        monkeypatch.setenv("GODADDY_API_KEY", KEY)
        monkeypatch.setenv("GODADDY_API_SECRET", SECRET)
        assert run(options, ZONE, gone(f"x.{ZONE}", "TXT"))[0].error is None
        assert with_key.simulator.calls == {"v3 records": 1, "v1 records": 1}

    @pytest.mark.parametrize("stated", [{}, {"api_key": KEY}, {"api_secret": SECRET}])
    def test_what_is_missing_is_named(self, stated: dict[str, str]) -> None:
        with pytest.raises(InvalidInput, match="GoDaddy needs api_(key|secret): set it, or the environment variable"):
            open_provider({"provider": "godaddy", **stated})

    def test_both_kinds_at_once_are_refused(self) -> None:
        with pytest.raises(InvalidInput, match="remove one of them"):
            open_provider({"provider": "godaddy", "api_key": KEY, "api_secret": SECRET, "access_token": TOKEN})

    def test_the_real_address_is_used_with_a_verified_certificate(
        self, with_key: GoDaddyBackend, ca: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        options = {"provider": "godaddy", "api_key": KEY, "api_secret": SECRET}
        with TlsProxy(ca, {"api.godaddy.com": with_key.simulator.port}) as proxy:
            for name, value in proxy.environment().items():
                monkeypatch.setenv(name, value)
            result, dummy = run(options, ZONE, SPF)
            assert (result.error, result.changed) == (None, True)
            assert set(proxy.connected) == {"api.godaddy.com"}


class TestJudges:
    """Clients that are not the collection's: what one side writes, the other reads right."""

    @pytest.fixture
    def lexicon(self, with_key: GoDaddyBackend, monkeypatch: pytest.MonkeyPatch) -> Any:
        tldextract: Any = importlib.import_module("tldextract")
        resolver = importlib.import_module("lexicon.config").ConfigResolver()
        # its own list of public suffixes instead of one from the Internet
        monkeypatch.setattr(tldextract, "extract", tldextract.TLDExtract(suffix_list_urls=()))
        settings = {
            "provider_name": "godaddy",
            "domain": ZONE,
            "godaddy": {"auth_key": KEY, "auth_secret": SECRET},
            "ttl": 3600,
        }
        module: Any = importlib.import_module("lexicon._private.providers.godaddy")
        provider = module.Provider(resolver.with_dict(settings))
        provider.api_endpoint = f"{with_key.simulator.endpoint}/v1"
        provider.authenticate()
        return provider

    def test_lexicon_reads_what_we_wrote(self, with_key: GoDaddyBackend, lexicon: Any) -> None:
        assert run(with_key.options, ZONE, *NEW)[0].error is None
        seen = {(item["type"], item["name"], item["content"]) for item in lexicon.list_records()}
        assert {
            ("TXT", f"_dmarc.{ZONE}", "v=DMARC1; p=reject"),
            ("MX", f"@.{ZONE}", "company.odoo.com"),
            ("CNAME", f"s1._domainkey.{ZONE}", "odoo._domainkey.odoo.com"),
            ("A", f"www.{ZONE}", "192.0.2.10"),
        } <= seen
        assert ("MX", f"@.{ZONE}", "mx1.hoster.example") not in seen

    def test_we_read_what_lexicon_wrote_and_leave_it_alone(self, with_key: GoDaddyBackend, lexicon: Any) -> None:
        lexicon.create_record("TXT", f"verify.{ZONE}", "lexicon-verification=1")
        lexicon.create_record("CNAME", f"k1._domainkey.{ZONE}", "dkim.mcsv.net")
        all_desired = (
            Ensure(f"verify.{ZONE}", "TXT", "lexicon-verification=1"),
            Ensure(f"k1._domainkey.{ZONE}", "CNAME", "dkim.mcsv.net."),
        )
        result, dummy = run(with_key.options, ZONE, *all_desired)
        assert (result.error, result.changed) == (None, False)
        result, dummy = run(with_key.options, ZONE, Ensure(f"verify.{ZONE}", "TXT", "ours"))
        assert result.error is None
        assert values(with_key, f"verify.{ZONE}", "TXT") == {'"lexicon-verification=1"', '"ours"'}

    def test_the_certbot_plugin_for_tokens_reads_and_writes_beside_us(self, simulator: GoDaddySimulator) -> None:
        backend = GoDaddyTokenBackend(simulator)
        backend.put_zone(ZONE, RECORDS)
        module: Any = importlib.import_module("certbot_dns_godaddy_v3")
        client = module._GoDaddyClient(TOKEN, f"{simulator.endpoint}/v3/domains")
        assert run(backend.options, ZONE, *NEW)[0].error is None
        assert client.find_zone(f"_acme-challenge.{ZONE}") == (ZONE, "_acme-challenge")
        [record] = client.list_txt_records(ZONE, "_dmarc")
        assert record["data"] == "v=DMARC1; p=reject"
        client.add_txt_record(ZONE, "_acme-challenge", "token-of-acme", 600)
        result, dummy = run(backend.options, ZONE, Ensure(f"_acme-challenge.{ZONE}", "TXT", "ours"))
        assert result.error is None
        assert values(backend, f"_acme-challenge.{ZONE}", "TXT") == {'"token-of-acme"', '"ours"'}
        client.del_txt_record(ZONE, "_acme-challenge", "token-of-acme")
        assert values(backend, f"_acme-challenge.{ZONE}", "TXT") == {'"ours"'}
