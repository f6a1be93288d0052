# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as a file: what a rollout would do, for people to approve and a later run to carry out exactly.

It contains no secrets. Its digest detects damage, not forgery: a rollout plans again, and writes only what is in both
plans.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.finding import INFO
from ansible_collections.postmaster.mail.plugins.module_utils.preflight.model import RouteVerdict
from ansible_collections.postmaster.mail.plugins.module_utils.printable import printed

from .output_files import place_of, problem
from .plan_guards import guards
from .report import HostReport
from .sender import Refused

FORMAT = "postmaster.mail/plan"
VERSION = (1, 0)  # readers accept a higher second number, but no other first one
EXPIRES = "1d"
_CLOCKS = "1h"  # tolerated difference between two machines' clocks
_AGAIN = "Make a new plan."
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True)
class ApprovedHost:
    """The plan of a host. ``desired``: the digest of what the host wanted."""

    domain: str
    desired: str
    dns: Sequence[Mapping[str, Any]]
    odoo: Sequence[Mapping[str, Any]]
    failure: str = ""
    services: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # by sender

    @property
    def changes(self) -> bool:
        return bool(self.dns or self.odoo or self.services)

    @property
    def registers(self) -> bool:
        """Whether a domain will be registered at a sending service."""
        return any(service["registration"] for service in self.services.values())

    def with_more(self, returned: Collection[tuple[str, str]]) -> Sequence[Mapping[str, Any]]:
        """The changes of DNS, and the records (by name and type) that a planned registration has returned.

        Their values were unknown when the plan was made. The host wants the same as then, so nothing else can be added.
        """
        known = {(one["name"], one["type"]): one for one in self.dns}
        more = [{**known.get((name, kind), {"name": name, "type": kind}), "more": True} for name, kind in returned]
        return [*(one for key, one in known.items() if key not in returned), *more]


@dataclass(frozen=True)
class SavedPlan:
    path: str
    made: datetime.datetime
    hosts: Mapping[str, ApprovedHost]

    def approved(self, host: str, domain: str, desired: str, allowed: Sequence[str]) -> ApprovedHost:
        """What may be done for a host. Raises Refused."""
        found = self.hosts.get(host)
        if found is None:
            raise Refused(f"{domain}: the plan {self.path} does not contain the host {host}. {_AGAIN}")
        if found.failure:
            raise Refused(f"{domain}: it could not be planned when the plan {self.path} was made. {found.failure}")
        if found.domain != domain or found.desired != desired:
            raise Refused(
                f"{domain}: its variables have changed since the plan {self.path} was made ({_moment(self.made)}). "
                f"{_AGAIN}"
            )
        lacking = [f"{what} ({guard})" for guard, what in guards(found.dns) if guard not in allowed]
        if lacking:
            names = ", ".join(dict.fromkeys(guard for guard, dummy in guards(found.dns) if guard not in allowed))
            raise Refused(
                f"{domain}: the plan {self.path} holds changes that must be allowed by name: {'; '.join(lacking)}. "
                f"Set custom_domain_allow: [{names}] if this is intended."
            )
        return found


@dataclass
class PlanWriter:
    """The plan of one file's hosts. A run in batches (``serial``) adds to its own file."""

    path: str
    commit: str
    hosts: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, host: str, desired: str, provider: str, database: str, report: HostReport) -> None:
        self.hosts[host] = {
            "domain": report.domain,
            "desired": desired,
            "failed": bool(report.failures),
            "msg": " ".join(report.failures),
            "dns": {
                "provider": provider,
                "manual": provider == "manual",
                "read": digest([[one["name"], one["type"], one["before"]] for one in report.dns_changes]),
                "changes": [_in_full(one, report.zones) for one in report.dns_changes],
            },
            "odoo": {"database": database, "changes": list(report.odoo_changes)},
            "services": [
                {
                    **{name: one[name] for name in ("sender", "service", "sending_domain", "known_after_apply")},
                    **report.service_changes[one["sender"]],
                }
                for one in report.services
                if one["changed"]
            ],
            "guards": [{"guard": guard, "what": what} for guard, what in report.to_allow],
            "warnings": list(dict.fromkeys(report.warnings)),
            "next_steps": list(report.next_steps),
            "mail": [_verdict(verdict) for verdict in report.mail if verdict.severity != INFO],
        }

    def document(self, now: datetime.datetime) -> dict[str, Any]:
        content = {
            "format": FORMAT,
            "format_version": ".".join(map(str, VERSION)),
            "made": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "commit": self.commit,
            "hosts": self.hosts,
        }
        return {**content, "digest": digest(content)}

    def text(self, now: datetime.datetime) -> str:
        """One host on each line, so that two plans can be compared line by line."""
        document = self.document(now)
        hosts = ",\n".join(f"  {json.dumps(host)}: {_compact(one)}" for host, one in document["hosts"].items())
        rest = {name: value for name, value in document.items() if name != "hosts"}
        head = "".join(f" {json.dumps(name)}: {json.dumps(value)},\n" for name, value in rest.items())
        return f'{{\n{head} "hosts": {{\n{hosts}\n }}\n}}\n'


def read(path: str, expires: str, now: datetime.datetime) -> SavedPlan:
    """A plan that has not expired. ``expires``: its maximum age, as 90m, 24h or 7d. Raises Refused."""
    try:
        with open(os.path.expanduser(path), encoding="utf-8") as file:
            document = json.load(file)
    except OSError as error:
        raise Refused(f"The plan {path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError):
        raise Refused(f"The plan {path} is cut or damaged: it is not valid JSON. {_AGAIN}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise Refused(f"{path} is not a plan: it does not say that its format is {FORMAT}. {_AGAIN}")
    version = str(document.get("format_version"))
    if version.partition(".")[0] != str(VERSION[0]):
        raise Refused(
            f"The plan {path} has format version {version}, but this release reads {VERSION[0]}.x. Make and apply "
            "plans with the same release."
        )
    if document.pop("digest", None) != digest(document):
        raise Refused(f"The plan {path} is damaged: its digest does not match its content. {_AGAIN}")
    try:
        made = datetime.datetime.strptime(document["made"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
        hosts = {str(host): _approved(one) for host, one in document["hosts"].items()}
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Refused(f"The plan {path} is damaged: a part of it is missing. {_AGAIN}") from None
    if made - now > age(_CLOCKS):
        raise Refused(
            f"The plan {path} was made on {_moment(made)}, which is still to come, so nobody can say whether it has "
            f"expired: correct the clock of this machine, or of the one that made it. {_AGAIN}"
        )
    if now - made > age(expires):
        raise Refused(
            f"The plan {path} was made on {_moment(made)} and has expired (custom_domain_plan_expires: {expires}). "
            f"{_AGAIN}"
        )
    return SavedPlan(path, made, hosts)


def age(text: str) -> datetime.timedelta:
    """Raises Refused."""
    number, unit = text.strip()[:-1], text.strip()[-1:]
    if not (number.isascii() and number.isdigit() and len(number) <= 6) or unit not in _UNITS:
        raise Refused(f"custom_domain_plan_expires is {text!r}: give a number and a unit, such as 90m, 24h or 7d.")
    return datetime.timedelta(seconds=int(number) * _UNITS[unit])


def refuse_unwritable(path: str) -> None:
    """Raises Refused for a file that could not be written at the end."""
    reason = problem(place_of(path))
    if reason:
        raise Refused(f"The plan {path} cannot be written: {reason}. Nothing was done.")


def digest(value: Any) -> str:
    """Equal for equal values, in any order of keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def commit_of(folder: str) -> str:
    """The commit checked out in a folder, marked if files differ from it; empty if there is none."""
    try:
        done = subprocess.run(
            ["git", "-C", folder, "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty"],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _approved(one: Mapping[str, Any]) -> ApprovedHost:
    return ApprovedHost(
        one["domain"],
        one["desired"],
        [] if one["dns"]["manual"] else [_as_module_takes_it(change) for change in one["dns"]["changes"]],
        one["odoo"]["changes"],
        (one["msg"] or "It failed.") if one["failed"] else "",
        {str(service["sender"]): service for service in one["services"]},
    )


def _as_module_takes_it(change: Mapping[str, Any]) -> dict[str, Any]:
    return {name: change[name] for name in ("name", "type", "before", "after")}


def _in_full(change: Mapping[str, Any], zones: Sequence[str]) -> dict[str, Any]:
    """A change with its zone, and the values that stay."""
    before, after = (change[moment]["values"] if change[moment] else [] for moment in ("before", "after"))
    around = [zone for zone in zones if f".{change['name']}".endswith(f".{zone}")]
    return {
        "zone": max(around, key=len, default=""),
        **change,
        "kept": [value for value in before if value in after],
    }


def _verdict(verdict: RouteVerdict) -> dict[str, Any]:
    """Whether mail passes, and otherwise what to do; empty parts are omitted to keep plans short."""
    fields = {name: getattr(verdict, name) for name in ("code", "severity", "server", "found", "cure", "blocks")}
    stated = {name: value for name, value in fields.items() if value}
    written: dict[str, Any] = printed({"from": list(verdict.from_addresses), **stated})
    return written


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str)


def _moment(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")
