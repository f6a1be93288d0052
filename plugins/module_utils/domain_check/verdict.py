# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a domain's servers show, compared with the expectation, and its wording. Pure: no I/O."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from ..libraries import dns
from ..names import to_text
from ..resolver.authority import MAX_SERVERS, Authority
from ..resolver.observe import Observer
from ..zone.intent import Notes
from .findings.finding import listed
from .findings.observation import Observation


@dataclasses.dataclass
class ServerVerdict:
    """What one server shows of a domain."""

    answers: bool
    missing: list[str] = dataclasses.field(default_factory=list)
    msg: str = ""  # why it does not answer

    @property
    def met(self) -> bool:
        return self.answers and not self.missing


@dataclasses.dataclass
class DomainVerdict:
    """What the servers of a domain show. A server that does not answer is reported, but does not make it unmet."""

    observer: Observer
    servers: dict[str, ServerVerdict] = dataclasses.field(default_factory=dict)
    faults: list[str] = dataclasses.field(default_factory=list)  # why no server could be asked
    notes: Notes = dataclasses.field(default_factory=Notes)
    authorities: list[Authority] = dataclasses.field(default_factory=list)

    @property
    def answered(self) -> bool:
        return any(server.answers for server in self.servers.values())

    @property
    def met(self) -> bool:
        silent = bool(self.servers) and not self.answered
        return not self.faults and not silent and all(s.met for s in self.servers.values() if s.answers)


def fault_of(name: dns.name.Name, authority: Authority) -> str:
    """Why there is no server to ask about a name; empty if there is one."""
    domain = to_text(name)
    if authority.undelegated() and authority.zone is not None:
        zone = "the root zone" if authority.zone == dns.name.root else f"the zone {to_text(authority.zone)}"
        return (
            f"{domain} is not registered or not delegated: {zone} names no servers for it, so "
            "nobody can see its records. Enter the servers that hold its zone at its registrar"
        )
    if not authority.servers:
        return (
            f"no server could say which name servers hold {domain}: the DNS servers of this machine gave no answer, or "
            "do not know the public DNS"
        )
    return ""


def message(domain: dns.name.Name, verdict: DomainVerdict) -> str:
    """Why a domain is not as expected, server by server; empty if it is."""
    if verdict.met:
        return ""
    parts = [*verdict.faults, *lines(verdict)]
    for authority in verdict.authorities:
        if authority.zone is not None and authority.delegated_to and authority.parent is not None:
            named = listed(authority.delegated_to, MAX_SERVERS)
            parts.append(
                f"the zone {to_text(authority.parent)} names {named} as the servers of "
                f"{to_text(authority.zone)}: nobody sees records that are written elsewhere"
            )
    return f"{to_text(domain)} does not show the expected records. {sentence(parts)}"


def lines(verdict: DomainVerdict) -> list[str]:
    """The differing answers, grouped by equal answers, and the servers that do not answer."""
    labels_by_text: dict[str, list[str]] = {}
    for label, server in verdict.servers.items():
        if server.missing:
            labels_by_text.setdefault("; ".join(text.rstrip(".") for text in server.missing), []).append(label)
    parts = [f"{', '.join(labels)}: {text}" for text, labels in labels_by_text.items()]
    return parts + [f"{label} {server.msg}" for label, server in verdict.servers.items() if not server.answers]


def why_unknown(observed: Observation) -> str:
    """Why nothing can be said of a domain; empty if something can."""
    if observed.texts.known:
        return ""
    problems = [f"{server.label} {server.problem}" for server in observed.delegation.servers if server.problem]
    return sentence(problems) or observed.delegation.fault


def disagreements(authorities: Iterable[Authority]) -> Iterable[str]:
    for authority in authorities:
        known = authority.zone is not None and authority.delegated_to and authority.claimed
        if known and authority.delegated_to != authority.claimed:
            yield (
                f"The zone above {authority.zone.to_text(True)} names {', '.join(authority.delegated_to)} as its "  # type: ignore[union-attr]
                f"servers, and the zone itself names {', '.join(authority.claimed)}. Make them agree at the registrar."
            )


def sentence(parts: Iterable[str]) -> str:
    """Clauses as sentences; a first word of ours is capitalised, a domain name keeps its spelling."""
    return " ".join(
        f"{part[0].upper() if part.startswith(('no server ', 'the ')) else part[0]}{part[1:]}." for part in parts
    )
