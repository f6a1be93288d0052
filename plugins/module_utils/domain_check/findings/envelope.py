# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the domain and the names of services' envelope senders receive replies and bounces."""

from __future__ import annotations

from collections.abc import Iterator

from .finding import ERROR, WARNING, Finding, Rule, listed, quoted
from .observation import DeclaredSender, EnvelopeDomain, Observation

NO_SPF = Rule(
    "envelope_spf_missing",
    WARNING,
    "RFC 7208 2.4",
    "A service sends with an envelope sender at a name that has no SPF record, so SPF cannot pass for its mail.",
    "Publish the records that the service asks for at that name.",
)
TWO_RECORDS = Rule(
    "envelope_two_records",
    ERROR,
    "RFC 7208 4.5",
    "The name of an envelope sender has more than one SPF record. Receivers treat that as an error and ignore them.",
    "Keep the record that the service asks for, and delete the others.",
)
NOT_AUTHORISED = Rule(
    "envelope_not_authorised",
    ERROR,
    "RFC 7208 2.4",
    "A service sends with an envelope sender at a name whose SPF record does not let it pass.",
    "Publish the SPF record that the service asks for at that name.",
)
NO_BOUNCES = Rule(
    "envelope_without_mx",
    WARNING,
    "RFC 5321 5.1",
    "A service sends with an envelope sender at a name to which no mail can be delivered, so bounces get lost, and "
    "some receivers refuse such mail.",
    "Publish the MX record, or the CNAME, that the service asks for at that name.",
)
NO_MAIL = Rule(
    "domain_receives_nothing",
    WARNING,
    "RFC 5321 5.1",
    "The domain sends mail and has neither an exchanger nor an address, so replies and bounces get lost, and some "
    "receivers refuse its mail.",
    "Publish an MX record that names the mail server of the domain.",
)
NULL_MX = Rule(
    "mx_null_of_sender",
    WARNING,
    "RFC 7505 4.2",
    "The domain sends mail, and its null MX says that it accepts none. Receivers may refuse mail whose sender cannot "
    "get a reply.",
    "Replace the null MX with a mail server, or do not send as the domain.",
)

RULES = (NO_SPF, TWO_RECORDS, NOT_AUTHORISED, NO_BOUNCES, NO_MAIL, NULL_MX)


def envelopes(observed: Observation) -> Iterator[Finding]:
    """The domains of envelope senders that can be aligned with the domain."""
    for envelope in observed.envelope_domains:
        if not envelope.texts.known:
            continue
        name, who = envelope.texts.name, listed(sender.name for sender in envelope.senders)
        records = envelope.spf_records
        if len(records) > 1:
            yield TWO_RECORDS.at(name, f"There are {len(records)} SPF records: {listed(map(quoted, records))}")
        elif not records:
            yield NO_SPF.at(name, f"{who} sends with it, and there is no SPF record")
        else:
            yield from _authorised(envelope)
        if envelope.receives is False:
            yield NO_BOUNCES.at(name, f"{who} sends with it, and no mail can be delivered there")


def _authorised(envelope: EnvelopeDomain) -> Iterator[Finding]:
    for sender, result in envelope.senders.items():
        if result.passes is False:
            record = quoted(envelope.spf_records[0])
            yield NOT_AUTHORISED.at(
                envelope.texts.name, f"{sender.name} does not pass: {result.reason}. The record is {record}"
            )


def replies(observed: Observation) -> Iterator[Finding]:
    """Whether replies and bounces to the domain can be delivered, if it has declared senders."""
    if not observed.senders:
        return
    if observed.has_address is False:
        yield NO_MAIL.at(
            observed.domain, f"{_names(observed.senders)} sends as it, and it has no MX record and no address"
        )
    if [exchange.host for exchange in observed.exchanges] == [""]:
        yield NULL_MX.at(observed.domain, f"{_names(observed.senders)} sends as it, and there is a null MX")


CHECKS = (envelopes, replies)


def _names(senders: tuple[DeclaredSender, ...]) -> str:
    return listed((sender.name for sender in senders), 3)
