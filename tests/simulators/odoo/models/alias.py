# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mail.alias: the addresses that turn incoming mail into records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.aliases import clean_alias

from ..exceptions import UserError, ValidationError
from .base import Model

if TYPE_CHECKING:
    from ..environment import Environment
    from ..search import Record


def _full_name(env: Environment, record: Record) -> Any:
    domain = _domain(env, record)
    if not record.get("alias_name"):
        return False
    return f"{record['alias_name']}@{domain}" if domain else record["alias_name"]


def _domain(env: Environment, record: Record) -> Any:
    if "mail.alias.domain" not in env.schema:
        return env.database.parameter("mail.catchall.domain")
    return env.tables["mail.alias.domain"].get(record.get("alias_domain_id") or 0, {}).get("name", False)


class Alias(Model):
    def defaults(self, env: Environment) -> dict[str, Any]:
        status = {"alias_status": "not_tested"} if "alias_status" in env.schema[self.name] else {}
        return {"alias_defaults": "{}", "alias_contact": "everyone", **status}

    def prepared(self, env: Environment, vals: Mapping[str, Any]) -> dict[str, Any]:
        stored = dict(vals)
        if stored.get("alias_name"):
            stored["alias_name"] = clean_alias(str(stored["alias_name"])) or False
        return stored

    computed = {"alias_full_name": _full_name, "alias_domain": _domain}

    def after_create(self, env: Environment, ids: Sequence[int]) -> None:
        """A new alias gets the domain of the user's company."""
        if "alias_domain_id" not in env.schema[self.name]:
            return
        company = env.tables["res.company"][env.tables["res.users"][env.uid]["company_id"]]
        for key in ids:
            record = env.tables[self.name][key]
            if "alias_domain_id" not in record and company.get("alias_domain_id"):
                env.database.put(self.name, key, {**record, "alias_domain_id": company["alias_domain_id"]})

    def validate(self, env: Environment, ids: Sequence[int], changed: set[str]) -> None:
        domains = env.tables.get("mail.alias.domain", {})
        for key in ids:
            alias = env.tables[self.name][key]
            name, domain = alias.get("alias_name"), domains.get(alias.get("alias_domain_id") or 0)
            if not name:
                continue
            if domain and name in (domain["bounce_alias"], domain["catchall_alias"]):
                raise ValidationError(
                    f"Aliases {name}@{domain['name']} is already used as bounce or catchall address. Please choose "
                    "another alias."
                )
            for other in env.tables[self.name].values():
                same = (other.get("alias_name"), other.get("alias_domain_id")) == (name, alias.get("alias_domain_id"))
                if other["id"] != key and same:
                    raise UserError(
                        f"Alias {self.display_name(env, alias)} is already linked with another document. Choose "
                        "another value or change it on the other document."
                    )

    def display_name(self, env: Environment, record: Record) -> str:
        return str(_full_name(env, record) or "Inactive Alias")
