# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One whole address as the sender of all mail, in a database without outgoing servers. No I/O.

With servers, Odoo 17 and newer falls back to the default sender of the alias domain where no FROM filter takes the
real one. Without any, it does so only for what the default FROM filter lets not through, and that is one for all
companies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.alias_domains.plan import (
    DEFAULTS,
    PlannedAliasDomain,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.aliases import clean_default_from
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.filters import canonical
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.planned_change import named
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.snapshot import OdooSnapshot
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.parameters.plan import (
    DEFAULT_FROM_FILTER,
    plan_parameters,
)


def is_single_sender(wish: Mapping[str, Any]) -> bool:
    stated = wish["state"] != "absent" and wish.get("override_all_senders")
    return bool(stated and "@" in clean_default_from(wish.get("default_from") or ""))


def plan_single_sender(
    snapshot: OdooSnapshot, wishes: Sequence[Mapping[str, Any]], steps: Sequence[PlannedAliasDomain], has_servers: bool
) -> None:
    """Add the default FROM filter to the steps that need it, or say what else would bring it about."""
    _forget(snapshot, steps)
    single = [step for wish, step in zip(wishes, steps) if is_single_sender(wish) and step.failure is None]
    if not single or has_servers:
        return
    senders = _senders(snapshot, steps)
    others = [name for name, sender in senders if "@" not in sender]
    text = ",".join(dict.fromkeys(sender for dummy, sender in senders if "@" in sender))
    held = canonical(snapshot.parameter(DEFAULT_FROM_FILTER))
    for step in single:
        address = _sender(snapshot, step)
        if senders and not others and address in text.split(","):
            plan_parameters(snapshot, step, {DEFAULT_FROM_FILTER: text})
        elif address.lower() not in held:
            whose = f", here also for {named(others)}" if others else ""
            step.warnings.append(
                f"Mail of {step.name} keeps its senders, instead of {address}, because Odoo has no outgoing server and "
                f"no default FROM filter, which is one for all companies{whose}: set up an outgoing server with the "
                f"from_filter {address}, or state default_from_filter: [{address}] among the mail settings."
            )


def _senders(snapshot: OdooSnapshot, steps: Sequence[PlannedAliasDomain]) -> list[tuple[str, str]]:
    """Each active company, and the default sender it has once the steps are done: empty without an alias domain."""
    of_domain = {domain["id"]: str(domain["default_from"] or "") for domain in snapshot.domains}
    of_company: dict[int, str] = {}
    for step in steps:
        if step.failure is None:
            of_company.update(dict.fromkeys(step.companies, _sender(snapshot, step)))
            if step.record_id is not None:
                of_domain[step.record_id] = "" if step.action == "delete" else _sender(snapshot, step)
    return [
        (company["name"], of_company.get(company["id"], of_domain.get(company["alias_domain_id"] or 0, "")))
        for company in snapshot.companies
        if company["active"]
    ]


def _sender(snapshot: OdooSnapshot, step: PlannedAliasDomain) -> str:
    """The default sender of the alias domain of a step, as stored."""
    record = next((domain for domain in snapshot.domains if domain["id"] == step.record_id), DEFAULTS)
    return str({**record, **step.values}["default_from"] or "")


def _forget(snapshot: OdooSnapshot, steps: Sequence[PlannedAliasDomain]) -> None:
    """The filter of an alias domain that goes would keep the senders of all others from leaving."""
    held = canonical(snapshot.parameter(DEFAULT_FROM_FILTER))
    for step in steps:
        own = held and all(part.endswith(f"@{step.name.strip().lower()}") for part in held)
        if step.action == "delete" and step.failure is None and own:
            plan_parameters(snapshot, step, {DEFAULT_FROM_FILTER: ""})
