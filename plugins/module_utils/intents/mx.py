# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mail exchangers of a name (RFC 5321 5.1), and the null MX (RFC 7505)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import Conflict
from ..libraries import dns
from ..names import custom_domain, to_text
from ..records import mx
from ..zone import rdata
from ..zone.intent import Intent, Notes
from ..zone.model import Draft, Key, RecordSet

OPTIONS: dict[str, Any] = {
    "exchanges": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {"preference": {"type": "int"}, "host": {"type": "str", "required": True}},
    },
    "exact": {"type": "bool", "default": False},
    "repair": {"type": "bool", "default": False},
    "ttl": {"type": "int"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def intents(domain: str, options: Mapping[str, Any]) -> list[Intent]:
    """The intents for the options of ``mx_record``. Raises InvalidInput."""
    exchanges = mx.exchanges(options.get("exchanges") or [])
    if options.get("state") == "absent":
        return [MxAbsent(custom_domain(domain), exchanges)]
    exact, repair = bool(options.get("exact")), bool(options.get("repair"))
    return [MxPresent(custom_domain(domain), exchanges, exact, repair, options.get("ttl"))]


class _Mx(Intent):
    def __init__(self, name: dns.name.Name, exchanges: tuple[mx.WantedExchange, ...]) -> None:
        self.name = name
        self.exchanges = exchanges

    def sees(self) -> Iterable[Key]:
        return [(self.name, dns.rdatatype.MX)]

    def _existing(self, draft: Draft) -> list[tuple[int, dns.name.Name]]:
        values = draft.values(self.name, dns.rdatatype.MX)
        return [(value.preference, value.exchange) for value in values]  # type: ignore[attr-defined]


class MxPresent(_Mx):
    """Mail for the name goes to these exchangers."""

    def __init__(
        self, name: dns.name.Name, exchanges: tuple[mx.WantedExchange, ...], exact: bool, repair: bool, ttl: int | None
    ) -> None:
        super().__init__(name, exchanges)
        self.exact = exact
        self.repair = repair
        self.ttl = ttl

    def revise(self, draft: Draft, notes: Notes) -> None:
        merged = mx.merge(self._existing(draft), self.exchanges, to_text(self.name), self.exact, self.repair)
        for preference, host in self._existing(draft):
            whole = mx.meant(host, self.exchanges, to_text(self.name))
            if whole is not None and whole != host:
                notes.warnings.append(
                    f"{to_text(self.name)} MX {preference} {to_text(host)} lacks its final dot, so the zone name was "
                    f"appended: {to_text(whole)} is meant and replaces it."
                )
        values = tuple(rdata.mx(*exchange) for exchange in merged)
        before = draft.get(self.name, dns.rdatatype.MX)
        if draft.computed(self.name, dns.rdatatype.MX) and set(values) != set(before.values if before else ()):
            raise Conflict(
                f"{to_text(self.name)} has a LUA record with other mail exchanges, which PowerDNS computes: mail would "
                "arrive at one system or the other at random. Remove the LUA record, or use a subdomain of its own."
            )
        if before is None:
            lifetime = draft.created_ttl(self.name, dns.rdatatype.MX) if self.ttl is None else self.ttl
            draft.put(RecordSet(self.name, dns.rdatatype.MX, values, lifetime))
        else:
            draft.put(dataclasses.replace(before, values=values, ttl=before.ttl if self.ttl is None else self.ttl))


class MxAbsent(_Mx):
    """These exchangers receive no mail for the name."""

    def revise(self, draft: Draft, notes: Notes) -> None:
        before = draft.get(self.name, dns.rdatatype.MX)
        if before is None:
            return
        remaining = mx.remove(self._existing(draft), self.exchanges, to_text(self.name))
        if not remaining:
            draft.remove(self.name, dns.rdatatype.MX)
            return
        draft.put(dataclasses.replace(before, values=tuple(rdata.mx(*exchange) for exchange in remaining)))
