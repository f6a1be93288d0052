# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``namecheap``: how often it asks, what it spares, what it says when it fails, and what others make of it."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput, ZoneNotFound
from ansible_collections.postmaster.mail.plugins.module_utils.intents import build
from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name, to_text
from ansible_collections.postmaster.mail.plugins.module_utils.providers import namecheap
from ansible_collections.postmaster.mail.plugins.module_utils.providers.namecheap import Namecheap
from ansible_collections.postmaster.mail.plugins.module_utils.providers.namecheap import api as namecheap_api
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine
from ansible_collections.postmaster.mail.tests.integration.providers.backend import (
    Ensure,
    Meanwhile,
    desired_beside_malformed_hosts,
    gone,
    open_provider,
    set_fresh_for,
)
from ansible_collections.postmaster.mail.tests.integration.providers.namecheap_backend import (
    ADDRESS,
    KEY,
    USER,
    NamecheapBackend,
    run,
)
from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.servers.tls_proxy import TlsProxy
from ansible_collections.postmaster.mail.tests.simulators.namecheap import NamecheapSimulator, Zone

ZONE = "company-name.com"
WWW = (f"www.{ZONE}", "A", 600, ["192.0.2.10"])
MX = (ZONE, "MX", 3600, ["10 mx1.hoster.example.", "20 mx2.hoster.example."])
RECORDS = (
    (ZONE, "TXT", 3600, ['"v=spf1 include:_spf.google.com ~all"', '"google-site-verification=8mXc0Zy5w"']),
    (f"_dmarc.{ZONE}", "TXT", 3600, ['"v=DMARC1; p=none"']),
    (f"s1._domainkey.{ZONE}", "CNAME", 3600, ["s1.hoster.example."]),
    WWW,
)
NEW = (
    Ensure(ZONE, "TXT", "v=spf1 include:_spf.odoo.com ~all"),
    Ensure(ZONE, "MX", "10 company.odoo.com.", only=True),
    Ensure(f"_dmarc.{ZONE}", "TXT", "v=DMARC1; p=reject", only=True),
    Ensure(f"s1._domainkey.{ZONE}", "CNAME", "odoo._domainkey.odoo.com.", only=True),
)
SPF = Ensure(ZONE, "TXT", "v=spf1 -all")


@pytest.fixture
def nameserver() -> Iterator[Nameserver]:
    with Nameserver() as running:
        yield running


@pytest.fixture
def backend(nameserver: Nameserver) -> Iterator[NamecheapBackend]:
    with NamecheapSimulator() as simulator:
        made = NamecheapBackend(simulator, nameserver)
        made.put_zone(ZONE, [*RECORDS, MX])
        yield made


@pytest.fixture
def without_mail(backend: NamecheapBackend) -> NamecheapBackend:
    backend.put_zone(ZONE, RECORDS)
    return backend


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namecheap, "_PAUSES", (0.02, 0.04))
    monkeypatch.setattr(namecheap_api, "_PAUSES", (0.02, 0.04))


def there(backend: NamecheapBackend) -> Zone:
    return backend.simulator.zones[ZONE]


def values(backend: NamecheapBackend, name: str, rdtype: str) -> frozenset[str]:
    return backend.sets(ZONE)[name, rdtype][1]


class TestCalls:
    def test_a_run_that_changes_nothing_is_one_request(self, backend: NamecheapBackend) -> None:
        result, calls = run(backend.options, ZONE, Ensure(f"_dmarc.{ZONE}", "TXT", "v=DMARC1; p=none"))
        assert (result.error, result.changed, calls) == (None, False, 1)

    def test_four_changed_sets_are_one_write_after_two_reads_and_before_one(self, backend: NamecheapBackend) -> None:
        result, calls = run(backend.options, ZONE, *NEW)
        assert (result.error, len(result.changes), calls) == (None, 4, 4)
        assert backend.simulator.calls == {"getHosts": 3, "setHosts": 1}

    def test_many_zones_are_listed_once(self, backend: NamecheapBackend) -> None:
        zones = [f"company-{number}.com" for number in range(249)]
        for zone in zones:
            backend.put_zone(zone, [])
        provider = open_provider(backend.options)
        found = provider.find_zones([record_name(f"mail.{zone}") for zone in zones])
        assert [str(found[record_name(f"mail.{zone}")]) for zone in zones] == zones
        assert provider.calls == 3
        provider.close()

    def test_many_zones_are_looked_at_right_before_each_write_and_once_more(
        self, backend: NamecheapBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As at the vendor's rate, where a zone that is looked at among others would be looked at again."""
        monkeypatch.setattr(namecheap_api, "_BURST", 1000)
        zones = [f"company-{number}.com" for number in range(40)]
        for zone in zones:
            backend.put_zone(zone, [(f"_dmarc.{zone}", "TXT", 3600, ['"v=DMARC1; p=none"'])])
        provider = open_provider({**backend.options, "rate_limit": None})
        desired = "v=DMARC1; p=reject"
        requests = [
            engine.Request(record_name(zone), provider, (Ensure(f"_dmarc.{zone}", "TXT", desired, only=True),))
            for zone in zones
        ]
        results = engine.run(requests)
        provider.close()
        assert all((result.error, result.changed) == (None, True) for result in results.values())
        log = backend.simulator.sequence
        before = [log[index - 1] for index, entry in enumerate(log) if entry[0] == "setHosts"]
        assert before == [("getHosts", zone) for zone in zones]
        assert all(log.count(("getHosts", zone)) == 3 for zone in zones)

    def test_a_domain_that_another_account_shares_is_found(self, backend: NamecheapBackend) -> None:
        backend.put_zone("shared.co.uk", [])
        backend.simulator.shared.add("shared.co.uk")
        provider = open_provider(backend.options)
        for number in range(3):
            backend.put_zone(f"company-{number}.com", [])
        listed = [record_name(name) for name in (ZONE, "company-0.com", "company-1.com", "company-2.com")]
        shared = [record_name(f"{name}.shared.co.uk") for name in ("_dmarc", "s1._domainkey", "*")]
        zones = provider.find_zones([*listed, *shared])
        assert [str(zones[name]) for name in (*listed, *shared)] == [*map(to_text, listed), *["shared.co.uk"] * 3]
        assert backend.simulator.calls == {"getList": 1, "getHosts": 1}
        provider.close()

    def test_one_domain_and_a_name_elsewhere_need_no_list(self, backend: NamecheapBackend) -> None:
        provider = open_provider(backend.options)
        names = [record_name(ZONE), record_name(f"{ZONE}._report._dmarc.reports.example")]
        found = provider.find_zones(names)
        assert str(found[names[0]]) == ZONE
        assert isinstance(found[names[1]], ZoneNotFound)
        assert backend.simulator.calls == {"getHosts": 2}
        provider.close()

    @pytest.mark.parametrize("zone", ["company-name.co.uk", "company-name.com.br", "xn--mnchen-3ya.de"])
    def test_a_domain_is_split_right_below_any_public_suffix(self, backend: NamecheapBackend, zone: str) -> None:
        backend.put_zone(zone, [])
        result, calls = run(backend.options, f"mail.eu.{zone}", gone(f"_dmarc.mail.eu.{zone}", "TXT"))
        assert (result.error, result.zones, calls) == (None, [zone], 3)


class TestMail:
    def test_the_first_mx_switches_own_mail_on(self, without_mail: NamecheapBackend) -> None:
        assert there(without_mail).email_type == "NONE"
        result, dummy = run(without_mail.options, ZONE, *NEW)
        assert result.error is None
        assert there(without_mail).email_type == "MX"
        assert values(without_mail, ZONE, "MX") == {"10 company.odoo.com."}

    def test_the_last_mx_switches_it_off(self, backend: NamecheapBackend) -> None:
        result, dummy = run(backend.options, ZONE, gone(ZONE, "MX"))
        assert result.error is None
        assert there(backend).email_type == "NONE"
        assert (ZONE, "MX") not in backend.sets(ZONE)

    @pytest.mark.parametrize("email_type", ["FWD", "OX", "GMAIL", "MXE", "MX", "NONE"])
    def test_who_handles_the_mail_stays_as_it_is(self, without_mail: NamecheapBackend, email_type: str) -> None:
        zone = there(without_mail)
        zone.email_type = email_type
        if email_type in ("OX", "GMAIL", "MX"):
            zone.add("@", "MX", "mx.hosted.example", preference=5)
        if email_type == "MXE":
            zone.add("@", "MXE", "192.0.2.25")
        result, dummy = run(without_mail.options, ZONE, SPF)
        assert (result.error, result.changed) == (None, True)
        assert zone.email_type == email_type
        assert without_mail.simulator.last_fields["emailtype"] == email_type
        kinds = {host["Type"] for host in zone.hosts} & {"MX", "MXE"}
        assert kinds == {"OX": {"MX"}, "GMAIL": {"MX"}, "MX": {"MX"}, "MXE": {"MXE"}}.get(email_type, set())

    @pytest.mark.parametrize("there_already", [False, True])
    @pytest.mark.parametrize("email_type", ["FWD", "OX", "GMAIL", "MXE"])
    def test_mail_is_not_taken_from_who_handles_it(
        self, without_mail: NamecheapBackend, email_type: str, there_already: bool
    ) -> None:
        zone = there(without_mail)
        zone.email_type = email_type
        if there_already:
            zone.add("@", "MX", "mx.hosted.example", preference=5)
        desired = Ensure(ZONE, "MX", "10 company.odoo.com.")
        for check_mode in (True, False):
            result, dummy = run(without_mail.options, ZONE, desired, check_mode=check_mode)
            assert "which handles the mail of this zone at Namecheap" in str(result.error)
        assert zone.writes == 0


class TestWhatCannotBeSentBack:
    @pytest.mark.parametrize(
        ("change", "told"),
        [
            (lambda zone: setattr(zone, "uses_our_dns", False), "does not use Namecheap's name servers"),
            (lambda zone: zone.add("home", "A", "192.0.2.9", IsDDNSEnabled="true"), 'home A "192.0.2.9", which takes'),
            (lambda zone: zone.add("old", "A", "192.0.2.9", IsActive="false"), "which is switched off"),
            (lambda zone: zone.add("q", "TXT", 'say "no"'), "with quotes"),
            (lambda zone: zone.add("_sip._tcp", "SRV", "10 60 5060 sip.hoster.example."), "a type that the API cannot"),
            (lambda zone: setattr(zone, "email_type", "NEW"), "the mail setting NEW"),
        ],
    )
    def test_the_zone_is_read_and_never_written(self, backend: NamecheapBackend, change: Any, told: str) -> None:
        change(there(backend))
        result, dummy = run(backend.options, ZONE, gone(f"x.{ZONE}", "TXT"))
        assert (result.error, result.changed) == (None, False)
        for check_mode in (True, False):
            result, dummy = run(backend.options, ZONE, SPF, check_mode=check_mode)
            assert told in str(result.error)
            assert "\n" not in str(result.error)
        assert there(backend).writes == 0

    @pytest.mark.parametrize("desired", [SPF, gone(f"_dmarc.{ZONE}", "TXT")], ids=["a new value", "a removal"])
    def test_hidden_srv_records_are_looked_for_in_dns(
        self, backend: NamecheapBackend, nameserver: Nameserver, desired: Ensure
    ) -> None:
        there(backend).hidden = ["_sipfederationtls._tcp"]
        nameserver.set_zone(ZONE, "_sipfederationtls._tcp IN SRV 100 1 5061 sipfed.online.lync.com.")
        for check_mode in (True, False):
            result, dummy = run(backend.options, ZONE, desired, check_mode=check_mode)
            assert "SRV records (_sipfederationtls._tcp)" in str(result.error)
            assert "set delete_host_records: true" in str(result.error)
        assert there(backend).hidden
        nameserver.set_zone(ZONE)
        assert run(backend.options, ZONE, desired)[0].error is None

    def test_who_goes_ahead_is_told_what_goes(self, backend: NamecheapBackend, nameserver: Nameserver) -> None:
        there(backend).hidden = ["_sip._tls"]
        nameserver.set_zone(ZONE, "_sip._tls IN SRV 100 1 443 sipdir.online.lync.com.")
        for check_mode in (True, False):
            assert there(backend).hidden
            result, dummy = run(backend.options, ZONE, SPF, check_mode=check_mode, delete_host_records=True)
            assert (result.error, result.changed) == (None, True)
            assert result.notes.warnings == [
                f"{ZONE}: the write removes the SRV records _sip._tls: enter them again by hand."
            ]

    def test_servers_that_do_not_answer_are_told(self, backend: NamecheapBackend) -> None:
        result, dummy = run(backend.options, ZONE, SPF, nameservers=["127.0.0.1:1"])
        assert (result.error, result.changed) == (None, True)
        assert "its name servers did not all say whether it has SRV records" in result.notes.warnings[0]

    def test_where_nothing_changes_nobody_is_asked(self, backend: NamecheapBackend, nameserver: Nameserver) -> None:
        run(backend.options, ZONE, gone(f"x.{ZONE}", "TXT"))
        assert not nameserver.questions

    def test_records_of_other_kinds_are_sent_back_as_they_were(self, backend: NamecheapBackend) -> None:
        zone = there(backend)
        zone.add("@", "URL301", "https://www.company-name.example/?a=1&b=2")
        zone.add("shop", "ALIAS", "shop.hoster.example", ttl=300)
        zone.add("@", "TXT", "Zürich", ttl=3600)
        zone.add("odd", "TXT", "a'b<c>&d;e=f+g%20h ", ttl=1799, preference=7)
        before = [{**host, "HostId": ""} for host in zone.hosts]
        result, dummy = run(backend.options, ZONE, SPF)
        assert result.error is None
        after = [{**host, "HostId": ""} for host in zone.hosts]
        assert [host for host in before if host not in after] == []
        assert len(after) == len(before) + 1

    @desired_beside_malformed_hosts(ZONE)
    def test_what_is_not_understood_is_locked_for_those_who_know_its_type(
        self, backend: NamecheapBackend, desired: dict[str, Any], told: str
    ) -> None:
        zone = there(backend)
        zone.hosts = [host for host in zone.hosts if host["Type"] != "MX"]
        zone.add("@", "MX", "no host!", preference=5)
        zone.add("s2._domainkey", "CNAME", "no host!")
        result, dummy = run(backend.options, ZONE, *build.domain_intents({"domain": ZONE, **desired}))
        assert told in str(result.error)

    def test_what_a_parked_domain_shows_is_kept(self, backend: NamecheapBackend) -> None:
        zone = backend.simulator.add_zone("parked.com")
        result, dummy = run(backend.options, "parked.com", Ensure("parked.com", "TXT", "v=spf1 -all"))
        assert result.error is None
        assert {(host["Name"], host["Type"]) for host in zone.hosts} == {("@", "TXT"), ("@", "URL"), ("www", "CNAME")}

    def test_one_type_at_a_name_of_an_own_type_is_a_conflict(self, backend: NamecheapBackend) -> None:
        there(backend).add("go", "URL", "https://www.company-name.example/")
        result, dummy = run(backend.options, ZONE, Ensure(f"go.{ZONE}", "CNAME", "other.example."))
        assert "cannot become a CNAME" in str(result.error)


class TestOtherWriters:
    def test_who_wrote_while_we_thought_is_noticed(
        self, backend: NamecheapBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        set_fresh_for(monkeypatch, 0.0, Namecheap)
        other = '"another-verification=1"'
        act = Meanwhile(ZONE, lambda: backend.interfere(ZONE, ZONE, "TXT", other))
        result, dummy = run(backend.options, ZONE, act, SPF)
        assert (result.error, len(result.notes.warnings)) == (None, 1)
        assert {other, '"v=spf1 -all"'} <= values(backend, ZONE, "TXT")

    def test_no_other_zone_comes_between_the_look_and_the_write(
        self, backend: NamecheapBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        set_fresh_for(monkeypatch, 0.0, Namecheap)
        zones = [f"company-{number}.com" for number in range(8)]
        for zone in zones:
            backend.put_zone(zone, [])
        provider = open_provider({**backend.options, "rate_limit": 0.9})
        all_desired = [engine.Request(record_name(zone), provider, (Ensure(zone, "TXT", "x"),)) for zone in zones]
        results = engine.run(all_desired, parallel=8)
        provider.close()
        assert {result.error for result in results.values()} == {None}
        sequence = backend.simulator.sequence
        before_writes = [sequence[index - 1] for index, entry in enumerate(sequence) if entry[0] == "setHosts"]
        written = [zone for command, zone in sequence if command == "setHosts"]
        assert before_writes == [("getHosts", zone) for zone in written]

    def test_who_changed_the_mail_while_we_thought_is_noticed(
        self, without_mail: NamecheapBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        set_fresh_for(monkeypatch, 0.0, Namecheap)
        act = Meanwhile(ZONE, lambda: setattr(there(without_mail), "email_type", "FWD"))
        result, dummy = run(without_mail.options, ZONE, act, *NEW)
        assert "email forwarding" in str(result.error)
        assert there(without_mail).writes == 0

    def test_who_overwrites_us_at_once_is_told_with_what_is_lost(self, backend: NamecheapBackend) -> None:
        def overwrite() -> None:
            there(backend).hosts = [host for host in there(backend).hosts if host["Name"] != "_dmarc"]

        backend.simulator.fail("getHosts", 2)
        backend.simulator.fail("getHosts", act=overwrite)
        desired = Ensure(f"_dmarc.{ZONE}", "TXT", "v=DMARC1; p=reject", only=True)
        result, dummy = run(backend.options, ZONE, desired)
        assert result.error is None
        assert 'it should hold "v=DMARC1; p=reject"' in str(result.notes.warnings)
        assert values(backend, f"_dmarc.{ZONE}", "TXT") == {'"v=DMARC1; p=reject"'}

    def test_what_others_lose_by_a_write_is_told(self, backend: NamecheapBackend) -> None:
        def lose() -> None:
            there(backend).hosts = [host for host in there(backend).hosts if host["Name"] != "www"]

        backend.simulator.fail("getHosts", 2)
        backend.simulator.fail("getHosts", act=lose)
        result, dummy = run(backend.options, ZONE, SPF)
        assert 'are missing that were there before: www A "192.0.2.10"' in str(result.error)


class TestWhatGoesWrong:
    @pytest.mark.parametrize("done", [False, True])
    @pytest.mark.parametrize("fault", [{"status": 500}, {"status": 503}, {"how": "reset"}])
    def test_a_write_that_is_not_confirmed_is_looked_after(
        self, backend: NamecheapBackend, fault: dict[str, Any], done: bool
    ) -> None:
        backend.simulator.fail("setHosts", done=done, **fault)
        result, dummy = run(backend.options, ZONE, *NEW)
        assert (result.error, result.notes.warnings) == (None, [])
        assert there(backend).writes == 1
        assert values(backend, ZONE, "MX") == {"10 company.odoo.com."}

    def test_who_wrote_while_a_write_was_not_confirmed_is_not_overwritten(self, backend: NamecheapBackend) -> None:
        other = '"another-verification=1"'

        def act() -> None:
            backend.interfere(ZONE, ZONE, "TXT", other)

        backend.simulator.fail("setHosts", status=500, act=act)
        result, dummy = run(backend.options, ZONE, SPF)
        assert (result.error, len(result.notes.warnings)) == (None, 1)
        assert {other, '"v=spf1 -all"'} <= values(backend, ZONE, "TXT")

    def test_a_write_that_is_never_confirmed_is_told(self, backend: NamecheapBackend) -> None:
        backend.simulator.fail("setHosts", 9, status=500)
        result, dummy = run(backend.options, ZONE, SPF)
        assert not result.changed
        assert "nothing was written" in str(result.error)
        assert "\n" not in str(result.error)

    def test_a_write_that_cannot_be_looked_after_is_told(self, backend: NamecheapBackend) -> None:
        backend.simulator.fail("setHosts", status=500, act=lambda: backend.simulator.fail("getHosts", 10, status=500))
        result, dummy = run(backend.options, ZONE, SPF)
        assert "it is not known whether the change was written" in str(result.error)

    def test_a_refusal_is_one_sentence_and_nothing_is_written(self, backend: NamecheapBackend) -> None:
        backend.simulator.fail("setHosts", number=2050900)
        result, dummy = run(backend.options, ZONE, SPF)
        assert str(result.error).startswith(f"{ZONE}: nothing was written.")
        assert "2050900" in str(result.error)
        assert there(backend).writes == 0

    def test_throttling_is_waited_for(self, backend: NamecheapBackend) -> None:
        backend.simulator.fail("getHosts", status=405)
        backend.simulator.fail("setHosts", 2, status=405)
        result, dummy = run(backend.options, ZONE, SPF)
        assert (result.error, result.changed, there(backend).writes) == (None, True, 1)

    def test_throttling_that_does_not_end_is_told(self, backend: NamecheapBackend) -> None:
        backend.simulator.quota = 0
        result, calls = run(backend.options, ZONE, SPF)
        assert "accepts no more requests for now" in str(result.error)
        assert calls == 3

    @pytest.mark.parametrize("fault", [{"status": 503}, {"how": "reset"}])
    def test_a_read_is_repeated(self, backend: NamecheapBackend, fault: dict[str, Any]) -> None:
        backend.simulator.fail("getHosts", **fault)
        assert run(backend.options, ZONE, gone(f"x.{ZONE}", "TXT"))[0].error is None

    def test_an_answer_that_is_none_stops_everything(self, backend: NamecheapBackend) -> None:
        backend.simulator.fail("getHosts", how="page")
        result, dummy = run(backend.options, ZONE, SPF)
        assert "answers with something other than its API describes" in str(result.error)
        assert there(backend).writes == 0

    @pytest.mark.parametrize("encoding", ["gb2312", "of-a-proxy"])
    def test_a_page_in_an_unknown_encoding_stops_everything(self, backend: NamecheapBackend, encoding: str) -> None:
        backend.simulator.fail("getHosts", how="page", page=f'<?xml version="1.0" encoding="{encoding}"?><html/>')
        result, dummy = run(backend.options, ZONE, SPF)
        assert "answers with something other than its API describes" in str(result.error)

    def test_the_key_is_shown_to_nobody_when_a_proxy_repeats_it(self, backend: NamecheapBackend) -> None:
        backend.simulator.fail(
            "getHosts", 10, how="page", status=500, page=f"no route for ApiKey={KEY}&ClientIp=127.0.0.1"
        )
        result, dummy = run(backend.options, ZONE, SPF)
        assert "no route for ApiKey=…" in str(result.error)

    def test_who_is_not_in_the_allow_list_is_told_what_to_switch_on(self, backend: NamecheapBackend) -> None:
        result, dummy = run(backend.options, ZONE, SPF, client_ip="198.51.100.7")
        assert "1011150" in str(result.error)
        assert "198.51.100.7, is in its allow-list" in str(result.error)
        assert KEY not in str(result.error)

    def test_the_limiter_stays_within_what_the_vendor_allows(self) -> None:
        assert namecheap_api._RATE * 60 + namecheap_api._BURST <= 20
        assert namecheap_api._RATE * 3600 + namecheap_api._BURST <= 700


class TestCredentials:
    def test_they_may_come_from_the_environment(
        self, backend: NamecheapBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in (("API_USER", USER), ("API_KEY", KEY), ("CLIENT_IP", ADDRESS), ("USERNAME", USER)):
            monkeypatch.setenv(f"NAMECHEAP_{name}", value)
        options = {"provider": "namecheap", "endpoint": f"{backend.simulator.endpoint}/xml.response"}
        assert run(options, ZONE, gone(f"x.{ZONE}", "TXT"))[0].error is None

    def test_what_is_missing_is_named(self) -> None:
        with pytest.raises(
            InvalidInput, match="needs client_ip: set it, or the environment variable NAMECHEAP_CLIENT_"
        ):
            open_provider({"provider": "namecheap", "api_user": USER, "api_key": KEY})

    @pytest.mark.parametrize("address", ["2001:db8::1", "192.0.2", "my.host.example"])
    def test_an_address_other_than_ipv4_is_refused(self, address: str) -> None:
        with pytest.raises(InvalidInput, match="client_ip must be an IPv4 address"):
            open_provider({"provider": "namecheap", "api_user": USER, "api_key": KEY, "client_ip": address})

    def test_the_key_stands_in_no_address(self, backend: NamecheapBackend, monkeypatch: pytest.MonkeyPatch) -> None:
        addresses: list[str] = []
        handler = backend.simulator._server.RequestHandlerClass
        monkeypatch.setattr(handler, "log_request", lambda self, *dummy: addresses.append(self.path))
        run(backend.options, ZONE, SPF)
        assert set(addresses) == {"/xml.response"}

    def test_the_real_address_is_used_with_a_verified_certificate(
        self, backend: NamecheapBackend, ca: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with TlsProxy(ca, {"api.namecheap.com": backend.simulator.port}) as proxy:
            for name, value in proxy.environment().items():
                monkeypatch.setenv(name, value)
            result, dummy = run(backend.options, ZONE, SPF, endpoint=None)
            assert (result.error, result.changed) == (None, True)
            assert set(proxy.connected) == {"api.namecheap.com"}


class TestJudges:
    """Clients that are not the collection's: what one side writes, the other reads right."""

    @pytest.fixture
    def lexicon(self, without_mail: NamecheapBackend, monkeypatch: pytest.MonkeyPatch) -> Any:
        tldextract: Any = importlib.import_module("tldextract")
        # its own list of public suffixes instead of one from the Internet
        monkeypatch.setattr(tldextract, "extract", tldextract.TLDExtract(suffix_list_urls=()))
        resolver = importlib.import_module("lexicon.config").ConfigResolver()
        account = {"auth_token": KEY, "auth_username": USER, "auth_client_ip": ADDRESS}
        settings = {"provider_name": "namecheap", "domain": ZONE, "namecheap": account, "ttl": 3600}
        module: Any = importlib.import_module("lexicon._private.providers.namecheap")
        provider = module.Provider(resolver.with_dict(settings))
        provider.client.endpoint = f"{without_mail.simulator.endpoint}/xml.response"
        provider.authenticate()
        return provider

    def test_lexicon_reads_what_we_wrote(self, without_mail: NamecheapBackend, lexicon: Any) -> None:
        assert run(without_mail.options, ZONE, *NEW)[0].error is None
        seen = {(item["type"], item["name"], item["content"]) for item in lexicon.list_records()}
        assert {
            ("TXT", f"_dmarc.{ZONE}", "v=DMARC1; p=reject"),
            ("MX", f"@.{ZONE}", "10 company.odoo.com."),
            ("CNAME", f"s1._domainkey.{ZONE}", "odoo._domainkey.odoo.com."),
            ("A", f"www.{ZONE}", "192.0.2.10"),
        } <= seen

    def test_we_read_what_lexicon_wrote_and_leave_it_alone(self, without_mail: NamecheapBackend, lexicon: Any) -> None:
        lexicon.create_record("TXT", "verify", "lexicon-verification=1")
        lexicon.create_record("CNAME", "k1._domainkey", "dkim.mcsv.net")
        all_desired = (
            Ensure(f"verify.{ZONE}", "TXT", "lexicon-verification=1"),
            Ensure(f"k1._domainkey.{ZONE}", "CNAME", "dkim.mcsv.net."),
        )
        result, dummy = run(without_mail.options, ZONE, *all_desired)
        assert (result.error, result.changed) == (None, False)
        assert run(without_mail.options, ZONE, Ensure(f"verify.{ZONE}", "TXT", "ours"))[0].error is None
        assert values(without_mail, f"verify.{ZONE}", "TXT") == {'"lexicon-verification=1"', '"ours"'}
