# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Amazon SES says of an identity. Pure: no I/O."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Callable

from .contract import FAILED, PENDING, VERIFIED, Progress

_STATES = {"SUCCESS": VERIFIED, "FAILED": FAILED}  # all others, TEMPORARY_FAILURE too, are waiting
_SEARCH = datetime.timedelta(hours=72)


def progress(word: object) -> Progress:
    text = str(word or "")
    return Progress(_STATES.get(text, PENDING), text)


def was_verified(identity: Mapping[str, Any]) -> bool:
    last = (identity.get("VerificationInfo") or {}).get("LastSuccessTimestamp")
    return last is not None or identity.get("VerificationStatus") in ("SUCCESS", "TEMPORARY_FAILURE")


def key_length(word: object) -> int | None:
    digits = "".join(filter(str.isdigit, str(word or "")))
    return int(digits) if digits else None


def searched_until(registered: str) -> str:
    try:
        return (datetime.datetime.fromisoformat(registered) + _SEARCH).isoformat(timespec="seconds")
    except ValueError:
        return ""


def last_look(identity: Mapping[str, Any]) -> tuple[str, ...]:
    """What SES saw when it last looked, where it is not content."""
    info = identity.get("VerificationInfo") or {}
    if identity.get("VerificationStatus") == "SUCCESS" or not info.get("ErrorType"):
        return ()
    when = info.get("LastCheckedTimestamp")
    at = f" at {when.isoformat(timespec='seconds')}" if isinstance(when, datetime.datetime) else ""
    server = str((info.get("SOARecord") or {}).get("PrimaryNameServer") or "").rstrip(".")
    asked = f", and asked a zone whose first name server is {server}" if server else ""
    return (f"Amazon SES last looked{at}: {info['ErrorType']}{asked}.",)


def faults(name: str, identity: Mapping[str, Any]) -> tuple[str, ...]:
    dkim = identity.get("DkimAttributes") or {}
    if dkim.get("SigningEnabled") is False and dkim.get("Status") == "SUCCESS":
        return (f"Amazon SES does not sign mail of {name}, as DKIM signing is switched off there: switch it on.",)
    return ()


# What an address can have other than its domain, and how it is read; None: it has none of its own.
COMPARED: tuple[tuple[str, Callable[[Mapping[str, Any]], Any]], ...] = (
    ("feedback by email", lambda one: one.get("FeedbackForwardingStatus")),
    ("MAIL FROM domain", lambda one: (one.get("MailFromAttributes") or {}).get("MailFromDomain")),
    ("configuration set", lambda one: one.get("ConfigurationSetName")),
    ("DKIM signing", lambda one: (one.get("DkimAttributes") or {}).get("SigningEnabled")),
)
