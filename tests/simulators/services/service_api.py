# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The common part of simulators of sending services: a clock that tests advance, and DNS queries."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.resolver

from ansible_collections.postmaster.mail.tests.simulators.json_api import JsonApi

_WAIT = 2.0  # seconds for one answer
DOMAIN_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+")
# Public keys for DKIM
KEY = (
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDBpNQPLVv2HXtb/I4FvGYwcmxpPrI8rX9l9iwUcMsWX27xEWFh/7YYUrUcabjh3Brl9jVr"
    "toqOJ8ST83AId1G44bXNVWbYf+rBsbE+Qs3aUdAFI5P6YB8oEzK2RlFaT79AoQSsfbQZXhvO+YogVlAgTb/AY9n/7fkZxPhE2ttmsQIDAQAB"
)
OTHER_KEY = (
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDv3xbHiHVZoA0sRoUwnP8ewuQ6wul8ZFyui98ZvnTURz/9/kUIOGkXGsYRPC2VF1Ak1qoJ"
    "aDJkreuj3ZN63aatYhP4T56/SCjAKNHbU29WepMiwPBvz/kePXoh7Bk0hr/EwxjrdTa7vozDT09UPeErkYkdwnrIvqkGRo68hBxD2wIDAQAB"
)


class NoDns(Exception):
    """No answer, or an error: nothing is known."""


class PublicDns:
    """DNS as a service sees it: all queries go to one test server. ``questions``: their number."""

    def __init__(self, address: str) -> None:
        host, dummy, port = address.rpartition(":")
        self._host, self._port = host.strip("[]"), int(port)
        self.questions = 0

    def ask(self, name: str, rdtype: str) -> set[str] | None:
        """The values at a name, without following CNAMEs: hosts in lower case without final dot, TXT strings joined.

        None if the name does not exist. Raises NoDns.
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
    """One service at ``endpoint``. Its clock moves only with ``advance``."""

    def __init__(self, dns: PublicDns | None = None, certificate: tuple[Path, Path] | None = None) -> None:
        super().__init__(certificate)
        self.dns = dns
        self.now = datetime.datetime(2026, 11, 29, 8, 0, tzinfo=datetime.timezone.utc)
        self.late_reads = 0  # how many reads do not show a new object yet

    def advance(self, seconds: float) -> None:
        self.now += datetime.timedelta(seconds=seconds)

    def has(self, name: str, rdtype: str, value: str) -> bool:
        """Whether a name has this value. Raises NoDns."""
        return self.dns is not None and value.lower() in {one.lower() for one in self.dns.ask(name, rdtype) or ()}
