# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host says of those who send for it, for the look ahead at its mail. Pure: no I/O, no Ansible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_SPF_TERMS = ("include", "ip4", "ip6", "a", "mx", "exists")
_SECRETS = ("password", "gmail_client_secret", "outlook_client_secret")
_MAILBOX = ("host", "port", "username", "password", "encryption", "folder", "validate_certs", "ca_path")

Sender = Mapping[str, Any]


def describe_services(domain: str, senders: Sequence[Sender], smtp_server: str = "") -> list[dict[str, Any]]:
    """Each sender as one that mail may leave through, with a name of its own. ``smtp_server``: that of odoo.conf."""
    found: list[dict[str, Any]] = []
    taken: set[str] = set()
    for number, sender in enumerate(senders, start=1):
        name = called(sender)
        name = name if name not in taken else f"{name} ({number})"
        taken.add(name)
        in_odoo = is_server(sender) and sender.get("state", "present") == "present"
        found.append(
            {
                "name": name,
                "server": f"{domain} - {called(sender)}" if in_odoo else "",
                "host": str(sender.get("host") or "") if in_odoo else "",
                "command_line": _is_of_command_line(sender, smtp_server),
                "says_spf": bool(_terms(sender)),
                "says_dkim": bool(_selectors(sender)),
                "return_path": str(sender.get("return_path") or "").rpartition("@")[2].lower(),
                "mailings": sender.get("use") == "mass_mailing",
            }
        )
    return found


def expected_senders(found: Sequence[Mapping[str, Any]], senders: Sequence[Sender]) -> list[dict[str, Any]]:
    """The senders as ``domain_info`` takes them, by the names that ``describe_services`` gave them."""
    return [
        {"name": service["name"], "spf": _terms(sender), "selectors": _selectors(sender)}
        | ({"return_path": service["return_path"]} if service["return_path"] else {})
        for service, sender in zip(found, senders)
    ]


def proof(domain: str, alias_domain: Mapping[str, Any], mailbox: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a test message; empty if nobody wants one."""
    if not mailbox:
        return {}
    default = str(alias_domain.get("default_from") or "notifications")
    message: dict[str, Any] = {
        "from_address": mailbox.get("from_address") or (default if "@" in default else f"{default}@{domain}"),
        "to": mailbox["to"],
        "mailbox": {name: mailbox[name] for name in _MAILBOX if name in mailbox},
        "timeout": mailbox.get("timeout", 120),
    }
    if alias_domain.get("companies"):
        message["company"] = alias_domain["companies"][0]
    return message


def without_secrets(entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What decides about routes: Ansible hides a secret wherever its text stands, also in the name of a domain."""
    return [{name: value for name, value in entry.items() if name not in _SECRETS} for entry in entries]


def called(sender: Sender) -> str:
    """The name of a sender."""
    odoo = "Odoo" if sender.get("service") == "odoo" and not is_server(sender) else "command line"
    return str(sender.get("name") or sender.get("host") or odoo)


def is_server(sender: Sender) -> bool:
    """Whether it becomes an outgoing mail server in Odoo."""
    return bool(sender.get("host") or sender.get("id") or sender.get("authentication"))


def _is_of_command_line(sender: Sender, smtp_server: str) -> bool:
    """Whether Odoo sends by it where it has no server: by those of Odoo, or by the host that odoo.conf names."""
    if smtp_server and smtp_server.lower() in (str(sender.get(part) or "").lower() for part in ("name", "host")):
        return True
    return not is_server(sender) and sender.get("service") == "odoo"


def _terms(sender: Sender) -> dict[str, Any]:
    terms = sender.get("spf") or {}
    return {name: terms[name] for name in _SPF_TERMS if terms.get(name)}


def _selectors(sender: Sender) -> list[str]:
    return [
        key["selector"]
        for key in sender.get("dkim") or ()
        if key.get("selector") and (key.get("state") or "present") == "present"
    ]
