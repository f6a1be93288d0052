# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What simulators of sending services share: a clock that tests advance, and a look into DNS."""

from __future__ import annotations

import datetime
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.resolver

from ansible_collections.postmaster.mail.tests.simulators.json_api import JsonApi

_WAIT = 2.0  # seconds for one answer


class NoDns(Exception):
    """Nobody answered, or with an error: nothing is known."""


class PublicDns:
    """DNS as a service sees it: all questions go to one server of the tests. ``questions`` counts them."""

    def __init__(self, address: str) -> None:
        host, dummy, port = address.rpartition(":")
        self._host, self._port = host.strip("[]"), int(port)
        self.questions = 0

    def ask(self, name: str, rdtype: str) -> set[str] | None:
        """The values at a name, CNAMEs not followed: hosts in lower case without a dot, the text of a TXT in one.

        None: there is no such name. Raises NoDns.
        """
        self.questions += 1
        kind = dns.rdatatype.from_text(rdtype)
        try:
            query = dns.message.make_query(name, kind)
            reply = dns.query.udp(query, self._host, timeout=_WAIT, port=self._port)
        except (dns.exception.DNSException, OSError) as error:
            raise NoDns(str(error)) from error
        if reply.rcode() == dns.rcode.NXDOMAIN:
            return None
        if reply.rcode() != dns.rcode.NOERROR:
            raise NoDns(dns.rcode.to_text(reply.rcode()))
        found = set()
        for rrset in reply.answer:
            if rrset.name.to_text(omit_final_dot=True).lower() == name.lower() and rrset.rdtype == kind:
                for value in rrset:
                    if kind == dns.rdatatype.TXT:
                        found.add(b"".join(value.strings).decode("utf-8", "replace"))
                    else:
                        found.add(value.to_text().rstrip(".").lower())
        return found


class ServiceApi(JsonApi):
    """One service at ``endpoint``. Time passes only when a test says so."""

    def __init__(self, dns: PublicDns | None = None, certificate: tuple[Path, Path] | None = None) -> None:
        super().__init__(certificate)
        self.dns = dns
        self.now = datetime.datetime(2026, 11, 29, 8, 0, tzinfo=datetime.timezone.utc)
        self.late_reads = 0  # how many reads of what was just made say that there is no such thing

    def advance(self, seconds: float) -> None:
        self.now += datetime.timedelta(seconds=seconds)

    def has(self, name: str, rdtype: str, value: str) -> bool:
        """Whether this value stands at a name. Raises NoDns."""
        return self.dns is not None and value.lower() in {one.lower() for one in self.dns.ask(name, rdtype) or ()}
