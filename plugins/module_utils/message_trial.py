# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let Odoo send a real message by its normal route, fetch it from the mailbox, and judge it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable

from .errors import InvalidInput
from .mailbox.imap import Mailbox, MailboxError
from .mailbox.report import report
from .odoo.database import addresses
from .odoo.database.client import Odoo
from .odoo.routing.test_message import MessageSender, OutgoingTestMessage
from .resolver.stub_resolver import Resolver


@dataclass(frozen=True)
class MessageTrial:
    """The options of odoo_test_message, except those of the database. ``mailbox``: None fetches nothing."""

    from_address: str
    to: str
    company: str | None = None
    mailbox: Mapping[str, Any] | None = None
    timeout: int = 120
    trusted_authserv_id: str | None = None
    delete: bool = False
    nameservers: Sequence[str] = ()
    allow_neutralized: bool = False
    check_mode: bool = False


def try_message(connect: Callable[[], Odoo], trial: MessageTrial) -> dict[str, Any]:
    """What odoo_test_message returns. Needs dnspython. Raises PostmasterError."""
    if trial.timeout < 0:
        raise InvalidInput(f"timeout is {trial.timeout}: give 0 or more seconds.")
    message = OutgoingTestMessage(trial.from_address, trial.to, trial.company)
    message.check()
    resolver = Resolver(list(trial.nameservers))
    sender = MessageSender(connect(), trial.allow_neutralized)
    company = sender.company(message)
    result = {"changed": True, "sent": not trial.check_mode, "subject": message.subject}
    if trial.mailbox is None:
        if not trial.check_mode:
            sender.send(message, company)
        return result
    # log in first: a message that nobody can fetch proves nothing
    with Mailbox(trial.mailbox) as mailbox:
        if trial.check_mode:
            return result
        sender.send(message, company)
        started = time.monotonic()
        arrived = mailbox.await_subject(message.token, trial.timeout)
        if arrived is None:
            raise MailboxError(
                f"Odoo sent the message {message.subject!r} to {message.recipient}, but it is not in the mailbox "
                f"{mailbox.place} after {trial.timeout} seconds: check the log of the sending server, look for a "
                "bounce, or raise timeout."
            )
        result["delay"] = round(time.monotonic() - started, 1)
        result.update(report(arrived, addresses.normal(message.sender), resolver, trial.trusted_authserv_id))
        if trial.delete:
            mailbox.delete(arrived, message.token)
    return result
