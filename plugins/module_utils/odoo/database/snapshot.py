# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a database holds that our plans depend on, read in a handful of calls however many companies there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.client import Odoo

EXTERNAL_ID_MODULE = "postmaster_mail"
SERVER_MODEL = "ir.mail_server"
DOMAIN_MODEL = "mail.alias.domain"
INCOMING_MODEL = "fetchmail.server"
MAILING_DEFAULT = "mass mailing as its default"  # one of the uses of a server


@dataclass
class Consents:
    """Which mailboxes of Gmail and Outlook let Odoo use them. Tokens and secrets are not read."""

    granted: set[tuple[str, int]] = field(default_factory=set)  # authentication, id of the server
    links: dict[tuple[str, int], str] = field(default_factory=dict)  # by which a person grants it
    asked: set[str] = field(default_factory=set)  # authentications of which the rest is known
    clients: set[str] = field(default_factory=set)  # authentications whose client id and secret are set
    base_url: str = ""  # where the service sends the person back to


@dataclass
class OdooSnapshot:
    """One reading of a database. Records are dicts of Odoo's own fields; a many2one is an id or None."""

    version: int
    hosted: bool = False  # on Odoo Online or Odoo.sh
    odoo_domain: str = ""  # its own subdomain there, for which Odoo's server sends
    neutralized: bool = False
    companies: list[dict[str, Any]] = field(default_factory=list)  # id, name, active, alias_domain_id
    domains: list[dict[str, Any]] = field(default_factory=list)
    mail_installed: bool = True
    free_aliases: list[int] = field(default_factory=list)  # those without a domain, read only while there is none
    named_aliases: list[str] = field(default_factory=list)  # up to Odoo 16, read only for a domain to delete
    aliases_of_domain: dict[int, list[str]] = field(default_factory=dict)  # read only for domains to delete
    aliases: list[dict[str, Any]] = field(default_factory=list)  # those with a name, read only for redirections
    servers: list[dict[str, Any]] = field(default_factory=list)
    server_fields: dict[str, list[str]] = field(default_factory=dict)  # name → values of a selection
    external_ids: dict[str, dict[str, Any]] = field(default_factory=dict)  # name → {id, res_id}
    has_servers: bool = False  # active outgoing ones, read only if nothing else reads them and it matters
    default_mailing_server: int | None = None
    used_servers: dict[int, list[str]] = field(default_factory=dict)  # id → what uses it
    archive_blocked: dict[int, list[str]] = field(default_factory=dict)  # id → why Odoo refuses to archive it
    modules: dict[str, dict[str, Any]] = field(default_factory=dict)  # name → {id, state}, of those asked for
    consents: Consents = field(default_factory=Consents)
    incoming_installed: bool = True
    incoming_servers: list[dict[str, Any]] = field(default_factory=list)
    incoming_types: list[str] = field(default_factory=list)  # that this Odoo knows
    incoming_external_ids: dict[str, dict[str, Any]] = field(default_factory=dict)  # name → {id, res_id}
    incoming_consents: Consents = field(default_factory=Consents)
    models: dict[str, dict[str, Any]] = field(default_factory=dict)  # name → {id, takes_mail}, of those asked for
    parameters: dict[str, dict[str, Any]] = field(default_factory=dict)  # key → {id, value}, of those asked for
    mass_mailing_installed: bool = False  # read only if it matters

    def parameter(self, key: str) -> str | None:
        """The text of a system parameter, None if it is not set."""
        row = self.parameters.get(key)
        return None if row is None else str(row["value"])


def new_snapshot(odoo: Odoo) -> OdooSnapshot:
    return OdooSnapshot(
        version=odoo.version,
        hosted=odoo.host.endswith((".odoo.com", ".odoo.sh")),
        odoo_domain=odoo.host if odoo.host.endswith(".odoo.com") else "",
    )


def read_parameters(odoo: Odoo, snapshot: OdooSnapshot, keys: Iterable[str]) -> None:
    """The system parameters of these keys, in one call; a key that is not set is not in ``parameters``."""
    wanted = sorted(set(keys))
    if not wanted:
        return
    rows = odoo.search_read("ir.config_parameter", [("key", "in", wanted)], ["key", "value"])
    snapshot.parameters.update({row["key"]: {"id": row["id"], "value": str(row["value"] or "")} for row in rows})
    value = snapshot.parameter("database.is_neutralized") or ""
    snapshot.neutralized = value.lower() in ("true", "1", "t", "yes")
    default = snapshot.parameter("mass_mailing.mail_server_id") or ""
    snapshot.default_mailing_server = int(default) if default.isdecimal() else None


def read_external_ids(odoo: Odoo, snapshot: OdooSnapshot, models: Iterable[str]) -> None:
    """The external ids of ours that name records of these models, in one call."""
    wanted = sorted(set(models))
    if not wanted:
        return
    for row in odoo.search_read(
        "ir.model.data",
        [("module", "=", EXTERNAL_ID_MODULE), ("model", "in", wanted)],
        ["name", "model", "res_id"],
    ):
        held = snapshot.external_ids if row["model"] == SERVER_MODEL else snapshot.incoming_external_ids
        held[row["name"]] = {"id": row["id"], "res_id": row["res_id"]}


def id_of(many2one: Any) -> int | None:
    """A many2one is read as [id, name], or False."""
    if isinstance(many2one, (list, tuple)):
        return int(many2one[0])
    return int(many2one) if many2one else None
