# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ir.config_parameter: the system parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.aliases import clean_alias

from .. import rights
from ..exceptions import UserError, ValidationError
from .base import Model, public

if TYPE_CHECKING:
    from ..environment import Environment
    from ..search import Record

_ALIASES = ("mail.catchall.alias", "mail.bounce.alias")
_ALLOWED = "mail.catchall.domain.allowed"


class Parameter(Model):
    order = "key"
    unique = ((("key",), "ir_config_parameter_key_uniq", "Key must be unique."),)

    @public
    def get_param(self, env: Environment, key: str, default: Any = False) -> Any:
        rights.check(env, self.name, "read")
        found = env.sudo().search(self.name, [("key", "=", key)])
        return env.tables[self.name][found[0]]["value"] if found else default

    @public
    def set_param(self, env: Environment, key: str, value: Any) -> Any:
        """Set or delete a parameter; returns the former value, or False."""
        found = env.search(self.name, [("key", "=", key)])
        if not found:
            if value is not False and value is not None:
                env.create(self.name, [{"key": key, "value": value}])
            return False
        former = env.tables[self.name][found[0]]["value"]
        if value is False or value is None:
            env.unlink(self.name, found)
        elif str(value) != former:
            env.write(self.name, found, {"value": value})
        return former

    def prepared(self, env: Environment, vals: Mapping[str, Any]) -> dict[str, Any]:
        return self._cleaned(env, vals.get("key"), vals)

    def prepared_write(self, env: Environment, ids: Sequence[int], vals: Mapping[str, Any]) -> dict[str, Any]:
        key = env.tables[self.name][ids[0]]["key"] if ids else None
        return self._cleaned(env, vals.get("key", key), vals)

    def _cleaned(self, env: Environment, key: Any, vals: Mapping[str, Any]) -> dict[str, Any]:
        value = vals.get("value")
        if not value:
            return dict(vals)
        if env.version <= 16 and key in _ALIASES:
            return {**vals, "value": _free_alias(env, str(value))}
        if env.version >= 16 and key == _ALLOWED:
            return {**vals, "value": _domains(str(value))}
        return dict(vals)

    def display_name(self, env: Environment, record: Record) -> str:
        return str(record["key"])


def _free_alias(env: Environment, text: str) -> str:
    cleaned = clean_alias(text)
    parameters = {env.database.parameter(key) for key in _ALIASES}
    if cleaned in parameters | {alias.get("alias_name") for alias in env.tables["mail.alias"].values()}:
        raise UserError("The e-mail alias is already used. Please enter another one.")
    return cleaned


def _domains(text: str) -> str:
    parts = [part.strip().lower() for part in re.split(",", text) if part.strip()]
    if not parts:
        raise ValidationError(
            f"Value {text} for `{_ALLOWED}` cannot be validated.\nIt should be a comma separated list of domains e.g. "
            "example.com,example.org."
        )
    return ",".join(parts)
