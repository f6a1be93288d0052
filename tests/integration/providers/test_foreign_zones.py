# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""At each provider, zones with all that DNS allows in them: what is not asked for stays, and check mode tells all.

Each zone is made from a seed, which a failure names; ``POSTMASTER_SEED`` in the environment is the first one.
"""

from __future__ import annotations

import dataclasses
import os
import random
import re
import secrets
import subprocess
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.intents.build import domain_intents
from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.providers.namecheap import hidden
from ansible_collections.postmaster.mail.plugins.module_utils.resolver import transport
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine, second_look
from ansible_collections.postmaster.mail.plugins.module_utils.zone.provider import Provider
from ansible_collections.postmaster.mail.tests.integration.providers.azure_backend import AzureBackend, relative
from ansible_collections.postmaster.mail.tests.integration.providers.backend import (
    Backend,
    Sets,
    open_provider,
    text_of,
)
from ansible_collections.postmaster.mail.tests.integration.providers.cloudflare_backend import CloudflareBackend
from ansible_collections.postmaster.mail.tests.integration.providers.dns_backend import (
    DnsBackend,
    all_transferred,
    master_lines,
    read_lines,
)
from ansible_collections.postmaster.mail.tests.integration.providers.godaddy_backend import (
    GoDaddyBackend,
    GoDaddyTokenBackend,
)
from ansible_collections.postmaster.mail.tests.integration.providers.google_backend import PROJECT, GoogleBackend
from ansible_collections.postmaster.mail.tests.integration.providers.namecheap_backend import NamecheapBackend
from ansible_collections.postmaster.mail.tests.integration.providers.ovh_backend import OvhBackend
from ansible_collections.postmaster.mail.tests.integration.providers.route53_backend import Route53Backend, record_set
from ansible_collections.postmaster.mail.tests.integration.providers.test_ovh import UnquotedOvhBackend
from ansible_collections.postmaster.mail.tests.integration.providers.test_powerdns import PowerDnsBackend
from ansible_collections.postmaster.mail.tests.integration.providers.test_rfc2136 import BindWithoutTransfer
from ansible_collections.postmaster.mail.tests.integration.providers.zone_file_backend import ZoneFileBackend
from ansible_collections.postmaster.mail.tests.servers.dns_server import zone_text
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.servers.process import program
from ansible_collections.postmaster.mail.tests.simulators import google_cloud_dns_rules, ovh_rules, route53_rules
from ansible_collections.postmaster.mail.tests.simulators.azure_dns import AzureDns
from ansible_collections.postmaster.mail.tests.simulators.azure_dns_rules import PLACES
from ansible_collections.postmaster.mail.tests.simulators.cloudflare import CloudflareSimulator
from ansible_collections.postmaster.mail.tests.simulators.godaddy import GoDaddySimulator
from ansible_collections.postmaster.mail.tests.simulators.google_cloud_dns import GoogleCloudDns
from ansible_collections.postmaster.mail.tests.simulators.google_cloud_dns_rules import Rrset
from ansible_collections.postmaster.mail.tests.simulators.namecheap import NamecheapSimulator
from ansible_collections.postmaster.mail.tests.simulators.ovh import OvhApi
from ansible_collections.postmaster.mail.tests.simulators.route53 import Route53Simulator
from ansible_collections.postmaster.mail.tests.support.foreign_zones import (
    TEXTS,
    VALUES,
    ForeignZone,
    Record,
    foreign_zone,
    harm,
)

BATCH = 30
ZONES = 3000 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else BATCH
# An account that holds thousands of zones makes each listing of them slow
IN_AN_ACCOUNT = 10 * BATCH
# make test tries the same zones each time, so that it says something of the change; each night they are others
SEED = int(os.environ.get("POSTMASTER_SEED") or (61000 if ZONES == BATCH else secrets.randbelow(10**9)))

# With a request for each record, these would take a tenth of the night
UNQUOTED = "OVH, exports without quotes"

OWN_NAMES = ("_dmarc", "odoo._domainkey", "_mta-sts", "em1", "mta-sts", "www", "shop", "eu")
OWN_TEXTS = ("v=DMARC1; p=none", "v=spf1 mx ~all", "v=DKIM1; p=", "v=STSv1; id=1", "anything")

ALL_TYPES = frozenset({*VALUES, "TXT", "CNAME", "NS", "DNAME"})


# Adds, at a name where nothing is, what only this vendor has, and gives the view of it
Own = Callable[[Any, str, str, random.Random], Callable[[], Any]]


@dataclasses.dataclass(frozen=True)
class Holder:
    """A provider with the zones that it can hold."""

    backend: Backend
    types: Collection[str] = ALL_TYPES
    unheld: Collection[str] = ()  # values that it has no place for
    names: Sequence[str] = ()  # owners that only it can hold
    own: Own = lambda backend, zone, name, rng: lambda: None

    def make(self, seed: int) -> ForeignZone:
        texts = [text for text in TEXTS if text not in self.unheld and self.backend.holds(text_of(text))]
        name = f"z{seed}.{self.backend.options['provider'].replace('_', '-')}.example"
        return foreign_zone(
            random.Random(seed), name, self.types, texts, self.names, self.unheld, not self.backend.zones_hide
        )

    def put(self, zones: Sequence[ForeignZone]) -> None:
        for zone in zones:
            for name, records in zone.content.items():
                self.backend.put_zone(name, records)

    def put_own(self, zone: ForeignZone) -> Callable[[], Any]:
        """What only the vendor has, at a name of the zone that is free and to be seen there."""
        rng = random.Random(zone.name)
        closed = [owner for owner, kind, *_rest in zone.content[zone.name] if kind in ("NS", "DNAME")]
        closed += [name for name in zone.content if name != zone.name]
        taken = {owner for records in zone.content.values() for owner, *_rest in records}
        free = [
            name
            for name in (f"{label}.{zone.name}" for label in OWN_NAMES)
            if name not in taken and not any(name.endswith(f".{end}") or name == end for end in closed)
        ]
        if not free or rng.random() < 0.3:
            return lambda: None
        return self.own(self.backend, zone.name, rng.choice(free), rng)

    def sets(self, zones: Sequence[ForeignZone]) -> Mapping[str, Sets]:
        """What is in each zone and those below it."""
        return {name: self.backend.sets(name) for zone in zones for name in zone.content}

    def writes(self, zone: ForeignZone) -> list[int]:
        return [self.backend.writes(name) for name in zone.content]


class OnServer(Holder):
    """On a real server, which takes all zones up at once."""

    backend: DnsBackend | PowerDnsBackend

    def put(self, zones: Sequence[ForeignZone]) -> None:
        server = self.backend.server
        for name in [name for name in server.zones if re.match(r"(.*\.)?z[0-9]+\.[a-z0-9-]+\.example", name)]:
            del server.zones[name]
        server.add_zones(
            {name: zone_text(name, master_lines(records)) for zone in zones for name, records in zone.content.items()}
        )

    def sets(self, zones: Sequence[ForeignZone]) -> Mapping[str, Sets]:
        names = [name for zone in zones for name in zone.content]
        return all_transferred(self.backend.server, names, self.backend.server.transfer)


# Types that a server reads from a master file
OF_BIND = ALL_TYPES - {"CDNSKEY", "CDS", "MD", "MF", "UID"}
NOT_IN_KNOT = (
    "A6 AMTRELAY AVC DLV DOA EID GPOS HIP ISDN L64 MB MD MF MG MR NIMLOC NINFO NSAP NSAP-PTR PX RESINFO RKEY SINK TA "
    "TALINK UID WALLET WKS X25"
)
OF_KNOT = ALL_TYPES - frozenset(NOT_IN_KNOT.split())
UNKNOWN_TO_POWERDNS = (
    "A6 AMTRELAY AVC DOA EID GPOS HIP ISDN MD MF NIMLOC NINFO NSAP NSAP-PTR PX RESINFO RT SINK TA TALINK UID WALLET "
    "WKS X25"
)
OF_POWERDNS = ALL_TYPES - frozenset(UNKNOWN_TO_POWERDNS.split())
NOT_IN_POWERDNS = (
    "::ffff:192.0.2.1",
    next(value for value in VALUES["CERT"] if value.startswith("PKIX")),
    next(value for value in VALUES["IPSECKEY"] if value.startswith("10 0 2 . ")),
)
EVERYWHERE = frozenset({"A", "AAAA", "CAA", "CNAME", "MX", "NS", "SRV", "TXT"})


def of_server(name: str, types: Collection[str], *unheld: str) -> Callable[[pytest.FixtureRequest, ExitStack], Holder]:
    return lambda request, stack: OnServer(DnsBackend(request.getfixturevalue(name)), types, unheld)


def of_powerdns_api(request: pytest.FixtureRequest, stack: ExitStack) -> Holder:
    return OnServer(
        PowerDnsBackend(request.getfixturevalue("powerdns")), OF_POWERDNS, NOT_IN_POWERDNS, own=own_of_powerdns
    )


def of_zone_files(request: pytest.FixtureRequest, stack: ExitStack) -> Holder:
    return Holder(SeenByBind(request.getfixturevalue("tmp_path")), OF_BIND)


class SeenByBind(ZoneFileBackend):
    """Zone files in many spellings, as BIND reads them."""

    def put_zone(self, zone: str, records: Iterable[Record]) -> None:
        rng = random.Random(zone)
        lines = ["@ 3600 IN SOA ns1.hoster.example. hostmaster.hoster.example. 1 2 3 4 300"]
        lines.append("@ 3600 IN NS ns1.hoster.example.")
        for owner, kind, ttl, values in records:
            lines += [spelled(rng, zone, owner, kind, ttl, value) for value in values]
        self._path(zone).write_bytes("\n".join([*lines, ""]).encode("latin-1"))

    def sets(self, zone: str) -> Sets:
        lenient = ["-i", "none", "-k", "ignore", "-m", "ignore", "-M", "ignore", "-S", "ignore", "-n", "ignore"]
        command = [program("named-checkzone", "bind9-utils"), "-D", "-o", "-", *lenient, zone]
        done = subprocess.run([*command, str(self._path(zone))], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{done.stderr}{self._path(zone).read_bytes()!r}"
        return read_lines(done.stdout)


def spelled(rng: random.Random, zone: str, owner: str, kind: str, ttl: int, value: str) -> str:
    """A record as people write it into a file."""
    relative = owner.removesuffix(zone).rstrip(".") or "@"
    name = rng.choice((f"{owner}.", relative, relative, owner.upper() + ".", f'"{owner}."'))
    middle = rng.choice((f"{ttl} IN", f"IN {ttl}", f"{ttl}", f"\t{ttl}\tIN\t"))
    text = rng.choice((value, value, f"( {value} )", f"(\n\t{value} ; {kind} )\n\t)"))
    return f"{name} {middle} {rng.choice((kind, kind.lower()))} {text}{rng.choice(('', '', ' ; a note', '   '))}"


def of_azure(request: pytest.FixtureRequest, stack: ExitStack) -> Holder:
    unheld = [text for text in TEXTS if '""' in text]
    backend = AzureBackend(stack.enter_context(AzureDns()))
    backend.options = {**backend.options, "rate_limit": 1000.0}
    return Holder(
        backend,
        frozenset(PLACES) - {"SOA"},
        [*unheld, "0 0 0 ."],
        own=own_of_azure,
    )


def of_google(request: pytest.FixtureRequest, stack: ExitStack) -> Holder:
    types = frozenset(google_cloud_dns_rules._TYPES.pattern.split("|")) & ALL_TYPES
    return Holder(GoogleBackend(stack.enter_context(GoogleCloudDns())), types, own=own_of_google)


def of_route53(request: pytest.FixtureRequest, stack: ExitStack) -> Holder:
    types = frozenset(route53_rules.TYPES) & ALL_TYPES
    backend = Route53Backend(stack.enter_context(Route53Simulator()))
    backend.account.limited = False
    backend.options = {**backend.options, "rate_limit": 1000.0, "timeout": 60}
    return Holder(backend, types, own=own_of_route53)


def of_cloudflare(request: pytest.FixtureRequest, stack: ExitStack) -> Holder:
    simulator = stack.enter_context(CloudflareSimulator(quota=100_000_000))
    return Holder(
        CloudflareBackend(simulator),
        EVERYWHERE | {"HTTPS", "PTR", "SSHFP"},
        ["@.hoster.example."],
        own=own_of_cloudflare,
    )


def of_ovh(request: pytest.FixtureRequest, stack: ExitStack) -> Holder:
    api = OvhApi().start()
    stack.callback(api.stop)
    return Holder(OvhBackend(api), frozenset(ovh_rules.TYPES) & ALL_TYPES - {"SPF"})


def of_ovh_without_quotes(request: pytest.FixtureRequest, stack: ExitStack) -> Holder:
    api = OvhApi().start()
    stack.callback(api.stop)
    api.exports_without_quotes = True
    return Holder(UnquotedOvhBackend(api), frozenset(ovh_rules.TYPES) & ALL_TYPES - {"SPF"})


def of_bind_without_transfer(request: pytest.FixtureRequest, stack: ExitStack) -> Holder:
    server = stack.enter_context(BindWithoutTransfer(request.getfixturevalue("tmp_path"), transfer=False))
    return OnServer(DnsBackend(server, dig_signs=False), OF_BIND)


def of_godaddy(request: pytest.FixtureRequest, stack: ExitStack) -> Holder:
    return Holder(GoDaddyBackend(stack.enter_context(GoDaddySimulator())), EVERYWHERE)


def of_godaddy_by_token(request: pytest.FixtureRequest, stack: ExitStack) -> Holder:
    return Holder(GoDaddyTokenBackend(stack.enter_context(GoDaddySimulator())), EVERYWHERE)


def of_namecheap(request: pytest.FixtureRequest, stack: ExitStack) -> Holder:
    simulator, nameserver = stack.enter_context(NamecheapSimulator()), stack.enter_context(Nameserver())
    return Holder(NamecheapBackend(simulator, nameserver), EVERYWHERE - {"SRV"}, own=own_of_namecheap)


def own_of_azure(backend: AzureBackend, zone: str, name: str, rng: random.Random) -> Callable[[], Any]:
    target = {"id": f"/subscriptions/{backend.principal.subscription_id}/resourceGroups/web/providers/x/y/z"}
    there, label, kind = backend.simulator.zone(zone), relative(name, zone), rng.choice(("A", "CNAME"))
    there.put(label, kind, {"TTL": 300, "targetResource": target})
    return lambda: dict(there.sets[label, kind])


def own_of_google(backend: GoogleBackend, zone: str, name: str, rng: random.Random) -> Callable[[], Any]:
    policy = {"wrr": {"items": [{"weight": 1.0, "rrdatas": [f'"{rng.choice(OWN_TEXTS)}"']}]}}
    backend.simulator.put(PROJECT, zone, Rrset(f"{name}.", "TXT", 300, (), policy))
    return lambda: backend.simulator.zone(PROJECT, zone).rrsets[f"{name}.", "TXT"]


def own_of_route53(backend: Route53Backend, zone: str, name: str, rng: random.Random) -> Callable[[], Any]:
    target = {"HostedZoneId": "Z2FDTNDATAQYW2", "DNSName": "d1.cloudfront.net.", "EvaluateTargetHealth": False}
    own: list[dict[str, Any]] = [{"Name": f"{name}.", "Type": "A", "AliasTarget": target}]
    if rng.random() < 0.7:
        texts = rng.sample(OWN_TEXTS, 2)
        weighted = [record_set(name, "TXT", 60, [f'"{text}"']) for text in texts]
        own = [{**each, "SetIdentifier": str(number), "Weight": 1} for number, each in enumerate(weighted)]
    backend.change(zone, *(("CREATE", each) for each in own))
    return lambda: [
        each for each in backend.listed(zone) if each["Name"] == f"{name}." and each["Type"] == own[0]["Type"]
    ]


def own_of_cloudflare(backend: CloudflareBackend, zone: str, name: str, rng: random.Random) -> Callable[[], Any]:
    there = backend.simulator.zone(zone)
    proxied = {"type": "CNAME", "content": "web.hoster.example", "proxied": True, "comment": "by the agency"}
    managed = {"type": "TXT", "content": f'"{rng.choice(OWN_TEXTS)}"', "meta": {"read_only": True}}
    replaced = name.startswith(("em1.", "odoo."))  # where another alias may be desired
    added = there.add(name=name, **(managed if replaced else rng.choice((proxied, managed))))
    return lambda: dict(there.records[added["id"]])


def own_of_powerdns(backend: PowerDnsBackend, zone: str, name: str, rng: random.Random) -> Callable[[], Any]:
    # who wants the very text of a disabled record wants it served
    computed = rng.choice(("TXT \"os.date('%Y')\"", "TXT \"'a text'\"", "CNAME \"'web.hoster.example'\""))
    own = ("ALIAS", "web.hoster.example."), ("LUA", computed), ("TXT", f'"{rng.choice(OWN_TEXTS)}; x-own=tag"')
    kind, content = rng.choice(own)
    record = {"content": content, "disabled": kind == "TXT"}
    change = {"name": f"{name}.", "type": kind, "ttl": 300, "records": [record], "changetype": "REPLACE"}
    backend.server.api("PATCH", f"/zones/{zone}.", {"rrsets": [change]})
    return lambda: (
        record
        in [
            found
            for each in backend.rrsets(zone)
            if (each["name"], each["type"]) == (f"{name}.", kind)
            for found in each["records"]
        ]
    )


def own_of_namecheap(backend: NamecheapBackend, zone: str, name: str, rng: random.Random) -> Callable[[], Any]:
    there, label = backend.simulator.zones[zone], relative(name, zone)
    kind, address = rng.choice((("URL", "https://hoster.example/?a=1&b=2"), ("ALIAS", "web.hoster.example.")))
    there.add(label, kind, address, ttl=300)
    return lambda: [
        (host["Address"], host["TTL"]) for host in there.hosts if (host["Name"], host["Type"]) == (label, kind)
    ]


HOLDERS: dict[str, Callable[[pytest.FixtureRequest, ExitStack], Holder]] = {
    "zone files": of_zone_files,
    "BIND": of_server("bind", OF_BIND),
    "BIND without transfer": of_bind_without_transfer,
    "Knot": of_server("knot", OF_KNOT, "@.hoster.example."),
    "PowerDNS by updates": of_server("powerdns", OF_POWERDNS, *NOT_IN_POWERDNS),
    "PowerDNS": of_powerdns_api,
    "Cloudflare": of_cloudflare,
    "Route 53": of_route53,
    "OVH": of_ovh,
    UNQUOTED: of_ovh_without_quotes,
    "GoDaddy": of_godaddy,
    "GoDaddy by token": of_godaddy_by_token,
    "Namecheap": of_namecheap,
    "Google": of_google,
    "Azure": of_azure,
}


@pytest.fixture(autouse=True)
def _untimed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else writes here, so no look at what was written waits; whoever is slow beside all else is waited for."""
    monkeypatch.setattr(second_look, "PAUSE", 0.0)
    monkeypatch.setattr(hidden, "_SECONDS", 60.0)
    monkeypatch.setattr(transport, "TRIES", (20.0, 40.0))


@pytest.mark.parametrize("name", HOLDERS)
def test_no_zone_of_others_is_harmed(name: str, request: pytest.FixtureRequest) -> None:
    end = SEED + (min(ZONES, IN_AN_ACCOUNT) if name == UNQUOTED else ZONES)
    for first in range(SEED, end, IN_AN_ACCOUNT):
        with ExitStack() as stack:
            holder = HOLDERS[name](request, stack)
            for seed in range(first, min(first + IN_AN_ACCOUNT, end), BATCH):
                zones = [holder.make(number) for number in range(seed, seed + BATCH)]
                holder.put(zones)
                faults = list(judged(holder, zones))
                assert not faults, f"{len(faults)} of {BATCH} zones, with POSTMASTER_SEED={seed}\n" + "\n\n".join(
                    faults[:3]
                )


def judged(holder: Holder, zones: Sequence[ForeignZone]) -> Iterator[str]:
    """What went wrong, for each zone where anything did."""
    own = {zone.name: holder.put_own(zone) for zone in zones}
    held = {name: view() for name, view in own.items()}
    before, writes = holder.sets(zones), list(map(holder.writes, zones))
    foreseen = run(holder, zones, check_mode=True)
    unwritten = list(map(holder.writes, zones))
    done = run(holder, zones)
    after, written = holder.sets(zones), list(map(holder.writes, zones))
    again = run(holder, zones)
    last = list(map(holder.writes, zones))
    for number, zone in enumerate(zones):
        found = []
        if unwritten[number] != writes[number]:
            found.append("check mode wrote")
        if last[number] != written[number]:
            found.append("the second run wrote")
        if own[zone.name]() != held[zone.name]:
            found.append(f"{held[zone.name]} became {own[zone.name]()}")
        for desired in zone.all_desired:
            domain = record_name(desired["domain"])
            result, second = done[domain], again[domain]
            differ = [pair for pair in zip(told(foreseen[domain]), told(result)) if pair[0] != pair[1]]
            found += [f"check mode said {one}, and then it was {other}" for one, other in differ]
            if second.diff or in_any_line(second.error) != in_any_line(result.error):
                found.append(f"the second run: {second.diff} {second.error}")
            if result.error and re.search("bug in this collection|Traceback|\n", result.error):
                found.append(f"the error {result.error}")
        # of a domain that fails nothing is written, but where a part of it lies in another zone
        all_desired = [desired for desired in zone.all_desired if done[record_name(desired["domain"])].changed]
        for name in zone.content:
            found += harm(before[name], after[name], all_desired)
            hidden = [key for key in after[name] if enclosing_zone(zone, key[0]) != name and key not in before[name]]
            found += [f"{kind} {owner} was written to {name}, which does not answer for it" for owner, kind in hidden]
        if found:
            yield "\n".join([*found, str(zone)])


def enclosing_zone(zone: ForeignZone, owner: str) -> str:
    return max((name for name in zone.content if f".{owner}".endswith(f".{name}")), key=len)


def in_any_line(error: str | None) -> str | None:
    """The error, wherever the line of the zone file that it names has got to by the writes of others."""
    return error and re.sub(r"\bline \d+", "line", error)


def told(result: engine.DomainResult) -> tuple[object, ...]:
    return result.diff, result.error, sorted(result.notes.warnings), sorted(result.notes.left_alone), result.zones


def run(holder: Holder, zones: Sequence[ForeignZone], check_mode: bool = False) -> Mapping[Any, engine.DomainResult]:
    options = dict(holder.backend.options)
    if "rate_limit" in options:
        options["rate_limit"] = 1e6  # so that no thread waits for another: that takes longer than their requests
    provider = open_provider(options)
    try:
        return engine.run(list(requests(provider, zones)), check_mode=check_mode, parallel=4)
    finally:
        provider.close()


def requests(provider: Provider, zones: Iterable[ForeignZone]) -> Iterator[engine.Request]:
    for zone in zones:
        for desired in zone.all_desired:
            yield engine.Request(record_name(desired["domain"]), provider, tuple(domain_intents(desired)))
