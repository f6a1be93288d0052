# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parse and write sender addresses exactly as Odoo does. No I/O.

Routing compares the addresses that Odoo finds in a text, so these functions must find the same ones, even in odd
texts. If Odoo finds no address or domain, the result is an empty text.
"""

from __future__ import annotations

import email.errors
import email.policy
import email.utils
import re

from ... import names
from ...errors import InvalidInput

_WHOLE_ADDRESS = re.compile(r"[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,63}")
_PLAIN_ADDRESS = re.compile(r"[a-zA-Z0-9_+-]+(\.[a-zA-Z0-9_+-]+)*@[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)*")
_ENVELOPE_ADDRESS = re.compile(r'[^" ,<@]+@[^>" ,]+')


def found(text: str) -> list[tuple[str, str]]:
    """The senders in a text, as (name, address)."""
    pairs = [pair for pair in _parsed(text) if "@" in pair[1]] if text else []
    if any(address.startswith("@") for dummy, address in pairs):
        whole = _WHOLE_ADDRESS.findall(text)
        pairs = [("", address) for address in whole] or pairs
    return [_apart(pair) for pair in pairs]


def normal(text: str) -> str:
    """The only address in a text, as Odoo compares it; empty for none or several."""
    pairs = found(text)
    return lowered(pairs[0][1]) if len(pairs) == 1 else ""


def lowered(address: str) -> str:
    """In lower case, except a local part that is not ASCII."""
    local_part, at_sign, domain = address.rpartition("@")
    return (local_part.lower() if local_part.isascii() else local_part) + at_sign + domain.lower()


def domain_of(text: str) -> str:
    address = normal(text)
    return address.split("@")[1] if address else ""


def dns_domain(domain: str) -> str:
    """A domain in ASCII; empty if it has no such form."""
    if domain.isascii():
        return domain
    try:
        return names.to_text(names.record_name(domain))
    except InvalidInput:
        return ""


def sender(text: str) -> str:
    """A From after the mail queue: the first address with its name, else the text itself."""
    pairs = found(text)
    return written(pairs[0][0], lowered(pairs[0][1])) if pairs else text


def bare(text: str) -> str:
    """The first address in a text, unchanged; else the text."""
    pairs = found(text)
    return pairs[0][1] if pairs else text


def written(name: str, address: str) -> str:
    """A sender as text, with the name in quotes."""
    if not name:
        return address
    quoted = re.sub(r'[\\"]', lambda match: "\\" + match.group(), name)
    return f'"{quoted}" <{address}>'


def renamed(old: str, new: str) -> str:
    """The sender with which Odoo replaces a From: its name, or local part, with the new address."""
    pairs = _parsed(old)
    name, address = pairs[0] if pairs else ("", old)
    return written(name or address.split("@")[0], _parsed(new)[0][1])


def envelope(text: str) -> str:
    """The address for MAIL FROM, the last one in a text; empty if none is usable, so that nothing is sent."""
    usable = [address for address in map(_in_ascii, _ENVELOPE_ADDRESS.findall(text or "")) if address]
    return usable[-1] if usable else ""


def header(text: str) -> str:
    """An address header as Python writes it into the mail; ``<>`` without a usable address.

    Empty if Python fails, and Odoo with it.
    """
    if not text or _PLAIN_ADDRESS.fullmatch(text):
        return text
    try:
        return " ".join(str(email.policy.SMTP.header_factory("From", text)).split())
    except (IndexError, AttributeError, TypeError, ValueError, email.errors.MessageError):
        return ""


def _parsed(text: str) -> list[tuple[str, str]]:
    if _PLAIN_ADDRESS.fullmatch(text):
        return [("", text)]
    try:
        # newer versions of Python refuse some texts that Odoo accepts
        return email.utils.getaddresses([text], strict=False)
    except TypeError:
        return email.utils.getaddresses([text])


def _apart(pair: tuple[str, str]) -> tuple[str, str]:
    """``name address@domain`` without brackets, which the parser reads as one long address."""
    name, address = pair
    if name or " " not in address:
        return pair
    words = [word for dummy, word in _parsed(address.replace(" ", ","))]
    addresses = [word for word in words if "@" in word]
    return (" ".join(word for word in words if word and "@" not in word), addresses[-1]) if addresses else pair


def _in_ascii(address: str) -> str:
    local_part, at_sign, domain = address.rpartition("@")
    in_dns = dns_domain(domain)
    return local_part + at_sign + in_dns if in_dns else ""
