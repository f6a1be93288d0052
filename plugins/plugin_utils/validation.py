# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The types of the role's variables, taken from the options of the modules that use them.

``meta/argument_specs.yml`` describes the same for people and ``ansible-doc``. Ansible's own check against it takes some
30 ms for each host and does not support ``required_if``; this one takes less than one.
"""

from __future__ import annotations

import functools
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.postmaster.mail.plugins.module_utils.argument_faults import ArgumentFaults
from ansible_collections.postmaster.mail.plugins.module_utils.intents import build
from ansible_collections.postmaster.mail.plugins.module_utils.odoo import options as odoo
from ansible_collections.postmaster.mail.plugins.module_utils.providers.account_faults import of_provider
from ansible_collections.postmaster.mail.plugins.module_utils.providers.options import OPTIONS
from ansible_collections.postmaster.mail.plugins.module_utils.providers.registry import dns_options
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.options import account_options
from ansible_collections.postmaster.mail.plugins.module_utils.services.registry import SERVICES

from .environment import environ
from .plan_guards import GUARDS

Spec = dict[str, Any]
REPORT_FORMATS = ["json", "junit", "codequality", "sarif", "prometheus", "markdown", "html"]
FAULTS = ArgumentFaults(of_provider, words=SERVICES)
_ACCOUNTS = ("custom_domain_dns", "custom_domain_odoo")
_SERVICES = "custom_domain_accounts"
_MISSING = re.compile(r"missing required arguments: (.+) found in (.+)")
_ONE_OF = re.compile(r"one of the following is required: (.+) found in (.+)")
_NOT_SET = "If a lookup fills it, from the environment or from a file, see that it is set where Ansible runs."
_LOGIN = ("password", "api_key")
# options that the role derives from other variables
_OF_ALIAS_DOMAINS_AND_SENDERS = (
    "mass_mailing_server",
    "default_from",
    "catchall_domain",
    "catchall_alias",
    "bounce_alias",
    "allow_rename",
)


class Validator:
    """Checks the variables of many hosts; an account that several hosts share is checked once."""

    def __init__(self) -> None:
        options = role_options()
        self._options_of_accounts = {name: {name: options.pop(name)} for name in _ACCOUNTS}
        self._of_accounts = {name: ArgumentSpecValidator(spec) for name, spec in self._options_of_accounts.items()}
        self._options = options
        self._of_hosts = ArgumentSpecValidator(options)
        self._known: dict[str, tuple[Spec, list[str]]] = {}

    def validated(self, variables: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[Spec, list[str]]:
        """The variables converted to their types, with defaults and the environment's values; and the faults."""
        with environ(environment):
            return self._validated(variables)

    def _validated(self, variables: Mapping[str, Any]) -> tuple[Spec, list[str]]:
        given = {name: value for name, value in variables.items() if value is not None}
        accounts = {name: {name: given.pop(name)} if name in given else {} for name in _ACCOUNTS}
        services = {_SERVICES: given.pop(_SERVICES)} if _SERVICES in given else {}
        values, faults = _checked(self._of_hosts, self._options, given)
        for name, account in accounts.items():
            key = f"{name} {json.dumps(account, sort_keys=True, default=str)} {_of_environment()}"
            if key not in self._known:
                found, wrong = _checked(self._of_accounts[name], self._options_of_accounts[name], account)
                self._known[key] = (found, wrong or list(_empty(name, account, found)))
            values.update(self._known[key][0])
            faults += self._known[key][1]
        faults += _without_passwords(given)
        if services:
            found, wrong = self._services(services)
            values.update(found)
            faults += wrong
        return values, faults

    def _services(self, given: Mapping[str, Any]) -> tuple[Spec, list[str]]:
        """The named accounts at sending services."""
        key = f"{_SERVICES} {json.dumps(given, sort_keys=True, default=str)}"
        if key not in self._known:
            options = _with_names(self._options, given)
            self._known[key] = _checked(ArgumentSpecValidator(options), options, given)
        return self._known[key]


def _without_passwords(given: Mapping[str, Any]) -> list[str]:
    """Servers and mailboxes whose password is an empty text: a login without one should omit it."""
    logins = [
        (f"entry {number} of {variable}", one)
        for variable in ("custom_domain_senders", "custom_domain_incoming_servers")
        for number, one in enumerate(_entries(given.get(variable)), start=1)
    ]
    logins += [("custom_domain_test_mailbox", one) for one in _entries([given.get("custom_domain_test_mailbox")])]
    return [
        f"{where}: password is empty, but username is not. {_NOT_SET}"
        for where, one in logins
        if one.get("password") == "" and one.get("username")
    ]


def _entries(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _with_names(options: Spec, given: Mapping[str, Any]) -> Spec:
    """The option for accounts at sending services, with the given names."""
    named = given.get(_SERVICES)
    accounts = dict.fromkeys(named, service_account()) if isinstance(named, Mapping) else {}
    return {_SERVICES: {**options[_SERVICES], **({"options": accounts} if accounts else {})}}


def service_account() -> Spec:
    """The option for one account at a sending service."""
    return {
        "type": "dict",
        "options": {"service": {"type": "str", "required": True}, **account_options()["options"]},
    }


def _checked(validator: ArgumentSpecValidator, options: Spec, given: Mapping[str, Any]) -> tuple[Spec, list[str]]:
    """The values converted to their types, and the faults, one sentence each."""
    faults = list(FAULTS.of(options, given))
    if faults:
        return {}, faults
    checked = validator.validate(dict(given))
    return dict(checked.validated_parameters), [_in_our_words(message) for message in checked.error_messages]


def _in_our_words(message: str) -> str:
    """Ansible's message about options that belong together, in our words."""
    missing = _MISSING.match(message) or _ONE_OF.match(message)
    if missing is None:
        return f"{message.rstrip('.')}."
    names, where = missing.groups()
    one_of = f"give one of {names}" if missing.re is _ONE_OF else f"{names} is missing"
    return f"{where.replace(' -> ', ', ')}: {one_of}."


def _empty(variable: str, account: Mapping[str, Any], found: Spec) -> Iterator[str]:
    """Options given as an empty text, with which access is impossible."""
    given, known = account.get(variable) or {}, found.get(variable) or {}
    if variable == "custom_domain_odoo":
        needed = ["url", "database", "username", *(() if given.get("password") or given.get("api_key") else _LOGIN)]
        environment: Mapping[str, str] = {}
    else:
        chosen = OPTIONS[known["provider"]]
        secrets = [name for name, option in chosen.options.items() if option.get("no_log")]
        needed, environment = [*chosen.required, *secrets], chosen.environment
    for name in dict.fromkeys(needed):
        if isinstance(given, Mapping) and given.get(name) == "" and not os.environ.get(environment.get(name, "")):
            yield f"{variable}: {name} is empty. {_NOT_SET}"


def secrets_of(variables: Mapping[str, Any]) -> set[str]:
    """The values of all options that are secret according to their specs."""
    return {secret for secret in _secrets({**_options(), **_with_names(_options(), variables)}, variables) if secret}


def without_secrets(variables: Mapping[str, Any]) -> dict[str, Any]:
    """The same variables, with only a note that a secret is set."""
    return _without_secrets({**_options(), **_with_names(_options(), variables)}, variables)


def _without_secrets(options: Spec, given: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in given.items():
        option = options.get(name, {})
        inner = option.get("options") or {}
        if option.get("no_log"):
            value = value is not None
        elif isinstance(value, Mapping):
            value = _without_secrets(inner, value)
        elif isinstance(value, (list, tuple)):
            value = [_without_secrets(inner, one) if isinstance(one, Mapping) else one for one in value]
        found[name] = value
    return found


@functools.cache
def _options() -> Spec:
    return role_options()


def _secrets(options: Spec, given: Mapping[str, Any]) -> Iterator[str]:
    for name, option in options.items():
        value = given.get(name)
        if option.get("no_log") and value is not None:
            yield str(value)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, Mapping):
                yield from _secrets(option.get("options") or {}, one)


def _of_environment() -> int:
    """Identifies an environment, because accounts may be given there."""
    return hash(frozenset(os.environ.items()))


def role_options() -> Spec:
    records = build.OPTIONS
    return {
        "custom_domain_name": {"type": "str"},
        "custom_domain_companies": {"type": "list", "elements": "str"},
        "custom_domain_senders": {"type": "list", "elements": "dict", "options": sender_options()},
        "custom_domain_accounts": {"type": "dict"},
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
        "custom_domain_severity": {"type": "str", "choices": ["error", "warning", "info"]},
        "custom_domain_reports": {
            "type": "list",
            "elements": "dict",
            "options": {
                "format": {"type": "str", "choices": REPORT_FORMATS, "default": "json"},
                "path": {"type": "str", "required": True},
                "max_bytes": {"type": "int"},
            },
        },
        "custom_domain_report_only": {"type": "bool"},
        "custom_domain_baseline": {"type": "str"},
        "custom_domain_accepted": {
            "type": "list",
            "elements": "dict",
            "options": {
                "code": {"type": "str", "required": True},
                "subject": {"type": "str", "required": True},
                "reason": {"type": "str", "required": True},
                "until": {"type": "str"},
            },
        },
        "custom_domain_set_stats": {"type": "bool"},
        "custom_domain_plan": {"type": "str"},
        "custom_domain_plan_expires": {"type": "str"},
        "custom_domain_max_changed": {"type": "int"},
        "custom_domain_allow": {"type": "list", "elements": "str", "choices": list(GUARDS)},
        "custom_domain_lint_dns": {"type": "bool"},
    }


def sender_options() -> Spec:
    """A sender: its records in DNS, and an outgoing mail server of Odoo."""
    server = odoo.outgoing_mail_server_options()
    return {
        **server,
        "name": {"type": "str"},
        "service": {"type": "str"},
        "region": {"type": "str"},
        "sending_domain": {"type": "str"},
        "account": {"type": "str"},
        "tracking": {"type": "bool"},
        "receiving": {"type": "bool"},
        "key_length": {"type": "int", "choices": [1024, 2048]},
        "configuration_set": {"type": "str"},
        "feedback": {"type": "bool"},
        "dkim_selector": {"type": "str"},
        "accept_terms": {"type": "bool"},
        "take_over_registration": {"type": "bool"},
        "use": {"type": "str", "choices": ["transactional", "mass_mailing"]},
        "default": {"type": "bool"},
        "return_path": {"type": "str"},
        "spf": _without(build.OPTIONS["spf"], ("all", "exact", "consolidate", "ttl", "state")),
        "dkim": build.OPTIONS["dkim"],
        "records": build.OPTIONS["records"],
    }


def mailbox_options() -> Spec:
    """The mailbox that receives a test message, and how to read it."""
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
        max_answer_size={"type": "int"},
    )
    return {"type": "dict", "options": options}


def _without(option: Mapping[str, Any], names: Iterable[str]) -> Spec:
    left = {name: spec for name, spec in option["options"].items() if name not in names}
    return {**option, "options": left}
