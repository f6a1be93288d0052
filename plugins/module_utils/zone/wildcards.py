# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which wildcard answers disappear once a name below the wildcard exists (RFC 4592 2.2). Pure: no I/O."""

from __future__ import annotations

from collections.abc import Iterable

from ..libraries import dns
from ..names import above, to_text
from .model import Snapshot
from .plan import Change
from .rdata import to_presentation


def warnings(snapshot: Snapshot, changes: Iterable[Change]) -> list[str]:
    """A sentence for each host that loses the answers of a wildcard, naming the records that it lost."""
    if not snapshot.complete or not any(record_set.name.is_wild() for record_set in snapshot):
        return []
    there = {record_set.name for record_set in snapshot}
    there |= {ancestor for name in there for ancestor in above(name, snapshot.zone.name)}
    created = {change.after.key for change in changes if change.before is None and change.after is not None}
    new = {other for name, dummy in created for other in (name, *above(name, snapshot.zone.name))} - there
    found = []
    for host in sorted(new):
        if any(label.startswith((b"_", b"*")) for label in host.labels):
            continue  # no web site or mail server is looked up there
        encloser = next((other for other in above(host, snapshot.zone.name) if other in there), snapshot.zone.name)
        wildcard = dns.name.from_text("*", encloser)
        lost = [record_set for record_set in snapshot.at(wildcard) if (host, record_set.rdtype) not in created]
        records = "; ".join(
            f"{to_text(host)} {text}" for record_set in lost for text in record_set.shown(to_presentation)
        )
        if records:
            found.append(
                f"{to_text(host)} begins to exist with this, so {to_text(wildcard)} no longer answers for it "
                f"(RFC 4592). It loses: {records}; add these records there if it should keep them."
            )
    return found
