# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the Odoo modules, defined once; the batch module reuses those of the single ones."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import env_fallback


def connection_options() -> dict[str, Any]:
    """The ``odoo`` option of every Odoo module (doc fragment postmaster.mail.odoo)."""
    return {
        "odoo": {
            "type": "dict",
            "apply_defaults": True,
            "required_one_of": [("password", "api_key")],
            "options": {
                "url": {"type": "str", "required": True, "fallback": (env_fallback, ["ODOO_URL"])},
                "database": {"type": "str", "required": True, "fallback": (env_fallback, ["ODOO_DATABASE"])},
                "username": {"type": "str", "fallback": (env_fallback, ["ODOO_USERNAME"])},
                "password": {"type": "str", "no_log": True, "fallback": (env_fallback, ["ODOO_PASSWORD"])},
                "api_key": {"type": "str", "no_log": True, "fallback": (env_fallback, ["ODOO_API_KEY"])},
                "validate_certs": {"type": "bool", "default": True},
                "ca_path": {"type": "path"},
                "timeout": {"type": "int", "default": 60},
                "max_answer_size": {"type": "int", "default": 64},
            },
        }
    }


def alias_domain_options() -> dict[str, Any]:
    return {
        "name": {"type": "str", "required": True},
        "bounce_alias": {"type": "str"},
        "catchall_alias": {"type": "str"},
        "default_from": {"type": "str"},
        "companies": {"type": "list", "elements": "str"},
        "priority": {"type": "int"},
        "assign_to_all": {"type": "bool", "default": False},
        "allow_rename": {"type": "bool", "default": False},
        "override_all_senders": {"type": "bool", "default": False},
        "redirect_to": {"type": "str"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }


def outgoing_mail_server_options() -> dict[str, Any]:
    return {
        "name": {"type": "str", "required": True},
        "id": {"type": "int"},
        "host": {"type": "str"},
        "port": {"type": "int"},
        "encryption": {"type": "str", "choices": ["none", "starttls", "tls"]},
        "verify_certificate": {"type": "bool"},
        "authentication": {"type": "str", "choices": ["login", "certificate", "cli", "gmail", "outlook"]},
        "username": {"type": "str"},
        "password": {"type": "str", "no_log": True},
        "client_certificate": {"type": "str"},
        "client_private_key": {"type": "str", "no_log": True},
        "from_filter": {"type": "list", "elements": "str"},
        "priority": {"type": "int"},
        "max_email_size": {"type": "float"},
        "debug": {"type": "bool"},
        "adopt": {"type": "bool", "default": False},
        "test_connection": {"type": "bool", "default": False},
        "state": {"type": "str", "choices": ["present", "archived", "absent"], "default": "present"},
    }


def incoming_mail_server_options() -> dict[str, Any]:
    return {
        "name": {"type": "str", "required": True},
        "id": {"type": "int"},
        "type": {"type": "str", "choices": ["imap", "pop", "local", "gmail", "outlook"]},
        "host": {"type": "str"},
        "port": {"type": "int"},
        "encryption": {"type": "str", "choices": ["none", "tls"]},
        "username": {"type": "str"},
        "password": {"type": "str", "no_log": True},
        "action": {"type": "str"},
        "keep_attachments": {"type": "bool"},
        "keep_original": {"type": "bool"},
        "priority": {"type": "int"},
        "adopt": {"type": "bool", "default": False},
        "confirm_login": {"type": "bool", "default": True},
        "state": {"type": "str", "choices": ["present", "archived", "absent"], "default": "present"},
    }


def settings_options() -> dict[str, Any]:
    return {
        "custom_email_servers": {"type": "bool"},
        "mass_mailing_server": {"type": "str"},
        "default_from": {"type": "str"},
        "default_from_filter": {"type": "list", "elements": "str"},
        "catchall_domain": {"type": "str"},
        "catchall_alias": {"type": "str"},
        "bounce_alias": {"type": "str"},
        "allowed_catchall_domains": {"type": "list", "elements": "str"},
        "gmail_client_id": {"type": "str"},
        "gmail_client_secret": {"type": "str", "no_log": True},
        "outlook_client_id": {"type": "str"},
        "outlook_client_secret": {"type": "str", "no_log": True},
        "allow_rename": {"type": "bool", "default": False},
    }


def allow_neutralized_option() -> dict[str, Any]:
    return {"allow_neutralized": {"type": "bool", "default": False}}


def install_modules_option() -> dict[str, Any]:
    return {"install_modules": {"type": "bool", "default": False}}


def batch_options() -> dict[str, Any]:
    owner = {"owner": {"type": "str"}}
    return {
        "settings": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                **settings_options(),
                "mass_mailing_default": {"type": "bool", "default": False},
                **owner,
            },
        },
        "alias_domains": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {**alias_domain_options(), **owner},
        },
        "outgoing_mail_servers": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {**outgoing_mail_server_options(), **owner},
        },
        "incoming_mail_servers": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {**incoming_mail_server_options(), **owner},
        },
        "purge": {"type": "bool", "default": False},
        **allow_neutralized_option(),
        **install_modules_option(),
    }


def command_line_option() -> dict[str, Any]:
    return {
        "command_line": {
            "type": "dict",
            "options": {
                "email_from": {"type": "str"},
                "from_filter": {"type": "str"},
                "smtp_server": {"type": "str"},
            },
        }
    }


def route_options() -> dict[str, Any]:
    return {
        "from_addresses": {"type": "list", "elements": "str"},
        "partner_addresses": {"type": "list", "elements": "str"},
        "company": {"type": "str"},
        "template": {"type": "str"},
        "mailing": {"type": "str"},
        **command_line_option(),
    }


def planned_route_options() -> dict[str, Any]:
    return {
        **batch_options(),
        "partner_addresses": {"type": "list", "elements": "str"},
        **command_line_option(),
    }
