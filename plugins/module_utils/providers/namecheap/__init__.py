# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Namecheap.

A write replaces the whole zone, so a zone is written only if all that it holds can be sent back as it is. There is no
guard against a concurrent writer: what was read more than a moment ago is read again before the write, and what was
written is read back, also what others have there.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable, ClassVar

from ansible_collections.postmaster.mail.plugins.module_utils.errors import (
    Conflict,
    InvalidInput,
    NotWritten,
    OutcomeUnknown,
    PartlyApplied,
    ProviderError,
    ZoneChanged,
)
from ansible_collections.postmaster.mail.plugins.module_utils.libraries import dns
from ansible_collections.postmaster.mail.plugins.module_utils.names import to_text
from ansible_collections.postmaster.mail.plugins.module_utils.providers.http import HttpError
from ansible_collections.postmaster.mail.plugins.module_utils.providers.namecheap.api import (
    TITLE,
    Host,
    NamecheapApi,
    NamecheapError,
)
from ansible_collections.postmaster.mail.plugins.module_utils.providers.namecheap.records import (
    BY_HAND,
    DEFAULT_TTL,
    OWN_MAIL,
    PLAIN_TYPES,
    address_of,
    by_key,
    email_type_for,
    identity,
    key_of,
    mail_lock,
    record_set_of,
    shown,
    wanted_hosts,
    why_read_only,
)
from ansible_collections.postmaster.mail.plugins.module_utils.providers.options import OPTIONS
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Key, RecordSet, Snapshot, Zone
from ansible_collections.postmaster.mail.plugins.module_utils.zone.plan import Plan
from ansible_collections.postmaster.mail.plugins.module_utils.zone.provider import (
    Facts,
    Provider,
    enclosing,
    longest_zone,
)

# Services that are announced by SRV records, which the API neither shows nor keeps.
_SERVICES = {
    "tcp": (
        "autodiscover caldav caldavs carddav carddavs imap imaps ldap matrix matrix-fed minecraft pop3 pop3s sip sips "
        "sipfederationtls submission submissions xmpp-client xmpp-server"
    ),
    "tls": "sip",
    "udp": "sip stun turn",
}
_SEARCH_SECONDS = 5.0  # for all of them together

_FEW = 3  # up to so many zones are asked for one by one; for more, all are listed
_PAUSES = (1.0, 3.0)  # seconds before a write is looked after that was not confirmed


@dataclasses.dataclass(frozen=True)
class _NamecheapReading:
    """What a zone held at a moment of ``time.monotonic()``."""

    email_type: str
    hosts: Sequence[Host]
    moment: float


class _Snapshot(Snapshot):
    """Asks whether a zone can be written only when somebody wants to."""

    def __init__(self, *arguments: Any, ask: Callable[[], str], **more: Any) -> None:
        self._ask = ask
        super().__init__(*arguments, **more)

    @property
    def read_only(self) -> str:
        return self._known or self._ask()

    @read_only.setter
    def read_only(self, known: str) -> None:
        self._known = known


class Namecheap(Provider):
    """One account."""

    facts = Facts(title=TITLE, default_ttl=DEFAULT_TTL, min_ttl=60, max_ttl=60000, null_mx=False, reads_back=True)
    options, required, environment = OPTIONS["namecheap"]
    fresh: ClassVar[float] = 2.0  # seconds for which what was read may be written upon without another look

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self._api = NamecheapApi(self.settings, self.count_call)
        self.zones_at_once = max(1, int(self._api.rate))
        self._held: set[tuple[Key, dns.rdata.Rdata]] = set()  # values that were read, so they can be sent back
        self._hidden: dict[dns.name.Name, list[str]] = {}  # by zone: its SRV records, once they were looked for

    def close(self) -> None:
        self._api.close()

    # -- find the zone -----------------------------------------------------------------------------------------------

    def find_zones(self, names: Iterable[dns.name.Name]) -> Mapping[dns.name.Name, Zone | ProviderError]:
        starts = {name: longest_zone(name) for name in names}
        zones: dict[dns.name.Name, Zone] = {}
        if len(set(starts.values())) > _FEW:
            zones = {zone.name: zone for zone in map(_zone, self._api.domains())}
        # what another account shares with this one is not in the list, but can be asked for
        found = {start: enclosing(start, zones) or self._probe(start) for start in set(starts.values())}
        return {name: found[start] or self.no_zone(name) for name, start in starts.items()}

    def get_zone(self, zone: dns.name.Name) -> Zone:
        found = self._ask_for(zone)
        if found is None:
            raise self.no_zone(zone)
        return found

    def _probe(self, candidate: dns.name.Name) -> Zone | None:
        """Ask for each zone that may enclose a name, the longest first."""
        while len(candidate.labels) > 2:
            found = self._ask_for(candidate)
            if found is not None:
                return found
            candidate = candidate.parent()
        return None

    def _ask_for(self, name: dns.name.Name) -> Zone | None:
        reading = self._reading(to_text(name))
        # the records are here already: that spares the first read
        return None if reading is None else Zone(name, to_text(name), handle=[reading])

    # -- read --------------------------------------------------------------------------------------------------------

    def _reading(self, zone: str) -> tuple[Mapping[str, str], _NamecheapReading] | None:
        answer = self._api.hosts(zone)
        if answer is None:
            return None
        about, hosts = answer
        return about, _NamecheapReading(about["EmailType"], hosts, time.monotonic())

    def read(self, zone: Zone, keys: frozenset[Key]) -> Snapshot:
        found = zone.handle.pop() if zone.handle else self._reading(zone.id)
        if found is None:
            raise self.no_zone(zone.name)
        about, reading = found
        try:
            items = by_key(zone, reading.hosts)
        except dns.exception.DNSException:
            raise self._api.nonsense() from None
        sets = [record_set_of(zone, key, hosts, reading.email_type) for key, hosts in items.items()]
        if reading.email_type not in OWN_MAIL:
            # so that an MX record is refused when it is planned; these hold no values
            lock = mail_lock(reading.email_type)
            absent = [key for key in keys if key[1] == dns.rdatatype.MX and key not in items]
            sets += [RecordSet(name, rdtype, (), locked=lock) for name, rdtype in absent]
        self._held.update((record_set.key, value) for record_set in sets for value in record_set.values)
        read_only = why_read_only(zone, about, reading.hosts)
        return _Snapshot(zone, sets, read_only=read_only, handle=reading, ask=lambda: self._why_hidden(zone))

    # -- what it cannot hold -----------------------------------------------------------------------------------------

    def check(self, record_set: RecordSet) -> None:
        super().check(record_set)
        rdtype = dns.rdatatype.to_text(record_set.rdtype)
        if rdtype not in PLAIN_TYPES:
            raise InvalidInput(f"{record_set}: {TITLE}'s API cannot write records of the type {rdtype}.")
        for value in record_set.values:
            address = address_of(value)
            if (record_set.key, value) in self._held:
                continue
            if not address or not (address.isascii() and address.isprintable()) or (rdtype == "TXT" and '"' in address):
                raise InvalidInput(
                    f"{record_set}: {TITLE} keeps only plain text as it is (ASCII without quotes), and the value is "
                    "something else."
                )

    def _why_hidden(self, zone: Zone) -> str:
        """A write would remove SRV records that the API does not show: look in DNS for those of well-known services."""
        if zone.name not in self._hidden:
            self._hidden[zone.name] = self._search(zone)
        found = self._hidden[zone.name]
        if not found:
            return ""
        return (
            f"{zone} has SRV records ({', '.join(found)}), which {TITLE}'s API neither shows nor keeps: any write "
            f"would remove them. {BY_HAND}"
        )

    def _search(self, zone: Zone) -> list[str]:
        from ansible_collections.postmaster.mail.plugins.module_utils.resolver.resolver import (
            Resolver,  # it takes a while to import, and most runs change nothing
        )

        ask = Resolver(self.settings.get("nameservers"), _SEARCH_SECONDS).ask
        services = [f"_{name}._{protocol}" for protocol, names in _SERVICES.items() for name in names.split()]
        names = [dns.name.from_text(service, zone.name) for service in services]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = pool.map(lambda name: ask(name, dns.rdatatype.SRV), names)
            return [service for service, values in zip(services, answers) if values]

    # -- write -------------------------------------------------------------------------------------------------------

    def apply(self, plan: Plan) -> None:
        reading = plan.snapshot.handle
        if time.monotonic() - reading.moment > self.fresh:
            plan.snapshot.handle = reading = self._look_again(plan, reading)
        wanted = wanted_hosts(plan, reading.hosts)
        self._set(plan, reading, email_type_for(reading.email_type, wanted), wanted)

    def losses(self, plan: Plan, seen: Snapshot) -> str:
        touched = {change.record_set.key for change in plan.changes}
        now = {identity(host)[:-1] for host in seen.handle.hosts}  # without the TTL
        lost = [
            shown(host)
            for host in plan.snapshot.handle.hosts
            if key_of(plan.zone, host) not in touched and identity(host)[:-1] not in now
        ]
        if lost:
            raise PartlyApplied(
                f"{plan.zone}: after the write, records are missing that were there before: {', '.join(lost)}. Another "
                f"program wrote at the same moment, or {TITLE} did not keep them. Enter them again if nobody removed "
                "them on purpose."
            )
        return ""

    def _look_again(self, plan: Plan, before: _NamecheapReading) -> _NamecheapReading:
        """The zone as it is now: what changed elsewhere is kept, at the names that the plan touches it is a race."""
        found = self._reading(plan.zone.id)
        if found is None:
            raise self.no_zone(plan.zone.name)
        about, now = found
        read_only = why_read_only(plan.zone, about, now.hosts)
        if read_only:
            raise Conflict(read_only)
        names = {change.record_set.name for change in plan.changes}
        then_there, now_there = (
            {identity(host) for host in hosts if key_of(plan.zone, host)[0] in names}
            for hosts in (before.hosts, now.hosts)
        )
        if then_there != now_there or before.email_type != now.email_type:
            raise ZoneChanged(
                f"{plan.zone}: another program changed the same records at the same moment, so nothing was written."
            )
        return now

    def _set(self, plan: Plan, before: _NamecheapReading, email_type: str, wanted: Sequence[Host]) -> None:
        """Write. Where it stays unknown whether that was done, look, and repeat only if nobody else wrote."""
        for pause in (*_PAUSES, None):
            try:
                self._api.set_hosts(plan.zone.id, email_type, wanted)
                return
            except NamecheapError as error:
                raise NotWritten(f"{plan.zone}: nothing was written. {error}") from None
            except HttpError as error:
                if error.status < 500:
                    raise
                failure: ProviderError = error
            except ProviderError as error:
                failure = error
            if pause is None:
                raise OutcomeUnknown(str(failure))
            time.sleep(pause * random.uniform(0.5, 1.5))
            try:
                found = self._reading(plan.zone.id)
            except ProviderError:
                raise OutcomeUnknown(str(failure)) from None
            now = {identity(host) for host in found[1].hosts} if found else set()
            if now == {identity(host) for host in wanted}:
                return
            if now != {identity(host) for host in before.hosts}:
                raise ZoneChanged(f"{plan.zone}: another program wrote at the same moment as we did.")


def _zone(name: str) -> Zone:
    return Zone(dns.name.from_text(name.lower()), name.lower(), handle=[])
