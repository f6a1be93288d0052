# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""OVH through its REST API: single records, which are not served until the zone is refreshed.

Reading is one call, the export of the zone; it has no record ids, so these are fetched where something changes. The API
has no guard against concurrent writers: the zone is exported again right before a write, and unchanged records are
never part of a write.
"""

from __future__ import annotations

import contextlib
import dataclasses
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...errors import InvalidInput, ProviderError, ZoneChanged
from ...libraries import dns
from ...names import record_name, to_text
from ...zone.model import Key, Snapshot, Zone
from ...zone.plan import Plan
from ...zone.provider import AccountProvider, Facts, Unsaid
from ..http import HttpError
from ..options import OPTIONS
from .api import OvhApi
from .records import Content, Entry, Unclear, default_ttl, entry, exported, fields, ilike, sub_domain
from .write import Writer, needed, writes


class Ovh(AccountProvider):
    """One account, accessed by the three keys of an application."""

    facts = Facts(title="OVH", verified="2026-11-21", min_ttl=60, guarded=False, publishes=True)
    options, required, environment = OPTIONS["ovh"]

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self._api = OvhApi(self.settings, self.count_call)
        self._not_exported: set[dns.name.Name] = set()  # zones whose export differs from their content

    def close(self) -> None:
        self._api.close()

    # -- find the zone -----------------------------------------------------------------------------------------------

    def ask_for(self, name: dns.name.Name) -> Zone | None:
        path = _path(to_text(name))
        try:
            # the export contains the records, which saves a call for the first read
            return Zone(name, path, handle=[self._export(path)])
        except HttpError as error:
            if _not_granted(error):  # a key may be limited to one zone
                raise Unsaid(str(error)) from None
            if error.status != 404:
                raise
            if not isinstance(error.content, dict):
                raise self._api.nonsense("JSON") from None
            return None

    def list_zones(self, wanted: int) -> Mapping[dns.name.Name, Zone | ProviderError] | None:
        try:
            listing = self._api.call("GET", "/domain/zone")
        except HttpError as error:
            if not _not_granted(error):
                raise
            return None
        if not isinstance(listing, list):
            raise self._api.nonsense("its zones")
        zones: dict[dns.name.Name, Zone | ProviderError] = {}
        for text in listing:
            with contextlib.suppress(InvalidInput):  # a zone of reverse DNS may not be a valid domain name
                name = record_name(str(text))
                zones[name] = Zone(name, _path(str(text)), handle=[])
        return zones

    # -- read --------------------------------------------------------------------------------------------------------

    def read(self, zone: Zone, keys: frozenset[Key]) -> Snapshot:
        content = self._content(zone, keys, zone.handle.pop() if zone.handle else None)
        return Snapshot(zone, content.record_sets(), handle=content)

    def _content(self, zone: Zone, keys: frozenset[Key], text: str | None = None) -> Content:
        """All records, from the export if it is clear for these keys, else one by one."""
        text = self._export(zone.id) if text is None else text
        if zone.name not in self._not_exported:
            try:
                content = dataclasses.replace(exported(text, zone.name), clear=keys)
                unclear = {record.key for record in content.entries if record.value is None}
                for key in sorted(unclear & keys):
                    content = self._clarified(zone, content, key)
                return content
            except Unclear:
                self._not_exported.add(zone.name)
        found = [self._record(zone, identity) for identity in self._ids(zone)]
        if not found:
            raise ProviderError(
                f"{zone}: OVH lists no records at all, although every zone has some. Nothing was done; run it again."
            )
        return Content(tuple(record for record in found if record), default_ttl(text), keys)

    def _clarified(self, zone: Zone, content: Content, key: Key) -> Content:
        """Fetch the records at a key that the export shows without quotes. Raises Unclear."""
        name, rdtype = key
        clear = [record for record in content.entries if record.key == key and record.value is not None]
        unclear = [record for record in content.entries if record.key == key and record.value is None]
        others = [record for record in content.entries if record.key != key]
        found: list[Entry] = []
        left = list(clear)
        usual, native, *rest = fields(name, rdtype)
        for field in (native, usual, *rest):
            for identity in self._ids(zone, fieldType=field, subDomain=sub_domain(name, zone.name)):
                seen = self._record(zone, identity)
                if seen is None or seen.key != key:
                    continue
                known = next((record for record in left if content.same(record, seen)), None)
                if known is None:
                    found.append(seen)
                else:
                    left.remove(known)
                if len(found) == len(unclear):
                    return dataclasses.replace(content, entries=(*others, *clear, *found))
        raise Unclear(f"{to_text(name)} holds something other than its export")

    def _export(self, path: str) -> str:
        text = self._api.call("GET", f"{path}/export")
        if not isinstance(text, str):
            raise self._api.nonsense("the text of a zone")
        return text

    def _ids(self, zone: Zone, **filters: str) -> list[int]:
        ids = self._api.call("GET", f"{zone.id}/record", params=filters)
        if not isinstance(ids, list) or not all(isinstance(identity, int) for identity in ids):
            raise self._api.nonsense("the ids of records")
        return ids

    def _record(self, zone: Zone, identity: int) -> Entry | None:
        """A record; None if it was deleted in the meantime."""
        try:
            raw = self._api.call("GET", f"{zone.id}/record/{identity}")
        except HttpError as error:
            if error.status == 404:
                return None
            raise
        return entry(raw, zone.name)

    # -- write -------------------------------------------------------------------------------------------------------

    def apply(self, plan: Plan) -> None:
        zone, content = plan.zone, plan.snapshot.handle
        found = [self._identify(zone, content, *row) for row in needed(plan)]
        now = self._content(zone, content.clear)
        names = {change.record_set.name for change in plan.changes}
        changed = now.at(names) != content.at(names)
        if changed or any(current is None for current, dummy in found):
            if not changed:
                self._not_exported.add(zone.name)
            raise ZoneChanged(
                f"{zone}: another program changed the same records at the same moment, so nothing was written."
            )
        known = frozenset(identity for dummy, seen in found for identity in seen)
        current = [entries or [] for entries, dummy in found]
        Writer(zone, self._api.call, known).carry_out(writes(plan, current))

    def publish(self, zone: Zone) -> None:
        Writer(zone, self._api.call, frozenset()).refresh()

    def _identify(
        self, zone: Zone, content: Content, key: Key, wanted: list[Entry], leaving: list[Entry]
    ) -> tuple[list[Entry] | None, list[int]]:
        """Find the ids of records, and all ids at their name.

        None instead of the records if the API lists others than the export. Records in ``leaving`` may swap their ids.
        """
        if all(record.id for record in wanted) and (wanted or zone.name in self._not_exported):
            return wanted, [record.id for record in content.entries]
        name, rdtype = key
        sub = sub_domain(name, zone.name)
        # the filter reads _ as any character, so ids of other names may be included
        missing = [
            record
            for record in content.entries
            if record.rdtype == rdtype and ilike(sub_domain(record.name, zone.name), sub)
        ]
        listed: list[tuple[int, str]] = []
        for field in fields(name, rdtype):
            listed += [(identity, field) for identity in self._ids(zone, fieldType=field, subDomain=sub)]
            if len(listed) >= len(missing):
                break
        ids = [identity for identity, dummy in listed]
        if len(listed) != len(missing):
            return None, ids
        found: list[Entry] = []
        while len(found) < len(wanted):
            if all(record in leaving for record in missing):
                found += _numbered(missing, listed)
                break
            seen = self._record(zone, listed.pop(0)[0])
            there = next((record for record in missing if seen and content.same(record, seen)), None)
            if seen is None or there is None:
                return None, ids
            missing.remove(there)
            if there in wanted:
                found.append(seen)
        return found, ids


def _numbered(records: Iterable[Entry], listed: Iterable[tuple[int, str]]) -> Iterator[Entry]:
    for record, (identity, field) in zip(records, listed):
        yield Entry(record.name, record.rdtype, record.value, record.ttl, identity, field)


def _path(zone: str) -> str:
    return f"/domain/zone/{urllib.parse.quote(zone, safe='')}"


def _not_granted(error: HttpError) -> bool:
    return isinstance(error.content, dict) and error.content.get("errorCode") == "NOT_GRANTED_CALL"
