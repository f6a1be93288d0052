# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""MX record sets: which hosts take mail for a domain (RFC 5321 5.1, null MX: RFC 7505)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from .. import names
from ..errors import Conflict, InvalidInput
from ..libraries import dns

_HOST_LABEL = re.compile(rb"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")  # RFC 1123 2.1
_MOST = 65535
_NEW = 10  # the preference of a new exchange if none is stated


class Exchange(NamedTuple):
    """One MX record. Host ``.`` with preference 0 (null MX) means that the domain takes no mail."""

    preference: int
    host: dns.name.Name

    def __str__(self) -> str:
        return f"{self.preference} {names.to_text(self.host)}"


class WantedExchange(NamedTuple):
    """An exchange that is asked for; preference None accepts any."""

    preference: int | None
    host: dns.name.Name

    def __str__(self) -> str:
        host = names.to_text(self.host)
        return host if self.preference is None else f"{self.preference} {host}"


def exchanges(options: Sequence[Mapping[str, Any]]) -> tuple[WantedExchange, ...]:
    """The exchanges in a list of options ``preference`` and ``host``. Raises InvalidInput."""
    pairs = tuple(WantedExchange(_preference(option), _host(option)) for option in options)
    if not pairs:
        raise InvalidInput("No exchange is given: list at least one, or preference 0 and host . for no mail at all.")
    hosts = [pair.host for pair in pairs]
    for host in hosts:
        if hosts.count(host) > 1:
            raise InvalidInput(f"The exchange {names.to_text(host)} is listed twice: list each host once.")
    if dns.name.root in hosts and (len(pairs) > 1 or pairs[0].preference not in (None, 0)):
        raise InvalidInput(
            "The host . (null MX) says that a domain accepts no mail: it must be the only one, with preference 0 (RFC "
            "7505 3)."
        )
    return pairs


def merge(
    existing: Sequence[tuple[int, dns.name.Name]],
    wanted: Sequence[WantedExchange],
    domain: str,
    exact: bool,
    repair: bool = False,
) -> tuple[Exchange, ...]:
    """The exchanges that must result; the existing ones stay as they are if they are those wanted.

    A wanted host gets the stated preference, and loses a zone name that was appended because of a missing final dot.
    ``repair``: remove exchanges that cannot take mail. Raises Conflict if there are other hosts and ``exact`` is not
    set, because mail would go to two systems.
    """
    there = _pairs(existing)
    complete = tuple(pair for exchange in wanted for pair in _complete(exchange, there, domain))
    if set(there) == set(complete):
        return there
    foreign = [pair for pair in there if meant(pair.host, wanted, domain) is None]
    useless = [pair for pair in foreign if is_useless(pair, there, domain)]
    if not exact and any(not repair or pair not in useless for pair in foreign):
        cure = f" {', '.join(map(str, useless))} cannot receive mail; repair: true removes it." if useless else ""
        raise Conflict(_conflict(foreign, wanted, domain) + cure)
    return complete


def _complete(exchange: WantedExchange, there: Sequence[Exchange], domain: str) -> Iterable[Exchange]:
    """A wanted exchange with its preference; if none is stated, with every existing one, or that of a new record."""
    if exchange.preference is not None:
        return [Exchange(exchange.preference, exchange.host)]
    found = {pair.preference: None for pair in there if meant(pair.host, [exchange], domain) is not None}
    new = 0 if exchange.host == dns.name.root else _NEW
    return [Exchange(preference, exchange.host) for preference in (found or {new: None})]


def remove(
    existing: Sequence[tuple[int, dns.name.Name]], unwanted: Sequence[WantedExchange], domain: str
) -> tuple[Exchange, ...]:
    """The exchanges left without these hosts, whatever their preference."""
    return tuple(pair for pair in _pairs(existing) if meant(pair.host, unwanted, domain) is None)


def meant(host: dns.name.Name, exchanges: Sequence[WantedExchange], domain: str) -> dns.name.Name | None:
    """The exchange that a host stands for: itself, or the one to which the zone name was appended.

    DNS hosts append it where the final dot is missing (RFC 1035 5.1): mx.odoo.com.company-name.com.
    """
    owner = names.record_name(domain)
    hosts = [pair.host for pair in exchanges]
    if host in hosts:
        return host
    for wanted in hosts:
        relative = wanted.relativize(dns.name.root)
        beginning, zone = dns.name.Name(host.labels[: len(relative)]), dns.name.Name(host.labels[len(relative) :])
        if relative == beginning and len(zone) > 2 and owner.is_subdomain(zone):
            return wanted
    return None


def is_useless(exchange: Exchange, there: Sequence[Exchange], domain: str) -> bool:
    """Whether nobody can deliver to an exchange: an IP address instead of a name, or a null MX beside others."""
    if exchange.host == dns.name.root:
        return len(there) > 1  # RFC 7505 3
    labels = exchange.host.labels[:-1]
    address = len(labels) >= 4 and all(label.isdigit() for label in labels[:4])
    zone = dns.name.Name(exchange.host.labels[4:]) if address else dns.name.root
    return address and (len(labels) == 4 or names.record_name(domain).is_subdomain(zone))


def _pairs(existing: Sequence[tuple[int, dns.name.Name]]) -> tuple[Exchange, ...]:
    return tuple(Exchange(preference, host) for preference, host in existing)


def _conflict(foreign: Sequence[Exchange], wanted: Sequence[WantedExchange], domain: str) -> str:
    found = ", ".join(map(str, sorted(foreign)))
    asked = ", ".join(str(pair) for pair in wanted)
    if any(pair.host == dns.name.root for pair in foreign):
        return (
            f"{domain} has a null MX ({found}), which says that it accepts no mail. To replace it with {asked}, set "
            "exact: true."
        )
    if any(pair.host == dns.name.root for pair in wanted):
        return f"{domain} receives mail at {found}. To stop that with a null MX, set exact: true."
    return (
        f"{domain} already has other mail exchanges ({found}). With {asked} beside them, mail would arrive at "
        "one system or the other at random. Use a subdomain of its own, or set exact: true to replace them."
    )


def _preference(option: Mapping[str, Any]) -> int | None:
    value = option.get("preference")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST:
        raise InvalidInput(f"The preference of an exchange cannot be {value!r}: it must be a number from 0 to {_MOST}.")
    return value


def _host(option: Mapping[str, Any]) -> dns.name.Name:
    text = str(option.get("host") or "").strip()
    if text == ".":
        return dns.name.root
    if not text:
        raise InvalidInput("An exchange has no host, such as company.odoo.com.")
    try:
        ipaddress.ip_address(text.rstrip(".").strip("[]"))
    except ValueError:
        pass
    else:
        raise InvalidInput(f"The exchange {text} is an IP address: an MX record must name a host (RFC 5321 5.1).")
    name = names.record_name(text)
    labels = name.labels[:-1]
    if len(labels) < 2 or labels[-1].isdigit() or not all(_HOST_LABEL.fullmatch(label) for label in labels):
        raise InvalidInput(f"The exchange {text!r} is not the full name of a host, such as company.odoo.com.")
    return name
