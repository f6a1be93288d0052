# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Odoo answers when it refuses, as one sentence for a person.

Odoo sends the exception's name, its message and a traceback. Only the first two
are used, on one line, and never with a secret in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ...errors import OdooError
from ...no_log import scrub
from ...printable import spellings

# the group that may write each model, as Odoo's settings page names it
SETTINGS = "Administration: Settings (base.group_system), from Odoo 19 on the role Administrator"
_ACCESS_RIGHTS = "Administration: Access Rights (base.group_erp_manager)"
_GROUPS = {
    "ir.mail_server": SETTINGS,
    "ir.config_parameter": SETTINGS,
    "ir.model.data": SETTINGS,
    "mail.alias": SETTINGS,
    "mail.alias.domain": _ACCESS_RIGHTS,
    "res.company": _ACCESS_RIGHTS,
    "mailing.mailing": "Email Marketing: User (mass_mailing.group_mass_mailing_user)",
}
_CONCURRENT = "could not serialize access"  # PostgreSQL's words, where Odoo hands on no name of the exception
_SAME_EXTERNAL_ID = "ir_model_data_module_name_uniq_index"  # PostgreSQL, where two create it at once
_LONGEST = 600


class OdooRefusal(OdooError):
    """Odoo answered, and refused this one call; what else is asked of it may still be granted."""


class NoAccess(OdooRefusal):
    """The user of Odoo lacks a right."""


class ConcurrentWrite(OdooRefusal):
    """Another transaction was writing the same; nothing of ours was written."""


class NoSuchModel(OdooRefusal):
    """This Odoo lacks the module that brings a model."""


class Secrets:
    """The texts that must never be shown, taken out of everything that comes back from Odoo."""

    def __init__(self) -> None:
        self._texts: set[str] = set()

    def add(self, texts: Iterable[Any]) -> None:
        for text in texts:
            if isinstance(text, str) and text:
                self._texts |= spellings(text)

    def scrub(self, text: str) -> str:
        return scrub(text, self._texts)


def one_line(text: Any) -> str:
    """Odoo's own message, without line breaks, and not endless."""
    line = re.sub(r"\s+", " ", str(text or "")).strip()
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


@dataclass(frozen=True)
class OdooErrorAnswer:
    """An exception of Odoo's, as both protocols tell it, and the call that it came from."""

    name: str  # such as odoo.exceptions.UserError
    message: Any
    model: str
    method: str


def refusal(answer: OdooErrorAnswer, secrets: Secrets) -> OdooError:
    """What an exception of Odoo's means for us. Its name says most, and only its message says the rest."""
    model, method = answer.model, answer.method
    text = secrets.scrub(one_line(answer.message))
    kind = answer.name.rsplit(".", 1)[-1]
    # JSON-RPC says "Object NAME doesn't exist", JSON-2 "the model 'NAME' does not exist"
    if (
        "doesn't exist" in text and (model in text or "Object" in text)
    ) or text == f"the model {model!r} does not exist":
        return NoSuchModel(f"This Odoo has no {model}: the module that provides it is not installed.")
    if kind == "AccessError" and "Private methods" in text:
        return OdooRefusal(f"This Odoo has no method {method} on {model} that can be called from outside.")
    if kind in ("AccessError", "Forbidden"):
        return NoAccess(f"{no_right(model)} Odoo said: {quoted(text)}")
    if kind == "AccessDenied":
        return OdooError("Odoo refused the login: the username, the password or the API key is wrong.")
    if kind == "SerializationFailure" or _CONCURRENT in text or _SAME_EXTERNAL_ID in text:
        return ConcurrentWrite(
            "Another run, or a person, was writing the same record in Odoo at this moment: run again."
        )
    if kind in ("UserError", "ValidationError", "RedirectWarning", "MissingError", "IntegrityError"):
        return OdooRefusal(f"Odoo refused: {quoted(text)}")
    if kind == "AttributeError" or (kind in ("NotFound", "TypeError") and method in text):
        return OdooRefusal(f"This Odoo has no method {method} on {model} with these arguments: {quoted(text)}")
    return OdooRefusal(f"Odoo failed at {method} on {model} with {kind or 'an error'}: {quoted(text)}")


def no_right(model: str) -> str:
    """Which right the user lacks, as people find it in Odoo."""
    return f"The Odoo user may not use {model}: give it the access right {_GROUPS.get(model, SETTINGS)}."


def refused_load(messages: Any, model: str, secrets: Secrets) -> OdooError:
    """Why ``load`` wrote nothing: the first message, in which older Odoos put the name of an exception."""
    first = messages[0] if isinstance(messages, list) and messages else {}
    text = str(first.get("message") or "") if isinstance(first, dict) else ""
    found = re.search(r"<class '([\w.]+)'>: (.*)", text, re.DOTALL)
    name, message = found.groups() if found else ("odoo.exceptions.UserError", text)
    return refusal(OdooErrorAnswer(name, message, model, "load"), secrets)


def quoted(text: str) -> str:
    """A foreign sentence inside ours, ended once."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
