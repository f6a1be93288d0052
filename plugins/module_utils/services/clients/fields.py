# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Type-checked access to the answers of sending services. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...errors import InvalidInput, not_the_api


class Fields:
    """A JSON object, read member by member. ``where``: its sender, for messages.

    An absent or null member is empty. One of another type than documented raises ProviderError, because converting it
    could be wrong: a word such as ``"false"`` would count as true.
    """

    def __init__(self, content: object, where: str) -> None:
        if not isinstance(content, dict):
            raise not_the_api(where)
        self.content: dict[str, Any] = content
        self._where = where

    def __contains__(self, name: str) -> bool:
        return name in self.content

    def text(self, name: str) -> str:
        return str(self._one(name, str) or "")

    def key(self, name: str) -> str:
        """A required name or number that identifies something."""
        value = self._one(name, (str, int))
        if value is None or value == "" or isinstance(value, bool):
            raise not_the_api(self._where)
        return str(value)

    def flag(self, name: str, absent: bool = False) -> bool:
        value = self._one(name, bool)
        return absent if value is None else bool(value)

    def number(self, name: str) -> float | None:
        value = self._one(name, (int, float))
        if isinstance(value, bool):
            raise not_the_api(self._where)
        return None if value is None else float(value)

    def whole(self, name: str) -> int:
        """A required number, which some services write as text."""
        text = self.key(name)
        if not (text.isascii() and text.isdigit()):
            raise not_the_api(self._where)
        return int(text)

    def part(self, name: str) -> Fields:
        return Fields(self._one(name, dict) or {}, self._where)

    def parts(self, name: str) -> list[Fields]:
        return [Fields(item, self._where) for item in self._one(name, list) or ()]

    def listed(self, name: str) -> list[Fields]:
        """The items of a required listing."""
        if self.content.get(name) is None:
            raise not_the_api(self._where)
        return self.parts(name)

    def texts(self, name: str) -> list[str]:
        values = self._one(name, list) or []
        if not all(isinstance(value, str) and value for value in values):
            raise not_the_api(self._where)
        return values

    def objects(self) -> Iterator[tuple[str, Fields]]:
        """The members that are objects themselves."""
        for name, value in self.content.items():
            if isinstance(value, dict):
                yield name, Fields(value, self._where)

    def _one(self, name: str, kind: type | tuple[type, ...]) -> Any:
        value = self.content.get(name)
        if value is not None and not isinstance(value, kind):
            raise not_the_api(self._where)
        return value


def absolute(name: str, origin: str, registered: str, domain: str) -> str:
    """A name from an API, made absolute without the final dot.

    ``origin``: the base of relative names; ``@`` and an empty name mean the origin itself. A name that ends in the
    registered domain or its organisational ``domain`` counts as absolute.

    Raises InvalidInput for a name in neither, which must not be published.
    """
    text = name.strip().rstrip(".").lower()
    own = tuple(dict.fromkeys((registered, domain)))
    if text in ("", "@"):
        text = origin
    elif not any(text == one or text.endswith(f".{one}") for one in own):
        if name.strip().endswith("."):
            raise InvalidInput(f"The service asks for a record at {text}, which is not in {registered}: not published.")
        text = f"{text}.{origin}"
    if not any(text == one or text.endswith(f".{one}") for one in own):
        raise InvalidInput(f"The service asks for a record at {text}, which is not in {registered}: not published.")
    return text
