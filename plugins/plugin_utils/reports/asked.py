# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reports that hosts ask for, from the variables to the files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils import no_log

from ..report import HostReport
from .content import HostNotes, host_content
from .files import FORMATS, read_findings, refuse_unwritable, write_reports
from .sources import Place, Sources


class AskedReports:
    """A report requested by any host covers all hosts."""

    def __init__(self) -> None:
        self._asked: dict[str, Mapping[str, Any]] = {}
        self._severities: dict[str, str] = {}
        self._baselines: dict[str, str] = {}
        self._sources: dict[str, Sources] = {}
        self._before: dict[str, dict[str, list[dict[str, Any]]] | None] = {}
        self._contents: dict[str, dict[str, Any]] = {}
        self.notes: list[str] = []

    def add(self, host: str, values: Mapping[str, Any], sources: Mapping[str, Any] | None = None) -> None:
        """Add the variables of a host, which may be invalid."""
        listed = values.get("custom_domain_reports")
        for one in listed if isinstance(listed, list) else ():
            if not isinstance(one, Mapping) or not isinstance(one.get("max_bytes") or 0, int):
                continue
            if one.get("path") and one.get("format") in FORMATS:
                self._asked[json.dumps(one, sort_keys=True)] = one
        self._severities[host] = str(values.get("custom_domain_severity") or "error")
        self._baselines[host] = str(values.get("custom_domain_baseline") or "")
        self._sources[host] = Sources.of(sources or {})

    def add_for_all(self, values: Mapping[str, Any]) -> None:
        """Set the defaults for hosts that state nothing themselves."""
        self.add("", values)

    def add_source(self, host: str, place: Place | None) -> None:
        """Set the place in a file that a host comes from."""
        if place is not None:
            self._sources[host] = Sources(host=place)

    def prepare(self, plans: Iterable[str] = ()) -> None:
        """Check before anything is done. ``plans``: the paths of plan files. Raises Refused."""
        refuse_unwritable(list(self._asked.values()), plans)
        for path in filter(None, dict.fromkeys(self._baselines.values())):
            self._before[path] = read_findings(path)
            if self._before[path] is None:
                self.notes.append(f"There is no report {path} yet, so nothing is called new.")

    def take(self, host_report: HostReport, kind: str, hidden: Iterable[str] = ()) -> None:
        """Add a host's outcome. ``hidden``: secrets to remove."""
        if not self._asked:
            return
        host = host_report.host
        said = host if host in self._severities else ""
        before = self._before.get(self._baselines.get(said, ""))
        notes = HostNotes(
            self._severities.get(said, "error"),
            self._sources.get(host, Sources()),
            None if before is None else before.get(host, ()),
        )
        content = host_content(host_report, notes, kind)
        secrets = set(hidden)
        self._contents[host] = (
            _without(content, secrets) if no_log.shows_any(secrets, no_log.texts(content)) else content
        )

    def write(self, kind: str) -> list[str]:
        """Write the reports; returns failures, one sentence each."""
        return write_reports(list(self._asked.values()), self._contents, kind)


def _without(value: Any, secrets: set[str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _without(one, secrets) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without(one, secrets) for one in value]
    return no_log.scrub(value, secrets) if isinstance(value, str) else value
