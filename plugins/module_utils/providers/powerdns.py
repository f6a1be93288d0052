# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PowerDNS Authoritative Server by its HTTP API.

A zone is one GET and one PATCH, which the server applies whole or not at all and confirms once it has. It has no guard
against a writer in between: what was read a while ago is read again before the write, and what was written is read
back. The serial then tells whether somebody else wrote too.
"""

from __future__ import annotations

import dataclasses
import functools
import random
import re
import time
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from ansible_collections.postmaster.mail.plugins.module_utils.errors import (
    InvalidInput,
    NotWritten,
    OutcomeUnknown,
    PartlyApplied,
    PostmasterError,
    ProviderError,
    ZoneChanged,
)
from ansible_collections.postmaster.mail.plugins.module_utils.libraries import dns
from ansible_collections.postmaster.mail.plugins.module_utils.names import to_text
from ansible_collections.postmaster.mail.plugins.module_utils.providers.http import HttpApi, HttpError
from ansible_collections.postmaster.mail.plugins.module_utils.providers.options import OPTIONS
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Key, RecordSet, Snapshot, Zone
from ansible_collections.postmaster.mail.plugins.module_utils.zone.plan import Change, Plan
from ansible_collections.postmaster.mail.plugins.module_utils.zone.provider import (
    Facts,
    Provider,
    enclosing,
    longest_zone,
)
from ansible_collections.postmaster.mail.plugins.module_utils.zone.rdata import (
    from_presentation,
    rdata_type,
    to_display,
    txt,
)

# Zones that are copies of another server's; what is written there is lost at the next transfer.
_COPIES = ("Slave", "Secondary", "Consumer")
# Types that only PowerDNS has, by the numbers that it gives them.
_OWN_TYPES = {"ALIAS": 65401, "LUA": 65402}
_UNKNOWN_TYPE = 65534  # the last for private use (RFC 6895 3.1)

_FEW = 4  # names whose zones are asked for one by one, which reads them too; for more all zones are listed

# Names and values that are not parsed anew: the same hosts stand in many zones, and a zone is read more than once.
_REMEMBERED = 10000
_PAUSES = (0.01, 0.03, 0.1, 0.3, 0.9)  # seconds before a write is tried again that the server failed to make

_STRINGS = re.compile(rb'\s*(?:"(?:[^"\\]|\\.)*"\s*)+', re.DOTALL)
_STRING = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(rb"\\(\d{3}|.)", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class _PowerDnsReading:
    """What the API said about a zone, at a moment of ``time.monotonic()``."""

    rrsets: Mapping[Key, dict[str, Any]]
    serial: int
    counting: str  # SOA-EDIT-API: how the server changes the serial at each write
    moment: float

    def others_wrote(self, after: _PowerDnsReading) -> bool:
        """Whether a reading after our one write shows that there was another one. False where nobody can know."""
        if self.counting not in ("DEFAULT", "INCREASE") or after.serial in (self.serial + 1, self.serial):
            return False
        # by default, the first write of a day makes it the date and 01
        return self.counting == "INCREASE" or after.serial % 100 != 1


class PowerDns(Provider):
    """One server, ``server_id`` of ``endpoint``."""

    facts = Facts(title="PowerDNS", reads_back=True)
    options, required, environment = OPTIONS["powerdns"]
    fresh: ClassVar[float] = 2.0  # seconds for which what was read may be written upon without another look

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self._server_id = options.get("server_id") or "localhost"
        address = str(options["endpoint"]).rstrip("/")
        address = address[: -len("/api/v1")] if address.endswith("/api/v1") else address
        self._api = HttpApi(
            f"{address}/api/v1/servers/{_escaped(self._server_id)}",
            title=self.facts.title,
            headers={"X-API-Key": self.settings["api_key"]},
            credentials="api_key",
            timeout=options.get("timeout") or 30.0,
            validate_certs=options.get("validate_certs") is not False,
            ca_path=options.get("ca_path"),
            count=self.count_call,
        )

    # -- find the zone -----------------------------------------------------------------------------------------------

    def find_zones(self, names: Iterable[dns.name.Name]) -> Mapping[dns.name.Name, Zone | ProviderError]:
        names = list(names)
        starts = {longest_zone(name) for name in names}
        if len(starts) <= _FEW:
            probed = {start: self._probe(start) for start in starts}
            return {name: probed[longest_zone(name)] or self.no_zone(name) for name in names}
        zones = self._list()
        return {name: enclosing(name, zones) or self.no_zone(name) for name in names}

    def get_zone(self, zone: dns.name.Name) -> Zone:
        found = self._ask_for(zone)
        if found is None:
            self._refuse_unknown_server()
            raise self.no_zone(zone)
        return found

    def _probe(self, start: dns.name.Name) -> Zone | None:
        """Ask for each zone that may enclose a name, the longest first."""
        candidate = start
        while candidate != dns.name.root:
            zone = self._ask_for(candidate)
            if zone is not None:
                return zone
            candidate = candidate.parent()
        self._refuse_unknown_server()
        return None

    def _ask_for(self, name: dns.name.Name) -> Zone | None:
        path = f"/zones/{_escaped(name.to_text())}"
        reading = self._read(path)
        # the answer holds the records already: it spares the first read its call
        return None if reading is None else Zone(name, path, handle=[reading])

    def _list(self) -> dict[dns.name.Name, Zone]:
        try:
            listing = self._api.get("/zones", {"dnssec": "false"})
        except HttpError as error:
            if error.status == 404:
                raise self._unknown_server() from None
            raise
        if not isinstance(listing, list):
            raise self._unknown_server()
        zones = (Zone(dns.name.from_text(item["name"]), f"/zones/{item['id']}", handle=[]) for item in listing)
        return {zone.name: zone for zone in zones}

    def _read(self, path: str) -> tuple[str, _PowerDnsReading] | None:
        """What the server holds of a zone, and the zone's kind; None when it holds no such zone."""
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
            rrsets = {(_name(rrset["name"]), _rdtype(rrset["type"])): rrset for rrset in content["rrsets"]}
            counting = str(content.get("soa_edit_api") or "").upper()
            return str(content.get("kind")), _PowerDnsReading(rrsets, int(content.get("serial") or 0), counting, moment)

    def _refuse_unknown_server(self) -> None:
        """A wrong endpoint or server_id answers "not found" as a missing zone does; tell them apart."""
        try:
            self._api.get("")
        except HttpError as error:
            if error.status == 404:
                raise self._unknown_server() from None
            raise

    def _unknown_server(self) -> ProviderError:
        return ProviderError(
            f"{self._api.where} has no API of a server named {self._server_id}. Check endpoint, which ends before "
            "/api/v1, and server_id."
        )

    # -- read --------------------------------------------------------------------------------------------------------

    def read(self, zone: Zone, keys: frozenset[Key]) -> Snapshot:
        found = zone.handle.pop() if zone.handle else self._read(zone.id)
        if found is None:
            raise self.no_zone(zone.name)
        kind, reading = found
        read_only = ""
        if kind in _COPIES:
            read_only = (
                f"{zone} cannot be written at {self.facts.title}: it is of kind {kind}, a copy of what another server "
                "holds. Give the server that holds the original."
            )
        sets = []
        with self.expected():
            for (name, rdtype), rrset in reading.rrsets.items():
                # a disabled record is kept, but not served: it is no value of the set
                served = [record["content"] for record in rrset["records"] if not record.get("disabled")]
                if served:
                    sets.append(_record_set(name, rdtype, rrset, served))
        return Snapshot(zone, sets, read_only=read_only, handle=reading)

    # -- write -------------------------------------------------------------------------------------------------------

    def apply(self, plan: Plan) -> None:
        # PowerDNS goes through them in order, and a CNAME must be gone before a TXT can take its place
        changes = sorted(plan.changes, key=lambda change: change.kind != "delete")
        there = plan.snapshot.handle.rrsets
        rrsets = [self._rrset(change, there.get(change.record_set.key)) for change in changes]
        for pause in (*_PAUSES, None):
            if time.monotonic() - plan.snapshot.handle.moment > self.fresh:
                self._look_again(plan)
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
            # SQLite answers so when two write at once, and has rolled back the one that it answers
            time.sleep(pause * random.uniform(0.5, 1.5))

    def _look_again(self, plan: Plan) -> None:
        """Since the zone was read, someone may have written at the names that the plan touches."""
        found = self._read(plan.zone.id)
        if found is None:
            raise self.no_zone(plan.zone.name)
        now, before = found[1].rrsets, plan.snapshot.handle.rrsets
        touched = {change.record_set.name for change in plan.changes}
        for key in {**before, **now}:
            if key[0] in touched and key[1] != dns.rdatatype.SOA and now.get(key) != before.get(key):
                raise ZoneChanged(
                    f"{plan.zone}: another program changed the records of {to_text(key[0])} at the same moment, so "
                    "nothing was written."
                )
        plan.snapshot.handle = found[1]

    def losses(self, plan: Plan, seen: Snapshot) -> str:
        before, after = plan.snapshot.handle, seen.handle
        ours_stayed = all(_stayed(change, seen) for change in plan.changes)
        if not ours_stayed or not before.others_wrote(after):
            return ""  # another program that wrote after us is seen by what it wrote
        ours = {change.record_set.key for change in plan.changes}
        elsewhere = {
            to_text(key[0])
            for key in {**before.rrsets, **after.rrsets}
            if key not in ours and key[1] != dns.rdatatype.SOA and before.rrsets.get(key) != after.rrsets.get(key)
        }
        replaced = "; ".join(_before(change) for change in plan.changes)
        wrote = f"{plan.zone}: another program wrote to the zone between our last reading and our write"
        check = f"What it wrote there is lost, and must be entered again. Before, there was: {replaced}."
        if elsewhere:
            return f"{wrote}, at {', '.join(sorted(elsewhere))}, and perhaps at names that we wrote as well. {check}"
        raise PartlyApplied(
            f"{wrote}. All of ours is written, and no other record is changed, so it most likely wrote to the very "
            f"records that we replaced. {check}"
        )

    def close(self) -> None:
        self._api.close()

    def _rrset(self, change: Change, there: dict[str, Any] | None) -> dict[str, Any]:
        """A whole set as the API takes it: what stays is spelled as it was, what is disabled stays so."""
        name, rdtype = change.record_set.key
        after = change.after
        wanted = after.values if after else ()
        kept: dict[dns.rdata.Rdata, list[str]] = {}
        disabled = []
        there = there or {}
        for record in there.get("records", ()):
            value = _value(rdtype, record["content"])
            if not record.get("disabled"):
                kept.setdefault(value, []).append(record["content"])
            elif value not in wanted:
                disabled.append({"content": record["content"], "disabled": True})
        spelled = [text for value in wanted for text in kept.get(value) or [value.to_text()]]
        records = [{"content": text, "disabled": False} for text in spelled] + disabled
        rrset = {"name": name.to_text(), "type": dns.rdatatype.to_text(rdtype)}
        if not records:
            return {**rrset, "changetype": "DELETE"}
        ttl = after.ttl if after and after.ttl is not None else there.get("ttl", self.facts.default_ttl)
        # comments that are not sent stay as they are
        return {**rrset, "changetype": "REPLACE", "ttl": ttl, "records": records}


def _stayed(change: Change, seen: Snapshot) -> bool:
    there = seen.get(*change.record_set.key)
    return change.after.same_as(there) if change.after else there is None


def _before(change: Change) -> str:
    values = ", ".join(f'"{to_display(value)}"' for value in (change.before.values if change.before else ()))
    return f"{change.record_set} {values or '(nothing)'}"


@functools.lru_cache(maxsize=_REMEMBERED)
def _name(text: str) -> dns.name.Name:
    return dns.name.from_text(text)


def _record_set(
    name: dns.name.Name, rdtype: dns.rdatatype.RdataType, rrset: Mapping[str, Any], contents: Iterable[str]
) -> RecordSet:
    lock = ""
    if rrset["type"] in _OWN_TYPES:
        lock = f"of PowerDNS's own type {rrset['type']}"
    try:
        values = [_value(rdtype, content) for content in contents]
    except (PostmasterError, ValueError):
        values = []
        lock = lock or "written in a way that is not understood"
    distinct = dict.fromkeys(values) if len(values) > 1 else values
    return RecordSet(name, rdtype, tuple(distinct), rrset["ttl"], locked=lock)


@functools.cache
def _rdtype(text: str) -> dns.rdatatype.RdataType:
    if text in _OWN_TYPES:
        return dns.rdatatype.RdataType.make(_OWN_TYPES[text])
    try:
        return rdata_type(text)
    except InvalidInput:
        return dns.rdatatype.RdataType.make(_UNKNOWN_TYPE)


@functools.lru_cache(maxsize=_REMEMBERED)
def _value(rdtype: dns.rdatatype.RdataType, content: str) -> dns.rdata.Rdata:
    """The value of a record as the API spells it. Raises InvalidInput or ValueError."""
    if rdtype == dns.rdatatype.TXT:
        return txt(_txt_bytes(content))
    if rdtype in (*_OWN_TYPES.values(), _UNKNOWN_TYPE):
        return _opaque(rdtype, content)
    return from_presentation(rdtype, content)


def _txt_bytes(content: str) -> bytes:
    """The byte string of a TXT: quoted strings of any length, where dnspython allows 255 octets. Raises ValueError."""
    octets = content.encode("utf-8", "surrogateescape")
    if not _STRINGS.fullmatch(octets):
        raise ValueError("no quoted strings")
    return b"".join(_ESCAPE.sub(_unescape, string) for string in _STRING.findall(octets))


def _unescape(match: re.Match[bytes]) -> bytes:
    escaped = match.group(1)
    return bytes([int(escaped)]) if len(escaped) == 3 else escaped


def _opaque(rdtype: dns.rdatatype.RdataType, content: str) -> dns.rdata.Rdata:
    """A value that is shown and compared, and never sent."""
    return dns.rdata.GenericRdata(dns.rdataclass.IN, rdtype, content.encode("utf-8", "surrogateescape"))


def _escaped(text: str) -> str:
    """A zone's name as it stands in the addresses of the API: ``=2F`` for a slash, and so on."""
    return re.sub(r"[^A-Za-z0-9.-]", lambda match: "".join(f"={octet:02X}" for octet in match.group().encode()), text)
