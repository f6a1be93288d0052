# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send one real message by Odoo's normal route, and report what Odoo says of it."""

from __future__ import annotations

import dataclasses
import secrets
import time
from typing import Any

from ... import interrupts
from ...errors import InvalidInput, OdooError
from ...services.answers import explained
from ..database import addresses
from ..database.client import Odoo
from ..database.companies import Companies
from ..database.snapshot import NEUTRALIZED, id_of, is_neutralized
from ..database.versions import ALIAS_DOMAINS_SINCE, ARCHIVED_COMPANIES_SINCE

_MODEL = "mail.mail"
_TEXT = (
    "<p>This message proves that mail from this sender arrives. It was sent by the Ansible module "
    "postmaster.mail.odoo_test_message and can be deleted.</p>"
)
# Odoo waits up to 60 seconds for a mail server
_SEND_TIMEOUT = 90.0
_QUEUE_SECONDS = 15.0


@dataclasses.dataclass(frozen=True)
class OutgoingTestMessage:
    """A message to send. token: a unique word in its subject."""

    sender: str
    recipient: str
    company: str | None = None
    token: str = dataclasses.field(default_factory=lambda: f"pm{secrets.token_hex(8)}")

    @property
    def subject(self) -> str:
        return f"Test of the mail route {self.token}"

    def check(self) -> None:
        """Raises InvalidInput for an invalid address."""
        for option, text in (("from_address", self.sender), ("to", self.recipient)):
            if not addresses.normal(text) or not text.isprintable():
                raise InvalidInput(f"{option} is {text!r}: give one address, such as sales@company-name.com.")


class MessageSender:
    """Sends test messages from one database. Raises OdooError with one sentence."""

    def __init__(self, odoo: Odoo, allow_neutralized: bool = False) -> None:
        self._odoo = odoo
        if not odoo.has_model(_MODEL):
            raise InvalidInput("This Odoo cannot send mail, because its module mail (Discuss) is not installed.")
        if not allow_neutralized and self._is_neutralized():
            raise InvalidInput(
                "This database is a neutralised copy, which should not send real mail: "
                "set allow_neutralized: true if that is what you want."
            )

    def company(self, message: OutgoingTestMessage) -> dict[str, Any] | None:
        """The company of the mail; None for the user's own. Raises InvalidInput or Conflict."""
        if message.company is None:
            return None
        fields = ["name", *(["active"] if self._odoo.version >= ARCHIVED_COMPANIES_SINCE else [])]
        if self._odoo.version >= ALIAS_DOMAINS_SINCE:
            fields.append("alias_domain_id")
        records = self._odoo.search_read("res.company", [], fields, archived=True)
        for record in records:
            record.setdefault("active", True)
        found = Companies(records).find(message.company)
        return next(record for record in records if record["id"] == found)

    def send(self, message: OutgoingTestMessage, company: dict[str, Any] | None) -> None:
        """Send it at once; Odoo deletes sent mail. Raises OdooError if sending fails; Odoo then keeps the mail."""
        values: dict[str, Any] = {
            "email_from": message.sender,
            "email_to": message.recipient,
            "subject": message.subject,
            "body_html": _TEXT,
            "auto_delete": True,
        }
        if company is not None and self._odoo.version >= ALIAS_DOMAINS_SINCE:
            values["record_company_id"] = company["id"]
            values["record_alias_domain_id"] = id_of(company["alias_domain_id"]) or False
        (number,) = self._odoo.create(_MODEL, [values])
        self._odoo.call(_MODEL, "send", [number], timeout=max(_SEND_TIMEOUT, self._odoo.timeout))
        self._await_sent(message, number)

    def _await_sent(self, message: OutgoingTestMessage, number: int) -> None:
        """Odoo sends within the call, but if its queue is processing the message, that takes a moment more."""
        deadline = time.monotonic() + _QUEUE_SECONDS
        while True:
            found = self._odoo.search_read(_MODEL, [("id", "=", number)], ["state", "failure_reason"])
            state = found[0]["state"] if found else "sent"
            if state == "sent":
                return
            if state in ("exception", "cancel") or time.monotonic() > deadline:
                break
            interrupts.pause(0.5)
        reason = " ".join(str(found[0]["failure_reason"] or "").split()).rstrip(".") or f"its state is {state}"
        raise OdooError(
            f"Odoo could not send the message from {message.sender} to {message.recipient}: {reason}. It is kept "
            f"among the emails of Odoo and is not sent again automatically. {explained(reason)}".rstrip()
        )

    def _is_neutralized(self) -> bool:
        rows = self._odoo.search_read("ir.config_parameter", [("key", "=", NEUTRALIZED)], ["value"])
        return any(is_neutralized(str(row["value"])) for row in rows)
