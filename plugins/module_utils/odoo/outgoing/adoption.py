# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the mail server that an entry refers to, and the servers that are ours. No I/O.

Names are not unique in Odoo and may change, so ours are recorded as external ids.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ...errors import Conflict, PostmasterError
from ..database.filters import canonical, filter_text
from ..database.planned_change import named
from ..database.snapshot import SERVER_MODEL, OdooSnapshot
from .fields import desired_values


def external_id(name: str, prefix: str = "server") -> str:
    """The name of our external id for a server: readable, and unique for each name."""
    slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40]
    return f"{prefix}_{slug}_{hashlib.sha256(name.encode()).hexdigest()[:10]}"


@dataclass(frozen=True)
class Ownership:
    """The servers of one kind that can be ours, and how to tell them apart."""

    resource: str  # in words
    model: str
    prefix: str  # of the external ids
    records: Sequence[dict[str, Any]]
    external_ids: Mapping[str, Mapping[str, Any]]
    alike: str  # what two servers with the same purpose have in common, in words
    of_record: Callable[[Mapping[str, Any]], Any]
    # after the entry is met, by a new server or by the given one; raises PostmasterError if it cannot be met
    of_result: Callable[[Mapping[str, Any], Mapping[str, Any] | None], Any]
    among_new: Callable[[Mapping[str, Any]], Any]  # likewise, for new servers of one call


def outgoing(snapshot: OdooSnapshot) -> Ownership:
    def route(server: Mapping[str, Any]) -> Any:
        return _route(server, snapshot.version)

    def of_result(desired: Mapping[str, Any], record: Mapping[str, Any] | None) -> Any:
        return route({**(record or {}), **desired_values(desired, record, snapshot, install_modules=True)})

    def among_new(desired: Mapping[str, Any]) -> Any:
        own_route = of_result(desired, None)
        if "from_filter" in snapshot.server_fields:
            return own_route
        # Odoo 14 has no FROM filters, but the option shows that the servers have different purposes
        return (*own_route, filter_text(desired.get("from_filter") or []))

    return Ownership(
        resource="outgoing mail server",
        model=SERVER_MODEL,
        prefix="server",
        records=snapshot.servers,
        external_ids=snapshot.external_ids,
        alike="host, username and FROM filter",
        of_record=route,
        of_result=of_result,
        among_new=among_new,
    )


class Adoption:
    """Finds the server of each entry; no server is given to two entries."""

    def __init__(self, ownership: Ownership, all_desired: Sequence[Mapping[str, Any]]) -> None:
        self._ownership = ownership
        self._resource = ownership.resource
        self._external_ids = ownership.external_ids
        self._by_id = {server["id"]: server for server in ownership.records}
        self._by_name: dict[str, list[dict[str, Any]]] = {}
        self._by_route: dict[Any, list[dict[str, Any]]] = {}
        for server in ownership.records:
            self._by_name.setdefault(server["name"], []).append(server)
            self._by_route.setdefault(ownership.of_record(server), []).append(server)
        self._rows_of: dict[int, list[str]] = {}
        for name, row in self._external_ids.items():
            self._rows_of.setdefault(row["res_id"], []).append(name)
        # rows with these names belong to these entries: no other entry may rename one of them
        self._names_wanted = {self._external_id(_name(desired)) for desired in all_desired}
        self._claimed: set[int] = set()
        self._found = [self._found_or_failure(desired) for desired in all_desired]
        self._refuse_shared(all_desired)
        self._refuse_alike(all_desired)
        self._desired = all_desired

    def _external_id(self, name: str) -> str:
        return external_id(name, self._ownership.prefix)

    def server_of(self, index: int, desired: Mapping[str, Any]) -> dict[str, Any] | None:
        """The record of an entry; None if there is none yet. Raises Conflict if a person must decide."""
        record, failure = self._found[index]
        if failure is not None:
            raise Conflict(failure)
        if record is None and desired["state"] != "absent":
            record = self._like(desired)
        return record

    def external_ids_of(self, record: Mapping[str, Any] | None) -> list[str]:
        return self._rows_of.get(record["id"], []) if record else []

    def doubles_of(self, record: Mapping[str, Any] | None) -> list[str]:
        """Warnings about other active servers with the same name and purpose as one of ours."""
        if record is None:
            return []
        route = self._ownership.of_record(record)
        return [
            f"Odoo has a second {self._resource} {other['name']!r} (id {other['id']}) with the same "
            f"{self._ownership.alike}, which two simultaneous runs may have left: archive it in Odoo if it is not "
            f"needed, or give it an entry of its own with id: {other['id']} and adopt: true."
            for other in self._by_name.get(record["name"], [])
            if other["id"] != record["id"]
            and other["active"]
            and other["id"] not in self._claimed
            and not self.external_ids_of(other)
            and self._ownership.of_record(other) == route
        ]

    def row_for(self, record: Mapping[str, Any] | None, name: str) -> tuple[str, int | None]:
        """The external id to record, and our row to change to it; ("", None) if it is recorded already."""
        wanted = self._external_id(name)
        there = self.external_ids_of(record)
        if wanted in there:
            return "", None
        # a row of ours without a record still occupies the name
        stale = self._external_ids.get(wanted)
        if stale is not None:
            return wanted, stale["id"]
        free = [one for one in there if one not in self._names_wanted]
        return wanted, self._external_ids[free[0]]["id"] if free else None

    def _found_or_failure(self, desired: Mapping[str, Any]) -> tuple[dict[str, Any] | None, str | None]:
        try:
            record = self._find(desired)
        except PostmasterError as error:
            return None, str(error)
        if record is not None:
            self._claimed.add(record["id"])
        return record, None

    def _find(self, desired: Mapping[str, Any]) -> dict[str, Any] | None:
        if desired.get("id") is not None:
            record = self._by_id.get(desired["id"])
            if record is None and desired["state"] != "absent":
                raise Conflict(
                    f"Odoo has no {self._resource} with the id {desired['id']} that all users share: "
                    "leave out id to create one, or correct it."
                )
            return record
        name = _name(desired)
        row = self._external_ids.get(self._external_id(name))
        if row is not None and row["res_id"] in self._by_id:
            return self._by_id[row["res_id"]]
        same = self._by_name.get(name, [])
        if len(same) > 1:
            ids = ", ".join(str(server["id"]) for server in same)
            raise Conflict(
                f"Odoo has several {self._resource}s {name!r}, with the ids {ids}: set id to the right one, or rename "
                "the others."
            )
        return same[0] if same else None

    def _refuse_shared(self, all_desired: Sequence[Mapping[str, Any]]) -> None:
        """Refuse two entries for one name or record, because the result would depend on their order."""
        names = Counter(_name(desired) for desired in all_desired)
        records = Counter(record["id"] for record, dummy in self._found if record is not None)
        for index, (record, failure) in enumerate(self._found):
            name = _name(all_desired[index])
            if failure is None and (names[name] > 1 or (record is not None and records[record["id"]] > 1)):
                self._found[index] = (None, f"The {self._resource} {name} is given more than once: give it once.")

    def _refuse_alike(self, all_desired: Sequence[Mapping[str, Any]]) -> None:
        """Refuse new servers with the same purpose: created in two calls, the second would be refused."""
        alike: dict[Any, list[int]] = {}
        for index, desired in enumerate(all_desired):
            if self._found[index] == (None, None) and desired["state"] != "absent":
                alike.setdefault(self._route_of(desired), []).append(index)
        alike.pop(None, None)
        for indexes in alike.values():
            for index in indexes if len(indexes) > 1 else ():
                others = named([repr(_name(all_desired[other])) for other in indexes if other != index])
                message = (
                    f"The {self._resource}s {_name(all_desired[index])!r} and {others} would be created with the same "
                    f"{self._ownership.alike}: give only one of them, or make them differ in that."
                )
                self._found[index] = (None, message)

    def _route_of(self, desired: Mapping[str, Any]) -> Any:
        try:
            return self._ownership.among_new(desired)
        except PostmasterError:
            return None  # reported when the entry is planned

    @cached_property
    def _entries_by_route(self) -> dict[Any, str]:
        """The purposes of this run's existing servers, and the entry of each."""
        entries: dict[Any, str] = {}
        for (record, dummy), desired in zip(self._found, self._desired):
            if record is not None and desired["state"] != "absent":
                try:
                    route = self._ownership.of_result(desired, record)
                except PostmasterError:
                    # it stays as it is
                    route = self._ownership.of_record(record)
                entries.setdefault(route, _name(desired))
        return entries

    def _like(self, desired: Mapping[str, Any]) -> dict[str, Any] | None:
        """A server with the same purpose under another name; adopted only if the user says so."""
        route = self._ownership.of_result(desired, None)
        if route is None:
            return None
        holder = self._entries_by_route.get(route)
        if holder is not None:
            raise Conflict(
                f"The {self._resource} {_name(desired)!r} would be created with the same {self._ownership.alike} as "
                f"{holder!r} of the same call: give only one of them, or make them differ in that."
            )
        like = [server for server in self._by_route.get(route, []) if server["id"] not in self._claimed]
        if not like:
            return None
        if len(like) == 1 and desired.get("adopt"):
            self._claimed.add(like[0]["id"])
            self._entries_by_route[route] = _name(desired)
            return like[0]
        listed = " and ".join(f"{server['name']!r} (id {server['id']})" for server in like)
        cure = "set adopt: true to take it over" if len(like) == 1 else "set id to the right one"
        raise Conflict(
            f"Odoo already has {listed} with the same {self._ownership.alike} as {desired['name']!r}: "
            f"{cure}, or use its name."
        )


def _name(desired: Mapping[str, Any]) -> str:
    return str(desired["name"]).strip()


def _route(server: Mapping[str, Any], version: int) -> tuple[str, str, frozenset[str]]:
    return (
        str(server.get("smtp_host") or "").strip().lower(),
        str(server.get("smtp_user") or ""),
        canonical(server.get("from_filter"), version),
    )
