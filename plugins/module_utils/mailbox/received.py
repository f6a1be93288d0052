# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The route of a message: its Received fields, from the top down (RFC 5321 4.4). Pure: no I/O."""

from __future__ import annotations

import dataclasses
import datetime
import email.utils
import ipaddress
import re
from collections.abc import Iterable, Sequence

_ADDRESS = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f:.]+)\]|(?<![\w.:])(\d{1,3}(?:\.\d{1,3}){3})(?![\w.])")
_FROM = re.compile(r"^\s*from\s+(?P<helo>\S+)(?P<rest>.*?)(?=\s+by\s|\Z)", re.DOTALL | re.IGNORECASE)
_BY = re.compile(r"(?:^|\s)by\s+(?P<host>\S+)", re.IGNORECASE)
# after the name of the receiving host, as comments before it may contain the word, too
_WITH = re.compile(r"\sby\s.*?\swith\s+(?P<protocol>[A-Za-z0-9-]+)", re.IGNORECASE | re.DOTALL)
# in comments of servers: TLS1.3, TLSv1.3, TLS1_3, version=TLS1_2
_TLS = re.compile(r"TLSv?1[._][0-3]", re.IGNORECASE)
_MOST_HOPS = 50


@dataclasses.dataclass(frozen=True)
class Hop:
    """One Received field. helo: the name that the client gave. ip: its address, None if the field has none.

    protocol: as in RFC 3848, in upper case. tls: the version in a comment, ``yes`` if unknown, empty without TLS.
    """

    helo: str
    ip: str | None
    by: str
    protocol: str
    tls: str
    at: datetime.datetime | None

    @property
    def local(self) -> bool:
        """Whether it is a step within one host or mailbox service, without an SMTP client."""
        return self.ip is None or self.protocol.startswith("LMTP")


def hops(fields: Iterable[str]) -> list[Hop]:
    """The fields as hops, in the order given."""
    return [_hop(" ".join(field.split())) for dummy, field in zip(range(_MOST_HOPS), fields)]


def border(chain: Sequence[Hop]) -> Hop | None:
    """The hop at which the receiver took the message from outside; SPF judges its client address.

    From the top down it is the first with a public address; if there is none, as in a private network, the first that
    came over SMTP. The fields below were written by others and cannot be trusted.
    """
    by_smtp = [hop for hop in chain if not hop.local]
    public = (hop for hop in by_smtp if ipaddress.ip_address(hop.ip or "0.0.0.0").is_global)
    return next(public, by_smtp[0] if by_smtp else None)


def _hop(text: str) -> Hop:
    origin = _FROM.match(text)
    words, semicolon, date = text.rpartition(";")
    whole = words if semicolon else text
    protocol = _first(_WITH, f" {whole}", "protocol").upper()
    tls = _TLS.search(whole)
    if tls is not None:
        version = "TLS" + tls.group()[-3:].replace("_", ".")
    else:
        version = "yes" if protocol.startswith(("ESMTPS", "UTF8SMTPS", "LMTPS")) else ""
    return Hop(
        helo=origin["helo"].strip("();") if origin else "",
        ip=_ip(f"{origin['rest']} {origin['helo']}") if origin else None,
        by=_first(_BY, whole, "host").strip("();"),
        protocol=protocol,
        tls=version,
        at=_moment(date),
    )


def _first(pattern: re.Pattern[str], text: str, group: str) -> str:
    found = pattern.search(text)
    return found[group] if found else ""


def _ip(text: str) -> str | None:
    """The last address in brackets, where servers write what they saw; else the first one."""
    found = None
    for bracketed, bare in _ADDRESS.findall(text):
        try:
            address = ipaddress.ip_address(bracketed or bare)
        except ValueError:
            continue
        if found is None or bracketed:
            found = str(address)
    return found


def _moment(date: str) -> datetime.datetime | None:
    try:
        moment = email.utils.parsedate_to_datetime(date.strip())
    except (TypeError, ValueError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)
