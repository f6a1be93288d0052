# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check, before writing a master file, that its new text contains the planned changes and no others. Pure: no I/O.

Two readers judge: our own, which knows positions in the text, and dnspython's as an independent one. dnspython's is
skipped if it reads the unedited file differently than we and BIND do (a blank owner after $GENERATE).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..errors import NotWritten, ProviderError
from ..libraries import dns
from ..names import to_text
from .master_file import DefaultTtl, FileRecord, MasterFile
from .master_tokens import Problem, ascii_text, entries
from .model import Key
from .plan import Change
from .rdata import canonical

# Replaces what the second reader does not get; allowed beside a CNAME
_STAND_IN = "NSEC . TYPE65534"

# The TTL and the values of each record set.
Sets = dict[Key, tuple[int, frozenset["dns.rdata.Rdata"]]]


def verify(before: MasterFile, after: MasterFile, changes: Iterable[Change]) -> None:
    """Raise ProviderError, naming a record set, if the new text is not the old text plus the changes."""
    wanted = {change.record_set.key: change for change in changes}
    ours = _ours(before)
    _compare(before, wanted, ours, _ours(after), ours)
    if _directives(before) != _directives(after):
        raise _refusal(before, "its directives")
    theirs = _theirs(before)
    if theirs is not None and _values(theirs) == _values(_ours(before, included=False)):
        again = _theirs(after)
        if again is None:
            raise _refusal(before, "the file, which a second reader can no longer read,")
        _compare(before, wanted, theirs, again, ours)


def _compare(master: MasterFile, wanted: Mapping[Key, Change], before: Sets, after: Sets, ours: Sets) -> None:
    """Refuse any other change that a reader sees; where the readers disagree on a TTL, either may be right."""
    trusted = all(ours.get(key) == there for key, there in before.items())
    for key in {**before, **after, **dict.fromkeys(wanted)}:
        old, new = before.get(key), after.get(key)
        if key in wanted:
            same = _is_as_wanted(wanted[key], new, trusted)
        elif key == (master.zone, dns.rdatatype.SOA):
            same = _is_soa_with_other_serial(old, new)
        else:
            same = old == new or not trusted and new == ours.get(key)
        if not same:
            raise _refusal(master, f"{to_text(key[0])} {dns.rdatatype.to_text(key[1])}")


def _is_as_wanted(change: Change, new: tuple[int, frozenset[dns.rdata.Rdata]] | None, trusted: bool) -> bool:
    after = change.after
    if after is None or new is None:
        return after is None and new is None
    return new[1] == frozenset(after.values) and (after.ttl is None or new[0] == after.ttl or not trusted)


def _is_soa_with_other_serial(
    old: tuple[int, frozenset[dns.rdata.Rdata]] | None, new: tuple[int, frozenset[dns.rdata.Rdata]] | None
) -> bool:
    if old is None or new is None or len(old[1]) != 1 or len(new[1]) != 1:
        return False
    (before,), (after,) = old[1], new[1]
    return old[0] == new[0] and before == after.replace(serial=before.serial) and before.serial != after.serial  # type: ignore[attr-defined]


def _ours(master: MasterFile, included: bool = True) -> Sets:
    ttls: dict[Key, int] = {}
    values: dict[Key, set[dns.rdata.Rdata]] = {}
    for record in master.records():
        if included or not (record.source.scope or record.generated or record.opaque):
            key = (record.name, record.rdtype)
            ttls[key] = min(record.ttl, ttls.get(key, record.ttl))
            values.setdefault(key, set()).add(record.value)
    return {key: (ttl, frozenset(values[key])) for key, ttl in ttls.items()}


def _values(sets: Sets) -> dict[Key, frozenset[dns.rdata.Rdata]]:
    return {key: values for key, (dummy, values) in sets.items()}


def _theirs(master: MasterFile) -> Sets | None:
    """The zone file as dnspython reads it, without included files; None if it cannot read it."""
    from dns.zone import from_text

    try:
        zone = from_text(_alone(master), origin=master.zone, relativize=False, check_origin=False)
    except (dns.exception.DNSException, ValueError, Problem):
        return None
    return {
        (name, rdataset.rdtype): (rdataset.ttl, frozenset(canonical(value) for value in rdataset))
        for name, rdataset in zone.iterate_rdatasets()
        if rdataset.rdtype != dns.rdatatype.NSEC or [value.to_text() for value in rdataset] != [_STAND_IN[5:]]
    }


def _alone(master: MasterFile) -> str:
    """The entries of a zone file one by one, in a form that every version of dnspython reads alike.

    Included files are left out. What is generated or not understood becomes a stand-in, which passes its TTL on to the
    next entry.
    """
    records = {item.start: item for item in master.items if isinstance(item, FileRecord) and not item.source.scope}
    lines = []
    for start, dummy, tokens in entries(master.text):
        record = records.get(start)
        words = [ascii_text(token.text) for token in tokens if token.kind in ("word", "quoted")]
        if record is not None and (record.generated or record.opaque):
            owner = record.owner.text if record.owner is not None and not record.generated else ""
            ttl = str(record.ttl) if record.ttl_token is not None else ""
            words = [owner, ttl, _STAND_IN]
        elif master.text[start] in " \t":
            words.insert(0, "")
        elif words[:1] and words[0].upper() == "$INCLUDE":
            continue
        lines.append(" ".join(words) + "\n")
    return "".join(lines)


def _directives(master: MasterFile) -> list[object]:
    """What no change of record sets may alter. $ORIGIN is not included: it is part of each record's name."""
    return [
        [item for item in master.items if isinstance(item, DefaultTtl)],
        [item.where for item in master.items if isinstance(item, FileRecord) and item.source.scope],
        [source.path for source in master.sources],
    ]


def _refusal(master: MasterFile, what: str) -> ProviderError:
    return NotWritten(
        f"{master.sources[0].path} was not written: the edit would have changed {what} in an unintended way. "
        "This is a bug in the collection; please report it with the zone file."
    )
