# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gmail and Outlook as mail servers of Odoo: modules, defaults, and the steps for a person. No I/O.

They take no password: a person grants Odoo access to the mailbox in the browser (OAuth), and Odoo stores a token, which
is never read here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from ...errors import InvalidInput
from ..database.planned_change import KNOWN_AFTER_APPLY
from ..database.versions import TOKEN_SERVICES_SINCE

Modules = Mapping[str, Optional[Mapping[str, Any]]]  # name → {id, state}; None if it does not exist


@dataclass(frozen=True)
class Use:
    """What Odoo uses a mailbox for."""

    kind: str  # of server, in words
    option: str  # that names the service
    waits: str  # what the server does until access is granted, in words


OUTGOING = Use("outgoing mail server", "authentication", "stays archived")
INCOMING = Use("incoming mail server", "type", "fetches nothing")


@dataclass(frozen=True)
class TokenService:
    name: str  # in words
    module: str
    host: str
    token_field: str  # only checked for being set, never read
    link_field: str
    client_keys: tuple[str, str]  # system parameters
    redirect_path: str
    console: str
    incoming_host: str
    port: int = 587

    @property
    def switch(self) -> str:
        """The field in late builds of 14 and 15 that makes a server log in this way, whatever its password."""
        return f"use_{self.module}_service"

    def default_host(self, username: str) -> str:
        return _PERSONAL_OUTLOOK_HOST if _is_personal_outlook(self, username) else self.host


SERVICES: dict[str, TokenService] = {
    "gmail": TokenService(
        "Gmail",
        "google_gmail",
        "smtp.gmail.com",
        "google_gmail_refresh_token",
        "google_gmail_uri",
        ("google_gmail_client_id", "google_gmail_client_secret"),
        "/google_gmail/confirm",
        "the Google Cloud console (https://console.cloud.google.com)",
        "imap.gmail.com",
    ),
    "outlook": TokenService(
        "Outlook",
        "microsoft_outlook",
        "smtp.office365.com",
        "microsoft_outlook_refresh_token",
        "microsoft_outlook_uri",
        ("microsoft_outlook_client_id", "microsoft_outlook_client_secret"),
        "/microsoft_outlook/confirm",
        "the Microsoft Azure portal (https://portal.azure.com)",
        "outlook.office365.com",
    ),
}
_PERSONAL_OUTLOOK_HOST = "smtp-mail.outlook.com"
_PERSONAL_OUTLOOK = ("outlook.com", "hotmail.com", "live.com", "msn.com")


def _is_personal_outlook(service: TokenService, username: str) -> bool:
    return service.module == "microsoft_outlook" and username.rpartition("@")[2].lower() in _PERSONAL_OUTLOOK


def refuse_password_without_effect(name: str, record: Mapping[str, Any] | None, password: object) -> None:
    """Raises InvalidInput if a server logs in by the switch, so that Odoo would never use the password."""
    for service in SERVICES.values():
        if record is not None and record.get(service.switch) and password:
            raise InvalidInput(
                f"{name} signs in with {service.name} in Odoo, so a password has no effect: leave it out, or switch "
                "that off in Odoo first."
            )


def module_to_install(name: str, version: int, modules: Modules, allowed: bool, use: Use = OUTGOING) -> str | None:
    """The module to install first for this service; None if nothing needs to be installed.

    Raises InvalidInput with what to do.
    """
    service = SERVICES.get(name)
    if service is None:
        return None
    if version < TOKEN_SERVICES_SINCE:
        raise InvalidInput(
            f"Odoo {version} does not know {use.option} {name}, which came with Odoo {TOKEN_SERVICES_SINCE}: "
            "give a username and a password (an app password), or upgrade Odoo."
        )
    check_installable(service.module, modules, allowed, f"{use.option} {name}")
    return service.module


def check_installable(module: str, modules: Modules, allowed: bool, lacking: str) -> None:
    """Raises InvalidInput if a module that provides ``lacking`` cannot, or must not, be installed."""
    state = str((modules[module] or {}).get("state") or "")
    if state != "uninstalled":
        why = f"is in the state {state!r}" if state else "is not among its modules"
        raise InvalidInput(f"This Odoo does not know {lacking}: it comes with the module {module}, which {why}.")
    if not allowed:
        raise InvalidInput(
            f"This Odoo does not know {lacking}: its module {module} is not installed. "
            "Install it, or set install_modules: true."
        )


def next_steps(
    service: TokenService,
    server: str,
    username: str,
    client_is_set: bool,
    link: str | None,
    base_url: str,
    used: bool,
    use: Use = OUTGOING,
) -> list[str]:
    """What a person must do before the server is used, in order; a missing link is only known after apply."""
    changes = []
    if not client_is_set:
        changes.append(
            f"Register Odoo as an application in {service.console}, with the redirect address "
            f"{base_url}{service.redirect_path}, and enter its client id and secret in Odoo's general settings "
            f"({service.client_keys[0]}, {service.client_keys[1]}). Odoo Enterprise does not need this."
        )
        changes.append(
            f"As an administrator, open the {use.kind} {server} in Odoo, connect the account and sign in "
            f"to {service.name} as {username}."
        )
    else:
        changes.append(
            f"As an administrator of Odoo, open {link or f'the link of {server} ({KNOWN_AFTER_APPLY})'} and sign in "
            f"to {service.name} as {username}."
        )
    if not used:
        changes.append(f"Run this again: it then uses {server}, which {use.waits} until access is granted.")
    return changes
