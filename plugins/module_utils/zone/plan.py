# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The difference between a zone and its draft: the changes in a safe order, and their diff. Pure: no I/O."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ..libraries import dns
from ..names import to_text
from .model import Draft, Key, RecordSet, Snapshot, Zone
from .rdata import to_display


@dataclasses.dataclass(frozen=True)
class Change:
    """One whole record set before and after the change; None if it does not exist."""

    before: RecordSet | None
    after: RecordSet | None

    @property
    def record_set(self) -> RecordSet:
        """The set that identifies this change by its owner name and type."""
        chosen = self.after or self.before
        if chosen is None:
            raise ValueError("a change without a record set")
        return chosen

    @property
    def kind(self) -> str:
        """``create``, ``replace`` or ``delete``."""
        if self.before is None:
            return "create"
        return "delete" if self.after is None else "replace"

    def as_data(self) -> dict[str, Any]:
        """As modules return it and plan files store it; ``before`` or ``after`` is None if there is no set."""
        return {
            "name": to_text(self.record_set.name),
            "type": dns.rdatatype.to_text(self.record_set.rdtype),
            "before": _as_data(self.before),
            "after": _as_data(self.after),
        }


@dataclasses.dataclass(frozen=True)
class Plan:
    """The changes to one zone, in a safe order for providers that write one change at a time.

    Deletions that make room for another type at their name come first (a CNAME before the TXT that replaces it), then
    creations and replacements, then the other deletions: an interruption leaves too much rather than too little.
    """

    snapshot: Snapshot
    changes: tuple[Change, ...]

    @property
    def zone(self) -> Zone:
        return self.snapshot.zone

    def __bool__(self) -> bool:
        return bool(self.changes)

    def diff(self) -> str:
        """The plan as people read it; empty if nothing changes."""
        return "\n".join(line for change in self.changes for line in describe(change))


def plan(draft: Draft, since: Mapping[Key, RecordSet | None] | None = None) -> Plan:
    """The changes that turn the zone into its draft; ``since``: only what was revised after a checkpoint."""
    changes = [Change(before, after) for before, after in draft.revised(since)]
    created = {change.record_set.key for change in changes if change.kind == "create"}
    names = {name for name, dummy in created}

    def rank(change: Change) -> tuple[int, str, str]:
        name, rdtype = change.record_set.key
        for_cname = (name, dns.rdatatype.CNAME) in created
        makes_room = for_cname or (rdtype == dns.rdatatype.CNAME and name in names)
        order = 1 if change.kind != "delete" else 0 if makes_room else 2
        return order, to_text(name), dns.rdatatype.to_text(rdtype)

    return Plan(draft.snapshot, tuple(sorted(changes, key=rank)))


def describe(change: Change) -> list[str]:
    """The lines of one change: the set, ``-`` what goes, ``+`` what comes, and what stays beside it."""
    before, after = change.before, change.after
    old = {value: to_display(value) for value in (before.values if before else ())}
    new = {value: to_display(value) for value in (after.values if after else ())}
    heading = f"{to_text(change.record_set.name)}  {dns.rdatatype.to_text(change.record_set.rdtype)}"
    lines = [f"{heading}{_ttl(before, after)}"]
    lines += [f"- {text}" for value, text in old.items() if value not in new]
    lines += [f"+ {text}" for value, text in new.items() if value not in old]
    lines += [f"  {text} (kept)" for value, text in old.items() if value in new]
    return lines


def _as_data(record_set: RecordSet | None) -> dict[str, Any] | None:
    if record_set is None:
        return None
    return {"ttl": record_set.ttl, "values": [to_display(value) for value in record_set.values]}


def _ttl(before: RecordSet | None, after: RecordSet | None) -> str:
    if before is None and after is not None and after.ttl is not None:
        return f"  (TTL {after.ttl})"
    if before is not None and after is not None and before.ttl != after.ttl:
        return f"  (TTL {before.ttl if before.ttl is not None else 'of the zone'} -> {after.ttl})"
    return ""
