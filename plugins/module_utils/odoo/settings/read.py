# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what the mail settings refer to, besides system parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..database.client import Odoo
from ..database.snapshot import MAILING_SERVER, SERVER_MODEL, OdooSnapshot
from ..database.versions import MAILINGS_OF_SERVER_SINCE


def read_settings(odoo: Odoo, snapshot: OdooSnapshot, all_desired: Sequence[Mapping[str, Any]]) -> None:
    claims = any(desired.get("mass_mailing_server") is not None for desired in all_desired)
    if claims and odoo.version >= MAILINGS_OF_SERVER_SINCE:
        # these fields are needed anyway
        snapshot.mass_mailing_installed = "active_mailing_ids" in odoo.fields(SERVER_MODEL)
    elif claims:
        snapshot.mass_mailing_installed = "mass_mailing_mail_server_id" in odoo.fields("res.config.settings")
    if (claims or snapshot.parameter(MAILING_SERVER)) and not OdooSnapshot.server_fields.is_read(snapshot):
        # personal servers belong to their users
        domain = [("owner_user_id", "=", False)] if "owner_user_id" in odoo.fields(SERVER_MODEL) else []
        snapshot.servers = odoo.search_read(SERVER_MODEL, domain, ["name", "active"], archived=True)
