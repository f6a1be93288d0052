# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""res.users and res.partner, and ir.model.data with the external ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .base import Model, public

if TYPE_CHECKING:
    from ..environment import Environment
    from ..search import Record


def _email_formatted(model: str) -> Any:
    def compute(env: Environment, record: Record) -> Any:
        email = env.value(model, record, "email")
        return f'"{env.value(model, record, "name")}" <{email}>' if email else False

    return compute


class Partner(Model):
    order = "name"

    def defaults(self, env: Environment) -> dict[str, Any]:
        return {"active": True}


class User(Model):
    order = "name, login"
    related = {"name": ("partner_id", "name"), "email": ("partner_id", "email")}
    computed = {
        "email_formatted": _email_formatted("res.users"),
        "password": lambda env, record: "",
        "share": lambda env, record: False,
    }
    unique = ((("login",), "res_users_login_key", "You can not have two users with the same login!"),)

    def defaults(self, env: Environment) -> dict[str, Any]:
        company = env.tables["res.users"].get(env.uid, {}).get("company_id", 1)
        return {
            "active": True,
            "company_id": company,
            "company_ids": [[6, 0, [company]]],
            "notification_type": "email",
            "password": False,
        }

    def prepared(self, env: Environment, vals: Mapping[str, Any]) -> dict[str, Any]:
        if "notification_type" not in vals or vals.get("partner_id"):
            return dict(vals)
        contact = {"name": vals.get("name") or vals.get("login"), "email": vals.get("email") or False}
        own = {name: value for name, value in vals.items() if name not in ("name", "email")}
        return {"partner_id": env.sudo().create("res.partner", [contact])[0], **own}

    def display_name(self, env: Environment, record: Record) -> str:
        return str(env.value("res.users", record, "name"))

    @public
    def create(self, env: Environment, vals_list: Any) -> Any:
        many = [vals_list] if isinstance(vals_list, Mapping) else vals_list
        ids = env.create(self.name, many)
        for key, vals in zip(ids, many):
            env.database.passwords[key] = str(vals.get("password") or "")
        return ids[0] if isinstance(vals_list, Mapping) else ids

    @public
    def write(self, env: Environment, ids: Any, vals: Any) -> bool:
        env.write(self.name, ids, vals)
        if vals.get("password"):
            env.database.passwords.update({key: str(vals["password"]) for key in ids})
        return True

    @public
    def context_get(self, env: Environment) -> dict[str, Any]:
        return {"lang": "en_US", "tz": False, "uid": env.uid}


class Data(Model):
    unique = (
        (
            ("module", "name"),
            "ir_model_data_module_name_uniq_index",
            # an index, not a constraint of Odoo, so the message is PostgreSQL's
            'duplicate key value violates unique constraint "ir_model_data_module_name_uniq_index"',
        ),
    )
    computed = {
        "complete_name": lambda env, record: f"{record['module']}.{record['name']}",
        "reference": lambda env, record: f"{record['model']},{record['res_id']}",
    }
