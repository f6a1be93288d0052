# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many domains at many sending services: find, plan, register or remove, and verify.

The three steps are separate, because others publish the records between the second and the third. One thread works on
each account, domain by domain; nothing is remembered between runs.
"""

from __future__ import annotations

import dataclasses
import datetime
import time
from collections.abc import Iterable, Sequence
from typing import Callable

from ... import interrupts
from ...errors import OutcomeUnknown, PostmasterError
from . import labels, planning
from .contract import (
    PENDING,
    VERIFIED,
    Busy,
    FoundDomains,
    NotThere,
    Registration,
    ServiceClient,
    ServiceRefused,
)
from .dns_view import DnsView
from .labels import Held
from .outcome import ABSENT, VERIFIED_STATE, SendingOutcome, SendingRequest, given_up, not_verified
from .publication import MissingRecord, Selection, missing
from .registrar import FIRST_PAUSE, LONGEST_PAUSE, Registrar
from .registry import ServiceAccounts
from .side_by_side import each, in_threads

_TRIGGER_AGAIN = 300.0  # seconds after which a service is asked again to check


class SendingRun:
    """One run for any number of domains.

    :param view: its view of DNS.
    :param clock, sleep: for waiting. :param now: the current time, for what is noted at a service.
    """

    def __init__(
        self,
        accounts: ServiceAccounts,
        view: DnsView,
        check_mode: bool = False,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = interrupts.pause,
        now: Callable[[], datetime.datetime] = lambda: datetime.datetime.now(datetime.timezone.utc),
    ) -> None:
        self._accounts, self.view, self._check_mode = accounts, view, check_mode
        self._clock, self._sleep, self._now = clock, sleep, now
        self._clients: dict[int, ServiceClient] = {}  # by the id of the outcome

    def carry_out(self, requests: Sequence[SendingRequest]) -> list[SendingOutcome]:
        """All steps, for records that are already published, or by somebody else."""
        outcomes = self.prepare(requests)
        self.apply(outcomes)
        self.verify(outcomes)
        return outcomes

    # -- find and plan -----------------------------------------------------------------------------------------------

    def prepare(self, requests: Sequence[SendingRequest]) -> list[SendingOutcome]:
        """Find all domains and make plans; nothing is changed. What cannot be done becomes an ``error``."""
        outcomes = [SendingOutcome(request) for request in requests]
        seen: set[tuple[int, str]] = set()
        for outcome in outcomes:
            request = outcome.request
            try:
                client = self._accounts.client(request.service, request.account)
                if request.state != ABSENT:
                    planning.check(request.desired, client.facts)
            except PostmasterError as error:
                outcome.error = str(error)
                continue
            self._clients[id(outcome)] = client
            outcome.region = client.region
            if (id(client), request.desired.name) in seen:
                outcome.error = f"{request.desired.name} is listed twice at {client.facts.title}: list it once."
            seen.add((id(client), request.desired.name))
        self._judge_names([one for one in outcomes if one.error is None and one.request.state != ABSENT])
        self._by_account(_without_error(outcomes), self._read)
        found = _without_error(outcomes)
        self._plan_all(found)
        self._by_account(found, self._read_limits)
        return outcomes

    def _judge_names(self, outcomes: Sequence[SendingOutcome]) -> None:
        """Check for other owners of the DNS names that these domains need, before any service is called."""
        clients = [self._clients[id(one)] for one in outcomes]
        claims = [labels.claim_of(client, one.request.desired) for client, one in zip(clients, outcomes)]
        for outcome, taken in zip(outcomes, labels.of_others(claims, [one.request.taken for one in outcomes])):
            outcome.taken = taken
        claim_of = {id(outcome): claim for outcome, claim in zip(outcomes, claims)}

        def judge(outcome: SendingOutcome) -> None:
            claim, facts = claim_of[id(outcome)], self._clients[id(outcome)].facts
            outcome.holders = self.view.holders(claim.certain, outcome.taken, facts)
            labels.refuse(claim, outcome.taken, outcome.holders, facts, outcome.request.desired.name)

        each(outcomes, judge)

    def _plan_all(self, outcomes: Sequence[SendingOutcome]) -> None:
        by_domain: dict[str, list[SendingOutcome]] = {}
        for outcome in outcomes:
            by_domain.setdefault(outcome.request.desired.domain, []).append(outcome)
        in_threads(list(by_domain.values()), self._plan_domain)

    def _plan_domain(self, outcomes: Sequence[SendingOutcome]) -> None:
        """One after the other, because the next one cannot have a name that was chosen."""
        chosen: dict[str, Held] = {}
        for outcome in sorted(outcomes, key=lambda one: one.registration is None):
            try:
                self._plan(self._clients[id(outcome)], outcome, chosen)
            except PostmasterError as error:
                outcome.fail(error)

    def _read_limits(self, client: ServiceClient, outcomes: list[SendingOutcome]) -> None:
        new = sum(1 for outcome in outcomes if outcome.plan and outcome.plan.action == planning.REGISTER)
        calls = new * client.facts.registers_with + (len(outcomes) - new) * client.facts.finds_with
        rate = client.settings.get("rate_limit") or client.facts.calls_per_second
        for outcome in outcomes:
            outcome.expected_seconds = calls / rate
        shows_login = client.facts.shows_login
        asked = [
            one for one in outcomes if (shows_login or one.verification != VERIFIED) and one.request.state != ABSENT
        ]
        if asked:
            try:
                limits = client.limits()
            except PostmasterError as error:
                asked[0].notes.append(f"What the account may send could not be read: {client.explain(error)}")
            else:
                for outcome in asked:
                    outcome.limits = limits
                asked[0].notes += limits.notes

    @staticmethod
    def _read(client: ServiceClient, outcomes: Sequence[SendingOutcome]) -> FoundDomains:
        """What the service has of these domains; a failure for one domain becomes its error only."""
        found = client.find([outcome.request.desired.name for outcome in outcomes])
        for outcome in outcomes:
            name = outcome.request.desired.name
            if name in found.refused:
                outcome.error = client.explain(found.refused[name])
                continue
            outcome.was_read = True
            if outcome.registration is None:
                outcome.registration = found.get(name)
        return found

    def _plan(self, client: ServiceClient, outcome: SendingOutcome, chosen: dict[str, Held]) -> None:
        """``chosen``: the names of the domain's other registrations, to which its own are added."""
        request, facts, found = outcome.request, client.facts, outcome.registration
        desired = request.desired
        if request.state == ABSENT:
            outcome.plan = planning.plan_removal(found, desired, facts, request.delete_unmarked)
            if found is not None:
                self._look_at_records(outcome, Selection(found.records or ()))
                there = {one.record for one in outcome.missing}
                outcome.selection = Selection(tuple(one for one in found.records or () if one not in there))
                outcome.missing = ()
            else:
                self._find_left_over(outcome)
            return
        if found is not None:
            labels.refuse_others(found, {**request.taken, **chosen}, facts)
        desired = planning.resumed(desired, found)
        claim = labels.claim_of(client, desired)
        taken = {**outcome.taken, **{name: one for name, one in chosen.items() if not claim.publishes(name, one)}}
        holders = outcome.holders
        if found is None or desired.return_path != request.desired.return_path:
            holders = self.view.holders(claim, taken, facts)
        around = self.view.around(desired, found is None, holders, taken)
        now = self._now().isoformat(timespec="seconds")
        outcome.plan = planning.plan(desired, found, facts, around, claim.keys, now, request.take_over)
        outcome.notes += outcome.plan.notes
        if found is None:
            records, outcome.known_after_apply = client.predict(outcome.plan.desired)
            outcome.selection = self.view.select([one for one in records if one.values], desired, facts, around)
        else:
            records = found.records or ()
            self._describe(client, outcome, found)
            if not found.in_use.get("return_path"):
                outcome.findings += self.view.without_effect(desired, facts)
            outcome.selection = self.view.select(records, desired, facts, around)
        chosen.update(labels.chosen_names(claim.who, outcome.plan.desired, records))
        outcome.notes += outcome.selection.notes

    # -- register and remove -----------------------------------------------------------------------------------------

    def apply(self, outcomes: Sequence[SendingOutcome]) -> None:
        """Carry out the plans; in check mode only report them."""
        if self._check_mode:
            for outcome in outcomes:
                outcome.changed = outcome.error is None and outcome.plan is not None and outcome.plan.changes
        else:
            self._by_account(_without_error(outcomes), self._apply_all)
        if not self._check_mode:
            self.view.forget()
        waiting = [one for one in outcomes if one.error is None and one.registration and one.request.state != ABSENT]
        each(waiting, lambda outcome: self._look_at_records(outcome, outcome.selection))

    def _apply_all(self, client: ServiceClient, outcomes: list[SendingOutcome]) -> None:
        for outcome in outcomes:
            try:
                self._apply(client, outcome)
            except PostmasterError as error:
                outcome.error = client.explain(error)

    def _apply(self, client: ServiceClient, outcome: SendingOutcome) -> None:
        plan, found = outcome.plan, outcome.registration
        if plan is None or not plan.changes:
            return
        if plan.action == planning.REMOVE and found is not None:
            Registrar(client, self._clock, self._sleep).remove(found)
            outcome.changed = True
            return
        before = client.calls
        refused = 0
        try:
            found = Registrar(client, self._clock, self._sleep).register(plan.desired, found)
        except ServiceRefused:
            refused = 1  # the last call had no effect
            raise
        finally:
            # even if calls failed; if the run was interrupted before the first one, nothing was changed
            outcome.changed = client.calls > before + refused
        outcome.registration = found
        outcome.known_after_apply = ()
        self._describe(client, outcome, found)
        around = self.view.around(plan.desired, False, {}, {})
        outcome.selection = self.view.select(found.records or (), outcome.request.desired, client.facts, around)
        outcome.notes += [note for note in outcome.selection.notes if note not in outcome.notes]

    def _describe(self, client: ServiceClient, outcome: SendingOutcome, found: Registration) -> None:
        outcome.notes += [note for note in found.notes if note not in outcome.notes]
        outcome.findings += found.findings
        outcome.findings += given_up(found, client.facts)

    # -- verify ------------------------------------------------------------------------------------------------------

    def look_again(self, outcomes: Sequence[SendingOutcome]) -> None:
        """Check which records exist by now, after somebody has published them."""
        self.view.forget()
        each(outcomes, lambda outcome: self._look_at_records(outcome, outcome.selection))

    def find_left_over(self, outcomes: Sequence[SendingOutcome]) -> None:
        """Find records that point to a service where their domain is not registered in the account."""
        each([one for one in _without_error(outcomes) if one.registration is None], self._find_left_over)

    def _find_left_over(self, outcome: SendingOutcome) -> None:
        client, desired = self._clients[id(outcome)], outcome.request.desired
        paths = planning.candidates(desired, client.facts) or (desired.return_path,)
        predicted = [client.predict(dataclasses.replace(desired, return_path=path))[0] for path in paths]
        records = dict.fromkeys(record for some in predicted for record in some)
        outcome.findings += self.view.left_over(tuple(records), desired, client.facts)

    def verify(self, outcomes: Sequence[SendingOutcome]) -> None:
        """Wait for the records, then ask the services to check, and read the result, within ``wait`` seconds."""
        asked = [one for one in outcomes if one.error is None and one.request.state == VERIFIED_STATE]
        if not self._check_mode:
            self._by_account(asked, self._verify_all)
        for outcome in asked:
            if outcome.error is None and not self._check_mode and outcome.verification != VERIFIED:
                remembered = self.view.remembered_for(outcome.request.desired.name) if outcome.attempts else 0.0
                outcome.error, outcome.is_unverified = not_verified(outcome, remembered), True

    def _verify_all(self, client: ServiceClient, outcomes: list[SendingOutcome]) -> None:
        began, pause = self._clock(), FIRST_PAUSE
        asked_at: dict[int, float] = {}
        waiting = [one for one in outcomes if one.verification == PENDING]
        while waiting:
            ready = [one for one in waiting if not one.missing]
            for outcome in ready if client.facts.needs_trigger else ():
                last = asked_at.get(id(outcome))
                if outcome.registration and (last is None or self._clock() - last >= _TRIGGER_AGAIN):
                    self._trigger(client, outcome, outcome.registration)
                    asked_at[id(outcome)] = self._clock()
            if ready:
                self._read_again(client, ready)
            elapsed = self._clock() - began
            waiting = [
                one
                for one in waiting
                if one.error is None and one.verification == PENDING and elapsed < one.request.wait
            ]
            if not waiting:
                break
            self._sleep(min(pause, max(one.request.wait for one in waiting) - elapsed))
            pause = min(2 * pause, LONGEST_PAUSE)
            self.view.forget()
            each(waiting, lambda outcome: self._look_at_records(outcome, outcome.selection))

    def _trigger(self, client: ServiceClient, outcome: SendingOutcome, found: Registration) -> None:
        at = self._now().isoformat(timespec="seconds")
        try:
            client.verify(found)
            outcome.attempts.append(f"{at}: {client.facts.title} was asked to check.")
        except (Busy, NotThere, OutcomeUnknown) as error:
            outcome.attempts.append(f"{at}: {error}")
        except PostmasterError as error:
            outcome.error = client.explain(error)

    def _read_again(self, client: ServiceClient, outcomes: list[SendingOutcome]) -> None:
        found = self._read(client, outcomes)
        for outcome in outcomes:
            now = found.get(outcome.request.desired.name)
            if now is not None and now.records is not None:
                outcome.registration = now
                outcome.notes += [note for note in now.notes if note not in outcome.notes]

    def _look_at_records(self, outcome: SendingOutcome, selection: Selection) -> None:
        domain = outcome.request.desired.domain
        looked: list[MissingRecord | None] = [
            missing(record, self.view.see(record, domain)) for record in selection.records
        ]
        outcome.missing = tuple(one for one in looked if one is not None)
        outcome.looked = True

    # -- many --------------------------------------------------------------------------------------------------------

    def _by_account(
        self, outcomes: Iterable[SendingOutcome], work: Callable[[ServiceClient, list[SendingOutcome]], object]
    ) -> None:
        """Let one thread work on each account. An error of the account becomes that of all its domains."""
        groups: dict[int, tuple[ServiceClient, list[SendingOutcome]]] = {}
        for outcome in outcomes:
            client = self._clients[id(outcome)]
            groups.setdefault(id(client), (client, []))[1].append(outcome)

        def one_account(group: tuple[ServiceClient, list[SendingOutcome]]) -> None:
            try:
                work(*group)
            except PostmasterError as error:
                for outcome in group[1]:
                    outcome.error = outcome.error or group[0].explain(error)

        in_threads(list(groups.values()), one_account)


def _without_error(outcomes: Sequence[SendingOutcome]) -> list[SendingOutcome]:
    return [one for one in outcomes if one.error is None]
