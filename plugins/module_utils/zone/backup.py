# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a write replaced, saved in a file from which ``dns_restore`` restores it."""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
import tempfile
from collections.abc import Mapping
from typing import Any

from ..errors import InvalidInput, NotWritten
from ..libraries import dns
from ..names import record_name, to_text
from .model import RecordSet
from .plan import Change, Plan
from .rdata import from_presentation, rdata_type, to_presentation

FORMAT = "postmaster.mail backup 1"


@dataclasses.dataclass(frozen=True)
class Backup:
    """The changes of one write to one zone."""

    zone: dns.name.Name
    changes: tuple[Change, ...]


def save(plan: Plan, directory: str) -> str:
    """Write what the plan replaces to ``directory``/ZONE.TIME.json, readable only by its owner; returns the path."""
    content = {
        "format": FORMAT,
        "zone": to_text(plan.zone.name),
        "record_sets": [
            {
                "name": to_text(change.record_set.name),
                "type": dns.rdatatype.to_text(change.record_set.rdtype),
                "before": _dump(change.before),
                "after": _dump(change.after),
            }
            for change in plan.changes
        ],
    }
    moment = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")
    path = os.path.join(directory, f"{to_text(plan.zone.name)}.{moment}.json")
    try:
        os.makedirs(directory, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=directory, prefix=".backup-")
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(content, stream, indent=2, ensure_ascii=False)
            stream.write("\n")
        os.replace(temporary, path)
    except OSError as error:
        raise NotWritten(
            f"{plan.zone}: nothing was written, because the backup could not be saved in {directory}: {error.strerror}."
        ) from None
    return path


def load(path: str) -> Backup:
    """Read a file that ``save`` wrote. Raises InvalidInput for any other file."""
    try:
        with open(path, encoding="utf-8") as stream:
            content = json.load(stream)
    except OSError as error:
        raise InvalidInput(f"The backup {path} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise InvalidInput(f"{path} is not a backup of this collection: it is not JSON.") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InvalidInput(f"{path} is not a backup of this collection: it does not say {FORMAT!r}.")
    try:
        changes = tuple(Change(_parse(entry, "before"), _parse(entry, "after")) for entry in content["record_sets"])
        return Backup(record_name(content["zone"]), changes)
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(f"{path} is damaged: {error!r}.") from None


def _dump(record_set: RecordSet | None) -> dict[str, Any] | None:
    if record_set is None:
        return None
    return {"ttl": record_set.ttl, "values": [to_presentation(value) for value in record_set.values]}


def _parse(entry: Mapping[str, Any], moment: str) -> RecordSet | None:
    saved = entry[moment]
    if saved is None:
        return None
    rdtype = rdata_type(entry["type"])
    values = tuple(from_presentation(rdtype, text) for text in saved["values"])
    return RecordSet(record_name(entry["name"]), rdtype, values, saved["ttl"])
