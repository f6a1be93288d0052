# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Odoo's refusals as one sentence.

Odoo sends the exception's name, its message and a traceback. Only the first two are used, on one line and without
secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ...errors import OdooError
from ...no_log import scrub
from ...printable import spellings

# the group that may write each model, as named in Odoo's settings
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
_CONCURRENT = "could not serialize access"  # PostgreSQL's text, for answers without the exception's name
_SAME_EXTERNAL_ID = "ir_model_data_module_name_uniq_index"  # from PostgreSQL, if two runs create it at once
_LONGEST = 600


class OdooRefusal(OdooError):
    """Odoo answered and refused this one call; other calls may still succeed."""


class NoAccess(OdooRefusal):
    """The user of Odoo lacks a right."""


class ConcurrentWrite(OdooRefusal):
    """Another transaction wrote the same records; nothing of ours was written."""


class NoSuchModel(OdooRefusal):
    """This Odoo lacks the module that provides a model."""


class Secrets:
    """Removes secrets from everything that Odoo returns."""

    def __init__(self) -> None:
        self._texts: set[str] = set()

    def add(self, texts: Iterable[Any]) -> None:
        for text in texts:
            if isinstance(text, str) and text:
                self._texts |= spellings(text)

    def scrub(self, text: str) -> str:
        return scrub(text, self._texts)


def one_line(text: Any) -> str:
    """Odoo's own message on one line, cut if it is very long."""
    line = re.sub(r"\s+", " ", str(text or "")).strip()
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


@dataclass(frozen=True)
class OdooErrorAnswer:
    """An exception in Odoo, as both protocols report it, and the call that caused it."""

    name: str  # such as odoo.exceptions.UserError
    message: Any
    model: str
    method: str


def refusal(answer: OdooErrorAnswer, secrets: Secrets) -> OdooError:
    """The error for an exception in Odoo, judged by its name and, if that is not enough, by its message."""
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
    """The missing right, as it is named in Odoo."""
    return f"The Odoo user may not use {model}: give it the access right {_GROUPS.get(model, SETTINGS)}."


def refused_load(messages: Any, model: str, secrets: Secrets) -> OdooError:
    """Why ``load`` wrote nothing: the first message, which in older versions contains the exception's name."""
    first = messages[0] if isinstance(messages, list) and messages else {}
    text = str(first.get("message") or "") if isinstance(first, dict) else ""
    found = re.search(r"<class '([\w.]+)'>: (.*)", text, re.DOTALL)
    name, message = found.groups() if found else ("odoo.exceptions.UserError", text)
    return refusal(OdooErrorAnswer(name, message, model, "load"), secrets)


def quoted(text: str) -> str:
    """A foreign sentence within ours, with one full stop."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
