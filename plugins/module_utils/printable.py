# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of others (DNS, Odoo, a provider, a mailbox) as it may be printed. Pure: no I/O.

A terminal obeys control characters, and shows what follows a bidi control elsewhere than it stands. So both are shown
as Python would write them, and all other text stays as it is.
"""

from __future__ import annotations

import base64
import json
import re
import urllib.parse
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


def spellings(secret: str) -> set[str]:
    """How a secret may come back from others: as it is, and as URLs, base64 and JSON spell it."""
    octets = secret.encode("utf-8", "surrogateescape")
    encoded = [encode(octets).decode() for encode in (base64.b64encode, base64.urlsafe_b64encode)]
    in_json = [json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]]
    return {
        secret,
        *(urllib.parse.quote(octets, safe) for safe in ("", "/")),
        urllib.parse.quote_plus(octets),
        *in_json,
        *(text.replace("/", "\\/") for text in in_json),
        *encoded,
        *(text.rstrip("=") for text in encoded),
    }


def _spelled(match: re.Match[str]) -> str:
    return repr(match.group())[1:-1]
