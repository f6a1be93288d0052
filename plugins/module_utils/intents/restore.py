# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restore what a write replaced, from the file in which it was saved."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from ..errors import Conflict
from ..zone.intent import Intent, Notes
from ..zone.model import Draft, Key, RecordSet
from ..zone.plan import Change
from ..zone.rdata import quoted


class Restored(Intent):
    """A record set has its former values again, unless it was changed since.

    ``force`` restores it in any case.
    """

    def __init__(self, change: Change, force: bool) -> None:
        self.name = change.record_set.name
        self.change = change
        self.force = force

    def sees(self) -> Iterable[Key]:
        return [self.change.record_set.key]

    def revise(self, draft: Draft, notes: Notes) -> None:
        key = self.change.record_set.key
        now, wanted = draft.get(*key), self.change.before
        if _same(now, wanted):
            return
        if not self.force and not _same(now, self.change.after):
            raise Conflict(
                f"{self.change.record_set} was changed since the backup: it holds {_formatted(now)}, and the saved "
                f"write had left {_formatted(self.change.after)}. Check it, and set force: true to restore "
                f"{_formatted(wanted)} anyway."
            )
        if wanted is None:
            draft.remove(*key)
        elif now is None:
            draft.put(wanted)
        else:
            draft.put(dataclasses.replace(now, values=wanted.values, ttl=wanted.ttl))


def _same(one: RecordSet | None, other: RecordSet | None) -> bool:
    return other is None if one is None else one.same_as(other)


def _formatted(record_set: RecordSet | None) -> str:
    return quoted(record_set.values) if record_set else "nothing"
