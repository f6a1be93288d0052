# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which servers answer for the domain, and whether they include the ones written to (RFC 1034 4.2)."""

from __future__ import annotations

from collections.abc import Iterator

from .finding import ERROR, WARNING, Finding, Rule, listed, quoted
from .observation import Observation

NOT_REGISTERED = Rule(
    "domain_not_delegated",
    ERROR,
    "RFC 1034 4.2.1",
    "The domain is not registered, or the registry names no servers for it, so nobody can see its records.",
    "Register the domain, or enter the servers that hold its zone at its registrar.",
)
ELSEWHERE = Rule(
    "domain_delegated_elsewhere",
    ERROR,
    "RFC 1034 4.2.1",
    "The zone above names servers other than those of the provider where the records were written, so nobody sees what "
    "was written there.",
    "Enter the servers of the provider at the registrar, or write the records where the domain is delegated to.",
    or_else="warning where some of the servers are those of the provider",
)
MISMATCH = Rule(
    "delegation_mismatch",
    WARNING,
    "RFC 1034 4.2.2",
    "The zone above and the zone itself name different servers, so resolvers differ in which ones they ask.",
    "Make them agree, at the registrar or in the NS records of the zone.",
)
LAME = Rule(
    "server_lame",
    ERROR,
    "RFC 1912 2.8",
    "A server that is named for the domain does not hold its zone. Resolvers that come to it first are slow or fail.",
    "Let the server hold the zone, or remove it from the delegation.",
)
SILENT = Rule(
    "server_silent",
    WARNING,
    "RFC 1034 4.1",
    "A server that is named for the domain gives no usable answer. Resolvers that come to it first are slow or fail.",
    "Bring the server back, or remove it from the delegation.",
)
NOBODY = Rule(
    "domain_not_known",
    ERROR,
    "RFC 1034 4.2.1",
    "No server gave an answer about the domain, so nothing can be said about its records.",
    "Check again once its servers answer.",
)
INVALID = Rule(
    "domain_invalid",
    ERROR,
    "RFC 1035 2.3.1",
    "The name is not a domain name, or the expectations do not make sense, so nothing was checked.",
    "Correct the name or the expectations.",
)
DIFFER = Rule(
    "servers_differ",
    WARNING,
    "RFC 1034 4.3.5",
    "The servers of the domain show different SPF records, so receivers differ in what they see. Right after a change "
    "this resolves itself.",
    "Let all servers hold the same zone.",
)

RULES = (NOT_REGISTERED, ELSEWHERE, MISMATCH, LAME, SILENT, NOBODY, INVALID, DIFFER)
# nothing can be known about the domain
BLIND = frozenset(rule.code for rule in (NOT_REGISTERED, NOBODY, INVALID))


def registration(observed: Observation) -> Iterator[Finding]:
    delegation = observed.delegation
    if not delegation.registered:
        yield NOT_REGISTERED.at(observed.domain, delegation.fault or "No zone above names servers for it")
    elif delegation.fault:
        yield NOBODY.at(observed.domain, delegation.fault)


def agreement(observed: Observation) -> Iterator[Finding]:
    delegation = observed.delegation
    parent, child, wanted = (set(names) for names in (delegation.parent, delegation.child, delegation.wanted))
    named = parent or child
    if wanted and named and wanted != named:
        some = wanted & named
        yield ELSEWHERE.at(
            delegation.zone,
            f"The servers of the provider are {listed(sorted(wanted))}, and the zone {delegation.above or 'above'} "
            f"names {listed(sorted(named))}",
            WARNING if some else "",
        )
    elif parent and child and parent != child:
        yield MISMATCH.at(
            delegation.zone,
            f"The zone {delegation.above} names {listed(sorted(parent))}, and the zone itself {listed(sorted(child))}",
        )


def servers(observed: Observation) -> Iterator[Finding]:
    """Each server that does not work; if none works, one finding for the domain."""
    was_given = not observed.delegation.zone
    for server in observed.delegation.servers:
        if server.problem:
            rule = LAME if server.lame else SILENT
            cure = f"{rule.cure.partition(',')[0]}, or leave it out of nameservers" if was_given else ""
            yield rule.at(server.label, f"{server.label} {server.problem}", cure=cure)


def unity(observed: Observation) -> Iterator[Finding]:
    shown_by: dict[tuple[bytes, ...], list[str]] = {}
    for server in observed.delegation.servers:
        if not server.problem:
            shown_by.setdefault(server.spf, []).append(server.label)
    if len(shown_by) > 1:
        views = [
            f"{listed(labels)}: {listed(map(quoted, values)) or 'no SPF record'}" for values, labels in shown_by.items()
        ]
        yield DIFFER.at(observed.domain, "; ".join(views))


CHECKS = (registration, agreement, servers, unity)
