# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A look at all that any test prints or answers: nothing that a terminal would obey."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

# whatever turns a line around or ends it (UAX 9 and 14)
_BIDI = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
_MARKS = ("\u061c", "\u200e", "\u200f", "\u2028", "\u2029")


def assert_printable(value: Any) -> None:
    """No text of it has a control character, but for the ends of lines."""
    if isinstance(value, str):
        found = [character for character in set(value) if _is_obeyed(character)]
        assert not found, f"{found} in {value[:2000]!r}"
    elif isinstance(value, Mapping):
        assert_printable([*value.keys(), *value.values()])
    elif isinstance(value, (list, tuple)):
        for one in value:
            assert_printable(one)


def _is_obeyed(character: str) -> bool:
    if character == "\n" or (character.isascii() and character.isprintable()):
        return False
    is_control = unicodedata.category(character) in ("Cc", "Cs")
    return is_control or unicodedata.bidirectional(character) in _BIDI or character in _MARKS
