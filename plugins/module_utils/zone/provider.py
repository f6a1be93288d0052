# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract of a DNS provider: facts about it, and three verbs. A provider translates and does nothing else.

A new provider is one file with a subclass of ``Provider``, its place in ``registry.py``, its options in ``options.py``
and in the doc fragment ``dns``, and one server for the tests, where the shared provider suite then runs against it.
"""

from __future__ import annotations

import abc
import contextlib
import dataclasses
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput, ProviderError, ZoneNotFound
from ansible_collections.postmaster.mail.plugins.module_utils.libraries import dns
from ansible_collections.postmaster.mail.plugins.module_utils.names import to_text
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Key, RecordSet, Snapshot, Zone
from ansible_collections.postmaster.mail.plugins.module_utils.zone.plan import Plan


@dataclasses.dataclass(frozen=True)
class Facts:
    """What a provider can hold, known without asking it."""

    title: str  # the vendor's or server's own name, for messages
    default_ttl: int = 3600  # seconds; for what we create when the user states no TTL
    min_ttl: int = 0
    max_ttl: int = 2147483647  # RFC 2181 8
    max_txt_octets: int = 65000  # of one TXT value
    null_mx: bool = True
    writes: bool = True  # False: the records are entered by a person
    reads_back: bool = False  # True: the API has no guard against a concurrent write, so what was written is read again


class Provider(abc.ABC):
    """One account or server. Used from several threads at once.

    Options (``options``) are those of the ``dns`` option of the modules, with unset ones as None.
    """

    facts: ClassVar[Facts]
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
            if self.settings.get(name) is None:
                raise InvalidInput(f"dns: {self.missing(name)}")
        self._calls = 0
        self._lock = threading.Lock()

    @property
    def calls(self) -> int:
        """How many requests were sent to the account so far."""
        return self._calls

    def count_call(self) -> None:
        """To be called once for every request that is sent."""
        with self._lock:
            self._calls += 1

    @abc.abstractmethod
    def find_zones(self, names: Iterable[dns.name.Name]) -> Mapping[dns.name.Name, Zone | ProviderError]:
        """The closest enclosing zone of each name, or why there is none (ZoneNotFound, usually).

        One name: the zone is asked for by name. Many: the account's zones are listed once.
        """

    @abc.abstractmethod
    def get_zone(self, zone: dns.name.Name) -> Zone:
        """The zone of this very name. Raises ZoneNotFound."""

    @abc.abstractmethod
    def read(self, zone: Zone, keys: frozenset[Key]) -> Snapshot:
        """Read the zone, in one call where the API can; at least these record sets, better all of them.

        A record set that is there but cannot be understood or may not be written is part of the snapshot, ``locked``.
        """

    @abc.abstractmethod
    def apply(self, plan: Plan) -> None:
        """Write the plan, guarded against a concurrent change where the API has a guard.

        Values that stay are sent as they were spelled. Raises ZoneChanged when the guard held (nothing was written),
        OutcomeUnknown when nobody knows whether it was written (the zone is then read to find out), PartlyApplied when
        it stopped half-way, ProviderError when nothing was written (NotWritten when the message says so itself).
        """

    def losses(self, plan: Plan, seen: Snapshot) -> str:
        """What the reading after a write shows of others' records that the write may have taken with it.

        A sentence where that is possible, empty where not. Raises PartlyApplied where it is probable. It is asked where
        ``facts.reads_back``, also when what was written did not stay.
        """
        return ""

    def close(self) -> None:
        """Let go of connections and locks."""

    # -- for all providers -------------------------------------------------------------------------------------------

    def _from_environment(self, options: Mapping[str, Any]) -> dict[str, str]:
        names = [name for name in self.environment if options.get(name) is None]
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
        """The error for an answer that is not what the API documents, such as that of a proxy."""
        return ProviderError(
            f"{self.facts.title} answers with something other than its API describes, so nothing of it is used. Check "
            "endpoint, and whether a proxy stands in between."
        )

    def check(self, record_set: RecordSet) -> None:
        """Refuse a record set that this provider cannot hold, before any write. Raises InvalidInput."""
        facts, where = self.facts, str(record_set)
        if record_set.ttl is not None and not facts.min_ttl <= record_set.ttl <= facts.max_ttl:
            raise InvalidInput(
                f"{where}: a TTL of {record_set.ttl} s is not possible at {facts.title}, "
                f"which allows {facts.min_ttl} to {facts.max_ttl} s."
            )
        if record_set.rdtype == 16:  # TXT
            longest = max((len(b"".join(value.strings)) for value in record_set.values), default=0)  # type: ignore[attr-defined]
            if longest > facts.max_txt_octets:
                raise InvalidInput(
                    f"{where}: a value of {longest} octets is too long for {facts.title}, "
                    f"which holds at most {facts.max_txt_octets}."
                )
        null_mx = record_set.rdtype == 15 and any(  # MX
            to_text(value.exchange) == "."  # type: ignore[attr-defined]
            for value in record_set.values
        )
        if null_mx and not facts.null_mx:
            raise InvalidInput(f"{where}: {facts.title} cannot hold a null MX (0 .).")

    def no_zone(self, name: dns.name.Name) -> ZoneNotFound:
        """The error for a name that lies in no zone of this account."""
        return ZoneNotFound(
            f"{to_text(name)} lies in no zone that {self.facts.title} holds here. Check the name and the account, "
            "or create the zone there first."
        )


def longest_zone(name: dns.name.Name) -> dns.name.Name:
    """The longest name that can be a zone with this name in it: no label starts with an underscore or is a wildcard."""
    bare = name
    for index, label in enumerate(name.labels):
        if label.startswith(b"_") or label == b"*":
            bare = name.split(len(name.labels) - index - 1)[1]
    return bare


def enclosing(name: dns.name.Name, zones: Mapping[dns.name.Name, Zone]) -> Zone | None:
    """The closest of these zones that encloses a name."""
    candidate = name
    while len(candidate.labels) > 1:
        if candidate in zones:
            return zones[candidate]
        candidate = candidate.parent()
    return None
