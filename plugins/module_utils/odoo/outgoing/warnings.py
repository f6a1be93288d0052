# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Warnings about outgoing servers that are configured as asked but may not do what is expected. No I/O."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from ...services.registry import service_at
from ..database.filters import canonical
from ..database.planned_change import PlannedChange, named
from ..database.snapshot import OdooSnapshot
from .fields import BLOCKED_PORT, STRICT
from .token_services import SERVICES
from .used_servers import ALL_OTHERS, UsedServer


def warnings_of(
    desired: Mapping[str, Any], values: Mapping[str, Any], result: Mapping[str, Any], snapshot: OdooSnapshot
) -> list[str]:
    """For one entry: ``values`` are the fields that it states, ``result`` all fields after the run."""
    return [
        *_unverified(desired, values, snapshot),
        *_left_out(desired, snapshot),
        *_blocked_port(desired, values, result, snapshot),
        *_filter_advice(desired, result, snapshot),
        *_password_note(desired, result, datetime.date.today()),
    ]


def _unverified(desired: Mapping[str, Any], values: Mapping[str, Any], snapshot: OdooSnapshot) -> list[str]:
    if (
        values.get("smtp_encryption", "none") == "none"
        or STRICT in snapshot.server_fields.get("smtp_encryption", [])
        or desired.get("verify_certificate") is False
    ):
        return []
    return [
        f"Odoo {snapshot.version} does not verify certificates of mail servers, so verify_certificate has no "
        f"effect on {desired['name']}: set verify_certificate: false if that is acceptable."
    ]


def _left_out(desired: Mapping[str, Any], snapshot: OdooSnapshot) -> list[str]:
    warnings = []
    if desired.get("from_filter") and "from_filter" not in snapshot.server_fields:
        warnings.append(
            f"Odoo {snapshot.version} has no FROM filters, so that of {desired['name']} is left out: the server with "
            "the smallest priority takes the mail of all senders."
        )
    if desired.get("max_email_size") and "max_email_size" not in snapshot.server_fields:
        warnings.append(
            f"Odoo {snapshot.version} has no size limits, so max_email_size of {desired['name']} is left out: "
            "it came with Odoo 18."
        )
    return warnings


def _blocked_port(
    desired: Mapping[str, Any], values: Mapping[str, Any], result: Mapping[str, Any], snapshot: OdooSnapshot
) -> list[str]:
    if (
        not snapshot.hosted
        or desired["state"] != "present"
        or result.get("smtp_authentication") == "cli"
        or result.get("smtp_port") != BLOCKED_PORT
        or "smtp_port" in values
    ):
        return []
    return [
        f"{desired['name']} uses port 25, which Odoo Online and Odoo.sh block, so its mail cannot leave: set port 465, "
        "587 or 2525."
    ]


def _filter_advice(desired: Mapping[str, Any], result: Mapping[str, Any], snapshot: OdooSnapshot) -> list[str]:
    service = SERVICES.get(str(result.get("smtp_authentication")))
    user = str(result.get("smtp_user") or "")
    if service is None or desired["state"] != "present" or "from_filter" not in snapshot.server_fields:
        return []
    parts = canonical(result.get("from_filter"), snapshot.version)
    if {user.lower(), user.rpartition("@")[2].lower()} & parts:
        return []
    return [
        f"{service.name} lets {user} send only as itself and its aliases, and the FROM filter of {desired['name']} "
        f"does not name it: set from_filter: [{user}]."
    ]


def _password_note(desired: Mapping[str, Any], result: Mapping[str, Any], today: datetime.date) -> list[str]:
    service = service_at(str(result.get("smtp_host") or ""))
    by_password = (result.get("smtp_authentication") or "login") == "login" and result.get("smtp_pass")
    if service is None or service.login is None or not by_password or desired["state"] != "present":
        return []
    note = service.login.password_note(today)
    return [f"{desired['name']} logs in with a password: {note}. Use authentication: {service.name}."] if note else []


def warn_of_wide_filters(
    servers: Sequence[UsedServer],
    changes: Sequence[PlannedChange],
    all_desired: Sequence[Mapping[str, Any]],
    snapshot: OdooSnapshot,
) -> None:
    """Warn of servers that take other companies' mail, or that compete with Odoo's own server (cli).

    Such a server should be limited to its own domain: Odoo's subdomain for that one, custom domains for others. An
    explicit empty from_filter says that it is intended, except if both kinds exist.
    """
    if "from_filter" not in snapshot.server_fields:
        return
    cli = [server for server in servers if server.authentication == "cli"]
    others = [server for server in servers if server.authentication != "cli"]
    for server in servers:
        if server.change is None:
            continue
        warning = None
        if cli and others:
            warning = _unpaired(server, others if server.authentication == "cli" else cli, snapshot)
        elif ALL_OTHERS in server.parts and all_desired[server.change].get("from_filter") is None:
            warning = (
                f"{server.name} has no FROM filter, so it takes the mail of every sender that no other server's filter "
                "names: set from_filter, or from_filter: [] if that is intended."
            )
        if warning:
            changes[server.change].warnings.append(warning)
    for server in others:
        odoo_domains = sorted(part for part in _domains(server) if part.endswith(".odoo.com"))
        if odoo_domains and server.change is not None:
            changes[server.change].warnings.append(
                f"{server.name} has {named(odoo_domains)} in its FROM filter, for which only Odoo's own server may "
                "send, because its DNS records cannot be changed: remove it."
            )


def _unpaired(server: UsedServer, beside: Sequence[UsedServer], snapshot: OdooSnapshot) -> str | None:
    names = named([one.name for one in beside])
    if server.authentication != "cli":
        if ALL_OTHERS in server.parts:
            return (
                f"{server.name} has no FROM filter beside {names}, through which Odoo sends as its command line says: "
                "set from_filter to the custom domain."
            )
    elif snapshot.odoo_domain and snapshot.odoo_domain not in _domains(server):
        return (
            f"{server.name} sends through Odoo's own server beside {names}, and its FROM filter does not name Odoo's "
            f"subdomain {snapshot.odoo_domain}, whose senders are then replaced: add it to from_filter."
        )
    elif ALL_OTHERS in server.parts:
        return (
            f"{server.name} sends as Odoo's command line says beside {names} and has no FROM filter: "
            "set from_filter to the domain that it may send for."
        )
    return None


def _domains(server: UsedServer) -> set[str]:
    return {part.rpartition("@")[2] for part in server.parts}
