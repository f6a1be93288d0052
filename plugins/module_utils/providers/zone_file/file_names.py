# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files of a directory are zones, and of which zone each of them is: their names say it."""

from __future__ import annotations

import os

from ...errors import ProviderError
from ...libraries import dns
from ...names import to_text


def is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return True  # it cannot be looked at: whoever needs the zone of its name is told why


def zone_of_name(file_name: str) -> dns.name.Name | None:
    """The zone that a file's name says: ``<zone>.zone``, ``db.<zone>`` or ``<zone>``; None if it says none."""
    text = (
        file_name[:-5] if file_name.endswith(".zone") else file_name[3:] if file_name.startswith("db.") else file_name
    )
    try:
        zone = dns.name.from_text(text.lower())
    except (dns.exception.DNSException, UnicodeError, ValueError):
        return None
    return zone if len(zone.labels) > 1 else None


def ambiguous(zone: dns.name.Name, paths: list[str]) -> ProviderError | None:
    if len(paths) == 1 or len({os.path.realpath(path) for path in paths}) == 1:
        return None
    return ProviderError(
        f"{' and '.join(paths)} could both be the file of the zone {to_text(zone)}. "
        "Remove what is not in use, or give the right one with file."
    )
