# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SPF as receivers evaluate it: check_host() of RFC 7208 for one sender. Bare section numbers refer to it.

What a record costs in the worst case and what is wrong with it is up to records.spf_limits.
"""

from __future__ import annotations

import dataclasses
import functools
import ipaddress
from collections.abc import Iterable
from typing import Union

from ..errors import InvalidInput
from ..names import record_name, to_text
from ..records.spf_grammar import QUALIFIERS, Term
from ..records.spf_record import SpfRecord, is_spf, parse
from ..resolver.questions import ResolverLike, dns_name
from .spf_macros import IPAddress, NoExpansion, SpfIdentity, explanation, target_name
from .spf_questions import SECONDS, Budget, PermanentError, Questions, TemporaryError

__all__ = ("SpfResult", "EvaluationStep", "check_host", "check_sender")

IPNetwork = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

_SENDERLESS = "postmaster"  # 4.3: the default local part


@dataclasses.dataclass(frozen=True)
class EvaluationStep:
    """One term that was evaluated. depth: how many includes and redirects lead to its record."""

    domain: str
    term: str
    outcome: str
    depth: int = 0

    def __str__(self) -> str:
        return f"{'  ' * self.depth}{self.domain}: {self.term}: {self.outcome}"


@dataclasses.dataclass(frozen=True)
class SpfResult:
    """The outcome of a check (2.6).

    result: ``none``, ``neutral``, ``pass``, ``fail``, ``softfail``, ``temperror`` or ``permerror``. domain: the one
    that was checked. term: the term of its record that decided, as written; empty if none did. reason: a sentence.
    explanation: what the domain says to a sender that fails (6.2). lookups and voids: how much of the limits was used
    (4.6.4). trace: every term that was evaluated, in order.
    """

    result: str
    domain: str
    term: str = ""
    reason: str = ""
    explanation: str | None = None
    lookups: int = 0
    voids: int = 0
    trace: tuple[EvaluationStep, ...] = ()


@dataclasses.dataclass(frozen=True)
class _Decision:
    """The result of one record, and the record that gave it: another one after a redirect."""

    result: str
    term: str = ""
    reason: str = ""
    domain: str = ""
    record: SpfRecord | None = None


def check_sender(ip: str, mail_from: str, helo: str, resolver: ResolverLike, receiver: str = "unknown") -> SpfResult:
    """Check the MAIL FROM identity (2.4); an empty sender (a bounce) stands for postmaster at ``helo``.

    Raises InvalidInput if ``ip`` is no IP address.
    """
    sender = mail_from.strip()
    sender = sender[1:-1] if sender.startswith("<") and sender.endswith(">") else sender
    if not sender:
        sender = f"{_SENDERLESS}@{helo}"
    return check_host(ip, sender.rpartition("@")[2], sender, helo, resolver, receiver)


def check_host(
    ip: str,
    domain: str,
    sender: str,
    helo: str,
    resolver: ResolverLike,
    receiver: str = "unknown",
    assumed: tuple[str, ...] | None = None,
) -> SpfResult:
    """Whether a domain allows the host at ``ip`` to send in its name (4).

    sender: the MAIL FROM address or, to check HELO, postmaster at that name. receiver: the checking host, for %{r}.
    assumed: the key of an include or exists that is assumed to match, for a sender whose addresses only DNS can list.
    Takes at most 20 seconds (4.6.4). Raises InvalidInput if ``ip`` is no IP address.
    """
    return _Check(_address(ip), sender, helo, resolver.within(SECONDS), receiver, assumed).run(domain)


class _Check:
    """One check with its limits."""

    def __init__(
        self,
        ip: IPAddress,
        sender: str,
        helo: str,
        resolver: ResolverLike,
        receiver: str,
        assumed: tuple[str, ...] | None,
    ) -> None:
        local, dummy, domain = sender.rpartition("@")
        self._budget = Budget()
        self._ask = Questions(resolver, self._budget)
        self._trace: list[EvaluationStep] = []
        self._validated: tuple[str, ...] | None = None
        self._ip = ip
        self._assumed = assumed
        self._sender = SpfIdentity(ip, local or _SENDERLESS, _a_label(domain), helo, receiver, self._validated_name)

    def run(self, domain: str) -> SpfResult:
        name = _a_label(domain.strip())
        decision = self._guarded(name)
        return SpfResult(
            result=decision.result,
            domain=name,
            term=decision.term,
            reason=decision.reason,
            explanation=self._explain(decision),
            lookups=self._budget.lookups,
            voids=self._budget.voids,
            trace=tuple(self._trace),
        )

    def _guarded(self, domain: str) -> _Decision:
        problem = _malformed(domain)
        if problem:
            return _Decision("none", reason=problem)
        try:
            return self._check_host(domain, 0)
        except TemporaryError as error:
            return _Decision("temperror", reason=str(error))
        except PermanentError as error:
            return _Decision("permerror", reason=str(error))

    def _check_host(self, domain: str, depth: int) -> _Decision:
        """4.4 to 4.7: a domain's record: its mechanisms from left to right, else its redirect, else neutral."""
        record = self._record(domain, void=depth > 0)
        if record is None:
            return _Decision("none", reason=f"{domain} has no SPF record.")
        for term in record.terms:
            if not term.is_modifier and self._matches(term, domain, depth):
                result = QUALIFIERS[term.qualifier]
                reason = f"{term.text} in the record of {domain} makes it {result} for {self._ip}."
                return _Decision(result, term.text, reason, domain, record)
        redirect = _modifier(record, "redirect")
        if redirect is not None and record.all is None:
            return self._redirect(redirect, domain, depth)
        return _Decision("neutral", "", f"No term in the record of {domain} matches {self._ip}.", domain, record)

    def _record(self, domain: str, void: bool) -> SpfRecord | None:
        """4.5, 4.6: the one SPF record of a domain, without errors in any of its terms."""
        found = [value for value in self._ask.texts(domain, void) if is_spf(value)]
        if len(found) > 1:
            raise PermanentError(
                f"{domain} has {len(found)} SPF records, which receivers treat as an error (RFC 7208 4.5)."
            )
        if not found:
            return None
        try:
            return parse(found[0], domain)
        except InvalidInput as error:
            raise PermanentError(str(error)) from None

    def _redirect(self, term: Term, domain: str, depth: int) -> _Decision:
        """6.1: another domain's record replaces this one."""
        self._budget.count_lookup(term.text, domain)
        target = self._target(term, domain)
        self._note(domain, term, f"the record of {target} decides" if target else "leads nowhere", depth)
        decision = _Decision("none") if not target else self._check_host(target, depth + 1)
        if decision.result == "none":
            raise PermanentError(f"{domain}: {term.text} leads to no SPF record (RFC 7208 6.1).")
        return decision

    # Section 5: the mechanisms

    def _matches(self, term: Term, domain: str, depth: int) -> bool:
        if term.name not in ("all", "ip4", "ip6"):
            self._budget.count_lookup(term.text, domain)
        if term.name == "include":
            return self._include(term, domain, depth)
        matched = self._is_assumed(term, domain) or self._matches_address(term, domain)
        self._note(domain, term, QUALIFIERS[term.qualifier] if matched else "no match", depth)
        return matched

    def _matches_address(self, term: Term, domain: str) -> bool:
        if term.name == "all":
            return True
        if term.name in ("ip4", "ip6"):
            return self._ip in network_of(term.value)
        target = self._target(term, domain)
        if target is None:
            return False
        if term.name == "a":
            return self._any_in_network(self._ask.addresses(target, self._ip.version), term)
        if term.name == "mx":
            return self._any_in_network(self._ask.exchange_addresses(target, self._ip.version), term)
        if term.name == "exists":
            return any(True for dummy in self._ask.addresses(target, 4))  # 5.7: A, whatever the client's IP version
        return any(_is_at_or_below(name, target) for name in self._validated_names())

    def _include(self, term: Term, domain: str, depth: int) -> bool:
        """5.2: only a pass of the other record matches; a domain without a record is an error here."""
        place = len(self._trace)
        self._note(domain, term, "not decided", depth)  # before the terms of the other record
        target = self._target(term, domain)
        decision = _Decision("none") if target is None else self._check_host(target, depth + 1)
        if decision.result == "none":
            raise PermanentError(
                f"{domain}: {term.text} leads to a name without an SPF record, which receivers treat as an error "
                "(RFC 7208 5.2)."
            )
        matched = decision.result == "pass" or self._is_assumed(term, domain)
        outcome = QUALIFIERS[term.qualifier] if matched else f"no match, because {target} says {decision.result}"
        self._trace[place] = dataclasses.replace(self._trace[place], outcome=outcome)
        return matched

    def _is_assumed(self, term: Term, domain: str) -> bool:
        return self._assumed is not None and term.key(domain) == self._assumed

    def _any_in_network(self, addresses: Iterable[IPAddress], term: Term) -> bool:
        prefix = term.prefix4 if self._ip.version == 4 else term.prefix6
        length = self._ip.max_prefixlen if prefix is None else prefix
        network = ipaddress.ip_network((self._ip.packed, length), strict=False)
        return any(address in network for address in addresses)

    def _target(self, term: Term, domain: str) -> str | None:
        """4.8: the target-name; None if DNS cannot hold it, which counts as a name that does not exist."""
        try:
            name = target_name(term.target, self._sender, domain)
        except NoExpansion:
            return None
        return name if dns_name(name) is not None else None

    # 5.5 and 7.3: the names of the client's address, looked up only once

    def _validated_names(self) -> tuple[str, ...]:
        if self._validated is None:
            self._validated = self._ask.validated_names(self._ip)
        return self._validated

    def _validated_name(self, domain: str) -> str:
        """7.3, %{p}: the domain itself, else a name below it, else any name, else ``unknown``."""
        names = self._validated_names()
        for name in names:
            if _folded(name) == _folded(domain):
                return name
        return next((name for name in names if _is_at_or_below(name, domain)), names[0] if names else "unknown")

    def _explain(self, decision: _Decision) -> str | None:
        """6.2: the text at the exp= target of the record that failed; None on any error."""
        term = _modifier(decision.record, "exp") if decision.record and decision.result == "fail" else None
        if term is None:
            return None
        try:
            target = self._target(term, decision.domain)
            texts = self._ask.texts(target, void=False) if target else ()
            return explanation(texts[0], self._sender, decision.domain) if len(texts) == 1 else None
        except (TemporaryError, PermanentError):
            return None

    def _note(self, domain: str, term: Term, outcome: str, depth: int) -> None:
        self._trace.append(EvaluationStep(domain, term.text, outcome, depth))


@functools.lru_cache(maxsize=256)
def _address(text: str) -> IPAddress:
    """Convert an IPv4-mapped address to IPv4 (5)."""
    try:
        address = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        raise InvalidInput(f"{text!r} is not an IP address: write it like 192.0.2.1 or 2001:db8::1.") from None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


@functools.lru_cache(maxsize=2048)
def network_of(value: str) -> IPNetwork:
    """The network of ip4 and ip6 (5.6)."""
    return ipaddress.ip_network(value, strict=False)


def _malformed(domain: str) -> str:
    """4.3: why a domain cannot be checked; empty if it can."""
    if domain.startswith("["):
        return f"{domain} is an address, not a domain, so it has no SPF record."
    if not domain.isascii() or dns_name(domain) is None or "." not in domain.rstrip("."):
        return f"{domain!r} is not a full domain name, so there is no SPF record (RFC 7208 4.3)."
    return ""


def _a_label(domain: str) -> str:
    """4.3: the domain with A-labels; unchanged if it cannot be converted."""
    if domain.isascii():
        return domain
    try:
        return to_text(record_name(domain))
    except InvalidInput:
        return domain


def _modifier(record: SpfRecord, name: str) -> Term | None:
    return next((term for term in record.terms if term.is_modifier and term.name == name), None)


def _is_at_or_below(name: str, domain: str) -> bool:
    return f".{_folded(name)}".endswith(f".{_folded(domain)}")


def _folded(name: str) -> str:
    return name.rstrip(".").lower()
