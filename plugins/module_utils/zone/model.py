# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record sets, and a zone before and after a change. Pure: no I/O."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Callable

from ..errors import Conflict
from ..libraries import dns
from ..names import to_text
from . import lua
from .rdata import to_display

# A record set is identified by its owner name and its type (RFC 2181 5).
Key = tuple["dns.name.Name", "dns.rdatatype.RdataType"]

# NS and DS at a zone cut, and A and AAAA of the name servers below it (glue), belong to the zone above
_AT_CUT = (1, 2, 28, 43)
_ADDRESSES = (1, 28)  # A and AAAA
_BESIDE_CNAME = (46, 47)  # RRSIG and NSEC, the only types that DNS allows beside a CNAME
_PRIVATE = 65280  # the first type for private use (RFC 6895 3.1): a placeholder for types that a vendor made up


@dataclasses.dataclass(frozen=True)
class RecordSet:
    """All values of one type at one name (an RRset, RFC 2181 5). The order of the values has no meaning."""

    name: dns.name.Name
    rdtype: dns.rdatatype.RdataType
    values: tuple[dns.rdata.Rdata, ...]
    ttl: int | None = None  # seconds; None: the provider's own default
    # What the provider needs to write safely: ids, etags, the values as spelled. Only the provider reads it.
    handle: Any = dataclasses.field(default=None, compare=False, repr=False)
    # Why this set may be read but not written ("an alias record", "managed by Email Routing"); empty if it may.
    locked: str = dataclasses.field(default="", compare=False)

    @property
    def key(self) -> Key:
        return self.name, self.rdtype

    def same_as(self, other: RecordSet | None) -> bool:
        """Whether both have the same values and the same TTL, ignoring case and order."""
        return other is not None and self.ttl == other.ttl and set(self.canonical) == set(other.canonical)

    @functools.cached_property
    def canonical(self) -> tuple[bytes, ...]:
        """Each value in its canonical form (RFC 4034 6.2), which is slow to compute."""
        return tuple(value.to_digestable() for value in self.values)

    def shown(self, spell: Callable[[dns.rdata.Rdata], str] = to_display) -> list[str]:
        """Type and value of each record, sorted; of a locked set, whose values are made up, the description."""
        kind = dns.rdatatype.to_text(self.rdtype)
        if not self.locked:
            return sorted(f"{kind} {spell(value)}" for value in self.values)
        what = self.locked.rstrip(",")
        return [f"a record {what}" if self.rdtype >= _PRIVATE else f"{kind} ({what})"]

    def refuse_locked(self) -> None:
        """Raises Conflict if the set may not be written."""
        if self.locked:
            raise Conflict(f"{self} is {self.locked} and cannot be changed here. Change it where it is managed.")

    def __str__(self) -> str:
        return f"{to_text(self.name)} {dns.rdatatype.to_text(self.rdtype)}"


@dataclasses.dataclass(frozen=True)
class Zone:
    """A zone as one provider account knows it."""

    name: dns.name.Name
    id: str = ""  # the provider's own name for it
    handle: Any = dataclasses.field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return to_text(self.name)


class Snapshot:
    """The record sets of a zone as they were read at one moment.

    complete: these are all record sets of the zone, not only those asked for. read_only: a sentence that says why the
    zone as a whole cannot be written, empty if it can; a function is called when the answer is needed. caution: a
    sentence about side effects of a write. handle: belongs to the provider, as in RecordSet. read_at: when it was read,
    by ``time.monotonic()``. flattens: whether the provider answers a given CNAME with the addresses of its target, so
    that DNS shows no CNAME.
    """

    def __init__(
        self,
        zone: Zone,
        sets: Iterable[RecordSet],
        complete: bool = True,
        read_only: str | Callable[[], str] = "",
        handle: Any = None,
        read_at: float = 0.0,
        flattens: Callable[[RecordSet], bool] = lambda cname: False,
        caution: Callable[[], str] = lambda: "",
    ) -> None:
        self.zone = zone
        self.complete = complete
        self.handle = handle
        self.read_at = read_at
        self.flattens = flattens
        self.caution = caution
        self._read_only = read_only
        self._at: dict[dns.name.Name, dict[dns.rdatatype.RdataType, RecordSet]] = {}
        for record_set in sets:
            self._at.setdefault(record_set.name, {})[record_set.rdtype] = record_set

    @property
    def read_only(self) -> str:
        return self._read_only() if callable(self._read_only) else self._read_only

    def __iter__(self) -> Iterator[RecordSet]:
        for sets in self._at.values():
            yield from sets.values()

    def get(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> RecordSet | None:
        return self._at.get(name, {}).get(rdtype)

    def at(self, name: dns.name.Name) -> list[RecordSet]:
        """Every record set at a name."""
        return list(self._at.get(name, {}).values())

    def cut_above(self, name: dns.name.Name) -> dns.name.Name | None:
        """The first delegation between the zone and a name, or at the name itself."""
        for depth in range(len(self.zone.name.labels) + 1, len(name.labels) + 1):
            owner = name.split(depth)[1]
            if self.get(owner, dns.rdatatype.NS) is not None:
                return owner
        return None


class Draft:
    """The wanted state of a zone: a snapshot that intents revise one after the other.

    Nothing is written; the plan is the difference between the snapshot and the draft.
    """

    def __init__(self, snapshot: Snapshot, default_ttl: int = 3600) -> None:
        self.snapshot = snapshot
        self.zone = snapshot.zone
        self._default_ttl = default_ttl
        self._revised: dict[Key, RecordSet | None] = {}

    def get(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> RecordSet | None:
        key = (name, rdtype)
        return self._revised[key] if key in self._revised else self.snapshot.get(name, rdtype)

    def at(self, name: dns.name.Name) -> list[RecordSet]:
        """Every record set at a name."""
        kept = [s for s in self.snapshot.at(name) if s.key not in self._revised]
        return kept + [s for s in self._revised.values() if s is not None and s.name == name]

    def values(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> tuple[dns.rdata.Rdata, ...]:
        record_set = self.get(name, rdtype)
        return record_set.values if record_set else ()

    def computed(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> list[bytes | None]:
        """The texts that a server answers for a type beside those of its record set; None where only it knows."""
        programs = [value for s in self.at(name) if s.rdtype == lua.TYPE for value in s.values]
        return [found.text for value in programs for found in lua.answers(value) if found.rdtype == rdtype]

    def created_ttl(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> int | None:
        """The TTL in seconds of a set created without a stated one; a set that it replaces passes its TTL on."""
        there = self.snapshot.get(name, rdtype)
        return there.ttl if there else self._default_ttl

    def put(self, record_set: RecordSet) -> None:
        """Set a record set; if it equals the existing one, nothing changes.

        Raises Conflict if the set may not be written or DNS forbids it at its name.
        """
        before = self.get(*record_set.key)
        self._refuse_hidden(record_set, before)
        if record_set.same_as(before):
            return
        if before is not None:
            before.refuse_locked()
        if before is None or (record_set.rdtype == dns.rdatatype.CNAME and self.snapshot.flattens(before)):
            self._refuse_beside_cname(record_set)
        self._revised[record_set.key] = record_set

    def remove(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> None:
        """Remove a record set; a missing one is no error. Raises Conflict if it may not be written."""
        before = self.get(name, rdtype)
        if before is None:
            if self.computed(name, rdtype):
                what = dns.rdatatype.to_text(rdtype)
                raise Conflict(f"{to_text(name)} {what} is computed by a LUA record of PowerDNS. Remove it there.")
            return
        if before.locked:
            raise Conflict(f"{before} is {before.locked} and cannot be removed here. Remove it where it is managed.")
        self._revised[before.key] = None

    def revised(
        self, since: Mapping[Key, RecordSet | None] | None = None
    ) -> Iterator[tuple[RecordSet | None, RecordSet | None]]:
        """Record sets that differ from the snapshot, as (before, after); ``since``: only those revised since then."""
        for key, after in self._revised.items():
            if since is not None and key in since and since[key] is after:
                continue
            before = self.snapshot.get(*key)
            if after is None and before is None or after is not None and after.same_as(before):
                continue
            yield before, after

    def checkpoint(self) -> dict[Key, RecordSet | None]:
        return dict(self._revised)

    def roll_back(self, checkpoint: dict[Key, RecordSet | None]) -> None:
        self._revised = checkpoint

    def _refuse_beside_cname(self, record_set: RecordSet) -> None:
        """A CNAME is alone at its name (RFC 1034 3.6.2), except for the records that sign it (RFC 4034 2.5).

        A flattened one excludes only other address records.
        """
        others = [s for s in self.at(record_set.name) if s.rdtype not in _BESIDE_CNAME and s.key != record_set.key]
        where, what = to_text(record_set.name), dns.rdatatype.to_text(record_set.rdtype)
        if record_set.rdtype == dns.rdatatype.CNAME:
            flattened = self.snapshot.flattens(record_set)
            others = [s for s in others if s.rdtype in _ADDRESSES] if flattened else others
            if others:
                records = (text for s in others for text in s.shown())
                there = "; ".join(sorted(records))
                raise Conflict(
                    f"{where} cannot become a CNAME, because a CNAME must be alone at its name and there is: {there}. "
                    "Remove that first if nothing needs it."
                )
            return
        alias = next((s for s in others if s.rdtype == dns.rdatatype.CNAME), None)
        if alias is None:
            return
        if not self.snapshot.flattens(alias):
            target = f" of {to_display(alias.values[0])}" if alias.values else ""
            managed = f" ({alias.locked.rstrip(',')})" if alias.locked else ""
            raise Conflict(
                f"{where} is a CNAME{target}{managed}, and DNS allows no {what} record beside a CNAME. "
                f"Remove the CNAME, or set the {what} record at its target."
            )
        if record_set.rdtype in _ADDRESSES:
            raise Conflict(
                f"{where} is a CNAME that the provider answers with the addresses of its target, so it can have no "
                f"{what} record beside it. Remove the CNAME if nothing needs it."
            )

    def _refuse_hidden(self, record_set: RecordSet, before: RecordSet | None) -> None:
        """Refuse names at or below a zone cut (RFC 1034 4.2.1) or below a DNAME (RFC 6672 2.4): others answer there."""
        name = record_set.name
        if record_set.rdtype != dns.rdatatype.CNAME and self.computed(name, dns.rdatatype.CNAME):
            raise Conflict(
                f"{record_set} would not be seen: a LUA record makes PowerDNS answer for {to_text(name)} with a CNAME. "
                "Remove the LUA record, or set the record at its target."
            )
        while name != self.zone.name and len(name.labels) > len(self.zone.name.labels):
            cut = self.get(name, dns.rdatatype.NS)
            if cut is not None and not (before is not None and record_set.rdtype in _AT_CUT):
                servers = ", ".join(sorted(to_display(value).rstrip(".") for value in cut.values))
                raise Conflict(
                    f"{record_set} would not be seen: {to_text(name)} is delegated to {servers}. "
                    f"Give the account that holds the zone {to_text(name)}."
                )
            name = name.parent()
            alias = self.get(name, dns.rdatatype.DNAME)
            if alias is not None and alias.values:
                target = to_display(alias.values[0]).rstrip(".")
                raise Conflict(
                    f"{record_set} would not be seen: {to_text(name)} is a DNAME of {target}, which stands for all "
                    f"names below it. Set the record below {target}, or remove the DNAME."
                )
