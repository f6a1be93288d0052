# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One value among the TXT values of a name: the only way in which an intent touches a TXT record set."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Callable

from ..libraries import dns
from ..zone.model import Draft, RecordSet
from ..zone.rdata import txt, txt_bytes


def texts(draft: Draft, name: dns.name.Name) -> list[bytes]:
    """All TXT values of a name."""
    return [txt_bytes(value) for value in draft.values(name, dns.rdatatype.TXT)]


def owned(draft: Draft, name: dns.name.Name, ours: Callable[[bytes], bool]) -> list[bytes]:
    """The TXT values of a name that are of one kind."""
    return [value for value in texts(draft, name) if ours(value)]


def put(draft: Draft, name: dns.name.Name, old: Sequence[bytes], new: bytes | None, ttl: int | None) -> None:
    """Replace some TXT values of a name by one, or by none; all other values stay as they are.

    ``ttl``: seconds for the set, or None for its own, and for a set that is created ``Draft.created_ttl``.
    """
    record_set = draft.get(name, dns.rdatatype.TXT)
    if record_set is None:
        if new is not None:
            created_ttl = draft.created_ttl(name, dns.rdatatype.TXT) if ttl is None else ttl
            draft.put(RecordSet(name, dns.rdatatype.TXT, (txt(new),), created_ttl))
        return
    values = list(record_set.values)
    gone = [index for index, value in enumerate(values) if txt_bytes(value) in old]
    place = gone[0] if gone else len(values)
    kept = [value for index, value in enumerate(values) if index not in gone]
    if new is not None:
        replacement = txt(new)
        if replacement not in kept:
            kept.insert(place, values[place] if gone and values[place] == replacement else replacement)
    if not kept:
        draft.remove(name, dns.rdatatype.TXT)
        return
    lifetime = record_set.ttl if ttl is None or new is None else ttl
    draft.put(dataclasses.replace(record_set, values=tuple(kept), ttl=lifetime))
