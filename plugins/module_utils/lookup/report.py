# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mail records that a domain shows, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import PostmasterError
from ..names import record_name, to_text
from ..records import dkim, dmarc, spf
from ..zone.intent import Ask
from ..zone.model import Key, RecordSet
from ..zone.rdata import to_display, txt_bytes
from .expectations import Expectation

try:
    import dns.name
    import dns.rdata
    import dns.rdatatype
except ImportError:
    pass  # libraries.require_dnspython() tells the user


def report_keys(expected: Expectation) -> set[Key]:
    """The record sets that the report of a domain is made of."""
    domain = expected.domain
    names = [domain, _below("_dmarc", domain), *_selectors(expected).values()]
    found = {(name, rdtype) for name in names for rdtype in (dns.rdatatype.CNAME, dns.rdatatype.TXT)}
    return found | {(domain, dns.rdatatype.MX)}


def report(expected: Expectation, answered: Mapping[Key, RecordSet], ask: Ask) -> dict[str, Any]:
    """SPF, DMARC, MX and the named selectors of a domain; C(ask) tells what stands behind a CNAME."""
    domain = expected.domain
    seen = _Seen(answered, ask)
    exchanges = sorted((value.preference, to_text(value.exchange)) for value in seen.values(domain, dns.rdatatype.MX))
    return {
        "spf": [text for text, value in seen.texts(domain) if spf.is_spf(value)],
        "dmarc": [text for text, value in seen.texts(_below("_dmarc", domain)) if dmarc.is_dmarc(value)],
        "mx": [{"preference": preference, "host": host} for preference, host in exchanges],
        "dkim": {
            selector: {"cname": seen.cname(name), "txt": [text for text, dummy in seen.texts(name)]}
            for selector, name in _selectors(expected).items()
        },
    }


class _Seen:
    def __init__(self, answered: Mapping[Key, RecordSet], ask: Ask) -> None:
        self._answered = answered
        self._ask = ask

    def cname(self, name: dns.name.Name) -> str | None:
        alias = self._alias(name)
        return to_display(alias) if alias is not None else None

    def values(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> tuple[Any, ...]:
        alias = self._alias(name)
        if alias is not None:
            return self._ask(alias.target, rdtype) or ()  # type: ignore[attr-defined]
        record_set = self._answered.get((name, rdtype))
        return record_set.values if record_set is not None else ()

    def _alias(self, name: dns.name.Name) -> dns.rdata.Rdata | None:
        record_set = self._answered.get((name, dns.rdatatype.CNAME))
        return record_set.values[0] if record_set is not None else None

    def texts(self, name: dns.name.Name) -> list[tuple[str, bytes]]:
        return sorted((to_display(value), txt_bytes(value)) for value in self.values(name, dns.rdatatype.TXT))


def _selectors(expected: Expectation) -> dict[str, dns.name.Name]:
    found = {}
    for selector in expected.selectors:
        try:
            found[selector] = record_name(dkim.owner_name(selector, to_text(expected.domain)))
        except PostmasterError:
            continue  # no selector: the expectation has said so
    return found


def _below(label: str, domain: dns.name.Name) -> dns.name.Name:
    return dns.name.Name((label.encode("ascii"), *domain.labels))
