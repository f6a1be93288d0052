# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What DNS should show for a domain. Pure: no I/O.

An expectation consists of the intents that the writing modules use. They revise a server's answers; if that changes
nothing, the expectation is met, otherwise the changes are what is missing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import PostmasterError
from ..intents.build import domain_intents
from ..libraries import dns
from ..names import domain_name
from ..records.dkim import selector as selector_name
from ..zone.intent import Intent, Notes
from ..zone.model import Draft, Key, RecordSet, Snapshot, Zone
from ..zone.plan import Change
from ..zone.plan import plan as make_plan
from ..zone.rdata import quoted
from .declared import Declared, declared


@dataclasses.dataclass(frozen=True)
class Expectation:
    """What is expected of a domain, and the selectors that are only reported."""

    domain: dns.name.Name
    intents: tuple[Intent, ...] = ()
    foreign: tuple[Intent, ...] = ()  # intents at other parties' names: reported, not waited for
    selectors: tuple[str, ...] = ()
    declared: Declared = Declared()

    def __add__(self, other: Expectation) -> Expectation:
        """Join the expectations that two items have of one domain."""
        return Expectation(
            other.domain,
            self.intents + other.intents,
            self.foreign + other.foreign,
            self.selectors + other.selectors,
            self.declared + other.declared,
        )

    def by_anchor(self) -> dict[dns.name.Name, list[Intent]]:
        """The intents by the name whose servers are asked: the domain, or a name outside of it."""
        parts: dict[dns.name.Name, list[Intent]] = {}
        for intent in self.intents:
            anchor = self.domain if intent.name.is_subdomain(self.domain) else intent.name
            parts.setdefault(anchor, []).append(intent)
        return parts


def expectation(item: Mapping[str, Any]) -> Expectation:
    """The expectation of one item of the option ``domains``. Raises InvalidInput."""
    domain = domain_name(item["domain"])
    dkim = item.get("dkim") or []
    wanted = [selector for selector in dkim if not _just_reported(selector)]
    found = domain_intents(_without_ttl({**item, "dkim": wanted}))
    return Expectation(
        domain,
        tuple(intent for intent in found if not _is_foreign(intent, domain)),
        tuple(intent for intent in found if _is_foreign(intent, domain)),
        tuple(dict.fromkeys(selector_name(selector["selector"]) for selector in dkim)),
        declared(item),
    )


def keys(intents: Iterable[Intent]) -> frozenset[Key]:
    """The record sets to ask a server for, to judge it by these intents."""
    seen = {key for intent in intents for key in intent.sees()}
    return frozenset(seen | {(name, dns.rdatatype.CNAME) for name, dummy in seen})


def missing(
    domain: dns.name.Name, intents: Iterable[Intent], answered: Mapping[Key, RecordSet], notes: Notes
) -> list[str]:
    """What these answers lack, as a clause for each record set; empty if they are as expected."""
    draft = Draft(Snapshot(Zone(domain), answered.values(), complete=False))
    refused = []
    for intent in intents:
        checkpoint = draft.checkpoint()
        try:
            intent.revise(draft, notes)
        except PostmasterError as error:
            draft.roll_back(checkpoint)
            refused.append(str(error))
    return [_clause(change) for change in make_plan(draft).changes] + refused


def _clause(change: Change) -> str:
    """One difference between the answer and the expectation."""
    before = change.before.values if change.before else ()
    after = change.after.values if change.after else ()
    gone = [value for value in before if value not in after]
    new = [value for value in after if value not in before]
    if not before:
        return f"{change.record_set}: nothing is there, expected {quoted(new)}"
    if not new:
        return f"{change.record_set}: still {quoted(gone)}"
    if not gone:
        return f"{change.record_set}: {quoted(new)} is not there yet, only {quoted(before)}"
    return f"{change.record_set}: still {quoted(gone)}, expected {quoted(new)}"


def _is_foreign(intent: Intent, domain: dns.name.Name) -> bool:
    return intent.optional and not intent.name.is_subdomain(domain)


def _just_reported(selector: Mapping[str, Any]) -> bool:
    state = selector.get("state") or "present"
    return state == "present" and not selector.get("cname") and not selector.get("public_key")


def _without_ttl(options: Any) -> Any:
    """The options without TTLs, which resolvers count down and mail does not depend on."""
    if isinstance(options, dict):
        return {name: _without_ttl(value) for name, value in options.items() if name != "ttl"}
    return [_without_ttl(value) for value in options] if isinstance(options, list) else options
