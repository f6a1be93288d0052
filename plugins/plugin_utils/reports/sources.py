# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file and line in the inventory that a finding is about, for code quality and code scanning."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# The prefix of a finding's code, and the variable it is about
_VARIABLES = (
    ("dmarc", "custom_domain_dmarc"),
    ("spf", "custom_domain_senders"),
    ("dkim", "custom_domain_senders"),
    ("sender", "custom_domain_senders"),
    ("mx", "custom_domain_mx"),
    ("partner", "custom_domain_partners"),
    ("odoo", "custom_domain_odoo"),
)
_NOWHERE = "inventory"
Place = tuple[str, int]  # a file and a line in it


@dataclass(frozen=True)
class Sources:
    """``host``: the place of the host; ``variables``: the places of its variables."""

    host: tuple[str, int] = (_NOWHERE, 1)
    variables: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, collected: Mapping[str, Any]) -> Sources:
        """From what the collecting task has gathered."""
        found = {name: (str(file), int(line)) for name, (file, line) in (collected.get("variables") or {}).items()}
        host = collected.get("host") or (_NOWHERE, 1)
        return cls((str(host[0]), int(host[1])), found)


def source_of(sources: Sources, code: str) -> dict[str, Any]:
    """The place for a finding with this code; for an empty code, the host itself."""
    variable = next((name for start, name in _VARIABLES if code.startswith(start)), "")
    file, line = sources.variables.get(variable, sources.host)
    return {"file": file, "line": line}


def collect(host: str, variables: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The places of a host's variables, if Ansible provides them (since 2.19)."""
    file = str(variables.get("inventory_file") or "")
    return {
        "host": [in_repository(file), _line_of(host, file)] if file else None,
        "variables": {name: place for name in names for place in [_origin(variables[name])] if place is not None},
    }


def _origin(value: Any) -> list[Any] | None:
    try:
        from ansible._internal._datatag._tags import Origin
    except ImportError:
        return None
    found = Origin.get_tag(value)
    path, line = getattr(found, "path", None), getattr(found, "line_num", None)
    return [in_repository(str(path)), int(line)] if path and line else None


def _line_of(host: str, file: str) -> int:
    """The first line that begins with the host's name."""
    try:
        lines = Path(file).read_text("utf-8").splitlines()
    except (OSError, UnicodeError):
        return 1
    marks = (f"{host}:", f'"{host}":', f"'{host}':")
    return next(
        (n for n, line in enumerate(lines, 1) if line.lstrip().startswith(marks) or line.split()[:1] == [host]), 1
    )


def in_repository(file: str) -> str:
    """A file's path within its repository: relative to the folder with .git, else to the current one."""
    path = Path(file).absolute()
    root = next((str(folder) for folder in path.parents if (folder / ".git").exists()), os.getcwd())
    relative = os.path.relpath(path, root)
    return str(path) if relative.startswith("..") else Path(relative).as_posix()
