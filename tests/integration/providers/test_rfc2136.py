# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``rfc2136`` against BIND, Knot and PowerDNS."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import dns.message
import dns.rcode
import dns.rdatatype
import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine
from ansible_collections.postmaster.mail.plugins.module_utils.zone.provider import Provider
from ansible_collections.postmaster.mail.tests.integration.providers.backend import (
    Backend,
    Ensure,
    Meanwhile,
    gone,
    open_provider,
    text_of,
)
from ansible_collections.postmaster.mail.tests.integration.providers.dns_backend import DnsBackend, nsupdate
from ansible_collections.postmaster.mail.tests.integration.providers.suite import ProviderSuite
from ansible_collections.postmaster.mail.tests.servers.bind import Bind
from ansible_collections.postmaster.mail.tests.servers.dns_server import DnsServer
from ansible_collections.postmaster.mail.tests.servers.knot import Knot
from ansible_collections.postmaster.mail.tests.servers.process import HOST, free_port


class TestRfc2136(ProviderSuite):
    @pytest.fixture
    def backend(self, dns_server: DnsServer) -> DnsBackend:
        return DnsBackend(dns_server)


class BindWithoutTransfer(Bind):
    """Refuses zone transfer to the holder of the key, and allows it to dig, which signs nothing."""

    def _write_configuration(self) -> None:
        super()._write_configuration()
        path = self.directory / "named.conf"
        text = path.read_text("utf-8")
        rule = f"allow-transfer {{ !key {self.key_name}; {HOST}; }}"
        path.write_text(text.replace("allow-transfer { none; }", rule), "utf-8")


@pytest.fixture(scope="module")
def bind_without_transfer(tmp_path_factory: pytest.TempPathFactory, bind: Bind) -> Iterator[Bind]:
    with BindWithoutTransfer(tmp_path_factory.mktemp("bind"), transfer=False) as server:
        yield server


class TestRfc2136WithoutTransfer(ProviderSuite):
    """The same where each record set has to be asked for."""

    @pytest.fixture
    def backend(self, bind_without_transfer: Bind) -> DnsBackend:
        return DnsBackend(bind_without_transfer, dig_signs=False)

    def test_the_transfer_is_refused_and_the_sets_asked_for(self, provider: Provider, zone: str) -> None:
        name = record_name(zone)
        snapshot = provider.read(provider.get_zone(name), frozenset({(name, dns.rdatatype.A)}))
        assert not snapshot.complete
        assert [str(record_set) for record_set in snapshot] == [f"{zone} A"]

    def test_an_alias_that_a_dname_makes_up_is_not_there_itself(self, backend: Backend, provider: Provider) -> None:
        zone = self.make_zone(backend, ("old", "DNAME", 300, ["other.hoster.example."]))
        result = self.run(provider, zone, gone(f"s1.old.{zone}", "CNAME"), Ensure(zone, "TXT", "v=spf1 -all"))
        assert (result.error, [change.record_set.name for change in result.changes]) == (None, [record_name(zone)])

    def test_a_record_of_a_rare_type_that_forbids_an_alias_is_seen(self, backend: Backend, provider: Provider) -> None:
        zone = self.make_zone(backend, ("em1", "HINFO", 300, ['"PC" "NetBSD"']))
        for check_mode in (True, False):
            result = self.run(provider, zone, Ensure(f"em1.{zone}", "CNAME", "u.example."), check_mode=check_mode)
            assert f"em1.{zone} cannot become a CNAME" in str(result.error) and "HINFO" in str(result.error)

    def test_a_name_of_a_rare_type_means_the_same_in_each_answer(self, backend: Backend, provider: Provider) -> None:
        zone = self.make_zone(backend, ("*", "MG", 300, ["a.hoster.example."]), ("b", "MG", 300, ["c.hoster.example."]))
        refused = self.run(provider, zone, Ensure(f"b.{zone}", "CNAME", "u.example."))
        octets = b"\1c\6hoster\7example\0".hex()
        assert f"there is: MG \\# 18 {octets}." in str(refused.error)
        # the wildcard does not forbid it
        assert self.run(provider, zone, Ensure(f"em1.{zone}", "CNAME", "u.example.")).error is None

    def test_what_a_wildcard_answers_is_not_there_itself(self, backend: Backend, provider: Provider) -> None:
        zone = self.make_zone(backend, ("*", "TXT", 3600, ['"v=spf1 -all"']))
        result = self.run(provider, zone, Ensure(f"sub.{zone}", "TXT", "v=spf1 include:_spf.odoo.com ~all"))
        assert result.error is None
        assert backend.sets(zone)[f"sub.{zone}", "TXT"][1] == {'"v=spf1 include:_spf.odoo.com ~all"'}
        assert backend.sets(zone)[f"*.{zone}", "TXT"][1] == {'"v=spf1 -all"'}

    def test_a_set_with_the_values_of_a_wildcard_is_there_itself(self, backend: Backend, provider: Provider) -> None:
        zone = self.make_zone(backend, ("*", "TXT", 3600, ['"same"']), ("sub", "TXT", 3600, ['"same"']))
        all_desired = (Ensure(f"sub.{zone}", "TXT", "ours"), Ensure(f"new.{zone}", "TXT", "same"))
        writes = backend.writes(zone)
        foreseen = self.run(provider, zone, *all_desired, check_mode=True)
        assert backend.writes(zone) == writes
        result = self.run(provider, zone, *all_desired)
        assert (result.error, result.notes.warnings) == (None, [])
        assert (result.diff, result.notes.warnings) == (foreseen.diff, foreseen.notes.warnings)
        assert {text_of(value) for value in backend.sets(zone)[f"sub.{zone}", "TXT"][1]} == {b"same", b"ours"}
        assert {text_of(value) for value in backend.sets(zone)[f"new.{zone}", "TXT"][1]} == {b"same"}
        assert not self.run(provider, zone, *all_desired).changed


class TestNameServers:
    """What is particular to them."""

    def run(self, options: Any, domain: str, *intents: Any, zone: str | None = None) -> engine.DomainResult:
        provider = open_provider(options)
        name = record_name(domain)
        try:
            return engine.run([engine.Request(name, provider, intents, record_name(zone) if zone else None)])[name]
        finally:
            provider.close()

    @pytest.mark.parametrize(
        ("desired", "calls"),
        [
            (("", "TXT", None), 1),  # the transfer
            (("", "TXT", "v=spf1 -all"), 3),  # the transfer, the update, the transfer that reads back
            (("_dmarc.", "TXT", "v=DMARC1; p=none"), 4),  # and whether a zone of that name hides it
            (("em1.", "CNAME", "u.example."), 5),  # em1 could be a zone: a refused transfer and the SOA come first
        ],
    )
    def test_no_more_messages_are_sent_than_needed(
        self, bind: Bind, desired: tuple[str, str, str | None], calls: int
    ) -> None:
        owner, rdtype, value = desired
        zone = bind.add_zone(f"messages{calls}{len(owner)}.example")
        provider = open_provider(DnsBackend(bind).options)
        intent = gone(owner + zone, rdtype) if value is None else Ensure(owner + zone, rdtype, value)
        name = record_name(owner + zone)
        assert engine.run([engine.Request(name, provider, (intent,))])[name].error is None
        assert provider.calls == calls
        provider.close()

    def test_a_host_of_the_zone_without_address_is_named_as_a_reason(self, bind: Bind) -> None:
        zone = bind.add_zone("integrity.example")
        result = self.run(DnsBackend(bind).options, zone, Ensure(zone, "MX", f"10 nowhere.{zone}."))
        assert "check-integrity" in str(result.error)
        assert "refuses" in str(result.error)

    def test_a_key_that_may_not_write_is_named(self, bind: Bind) -> None:
        zone = bind.add_zone("unsigned.example")
        options = {name: value for name, value in DnsBackend(bind).options.items() if not name.startswith("key")}
        result = self.run(options, zone, Ensure(zone, "TXT", "v=spf1 -all"))
        assert "requests without a key" in str(result.error)

    def test_a_stated_zone_that_is_none_says_which_it_is(self, bind: Bind) -> None:
        zone = bind.add_zone("stated.example")
        result = self.run(
            DnsBackend(bind).options, f"sub.{zone}", Ensure(f"sub.{zone}", "TXT", "x"), zone=f"sub.{zone}"
        )
        assert "in its zone stated.example" in str(result.error)

    def test_the_zone_of_an_alias_is_its_own_and_not_its_targets(self, dns_server: DnsServer) -> None:
        zone = dns_server.add_zone(
            f"alias-{type(dns_server).__name__.lower()}.example", "mail IN NS ns.hoster.example."
        )
        child = dns_server.add_zone(f"mail.{zone}", f"s1._domainkey IN CNAME target.{zone}.")
        provider = open_provider(DnsBackend(dns_server).options)
        name = record_name(f"s1._domainkey.{child}")
        assert str(provider.find_zones([name])[name]) == child
        provider.close()

    def test_a_server_is_found_by_its_host_name(self, bind: Bind) -> None:
        zone = bind.add_zone("hostname.example")
        options = {**DnsBackend(bind).options, "server": "localhost"}
        assert self.run(options, zone, Ensure(zone, "TXT", "v=spf1 -all")).error is None

    def test_more_than_one_message_holds_is_written_in_several(self, knot: Knot) -> None:
        backend = DnsBackend(knot)
        zone = knot.add_zone("large.example")
        all_desired = [Ensure(f"k{number}.{zone}", "TXT", b"%d" % number + b"x" * 12000) for number in range(12)]
        before = backend.writes(zone)
        assert self.run(backend.options, zone, *all_desired).error is None
        assert backend.writes(zone) - before > 1
        assert sum(rdtype == "TXT" for dummy, rdtype in backend.sets(zone)) == len(all_desired)

    def test_a_write_that_stops_half_way_says_what_is_done(self, knot: Knot) -> None:
        backend = DnsBackend(knot)
        zone = knot.add_zone("half.example")
        all_desired = [Ensure(f"k{number:02}.{zone}", "TXT", b"x" * 12000) for number in range(6)]
        meanwhile = Meanwhile(zone, lambda: nsupdate(knot, zone, f'update add k05.{zone}. 3600 TXT "another program"'))
        error = str(self.run(backend.options, zone, meanwhile, *all_desired).error)
        assert f"Not written, or not confirmed: k04.{zone} TXT, k05.{zone} TXT" in error
        assert self.run(backend.options, zone, *all_desired).error is None

    def test_a_silent_server_is_left_after_the_time_out(self) -> None:
        with socket.socket() as silent:
            silent.bind((HOST, 0))
            silent.listen()
            options = {"provider": "rfc2136", "server": HOST, "port": silent.getsockname()[1], "timeout": 0.3}
            result = self.run(options, "company-name.example", Ensure("company-name.example", "TXT", "x"))
        assert "did not answer within 0.3 s" in str(result.error)

    def test_a_connection_that_the_server_closed_is_opened_again(self) -> None:
        with _Impatient() as server:
            provider = open_provider({"provider": "rfc2136", "server": HOST, "port": server.port})
            name = record_name("company-name.example")
            for dummy in range(3):
                assert "lies in no zone" in str(provider.find_zones([name])[name])
            provider.close()

    def test_a_value_that_is_spelled_with_escapes_can_be_replaced_and_stay(self, dns_server: DnsServer) -> None:
        """PowerDNS compares what an update expects with the spelling in its database."""
        records = '@ TXT "v=spf1 a\\:x.example -all"\n@ TXT "key=\\097\\;b"\n'
        zone = dns_server.add_zone("escapes.example", records)
        desired = Ensure(zone, "TXT", "v=spf1 -all")
        result = self.run(DnsBackend(dns_server).options, zone, gone(zone, "TXT", "v=spf1 a:x.example -all"), desired)
        assert (result.error, result.notes.warnings) == (None, [])
        assert dns_server.records(zone, "TXT") == ['"key=a;b"', '"v=spf1 -all"']

    def test_an_update_whose_answer_is_lost_is_looked_for(self, dns_server: DnsServer) -> None:
        zone = dns_server.add_zone("lost-answer.example")
        with _Mute(dns_server.port) as front:
            options = {**DnsBackend(dns_server).options, "port": front.port}
            result = self.run(options, zone, Ensure(zone, "TXT", "v=spf1 -all"))
        assert (result.error, result.changed) == (None, True)
        assert self.run(DnsBackend(dns_server).options, zone, Ensure(zone, "TXT", "v=spf1 -all")).changed is False

    def test_an_update_of_which_nobody_can_know_is_told(self, bind: Bind) -> None:
        zone = bind.add_zone("no-more-answers.example")
        with _Mute(bind.port, for_ever=True) as front:
            options = {**DnsBackend(bind).options, "port": front.port}
            result = self.run(options, zone, Ensure(zone, "TXT", "v=spf1 -all"))
        assert result.changed
        assert "it is not known whether the change was written" in str(result.error)

    def test_the_clock_is_named_when_it_is_wrong(self, bind: Bind, monkeypatch: pytest.MonkeyPatch) -> None:
        import time

        zone = bind.add_zone("clock.example")
        provider = open_provider(DnsBackend(bind).options)
        now = time.time
        monkeypatch.setattr("dns.message.time.time", lambda: now() - 3600)
        error = engine.run([engine.Request(record_name(zone), provider, (gone(zone, "TXT"),))])[record_name(zone)].error
        assert "clock" in str(error)
        provider.close()

    @pytest.mark.parametrize(
        ("options", "told"),
        [
            ({"key_name": "k1", "key_secret": "not base64!"}, "not base64"),
            ({"key_name": "k1", "key_secret": "c2VjcmV0", "key_algorithm": "hmac-sha3"}, "hmac-sha3 is not known"),
            ({"key_name": "k1"}, "key_secret is missing"),
            ({"key_secret": "c2VjcmV0"}, "key_name is missing"),
        ],
    )
    def test_a_key_that_cannot_be_one_is_refused_before_any_question(self, options: Any, told: str) -> None:
        with pytest.raises(InvalidInput, match=told):
            open_provider({"provider": "rfc2136", "server": HOST, "port": free_port(), **options})

    def test_an_unknown_host_is_one_sentence(self) -> None:
        options = {"provider": "rfc2136", "server": "ns1.unknown.invalid"}
        result = self.run(options, "company-name.example", Ensure("company-name.example", "TXT", "x"))
        assert "not known to DNS" in str(result.error)


class TestOtherClients:
    """What we wrote, judged by clients of others; and the reverse."""

    def test_knsupdate_and_we_see_the_same(self, knot: Knot) -> None:
        backend = DnsBackend(knot)
        zone = knot.add_zone("knsupdate.example")
        script = (
            f"server {knot.host} {knot.port}\nkey {knot.key_algorithm}:{knot.key_name} {knot.key_secret}\n"
            f'zone {zone}.\nupdate add {zone}. 3600 TXT "v=spf1 " "-all"\nsend\n'
        )
        subprocess.run(["knsupdate", "-v"], input=script, text=True, check=True, capture_output=True, timeout=20)
        provider = open_provider(backend.options)
        name = record_name(zone)
        result = engine.run([engine.Request(name, provider, (Ensure(zone, "TXT", "v=spf1 -all"),))])[name]
        assert (result.error, result.changed) == (None, False)
        provider.close()

    def test_octodns_reads_what_we_wrote(self, bind: Bind) -> None:
        octodns_bind = pytest.importorskip("octodns_bind")
        octodns_zone = pytest.importorskip("octodns.zone")

        zone = bind.add_zone("octodns.example")
        key = "v=DKIM1; k=rsa; p=" + "MIIB" * 150
        provider = open_provider(DnsBackend(bind).options)
        name = record_name(zone)
        all_desired = (
            Ensure(zone, "TXT", "v=spf1 -all", 'a "quoted" text'),
            Ensure(f"s1._domainkey.{zone}", "TXT", key),
            Ensure(zone, "MX", "10 company.odoo.com."),
        )
        assert engine.run([engine.Request(name, provider, all_desired)])[name].error is None
        provider.close()
        judge = octodns_bind.Rfc2136Provider(
            "judge", bind.host, port=bind.port, key_name=bind.key_name, key_secret=bind.key_secret
        )
        seen = octodns_zone.Zone(f"{zone}.", [])
        judge.populate(seen)
        records = {(record.name, record._type): record for record in seen.records}
        assert set(records["", "TXT"].values) == {"v=spf1 -all", 'a "quoted" text'}
        assert records["s1._domainkey", "TXT"].values == [key.replace(";", "\\;")]
        assert [str(value.exchange) for value in records["", "MX"].values] == ["company.odoo.com."]


class _Mute:
    """A forwarder that loses the answer to the first update, and the connection; ``for_ever`` it then ends."""

    def __init__(self, target: int, for_ever: bool = False) -> None:
        self._target, self._for_ever = target, for_ever
        self._lost = self._losing = False

    def __enter__(self) -> _Mute:
        self._socket = socket.create_server((HOST, 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *dummy: object) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while not (self._for_ever and self._lost):
            try:
                link, dummy = self._socket.accept()
            except OSError:
                return
            with link, socket.create_connection((HOST, self._target)) as there:
                back = threading.Thread(target=self._send_back, args=(there, link), daemon=True)
                self._forward(link, there, back)
        self._socket.close()

    def _forward(self, link: socket.socket, there: socket.socket, back: threading.Thread) -> None:
        while True:
            octets = link.recv(65536)
            if not octets:
                return
            if octets[4] >> 3 & 15 == 5 and not self._lost:  # an update (RFC 2136 1.3)
                self._lost = self._losing = True
            there.sendall(octets)
            if back.ident is None:
                back.start()
            if self._losing:
                back.join(5)
                self._losing = False
                return

    def _send_back(self, there: socket.socket, link: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while octets := there.recv(65536):
                if self._losing:
                    return
                link.sendall(octets)


class _Impatient:
    """A name server that holds nothing and closes each connection after one answer."""

    def __enter__(self) -> _Impatient:
        self._socket = socket.create_server((HOST, 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *dummy: object) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                link, dummy = self._socket.accept()
            except OSError:
                return
            with link, link.makefile("rwb") as stream:
                query = dns.message.from_wire(stream.read(int.from_bytes(stream.read(2), "big")))
                response = dns.message.make_response(query)
                response.set_rcode(dns.rcode.REFUSED)
                wire = response.to_wire()
                stream.write(len(wire).to_bytes(2, "big") + wire)
