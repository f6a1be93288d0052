# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What mailbox providers such as Gmail have required of senders since 2024, besides SPF, DKIM and DMARC."""

from __future__ import annotations

import email.utils
import re
from collections.abc import Iterable, Iterator

from ..errors import InvalidInput
from ..names import record_name, to_text
from ..receiver.delivery import Asks, receives
from ..receiver.dkim_message import Message
from ..receiver.dkim_signature import PASS, SignatureResult

_URI = re.compile(r"<\s*(https:[^>\s]+)\s*>", re.IGNORECASE)
_ONE_CLICK = "list-unsubscribe=one-click"
_FIELDS = ("list-unsubscribe", "list-unsubscribe-post")


def no_name(ip: str, helo: str) -> str:
    """The problem of a client whose address has no name that resolves back to it."""
    called = f", which calls itself {helo}" if helo else ""
    return (
        f"The sending relay {ip}{called} has no name in DNS that leads back to it, and Gmail and others refuse such "
        f"mail: have whoever holds the address set its PTR record to a name that has {ip} as its address."
    )


def unreachable(message: Message, return_path: str, resolver: Asks) -> Iterator[str]:
    """The addresses for replies and bounces whose domain receives no mail."""
    addresses = {
        "From": _addresses(message, "From"),
        "Reply-To": _addresses(message, "Reply-To"),
        "Return-Path": [return_path] if return_path else [],
    }
    reported: set[str] = set()
    for field, found in addresses.items():
        for address in found:
            domain = address.rpartition("@")[2]
            try:
                name = record_name(domain)
            except InvalidInput:
                continue  # reported as a problem of the author's domain
            if to_text(name) not in reported and receives(name, resolver) is False:
                reported.add(to_text(name))
                yield (
                    f"The {field} is {address}, but {domain} receives no mail: it has a null MX, or neither an MX "
                    "record nor an address. Publish an MX record, so that replies and bounces arrive."
                )


def unsubscribe_problems(message: Message, signatures: Iterable[SignatureResult]) -> Iterator[str]:
    """What a mailing lacks for one-click unsubscription (RFC 8058); empty for other mail."""
    links = _text(message, "List-Unsubscribe")
    if not links:
        if _text(message, "Precedence").lower() in ("bulk", "list") or message.named("List-Id"):
            yield "It is a mailing without List-Unsubscribe, which Gmail and Yahoo require: have Odoo add it."
        return
    if not _URI.search(links):
        yield f"Its List-Unsubscribe has no https address, so nobody can unsubscribe with one click: {links}"
    post = "".join(_text(message, "List-Unsubscribe-Post").lower().split())
    if post != _ONE_CLICK:
        yield (
            "It has no List-Unsubscribe-Post: List-Unsubscribe=One-Click (RFC 8058 3.1), so Gmail and Yahoo do not "
            "show their button to unsubscribe."
        )
    signed = [one.signature.fields for one in signatures if one.result == PASS and one.signature is not None]
    if signed and not any(set(_FIELDS) <= {name.lower() for name in names} for names in signed):
        yield (
            "No DKIM signature covers List-Unsubscribe and List-Unsubscribe-Post (RFC 8058 4), so receivers do not use "
            "them: have the sending service sign both."
        )


def _addresses(message: Message, name: str) -> list[str]:
    found = email.utils.getaddresses([_text(message, name)])
    return [address for dummy, address in found if address.rpartition("@")[0]]


def _text(message: Message, name: str) -> str:
    fields = message.named(name)
    return fields[0].value.decode("utf-8", "replace").strip() if fields else ""
