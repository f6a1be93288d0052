# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetches everything about a domain that is judged later, with as few queries as the answers allow.

A name where a record may be by mistake is queried only if the right name has none.
"""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Iterable, Iterator

from ..errors import InvalidInput, PostmasterError
from ..intents.spf import txt_fetch
from ..libraries import dns
from ..names import record_name, to_text
from ..receiver.delivery import receives
from ..receiver.dmarc import DmarcDiscovery, discover_dmarc
from ..receiver.dmarc_reports import report_addresses
from ..receiver.spf_questions import MAX_NAMES
from ..receiver.spf_senders import lets_everyone_pass, lost_by_voids
from ..records import dkim, dmarc, spf
from .declared import Declared
from .findings import one_of_a_kind
from .findings.observation import NOT_ASKED, Delegation, MailExchanger, Observation, ObservedSelector, TxtAnswer
from .reader import Reader, below
from .reverse import with_reverse_names
from .senders import SenderScan

# Fixed selectors of services. The catalogue's come first; importing the catalogue for them would add a tenth to what
# domain_info ships.
WELL_KNOWN_SELECTORS = (
    "odoo", "s1", "s2", "brevo1", "brevo2", "mail", "mailjet", "google", "selector1", "selector2", "resend",
    "rwmt1", "rwmt2",
    "k1", "k2", "k3", "dkim", "default", "mx", "smtp", "pic", "pdk1", "pdk2", "zoho", "zmail",
    "fm1", "fm2", "fm3", "mesmtp",  # Fastmail
    "protonmail", "protonmail2", "protonmail3",
    "sig1",  # iCloud
    "kl", "kl2",  # Klaviyo
    "hs1", "hs2",  # HubSpot
    "ovhmo-selector-1", "ovhmo-selector-2",
    "pm", "mandrill", "mte1", "mte2", "smtpapi", "ctct1", "ctct2",
)  # fmt: skip
_SHARED = ipaddress.ip_network("100.64.0.0/10")  # carriers' NAT (RFC 6598)
_UNIQUE_LOCAL = ipaddress.ip_network("fc00::/7")
_PRIVATE = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))  # RFC 1918
MAX_EXCHANGES = 10  # whose hosts are checked; more are never legitimate
_ODOO_INCLUDE = b"include:_spf.odoo.com"


def scan(
    domain: dns.name.Name,
    reader: Reader,
    delegation: Delegation,
    said: Declared,
    asked: Iterable[str] = (),
    probe: bool = False,
) -> Observation:
    """Scan a domain whose servers answer. ``asked``: selectors. ``probe``: also try those of services."""
    return _DomainScan(domain, reader, delegation, said).observe(tuple(asked), probe)


class _Policies:
    """The reader for DMARC records.

    Top-level domains rarely have one, and given servers may not know them: no answer about one counts as no record.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.lookup = reader.answer

    def ask(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> tuple[dns.rdata.Rdata, ...] | None:
        values = self._reader.ask(name, rdtype)
        return () if values is None and len(name.labels) == 3 and name.labels[0] == b"_dmarc" else values

    def within(self, seconds: float) -> _Policies:
        return self


class _DomainScan:
    def __init__(self, domain: dns.name.Name, reader: Reader, delegation: Delegation, said: Declared) -> None:
        self.domain = domain
        self.text = to_text(domain)
        self.reader = reader
        self.delegation = delegation
        self.said = said
        self.texts = reader.texts(domain)
        self._crowded_mx: dict[str, int] = {}
        self._hosts = 0  # in all records, that may have addresses of only one version of IP

    def observe(self, asked: tuple[str, ...], probe: bool) -> Observation:
        own_policy = below([b"_dmarc"], self.domain)
        policy = NOT_ASKED if own_policy is None else self.reader.texts(own_policy)
        mx = self.reader.see(self.domain, dns.rdatatype.MX)
        exchanges = tuple(self._exchanges(mx.values)) if mx.known else ()
        if probe:
            exchanges = tuple(with_reverse_names(exchange, self.reader) for exchange in exchanges)
        selectors = tuple(self._selectors(asked, probe))
        cost = self._cost()
        found = self._policy()
        top = found.organizational_domain if found is not None else self.text
        wants_replies = mx.known and not mx.values and self.said.senders
        senders = SenderScan(self.texts, self.reader, self.said.senders)
        # if a record above may apply, a missing one of its own is no fault
        is_known = found is None or found.known or bool(policy.values)
        return Observation(
            domain=self.text,
            texts=self.texts,
            type_99=self._type_99(),
            cost=cost,
            senders_spf=senders.spf(),
            everyone=self._everyone(cost),
            lost_by_voids=self._lost_by_voids(cost),
            crowded_mx=tuple(self._crowded_mx.items()),
            dmarc=policy if is_known else NOT_ASKED,
            policy=found.applied if found is not None else None,
            stated_policy=found.policy if found is not None else None,
            policy_below=found.applied_below(exists=True) if found is not None else None,
            policy_nonexistent=found.applied_below(exists=False) if found is not None else None,
            stated_below=found.strictest_below(exists=True) if found is not None else None,
            stated_nonexistent=found.strictest_below(exists=False) if found is not None else None,
            policy_domain=(found.policy_domain if found is not None else None) or "",
            policy_known=found is not None and found.known,
            organizational_domain=top,
            spf_alignment=found.record.spf_alignment if found is not None and found.record is not None else "r",
            dkim_alignment=found.record.dkim_alignment if found is not None and found.record is not None else "r",
            envelope_domains=tuple(senders.envelope_domains(top)),
            refused_reports=tuple(self._refused_reports(found)),
            misplaced=tuple(self._misplaced(policy, found, selectors)),
            selectors=selectors,
            policies=tuple(self._policies(exchanges, probe)),
            exchanges=exchanges,
            has_address=receives(self.domain, self.reader) if wants_replies else None,
            delegation=self.delegation,
            senders=self.said.senders,
            from_addresses=self.said.from_addresses,
        )

    # -- SPF

    def _spf_values(self) -> list[bytes]:
        return [value for value in self.texts.values if spf.is_spf(value)]

    def _type_99(self) -> tuple[bytes, ...]:
        values = self.reader.ask(self.domain, dns.rdatatype.SPF) if self.texts.exists else ()
        return tuple(sorted(b"".join(value.strings) for value in values or ()))  # type: ignore[attr-defined]

    def _cost(self) -> spf.LookupCount | None:
        values = self._spf_values()
        if len(values) != 1:
            return None
        try:
            return spf.lookups(values[0], self.text, txt_fetch(self.reader.ask), self._lacks)
        except InvalidInput:
            return None

    def _lacks(self, mechanism: str, host: str) -> bool:
        """Whether servers say that a name has nothing of what receivers query there (RFC 7208 5.3, 5.4, 5.7)."""
        try:
            name = record_name(host)
        except InvalidInput:
            return True
        if mechanism == "mx":
            exchanges = self.reader.ask(name, dns.rdatatype.MX)
            self._hosts += len(exchanges or ())
            if exchanges is not None and len(exchanges) > MAX_NAMES:
                self._crowded_mx[to_text(name)] = len(exchanges)
            return exchanges == ()
        # for a, receivers query only the client's version of IP: a host with only one is void for some clients
        self._hosts += mechanism == "a"
        both = (dns.rdatatype.A, dns.rdatatype.AAAA) if mechanism == "a" else (dns.rdatatype.A,)
        return all(self.reader.ask(name, rdtype) == () for rdtype in both)

    def _everyone(self, cost: spf.LookupCount | None) -> tuple[str, ...]:
        """What lets the whole Internet pass; checked only if a term is wide enough for that."""
        results = lets_everyone_pass(self.text, self.reader) if cost is not None and cost.wide else ()
        steps = [result.trace[-1] for result in results]
        return tuple(dict.fromkeys(f"{step.term} in the record of {step.domain}" for step in steps))

    def _lost_by_voids(self, cost: spf.LookupCount | None) -> tuple[str, ...]:
        """Why listed addresses do not pass, if hosts lack addresses of their version of IP."""
        if cost is None or cost.is_too_much or not self._hosts:
            return ()
        if cost.void_count + self._hosts <= spf.MAX_VOIDS and not cost.repeated:
            return ()  # a host in a record that is included twice counts twice
        return tuple(one.reason for one in lost_by_voids(self.text, self.reader))

    # -- DKIM

    def _selectors(self, asked: tuple[str, ...], probe: bool) -> Iterator[ObservedSelector]:
        named = [*asked, *(name for sender in self.said.senders or () for name in sender.selectors)]
        if any(_ODOO_INCLUDE in value.lower() for value in self._spf_values()):
            tried = ["odoo"]
        else:
            tried = []
        if probe and self._has_any_selector():
            tried += WELL_KNOWN_SELECTORS
        for name in dict.fromkeys(named):
            yield from self._selector(name, probed=False)
        for name in dict.fromkeys(tried):
            if name not in named:
                yield from self._selector(name, probed=True)

    def _selector(self, selector: str, probed: bool) -> Iterator[ObservedSelector]:
        try:
            owner = record_name(dkim.owner_name(selector, self.text))
        except PostmasterError:
            return  # an invalid selector, reported by the expectation
        texts = self.reader.texts(owner)
        addresses: tuple[str, ...] = ()
        above = below([b"_domainkey"], self.domain)
        # a wildcard also answers at _domainkey itself, and says nothing about the selector
        if above is None or any(map(dkim.looks_like_dkim, texts.values)):
            pass
        elif texts.values or texts.aliases:
            if _same(self.reader.texts(above), texts):
                texts = dataclasses.replace(texts, values=(), aliases=(), known=True)
        elif texts.known and texts.exists and not self._addresses(above):
            addresses = self._addresses(owner)
        yield ObservedSelector(selector, texts, probed, addresses)

    def _addresses(self, name: dns.name.Name) -> tuple[str, ...]:
        for rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA):
            values = self.reader.ask(name, rdtype)
            if values:
                return tuple(value.address for value in values)  # type: ignore[attr-defined]
        return ()

    def _has_any_selector(self) -> bool:
        """False if _domainkey does not exist or is an alias by wildcard: no selector is below it (RFC 8020)."""
        name = below([b"_domainkey"], self.domain)
        texts = NOT_ASKED if name is None else self.reader.texts(name)
        return texts.exists and not texts.aliases

    # -- DMARC

    def _policy(self) -> DmarcDiscovery | None:
        try:
            return discover_dmarc(self.text, _Policies(self.reader))
        except InvalidInput:
            return None  # not a name for which receivers look up DMARC

    def _refused_reports(self, found: DmarcDiscovery | None) -> Iterator[str]:
        """Why reports that the domain's own record asks for are not sent (RFC 9990 4)."""
        if found is not None and found.policy_domain == self.text:
            for address in report_addresses(found, _Policies(self.reader)):
                if address.external and address.takes is False:
                    yield address.problem

    def _policies(self, exchanges: Iterable[MailExchanger], probe: bool) -> Iterator[TxtAnswer]:
        """MTA-STS if mail is received, TLS reports if MTA-STS is used, and all of them when probing."""
        if any(exchange.host for exchange in exchanges):
            transport = self._policy_at(one_of_a_kind.MTA_STS)
            yield transport
            if probe or one_of_a_kind.has_record(transport):
                yield self._policy_at(one_of_a_kind.TLS_REPORTS)
        if probe:
            yield self._policy_at(one_of_a_kind.BIMI)

    def _policy_at(self, place: str) -> TxtAnswer:
        name = below(place.encode("ascii").split(b"."), self.domain)
        return NOT_ASKED if name is None else self.reader.texts(name)

    # -- names where a record may be by mistake

    def _misplaced(
        self, policy: TxtAnswer, found: DmarcDiscovery | None, selectors: tuple[ObservedSelector, ...]
    ) -> Iterator[TxtAnswer]:
        wanting = []
        if self.texts.known and not self._spf_values():
            wanting.append(self.domain)
        if (
            policy.known
            and (found is None or found.policy_domain is None)
            and not any(map(dmarc.is_dmarc, policy.values))
        ):
            wanting += filter(None, [below([b"_dmarc"], self.domain)])
            place = below([b"dmarc"], self.domain)
            if place is not None:
                yield self.reader.texts(place)
        wanting += [
            record_name(s.texts.name)
            for s in selectors
            if not s.probed and s.texts.known and not s.texts.values and not s.texts.aliases
        ]
        if wanting:
            yield from self._doubled(wanting)

    def _doubled(self, names: list[dns.name.Name]) -> Iterator[TxtAnswer]:
        for zone in dict.fromkeys(filter(None, (self.delegation.zone, "" if self.delegation.zone else self.text))):
            suffix = record_name(zone)
            top = _join(self.domain, suffix)
            if top is None:
                continue
            texts = self.reader.texts(top)
            if not texts.exists:
                continue  # nothing is below it (RFC 8020)
            if (texts.values or texts.aliases) and _same(self.reader.texts(top.parent()), texts):
                continue  # a wildcard's answer
            if not texts.values and not texts.aliases and self._addresses(top):
                continue  # likewise: an empty non-terminal has no addresses
            for name in names:
                doubled = _join(name, suffix)
                if doubled is not None:
                    yield texts if doubled == top else self.reader.texts(doubled)

    # -- MX

    def _exchanges(self, values: Iterable[dns.rdata.Rdata]) -> Iterator[MailExchanger]:
        pairs = sorted((value.preference, value.exchange) for value in values)  # type: ignore[attr-defined]
        for number, (preference, host) in enumerate(pairs):
            if host == dns.name.root:
                yield MailExchanger(preference, "")
            elif number >= MAX_EXCHANGES:
                yield MailExchanger(preference, to_text(host.canonicalize()))
            else:
                yield self._exchange(preference, host)

    def _exchange(self, preference: int, host: dns.name.Name) -> MailExchanger:
        addresses: int | None = 0
        alias = ""
        for rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA):
            found = self.reader.see(host, rdtype)
            alias = to_text(found.aliases[0].canonicalize()) if found.aliases else alias
            if found.values:
                texts = [value.address for value in found.values]  # type: ignore[attr-defined]
                private = tuple(text for text in texts if _is_private(text))
                return MailExchanger(preference, to_text(host.canonicalize()), alias, len(texts), private)
            addresses = addresses if found.known else None
        return MailExchanger(preference, to_text(host.canonicalize()), alias, addresses)


def _is_private(address: str) -> bool:
    """Whether the Internet cannot reach an address; those reserved for documentation count as reachable."""
    ip = ipaddress.ip_address(address)
    if ip.is_loopback or ip.is_link_local or ip.is_unspecified or ip.is_multicast:
        return True
    return any(ip in network for network in (*_PRIVATE, _SHARED, _UNIQUE_LOCAL) if network.version == ip.version)


def _same(first: TxtAnswer, second: TxtAnswer) -> bool:
    """Whether two names have the same TXT values or the same CNAME."""
    return (first.values, first.aliases[:1]) == (second.values, second.aliases[:1])


def _join(name: dns.name.Name, suffix: dns.name.Name) -> dns.name.Name | None:
    return below(name.labels[:-1], suffix)
