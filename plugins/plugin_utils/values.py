# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values as people write them in YAML. Pure: no I/O, no Ansible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def stated(options: Any) -> dict[str, Any]:
    """The options that are set."""
    return {key: value for key, value in dict(options or {}).items() if value is not None}


def texts(value: Any) -> list[str]:
    """A list of texts; like Ansible, also splits one text at commas."""
    if value is None:
        return []
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [str(part) for part in value]


def once(values: Iterable[Any]) -> list[Any]:
    """Without duplicates, in order. Two senders may need the same record."""
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found


def is_true(value: Any) -> bool:
    return str(value).strip().lower() in ("true", "yes", "on", "1", "y", "t")


def completed(options: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Values completed by an argument spec, with all its options and defaults; their types must be right."""
    found = dict(values)
    for name, option in options.items():
        value = found.get(name)
        if value is None:
            found[name] = option.get("default")
        elif option.get("options") and isinstance(value, Mapping):
            found[name] = completed(option["options"], value)
        elif option.get("options"):
            found[name] = [completed(option["options"], one) for one in value]
    return found
