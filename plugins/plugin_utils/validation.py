# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The types of the role's variables, from the options of the modules that get them.

``meta/argument_specs.yml`` says the same for people and for ``ansible-doc``. Ansible's own check of a role against it
takes some 30 ms for each host, and knows no ``required_if``; this one takes one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.postmaster.mail.plugins.module_utils.intents import build
from ansible_collections.postmaster.mail.plugins.module_utils.odoo import options as odoo
from ansible_collections.postmaster.mail.plugins.module_utils.providers.registry import dns_options

Spec = dict[str, Any]
# settings that the role gets from what is said elsewhere
_OF_ALIAS_DOMAINS_AND_SENDERS = (
    "mass_mailing_server",
    "default_from",
    "catchall_domain",
    "catchall_alias",
    "bounce_alias",
    "allow_rename",
)


def fault(variables: Mapping[str, Any]) -> str:
    """Why variables cannot be, before a module refuses all hosts for the sake of one; empty if they can."""
    given = {name: value for name, value in variables.items() if value is not None}
    return "; ".join(ArgumentSpecValidator(role_options()).validate(given).error_messages)


def role_options() -> Spec:
    """The argument spec of the role."""
    records = build.OPTIONS
    return {
        "custom_domain_name": {"type": "str"},
        "custom_domain_companies": {"type": "list", "elements": "str"},
        "custom_domain_senders": {"type": "list", "elements": "dict", "options": sender_options()},
        "custom_domain_dmarc": records["dmarc"],
        "custom_domain_spf": _without(records["spf"], ("ttl", "state")),
        "custom_domain_mx": records["mx"],
        "custom_domain_records": records["records"],
        "custom_domain_dns": {**dns_options(), "required": True},
        "custom_domain_zone": {"type": "str"},
        "custom_domain_ttl": {"type": "int"},
        "custom_domain_nameservers": {"type": "list", "elements": "str"},
        "custom_domain_run_on": {"type": "str"},
        "custom_domain_wait": {"type": "dict", "options": {"timeout": {"type": "int"}, "interval": {"type": "int"}}},
        "custom_domain_odoo": {**odoo.connection_options()["odoo"], "apply_defaults": False},
        "custom_domain_odoo_command_line": odoo.command_line_option()["command_line"],
        "custom_domain_alias_domain": _without(
            {"type": "dict", "options": odoo.alias_domain_options()}, ("name", "companies", "redirect_to", "state")
        ),
        "custom_domain_single_sender": {"type": "str"},
        "custom_domain_incoming": {"type": "str", "choices": ["none", "redirect", "server", "mx"]},
        "custom_domain_incoming_host": {"type": "str"},
        "custom_domain_incoming_servers": {
            "type": "list",
            "elements": "dict",
            "options": {**odoo.incoming_mail_server_options(), "name": {"type": "str"}},
        },
        "custom_domain_mail_settings": _without(
            {"type": "dict", "options": odoo.settings_options()}, _OF_ALIAS_DOMAINS_AND_SENDERS
        ),
        "custom_domain_allow_neutralized": {"type": "bool"},
        "custom_domain_install_modules": {"type": "bool"},
        "custom_domain_gate": {"type": "str", "choices": ["enforce", "warn", "ignore"]},
        "custom_domain_partners": {"type": "list", "elements": "str"},
        "custom_domain_test_mailbox": mailbox_options(),
    }


def sender_options() -> Spec:
    """A sender: what it needs in DNS, and an outgoing mail server of Odoo."""
    server = odoo.outgoing_mail_server_options()
    return {
        **server,
        "name": {"type": "str"},
        "service": {"type": "str"},
        "use": {"type": "str", "choices": ["transactional", "mass_mailing"]},
        "default": {"type": "bool"},
        "return_path": {"type": "str"},
        "spf": _without(build.OPTIONS["spf"], ("all", "exact", "consolidate", "ttl", "state")),
        "dkim": build.OPTIONS["dkim"],
        "records": build.OPTIONS["records"],
    }


def mailbox_options() -> Spec:
    """Where a test message goes, and how it is fetched."""
    options: Spec = {name: {"type": "str", "required": True} for name in ("to", "host", "username")}
    options.update(
        password={"type": "str", "required": True, "no_log": True},
        from_address={"type": "str"},
        folder={"type": "str"},
        encryption={"type": "str", "choices": ["tls", "starttls", "none"]},
        port={"type": "int"},
        timeout={"type": "int"},
        ca_path={"type": "path"},
        validate_certs={"type": "bool"},
    )
    return {"type": "dict", "options": options}


def _without(option: Mapping[str, Any], names: Iterable[str]) -> Spec:
    left = {name: spec for name, spec in option["options"].items() if name not in names}
    return {**option, "options": left}
