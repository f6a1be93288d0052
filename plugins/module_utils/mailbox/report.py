# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a receiver saw of a message that arrived, and its problems."""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Iterator
from typing import Any

from ..errors import InvalidInput
from ..names import record_name, to_text
from ..receiver.delivery import name_of
from ..receiver.dkim_message import Message, read
from ..receiver.message import SECONDS, Verdicts, judge_message
from ..resolver.questions import ResolverLike
from .imap import Arrived
from .received import Hop, border, hops
from .sender_rules import no_name, unreachable, unsubscribe_problems


def report(arrived: Arrived, sender: str, resolver: ResolverLike, trusted: str | None) -> dict[str, Any]:
    """Plain values for a module's result.

    sender: the expected author's address. trusted: the authserv-id whose Authentication-Results count.
    """
    message = read(arrived.octets)
    entry = border(hops([field.value.decode("utf-8", "replace") for field in message.named("Received")]))
    return_path = _first(message, "Return-Path").strip("<> ")
    verdicts = judge_message(
        arrived.octets, entry.ip if entry else None, entry.helo if entry else "", return_path, resolver, trusted
    )
    client = entry.ip if entry and entry.ip and ipaddress.ip_address(entry.ip).is_global else ""
    client_name = name_of(client, resolver.within(SECONDS)) if client else None
    problems = [
        *_problems(arrived, sender, entry, verdicts),
        *([no_name(client, entry.helo if entry else "")] if client_name == "" else []),
        *unreachable(message, return_path, resolver.within(SECONDS)),
        *unsubscribe_problems(message, verdicts.dkim),
    ]
    return {
        "passed": not problems,
        "problems": problems,
        "from_header": _first(message, "From"),
        "reply_to": _first(message, "Reply-To"),
        "return_path": return_path,
        "message_id": _first(message, "Message-ID"),
        "folder": arrived.folder,
        "junk": arrived.junk,
        "client_ip": entry.ip if entry else None,
        "helo": entry.helo if entry else "",
        "client_name": client_name or "",
        "tls": entry.tls if entry else "",
        **{key: value for key, value in verdicts.as_dict().items() if key != "problems"},
    }


def _problems(arrived: Arrived, sender: str, entry: Hop | None, verdicts: Verdicts) -> Iterator[str]:
    """Problems that would send this sender's mail to spam, one sentence each."""
    yield from verdicts.problems
    if verdicts.author and _compared(verdicts.author) != _compared(sender):
        yield (
            f"It left as {verdicts.author} instead of {sender}: no outgoing mail server takes that sender, "
            "so add its domain to the FROM filter of the server that should send it."
        )
    if verdicts.spf is not None and verdicts.spf.result != "pass":
        why = f": {verdicts.spf.reason}" if verdicts.spf.reason else ""
        yield f"SPF of {verdicts.spf.domain} is {verdicts.spf.result} for {entry.ip if entry else 'the client'}{why}"
    if not verdicts.dkim:
        yield "It has no DKIM signature: have the sending service sign with the domain of the sender."
    # a failing signature of a list or service is harmless beside one that passes (RFC 6376 6.1)
    is_signed = verdicts.passes and any(signature.result == "pass" for signature in verdicts.dkim)
    for signature in verdicts.dkim:
        if signature.result != "pass" and not is_signed:
            yield (
                f"The DKIM signature of {signature.domain} (selector {signature.selector}) is {signature.result}: "
                f"{signature.reason}"
            )
    if verdicts.dmarc is not None and verdicts.dmarc.result != "pass":
        yield f"DMARC is {verdicts.dmarc.result} for {verdicts.author_domain}: {' '.join(verdicts.dmarc.reasons)}"
    for results in verdicts.reported:
        for result in results.results:
            if result.method in ("spf", "dkim", "dmarc") and result.result not in ("pass", "none"):
                yield f"The receiver {results.authserv_id} says {result.method}={result.result}."
    if arrived.junk:
        yield f"It was filed as junk, in the folder {arrived.folder}."
    if entry is not None and not entry.tls:
        yield f"It came without TLS from {entry.helo or entry.ip}: have the sending server encrypt."


def _compared(address: str) -> str:
    """An address in lower case, its domain in A-label form."""
    local_part, dummy, domain = address.rpartition("@")
    with contextlib.suppress(InvalidInput):
        domain = to_text(record_name(domain))
    return f"{local_part}@{domain}".lower()


def _first(message: Message, name: str) -> str:
    fields = message.named(name)
    return fields[0].value.decode("utf-8", "replace") if fields else ""
