# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""PowerDNS Authoritative Server through its HTTP API.

A zone is one GET and one atomic PATCH, which is confirmed once done. There is no guard against concurrent writers, but
the serial shows afterwards whether there was one.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import time
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import (
    NotWritten,
    OutcomeUnknown,
    PartlyApplied,
    PostmasterError,
    ProviderError,
    ZoneChanged,
    ZoneNotFound,
)
from ..libraries import dns
from ..names import above, to_text
from ..zone.lua import OWN_TYPES
from ..zone.model import Key, RecordSet, Snapshot, Zone
from ..zone.plan import Change, Plan
from ..zone.provider import AccountProvider, Facts
from ..zone.rdata import from_presentation, quoted, txt
from .failures import back_off
from .http import HttpApi, HttpError
from .options import OPTIONS
from .spelling import NOT_UNDERSTOOD, UNKNOWN_TYPE, opaque, own_type, respelled, unquoted

# Zones that are copies of another server's; a write would be lost at the next transfer.
_COPIES = ("Slave", "Secondary", "Consumer")

# Parsed names and values to cache: the same hosts occur in many zones, and a zone is read more than once.
_REMEMBERED = 10000
_PAUSES = (0.01, 0.03, 0.1, 0.3, 0.9)  # seconds before retrying a write that the server failed to carry out


@dataclasses.dataclass(frozen=True)
class PowerDnsReading:
    """The API's answer about a zone, at a moment of ``time.monotonic()``."""

    kind: str
    rrsets: Mapping[Key, dict[str, Any]]
    serial: int
    counting: str  # SOA-EDIT-API: how the server changes the serial at each write
    moment: float

    def others_wrote(self, after: PowerDnsReading) -> bool:
        """Whether a reading after our only write shows a write of others. False if that cannot be known."""
        if self.counting not in ("DEFAULT", "INCREASE") or after.serial in (self.serial + 1, self.serial):
            return False
        # by default, the first write of a day sets the serial to the date and 01
        return self.counting == "INCREASE" or after.serial % 100 != 1


class PowerDns(AccountProvider):
    """One server, ``server_id`` of ``endpoint``."""

    facts = Facts(title="PowerDNS", verified="2026-11-21", one_server=True, guarded=False, fresh_for=0.0)
    options, required, environment = OPTIONS["powerdns"]
    few = 4  # looking up a zone also reads it
    shortest_zone = 1

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self._server_id = options.get("server_id") or "localhost"
        self._known = False  # whether the server has answered as PowerDNS
        self._listed = False  # whether all its zones were listed
        self._below: dict[dns.name.Name, Zone | None] = {}  # known zones that are not delegated
        address = str(options["endpoint"]).rstrip("/")
        address = address[: -len("/api/v1")] if address.endswith("/api/v1") else address
        self._api = HttpApi.of(
            options,
            f"{address}/api/v1/servers/{_escaped(self._server_id)}",
            title=self.facts.title,
            headers={"X-API-Key": self.settings["api_key"]},
            credentials="api_key",
            count=self.count_call,
        )

    # -- find the zone -----------------------------------------------------------------------------------------------

    def ask_for(self, name: dns.name.Name) -> Zone | None:
        path = f"/zones/{_escaped(name.to_text())}"
        try:
            reading = self._read(path)
        except HttpError as error:
            if error.status != 500:
                raise
            self._api.get(path, {"rrsets": "false"})  # the zone exists, but its records cannot be read
            return Zone(name, path, handle=[])
        # the answer contains the records, which saves a call for the first read
        return None if reading is None else Zone(name, path, handle=[reading])

    def zones_below(self, zone: Zone, names: Iterable[dns.name.Name]) -> Mapping[dns.name.Name, Zone]:
        """Looks up each name, and each between it and the zone, unless all zones were listed already."""
        if self._listed:
            return {}
        between = {other for name in names for other in (name, *above(name, zone.name))} - {zone.name}
        # names such as a selector below _domainkey are never zones
        between = {name for name in between if not any(label.startswith(b"_") for label in name.labels[1:])}
        for name in sorted(between - set(self._below)):
            self._below[name] = self.ask_for(name)
        return {name: found for name in between if (found := self._below[name]) is not None}

    def list_zones(self, wanted: int) -> dict[dns.name.Name, Zone]:
        try:
            listing = self._api.get("/zones", {"dnssec": "false"})
        except HttpError as error:
            if error.status == 404:
                raise self._unknown_server() from None
            raise
        if not isinstance(listing, list):
            raise self._unknown_server()
        self._known = True
        self._listed = True
        zones = (Zone(dns.name.from_text(item["name"]), f"/zones/{item['id']}", handle=[]) for item in listing)
        return {zone.name: zone for zone in zones}

    def _read(self, path: str) -> PowerDnsReading | None:
        """The content of a zone; None if the server has no such zone."""
        moment = time.monotonic()
        try:
            content = self._api.get(path)
        except HttpError as error:
            if error.status == 404 or (error.status == 422 and "Could not find domain" in error.reason):
                return None
            raise
        if not isinstance(content, dict) or "rrsets" not in content:
            raise self._unknown_server()
        with self.expected():
            rrsets = {
                (_name(rrset["name"]), own_type(rrset["type"], OWN_TYPES)): _in_order(rrset)
                for rrset in content["rrsets"]
            }
            counting = str(content.get("soa_edit_api") or "").upper()
            serial = int(content.get("serial") or 0)
            return PowerDnsReading(str(content.get("kind")), rrsets, serial, counting, moment)

    def no_zone(self, name: dns.name.Name) -> ZoneNotFound:
        """A wrong endpoint or server_id answers "not found", as a missing zone does; distinguish them."""
        if not self._known:
            try:
                self._api.get("")
            except HttpError as error:
                if error.status == 404:
                    raise self._unknown_server() from None
                raise
        self._known = True
        return super().no_zone(name)

    def _unknown_server(self) -> ProviderError:
        return ProviderError(
            f"{self._api.where} has no server named {self._server_id}. Check endpoint, which must end before /api/v1, "
            "and server_id."
        )

    # -- read --------------------------------------------------------------------------------------------------------

    def read(self, zone: Zone, keys: frozenset[Key]) -> Snapshot:
        try:
            reading = zone.handle.pop() if zone.handle else self._read(zone.id)
        except HttpError as error:
            if error.status != 500:
                raise
            raise self._unreadable(zone, keys) from None
        if reading is None:
            raise self.no_zone(zone.name)
        read_only = ""
        if reading.kind in _COPIES:
            read_only = (
                f"{zone} cannot be written at {self.facts.title}: it is of kind {reading.kind}, a copy of what another "
                "server holds. Give the server that holds the original."
            )
        sets = []
        with self.expected():
            for (name, rdtype), rrset in reading.rrsets.items():
                # a disabled record is kept but not served: it is not a value of the set
                served = [record["content"] for record in rrset["records"] if not record.get("disabled")]
                if served:
                    sets.append(_record_set(name, rdtype, rrset, served))
        return Snapshot(zone, sets, read_only=read_only, handle=reading, read_at=reading.moment)

    def _unreadable(self, zone: Zone, keys: Iterable[Key]) -> ProviderError:
        """One record that the server cannot parse makes reading the zone fail: check whether it is one of these."""
        self._api.get(zone.id, {"rrsets": "false"})  # raises if the server fails for another reason
        found = []
        for name, rdtype in sorted(keys):
            kind = dns.rdatatype.to_text(rdtype)
            try:
                self._api.get(zone.id, {"rrset_name": name.to_text(), "rrset_type": kind})
            except HttpError as error:
                if error.status != 500:
                    raise
                found.append(f"{to_text(name)} {kind}")
        title, where = self.facts.title, ", ".join(found) or "a record"
        return ProviderError(
            f"{zone} cannot be read at {title}: its database holds {where} in a form that {title} itself cannot read, "
            f"such as a TXT without quotes. Correct that in the database; pdnsutil check-zone {zone} names it."
        )

    # -- write -------------------------------------------------------------------------------------------------------

    def apply(self, plan: Plan) -> None:
        # PowerDNS processes them in order, and a CNAME must be gone before a TXT can replace it
        changes = sorted(plan.changes, key=lambda change: change.kind != "delete")
        for pause in (*_PAUSES, None):
            there = plan.snapshot.handle.rrsets
            rrsets = [self._rrset(change, there.get(change.record_set.key)) for change in changes]
            try:
                self._api.send("PATCH", plan.zone.id, {"rrsets": rrsets})
                return
            except HttpError as error:
                if error.status in (400, 409, 422):
                    raise NotWritten(
                        f"{plan.zone}: {self.facts.title} refuses the change, and nothing was written: {error.reason}."
                    ) from None
                if error.status < 500:
                    raise
                if pause is None:
                    raise OutcomeUnknown(str(error)) from None
            # SQLite answers so to concurrent writes, and has rolled back this one
            try:
                back_off(pause)
                if self._is_done(plan):
                    return  # the failed attempt was carried out after all
            except ZoneChanged:
                raise
            except ProviderError as error:
                raise OutcomeUnknown(str(error)) from None

    def _is_done(self, plan: Plan) -> bool:
        """Whether a write was done after all; if not, rebases the plan on the current zone. Raises ZoneChanged."""
        try:
            plan.snapshot.handle = self.look_again(plan, frozenset()).snapshot.handle
        except ZoneChanged:
            seen = self.read(plan.zone, frozenset())
            if not all(_stayed(change, seen) for change in plan.changes):
                raise
            return True
        return False

    def losses(self, plan: Plan, seen: Snapshot) -> str:
        before, after = plan.snapshot.handle, seen.handle
        ours_stayed = all(_stayed(change, seen) for change in plan.changes)
        if not ours_stayed or not before.others_wrote(after):
            return ""  # a later write of another program is detected by what it wrote
        ours = {change.record_set.key for change in plan.changes}
        elsewhere = {
            to_text(key[0])
            for key in {**before.rrsets, **after.rrsets}
            if key not in ours and key[1] != dns.rdatatype.SOA and before.rrsets.get(key) != after.rrsets.get(key)
        }
        replaced = "; ".join(_before(change) for change in plan.changes)
        wrote = f"{plan.zone}: another program wrote to the zone between this run's last read and its write"
        check = f"What it wrote there is lost and must be entered again. Before this run, there was: {replaced}."
        if elsewhere:
            return (
                f"{wrote}, at {', '.join(sorted(elsewhere))}, and perhaps at names that this run wrote as well. {check}"
            )
        raise PartlyApplied(
            f"{wrote}. Everything this run wanted is written, and no other record has changed, so it most likely wrote "
            f"to the very records that this run replaced. {check}"
        )

    def close(self) -> None:
        self._api.close()

    def _rrset(self, change: Change, there: dict[str, Any] | None) -> dict[str, Any]:
        """A whole set for the API: unchanged values keep their spelling, disabled records stay disabled."""
        name, rdtype = change.record_set.key
        after = change.after
        wanted = after.values if after else ()
        there = there or {}
        current = [(_value(rdtype, record["content"]), record) for record in there.get("records", ())]
        served = [(value, record["content"]) for value, record in current if not record.get("disabled")]
        disabled = [
            {"content": record["content"], "disabled": True}
            for value, record in current
            if record.get("disabled") and value not in wanted
        ]
        spelled = respelled(wanted, served, lambda value: value.to_text())
        records = [{"content": text, "disabled": False} for text in spelled] + disabled
        rrset = {"name": name.to_text(), "type": dns.rdatatype.to_text(rdtype)}
        if not records:
            return {**rrset, "changetype": "DELETE"}
        ttl = after.ttl if after and after.ttl is not None else there.get("ttl", self.facts.default_ttl)
        # comments that are not sent stay as they are
        return {**rrset, "changetype": "REPLACE", "ttl": ttl, "records": records}


def _in_order(rrset: dict[str, Any]) -> dict[str, Any]:
    """The server's own order of the records of a set varies with the rest of the zone."""
    return {**rrset, "records": sorted(rrset["records"], key=lambda record: record["content"])}


def _stayed(change: Change, seen: Snapshot) -> bool:
    there = seen.get(*change.record_set.key)
    return change.after.same_as(there) if change.after else there is None


def _before(change: Change) -> str:
    return f"{change.record_set} {quoted(change.before.values) if change.before else '(nothing)'}"


@functools.lru_cache(maxsize=_REMEMBERED)
def _name(text: str) -> dns.name.Name:
    return dns.name.from_text(text)


def _record_set(
    name: dns.name.Name, rdtype: dns.rdatatype.RdataType, rrset: Mapping[str, Any], contents: Iterable[str]
) -> RecordSet:
    lock = ""
    if rrset["type"] in OWN_TYPES:
        lock = f"of PowerDNS's own type {rrset['type']}"
    try:
        values = [_value(rdtype, content) for content in contents]
    except (PostmasterError, ValueError):
        values = []
        lock = lock or NOT_UNDERSTOOD
    distinct = dict.fromkeys(values) if len(values) > 1 else values
    return RecordSet(name, rdtype, tuple(distinct), rrset["ttl"], rrset, lock)


@functools.lru_cache(maxsize=_REMEMBERED)
def _value(rdtype: dns.rdatatype.RdataType, content: str) -> dns.rdata.Rdata:
    """The value of a record from the API. Raises InvalidInput or ValueError."""
    if rdtype == dns.rdatatype.TXT:
        octets = unquoted(content)
        if octets is None:
            raise ValueError("no quoted strings")
        return txt(octets)
    if rdtype in (*OWN_TYPES.values(), UNKNOWN_TYPE):
        return opaque(rdtype, content)
    return from_presentation(rdtype, content)


def _escaped(text: str) -> str:
    """A zone's name as used in URLs of the API: ``=2F`` for a slash, and so on."""
    return re.sub(r"[^A-Za-z0-9.-]", lambda match: "".join(f"={octet:02X}" for octet in match.group().encode()), text)
