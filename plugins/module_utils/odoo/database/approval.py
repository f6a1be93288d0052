# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes that somebody has approved: an owner with any other change gets nothing. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...printable import printable
from .planned_change import PlannedChange

# By owner, each in the form of ``as_data``.
Approved = Mapping[str, Sequence[Mapping[str, Any]]]
_AGAIN = "Make a new plan, and have it approved."
_DONE = {"create": "created", "update": "changed", "delete": "deleted"}


def as_data(change: PlannedChange) -> dict[str, Any]:
    """A change as plan files store it, without empty parts. A secret only appears as set or changed."""
    before = {(line.of, line.label): printable(line.value) for line in change.before}
    after = {(line.of, line.label): printable(line.value) for line in change.after}
    fields: list[dict[str, Any]] = [
        {"record": of, "field": label, "before": before.get((of, label)), "after": after.get((of, label))}
        for of, label in {**after, **before}
        if before.get((of, label)) != after.get((of, label))
    ]
    fields = [{name: value for name, value in one.items() if value} for one in fields]
    for one in fields:
        if "record" not in one and one["field"] in change.chosen:
            one["chosen"] = True
    return {"resource": change.resource, "name": change.name, "action": change.action, "fields": fields}


def planned_by_owner(changes: Sequence[PlannedChange]) -> dict[str, list[dict[str, Any]]]:
    """The planned changes of each owner."""
    found: dict[str, list[dict[str, Any]]] = {}
    for change in changes:
        if change.changed:
            found.setdefault(change.owner, []).append(as_data(change))
    return found


def unapproved(changes: Sequence[Mapping[str, Any]], approved: Sequence[Mapping[str, Any]]) -> str:
    """The difference between one owner's planned and approved changes; empty if there is none.

    An approved change that is already in place is no difference.
    """
    known = {(one["resource"], one["name"]): one for one in approved}
    for change in changes:
        what = f"{change['resource']} {change['name']}"
        planned = known.get((change["resource"], change["name"]))
        if planned is None or planned["action"] != change["action"]:
            return f"The plan does not say that Odoo's {what} is to be {_DONE[change['action']]}. {_AGAIN}"
        fields = {(one.get("record"), one["field"]): one for one in planned["fields"]}
        for one in change["fields"]:
            field = f"{one.get('record') or what}: {one['field']}"
            there = fields.get((one.get("record"), one["field"]))
            if there is None:
                return f"The plan does not say that {field} becomes {_formatted(one, 'after')} in Odoo. {_AGAIN}"
            if there.get("chosen") and one.get("chosen"):
                continue  # chosen to fit the others, so it may differ when other hosts take part
            if there.get("before") != one.get("before"):
                return (
                    f"The plan is stale: when it was made, {field} was {_formatted(there, 'before')} in Odoo, and it "
                    f"is {_formatted(one, 'before')} now. {_AGAIN}"
                )
            if there.get("after") != one.get("after"):
                return (
                    f"The plan says that {field} becomes {_formatted(there, 'after')} in Odoo, and it would become "
                    f"{_formatted(one, 'after')}. {_AGAIN}"
                )
    return ""


def _formatted(field: Mapping[str, Any], moment: str) -> str:
    return str(field.get(moment) or "not there")


def fail_unapproved(changes: Sequence[PlannedChange], approved: Approved) -> None:
    """Fail all changes of each owner with a change that was not approved."""
    for owner, planned in planned_by_owner(changes).items():
        reason = unapproved(planned, approved[owner]) if owner in approved else ""
        for change in changes if reason else ():
            if change.owner == owner:
                change.fail(reason)
