# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan outgoing mail servers from the database and the entries. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...errors import Conflict, PostmasterError
from ..database.filters import canonical, takes_all
from ..database.planned_change import CHANGED, KNOWN_AFTER_APPLY, Line, PlannedChange, named, show
from ..database.snapshot import SERVER_MODEL, Consents, OdooSnapshot
from .adoption import Adoption, Ownership, external_id, outgoing
from .client_certificates import decoded
from .fields import authentication_of, desired_values, displayed_encryption
from .priorities import settle, warn_of_ties
from .token_services import SERVICES, module_to_install, next_steps
from .used_servers import used_servers
from .warnings import warn_of_wide_filters, warnings_of

__all__ = ["PlannedServer", "external_id", "plan_servers"]

LABELS = {
    "name": "name",
    "active": "active",
    "smtp_host": "host",
    "smtp_port": "port",
    "smtp_encryption": "encryption",
    "smtp_authentication": "authentication",
    "smtp_user": "username",
    "smtp_pass": "password",
    "smtp_ssl_certificate": "client certificate",
    "smtp_ssl_private_key": "client private key",
    "from_filter": "from filter",
    "sequence": "priority",
    "smtp_debug": "debug",
    "max_email_size": "max email size",
}
_SECRET = ("smtp_pass", "smtp_ssl_certificate", "smtp_ssl_private_key")


@dataclass
class PlannedServer(PlannedChange):
    model: str = SERVER_MODEL
    activate: bool = False  # in a separate write, after the test if there is one
    test: bool = False
    former: dict[str, Any] = field(default_factory=dict)  # the replaced values, to restore them
    external_id: str = ""  # to record
    external_row: int | None = None  # our row to change to it
    module: str = ""  # of Odoo, to install first
    module_id: int | None = None
    awaits: str = ""  # the authentication to which a person must still grant access
    username: str = ""  # of that mailbox
    host: str = ""  # that the test connects to, with the port
    port: int = 0
    next_steps: list[str] = field(default_factory=list)
    used: bool = False  # whether mail goes through it in the end

    def facts(self) -> dict[str, Any]:
        return {"next_steps": list(self.next_steps)}


def plan_servers(
    snapshot: OdooSnapshot,
    all_desired: Sequence[Mapping[str, Any]],
    allow_neutralized: bool = False,
    install_modules: bool = False,
) -> list[PlannedServer]:
    """One change per entry, in order; an entry that cannot be met has a failure and changes nothing."""
    planner = _OutgoingPlanner(outgoing(snapshot), snapshot, all_desired, allow_neutralized, install_modules)
    drafts = [planner.draft(index, desired) for index, desired in enumerate(all_desired)]
    changes = [draft.change for draft in drafts]
    used = used_servers(snapshot, changes, [draft.final for draft in drafts])
    for server in used:
        if server.change is not None:
            server.movable = all_desired[server.change].get("priority") is None
            if server.movable:
                changes[server.change].chosen = frozenset((LABELS["sequence"],))
    for index, number in settle(used).items():
        drafts[index].values["sequence"] = number
    for draft in drafts:
        planner.complete(draft)
    warn_of_ties(used, changes)
    warn_of_wide_filters(used, changes, all_desired, snapshot)
    return changes


@dataclass
class _Draft:
    """A change before the priorities are settled."""

    change: PlannedServer
    desired: Mapping[str, Any]
    record: dict[str, Any] | None = None
    values: dict[str, Any] = field(default_factory=dict)  # all stated fields, including unchanged ones
    active: bool = False

    @property
    def final(self) -> dict[str, Any]:
        return {**self.values, "active": self.active}


class Planner:
    """The common input of the plans for both kinds of server."""

    def __init__(
        self,
        ownership: Ownership,
        snapshot: OdooSnapshot,
        all_desired: Sequence[Mapping[str, Any]],
        allow_neutralized: bool,
        install_modules: bool,
    ) -> None:
        self._snapshot = snapshot
        self._allow_neutralized = allow_neutralized
        self._install_modules = install_modules
        self._ownership = ownership
        self._adoption = Adoption(ownership, all_desired)

    def _new_change(self, desired: Mapping[str, Any]) -> PlannedServer:
        owner = str(desired.get("owner") or desired["name"])
        return PlannedServer(self._ownership.resource, str(desired["name"]), owner, model=self._ownership.model)


class _OutgoingPlanner(Planner):
    def draft(self, index: int, desired: Mapping[str, Any]) -> _Draft:
        change = self._new_change(desired)
        draft = _Draft(change, desired)
        try:
            draft.record = self._adoption.server_of(index, desired)
            change.warnings += self._adoption.doubles_of(draft.record)
            if desired["state"] == "absent":
                self._delete(draft)
            else:
                self._decide(draft)
        except PostmasterError as error:
            change.fail(str(error))
        return draft

    def _delete(self, draft: _Draft) -> None:
        change, record = draft.change, draft.record
        if record is None:
            return
        uses = self._snapshot.used_servers.get(record["id"], [])
        if uses:
            archive = "" if record["id"] in self._snapshot.archive_blocked else ", or set state: archived"
            raise Conflict(
                f"The outgoing mail server {record['name']} is still used by {named(uses)}, which would silently "
                f"send through another one: choose another one there first{archive}."
            )
        change.action, change.record_id = "delete", record["id"]
        change.before = _lines(record, record)

    def _decide(self, draft: _Draft) -> None:
        """Decide everything about the server except its priority."""
        change, record, desired = draft.change, draft.record, draft.desired
        values = draft.values = desired_values(desired, record, self._snapshot, self._install_modules)
        result = {**(record or {}), **values}
        change.action = "create" if record is None else "update"
        change.record_id = record["id"] if record else None
        draft.active = desired["state"] == "present"
        self._await_consent(draft, result)
        self._install(draft)
        was_active = bool(record and record["active"])
        if draft.active and not was_active and self._snapshot.neutralized and not self._allow_neutralized:
            raise Conflict(
                f"This database is a neutralised copy, in which {desired['name']} would send real mail to real "
                "customers: set state: archived here, or allow_neutralized: true if that is what you want."
            )
        if record is not None and was_active and not draft.active:
            self._check_uses(draft, record)
        change.warnings += warnings_of(desired, values, result, self._snapshot)

    def _await_consent(self, draft: _Draft, result: Mapping[str, Any]) -> None:
        """Gmail and Outlook send nothing until a person has granted access, so the server gets no mail before that."""
        change, record, consents = draft.change, draft.record, self._snapshot.consents
        name = str(result.get("smtp_authentication"))
        service = SERVICES.get(name)
        if service is None or not draft.active:
            return
        same_kind = record is not None and record.get("smtp_authentication") == name
        if record is not None and same_kind and (name, record["id"]) in consents.granted:
            former = record.get("smtp_user")
            if former and former != result["smtp_user"]:
                change.warnings.append(
                    f"Access to {service.name} was granted for {former}: grant it again in Odoo for "
                    f"{result['smtp_user']}."
                )
            return
        change.awaits, change.username = name, str(result["smtp_user"])
        # one that is already in use without access stays in use: it may be connected soon
        draft.active = bool(record and same_kind and record["active"])
        change.used = draft.active
        change.next_steps = steps_to_take(change, consents)
        change.warnings.append(
            f"{change.name} sends nothing until someone allows Odoo to use the mailbox {change.username}: next_steps "
            "says how."
        )

    def _install(self, draft: _Draft) -> None:
        name = authentication_of(draft.desired, draft.record, self._snapshot, self._install_modules)
        if name in SERVICES and name not in self._snapshot.server_fields.get("smtp_authentication", []):
            modules = self._snapshot.modules
            draft.change.module = module_to_install(name, self._snapshot.version, modules, self._install_modules) or ""
            draft.change.module_id = self._snapshot.module_id(draft.change.module)

    def _check_uses(self, draft: _Draft, record: Mapping[str, Any]) -> None:
        kept = self._snapshot.archive_blocked.get(record["id"], [])
        if kept:
            awaited = SERVICES.get(draft.change.awaits)
            reason = f", as it must be until someone grants access to {awaited.name}" if awaited else ""
            raise Conflict(
                f"The outgoing mail server {record['name']} is still used by {named(kept)}, so Odoo does not archive "
                f"it{reason}: choose another one there first."
            )
        used = self._snapshot.used_servers.get(record["id"], [])
        if used:
            draft.change.warnings.append(
                f"The outgoing mail server {record['name']} is still used by {named(used)}, whose mail goes on "
                "through it although it is archived: choose another one there."
            )

    def complete(self, draft: _Draft) -> None:
        """Fill in what is written and shown, once the priority is known."""
        change, record, desired, values = draft.change, draft.record, draft.desired, draft.values
        if change.failure is not None or change.action not in ("create", "update"):
            return
        change.external_id, change.external_row = self._adoption.row_for(record, str(values["name"]))
        testing = bool(draft.active and desired.get("test_connection") and not change.awaits)
        change.host, change.port = str(draft.final.get("smtp_host") or ""), int(draft.final.get("smtp_port") or 0)
        if record is None:
            change.values = values
            # Odoo must send nothing through it before the test has passed
            change.test = change.activate = testing
            values["active"] = draft.active and not testing
            change.after = [*_lines(draft.final, values), Line("id", KNOWN_AFTER_APPLY)]
        else:
            self._complete_update(draft, record, testing)
        if change.module and change.action != "none":
            change.before.append(Line(f"module {change.module}", "not installed"))
            change.after.append(Line(f"module {change.module}", "installed"))

    def _complete_update(self, draft: _Draft, record: Mapping[str, Any], testing: bool) -> None:
        change = draft.change
        change.values = {
            key: value
            for key, value in draft.values.items()
            if not same_value(key, record.get(key), value, self._snapshot.version)
        }
        change.former = {key: record[key] for key in change.values if key in record}
        change.activate = draft.active and not record["active"]
        change.test = testing and bool(change.values or change.activate)
        changed = dict(change.values)
        if draft.active != record["active"]:
            changed["active"] = draft.active
            if not draft.active:
                change.values["active"] = False
        change.before, change.after = _lines(record, changed), _changed_lines(draft.final, changed)
        if change.external_id:
            change.before.append(Line("external id", show(", ".join(self._adoption.external_ids_of(record)))))
            change.after.append(Line("external id", change.external_id))
        change.action = "update" if changed or change.external_id else "none"


def steps_to_take(change: PlannedServer, consents: Consents) -> list[str]:
    """What a person must do before a change's mailbox can be used."""
    client_is_set = change.awaits in consents.clients
    link = consents.links.get((change.awaits, change.record_id or 0))
    service = SERVICES[change.awaits]
    return next_steps(service, change.name, change.username, client_is_set, link, consents.base_url, change.used)


def same_value(key: str, current: Any, wanted: Any, version: int) -> bool:
    """Whether a field has the wanted value for this version of Odoo."""
    if key == "from_filter":
        return takes_all(current) == takes_all(wanted) and canonical(current, version) == canonical(wanted, version)
    if key in ("smtp_ssl_certificate", "smtp_ssl_private_key"):
        return decoded(current) == decoded(wanted)
    return (current or False) == (wanted or False)


def _lines(record: Mapping[str, Any], which: Mapping[str, Any]) -> list[Line]:
    """The stated fields of a record; of a secret, only whether it is set."""
    secret = _secret_of(record)
    return [Line(label, _formatted(key, record.get(key), secret)) for key, label in LABELS.items() if key in which]


def _changed_lines(final: Mapping[str, Any], values: Mapping[str, Any]) -> list[Line]:
    secret = _secret_of({**final, **values})
    return [
        Line(label, CHANGED if key in secret and values[key] else _formatted(key, values[key], secret))
        for key, label in LABELS.items()
        if key in values
    ]


def _secret_of(record: Mapping[str, Any]) -> tuple[str, ...]:
    """The secret fields; a token used as both user name and password is secret in both."""
    is_token = record.get("smtp_pass") and record.get("smtp_user") == record.get("smtp_pass")
    return (*_SECRET, "smtp_user") if is_token else _SECRET


def _formatted(key: str, value: Any, secret: Sequence[str]) -> str:
    if key in secret:
        return "set" if value else "(none)"
    if key == "smtp_encryption":
        return displayed_encryption(value)
    if key == "active":
        return "yes" if value else "no (archived)"
    if key == "smtp_debug":
        return "yes" if value else "no"
    if key == "max_email_size":
        return f"{value:g} MB" if value else "Odoo's own"
    return show(value)
