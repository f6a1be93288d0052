# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which zones the files of a directory contain, judged by their names."""

from __future__ import annotations

import os

from ...errors import ProviderError
from ...libraries import dns
from ...names import to_text


def zones_in(directory: str) -> dict[dns.name.Name, list[str]]:
    """The files that may be zones, by the zone that their names indicate."""
    try:
        entries = sorted(entry.name for entry in os.scandir(directory) if _is_file(entry))
    except OSError as error:
        raise ProviderError(
            f"the directory of zone files {directory} cannot be read: {error.strerror}. "
            "Check its path and its permissions."
        ) from None
    files: dict[dns.name.Name, list[str]] = {}
    for entry in entries:
        zone = zone_of_name(entry)
        if zone is not None:
            files.setdefault(zone, []).append(os.path.join(directory, entry))
    return files


def zone_of_name(file_name: str) -> dns.name.Name | None:
    """The zone indicated by a file's name: ``<zone>.zone``, ``db.<zone>`` or ``<zone>``; None if there is none."""
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
        "Remove the one that is not in use, or set file to the right one."
    )


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return True  # it cannot be read, which is reported if the zone of its name is needed
