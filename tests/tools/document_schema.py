# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/schema/custom_domain.schema.json from the documented role variables. document_role.py runs it.

The schema is for inventories and variable files in YAML, as editors and check-jsonschema read them: nothing in them is
evaluated, so a template is valid in place of any value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
SPEC = ROOT / "roles" / "custom_domain" / "meta" / "argument_specs.yml"
SCHEMA = ROOT / "docs" / "schema" / "custom_domain.schema.json"
ADDRESS = "https://raw.githubusercontent.com/postmaster-mail/postmaster.mail/main/docs/schema/custom_domain.schema.json"
PREFIX = "custom_domain_"
# Variables of the playbooks; somebody else's may have the same name
OTHERS = {
    "custom_domain_hosts": "The inventory group that a playbook is for, by default custom_domains.",
    "custom_domain_audit": "What the playbook audit checks: a domain, a list of domains, or a file of them.",
    "custom_domain_backup_file": "The backup file for the playbook restore.",
    "custom_domain_restore_force": "Whether restore also puts back record sets that somebody has changed since.",
}
# As Ansible accepts them
TRUE_OR_FALSE = ["yes", "no", "on", "off", "true", "false", "y", "n", "t", "f", "1", "0"]
TYPES: Mapping[str, list[Mapping[str, Any]]] = {
    "str": [{"type": ["string", "number", "boolean"]}],
    "path": [{"type": "string"}],
    "int": [{"type": "integer"}, {"type": "string", "pattern": "^-?[0-9]+$"}],
    "float": [{"type": "number"}, {"type": "string", "pattern": "^-?[0-9.]+$"}],
    "bool": [{"type": "boolean"}, {"enum": [*TRUE_OR_FALSE, 0, 1]}],
    "json": [{"type": ["string", "object", "array"]}],
    "dict": [{"type": "object"}],
}
TEMPLATE = {"type": "string", "pattern": r"\{\{|\{%"}


def schema() -> dict[str, Any]:
    options = yaml.safe_load(SPEC.read_text("utf-8"))["argument_specs"]["main"]["options"]
    variables = {name: option_schema(option) for name, option in options.items()}
    variables.update({name: {"description": text} for name, text in OTHERS.items()})
    group = {
        "type": ["object", "null"],
        "properties": {
            "hosts": {"type": ["object", "null"], "additionalProperties": {"$ref": "#/$defs/variables"}},
            "vars": {"$ref": "#/$defs/variables"},
            "children": {"type": ["object", "null"], "additionalProperties": {"$ref": "#/$defs/group"}},
        },
    }
    known = "|".join(name[len(PREFIX) :] for name in variables)
    unknown = f"^{PREFIX}(?!(?:{known}|result)$)"
    parts = [{"required": [part]} for part in group["properties"]]
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": ADDRESS,
        "title": "Email domains of companies, for the role postmaster.mail.custom_domain",
        "description": "An inventory in YAML, or a file of variables in group_vars or host_vars.",
        "type": "object",
        "allOf": [{"$ref": "#/$defs/variables"}],
        "patternProperties": {"^custom_domain_": {}},
        "additionalProperties": {"if": {"type": "object", "anyOf": parts}, "then": {"$ref": "#/$defs/group"}},
        "$defs": {
            "open": {"anyOf": [{"type": "null"}, TEMPLATE]},
            "group": group,
            "variables": {
                "type": ["object", "null"],
                "properties": variables,
                "patternProperties": {unknown: {"not": {}, "description": "The role has no such variable."}},
            },
        },
    }


def option_schema(option: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"description": plain(option["description"])}
    if option.get("default") is not None and option["default"] != []:
        found["default"] = option["default"]
    return {**found, **_open(_values(option))}


def _open(values: list[dict[str, Any]]) -> dict[str, Any]:
    """One of these values, nothing, or a template, expressed so that messages name the fault."""
    return {"if": {"$ref": "#/$defs/open"}, "else": values[0] if len(values) == 1 else {"anyOf": values}}


def _values(option: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The possible values, except templates."""
    kind = option["type"]
    if kind == "list":
        element = {
            "type": option.get("elements", "str"),
            **{k: v for k, v in option.items() if k in ("choices", "options")},
        }
        items = _open(_values(element))
        # Ansible accepts names separated by commas for a list
        return [{"type": "array", "items": items}, *([{"type": "string"}] if element["type"] == "str" else [])]
    if option.get("choices"):
        return [{"enum": list(option["choices"])}]
    if kind == "dict" and option.get("options"):
        inner = option["options"]
        required = sorted(name for name, one in inner.items() if one.get("required"))
        return [
            {
                "type": "object",
                "properties": {name: option_schema(one) for name, one in inner.items()},
                "additionalProperties": False,
                **({"required": required} if required else {}),
            }
        ]
    return [dict(one) for one in TYPES[kind]]


def plain(description: Any) -> str:
    """A description without Ansible's markup."""
    text = " ".join(description) if isinstance(description, list) else str(description)
    text = re.sub(r"\b(?:R?V|O|C|B|I|P|M|E)\(([^()]*)\)", lambda found: _last(found.group(1)), text)
    return re.sub(r"\bU\(([^()]*)\)", r"\1", text)


def _last(name: str) -> str:
    return name.removeprefix("ignore:").rpartition("#")[0] or name.removeprefix("ignore:")


def text() -> str:
    return f"{json.dumps(schema(), indent=1, ensure_ascii=False)}\n"
