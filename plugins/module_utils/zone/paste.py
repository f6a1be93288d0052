# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans for the person who enters the records: a zone file to paste, a table for a web console. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..libraries import dns
from ..names import to_text
from .model import RecordSet
from .plan import Change, Plan
from .rdata import to_display, to_presentation

_DEFAULT_TTL = 3600  # seconds
_COLUMNS = ("action", "type", "host", "priority", "value", "ttl", "replaces")


def paste_zone_file(plans: Iterable[Plan]) -> str:
    """Master-file lines (RFC 1035 5) with absolute names; what to delete is a comment above its replacement."""
    lines = []
    for plan in plans:
        lines.append(f"; zone {to_text(plan.zone.name)}")
        for change in plan.changes:
            lines += [f"; remove: {_line(change.before, value)}" for value in _gone(change) if change.before]
            lines += [_line(change.after, value) for value in _new(change) if change.after]
    return "\n".join([*lines, ""]) if lines else ""


def paste_table(plans: Iterable[Plan]) -> list[dict[str, Any]]:
    """One row for each record to enter, change or delete, in the terms of web consoles.

    ``host`` is relative to the zone (``@``: the zone itself). ``value`` is unquoted and of any length; a target ends
    with a dot, so that no console completes it. ``priority`` holds the preference of an exchange.
    """
    return [row for plan in plans for change in plan.changes for row in _rows(plan, change)]


def _rows(plan: Plan, change: Change) -> Iterable[dict[str, Any]]:
    gone, new = _gone(change), _new(change)
    replaced = gone[0] if len(gone) == len(new) == 1 else None
    for value in gone if replaced is None else ():
        yield _row(plan, change.before, value, "delete", None)
    for value in new:
        yield _row(plan, change.after, value, "add" if replaced is None else "replace", replaced)


def _row(
    plan: Plan, record_set: RecordSet | None, value: dns.rdata.Rdata, action: str, replaced: dns.rdata.Rdata | None
) -> dict[str, Any]:
    if record_set is None:
        raise ValueError("a row without a record set")
    host = record_set.name.relativize(plan.zone.name).to_text()
    return {
        "action": action,
        "zone": to_text(plan.zone.name),
        "host": host,
        "name": to_text(record_set.name),
        "type": dns.rdatatype.to_text(record_set.rdtype),
        "value": _value(value),
        "priority": value.preference if value.rdtype == dns.rdatatype.MX else None,  # type: ignore[attr-defined]
        "ttl": _ttl(record_set),
        "replaces": _value(replaced) if replaced is not None else None,
    }


def _value(value: dns.rdata.Rdata) -> str:
    if value.rdtype == dns.rdatatype.TXT:
        return to_display(value)
    if value.rdtype == dns.rdatatype.MX:
        return value.exchange.to_text()  # type: ignore[attr-defined, no-any-return]
    return to_presentation(value)


def _line(record_set: RecordSet | None, value: dns.rdata.Rdata) -> str:
    if record_set is None:
        raise ValueError("a line without a record set")
    kind = dns.rdatatype.to_text(record_set.rdtype)
    return f"{record_set.name.to_text()} {_ttl(record_set)} IN {kind} {to_presentation(value)}"


def _ttl(record_set: RecordSet) -> int:
    return _DEFAULT_TTL if record_set.ttl is None else record_set.ttl


def _gone(change: Change) -> list[dns.rdata.Rdata]:
    """The values to delete; all of them if the TTL changes, which is part of every record of a set."""
    before, after = change.before, change.after
    if before is None:
        return []
    if after is None or before.ttl != after.ttl:
        return list(before.values)
    return [value for value in before.values if value not in after.values]


def _new(change: Change) -> list[dns.rdata.Rdata]:
    before, after = change.before, change.after
    if after is None:
        return []
    if before is None or before.ttl != after.ttl:
        return list(after.values)
    return [value for value in after.values if value not in before.values]
