# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads master files (RFC 1035 5, RFC 2308 4), as BIND does where servers differ from the RFCs or each other."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..errors import InvalidInput, ProviderError
from ..libraries import dns
from .lua import OWN_TYPES
from .master_file import DefaultTtl, FileRecord, Item, MasterFile, Source, TtlState
from .master_tokens import Problem, Token, ascii_text, entries
from .rdata import canonical, rdata_type

MAX_TTL = 2147483647  # RFC 2181 8
_INCLUDE_DEPTH = 10
_GENERATE_STEPS = 65536
_TTL = re.compile(r"\d+|(?:\d+[wdhms])+", re.IGNORECASE)
_STEP = re.compile(r"\\[\s\S]|\$(?:\{(-?\d+)(?:,(\d+)(?:,([doxXnN]))?)?\})?")
_IN_QUOTES = re.compile(r'\\[\s\S]|[ \t;()"]')
# The types that decide what else the zone may contain, and those that mail depends on
_UNDERSTOOD = (1, 2, 5, 6, 15, 16, 28, 39)  # A, NS, CNAME, SOA, MX, TXT, AAAA, DNAME
# Types that servers know but not every version of dnspython does (IANA registry)
_RARE_TYPES = {
    "MB": 7, "MG": 8, "MR": 9, "MINFO": 14, "EID": 31, "NIMLOC": 32, "ATMA": 34, "A6": 38, "SINK": 40, "NINFO": 56,
    "RKEY": 57, "TALINK": 58, "ZONEMD": 63, "SVCB": 64, "HTTPS": 65, "DSYNC": 66, "UINFO": 100, "UID": 101, "GID": 102,
    "DOA": 259, "AMTRELAY": 260, "RESINFO": 261, "WALLET": 262, "CLA": 263, "IPN": 264, "TA": 32768, "DLV": 32769,
    **OWN_TYPES,
}  # fmt: skip
_CLASSES = ("IN", "CH", "CHAOS", "HS", "HESIOD", "CLASS1", "CLASS3", "CLASS4")
_RANGE = re.compile(r"(\d+)-(\d+)(?:/(\d+))?")


def read(text: str, path: str, origin: dns.name.Name | None, include: Callable[[str], tuple[str, str]]) -> MasterFile:
    """Read a master file. ``origin`` applies before the first $ORIGIN; the owner of the SOA record is the zone.

    ``include`` gives (path, text) for the file name of a $INCLUDE, or raises ProviderError. Raises ProviderError with
    ``file:line: reason`` for a file that a name server would not load or that cannot be understood.
    """
    reader = _Reader(include)
    reader.read(Source(path, text, 0), origin)
    soas = [item for item in reader.items if isinstance(item, FileRecord) and item.rdtype == dns.rdatatype.SOA]
    if not soas:
        raise ProviderError(f"{path} has no SOA record, so it is not the file of a whole zone.")
    other = next((soa for soa in soas if (soa.name, soa.value) != (soas[0].name, soas[0].value)), None)
    if other is not None:
        raise ProviderError(f"{other.source.path}:{other.line}: a second SOA record; a zone has one.")
    return MasterFile(soas[0].name, tuple(reader.sources), tuple(reader.items), tuple(soas))


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
        """Carry out a directive; returns the origin that applies after it."""
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
            raise Problem(line, f"$INCLUDE {name} leads back to itself")
        included = Source(path, text, len(self.sources))
        self.read(included, _name(arguments[1], origin) if len(arguments) == 2 else origin)

    def _generate(self, source: Source, words: list[Token], origin: dns.name.Name | None) -> None:
        line = words[0].line
        steps = _RANGE.fullmatch(words[1].text)
        if steps is None or int(steps[2]) < int(steps[1]) or int(steps[2]) - int(steps[1]) > _GENERATE_STEPS:
            raise Problem(line, f"{words[1].text} is not a range for $GENERATE")
        ttl_token, class_token, rest = _ttl_and_class(words[3:])
        if len(rest) != 2:
            raise Problem(line, "$GENERATE: after the name a type and one value must follow")
        ttl = _seconds(ttl_token) if ttl_token else self._ttl.inherited
        if ttl is None or origin is None:
            raise Problem(line, "$GENERATE before any TTL or $ORIGIN")
        if ttl_token:
            self._ttl.last = ttl
        rdtype = _rdtype(rest[0])
        data = rest[1].text[1:-1] if rest[1].kind == "quoted" else rest[1].text
        for number in range(int(steps[1]), int(steps[2]) + 1, int(steps[3] or 1) or 1):
            owner = words[2]._replace(text=generated(words[2].text, number))
            value, opaque = _value(rdtype, generated(data, number), origin, line)
            self.items.append(
                FileRecord(
                    source=source, start=words[0].start, end=words[-1].end, line=line, name=_name(owner, origin),
                    rdtype=rdtype, value=value, ttl=ttl, origin=origin, owner=words[2], ttl_token=ttl_token,
                    class_token=class_token, type_token=rest[0], data=(), generated=True, opaque=opaque,
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
        """Read one resource record; returns its owner."""
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
        value, opaque = _value(rdtype, " ".join(word.text for word in words[1:]), origin, line)
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
                stated, ttl_token, class_token, words[0], data, opaque=opaque,
            )
        )  # fmt: skip
        return name


def _ttl_and_class(words: list[Token]) -> tuple[Token | None, Token | None, list[Token]]:
    """The TTL and the class (in either order, each optional), and the words after them."""
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
    text = token.text if token.kind != "quoted" else _IN_QUOTES.sub(_escaped, token.text[1:-1])
    if text == "@" and origin is not None:
        return origin
    try:
        name = dns.name.from_text(ascii_text(text), None if text == "@" else origin)
    except (dns.exception.DNSException, ValueError) as error:
        raise Problem(token.line, f"{token.text} is not a domain name: {_reason(error)}") from None
    if text == "@" or not name.is_absolute():
        raise Problem(token.line, f"{token.text} is a relative name before any $ORIGIN; give the option zone")
    return name


def _escaped(match: re.Match[str]) -> str:
    return f"\\{ord(match.group()):03d}" if len(match.group()) == 1 else match.group()


def _rdtype(token: Token) -> dns.rdatatype.RdataType:
    try:
        if token.kind == "word":
            number = _RARE_TYPES.get(token.text.upper())
            return rdata_type(token.text) if number is None else dns.rdatatype.RdataType.make(number)
    except InvalidInput:
        pass
    raise Problem(token.line, f"{token.text} is not a record type")


def _value(
    rdtype: dns.rdatatype.RdataType, text: str, origin: dns.name.Name | None, line: int
) -> tuple[dns.rdata.Rdata, bool]:
    """The value, and whether it is only a placeholder for text that we cannot and need not understand."""
    text = ascii_text(text)
    try:
        value = dns.rdata.from_text(dns.rdataclass.IN, rdtype, text, origin=origin, relativize=False)
        if origin is None:
            value.to_wire()  # fails for a relative target
    except Exception as error:  # dnspython does not document what it raises for rare types
        if rdtype not in _UNDERSTOOD:
            return dns.rdata.GenericRdata(dns.rdataclass.IN, rdtype, text.encode()), True
        raise Problem(line, f"not a valid value of type {dns.rdatatype.to_text(rdtype)}: {_reason(error)}") from None
    return canonical(value), False


def generated(text: str, number: int) -> str:
    """One step of $GENERATE as BIND reads it: ``$``, ``${offset,width,base}``, and ``\\$`` for a literal dollar."""

    def fill(match: re.Match[str]) -> str:
        if match.group().startswith("\\"):
            return match.group()
        value, width, base = number + int(match[1] or 0), int(match[2] or 0), match[3] or "d"
        if base in "nN":
            return _nibbles(value, width, base)
        return f"{value:0{width}{base}}" if width else f"{value:{base}}"

    return _STEP.sub(fill, text)


def _nibbles(value: int, width: int, base: str) -> str:
    """The hexadecimal digits in reverse order, separated by dots, as in names below ip6.arpa."""
    digits = f"{value:{'x' if base == 'n' else 'X'}}".rjust((width + 1) // 2, "0")
    return ".".join(reversed(digits))


def _reason(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
