# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let the intents of each domain revise the draft of a zone, check it with the provider, and plan it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..errors import Conflict, PostmasterError
from ..libraries import dns
from ..names import above, to_text
from . import wildcards
from .assign import Part
from .domain_result import DomainResult, Revision, outcome_of
from .intent import Ask, Intent, Notes
from .model import Draft, Key, Snapshot, Zone
from .plan import Change, Plan
from .plan import plan as make_plan
from .provider import Provider


def needs(intent: Intent) -> Iterable[Key]:
    """What an intent looks at, and a CNAME at each of these names, which would exclude everything else."""
    for name, rdtype in intent.sees():
        yield name, rdtype
        yield name, dns.rdatatype.CNAME


def plan_parts(
    provider: Provider, snapshot: Snapshot, parts: Iterable[Part], ask: Ask
) -> tuple[Plan, dict[dns.name.Name, DomainResult]]:
    """The plan for a zone, and the result of each domain; a domain with an unapproved change writes nothing."""
    refused: dict[dns.name.Name, DomainResult] = {}
    left = list(parts)
    while True:
        draft = Draft(snapshot, provider.facts.default_ttl)
        revisions = {part.domain: revise(provider, draft, part, ask) for part in left}
        plan = make_plan(draft)
        outcome = outcome_of(plan, revisions)
        reasons = {
            part.domain: part.refuse(outcome[part.domain].changes)
            for part in left
            if part.refuse is not None and provider.facts.writes
        }
        unplanned = {domain: reason for domain, reason in reasons.items() if reason}
        if not unplanned:
            return plan, {**outcome, **refused}
        # without the unapproved changes, record sets that are shared with other domains change, too
        for domain, reason in unplanned.items():
            refused[domain] = DomainResult(zones=[str(plan.zone)], error=f"{to_text(domain)}: {reason}")
        left = [part for part in left if part.domain not in refused]


def revise(provider: Provider, draft: Draft, part: Part, ask: Ask) -> Revision:
    """Let the intents of one domain revise the draft: all of them, or none if one of them raises."""
    revision = Revision()
    checkpoint = draft.checkpoint()
    try:
        for intent in part.intents:
            _revise(draft, intent, revision.notes)
        changes = make_plan(draft, checkpoint).changes
        revision.keys = {change.record_set.key for change in changes}
        if changes and draft.snapshot.read_only:
            raise Conflict(draft.snapshot.read_only)
        revision.notes.warnings += filter(None, [draft.snapshot.caution() if changes else ""])
        for change in changes:
            provider.check(draft.zone, change)
        revision.notes.warnings += wildcards.warnings(draft.snapshot, changes)
        if not provider.facts.one_server:
            revision.notes.warnings += _unasked(draft.zone, part, changes)
        for intent in part.intents:
            if not revision.keys.isdisjoint(intent.sees()):
                intent.review(draft, _from_draft(draft, ask), revision.notes)
    except PostmasterError as error:
        draft.roll_back(checkpoint)
        revision.keys, revision.error = set(), str(error)
    return revision


def _unasked(zone: Zone, part: Part, changes: Iterable[Change]) -> Iterator[str]:
    """Warn of writes that nobody will see: another zone of the account has the name but is not delegated."""
    written: dict[dns.name.Name, list[str]] = {}
    for change in changes:
        name = change.record_set.name
        for candidate in (name, *above(name, zone.name)):
            if candidate != zone.name and isinstance(part.known.get(candidate), Zone):
                written.setdefault(candidate, []).append(str(change.record_set))
                break
    for child, sets in written.items():
        yield (
            f"{to_text(child)} is a zone of its own in this account, and {zone} does not delegate it, so nobody asks "
            f"it. Written to {zone} instead: {', '.join(sets)}. Remove the zone {to_text(child)} if nothing needs it, "
            "or delegate it."
        )


def _revise(draft: Draft, intent: Intent, notes: Notes) -> None:
    """If the first set that the intent sees is locked, a conflict is reported as that lock."""
    try:
        intent.revise(draft, notes)
    except Conflict:
        for key in [*intent.sees()][:1]:
            there = draft.snapshot.get(*key)
            if there is not None:
                there.refuse_locked()
        raise


def _from_draft(draft: Draft, ask: Ask) -> Ask:
    """Answer for names of the zone from its draft, as DNS does not have them yet; query DNS for all others."""

    def answer(name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> tuple[dns.rdata.Rdata, ...] | None:
        here = draft.get(name, rdtype)
        if here is not None and here.locked:
            return ask(name, rdtype)  # only DNS shows what a provider generates itself
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
