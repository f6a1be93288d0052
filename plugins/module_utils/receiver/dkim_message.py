# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A message as octets: header fields and body (RFC 5322 2), and DKIM's canonical forms (RFC 6376 3.4)."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..errors import InvalidInput

# RFC 5322 2.2: visible characters except the colon; the obsolete syntax (4.5) allows blanks before the colon
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
_LINE_END = re.compile(rb"\r?\n")
_BLANKS = re.compile(rb"[ \t]+")
_FOLD = re.compile(rb"\r\n(?=[ \t])")

SIMPLE, RELAXED = "simple", "relaxed"


class Field(NamedTuple):
    """A header field: its name as written, and all its octets including the line end."""

    name: str
    raw: bytes

    @property
    def value(self) -> bytes:
        """The text after the colon, unfolded (2.2.3)."""
        return _FOLD.sub(b"", self.raw.partition(b":")[2]).strip(b" \t\r\n")


class Message(NamedTuple):
    """The fields from the top down, and the body; every line ends in CR LF."""

    fields: tuple[Field, ...]
    body: bytes

    def named(self, name: str) -> tuple[Field, ...]:
        return tuple(field for field in self.fields if field.name.lower() == name.lower())


def read(octets: bytes) -> Message:
    """Parse a message whose lines end in CR LF or LF.

    A leading "From " line of a mailbox file is skipped. Raises InvalidInput if there is no header at the start.
    """
    whole = _LINE_END.sub(b"\r\n", octets)
    if whole.startswith(b"From "):
        whole = whole.partition(b"\r\n")[2]
    if whole.startswith(b"\r\n"):
        head, body = b"", whole[2:]
    else:
        head, dummy, body = whole.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n") if head else []
    fields: list[list[bytes]] = []
    for number, line in enumerate(lines, start=1):
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1].append(line)
        elif _FIELD.match(line):
            fields.append([line])
        elif line or number < len(lines):
            raise InvalidInput(
                f"This is not an email message: line {number} of its header is not a header field (RFC 5322)."
            )
    return Message(tuple(_field(parts) for parts in fields), body)


def canonical_field(field: bytes, form: str) -> bytes:
    """One header field with its line end (3.4.1, 3.4.2)."""
    if form == SIMPLE:
        return field
    name, dummy, value = field.partition(b":")
    value = _BLANKS.sub(b" ", _FOLD.sub(b"", value).rstrip(b"\r\n"))
    return name.rstrip(b" \t").lower() + b":" + value.strip(b" ") + b"\r\n"


def canonical_body(body: bytes, form: str) -> bytes:
    """The body without empty lines at its end (3.4.3, 3.4.4)."""
    if form == RELAXED:
        body = body if body.endswith(b"\r\n") or not body else body + b"\r\n"
        body = _BLANKS.sub(b" ", body).replace(b" \r\n", b"\r\n")
    stripped = _without_empty_lines(body)
    if not stripped:
        return b"" if form == RELAXED else b"\r\n"
    return stripped + b"\r\n"


def _field(lines: list[bytes]) -> Field:
    found = _FIELD.match(lines[0])
    name = found.group(1).decode("ascii") if found else ""
    return Field(name, b"\r\n".join(lines) + b"\r\n")


def _without_empty_lines(body: bytes) -> bytes:
    """Remove the line ends at the end; a lone CR there is not a line end."""
    end = len(body)
    while body.endswith(b"\r\n", 0, end):
        end -= 2
    return body[:end]
