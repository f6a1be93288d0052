# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DNS in memory: a resolver's answers without a server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Union

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from ansible_collections.postmaster.mail.plugins.module_utils.resolver.transport import MAX_ALIASES, DnsAnswer, NoAnswer
from ansible_collections.postmaster.mail.plugins.module_utils.zone import rdata as rdatas

# The values of a name by type, in master-file text; a TXT unquoted, as text or octets
Values = Mapping[str, Iterable[Union[str, bytes]]]


class Silence:
    """Marks a name for which nobody answers."""


SILENCE = Silence()


class FakeResolver:
    """Answers from ``{"company-name.com": {"TXT": ["v=spf1 -all"]}, "slow.example": SILENCE}``.

    An alias is ``{"CNAME": ["target.example"]}``. If a name has data, the names above it exist. Like a resolver it
    follows CNAMEs, and fails if they never end; ``recursive=False``: ``lookup()`` returns one CNAME at a time.
    """

    def __init__(self, names: Mapping[str, Values | Silence] | None = None, recursive: bool = True) -> None:
        self.recursive = recursive
        self.questions: Counter[tuple[str, str]] = Counter()
        self.silent: set[dns.name.Name] = set()
        self._data: dict[dns.name.Name, dict[dns.rdatatype.RdataType, tuple[dns.rdata.Rdata, ...]]] = {}
        for name, values in (names or {}).items():
            self.add(name, values)

    def add(self, name: str, values: Values | Silence) -> None:
        owner = plain_name(name)
        if isinstance(values, Silence):
            self.silent.add(owner)
            return
        held = self._data.setdefault(owner, {})
        for rdtype, texts in values.items():
            kind = dns.rdatatype.from_text(rdtype)
            held[kind] = tuple(_rdata(kind, text) for text in texts)

    def put(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType, value: dns.rdata.Rdata) -> None:
        held = self._data.setdefault(name, {})
        held[rdtype] = (*held.get(rdtype, ()), value)

    # The interface for the evaluators

    def ask(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> tuple[dns.rdata.Rdata, ...] | None:
        try:
            return self._answer(name, rdtype, follow=True).end_values
        except NoAnswer:
            return None

    def lookup(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> DnsAnswer:
        return self._answer(name, rdtype, follow=self.recursive)

    def within(self, seconds: float) -> FakeResolver:
        return self

    def _answer(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType, follow: bool) -> DnsAnswer:
        self.questions[name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(rdtype)] += 1
        way = [name]
        while True:
            held = self._data.get(way[-1], {})
            alias = held.get(dns.rdatatype.CNAME, ())
            if not held.get(rdtype) and way[-1] in self.silent:
                raise NoAnswer("does not answer")
            if rdtype == dns.rdatatype.CNAME or not alias or (not follow and len(way) > 1):
                break
            way.append(alias[0].target)  # type: ignore[attr-defined]
            if way[-1] in way[:-1] or len(way) > MAX_ALIASES:
                if follow:
                    raise NoAnswer("fails to answer (SERVFAIL)")
                break
        end = way[-1]
        values = self._data.get(end, {}).get(rdtype, ())
        first = self._data.get(name, {})
        own_alias = () if rdtype == dns.rdatatype.CNAME else first.get(dns.rdatatype.CNAME, ())
        return DnsAnswer(
            exists=any(owner.is_subdomain(name) for owner in self._data),
            values=first.get(rdtype, ()),
            alias=own_alias[0] if own_alias else None,
            end=end,
            end_values=values if follow or len(way) == 1 else (),
            recursive=self.recursive,
        )


def plain_name(text: str) -> dns.name.Name:
    """The name whose labels are separated by the dots, whatever characters they contain."""
    labels = (text[:-1] if text.endswith(".") else text).split(".")
    return dns.name.Name([*(label.encode("utf-8") for label in labels), b""])


def _rdata(rdtype: dns.rdatatype.RdataType, text: str | bytes) -> dns.rdata.Rdata:
    if rdtype == dns.rdatatype.TXT:
        return rdatas.txt(text if isinstance(text, bytes) else text.encode("utf-8"))
    assert isinstance(text, str)
    return dns.rdata.from_text(dns.rdataclass.IN, rdtype, text, origin=dns.name.root, relativize=False)
