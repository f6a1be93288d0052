# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find companies by name, which Odoo does not keep unique. No I/O."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from ...errors import Conflict, InvalidInput
from .planned_change import named

# suggestions for thousands of wrong names would take minutes
_MOST_SUGGESTIONS = 20


class Companies:
    def __init__(self, records: Iterable[Mapping[str, Any]]) -> None:
        self.records = list(records)
        self.names = {company["id"]: company["name"] for company in self.records}
        self._by_name: dict[str, list[Mapping[str, Any]]] = {}
        for company in self.records:
            self._by_name.setdefault(company["name"].strip(), []).append(company)
        self._suggestions = 0

    def find(self, text: str) -> int:
        """The id of a company; an archived one only if no active one has the name. Raises Conflict or InvalidInput."""
        found = self._by_name.get(text.strip(), [])
        found = [company for company in found if company["active"]] or found
        if len(found) == 1:
            return int(found[0]["id"])
        if found:
            ids = ", ".join(str(company["id"]) for company in found)
            raise Conflict(f"Odoo has several companies {text!r}, with the ids {ids}: rename all but one.")
        raise InvalidInput(f"Odoo has no company {text!r}{self._near(text)}")

    def _near(self, text: str) -> str:
        self._suggestions += 1
        if self._suggestions > _MOST_SUGGESTIONS:
            return "."
        by_folded = {name.casefold(): name for name in self._by_name}
        near = [by_folded[key] for key in difflib.get_close_matches(text.strip().casefold(), by_folded, n=3)]
        if near:
            return f": did you mean {' or '.join(near)}?"
        return f": its companies are {named(sorted(self._by_name))}."
