# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account has one rate limit, however many ``dns`` options refer to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from unittest import mock

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.providers import rate_limit
from ansible_collections.postmaster.mail.plugins.module_utils.providers.registry import provider_class

OVH = {"application_key": "key", "application_secret": "secret", "consumer_key": "consumer"}
GODADDY = {"api_key": "key", "api_secret": "secret"}
NAMECHEAP = {"api_user": "user", "api_key": "key", "client_ip": "192.0.2.1"}
GOOGLE = {"project": "project", "endpoint": "https://dns.example.net"}
CLOUDFLARE = {"api_token": "token-of-a-user"}
ROUTE53 = {"access_key": "AKIA1", "secret_key": "secret"}
AZURE = {"subscription_id": "one", "tenant_id": "tenant", "client_id": "client", "client_secret": "secret"}

ACCOUNTS = [
    ("cloudflare", CLOUDFLARE, {"api_token": "token-of-another"}, lambda provider: provider._api._limiter),
    ("route53", ROUTE53, {"access_key": "AKIA2"}, lambda provider: provider._api._limiter),
    ("ovh", OVH, {"consumer_key": "another"}, lambda provider: provider._api._api._limiter),
    ("godaddy", GODADDY, {"api_key": "another"}, lambda provider: provider._api._endpoints["write"]._limiter),
    ("namecheap", NAMECHEAP, {"api_user": "another"}, lambda provider: provider._api._limiter),
    ("google_cloud_dns", GOOGLE, {"project": "another"}, lambda provider: provider._limiter),
    ("azure_dns", AZURE, {"subscription_id": "two"}, lambda provider: provider._writing),
]


@pytest.mark.parametrize(("name", "options", "another", "limiter"), ACCOUNTS, ids=[row[0] for row in ACCOUNTS])
def test_all_dns_options_of_an_account_share_its_rate_limit(
    name: str, options: Mapping[str, Any], another: Mapping[str, Any], limiter: Callable[[Any], Any]
) -> None:
    rate_limit._limiters.clear()
    everything = dict.fromkeys(provider_class(name).options)
    differences: tuple[dict[str, Any], ...] = ({}, {"timeout": 9.0}, {"backup": True}, {"rate_limit": 0.1})
    same = [provider_class(name)({**everything, **options, **more}) for more in differences]
    other = provider_class(name)({**everything, **options, **another})
    assert len({id(limiter(provider)) for provider in same}) == 1
    assert limiter(same[0]) is not limiter(other)


def test_all_credentials_of_a_google_project_share_its_rate_limit() -> None:
    rate_limit._limiters.clear()
    everything = dict.fromkeys(provider_class("google_cloud_dns").options)
    key = json.dumps({"type": "authorized_user", "client_id": "a", "client_secret": "b", "refresh_token": "c"})
    first: Any = provider_class("google_cloud_dns")({**everything, **GOOGLE})
    second: Any = provider_class("google_cloud_dns")({**everything, **GOOGLE, "service_account_json": key})
    assert first._limiter is second._limiter


def test_the_lowest_of_several_rates_of_an_account_applies() -> None:
    rate_limit._limiters.clear()
    waited: list[float] = []
    with mock.patch.object(rate_limit.RateLimiter.__init__, "__defaults__", (1, lambda: sum(waited), waited.append)):
        for rate, burst in ((10.0, 10), (0.5, 1), (5.0, 5)):
            limiter = rate_limit.limiter_of(rate, burst, "account")
    limiter.acquire()
    limiter.acquire()
    assert sum(waited) == pytest.approx(2.0)


def test_each_endpoint_of_godaddy_has_its_own_limit() -> None:
    rate_limit._limiters.clear()
    provider: Any = provider_class("godaddy")({**dict.fromkeys(provider_class("godaddy").options), **GODADDY})
    limiters = [endpoint._limiter for endpoint in provider._api._endpoints.values()]
    assert len(set(map(id, limiters))) == len(limiters)
