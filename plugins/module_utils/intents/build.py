# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All intents of one domain, from the options of a batch or a check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InvalidInput
from ..names import to_text
from ..zone.intent import Intent
from ..zone.rdata import to_display
from . import dkim, dmarc, mx, record, spf

# The options for one domain in domain_records and domain_info
OPTIONS: dict[str, Any] = {
    "domain": {"type": "str", "required": True},
    "spf": {"type": "dict", "options": spf.OPTIONS},
    "dkim": {"type": "list", "elements": "dict", "options": dkim.OPTIONS},
    "dmarc": {"type": "dict", "options": dmarc.OPTIONS},
    "mx": {"type": "dict", "options": mx.OPTIONS},
    "records": {"type": "list", "elements": "dict", "options": record.OPTIONS},
}


def domain_intents(item: Mapping[str, Any]) -> list[Intent]:
    """The intents of one domain. Raises InvalidInput."""
    domain = item["domain"]
    found: list[Intent] = []
    if item.get("spf") is not None:
        found += spf.intents(domain, item["spf"])
    for selector in item.get("dkim") or []:
        found += dkim.intents(domain, selector)
    if item.get("dmarc") is not None:
        found += dmarc.intents(domain, item["dmarc"])
    if item.get("mx") is not None:
        found += mx.intents(domain, item["mx"])
    for options in item.get("records") or []:
        found += record.intents(options)
    _refuse_twice(found)
    return found


def _refuse_twice(intents: list[Intent]) -> None:
    """Refuse two intents for one selector, CNAME or value: they contradict or repeat each other."""
    seen: set[object] = set()
    for intent in intents:
        if isinstance(intent, dkim.DkimIntent):
            subject: object = intent.name
            what = f"The selector {to_text(intent.name)}"
        elif isinstance(intent, record.RecordIntent):
            subject = intent.subject
            what = f"The record {to_text(intent.name)} {to_display(intent.value)}"
        else:
            continue
        if subject in seen:
            raise InvalidInput(f"{what} is listed twice: list it once.")
        seen.add(subject)
