# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Odoo normalises alias names, reproduced so that a second run changes nothing."""

from __future__ import annotations

import re
import unicodedata


def clean_alias(text: str) -> str:
    """A local part as Odoo stores it: ``Hello World`` becomes ``hello-world``, ``x@y.example`` becomes ``x``."""
    return _clean_local_part(text)


def clean_default_from(text: str) -> str:
    """The default sender as Odoo stores it: like an alias, but a domain after an at sign is kept."""
    domain = text.strip().lower().partition("@")[2]
    local_part = _clean_local_part(text)
    return f"{local_part}@{domain}" if local_part and domain else local_part


def _clean_local_part(text: str) -> str:
    bare = text.strip()
    decomposed = unicodedata.normalize("NFKD", bare)
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    bare = bare.lower().partition("@")[0]
    bare = re.sub(r"^\.+|\.+$|\.+(?=\.)", "", bare)
    bare = re.sub(r"[^\w!#$%&'*+\-/=?^_`{|}~.]+", "-", bare)
    bare = bare.encode("ascii", errors="replace").decode("ascii")
    return bare if bare.strip() else ""
