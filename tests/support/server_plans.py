# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases with outgoing servers, entries, and the resulting plans, for tests without a server."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.bounded import Limit
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.client import Odoo
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.errors import ConcurrentWrite, Secrets
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.http import OdooHttp
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.protocols import Protocol
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.snapshot import OdooSnapshot
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.plan import PlannedServer, external_id
from ansible_collections.postmaster.mail.tests.support.odoo_snapshots import read_snapshot

# neither is part of any diff or message
HELD_PASSWORD, NEW_PASSWORD = "h0rse-held", "h0rse-new"
_RECORDINGS = Path(__file__).parents[1] / "simulators" / "odoo" / "recordings"


class Nothing(Protocol):
    def execute(self, model: str, method: str, *dummy: Any, **more: Any) -> Any:
        raise AssertionError(f"{model}.{method} was called")


class FakeOdoo(Odoo):
    """An Odoo without a server; a test defines its answers."""

    def __init__(self) -> None:
        super().__init__(OdooHttp("http://odoo.invalid", 60, True, None, Limit()), "x", Nothing(), Secrets(), 19)


class Changing(FakeOdoo):
    """An Odoo in which, between reading and writing, servers are deleted and another run records its own."""

    def write(self, *dummy: Any) -> None:
        pass

    def load(self, model: str, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        if any(row["id"].endswith(external_id("Theirs")) for row in rows):
            raise ConcurrentWrite("Odoo refused: it is there already.")
        return list(range(1, len(rows) + 1))

    def search_read(self, *dummy: Any, **more: Any) -> list[dict[str, Any]]:
        return []


def fields_of(version: int) -> dict[str, list[str]]:
    """The fields of ir.mail_server in this version, with their choices; for 16, those of 17 are used."""
    recorded = json.loads((_RECORDINGS / f"{17 if version == 16 else version}.json").read_text())["ir.mail_server"]
    return {name: [value for value, dummy in facts.get("selection") or []] for name, facts in recorded.items()}


def server(number: int, **values: Any) -> dict[str, Any]:
    return {
        "id": number,
        "name": f"Server {number}",
        "active": True,
        "sequence": number,
        "smtp_host": "smtp.example.net",
        "smtp_port": 587,
        "smtp_encryption": "starttls_strict",
        "smtp_authentication": "login",
        "smtp_user": "odoo",
        "smtp_pass": HELD_PASSWORD,
        "smtp_ssl_certificate": False,
        "smtp_ssl_private_key": False,
        "from_filter": False,
        **values,
    }


def asked_for(name: str, **values: Any) -> dict[str, Any]:
    return {"name": name, "state": "present", "verify_certificate": True, **values}


def snapshot_of(*servers: dict[str, Any], **values: Any) -> OdooSnapshot:
    return read_snapshot(**{"version": 19, "servers": list(servers), "server_fields": fields_of(19), **values})


def after(snapshot: OdooSnapshot, changes: list[PlannedServer]) -> OdooSnapshot:
    """The database after the plan."""
    result = deepcopy(snapshot)
    number = max([100, *(held["id"] for held in result.servers)])
    for change in changes:
        if change.failure is not None:
            continue
        if change.action == "create":
            number += 1
            change.record_id = number
            result.servers.append(server(number, **{"smtp_user": False, "smtp_pass": False, **change.values}))
        for held in result.servers:
            if held["id"] == change.record_id:
                held.update(change.values)
                held["active"] = change.activate or held["active"]
        if change.action == "delete":
            result.servers = [held for held in result.servers if held["id"] != change.record_id]
        if change.external_id:
            rows = {name: row for name, row in result.external_ids.items() if row["id"] != change.external_row}
            rows[change.external_id] = {"id": change.external_row or number * 10, "res_id": change.record_id}
            result.external_ids = rows
    return result


domains = st.sampled_from(["a.example", "b.example", "c.example", "info@a.example"])
filters = st.lists(domains, unique=True, max_size=3)
numbers = st.integers(1, 4)
held_servers = st.lists(
    st.builds(
        lambda name, host, active, parts, user: {
            "name": f"Server {name}",
            "smtp_host": host,
            "active": active,
            "from_filter": ", ".join(parts).upper() or False,
            "smtp_user": user,
        },
        numbers,
        st.sampled_from(["smtp.example.net", "other.example"]),
        st.booleans(),
        filters,
        st.sampled_from([False, "odoo"]),
    ),
    max_size=6,
).map(lambda rows: [server(index + 1, **row) for index, row in enumerate(rows)])
optional: Any = {
    "authentication": st.sampled_from(["login", "cli", "gmail"]),
    "host": st.sampled_from(["smtp.example.net", "new.example"]),
    "encryption": st.sampled_from(["none", "starttls", "tls"]),
    "username": st.sampled_from(["", "odoo", "other"]),
    "password": st.sampled_from(["", HELD_PASSWORD, NEW_PASSWORD]),
    "from_filter": filters,
    "priority": st.integers(0, 20),
    "adopt": st.booleans(),
    "test_connection": st.booleans(),
    "verify_certificate": st.booleans(),
    "id": st.integers(1, 7),
}
all_desired = st.lists(
    st.fixed_dictionaries(
        {
            "name": numbers.map(lambda number: f"Server {number}"),
            "state": st.sampled_from(["present", "archived", "absent"]),
        },
        optional=optional,
    ),
    max_size=5,
)


def ours(*ids: int) -> dict[str, Any]:
    return {external_id(f"Server {number}"): {"id": 50 + number, "res_id": number} for number in ids}
