# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of mail exchangers (RFC 5321 5.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .finding import ERROR, INFO, WARNING, Finding, Rule, listed
from .names import NO_FINAL_DOT, outside, zones_of
from .observation import Observation

_ADDRESS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")

ALIAS = Rule(
    "mx_alias",
    WARNING,
    "RFC 2181 10.3",
    "The exchanger is a CNAME, which is not allowed. Some senders do not deliver to it.",
    "Name the host itself in the MX record, or give the exchanger addresses instead of a CNAME.",
)
ADDRESS = Rule(
    "mx_address",
    ERROR,
    "RFC 5321 5.1",
    "The exchanger is an IP address or a URL, but an MX record must name a host. Most senders do not deliver to it.",
    "Enter only the name of the host; give it one if it has only an address.",
)
NULL_BESIDE = Rule(
    "mx_null_beside",
    ERROR,
    "RFC 7505 3",
    "A null MX, which says that the domain accepts no mail, is beside other exchangers.",
    "Delete the null MX, or all the others.",
)
NO_HOST = Rule(
    "mx_no_address",
    ERROR,
    "RFC 5321 5.1",
    "The exchanger has no address, so no mail can be delivered to it.",
    "Correct the name of the host, or give it an address.",
)

PRIVATE = Rule(
    "mx_private_address",
    ERROR,
    "RFC 1918 3",
    "The exchanger has an address that cannot be reached from the Internet, so no mail from outside arrives there.",
    "Give the exchanger a public address, or name another host.",
    or_else="warning where it has a public address, too",
)

NO_REVERSE = Rule(
    "mx_without_reverse_name",
    INFO,
    "RFC 1912 2.1",
    "An address of the exchanger has no name (PTR), or one that does not lead back to it. Many receivers refuse or "
    "distrust mail from such an address, which matters if the exchanger also sends.",
    "Have whoever gave you the address set its name to that of the host.",
)

RULES = (ALIAS, ADDRESS, NULL_BESIDE, NO_HOST, PRIVATE, NO_REVERSE)


def exchanges(observed: Observation) -> Iterator[Finding]:
    hosts = [exchange.host for exchange in observed.exchanges]
    if "" in hosts and len(hosts) > 1:
        others = listed(filter(None, hosts)) or "another"
        yield NULL_BESIDE.at(observed.domain, f"Beside the null MX there is {others}")
    for exchange in observed.exchanges:
        if not exchange.host:
            continue
        host = exchange.host
        meant = outside(host, zones_of(observed), is_there=exchange.addresses != 0)
        bare = next((host[: -len(zone) - 1] for zone in zones_of(observed) if zone and host.endswith(f".{zone}")), host)
        if _ADDRESS.fullmatch(bare) or ":" in bare or "/" in bare:
            yield ADDRESS.at(observed.domain, f"The exchanger is {bare}")
        elif meant:
            yield NO_FINAL_DOT.at(
                observed.domain,
                f"The exchanger is {host}",
                cure=f"Write the exchanger as {meant}. with the final dot at the DNS host",
            )
        elif exchange.addresses == 0:
            through = f", a CNAME of {exchange.alias}," if exchange.alias else ""
            yield NO_HOST.at(observed.domain, f"The exchanger {host}{through} has no address")
        elif exchange.private:
            all_of_them = len(exchange.private) == exchange.addresses
            yield PRIVATE.at(
                observed.domain,
                f"The exchanger {host} has the address {listed(exchange.private)}",
                "" if all_of_them else WARNING,
            )
        elif exchange.alias:
            yield ALIAS.at(observed.domain, f"The exchanger {host} is a CNAME of {exchange.alias}")


def reverse_names(observed: Observation) -> Iterator[Finding]:
    for exchange in observed.exchanges:
        for one in exchange.reverse:
            if one.leads_back is False:
                what = f"the name {one.name}, which does not lead back to it" if one.name else "no name"
                yield NO_REVERSE.at(exchange.host, f"The address {one.address} of {exchange.host} has {what}")


CHECKS = (exchanges, reverse_names)
