# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""FROM filters: which senders an outgoing server accepts.

Odoo stores the text as it is and compares its comma-separated parts with the sender's address or domain. It knows no
wildcards or subdomains, and does not report a part that can never match.
"""

from __future__ import annotations

from collections.abc import Sequence

from ... import names
from ...errors import InvalidInput
from .versions import LISTS_SINCE


def filter_part(text: str) -> str:
    """One address or domain in the form that Odoo compares. Raises InvalidInput if it can never match."""
    part = text.strip()
    if not part:
        raise InvalidInput("from_filter has an empty entry, which matches no sender: leave it out.")
    if "," in part or ";" in part or any(character.isspace() for character in part):
        raise InvalidInput(f"from_filter {text!r} matches no sender: give each address or domain as its own entry.")
    if "*" in part:
        raise InvalidInput(
            f"from_filter {text!r} matches no sender, because Odoo has no wildcards: list each domain separately."
        )
    local_part, at_sign, domain = part.rpartition("@")
    if at_sign and not local_part:
        raise InvalidInput(f"from_filter {text!r} matches no sender: write the domain without the at sign, {domain}.")
    if "@" in local_part:
        raise InvalidInput(f"from_filter {text!r} is neither an address nor a domain.")
    host = names.to_text(names.domain_name(domain))
    if not at_sign:
        return host
    # only an ASCII local part is compared without case
    return f"{local_part.lower() if local_part.isascii() else local_part}@{host}"


def filter_text(parts: Sequence[str]) -> str:
    """The parts as one text for Odoo, in the given order without duplicates. Raises InvalidInput."""
    return ",".join(dict.fromkeys(filter_part(part) for part in parts))


def canonical(text: object, version: int) -> frozenset[str]:
    """What a stored filter matches, for comparison; order, case and blanks around commas are ignored.

    Before lists were supported, the whole text is one address or domain, and a blank or comma in it matches nothing.
    """
    if not isinstance(text, str):
        return frozenset()
    if version < LISTS_SINCE:
        return frozenset({text.lower()} if text else ())
    return frozenset(part.strip().lower() for part in text.split(",") if part.strip())


def takes_all(text: object) -> bool:
    """Whether a stored filter is empty. Blanks or commas alone are not: they match no sender."""
    return not text
