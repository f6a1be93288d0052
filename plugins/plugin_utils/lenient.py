# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's variables when its secrets cannot be decrypted: each secret counts as given.

Secrets are those in the argument spec, values stored beside them such as a user name, and individually encrypted
values. Everything else must be defined.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleError

from .validation import Spec, role_options, service_account

GIVEN = "what-a-secret-counts-as-in-lint"
# individually encrypted values, up to ansible-core 2.18 and later
_ENCRYPTED = ("AnsibleVaultEncryptedUnicode", "EncryptedString")
_UNDEFINED = re.compile(r"'([A-Za-z_]\w*)' is undefined")
_MARK = re.compile("\ue000(\\w+)\ue000")
_MOST_UNDEFINED = 50
# what people store together with a secret
_BESIDE = frozenset(
    ("username", "access_key", "api_user", "client_id", "tenant_id", "subscription_id", "account_id", "project_id")
)
# one of them is enough, and it may come from the environment
_LOGINS = {"custom_domain_odoo": ("password", "api_key")}
_ABSENT = object()
Template = Callable[[Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any]]


class _AnyName(dict[str, Any]):
    """Options with one common form, under any name."""

    def get(self, name: str, default: Any = None) -> Any:
        return next(iter(self.values()))


class Lenient:
    """``template``: evaluates a dictionary of values with variables, and leaves out omitted ones."""

    def __init__(self, variables: Mapping[str, Any], template: Template) -> None:
        self._variables = variables
        self._template = template
        accounts = {"type": "dict", "options": _AnyName(account=service_account())}
        self._options = {**role_options(), "custom_domain_accounts": accounts}
        self.faults: list[str] = []

    def values(self, names: Iterable[str]) -> dict[str, Any]:
        """The given role variables, without omitted ones. Problems are collected in ``faults``."""
        found = {name: self._value(name) for name in names}
        return {name: value for name, value in found.items() if value is not _ABSENT}

    def _value(self, name: str) -> Any:
        raw = self._variables[name]
        found = self._evaluated(raw, self._options.get(name, {}), name)
        if found is _ABSENT or not isinstance(found, Mapping):
            return found
        logins = _LOGINS.get(name)
        if logins and not any(found.get(one) for one in logins):
            found = {**found, logins[-1]: GIVEN}
        return found

    def _evaluated(self, raw: Any, option: Spec, where: str) -> Any:
        inner = option.get("options") or {}
        if _is_encrypted(raw):
            return GIVEN
        if option.get("no_log"):
            return self._secret(raw)
        if isinstance(raw, Mapping) and inner:
            found = {name: self._evaluated(raw[name], _inner(inner, name), f"{where}, {name}") for name in raw}
            return {name: value for name, value in found.items() if value is not _ABSENT}
        if isinstance(raw, list) and inner:
            return [self._evaluated(one, option, f"entry {number} of {where}") for number, one in enumerate(raw, 1)]
        return self._plain(raw, option, where)

    def _secret(self, raw: Any) -> Any:
        try:
            value = self._template({"value": raw}, self._variables).get("value", _ABSENT)
        except AnsibleError:
            return GIVEN
        return GIVEN if value == "" and raw != "" else value

    def _plain(self, raw: Any, option: Spec, where: str) -> Any:
        """A value that is not a secret itself but may contain some."""
        known: dict[str, Any] = dict(self._variables)
        for dummy in range(_MOST_UNDEFINED):
            try:
                value = self._template({"value": raw}, known).get("value", _ABSENT)
                break
            except AnsibleError as error:
                found = _UNDEFINED.search(str(error))
                if found is not None and found[1] not in known:
                    known[found[1]] = f"\ue000{found[1]}\ue000"
                elif "decrypt" in str(error) and known.get("\ue000") is None:
                    known = {"\ue000": True, **{name: _decrypted(one) for name, one in known.items()}}
                else:
                    self.faults.append(f"{where}: {error}")
                    return _ABSENT
        else:
            self.faults.append(f"{where}: more than {_MOST_UNDEFINED} variables are undefined.")
            return _ABSENT
        return self._checked(value, option, where)

    def _checked(self, value: Any, option: Spec, where: str) -> Any:
        """A value without marks of undefined variables, which are only acceptable in a secret."""
        inner = option.get("options") or {}
        if isinstance(value, Mapping):
            return {name: self._checked(one, _inner(inner, name), f"{where}, {name}") for name, one in value.items()}
        if isinstance(value, list):
            return [self._checked(one, option, f"entry {number} of {where}") for number, one in enumerate(value, 1)]
        if not isinstance(value, str):
            return value
        if option.get("no_log"):
            return GIVEN if value == "" or _MARK.search(value) else value
        undefined = _MARK.search(value)
        if undefined is not None:
            self.faults.append(f"{where}: the variable {undefined[1]} is undefined.")
        return value


def _inner(options: Spec, name: str) -> Spec:
    option: Spec = options.get(name, {})
    return {**option, "no_log": True} if name in _BESIDE else option


def _is_encrypted(value: Any) -> bool:
    return type(value).__name__ in _ENCRYPTED


def _decrypted(value: Any) -> Any:
    if _is_encrypted(value):
        return GIVEN
    if isinstance(value, dict):
        return {key: _decrypted(one) for key, one in value.items()}
    return [_decrypted(one) for one in value] if isinstance(value, list) else value
