# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mail.alias.domain (17 and newer): the email domains of companies."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.aliases import (
    clean_alias,
    clean_default_from,
)

from ..exceptions import UserError, ValidationError
from .base import Model

if TYPE_CHECKING:
    from ..environment import Environment
    from ..search import Record

_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_NAME = re.compile(rf"{_ATOM}(\.{_ATOM})*", re.ASCII)


def _address(alias: str) -> Any:
    def compute(env: Environment, record: Record) -> Any:
        local_part = record.get(alias)
        if not local_part:
            return False
        return local_part if "@" in local_part else f"{local_part}@{record['name']}"

    return compute


class AliasDomain(Model):
    order = "sequence, id"
    computed = {
        "bounce_email": _address("bounce_alias"),
        "catchall_email": _address("catchall_alias"),
        "default_from_email": _address("default_from"),
    }
    unique = (
        (("bounce_alias", "name"), "mail_alias_domain_bounce_email_uniq", "Bounce emails should be unique"),
        (("catchall_alias", "name"), "mail_alias_domain_catchall_email_uniq", "Catchall emails should be unique"),
    )

    def defaults(self, env: Environment) -> dict[str, Any]:
        return {
            "sequence": 10,
            "bounce_alias": "bounce",
            "catchall_alias": "catchall",
            "default_from": "notifications",
        }

    def prepared(self, env: Environment, vals: Mapping[str, Any]) -> dict[str, Any]:
        stored = dict(vals)
        for name in ("bounce_alias", "catchall_alias"):
            if stored.get(name):
                stored[name] = clean_alias(str(stored[name])) or False
        if stored.get("default_from"):
            stored["default_from"] = clean_default_from(str(stored["default_from"]))
        return stored

    def after_create(self, env: Environment, ids: Sequence[int]) -> None:
        """The first one ever is assigned to all companies and aliases that have none."""
        if len(env.tables[self.name]) > len(ids) or not ids:
            return
        for model in ("res.company", "mail.alias"):
            for record in list(env.tables[model].values()):
                archived_17 = env.version == 17 and not record.get("active", True)
                if not record.get("alias_domain_id") and not archived_17:
                    env.database.put(model, record["id"], {**record, "alias_domain_id": ids[0]})

    def validate(self, env: Environment, ids: Sequence[int], changed: set[str]) -> None:
        taken = {
            (alias["alias_domain_id"], alias["alias_name"])
            for alias in env.tables["mail.alias"].values()
            if alias.get("alias_domain_id") and alias.get("alias_name")
        }
        personal = self._personal_filters(env)
        for key in ids:
            domain = env.tables[self.name][key]
            if not _NAME.fullmatch(domain["name"]):
                raise ValidationError(
                    "You cannot use anything else than unaccented latin characters in the domain name "
                    f"{domain['name']}."
                )
            for name in ("bounce_alias", "catchall_alias"):
                if (key, domain[name]) in taken:
                    raise ValidationError(
                        f"Bounce/Catchall '{domain[name]}@{domain['name']}' is already used. Choose another alias or "
                        "change it on the linked model."
                    )
            address = env.value(self.name, domain, "default_from_email")
            if address and (address in personal or False in personal):
                raise UserError("A personal mail server is using that address, you can not use it.")

    def _personal_filters(self, env: Environment) -> set[Any]:
        """The filters of personal servers; False for a server without one, which sends from every address."""
        return {
            server.get("from_filter") or False
            for server in env.tables["ir.mail_server"].values()
            if server.get("owner_user_id")
        }
