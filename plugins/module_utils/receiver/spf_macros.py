# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SPF macros (RFC 7208 section 7): expand a text for one sender."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import time
import urllib.parse
from typing import Callable, Union

IPAddress = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]

_MACRO = re.compile(r"%(?:\{([A-Za-z])([0-9]*)([rR]?)([-.+,/_=]*)\}|([%_-]))")
_LITERALS = {"%": "%", "_": " ", "-": "%20"}
_MOST_NAME = 253  # 7.3: characters in a queried name
_UNRESERVED = "-._~"  # RFC 3986 2.3, besides letters and digits; an upper-case macro does not escape them
_MOST_TEXT = 4000  # characters of an explanation: no mail server sends a longer reply


class NoExpansion(Exception):
    """The local part has characters that %{s} and %{l} cannot express (RFC 8616 4)."""


@dataclasses.dataclass(frozen=True)
class SpfIdentity:
    """A sender: the client's address, its ``helo``, and the MAIL FROM address.

    validated_name returns %{p} for a domain; it queries DNS, so it is called only if the macro is used.
    """

    ip: IPAddress
    local: str
    domain: str
    helo: str
    receiver: str
    validated_name: Callable[[str], str]

    def value(self, letter: str, domain: str) -> str:
        """The value of a macro letter in the record of a domain (7.2)."""
        if letter in "sl" and not self.local.isascii():
            raise NoExpansion
        values: dict[str, Callable[[], str]] = {
            "s": lambda: f"{self.local}@{self.domain}",
            "l": lambda: self.local,
            "o": lambda: self.domain,
            "d": lambda: domain,
            "i": self._dotted_ip,
            "p": lambda: self.validated_name(domain),
            "v": lambda: "in-addr" if self.ip.version == 4 else "ip6",
            "h": lambda: self.helo,
            "c": lambda: str(self.ip),
            "r": lambda: self.receiver,
            "t": lambda: str(int(time.time())),
        }
        return values[letter]()

    def _dotted_ip(self) -> str:
        if isinstance(self.ip, ipaddress.IPv4Address):
            return str(self.ip)
        return ".".join(self.ip.exploded.replace(":", "")).upper()


def expand(text: str, sender: SpfIdentity, domain: str) -> str:
    """Replace every macro in a text whose grammar was checked (7.3). Raises NoExpansion."""
    return _MACRO.sub(lambda found: _expansion(found, sender, domain), text)


def target_name(spec: str, sender: SpfIdentity, domain: str) -> str:
    """Expand a domain-spec, and cut it from the left to the length of a DNS name (4.8, 7.3).

    Raises NoExpansion.
    """
    name = expand(spec, sender, domain) if spec else domain
    name = name[:-1] if name.endswith(".") else name
    if len(name) <= _MOST_NAME:
        return name
    return name[-_MOST_NAME - 1 :].partition(".")[2]  # empty if not even the last label fits


# 6.2: explain-string = *( macro-string / SP ); c, r and t are allowed here
_EXPLANATION = re.compile(r"(?:%(?:\{[slodiphcrtvSLODIPHCRTV](?:0*[1-9][0-9]*)?[rR]?[-.+,/_=]*\}|[%_-])|[ !-$&-~])*\Z")


def explanation(text: bytes, sender: SpfIdentity, domain: str) -> str | None:
    """Expand the text of an exp= record for the sender; None if it breaks the grammar (6.2)."""
    try:
        plain = text.decode("ascii")
        return expand(plain, sender, domain)[:_MOST_TEXT] if _EXPLANATION.match(plain) else None
    except (UnicodeDecodeError, NoExpansion):
        return None


def _expansion(found: re.Match[str], sender: SpfIdentity, domain: str) -> str:
    letter, digits, reverse, delimiters, literal = found.groups()
    if literal:
        return _LITERALS[literal]
    value = sender.value(letter.lower(), domain)
    if digits or reverse or delimiters:
        parts = re.split(f"[{re.escape(delimiters or '.')}]", value)
        parts = parts[::-1] if reverse else parts
        # a number with many digits exceeds the number of parts
        keep = int(digits[-6:]) if len(digits.lstrip("0")) < 6 and digits else len(parts)
        value = ".".join(parts[-keep:])
    return urllib.parse.quote(value, safe=_UNRESERVED) if letter.isupper() else value
