# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the alias domains, the companies, and the mail aliases that keep a domain from being deleted."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from ... import names
from ...errors import InvalidInput
from ..database.client import Odoo
from ..database.errors import NoSuchModel
from ..database.snapshot import DOMAIN_MODEL, SERVER_MODEL, OdooSnapshot, id_of, read_parameters
from ..database.versions import CATCHALL_DOMAIN_UNTIL, PERSONAL_SERVERS_SINCE
from ..parameters.plan import DEFAULT_FROM_FILTER
from .single_sender import is_single_sender

_DOMAIN_FIELDS = ("name", "sequence", "bounce_alias", "catchall_alias", "default_from")
# enough to name some
_MOST_ALIASES = 1000


def read_alias_domains(odoo: Odoo, snapshot: OdooSnapshot, all_desired: Sequence[Mapping[str, Any]]) -> None:
    going = _going(all_desired)
    if odoo.version <= CATCHALL_DOMAIN_UNTIL:
        snapshot.companies = odoo.search_read("res.company", [], ["name"])
        snapshot.mail_installed = True
        for company in snapshot.companies:
            company["active"] = True
        if going:
            used = odoo.search_read("mail.alias", [("alias_name", "!=", False)], ["alias_name"], limit=_MOST_ALIASES)
            snapshot.named_aliases = [alias["alias_name"] for alias in used]
        return
    try:
        snapshot.domains = odoo.search_read(DOMAIN_MODEL, [], _DOMAIN_FIELDS, order="sequence, id")
        snapshot.mail_installed = True
    except NoSuchModel:
        snapshot.mail_installed = False
        return
    snapshot.companies = [
        {**company, "alias_domain_id": id_of(company["alias_domain_id"])}
        for company in odoo.search_read("res.company", [], ["name", "active", "alias_domain_id"], archived=True)
    ]
    if not snapshot.domains:
        free = odoo.search_read("mail.alias", [("alias_domain_id", "=", False)], ["id"])
        snapshot.free_aliases = [alias["id"] for alias in free]
    elif going:
        snapshot.aliases_of_domain = {}
        ids = [domain["id"] for domain in snapshot.domains if domain["name"].lower() in going]
        for alias in odoo.search_read(
            "mail.alias", [("alias_domain_id", "in", ids)], ["alias_domain_id", "display_name"], limit=_MOST_ALIASES
        ):
            key = id_of(alias["alias_domain_id"]) or 0
            snapshot.aliases_of_domain.setdefault(key, []).append(alias["display_name"])


def _going(all_desired: Sequence[Mapping[str, Any]]) -> set[str]:
    """The domains to delete, spelled as in Odoo."""
    going = set()
    for desired in all_desired:
        if desired["state"] == "absent":
            # an invalid name fails when it is planned
            with contextlib.suppress(InvalidInput):
                going.add(names.to_text(names.custom_domain(desired["name"])))
    return going


def read_single_sender(
    odoo: Odoo, snapshot: OdooSnapshot, all_desired: Sequence[Mapping[str, Any]], servers_read: bool
) -> None:
    """What matters only if one address is, or was, the sender of all mail. From Odoo 17 on."""
    going = _going(all_desired)
    gone = [domain for domain in snapshot.domains if domain["name"].lower() in going]
    if any("@" in str(domain["default_from"]) for domain in gone):
        read_parameters(odoo, snapshot, [DEFAULT_FROM_FILTER])
    if any(map(is_single_sender, all_desired)) and not servers_read:
        # personal servers send only their owner's mail
        shared = [("owner_user_id", "=", False)] if odoo.version >= PERSONAL_SERVERS_SINCE else []
        snapshot.has_servers = bool(odoo.search_read(SERVER_MODEL, shared, ["name"], limit=1))


def read_aliases(odoo: Odoo, snapshot: OdooSnapshot) -> None:
    """All addresses that create records or receive replies: alias_name and, from 17 on, alias_domain_id."""
    fields = ["alias_name", "alias_domain_id"] if odoo.version > CATCHALL_DOMAIN_UNTIL else ["alias_name"]
    if snapshot.mail_installed:
        snapshot.aliases = [
            {**alias, "alias_domain_id": id_of(alias.get("alias_domain_id"))}
            for alias in odoo.search_read("mail.alias", [("alias_name", "!=", False)], fields)
        ]
