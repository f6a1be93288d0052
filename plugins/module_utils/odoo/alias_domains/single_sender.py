# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One address as the sender of all mail, in a database without outgoing servers. No I/O.

With servers, Odoo 17 and newer uses the alias domain's default sender if no FROM filter accepts the real one.
Without any, it does so only for senders that the default FROM filter rejects, and all companies share that filter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..database.aliases import clean_default_from
from ..database.filters import canonical
from ..database.planned_change import named
from ..database.snapshot import OdooSnapshot
from ..parameters.plan import DEFAULT_FROM_FILTER, plan_parameters
from .plan import DEFAULTS, PlannedAliasDomain


def is_single_sender(desired: Mapping[str, Any]) -> bool:
    stated = desired["state"] != "absent" and desired.get("override_all_senders")
    return bool(stated and "@" in clean_default_from(desired.get("default_from") or ""))


def plan_single_sender(
    snapshot: OdooSnapshot,
    all_desired: Sequence[Mapping[str, Any]],
    changes: Sequence[PlannedAliasDomain],
    will_have_servers: bool,
) -> None:
    """Add the default FROM filter to the changes that need it, or say how else to get there."""
    _forget(snapshot, changes)
    single = [
        change for desired, change in zip(all_desired, changes) if is_single_sender(desired) and change.failure is None
    ]
    if not single or will_have_servers or _has_servers(snapshot):
        return
    senders = _senders(snapshot, changes)
    others = [name for name, sender in senders if "@" not in sender]
    text = ",".join(dict.fromkeys(sender for dummy, sender in senders if "@" in sender))
    current = canonical(snapshot.parameter(DEFAULT_FROM_FILTER), snapshot.version)
    for change in single:
        address = _sender(snapshot, change)
        if senders and not others and address in text.split(","):
            plan_parameters(snapshot, change, {DEFAULT_FROM_FILTER: text})
        elif address.lower() not in current:
            whose = f", here also for {named(others)}" if others else ""
            change.warnings.append(
                f"Mail of {change.name} keeps its senders, instead of {address}, because Odoo has no outgoing server "
                f"and no default FROM filter, which is one for all companies{whose}: set up an outgoing server with "
                f"the from_filter {address}, or state default_from_filter: [{address}] among the mail settings."
            )


def _has_servers(snapshot: OdooSnapshot) -> bool:
    if OdooSnapshot.has_servers.is_read(snapshot):
        return snapshot.has_servers
    return any(server["active"] for server in snapshot.servers)


def _senders(snapshot: OdooSnapshot, changes: Sequence[PlannedAliasDomain]) -> list[tuple[str, str]]:
    """Each active company with its default sender after the changes; empty without an alias domain."""
    of_domain = {domain["id"]: str(domain["default_from"] or "") for domain in snapshot.domains}
    of_company: dict[int, str] = {}
    for change in changes:
        if change.failure is None:
            of_company.update(dict.fromkeys(change.companies, _sender(snapshot, change)))
            if change.record_id is not None:
                of_domain[change.record_id] = "" if change.action == "delete" else _sender(snapshot, change)
    return [
        (company["name"], of_company.get(company["id"], of_domain.get(company["alias_domain_id"] or 0, "")))
        for company in snapshot.companies
        if company["active"]
    ]


def _sender(snapshot: OdooSnapshot, change: PlannedAliasDomain) -> str:
    """The default sender of a change's alias domain, as stored."""
    record = next((domain for domain in snapshot.domains if domain["id"] == change.record_id), DEFAULTS)
    return str({**record, **change.values}["default_from"] or "")


def _forget(snapshot: OdooSnapshot, changes: Sequence[PlannedAliasDomain]) -> None:
    """Remove the filter if its alias domain goes, because it would block all other senders."""
    single = {domain["id"] for domain in snapshot.domains if "@" in str(domain["default_from"])}
    for change in changes:
        if change.action == "delete" and change.failure is None and change.record_id in single:
            current = canonical(snapshot.parameter(DEFAULT_FROM_FILTER), snapshot.version)
            if current and all(part.endswith(f"@{change.name.strip().lower()}") for part in current):
                plan_parameters(snapshot, change, {DEFAULT_FROM_FILTER: ""})
