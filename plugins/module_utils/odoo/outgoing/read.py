# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the outgoing servers, what uses them, and what those of Gmail and Outlook still lack."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ...errors import OdooError
from ..database.client import Odoo
from ..database.errors import SETTINGS
from ..database.planned_change import named
from ..database.snapshot import MAILING_DEFAULT, SERVER_MODEL, Consents, OdooSnapshot, id_of
from .adoption import Ownership, external_id, outgoing
from .token_services import SERVICES

_KIND_FIELD = "smtp_authentication"
# only those that this version has and this user may see
_FIELDS = (
    "name", "active", "sequence", "smtp_host", "smtp_port", "smtp_encryption", "smtp_authentication",
    "smtp_user", "smtp_pass", "smtp_ssl_certificate", "smtp_ssl_private_key", "from_filter", "smtp_debug",
    "max_email_size", "mail_template_ids", "active_mailing_ids", *(one.switch for one in SERVICES.values()),
)  # fmt: skip


def read_servers(odoo: Odoo, snapshot: OdooSnapshot, all_desired: Sequence[Mapping[str, Any]]) -> None:
    fields = odoo.fields(SERVER_MODEL)
    if "smtp_pass" not in fields:
        raise OdooError(f"The Odoo user may not manage outgoing mail servers: give it the access right {SETTINGS}.")
    snapshot.server_fields = selections(fields)
    # personal servers belong to their users
    domain = [("owner_user_id", "=", False)] if "owner_user_id" in fields else []
    snapshot.servers = odoo.search_read(
        SERVER_MODEL, domain, [name for name in _FIELDS if name in fields], archived=True, order="sequence, id"
    )
    odoo.secrets.add(server["smtp_pass"] for server in snapshot.servers)
    asked = {str(desired.get("authentication")) for desired in all_desired if desired["state"] != "absent"}
    _read_modules(odoo, snapshot, asked)
    snapshot.consents = read_consents(odoo, of_services(outgoing(snapshot), _KIND_FIELD, all_desired, asked))
    # a server that changes to Gmail or Outlook is archived until someone grants access
    granted = {key for dummy, key in snapshot.consents.granted}
    changing = asked & set(SERVICES) and any(one["active"] and one["id"] not in granted for one in snapshot.servers)
    if changing or any(desired["state"] != "present" for desired in all_desired):
        read_uses(odoo, snapshot)


def selections(fields: Mapping[str, Any]) -> dict[str, list[str]]:
    return {name: [value for value, dummy in facts.get("selection") or []] for name, facts in fields.items()}


def _read_modules(odoo: Odoo, snapshot: OdooSnapshot, asked: set[str]) -> None:
    """Read the modules that would provide a missing authentication."""
    known = snapshot.server_fields.get("smtp_authentication") or []
    read_modules(odoo, snapshot, {SERVICES[name].module for name in asked & set(SERVICES) if name not in known})


def read_modules(odoo: Odoo, snapshot: OdooSnapshot, names: Iterable[str]) -> None:
    """Read the state of these modules, not all of which exist in every version."""
    wanted = sorted(set(names) - set(snapshot.modules))
    if wanted:
        rows = odoo.search_read("ir.module.module", [("name", "in", wanted)], ["name", "state"])
        snapshot.modules.update(dict.fromkeys(wanted))
        snapshot.modules.update({row["name"]: {"id": row["id"], "state": row["state"]} for row in rows})


def read_consents(
    odoo: Odoo,
    servers: Mapping[str, Sequence[int]],
    model: str = SERVER_MODEL,
    kind_field: str = _KIND_FIELD,
    earlier: Consents | None = None,
    known: Collection[str] | None = None,
) -> Consents:
    """Which mailboxes Odoo may use, and for the others in ``servers`` (ids by service) the links for granting access.

    Tokens and secrets stay in Odoo: only whether they are set is read. What is in ``earlier`` is not read again, nor
    whether this Odoo has the services in ``known``.
    """
    consents = Consents()
    if not servers:
        return consents
    earlier = earlier or Consents()
    consents.asked = set(servers)
    consents.base_url = earlier.base_url
    consents.clients = earlier.clients & set(servers)
    keys = {key for name in set(servers) - earlier.asked for key in SERVICES[name].client_keys}
    if keys:
        rows = odoo.search_read(
            "ir.config_parameter", [("key", "in", sorted(keys)), ("value", "not in", [False, ""])], ["key"]
        )
        set_keys = {row["key"] for row in rows}
        consents.clients |= {name for name in servers if set_keys.issuperset(SERVICES[name].client_keys)}
    if set(servers) - consents.clients and not consents.base_url:
        rows = odoo.search_read("ir.config_parameter", [("key", "=", "web.base.url")], ["value"])
        consents.base_url = str(rows[0]["value"]).rstrip("/") if rows else odoo.url
    for name, ids in sorted(servers.items()):
        service = SERVICES[name]
        if not ids:
            continue
        if name not in known if known is not None else service.token_field not in odoo.fields(model):
            continue
        connected = [("id", "in", list(ids)), (kind_field, "=", name), (service.token_field, "!=", False)]
        granted = {row["id"] for row in odoo.search_read(model, connected, ["id"], archived=True)}
        consents.granted.update((name, key) for key in granted)
        if name not in consents.clients:
            # without them there is no link
            continue
        for key in sorted(set(ids) - granted):
            # Odoo 19 creates the link for one server at a time
            rows = odoo.call(model, "read", [key], fields=[service.link_field])
            if rows and rows[0].get(service.link_field):
                consents.links[(name, key)] = str(rows[0][service.link_field])
    return consents


def of_services(
    ownership: Ownership, kind_field: str, all_desired: Sequence[Mapping[str, Any]], asked: set[str]
) -> dict[str, list[int]]:
    """The Gmail and Outlook servers that the entries may refer to, by service."""
    names = {str(desired["name"]).strip() for desired in all_desired}
    ids = {desired["id"] for desired in all_desired if desired.get("id") is not None}
    rows = (ownership.external_ids.get(external_id(name, ownership.prefix)) for name in names)
    ids |= {row["res_id"] for row in rows if row is not None}
    result: dict[str, list[int]] = {name: [] for name in asked & set(SERVICES)}
    for server in ownership.records:
        service = str(server.get(kind_field))
        if service in SERVICES and (server["id"] in ids or server["name"] in names):
            result.setdefault(service, []).append(server["id"])
    return result


def read_uses(odoo: Odoo, snapshot: OdooSnapshot) -> None:
    """Read what would lose its server, by name: before 17 the server itself does not know."""
    fields = odoo.fields(SERVER_MODEL)
    snapshot.used_servers, snapshot.archive_blocked = {}, {}
    if snapshot.default_mailing_server:
        for uses in (snapshot.used_servers, snapshot.archive_blocked):
            uses.setdefault(snapshot.default_mailing_server, []).append(MAILING_DEFAULT)
    for model, own_field, name_field, label, domain in (
        ("mail.template", "mail_template_ids", "name", "mail template", []),
        ("mailing.mailing", "active_mailing_ids", "subject", "mailing", [("state", "!=", "done")]),
    ):
        if own_field not in fields and "mail_server_id" not in odoo.fields(model):
            continue
        users: dict[int, list[dict[str, Any]]] = {}
        for record in odoo.search_read(
            model, [("mail_server_id", "!=", False), *domain], ["mail_server_id", name_field], archived=True
        ):
            users.setdefault(id_of(record["mail_server_id"]) or 0, []).append(record)
        for server in snapshot.servers:
            using = users.get(server["id"], [])
            # Odoo itself refuses to archive these if they are active
            active = [record for record in using if record["id"] in server.get(own_field, [])]
            for uses, records in ((snapshot.used_servers, using), (snapshot.archive_blocked, active)):
                if records:
                    names = named([f'"{record[name_field]}"' for record in records])
                    uses.setdefault(server["id"], []).append(f"the {label}{'s' if len(records) > 1 else ''} {names}")
