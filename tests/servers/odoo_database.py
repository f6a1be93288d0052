# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pristine database for a test, on a real Odoo or a stand-in."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.client import Odoo


class OdooDatabase(abc.ABC):
    """The modules' connection (``options``), and a client for setting up and checking."""

    def __init__(self, version: int, options: Mapping[str, Any]) -> None:
        self.version = version
        self.options = dict(options)
        self.url: str = options["url"]
        self.name: str = options["database"]
        self.client = Odoo.connect(self.options)

    @abc.abstractmethod
    def api_key(self) -> str:
        """A new API key of the administrator."""

    def user(self, login: str, *groups: str) -> dict[str, Any]:
        """The options of a new user with only these groups (external ids)."""
        ids = [self.id_of(group) for group in ("base.group_user", *groups)]
        field = "group_ids" if self.version >= 19 else "groups_id"
        values = {"name": login, "login": login, "password": "secret-" + login, field: [[6, 0, ids]]}
        self.client.create("res.users", [values])
        return {**self.options, "username": login, "password": "secret-" + login}

    def id_of(self, external_id: str) -> int:
        module, name = external_id.split(".")
        rows = self.client.search_read("ir.model.data", [("module", "=", module), ("name", "=", name)], ["res_id"])
        return int(rows[0]["res_id"])

    def model_id(self, model: str) -> int:
        return int(self.client.search_read("ir.model", [("model", "=", model)], ["model"])[0]["id"])

    def company(self, name: str, **values: Any) -> int:
        return self.create("res.company", name=name, **values)

    def create(self, model: str, **values: Any) -> int:
        return self.client.create(model, [values])[0]

    def records(self, model: str, *fields: str) -> list[dict[str, Any]]:
        """All records, including archived ones, without their ids."""
        found = self.client.search_read(model, [], list(fields), archived=True)
        return [{key: value for key, value in record.items() if key != "id"} for record in found]

    @abc.abstractmethod
    def drop(self) -> None:
        """Delete it."""
