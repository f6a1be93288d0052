# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make text from others (DNS, Odoo, a provider, a mailbox) printable. Pure: no I/O.

A terminal obeys control characters, and a bidi control moves the text that follows it. Both are shown as Python
escapes; all other text stays as it is.
"""

from __future__ import annotations

import base64
import json
import re
import urllib.parse
from collections.abc import Mapping
from typing import Any

# C0, DEL and C1; the bidi controls; Unicode's line ends; octets that are not UTF-8 (PEP 383)
_OBEYED = "\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_UNPRINTABLE = re.compile(f"[{_OBEYED}]")
_UNPRINTABLE_IN_LINES = re.compile(f"(?!\n)[{_OBEYED}]")
# Keys whose values have several lines, all of them ours
_LINES = frozenset(("after", "before", "diff", "exception", "prepared", "show", "zone_file"))


def printable(text: str) -> str:
    """A sentence or value on one line."""
    return _UNPRINTABLE.sub(_spelled, text)


def printable_lines(text: str) -> str:
    """Text of ours that keeps its line breaks."""
    return _UNPRINTABLE_IN_LINES.sub(_spelled, text)


def printed(value: Any, lines: bool = False) -> Any:
    """A copy of a result in which every text is printable."""
    if isinstance(value, str):
        return printable_lines(value) if lines else printable(value)
    if isinstance(value, Mapping):
        return {printed(key): printed(one, key in _LINES) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [printed(one) for one in value]
    return value


def spellings(secret: str) -> set[str]:
    """A secret as others may echo it: as it is, or encoded for URLs, base64 and JSON."""
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
