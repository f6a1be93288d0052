# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any name server that accepts dynamic updates (RFC 2136): BIND, Knot, PowerDNS, Windows.

An update contains prerequisites (RFC 2136 2.4), so it fails as a whole if somebody else has written in between. Servers
report success for parts that they ignore (a TXT beside a CNAME), so the engine reads back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...errors import InvalidInput, NotWritten, ProviderError, ZoneChanged, ZoneNotFound
from ...libraries import dns
from ...names import above, to_text
from ...zone.lua import OWN_TYPES
from ...zone.model import Key, RecordSet, Snapshot, Zone
from ...zone.plan import Change, Plan
from ...zone.provider import Facts, Provider, longest_zone
from ...zone.rdata import canonical
from ..changes import one_by_one, portions
from ..options import OPTIONS
from .server import UpdateRefused, UpdateServer

_LARGEST = 60000  # octets of records in one message, which holds 65,535 with its signature
# What may be at a name where a CNAME replaces another set; there is no prerequisite for "nothing else".
_COMMON_TYPES = ("A", "AAAA", "CAA", "CNAME", "HTTPS", "LOC", "MX", "NAPTR", "NS", "PTR", "SRV", "SSHFP", "TLSA", "TXT")


class Rfc2136(Provider):
    """One name server, with a TSIG key or none."""

    facts = Facts(title="the name server", one_server=True, reads_back=True)
    options, required, environment = OPTIONS["rfc2136"]

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self._server = UpdateServer(self.settings, self.count_call)
        self._no_transfer: set[dns.name.Name] = set()
        self._located: set[dns.name.Name] = set()  # names whose zone was looked up

    def close(self) -> None:
        self._server.close()

    # -- find the zone -----------------------------------------------------------------------------------------------

    def find_zones(self, names: Iterable[dns.name.Name]) -> Mapping[dns.name.Name, Zone | ProviderError]:
        return self._locate({name: longest_zone(name) for name in names})

    def _locate(self, starts: Mapping[dns.name.Name, dns.name.Name]) -> Mapping[dns.name.Name, Zone | ProviderError]:
        """The zone of each name; the value beside it is the zone that the name suggests."""
        known = self._transferred(starts)
        asked = [name for name in starts if name not in known]
        self._located.update(asked)
        return {**known, **self._closest(asked)}

    def _closest(self, names: Iterable[dns.name.Name]) -> dict[dns.name.Name, Zone | ProviderError]:
        """The zone that answers for each of these names, found only by queries."""
        zones: dict[dns.name.Name, Zone | ProviderError] = {}
        pending = {name: name for name in names}  # each name, and the name to query next
        while pending:
            asked = list(dict.fromkeys(pending.values()))
            answers = dict(zip(asked, self._ask_all([(name, dns.rdatatype.SOA) for name in asked])))
            found = {name: self._enclosing(candidate, answers[candidate]) for name, candidate in pending.items()}
            pending = {name: step for name, step in found.items() if isinstance(step, dns.name.Name)}
            zones.update({name: step for name, step in found.items() if not isinstance(step, dns.name.Name)})
        return zones

    def _transferred(self, starts: Mapping[dns.name.Name, dns.name.Name]) -> dict[dns.name.Name, Zone]:
        """The zone of all names, if it is the one that they suggest: then a transfer needs no query before it."""
        likely = set(starts.values()) - self._no_transfer
        if len(likely) != 1:
            return {}
        start = likely.pop()
        try:
            zone = Zone(start, handle=[self._server.transfer(start)])
        except UpdateRefused:
            # if it is a zone, reading it needs no second attempt
            self._no_transfer.add(start)
            return {}
        return {name: zone for name in starts if starts[name] == start}

    def zones_below(self, zone: Zone, names: Iterable[dns.name.Name]) -> Mapping[dns.name.Name, Zone]:
        found = self._closest(sorted(set(names) - self._located)).values()
        below = [other for other in found if isinstance(other, Zone) and len(other.name) > len(zone.name)]
        return {other.name: other for other in below}

    def get_zone(self, zone: dns.name.Name) -> Zone:
        found = self._locate({zone: zone})[zone]  # even for names that are rarely zones
        if isinstance(found, ProviderError):
            raise found
        if found.name != zone:
            raise ZoneNotFound(f"{to_text(zone)} is not a zone of {self._server}, but a name in its zone {found}.")
        return found

    def _enclosing(self, name: dns.name.Name, answer: dns.message.Message) -> Zone | ProviderError | dns.name.Name:
        """What an SOA answer says about the zone of a name: the zone, an error, or the name to query next."""
        if not answer.flags & dns.flags.AA or answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            return self.no_zone(name)
        for rrset in answer.answer:
            if rrset.rdtype == dns.rdatatype.SOA and rrset.name == name:
                return Zone(name)
            # what follows an alias is about its target; the alias itself belongs to the zone of the name above
            if rrset.rdtype == dns.rdatatype.CNAME and rrset.name == name:
                return name.parent()
            if rrset.rdtype == dns.rdatatype.DNAME and name.is_subdomain(rrset.name):
                return rrset.name
        for rrset in answer.authority:
            if rrset.rdtype == dns.rdatatype.SOA and name.is_subdomain(rrset.name):
                return Zone(rrset.name)
        return self.no_zone(name)

    def no_zone(self, name: dns.name.Name) -> ZoneNotFound:
        return ZoneNotFound(
            f"{to_text(name)} lies in no zone that {self._server} answers for. Check the name and the server, "
            "or create the zone there first."
        )

    # -- read --------------------------------------------------------------------------------------------------------

    def read(self, zone: Zone, keys: frozenset[Key]) -> Snapshot:
        if zone.name not in self._no_transfer:
            try:
                rrsets = zone.handle.pop() if zone.handle else self._server.transfer(zone.name)
                return Snapshot(zone, _record_sets(rrsets))
            except UpdateRefused:
                self._no_transfer.add(zone.name)
        answered = self._query(zone, sorted(keys))
        for rrset in answered:
            rrset.items = dict.fromkeys(sorted(rrset.items))  # servers rotate the values of an answer
        return Snapshot(zone, _record_sets(answered), complete=False)

    def _query(self, zone: Zone, keys: Sequence[Key]) -> list[dns.rrset.RRset]:
        """The record sets of these keys, and the zone cuts above them, each queried individually."""
        sets: dict[Key, dns.rrset.RRset] = {}
        others: set[dns.name.Name] = set()  # zones below this one on the same server
        there: set[dns.name.Name] = set()  # names that exist, possibly with other types only
        for (name, dummy), answer in zip(keys, self._ask_all(keys)):
            if answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
                raise ProviderError(
                    f"{self._server} answers {dns.rcode.to_text(answer.rcode())} to a question about {to_text(name)} "
                    f"in its zone {zone}. Its log says why."
                )
            aliases = [r for r in answer.answer if r.rdtype == dns.rdatatype.DNAME and name.is_subdomain(r.name)]
            sets.update({(rrset.name, rrset.rdtype): rrset for rrset in aliases})
            if not any(alias.name != name for alias in aliases):  # a DNAME would synthesise a CNAME (RFC 6672 3.1)
                sets.update({(name, rrset.rdtype): rrset for rrset in answer.answer if rrset.name == name})
                there.update([name] if answer.rcode() == dns.rcode.NOERROR and answer.flags & dns.flags.AA else [])
            soas = [rrset.name for rrset in answer.authority if rrset.rdtype == dns.rdatatype.SOA]
            others.update(soa for soa in soas if soa != zone.name and name.is_subdomain(soa))
            if not answer.flags & dns.flags.AA:
                cuts = [rrset for rrset in answer.authority if rrset.rdtype == dns.rdatatype.NS]
                sets.update({(rrset.name, rrset.rdtype): rrset for rrset in cuts})
        bare = sorted(there - {name for name, dummy in sets} - {zone.name})  # any record there forbids a CNAME
        for name, answer in zip(bare, self._ask_all([(name, dns.rdatatype.ANY) for name in bare])):
            sets.update({(name, rrset.rdtype): rrset for rrset in answer.answer if rrset.name == name})
        for answer in self._ask_all([(other, dns.rdatatype.NS) for other in sorted(others)]):
            sets.update({(rrset.name, rrset.rdtype): rrset for rrset in answer.answer})
        synthesized = self._synthesized(zone, sets)
        return [rrset for key, rrset in sets.items() if key not in synthesized]

    def _synthesized(self, zone: Zone, sets: Mapping[Key, dns.rrset.RRset]) -> set[Key]:
        """The sets that are not there themselves but synthesised from a wildcard with the same content (RFC 4592)."""
        wildcards: dict[Key, list[Key]] = {}
        for name, rdtype in sets:
            for ancestor in above(name, zone.name):
                wildcard = dns.name.Name((b"*", *ancestor.labels))
                if wildcard != name:
                    wildcards.setdefault((wildcard, rdtype), []).append((name, rdtype))
        asked = list(wildcards)
        alike: dict[Key, None] = {}
        for key, answer in zip(asked, self._ask_all(asked)):
            there = {rrset.rdtype: rrset for rrset in answer.answer if rrset.name == key[0]}
            if key[1] in there:
                alike.update(dict.fromkeys(same for same in wildcards[key] if set(sets[same]) == set(there[key[1]])))
        # answers do not distinguish them, but prerequisites are compared with the zone itself (RFC 2136 3.2); a refusal
        # of another kind says nothing about the set
        synthesized = set()
        for key, answer in zip(alike, self._server.ask([_only_expecting(zone, key) for key in alike])):
            if answer.rcode() in _not_as_expected():
                synthesized.add(key)
            elif answer.rcode() != dns.rcode.NOERROR:
                raise self._refusal(zone, answer.rcode())
        return synthesized

    def _ask_all(self, keys: Sequence[Key]) -> list[dns.message.Message]:
        return self._server.ask([self._server.question(name, rdtype) for name, rdtype in keys])

    # -- write -------------------------------------------------------------------------------------------------------

    def apply(self, plan: Plan) -> None:
        messages = list(portions(plan.changes, _octets, (_LARGEST,)))
        one_by_one(plan, messages, lambda changes: self._update(plan.zone, changes))

    def _update(self, zone: Zone, changes: Sequence[Change]) -> None:
        rcode = self._send(zone, changes)
        if rcode == dns.rcode.NXRRSET and self._is_unchanged(zone, changes):
            # PowerDNS compares values as spelled in its database, where a\;b is not a;b
            self._refuse_computed(zone, changes)
            rcode = self._send(zone, changes, values_count=False)
        if rcode in _not_as_expected():
            raise ZoneChanged(
                f"{zone}: another program changed the same records at the same moment, so nothing was written."
            )
        if rcode != dns.rcode.NOERROR:
            raise self._refusal(zone, rcode)

    def _send(self, zone: Zone, changes: Sequence[Change], values_count: bool = True) -> dns.rcode.Rcode:
        """The server's answer. ``values_count``: a replaced set must still have the values that were read."""
        import dns.update

        message = dns.update.UpdateMessage(zone.name)
        types: dict[dns.name.Name, set[int]] = {}
        for change in changes:
            types.setdefault(change.record_set.name, set()).add(change.record_set.rdtype)
        for change in changes:
            _expect(message, change, types[change.record_set.name], values_count)
            self._write(message, change)
        return self._server.update(message)

    def _is_unchanged(self, zone: Zone, changes: Sequence[Change]) -> bool:
        """Whether the server still has what each change replaces."""
        now = self.read(zone, frozenset(change.record_set.key for change in changes))
        pairs = [(change.before, now.get(*change.record_set.key)) for change in changes]
        return all(one == other if one is None else one.same_as(other) for one, other in pairs)

    def _refuse_computed(self, zone: Zone, changes: Sequence[Change]) -> None:
        """Raises NotWritten where a set is in the zone without one of the values that the server answers with."""
        for change in changes:
            values = change.before.handle if change.before else ()
            key = change.record_set.key
            fewer = [[value for value in values if value is not other] for other in values]
            for answer in self._server.ask([_only_expecting(zone, key, expected) for expected in fewer]):
                if answer.rcode() == dns.rcode.NOERROR:
                    raise NotWritten(
                        f"{self._server} answers for {change.record_set} with a value that {zone} does not hold, as "
                        "where a LUA record of PowerDNS computes it, and nothing was written. Replace that record, or "
                        f"let {self._server.key} transfer the zone, which tells them apart."
                    )

    def _write(self, message: dns.update.UpdateMessage, change: Change) -> None:
        """Replace the whole set: Knot ignores a new TTL for an existing value."""
        name, rdtype = change.record_set.key
        before, after = change.before, change.after
        message.delete(name, rdtype)
        if after is not None:
            spelled = {canonical(rdata): rdata for rdata in (before.handle if before else ())}
            ttl = next((s.ttl for s in (after, before) if s and s.ttl is not None), self.facts.default_ttl)
            message.add(name, ttl, *(spelled.get(value, value) for value in after.values))

    def _refusal(self, zone: Zone, rcode: dns.rcode.Rcode) -> ProviderError:
        code, server = dns.rcode.to_text(rcode), self._server
        if rcode == dns.rcode.REFUSED:
            return NotWritten(
                f"{server} refuses to update {zone}, and nothing was written. Either its update policy does not allow "
                f"{server.key} to write these names and types; or it is not the primary server of the zone; or an MX "
                "names a host of the zone that has no address (BIND's check-integrity). Its log says which."
            )
        if rcode == dns.rcode.NOTAUTH:
            return NotWritten(
                f"{server} takes no updates of {zone} from {server.key}, and nothing was written (NOTAUTH). Give the "
                "primary server of the zone, and a key that it lets write there."
            )
        if rcode == dns.rcode.NOTIMP:
            return ProviderError(f"{server} does not support dynamic updates (NOTIMP). Turn them on for {zone}.")
        return NotWritten(
            f"{server} failed to update {zone}, and nothing was written ({code}). Its log says why; often it has no "
            "permission to write its own zone files."
        )


def _expect(message: dns.update.UpdateMessage, change: Change, types: set[int], values_count: bool = True) -> None:
    """Add the prerequisites of a change; ``types``: all types that the message writes at the name."""
    name, rdtype = change.record_set.key
    if change.before is not None:
        message.present(name, *(change.before.handle if values_count else [rdtype]))
    elif rdtype != dns.rdatatype.CNAME:
        message.absent(name, rdtype)
        if dns.rdatatype.CNAME not in types:
            message.absent(name, dns.rdatatype.CNAME)
    elif len(types) == 1:
        message.absent(name)
    else:
        others = {dns.rdatatype.from_text(common) for common in _COMMON_TYPES} - (types - {rdtype})
        for other in sorted(others):
            message.absent(name, other)


def _not_as_expected() -> tuple[dns.rcode.Rcode, ...]:
    """The answers to an update whose prerequisites are not met (RFC 2136 2.2)."""
    return dns.rcode.NXRRSET, dns.rcode.YXRRSET, dns.rcode.NXDOMAIN, dns.rcode.YXDOMAIN


def _only_expecting(zone: Zone, key: Key, values: Sequence[dns.rdata.Rdata] | None = None) -> dns.message.Message:
    """An update that changes nothing, and succeeds where this set is in the zone, with these values if there are any.

    With an empty list of values it succeeds where the set is not there.
    """
    import dns.update

    message = dns.update.UpdateMessage(zone.name)
    if values is None or values:
        message.present(key[0], *(values or key[1:]))
    else:
        message.absent(*key)
    return message


def _octets(changes: Sequence[Change]) -> tuple[int]:
    """An upper limit of their size in a message: prerequisites, deletions and additions, uncompressed."""
    octets = 0
    for change in changes:
        name = len(change.record_set.name.to_wire() or b"")
        values = [*(change.before.handle if change.before else ()), *(change.after.values if change.after else ())]
        octets += (2 + len(_COMMON_TYPES)) * (name + 10)
        octets += sum(name + 10 + len(value.to_wire() or b"") for value in values)
    if octets > _LARGEST:
        where = to_text(changes[0].record_set.name)
        raise InvalidInput(f"{where}: it has too many records for one dynamic update, which holds 64 KiB.")
    return (octets,)


def _record_sets(rrsets: Iterable[dns.rrset.RRset]) -> list[RecordSet]:
    """Record sets in the internal form; ``handle``: the values as spelled."""
    merged: dict[Key, tuple[int, dict[dns.rdata.Rdata, None]]] = {}
    for rrset in rrsets:
        ttl, values = merged.setdefault((rrset.name, rrset.rdtype), (rrset.ttl, {}))
        values.update(dict.fromkeys(rrset))
    own = {number: f"of PowerDNS's own type {text}" for text, number in OWN_TYPES.items()}
    return [
        RecordSet(
            name,
            rdtype,
            tuple(dict.fromkeys(map(canonical, values))),
            ttl,
            handle=tuple(values),
            locked=own.get(rdtype, ""),
        )
        for (name, rdtype), (ttl, values) in merged.items()
    ]
