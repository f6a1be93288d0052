# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the incoming servers, the models that mail creates records of, and the access to Gmail and Outlook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..database.client import Odoo
from ..database.snapshot import INCOMING_MODEL, OdooSnapshot, id_of
from ..database.versions import SERVICES_FOR_BOTH_SINCE, TOKEN_SERVICES_SINCE
from ..outgoing.read import of_services, read_consents, read_modules
from ..outgoing.token_services import SERVICES
from .fields import incoming, module_of_model

_FIELDS = (
    "name", "active", "state", "server_type", "server", "port", "is_ssl", "user", "password", "attach", "original",
    "priority", "object_id",
)  # fmt: skip
_OF_EVERY_ODOO = ("imap", "pop", "local")
_OF_MAIL = "mail_template_ids"


def read_incoming(odoo: Odoo, snapshot: OdooSnapshot, all_desired: Sequence[Mapping[str, Any]]) -> None:
    asked = {str(desired.get("type")) for desired in all_desired if desired["state"] != "absent"}
    snapshot.incoming_types = _types(odoo, snapshot)
    snapshot.incoming_servers = []
    if snapshot.incoming_types:
        fields = [*_FIELDS, *_switches(odoo)]
        snapshot.incoming_servers = odoo.search_read(INCOMING_MODEL, [], fields, archived=True, order="priority, id")
        odoo.secrets.add(server["password"] for server in snapshot.incoming_servers)
    lacking = {SERVICES[name].module for name in asked & set(SERVICES) if name not in snapshot.incoming_types}
    if not snapshot.incoming_types and asked:
        lacking.add(module_of_model(odoo.version))
    read_modules(odoo, snapshot, lacking)
    services = of_services(incoming(snapshot), "server_type", all_desired, asked)
    snapshot.incoming_consents = read_consents(
        odoo, services, INCOMING_MODEL, "server_type", snapshot.consents, snapshot.incoming_types
    )
    _read_models(odoo, snapshot, {str(desired["action"]).strip() for desired in all_desired if desired.get("action")})
    for server in snapshot.incoming_servers:
        model = server["object_id"]
        server["object_id"], server["object_name"] = id_of(model) or False, model[1] if model else ""


def _types(odoo: Odoo, snapshot: OdooSnapshot) -> list[str]:
    """The types that this Odoo supports; empty without incoming servers."""
    if (
        odoo.version >= SERVICES_FOR_BOTH_SINCE
        and OdooSnapshot.server_fields.is_read(snapshot)
        and _OF_MAIL in snapshot.server_fields
    ):
        # the fields of outgoing servers show it, which saves a call
        services = [name for name, service in SERVICES.items() if service.token_field in snapshot.server_fields]
        return [*_OF_EVERY_ODOO, *services]
    kind = odoo.fields(INCOMING_MODEL).get("server_type") or {}
    return [value for value, dummy in kind.get("selection") or ()]


def _switches(odoo: Odoo) -> list[str]:
    """Late builds before 16 have a switch for each of Gmail and Outlook instead of a type."""
    if odoo.version >= TOKEN_SERVICES_SINCE:
        return []
    there = odoo.fields(INCOMING_MODEL)
    return [service.switch for service in SERVICES.values() if service.switch in there]


def _read_models(odoo: Odoo, snapshot: OdooSnapshot, names: set[str]) -> None:
    """The models asked for, and those of the servers, which a diff may name."""
    models = sorted({id_of(server["object_id"]) or 0 for server in snapshot.incoming_servers} - {0})
    snapshot.models = {}
    if not names:
        return
    # the module that provides incoming servers adds the field
    fields = ["model", "is_mail_thread"] if snapshot.incoming_types else ["model"]
    rows = odoo.search_read("ir.model", ["|", ("model", "in", sorted(names)), ("id", "in", models)], fields)
    snapshot.models = {row["model"]: {"id": row["id"], "takes_mail": row.get("is_mail_thread", True)} for row in rows}
