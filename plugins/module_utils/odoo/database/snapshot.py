# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What plans need to know of a database, read in a few calls however many companies it has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, overload

from .client import Odoo

EXTERNAL_ID_MODULE = "postmaster_mail"
SERVER_MODEL = "ir.mail_server"
DOMAIN_MODEL = "mail.alias.domain"
INCOMING_MODEL = "fetchmail.server"
NEUTRALIZED = "database.is_neutralized"
MAILING_SERVER = "mass_mailing.mail_server_id"
MAILING_DEFAULT = "mass mailing as its default"  # one of the uses of a server


T = TypeVar("T")


@dataclass
class Consents:
    """Which Gmail and Outlook mailboxes Odoo may use. Tokens and secrets are not read."""

    granted: set[tuple[str, int]] = field(default_factory=set)  # (authentication, id of the server)
    links: dict[tuple[str, int], str] = field(default_factory=dict)  # the links for granting access
    asked: set[str] = field(default_factory=set)  # authentications whose servers were read
    clients: set[str] = field(default_factory=set)  # authentications whose client id and secret are set
    base_url: str = ""  # where the service sends the person back to


class NotRead(LookupError):
    """Something was used without being read: a bug, and no reason to guess."""


class SnapshotPart(Generic[T]):
    """One part of a snapshot. It is None until read, and using it before raises NotRead."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, snapshot: None, owner: type) -> SnapshotPart[T]: ...

    @overload
    def __get__(self, snapshot: OdooSnapshot, owner: type) -> T: ...

    def __get__(self, snapshot: OdooSnapshot | None, owner: type) -> SnapshotPart[T] | T:
        if snapshot is None:
            return self
        value: T | None = vars(snapshot).get(self._name)
        if value is None:
            raise NotRead(self._name)
        return value

    def __set__(self, snapshot: OdooSnapshot, value: T) -> None:
        vars(snapshot)[self._name] = value

    def is_read(self, snapshot: OdooSnapshot) -> bool:
        return vars(snapshot).get(self._name) is not None


class OdooSnapshot:
    """A database as read once. Records are dicts of Odoo's own fields; a many2one is an id or None."""

    companies = SnapshotPart[list[dict[str, Any]]]()  # id, name, active, alias_domain_id
    domains = SnapshotPart[list[dict[str, Any]]]()
    mail_installed = SnapshotPart[bool]()
    free_aliases = SnapshotPart[list[int]]()  # aliases without a domain, read only if no domain exists
    named_aliases = SnapshotPart[list[str]]()  # up to Odoo 16, read only if a domain is to be deleted
    aliases_of_domain = SnapshotPart[dict[int, list[str]]]()  # read only for domains to delete
    aliases = SnapshotPart[list[dict[str, Any]]]()  # aliases with a name, read only for redirections
    servers = SnapshotPart[list[dict[str, Any]]]()  # only id, name and active until server_fields are read
    server_fields = SnapshotPart[dict[str, list[str]]]()  # name → values if it is a selection
    external_ids = SnapshotPart[dict[str, dict[str, Any]]]()  # name → {id, res_id}
    has_servers = SnapshotPart[bool]()  # active outgoing ones; read only if needed and not read otherwise
    used_servers = SnapshotPart[dict[int, list[str]]]()  # id → what uses it
    archive_blocked = SnapshotPart[dict[int, list[str]]]()  # id → why Odoo refuses to archive it
    incoming_servers = SnapshotPart[list[dict[str, Any]]]()
    incoming_types = SnapshotPart[list[str]]()  # supported types; empty without incoming servers in this Odoo
    incoming_external_ids = SnapshotPart[dict[str, dict[str, Any]]]()  # name → {id, res_id}
    models = SnapshotPart[dict[str, dict[str, Any]]]()  # name → {id, takes_mail}, of those asked for
    mass_mailing_installed = SnapshotPart[bool]()  # read only if it matters

    def __init__(self, version: int, host: str = "") -> None:
        self.version = version
        self.hosted = host.endswith((".odoo.com", ".odoo.sh"))  # on Odoo Online or Odoo.sh
        # its own subdomain there, for which Odoo's server sends
        self.odoo_domain = host if host.endswith(".odoo.com") else ""
        # these two grow with each reading
        self.parameters: dict[str, dict[str, Any] | None] = {}  # key → {id, value}; None if not set
        self.modules: dict[str, dict[str, Any] | None] = {}  # name → {id, state}; None if it does not exist
        self.consents = Consents()
        self.incoming_consents = Consents()

    def parameter(self, key: str) -> str | None:
        """The text of a system parameter; None if not set. Raises NotRead."""
        if key not in self.parameters:
            raise NotRead(key)
        row = self.parameters[key]
        return None if row is None else str(row["value"])

    def module_id(self, name: str) -> int | None:
        row = self.modules[name]
        return None if row is None else int(row["id"])

    @property
    def neutralized(self) -> bool:
        return is_neutralized(self.parameter(NEUTRALIZED))

    @property
    def default_mailing_server(self) -> int | None:
        default = self.parameter(MAILING_SERVER) or ""
        return int(default) if default.isdecimal() else None


def is_neutralized(value: str | None) -> bool:
    """Whether the parameter marks a copy that must not send real mail."""
    return (value or "").lower() in ("true", "1", "t", "yes")


def new_snapshot(odoo: Odoo) -> OdooSnapshot:
    return OdooSnapshot(odoo.version, odoo.host)


def read_parameters(odoo: Odoo, snapshot: OdooSnapshot, keys: Iterable[str]) -> None:
    """Read these system parameters in one call; one that is not set becomes None in ``parameters``."""
    wanted = sorted(set(keys))
    if not wanted:
        return
    rows = odoo.search_read("ir.config_parameter", [("key", "in", wanted)], ["key", "value"])
    snapshot.parameters.update(dict.fromkeys(wanted))
    snapshot.parameters.update({row["key"]: {"id": row["id"], "value": str(row["value"] or "")} for row in rows})


def read_external_ids(odoo: Odoo, snapshot: OdooSnapshot, models: Iterable[str]) -> None:
    """Read our external ids for records of these models, in one call."""
    wanted = sorted(set(models))
    if not wanted:
        return
    by_model: dict[str, dict[str, dict[str, Any]]] = {model: {} for model in wanted}
    for row in odoo.search_read(
        "ir.model.data",
        [("module", "=", EXTERNAL_ID_MODULE), ("model", "in", wanted)],
        ["name", "model", "res_id"],
    ):
        by_model[row["model"]][row["name"]] = {"id": row["id"], "res_id": row["res_id"]}
    if SERVER_MODEL in by_model:
        snapshot.external_ids = by_model[SERVER_MODEL]
    if INCOMING_MODEL in by_model:
        snapshot.incoming_external_ids = by_model[INCOMING_MODEL]


def id_of(many2one: Any) -> int | None:
    """Odoo returns a many2one as [id, name], or False."""
    if isinstance(many2one, (list, tuple)):
        return int(many2one[0])
    return int(many2one) if many2one else None
