# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gmail and Outlook as mail servers of Odoo: their modules, their defaults, and what only a person can do. No I/O.

They take no password: a person lets Odoo use the mailbox in the browser (OAuth), and Odoo keeps a token, which is
never read here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from ...errors import InvalidInput
from ..database.planned_change import KNOWN_AFTER_APPLY
from ..database.versions import TOKEN_SERVICES_SINCE

Modules = Mapping[str, Optional[Mapping[str, Any]]]  # name → {id, state}, None for one that is not there


@dataclass(frozen=True)
class Use:
    """What Odoo does with a mailbox."""

    kind: str  # of the server, as people call it
    option: str  # that names the service
    waits: str  # what the server does until access is granted


OUTGOING = Use("outgoing mail server", "authentication", "stays archived")
INCOMING = Use("incoming mail server", "type", "fetches nothing")


@dataclass(frozen=True)
class TokenService:
    name: str  # as people call it
    module: str
    host: str
    token_field: str  # searched whether it is set, and never read
    link_field: str
    client_keys: tuple[str, str]  # system parameters
    redirect_path: str
    console: str
    incoming_host: str
    port: int = 587

    @property
    def switch(self) -> str:
        """The field of late builds of 14 and 15 that lets a server sign in so, whatever its password is."""
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
    """Raises InvalidInput where a server signs in by a switch, so that Odoo takes a password and never uses it."""
    for service in SERVICES.values():
        if record is not None and record.get(service.switch) and password:
            raise InvalidInput(
                f"{name} signs in with {service.name} in Odoo, so a password has no effect: leave it out, or switch "
                "that off in Odoo first."
            )


def module_to_install(name: str, version: int, modules: Modules, allowed: bool, use: Use = OUTGOING) -> str | None:
    """The module that brings this service, to be installed first; None for one that brings none.

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
    """Raises InvalidInput if a module that brings what is lacking cannot, or may not, be installed."""
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
    """What a person must do before the server is used, in order; a link that is not there yet is known after apply."""
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
