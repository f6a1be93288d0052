# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small Internet on loopback addresses: a resolver, a registry, and two name servers of a company."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.servers.process import free_port

SPF = '@ IN TXT "v=spf1 include:_spf.odoo.com ~all"\n'
OLD_SPF = '@ IN TXT "v=spf1 mx ~all"\n'


def zone(name: str, servers: list[str], records: str) -> str:
    """A master file with these name servers."""
    lines = [f"$ORIGIN {name}.", "$TTL 3600", f"@ IN SOA {servers[0]}. hostmaster 1 7200 3600 1209600 300"]
    return "\n".join([*lines, *(f"@ IN NS {server}." for server in servers), records])


class Internet(NamedTuple):
    """The registry delegates company-name.example to ns1 and ns2.hoster.example; the resolver knows everything."""

    port: int
    resolver: Nameserver
    registry: Nameserver
    first: Nameserver
    second: Nameserver

    def publish(self, records: str, *servers: Nameserver) -> None:
        """Replace the records at the company's servers; by default at both, and at the resolver."""
        text = zone("company-name.example", ["ns1.hoster.example", "ns2.hoster.example"], records)
        for server in servers or (self.first, self.second, self.resolver):
            server.set_zone("company-name.example", text)


@contextlib.contextmanager
def small_internet() -> Iterator[Internet]:
    """Run all its servers."""
    addresses = "ns1.hoster.example. IN A 127.0.0.3\nns2.hoster.example. IN A 127.0.0.4\n"
    registry_zone = zone(
        "example",
        ["ns.registry.example"],
        f"ns.registry.example. IN A 127.0.0.2\n{addresses}"
        "company-name.example. IN NS ns1.hoster.example.\ncompany-name.example. IN NS ns2.hoster.example.\n"
        "lame.example. IN NS ns1.lame.example.\nns1.lame.example. IN A 127.0.0.3\n",
    )
    port = free_port()
    with contextlib.ExitStack() as stack:
        made = Internet(
            port,
            *(
                stack.enter_context(Nameserver(host=host, port=port, recursive=recursive))
                for host, recursive in (
                    ("127.0.0.1", True),
                    ("127.0.0.2", False),
                    ("127.0.0.3", False),
                    ("127.0.0.4", False),
                )
            ),
        )
        made.registry.set_zone("example", registry_zone)
        made.resolver.set_zone("example", registry_zone)
        made.resolver.set_zone("hoster.example", zone("hoster.example", ["ns1.hoster.example"], addresses))
        made.publish(OLD_SPF)
        yield made
