# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a plan, and read back if the provider cannot know the outcome by itself."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Iterable, Iterator

from ..errors import NotWritten, OutcomeUnknown, PartlyApplied, PostmasterError, ZoneChanged
from ..libraries import dns
from ..names import to_text
from .model import Key, RecordSet, Snapshot
from .plan import Change, Plan
from .provider import Provider
from .rdata import quoted


@dataclasses.dataclass(frozen=True)
class Written:
    """The outcome of a write. ``plan``: as written, based on the last reading.

    ``race``: a sentence about what is not there as written, empty if everything is. ``done``: whether anything was
    written. ``warning``: what others may have lost by the write, empty if nothing.
    """

    plan: Plan
    race: str = ""
    done: bool = True
    warning: str = ""


def write(provider: Provider, plan: Plan, keys: frozenset[Key]) -> Written:
    """Write after a fresh reading if the plan is too old; read back if there is no guard or the outcome is unknown.

    ``keys`` are the record sets that the plan was made from. Raises what ``Provider.apply`` raises, except
    OutcomeUnknown, and PartlyApplied if reading back fails.
    """
    unknown = ""
    fresh_for = provider.facts.fresh_for
    try:
        with _saying_so(plan):
            if fresh_for is not None and time.monotonic() - plan.snapshot.read_at > fresh_for:
                plan = provider.look_again(plan, keys)
            provider.apply(plan)
    except OutcomeUnknown as error:
        unknown = str(error)
    if not (unknown or provider.facts.reads_back):
        return Written(plan)
    seen = _read_back(provider, plan, unknown)
    lost = [sentence for change in plan.changes for sentence in difference(change, seen)]
    if lost and unknown and all(_same(change.before, seen.get(*change.record_set.key)) for change in plan.changes):
        return Written(plan, f"{plan.zone}: nothing was written. {unknown}", done=False)
    warning = provider.losses(plan, seen)
    if not lost:
        return Written(plan, warning=warning)
    return Written(plan, f"{holds_others(provider, plan, lost)} {unknown}".rstrip())


def holds_others(provider: Provider, plan: Plan, lost: Iterable[str]) -> str:
    """The sentence about what is not there as written."""
    return (
        f"{plan.zone}: after the write the zone holds something else, because another program wrote at the same "
        f"moment or {provider.facts.title} ignored a part: {'; '.join(lost)}."
    )


def rehearse(provider: Provider, plan: Plan) -> None:
    """In check mode, raise what ``write`` would, if the provider can know it in advance."""
    with _saying_so(plan):
        provider.rehearse(plan)


@contextlib.contextmanager
def _saying_so(plan: Plan) -> Iterator[None]:
    """Add the zone, and that nothing was written, to the message of an error that stopped a write."""
    try:
        yield
    except (OutcomeUnknown, ZoneChanged, PartlyApplied):
        raise
    except NotWritten as error:
        raise NotWritten(about(plan.zone.name, error)) from None
    except PostmasterError as error:
        raise NotWritten(f"{about(plan.zone.name, error)} Nothing was written.") from None


def _read_back(provider: Provider, plan: Plan, unknown: str) -> Snapshot:
    try:
        return provider.read(plan.zone, frozenset(change.record_set.key for change in plan.changes))
    except PostmasterError as error:
        what = "the change was written, but it could not be read back to see whether it stayed."
        if unknown:
            what = f"it is not known whether the change was written, and it could not be read back to see. {unknown}"
        raise PartlyApplied(f"{plan.zone}: {what} {error} Run it again to make sure.") from None


def difference(change: Change, seen: Snapshot) -> Iterable[str]:
    now = seen.get(*change.record_set.key)
    wanted = change.after
    if wanted is None:
        if now is not None:
            yield f"{now} should be gone, but holds {quoted(now.values)}"
    elif now is None:
        yield f"{wanted} is missing: it should hold {quoted(wanted.values)}"
    elif frozenset(now.values) != frozenset(wanted.values):
        yield f"{wanted} holds {quoted(now.values)} instead of {quoted(wanted.values)}"
    elif wanted.ttl is not None and now.ttl != wanted.ttl:
        yield f"{wanted} has a TTL of {now.ttl} s instead of {wanted.ttl} s"


def about(name: dns.name.Name, error: PostmasterError) -> str:
    """The error's text with the zone or domain, which not every provider's error names."""
    text = str(error)
    return text if to_text(name) in text else f"{to_text(name)}: {text}"


def _same(one: RecordSet | None, other: RecordSet | None) -> bool:
    return one.same_as(other) if one else other is None
