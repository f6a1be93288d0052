# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan incoming mail servers from the database and the entries. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import Conflict, PostmasterError
from ..database.planned_change import CHANGED, KNOWN_AFTER_APPLY, Line, show
from ..database.snapshot import Consents, OdooSnapshot, id_of
from ..outgoing.plan import PlannedServer, Planner
from ..outgoing.token_services import INCOMING, SERVICES, next_steps
from .fields import LOCAL, desired_values, incoming, module_needed, type_of

LABELS = {
    "name": "name",
    "active": "active",
    "server_type": "type",
    "server": "host",
    "port": "port",
    "is_ssl": "encryption",
    "user": "username",
    "password": "password",
    "object_id": "action",
    "attach": "keep attachments",
    "original": "keep original",
    "priority": "priority",
    "state": "confirmed",
}
# a change of these requires a new login
_LOGIN = ("server_type", "server", "port", "is_ssl", "user", "password")
_CONFIRMED = "done"
_NOT_CONFIRMED = "draft"


def plan_incoming(
    snapshot: OdooSnapshot,
    all_desired: Sequence[Mapping[str, Any]],
    allow_neutralized: bool = False,
    install_modules: bool = False,
) -> list[PlannedServer]:
    """One change per entry, in order; an entry that cannot be met has a failure and changes nothing.

    ``test`` of a change: Odoo must log in to the mailbox before it fetches from it.
    """
    planner = _IncomingPlanner(incoming(snapshot), snapshot, all_desired, allow_neutralized, install_modules)
    return [planner.change(index, desired) for index, desired in enumerate(all_desired)]


class _IncomingPlanner(Planner):
    def change(self, index: int, desired: Mapping[str, Any]) -> PlannedServer:
        change = self._new_change(desired)
        try:
            record = self._adoption.server_of(index, desired)
            change.warnings += self._adoption.doubles_of(record)
            if desired["state"] != "absent":
                self._ensure(change, record, desired)
            elif record is not None:
                change.action, change.record_id = "delete", record["id"]
                change.before = self._lines(record, record)
        except PostmasterError as error:
            change.fail(str(error))
        return change

    def _ensure(self, change: PlannedServer, record: dict[str, Any] | None, desired: Mapping[str, Any]) -> None:
        module = module_needed(desired, record, self._snapshot, self._install_modules)
        stated = desired_values(desired, record, self._snapshot)
        stated["active"] = desired["state"] == "present"
        self._await_consent(change, record, stated, desired)
        there = record or {}
        differing = {
            key: value for key, value in stated.items() if record is None or not same_value(key, there.get(key), value)
        }
        self._confirm(change, record, differing, stated, desired)
        self._refuse_in_a_copy(record, {**there, **differing}, desired)
        change.external_id, change.external_row = self._adoption.row_for(record, str(stated["name"]))
        self._show(change, record, differing)
        if module and change.action != "none":
            change.module, change.module_id = module, self._snapshot.module_id(module)
            change.before.append(Line(f"module {module}", "not installed"))
            change.after.append(Line(f"module {module}", "installed"))
        change.values = differing
        if change.test:
            # Odoo itself sets it after a successful login
            change.values.pop("state", None)
            if record is not None and change.values.pop("active", False):
                change.activate = True
        change.former = {key: there[key] for key in change.values if key in there}
        change.used = bool(there.get("active") and there.get("state") == _CONFIRMED)

    def _await_consent(
        self,
        change: PlannedServer,
        record: Mapping[str, Any] | None,
        stated: dict[str, Any],
        desired: Mapping[str, Any],
    ) -> None:
        """With Gmail and Outlook, Odoo cannot log in until a person has granted access."""
        kind, consents = type_of(desired, record), self._snapshot.incoming_consents
        service = SERVICES.get(kind)
        if service is None or not stated["active"]:
            return
        user = str({**(record or {}), **stated}.get("user"))
        same_kind = record is not None and record["server_type"] == kind
        if record is not None and same_kind and (kind, record["id"]) in consents.granted:
            if record["user"] and record["user"] != user:
                change.warnings.append(
                    f"Access to {service.name} was granted for {record['user']}: grant it again in Odoo for {user}."
                )
            return
        change.awaits, change.username = kind, user
        change.used = bool(same_kind and record and record["active"] and record["state"] == _CONFIRMED)
        if record is not None and not same_kind and record["state"] == _CONFIRMED:
            stated["state"] = _NOT_CONFIRMED
        change.next_steps = incoming_steps_to_take(change, consents, record["id"] if record else None)
        change.warnings.append(
            f"{change.name} fetches nothing until someone allows Odoo to use the mailbox {user}: next_steps says how."
        )

    def _confirm(
        self,
        change: PlannedServer,
        record: Mapping[str, Any] | None,
        differing: dict[str, Any],
        stated: Mapping[str, Any],
        desired: Mapping[str, Any],
    ) -> None:
        """Decide whether Odoo should log in, and what is written and shown of that."""
        if not stated["active"] or change.awaits or not desired.get("confirm_login", True):
            return
        was = record is not None and record["state"] == _CONFIRMED
        if not was:
            differing["state"] = _CONFIRMED
        needed = not was or "active" in differing or any(key in differing for key in _LOGIN)
        # a script has no login
        change.test = needed and type_of(desired, record) != LOCAL

    def _refuse_in_a_copy(
        self, record: Mapping[str, Any] | None, result: Mapping[str, Any], desired: Mapping[str, Any]
    ) -> None:
        if not self._snapshot.neutralized or self._allow_neutralized or not result["active"]:
            return
        archived = record is not None and not record["active"]
        confirmed = record is not None and record["state"] == _CONFIRMED
        if archived or (not confirmed and result.get("state") == _CONFIRMED):
            raise Conflict(
                f"This database is a neutralised copy, in which {desired['name']} would fetch real mail from its "
                "mailbox: set state: archived here, or allow_neutralized: true if that is what you want."
            )

    def _show(self, change: PlannedServer, record: Mapping[str, Any] | None, differing: Mapping[str, Any]) -> None:
        if record is None:
            change.action = "create"
            change.after = [*self._lines(differing, differing), Line("id", KNOWN_AFTER_APPLY)]
            return
        change.record_id = record["id"]
        change.action = "update" if differing or change.external_id else "none"
        change.before = self._lines(record, differing)
        change.after = [
            Line(label, CHANGED if key == "password" and differing[key] else self._formatted(key, differing))
            for key, label in LABELS.items()
            if key in differing
        ]
        if change.external_id:
            change.before.append(Line("external id", show(", ".join(self._adoption.external_ids_of(record)))))
            change.after.append(Line("external id", change.external_id))

    def _lines(self, record: Mapping[str, Any], which: Mapping[str, Any]) -> list[Line]:
        """The stated fields of a record; of a secret, only whether it is set."""
        return [Line(label, self._formatted(key, record)) for key, label in LABELS.items() if key in which]

    def _formatted(self, key: str, record: Mapping[str, Any]) -> str:
        value = record.get(key)
        if key == "password":
            return "set" if value else "(none)"
        if key == "active":
            return "yes" if value else "no (archived)"
        if key == "state":
            return "yes" if value == _CONFIRMED else "no"
        if key == "is_ssl":
            return "tls" if value else "none"
        if key == "object_id":
            names = {facts["id"]: name for name, facts in self._snapshot.models.items()}
            return show(names.get(value) or record.get("object_name"))
        if key in ("attach", "original"):
            return "yes" if value else "no"
        return show(value)


def incoming_steps_to_take(change: PlannedServer, consents: Consents, record_id: int | None) -> list[str]:
    """What a person must do before a change's mailbox can be used."""
    link = consents.links.get((change.awaits, record_id or 0))
    client_is_set = change.awaits in consents.clients
    service = SERVICES[change.awaits]
    return next_steps(
        service, change.name, change.username, client_is_set, link, consents.base_url, change.used, INCOMING
    )


def same_value(key: str, current: Any, wanted: Any) -> bool:
    """Whether a field has the wanted value, however it was read."""
    if key == "object_id":
        current = id_of(current)
    return (current or False) == (wanted or False)
