# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One value among the TXT values of a name: the only way in which intents change a TXT record set."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections.abc import Iterable, Sequence
from typing import Callable

from ..errors import Conflict, PostmasterError
from ..libraries import dns
from ..names import to_text
from ..zone.intent import Notes
from ..zone.model import Draft, RecordSet
from ..zone.rdata import txt, txt_bytes


def texts(draft: Draft, name: dns.name.Name) -> list[bytes]:
    return [txt_bytes(value) for value in draft.values(name, dns.rdatatype.TXT)]


def quoted(values: Iterable[bytes]) -> str:
    return ", ".join('"' + value.decode("utf-8", "backslashreplace") + '"' for value in values)


def owned(draft: Draft, name: dns.name.Name, ours: Callable[[bytes], bool]) -> list[bytes]:
    """The TXT values of a name that are of one kind. Raises Conflict where the server computes one."""
    for text in draft.computed(name, dns.rdatatype.TXT):
        if text is not None and ours(text):
            raise Conflict(
                f'{to_text(name)} has the TXT value "{text.decode("utf-8", "backslashreplace")}" from a LUA record of '
                "PowerDNS, which cannot be changed here. Replace that record by a TXT record, or remove it."
            )
    return [value for value in texts(draft, name) if ours(value)]


def refuse_beside_unknown(draft: Draft, name: dns.name.Name) -> None:
    """Raises Conflict where the server computes texts, so that one may be of a kind of which there can be one only."""
    if None in draft.computed(name, dns.rdatatype.TXT):
        raise Conflict(
            f"{to_text(name)} has a LUA record, whose TXT value only PowerDNS can compute. If that is of the same kind "
            "as the one to set, receivers would ignore both. Replace the LUA record by a TXT record, or remove it."
        )


def half_replaced(
    found: Sequence[bytes], becomes: Callable[[bytes], bytes | None], what: str, notes: Notes
) -> bytes | None:
    """The older of two values, if an interrupted run wrote the new value and left the old one; else None.

    ``becomes``: the value that replaces a given one. ``what``: what the values are, for the warning.
    """
    for old, new in itertools.permutations(found, 2) if len(found) == 2 else ():
        with contextlib.suppress(PostmasterError):
            if becomes(old) == new:
                text = old.decode("utf-8", "backslashreplace")
                notes.warnings.append(
                    f'{what} "{text}" is there beside what replaces it, as a run leaves it that is stopped midway. It '
                    "is removed."
                )
                return old
    return None


def put(draft: Draft, name: dns.name.Name, old: Sequence[bytes], new: bytes | None, ttl: int | None) -> None:
    """Replace ``old`` TXT values of a name by one, or by none; all others stay as they are.

    The values are all of their kind, which were ``owned``. Raises Conflict where a new one might be the second.
    ``ttl``: seconds; None keeps the set's TTL, or uses ``Draft.created_ttl`` for a new set.
    """
    if new is not None and not old:
        refuse_beside_unknown(draft, name)
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
