# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account has one rate limit, however many C(dns) options lead to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.providers.http import limiter_of
from ansible_collections.postmaster.mail.plugins.module_utils.providers.registry import PROVIDERS

OVH = {"application_key": "key", "application_secret": "secret", "consumer_key": "consumer"}
GODADDY = {"api_key": "key", "api_secret": "secret"}
NAMECHEAP = {"api_user": "user", "api_key": "key", "client_ip": "192.0.2.1"}
GOOGLE = {"project": "project", "endpoint": "https://dns.example.net"}


@pytest.mark.parametrize(
    ("name", "options", "another", "limiter"),
    [
        ("ovh", OVH, {"consumer_key": "another"}, lambda provider: provider._api._api._limiter),
        ("godaddy", GODADDY, {"api_key": "another"}, lambda provider: provider._api._endpoints["write"]._limiter),
        ("namecheap", NAMECHEAP, {"api_user": "another"}, lambda provider: provider._api._limiter),
        ("google_cloud_dns", GOOGLE, {"project": "another"}, lambda provider: provider._limiter),
    ],
)
def test_all_options_of_an_account_share_its_rate_limit(
    name: str, options: Mapping[str, Any], another: Mapping[str, Any], limiter: Callable[[Any], Any]
) -> None:
    limiter_of.cache_clear()
    everything = dict.fromkeys(PROVIDERS[name].options)
    first, second, other = (
        PROVIDERS[name]({**everything, **options, **more}) for more in ({"timeout": 5.0}, {"timeout": 9.0}, another)
    )
    assert limiter(first) is limiter(second)
    assert limiter(first) is not limiter(other)


def test_each_endpoint_of_godaddy_has_a_limit_of_its_own() -> None:
    limiter_of.cache_clear()
    provider: Any = PROVIDERS["godaddy"]({**dict.fromkeys(PROVIDERS["godaddy"].options), **GODADDY})
    limiters = [endpoint._limiter for endpoint in provider._api._endpoints.values()]
    assert len(set(map(id, limiters))) == len(limiters)
