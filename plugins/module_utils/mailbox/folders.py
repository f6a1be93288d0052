# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folders of a mailbox: their encoded names, and which of them is for junk. Pure: no I/O."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from typing import Union

# LIST (\HasNoChildren \Junk) "/" "Junk E-mail"
_LISTED = re.compile(rb'\((?P<flags>[^)]*)\) (?:"(?P<delimiter>(?:[^"\\]|\\.)*)"|NIL) (?P<name>.+)\Z', re.DOTALL)
_LITERAL = re.compile(rb"\{[0-9]+\}\Z")
_PLAIN = re.compile(r"[\x20-\x25\x27-\x7e]+|&|[^\x20-\x7e]+")
_SHIFTED = re.compile(rb"&([^-]*)-")
# Common names of the junk folder, for servers that do not mark it
_JUNK = frozenset((b"junk", b"spam", b"junk e-mail", b"junk email", b"junk mail", b"bulk mail", b"bulk"))

Row = Union[bytes, "tuple[bytes, ...]", None]  # of a LIST reply, from imaplib; a tuple ends in a literal


def to_wire(name: str) -> bytes:
    """Encode a name in modified UTF-7 (RFC 3501 5.1.3): ``Entw&APw-rfe``."""
    return b"".join(_part_to_wire(part) for part in _PLAIN.findall(name))


def from_wire(name: bytes) -> str:
    """Decode a name; anything that is not modified UTF-7 stays as it is."""
    try:
        return _SHIFTED.sub(_shifted_to_utf8, name).decode("utf-8")
    except (binascii.Error, UnicodeError):
        return name.decode("utf-8", "replace")


def quoted(text: bytes) -> bytes:
    """A quoted string (RFC 3501 4.3). ``text`` must not contain a line break."""
    return b'"' + re.sub(rb'([\\"])', rb"\\\1", text) + b'"'


def junk_folders(rows: Iterable[Row]) -> list[bytes]:
    """The encoded names of the folders that the server marks as junk (RFC 6154), else of those with such a name."""
    named, called = [], []
    for row in rows:
        whole, literal = (b" ".join(row[:-1]), row[-1]) if isinstance(row, tuple) else (row or b"", None)
        found = _LISTED.match(whole)
        if found is None:
            continue
        flags = found["flags"].lower().split()
        name = _unquoted(found["name"]) if literal is None or not _LITERAL.search(whole) else literal
        if b"\\noselect" in flags or b"\\nonexistent" in flags:
            continue
        if b"\\junk" in flags:
            named.append(name)
        elif _last(name, found["delimiter"]).lower() in _JUNK:
            called.append(name)
    return named or called


def _last(name: bytes, delimiter: bytes | None) -> bytes:
    """``Junk`` for ``INBOX.Junk``."""
    return name.rpartition(_unescaped(delimiter))[2] if delimiter else name


def _part_to_wire(part: str) -> bytes:
    if part == "&":
        return b"&-"
    if part.isascii() and part.isprintable():
        return part.encode("ascii")
    octets = base64.b64encode(part.encode("utf-16-be", "surrogatepass"))
    return b"&" + octets.rstrip(b"=").replace(b"/", b",") + b"-"


def _shifted_to_utf8(found: re.Match[bytes]) -> bytes:
    text = found.group(1)
    if not text:
        return b"&"
    octets = base64.b64decode(text.replace(b",", b"/") + b"=" * (-len(text) % 4), validate=True)
    return octets.decode("utf-16-be").encode()


def _unquoted(name: bytes) -> bytes:
    name = name.strip()
    return _unescaped(name[1:-1]) if len(name) > 1 and name.startswith(b'"') and name.endswith(b'"') else name


def _unescaped(text: bytes) -> bytes:
    return re.sub(rb"\\(.)", rb"\1", text, flags=re.DOTALL)
