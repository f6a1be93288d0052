# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of each domain, and how the outcome of a zone is shared among its domains. Pure: no I/O."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from ..libraries import dns
from ..names import to_text
from . import paste
from .intent import Notes
from .model import Key, Snapshot
from .plan import Change, Plan, describe


@dataclasses.dataclass
class DomainResult:
    """What changed for one domain; in check mode what would change."""

    changes: list[Change] = dataclasses.field(default_factory=list)
    notes: Notes = dataclasses.field(default_factory=Notes)
    zones: list[str] = dataclasses.field(default_factory=list)
    name_servers: tuple[str, ...] = ()  # those that the first zone itself names; empty if they were not read
    backups: list[str] = dataclasses.field(default_factory=list)
    pending: list[Plan] = dataclasses.field(default_factory=list)  # plans that a person has to carry out
    error: str | None = None

    @property
    def changed(self) -> bool:
        return bool(self.changes)

    @property
    def diff(self) -> str:
        return "\n".join(line for change in self.changes for line in describe(change))

    def as_dict(self) -> dict[str, Any]:
        """What a module returns about one domain, without its diff, warnings and failure."""
        described: dict[str, Any] = {
            "changed": self.changed,
            "left_alone": list(dict.fromkeys(self.notes.left_alone)),
            "zones": self.zones,
            "changes": [change.as_data() for change in self.changes],
        }
        if self.backups:
            described["backup_files"] = self.backups
        if self.pending:
            described["manual"] = {
                "zone_file": paste.paste_zone_file(self.pending),
                "records": paste.paste_table(self.pending),
            }
        return described


@dataclasses.dataclass
class Revision:
    """What one domain did to the draft of a zone."""

    notes: Notes = dataclasses.field(default_factory=Notes)
    keys: set[Key] = dataclasses.field(default_factory=set)
    error: str | None = None


def outcome_of(plan: Plan, revisions: Mapping[dns.name.Name, Revision]) -> dict[dns.name.Name, DomainResult]:
    return {
        domain: DomainResult(
            changes=[change for change in plan.changes if change.record_set.key in revision.keys],
            notes=revision.notes,
            zones=[str(plan.zone)],
            name_servers=_name_servers(plan.snapshot),
            error=revision.error,
        )
        for domain, revision in revisions.items()
    }


def _name_servers(snapshot: Snapshot) -> tuple[str, ...]:
    found = snapshot.get(snapshot.zone.name, dns.rdatatype.NS)
    values = found.values if found is not None else ()
    return tuple(sorted(to_text(value.target).lower() for value in values))  # type: ignore[attr-defined]


def hand_over(plan: Plan, outcome: dict[dns.name.Name, DomainResult]) -> dict[dns.name.Name, DomainResult]:
    """Where we may not write, a person makes the changes: nothing is changed, and the plan is pending."""
    for result in outcome.values():
        if result.changes:
            result.pending.append(Plan(plan.snapshot, tuple(result.changes)))
            result.changes = []
    return outcome


def report_race(
    outcome: Mapping[dns.name.Name, DomainResult], race: str, written: Mapping[dns.name.Name, list[Change]]
) -> None:
    """Report a lost race in every result; what an earlier attempt wrote counts as changed."""
    for domain, result in outcome.items():
        if domain in written or result.changed:
            result.notes.warnings.append(race)
        if not result.changed:
            result.changes = list(written.get(domain, []))


def writers_failed(
    outcome: dict[dns.name.Name, DomainResult],
    reason: str,
    partly: bool = False,
    backups: Sequence[str] = (),
    redundant: str = "",
) -> dict[dns.name.Name, DomainResult]:
    """Fail every domain that had something to write; changed if a part was written.

    ``redundant``: a warning already contained in the reason; it is dropped.
    """
    for result in outcome.values():
        if result.changes:
            result.notes.warnings = [warning for warning in result.notes.warnings if warning != redundant]
            result.changes = result.changes if partly else []
            result.backups += backups
            result.error = result.error or reason
    return outcome


def join(whole: DomainResult, part: DomainResult) -> None:
    """Add the outcome for a domain in one more zone."""
    whole.changes += part.changes
    whole.notes.warnings += part.notes.warnings
    whole.notes.left_alone += part.notes.left_alone
    if not whole.zones:
        whole.name_servers = part.name_servers
    whole.zones += [zone for zone in part.zones if zone not in whole.zones]
    whole.backups += part.backups
    whole.pending += part.pending
    whole.error = whole.error or part.error
