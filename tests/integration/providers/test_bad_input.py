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
    aws,
    godaddy,
    google_cloud_dns,
    http,
    namecheap,
)
from ansible_collections.postmaster.mail.plugins.module_utils.providers.namecheap import api as namecheap_api
from ansible_collections.postmaster.mail.plugins.module_utils.providers.ovh import write as ovh_write
from ansible_collections.postmaster.mail.plugins.module_utils.providers.registry import provider_class
from ansible_collections.postmaster.mail.tests.integration.providers import clouds
from ansible_collections.postmaster.mail.tests.integration.providers.cloudflare_backend import TOKEN
from ansible_collections.postmaster.mail.tests.integration.providers.godaddy_backend import TOKEN as GODADDY_TOKEN
from ansible_collections.postmaster.mail.tests.integration.providers.google_backend import PROJECT
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.simulators.cloudflare import Token

ZONE = "company-name.com"
RECORDS = (
    (ZONE, "TXT", 3600, ['"google-site-verification=8mXc0Zy5w"']),
    (ZONE, "MX", 3600, ["10 mx.hoster.example."]),
)
# What a person can do about it, in the words of the sentences.
CURES = ("Check ", "Wait ", "Wait, ", "Give ", "Set ", "Run it again", "create the zone there", "Renew it")
NO_HOSTS = (
    '<?xml version="1.0"?><ApiResponse Status="OK" xmlns="http://api.namecheap.com/xml.response"><Errors/>'
    f'<CommandResponse><DomainDNSGetHostsResult Domain="{ZONE}" EmailType="MX" IsUsingOurDNS="true"/>'
    "</CommandResponse></ApiResponse>"
)
FOREVER = 99  # requests


@dataclasses.dataclass(frozen=True)
class Case:
    """``arrange`` gets the backend, spoils something, and may give other options; ``told`` stands in the sentence."""

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
    Case(clouds.cloudflare, "wrong credentials", wrong(), "api_token"),
    Case(clouds.route53, "wrong credentials", wrong(), "secret_key"),
    Case(clouds.route53, "expired credentials", faults("ListHostedZonesByName", "ExpiredToken"), "have expired"),
    Case(clouds.ovh, "wrong credentials", wrong(1), "application_secret"),
    Case(clouds.ovh, "a consumer key that is none", wrong(2), "consumer_key"),
    Case(clouds.godaddy_key, "wrong credentials", wrong(), "api_key"),
    Case(clouds.godaddy_token, "wrong credentials", wrong(), "access_token"),
    Case(clouds.namecheap, "wrong credentials", wrong(), "api_key"),
    Case(clouds.google, "wrong credentials", wrong(), "service_account_json"),
    Case(clouds.azure, "wrong credentials", wrong(), "client_secret"),
    # -- the right credentials without the right permission
    Case(clouds.cloudflare, "may only read", token(edits=False), "DNS: Edit"),
    Case(clouds.cloudflare, "may not read", token(reads_records=False), "Zone: Read"),
    Case(
        clouds.route53,
        "may only read",
        denied("ChangeResourceRecordSets"),
        "must allow route53:ChangeResourceRecordSets",
    ),
    Case(clouds.route53, "may not read", denied("ListResourceRecordSets"), "must allow route53:ListResourceRecordSets"),
    Case(clouds.ovh, "may only read", rights(("GET", "/*")), "PUT and DELETE /record/*"),
    Case(clouds.ovh, "may not read", rights(("GET", "/me")), "PUT and DELETE /record/*"),
    Case(
        clouds.godaddy_token,
        "may only read",
        lambda backend: backend.simulator.tokens.update({GODADDY_TOKEN: {"domains.domain:read"}}),
        "domains.dns:update",
    ),
    Case(
        clouds.namecheap, "may not edit", fails("setHosts", number=2030166), "does not allow this domain to be edited"
    ),
    Case(clouds.google, "may only read", denied("change"), "its roles there"),
    Case(clouds.google, "may not read", denied("list"), "its roles there"),
    Case(clouds.azure, "may only read", denied("put"), "their role on the zone"),
    Case(clouds.azure, "may not read", denied("list"), "their role on the zone"),
    # -- a zone of another account
    Case(clouds.cloudflare, "zone of another account", token(accounts=("b" * 32,)), "lies in no zone"),
    Case(clouds.route53, "zone of another account", with_options(zone_id="Z0000000000"), "Check zone_id"),
    Case(
        clouds.ovh, "zone of another account", lambda backend: backend.api.zones.pop(ZONE) and None, "lies in no zone"
    ),
    Case(clouds.google, "zone of another project", wrong(2), "its project"),
    Case(clouds.azure, "zone of another subscription", with_options(subscription_id="0000"), "Check subscription_id"),
    # -- two zones of one name
    Case(
        clouds.cloudflare,
        "two zones",
        lambda b: b.simulator.add_zone(ZONE, account="b" * 32) and None,
        "Set account_id to",
    ),
    Case(clouds.route53, "two zones", zone_named_alike_at_route53, "Set zone_id to"),
    Case(clouds.google, "two zones", lambda b: b.simulator.add_zone(PROJECT, ZONE, "another"), "Set zone_id to"),
    Case(clouds.azure, "two zones", zone_named_alike_at_azure, "Set resource_group to"),
    # -- an API that is suspended, or not open to this account
    Case(clouds.route53, "not open", faults("ListHostedZonesByName", "OptInRequired"), "completed its sign-up"),
    Case(clouds.ovh, "expired zone", ovh_fails("export", 460), "Renew it"),
    Case(clouds.godaddy_key, "not open", lambda b: b.simulator.denied.update(b.simulator.keys), "Discount Domain Club"),
    Case(
        clouds.godaddy_token,
        "not open",
        lambda b: b.simulator.denied.add(GODADDY_TOKEN),
        "denies this account access",
    ),
    Case(clouds.namecheap, "not in the allow-list", with_options(client_ip="198.51.100.7"), "allow-list"),
    Case(clouds.namecheap, "not switched on", fails("getHosts", number=1011102), "switched on"),
    # -- a rate limit that does not end
    Case(clouds.cloudflare, "limit of reads", fails("records", status=429), "accepts no more requests"),
    Case(clouds.cloudflare, "limit of writes", fails("batch", status=429), "accepts no more requests"),
    Case(clouds.route53, "limit of reads", faults("ListResourceRecordSets", "Throttling"), "accepts no more requests"),
    Case(
        clouds.route53, "limit of writes", faults("ChangeResourceRecordSets", "Throttling"), "accepts no more requests"
    ),
    Case(clouds.ovh, "limit of reads", ovh_fails("export", 429), "accepts no more requests"),
    Case(clouds.ovh, "limit of writes", ovh_fails("create", 429), "accepts no more requests"),
    Case(clouds.godaddy_key, "limit of reads", fails("v1 records", status=429), "accepts no more requests"),
    Case(
        clouds.godaddy_key,
        "limit of 20 minutes",
        fails("v1 records", status=429, headers={"Retry-After": "1200"}),
        "Wait 1200 s",
    ),
    Case(clouds.godaddy_key, "limit of writes", fails("v1 append", status=429), "accepts no more requests"),
    Case(clouds.godaddy_token, "limit of writes", fails("v3 create", status=429), "accepts no more requests"),
    Case(clouds.namecheap, "limit of reads", fails("getHosts", status=405), "accepts no more requests"),
    Case(clouds.namecheap, "limit of writes", fails("setHosts", status=405), "accepts no more requests"),
    Case(clouds.google, "limit of reads", faults("list", 429), "accepts no more requests"),
    Case(clouds.google, "limit of writes", faults("change", 429), "accepts no more requests"),
    Case(clouds.azure, "limit of reads", faults("list", 429), "accepts no more requests"),
    Case(clouds.azure, "limit of writes", faults("put", 429), "accepts no more requests"),
    # -- the page of a proxy
    Case(clouds.cloudflare, "page for zones", fails("zones", how="page"), "endpoint"),
    Case(clouds.cloudflare, "page for records", fails("records", how="page"), "endpoint"),
    Case(clouds.route53, "page for zones", faults("ListHostedZonesByName", "html"), "endpoint"),
    Case(clouds.route53, "page for records", faults("ListResourceRecordSets", "html"), "endpoint"),
    Case(clouds.route53, "page for a write", faults("ChangeResourceRecordSets", "html"), "endpoint"),
    Case(clouds.ovh, "page for records", ovh_fails("export", "html"), "endpoint"),
    Case(clouds.ovh, "page for a write", ovh_fails("create", "html"), "endpoint"),
    Case(clouds.godaddy_key, "page for records", fails("v1 records", how="page"), "endpoint"),
    Case(clouds.godaddy_key, "page for a write", fails("v1 append", how="page"), "endpoint"),
    Case(clouds.godaddy_token, "page for a write", fails("v3 create", how="page"), "endpoint"),
    Case(clouds.namecheap, "page for records", fails("getHosts", how="page"), "endpoint"),
    Case(clouds.namecheap, "page for a write", fails("setHosts", how="page"), "endpoint"),
    Case(clouds.google, "page for a token", faults("token", "html"), "proxy"),
    Case(clouds.google, "page for records", faults("list", "html"), "endpoint"),
    Case(clouds.google, "page for a write", faults("change", "html"), "endpoint"),
    Case(clouds.azure, "page for a token", faults("token", "html"), "proxy"),
    Case(clouds.azure, "page for records", faults("list", "html"), "endpoint"),
    Case(clouds.azure, "page for a write", faults("put", "html"), "endpoint"),
    # -- an empty list where there are records
    Case(clouds.cloudflare, "empty list", fails("records", how="list"), "endpoint"),
    Case(clouds.route53, "empty list", faults("ListResourceRecordSets", "empty"), "without the SOA record"),
    Case(clouds.godaddy_key, "empty list", fails("v1 records", how="empty"), "endpoint"),
    Case(clouds.godaddy_token, "empty list", fails("v3 records", how="empty"), "endpoint"),
    Case(clouds.namecheap, "empty list", fails("getHosts", how="page", page=NO_HOSTS), "lists no records at all"),
    Case(clouds.google, "empty list", faults("list", {"rrsets": []}), "without the SOA record"),
    Case(clouds.azure, "empty list", faults("list", {"value": []}), "without the SOA record"),
]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (http, aws):
        monkeypatch.setattr(module, "BACKOFF", 0.01)
    for module in (godaddy, namecheap, namecheap_api, ovh_write):
        monkeypatch.setattr(module, "_PAUSES", (0.01, 0.02))
    monkeypatch.setattr(google_cloud_dns, "_PAUSE", 0.01)
    monkeypatch.setattr(google_cloud_dns, "_LONGEST_WAIT", 0.1)


@pytest.fixture
def nameserver() -> Iterator[str]:
    with Nameserver() as running:
        yield f"{running.host}:{running.port}"


def spf(options: Mapping[str, Any], nameserver: str) -> dict[str, Any]:
    """The options of the module ``spf_record``."""
    dns = {name: value for name, value in options.items() if value is not None and name != "nameservers"}
    return {"domain": ZONE, "include": ["_spf.odoo.com"], "dns": dns, "nameservers": [nameserver]}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_one_sentence_with_a_cure_and_nothing_is_written(case: Case, nameserver: str) -> None:
    with case.vendor() as backend:
        backend.put_zone(ZONE, RECORDS)
        before = backend.sets(ZONE)
        options = {**backend.options, **(case.arrange(backend) or {})}
        result = run_module("spf_record", spf(options, nameserver))
        with contextlib.suppress(KeyError):  # where the zone itself is gone
            assert backend.sets(ZONE) == before
    assert result["failed"]
    assert not result.get("changed")
    message = result["msg"]
    assert case.told in message
    assert ZONE in message
    assert provider_class(options["provider"]).facts.title.split()[-1] in message
    assert any(cure in message for cure in CURES)
    assert "\n" not in message
    # Ansible puts stars in the place of a secret that a sentence holds
    assert "****" not in str(result)


# -- a write that nobody confirms --------------------------------------------------------------------------------------

DONE = [
    Case(clouds.cloudflare, "an error after it was done", fails("batch", status=500, done=True)),
    Case(clouds.cloudflare, "no answer after it was done", fails("batch", how="reset", done=True)),
    Case(clouds.cloudflare, "a page of a proxy", fails("batch", how="page", done=True)),
    Case(clouds.route53, "no answer after it was done", faults("ChangeResourceRecordSets", "lost")),
    Case(clouds.ovh, "an error after it was done", lambda b: b.api.fail("create", 500, FOREVER, after=True)),
    Case(clouds.ovh, "no answer after it was done", lambda b: b.api.fail("create", "reset", FOREVER, after=True)),
    Case(clouds.godaddy_key, "an error after it was done", fails("v1 append", status=500, done=True)),
    Case(clouds.godaddy_key, "no answer after it was done", fails("v1 append", how="reset", done=True)),
    Case(clouds.godaddy_token, "an error after it was done", fails("v3 create", status=500, done=True)),
    Case(clouds.godaddy_token, "no answer after it was done", fails("v3 create", how="reset", done=True)),
    Case(clouds.namecheap, "an error after it was done", fails("setHosts", status=500, done=True)),
    Case(clouds.namecheap, "no answer after it was done", fails("setHosts", how="reset", done=True)),
    Case(clouds.google, "an error after it was done", faults("change", "done 500")),
    Case(clouds.google, "no answer after it was done", faults("change", "lost")),
    Case(clouds.azure, "an error after it was done", faults("put", "done 500")),
    Case(clouds.azure, "no answer after it was done", faults("put", "lost")),
]


@pytest.mark.parametrize("case", DONE, ids=str)
def test_what_is_there_counts_as_written_though_nobody_confirms_it(case: Case, nameserver: str) -> None:
    with case.vendor() as backend:
        backend.put_zone(ZONE, RECORDS)
        case.arrange(backend)
        desired = spf(backend.options, nameserver)
        result = run_module("spf_record", desired)
        values = backend.sets(ZONE)[ZONE, "TXT"][1]
        again = run_module("spf_record", desired)
    assert not result.get("failed"), result["msg"]
    assert result["changed"]
    assert len(values) == 2
    assert not again.get("failed") and not again["changed"]


NOT_DONE = [
    Case(clouds.cloudflare, "an error", fails("batch", status=500)),
    Case(clouds.cloudflare, "no answer", fails("batch", how="reset")),
    Case(clouds.route53, "an error", faults("ChangeResourceRecordSets", "InternalFailure")),
    Case(clouds.route53, "no answer", faults("ChangeResourceRecordSets", "reset")),
    Case(clouds.ovh, "an error", ovh_fails("create", 500)),
    Case(clouds.ovh, "no answer", ovh_fails("create", "reset")),
    Case(clouds.godaddy_key, "an error", fails("v1 append", status=500)),
    Case(clouds.godaddy_key, "no answer", fails("v1 append", how="reset")),
    Case(clouds.godaddy_token, "an error", fails("v3 create", status=500)),
    Case(clouds.namecheap, "an error", fails("setHosts", status=500)),
    Case(clouds.namecheap, "no answer", fails("setHosts", how="reset")),
    Case(clouds.google, "an error", faults("change", 500)),
    Case(clouds.google, "no answer", faults("change", "reset")),
    Case(clouds.azure, "an error", faults("put", 500)),
    Case(clouds.azure, "no answer", faults("put", "reset")),
]


@pytest.mark.parametrize("case", NOT_DONE, ids=str)
def test_what_never_arrives_counts_as_not_written(case: Case, nameserver: str) -> None:
    with case.vendor() as backend:
        backend.put_zone(ZONE, RECORDS)
        before = backend.sets(ZONE)
        case.arrange(backend)
        desired = spf(backend.options, nameserver)
        result = run_module("spf_record", desired)
        assert backend.sets(ZONE) == before
    assert result["failed"]
    assert not result["changed"]
    assert ZONE in result["msg"]
    assert "nothing was written" in result["msg"].lower() or "nothing is changed" in result["msg"]
