# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of others (DNS, Odoo, a provider, a mailbox) as it may be printed. Pure: no I/O.

A terminal obeys control characters, and shows what follows a bidi control elsewhere than it stands. So both are shown
as Python would write them, and all other text stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# C0, DEL and C1; the bidi controls; what Unicode takes for the end of a line; octets that are no UTF-8 (PEP 383)
_OBEYED = "\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_UNPRINTABLE = re.compile(f"[{_OBEYED}]")
_UNPRINTABLE_IN_LINES = re.compile(f"(?!\n)[{_OBEYED}]")
# What an answer has on several lines, all of them ours
_LINES = frozenset(("after", "before", "diff", "exception", "prepared", "show", "zone_file"))


def printable(text: str) -> str:
    """A sentence or value on one line."""
    return _UNPRINTABLE.sub(_spelled, text)


def printable_lines(text: str) -> str:
    """Lines of ours, which stay lines."""
    return _UNPRINTABLE_IN_LINES.sub(_spelled, text)


def printed(value: Any, lines: bool = False) -> Any:
    """An answer of which every text may be printed."""
    if isinstance(value, str):
        return printable_lines(value) if lines else printable(value)
    if isinstance(value, Mapping):
        return {printed(key): printed(one, key in _LINES) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [printed(one) for one in value]
    return value


def _spelled(match: re.Match[str]) -> str:
    return repr(match.group())[1:-1]
