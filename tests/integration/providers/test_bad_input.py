# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person gets whose account, rights or network are not as they should be: one sentence, and an untouched zone.

It names the vendor, the zone and the cure, and no secret, at each of the seven clouds.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.providers import (
    cloudflare_api,
    godaddy,
    google_cloud_dns,
    http,
    namecheap,
    namecheap_api,
    ovh_write,
    route53_api,
)
from ansible_collections.postmaster.mail.plugins.module_utils.providers.registry import PROVIDERS
from ansible_collections.postmaster.mail.tests.integration.providers.azure_backend import AzureBackend
from ansible_collections.postmaster.mail.tests.integration.providers.cloudflare_backend import TOKEN, CloudflareBackend
from ansible_collections.postmaster.mail.tests.integration.providers.godaddy_backend import TOKEN as GODADDY_TOKEN
from ansible_collections.postmaster.mail.tests.integration.providers.godaddy_backend import (
    GoDaddyBackend,
    GoDaddyTokenBackend,
)
from ansible_collections.postmaster.mail.tests.integration.providers.google_backend import PROJECT, GoogleBackend
from ansible_collections.postmaster.mail.tests.integration.providers.namecheap_backend import NamecheapBackend
from ansible_collections.postmaster.mail.tests.integration.providers.route53_backend import Route53Backend
from ansible_collections.postmaster.mail.tests.integration.providers.test_ovh import OvhBackend
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.simulators.azure_dns import AzureDns
from ansible_collections.postmaster.mail.tests.simulators.cloudflare import CloudflareSimulator, Token
from ansible_collections.postmaster.mail.tests.simulators.godaddy import GoDaddySimulator
from ansible_collections.postmaster.mail.tests.simulators.google_cloud_dns import GoogleCloudDns
from ansible_collections.postmaster.mail.tests.simulators.namecheap import NamecheapSimulator
from ansible_collections.postmaster.mail.tests.simulators.ovh import OvhApi
from ansible_collections.postmaster.mail.tests.simulators.route53 import Route53Simulator

ZONE = "company-name.com"
RECORDS = (
    (ZONE, "TXT", 3600, ['"google-site-verification=8mXc0Zy5w"']),
    (ZONE, "MX", 3600, ["10 mx.hoster.example."]),
)
# What a person can do about it, in the words of the sentences.
CURES = ("Check ", "Wait ", "Wait, ", "Give ", "Name one of them", "Run it again", "create the zone there", "Renew it")
NO_HOSTS = (
    '<?xml version="1.0"?><ApiResponse Status="OK" xmlns="http://api.namecheap.com/xml.response"><Errors/>'
    f'<CommandResponse><DomainDNSGetHostsResult Domain="{ZONE}" EmailType="MX" IsUsingOurDNS="true"/>'
    "</CommandResponse></ApiResponse>"
)
FOREVER = 99  # requests


@contextlib.contextmanager
def cloudflare() -> Iterator[Any]:
    with CloudflareSimulator() as simulator:
        yield CloudflareBackend(simulator)


@contextlib.contextmanager
def route53() -> Iterator[Any]:
    with Route53Simulator() as simulator:
        yield Route53Backend(simulator)


@contextlib.contextmanager
def ovh() -> Iterator[Any]:
    api = OvhApi().start()
    yield OvhBackend(api)
    api.stop()


@contextlib.contextmanager
def godaddy_key() -> Iterator[Any]:
    with GoDaddySimulator() as simulator:
        yield GoDaddyBackend(simulator)


@contextlib.contextmanager
def godaddy_token() -> Iterator[Any]:
    with GoDaddySimulator() as simulator:
        yield GoDaddyTokenBackend(simulator)


@contextlib.contextmanager
def of_namecheap() -> Iterator[Any]:
    with NamecheapSimulator() as simulator, Nameserver() as nameserver:
        yield NamecheapBackend(simulator, nameserver)


@contextlib.contextmanager
def google() -> Iterator[Any]:
    with GoogleCloudDns() as simulator:
        yield GoogleBackend(simulator)


@contextlib.contextmanager
def azure() -> Iterator[Any]:
    with AzureDns() as simulator:
        yield AzureBackend(simulator)


@dataclasses.dataclass(frozen=True)
class Case:
    """C(arrange) gets the backend, spoils something, and may give other options; C(told) stands in the sentence."""

    vendor: Callable[[], contextlib.AbstractContextManager[Any]]
    name: str
    arrange: Callable[[Any], Mapping[str, Any] | None]
    told: str = ""

    def __str__(self) -> str:
        return f"{self.vendor.__name__}: {self.name}"


def with_options(**options: Any) -> Callable[[Any], Mapping[str, Any]]:
    return lambda backend: options


def wrong(index: int = 0) -> Callable[[Any], Mapping[str, Any]]:
    return lambda backend: dict(backend.wrong[index][0])


def fails(kind: str, **what: Any) -> Callable[[Any], None]:
    """The requests of a kind go wrong and never heal (Cloudflare, GoDaddy, Namecheap)."""
    return lambda backend: backend.simulator.fail(kind, times=FOREVER, **what)


def faults(kind: str, fault: Any) -> Callable[[Any], None]:
    """The same (Route 53, Google, Azure)."""
    return lambda backend: backend.simulator.fail(kind, *[fault] * FOREVER)


def ovh_fails(kind: str, what: Any) -> Callable[[Any], None]:
    return lambda backend: backend.api.fail(kind, what, times=FOREVER)


def rights(*granted: tuple[str, str]) -> Callable[[Any], None]:
    return lambda backend: setattr(backend.api, "rights", list(granted))


def token(**rules: Any) -> Callable[[Any], None]:
    return lambda backend: backend.simulator.tokens.update({TOKEN: Token(**rules)})


def denied(*operations: str) -> Callable[[Any], None]:
    def arrange(backend: Any) -> None:
        (backend.account if hasattr(backend, "account") else backend.principal).denied.update(operations)

    return arrange


def zone_named_alike_at_route53(backend: Any) -> None:
    backend.client.create_hosted_zone(Name=ZONE, CallerReference="another")


def zone_named_alike_at_azure(backend: Any) -> Mapping[str, Any]:
    backend.simulator.add_zone(backend.principal.subscription_id, "another-group", ZONE)
    return {"resource_group": None}


CASES = [
    # -- credentials that are wrong or have expired
    Case(cloudflare, "wrong credentials", wrong(), "api_token"),
    Case(route53, "wrong credentials", wrong(), "secret_key"),
    Case(route53, "expired credentials", faults("ListHostedZonesByName", "ExpiredToken"), "have expired"),
    Case(ovh, "wrong credentials", wrong(1), "application_secret"),
    Case(ovh, "a consumer key that is none", wrong(2), "consumer_key"),
    Case(godaddy_key, "wrong credentials", wrong(), "api_key"),
    Case(godaddy_token, "wrong credentials", wrong(), "access_token"),
    Case(of_namecheap, "wrong credentials", wrong(), "api_key"),
    Case(google, "wrong credentials", wrong(), "service_account_json"),
    Case(azure, "wrong credentials", wrong(), "client_secret"),
    # -- the right credentials without the right permission
    Case(cloudflare, "may only read", token(edits=False), "DNS: Edit"),
    Case(cloudflare, "may not read", token(reads_records=False), "Zone: Read"),
    Case(route53, "may only read", denied("ChangeResourceRecordSets"), "must allow route53:ChangeResourceRecordSets"),
    Case(route53, "may not read", denied("ListResourceRecordSets"), "must allow route53:ListResourceRecordSets"),
    Case(ovh, "may only read", rights(("GET", "/*")), "it needs GET, POST, PUT and DELETE on /domain/zone/*"),
    Case(ovh, "may not read", rights(("GET", "/me")), "it needs GET, POST, PUT and DELETE on /domain/zone/*"),
    Case(
        godaddy_token,
        "may only read",
        lambda backend: backend.simulator.tokens.update({GODADDY_TOKEN: {"domains.domain:read"}}),
        "domains.dns:update",
    ),
    Case(of_namecheap, "may not edit", fails("setHosts", number=2030166), "lets nobody edit"),
    Case(google, "may only read", denied("change"), "its roles there"),
    Case(google, "may not read", denied("list"), "its roles there"),
    Case(azure, "may only read", denied("put"), "the role that they have on the zone"),
    Case(azure, "may not read", denied("list"), "the role that they have on the zone"),
    # -- a zone of another account
    Case(cloudflare, "zone of another account", token(accounts=("b" * 32,)), "lies in no zone"),
    Case(route53, "zone of another account", with_options(zone_id="Z0000000000"), "Check zone_id"),
    Case(ovh, "zone of another account", lambda backend: backend.api.zones.pop(ZONE) and None, "lies in no zone"),
    Case(google, "zone of another project", wrong(2), "its project"),
    Case(azure, "zone of another subscription", with_options(subscription_id="0000"), "Check subscription_id"),
    # -- two zones of one name
    Case(cloudflare, "two zones", lambda b: b.simulator.add_zone(ZONE, account="b" * 32) and None, "as account_id"),
    Case(route53, "two zones", zone_named_alike_at_route53, "as zone_id"),
    Case(google, "two zones", lambda b: b.simulator.add_zone(PROJECT, ZONE, "another"), "as zone_id"),
    Case(azure, "two zones", zone_named_alike_at_azure, "as resource_group"),
    # -- an API that is suspended, or not open to this account
    Case(route53, "not open", faults("ListHostedZonesByName", "OptInRequired"), "completed its sign-up"),
    Case(ovh, "expired zone", ovh_fails("export", 460), "Renew it"),
    Case(godaddy_key, "not open", lambda b: b.simulator.denied.update(b.simulator.keys), "Discount Domain Club"),
    Case(godaddy_token, "not open", lambda b: b.simulator.denied.add(GODADDY_TOKEN), "does not let this account in"),
    Case(of_namecheap, "not in the allow-list", with_options(client_ip="198.51.100.7"), "allow-list"),
    Case(of_namecheap, "not switched on", fails("getHosts", number=1011102), "switched on"),
    # -- a rate limit that does not end
    Case(cloudflare, "limit of reads", fails("records", status=429), "takes no more requests"),
    Case(cloudflare, "limit of writes", fails("batch", status=429), "takes no more requests"),
    Case(route53, "limit of reads", faults("ListResourceRecordSets", "Throttling"), "takes no more requests"),
    Case(route53, "limit of writes", faults("ChangeResourceRecordSets", "Throttling"), "takes no more requests"),
    Case(ovh, "limit of reads", ovh_fails("export", 429), "takes no more requests"),
    Case(ovh, "limit of writes", ovh_fails("create", 429), "takes no more requests"),
    Case(godaddy_key, "limit of reads", fails("v1 records", status=429), "takes no more requests"),
    Case(
        godaddy_key,
        "limit of 20 minutes",
        fails("v1 records", status=429, headers={"Retry-After": "1200"}),
        "Wait 1200 s",
    ),
    Case(godaddy_key, "limit of writes", fails("v1 append", status=429), "takes no more requests"),
    Case(godaddy_token, "limit of writes", fails("v3 create", status=429), "takes no more requests"),
    Case(of_namecheap, "limit of reads", fails("getHosts", status=405), "takes no more requests"),
    Case(of_namecheap, "limit of writes", fails("setHosts", status=405), "takes no more requests"),
    Case(google, "limit of reads", faults("list", 429), "takes no more requests"),
    Case(google, "limit of writes", faults("change", 429), "takes no more requests"),
    Case(azure, "limit of reads", faults("list", 429), "takes no more requests"),
    Case(azure, "limit of writes", faults("put", 429), "takes no more requests"),
    # -- the page of a proxy
    Case(cloudflare, "page for zones", fails("zones", how="page"), "endpoint"),
    Case(cloudflare, "page for records", fails("records", how="page"), "endpoint"),
    Case(route53, "page for zones", faults("ListHostedZonesByName", "html"), "endpoint"),
    Case(route53, "page for records", faults("ListResourceRecordSets", "html"), "endpoint"),
    Case(route53, "page for a write", faults("ChangeResourceRecordSets", "html"), "endpoint"),
    Case(ovh, "page for records", ovh_fails("export", "html"), "endpoint"),
    Case(ovh, "page for a write", ovh_fails("create", "html"), "endpoint"),
    Case(godaddy_key, "page for records", fails("v1 records", how="page"), "endpoint"),
    Case(godaddy_key, "page for a write", fails("v1 append", how="page"), "endpoint"),
    Case(godaddy_token, "page for a write", fails("v3 create", how="page"), "endpoint"),
    Case(of_namecheap, "page for records", fails("getHosts", how="page"), "endpoint"),
    Case(of_namecheap, "page for a write", fails("setHosts", how="page"), "endpoint"),
    Case(google, "page for a token", faults("token", "html"), "proxy"),
    Case(google, "page for records", faults("list", "html"), "endpoint"),
    Case(google, "page for a write", faults("change", "html"), "endpoint"),
    Case(azure, "page for a token", faults("token", "html"), "proxy"),
    Case(azure, "page for records", faults("list", "html"), "endpoint"),
    Case(azure, "page for a write", faults("put", "html"), "endpoint"),
    # -- an empty list where there are records
    Case(cloudflare, "empty list", fails("records", how="list"), "endpoint"),
    Case(route53, "empty list", faults("ListResourceRecordSets", "empty"), "without the SOA record"),
    Case(godaddy_key, "empty list", fails("v1 records", how="empty"), "endpoint"),
    Case(godaddy_token, "empty list", fails("v3 records", how="empty"), "endpoint"),
    Case(of_namecheap, "empty list", fails("getHosts", how="page", page=NO_HOSTS), "lists no record at all"),
    Case(google, "empty list", faults("list", {"rrsets": []}), "without the SOA record"),
    Case(azure, "empty list", faults("list", {"value": []}), "without the SOA record"),
]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (http, route53_api):
        monkeypatch.setattr(module, "BACKOFF", 0.01)
    monkeypatch.setattr(cloudflare_api, "_BACKOFF", 0.01)
    for module in (godaddy, namecheap, namecheap_api, ovh_write):
        monkeypatch.setattr(module, "_PAUSES", (0.01, 0.02))
    monkeypatch.setattr(google_cloud_dns, "_PAUSE", 0.01)
    monkeypatch.setattr(google_cloud_dns, "_LONGEST_WAIT", 0.1)


@pytest.fixture
def nameserver() -> Iterator[str]:
    with Nameserver() as running:
        yield f"{running.host}:{running.port}"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_one_sentence_with_a_cure_and_nothing_is_written(case: Case, nameserver: str) -> None:
    with case.vendor() as backend:
        backend.put_zone(ZONE, RECORDS)
        before = backend.sets(ZONE)
        options = {**backend.options, **(case.arrange(backend) or {})}
        options = {name: value for name, value in options.items() if value is not None and name != "nameservers"}
        wishes = {"domain": ZONE, "include": ["_spf.odoo.com"], "dns": options, "nameservers": [nameserver]}
        result = run_module("spf_record", wishes)
        with contextlib.suppress(KeyError):  # where the zone itself is gone
            assert backend.sets(ZONE) == before
    assert result["failed"]
    assert not result.get("changed")
    message = result["msg"]
    assert case.told in message
    assert ZONE in message
    assert PROVIDERS[options["provider"]].facts.title.split()[-1] in message
    assert any(cure in message for cure in CURES)
    assert "\n" not in message
    secrets = [value for name, value in options.items() if name.endswith(("secret", "_token", "secret_key", "api_key"))]
    assert not any(str(secret) in str(result) for secret in secrets)


# -- a write that nobody confirms --------------------------------------------------------------------------------------

DONE = [
    Case(cloudflare, "an error after it was done", fails("batch", status=500, done=True)),
    Case(cloudflare, "no answer after it was done", fails("batch", how="reset", done=True)),
    Case(cloudflare, "a page of a proxy", fails("batch", how="page", done=True)),
    Case(route53, "no answer after it was done", faults("ChangeResourceRecordSets", "lost")),
    Case(ovh, "an error after it was done", lambda b: b.api.fail("create", 500, FOREVER, after=True)),
    Case(ovh, "no answer after it was done", lambda b: b.api.fail("create", "reset", FOREVER, after=True)),
    Case(godaddy_key, "an error after it was done", fails("v1 append", status=500, done=True)),
    Case(godaddy_key, "no answer after it was done", fails("v1 append", how="reset", done=True)),
    Case(godaddy_token, "an error after it was done", fails("v3 create", status=500, done=True)),
    Case(godaddy_token, "no answer after it was done", fails("v3 create", how="reset", done=True)),
    Case(of_namecheap, "an error after it was done", fails("setHosts", status=500, done=True)),
    Case(of_namecheap, "no answer after it was done", fails("setHosts", how="reset", done=True)),
    Case(google, "an error after it was done", faults("change", "done 500")),
    Case(google, "no answer after it was done", faults("change", "lost")),
    Case(azure, "an error after it was done", faults("put", "done 500")),
    Case(azure, "no answer after it was done", faults("put", "lost")),
]


@pytest.mark.parametrize("case", DONE, ids=str)
def test_what_is_there_counts_as_written_though_nobody_confirms_it(case: Case, nameserver: str) -> None:
    with case.vendor() as backend:
        backend.put_zone(ZONE, RECORDS)
        case.arrange(backend)
        options = {name: value for name, value in backend.options.items() if name != "nameservers"}
        wishes = {"domain": ZONE, "include": ["_spf.odoo.com"], "dns": options, "nameservers": [nameserver]}
        result = run_module("spf_record", wishes)
        values = backend.sets(ZONE)[ZONE, "TXT"][1]
        again = run_module("spf_record", wishes)
    assert not result.get("failed"), result["msg"]
    assert result["changed"]
    assert len(values) == 2
    assert not again.get("failed") and not again["changed"]


NOT_DONE = [
    Case(cloudflare, "an error", fails("batch", status=500)),
    Case(cloudflare, "no answer", fails("batch", how="reset")),
    Case(route53, "an error", faults("ChangeResourceRecordSets", "InternalFailure")),
    Case(route53, "no answer", faults("ChangeResourceRecordSets", "reset")),
    Case(ovh, "an error", ovh_fails("create", 500)),
    Case(ovh, "no answer", ovh_fails("create", "reset")),
    Case(godaddy_key, "an error", fails("v1 append", status=500)),
    Case(godaddy_key, "no answer", fails("v1 append", how="reset")),
    Case(godaddy_token, "an error", fails("v3 create", status=500)),
    Case(of_namecheap, "an error", fails("setHosts", status=500)),
    Case(of_namecheap, "no answer", fails("setHosts", how="reset")),
    Case(google, "an error", faults("change", 500)),
    Case(google, "no answer", faults("change", "reset")),
    Case(azure, "an error", faults("put", 500)),
    Case(azure, "no answer", faults("put", "reset")),
]


@pytest.mark.parametrize("case", NOT_DONE, ids=str)
def test_what_never_arrives_counts_as_not_written(case: Case, nameserver: str) -> None:
    with case.vendor() as backend:
        backend.put_zone(ZONE, RECORDS)
        before = backend.sets(ZONE)
        case.arrange(backend)
        options = {name: value for name, value in backend.options.items() if name != "nameservers"}
        wishes = {"domain": ZONE, "include": ["_spf.odoo.com"], "dns": options, "nameservers": [nameserver]}
        result = run_module("spf_record", wishes)
        assert backend.sets(ZONE) == before
    assert result["failed"]
    assert not result["changed"]
    assert ZONE in result["msg"]
    assert "nothing was written" in result["msg"] or "nothing is changed" in result["msg"]
