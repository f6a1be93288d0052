# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find records that Namecheap's API does not show but a write removes, by asking the zone's name servers."""

from __future__ import annotations

import concurrent.futures
import time
from collections.abc import Iterable
from typing import NamedTuple

from ...libraries import dns
from ...resolver.authority import AuthorityFinder
from ...resolver.nameservers import parse_nameservers
from ...resolver.stub_resolver import Resolver
from ...resolver.transport import NoAnswer

# Services announced by SRV records
_SERVICES = {
    "tcp": (
        "autodiscover caldav caldavs carddav carddavs h323cs imap imaps jmap kerberos kpasswd ldap matrix matrix-fed "
        "minecraft pop3 pop3s sieve sip sips sipfederationtls submission submissions vlmcs xmpp-client xmpp-server "
        "xmpps-client xmpps-server"
    ),
    "tls": "sip",
    "udp": "kerberos kpasswd sip stun ts3 turn",
}
_SECONDS = 5.0  # for all of them together


class Hidden(NamedTuple):
    """The names of existing SRV records, and whether all questions were answered."""

    names: tuple[str, ...]
    complete: bool


def search(zone: dns.name.Name, nameservers: Iterable[str] | None) -> Hidden:
    """Ask the zone's own servers or the given ones; if its servers are unknown, the system's."""
    deadline = time.monotonic() + _SECONDS
    given = parse_nameservers(nameservers) if nameservers else ()
    resolver = Resolver(nameservers, _SECONDS)
    authority = AuthorityFinder(resolver, given).of(zone)

    def ask(service: str) -> bool | None:
        name = dns.name.from_text(service, zone)
        if not authority.servers:
            values = resolver.ask(name, dns.rdatatype.SRV)
            return None if values is None else bool(values)
        for server in authority.servers:
            try:
                return bool(resolver.transport.ask(server, name, dns.rdatatype.SRV, bool(given), deadline).values)
            except NoAnswer:
                continue
        return None

    services = [f"_{name}._{protocol}" for protocol, names in _SERVICES.items() for name in names.split()]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = dict(zip(services, pool.map(ask, services)))
    return Hidden(tuple(service for service, there in answers.items() if there), None not in answers.values())
