# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let the intents of one domain revise the draft of a zone, and see what the provider says to that."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import Conflict, PostmasterError
from ..libraries import dns
from . import wildcards
from .assign import Part
from .domain_result import Revision
from .intent import Ask, Intent
from .model import Draft, Key
from .plan import plan as make_plan
from .provider import Provider


def needs(intent: Intent) -> Iterable[Key]:
    """What an intent sees, and a CNAME at each of these names, which would forbid the rest."""
    for name, rdtype in intent.sees():
        yield name, rdtype
        yield name, dns.rdatatype.CNAME


def revise(provider: Provider, draft: Draft, part: Part, ask: Ask) -> Revision:
    """Let the intents of one domain revise the draft: all of them, or none when one of them raises."""
    revision = Revision()
    checkpoint = draft.checkpoint()
    try:
        for intent in part.intents:
            intent.revise(draft, revision.notes)
        changes = make_plan(draft, checkpoint).changes
        revision.keys = {change.record_set.key for change in changes}
        if changes and draft.snapshot.read_only:
            raise Conflict(draft.snapshot.read_only)
        for change in changes:
            provider.check(draft.zone, change)
        revision.notes.warnings += wildcards.warnings(draft.snapshot, changes)
        for intent in part.intents:
            if not revision.keys.isdisjoint(intent.sees()):
                intent.review(draft, _from_draft(draft, ask), revision.notes)
    except PostmasterError as error:
        draft.roll_back(checkpoint)
        revision.keys, revision.error = set(), str(error)
    return revision


def _from_draft(draft: Draft, ask: Ask) -> Ask:
    """Answers for names of the zone from its draft, as they are not in DNS yet; for all others by asking."""

    def answer(name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> tuple[dns.rdata.Rdata, ...] | None:
        here = draft.get(name, rdtype)
        if here is not None:
            return here.values
        if draft.snapshot.complete and name.is_subdomain(draft.zone.name) and not draft.at(name):
            cut = name
            while cut != draft.zone.name and draft.get(cut, dns.rdatatype.NS) is None:
                cut = cut.parent()
            if cut == draft.zone.name:
                return ()
        return ask(name, rdtype)

    return answer
