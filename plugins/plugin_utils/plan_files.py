# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plans that a run carries out, and those that it writes. A run in batches adds to its own files."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ansible import constants

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.planned_change import named

from . import plan_file
from .output_files import place_of, replace
from .plan_file import ApprovedHost, PlanWriter, SavedPlan
from .reading import Reading
from .report import HostReport
from .sender import Refused
from .values import texts


class PlanFiles:
    """``approved``: by host, what its plan allows."""

    def __init__(self, reading: Reading, writes: bool, carries_out: bool) -> None:
        self.approved: dict[str, ApprovedHost] = {}
        self.notes: list[str] = []
        self._reading = reading
        self._writes = writes
        self._now = datetime.datetime.now(datetime.timezone.utc)
        self._paths: dict[str, list[str]] = {}
        for host in reading.plans if writes or carries_out else ():
            path = str(reading.value(host, "plan") or "")
            if path:
                self._paths.setdefault(path, []).append(host)

    def open(self, everyone: Collection[str]) -> None:
        """Refuse each host whose plan can neither be written nor carried out. ``everyone``: all hosts of the play."""
        for path, hosts in self._paths.items():
            if self._writes:
                self._try(hosts, lambda dummy, path=path: plan_file.refuse_unwritable(path))
            else:
                self._read(path, hosts, everyone)

    def _read(self, path: str, hosts: list[str], everyone: Collection[str]) -> None:
        known: dict[str, SavedPlan] = {}

        def approve(host: str) -> None:
            expires = str(self._reading.value(host, "plan_expires") or plan_file.EXPIRES)
            if expires not in known:
                known[expires] = plan_file.read(path, expires, self._now)
                self.notes += _left_out(known[expires], everyone)
            saved = known[expires]
            _refuse_too_many(saved, self._reading.value(host, "max_changed"), everyone)
            plan = self._reading.plans[host]
            allowed = texts(self._reading.value(host, "allow"))
            self.approved[host] = saved.approved(host, plan.domain, self._reading.desired(host), allowed)

        self._try(hosts, approve)

    def _try(self, hosts: list[str], work: Any) -> None:
        for host in hosts:
            try:
                work(host)
            except Refused as refused:
                self._reading.refuse(host, str(refused))

    def write(self, reports: Mapping[str, HostReport]) -> list[str]:
        """Write the requested plans; returns failures, one sentence each."""
        problems = []
        for path, hosts in self._paths.items() if self._writes else ():
            planned = [host for host in hosts if host in reports]
            writer = PlanWriter(path, plan_file.commit_of(self._reading.folder(planned[0])) if planned else "")
            for host in planned:
                plan = self._reading.plans[host]
                database = plan.odoo.database if plan.odoo is not None else ""
                writer.add(host, self._reading.desired(host), str(plan.dns.get("provider")), database, reports[host])
            writer.hosts = _with_earlier_batches(path, writer.hosts)
            try:
                replace(place_of(path), writer.text(self._now))
            except OSError as error:
                problems.append(f"The plan {path} cannot be written: {error.strerror}.")
        return problems


def _left_out(saved: SavedPlan, everyone: Collection[str]) -> list[str]:
    """A sentence if a plan also changes hosts that take no part in the run."""
    others = [host for host, one in saved.hosts.items() if one.changes and host not in everyone]
    if not others:
        return []
    return [
        f"The plan {saved.path} also changes {named(others)}, which are not part of this run: they are not changed."
    ]


def _refuse_too_many(saved: SavedPlan, most: Any, everyone: Collection[str]) -> None:
    changed = [host for host, one in saved.hosts.items() if one.changes and host in everyone]
    if most is not None and len(changed) > int(most):
        domains = "1 domain" if len(changed) == 1 else f"{len(changed)} domains"
        raise Refused(
            f"The plan {saved.path} changes {domains}, but custom_domain_max_changed is {most}. Nothing was done: "
            "check the plan, and raise the number if all of it is intended."
        )


def _with_earlier_batches(path: str, hosts: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Stored where Ansible keeps files that are removed at the end of the run."""
    name = hashlib.sha256(os.path.abspath(path).encode()).hexdigest()
    kept = Path(constants.DEFAULT_LOCAL_TMP, f"custom_domain_plan_{name}")
    known: dict[str, dict[str, Any]] = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    known.update(hosts)
    kept.write_text(json.dumps(known, default=str), "utf-8")
    return known
