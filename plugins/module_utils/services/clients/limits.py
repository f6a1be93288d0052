# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sending limits of an account at a service. Pure: no I/O."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Limits:
    """What the account may send. None: unknown, or not asked. ``login``: its SMTP user name."""

    per_day: float | None = None
    per_second: float | None = None
    sent: float | None = None
    sandbox: bool | None = None
    login: str = ""
    notes: tuple[str, ...] = ()  # such as: "the account is under review"
