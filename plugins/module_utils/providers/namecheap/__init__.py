# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Namecheap.

A write replaces the whole zone, so a zone is written only if everything in it can be sent back unchanged. There is no
guard against concurrent writers.
"""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...errors import NotWritten, OutcomeUnknown, PartlyApplied, ProviderError, ZoneChanged
from ...libraries import dns
from ...names import to_text
from ...zone.model import Key, RecordSet, Snapshot, Zone
from ...zone.plan import Plan
from ...zone.provider import AccountProvider, Facts, TxtForm
from ..failures import back_off
from ..http import HttpError
from ..options import OPTIONS
from .api import TITLE, Host, NamecheapApi, NamecheapError
from .records import (
    BY_HAND,
    DEFAULT_TTL,
    OWN_MAIL,
    PLAIN_TYPES,
    by_key,
    email_type_for,
    formatted,
    identity,
    key_of,
    mail_lock,
    record_set_of,
    wanted_hosts,
    why_read_only,
)

if TYPE_CHECKING:
    from .hidden import Hidden

_PAUSES = (1.0, 3.0)  # seconds before checking a write that was not confirmed


@dataclasses.dataclass(frozen=True)
class NamecheapReading:
    """The content of a zone at a moment of ``time.monotonic()``."""

    about: Mapping[str, str]
    hosts: Sequence[Host]
    moment: float

    @property
    def email_type(self) -> str:
        """What handles the zone's mail."""
        return self.about["EmailType"]


class Namecheap(AccountProvider):
    """One account."""

    facts = Facts(
        title=TITLE,
        verified="2026-11-21",
        default_ttl=DEFAULT_TTL,
        min_ttl=60,
        max_ttl=60000,
        types=PLAIN_TYPES,
        txt_form=TxtForm(rb"[ !#-~]+", "ASCII without quotes"),
        null_mx=False,
        guarded=False,
        fresh_for=0.0,
    )
    options, required, environment = OPTIONS["namecheap"]
    few = 3
    lists_all = False  # zones shared by another account are not listed, but can be looked up

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self._api = NamecheapApi(self.settings, self.count_call)
        self.zones_at_once = max(1, int(self._api.rate))
        self._hidden: dict[dns.name.Name, Hidden] = {}  # by zone, once searched

    def close(self) -> None:
        self._api.close()

    # -- find the zone -----------------------------------------------------------------------------------------------

    def ask_for(self, name: dns.name.Name) -> Zone | None:
        reading = self._reading(to_text(name))
        # the answer contains the records, which saves a call for the first read
        return None if reading is None else Zone(name, to_text(name), handle=[reading])

    def list_zones(self, wanted: int) -> dict[dns.name.Name, Zone]:
        return {zone.name: zone for zone in map(_zone, self._api.domains())}

    # -- read --------------------------------------------------------------------------------------------------------

    def _reading(self, zone: str) -> NamecheapReading | None:
        answer = self._api.hosts(zone)
        return None if answer is None else NamecheapReading(*answer, time.monotonic())

    def read(self, zone: Zone, keys: frozenset[Key]) -> Snapshot:
        reading = zone.handle.pop() if zone.handle else self._reading(zone.id)
        if reading is None:
            raise self.no_zone(zone.name)
        with self.expected():
            items = by_key(zone, reading.hosts)
        sets = [record_set_of(key, hosts, reading.email_type) for key, hosts in items.items()]
        if reading.email_type not in OWN_MAIL:
            # an empty, locked set makes the plan refuse MX records
            lock = mail_lock(reading.email_type)
            absent = [key for key in keys if key[1] == dns.rdatatype.MX and key not in items]
            sets += [RecordSet(name, rdtype, (), locked=lock) for name, rdtype in absent]
        known = why_read_only(zone, reading.about, reading.hosts)
        # hidden records, which a write would remove, are searched in DNS only before a write
        return Snapshot(
            zone,
            sets,
            True,
            known or functools.partial(self._why_hidden, zone),
            reading,
            reading.moment,
            caution=functools.partial(self._what_goes, zone),
        )

    # -- limitations -------------------------------------------------------------------------------------------------

    def _why_hidden(self, zone: Zone) -> str:
        """A sentence if a write would remove SRV records that the API does not show; else empty."""
        found = self._look_for_hidden(zone).names
        if not found or self.settings.get("delete_host_records"):
            return ""
        return (
            f"{zone} has SRV records ({', '.join(found)}), which {TITLE}'s API neither shows nor keeps: any write "
            f"would remove them. {BY_HAND} To go ahead without them, set delete_host_records: true."
        )

    def _what_goes(self, zone: Zone) -> str:
        found = self._look_for_hidden(zone)
        if found.names:
            return f"{zone}: the write removes the SRV records {', '.join(found.names)}: enter them again by hand."
        if not found.complete:
            return (
                f"{zone}: its name servers did not all say whether it has SRV records, which {TITLE}'s API neither "
                "shows nor keeps. If it has any, the write removes them."
            )
        return ""

    def _look_for_hidden(self, zone: Zone) -> Hidden:
        from .hidden import search

        if zone.name not in self._hidden:
            self._hidden[zone.name] = search(zone.name, self.settings.get("nameservers"))
        return self._hidden[zone.name]

    # -- write -------------------------------------------------------------------------------------------------------

    def apply(self, plan: Plan) -> None:
        reading = plan.snapshot.handle
        wanted = wanted_hosts(plan, reading.hosts)
        self._set(plan, reading, email_type_for(reading.email_type, wanted), wanted)

    def losses(self, plan: Plan, seen: Snapshot) -> str:
        touched = {change.record_set.key for change in plan.changes}
        now = {identity(host)[:-1] for host in seen.handle.hosts}  # without the TTL
        lost = [
            formatted(host)
            for host in plan.snapshot.handle.hosts
            if key_of(plan.zone, host) not in touched and identity(host)[:-1] not in now
        ]
        if lost:
            raise PartlyApplied(
                f"{plan.zone}: after the write, records are missing that were there before: {', '.join(lost)}. Another "
                f"program wrote at the same moment, or {TITLE} did not keep them. Enter them again unless somebody "
                "removed them on purpose."
            )
        return ""

    def _set(self, plan: Plan, before: NamecheapReading, email_type: str, wanted: Sequence[Host]) -> None:
        """Write the zone. If the outcome is unknown, read it, and retry only if nobody else wrote."""
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
            try:
                back_off(pause)
                found = self._reading(plan.zone.id)
            except ProviderError:
                raise OutcomeUnknown(str(failure)) from None
            now = {identity(host) for host in found.hosts} if found else set()
            if now == {identity(host) for host in wanted}:
                return
            if now != {identity(host) for host in before.hosts}:
                raise ZoneChanged(f"{plan.zone}: another program wrote at the same moment as this run.")


def _zone(name: str) -> Zone:
    return Zone(dns.name.from_text(name.lower()), name.lower(), handle=[])
