# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the variables of the role custom_domain as they are documented, after an option of a module has changed.

Types come from what the role checks, and most descriptions from the documentation of the modules. Those of the
variables themselves, and of what only a sender of the role has, are kept as they stand in ``argument_specs.yml``.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.postmaster.mail.plugins.plugin_utils.validation import role_options

ROOT = Path(__file__).resolve().parents[2]
SPEC = ROOT / "roles" / "custom_domain" / "meta" / "argument_specs.yml"
TYPE_KEYS = ("type", "elements", "choices", "no_log")
SENDERS = "custom_domain_senders[]."
INCOMING = "custom_domain_incoming_servers[]."
OWN = ("service", "name", "use", "default", "spf", "dkim", "records", "host", "from_filter", "priority", "return_path")
MODULES = ("domain_records", "domain_info", "odoo_mail", "odoo_test_message", "odoo_mail_route_info")


def documented(module: str) -> dict[str, Any]:
    command = [
        str(Path(sys.executable).parent / "ansible-doc"),
        "--json",
        "--type",
        "module",
        f"postmaster.mail.{module}",
    ]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    options: dict[str, Any] = json.loads(answer)[f"postmaster.mail.{module}"]["doc"]["options"]
    return options


def sources() -> dict[str, Any]:
    """Variable → the documented options of the module that it follows."""
    records, looked_at, odoo, message, routes = (documented(module) for module in MODULES)
    domain = looked_at["domains"]["suboptions"]
    servers = odoo["outgoing_mail_servers"]["suboptions"]
    return {
        "custom_domain_dns": records["dns"]["suboptions"],
        "custom_domain_odoo": odoo["odoo"]["suboptions"],
        "custom_domain_odoo_command_line": routes["command_line"]["suboptions"],
        "custom_domain_alias_domain": odoo["alias_domains"]["suboptions"],
        "custom_domain_mail_settings": odoo["settings"]["suboptions"],
        "custom_domain_incoming_servers": odoo["incoming_mail_servers"]["suboptions"],
        "custom_domain_test_mailbox": {**message, **message["mailbox"]["suboptions"]},
        "custom_domain_senders": {**servers, **{part: domain[part] for part in ("spf", "dkim", "records")}},
        **{f"custom_domain_{part}": domain[part]["suboptions"] for part in ("spf", "dmarc", "mx", "records")},
    }


def described(spec: Mapping[str, Any], docs: Mapping[str, Any], now: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Options as a role documents them. What stands there already keeps its place."""
    result: dict[str, Any] = {}
    for name in [*(name for name in now if name in spec), *(name for name in spec if name not in now)]:
        option, doc, mine = spec[name], docs.get(name, {}), now.get(name, {})
        ours = not path or (path == SENDERS and name in OWN) or (path, name) == (INCOMING, "name")
        ours = ours or path == "custom_domain_wait."
        if not ours and "description" not in doc:
            sys.exit(f"{path}{name}: document the option of the module first.")
        result[name] = one = {"description": mine["description"] if ours else in_the_role(doc["description"], path)}
        one.update({key: option[key] for key in TYPE_KEYS if option.get(key) is not None})
        if option.get("required") and "fallback" not in option:
            one["required"] = True
        default = mine.get("default", option.get("default"))
        if default is not None:
            one["default"] = default
        if option.get("options"):
            inner = f"{path}{name}[]." if option.get("type") == "list" else f"{path}{name}."
            one["options"] = described(option["options"], doc.get("suboptions", {}), mine.get("options", {}), inner)
    return result


def in_the_role(description: Any, path: str) -> Any:
    """A module's description with its references to options as those of the role."""
    lists = r"(?:alias_domains|(?:outgoing|incoming)_mail_servers|settings)"
    prefix = rf"(?:dns\.|odoo\.|{lists}\[\]\.|domains\[\]\.\w+(?:\[\])?\.)?"
    if isinstance(description, list):
        texts = [in_the_role(text, path) for text in description]
        return texts[0] if len(texts) == 1 else texts
    return re.sub(rf"O\({prefix}([\w.\[\]]+)(=[^)]*)?\)", rf"O({path}\1\2)", str(description))


class Dumper(yaml.SafeDumper):
    """Lists are indented, and nothing is an anchor."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def main() -> None:
    content = yaml.safe_load(SPEC.read_text("utf-8"))
    entry = content["argument_specs"]["main"]
    docs = {name: {"suboptions": options} for name, options in sources().items()}
    entry["options"] = described(role_options(), docs, entry["options"], "")
    text = yaml.dump(content, Dumper=Dumper, sort_keys=False, width=112, allow_unicode=True)
    SPEC.write_text(f"---\n{text}", "utf-8")


if __name__ == "__main__":
    main()
