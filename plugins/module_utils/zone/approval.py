# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes that somebody has approved: a domain that needs any other change is left alone. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .plan import Change

# Each in the form of ``Change.as_data``, at most one for each name and type.
Approved = Sequence[Mapping[str, Any]]

OPTIONS: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "options": {
        "name": {"type": "str", "required": True},
        "type": {"type": "str", "required": True},
        "more": {"type": "bool"},
        **{
            moment: {
                "type": "dict",
                "options": {
                    "ttl": {"type": "int"},
                    "values": {"type": "list", "elements": "str", "required": True},
                },
            }
            for moment in ("before", "after")
        },
    },
}
_AGAIN = "Make a new plan, and have it approved."


def unapproved(changes: Sequence[Change], approved: Approved) -> str:
    """The difference between the planned and the approved changes, as a sentence; empty if there is none.

    An approved change that is already in place is no difference. A set that may get ``more`` may have values that were
    unknown when the changes were approved, and must lose none.
    """
    known = {(one["name"], one["type"]): one for one in approved}
    for change in map(Change.as_data, changes):
        what = f"{change['name']} {change['type']}"
        planned = known.get((change["name"], change["type"]))
        if planned is not None and planned.get("more"):
            if planned.get("before") is None and planned.get("after") is None:
                planned = {**planned, "before": change["before"], "after": change["before"]}
            if _adds(planned["after"], change["after"]):
                planned = {**planned, "after": change["after"]}
        if planned is None:
            return f"The plan does not contain the change of {what} to {_formatted(change['after'])}. {_AGAIN}"
        if not _same(planned.get("before"), change["before"]):
            return (
                f"The plan is stale: when it was made, {what} was {_formatted(planned.get('before'))}, and it is "
                f"{_formatted(change['before'])} now. {_AGAIN}"
            )
        if not _same(planned.get("after"), change["after"]):
            return (
                f"The plan says that {what} becomes {_formatted(planned.get('after'))}, and it would become "
                f"{_formatted(change['after'])}. {_AGAIN}"
            )
    return ""


def _same(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.get("ttl") == other.get("ttl") and sorted(one["values"]) == sorted(other["values"])


def _adds(planned: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> bool:
    """Whether a set gets all that was planned, and possibly more."""
    if after is None or planned is None:
        return after is not None
    return planned.get("ttl") == after.get("ttl") and not set(planned["values"]) - set(after["values"])


def _formatted(record_set: Mapping[str, Any] | None) -> str:
    if record_set is None:
        return "not there"
    ttl = f" (TTL {record_set['ttl']})" if record_set.get("ttl") is not None else ""
    return f"{', '.join(sorted(record_set['values']))}{ttl}"
