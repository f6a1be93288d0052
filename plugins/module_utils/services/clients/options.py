# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of an account at each service, below ``account``.

They are separate from the clients, because a module has the options of all but loads only one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from ...bounded import MOST_MEGABYTES
from ...errors import InvalidInput

COMMON: dict[str, Any] = {
    "endpoint": {"type": "str"},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "timeout": {"type": "float", "default": 30.0},
    "max_answer_size": {"type": "int", "default": MOST_MEGABYTES},
    "rate_limit": {"type": "float"},
}


class AccountOptions(NamedTuple):
    """``options`` as an Ansible argument spec, and those that are required.

    Options that several services share have the same definition in each. ``environment``: the vendor's own variables
    for options that are not set, in order of preference. They are not fallbacks of the argument spec, because a shared
    option has different variables for each vendor.
    """

    options: Mapping[str, Any]
    required: tuple[str, ...] = ()
    environment: Mapping[str, tuple[str, ...]] = {}


_REGION = {"type": "str"}
_SECRET = {"type": "str", "no_log": True}

# In the order in which messages list them.
ACCOUNTS: dict[str, AccountOptions] = {
    "amazon_ses": AccountOptions(
        {
            "region": _REGION,
            "access_key": {"type": "str", "no_log": False},
            "secret_key": _SECRET,
            "session_token": _SECRET,
            "profile": {"type": "str"},
        },
        # boto3 finds the keys itself
        environment={"region": ("AWS_REGION", "AWS_DEFAULT_REGION")},
    ),
    "mailgun": AccountOptions(
        {"region": _REGION, "api_key": _SECRET},
        required=("api_key",),
        environment={"api_key": ("MAILGUN_API_KEY",), "region": ("MAILGUN_REGION",)},
    ),
    "sendgrid": AccountOptions(
        {"region": _REGION, "api_key": _SECRET, "subuser": {"type": "str"}},
        required=("api_key",),
        environment={"api_key": ("SENDGRID_API_KEY",)},
    ),
    "brevo": AccountOptions(
        {"api_key": _SECRET},
        required=("api_key",),
        environment={"api_key": ("BREVO_API_KEY",)},
    ),
    "mailjet": AccountOptions(
        {"api_key": _SECRET, "secret_key": _SECRET},
        required=("api_key", "secret_key"),
        environment={"api_key": ("MJ_APIKEY_PUBLIC",), "secret_key": ("MJ_APIKEY_PRIVATE",)},
    ),
    "postmark": AccountOptions(
        {"account_token": _SECRET, "server": {"type": "str"}},
        required=("account_token",),
        environment={"account_token": ("POSTMARK_ACCOUNT_TOKEN",)},
    ),
    "scaleway": AccountOptions(
        {"region": _REGION, "secret_key": _SECRET, "project_id": {"type": "str"}},
        required=("secret_key", "project_id"),
        environment={"secret_key": ("SCW_SECRET_KEY",), "project_id": ("SCW_DEFAULT_PROJECT_ID",)},
    ),
}


def account_options() -> dict[str, Any]:
    """The argument spec of the ``account`` option: one dict with the typed options of all services."""
    options = dict(COMMON)
    for account in ACCOUNTS.values():
        options.update(account.options)
    return {"type": "dict", "options": options}


def settings_of(service: str, account: Mapping[str, Any]) -> dict[str, Any]:
    """An account's options, completed from the environment.

    Raises InvalidInput for an option of another service and for a missing one.
    """
    known = ACCOUNTS[service]
    for name, value in account.items():
        if value is not None and name not in known.options and name not in COMMON:
            raise InvalidInput(f"account: {name} is not an option of the service {service}: remove it.")
    settings = dict(account)
    for name, variables in known.environment.items():
        if settings.get(name) is None:
            settings[name] = next((os.environ[one] for one in variables if os.environ.get(one)), None)
    for name in known.required:
        if not settings.get(name):
            others = " or ".join(known.environment.get(name, ()))
            or_else = f", or the environment variable {others}" if others else ""
            raise InvalidInput(f"account: {name} is needed for the service {service}{or_else}.")
    return settings
