# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What servers would answer if everything expected of a domain were already published."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import PostmasterError
from ..libraries import dns
from ..resolver.nameservers import Nameserver
from ..resolver.observe import Observer
from ..resolver.transport import DnsAnswer, NoAnswer
from ..zone.intent import Intent, Notes
from ..zone.model import Draft, RecordSet, Snapshot, Zone
from .expectations import keys


class PlannedObserver:
    """An observer that sees a server as it would be after a domain's intents are written.

    An intent with a conflict changes nothing, as in a real run.
    """

    def __init__(
        self, observer: Observer, server: Nameserver, domain: dns.name.Name, intents: Iterable[Intent]
    ) -> None:
        self._observer = observer
        self._draft = _draft(observer, server, domain, tuple(intents))
        revised = [before or after for before, after in self._draft.revised()]
        self._names = {record_set.name for record_set in revised if record_set is not None}

    def ask(
        self,
        server: Nameserver,
        name: dns.name.Name,
        rdtype: dns.rdatatype.RdataType,
        deadline: float | None = None,
    ) -> DnsAnswer:
        """As Observer.ask. Raises NoAnswer."""
        if name not in self._names:
            answer = self._observer.ask(server, name, rdtype, deadline)
            if not answer.exists and any(planned.is_subdomain(name) for planned in self._names):
                return DnsAnswer(exists=True)
            return answer
        alias = self._draft.get(name, dns.rdatatype.CNAME)
        if alias is not None and alias.values and rdtype != dns.rdatatype.CNAME:
            target = alias.values[0].target  # type: ignore[attr-defined]
            return DnsAnswer(exists=True, alias=alias.values[0], end=target)
        record_set = self._draft.get(name, rdtype)
        if record_set is not None:
            return DnsAnswer(exists=True, values=record_set.values)
        if rdtype == dns.rdatatype.TXT or rdtype == dns.rdatatype.CNAME:
            return DnsAnswer(exists=True)
        answer = self._observer.ask(server, name, rdtype, deadline)
        return answer if answer.exists else DnsAnswer(exists=True)


def _draft(observer: Observer, server: Nameserver, domain: dns.name.Name, intents: tuple[Intent, ...]) -> Draft:
    answered: Iterable[RecordSet] = ()
    try:
        answered = observer.read(server, keys(intents)).values()
    except NoAnswer:
        intents = ()  # what would remain of the existing records is unknown
    draft = Draft(Snapshot(Zone(domain), answered, complete=False))
    for intent in intents:
        checkpoint = draft.checkpoint()
        try:
            intent.revise(draft, Notes())
        except PostmasterError:
            draft.roll_back(checkpoint)
    return draft
