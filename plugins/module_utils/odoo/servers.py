# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Outgoing mail servers: the plan, from what is there and what is wished for. No I/O."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import Conflict, PostmasterError
from .filters import canonical, filter_text
from .server_fields import decoded, shown_encryption, unverified_warning, wanted_values
from .snapshot import Snapshot
from .steps import KNOWN_AFTER_APPLY, Step, named, show

_LABELS = {
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
}
_SECRET = ("smtp_pass", "smtp_ssl_certificate", "smtp_ssl_private_key")


@dataclass
class ServerStep(Step):
    activate: bool = False  # in a write of its own, after the test if there is one
    test: bool = False
    former: dict[str, Any] = field(default_factory=dict)  # what the values replace, to be put back
    external_id: str = ""  # to be recorded
    external_row: int | None = None  # the row of ours that is to be changed to that


def external_id(name: str) -> str:
    """The name of our external id for a server: readable, and different for different names."""
    slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40]
    return f"server_{slug}_{hashlib.sha256(name.encode()).hexdigest()[:10]}"


def plan_servers(
    snapshot: Snapshot, wishes: Sequence[Mapping[str, Any]], allow_neutralized: bool = False
) -> list[ServerStep]:
    """One step per wish, in their order; a wish that cannot be met has a failure and changes nothing."""
    planner = _Planner(snapshot, allow_neutralized)
    for wish in wishes:
        planner.find(wish)
    planner.want_names(wishes)
    planner.refuse_shared(wishes)
    steps = [planner.step(index, wish) for index, wish in enumerate(wishes)]
    _warn_of_ties(snapshot, steps)
    return steps


class _Planner:
    def __init__(self, snapshot: Snapshot, allow_neutralized: bool) -> None:
        self._snapshot = snapshot
        self._allow_neutralized = allow_neutralized
        self._by_id = {server["id"]: server for server in snapshot.servers}
        self._by_name: dict[str, list[dict[str, Any]]] = {}
        self._by_route: dict[Any, list[dict[str, Any]]] = {}
        for server in snapshot.servers:
            self._by_name.setdefault(server["name"], []).append(server)
            self._by_route.setdefault(_route(server), []).append(server)
        self._rows_of: dict[int, list[str]] = {}
        for name, row in snapshot.external_ids.items():
            self._rows_of.setdefault(row["res_id"], []).append(name)
        self._names_wanted: set[str] = set()
        self._found: list[tuple[dict[str, Any] | None, str | None]] = []
        self._claimed: set[int] = set()

    def find(self, wish: Mapping[str, Any]) -> None:
        try:
            record = self._find(wish)
        except PostmasterError as error:
            self._found.append((None, str(error)))
        else:
            self._found.append((record, None))
            if record is not None:
                self._claimed.add(record["id"])

    def _find(self, wish: Mapping[str, Any]) -> dict[str, Any] | None:
        if wish.get("id") is not None:
            record = self._by_id.get(wish["id"])
            if record is None and wish["state"] != "absent":
                raise Conflict(
                    f"Odoo has no outgoing mail server with the id {wish['id']} that all users share: "
                    "leave out id to create one, or correct it."
                )
            return record
        name = str(wish["name"]).strip()
        row = self._snapshot.external_ids.get(external_id(name))
        if row is not None and row["res_id"] in self._by_id:
            return self._by_id[row["res_id"]]
        same = self._by_name.get(name, [])
        if len(same) > 1:
            ids = ", ".join(str(server["id"]) for server in same)
            raise Conflict(
                f"Odoo has several outgoing mail servers {name!r}, with the ids {ids}: "
                "say which is meant with id, or rename the others."
            )
        return same[0] if same else None

    def want_names(self, wishes: Sequence[Mapping[str, Any]]) -> None:
        """The rows of these names are for these wishes: no other server may rename one of them for itself."""
        self._names_wanted = {external_id(str(wish["name"]).strip()) for wish in wishes}

    def refuse_shared(self, wishes: Sequence[Mapping[str, Any]]) -> None:
        """Two wishes of one name or for one record: neither is met, because their order would decide."""
        names = Counter(str(wish["name"]).strip() for wish in wishes)
        records = Counter(record["id"] for record, dummy in self._found if record is not None)
        for index, (record, failure) in enumerate(self._found):
            name = str(wishes[index]["name"]).strip()
            if failure is None and (names[name] > 1 or (record is not None and records[record["id"]] > 1)):
                self._found[index] = (None, f"The outgoing mail server {name} is given more than once: give it once.")

    def step(self, index: int, wish: Mapping[str, Any]) -> ServerStep:
        step = ServerStep("outgoing mail server", str(wish["name"]), str(wish.get("owner") or wish["name"]))
        record, failure = self._found[index]
        try:
            if failure is not None:
                raise Conflict(failure)
            if wish["state"] == "absent":
                self._delete(step, record)
            else:
                if record is None:
                    record = self._like(wish)
                self._ensure(step, record, wish)
        except PostmasterError as error:
            step.fail(str(error))
        return step

    def _like(self, wish: Mapping[str, Any]) -> dict[str, Any] | None:
        """A server under another name that does the same: adopted only if the user says so."""
        if not wish.get("host"):
            return None
        route = _route(
            {
                "smtp_host": wish["host"],
                "smtp_user": wish.get("username"),
                "from_filter": filter_text(wish.get("from_filter") or []),
            }
        )
        like = [server for server in self._by_route.get(route, []) if server["id"] not in self._claimed]
        if not like:
            return None
        if len(like) == 1 and wish.get("adopt"):
            self._claimed.add(like[0]["id"])
            return like[0]
        listed = " and ".join(f"{server['name']!r} (id {server['id']})" for server in like)
        cure = "set adopt: true to take it over" if len(like) == 1 else "say which is meant with id"
        raise Conflict(
            f"Odoo already has {listed} with the same host, username and FROM filter as {wish['name']!r}: "
            f"{cure}, or use its name."
        )

    def _delete(self, step: ServerStep, record: dict[str, Any] | None) -> None:
        if record is None:
            return
        uses = self._snapshot.used_servers.get(record["id"], [])
        if uses:
            raise Conflict(
                f"The outgoing mail server {record['name']} is still used by {named(uses)}, which would silently "
                "send through another one: choose another there first, or set state: archived."
            )
        step.action, step.record_id = "delete", record["id"]
        step.before = _lines(record, record)

    def _ensure(self, step: ServerStep, record: dict[str, Any] | None, wish: Mapping[str, Any]) -> None:
        values = wanted_values(wish, record, self._snapshot)
        active = wish["state"] == "present"
        warning = unverified_warning(wish, values, self._snapshot)
        if warning:
            step.warnings.append(warning)
        self._record_ownership(step, record, str(values["name"]))
        if record is None:
            self._refuse_neutralized(wish, active)
            step.action, step.values = "create", values
            # Odoo sends nothing through it before the test has passed
            step.test = bool(active and wish.get("test_connection"))
            step.activate = step.test
            values["active"] = active and not step.test
            step.after = [*_lines({**values, "active": active}, values), f"id: {KNOWN_AFTER_APPLY}"]
            return
        step.record_id = record["id"]
        step.values = {key: value for key, value in values.items() if not _same(key, record.get(key), value)}
        step.former = {key: record[key] for key in step.values}
        activates, archives = active and not record["active"], not active and record["active"]
        if activates:
            self._refuse_neutralized(wish, active)
        step.test = bool(active and wish.get("test_connection") and (step.values or activates))
        step.activate = bool(activates)
        shown = dict(step.values)
        if activates or archives:
            shown["active"] = active
        if archives:
            step.values["active"] = False
        step.before, step.after = _lines(record, shown), _changed_lines(shown)
        if step.external_id:
            step.before.append(f"external id: {show(', '.join(self._rows_of.get(record['id'], [])))}")
            step.after.append(f"external id: {step.external_id}")
        if shown or step.external_id:
            step.action = "update"

    def _record_ownership(self, step: ServerStep, record: Mapping[str, Any] | None, name: str) -> None:
        wanted = external_id(name)
        held = self._rows_of.get(record["id"], []) if record else []
        if wanted in held:
            return
        step.external_id = wanted
        # a row of ours that points to nothing keeps the name taken
        stale = self._snapshot.external_ids.get(wanted)
        if stale is not None:
            step.external_row = stale["id"]
        else:
            free = [name for name in held if name not in self._names_wanted]
            step.external_row = self._snapshot.external_ids[free[0]]["id"] if free else None

    def _refuse_neutralized(self, wish: Mapping[str, Any], active: bool) -> None:
        if active and self._snapshot.neutralized and not self._allow_neutralized:
            raise Conflict(
                f"This database is a neutralised copy, in which {wish['name']} would send real mail to real customers: "
                "set state: archived here, or allow_neutralized: true if that is what you want."
            )


def _route(server: Mapping[str, Any]) -> tuple[str, str, frozenset[str]]:
    return (
        str(server.get("smtp_host") or "").strip().lower(),
        str(server.get("smtp_user") or ""),
        canonical(server.get("from_filter")),
    )


def _same(key: str, held: Any, wanted: Any) -> bool:
    if key == "from_filter":
        return canonical(held) == canonical(wanted)
    if key in ("smtp_ssl_certificate", "smtp_ssl_private_key"):
        return decoded(held) == decoded(wanted)
    return (held or False) == (wanted or False)


def _lines(record: Mapping[str, Any], which: Mapping[str, Any]) -> list[str]:
    """The stated fields of a record, a secret only as being there."""
    return [f"{label}: {_shown(key, record.get(key))}" for key, label in _LABELS.items() if key in which]


def _changed_lines(values: Mapping[str, Any]) -> list[str]:
    return [
        f"{label}: changed" if key in _SECRET and values[key] else f"{label}: {_shown(key, values[key])}"
        for key, label in _LABELS.items()
        if key in values
    ]


def _shown(key: str, value: Any) -> str:
    if key in _SECRET:
        return "set" if value else "(none)"
    if key == "smtp_encryption":
        return shown_encryption(value)
    if key == "active":
        return "yes" if value else "no (archived)"
    return show(value)


def _warn_of_ties(snapshot: Snapshot, steps: Sequence[ServerStep]) -> None:
    """Odoo orders by priority alone, so among equals that take the same sender the database chooses."""
    held = {server["id"]: server for server in snapshot.servers}
    result: dict[Any, Mapping[str, Any]] = {key: server for key, server in held.items() if server["active"]}
    for index, step in enumerate(steps):
        key = step.record_id or f"new {index}"
        if step.failure is not None or step.action == "none":
            continue
        if step.action == "delete":
            result.pop(key, None)
            continue
        base = {**held.get(step.record_id or 0, {}), **step.values}
        if step.activate or base.get("active"):
            result[key] = base
        else:
            result.pop(key, None)
    takers: dict[tuple[int, str], list[Any]] = {}
    for key, server in result.items():
        parts = canonical(server.get("from_filter")) or {""}
        for part in parts:
            takers.setdefault((server.get("sequence") or 0, part), []).append(key)
    names = {key: server["name"] for key, server in result.items()}
    for index, step in enumerate(steps):
        key = step.record_id or f"new {index}"
        if key not in result or step.failure is not None:
            continue
        server = result[key]
        for part in sorted(canonical(server.get("from_filter")) or {""}):
            same = takers[(server.get("sequence") or 0, part)]
            if len(same) > 1:
                others = named([names[other] for other in same if other != key])
                senders = f"the mail of {part}" if part else "the mail that no FROM filter takes"
                step.warnings.append(
                    f"{step.name} and {others} have the same priority {server.get('sequence') or 0} and both take "
                    f"{senders}, so Odoo may use either: give them different priorities."
                )
