# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The planned change for each entry, and its outcome; common to all resources."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ...printable import printable

KNOWN_AFTER_APPLY = "known after apply"
CHANGED = "changed"  # shown for a secret
_RUN_OR_CHANGE = "Run the rollout, or change the inventory."


class Line(NamedTuple):
    """A field as shown to people. ``of``: the record that has it, if not the change's own."""

    label: str
    value: str
    of: str = ""

    def __str__(self) -> str:
        return f"{self.of or self.label}: {self.value}"


class Difference(NamedTuple):
    """One difference between Odoo and an entry: its subject, and a sentence."""

    subject: str
    found: str
    cure: str


@dataclass
class PlannedChange:
    """One entry: what it changes, in Odoo's own fields, and how that is shown.

    ``action`` is none, create, update or delete. ``failure`` is the complete message, and ends the change.
    """

    resource: str  # in words: "alias domain"
    name: str
    owner: str
    action: str = "none"
    record_id: int | None = None
    values: dict[str, Any] = field(default_factory=dict)
    before: list[Line] = field(default_factory=list)
    after: list[Line] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    failure: str | None = None
    done: bool = False  # something was written before the failure
    reported: dict[str, Any] = field(default_factory=dict)  # results specific to this resource
    chosen: frozenset[str] = frozenset()  # labels of fields that nobody stated, chosen to fit the others

    @property
    def changed(self) -> bool:
        if self.failure is not None:
            return self.done
        return self.action != "none"

    @property
    def reported_warnings(self) -> list[str]:
        """Without warnings about what did not come about."""
        return [] if self.failure is not None and not self.changed else list(self.warnings)

    def fail(self, message: str) -> None:
        self.failure = message if self.failure is None else self.failure

    def result(self) -> dict[str, Any]:
        """What the module returns for this entry."""
        return {
            "changed": self.changed,
            "diff": self.diff() if self.changed else {},
            "warnings": self.reported_warnings,
            "failed": self.failure is not None,
            "msg": self.failure or "",
            "id": self.record_id,
            **self.facts(),
        }

    def facts(self) -> dict[str, Any]:
        """Results specific to this resource."""
        return dict(self.reported)

    def differences(self) -> list[Difference]:
        """What differs in Odoo from the entry, field by field; an entry that cannot be met says why."""
        subject = f"{self.resource} {self.name}"
        if self.failure is not None:
            return [Difference(subject, self.failure, "")]
        found = []
        if self.action == "create":
            found.append(Difference(subject, "It is not in Odoo.", _RUN_OR_CHANGE))
        elif self.action == "delete":
            found.append(
                Difference(subject, "It is in Odoo, and the inventory says that it must not be.", _RUN_OR_CHANGE)
            )
        now = {(line.of, line.label): line.value for line in self.before}
        for line in self.after if self.action != "none" else ():
            there = now.get((line.of, line.label), line.value)
            if there != line.value:
                found.append(Difference(line.of or subject, _difference(line, there), _RUN_OR_CHANGE))
        return found

    def diff(self) -> dict[str, str]:
        header = f"{self.resource} {self.name}"
        return {
            "before_header": header,
            "after_header": header,
            "before": _text(self.before),
            "after": _text(self.after),
        }


def _text(lines: list[Line]) -> str:
    return "".join(f"{printable(str(line))}\n" for line in lines)


def _difference(line: Line, there: str) -> str:
    if line.value == CHANGED:  # a secret
        return f"Its {line.label} in Odoo differs from that in the inventory."
    return f"Its {line.label} is {there} in Odoo, and {line.value} in the inventory."


def show(value: Any) -> str:
    """A value in a diff; Odoo's False is an empty text."""
    if value is False or value is None or value == "":
        return "(none)"
    return str(value)


def named(names: list[str], most: int = 5) -> str:
    """Names in a sentence, limited in number."""
    listed = ", ".join(names[:most])
    return listed if len(names) <= most else f"{listed} and {len(names) - most} more"
