# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything known about the mail set-up of a domain, fetched before it is judged. Pure: no I/O.

Names are in lower case without the final dot.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from ...receiver.spf_senders import SenderResult
from ...records import dmarc, spf


@dataclasses.dataclass(frozen=True)
class TxtAnswer:
    """The TXT values at a name. ``aliases``: the targets of its CNAMEs, in order."""

    name: str
    values: tuple[bytes, ...] = ()
    aliases: tuple[str, ...] = ()
    known: bool = True  # False: nobody answered, so nothing can be said
    exists: bool = False  # whether there is anything at or below the name


NOT_ASKED = TxtAnswer("", known=False)


@dataclasses.dataclass(frozen=True)
class ObservedSelector:
    """What a verifier gets for a DKIM selector. ``texts.name`` is the name that it queries."""

    selector: str
    texts: TxtAnswer
    probed: bool = False  # not named by the user, but tried because services use it
    addresses: tuple[str, ...] = ()  # A and AAAA values, queried only if there is nothing else


@dataclasses.dataclass(frozen=True)
class ReverseName:
    """The PTR record of an address. ``name``: empty if there is none."""

    address: str
    name: str = ""
    leads_back: bool | None = None  # whether the name has the address; None: nobody answered


@dataclasses.dataclass(frozen=True)
class MailExchanger:
    """A mail exchanger. ``host``: empty for a null MX."""

    preference: int
    host: str
    alias: str = ""  # the target, if the host is a CNAME
    addresses: int | None = None  # how many; None: nobody answered
    private: tuple[str, ...] = ()  # those that are unreachable from the Internet
    reverse: tuple[ReverseName, ...] = ()  # queried only when probing selectors


@dataclasses.dataclass(frozen=True)
class DelegatedServer:
    """A name server of the domain. ``problem``: why it does not answer, worded to follow its name; empty if it does."""

    label: str
    problem: str = ""
    lame: bool = False  # it is up but does not hold the zone
    spf: tuple[bytes, ...] = ()  # the SPF records that it returns


@dataclasses.dataclass(frozen=True)
class Delegation:
    """Which servers answer for the domain. Empty if servers were given and nothing was looked up."""

    zone: str = ""
    above: str = ""  # the zone that delegates it
    registered: bool = True
    fault: str = ""  # why no server could be asked
    parent: tuple[str, ...] = ()  # the servers that the parent zone names
    child: tuple[str, ...] = ()  # the servers that the zone itself names
    wanted: tuple[str, ...] = ()  # the servers of the provider that the zone was written to
    servers: tuple[DelegatedServer, ...] = ()


@dataclasses.dataclass(frozen=True)
class DeclaredSender:
    """A service or server that sends as the domain, and the records it needs."""

    name: str
    spf: spf.SpfWanted = dataclasses.field(default_factory=spf.SpfWanted)
    selectors: tuple[str, ...] = ()
    return_path: str = ""  # the domain of its envelope sender; empty: the domain itself or below it
    signing_domain: str = ""  # the domain it signs for with DKIM; empty: the domain itself


@dataclasses.dataclass(frozen=True)
class EnvelopeDomain:
    """A domain of envelope senders, below the domain or beside it, to which bounces go."""

    texts: TxtAnswer
    receives: bool | None = None  # whether mail for it can be delivered; None: nobody answered
    senders: Mapping[DeclaredSender, SenderResult] = dataclasses.field(default_factory=dict)

    @property
    def spf_records(self) -> tuple[bytes, ...]:
        return tuple(value for value in self.texts.values if spf.is_spf(value))


@dataclasses.dataclass(frozen=True)
class Observation:
    """A domain as observed. What was not queried is empty and means nothing."""

    domain: str
    texts: TxtAnswer = NOT_ASKED
    type_99: tuple[bytes, ...] = ()
    cost: spf.LookupCount | None = None  # of the one SPF record, if it parses
    senders_spf: Mapping[DeclaredSender, SenderResult] = dataclasses.field(default_factory=dict)
    everyone: tuple[str, ...] = ()  # terms, in any record, that together let the whole Internet pass
    lost_by_voids: tuple[str, ...] = ()  # why listed addresses do not pass, as clauses
    crowded_mx: tuple[tuple[str, int], ...] = ()  # mx terms with more exchangers than receivers evaluate
    dmarc: TxtAnswer = NOT_ASKED
    policy: str | None = None  # that receivers apply, from whichever record; None: none
    stated_policy: str | None = None  # the same ignoring t=y, which RFC 7489 does not know
    policy_below: str | None = None  # for existing subdomains without a record of their own
    policy_nonexistent: str | None = None  # for subdomains that do not exist
    stated_below: str | None = None  # both as the strictest receivers apply them
    stated_nonexistent: str | None = None
    policy_domain: str = ""  # the domain whose record it is: this one, or one above it
    policy_known: bool = False
    organizational_domain: str = ""
    spf_alignment: str = "r"
    dkim_alignment: str = "r"
    envelope_domains: tuple[EnvelopeDomain, ...] = ()
    refused_reports: tuple[str, ...] = ()  # why requested reports are not sent, in sentences
    misplaced: tuple[TxtAnswer, ...] = ()  # names where records are put by mistake
    selectors: tuple[ObservedSelector, ...] = ()
    policies: tuple[TxtAnswer, ...] = ()  # at the names of MTA-STS, TLS reports and BIMI
    exchanges: tuple[MailExchanger, ...] = ()
    has_address: bool | None = None  # of the domain itself; queried only if it has senders and no exchanger
    delegation: Delegation = Delegation()
    senders: tuple[DeclaredSender, ...] | None = None  # None: not stated
    from_addresses: tuple[str, ...] = ()

    @property
    def spf_records(self) -> tuple[bytes, ...]:
        """The values that receivers take for SPF records (RFC 7208 4.5)."""
        return tuple(value for value in self.texts.values if spf.is_spf(value))

    @property
    def dmarc_records(self) -> tuple[bytes, ...]:
        """The values that receivers take for DMARC records (RFC 9989 4.10)."""
        return tuple(value for value in self.dmarc.values if dmarc.is_dmarc(value))

    @property
    def selector(self) -> Mapping[str, ObservedSelector]:
        return {selector.selector: selector for selector in self.selectors}
