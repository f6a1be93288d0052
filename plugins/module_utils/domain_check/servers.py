# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of a domain before its records are read: which servers hold it, and which of them answer."""

from __future__ import annotations

import dataclasses

from ..libraries import dns
from ..names import to_text
from ..records import spf
from ..resolver.authority import Authority
from ..resolver.nameservers import Nameserver
from ..resolver.observe import Observer
from ..resolver.transport import NoAnswer, NotServed
from ..zone.rdata import txt_bytes
from .declared import Declared
from .findings.observation import DelegatedServer, Delegation, Observation


def nothing(domain: dns.name.Name, known: Delegation, said: Declared) -> Observation:
    """The observation of a domain of which no server answers."""
    return Observation(to_text(domain), delegation=known, senders=said.senders, from_addresses=said.from_addresses)


def delegation(authority: Authority, wanted: tuple[str, ...], fault: str) -> Delegation:
    """``fault``: why no server can be asked about the domain."""
    return Delegation(
        zone="" if authority.zone is None else to_text(authority.zone),
        above="" if authority.parent is None else to_text(authority.parent),
        registered=not authority.undelegated(),
        fault=fault,
        parent=authority.delegated_to,
        child=authority.claimed,
        wanted=wanted,
    )


def ask_servers(
    observer: Observer, authority: Authority, domain: dns.name.Name, known: Delegation, deadline: float
) -> tuple[Nameserver | None, Delegation]:
    """The first server of a domain that answers, and the delegation with what each server returned."""
    first = None
    states = []
    for server in authority.servers:
        try:
            answer = observer.ask(server, domain, dns.rdatatype.TXT, deadline)
        except NoAnswer as error:
            states.append(DelegatedServer(server.label, str(error), lame=isinstance(error, NotServed)))
            continue
        first = first or server
        records = sorted(value for value in map(txt_bytes, answer.end_values) if spf.is_spf(value))
        states.append(DelegatedServer(server.label, spf=tuple(records)))
    fault = "" if first is not None else f"None of the servers of {to_text(domain)} gives an answer."
    return first, dataclasses.replace(known, fault=fault, servers=tuple(states))
