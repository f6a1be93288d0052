# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts at sending services, which senders refer to by name. Pure: no I/O, no Ansible."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.options import ACCOUNTS
from ansible_collections.postmaster.mail.plugins.module_utils.services.named import sending_service
from ansible_collections.postmaster.mail.plugins.module_utils.services.ses_password import smtp_password

Accounts = Mapping[str, Mapping[str, Any]]
_BOTH = ("service", "region")


def with_account(given: Mapping[str, Any], accounts: Accounts) -> dict[str, Any]:
    """A sender with the options, service and region of the account that it names. Raises InvalidInput."""
    name = str(given["account"])
    account = accounts.get(name)
    if account is None:
        near = difflib.get_close_matches(name, accounts, n=1)
        known = f"Did you mean {near[0]}?" if near else f"It has {', '.join(accounts) or 'none'}."
        raise InvalidInput(f"the account {name} is not in custom_domain_accounts. {known}")
    for option in _BOTH:
        of_sender, of_account = given.get(option), account.get(option)
        if of_sender and of_account and of_sender != of_account:
            raise InvalidInput(
                f"the sender says {option}: {of_sender}, and its account {name} says {option}: {of_account}. State it "
                "only once, or name another account."
            )
    found = {option: given.get(option) or account.get(option) for option in _BOTH}
    service = sending_service(str(found["service"]))
    if service.name not in ACCOUNTS:
        raise InvalidInput(
            f"{service.title} has no API for domains that this release knows, so its sender can have no account: leave "
            f"it out, and copy what it needs from {service.console or 'its console'} into dkim and records."
        )
    known_options = ACCOUNTS[service.name].options
    options = {option: value for option, value in account.items() if option != "service"}
    if "region" in known_options:
        options["region"] = found["region"]
    return {**given, **{option: value for option, value in found.items() if value}, "account": options}


def login_of(service: str, account: Mapping[str, Any], region: str) -> dict[str, str]:
    """The SMTP login that follows from an account; empty if none does."""
    if service == "amazon_ses" and account.get("access_key") and account.get("secret_key"):
        if account.get("session_token"):
            return {}  # temporary credentials have no SMTP password
        return {"username": account["access_key"], "password": smtp_password(account["secret_key"], region)}
    if service == "mailjet" and account.get("api_key") and account.get("secret_key"):
        return {"username": account["api_key"], "password": account["secret_key"]}
    if service == "scaleway" and account.get("project_id") and account.get("secret_key"):
        return {"username": account["project_id"], "password": account["secret_key"]}
    if service == "sendgrid" and account.get("api_key"):
        return {"password": account["api_key"]}
    return {}
