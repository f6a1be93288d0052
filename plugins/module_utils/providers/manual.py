# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DNS without an API: read from public DNS; a person gets the exact records to enter."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import NotWritten, ProviderError
from ..libraries import dns
from ..names import to_text
from ..resolver.authority import AuthorityFinder
from ..resolver.nameservers import Nameserver, parse_nameservers
from ..resolver.observe import Observer
from ..resolver.stub_resolver import Resolver
from ..resolver.transport import NoAnswer
from ..zone.model import Key, RecordSet, Snapshot, Zone
from ..zone.plan import Plan
from ..zone.provider import Facts, Provider


class Manual(Provider):
    """A zone that a person edits. It is read from its own servers, or from ``nameservers`` if given."""

    facts = Facts(title="the public DNS", writes=False)

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        given = parse_nameservers(options.get("nameservers"))
        self._resolver = Resolver(given)
        self._finder = AuthorityFinder(self._resolver, given)
        self._recurse = bool(given)

    @property
    def calls(self) -> int:
        """How many DNS queries were sent so far."""
        return self._resolver.transport.questions

    def find_zones(self, names: Iterable[dns.name.Name]) -> Mapping[dns.name.Name, Zone | ProviderError]:
        return {name: self._find_zone(name) for name in names}

    def get_zone(self, zone: dns.name.Name) -> Zone:
        return Zone(zone)

    def read(self, zone: Zone, keys: frozenset[Key]) -> Snapshot:
        authority = self._finder.of(zone.name)
        observer = Observer(self._resolver.transport, recurse=self._recurse)
        reasons = []
        for server in authority.servers:
            try:
                found = observer.read(server, keys).values()
                # servers rotate the values of an answer
                sets = [dataclasses.replace(s, values=tuple(sorted(s.values))) for s in found]
                return Snapshot(
                    zone, [s for s in sets if not _from_wildcard(observer, server, zone, s)], complete=False
                )
            except NoAnswer as error:
                reasons.append(f"{server} {error}")
        why = "; ".join(reasons) or "no server could say which name servers hold it"
        raise ProviderError(f"The records of {zone} cannot be read from DNS: {why}.")

    def apply(self, plan: Plan) -> None:
        raise NotWritten(f"The records of {plan.zone} are entered by hand: nothing was written.")

    def _find_zone(self, name: dns.name.Name) -> Zone | ProviderError:
        zone = self._finder.zone_of(name)
        if zone is None:
            return ProviderError(
                f"The zone of {to_text(name)} cannot be found: no DNS server answers. Check nameservers, or the "
                "network of this machine."
            )
        if len(zone.labels) <= 2:
            return self.no_zone(name)
        return Zone(zone)


def _from_wildcard(observer: Observer, server: Nameserver, zone: Zone, record_set: RecordSet) -> bool:
    """Whether a CNAME is synthesised from a wildcard (RFC 4592): it excludes nothing at the name."""
    if record_set.rdtype != dns.rdatatype.CNAME:
        return False
    name = record_set.name
    while name != zone.name and name.is_subdomain(zone.name):
        name = name.parent()
        key = (dns.name.Name((b"*", *name.labels)), dns.rdatatype.RdataType.CNAME)
        wildcard = observer.read(server, [key]).get(key)
        if wildcard is not None:
            return wildcard.name != record_set.name and wildcard.values == record_set.values
    return False
