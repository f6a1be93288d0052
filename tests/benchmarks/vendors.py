# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vendors that are measured. One more is one more entry of ``VENDORS``, and what opens an account there."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.postmaster.mail.tests.benchmarks import peers
from ansible_collections.postmaster.mail.tests.benchmarks.account import Account
from ansible_collections.postmaster.mail.tests.benchmarks.forwarder import Forwarder, dns_request, http_request
from ansible_collections.postmaster.mail.tests.benchmarks.replay import Replay
from ansible_collections.postmaster.mail.tests.integration.providers.azure_backend import AzureBackend
from ansible_collections.postmaster.mail.tests.integration.providers.cloudflare_backend import CloudflareBackend
from ansible_collections.postmaster.mail.tests.integration.providers.dns_backend import DnsBackend
from ansible_collections.postmaster.mail.tests.integration.providers.godaddy_backend import (
    GoDaddyBackend,
    GoDaddyTokenBackend,
)
from ansible_collections.postmaster.mail.tests.integration.providers.google_backend import GoogleBackend
from ansible_collections.postmaster.mail.tests.integration.providers.namecheap_backend import NamecheapBackend
from ansible_collections.postmaster.mail.tests.integration.providers.ovh_backend import OvhBackend
from ansible_collections.postmaster.mail.tests.integration.providers.route53_backend import Route53Backend
from ansible_collections.postmaster.mail.tests.integration.providers.test_powerdns import PowerDnsBackend
from ansible_collections.postmaster.mail.tests.servers.bind import Bind
from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.servers.powerdns import PowerDns
from ansible_collections.postmaster.mail.tests.servers.process import HOST
from ansible_collections.postmaster.mail.tests.servers.tls_proxy import TlsProxy
from ansible_collections.postmaster.mail.tests.simulators.azure_dns import AzureDns
from ansible_collections.postmaster.mail.tests.simulators.cloudflare import CloudflareSimulator
from ansible_collections.postmaster.mail.tests.simulators.godaddy import GoDaddySimulator
from ansible_collections.postmaster.mail.tests.simulators.google_cloud_dns import GoogleCloudDns
from ansible_collections.postmaster.mail.tests.simulators.namecheap import NamecheapSimulator
from ansible_collections.postmaster.mail.tests.simulators.ovh import OvhApi
from ansible_collections.postmaster.mail.tests.simulators.route53 import Route53Simulator

_GODADDY_QUOTA, _NAMECHEAP_QUOTA = 60, 20  # requests a minute, which the simulators allow as the vendors do

# Opens an account that lasts as long as the stack; the folder is empty.
Open = Callable[[contextlib.ExitStack, Path], Account]


@dataclasses.dataclass(frozen=True)
class Vendor:
    """``rate`` is how many requests per second the vendor allows in the long run, to all that it answers or to those of
    the kinds ``scarce``; None where it publishes no limit.

    ``free_zones`` are how many are worked on without our limiter; with it ``limited_zones``, which takes it less than a
    minute; 0 where there is no limiter.
    """

    title: str
    open_account: Open
    peers: Mapping[str, peers.Peer] = dataclasses.field(default_factory=dict)
    rate: float | None = None
    scarce: tuple[str, ...] = ()
    free_zones: int = 200
    limited_zones: int = 0
    many_zones: bool = True  # whether it can be had with many zones and a latency
    rehearsed: bool = False  # whether all is done once before it is timed

    @contextlib.contextmanager
    def account(self, folder: Path) -> Iterator[Account]:
        """A fresh account without zones."""
        with contextlib.ExitStack() as stack:
            yield self.open_account(stack, folder)

    def at_its_rate(self, calls: Counter[str]) -> float | None:
        """The seconds that it takes to send so many requests at the vendor's rate."""
        limited = sum(calls[kind] for kind in self.scarce) if self.scarce else calls.total() - calls["token"]
        return limited / self.rate if self.rate else None


def _account(stack: contextlib.ExitStack, backend: Any, simulator: Any, **more: Any) -> Account:
    options = {name: value for name, value in backend.options.items() if name != "rate_limit"}
    return Account(backend, options, simulator.port, lambda: Counter(simulator.calls), simulator, stack, **more)


def _endless(simulator: Any) -> Callable[[], None]:
    return functools.partial(setattr, simulator, "quota", 10**9)


def _cloudflare(stack: contextlib.ExitStack, dummy: Path) -> Account:
    simulator = stack.enter_context(CloudflareSimulator())
    return _account(stack, CloudflareBackend(simulator), simulator, lift_limit=_endless(simulator))


def _route53(stack: contextlib.ExitStack, dummy: Path) -> Account:
    simulator = stack.enter_context(Route53Simulator())
    backend = Route53Backend(simulator)
    environment = {"AWS_ENDPOINT_URL_ROUTE_53": simulator.endpoint, "AWS_DEFAULT_REGION": "us-east-1"}
    account = _account(stack, backend, simulator, environment=environment)
    lift = functools.partial(setattr, backend.account, "limited", False)
    return dataclasses.replace(account, calls=lambda: Counter(backend.account.calls), lift_limit=lift)


def _route53_by_heart(stack: contextlib.ExitStack, folder: Path) -> Account:
    account = _route53(stack, folder)
    front = stack.enter_context(Replay(account.port))
    options = {**account.options, "endpoint": f"http://{HOST}:{front.port}"}
    return dataclasses.replace(account, options=options, calls=lambda: Counter(front.calls), service=front)


def _ovh(stack: contextlib.ExitStack, dummy: Path) -> Account:
    api = OvhApi().start()
    stack.callback(api.stop)
    return _account(stack, OvhBackend(api), api)


def _google(stack: contextlib.ExitStack, dummy: Path) -> Account:
    simulator = stack.enter_context(GoogleCloudDns())
    return _account(stack, GoogleBackend(simulator), simulator)


def _azure(stack: contextlib.ExitStack, folder: Path) -> Account:
    simulator = stack.enter_context(AzureDns())
    proxy = TlsProxy(CertificateAuthority(folder), {"management.azure.com": simulator.port})
    stack.enter_context(proxy)
    return _account(stack, AzureBackend(simulator), simulator, environment=proxy.environment())


def _godaddy(stack: contextlib.ExitStack, dummy: Path, backend: type[GoDaddyBackend] = GoDaddyBackend) -> Account:
    simulator = stack.enter_context(GoDaddySimulator())
    opened = backend(simulator)
    simulator.quota = _GODADDY_QUOTA
    return _account(stack, opened, simulator, lift_limit=_endless(simulator))


def _godaddy_token(stack: contextlib.ExitStack, dummy: Path) -> Account:
    return _godaddy(stack, dummy, GoDaddyTokenBackend)


def _namecheap(stack: contextlib.ExitStack, dummy: Path) -> Account:
    simulator = stack.enter_context(NamecheapSimulator())
    backend = NamecheapBackend(simulator, stack.enter_context(Nameserver()))
    simulator.quota = _NAMECHEAP_QUOTA
    return _account(stack, backend, simulator, lift_limit=_endless(simulator))


def _powerdns(stack: contextlib.ExitStack, folder: Path) -> Account:
    server = stack.enter_context(PowerDns(folder / "powerdns"))
    front = stack.enter_context(Forwarder(server.api_port, http_request))
    account = _account(stack, PowerDnsBackend(server), front)
    return dataclasses.replace(account, options={**account.options, "endpoint": f"http://{HOST}:{front.port}"})


def _bind(stack: contextlib.ExitStack, folder: Path) -> Account:
    server = stack.enter_context(Bind(folder / "bind"))
    front = stack.enter_context(Forwarder(server.port, dns_request))
    account = _account(stack, DnsBackend(server), front)
    return dataclasses.replace(account, options={**account.options, "port": front.port})


VENDORS = (
    Vendor(
        "Cloudflare",
        _cloudflare,
        {
            "octodns-cloudflare": peers.OCTODNS_CLOUDFLARE,
            "community.general.cloudflare_dns": peers.community_cloudflare,
        },
        rate=1200 / 300,
        limited_zones=80,
    ),
    Vendor(
        "Route 53",
        _route53,
        {"octodns-route53": peers.OCTODNS_ROUTE53, "amazon.aws.route53": peers.amazon_route53},
        rate=10,
        limited_zones=200,
    ),
    Vendor("Route 53, by heart", _route53_by_heart, rehearsed=True),
    Vendor("Google Cloud DNS", _google, {"octodns-googlecloud": peers.OCTODNS_GOOGLE}),
    Vendor(
        "Azure DNS",
        _azure,
        {"octodns-azure": peers.OCTODNS_AZURE},
        rate=10,
        scarce=("put", "create", "replace", "delete"),
        limited_zones=100,
    ),
    Vendor("OVH", _ovh, {"octodns-ovh": peers.octodns_ovh}, limited_zones=200),
    Vendor("GoDaddy, key", _godaddy, rate=1, scarce=("v1 replace",), free_zones=12, limited_zones=12),
    Vendor("GoDaddy, token", _godaddy_token, rate=1, scarce=("v3 create",), free_zones=8, limited_zones=10),
    Vendor("Namecheap", _namecheap, rate=700 / 3600, free_zones=12, limited_zones=4),
    Vendor("PowerDNS", _powerdns, {"octodns-powerdns": peers.OCTODNS_POWERDNS}),
    Vendor("RFC 2136, BIND", _bind, {"octodns-bind": peers.OCTODNS_BIND}, many_zones=False),
)
