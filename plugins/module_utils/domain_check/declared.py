# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user states about a domain besides its records: its senders and its name servers. Pure: no I/O."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ..errors import InvalidInput
from ..libraries import dns
from ..names import record_name, to_text
from ..records import dkim, spf
from .findings.observation import DeclaredSender

_TERMS = ("include", "ip4", "ip6", "a", "mx", "exists")

OPTIONS: dict[str, Any] = {
    "senders": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str", "required": True},
            "spf": {"type": "dict", "options": {term: {"type": "list", "elements": "str"} for term in _TERMS}},
            "selectors": {"type": "list", "elements": "str"},
            "return_path": {"type": "str"},
            "signing_domain": {"type": "str"},
        },
    },
    "delegated_to": {"type": "list", "elements": "str"},
    "from_addresses": {"type": "list", "elements": "str"},
}


@dataclasses.dataclass(frozen=True)
class Declared:
    senders: tuple[DeclaredSender, ...] | None = None  # None: not stated
    delegated_to: tuple[str, ...] = ()
    from_addresses: tuple[str, ...] = ()

    def __add__(self, other: Declared) -> Declared:
        said = self.senders is not None or other.senders is not None
        return Declared(
            (self.senders or ()) + (other.senders or ()) if said else None,
            self.delegated_to + other.delegated_to,
            self.from_addresses + other.from_addresses,
        )


def declared(item: Mapping[str, Any]) -> Declared:
    """The statements in one item of the option ``domains``. Raises InvalidInput."""
    senders = item.get("senders")
    return Declared(
        None if senders is None else tuple(map(_sender, senders)),
        tuple(map(_server, item.get("delegated_to") or ())),
        tuple(map(_address, item.get("from_addresses") or ())),
    )


def _server(text: str) -> str:
    name = to_text(record_name(text))
    if dns.inet.is_address(text.strip("[] ")):
        raise InvalidInput(
            f"delegated_to has the address {text}: give the names of the servers, as the zone above does."
        )
    return name


def _address(text: str) -> str:
    local_part, at_sign, domain = text.strip().rpartition("@")
    if not (local_part and at_sign and domain):
        raise InvalidInput(
            f"from_addresses has {text!r}, which is not an address: write it like sales@company-name.com."
        )
    return text.strip()


def _sender(options: Mapping[str, Any]) -> DeclaredSender:
    terms = options.get("spf") or {}
    path = options.get("return_path")
    return DeclaredSender(
        str(options["name"]),
        spf.wanted(**{term: terms.get(term) for term in _TERMS}),
        tuple(map(dkim.selector, options.get("selectors") or ())),
        to_text(record_name(path.rpartition("@")[2])) if path else "",
        to_text(record_name(options["signing_domain"])) if options.get("signing_domain") else "",
    )
