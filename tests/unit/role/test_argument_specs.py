# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role's variables have the same types as the module options that they are passed to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.postmaster.mail.plugins.plugin_utils.checks import VARIABLES
from ansible_collections.postmaster.mail.plugins.plugin_utils.validation import Validator, role_options

ROLE = Path(__file__).parents[3] / "roles" / "custom_domain"
SPEC: dict[str, Any] = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text("utf-8"))["argument_specs"]
ROLE_OPTIONS: dict[str, Any] = SPEC["main"]["options"]


def fault(variables: Mapping[str, Any]) -> str:
    return " ".join(Validator().validated(variables, {})[1])


def typed(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The types of options, without descriptions, defaults and fallbacks to the environment."""
    found: dict[str, Any] = {}
    for name, option in spec.items():
        kept = {key: option[key] for key in ("type", "elements", "choices", "no_log") if option.get(key) is not None}
        if option.get("required") and "fallback" not in option:
            kept["required"] = True
        if option.get("options"):
            kept["options"] = typed(option["options"])
        found[name] = kept
    return found


def test_the_documented_options_are_those_that_the_role_checks() -> None:
    assert typed(ROLE_OPTIONS) == typed(role_options()), "run tests/tools/document_role.py"


def test_the_role_knows_exactly_the_documented_variables() -> None:
    assert sorted(VARIABLES) == sorted(ROLE_OPTIONS)


def test_the_defaults_are_the_documented_ones() -> None:
    documented = {name: option["default"] for name, option in ROLE_OPTIONS.items() if "default" in option}
    assert yaml.safe_load((ROLE / "defaults" / "main.yml").read_text("utf-8")) == documented


def test_custom_domain_severity_names_the_playbooks_that_use_it() -> None:
    said = [" ".join(SPEC[entry]["options"]["custom_domain_severity"]["description"]) for entry in ("verify", "lint")]
    assert said[0] == said[1] == " ".join(ROLE_OPTIONS["custom_domain_severity"]["description"])
    assert [name for name in ("verify", "lint", "audit") if f"C(postmaster.mail.{name})" not in said[0]] == []


def test_the_readme_names_each_variable() -> None:
    readme = (ROLE / "README.md").read_text("utf-8")
    assert [name for name in VARIABLES if f"`{name}`" not in readme] == []


def test_a_missing_option_of_a_provider_is_found_before_its_module_is_called() -> None:
    assert "endpoint" in fault({"custom_domain_dns": {"provider": "powerdns"}})


def test_a_misspelt_option_inside_a_list_is_found() -> None:
    sender = {"hots": "smtp.company-name.com"}
    found = fault({"custom_domain_dns": {"provider": "manual"}, "custom_domain_senders": [sender]})
    assert "hots" in found


def test_an_optional_variable_may_be_empty() -> None:
    assert fault({"custom_domain_dns": {"provider": "manual"}, "custom_domain_dmarc": None}) == ""
