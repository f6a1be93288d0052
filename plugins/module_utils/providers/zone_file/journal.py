# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether BIND writes a zone file itself, as it does for a zone with dynamic updates.

A journal beside the file does not prove it: a zone with inline signing or ``ixfr-from-differences`` also gets one once
its file was edited.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Mapping

from . import local_file

_HEADER = struct.Struct(">16sIIII")  # lib/dns/journal.c: format, then serial and offset of its beginning and end
_MAGIC = b";BIND LOG V9"
# The beginning of a file written by BIND, in its usual style or with ``masterfile-style full``
_WRITTEN_BY_BIND = re.compile(rb"\$ORIGIN \.\n\$TTL |\S+\.\s+\d+\s+IN\s+SOA\s")


def refusal(
    path: str, content: bytes, serial: int, reload: str | None, values: Mapping[str, str], writes: bool = False
) -> str:
    """Why a file must not be edited, as a sentence; empty if it may.

    BIND is asked if ``reload`` shows how; otherwise the journal and the file are examined. Without a journal there were
    no updates yet: then BIND is only asked before a write, because it would not read the file again.
    """
    beside = (f"{path}.jnl", f"{os.path.realpath(path)}.jnl")
    journal = next((each for each in beside if os.path.exists(each)), None)
    if journal is None and not writes:
        return ""
    said = _asked(reload, os.path.dirname(path), values)
    if said == "no" or (journal is None and not said):
        return ""
    if journal is None:
        return (
            f'{path} belongs to a dynamic zone (rndc zonestatus says "dynamic: yes"): BIND does not read its file '
            "again. Change this zone with provider: rfc2136."
        )
    dynamic = 'rndc zonestatus says "dynamic: yes"' if said else _evidence(journal, content, serial)
    if not dynamic:
        return ""
    unsure = (
        ""
        if said
        else " If it takes no updates, set reload: rndc reload {zone}, so that BIND can be asked (rndc zonestatus)."
    )
    return (
        f"{path} belongs to a dynamic zone ({dynamic}): BIND keeps its changes in {journal} and would overwrite the "
        f"file. Change this zone with provider: rfc2136.{unsure}"
    )


def _asked(reload: str | None, directory: str, values: Mapping[str, str]) -> str:
    """The value of ``dynamic`` in ``rndc zonestatus``: yes, no, or empty if BIND cannot be asked."""
    words = local_file.command(reload, "reload", values) if reload else []
    if not any(os.path.basename(word) == "rndc" for word in words) or "reload" not in words:
        return ""
    index = words.index("reload")
    # the arguments that follow are the zone, its class and its view
    output = local_file.output([*words[:index], "zonestatus", *(words[index + 1 :] or [values["zone"]])], directory)
    found = re.search(r"^dynamic: (yes|no)$", output, re.MULTILINE)
    return found[1] if found else ""


def _evidence(journal: str, content: bytes, serial: int) -> str:
    """The evidence that BIND made changes itself; empty if there is none."""
    try:
        with open(journal, "rb") as file:
            header = file.read(_HEADER.size)
    except OSError as error:
        return f"{journal} cannot be read: {error.strerror}"
    if len(header) < _HEADER.size or not header.startswith(_MAGIC):
        return f"what {journal} holds is not understood"
    end = _HEADER.unpack(header)[3]
    if 0 < (end - serial) % 2**32 < 2**31:
        return f"the journal goes up to the serial {end}, the file to {serial}"
    return "BIND has written the file itself" if _WRITTEN_BY_BIND.match(content) else ""
