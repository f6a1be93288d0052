# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The authoritative servers' records for a domain that a service registers.

Public resolvers are not asked: they would cache that a record is missing, and the service may ask the same one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from ...errors import InvalidInput
from ...libraries import dns
from ...names import record_name, to_text
from ...receiver.dmarc import discover_dmarc
from ...resolver.authority import AuthorityFinder
from ...resolver.nameservers import parse_nameservers
from ...resolver.observe import Observer
from ...resolver.stub_resolver import Resolver
from ...resolver.transport import DnsAnswer, NoAnswer
from ...zone.rdata import to_display, txt_bytes
from .contract import DMARC, SPF, TRACKING, Desired, ServiceFacts, ServiceRecord
from .labels import Claim, Held
from .planning import Surroundings
from .publication import NULL_EXCHANGE, ObservedRecords, Selection, missing, select

_ADDRESSES = ("A", "AAAA")


class DnsView:
    """Used from several threads. ``nameservers``: asked instead of the authoritative ones."""

    def __init__(self, nameservers: Sequence[str] | None = None) -> None:
        """Raises InvalidInput for an invalid nameserver."""
        given = parse_nameservers(nameservers)
        self._given = bool(given)
        self._resolver = Resolver(given)
        self._finder = AuthorityFinder(self._resolver, given)
        self._observer = Observer(self._finder.transport, recurse=self._given)

    def forget(self) -> None:
        """Query the servers again from now on."""
        self._observer = Observer(self._finder.transport, recurse=self._given)
        self._resolver.forget()

    # -- records -----------------------------------------------------------------------------------------------------

    def see(self, record: ServiceRecord, domain: str) -> ObservedRecords:
        """What is there where a service needs a record; ``domain`` is the organisational one."""
        answers, failures = self._ask(record.name, record.type)
        seen = ObservedRecords(
            tuple(_values(answer, record.type) for answer in answers),
            failures,
            tuple(sorted({_target(answer) for answer in answers if answer.alias is not None} - {""})),
        )
        if not seen.known or seen.values or record.type != "CNAME":
            return seen
        if any(self._has(record.name, kind) for kind in _ADDRESSES):
            return seen._replace(proxied=True)
        doubled = f"{record.name}.{domain}"
        return seen._replace(doubled=doubled if self._has(doubled, record.type) else "")

    def _ask(self, name: str, rdtype: str) -> tuple[list[DnsAnswer], tuple[str, ...]]:
        """The answers of all authoritative servers of a name, and a list of failures in words."""
        try:
            owner = record_name(name)
        except InvalidInput as error:
            return [], (str(error),)
        answers: list[DnsAnswer] = []
        failures: list[str] = []
        for server in self._finder.of(owner).servers:
            try:
                answers.append(self._observer.ask(server, owner, dns.rdatatype.from_text(rdtype)))
            except NoAnswer as error:
                failures.append(f"{server.label} {error}")
        return answers, tuple(failures) or (() if answers else ("none of its name servers is known",))

    def _has(self, name: str, rdtype: str) -> bool | None:
        """Whether any server has values of a type at a name; None if nobody answered."""
        answers, dummy = self._ask(name, rdtype)
        return any(answer.values for answer in answers) if answers else None

    def select(
        self, records: Sequence[ServiceRecord], desired: Desired, facts: ServiceFacts, around: Surroundings
    ) -> Selection:
        """What to publish. A tracking record only where nothing else exists, as that may be a proxy."""
        chosen = select(records, desired, facts, around)
        kept, left_out = [], list(chosen.left_out)
        for one in chosen.records:
            seen = self.see(one, desired.domain) if one.purpose == TRACKING else None
            if seen is not None and not seen.known:
                left_out.append(f"{one.type} {one.name}, for tracking links: DNS could not say what is there.")
            elif seen is not None and (seen.values or seen.proxied) and missing(one, seen) is not None:
                left_out.append(f"{one.type} {one.name}, for tracking links: something else is there and is kept.")
            else:
                kept.append(one)
        return dataclasses.replace(chosen, records=tuple(kept), left_out=tuple(left_out))

    # -- before a registration ---------------------------------------------------------------------------------------

    def holders(self, claim: Claim, taken: Mapping[str, Held], facts: ServiceFacts) -> dict[str, Held | None]:
        """The records at names that a registration may take, up to the first free keys and the first free return path.

        ``taken``: names that others take, which need no query. None for a name without records, or whose records lead
        to the service; names for which no server answers are absent.
        """
        paths = [path for path in claim.paths if path not in taken]
        target, whole = facts.return_path_target, facts.return_path_is_cname
        found = self._holders(paths, target, whole, claim.targets)
        for names in claim.keys.values():
            found.update(self._holders([one for one in names if one not in taken], "", True, {}, all_of_them=True))
            if not any(name in taken or found.get(name) for name in names):
                break  # free, or nobody knows
        return found

    def around(
        self, desired: Desired, is_new: bool, holders: Mapping[str, Held | None], taken: Mapping[str, Held]
    ) -> Surroundings:
        """What a plan needs to know around a domain; ``holders`` and ``taken`` come from earlier calls."""
        exchanges, dummy = self._ask(desired.name, "MX")
        addresses = [self._has(desired.name, kind) for kind in _ADDRESSES]
        found = discover_dmarc(desired.domain, self._resolver)
        record = found.record if found.known else None
        return Surroundings(
            holders={name: str(held or "") for name, held in {**holders, **taken}.items()},
            exchanges=tuple(sorted({_exchange(value) for answer in exchanges for value in _values(answer, "MX")}))
            if exchanges
            else None,
            has_address=None if None in addresses else any(addresses),
            alignment=(record.dkim_alignment, record.spf_alignment) if record else None,
            has_dmarc=(record is not None or found.policy_domain is not None) if found.known else None,
            delegation=self._delegation(desired.name) if is_new else "",
        )

    def _holders(
        self,
        names: Iterable[str],
        service: str,
        whole: bool,
        targets: Mapping[str, frozenset[str]],
        all_of_them: bool = False,
    ) -> dict[str, Held | None]:
        """The records at names; ``whole``: whether any kind of record is in the way.

        ``service``: records that lead there are the service's own and not in the way, except exchanges that are not in
        ``targets``, such as another region's.
        """
        held: dict[str, Held | None] = {}
        for name in names:
            holder = None
            for kind in ("MX", "TXT", *(_ADDRESSES if whole else ())):
                answers, dummy = self._ask(name, kind)
                if not answers:
                    return held
                found = [Held("CNAME", _target(answer)) for answer in answers if answer.alias is not None]
                values = [value for answer in answers for value in _values(answer, kind)]
                if kind == "TXT" and not whole:
                    values = [value for value in values if value.lower().startswith("v=spf1")]
                found += [Held(kind, value) for value in values]
                others = [one for one in found if not service or service not in one.value.lower()]
                if kind == "MX" and targets.get(name):
                    others += [Held(kind, value) for value in values if _exchange(value) not in targets[name]]
                if others:
                    holder = others[0]
                    break
            held[name] = holder
            if not all_of_them and holder is None:
                break
        return held

    def _delegation(self, name: str) -> str:
        authority = self._finder.of(record_name(name))
        if authority.given or authority.zone is None:
            return ""
        if authority.undelegated():
            return f"{name} is not delegated to any name server, so no service could see its records."
        if authority.delegated_to and authority.claimed and not set(authority.delegated_to) & set(authority.claimed):
            return (
                f"{to_text(authority.zone)} is delegated to {', '.join(authority.delegated_to)}, and its zone names "
                f"{', '.join(authority.claimed)}: whoever asks one of them does not see what is published in the other."
            )
        return ""

    def delegated_to(self, zone: str) -> tuple[str, ...]:
        """The servers that the parent zone names; empty if unknown, or if other servers are asked."""
        authority = self._finder.of(record_name(zone))
        if authority.given or authority.zone is None or to_text(authority.zone).lower() != zone.lower():
            return ()
        return tuple(sorted(server.lower() for server in authority.delegated_to))

    def elsewhere(self, zone: str, name_servers: Sequence[str]) -> str:
        """The problem if a zone that is written names other servers than it is delegated to; else empty."""
        delegated_to = self.delegated_to(zone)
        if not delegated_to or not name_servers or set(delegated_to) & set(name_servers):
            return ""
        return (
            f"{zone} is delegated to {', '.join(delegated_to)}, but the zone that this run writes names "
            f"{', '.join(name_servers)}: nobody would see what is published in it. Have it delegated to these, or "
            "write the zone on the others."
        )

    def without_effect(self, desired: Desired, facts: ServiceFacts) -> tuple[str, ...]:
        """Records that point to a service as return path without being set there, as findings."""
        findings = []
        kind = "CNAME" if facts.return_path_is_cname else "MX"
        for label in facts.return_path_labels or () if facts.return_path_target else ():
            name = f"{label}.{desired.name}"
            answers, dummy = self._ask(name, kind)
            if any(facts.return_path_target in value for answer in answers for value in _values(answer, kind)):
                findings.append(
                    f"{name} leads to {facts.title}, where {desired.name} has no return path: the record has no "
                    f"effect. Set return_path: {label}, or remove it."
                )
        return tuple(findings)

    def left_over(self, records: Sequence[ServiceRecord], desired: Desired, facts: ServiceFacts) -> tuple[str, ...]:
        """Records that a service would need and that exist without a registration, as findings."""
        return tuple(
            f"{one.type} {one.name} leads to {facts.title}, where {desired.name} is not registered in this account: "
            "whoever registers it there gets what the record gives. Register it, or remove the record."
            for one in records
            if one.values and one.purpose not in (DMARC, SPF) and missing(one, self.see(one, desired.domain)) is None
        )

    def remembered_for(self, name: str) -> float:
        """Seconds for which a missing record may stay cached for those who asked too early; 0 if unknown."""
        answers, dummy = self._ask(name, "SOA")
        seconds = [min(answer.ttl, value.minimum) for answer in answers for value in answer.values]  # type: ignore[attr-defined]
        if not seconds and answers and answers[0].zone is not None:
            return self.remembered_for(to_text(answers[0].zone))
        return float(max(seconds, default=0))


def _target(answer: DnsAnswer) -> str:
    return to_text(answer.alias.target).lower() if answer.alias is not None else ""  # type: ignore[attr-defined]


def _exchange(value: str) -> str:
    """The host of an MX; empty for a null MX."""
    return value.partition(" ")[2] or NULL_EXCHANGE


def _values(answer: DnsAnswer, rdtype: str) -> tuple[str, ...]:
    """Values in the form of ``ServiceRecord``."""
    if rdtype == "TXT":
        return tuple(txt_bytes(value).decode("utf-8", "replace") for value in answer.values)
    return tuple(to_display(value).rstrip(".").lower() for value in answer.values)
