# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the hosts of DMARC report addresses accept the reports (RFC 9990, verifying external destinations)."""

from __future__ import annotations

import dataclasses

from ..errors import InvalidInput
from ..names import domain_name, to_text
from ..records import dmarc, dmarc_record
from ..resolver.questions import ResolverLike, texts_at
from .dmarc import DmarcDiscovery, organizational_domain, tree_walk

_MOST_ADDRESSES = 20  # checked for one record


@dataclasses.dataclass(frozen=True)
class ReportAddress:
    """An address of rua= or ruf=.

    external: its host has another organizational domain than the policy; None if DNS gave no answer. takes: whether
    reports are sent to it; None if unknown. asked: the name that must authorise it. instead: the address that its host
    replaces it with. problem: a sentence that says why no reports are sent.
    """

    uri: str
    host: str = ""
    external: bool | None = False
    takes: bool | None = True
    asked: str = ""
    instead: str = ""
    problem: str = ""


def report_addresses(found: DmarcDiscovery, resolver: ResolverLike) -> tuple[ReportAddress, ...]:
    """The report addresses of the record that applies, with what their hosts say."""
    record, domain = found.record, found.policy_domain
    if record is None or domain is None:
        return ()
    own = _organizational(domain, found, resolver)
    addresses = dict.fromkeys((*record.aggregate_reports, *record.failure_reports))
    return tuple(_address(uri, domain, own, resolver) for uri in list(addresses)[:_MOST_ADDRESSES])


def _organizational(domain: str, found: DmarcDiscovery, resolver: ResolverLike) -> str | None:
    if domain == found.domain:
        return found.organizational_domain if all(step.known for step in found.steps) else None
    return _walked(domain, resolver)


def _walked(domain: str, resolver: ResolverLike) -> str | None:
    steps = tree_walk(domain, resolver)
    return organizational_domain(steps) if all(step.known for step in steps) else None


def _address(uri: str, domain: str, own: str | None, resolver: ResolverLike) -> ReportAddress:
    host = _host(uri)
    if host is None:
        problem = f"{uri!r} is not an address that reports can be mailed to, such as mailto:dmarc@company-name.com."
        return ReportAddress(uri, takes=False, problem=problem)
    if host == domain:
        return ReportAddress(uri, host)
    there = _walked(host, resolver)
    if own is None or there is None:
        return ReportAddress(uri, host, external=None, takes=None)
    if own == there:
        return ReportAddress(uri, host)
    return _external(ReportAddress(uri, host, external=True), domain, resolver)


def _external(address: ReportAddress, domain: str, resolver: ResolverLike) -> ReportAddress:
    try:
        asked = dmarc.authorisation_name(domain, address.host)
    except InvalidInput as error:
        return dataclasses.replace(address, takes=False, problem=str(error))
    address = dataclasses.replace(address, asked=asked)
    values = texts_at(asked, resolver)
    if values is None:
        return dataclasses.replace(address, takes=None)
    records = [dmarc.parse(value, asked) for value in values if dmarc.is_dmarc(value)]
    if not records:
        problem = (
            f"{address.host} does not say that it accepts reports about {domain}, so nobody sends them: its owner must "
            f"publish v=DMARC1 at {asked}."
        )
        return dataclasses.replace(address, takes=False, problem=problem)
    return _overridden(address, [uri for record in records for uri in record.aggregate_reports])


def _overridden(address: ReportAddress, uris: list[str]) -> ReportAddress:
    """The host may replace the address with another one of its own; with one elsewhere, no reports are sent."""
    for uri in uris:
        if _host(uri) != address.host:
            problem = f"{address.asked} sends the reports on to {uri!r}, another host, so nobody sends any."
            return dataclasses.replace(address, takes=False, problem=problem)
    return dataclasses.replace(address, instead=uris[0] if uris else "")


def _host(uri: str) -> str | None:
    """The host of a mailto: address in A-label form; None for anything else."""
    key = dmarc_record.uri_key(uri)
    scheme, dummy, rest = key.partition(":")
    if scheme != "mailto" or not dmarc_record.is_uri(uri):
        return None
    try:
        return to_text(domain_name(rest.rpartition("@")[2].partition("?")[0]))
    except InvalidInput:
        return None
