# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The public test suite of RFC 7208, unmodified, from the source package of pyspf."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import yaml

from ansible_collections.postmaster.mail.plugins.module_utils.zone import rdata as rdatas
from ansible_collections.postmaster.mail.tests.support import source_package
from ansible_collections.postmaster.mail.tests.support.fake_dns import SILENCE, FakeResolver, plain_name


class Case(NamedTuple):
    """One test of the suite. results: any of these is correct."""

    scenario: str
    name: str
    ip: str
    helo: str
    mail_from: str
    results: tuple[str, ...]
    explanation: str | None
    zone: dict[str, list[Any]]


def cases() -> list[Case]:
    """All of them. If they cannot be downloaded, the test is skipped, or fails with POSTMASTER_REQUIRE_SERVERS=1."""
    documents = yaml.safe_load_all(source_package.read("pyspf", "test/rfc7208-tests.yml").decode("utf-8"))
    return [case for document in documents for case in _cases(document)]


def resolver(case: Case) -> FakeResolver:
    """Answers from the case's zone data."""
    fake = FakeResolver()
    for name, entries in case.zone.items():
        # records of type SPF represent TXT, unless the name has a TXT itself (a rule of the suite)
        own_text = any(isinstance(entry, dict) and "TXT" in entry for entry in entries)
        for entry in entries:
            if entry == "TIMEOUT":
                fake.add(name, SILENCE)
                continue
            ((kind, value),) = entry.items()
            if value == "NONE" or (kind == "SPF" and own_text):
                continue
            rdtype = dns.rdatatype.TXT if kind == "SPF" else dns.rdatatype.from_text(kind)
            fake.put(plain_name(name), rdtype, _rdata(rdtype, value))
    return fake


def _cases(document: dict[str, Any]) -> Iterator[Case]:
    for name, test in document["tests"].items():
        result = test["result"]
        yield Case(
            scenario=document["description"],
            name=name,
            ip=test["host"],
            helo=test["helo"],
            mail_from=test["mailfrom"],
            results=tuple(result) if isinstance(result, list) else (result,),
            explanation=test.get("explanation"),
            zone=document["zonedata"],
        )


def _rdata(rdtype: dns.rdatatype.RdataType, value: Any) -> dns.rdata.Rdata:
    if rdtype == dns.rdatatype.TXT:
        return rdatas.txt("".join(value if isinstance(value, list) else [value]).encode("latin-1"))
    if rdtype == dns.rdatatype.MX:
        preference, exchange = value
        return rdatas.mx(preference, plain_name(exchange) if exchange else dns.name.root)
    if rdtype in (dns.rdatatype.PTR, dns.rdatatype.CNAME):
        wire = plain_name(value).to_wire() or b""
        return dns.rdata.from_wire(dns.rdataclass.IN, rdtype, wire, 0, len(wire))
    return dns.rdata.from_text(dns.rdataclass.IN, rdtype, str(value))
