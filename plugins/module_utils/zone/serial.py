# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The serial of a zone, which increases with every change (RFC 1982, RFC 1912 2.2). Pure: no I/O."""

from __future__ import annotations

import datetime


def next_serial(serial: int, today: datetime.date) -> int:
    """The next serial by the arithmetic of RFC 1982; a serial made of date and count keeps that form."""
    if _is_dated(serial):
        dated = int(today.strftime("%Y%m%d")) * 100
        if 0 < (dated - serial) % 2**32 < 2**31:
            return dated
    return (serial + 1) % 2**32 or 1


def _is_dated(serial: int) -> bool:
    """Whether a serial is YYYYMMDDnn (RFC 1912 2.2)."""
    text = str(serial)
    try:
        datetime.date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return False
    return len(text) == 10 and 1980 <= int(text[:4]) < 2100
