# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pristine database on the stand-in, used like one on a real server, but ready in milliseconds."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path

from ansible_collections.postmaster.mail.tests.simulators.odoo.server import StandIn

from .odoo_database import OdooDatabase


class StandInDatabase(OdooDatabase):
    """A database with a server of its own."""

    def __init__(self, version: int, authorities: Path, modules: Iterable[str] | None = None) -> None:
        self.server = StandIn(version=version, modules=modules, authorities=authorities).start()
        super().__init__(version, self.server.options)

    def api_key(self) -> str:
        key = secrets.token_hex(20)
        self.server.database.api_keys[key] = 2
        return key

    def drop(self) -> None:
        self.server.stop()
