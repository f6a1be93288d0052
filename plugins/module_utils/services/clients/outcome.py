# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests to sending services and their outcomes, in the form that modules return. Pure: no I/O."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from ...errors import PostmasterError
from ..model import SendingService
from .contract import FAILED, OPTIONAL, Desired, Registration, ServiceFacts
from .labels import Held
from .limits import Limits
from .planning import REMOVE, UPDATE, NameTaken, RegistrationPlan
from .publication import MissingRecord, Selection, domain_items

PRESENT, VERIFIED_STATE, ABSENT = "present", "verified", "absent"
STATES = (PRESENT, VERIFIED_STATE, ABSENT)


@dataclasses.dataclass(frozen=True)
class SendingRequest:
    """One domain at one account. ``wait``: seconds in which ``state: verified`` must be reached.

    ``taken``: DNS names that others outside this run need, with what they publish there.
    """

    service: str
    account: Mapping[str, Any]
    desired: Desired
    state: str = PRESENT
    wait: float = 0.0
    take_over: bool = False
    delete_unmarked: bool = False
    taken: Mapping[str, Held] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class SendingOutcome:
    """The outcome of one request.

    :param changed: whether something was, or in check mode would be, changed at the service.
    :param registration: what the service has; None if nothing is registered (yet), or if it was not read.
    :param was_read: whether the service said what it has. ``name_taken``: the error, if it is about a DNS name.
    :param known_after_apply: what check mode cannot know, in words.
    :param looked: whether DNS was queried for the records. ``missing``: those that are not as the service needs them,
        or could not be queried.
    :param attempts: when the service was asked to check, and its answer.
    :param taken: DNS names that others take. ``holders``: the records at names that this one takes.
    :param expected_seconds: how long all domains of the account take at its permitted rate.
    """

    request: SendingRequest
    changed: bool = False
    error: str | None = None
    is_unverified: bool = False  # the error says nothing else
    name_taken: NameTaken | None = None
    was_read: bool = False
    plan: RegistrationPlan | None = None
    registration: Registration | None = None
    selection: Selection = dataclasses.field(default_factory=lambda: Selection(()))
    known_after_apply: tuple[str, ...] = ()
    looked: bool = False
    missing: tuple[MissingRecord, ...] = ()
    limits: Limits | None = None
    notes: list[str] = dataclasses.field(default_factory=list)
    findings: list[str] = dataclasses.field(default_factory=list)
    attempts: list[str] = dataclasses.field(default_factory=list)
    region: str = ""
    taken: Mapping[str, Held] = dataclasses.field(default_factory=dict)
    holders: Mapping[str, Held | None] = dataclasses.field(default_factory=dict)
    expected_seconds: float = 0.0

    def fail(self, error: PostmasterError) -> None:
        self.error = str(error)
        self.name_taken = error if isinstance(error, NameTaken) else None

    @property
    def verification(self) -> str:
        """``pending``, ``verified``, ``failed``, or empty if nothing is registered."""
        return self.registration.verification if self.registration else ""

    @property
    def desired(self) -> Desired:
        return self.plan.desired if self.plan else self.request.desired

    @property
    def is_registered(self) -> bool:
        """Whether the service has the domain in the end; in check mode, would have it."""
        if self.removes:
            return self.registration is not None and not self.changed
        return self.registration is not None or (self.changed and self.error is None)

    @property
    def options_set(self) -> dict[str, str]:
        """The options stated or chosen for the registration, in words. One that an update removes is ``none``."""
        if self.removes:
            return {}
        empty = "none" if self.plan is not None and self.plan.action == UPDATE else None
        stated = {name: getattr(self.desired, name) for name in ("return_path", *OPTIONAL)}
        options = {
            name: empty if value == "" or (name == "return_path" and value is False) else value
            for name, value in stated.items()
        }
        return {name: str(value).lower() for name, value in options.items() if value is not None}

    @property
    def removes(self) -> bool:
        return self.plan is not None and self.plan.action == REMOVE

    def as_dict(self, service: SendingService | None) -> dict[str, Any]:
        """What the modules return about one domain; ``service``: its catalogue entry."""
        name = self.request.desired.name
        registration = self.registration
        limits = self.limits
        sandbox = limits is not None and bool(limits.sandbox)
        by_hand = list(service.by_hand) if service else []
        if sandbox:
            only = "only verified addresses receive mail until AWS takes it out"
            by_hand.insert(0, f"The account is in the sandbox in {self.region}: {only}.")
        return {
            "changed": self.changed,
            "failed": self.error is not None,
            "msg": self.error or "",
            "sending_domain": name,
            "registered": self.is_registered,
            "verification": self.verification or "pending",
            "states": registration.words if registration else {},
            "pending_until": registration.pending_until if registration else "",
            "in_use": dict(registration.in_use) if registration else {},
            # unknown if a service has regions but does not show the domain's
            "region": registration.in_use.get("region", self.region and "unknown") if registration else self.region,
            "records": domain_items(self.selection.records, name, "absent" if self.removes else "present"),
            "known_after_apply": list(self.known_after_apply),
            "missing": [one.as_dict() for one in self.missing if one.known],
            "not_asked": [one.as_dict() for one in self.missing if not one.known],
            "left_out": list(self.selection.left_out),
            "smtp": _smtp(service, self.region, limits.login if limits else "") if service else {},
            "limits": {} if limits is None else {**dataclasses.asdict(limits), "notes": list(limits.notes)},
            "by_hand": by_hand,
            "findings": list(dict.fromkeys(self.findings)),
            "attempts": list(self.attempts),
            "expected_seconds": round(self.expected_seconds),
        }


def _smtp(service: SendingService, region: str, login: str) -> dict[str, Any]:
    return {
        "host": service.hosts.get(region, ""),
        "ports": [{"port": one.number, "encryption": one.encryption} for one in service.ports],
        "username": login or (service.login.username if service.login else ""),
        "username_is": service.login.username_is if service.login else "",
        "password_is": service.login.password_is if service.login else "",
    }


def not_verified(outcome: SendingOutcome, remembered: float) -> str:
    """Why ``state: verified`` was not reached.

    ``remembered``: seconds for which missing records may stay cached.
    """
    name = outcome.request.desired.name
    words = outcome.registration.words if outcome.registration else {}
    said = ", ".join(f"{part} {word}" for part, word in words.items())
    absent = "; ".join(f"{one.record.type} {one.record.name}: {one.why}" for one in outcome.missing)
    state = outcome.verification or "not registered"
    waited = f" after {outcome.request.wait:g} s" if outcome.request.wait else ""
    if absent:
        why = f"Missing: {absent}."
    elif state == FAILED:
        why = "All its records are published: restart the check in the service's console."
    else:
        why = "All its records are published, but the service has not checked yet. Run it again later, or wait longer."
        if remembered:
            minutes = math.ceil(remembered / 60)
            why += f" If it looked too early, DNS may still say that they are missing for up to {minutes} minutes."
    return f"{name} is {state}{waited} ({said}). {why}"


def given_up(found: Registration, facts: ServiceFacts) -> list[str]:
    """The finding that a service has given up checking; empty if it has not."""
    failed = [f"{part} {one.word}" for part, one in found.parts.items() if one.state == FAILED]
    looked = f" after {facts.looks_for}" if facts.looks_for else ""
    said = (
        f"{facts.title} gave up on {found.name}{looked} ({', '.join(failed)}). Publish what is missing, then restart "
        "it in the service's console. Nothing was removed."
    )
    return [said] if failed else []
