# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The seven clouds, each simulated and as the provider suite sees it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from ansible_collections.postmaster.mail.tests.integration.providers.azure_backend import AzureBackend
from ansible_collections.postmaster.mail.tests.integration.providers.cloudflare_backend import CloudflareBackend
from ansible_collections.postmaster.mail.tests.integration.providers.godaddy_backend import (
    GoDaddyBackend,
    GoDaddyTokenBackend,
)
from ansible_collections.postmaster.mail.tests.integration.providers.google_backend import GoogleBackend
from ansible_collections.postmaster.mail.tests.integration.providers.namecheap_backend import NamecheapBackend
from ansible_collections.postmaster.mail.tests.integration.providers.ovh_backend import OvhBackend
from ansible_collections.postmaster.mail.tests.integration.providers.route53_backend import Route53Backend
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.simulators.azure_dns import AzureDns
from ansible_collections.postmaster.mail.tests.simulators.cloudflare import CloudflareSimulator
from ansible_collections.postmaster.mail.tests.simulators.godaddy import GoDaddySimulator
from ansible_collections.postmaster.mail.tests.simulators.google_cloud_dns import GoogleCloudDns
from ansible_collections.postmaster.mail.tests.simulators.namecheap import NamecheapSimulator
from ansible_collections.postmaster.mail.tests.simulators.ovh import OvhApi
from ansible_collections.postmaster.mail.tests.simulators.route53 import Route53Simulator


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
def namecheap() -> Iterator[Any]:
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


# By the name of their provider; GoDaddy by the credentials that its page shows.
CLOUDS = {
    "cloudflare": cloudflare,
    "route53": route53,
    "ovh": ovh,
    "godaddy": godaddy_key,
    "namecheap": namecheap,
    "google_cloud_dns": google,
    "azure_dns": azure,
}
