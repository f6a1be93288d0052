# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parse Amazon SES's data about an identity. Pure: no I/O."""

from __future__ import annotations

import datetime
from typing import Any, Callable

from .contract import FAILED, PENDING, VERIFIED, Progress
from .fields import Fields

_STATES = {"SUCCESS": VERIFIED, "FAILED": FAILED}  # all others are pending, including TEMPORARY_FAILURE
_SEARCH = datetime.timedelta(hours=72)


def progress(word: str) -> Progress:
    return Progress(_STATES.get(word, PENDING), word)


def was_verified(identity: Fields) -> bool:
    last = identity.part("VerificationInfo").content.get("LastSuccessTimestamp")
    return last is not None or identity.text("VerificationStatus") in ("SUCCESS", "TEMPORARY_FAILURE")


def key_length(word: str) -> int | None:
    digits = "".join(filter(str.isdigit, word))
    return int(digits) if digits else None


def searched_until(registered: str) -> str:
    try:
        return (datetime.datetime.fromisoformat(registered) + _SEARCH).isoformat(timespec="seconds")
    except ValueError:
        return ""


def last_look(identity: Fields) -> tuple[str, ...]:
    """What SES found at its last check, unless all was well."""
    info = identity.part("VerificationInfo")
    if identity.text("VerificationStatus") == "SUCCESS" or not info.text("ErrorType"):
        return ()
    when = info.content.get("LastCheckedTimestamp")
    at = f" at {when.isoformat(timespec='seconds')}" if isinstance(when, datetime.datetime) else ""
    server = info.part("SOARecord").text("PrimaryNameServer").rstrip(".")
    asked = f", and asked a zone whose first name server is {server}" if server else ""
    return (f"Amazon SES last looked{at}: {info.text('ErrorType')}{asked}.",)


def faults(name: str, identity: Fields) -> tuple[str, ...]:
    dkim = identity.part("DkimAttributes")
    if not dkim.flag("SigningEnabled", absent=True) and dkim.text("Status") == "SUCCESS":
        return (f"Amazon SES does not sign mail of {name}, because DKIM signing is switched off there: switch it on.",)
    return ()


# The settings in which an address may differ from its domain, and how to read them; None: it has none of its own.
COMPARED: tuple[tuple[str, Callable[[Fields], Any]], ...] = (
    ("feedback by email", lambda one: one.content.get("FeedbackForwardingStatus")),
    ("MAIL FROM domain", lambda one: one.part("MailFromAttributes").text("MailFromDomain") or None),
    ("configuration set", lambda one: one.text("ConfigurationSetName") or None),
    ("DKIM signing", lambda one: one.part("DkimAttributes").content.get("SigningEnabled")),
)
