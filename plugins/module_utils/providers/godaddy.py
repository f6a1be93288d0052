# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GoDaddy.

A zone is the registered domain. Values are plain: a TXT without quotes, targets without the final dot, C(@) for the
zone itself. There is no guard against a concurrent writer: what was read more than a moment ago is read again before
the write, and the engine reads back what was written.
"""

from __future__ import annotations

import dataclasses
import random
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from ..errors import InvalidInput, PartlyApplied, PostmasterError, ProviderError, ZoneChanged
from ..names import to_text
from ..zone.model import Key, RecordSet, Snapshot, Zone
from ..zone.plan import Change, Plan
from ..zone.rdata import from_presentation, rdata_type, txt
from .base import Facts, Provider, enclosing, longest_zone
from .godaddy_api import TITLE, GoDaddyApi, Item, Version1, Version3
from .http import HttpError

try:
    import dns.exception
    import dns.name
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype
except ImportError:
    pass  # libraries.require_dnspython() tells the user

_UNKNOWN_TYPE = 65534  # the last for private use (RFC 6895 3.1)
_TARGETS = ("CNAME", "MX", "NS", "SRV")  # types whose data is a host name
_FEW = 3  # up to so many zones are asked for one by one; for more, all are listed
_PAUSES = (0.5, 1.0, 2.0, 4.0)  # seconds before a write is tried again


@dataclasses.dataclass(frozen=True)
class _Reading:
    """What the API said about each record set, at a moment of C(time.monotonic())."""

    items: Mapping[Key, Sequence[Item]]
    moment: float


class GoDaddy(Provider):
    """One account, by the API that its credentials are for."""

    facts = Facts(title=TITLE, min_ttl=600, max_ttl=604800, null_mx=False, reads_back=True)
    options: ClassVar[Mapping[str, Any]] = {
        "api_key": {"type": "str", "no_log": True},
        "api_secret": {"type": "str", "no_log": True},
        "access_token": {"type": "str", "no_log": True},
    }
    environment: ClassVar[Mapping[str, str]] = {
        "api_key": "GODADDY_API_KEY",
        "api_secret": "GODADDY_API_SECRET",
        "access_token": "GODADDY_PAT",
    }
    fresh: ClassVar[float] = 2.0  # seconds for which what was read may be written upon without another look

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        if options.get("access_token") and (options.get("api_key") or options.get("api_secret")):
            raise InvalidInput(
                f"dns: {TITLE} takes either api_key and api_secret or access_token, as they open different APIs: "
                "remove one of them."
            )
        has_key = bool(self.settings.get("api_key")) and not options.get("access_token")
        for name in ("api_key", "api_secret") if has_key or not self.settings.get("access_token") else ():
            if not self.settings.get(name):
                raise InvalidInput(f"dns: {self.missing(name)} An access_token does instead of api_key and api_secret.")
        version = Version1 if has_key else Version3
        self._api: GoDaddyApi = version(self.settings, self.count_call)
        # A zone is looked at and then written: other zones that wait for the rate limit must not come in between.
        self._writers = threading.BoundedSemaphore(max(1, int(self._api.rate)))
        self._held: set[tuple[Key, dns.rdata.Rdata]] = set()  # values that were read, so they can be sent back

    def close(self) -> None:
        self._api.close()

    # -- find the zone -----------------------------------------------------------------------------------------------

    def find_zones(self, names: Iterable[dns.name.Name]) -> Mapping[dns.name.Name, Zone | ProviderError]:
        starts = {name: longest_zone(name) for name in names}
        if len(set(starts.values())) <= _FEW:
            found = {start: self._probe(start) for start in set(starts.values())}
            return {name: found[start] or self.no_zone(name) for name, start in starts.items()}
        zones = {zone.name: zone for zone in map(_zone, self._api.domains())}
        return {name: enclosing(name, zones) or self.no_zone(name) for name in starts}

    def get_zone(self, zone: dns.name.Name) -> Zone:
        found = self._ask_for(zone)
        if found is None:
            raise self.no_zone(zone)
        return found

    def _probe(self, candidate: dns.name.Name) -> Zone | ProviderError | None:
        """Ask for each zone that may enclose a name, the longest first."""
        denied = None
        while len(candidate.labels) > 2:
            try:
                found = self._ask_for(candidate)
            except HttpError as error:
                if error.status != 403:
                    raise
                # said of an account without access to the API, and of a domain that is not its own
                denied = denied or error
            else:
                if found is not None:
                    return found
            candidate = candidate.parent()
        return denied

    def _ask_for(self, name: dns.name.Name) -> Zone | None:
        moment = time.monotonic()
        records = self._api.records(to_text(name))
        # the records are here already: that spares the first read
        return None if records is None else Zone(name, to_text(name), handle=[(moment, records)])

    # -- read --------------------------------------------------------------------------------------------------------

    def read(self, zone: Zone, keys: frozenset[Key]) -> Snapshot:
        moment, records = zone.handle.pop() if zone.handle else (time.monotonic(), self._api.records(zone.id))
        items = self._items(zone, records)
        sets = [self._record_set(zone, key, items_of_set) for key, items_of_set in items.items()]
        self._held.update((record_set.key, value) for record_set in sets for value in record_set.values)
        return Snapshot(zone, sets, handle=_Reading(items, moment))

    def _items(self, zone: Zone, records: Sequence[Item] | None) -> dict[Key, list[Item]]:
        if records is None:
            raise self.no_zone(zone.name)
        items: dict[Key, list[Item]] = {}
        for item in records:
            try:
                key = _owner(zone, item), _rdtype(item["type"])
            except (dns.exception.DNSException, TypeError):
                raise self._api.nonsense() from None
            items.setdefault(key, []).append(item)
        return items

    def _record_set(self, zone: Zone, key: Key, items: Sequence[Item]) -> RecordSet:
        name, rdtype = key
        lock = ""
        if items[0]["type"] not in self._api.writes:
            lock = f"of the type {items[0]['type']}, which is only read at {TITLE},"
        elif items[0]["type"] == "NS" and name == zone.name:
            lock = f"{TITLE}'s own"
        try:
            values = [_value(zone, item) for item in items]
        except (PostmasterError, ValueError, KeyError):
            values = [_opaque(rdtype, item) for item in items]
            lock = lock or f"{TITLE}'s own placeholder"  # such as the address "Parked"
        return RecordSet(name, rdtype, tuple(dict.fromkeys(values)), items[0].get("ttl"), locked=lock)

    # -- write -------------------------------------------------------------------------------------------------------

    def check(self, record_set: RecordSet) -> None:
        super().check(record_set)
        rdtype = dns.rdatatype.to_text(record_set.rdtype)
        if rdtype not in self._api.writes:
            raise InvalidInput(f"{record_set}: records of the type {rdtype} cannot be written at {TITLE}.")
        if record_set.name.is_wild() and rdtype not in self._api.wildcards:
            raise InvalidInput(f"{record_set}: {TITLE} holds no {rdtype} record at a wildcard.")
        if record_set.ttl is not None and record_set.ttl > self._api.max_ttl:
            raise InvalidInput(f"{record_set}: {TITLE} allows a TTL of at most {self._api.max_ttl} s.")
        for value in record_set.values:
            if (record_set.key, value) in self._held:
                continue
            data = self._item(record_set.key, value)["data"]
            if rdtype == "TXT" and not _is_plain(data):
                raise InvalidInput(
                    f"{record_set}: {TITLE} keeps only plain text as it is (ASCII, without a blank or quotes around "
                    "it), and the value is something else."
                )
            if self._api.max_data is not None and len(data) > self._api.max_data:
                raise InvalidInput(
                    f"{record_set}: a value of {len(data)} characters is too long for {TITLE}, which holds at most "
                    f"{self._api.max_data}."
                )

    def apply(self, plan: Plan) -> None:
        reading = plan.snapshot.handle
        with self._writers:
            if time.monotonic() - reading.moment > self.fresh:
                self._refuse_changed(plan)
            for number, change in enumerate(plan.changes):
                try:
                    self._write(plan.zone, change, reading.items.get(change.record_set.key, []))
                except ProviderError as error:
                    raise self._stopped(plan, number, error) from None

    def _refuse_changed(self, plan: Plan) -> None:
        """Since the zone was read, someone may have written at the names that the plan touches."""
        now, before = self._items(plan.zone, self._api.records(plan.zone.id)), plan.snapshot.handle.items
        touched = {change.record_set.name for change in plan.changes}
        for key in {**before, **now}:
            if key[0] in touched and now.get(key) != before.get(key):
                raise ZoneChanged(
                    f"{plan.zone}: another program changed the records of {to_text(key[0])} at the same moment, so "
                    "nothing was written."
                )

    def _write(self, zone: Zone, change: Change, there: Sequence[Item]) -> None:
        """Write one set. Where it stays unknown whether that was done, look, and repeat only if nobody else wrote."""
        key = change.record_set.key
        rdtype, owner = dns.rdatatype.to_text(key[1]), to_text(key[0].relativize(zone.name))
        for pause in (*_PAUSES, None):
            try:
                self._api.replace(zone.id, rdtype, owner, there, self._wanted(zone, change, there))
                return
            except ProviderError as error:
                status = error.status if isinstance(error, HttpError) else 0
                settling = status == 409 and self._api.settles
                if status and status < 500 and (pause is None or not settling):
                    raise
                if pause is None:
                    raise self._unclear(zone, change, error) from None
            time.sleep(pause * random.uniform(0.5, 1.5))
            if not settling:
                now = self._look(zone, change).get(key, [])
                before = set(change.before.values if change.before else ())
                after = set(change.after.values if change.after else ())
                if not before & after <= self._values(zone, key, now) <= before | after:
                    raise ZoneChanged(
                        f"{zone}: another program wrote to {to_text(key[0])} at the same moment as we did."
                    )
                there = now

    def _look(self, zone: Zone, change: Change) -> Mapping[Key, list[Item]]:
        """After a write without an answer: what is there."""
        try:
            return self._items(zone, self._api.records(zone.id))
        except ProviderError as error:
            raise self._unclear(zone, change, error) from None

    def _unclear(self, zone: Zone, change: Change, error: ProviderError) -> PartlyApplied:
        return PartlyApplied(
            f"{zone}: it is not known whether {change.record_set} was written. {error} Run it again: it reads the "
            "zone anew."
        )

    def _values(self, zone: Zone, key: Key, items: Sequence[Item]) -> set[dns.rdata.Rdata]:
        return set(self._record_set(zone, key, items).values) if items else set()

    def _stopped(self, plan: Plan, number: int, error: ProviderError) -> ProviderError:
        """What the failure of a change means for the whole plan."""
        done = ", ".join(str(change.record_set) for change in plan.changes[:number])
        left = ", ".join(str(change.record_set) for change in plan.changes[number:])
        if done:
            return PartlyApplied(
                f"{plan.zone}: {TITLE} stopped half-way. Written: {done}. Not written, or not confirmed: {left}. "
                f"{error} A second run finishes it."
            )
        if isinstance(error, HttpError) and error.status in (400, 409, 422):
            return ProviderError(
                f"{plan.zone}: {TITLE} refuses the change of {plan.changes[0].record_set}, and nothing was written: "
                f"{error.reason}."
            )
        return error

    def _wanted(self, zone: Zone, change: Change, there: Sequence[Item]) -> list[Item]:
        """The records of a set as the API takes them: what stays is spelled as it was."""
        after = change.after
        if after is None:
            return []
        ttl = after.ttl if after.ttl is not None else self.facts.default_ttl
        kept: dict[dns.rdata.Rdata, list[Item]] = {}
        for item in there:
            kept.setdefault(_value(zone, item), []).append(item)
        shape = {"type": dns.rdatatype.to_text(after.rdtype), "name": to_text(after.name.relativize(zone.name))}
        return [
            {**item, "ttl": ttl}
            for value in after.values
            for item in kept.get(value) or [{**shape, **self._item(after.key, value)}]
        ]

    def _item(self, key: Key, value: Any) -> dict[str, Any]:
        """The fields of a new record that hold its value."""
        if key[1] == dns.rdatatype.TXT:
            return {"data": b"".join(value.strings).decode("latin-1")}
        if key[1] == dns.rdatatype.MX:
            return {"data": self._api.target(to_text(value.exchange)), "priority": value.preference}
        if key[1] in (dns.rdatatype.CNAME, dns.rdatatype.NS):
            return {"data": self._api.target(to_text(value.target))}
        return {"data": value.to_text()}


def _zone(name: str) -> Zone:
    return Zone(dns.name.from_text(name.lower()), name, handle=[])


def _owner(zone: Zone, item: Item) -> dns.name.Name:
    owner = str(item["name"]).lower()
    # the first two labels of a SRV or TLSA are fields of their own
    labels = [item[field] for field in ("service", "protocol") if item.get(field)]
    if labels and not owner.startswith("_"):
        owner = ".".join([*labels, *([] if owner == "@" else [owner])])
    return dns.name.from_text(owner, zone.name)


def _rdtype(text: str) -> dns.rdatatype.RdataType:
    try:
        return rdata_type(text)
    except InvalidInput:
        return dns.rdatatype.RdataType.make(_UNKNOWN_TYPE)


def _value(zone: Zone, item: Item) -> dns.rdata.Rdata:
    """The value of a record as the API spells it. Raises InvalidInput, ValueError or KeyError."""
    rdtype, data = item["type"], str(item["data"])
    if rdtype == "TXT":
        return from_presentation(dns.rdatatype.TXT, data) if _is_quoted(data) else txt(_octets(data))
    if rdtype in _TARGETS and data == "@":
        data = zone.name.to_text()
    if rdtype == "MX":
        data = f"{item['priority']} {data}"
    elif rdtype == "SRV":
        data = f"{item['priority']} {item['weight']} {item['port']} {data}"
    elif rdtype == "CAA" and "tag" in item:
        data = f'{item.get("flag", 0)} {item["tag"]} "{data}"'
    return from_presentation(rdata_type(rdtype), data)


def _octets(data: str) -> bytes:
    return data.encode("utf-8", "surrogateescape")


def _is_quoted(data: str) -> bool:
    return len(data) > 1 and data[0] == data[-1] == '"'


def _is_plain(data: str) -> bool:
    return bool(data) and data.isascii() and data.isprintable() and data == data.strip() and not _is_quoted(data)


def _opaque(rdtype: dns.rdatatype.RdataType, item: Item) -> dns.rdata.Rdata:
    """A value that is shown and compared, and never sent."""
    return dns.rdata.GenericRdata(dns.rdataclass.IN, rdtype, str(item.get("data", "")).encode("utf-8", "surrogatepass"))
