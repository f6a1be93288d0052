# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check many domains against expectations, optionally waiting until they are met."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable

from .. import interrupts
from ..errors import InvalidInput, PostmasterError
from ..libraries import dns
from ..names import to_text
from ..resolver.authority import Authority, AuthorityFinder
from ..resolver.nameservers import DNS_PORT, Nameserver, parse_nameservers
from ..resolver.observe import Observer
from ..resolver.stub_resolver import Resolver
from ..resolver.transport import NoAnswer, Referred
from ..zone.intent import Notes
from .expectations import Expectation, expectation, keys, missing
from .findings.delegation import INVALID
from .findings.finding import bounded
from .findings.observation import Observation
from .findings.registry import judge
from .planned import PlannedObserver
from .reader import Reader
from .report import report, total
from .scan import scan
from .servers import ask_servers, delegation, nothing
from .verdict import DomainVerdict, ServerVerdict, disagreements, fault_of, lines, message, sentence, why_unknown

PARALLEL = 32  # domains checked at the same time
ALIAS_SECONDS = 10.0  # for what others publish about one domain
DOMAIN_SECONDS = 30.0  # for everything about one domain


@dataclasses.dataclass(frozen=True)
class WaitProgress:
    """What is still missing. ``unmet``: by domain, sentences about servers that answer differently or not at all."""

    waited: float  # seconds
    remaining: float  # seconds until the last domain's time is up
    unmet: Mapping[str, Sequence[str]]


@dataclasses.dataclass(frozen=True)
class Waiting:
    """How long to keep asking until all servers answer as expected.

    ``timeout``: seconds for each domain, except those in ``timeouts`` (by the item's name). ``report`` is called every
    ``report_every`` seconds in the calling thread. ``stop`` ends the waiting as if the time were up.
    """

    timeout: float = 0.0
    interval: float = 10.0
    timeouts: Mapping[str, float] = dataclasses.field(default_factory=dict)
    report: Callable[[WaitProgress], None] | None = None
    report_every: float = 30.0
    stop: threading.Event = dataclasses.field(default_factory=interrupts.event)

    def __post_init__(self) -> None:
        """Raises InvalidInput."""
        if min((self.timeout, *self.timeouts.values())) < 0 or self.interval <= 0:
            raise InvalidInput("wait: timeout must be 0 or more seconds, and interval 1 or more.")

    def seconds(self, text: str) -> float:
        return self.timeouts.get(text, self.timeout)


@dataclasses.dataclass(frozen=True)
class CheckOptions:
    """How to check. ``nameservers``: as text; asked instead of the authoritative ones.

    ``probe_selectors``: also look for DKIM keys at the selectors of well-known services. ``as_planned``: judge each
    domain as if everything expected of it were published.
    """

    nameservers: Sequence[str] = ()
    probe_selectors: bool = False
    as_planned: bool = False
    wait: Waiting = Waiting()


@dataclasses.dataclass(frozen=True)
class CheckedDomains:
    """The result of each domain, by the name that was given, as ``domain_info`` documents it."""

    domains: Mapping[str, Mapping[str, Any]]
    questions: int  # DNS queries sent

    @property
    def unmet(self) -> list[str]:
        return [domain for domain, result in self.domains.items() if not result["met"]]

    def as_dict(self) -> dict[str, Any]:
        """What ``domain_info`` returns."""
        return {
            "met": not self.unmet,
            "unmet_domains": self.unmet,
            "finding_counts": total(self.domains),
            "domains": dict(self.domains),
            "questions": self.questions,
        }


def check_domains(items: Iterable[Mapping[str, Any]], options: CheckOptions) -> CheckedDomains:
    """Check domains, each an item of ``domain_info``'s option ``domains``, and wait if asked to.

    Needs dnspython. Raises InvalidInput for an invalid nameserver; problems of a domain are part of its result.
    """
    nameservers = parse_nameservers(options.nameservers)
    resolver = Resolver(nameservers)
    checker = DomainChecker(resolver, nameservers, probe=options.probe_selectors, as_planned=options.as_planned)
    return CheckedDomains(checker.check(items, options.wait), resolver.transport.questions)


class DomainChecker:
    """Checks domains at the given servers, or at the authoritative ones.

    ``resolver`` finds the servers and follows CNAMEs. ``port``: of the servers that are found. ``probe``: also look for
    DKIM keys at the selectors of well-known services. ``as_planned``: judge each domain as if everything expected of it
    were published.
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

    def check(self, items: Iterable[Mapping[str, Any]], wait: Waiting | None = None) -> dict[str, dict[str, Any]]:
        """The result of each domain, by the item's name."""
        expected, results = _expectations(items)
        with concurrent.futures.ThreadPoolExecutor(max_workers=PARALLEL) as pool:
            verdicts = self._wait(pool, expected, wait or Waiting())
            reports = pool.map(lambda text: self._report(expected[text], verdicts[text]), expected)
            results.update(zip(expected, reports))
        return results

    def _wait(
        self, pool: concurrent.futures.Executor, expected: Mapping[str, Expectation], wait: Waiting
    ) -> dict[str, DomainVerdict]:
        """Ask all servers, repeatedly those of unmet domains, and once more when the time is up."""
        verdicts: dict[str, DomainVerdict] = {}
        started = reported = time.monotonic()
        deadlines = {text: started + wait.seconds(text) for text in expected}
        pending = list(expected)
        while True:
            verdicts.update(zip(pending, pool.map(lambda text: self._judge(expected[text]), pending)))
            now = time.monotonic()
            pending = [text for text in pending if not verdicts[text].met and deadlines[text] > now]
            if not pending or wait.stop.is_set():
                return verdicts
            again = min(now + wait.interval, *(deadlines[text] for text in pending))
            while now < again and not wait.stop.is_set():
                if wait.report is not None and now - reported >= wait.report_every:
                    reported = now
                    unmet = {text: lines(verdicts[text]) for text in pending}
                    wait.report(WaitProgress(now - started, max(deadlines[text] for text in pending) - now, unmet))
                # reports are also due between two rounds that are far apart
                wait.stop.wait(max(0.0, min(again, reported + wait.report_every) - now) if wait.report else again - now)
                now = time.monotonic()
            self._forget(expected[text].domain for text in pending if not verdicts[text].answered)

    def _forget(self, unanswered: Iterable[dns.name.Name]) -> None:
        """Let the next round see changes; if nobody answered, the delegation may have changed, too."""
        self._resolver.transport.forgive()
        self._resolver.forget()
        self._observer = self._new_observer()
        for domain in unanswered:
            self._finder.forget(domain)

    def _new_observer(self) -> Observer:
        return Observer(self._resolver.transport, recurse=bool(self._given), cache=self._resolver.cache)

    def _judge(self, expected: Expectation) -> DomainVerdict:
        """Ask every server of a domain once."""
        verdict = DomainVerdict(self._observer)
        for anchor, intents in expected.by_anchor().items():
            authority = self._finder.of(anchor)
            verdict.authorities.append(authority)
            fault = fault_of(anchor, authority)
            if fault:
                verdict.faults.append(fault)
                continue
            deadline = time.monotonic() + DOMAIN_SECONDS
            for server in authority.servers:
                server_verdict = verdict.servers.setdefault(server.label, ServerVerdict(answers=True))
                notes = Notes()
                try:
                    answered = verdict.observer.read(server, keys(intents), deadline)
                    server_verdict.missing += map(bounded, missing(anchor, intents, answered, notes))
                except Referred as error:
                    server_verdict.missing.append(f"the server {error}")
                except NoAnswer as error:
                    server_verdict.answers, server_verdict.msg = False, str(error)
                verdict.notes.warnings += notes.warnings
                verdict.notes.left_alone += notes.left_alone
        return verdict

    def _report(self, expected: Expectation, verdict: DomainVerdict) -> dict[str, Any]:
        """The result of a domain for the user."""
        authority = verdict.authorities[0] if verdict.authorities else self._finder.of(expected.domain)
        ask = self._resolver.within(ALIAS_SECONDS).ask
        for intent in expected.foreign:
            intent.skip(ask, verdict.notes)
        observed = self._observe(expected, verdict, authority)
        # without expectations, no server was asked
        unknown = "" if verdict.servers else why_unknown(observed)
        silent = [f"{label} {server.msg}." for label, server in verdict.servers.items() if not server.answers]
        return {
            "met": verdict.met and not unknown,
            "msg": message(expected.domain, verdict) or unknown,
            "zone": to_text(authority.zone) if authority.zone is not None else None,
            "delegated_to": list(authority.delegated_to),
            "servers": {
                label: {"met": server.met, "answers": server.answers, "missing": server.missing, "msg": server.msg}
                for label, server in verdict.servers.items()
            },
            "missing": _unique(text for server in verdict.servers.values() for text in server.missing),
            "warnings": _unique(map(bounded, [*verdict.notes.warnings, *silent, *disagreements(verdict.authorities)])),
            "left_alone": _unique(map(bounded, verdict.notes.left_alone)),
            **report(observed, judge(observed)),
        }

    def _observe(self, expected: Expectation, verdict: DomainVerdict, authority: Authority) -> Observation:
        """All observations of a domain, at the first of its servers that answers."""
        deadline = time.monotonic() + DOMAIN_SECONDS
        said = expected.declared
        fault = fault_of(expected.domain, authority)
        known = delegation(authority, said.delegated_to, sentence([fault]) if fault else "")
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
        return scan(expected.domain, reader, known, said, expected.selectors, self._probe)


def _expectations(items: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Expectation], dict[str, dict[str, Any]]]:
    """The expectation of each domain, and the results of those with invalid input."""
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


def _unique(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
