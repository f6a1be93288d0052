# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Change record sets in the text of a master file without touching the rest of it. Pure: no I/O.

An unchanged value keeps its line. A replaced value is replaced within its line. A new value goes right after its
siblings, a new name after its closest relatives. What later lines inherited from a changed line (a blank owner, an
unstated TTL) is then stated there, so that their meaning stays.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable
from typing import NamedTuple

from ..errors import Conflict
from ..libraries import dns
from .master_file import DefaultTtl, FileRecord, MasterFile, TtlState
from .model import Key
from .plan import Change
from .rdata import to_presentation
from .serial import next_serial


def edit(master: MasterFile, changes: Iterable[Change], today: datetime.date) -> str:
    """The text of the zone file after these changes, with the next serial. Raises Conflict if it cannot be edited."""
    editor = _Editor(master)
    for change in changes:
        editor.decide(change)
    serial = next_serial(master.serial, today)
    return editor.carry_out(serial)


@dataclasses.dataclass
class _Fate:
    """What happens to one record."""

    deleted: bool = False
    value: dns.rdata.Rdata | None = None  # the new value, if it changes
    ttl: int | None = None  # the new TTL, if it changes


@dataclasses.dataclass(frozen=True)
class _New:
    """A record to add; ``like``: a record of the same set whose style it copies."""

    name: dns.name.Name
    value: dns.rdata.Rdata
    ttl: int | None
    like: FileRecord | None


@dataclasses.dataclass(frozen=True)
class _Patch:
    start: int
    end: int
    text: str


class _Owner(NamedTuple):
    """The owner of the last record. ``far``: $GENERATE follows it, after which servers differ on a blank owner."""

    name: dns.name.Name
    far: bool = False


class _Editor:
    def __init__(self, master: MasterFile) -> None:
        self._master = master
        self._records: dict[Key, list[FileRecord]] = {}
        for record in master.records():
            self._records.setdefault((record.name, record.rdtype), []).append(record)
        self._fates: dict[int, _Fate] = {}  # by id() of the record
        self._new: dict[int, list[_New]] = {}  # by id() of the record that they follow
        self._patches: list[_Patch] = []
        # per file: what a blank owner means now, and what it meant in the old text
        self._owners: dict[int, _Owner] = {}
        self._owners_before: dict[int, _Owner] = {}
        # both are filled on first use
        self._last_at: dict[tuple[dns.name.Name, bool], dict[dns.name.Name | None, FileRecord]] = {}
        self._spellings: dict[tuple[dns.name.Name, dns.name.Name | None], str] = {}
        self._ttl = TtlState()
        self._ttl_before = TtlState()  # at the same place in the old text
        self._stated: set[Key] = set()  # sets whose records all get a TTL of their own
        self._restated: set[Key] = set()
        self._ambiguous: set[Key] = set()  # sets with a record whose TTL two readers read differently

    # -- what happens to each record ---------------------------------------------------------------------------------

    def decide(self, change: Change) -> None:
        there = self._records.get(change.record_set.key, [])
        for record in there:
            if record.locked:
                raise Conflict(f"{change.record_set} is {record.locked} and cannot be changed here.")
        wanted = change.after.values if change.after else ()
        values = {record.value for record in there}
        going = {value: None for value in (record.value for record in there) if value not in wanted}
        coming = [value for value in dict.fromkeys(wanted) if value not in values]
        places = dict(zip(going, coming))
        for record in there:
            if record.value in wanted:
                continue
            new = places.pop(record.value, None)
            self._fates[id(record)] = _Fate(deleted=new is None, value=new)
        self._settle_ttl(there, change.after.ttl if change.after else None, bool(coming))
        self._add(change.record_set.name, coming[len(going) :], change.after.ttl if change.after else None, there)

    def _settle_ttl(self, there: list[FileRecord], ttl: int | None, grows: bool) -> None:
        """All values of a set have one TTL (RFC 2181 5.2); a mixed set whose lowest TTL is kept is left as it is."""
        if ttl is None or not there:
            return
        fates = [self._fates.get(id(record), _Fate()) for record in there]
        staying = [record for record, fate in zip(there, fates) if not fate.deleted and fate.value is None]
        lowest = min(record.ttl for record in there)
        as_before = ttl == lowest and (grows or any(record.ttl == ttl for record in staying))
        for record, fate in zip(there, fates):
            if not fate.deleted and not (as_before and record in staying):
                fate.ttl = ttl
                self._fates[id(record)] = fate

    def _add(
        self, name: dns.name.Name, values: list[dns.rdata.Rdata], ttl: int | None, there: list[FileRecord]
    ) -> None:
        if not values:
            return
        like = there[-1] if there else None
        anchor = like or self._neighbour(name)
        if like is not None and ttl is None:
            ttl = like.ttl
        self._new.setdefault(id(anchor), []).extend(_New(name, value, ttl, like) for value in values)

    def _neighbour(self, name: dns.name.Name) -> FileRecord:
        """The record after which a new name goes: the last one that is closest in name, then in $ORIGIN."""
        if not self._last_at:
            self._index()
        above = name
        candidates = self._last_at.get((name, True), {})
        while not candidates and len(above) >= len(self._master.zone):
            candidates = self._last_at.get((above, False), {})
            above = above.parent()

        def fits(record: FileRecord) -> tuple[int, int]:
            origin = record.origin
            return len(origin) if origin is not None and name.is_subdomain(origin) else 0, record.start

        return max(candidates.values(), key=fits, default=self._master.soa)

    def _index(self) -> None:
        """The last record of each $ORIGIN at each name (True), and at or below it (False)."""
        for record in self._master.records():
            if record.source.scope or record.generated:
                continue
            self._last_at.setdefault((record.name, True), {})[record.origin] = record
            name = record.name
            while len(name) >= len(self._master.zone):
                self._last_at.setdefault((name, False), {})[record.origin] = record
                name = name.parent()

    # -- how the text changes ----------------------------------------------------------------------------------------

    def carry_out(self, serial: int) -> str:
        """The new text. If one record of a set must state its TTL and readers could differ, all records of it do."""
        self._walk(serial)
        while torn := (self._restated & self._ambiguous) - self._stated:
            self._stated |= torn
            self._patches, self._owners, self._owners_before = [], {}, {}
            self._ttl, self._ttl_before = TtlState(), TtlState()
            self._walk(serial)
        return splice(self._master.text, self._patches)

    def _walk(self, serial: int) -> None:
        for item in self._master.items:
            if isinstance(item, DefaultTtl):
                self._ttl.default = self._ttl_before.default = item.seconds
                continue
            if item.ttl_token is not None:
                self._ttl_before.last = item.ttl
            else:
                self._ttl_before.see(item.rdtype, item.value)
            scope = item.source.scope
            if not item.generated:
                self._carry_out(item, serial)
                self._owners_before[scope] = _Owner(item.name)
                continue
            for owners in (self._owners, self._owners_before):
                if scope in owners:
                    owners[scope] = owners[scope]._replace(far=True)
            if item.ttl_token is not None:
                self._ttl.last = item.ttl

    def _carry_out(self, record: FileRecord, serial: int) -> None:
        fate = self._fates.get(id(record), _Fate())
        patches = []
        if fate.deleted:
            patches.append(_Patch(record.start, record.end, ""))
        else:
            ttl = record.ttl if fate.ttl is None else fate.ttl
            patches += self._restate(record, ttl, rewritten=fate.value is not None)
            if fate.value is not None:
                patches.append(_data_patch(record, fate.value))
        if record in self._master.soas:
            token = [token for token in record.data if token.kind == "word"][2]
            patches.append(_Patch(token.start, token.end, str(serial)))
        if patches and record.source.scope:
            raise Conflict(
                f"{record.where} is in an included file, which other zones may share and which would have to change as "
                "well. Change the zone file by hand."
            )
        self._patches += patches
        self._insert_after(record, fate)

    def _restate(self, record: FileRecord, ttl: int | None, rewritten: bool = False) -> list[_Patch]:
        """State the owner and the TTL if the record would otherwise inherit different ones.

        A record that gets a new value also states the TTL if two readers could differ.
        """
        patches = []
        scope = record.source.scope
        if record.owner is None:
            owner = self._owners.get(scope)
            moved_away = owner is not None and owner.far and not self._owners_before[scope].far
            if owner is None or owner.name != record.name or moved_away:
                patches.append(self._owner_patch(record))
        self._owners[scope] = _Owner(record.name)
        if record.ttl_token is not None:
            if ttl != record.ttl:
                patches.append(_Patch(record.ttl_token.start, record.ttl_token.end, str(ttl)))
            self._ttl.last = ttl
            return patches
        self._ttl.see(record.rdtype, record.value)
        key = (record.name, record.rdtype)
        moved = self._ttl.readings != self._ttl_before.readings
        if moved:
            self._restated.add(key)
        ambiguous = len(set(self._ttl_before.readings)) > 1
        if ambiguous:
            self._ambiguous.add(key)
        if ttl != record.ttl or moved or key in self._stated or (rewritten and ambiguous):
            first = record.class_token or record.type_token
            patches.append(_Patch(first.start, first.start, f"{ttl} "))
            self._ttl.last = ttl
        return patches

    def _owner_patch(self, record: FileRecord) -> _Patch:
        """Put the owner in place of the blanks before a record, so that the rest of the line keeps its column."""
        text = record.source.text
        blanks = text[record.start : record.end]
        blanks = blanks[: len(blanks) - len(blanks.lstrip(" \t"))]
        owner = self._spelled(record.name, record)
        rest = blanks[len(owner) :] if "\t" not in blanks else blanks
        return _Patch(record.start, record.start + len(blanks), owner + (rest or " "))

    def _spelled(self, name: dns.name.Name, near: FileRecord) -> str:
        """A name, spelled as it is under the same $ORIGIN, else as names near by are: relative or absolute."""
        if not self._spellings:
            for item in self._master.items:
                if (
                    isinstance(item, FileRecord)
                    and item.owner is not None
                    and not item.generated
                    and not item.source.scope
                ):
                    self._spellings.setdefault((item.name, item.origin), item.owner.text)
        known = self._spellings.get((name, near.origin))
        if known is not None:
            return known
        near_by = near.owner is not None and near.owner.text.endswith(".")
        if near_by or near.origin is None or near.origin == dns.name.root or not name.is_subdomain(near.origin):
            return name.to_text()
        return name.relativize(near.origin).to_text()

    def _insert_after(self, record: FileRecord, fate: _Fate) -> None:
        source = record.source
        text = source.text[record.start : record.end]
        ends = text.endswith("\n")
        eol = text[len(text.rstrip("\r\n")) :] or source.eol
        empty = fate.deleted
        for new in self._new.get(id(record), []):
            line = self._copied(new) if new.like is not None else None
            if line is None:
                line = self._written(new, record)
            if ends:
                line += eol
            elif not empty:
                line = eol + line
            empty = False
            self._patches.append(_Patch(record.end, record.end, line))

    def _copied(self, new: _New) -> str | None:
        """A sibling's line with another value, if the sibling's layout is simple; else None."""
        like = new.like
        if like is None or not like.data or like.type_token.depth:
            return None
        head = like.source.text[like.start : like.type_token.end]
        if "\n" in head:
            return None
        patches = [_Patch(p.start - like.start, p.end - like.start, p.text) for p in self._restate(like, new.ttl)]
        between = like.source.text[like.type_token.end : like.data[0].start]
        return splice(head, patches) + (between or " ") + to_presentation(new.value)

    def _written(self, new: _New, near: FileRecord) -> str:
        """A new line with an explicit owner and TTL, in the style of the line before it."""
        line = near.source.text[near.start : near.type_token.start]
        parts = [self._spelled(new.name, near)]
        if new.ttl is not None:
            parts.append(str(new.ttl))
            self._ttl.last = new.ttl
        elif self._ttl.inherited is None:
            raise Conflict(f"{self._master.sources[0].path} states no TTL for new records: set ttl.")
        if near.class_token is not None:
            parts.append(near.class_token.text)
        parts += [dns.rdatatype.to_text(new.value.rdtype), to_presentation(new.value)]
        self._owners[near.source.scope] = _Owner(new.name)
        return ("\t" if "\t" in line else " ").join(parts)


def _data_patch(record: FileRecord, value: dns.rdata.Rdata) -> _Patch:
    """The new value in place of the old one, keeping the parentheses and comments within it."""
    data = record.data
    text = to_presentation(value)
    if not data:
        return _Patch(record.type_token.end, record.type_token.end, f" {text}")
    # close parentheses that were opened before the value
    return _Patch(data[0].start, data[-1].end, text + ")" * record.type_token.depth)


def splice(text: str, patches: list[_Patch]) -> str:
    """The text with each patch applied; patches must not overlap."""
    pieces, position = [], 0
    for patch in sorted(patches, key=lambda patch: (patch.start, patch.end)):
        pieces += [text[position : patch.start], patch.text]
        position = patch.end
    return "".join([*pieces, text[position:]])
