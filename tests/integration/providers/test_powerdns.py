# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``powerdns`` against PowerDNS with its SQLite backend."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.providers import http
from ansible_collections.postmaster.mail.plugins.module_utils.providers.powerdns import PowerDns as PowerDnsProvider
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Zone
from ansible_collections.postmaster.mail.plugins.module_utils.zone.provider import Provider
from ansible_collections.postmaster.mail.plugins.module_utils.zone.rdata import txt_bytes
from ansible_collections.postmaster.mail.tests.integration.providers.backend import (
    VERIFICATION,
    Backend,
    Ensure,
    Record,
    Sets,
    gone,
    open_provider,
    set_fresh_for,
)
from ansible_collections.postmaster.mail.tests.integration.providers.suite import AliasSuite
from ansible_collections.postmaster.mail.tests.servers.powerdns import PowerDns
from ansible_collections.postmaster.mail.tests.servers.process import free_port


class PowerDnsBackend(Backend):
    zones_hide = True

    def __init__(self, server: PowerDns) -> None:
        self.server = server
        self.options = {"provider": "powerdns", "endpoint": server.endpoint, "api_key": server.api_key}
        self.wrong = [({**self.options, "api_key": "wrong-api-key"}, "wrong-api-key")]
        self.unreachable = {**self.options, "endpoint": f"http://{server.host}:{free_port()}"}

    def put_zone(self, zone: str, records: Iterable[Record]) -> None:
        hosts = "hoster.example" if "_" in zone else zone  # no host has a name with an underscore
        own = [
            (zone, "SOA", 3600, [f"ns1.{hosts}. hostmaster.{hosts}. 1 7200 3600 1209600 300"]),
            (zone, "NS", 3600, [f"ns1.{hosts}."]),
            *([(f"ns1.{zone}", "A", 3600, ["192.0.2.1"])] if hosts == zone else []),
        ]
        rrsets = [rrset(*record) for record in (*own, *records)]
        # the serial then counts the writes
        self.server.api(
            "POST", "/zones", {"name": f"{zone}.", "kind": "Native", "soa_edit_api": "INCREASE", "rrsets": rrsets}
        )

    def sets(self, zone: str) -> Sets:
        return {
            (there["name"].rstrip("."), there["type"]): (
                there["ttl"],
                frozenset(record["content"] for record in there["records"]),
            )
            for there in self.rrsets(zone)
            if there["type"] != "SOA"
        }

    def rrsets(self, zone: str) -> list[dict[str, Any]]:
        rrsets: list[dict[str, Any]] = self.server.api("GET", f"/zones/{zone}.")["rrsets"]
        return rrsets

    def put_aliases(self, zone: str) -> dict[str, bool]:
        target = "web.hoster.example."
        apex = {**rrset(zone, "A", 300, []), "changetype": "DELETE"}
        made = [(zone, "ALIAS", target), (f"go.{zone}", "ALIAS", target), (f"near.{zone}", "LUA", "A \"'192.0.2.1'\"")]
        sets = [{**rrset(name, kind, 300, [value]), "changetype": "REPLACE"} for name, kind, value in made]
        self.server.api("PATCH", f"/zones/{zone}.", {"rrsets": [apex, *sets]})
        return {"": False, "go": False, "near": False}

    def aliases(self, zone: str) -> list[dict[str, Any]]:
        return [each for each in self.rrsets(zone) if each["type"] in ("ALIAS", "LUA")]

    def writes(self, zone: str) -> int:
        return self.server.serial(zone)

    def interfere(self, zone: str, name: str, rdtype: str, value: str) -> None:
        there = self.sets(zone).get((name, rdtype), (3600, frozenset()))
        change = {**rrset(name, rdtype, there[0], [*there[1], value]), "changetype": "REPLACE"}
        self.server.api("PATCH", f"/zones/{zone}.", {"rrsets": [change]})


def rrset(name: str, rdtype: str, ttl: int, values: Iterable[str]) -> dict[str, Any]:
    records = [{"content": value, "disabled": False} for value in values]
    return {"name": f"{name}.", "type": rdtype, "ttl": ttl, "records": records}


def four_sets(zone: str) -> tuple[Ensure, ...]:
    return (
        Ensure(zone, "TXT", "v=spf1 -all"),
        Ensure(zone, "MX", "10 company.odoo.com."),
        Ensure(f"_dmarc.{zone}", "TXT", "v=DMARC1; p=none"),
        Ensure(f"s1._domainkey.{zone}", "CNAME", "s1.hoster.example."),
    )


class TestPowerDns(AliasSuite):
    @pytest.fixture
    def backend(self, powerdns: PowerDns, monkeypatch: pytest.MonkeyPatch) -> PowerDnsBackend:
        set_fresh_for(monkeypatch, 0.0, PowerDnsProvider)  # the suite tests what is done with old readings
        return PowerDnsBackend(powerdns)

    def test_a_domain_that_is_a_zone_costs_one_call_when_nothing_changes(
        self, backend: PowerDnsBackend, provider: Provider, zone: str
    ) -> None:
        self.run(provider, zone, gone(zone, "TXT"), gone(f"_dmarc.{zone}", "TXT"))
        assert provider.calls == 1

    def test_a_change_is_one_read_one_write_a_look_back_and_a_question_for_each_name_below(
        self, backend: PowerDnsBackend, provider: Provider, zone: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        set_fresh_for(monkeypatch, 60.0, PowerDnsProvider)
        assert self.run(provider, zone, *four_sets(zone)).changed
        assert provider.calls == 3 + 2  # _dmarc and _domainkey could be zones of their own

    def test_what_was_read_a_while_ago_is_read_again_before_the_write(
        self, backend: PowerDnsBackend, provider: Provider, zone: str
    ) -> None:
        assert self.run(provider, zone, *four_sets(zone)).changed
        assert provider.calls == 4 + 2

    def test_the_zones_of_many_domains_are_listed_once(self, backend: PowerDnsBackend, provider: Provider) -> None:
        zones = [self.make_zone(backend) for dummy in range(6)]
        engine.run([engine.Request(record_name(zone), provider, (gone(zone, "TXT"),)) for zone in zones])
        assert provider.calls == 1 + len(zones)

    def test_disabled_records_survive_and_are_no_values(
        self, backend: PowerDnsBackend, provider: Provider, zone: str
    ) -> None:
        self.put(backend, zone, "TXT", [(VERIFICATION, False), ('"parked"', True)])
        self.ensure(provider, zone, Ensure(zone, "TXT", "v=spf1 -all"))
        assert self.records(backend, zone, "TXT") == {
            (VERIFICATION, False),
            ('"parked"', True),
            ('"v=spf1 -all"', False),
        }
        self.ensure(provider, zone, gone(zone, "TXT"))
        assert self.records(backend, zone, "TXT") == {('"parked"', True)}

    def test_a_set_of_disabled_records_is_joined(self, backend: PowerDnsBackend, provider: Provider, zone: str) -> None:
        self.put(backend, zone, "MX", [("10 old.hoster.example.", True), ("10 company.odoo.com.", True)])
        self.ensure(provider, zone, Ensure(zone, "MX", "10 company.odoo.com."))
        assert self.records(backend, zone, "MX") == {("10 old.hoster.example.", True), ("10 company.odoo.com.", False)}

    def test_values_keep_their_order_whatever_else_is_written(
        self, backend: PowerDnsBackend, provider: Provider, zone: str
    ) -> None:
        """The server sorts all records of a zone by name and type only, so it mixes those of one set."""
        for label in ("one", "two", "three"):
            self.put(backend, f"{label}.{zone}", "TXT", [(f'"{letter}"', False) for letter in "cadeb"], zone)
        (there,) = provider.find_zones([record_name(zone)]).values()
        assert isinstance(there, Zone)
        orders = set()
        for number in range(20):
            self.put(backend, f"other{number}.{zone}", "TXT", [('"x"', False)], zone)
            sets = provider.read(there, frozenset())
            orders |= {tuple(map(txt_bytes, one.values)) for one in sets if len(one.values) == 5}
        assert len(orders) == 1

    def test_comments_stay(self, backend: PowerDnsBackend, provider: Provider, zone: str) -> None:
        comment = {"content": "asked for by marketing", "account": "anna", "modified_at": 1700000000}
        change = {**rrset(zone, "TXT", 3600, [VERIFICATION]), "changetype": "REPLACE", "comments": [comment]}
        backend.server.api("PATCH", f"/zones/{zone}.", {"rrsets": [change]})
        self.ensure(provider, zone, Ensure(zone, "TXT", "v=spf1 -all"))
        there = next(each for each in backend.rrsets(zone) if (each["name"], each["type"]) == (f"{zone}.", "TXT"))
        assert there["comments"] == [comment]

    def test_a_long_string_that_nobody_cut_is_read_and_kept(
        self, backend: PowerDnsBackend, provider: Provider, zone: str
    ) -> None:
        uncut = '"' + "x" * 700 + ' ünï \\" "'
        self.put(backend, zone, "TXT", [(uncut, False)])
        there = backend.sets(zone)[zone, "TXT"][1]
        self.ensure(provider, zone, Ensure(zone, "TXT", "v=spf1 -all"))
        assert backend.sets(zone)[zone, "TXT"][1] == there | {'"v=spf1 -all"'}

    def test_a_type_of_its_own_is_kept_and_locked(
        self, backend: PowerDnsBackend, provider: Provider, zone: str
    ) -> None:
        name = f"alias.{zone}"
        self.put(backend, name, "ALIAS", [("web.hoster.example.", False)], zone)
        self.ensure(provider, zone, Ensure(name, "TXT", "v=spf1 -all"))
        assert backend.sets(zone)[name, "ALIAS"][1] == {"web.hoster.example."}
        result = self.run(provider, zone, gone(name, "TXT"), Ensure(name, "CNAME", "web.hoster.example."))
        assert "must be alone at its name" in str(result.error)

    def test_a_copy_of_another_servers_zone_is_read_and_not_written(
        self, backend: PowerDnsBackend, provider: Provider, zone: str
    ) -> None:
        backend.server.api("PUT", f"/zones/{zone}.", {"kind": "Slave", "masters": ["192.0.2.53"]})
        same = self.run(provider, zone, gone(zone, "TXT"))
        assert (same.error, same.changed) == (None, False)
        for check_mode in (True, False):
            result = self.run(provider, zone, Ensure(zone, "TXT", "v=spf1 -all"), check_mode=check_mode)
            assert "kind Slave" in str(result.error)
        assert (zone, "TXT") not in backend.sets(zone)

    def test_the_record_that_the_server_itself_cannot_read_is_named(
        self, backend: PowerDnsBackend, provider: Provider, zone: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(http, "BACKOFF", 0.0)
        for owner in (f"other.{zone}", f"_dmarc.{zone}"):
            backend.server.put_raw(zone, owner, "TXT", "v=DMARC1; p=none")  # without quotes
            result = self.run(provider, zone, Ensure(f"_dmarc.{zone}", "TXT", "x"), Ensure(zone, "TXT", "y"))
            named = f"_dmarc.{zone} TXT" if owner.startswith("_") else "a record"
            assert f"{zone} cannot be read at PowerDNS: its database holds {named} in a form" in str(result.error)
            assert f"pdnsutil check-zone {zone} names it" in str(result.error)

    def test_what_the_server_refuses_is_told_and_nothing_is_written(
        self, backend: PowerDnsBackend, provider: Provider, zone: str
    ) -> None:
        before = backend.sets(zone)
        # two CNAMEs at a name: no intent of ours asks for that, and the server knows better than we
        result = self.run(
            provider,
            zone,
            Ensure(f"two.{zone}", "CNAME", "a.hoster.example.", "b.hoster.example."),
            Ensure(zone, "TXT", "v=spf1 -all"),
        )
        assert "nothing was written" in str(result.error)
        assert "CNAME" in str(result.error)
        assert backend.sets(zone) == before

    def test_a_wrong_server_is_told_from_a_missing_zone(self, backend: PowerDnsBackend) -> None:
        for options in ({"server_id": "other"}, {"endpoint": f"{backend.server.endpoint}/elsewhere"}):
            provider = open_provider({**backend.options, **options})
            result = self.run(provider, "company-name.example", Ensure("company-name.example", "TXT", "x"))
            assert "Check endpoint" in str(result.error)
            provider.close()

    def test_the_whole_address_of_the_api_may_be_given(self, backend: PowerDnsBackend, zone: str) -> None:
        provider = open_provider({**backend.options, "endpoint": f"{backend.server.endpoint}/api/v1/"})
        self.ensure(provider, zone, Ensure(zone, "TXT", "v=spf1 -all"))
        provider.close()

    def test_octodns_reads_what_we_wrote(self, backend: PowerDnsBackend, provider: Provider, zone: str) -> None:
        octodns_powerdns = pytest.importorskip("octodns_powerdns")
        octodns_zone = pytest.importorskip("octodns.zone")

        key = "v=DKIM1; k=rsa; p=" + "MIIB" * 150
        self.ensure(
            provider,
            zone,
            Ensure(zone, "TXT", "v=spf1 -all", "a second text"),
            Ensure(f"s1._domainkey.{zone}", "TXT", key),
            Ensure(zone, "MX", "10 company.odoo.com."),
        )
        judge = octodns_powerdns.PowerDnsProvider(
            "judge", host=backend.server.host, api_key=backend.server.api_key, port=backend.server.api_port
        )
        seen = octodns_zone.Zone(f"{zone}.", [])
        judge.populate(seen, lenient=True)
        records = {(record.name, record._type): record for record in seen.records}
        assert set(records["", "TXT"].values) == {"v=spf1 -all", "a second text"}
        assert records["s1._domainkey", "TXT"].values == [key.replace(";", "\\;")]
        assert [str(value.exchange) for value in records["", "MX"].values] == ["company.odoo.com."]

    @staticmethod
    def put(backend: PowerDnsBackend, name: str, rdtype: str, records: list[tuple[str, bool]], zone: str = "") -> None:
        contents = [{"content": content, "disabled": disabled} for content, disabled in records]
        change = {"name": f"{name}.", "type": rdtype, "ttl": 3600, "changetype": "REPLACE", "records": contents}
        backend.server.api("PATCH", f"/zones/{zone or name}.", {"rrsets": [change]})

    @staticmethod
    def records(backend: PowerDnsBackend, name: str, rdtype: str) -> set[tuple[str, bool]]:
        there = next(each for each in backend.rrsets(name) if (each["name"], each["type"]) == (f"{name}.", rdtype))
        return {(record["content"], record["disabled"]) for record in there["records"]}
