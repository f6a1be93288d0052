# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that is known of the mail set-up of a domain, fetched before anything is judged. Pure: no I/O.

Names are as people write them: lower case, without the final dot.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from ...receiver.spf_senders import SenderResult
from ...records import dmarc, spf


@dataclasses.dataclass(frozen=True)
class TxtAnswer:
    """The TXT values that are seen at a name. ``aliases``: where its CNAMEs lead, one after the other."""

    name: str
    values: tuple[bytes, ...] = ()
    aliases: tuple[str, ...] = ()
    known: bool = True  # False: nobody gave an answer, so nothing can be said
    exists: bool = False  # whether there is anything at the name or below it


NOT_ASKED = TxtAnswer("", known=False)


@dataclasses.dataclass(frozen=True)
class ObservedSelector:
    """What a verifier gets for a DKIM selector. ``texts.name`` is the name that it asks for."""

    selector: str
    texts: TxtAnswer
    probed: bool = False  # nobody named it: it was tried because services use it
    addresses: tuple[str, ...] = ()  # the answer to a question for addresses, which only is asked where nothing else is


@dataclasses.dataclass(frozen=True)
class ReverseName:
    """What stands at the name of an address (PTR). ``name``: empty where there is none."""

    address: str
    name: str = ""
    leads_back: bool | None = None  # whether the name has the address; None: nobody gave an answer


@dataclasses.dataclass(frozen=True)
class MailExchanger:
    """A mail exchanger. ``host``: empty for a null MX."""

    preference: int
    host: str
    alias: str = ""  # the target, if the host is a CNAME
    addresses: int | None = None  # how many it has; None: nobody gave an answer
    private: tuple[str, ...] = ()  # those of them that the Internet does not reach
    reverse: tuple[ReverseName, ...] = ()  # asked only where selectors are looked for


@dataclasses.dataclass(frozen=True)
class DelegatedServer:
    """A name server of the domain. ``problem``: why it gives no answer, as what follows its name; empty if it does."""

    label: str
    problem: str = ""
    lame: bool = False  # it is there and does not hold the zone
    spf: tuple[bytes, ...] = ()  # the SPF records that it shows


@dataclasses.dataclass(frozen=True)
class Delegation:
    """Who answers for the domain. Empty where servers were given and nothing was looked up."""

    zone: str = ""
    above: str = ""  # the zone that delegates it
    registered: bool = True
    fault: str = ""  # why nobody could be asked at all
    parent: tuple[str, ...] = ()  # the servers that the zone above names
    child: tuple[str, ...] = ()  # the servers that the zone itself names
    wanted: tuple[str, ...] = ()  # the servers of the provider that the zone was written at
    servers: tuple[DelegatedServer, ...] = ()


@dataclasses.dataclass(frozen=True)
class DeclaredSender:
    """A service or server that sends as the domain, and what it needs."""

    name: str
    spf: spf.SpfWanted = dataclasses.field(default_factory=spf.SpfWanted)
    selectors: tuple[str, ...] = ()
    return_path: str = ""  # the domain of its envelope sender; empty: the domain itself or below it
    signing_domain: str = ""  # for which it signs with DKIM; empty: the domain itself


@dataclasses.dataclass(frozen=True)
class EnvelopeDomain:
    """A name below the domain, or beside it, that senders have for their envelope senders. Bounces go there."""

    texts: TxtAnswer
    receives: bool | None = None  # whether mail to it has anywhere to go; None: nobody gave an answer
    senders: Mapping[DeclaredSender, SenderResult] = dataclasses.field(default_factory=dict)

    @property
    def spf_records(self) -> tuple[bytes, ...]:
        return tuple(value for value in self.texts.values if spf.is_spf(value))


@dataclasses.dataclass(frozen=True)
class Observation:
    """A domain as it is seen. Whatever was not asked for is empty, and says nothing."""

    domain: str
    texts: TxtAnswer = NOT_ASKED
    type_99: tuple[bytes, ...] = ()
    cost: spf.LookupCount | None = None  # of the one SPF record, if it parses
    senders_spf: Mapping[DeclaredSender, SenderResult] = dataclasses.field(default_factory=dict)
    everyone: tuple[str, ...] = ()  # terms, in whichever record, that together let the whole Internet pass
    lost_by_voids: tuple[str, ...] = ()  # why addresses that are listed do not pass, as clauses
    crowded_mx: tuple[tuple[str, int], ...] = ()  # names of mx terms with more exchangers than receivers look at
    dmarc: TxtAnswer = NOT_ASKED
    policy: str | None = None  # that receivers apply, whoever asks for it; None: none
    stated_policy: str | None = None  # the same where t=y is not counted, as RFC 7489 does not know it
    policy_below: str | None = None  # that they apply to domains below without a record of their own
    policy_nonexistent: str | None = None  # the same for those that do not exist
    stated_below: str | None = None  # both as the strictest receivers apply them
    stated_nonexistent: str | None = None
    policy_domain: str = ""  # whose record that is: the domain's own, or one above it
    policy_known: bool = False
    organizational_domain: str = ""
    spf_alignment: str = "r"
    dkim_alignment: str = "r"
    envelope_domains: tuple[EnvelopeDomain, ...] = ()
    refused_reports: tuple[str, ...] = ()  # why reports that its record asks for are not sent, in sentences
    misplaced: tuple[TxtAnswer, ...] = ()  # names where a record may stand by mistake
    selectors: tuple[ObservedSelector, ...] = ()
    policies: tuple[TxtAnswer, ...] = ()  # what stands at the names of MTA-STS, TLS reports and BIMI
    exchanges: tuple[MailExchanger, ...] = ()
    has_address: bool | None = None  # of the domain itself, asked only where somebody sends and it has no exchanger
    delegation: Delegation = Delegation()
    senders: tuple[DeclaredSender, ...] | None = None  # None: nobody said who sends
    from_addresses: tuple[str, ...] = ()

    @property
    def spf_records(self) -> tuple[bytes, ...]:
        """What receivers take for SPF records (RFC 7208 4.5)."""
        return tuple(value for value in self.texts.values if spf.is_spf(value))

    @property
    def dmarc_records(self) -> tuple[bytes, ...]:
        """What receivers take for DMARC records (RFC 9989 4.10)."""
        return tuple(value for value in self.dmarc.values if dmarc.is_dmarc(value))

    @property
    def selector(self) -> Mapping[str, ObservedSelector]:
        return {selector.selector: selector for selector in self.selectors}
