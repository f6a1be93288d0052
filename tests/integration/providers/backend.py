# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of providers share: a server behind a provider, what they want of it, and how they open it."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import dns.name
import dns.rdatatype
import dns.tokenizer
import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.providers.registry import provider_class
from ansible_collections.postmaster.mail.plugins.module_utils.zone import rdata
from ansible_collections.postmaster.mail.plugins.module_utils.zone.intent import Intent, Notes
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Draft, Key, RecordSet
from ansible_collections.postmaster.mail.plugins.module_utils.zone.provider import Provider

Record = tuple[str, str, int, Sequence[str]]  # owner (absolute, no final dot), type, TTL, values in master-file text
Sets = dict[tuple[str, str], tuple[int, frozenset[str]]]

SPF = '"v=spf1 include:_spf.google.com ~all"'
VERIFICATION = '"google-site-verification=8mXc0Zy5w"'
DKIM_2048 = "v=DKIM1; k=rsa; p=" + "MIIBIjANBgkqhkiG9w0B" * 20
DKIM_4096 = "v=DKIM1; k=rsa; p=" + "MIICIjANBgkqhkiG9w0B" * 37


class Backend(abc.ABC):
    """A server or simulator behind a provider, and a view of its zones that the provider has no part in."""

    # The ``dns`` option that opens it.
    options: Mapping[str, Any]
    # The same with a credential that is refused, and the secret that no message may show; none where there are none.
    wrong: Sequence[tuple[Mapping[str, Any], str]] = ()
    # The same where nobody listens.
    unreachable: Mapping[str, Any] = {}
    unreachable_reason = "refused"
    # Whether a write replaces all records of a zone, without a guard: two writes within one round trip then leave the
    # records of the later one, and nobody can know.
    replaces_whole_zones = False
    # Whether values that stay keep the strings that they were cut into.
    keeps_spelling = True
    # Whether a zone answers for its names though the zone above does not delegate them, as both are on one server.
    zones_hide = False

    @abc.abstractmethod
    def put_zone(self, zone: str, records: Iterable[Record]) -> None:
        """Make a zone with these records, beside its SOA and NS."""

    @abc.abstractmethod
    def sets(self, zone: str) -> Sets:
        """All record sets but the SOA: (owner, type) to TTL and values in master-file text."""

    @abc.abstractmethod
    def writes(self, zone: str) -> int:
        """A number that grows with each write to the zone (its serial, a count of requests)."""

    @abc.abstractmethod
    def interfere(self, zone: str, name: str, rdtype: str, value: str) -> None:
        """Another program adds a value (master-file text) to a record set, right now."""

    def put_aliases(self, zone: str) -> Mapping[str, bool]:
        """Add each kind of record by which the provider lets a name stand for another one, beside a plain CNAME.

        Owners relative to the zone, with whether DNS is told a CNAME, beside which nothing can be.
        """
        return {}

    def aliases(self, zone: str) -> Any:
        """These records as the API shows them."""
        return None

    def writes_of_one_change(self) -> int:
        """By how much ``writes`` grows when the provider writes once."""
        return 1

    def writes_of(self, sets: int) -> int:
        """By how much ``writes`` grows when the provider writes so many record sets."""
        return self.writes_of_one_change()

    def holds(self, value: bytes) -> bool:
        """Whether the API can hold this text. Where it cannot, the provider must say so and write nothing."""
        return True


class Ensure(Intent):
    """The smallest intent: these values are in the set; with ``only`` no others are."""

    def __init__(
        self, name: str, rdtype: str, *values: Any, ttl: int | None = None, only: bool = False, absent: bool = False
    ) -> None:
        self.name = record_name(name)
        self.rdtype = dns.rdatatype.from_text(rdtype)
        self._values = tuple(_rdata(self.rdtype, value) for value in values)
        self._ttl, self._only, self._absent = ttl, only, absent

    def sees(self) -> Iterable[Key]:
        return [(self.name, self.rdtype)]

    def revise(self, draft: Draft, notes: Notes) -> None:
        there = draft.get(self.name, self.rdtype)
        old = there.values if there else ()
        if self._absent:
            values = tuple(value for value in old if value not in self._values) if self._values else ()
        else:
            values = tuple(dict.fromkeys((*(() if self._only else old), *self._values)))
        if not values:
            draft.remove(self.name, self.rdtype)
            return
        ttl = self._ttl if self._ttl is not None else there.ttl if there else draft.created_ttl(self.name, self.rdtype)
        draft.put(RecordSet(self.name, self.rdtype, values, ttl))


class Meanwhile(Intent):
    """Calls something between the read and the write, the first time only."""

    def __init__(self, name: str, act: Callable[[], None]) -> None:
        self.name = record_name(name)
        self._acts = [act]

    def sees(self) -> Iterable[Key]:
        return []

    def revise(self, draft: Draft, notes: Notes) -> None:
        if self._acts:
            self._acts.pop()()


def gone(name: str, rdtype: str, *values: Any) -> Ensure:
    """These values, or the whole set, are not there."""
    return Ensure(name, rdtype, *values, absent=True)


def open_provider(options: Mapping[str, Any]) -> Provider:
    """A provider as a module opens it, with the defaults of the options that all have."""
    common = {"validate_certs": True, "timeout": 10.0, "nameservers": None}
    chosen = provider_class(options["provider"])
    return chosen({**common, **dict.fromkeys(chosen.options), **options})


def set_fresh_for(monkeypatch: pytest.MonkeyPatch, seconds: float, *holders: Any) -> None:
    """Let readings be fresh for so long, at each of these that has ``facts``."""
    for holder in holders:
        monkeypatch.setattr(holder, "facts", dataclasses.replace(holder.facts, fresh_for=seconds))


def text_of(value: str) -> bytes:
    """The byte string of a TXT value in master-file text, whatever the length of its strings."""
    tokenizer = dns.tokenizer.Tokenizer(value)
    parts: list[bytes] = []
    while True:
        token = tokenizer.get().unescape_to_bytes()
        if token.is_eol_or_eof():
            return b"".join(parts)
        parts.append(token.value)


def _rdata(rdtype: dns.rdatatype.RdataType, value: Any) -> dns.rdata.Rdata:
    if rdtype == dns.rdatatype.TXT:
        return rdata.txt(value if isinstance(value, bytes) else value.encode())
    return rdata.from_presentation(rdtype, value)


_KEY = "v=DKIM1; k=ed25519; p=" + "A" * 43 + "="


def desired_beside_malformed_hosts(zone: str) -> pytest.MarkDecorator:
    """What is wanted, and what is told, where an MX of the zone and a CNAME at s2._domainkey name no host."""
    return pytest.mark.parametrize(
        ("desired", "told"),
        [
            ({"mx": {"exchanges": [{"preference": 10, "host": "mx.example.com"}]}}, f"{zone} MX is written in a way"),
            ({"dkim": [{"selector": "s2", "cname": "s2.example.com"}]}, f"s2._domainkey.{zone} CNAME is written in"),
            ({"dkim": [{"selector": "s2", "public_key": _KEY}]}, f"s2._domainkey.{zone} is a CNAME (written in"),
        ],
        ids=["MX", "CNAME", "TXT beside it"],
    )
