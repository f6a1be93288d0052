# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a receiver wrote into the Authentication-Results fields of a message (RFC 8601). Pure: no I/O.

Anybody can write such a field, so only those with the receiver's own authserv-id can be trusted (5).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator

from .dkim_message import Message, read

_MOST_FIELDS = 50
_MOST_OCTETS = 20000  # in one field
# 2.2 and RFC 2045 5.1: a value is a token or a quoted string; a property's value may also be an address
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s;=()"]+)|([;=])', re.DOTALL)
_VALUE_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s;()"]+)|([;])', re.DOTALL)
_METHOD = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)(?:/([0-9]+))?\Z")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class MethodResult:
    """One result, as ``dkim=pass header.d=company-name.com``.

    method and result in lower case. reason: as the receiver gave it. properties: ``{"header.d": "company-name.com"}``;
    if one occurs twice, the first.
    """

    method: str
    result: str
    reason: str = ""
    properties: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class AuthenticationResults:
    """One field. authserv_id: the receiver that wrote it. results: empty if the receiver checked nothing."""

    authserv_id: str
    results: tuple[MethodResult, ...] = ()

    def of(self, method: str) -> tuple[MethodResult, ...]:
        return tuple(result for result in self.results if result.method == method)


def authentication_results(message: bytes | Message, trusted: str | None = None) -> tuple[AuthenticationResults, ...]:
    """The fields of a message from the top down, so the last receiver's come first.

    trusted: the authserv-id of the receiver, compared without case; None returns all fields. Fields with invalid syntax
    are left out. Raises InvalidInput for octets that are no message.
    """
    whole = read(message) if isinstance(message, bytes) else message
    found = []
    for field in whole.named("Authentication-Results")[:_MOST_FIELDS]:
        results = parse(field.value.decode("utf-8", "replace"))
        if results is not None and (trusted is None or results.authserv_id.lower() == trusted.strip().lower()):
            found.append(results)
    return tuple(found)


def parse(value: str) -> AuthenticationResults | None:
    """Parse the value of one field (2.2); None if invalid."""
    parts = list(_parts(_tokens(_without_comments(value[:_MOST_OCTETS]))))
    if not parts or not parts[0] or parts[0][0] == "=":
        return None
    authserv_id, version = parts[0][0], parts[0][1:]
    if version and version != ["1"]:
        return None
    results = (_method_result(part) for part in parts[1:])
    return AuthenticationResults(authserv_id, tuple(result for result in results if result is not None))


def _method_result(tokens: list[str]) -> MethodResult | None:
    """method "=" result [reason "=" value] *(ptype "." property "=" value)."""
    if "=" in tokens:  # blanks may surround the slash of a version
        end = tokens.index("=")
        tokens = ["".join(tokens[:end]), *tokens[end:]]
    pairs = list(_pairs(tokens))
    if not pairs:
        return None  # also for "none", which means that nothing was checked
    (method, result), rest = pairs[0], pairs[1:]
    found = _METHOD.match(method)
    if found is None or not result:
        return None
    reason = next((text for name, text in rest if name.lower() == "reason"), "")
    properties: dict[str, str] = {}
    for name, text in rest:
        if "." in name:
            properties.setdefault(name.lower(), text)
    return MethodResult(found.group(1).lower(), result.lower(), reason, properties)


def _pairs(tokens: list[str]) -> Iterator[tuple[str, str]]:
    for index, token in enumerate(tokens):
        if token == "=" and 0 < index < len(tokens) - 1:
            yield tokens[index - 1], tokens[index + 1]


def _parts(tokens: Iterable[str]) -> Iterator[list[str]]:
    """The tokens between semicolons."""
    part: list[str] = []
    for token in tokens:
        if token == ";":
            yield part
            part = []
        else:
            part.append(token)
    yield part


def _tokens(text: str) -> Iterator[str]:
    """An unquoted value may contain equals signs, as the base64 of header.b does."""
    place, last = 0, ""
    while True:
        found = (_VALUE_TOKEN if last == "=" else _TOKEN).search(text, place)
        if found is None:
            return
        quoted, plain, sign = found.groups()
        last = _ESCAPED.sub(r"\1", quoted) if quoted is not None else plain or sign
        yield last
        place = found.end()


def _without_comments(text: str) -> str:
    """Replace comments in parentheses, which may nest, by a blank (RFC 5322 3.2.2)."""
    kept: list[str] = []
    depth, quoted, escaped = 0, False, False
    for character in text:
        if escaped:
            escaped = False
            if not depth:
                kept.append(character)
            continue
        if character == "\\" and (quoted or depth):
            escaped = True
        elif character == '"' and not depth:
            quoted = not quoted
        elif character == "(" and not quoted:
            depth += 1
        elif character == ")" and depth:
            depth -= 1
            kept.append(" ")
            continue
        if not depth:
            kept.append(character)
    return "".join(kept)
