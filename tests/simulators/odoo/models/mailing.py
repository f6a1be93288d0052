# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mail.template and mailing.mailing, which can have their own outgoing server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..exceptions import ValidationError
from .base import Model

if TYPE_CHECKING:
    from ..environment import Environment
    from ..search import Record


class Template(Model):
    order = "name"

    def defaults(self, env: Environment) -> dict[str, Any]:
        return {"active": True} if "active" in env.schema[self.name] else {}

    computed = {
        "model": lambda env, record: env.tables["ir.model"].get(record.get("model_id") or 0, {}).get("model", False)
    }


class Mailing(Model):
    order = "id desc"

    def defaults(self, env: Environment) -> dict[str, Any]:
        user = env.tables["res.users"][env.uid]
        email = env.sudo().value("res.users", user, "email_formatted")
        server = env.database.parameter("mass_mailing.mail_server_id")
        known = str(server).isdigit() and int(server) in env.tables["ir.mail_server"]
        return {
            "active": True,
            "state": "draft",
            "mailing_type": "mail",
            "reply_to_mode": "new" if env.version >= 17 else "email",
            "user_id": env.uid,
            "email_from": email,
            "mail_server_id": int(server) if known else False,
        }

    def prepared(self, env: Environment, vals: Mapping[str, Any]) -> dict[str, Any]:
        if "user_id" in vals and vals.get("subject") and not vals.get("name"):
            return {**vals, "name": f"{vals['subject']} (Mass Mailing created on 2026-01-01)"}
        return dict(vals)

    def validate(self, env: Environment, ids: Sequence[int], changed: set[str]) -> None:
        for key in ids:
            if env.version >= 19 and not env.tables[self.name][key].get("email_from"):
                raise ValidationError("The operation cannot be completed: email from is required for mailing")

    def display_name(self, env: Environment, record: Record) -> str:
        return str(record.get("subject") or record.get("name"))
