# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes that must be allowed by name before a plan is carried out. Pure: no I/O, no Ansible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.records import dmarc_record

FOREIGN_DELETION, STRICTER_DMARC = "foreign_deletion", "stricter_dmarc"
GUARDS = (FOREIGN_DELETION, STRICTER_DMARC)
Changes = Sequence[Mapping[str, Any]]


def guards(changes: Changes) -> list[tuple[str, str]]:
    """The guards that hold back DNS changes, each with its subject."""
    return [
        *((FOREIGN_DELETION, what) for what in _deletions(changes)),
        *((STRICTER_DMARC, what) for change in changes for what in _stricter(change)),
    ]


def _deletions(changes: Changes) -> Iterable[str]:
    """Removed values that no other value of their kind replaces at the name."""
    replaced: dict[str, set[str]] = {}
    for change in changes:
        kinds = replaced.setdefault(change["name"], set())
        kinds.update(_kind(change, value) for value in _values(change, "after"))
    for change in changes:
        for value in _values(change, "before"):
            if value not in _values(change, "after") and _kind(change, value) not in replaced[change["name"]]:
                yield f"{change['name']} {change['type']} loses {value}"


def _kind(change: Mapping[str, Any], value: str) -> str:
    """The kind of a value that exists once at a name, such as an SPF record or DKIM key; else the value itself."""
    if "._domainkey." in change["name"]:
        return "DKIM"
    if change["type"] == "TXT":
        version = value.partition(" ")[0].partition(";")[0].lower()
        return version if version.startswith("v=") else value
    return "CNAME" if change["type"] == "CNAME" else value


def _stricter(change: Mapping[str, Any]) -> Iterable[str]:
    if change["type"] != "TXT" or not change["name"].startswith("_dmarc."):
        return
    before, after = _levels(change, "before"), _levels(change, "after")
    if any(new > old for old, new in zip(before, after)):
        yield f"{change['name']} becomes stricter for mail that fails, from {_policy(before)} to {_policy(after)}"


def _levels(change: Mapping[str, Any], moment: str) -> tuple[int, int, int]:
    """How strictly receivers act on mail of the domain, its subdomains, and names that do not exist."""
    found = [value.encode() for value in _values(change, moment) if dmarc_record.is_dmarc(value.encode())]
    # if there are two records, receivers use none (RFC 9989 4.10.1)
    return dmarc_record.parse(found[0], change["name"]).levels if len(found) == 1 else (0, 0, 0)


def _policy(levels: Sequence[int]) -> str:
    names = [dmarc_record.POLICIES[level] for level in levels]
    return names[0] if len(set(names)) == 1 else f"{names[0]} ({names[1]} and {names[2]} for subdomains)"


def _values(change: Mapping[str, Any], moment: str) -> Sequence[str]:
    return change[moment]["values"] if change[moment] else ()
