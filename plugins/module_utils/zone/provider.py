# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract of a DNS provider: facts about it, and how to find, read and write a zone.

A provider translates and does nothing else. ``docs/adding-a-provider.md`` lists what a new one consists of.
"""

from __future__ import annotations

import abc
import contextlib
import dataclasses
import os
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, TypeVar

from .. import interrupts
from ..errors import Conflict, InvalidInput, ProviderError, ZoneChanged, ZoneNotFound, not_the_api
from ..libraries import dns
from ..names import to_text
from .model import Key, RecordSet, Snapshot, Zone
from .plan import Change, Plan
from .rdata import txt_bytes


class TxtForm(NamedTuple):
    """The only texts that an API keeps as they are: a pattern, and what it means."""

    pattern: bytes
    words: str


@dataclasses.dataclass(frozen=True)
class Facts:
    """What a provider can hold, known without asking it."""

    title: str  # the vendor's or server's own name, for messages
    verified: str = ""  # the day on which these limits were last compared with what the vendor says
    default_ttl: int = 3600  # seconds; for what we create when the user states no TTL
    min_ttl: int = 0
    max_ttl: int = 2147483647  # RFC 2181 8
    types: frozenset[str] | None = None  # those that can be written; None: all
    wildcard_types: frozenset[str] | None = None  # those of them that a wildcard can have
    max_txt_octets: int = 65000  # of one TXT value
    max_txt_set_octets: int | None = None  # of all values of a TXT record set together
    txt_form: TxtForm | None = None  # None: a TXT value is any octets
    empty_txt: bool = True
    null_mx: bool = True
    writes: bool = True  # False: the records are entered by a person
    # Whether all its zones are on the same servers, where a zone answers for its names whether or not the zone above
    # delegates it (RFC 1034 4.3.2). Else the delegation alone decides which zone the world sees.
    one_server: bool = False
    reads_back: bool = False  # whether a server may ignore a part of a write, so that what was written is read again
    # Whether the API itself keeps a write from overwriting another one. Where not, what was written is looked at again
    # at the end of the run.
    guarded: bool = True
    # For how many seconds a reading may be written upon without another look; None: the provider sees to it.
    fresh_for: float | None = None
    publishes: bool = False  # whether what is written is served only after one more step, which a killed run leaves out
    attempts: int = 3  # how often a zone is read, planned and written when someone else writes at the same time


class Unsaid(ProviderError):
    """The account does not say whether it has a zone of some name; the zone above it may well be its own."""


class Provider(abc.ABC):
    """One account or server. Used from several threads at once.

    Options (``options``) are those of the ``dns`` option of the modules, with unset ones as None.
    """

    facts: Facts
    # Those of its ``Options``
    options: ClassVar[Mapping[str, Any]] = {}
    required: ClassVar[tuple[str, ...]] = ()
    environment: ClassVar[Mapping[str, str]] = {}
    # How many zones are worked on at once; None: as many as there are threads. Where requests wait for their turn, one
    # zone is done before the next is begun, so that not too much time lies between its look and its write.
    zones_at_once: int | None = None

    def __init__(self, options: Mapping[str, Any]) -> None:
        """``settings`` are the options and what the environment says in their place. Raises InvalidInput."""
        self.settings = {**options, **self._from_environment(options)}
        for name in self.required:
            if self.settings.get(name) in (None, ""):
                raise InvalidInput(f"dns: {self.missing(name)}")
        self._calls = 0
        self._lock = threading.Lock()

    @property
    def calls(self) -> int:
        """How many requests were sent to the account so far."""
        return self._calls

    def count_call(self) -> None:
        """To be called once for every request, before it is sent. Raises Interrupted."""
        interrupts.go_on()
        with self._lock:
            self._calls += 1

    # -- find the zone -----------------------------------------------------------------------------------------------

    @abc.abstractmethod
    def find_zones(self, names: Iterable[dns.name.Name]) -> Mapping[dns.name.Name, Zone | ProviderError]:
        """The closest enclosing zone of each name, or why there is none (ZoneNotFound, usually).

        Other zones that were seen on the way are told as well, by their own names: what is below a name may lie in one
        of them.
        """

    @abc.abstractmethod
    def get_zone(self, zone: dns.name.Name) -> Zone:
        """The zone of this very name. Raises ZoneNotFound."""

    def zones_below(self, zone: Zone, names: Iterable[dns.name.Name]) -> Mapping[dns.name.Name, Zone]:
        """Zones, by their own names, that answer for some of these names of a zone though it does not delegate them.

        That is so where one server holds both (RFC 1034 4.3.2). Where each zone has name servers of its own, the
        delegation alone decides, and nothing hides.
        """
        return {}

    # -- read and write ----------------------------------------------------------------------------------------------

    @abc.abstractmethod
    def read(self, zone: Zone, keys: frozenset[Key]) -> Snapshot:
        """Read the zone, in one call where the API can; at least these record sets, better all of them.

        A record set that is there but cannot be understood or may not be written is part of the snapshot, ``locked``.
        Where the API has no guard, the snapshot says when it was read, and the ``handle`` of a set is all that the API
        says of it, so that two readings can be compared.
        """

    @abc.abstractmethod
    def apply(self, plan: Plan) -> None:
        """Write the plan, guarded against a concurrent change where the API has a guard.

        Values that stay are sent as they were spelled. Raises ZoneChanged when the guard held (nothing was written),
        OutcomeUnknown when nobody knows whether it was written (the zone is then read to find out), PartlyApplied when
        it stopped half-way, ProviderError when nothing was written (NotWritten when the message says so itself).
        """

    def turn(self, zone: Zone) -> contextlib.AbstractContextManager[str]:
        """From before a zone is read until it is written: what keeps other runs of ours from it meanwhile.

        Gives a sentence about what a killed run had left to do and is done now, empty where there was nothing. Raises
        nothing: who does not get the turn reads all the same, and may find that nothing is to be written.
        """
        return contextlib.nullcontext("")

    def publish(self, zone: Zone) -> None:
        """Let the servers of a zone show what it holds, where ``facts.publishes``. Raises ProviderError."""
        raise NotImplementedError

    def rehearse(self, plan: Plan) -> None:
        """In check mode: raise what ``apply`` would, as far as that can be known without writing."""
        return

    def losses(self, plan: Plan, seen: Snapshot) -> str:
        """What the reading after a write shows of others' records that the write may have taken with it.

        A sentence where that is possible, empty where not. Raises PartlyApplied where it is probable.
        """
        return ""

    def close(self) -> None:
        """Let go of connections and locks."""

    # -- for all providers -------------------------------------------------------------------------------------------

    def _from_environment(self, options: Mapping[str, Any]) -> dict[str, str]:
        names = [name for name in self.environment if options.get(name) in (None, "")]
        return {name: os.environ[self.environment[name]] for name in names if os.environ.get(self.environment[name])}

    def missing(self, option: str) -> str:
        """What to do about an option that is needed and not set."""
        variable = self.environment.get(option)
        instead = f", or the environment variable {variable}" if variable else ""
        return f"{self.facts.title} needs {option}: set it{instead}."

    @contextlib.contextmanager
    def expected(self) -> Iterator[None]:
        """Around code that takes an answer to be as its API documents it. Raises ProviderError where it is not."""
        try:
            yield
        except (AttributeError, LookupError, TypeError, ValueError, dns.exception.DNSException):
            raise self.strange() from None

    def strange(self) -> ProviderError:
        """The error for an answer that is not what the API documents."""
        return not_the_api(self.facts.title)

    def look_again(self, plan: Plan, keys: frozenset[Key]) -> Plan:
        """The plan upon what is there now. Raises ZoneChanged where others changed the names that it touches."""
        now = self.read(plan.zone, keys)
        for name in {change.record_set.name for change in plan.changes}:
            if _content(now, name) != _content(plan.snapshot, name):
                raise ZoneChanged(
                    f"{plan.zone}: another program changed the records of {to_text(name)} at the same moment, so "
                    "nothing was written."
                )
        if now.read_only:
            raise Conflict(now.read_only)
        return Plan(now, tuple(Change(now.get(*change.record_set.key), change.after) for change in plan.changes))

    def check(self, zone: Zone, change: Change) -> None:
        """Refuse what this provider cannot hold, before any write. Raises InvalidInput.

        A value that is there already can be held, whatever is known of the provider.
        """
        if change.after is None:
            return
        before = change.before.values if change.before else ()
        for reason in _limits(self.facts, change.after, [v for v in change.after.values if v not in before]):
            raise InvalidInput(f"{change.after}: {reason}")

    def no_zone(self, name: dns.name.Name) -> ZoneNotFound:
        """The error for a name that lies in no zone of this account."""
        return ZoneNotFound(
            f"{to_text(name)} lies in no zone that {self.facts.title} holds here. Check the name and the account, "
            "or create the zone there first."
        )


class AccountProvider(Provider):
    """A provider whose account is asked for a zone by its name, or lists its zones."""

    # Up to so many zones are asked for by their names; for more, all are listed.
    few: int = 1
    shortest_zone: int = 2  # labels
    lists_all: bool = True  # False: there may be zones that are not in the list

    def find_zones(self, names: Iterable[dns.name.Name]) -> Mapping[dns.name.Name, Zone | ProviderError]:
        """A few are asked for by name, label by label; for many, the account's zones are listed once."""
        starts = {name: longest_zone(name) for name in names}
        distinct = dict.fromkeys(starts.values())
        zones = self.list_zones(len(distinct)) if len(distinct) > self.few else None
        listed = {name: enclosing(name, zones or {}) for name in starts}
        complete = zones is not None and self.lists_all
        asked = {starts[name] for name, zone in listed.items() if zone is None and not complete}
        found = {start: self._ask_upwards(start) for start in distinct if start in asked}
        return {
            **(zones or {}),
            **{name: listed[name] or found.get(start) or self.no_zone(name) for name, start in starts.items()},
        }

    def get_zone(self, zone: dns.name.Name) -> Zone:
        found = self.ask_for(zone) or self.no_zone(zone)
        if isinstance(found, ProviderError):
            raise found
        return found

    @abc.abstractmethod
    def ask_for(self, name: dns.name.Name) -> Zone | ProviderError | None:
        """The zone of this very name, or what keeps it from being used; None where the account has none.

        Raises Unsaid, or another ProviderError, which concerns all names.
        """

    @abc.abstractmethod
    def list_zones(self, wanted: int) -> Mapping[dns.name.Name, Zone | ProviderError] | None:
        """All zones of the account by their names; None where so many are found sooner by asking for each."""

    def _ask_upwards(self, start: dns.name.Name) -> Zone | ProviderError | None:
        unsaid: Unsaid | None = None
        candidate = start
        while len(candidate.labels) > self.shortest_zone:  # the root is one of the labels
            try:
                found = self.ask_for(candidate)
            except Unsaid as error:
                unsaid = unsaid or error
            else:
                if found is not None:
                    return found
            candidate = candidate.parent()
        return unsaid


def longest_zone(name: dns.name.Name) -> dns.name.Name:
    """The longest name that can be a zone with this name in it: no label starts with an underscore or is a wildcard."""
    bare = name
    for index, label in enumerate(name.labels):
        if label.startswith(b"_") or label == b"*":
            bare = name.split(len(name.labels) - index - 1)[1]
    return bare


AnyZone = TypeVar("AnyZone")


def enclosing(name: dns.name.Name, zones: Mapping[dns.name.Name, AnyZone]) -> AnyZone | None:
    """The closest of these zones that encloses a name."""
    candidate = name
    while len(candidate.labels) > 1:
        if candidate in zones:
            return zones[candidate]
        candidate = candidate.parent()
    return None


def _content(snapshot: Snapshot, name: dns.name.Name) -> dict[Key, Any]:
    """All that is said of a name, but for the SOA, which counts the writes to all names."""
    sets = (record_set for record_set in snapshot.at(name) if record_set.rdtype != dns.rdatatype.SOA)
    return {record_set.key: (record_set, record_set.locked, record_set.handle) for record_set in sets}


def _limits(facts: Facts, wanted: RecordSet, new: Sequence[dns.rdata.Rdata]) -> Iterator[str]:
    """Why a record set with these new values cannot be held, in words that follow its name."""
    kind, title = dns.rdatatype.to_text(wanted.rdtype), facts.title
    if facts.types is not None and kind not in facts.types:
        yield f"records of the type {kind} cannot be written at {title}."
    if wanted.name.is_wild() and facts.wildcard_types is not None and kind not in facts.wildcard_types:
        yield f"{title} holds no {kind} record at a wildcard."
    if wanted.ttl is not None and not facts.min_ttl <= wanted.ttl <= facts.max_ttl:
        yield (
            f"a TTL of {wanted.ttl} s is not possible at {title}, which allows {facts.min_ttl} to {facts.max_ttl} s."
        )
    if kind == "MX" and not facts.null_mx and any(mx.exchange == dns.name.root for mx in new):  # type: ignore[attr-defined]
        yield f"{title} cannot hold a null MX (0 .)."
    if kind == "TXT":
        yield from _txt_limits(facts, list(map(txt_bytes, wanted.values)), list(map(txt_bytes, new)))


def _txt_limits(facts: Facts, wanted: Sequence[bytes], new: Sequence[bytes]) -> Iterator[str]:
    title, together = facts.title, sum(map(len, wanted))
    if not facts.empty_txt and b"" in new:
        yield f"{title} cannot hold an empty value."
    if facts.txt_form is not None and not all(re.fullmatch(facts.txt_form.pattern, value) for value in new):
        yield f"{title} keeps only plain text unchanged ({facts.txt_form.words}), and the value is not of that form."
    for value in new:
        if len(value) > facts.max_txt_octets:
            yield (
                f"a value of {len(value)} octets is too long for {title}, which holds at most {facts.max_txt_octets}."
            )
    if facts.max_txt_set_octets is not None and together > facts.max_txt_set_octets:
        yield (
            f"its values have {together} octets together, and {title} holds at most {facts.max_txt_set_octets} in a "
            "set. Remove values that are no longer needed."
        )
