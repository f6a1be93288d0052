# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role's variables are typed as the options of the modules that get them."""

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
    """The types of options, without words, defaults and what an environment variable may give."""
    found: dict[str, Any] = {}
    for name, option in spec.items():
        kept = {key: option[key] for key in ("type", "elements", "choices", "no_log") if option.get(key) is not None}
        if option.get("required") and "fallback" not in option:
            kept["required"] = True
        if option.get("options"):
            kept["options"] = typed(option["options"])
        found[name] = kept
    return found


def test_what_is_documented_is_what_the_role_checks() -> None:
    assert typed(ROLE_OPTIONS) == typed(role_options()), "run tests/tools/document_role.py"


def test_the_role_knows_each_variable_that_is_documented() -> None:
    assert sorted(VARIABLES) == sorted(ROLE_OPTIONS)


def test_defaults_are_those_that_are_documented() -> None:
    documented = {name: option["default"] for name, option in ROLE_OPTIONS.items() if "default" in option}
    assert yaml.safe_load((ROLE / "defaults" / "main.yml").read_text("utf-8")) == documented


def test_it_says_which_playbooks_fail_from_a_severity_on() -> None:
    said = [" ".join(SPEC[entry]["options"]["custom_domain_severity"]["description"]) for entry in ("verify", "lint")]
    assert said[0] == said[1] == " ".join(ROLE_OPTIONS["custom_domain_severity"]["description"])
    assert [name for name in ("verify", "lint", "audit") if f"C(postmaster.mail.{name})" not in said[0]] == []


def test_the_readme_names_each_variable() -> None:
    readme = (ROLE / "README.md").read_text("utf-8")
    assert [name for name in VARIABLES if f"`{name}`" not in readme] == []


def test_what_a_provider_needs_is_missed_before_its_module_is_called() -> None:
    assert "endpoint" in fault({"custom_domain_dns": {"provider": "powerdns"}})


def test_a_misspelt_option_is_found_wherever_it_stands() -> None:
    sender = {"hots": "smtp.company-name.com"}
    found = fault({"custom_domain_dns": {"provider": "manual"}, "custom_domain_senders": [sender]})
    assert "hots" in found


def test_what_is_not_given_is_not_missed() -> None:
    assert fault({"custom_domain_dns": {"provider": "manual"}, "custom_domain_dmarc": None}) == ""
