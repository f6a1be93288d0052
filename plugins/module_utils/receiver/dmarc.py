# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DMARC discovery (RFC 9989 4.10): the tree walk, the organizational domain, and the policy that applies.

Names are in lower case without the final dot.
"""

from __future__ import annotations

import dataclasses

from ..libraries import dns
from ..names import record_name, to_text
from ..records import dmarc, dmarc_record
from ..resolver.questions import ResolverLike, dns_name, texts_at
from ..resolver.transport import NoAnswer

_PREFIX = "_dmarc."


@dataclasses.dataclass(frozen=True)
class WalkStep:
    """One query of the tree walk. ``records``: values that begin with the version; more than one count as none."""

    domain: str
    records: tuple[bytes, ...] = ()
    known: bool = True  # False: nobody answered

    @property
    def record(self) -> dmarc.DmarcRecord | None:
        return dmarc.parse(self.records[0], self.domain) if len(self.records) == 1 else None

    @property
    def psd(self) -> str:
        """``y``, ``n``, or ``u`` if not stated."""
        record = self.record
        return (record.word("psd", ("y", "n", "u")) if record else None) or "u"


@dataclasses.dataclass(frozen=True)
class DmarcDiscovery:
    """What receivers find for a domain.

    policy: ``none``, ``quarantine`` or ``reject``, what the owner asks for mail of this domain that fails; None if
    DMARC does not apply. tag: the tag that says so, ``p``, ``sp`` or ``np``. applied: the policy with ``t=y`` taken
    into account. exists: whether the domain is in DNS, asked only if it matters. known: False if missing answers leave
    the outcome open. notes: sentences that explain the outcome.
    """

    domain: str
    organizational_domain: str
    steps: tuple[WalkStep, ...]
    policy_domain: str | None = None
    record: dmarc.DmarcRecord | None = None
    policy: str | None = None
    tag: str = "p"
    exists: bool | None = None
    known: bool = True
    notes: tuple[str, ...] = ()

    @property
    def applied(self) -> str | None:
        return _applied(self.policy, self.record)

    def applied_below(self, exists: bool) -> str | None:
        """``applied`` for a domain below this one without its own record, from the organizational domain's."""
        record = self._above
        return _applied(_said(record, _tag_below(record, exists))[0], record) if record is not None else None

    def strictest_below(self, exists: bool) -> str | None:
        """The same for the strictest receivers: those that follow RFC 7489 know neither ``t=y`` nor ``np=``."""
        record = self._above
        if record is None:
            return None
        said = {_said(record, _tag_below(record, kind))[0] for kind in (exists, True)} - {None}
        return max(said, key=lambda policy: dmarc_record.strictness(policy or ""), default=None)

    @property
    def _above(self) -> dmarc.DmarcRecord | None:
        tops = (step.record for step in self.steps if step.domain == self.organizational_domain)
        return next(filter(None, tops), self.record)


def discover_dmarc(domain: str, resolver: ResolverLike) -> DmarcDiscovery:
    """The DMARC policy of a domain, from its own record or one above it (4.10.1).

    Makes at most eight queries, and one for the existence of the domain. Raises InvalidInput for an invalid domain
    name.
    """
    steps = tree_walk(domain, resolver)
    own = steps[0]
    found = DmarcDiscovery(own.domain, organizational_domain(steps), steps, notes=tuple(_walk_notes(steps)))
    at = _policy_step(found)
    if at is None:
        return dataclasses.replace(found, known=all(step.known for step in steps))
    # a record above counts only if there surely is none at the domain itself
    return _with_policy(dataclasses.replace(found, known=at is own or all(step.known for step in steps)), at, resolver)


def tree_walk(domain: str, resolver: ResolverLike) -> tuple[WalkStep, ...]:
    """The queries of 4.10 with their answers, at least one, from the domain itself up. Raises InvalidInput."""
    steps: list[WalkStep] = []
    for name in dmarc.tree_walk(domain):
        values = texts_at(name, resolver)
        records = tuple(value for value in values or () if dmarc.is_dmarc(value))
        at = name[len(_PREFIX) :]
        # top-level domains rarely have a record, and custom servers rarely answer for them: silence counts as none
        known = values is not None or (bool(steps) and "." not in at)
        steps.append(WalkStep(at, records, known))
        if steps[-1].psd in ("y", "n"):
            break
    return tuple(steps)


def organizational_domain(steps: tuple[WalkStep, ...]) -> str:
    """The organizational domain that results from a tree walk (4.10.2)."""
    start = steps[0].domain
    for step in steps:
        if step.psd == "n":
            return step.domain
        if step.psd == "y" and step.domain != start:
            below = len(step.domain.split(".")) + 1
            return ".".join(start.split(".")[-below:])
    with_record = [step.domain for step in steps if step.record is not None]
    return with_record[-1] if with_record else start


def aligned(identifier: str, author: DmarcDiscovery, mode: str, resolver: ResolverLike) -> bool | None:
    """Whether an authenticated domain is aligned with the author domain (4.4); None if DNS gave no answer.

    mode: ``s`` for strict, ``r`` for relaxed. Raises InvalidInput for an invalid domain name.
    """
    other = to_text(record_name(identifier))
    if other == author.domain:
        return True
    if mode == "s" or other.split(".")[-1] != author.domain.split(".")[-1]:
        return False
    steps = tree_walk(other, resolver)
    if all(step.known for step in (*steps, *author.steps)):
        return organizational_domain(steps) == author.organizational_domain
    return None


def _policy_step(found: DmarcDiscovery) -> WalkStep | None:
    """The step with the policy: the domain's, its organizational domain's, or the public suffix's (4.10.1)."""
    own, last = found.steps[0], found.steps[-1]
    if own.record is not None:
        return own
    for step in found.steps:
        if step.domain == found.organizational_domain and step.record is not None:
            return step
    return last if last.psd == "y" else None


def _with_policy(found: DmarcDiscovery, at: WalkStep, resolver: ResolverLike) -> DmarcDiscovery:
    record = at.record
    if record is None:
        return found
    notes = list(found.notes)
    tag, exists = "p", None
    if at.domain != found.domain:
        tag, exists = _tag_for_subdomain(found.domain, record, resolver)
        if exists is None and record.tag("np") is not None:
            notes.append(f"No server said whether {found.domain} exists, so sp= applies and np= does not.")
    policy, is_said = _said(record, tag)
    if not is_said:
        tag = "p"
        faulty = _faulty_policies(record)
        what = f"has no valid {' and '.join(faulty)}" if faulty else "has no p="
        then = "receivers assume p=none, because it has a report address" if policy else "receivers ignore it"
        notes.append(f"The DMARC record of {at.domain} {what}: {then} (RFC 9989 4.10.1).")
    return dataclasses.replace(
        found,
        policy_domain=at.domain,
        record=record,
        policy=policy,
        tag=tag,
        exists=exists,
        notes=tuple(notes),
    )


def _tag_for_subdomain(domain: str, record: dmarc.DmarcRecord, resolver: ResolverLike) -> tuple[str, bool | None]:
    """The tag that applies to a domain below the record's, and whether the domain exists (4.10.1)."""
    below = _tag_below(record, exists=True)
    if record.tag("np") is None or record.tag("np") == record.tag(below):
        return below, None
    exists = domain_exists(domain, resolver)
    return _tag_below(record, exists is not False), exists


def _tag_below(record: dmarc.DmarcRecord, exists: bool) -> str:
    """The tag that applies to a domain below the record's (4.10.1)."""
    tags = ("sp", "p") if exists else ("np", "sp", "p")
    return next((tag for tag in tags if record.tag(tag) is not None), "p")


def _said(record: dmarc.DmarcRecord, tag: str) -> tuple[str | None, bool]:
    """The policy in a tag, and whether there is any.

    With an invalid policy, a record with a report address counts as p=none, and any other is ignored (4.10.1).
    """
    policy = record.word(tag, dmarc_record.POLICIES)
    if policy is not None and not _faulty_policies(record):
        return policy, True
    return ("none" if any(map(dmarc_record.is_uri, record.aggregate_reports)) else None), False


def _applied(policy: str | None, record: dmarc.DmarcRecord | None) -> str | None:
    """The policy with ``t=y`` taken into account."""
    if policy is None or record is None or not record.testing:
        return policy
    return dmarc_record.POLICIES[max(0, dmarc_record.strictness(policy) - 1)]


def domain_exists(domain: str, resolver: ResolverLike) -> bool | None:
    """Whether there is anything at or below the name (RFC 8020); None if nobody answered."""
    name = dns_name(domain)
    if name is None:
        return False
    try:
        return resolver.lookup(name, dns.rdatatype.A).exists
    except NoAnswer:
        return None


def _faulty_policies(record: dmarc.DmarcRecord) -> list[str]:
    tags = ("p", "sp", "np")
    return [f"{tag}=" for tag in tags if record.tag(tag) is not None and not record.word(tag, dmarc_record.POLICIES)]


def _walk_notes(steps: tuple[WalkStep, ...]) -> list[str]:
    notes = []
    for step in steps:
        if not step.known:
            notes.append(f"No server gave an answer about {_PREFIX}{step.domain}.")
        elif len(step.records) > 1:
            notes.append(
                f"{_PREFIX}{step.domain} has {len(step.records)} DMARC records, so receivers use none of them "
                "(RFC 9989 4.10)."
            )
    return notes
