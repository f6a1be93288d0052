# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""res.company."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .base import Model

if TYPE_CHECKING:
    from ..environment import Environment
    from ..search import Record


def _of_domain(field: str) -> Callable[[Environment, Record], Any]:
    def compute(env: Environment, record: Record) -> Any:
        if "mail.alias.domain" not in env.schema:
            return _of_parameters(env, field)
        domain = env.tables["mail.alias.domain"].get(record.get("alias_domain_id") or 0)
        return env.value("mail.alias.domain", domain, field) if domain else False

    return compute


def _of_parameters(env: Environment, field: str) -> Any:
    """Up to 16 all companies share one domain."""
    domain, alias = env.database.parameter("mail.catchall.domain"), env.database.parameter("mail.catchall.alias")
    return f"{alias}@{domain}" if field == "catchall_email" and domain and alias else False


def _formatted(address: Callable[[Environment, Record], Any]) -> Callable[[Environment, Record], Any]:
    def compute(env: Environment, record: Record) -> Any:
        found = address(env, record)
        return f'"{record["name"]}" <{found}>' if found else False

    return compute


def _own_email(env: Environment, record: Record) -> Any:
    return env.value("res.company", record, "email") or _of_domain("catchall_email")(env, record)


class Company(Model):
    order = "sequence, name"
    related = {"email": ("partner_id", "email"), "country_id": ("partner_id", "country_id")}
    computed = {
        "bounce_email": _of_domain("bounce_email"),
        "bounce_formatted": _formatted(_of_domain("bounce_email")),
        "catchall_email": _of_domain("catchall_email"),
        "catchall_formatted": _formatted(_of_domain("catchall_email")),
        "default_from_email": _of_domain("default_from_email"),
        "email_formatted": _formatted(_own_email),
        "alias_domain_name": _of_domain("name"),
    }
    unique = ((("name",), "res_company_name_uniq", "The company name must be unique!"),)

    def defaults(self, env: Environment) -> dict[str, Any]:
        defaults: dict[str, Any] = {"sequence": 10, "currency_id": 1}
        if "active" in env.schema[self.name]:
            defaults["active"] = True
        if "alias_domain_id" in env.schema[self.name]:
            domains = env.tables["mail.alias.domain"].values()
            first = min(domains, key=lambda domain: (domain["sequence"], domain["id"]), default=None)
            defaults["alias_domain_id"] = first["id"] if first else False
        return defaults

    def prepared(self, env: Environment, vals: Mapping[str, Any]) -> dict[str, Any]:
        """A new company gets a contact of its own."""
        if "currency_id" not in vals or vals.get("partner_id") or not vals.get("name"):
            return dict(vals)
        contact = {"name": vals["name"], "is_company": True}
        contact.update({name: vals[name] for name in self.related if name in vals})
        own = {name: value for name, value in vals.items() if name not in self.related}
        return {**own, "partner_id": env.sudo().create("res.partner", [contact])[0]}

    def after_create(self, env: Environment, ids: Sequence[int]) -> None:
        """Its creator may use it."""
        user = env.tables["res.users"].get(env.uid)
        if user is not None:
            env.database.put("res.users", env.uid, {**user, "company_ids": [*user.get("company_ids", []), *ids]})

    def after_write(self, env: Environment, ids: Sequence[int], vals: Mapping[str, Any]) -> None:
        if "name" in vals:
            for key in ids:
                partner = env.tables[self.name][key]["partner_id"]
                env.write("res.partner", [partner], {"name": vals["name"]})
