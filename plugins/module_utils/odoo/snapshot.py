# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a database holds that our plans depend on, read in a handful of calls however many companies there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import OdooError
from .client import Odoo

EXTERNAL_ID_MODULE = "postmaster_mail"
SERVER_MODEL = "ir.mail_server"
DOMAIN_MODEL = "mail.alias.domain"

_DOMAIN_FIELDS = ("name", "sequence", "bounce_alias", "catchall_alias", "default_from")
# those that this version and this user have
_SERVER_FIELDS = (
    "name", "active", "sequence", "smtp_host", "smtp_port", "smtp_encryption", "smtp_authentication",
    "smtp_user", "smtp_pass", "smtp_ssl_certificate", "smtp_ssl_private_key", "from_filter",
    "mail_template_ids", "active_mailing_ids",
)  # fmt: skip


@dataclass
class Snapshot:
    """One reading of a database. Records are dicts of Odoo's own fields; a many2one is an id or None."""

    version: int
    hosted: bool = False  # on Odoo Online or Odoo.sh
    neutralized: bool = False
    companies: list[dict[str, Any]] = field(default_factory=list)  # id, name, active, alias_domain_id
    domains: list[dict[str, Any]] = field(default_factory=list)
    domains_supported: bool = True
    mail_installed: bool = True
    free_aliases: int = 0  # mail aliases without a domain, read only while there is no alias domain
    aliases_of_domain: dict[int, list[str]] = field(default_factory=dict)  # read only for domains to delete
    servers: list[dict[str, Any]] = field(default_factory=list)
    server_fields: dict[str, list[str]] = field(default_factory=dict)  # name → values of a selection
    external_ids: dict[str, dict[str, Any]] = field(default_factory=dict)  # name → {id, res_id}
    default_mailing_server: int | None = None
    used_servers: dict[int, list[str]] = field(default_factory=dict)  # id → what uses it
    incoming_external_ids: dict[str, dict[str, Any]] = field(default_factory=dict)  # name → {id, res_id}
    parameters: dict[str, dict[str, Any]] = field(default_factory=dict)  # key → {id, value}, of those asked for

    def parameter(self, key: str) -> str | None:
        """The text of a system parameter, None if it is not set."""
        row = self.parameters.get(key)
        return None if row is None else str(row["value"])


def new_snapshot(odoo: Odoo) -> Snapshot:
    return Snapshot(version=odoo.version, hosted=_is_hosted(odoo.url))


def read_parameters(odoo: Odoo, snapshot: Snapshot, keys: Iterable[str]) -> None:
    """The system parameters of these keys, in one call; a key that is not set is not in C(parameters)."""
    wanted = sorted(set(keys))
    if not wanted:
        return
    rows = odoo.search_read("ir.config_parameter", [("key", "in", wanted)], ["key", "value"])
    snapshot.parameters = {row["key"]: {"id": row["id"], "value": str(row["value"] or "")} for row in rows}
    value = snapshot.parameter("database.is_neutralized") or ""
    snapshot.neutralized = value.lower() in ("true", "1", "t", "yes")
    default = snapshot.parameter("mass_mailing.mail_server_id") or ""
    snapshot.default_mailing_server = int(default) if default.isdigit() else None


def read_external_ids(odoo: Odoo, snapshot: Snapshot, models: Iterable[str]) -> None:
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


def _is_hosted(url: str) -> bool:
    host = url.split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0].lower()
    return host.endswith((".odoo.com", ".odoo.sh"))


def read_alias_domains(odoo: Odoo, snapshot: Snapshot, wishes: Sequence[Mapping[str, Any]]) -> None:
    snapshot.domains_supported = odoo.version >= 17
    if not snapshot.domains_supported:
        return
    snapshot.mail_installed = odoo.has_model(DOMAIN_MODEL)
    if not snapshot.mail_installed:
        return
    snapshot.domains = odoo.search_read(DOMAIN_MODEL, [], _DOMAIN_FIELDS, order="sequence, id")
    snapshot.companies = [
        {**company, "alias_domain_id": _id_of(company["alias_domain_id"])}
        for company in odoo.search_read("res.company", [], ["name", "active", "alias_domain_id"], archived=True)
    ]
    if not snapshot.domains:
        snapshot.free_aliases = int(odoo.call("mail.alias", "search_count", domain=[("alias_domain_id", "=", False)]))
    elif any(wish["state"] == "absent" for wish in wishes):
        going = {str(wish["name"]).strip().rstrip(".").lower() for wish in wishes if wish["state"] == "absent"}
        ids = [domain["id"] for domain in snapshot.domains if domain["name"].lower() in going]
        for alias in odoo.search_read(
            "mail.alias", [("alias_domain_id", "in", ids)], ["alias_domain_id", "display_name"], limit=1000
        ):
            key = _id_of(alias["alias_domain_id"]) or 0
            snapshot.aliases_of_domain.setdefault(key, []).append(alias["display_name"])


def read_servers(odoo: Odoo, snapshot: Snapshot, wishes: Sequence[Mapping[str, Any]]) -> None:
    fields = odoo.fields(SERVER_MODEL)
    if "smtp_pass" not in fields:
        raise OdooError(
            "The Odoo user may not manage outgoing mail servers: "
            "give it the access right Administration: Settings (base.group_system)."
        )
    snapshot.server_fields = {
        name: [value for value, dummy in facts.get("selection") or []] for name, facts in fields.items()
    }
    # personal servers belong to their users
    domain = [("owner_user_id", "=", False)] if "owner_user_id" in fields else []
    snapshot.servers = odoo.search_read(
        SERVER_MODEL, domain, [name for name in _SERVER_FIELDS if name in fields], archived=True, order="sequence, id"
    )
    odoo.secrets.add(server["smtp_pass"] for server in snapshot.servers)
    if any(wish["state"] == "absent" for wish in wishes):
        _read_uses(odoo, snapshot, fields)


def _read_uses(odoo: Odoo, snapshot: Snapshot, fields: Mapping[str, Any]) -> None:
    """What would lose its server: before 17 the server itself does not know."""
    if snapshot.default_mailing_server:
        snapshot.used_servers.setdefault(snapshot.default_mailing_server, []).append("the default of mass mailing")
    for model, own_field, label in (
        ("mail.template", "mail_template_ids", "mail template"),
        ("mailing.mailing", "active_mailing_ids", "mailing"),
    ):
        if own_field in fields:
            uses = {server["id"]: len(server[own_field]) for server in snapshot.servers}
        elif odoo.has_model(model) and "mail_server_id" in odoo.fields(model):
            uses = {}
            for record in odoo.search_read(model, [("mail_server_id", "!=", False)], ["mail_server_id"], archived=True):
                key = _id_of(record["mail_server_id"]) or 0
                uses[key] = uses.get(key, 0) + 1
        else:
            continue
        for server_id, count in uses.items():
            if count:
                text = f"{count} {label}{'s' if count > 1 else ''}"
                snapshot.used_servers.setdefault(server_id, []).append(text)


def _id_of(many2one: Any) -> int | None:
    """A many2one is read as [id, name], or False."""
    if isinstance(many2one, (list, tuple)):
        return int(many2one[0])
    return int(many2one) if many2one else None
