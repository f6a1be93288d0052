# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Incoming mail servers: the plan, from what is there and what is wished for. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.errors import Conflict, PostmasterError
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.planned_change import (
    KNOWN_AFTER_APPLY,
    show,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.snapshot import Consents, OdooSnapshot
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.incoming.fields import (
    LOCAL,
    incoming,
    module_needed,
    type_of,
    wanted_values,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.plan import PlannedServer, Planner
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.token_services import (
    INCOMING,
    SERVICES,
    next_steps,
)

_LABELS = {
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
# a change of these needs a new login
_LOGIN = ("server_type", "server", "port", "is_ssl", "user", "password")
_CONFIRMED = "done"
_NOT_CONFIRMED = "draft"


def plan_incoming(
    snapshot: OdooSnapshot,
    wishes: Sequence[Mapping[str, Any]],
    allow_neutralized: bool = False,
    install_modules: bool = False,
) -> list[PlannedServer]:
    """One step per wish, in their order; a wish that cannot be met has a failure and changes nothing.

    ``test`` of a step is that Odoo must log in at the mailbox before it fetches from it.
    """
    planner = _IncomingPlanner(incoming(snapshot), snapshot, wishes, allow_neutralized, install_modules)
    return [planner.step(index, wish) for index, wish in enumerate(wishes)]


class _IncomingPlanner(Planner):
    def step(self, index: int, wish: Mapping[str, Any]) -> PlannedServer:
        step = self._new_step(wish)
        try:
            record = self._adoption.server_of(index, wish)
            if wish["state"] != "absent":
                self._ensure(step, record, wish)
            elif record is not None:
                step.action, step.record_id = "delete", record["id"]
                step.before = self._lines(record, record)
        except PostmasterError as error:
            step.fail(str(error))
        return step

    def _ensure(self, step: PlannedServer, record: dict[str, Any] | None, wish: Mapping[str, Any]) -> None:
        module = module_needed(wish, record, self._snapshot, self._install_modules)
        stated = wanted_values(wish, record, self._snapshot)
        stated["active"] = wish["state"] == "present"
        self._await_consent(step, record, stated, wish)
        there = record or {}
        differing = {key: value for key, value in stated.items() if not _same(there.get(key), value, record is None)}
        self._confirm(step, record, differing, stated, wish)
        self._refuse_in_a_copy(record, {**there, **differing}, wish)
        step.external_id, step.external_row = self._adoption.row_for(record, str(stated["name"]))
        self._show(step, record, differing)
        if module and step.action != "none":
            step.module, step.module_id = module, self._snapshot.modules[module]["id"]
            step.before.append(f"module {module}: not installed")
            step.after.append(f"module {module}: installed")
        step.values = differing
        if step.test:
            # Odoo itself writes that it could log in
            step.values.pop("state", None)
            if record is not None and step.values.pop("active", False):
                step.activate = True
        step.former = {key: there[key] for key in step.values if key in there}
        step.used = bool(there.get("active") and there.get("state") == _CONFIRMED)

    def _await_consent(
        self, step: PlannedServer, record: Mapping[str, Any] | None, stated: dict[str, Any], wish: Mapping[str, Any]
    ) -> None:
        """With Gmail and Outlook, Odoo cannot log in before a person has let it in."""
        kind, consents = type_of(wish, record), self._snapshot.incoming_consents
        service = SERVICES.get(kind)
        if service is None or not stated["active"]:
            return
        user = str({**(record or {}), **stated}.get("user"))
        held = record is not None and record["server_type"] == kind
        if record is not None and held and (kind, record["id"]) in consents.granted:
            if record["user"] and record["user"] != user:
                step.warnings.append(
                    f"Access to {service.name} was granted for {record['user']}: grant it again in Odoo for {user}."
                )
            return
        step.awaits, step.username = kind, user
        step.used = bool(held and record and record["active"] and record["state"] == _CONFIRMED)
        if record is not None and not held and record["state"] == _CONFIRMED:
            stated["state"] = _NOT_CONFIRMED
        step.next_steps = incoming_steps_to_take(step, consents, record["id"] if record else None)
        step.warnings.append(
            f"{step.name} fetches nothing until someone lets Odoo use the mailbox {user}: next_steps says how."
        )

    def _confirm(
        self,
        step: PlannedServer,
        record: Mapping[str, Any] | None,
        differing: dict[str, Any],
        stated: Mapping[str, Any],
        wish: Mapping[str, Any],
    ) -> None:
        """Decide whether Odoo is to log in, and what of that is written or shown."""
        if not stated["active"] or step.awaits or not wish.get("confirm_login", True):
            return
        was = record is not None and record["state"] == _CONFIRMED
        if not was:
            differing["state"] = _CONFIRMED
        needed = not was or "active" in differing or any(key in differing for key in _LOGIN)
        # Odoo cannot log in to a script
        step.test = needed and type_of(wish, record) != LOCAL

    def _refuse_in_a_copy(
        self, record: Mapping[str, Any] | None, result: Mapping[str, Any], wish: Mapping[str, Any]
    ) -> None:
        if not self._snapshot.neutralized or self._allow_neutralized or not result["active"]:
            return
        archived = record is not None and not record["active"]
        confirmed = record is not None and record["state"] == _CONFIRMED
        if archived or (not confirmed and result.get("state") == _CONFIRMED):
            raise Conflict(
                f"This database is a neutralised copy, in which {wish['name']} would take real mail from its mailbox: "
                "set state: archived here, or allow_neutralized: true if that is what you want."
            )

    def _show(self, step: PlannedServer, record: Mapping[str, Any] | None, differing: Mapping[str, Any]) -> None:
        if record is None:
            step.action = "create"
            step.after = [*self._lines(differing, differing), f"id: {KNOWN_AFTER_APPLY}"]
            return
        step.record_id = record["id"]
        step.action = "update" if differing or step.external_id else "none"
        step.before = self._lines(record, differing)
        step.after = [
            f"{label}: changed" if key == "password" and differing[key] else f"{label}: {self._shown(key, differing)}"
            for key, label in _LABELS.items()
            if key in differing
        ]
        if step.external_id:
            step.before.append(f"external id: {show(', '.join(self._adoption.ids_held(record)))}")
            step.after.append(f"external id: {step.external_id}")

    def _lines(self, record: Mapping[str, Any], which: Mapping[str, Any]) -> list[str]:
        """The stated fields of a record, a secret only as being there."""
        return [f"{label}: {self._shown(key, record)}" for key, label in _LABELS.items() if key in which]

    def _shown(self, key: str, record: Mapping[str, Any]) -> str:
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


def incoming_steps_to_take(step: PlannedServer, consents: Consents, record_id: int | None) -> list[str]:
    """What a person must do before the mailbox of a step can be used."""
    link = consents.links.get((step.awaits, record_id or 0))
    client_is_set = step.awaits in consents.clients
    service = SERVICES[step.awaits]
    return next_steps(service, step.name, step.username, client_is_set, link, consents.base_url, step.used, INCOMING)


def _same(held: Any, wanted: Any, is_new: bool) -> bool:
    return not is_new and (held or False) == (wanted or False)
