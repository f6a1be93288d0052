# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones that are master files (RFC 1035 5) on the machine where the module runs."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Callable

from ... import interrupts
from ...errors import (
    InvalidInput,
    NotWritten,
    PartlyApplied,
    PostmasterError,
    ProviderError,
    ZoneChanged,
    ZoneNotFound,
)
from ...libraries import dns
from ...names import to_text
from ...zone import master_check, master_edit, master_file, master_reader
from ...zone.model import Key, Snapshot, Zone
from ...zone.plan import Plan
from ...zone.provider import Facts, Provider, enclosing
from ..options import OPTIONS
from . import journal, local_file
from .directory import ambiguous, zone_of_name, zones_in

_LOCK_SECONDS = 30
_MOMENT = 0.05  # seconds to wait for a program that is writing a file in place
_READS = 20
_RRSIG = 46


@dataclasses.dataclass(frozen=True)
class ZoneFileReading:
    """What was read: the zone, and the content of each of its files."""

    master: master_file.MasterFile
    contents: Mapping[str, bytes]


class ZoneFile(Provider):
    """A directory of master files, or one of them."""

    facts = Facts(title="the zone file", one_server=True, attempts=20)
    options, required, environment = OPTIONS["zone_file"]

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self._directories: dict[str, str] = {}  # BIND's working directory, by zone file
        self._in_both: dict[str, str] = {}  # by zone file, a sentence if an included file exists in two places
        self._locks: dict[str, int | None] = {}  # of the files that are locked now
        self._left_in: dict[str, dict[str, list[str]]] = {}  # by folder and file, what killed runs left behind
        self._left: dict[str, str] = {}  # by file, why it cannot be used
        self._looking = threading.Lock()
        if bool(options.get("directory")) == bool(options.get("file")):
            raise InvalidInput("zone_file needs either directory, which holds the zone files, or file, which is one.")
        if options.get("validate") and "{file}" not in options["validate"]:
            raise InvalidInput(
                f"validate: {options['validate']!r} does not name the file to check: write it like "
                '"named-checkzone {zone} {file}".'
            )
        for option in ("validate", "reload"):
            if options.get(option):
                local_file.command(options[option], option, {})

    # -- which file --------------------------------------------------------------------------------------------------

    def find_zones(self, names: Iterable[dns.name.Name]) -> Mapping[dns.name.Name, Zone | ProviderError]:
        if self.settings.get("file"):
            zone = self._zone_of_file(self.settings["file"])
            return {name: zone if name.is_subdomain(zone.name) else self._other_zone(name, zone) for name in names}
        files = zones_in(self.settings["directory"])
        zones = {zone: ambiguous(zone, paths) or Zone(zone, paths[0]) for zone, paths in files.items()}
        return {**zones, **{name: enclosing(name, zones) or self._no_file(name) for name in names}}

    def get_zone(self, zone: dns.name.Name) -> Zone:
        if self.settings.get("file"):
            return Zone(zone, self.settings["file"])
        text = to_text(zone)
        paths = [os.path.join(self.settings["directory"], name) for name in (f"{text}.zone", f"db.{text}", text)]
        files = [path for path in paths if os.path.isfile(path)]
        files = files or zones_in(self.settings["directory"]).get(zone, [])  # a name in other letter case
        if not files:
            raise self._no_file(zone)
        problem = ambiguous(zone, files)
        if problem:
            raise problem
        return Zone(zone, files[0])

    def _zone_of_file(self, path: str) -> Zone:
        """The zone in one file: the owner of its SOA record; a relative one is completed by the file's name."""
        master = self._parse(path, _content(path), zone_of_name(os.path.basename(path)), {})
        return Zone(master.zone, path)

    def _no_file(self, name: dns.name.Name) -> ZoneNotFound:
        return ZoneNotFound(
            f"{to_text(name)} lies in no zone of the directory {self.settings['directory']}, which should hold a file "
            f"such as {to_text(name)}.zone. Check the name and the directory, or create the zone first."
        )

    def _other_zone(self, name: dns.name.Name, zone: Zone) -> ZoneNotFound:
        return ZoneNotFound(
            f"{to_text(name)} does not lie in {zone}, the zone of {zone.id}. Check the name and the file."
        )

    # -- read --------------------------------------------------------------------------------------------------------

    def read(self, zone: Zone, keys: frozenset[Key]) -> Snapshot:
        self.count_call()
        left = self._left.get(os.path.realpath(zone.id))
        if left:
            raise ProviderError(left)
        reading = self._whole(zone)
        master = reading.master
        if master.zone != zone.name:
            raise ProviderError(f"{zone.id} is the file of the zone {to_text(master.zone)}, not of {zone}.")
        self._refuse_dynamic(zone, reading)
        sets = master.record_sets()
        if any(record_set.rdtype == _RRSIG for record_set in sets):
            raise ProviderError(
                f"{zone.id} holds DNSSEC signatures, which every change would break. "
                "Give the unsigned file from which it is made."
            )
        read_only = local_file.write_refusal(os.path.realpath(zone.id))
        return Snapshot(zone, sets, read_only=read_only, handle=reading, caution=lambda: self._in_both.get(zone.id, ""))

    def _whole(self, zone: Zone) -> ZoneFileReading:
        """Read a file; retry if it is invalid because another program is just writing it."""
        attempts = 0
        while True:
            contents = {zone.id: _content(zone.id)}
            try:
                return ZoneFileReading(self._parse(zone.id, contents[zone.id], zone.name, contents), contents)
            except PostmasterError:
                attempts += 1
                interrupts.pause(_MOMENT)
                if attempts == _READS or _content(zone.id) == contents[zone.id]:
                    raise

    def _refuse_dynamic(self, zone: Zone, reading: ZoneFileReading, writes: bool = False) -> None:
        reload, values = self.settings.get("reload"), _values(zone)
        refusal = journal.refusal(
            zone.id, reading.contents[zone.id], reading.master.serial, reload, values, writes=writes
        )
        if refusal:
            raise ProviderError(refusal)

    def _parse(
        self, path: str, content: bytes, origin: dns.name.Name | None, contents: dict[str, bytes]
    ) -> master_file.MasterFile:
        """Read a master file and what it includes; each included file is added to ``contents``."""

        def include(name: str) -> tuple[str, str]:
            included = os.path.realpath(self._included(path, os.fsdecode(name.encode("latin-1"))))
            if included not in contents:
                contents[included] = _content(included)
            return included, contents[included].decode("latin-1")

        return master_reader.read(content.decode("latin-1"), path, origin, include)

    def _included(self, path: str, name: str) -> str:
        """The path of an included file. Raises ProviderError."""
        places = self._places(path)
        found = [place for place in places if os.path.exists(os.path.join(place, name))]
        if found and not os.path.isabs(name):
            self._directories[path] = found[0]
            if len(found) > 1:
                self._in_both[path] = (
                    f"{path} includes {name}, which is in {found[0]} and in {found[1]}: the first one is used. BIND "
                    "uses the one in its working directory; set include_directory to that directory."
                )
        if found:
            return os.path.join(found[0], name)
        if os.path.isabs(name) or len(places) == 1:
            return os.path.join(places[0], name)
        raise ProviderError(
            f"neither {places[0]} nor {places[1]} has it. Set include_directory to BIND's working directory"
        )

    def _places(self, path: str) -> list[str]:
        """Candidates for BIND's working directory, to which the names of included files are relative."""
        own = os.path.dirname(os.path.abspath(path))
        stated = self.settings.get("include_directory")
        return [stated] if stated else list(dict.fromkeys((own, os.path.dirname(own))))

    def _directory(self, path: str) -> str:
        """Where commands run: named-checkzone looks for included files there."""
        return self._directories.get(path) or self._places(path)[0]

    # -- write -------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def turn(self, zone: Zone) -> Iterator[str]:
        """Lock the file if it is free, and clean up after killed runs."""
        path = os.path.realpath(zone.id)
        left = self._leftovers(path)
        with contextlib.ExitStack() as stack:
            try:
                lock = stack.enter_context(local_file.locked(path, self._lock_seconds() if left else 0.0))
            except ProviderError:
                lock = None
            said: list[str] = []
            if lock is not None and left:
                self._left[path] = local_file.clear(path, left, lambda: self._reload_late(zone, said))
            self._locks[path] = lock
            try:
                yield " ".join(said)
            finally:
                del self._locks[path]

    def _reload_late(self, zone: Zone, said: list[str]) -> str:
        """Run the reload command that a killed run did not reach. Returns why it failed, as a sentence."""
        failure = self._reloaded(zone.id, _values(zone))
        if failure:
            return f"{zone.id} was written by a run that was killed before it ran the reload command: {failure}."
        if self.settings.get("reload"):
            said.append(
                f"{zone.id} was written by a run that was killed before its reload command had run: it ran now."
            )
        return ""

    def _leftovers(self, path: str) -> list[str]:
        """The leftovers of killed runs; each folder is searched once."""
        folder, base = os.path.split(path)
        with self._looking:
            if folder not in self._left_in:
                self._left_in[folder] = local_file.leftovers(folder)
            return self._left_in[folder].pop(base, [])

    def _lock_seconds(self) -> float:
        return float(self.settings.get("timeout") or _LOCK_SECONDS)

    def _locked(self, path: str) -> contextlib.AbstractContextManager[object]:
        """The lock held by this turn; a new one if there is none, or if the file was replaced since."""
        lock = self._locks.get(path)
        if lock is not None and local_file.is_same(lock, path):
            return contextlib.nullcontext()
        return local_file.locked(path, self._lock_seconds())

    def apply(self, plan: Plan) -> None:
        reading: ZoneFileReading = plan.snapshot.handle
        path, values = plan.zone.id, _values(plan.zone)
        target = os.path.realpath(path)  # keeps a symbolic link
        refusal = local_file.write_refusal(target)
        if refusal:
            raise ProviderError(refusal)
        with self._locked(target):
            self._refuse_dynamic(plan.zone, reading, writes=True)
            if any(_content(each) != content for each, content in reading.contents.items()):
                raise ZoneChanged(f"{path} was changed by another program while this run was about to write it.")
            content = self._edited(plan)
            self.count_call()
            old = reading.contents[path]
            local_file.replace(
                target,
                old,
                content,
                lambda new: self._validate(path, {**values, "file": new}),
                lambda: self._reload(path, values, lambda: local_file.replace(target, content, old, lambda new: None)),
            )

    def rehearse(self, plan: Plan) -> None:
        self._edited(plan)
        self._refuse_dynamic(plan.zone, plan.snapshot.handle, writes=True)

    def _edited(self, plan: Plan) -> bytes:
        """The new content of the file, parsed again to check that it has the planned changes."""
        reading: ZoneFileReading = plan.snapshot.handle
        content = master_edit.edit(reading.master, plan.changes, datetime.date.today()).encode("latin-1")
        after = self._parse(plan.zone.id, content, plan.zone.name, dict(reading.contents))
        master_check.verify(reading.master, after, plan.changes)
        return content

    def _validate(self, path: str, values: Mapping[str, str]) -> None:
        if not self.settings.get("validate"):
            return
        arguments = local_file.command(self.settings["validate"], "validate", values)
        failure = local_file.run(arguments, self._directory(path)).replace(values["file"], path)
        if failure:
            raise NotWritten(f"{path} was not written, because the validate command refused the new file: {failure}")

    def _reload(self, path: str, values: Mapping[str, str], put_back: Callable[[], None]) -> None:
        """Reload the name server. If that fails, restoring the file makes the next run try again."""
        failure = self._reloaded(path, values)
        if not failure:
            return
        try:
            put_back()
        except ProviderError as error:
            raise PartlyApplied(
                f"{path} was written, but the reload command failed, so the name server may still answer with the old "
                f"records: {failure}. Run it by hand: the file could not be put back ({error}), and another run would "
                "find nothing to do."
            ) from None
        raise PartlyApplied(
            f"{path} was restored, because the reload command failed after the write: {failure}. Another run writes it "
            "again. If the name server did read the new file, it answers with the new records until it reads the file "
            "again."
        )

    def _reloaded(self, path: str, values: Mapping[str, str]) -> str:
        """Run the reload command, if there is one. Returns why it failed, or an empty text."""
        if not self.settings.get("reload"):
            return ""
        return local_file.run(local_file.command(self.settings["reload"], "reload", values), self._directory(path))


def _values(zone: Zone) -> dict[str, str]:
    """The placeholders for commands. These run in another directory, so the path of the file is absolute."""
    return {"zone": to_text(zone.name), "file": os.path.abspath(zone.id)}


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise ProviderError(f"{path} cannot be read: {error.strerror}.") from None
