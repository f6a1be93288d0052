# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every provider must do, whatever its API: one suite that each of them passes unchanged.

A provider's test file has a subclass of ``ProviderSuite`` with a fixture ``backend``, and there says how a zone is
made, seen and changed by means that are not the collection's own code (``Backend``).
"""

from __future__ import annotations

import concurrent.futures
import itertools
import secrets
from collections.abc import Iterator

import dns.name
import dns.rdata
import dns.rdatatype
import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.intents import build
from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name, to_text
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine
from ansible_collections.postmaster.mail.plugins.module_utils.zone.intent import Intent
from ansible_collections.postmaster.mail.plugins.module_utils.zone.provider import Provider
from ansible_collections.postmaster.mail.tests.integration.providers.backend import (
    DKIM_2048,
    DKIM_4096,
    SPF,
    VERIFICATION,
    Backend,
    Ensure,
    Meanwhile,
    Record,
    gone,
    open_provider,
    text_of,
)

# A zone that others use too: none of this may change when something else does.
FOREIGN: tuple[tuple[str, str, int, tuple[str, ...]], ...] = (
    ("", "A", 300, ("192.0.2.10", "192.0.2.11")),
    ("", "CAA", 3600, ('0 issue "letsencrypt.org"',)),
    ("www", "CNAME", 7200, ("web.hoster.example.",)),
    ("_sip._tcp", "SRV", 1800, ("10 60 5060 sip.hoster.example.",)),
    ("shop", "AAAA", 600, ("2001:db8::1",)),
    ("split._domainkey", "TXT", 900, ('"v=DKIM1; k=rsa; " "p=MIIB" "IjAN"',)),
    ("escaped", "TXT", 900, (r'"quote \" backslash \\ octet \200"',)),
    ("*.wild", "TXT", 900, ('"anything"',)),
)


class ProviderSuite:
    """The tests. ``zone`` is a fresh zone with a foreign content, ``apply`` runs the engine on it."""

    _numbers = itertools.count(1)

    @pytest.fixture
    def backend(self) -> Backend:
        raise NotImplementedError("the test class of a provider has a fixture named backend")

    @pytest.fixture
    def provider(self, backend: Backend) -> Iterator[Provider]:
        provider = open_provider(backend.options)
        yield provider
        provider.close()

    @pytest.fixture
    def zone(self, backend: Backend) -> str:
        return self.make_zone(backend)

    def make_zone(self, backend: Backend, *records: Record) -> str:
        """A fresh zone with the foreign records and these (owners relative to it)."""
        zone = f"company-{next(self._numbers)}-{secrets.token_hex(3)}.example"
        backend.put_zone(
            zone,
            [
                (f"{owner}.{zone}".lstrip("."), rdtype, ttl, values)
                for owner, rdtype, ttl, values in (*FOREIGN, *records)
            ],
        )
        return zone

    def run(self, provider: Provider, domain: str, *intents: Intent, check_mode: bool = False) -> engine.DomainResult:
        name = record_name(domain)
        return engine.run([engine.Request(name, provider, intents)], check_mode=check_mode, parallel=4)[name]

    def ensure(self, provider: Provider, domain: str, *intents: Intent) -> engine.DomainResult:
        """A run that succeeds, changes something, and has nothing left to do when it is run again."""
        result = self.run(provider, domain, *intents)
        assert result.error is None
        assert result.changed
        again = self.run(provider, domain, *intents)
        assert (again.error, again.diff) == (None, "")
        return result

    def refuse_text(self, backend: Backend, provider: Provider, zone: str, value: bytes) -> None:
        """A run that says what cannot be held, and writes nothing."""
        before = backend.sets(zone)
        result = self.run(provider, zone, Ensure(f"text.{zone}", "TXT", value), Ensure(zone, "TXT", "v=spf1 -all"))
        assert f"text.{zone} TXT" in str(result.error)
        assert provider.facts.title in str(result.error)
        assert backend.sets(zone) == before

    # -- create, replace, delete -------------------------------------------------------------------------------------

    def test_a_txt_is_created(self, backend: Backend, provider: Provider, zone: str) -> None:
        self.ensure(provider, zone, Ensure(f"_dmarc.{zone}", "TXT", "v=DMARC1; p=none"))
        dummy, values = backend.sets(zone)[f"_dmarc.{zone}", "TXT"]
        assert {text_of(value) for value in values} == {b"v=DMARC1; p=none"}

    def test_a_cname_is_created(self, backend: Backend, provider: Provider, zone: str) -> None:
        self.ensure(provider, zone, Ensure(f"odoo._domainkey.{zone}", "CNAME", "odoo._domainkey.odoo.com."))
        dummy, values = backend.sets(zone)[f"odoo._domainkey.{zone}", "CNAME"]
        assert values == {"odoo._domainkey.odoo.com."}

    def test_mx_hosts_of_one_preference_are_created(self, backend: Backend, provider: Provider, zone: str) -> None:
        hosts = ("10 mx1.hoster.example.", "10 mx2.hoster.example.", "20 mx1.hoster.example.")
        self.ensure(provider, zone, Ensure(zone, "MX", *hosts))
        dummy, values = backend.sets(zone)[zone, "MX"]
        assert values == set(hosts)

    def test_a_null_mx_is_created_where_the_provider_can_hold_it(
        self, backend: Backend, provider: Provider, zone: str
    ) -> None:
        desired = Ensure(f"nomail.{zone}", "MX", "0 .")
        if provider.facts.null_mx:
            self.ensure(provider, zone, desired)
            assert backend.sets(zone)[f"nomail.{zone}", "MX"][1] == {"0 ."}
        else:
            assert "null MX" in str(self.run(provider, zone, desired).error)

    def test_a_value_is_replaced(self, backend: Backend, provider: Provider) -> None:
        zone = self.make_zone(backend, ("_dmarc", "TXT", 3600, ['"v=DMARC1; p=none"']))
        self.ensure(provider, zone, Ensure(f"_dmarc.{zone}", "TXT", "v=DMARC1; p=quarantine", only=True))
        dummy, values = backend.sets(zone)[f"_dmarc.{zone}", "TXT"]
        assert {text_of(value) for value in values} == {b"v=DMARC1; p=quarantine"}

    def test_a_set_is_deleted(self, backend: Backend, provider: Provider) -> None:
        zone = self.make_zone(backend, ("old._domainkey", "CNAME", 3600, ["old.hoster.example."]))
        self.ensure(provider, zone, gone(f"old._domainkey.{zone}", "CNAME"))
        assert (f"old._domainkey.{zone}", "CNAME") not in backend.sets(zone)

    def test_one_value_goes_and_its_siblings_stay(self, backend: Backend, provider: Provider) -> None:
        zone = self.make_zone(backend, ("", "TXT", 3600, [SPF, VERIFICATION]))
        self.ensure(provider, zone, gone(zone, "TXT", text_of(SPF)))
        assert backend.sets(zone)[zone, "TXT"] == (3600, frozenset({VERIFICATION}))

    def test_a_cname_makes_room_for_a_txt(self, backend: Backend, provider: Provider) -> None:
        zone = self.make_zone(backend, ("s1._domainkey", "CNAME", 3600, ["s1.hoster.example."]))
        name = f"s1._domainkey.{zone}"
        self.ensure(provider, zone, gone(name, "CNAME"), Ensure(name, "TXT", "v=DKIM1; p=MIIB"))
        there = backend.sets(zone)
        assert (name, "CNAME") not in there
        assert {text_of(value) for value in there[name, "TXT"][1]} == {b"v=DKIM1; p=MIIB"}

    def test_a_txt_makes_room_for_a_cname(self, backend: Backend, provider: Provider) -> None:
        zone = self.make_zone(backend, ("s1._domainkey", "TXT", 3600, ['"v=DKIM1; p=MIIB"']))
        name = f"s1._domainkey.{zone}"
        self.ensure(provider, zone, gone(name, "TXT"), Ensure(name, "CNAME", "s1.hoster.example."))
        there = backend.sets(zone)
        assert (name, "TXT") not in there
        assert there[name, "CNAME"][1] == {"s1.hoster.example."}

    # -- what is not ours --------------------------------------------------------------------------------------------

    def test_nothing_else_in_the_zone_changes(self, backend: Backend, provider: Provider) -> None:
        zone = self.make_zone(backend, ("", "TXT", 1800, [VERIFICATION]), ("", "MX", 1800, ["5 mail.hoster.example."]))
        before = backend.sets(zone)
        self.ensure(
            provider,
            zone,
            Ensure(zone, "TXT", "v=spf1 -all"),
            Ensure(zone, "MX", "10 company.odoo.com."),
            Ensure(f"_dmarc.{zone}", "TXT", "v=DMARC1; p=none"),
        )
        after = backend.sets(zone)
        ours = {(zone, "TXT"), (zone, "MX"), (f"_dmarc.{zone}", "TXT")}
        assert {key: value for key, value in after.items() if key not in ours} == {
            key: value for key, value in before.items() if key not in ours
        }
        assert after[zone, "TXT"] == (1800, frozenset({VERIFICATION, '"v=spf1 -all"'}))
        assert after[zone, "MX"] == (1800, frozenset({"5 mail.hoster.example.", "10 company.odoo.com."}))

    def test_a_sibling_keeps_the_strings_that_it_was_cut_into(self, backend: Backend, provider: Provider) -> None:
        spelled = '"a verification " "in two strings"'
        zone = self.make_zone(backend, ("", "TXT", 3600, [spelled]))
        self.ensure(provider, zone, Ensure(zone, "TXT", "v=spf1 -all"))
        values = backend.sets(zone)[zone, "TXT"][1]
        if backend.keeps_spelling:
            assert spelled in values
        assert {text_of(value) for value in values} == {text_of(spelled), b"v=spf1 -all"}

    def test_a_value_that_is_cut_otherwise_is_equal(self, backend: Backend, provider: Provider) -> None:
        zone = self.make_zone(backend, ("", "TXT", 3600, ['"v=spf1 " "include:_spf.odoo.com" " ~all"']))
        before = backend.writes(zone)
        result = self.run(provider, zone, Ensure(zone, "TXT", "v=spf1 include:_spf.odoo.com ~all"))
        assert (result.error, result.changed) == (None, False)
        assert backend.writes(zone) == before

    # -- how often it writes -----------------------------------------------------------------------------------------

    def test_several_changes_are_one_write(self, backend: Backend, provider: Provider, zone: str) -> None:
        before = backend.writes(zone)
        self.ensure(
            provider,
            zone,
            Ensure(zone, "TXT", "v=spf1 -all"),
            Ensure(f"_dmarc.{zone}", "TXT", "v=DMARC1; p=none"),
            Ensure(f"s1._domainkey.{zone}", "CNAME", "s1.hoster.example."),
            gone(f"shop.{zone}", "AAAA"),
        )
        assert backend.writes(zone) - before == backend.writes_of(4)

    def test_where_nothing_changes_nothing_is_written(self, backend: Backend, provider: Provider) -> None:
        zone = self.make_zone(backend, ("", "TXT", 3600, [SPF, VERIFICATION]))
        before = backend.writes(zone)
        result = self.run(provider, zone, Ensure(zone, "TXT", text_of(SPF)), gone(zone, "MX"))
        assert (result.error, result.changed) == (None, False)
        assert backend.writes(zone) == before

    def test_check_mode_tells_the_diff_and_writes_nothing(
        self, backend: Backend, provider: Provider, zone: str
    ) -> None:
        desired = Ensure(f"_dmarc.{zone}", "TXT", "v=DMARC1; p=none")
        before = backend.writes(zone), backend.sets(zone)
        foreseen = self.run(provider, zone, desired, check_mode=True)
        assert foreseen.changed
        assert (backend.writes(zone), backend.sets(zone)) == before
        assert self.ensure(provider, zone, desired).diff == foreseen.diff

    # -- values and names --------------------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        "value",
        [
            pytest.param(DKIM_2048.encode(), id="a DKIM key of 2048 bits"),
            pytest.param(DKIM_4096.encode(), id="a DKIM key of 4096 bits"),
            pytest.param(b"x" * 255, id="one whole string"),
            pytest.param(b"x" * 256, id="one octet more than a string"),
            pytest.param(b'he said "no"', id="quotes"),
            pytest.param(rb"C:\mail\200\x", id="backslashes"),
            pytest.param(b"v=DMARC1; p=none; rua=mailto:a@b.example", id="semicolons"),
            pytest.param(b"  two  blanks  ", id="blanks"),
            pytest.param("Zürich – 東京".encode(), id="UTF-8"),
            pytest.param(b"($TTL) @ #", id="master-file syntax"),
        ],
    )
    def test_a_text_is_stored_octet_for_octet(
        self, backend: Backend, provider: Provider, zone: str, value: bytes
    ) -> None:
        if not backend.holds(value):
            self.refuse_text(backend, provider, zone, value)
            return
        self.ensure(provider, zone, Ensure(f"text.{zone}", "TXT", value))
        dummy, values = backend.sets(zone)[f"text.{zone}", "TXT"]
        assert {text_of(text) for text in values} == {value}

    def test_octets_that_are_no_text_survive(self, backend: Backend, provider: Provider) -> None:
        foreign = r'"\000\001\031\127\128\200\255"'
        ours = b"\x00\x7f\x80\xff ours"
        if not backend.holds(ours):
            self.refuse_text(backend, provider, self.make_zone(backend), ours)
            return
        zone = self.make_zone(backend, ("octets", "TXT", 3600, [foreign]))
        name = f"octets.{zone}"
        self.ensure(provider, zone, Ensure(name, "TXT", ours))
        dummy, values = backend.sets(zone)[name, "TXT"]
        assert {text_of(text) for text in values} == {text_of(foreign), ours}

    @pytest.mark.parametrize(
        "owner", ["", "*", "*.sub", "_dmarc", "s1._domainkey", "a.b.c.d.deep", "xn--mnchen-3ya", "1._report._dmarc"]
    )
    def test_any_owner_name_can_be_written(self, backend: Backend, provider: Provider, zone: str, owner: str) -> None:
        name = f"{owner}.{zone}".lstrip(".")
        self.ensure(provider, zone, Ensure(name, "TXT", "v=test"))
        assert {text_of(value) for value in backend.sets(zone)[name, "TXT"][1]} == {b"v=test"}

    def test_upper_case_means_the_same(self, backend: Backend, provider: Provider) -> None:
        zone = self.make_zone(backend, ("s1._domainkey", "CNAME", 3600, ["s1.hoster.example."]))
        desired = Ensure(f"S1._DomainKey.{zone.upper()}", "CNAME", "S1.Hoster.EXAMPLE.")
        result = self.run(provider, zone.upper(), desired)
        assert (result.error, result.changed) == (None, False)

    def test_an_internationalised_zone_is_found(self, backend: Backend, provider: Provider) -> None:
        label = f"münchen{secrets.token_hex(3)}"
        ascii_zone = to_text(record_name(f"{label}.example"))
        backend.put_zone(ascii_zone, [])
        self.ensure(provider, f"{label}.example", Ensure(f"_dmarc.{ascii_zone}", "TXT", "v=DMARC1; p=none"))
        assert (f"_dmarc.{ascii_zone}", "TXT") in backend.sets(ascii_zone)

    # -- TTL ---------------------------------------------------------------------------------------------------------

    def test_a_set_keeps_its_ttl(self, backend: Backend, provider: Provider) -> None:
        zone = self.make_zone(backend, ("", "TXT", 1234, [VERIFICATION]))
        self.ensure(provider, zone, Ensure(zone, "TXT", "v=spf1 -all"))
        assert backend.sets(zone)[zone, "TXT"] == (1234, frozenset({VERIFICATION, '"v=spf1 -all"'}))

    def test_a_new_set_gets_the_ttl_asked_for(self, backend: Backend, provider: Provider, zone: str) -> None:
        self.ensure(provider, zone, Ensure(f"_dmarc.{zone}", "TXT", "v=DMARC1; p=none", ttl=1800))
        assert backend.sets(zone)[f"_dmarc.{zone}", "TXT"][0] == 1800

    def test_a_ttl_alone_is_changed(self, backend: Backend, provider: Provider) -> None:
        zone = self.make_zone(backend, ("", "TXT", 3600, [SPF, VERIFICATION]))
        self.ensure(provider, zone, Ensure(zone, "TXT", text_of(SPF), ttl=1800))
        assert backend.sets(zone)[zone, "TXT"] == (1800, frozenset({SPF, VERIFICATION}))

    # -- which zone --------------------------------------------------------------------------------------------------

    def test_a_deep_domain_is_in_its_closest_zone(self, backend: Backend, provider: Provider, zone: str) -> None:
        self.ensure(provider, f"a.b.{zone}", Ensure(f"a.b.{zone}", "TXT", "v=spf1 -all"))
        assert (f"a.b.{zone}", "TXT") in backend.sets(zone)

    def test_a_child_zone_of_its_own_is_preferred(self, backend: Backend, provider: Provider) -> None:
        zone = self.make_zone(backend, ("mail", "NS", 3600, ["ns1.hoster.example."]))
        child = f"mail.{zone}"
        backend.put_zone(child, [])
        before = backend.sets(zone)
        self.ensure(provider, f"x.{child}", Ensure(f"x.{child}", "TXT", "v=spf1 -all"))
        assert (f"x.{child}", "TXT") in backend.sets(child)
        assert backend.sets(zone) == before

    def test_a_record_goes_into_the_zone_of_its_name(self, backend: Backend, provider: Provider) -> None:
        zone = self.make_zone(backend, ("_dmarc", "NS", 3600, ["ns1.hoster.example."]))
        child = f"_dmarc.{zone}"
        backend.put_zone(child, [])
        before = backend.sets(zone)
        all_desired = [Ensure(child, "TXT", "v=DMARC1; p=none"), Ensure(zone, "TXT", "v=spf1 -all")]
        result = self.ensure(provider, zone, *all_desired)
        assert sorted(result.zones) == [child, zone]
        assert (child, "TXT") in backend.sets(child)
        assert {key: value for key, value in backend.sets(zone).items() if key != (zone, "TXT")} == before

    def test_a_zone_that_is_not_delegated_gets_the_record_where_it_answers(
        self, backend: Backend, provider: Provider
    ) -> None:
        zone, other = self.make_zone(backend), self.make_zone(backend)
        child = f"_domainkey.{zone}"
        backend.put_zone(child, [])
        answering, silent, zones = (child, zone, [child, zone]) if backend.zones_hide else (zone, child, [zone])
        all_desired = [Ensure(f"s1.{child}", "TXT", "v=DKIM1; p=MIIB"), Ensure(zone, "TXT", "v=spf1 -all")]
        foreseen = self.run(provider, zone, *all_desired, check_mode=True)
        assert sorted(foreseen.zones) == zones
        batch = [
            engine.Request(record_name(zone), provider, tuple(all_desired)),
            engine.Request(record_name(other), provider, (Ensure(other, "TXT", "v=spf1 -all"),)),
        ]
        result = engine.run(batch)[record_name(zone)]
        assert (result.error, sorted(result.zones), result.diff) == (None, zones, foreseen.diff)
        assert (f"s1.{child}", "TXT") in backend.sets(answering)
        assert (f"s1.{child}", "TXT") not in backend.sets(silent)
        if backend.zones_hide:  # the zone that answers has it, so there is nothing to say
            assert result.notes.warnings == []

    def test_a_zone_with_an_underscore_can_be_stated(self, backend: Backend, provider: Provider) -> None:
        zone = self.make_zone(backend)
        child = f"_domainkey.{zone}"
        backend.put_zone(child, [])
        before = backend.sets(zone)
        name = record_name(zone)
        desired = Ensure(f"s1.{child}", "TXT", "v=DMARC1; p=none")
        result = engine.run([engine.Request(name, provider, (desired,), record_name(child))])[name]
        assert (result.error, result.zones) == (None, [child])
        assert (f"s1.{child}", "TXT") in backend.sets(child)
        assert backend.sets(zone) == before

    def test_what_is_delegated_away_is_refused(self, backend: Backend, provider: Provider) -> None:
        zone = self.make_zone(backend, ("away", "NS", 3600, ["ns1.hoster.example."]))
        before = backend.sets(zone)
        result = self.run(provider, zone, Ensure(f"x.away.{zone}", "TXT", "v=spf1 -all"))
        assert "delegated to ns1.hoster.example" in str(result.error)
        assert backend.sets(zone) == before

    def test_the_zone_that_is_stated_is_used(self, backend: Backend, provider: Provider, zone: str) -> None:
        name = record_name(f"sub.{zone}")
        desired = Ensure(f"sub.{zone}", "TXT", "v=spf1 -all")
        request = engine.Request(name, provider, (desired,), record_name(zone))
        result = engine.run([request])[name]
        assert (result.error, result.zones) == (None, [zone])

    def test_an_unknown_zone_is_one_sentence(self, provider: Provider) -> None:
        result = self.run(provider, "unknown.example", Ensure("unknown.example", "TXT", "v=spf1 -all"))
        assert "unknown.example" in str(result.error)
        assert "zone" in str(result.error)
        assert "\n" not in str(result.error)
        name = record_name("unknown.example")
        stated = engine.Request(name, provider, (Ensure("unknown.example", "TXT", "x"),), name)
        assert "unknown.example" in str(engine.run([stated])[name].error)

    # -- what goes wrong ---------------------------------------------------------------------------------------------

    def test_wrong_credentials_are_one_sentence_without_the_secret(self, backend: Backend, zone: str) -> None:
        for options, secret in backend.wrong:
            provider = open_provider(options)
            try:
                result = self.run(provider, zone, Ensure(zone, "TXT", "v=spf1 -all"))
            finally:
                provider.close()
            assert "Check" in str(result.error)
            assert "\n" not in str(result.error)
            assert secret not in str(result.error)
        assert (zone, "TXT") not in backend.sets(zone)

    def test_an_unreachable_server_is_one_sentence(self, backend: Backend) -> None:
        provider = open_provider(backend.unreachable)
        result = self.run(provider, "company-name.example", Ensure("company-name.example", "TXT", "v=spf1 -all"))
        assert backend.unreachable_reason in str(result.error)
        assert "\n" not in str(result.error)

    def test_a_value_written_meanwhile_is_not_lost(self, backend: Backend, provider: Provider) -> None:
        zone = self.make_zone(backend, ("", "TXT", 3600, [VERIFICATION]))
        other = '"another-verification=1"'
        result = self.run(
            provider,
            zone,
            Meanwhile(zone, lambda: backend.interfere(zone, zone, "TXT", other)),
            Ensure(zone, "TXT", "v=spf1 -all"),
        )
        assert result.error is None
        assert result.notes.warnings
        assert backend.sets(zone)[zone, "TXT"][1] == {VERIFICATION, other, '"v=spf1 -all"'}

    def test_a_set_created_meanwhile_is_not_lost(self, backend: Backend, provider: Provider, zone: str) -> None:
        result = self.run(
            provider,
            zone,
            Meanwhile(zone, lambda: backend.interfere(zone, zone, "TXT", VERIFICATION)),
            Ensure(zone, "TXT", "v=spf1 -all"),
        )
        assert result.error is None
        assert backend.sets(zone)[zone, "TXT"][1] == {VERIFICATION, '"v=spf1 -all"'}

    def test_a_cname_created_meanwhile_is_a_conflict(self, backend: Backend, provider: Provider, zone: str) -> None:
        name = f"s1._domainkey.{zone}"
        result = self.run(
            provider,
            zone,
            Meanwhile(zone, lambda: backend.interfere(zone, name, "CNAME", "s1.other.example.")),
            Ensure(name, "TXT", "v=DKIM1; p=MIIB"),
            Ensure(zone, "TXT", "v=spf1 -all"),
        )
        assert "CNAME of s1.other.example" in str(result.error)
        there = backend.sets(zone)
        assert there[name, "CNAME"][1] == {"s1.other.example."}
        assert (zone, "TXT") not in there

    def test_what_others_write_elsewhere_in_the_zone_stays(
        self, backend: Backend, provider: Provider, zone: str
    ) -> None:
        result = self.run(
            provider,
            zone,
            Meanwhile(zone, lambda: backend.interfere(zone, f"new.{zone}", "A", "192.0.2.99")),
            Ensure(zone, "TXT", "v=spf1 -all"),
        )
        assert result.error is None
        assert backend.sets(zone)[f"new.{zone}", "A"][1] == {"192.0.2.99"}

    def test_a_failing_domain_does_not_stop_another(self, backend: Backend, provider: Provider, zone: str) -> None:
        good, bad = record_name(zone), record_name("unknown.example")
        requests = [
            engine.Request(bad, provider, (Ensure("unknown.example", "TXT", "v=spf1 -all"),)),
            engine.Request(good, provider, (Ensure(zone, "TXT", "v=spf1 -all"),)),
        ]
        results = engine.run(requests)
        assert results[bad].error is not None
        assert results[good].error is None
        assert (zone, "TXT") in backend.sets(zone)

    def test_many_zones_are_written_side_by_side(self, backend: Backend, provider: Provider) -> None:
        zones = [self.make_zone(backend) for dummy in range(12)]
        requests = [
            engine.Request(
                record_name(zone),
                provider,
                (
                    Ensure(zone, "TXT", f"v=spf1 include:{zone} ~all"),
                    Ensure(f"_dmarc.{zone}", "TXT", "v=DMARC1; p=none"),
                ),
            )
            for zone in zones
        ]
        results = engine.run(requests, parallel=8)
        assert [result.error for result in results.values()] == [None] * len(zones)
        for zone in zones:
            assert backend.sets(zone)[zone, "TXT"][1] == {f'"v=spf1 include:{zone} ~all"'}
        again = engine.run(requests, parallel=8)
        assert not any(result.changed for result in again.values())

    def test_several_programs_write_to_one_zone(self, backend: Backend, zone: str) -> None:
        def program(number: int) -> engine.DomainResult:
            provider = open_provider(backend.options)
            try:
                return self.run(provider, zone, Ensure(f"n{number}.{zone}", "TXT", f"program {number}"))
            finally:
                provider.close()

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            results = list(pool.map(program, range(4)))
        there = backend.sets(zone)
        done = [(f"n{number}.{zone}", "TXT") in there for number, result in enumerate(results) if result.error is None]
        assert (any(done) or not done) if backend.replaces_whole_zones else all(done)


class AliasSuite(ProviderSuite):
    """At a provider that lets a name stand for another one otherwise than by a CNAME."""

    def test_beside_what_stands_for_another_name_there_is_all_but_a_cname(
        self, backend: Backend, provider: Provider, zone: str
    ) -> None:
        owners = backend.put_aliases(zone)
        before = backend.aliases(zone)
        assert owners and before
        for owner, alone in owners.items():
            name = f"{owner}.{zone}".lstrip(".")
            all_desired = [Ensure(name, "TXT", "v=spf1 -all"), Ensure(name, "MX", "10 company.odoo.com.")]
            if not alone:
                self.ensure(provider, zone, *all_desired)
                assert {(name, "TXT"), (name, "MX")} <= set(backend.sets(zone))
                all_desired = [gone(name, "TXT"), gone(name, "MX"), Ensure(name, "CNAME", "company.odoo.com.")]
            foreseen = str(self.run(provider, zone, *all_desired, check_mode=True).error)
            assert f"{name} {'is' if alone else 'cannot become'} a CNAME" in foreseen
            for text in ("TYPE6", "is: .", "another name"):  # what nobody could make sense of
                assert text not in foreseen
            assert str(self.run(provider, zone, *all_desired).error) == foreseen
        assert backend.aliases(zone) == before

    def test_the_addresses_of_what_stands_for_another_name_are_asked_for(
        self, backend: Backend, provider: Provider, zone: str
    ) -> None:
        owners = backend.put_aliases(zone)
        backend.interfere(zone, zone, "TXT", '"v=spf1 a a:www6.' + zone + ' mx ~all"')
        asked: list[tuple[dns.name.Name, dns.rdatatype.RdataType]] = []

        def ask(name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> tuple[dns.rdata.Rdata, ...]:
            asked.append((name, rdtype))
            text = '"v=spf1 ip4:192.0.2.0/24 -all"' if rdtype == dns.rdatatype.TXT else "192.0.2.20"
            return (dns.rdata.from_text("IN", rdtype, text),) if rdtype in (1, 16) else ()

        name = record_name(zone)
        desired = {"domain": zone, "spf": {"include": ["_spf.odoo.com"], "a": [zone]}}
        request = engine.Request(name, provider, tuple(build.domain_intents(desired)))
        result = engine.run([request], asking=lambda: ask)[name]
        assert (result.error, result.changed) == (None, True)
        assert "" in owners and (name, dns.rdatatype.A) in asked
