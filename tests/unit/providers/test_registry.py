# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of all providers together."""

from __future__ import annotations

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.providers.registry import (
    PROVIDERS,
    Accounts,
    dns_options,
)

POWERDNS = {"provider": "powerdns", "endpoint": "http://dns.company-name.example:8081", "timeout": 10.0}


@pytest.mark.parametrize("name", PROVIDERS)
def test_an_option_that_two_providers_share_is_the_same_at_both(name: str) -> None:
    together = dns_options()["options"]
    for option, spec in PROVIDERS[name].options.items():
        assert together[option] == spec, option


@pytest.mark.parametrize("name", PROVIDERS)
def test_what_is_needed_or_taken_from_the_environment_is_an_option(name: str) -> None:
    provider = PROVIDERS[name]
    assert {*provider.required, *provider.environment} <= set(dns_options()["options"])


def test_an_option_that_is_not_set_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PDNS_API_KEY", "from-the-environment")
    assert Accounts().provider({**POWERDNS, "api_key": None}).settings["api_key"] == "from-the-environment"
    assert Accounts().provider({**POWERDNS, "api_key": "stated"}).settings["api_key"] == "stated"


def test_a_missing_option_names_the_environment_variable_that_would_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PDNS_API_KEY", raising=False)
    with pytest.raises(InvalidInput) as told:
        Accounts().provider({**POWERDNS, "api_key": None})
    assert str(told.value) == ("dns: PowerDNS needs api_key: set it, or the environment variable PDNS_API_KEY.")


def test_the_variable_of_one_vendor_is_no_option_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PDNS_API_KEY", "from-the-environment")
    options = {"provider": "zone_file", "directory": "zones", "api_key": None}
    assert Accounts().provider(options).settings["api_key"] is None
    with pytest.raises(InvalidInput, match="api_key is not an option of the provider zone_file"):
        Accounts().provider({**options, "api_key": "stated"})
