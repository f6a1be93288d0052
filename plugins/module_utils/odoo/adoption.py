# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which outgoing server of the database a wish means, and which of them are ours. No I/O.

Names are not unique in Odoo and get changed, so ours are recorded as external ids.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import Conflict, PostmasterError
from .filters import canonical, filter_text
from .snapshot import Snapshot


def external_id(name: str) -> str:
    """The name of our external id for a server: readable, and different for different names."""
    slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40]
    return f"server_{slug}_{hashlib.sha256(name.encode()).hexdigest()[:10]}"


class Adoption:
    """Finds the server of each wish; no server is given to two of them."""

    def __init__(self, snapshot: Snapshot, wishes: Sequence[Mapping[str, Any]]) -> None:
        self._snapshot = snapshot
        self._by_id = {server["id"]: server for server in snapshot.servers}
        self._by_name: dict[str, list[dict[str, Any]]] = {}
        self._by_route: dict[Any, list[dict[str, Any]]] = {}
        for server in snapshot.servers:
            self._by_name.setdefault(server["name"], []).append(server)
            self._by_route.setdefault(_route(server), []).append(server)
        self._rows_of: dict[int, list[str]] = {}
        for name, row in snapshot.external_ids.items():
            self._rows_of.setdefault(row["res_id"], []).append(name)
        # the rows of these names are for these wishes: no other server may rename one of them for itself
        self._names_wanted = {external_id(_name(wish)) for wish in wishes}
        self._claimed: set[int] = set()
        self._found = [self._found_or_failure(wish) for wish in wishes]
        self._refuse_shared(wishes)

    def server_of(self, index: int, wish: Mapping[str, Any]) -> dict[str, Any] | None:
        """The record of a wish, None if there is none yet. Raises Conflict where a person must decide."""
        record, failure = self._found[index]
        if failure is not None:
            raise Conflict(failure)
        if record is None and wish["state"] != "absent":
            record = self._like(wish)
        return record

    def ids_held(self, record: Mapping[str, Any] | None) -> list[str]:
        """The names of our external ids for a record."""
        return self._rows_of.get(record["id"], []) if record else []

    def row_for(self, record: Mapping[str, Any] | None, name: str) -> tuple[str, int | None]:
        """The external id that is to be recorded, and the row of ours to change to it; ("", None) if it is there."""
        wanted = external_id(name)
        held = self.ids_held(record)
        if wanted in held:
            return "", None
        # a row of ours that points to nothing keeps the name taken
        stale = self._snapshot.external_ids.get(wanted)
        if stale is not None:
            return wanted, stale["id"]
        free = [one for one in held if one not in self._names_wanted]
        return wanted, self._snapshot.external_ids[free[0]]["id"] if free else None

    def _found_or_failure(self, wish: Mapping[str, Any]) -> tuple[dict[str, Any] | None, str | None]:
        try:
            record = self._find(wish)
        except PostmasterError as error:
            return None, str(error)
        if record is not None:
            self._claimed.add(record["id"])
        return record, None

    def _find(self, wish: Mapping[str, Any]) -> dict[str, Any] | None:
        if wish.get("id") is not None:
            record = self._by_id.get(wish["id"])
            if record is None and wish["state"] != "absent":
                raise Conflict(
                    f"Odoo has no outgoing mail server with the id {wish['id']} that all users share: "
                    "leave out id to create one, or correct it."
                )
            return record
        name = _name(wish)
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

    def _refuse_shared(self, wishes: Sequence[Mapping[str, Any]]) -> None:
        """Two wishes of one name or for one record: neither is met, because their order would decide."""
        names = Counter(_name(wish) for wish in wishes)
        records = Counter(record["id"] for record, dummy in self._found if record is not None)
        for index, (record, failure) in enumerate(self._found):
            name = _name(wishes[index])
            if failure is None and (names[name] > 1 or (record is not None and records[record["id"]] > 1)):
                self._found[index] = (None, f"The outgoing mail server {name} is given more than once: give it once.")

    def _like(self, wish: Mapping[str, Any]) -> dict[str, Any] | None:
        """A server under another name that does the same: adopted only if the user says so."""
        if not wish.get("host"):
            return None
        has_filters = "from_filter" in self._snapshot.server_fields
        route = _route(
            {
                "smtp_host": wish["host"],
                "smtp_user": wish.get("username"),
                "from_filter": filter_text(wish.get("from_filter") or []) if has_filters else None,
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


def _name(wish: Mapping[str, Any]) -> str:
    return str(wish["name"]).strip()


def _route(server: Mapping[str, Any]) -> tuple[str, str, frozenset[str]]:
    return (
        str(server.get("smtp_host") or "").strip().lower(),
        str(server.get("smtp_user") or ""),
        canonical(server.get("from_filter")),
    )
