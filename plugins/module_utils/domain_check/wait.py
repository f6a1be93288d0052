# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do all servers of many domains show what is expected, now or within some time?"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.expectations import (
    Expectation,
    expectation,
    keys,
    missing,
)
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.delegation import INVALID
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.finding import bounded, listed
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.observation import Observation
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.registry import judge
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.planned import PlannedObserver
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.reader import Reader
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.report import report
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.scan import (
    ask_servers,
    delegation,
    nothing,
    survey,
)
from ansible_collections.postmaster.mail.plugins.module_utils.errors import PostmasterError
from ansible_collections.postmaster.mail.plugins.module_utils.names import to_text
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.authority import (
    MAX_SERVERS,
    Authority,
    AuthorityFinder,
)
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.nameservers import DNS_PORT, Nameserver
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.observe import Observer
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.resolver import Resolver
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.transport import NoAnswer, Referred
from ansible_collections.postmaster.mail.plugins.module_utils.zone.intent import Notes

try:
    import dns.name
except ImportError:
    pass  # libraries.require_dnspython() tells the user

PARALLEL = 32  # domains that are looked at side by side
ALIAS_SECONDS = 10.0  # for what others publish about one domain
DOMAIN_SECONDS = 30.0  # for all that is to be known of one domain


@dataclasses.dataclass
class ServerVerdict:
    """What one server shows of a domain."""

    answers: bool
    missing: list[str] = dataclasses.field(default_factory=list)
    msg: str = ""  # why it does not answer

    @property
    def met(self) -> bool:
        return self.answers and not self.missing


@dataclasses.dataclass
class DomainVerdict:
    """What the servers of a domain show. A server that does not answer is told, and does not make it unmet."""

    observer: Observer
    servers: dict[str, ServerVerdict] = dataclasses.field(default_factory=dict)
    faults: list[str] = dataclasses.field(default_factory=list)  # why nobody could be asked
    notes: Notes = dataclasses.field(default_factory=Notes)
    authorities: list[Authority] = dataclasses.field(default_factory=list)

    @property
    def answered(self) -> bool:
        return any(server.answers for server in self.servers.values())

    @property
    def met(self) -> bool:
        silent = bool(self.servers) and not self.answered
        return not self.faults and not silent and all(s.met for s in self.servers.values() if s.answers)


class DomainChecker:
    """Looks at domains through given servers, or through the authoritative ones that DNS names.

    ``resolver`` finds the servers, and what stands behind CNAMEs. ``port``: where servers that are found listen.
    ``probe``: look for DKIM keys at the selectors of well-known services, too. ``as_planned``: judge each domain as if
    what is expected of it were published.
    """

    def __init__(
        self,
        resolver: Resolver,
        given: Sequence[Nameserver] = (),
        port: int = DNS_PORT,
        probe: bool = False,
        as_planned: bool = False,
    ) -> None:
        self._resolver = resolver
        self._finder = AuthorityFinder(resolver, given, port)
        self._given = tuple(given)
        self._probe = probe
        self._as_planned = as_planned
        self._observer = self._new_observer()

    def look(
        self, items: Iterable[Mapping[str, Any]], timeout: float = 0.0, interval: float = 10.0
    ) -> dict[str, dict[str, Any]]:
        """Look at all domains, and again every ``interval`` seconds at those that are not as expected, for ``timeout``.

        Returns the result of each domain, by the name that the item gives it.
        """
        expected, results = _expectations(items)
        with concurrent.futures.ThreadPoolExecutor(max_workers=PARALLEL) as pool:
            verdicts = self._wait(pool, expected, timeout, interval)
            reports = pool.map(lambda text: self._report(expected[text], verdicts[text]), expected)
            results.update(zip(expected, reports))
        return results

    def _wait(
        self, pool: concurrent.futures.Executor, expected: Mapping[str, Expectation], timeout: float, interval: float
    ) -> dict[str, DomainVerdict]:
        verdicts: dict[str, DomainVerdict] = {}
        deadline = time.monotonic() + timeout
        unmet = list(expected)
        while True:
            verdicts.update(zip(unmet, pool.map(lambda text: self._judge(expected[text]), unmet)))
            unmet = [text for text in unmet if not verdicts[text].met]
            remaining = deadline - time.monotonic()
            if not unmet or remaining <= 0:
                return verdicts
            time.sleep(min(interval, remaining))
            self._forget(expected[text].domain for text in unmet if not verdicts[text].answered)

    def _forget(self, unanswered: Iterable[dns.name.Name]) -> None:
        """Let the next round see what has changed; where nobody answered, the delegation may have changed, too."""
        self._resolver.transport.forgive()
        self._resolver.forget()
        self._observer = self._new_observer()
        for domain in unanswered:
            self._finder.forget(domain)

    def _new_observer(self) -> Observer:
        return Observer(self._resolver.transport, recurse=bool(self._given), asked=self._resolver.asked)

    def _judge(self, expected: Expectation) -> DomainVerdict:
        """Ask every server of a domain once."""
        verdict = DomainVerdict(self._observer)
        for anchor, intents in expected.by_anchor().items():
            authority = self._finder.of(anchor)
            verdict.authorities.append(authority)
            fault = _fault(anchor, authority)
            if fault:
                verdict.faults.append(fault)
                continue
            deadline = time.monotonic() + DOMAIN_SECONDS
            for server in authority.servers:
                seen = verdict.servers.setdefault(server.label, ServerVerdict(answers=True))
                notes = Notes()
                try:
                    answered = verdict.observer.read(server, keys(intents), deadline)
                    seen.missing += map(bounded, missing(anchor, intents, answered, notes))
                except Referred as error:
                    seen.missing.append(f"the server {error}")
                except NoAnswer as error:
                    seen.answers, seen.msg = False, str(error)
                verdict.notes.warnings += notes.warnings
                verdict.notes.left_alone += notes.left_alone
        return verdict

    def _report(self, expected: Expectation, verdict: DomainVerdict) -> dict[str, Any]:
        """The result of a domain for the user."""
        authority = verdict.authorities[0] if verdict.authorities else self._finder.of(expected.domain)
        ask = self._resolver.within(ALIAS_SECONDS).ask
        for intent in expected.foreign:
            intent.forgo(ask, verdict.notes)
        seen = self._observe(expected, verdict, authority)
        # without expectations, no server was asked for them
        unknown = "" if verdict.servers else _nobody(seen)
        silent = [f"{label} {server.msg}." for label, server in verdict.servers.items() if not server.answers]
        return {
            "met": verdict.met and not unknown,
            "msg": _message(expected.domain, verdict) or unknown,
            "zone": to_text(authority.zone) if authority.zone is not None else None,
            "delegated_to": list(authority.delegated_to),
            "servers": {
                label: {"met": server.met, "answers": server.answers, "missing": server.missing, "msg": server.msg}
                for label, server in verdict.servers.items()
            },
            "missing": _unique(text for server in verdict.servers.values() for text in server.missing),
            "warnings": _unique(map(bounded, [*verdict.notes.warnings, *silent, *_disagreements(verdict.authorities)])),
            "left_alone": _unique(map(bounded, verdict.notes.left_alone)),
            **report(seen, judge(seen)),
        }

    def _observe(self, expected: Expectation, verdict: DomainVerdict, authority: Authority) -> Observation:
        """All that is seen of a domain, at the first of its servers that answers."""
        deadline = time.monotonic() + DOMAIN_SECONDS
        said = expected.declared
        fault = _fault(expected.domain, authority)
        known = delegation(authority, said.delegated_to, _sentence([fault]) if fault else "")
        if fault:
            return nothing(expected.domain, known, said)
        server, known = ask_servers(verdict.observer, authority, expected.domain, known, deadline)
        if server is None:
            return nothing(expected.domain, known, said)
        zone = expected.domain if authority.zone is None else authority.zone
        observer: Observer | PlannedObserver = verdict.observer
        if self._as_planned:
            observer = PlannedObserver(verdict.observer, server, expected.domain, expected.intents)
        reader = Reader(observer, server, zone, self._resolver, deadline)
        return survey(expected.domain, reader, known, said, expected.selectors, self._probe)


def _expectations(items: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Expectation], dict[str, dict[str, Any]]]:
    """The expectation of each domain, and the result of those that are no valid input."""
    expected: dict[str, Expectation] = {}
    invalid: dict[str, dict[str, Any]] = {}
    for item in items:
        text = item["domain"]
        try:
            new = expectation(item)
        except PostmasterError as error:
            invalid[text] = _invalid(text, str(error))
            continue
        expected[text] = expected[text] + new if text in expected else new
    return {text: value for text, value in expected.items() if text not in invalid}, invalid


def _invalid(text: str, reason: str) -> dict[str, Any]:
    empty: dict[str, Any] = {"zone": None, "delegated_to": [], "servers": {}, "missing": [], "warnings": []}
    return {
        "met": False,
        "msg": reason,
        **empty,
        "left_alone": [],
        **report(Observation(""), [INVALID.at(text, reason)]),
    }


def _fault(name: dns.name.Name, authority: Authority) -> str:
    """Why there is no server to ask about a name; empty when there is one."""
    domain = to_text(name)
    if authority.undelegated() and authority.zone is not None:
        zone = "the root zone" if authority.zone == dns.name.root else f"the zone {to_text(authority.zone)}"
        return (
            f"{domain} is not registered or not delegated: {zone} names no servers for it, so "
            "nobody can see its records. Enter the servers that hold its zone at its registrar"
        )
    if not authority.servers:
        return (
            f"nobody could say which servers hold {domain}: the DNS servers of this machine gave no answer, or do not "
            "know the public DNS"
        )
    return ""


def _message(domain: dns.name.Name, verdict: DomainVerdict) -> str:
    """Why a domain is not as expected, server by server; empty when it is."""
    if verdict.met:
        return ""
    parts = [*verdict.faults]
    told: dict[str, list[str]] = {}
    for label, server in verdict.servers.items():
        if server.missing:
            told.setdefault("; ".join(text.rstrip(".") for text in server.missing), []).append(label)
    parts += [f"{', '.join(labels)}: {text}" for text, labels in told.items()]
    parts += [f"{label} {server.msg}" for label, server in verdict.servers.items() if not server.answers]
    for authority in verdict.authorities:
        if authority.zone is not None and authority.delegated_to and authority.parent is not None:
            named = listed(authority.delegated_to, MAX_SERVERS)
            parts.append(
                f"the zone {to_text(authority.parent)} names {named} as the servers of "
                f"{to_text(authority.zone)}: records that are written elsewhere are not seen"
            )
    return f"{to_text(domain)} does not show what is expected. {_sentence(parts)}"


def _nobody(seen: Observation) -> str:
    """Why nothing can be said of a domain; empty when something can."""
    if seen.texts.known:
        return ""
    problems = [f"{server.label} {server.problem}" for server in seen.delegation.servers if server.problem]
    return _sentence(problems) or seen.delegation.fault


def _disagreements(authorities: Iterable[Authority]) -> Iterable[str]:
    for authority in authorities:
        known = authority.zone is not None and authority.delegated_to and authority.claimed
        if known and authority.delegated_to != authority.claimed:
            yield (
                f"The zone above {authority.zone.to_text(True)} names {', '.join(authority.delegated_to)} as its "  # type: ignore[union-attr]
                f"servers, and the zone itself names {', '.join(authority.claimed)}. Make them agree at the registrar."
            )


def _sentence(parts: Iterable[str]) -> str:
    """Parts that begin with a word of ours get a capital; a domain name keeps its spelling."""
    return " ".join(
        f"{part[0].upper() if part.startswith(('nobody ', 'the ')) else part[0]}{part[1:]}." for part in parts
    )


def _unique(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
