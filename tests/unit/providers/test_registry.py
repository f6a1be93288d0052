# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all providers have in common: their options, and how a zone is found."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name, to_text
from ansible_collections.postmaster.mail.plugins.module_utils.providers.options import OPTIONS
from ansible_collections.postmaster.mail.plugins.module_utils.providers.registry import (
    Accounts,
    dns_options,
    provider_class,
)
from ansible_collections.postmaster.mail.plugins.module_utils.zone.provider import Provider, longest_zone

POWERDNS: dict[str, Any] = {"provider": "powerdns", "endpoint": "https://dns.example.net:8081", "api_key": "secret"}


@pytest.mark.parametrize(
    ("name", "longest"),
    [
        ("company-name.com", "company-name.com"),
        ("_dmarc.company-name.com", "company-name.com"),
        ("s1._domainkey.mail.company-name.com", "mail.company-name.com"),
        ("*.sub.company-name.com", "sub.company-name.com"),
    ],
)
def test_no_zone_begins_with_an_underscore_or_a_wildcard(name: str, longest: str) -> None:
    assert to_text(longest_zone(record_name(name))) == longest


def test_an_option_of_two_providers_has_the_same_specification() -> None:
    meanings: dict[str, Any] = {}
    for provider in OPTIONS.values():
        for name, spec in provider.options.items():
            assert meanings.setdefault(name, spec) == spec


@pytest.mark.parametrize("name", OPTIONS)
def test_publishes_is_set_for_exactly_the_providers_that_publish(name: str) -> None:
    provider = provider_class(name)
    assert provider.facts.publishes == (provider.publish is not Provider.publish)


def test_every_secret_option_has_no_log() -> None:
    secrets = [
        name for name in dns_options()["options"] if name.endswith(("secret", "_token", "secret_key", "api_key"))
    ]
    assert secrets and all(dns_options()["options"][name].get("no_log") for name in secrets)


def test_an_option_of_another_provider_is_refused() -> None:
    with pytest.raises(InvalidInput, match="directory is not an option of the provider powerdns"):
        Accounts().provider({**POWERDNS, "directory": "./zones"})


def test_one_account_is_one_provider() -> None:
    accounts = Accounts()
    assert accounts.provider(POWERDNS) is accounts.provider(dict(reversed(POWERDNS.items())))
    assert accounts.provider(POWERDNS) is not accounts.provider({**POWERDNS, "api_key": "another"})


def test_a_secret_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    without = {key: value for key, value in POWERDNS.items() if key != "api_key"}
    monkeypatch.delenv("PDNS_API_KEY", raising=False)
    with pytest.raises(InvalidInput, match="PDNS_API_KEY"):
        Accounts().provider(without)
    monkeypatch.setenv("PDNS_API_KEY", "secret")
    assert Accounts().provider(without).settings["api_key"] == "secret"
