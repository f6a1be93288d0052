# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads master files (RFC 1035 5, RFC 2308 4). Where servers differ from the RFCs or from each other, as BIND does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput, ProviderError
from ansible_collections.postmaster.mail.plugins.module_utils.libraries import dns
from ansible_collections.postmaster.mail.plugins.module_utils.zone.master_file import (
    DefaultTtl,
    FileRecord,
    Item,
    MasterFile,
    Source,
    TtlState,
)
from ansible_collections.postmaster.mail.plugins.module_utils.zone.master_tokens import (
    Problem,
    Token,
    ascii_text,
    entries,
)
from ansible_collections.postmaster.mail.plugins.module_utils.zone.rdata import canonical, rdata_type

MAX_TTL = 2147483647  # RFC 2181 8
_INCLUDE_DEPTH = 10
_GENERATE_STEPS = 65536
_TTL = re.compile(r"\d+|(?:\d+[wdhms])+", re.IGNORECASE)
_CLASSES = ("IN", "CH", "CHAOS", "HS", "HESIOD", "CLASS1", "CLASS3", "CLASS4")
_RANGE = re.compile(r"(\d+)-(\d+)(?:/(\d+))?")


def read(text: str, path: str, origin: dns.name.Name | None, include: Callable[[str], tuple[str, str]]) -> MasterFile:
    """Read a master file. ``origin`` holds before the first $ORIGIN; the owner of the SOA record is the zone.

    ``include`` gives (path, text) for the file name of a $INCLUDE, or raises ProviderError. Raises ProviderError with
    ``file:line: reason`` for a file that a name server would not load, or that cannot be understood.
    """
    reader = _Reader(include)
    reader.read(Source(path, text, 0), origin)
    soas = [item for item in reader.items if isinstance(item, FileRecord) and item.rdtype == dns.rdatatype.SOA]
    if not soas:
        raise ProviderError(f"{path} has no SOA record, so it is not the file of a whole zone.")
    if len(soas) > 1:
        raise ProviderError(f"{soas[1].source.path}:{soas[1].line}: a second SOA record; a zone has one.")
    return MasterFile(soas[0].name, tuple(reader.sources), tuple(reader.items), soas[0])


class _Reader:
    def __init__(self, include: Callable[[str], tuple[str, str]]) -> None:
        self._include = include
        self._ttl = TtlState()
        self._open: list[str] = []
        self.sources: list[Source] = []
        self.items: list[Item] = []

    def read(self, source: Source, origin: dns.name.Name | None) -> None:
        self.sources.append(source)
        self._open.append(source.path)
        owner: dns.name.Name | None = None
        try:
            for start, end, tokens in entries(source.text):
                first = tokens[0]
                if first.start == start and first.kind == "word" and first.text.startswith("$"):
                    origin = self._directive(source, first.line, tokens, origin)
                else:
                    owner = self._record(source, start, end, tokens, origin, owner)
        except Problem as problem:
            raise ProviderError(f"{source.path}:{problem.line}: {problem}.") from None
        self._open.pop()

    def _directive(
        self, source: Source, line: int, tokens: list[Token], origin: dns.name.Name | None
    ) -> dns.name.Name | None:
        """Carry out a directive; gives the origin that holds after it."""
        words = [token for token in tokens if token.kind in ("word", "quoted")]
        directive, arguments = words[0].text.upper(), words[1:]
        if directive == "$TTL" and len(arguments) == 1:
            self._ttl.default = _seconds(arguments[0])
            self.items.append(DefaultTtl(self._ttl.default))
        elif directive == "$ORIGIN" and len(arguments) == 1:
            return _name(arguments[0], origin)
        elif directive == "$INCLUDE" and len(arguments) in (1, 2):
            self._read_included(line, arguments, origin)
        elif directive == "$GENERATE" and len(arguments) >= 4:
            self._generate(source, words, origin)
        elif directive in ("$TTL", "$ORIGIN", "$INCLUDE", "$GENERATE"):
            raise Problem(line, f"{directive} with {len(arguments)} arguments")
        else:
            raise Problem(line, f"{words[0].text} is not a directive of master files")
        return origin

    def _read_included(self, line: int, arguments: list[Token], origin: dns.name.Name | None) -> None:
        name = arguments[0].text.strip('"')
        try:
            path, text = self._include(name)
        except ProviderError as error:
            raise Problem(line, f"$INCLUDE {name}: {error}".rstrip(".")) from None
        if path in self._open or len(self._open) > _INCLUDE_DEPTH:
            raise Problem(line, f"$INCLUDE {name} goes round in a circle")
        included = Source(path, text, len(self.sources))
        self.read(included, _name(arguments[1], origin) if len(arguments) == 2 else origin)

    def _generate(self, source: Source, words: list[Token], origin: dns.name.Name | None) -> None:
        from dns.zone import from_text

        line = words[0].line
        steps = _RANGE.fullmatch(words[1].text)
        if steps is None or int(steps[2]) < int(steps[1]) or int(steps[2]) - int(steps[1]) > _GENERATE_STEPS:
            raise Problem(line, f"{words[1].text} is not a range for $GENERATE")
        stated = next((word for word in words[3:5] if _TTL.fullmatch(word.text)), None)
        ttl = _seconds(stated) if stated else self._ttl.inherited
        if ttl is None or origin is None:
            raise Problem(line, "$GENERATE before any TTL or $ORIGIN")
        statement = ascii_text(" ".join(word.text for word in words))
        try:
            made = from_text(
                f"$TTL {ttl}\n$ORIGIN {origin.to_text()}\n{statement}\n",
                origin=dns.name.root,
                relativize=False,
                check_origin=False,
            )
        except (dns.exception.DNSException, ValueError) as error:
            raise Problem(line, f"$GENERATE: {_reason(error)}") from None
        if stated:
            self._ttl.last = ttl
        for name, dummy, value in made.iterate_rdatas():
            self.items.append(
                FileRecord(
                    source=source, start=words[0].start, end=words[-1].end, line=line, name=name,
                    rdtype=value.rdtype, value=canonical(value), ttl=ttl, origin=origin, owner=words[2],
                    ttl_token=stated, class_token=None, type_token=words[3], data=(), generated=True,
                )
            )  # fmt: skip

    def _record(
        self,
        source: Source,
        start: int,
        end: int,
        tokens: list[Token],
        origin: dns.name.Name | None,
        owner: dns.name.Name | None,
    ) -> dns.name.Name:
        """Read one resource record; gives its owner."""
        words = [token for token in tokens if token.kind in ("word", "quoted")]
        line = tokens[0].line
        if not words:
            raise Problem(line, "parentheses without a record")
        stated = None if source.text[start] in " \t" else words.pop(0)
        name = owner if stated is None else _name(stated, origin)
        if name is None:
            raise Problem(line, "a record without an owner name, and none before it in this file")
        ttl_token, class_token, words = _ttl_and_class(words)
        if not words:
            raise Problem(line, "a record without a type")
        rdtype = _rdtype(words[0])
        value = _value(rdtype, words[1:], origin, line)
        if ttl_token is not None:
            ttl = self._ttl.last = _seconds(ttl_token)
        else:
            self._ttl.see(rdtype, value)
            inherited = self._ttl.inherited
            if inherited is None:
                raise Problem(line, "no TTL: neither here, nor before, nor by $TTL")
            ttl = inherited
        data = tuple(token for token in tokens if token.start > words[0].start)
        self.items.append(
            FileRecord(
                source, start, end, line, name, rdtype, value, ttl, origin,
                stated, ttl_token, class_token, words[0], data,
            )
        )  # fmt: skip
        return name


def _ttl_and_class(words: list[Token]) -> tuple[Token | None, Token | None, list[Token]]:
    """The TTL and the class, in either order, each at most once, and the words after them."""
    ttl: Token | None = None
    rdclass: Token | None = None
    for index, word in enumerate(words):
        if ttl is None and word.kind == "word" and _TTL.fullmatch(word.text):
            ttl = word
        elif rdclass is None and word.text.upper() in _CLASSES:
            if word.text.upper() not in ("IN", "CLASS1"):
                raise Problem(word.line, f"a record of class {word.text}; only IN is supported")
            rdclass = word
        else:
            return ttl, rdclass, words[index:]
    return ttl, rdclass, []


def _seconds(token: Token) -> int:
    if not _TTL.fullmatch(token.text):
        raise Problem(token.line, f"{token.text} is not a TTL")
    try:
        seconds = int(dns.ttl.from_text(token.text))
    except dns.exception.DNSException:
        seconds = MAX_TTL + 1
    if seconds > MAX_TTL:
        raise Problem(token.line, f"a TTL of {token.text} is more than {MAX_TTL} s")
    return seconds


def _name(token: Token, origin: dns.name.Name | None) -> dns.name.Name:
    if token.kind == "quoted":
        raise Problem(token.line, f"{token.text} is not a domain name")
    if token.text == "@" and origin is not None:
        return origin
    try:
        name = dns.name.from_text(ascii_text(token.text), None if token.text == "@" else origin)
    except (dns.exception.DNSException, ValueError) as error:
        raise Problem(token.line, f"{token.text} is not a domain name: {_reason(error)}") from None
    if token.text == "@" or not name.is_absolute():
        raise Problem(token.line, f"{token.text} is a relative name before any $ORIGIN; give the option zone")
    return name


def _rdtype(token: Token) -> dns.rdatatype.RdataType:
    try:
        if token.kind == "word":
            return rdata_type(token.text)
    except InvalidInput:
        pass
    raise Problem(token.line, f"{token.text} is not a record type")


def _value(
    rdtype: dns.rdatatype.RdataType, words: Iterable[Token], origin: dns.name.Name | None, line: int
) -> dns.rdata.Rdata:
    text = ascii_text(" ".join(word.text for word in words))
    try:
        value = dns.rdata.from_text(dns.rdataclass.IN, rdtype, text, origin=origin, relativize=False)
        if origin is None:
            value.to_wire()  # fails for a relative target
    except (dns.exception.DNSException, ValueError) as error:
        raise Problem(line, f"not the value of a {dns.rdatatype.to_text(rdtype)} record: {_reason(error)}") from None
    return canonical(value)


def _reason(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
