# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a domain's mail server must redirect to Odoo, so that replies, bounces and new mail arrive. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ... import names
from ...errors import PostmasterError
from ..database.planned_change import PlannedChange
from ..database.snapshot import OdooSnapshot
from ..database.versions import CATCHALL_DOMAIN_UNTIL
from ..parameters.plan import BOUNCE_ALIAS, CATCHALL_ALIAS, PlannedParameters

_DEFAULTS = {"catchall_alias": "catchall", "bounce_alias": "bounce"}
_PARAMETERS = {"catchall_alias": CATCHALL_ALIAS, "bounce_alias": BOUNCE_ALIAS}


def report_redirections(
    snapshot: OdooSnapshot,
    all_desired: Sequence[Mapping[str, Any]],
    changes: Sequence[PlannedChange],
    keep_aliases: bool,
) -> None:
    """Set ``redirections`` (``from`` and ``to``, addresses) for each alias domain with a stated mailbox of Odoo.

    ``keep_aliases``: mail aliases without a domain do not get the first alias domain.
    """
    for desired, change in zip(all_desired, changes):
        if not desired.get("redirect_to") or desired["state"] == "absent" or change.failure is not None:
            continue
        try:
            domain = names.to_text(names.custom_domain(desired["name"]))
            target = names.to_text(names.domain_name(desired["redirect_to"]))
        except PostmasterError as error:
            change.fail(str(error))
            continue
        locals_ = [_own_alias(snapshot, change, option) for option in _DEFAULTS]
        locals_ += sorted(_aliases(snapshot, change, keep_aliases))
        change.reported["redirections"] = [
            {"from": f"{local}@{domain}", "to": f"{local}@{target}"} for local in dict.fromkeys(locals_)
        ]


def _own_alias(snapshot: OdooSnapshot, change: PlannedChange, option: str) -> str:
    """The catchall or bounce alias after the change."""
    if isinstance(change, PlannedParameters) and snapshot.version <= CATCHALL_DOMAIN_UNTIL:
        key = _PARAMETERS[option]
        return change.stated.get(key) or snapshot.parameter(key) or _DEFAULTS[option]
    record = next((domain for domain in snapshot.domains if domain["id"] == change.record_id), {})
    return str(change.values.get(option) or record.get(option) or _DEFAULTS[option])


def _aliases(snapshot: OdooSnapshot, change: PlannedChange, keep_aliases: bool) -> set[str]:
    """The names of the domain's mail aliases after the change."""
    if snapshot.version <= CATCHALL_DOMAIN_UNTIL:
        return {alias["alias_name"] for alias in snapshot.aliases}
    first = change.record_id is None and not snapshot.domains and not keep_aliases
    return {
        alias["alias_name"]
        for alias in snapshot.aliases
        if alias["alias_domain_id"] == change.record_id and (change.record_id is not None or first)
    }
