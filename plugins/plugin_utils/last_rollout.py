# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record when a rollout last changed an Odoo database, so that a cached company list can tell that it is outdated."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Mapping
from typing import Any

from ansible import constants


def note(connection: Mapping[str, Any]) -> None:
    """Record a change of a database now. If that fails, only the warning is lost."""
    path = _path(connection)
    with contextlib.suppress(OSError):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8"):
            os.utime(path)


def when(connection: Mapping[str, Any]) -> float:
    """The time of the last rollout from here that changed it; 0 if none did."""
    try:
        return os.path.getmtime(_path(connection))
    except OSError:
        return 0.0


def _path(connection: Mapping[str, Any]) -> str:
    which = "\0".join(str(connection.get(part) or "").rstrip("/") for part in ("url", "database"))
    home = str(constants.config.get_config_value("ANSIBLE_HOME"))
    return os.path.join(home, "postmaster.mail", "rollouts", hashlib.sha256(which.encode()).hexdigest()[:24])
