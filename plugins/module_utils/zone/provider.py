# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract of a DNS provider: its facts, and how to find, read and write a zone.

A provider translates and does nothing else. ``docs/adding-a-provider.md`` lists what a new one needs.
"""

from __future__ import annotations

import abc
import contextlib
import dataclasses
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, TypeVar

from ..errors import Conflict, InvalidInput, ProviderError, ZoneChanged, ZoneNotFound, not_the_api
from ..interrupts import CountedCalls
from ..libraries import dns
from ..names import to_text
from .model import Key, RecordSet, Snapshot, Zone
from .plan import Change, Plan
from .rdata import txt_bytes


class TxtForm(NamedTuple):
    """The only texts that an API stores unchanged: a pattern, and its meaning in words."""

    pattern: bytes
    words: str


@dataclasses.dataclass(frozen=True)
class Facts:
    """What a provider can hold, known without a request."""

    title: str  # the name of the vendor or server, for messages
    verified: str = ""  # the day on which these limits were last checked against the vendor's documentation
    default_ttl: int = 3600  # seconds; for new record sets if the user states no TTL
    min_ttl: int = 0
    max_ttl: int = 2147483647  # RFC 2181 8
    types: frozenset[str] | None = None  # the types that can be written; None: all
    wildcard_types: frozenset[str] | None = None  # those of them that a wildcard can have
    max_txt_octets: int = 65000  # of one TXT value
    max_txt_set_octets: int | None = None  # of all values of a TXT record set together
    txt_form: TxtForm | None = None  # None: a TXT value may be any octets
    empty_txt: bool = True
    null_mx: bool = True
    writes: bool = True  # False: a person enters the records
    # Whether all its zones are on the same servers, where a zone answers for its names even if the zone above does not
    # delegate it (RFC 1034 4.3.2). Otherwise only the delegation decides which zone the world sees.
    one_server: bool = False
    reads_back: bool = False  # whether a server may ignore part of a write, so that every write is read back
    # Whether the API keeps a write from overwriting a concurrent one. If not, what was written is checked again at the
    # end of the run.
    guarded: bool = True
    # How many seconds old a snapshot may be when a write is based on it; None: the provider takes care of that.
    fresh_for: float | None = None
    publishes: bool = False  # whether a write is served only after one more step, which a killed run leaves out
    attempts: int = 3  # how often a zone is read, planned and written if others write at the same time


class Unsaid(ProviderError):
    """The account does not say whether it has a zone of some name; it may own the zone above it."""


class Provider(CountedCalls, abc.ABC):
    """One account or server. Used from several threads at once.

    ``options`` are the fields of the modules' ``dns`` option, with unset ones as None.
    """

    facts: Facts
    # The options that it takes
    options: ClassVar[Mapping[str, Any]] = {}
    required: ClassVar[tuple[str, ...]] = ()
    environment: ClassVar[Mapping[str, str]] = {}
    # How many zones are worked on at once; None: one for each thread. If requests have to queue, one zone is finished
    # before the next is started, so that little time passes between reading and writing it.
    zones_at_once: int | None = None

    def __init__(self, options: Mapping[str, Any]) -> None:
        """``settings`` are the options and what the environment says in their place. Raises InvalidInput."""
        super().__init__()
        self.settings = {**options, **self._from_environment(options)}
        for name in self.required:
            if self.settings.get(name) in (None, ""):
                raise InvalidInput(f"dns: {self.missing(name)}")

    # -- find the zone -----------------------------------------------------------------------------------------------

    @abc.abstractmethod
    def find_zones(self, names: Iterable[dns.name.Name]) -> Mapping[dns.name.Name, Zone | ProviderError]:
        """The closest enclosing zone of each name, or why there is none (usually ZoneNotFound).

        Other zones seen on the way are returned too, by their own names: names below a requested one may lie in them.
        """

    @abc.abstractmethod
    def get_zone(self, zone: dns.name.Name) -> Zone:
        """The zone of exactly this name. Raises ZoneNotFound."""

    def zones_below(self, zone: Zone, names: Iterable[dns.name.Name]) -> Mapping[dns.name.Name, Zone]:
        """Zones, by their own names, that answer for some of these names of a zone that does not delegate them.

        This happens if one server holds both (RFC 1034 4.3.2). If each zone has name servers of its own, only the
        delegation decides, and there are none.
        """
        return {}

    # -- read and write ----------------------------------------------------------------------------------------------

    @abc.abstractmethod
    def read(self, zone: Zone, keys: frozenset[Key]) -> Snapshot:
        """Read the zone, in one call if the API can: at least these record sets, preferably all of them.

        A record set that cannot be understood or written is part of the snapshot, ``locked``. If the API has no guard,
        the snapshot has its ``read_at``, and the ``handle`` of a set is all that the API says of it, so that two
        readings can be compared.
        """

    @abc.abstractmethod
    def apply(self, plan: Plan) -> None:
        """Write the plan, guarded against concurrent changes if the API has a guard.

        Values that stay are sent as they were spelled. Raises ZoneChanged if the guard refused (nothing was written),
        OutcomeUnknown if it is unknown whether the plan was written (the zone is then read to find out), PartlyApplied
        if it stopped half-way, ProviderError if nothing was written (NotWritten if the message says so itself).
        """

    def turn(self, zone: Zone) -> contextlib.AbstractContextManager[str]:
        """A lock on a zone against other runs of ours, held from before it is read until it is written.

        Yields a sentence about work that a killed run had left and that is done now, empty if there was none. Raises
        nothing: a run that does not get the lock reads all the same, and may find that nothing needs to be written.
        """
        return contextlib.nullcontext("")

    def publish(self, zone: Zone) -> None:
        """Make the servers of a zone serve what it holds, if ``facts.publishes``. Raises ProviderError."""
        raise NotImplementedError

    def rehearse(self, plan: Plan) -> None:
        """In check mode: raise what ``apply`` would, if that can be known without writing."""
        return

    def losses(self, plan: Plan, seen: Snapshot) -> str:
        """Which records of others a write may have removed, judging by the reading after it.

        Returns a sentence if that is possible, else an empty text. Raises PartlyApplied if it is probable.
        """
        return ""

    def close(self) -> None:
        """Release connections and locks."""

    # -- for all providers -------------------------------------------------------------------------------------------

    def _from_environment(self, options: Mapping[str, Any]) -> dict[str, str]:
        names = [name for name in self.environment if options.get(name) in (None, "")]
        return {name: os.environ[self.environment[name]] for name in names if os.environ.get(self.environment[name])}

    def missing(self, option: str) -> str:
        """What to do about a required option that is not set."""
        variable = self.environment.get(option)
        instead = f", or the environment variable {variable}" if variable else ""
        return f"{self.facts.title} needs {option}: set it{instead}."

    @contextlib.contextmanager
    def expected(self) -> Iterator[None]:
        """A context that expects an answer in its documented form. Raises ProviderError for any other."""
        try:
            yield
        except (AttributeError, LookupError, TypeError, ValueError, dns.exception.DNSException):
            raise self.strange() from None

    def strange(self) -> ProviderError:
        """The error for an answer that is not in the API's documented form."""
        return not_the_api(self.facts.title)

    def look_again(self, plan: Plan, keys: frozenset[Key]) -> Plan:
        """The plan based on a new reading. Raises ZoneChanged if others changed the names that it touches."""
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

        A value that exists already is always accepted.
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
    """A provider whose account can look up a zone by name, or lists its zones."""

    # Up to this many zones are looked up by name; for more, all zones are listed.
    few: int = 1
    shortest_zone: int = 2  # labels
    lists_all: bool = True  # False: there may be zones that are not in the list

    def find_zones(self, names: Iterable[dns.name.Name]) -> Mapping[dns.name.Name, Zone | ProviderError]:
        """Look up a few names one by one, label by label; for many, list the account's zones once."""
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
        """The zone of exactly this name, or an error that keeps it from being used; None if the account has none.

        Raises Unsaid; any other ProviderError that is raised concerns all names.
        """

    @abc.abstractmethod
    def list_zones(self, wanted: int) -> Mapping[dns.name.Name, Zone | ProviderError] | None:
        """All zones of the account by name; None if looking up the ``wanted`` names one by one is faster."""

    def _ask_upwards(self, start: dns.name.Name) -> Zone | ProviderError | None:
        unsaid: Unsaid | None = None
        candidate = start
        while len(candidate.labels) > self.shortest_zone:  # the root counts as a label
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
    """The longest possible zone that contains a name: no label starts with an underscore or is a wildcard."""
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
    """Everything known about a name, except the SOA, which changes with every write to any name."""
    sets = (record_set for record_set in snapshot.at(name) if record_set.rdtype != dns.rdatatype.SOA)
    return {record_set.key: (record_set, record_set.locked, record_set.handle) for record_set in sets}


def _limits(facts: Facts, wanted: RecordSet, new: Sequence[dns.rdata.Rdata]) -> Iterator[str]:
    """Reasons why a record set with these new values cannot be held, worded to follow its name."""
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
