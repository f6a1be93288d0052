# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role's variables are typed as the options of the modules that get them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.postmaster.mail.plugins.module_utils.intents import build
from ansible_collections.postmaster.mail.plugins.module_utils.odoo import options
from ansible_collections.postmaster.mail.plugins.module_utils.providers.registry import dns_options
from ansible_collections.postmaster.mail.plugins.plugin_utils.wish import VARIABLES

ROLE = Path(__file__).parents[3] / "roles" / "custom_domain"
SPEC: dict[str, Any] = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text("utf-8"))["argument_specs"]
ROLE_OPTIONS: dict[str, Any] = SPEC["main"]["options"]
SENDER: dict[str, Any] = ROLE_OPTIONS["custom_domain_senders"]["options"]
# What the whole domain says, so that a sender does not
SAID_ONCE = {"all", "exact", "consolidate", "ttl", "state"}


def typed(spec: Mapping[str, Any], without: set[str] = frozenset()) -> dict[str, Any]:  # type: ignore[assignment]
    """The types of options, without words, defaults and what an environment variable may give."""
    found: dict[str, Any] = {}
    for name, option in spec.items():
        if name in without:
            continue
        kept = {key: option[key] for key in ("type", "elements", "choices", "no_log") if option.get(key) is not None}
        if option.get("required") and "fallback" not in option:
            kept["required"] = True
        if option.get("options"):
            kept["options"] = typed(option["options"])
        found[name] = kept
    return found


@pytest.mark.parametrize(
    ("mine", "modules", "without"),
    [
        (ROLE_OPTIONS["custom_domain_dns"]["options"], dns_options()["options"], set()),
        (ROLE_OPTIONS["custom_domain_dmarc"]["options"], build.OPTIONS["dmarc"]["options"], set()),
        (ROLE_OPTIONS["custom_domain_mx"]["options"], build.OPTIONS["mx"]["options"], set()),
        (ROLE_OPTIONS["custom_domain_records"]["options"], build.OPTIONS["records"]["options"], set()),
        (ROLE_OPTIONS["custom_domain_spf"]["options"], build.OPTIONS["spf"]["options"], {"ttl", "state"}),
        (ROLE_OPTIONS["custom_domain_odoo"]["options"], options.connection_options()["odoo"]["options"], set()),
        (SENDER["spf"]["options"], build.OPTIONS["spf"]["options"], SAID_ONCE),
        (SENDER["dkim"]["options"], build.OPTIONS["dkim"]["options"], set()),
        (SENDER["records"]["options"], build.OPTIONS["records"]["options"], set()),
        (
            ROLE_OPTIONS["custom_domain_alias_domain"]["options"],
            options.alias_domain_options(),
            {"name", "companies", "state"},
        ),
    ],
    ids=["dns", "dmarc", "mx", "records", "spf", "odoo", "sender spf", "sender dkim", "sender records", "alias domain"],
)
def test_a_variable_has_the_options_of_the_module(mine: Any, modules: Any, without: set[str]) -> None:
    assert typed(mine) == typed(modules, without)


def test_a_sender_has_the_options_of_a_server() -> None:
    servers = typed(options.outgoing_mail_server_options())
    servers["name"].pop("required")  # the host will do
    assert {name: typed(SENDER)[name] for name in servers} == servers


def test_the_role_knows_each_variable_that_is_documented() -> None:
    assert sorted(VARIABLES) == sorted(ROLE_OPTIONS)


def test_defaults_are_those_that_are_documented() -> None:
    documented = {name: option["default"] for name, option in ROLE_OPTIONS.items() if "default" in option}
    assert yaml.safe_load((ROLE / "defaults" / "main.yml").read_text("utf-8")) == documented


def test_the_readme_names_each_variable() -> None:
    readme = (ROLE / "README.md").read_text("utf-8")
    assert [name for name in VARIABLES if f"`{name}`" not in readme] == []
