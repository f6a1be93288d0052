# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A snapshot in which everything was read, and only what a test states was found."""

from __future__ import annotations

from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.snapshot import (
    MAILING_SERVER,
    NEUTRALIZED,
    OdooSnapshot,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.token_services import SERVICES
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.parameters.plan import PARAMETERS

_LISTS = ("companies", "domains", "free_aliases", "named_aliases", "aliases", "servers")
_LISTS_OF_INCOMING = ("incoming_servers", "incoming_types")
_DICTS = ("aliases_of_domain", "server_fields", "external_ids", "used_servers", "archive_blocked", "models")


def read_snapshot(
    version: int = 19, host: str = "", parameters: dict[str, Any] | None = None, **values: Any
) -> OdooSnapshot:
    snapshot = OdooSnapshot(version, host)
    snapshot.parameters = {**dict.fromkeys((*PARAMETERS, MAILING_SERVER, NEUTRALIZED)), **(parameters or {})}
    snapshot.modules = {**dict.fromkeys(["mail", "fetchmail", *(one.module for one in SERVICES.values())])}
    for name in (*_LISTS, *_LISTS_OF_INCOMING):
        setattr(snapshot, name, [])
    for name in (*_DICTS, "incoming_external_ids"):
        setattr(snapshot, name, {})
    snapshot.mail_installed = True
    for name, value in values.items():
        if name == "modules":
            snapshot.modules.update(value)
        else:
            setattr(snapshot, name, value)
    return snapshot
