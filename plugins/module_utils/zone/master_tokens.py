# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entries of a master file and their tokens, with their places in the text (RFC 1035 5.1). Pure: no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?P<blank>[ \t]+)
      | (?P<eol>\r*\n)
      | (?P<comment>;[^\r\n]*)
      | (?P<open>\()
      | (?P<close>\))
      | (?P<quoted>"(?:[^"\\\r\n\0]|\\[^\r\n\0])*")
      | (?P<word>(?:[^ \t\r\n;()"\\\0]|\\[^\r\n\0])+)""",
    re.VERBOSE,
)
_BYTE_ORDER_MARK = "\xef\xbb\xbf"  # some editors put it before UTF-8
_HIGH_OR_ESCAPE = re.compile(r"\\[\s\S]|[\x80-\xff]")


class Token(NamedTuple):
    """A piece of an entry: ``word``, ``quoted``, ``open`` or ``close``."""

    kind: str
    text: str  # as spelled, with its quotes
    start: int
    end: int
    line: int
    depth: int  # parentheses open before it


class Problem(Exception):
    """What is wrong, and at which line."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def ascii_text(text: str) -> str:
    """The same tokens with every octet above 127 as ``\\DDD`` (RFC 1035 5.1), which all readers read alike."""

    def escape(match: re.Match[str]) -> str:
        last = match.group()[-1]
        return f"\\{ord(last):03d}" if ord(last) > 127 else match.group()

    return text if text.isascii() else _HIGH_OR_ESCAPE.sub(escape, text)


def entries(text: str) -> Iterator[tuple[int, int, list[Token]]]:
    """The entries of a file, without empty ones: the start and end of their lines, and their tokens."""
    position = start = len(_BYTE_ORDER_MARK) if text.startswith(_BYTE_ORDER_MARK) else 0
    line, depth = 1, 0
    opened = 0
    tokens: list[Token] = []
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise Problem(line, _not_a_token(text, position))
        kind, position = str(match.lastgroup), match.end()
        if kind == "eol":
            line += 1
            if not depth:
                if tokens:
                    yield start, position, tokens
                start, tokens = position, []
        elif kind in ("open", "close", "word", "quoted"):
            tokens.append(Token(kind, match.group(), match.start(), position, line, depth))
            if kind == "open":
                depth, opened = depth + 1, opened if depth else line
            elif kind == "close":
                depth -= 1
                if depth < 0:
                    raise Problem(line, "a closing parenthesis that nothing opened")
    if depth:
        raise Problem(opened, "an opening parenthesis that nothing closes")
    if tokens:
        yield start, len(text), tokens


def _not_a_token(text: str, position: int) -> str:
    character = text[position]
    if character == '"':
        return "a quoted string that is not closed on its line"
    if character == "\\":
        return "a backslash at the end of a line"
    if character == "\r":
        return "a carriage return within a line"
    return "an octet 0, so this is not text (BIND's raw format is not supported)"
