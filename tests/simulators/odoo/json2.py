# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Odoo 19's JSON-2: POST /json/2/MODEL/METHOD with named arguments, ``ids`` and ``context``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.message import Message
from typing import Any

from .database import Database
from .exceptions import NoMethod, NoModel, Refusal, WrongArguments


class NoJson(Exception):
    """Refused before JSON-2 is reached: with an HTML page, as by any web server."""

    def __init__(self, status: int, title: str) -> None:
        super().__init__(title)
        self.status = status


class _Http(Refusal):
    """An exception of the protocol itself."""

    def __init__(self, status: int, name: str, message: str) -> None:
        super().__init__(message, message, status)
        self.status = status
        self.name = f"werkzeug.exceptions.{name}"


def answer(database: Database, path: str, headers: Message, body: bytes) -> Any:
    """The result of a call. Raises NoJson or Refusal."""
    if not headers.get("Content-Type", "").startswith("application/json"):
        raise NoJson(415, "Unsupported Media Type")
    try:
        named = json.loads(body)
    except ValueError as error:
        raise _Http(400, "BadRequest", f"could not parse the body as json: {error}") from None
    uid = _user(database, headers.get("Authorization", ""))
    model, dummy, method = path.partition("/")
    try:
        return _called(database, uid, model, method, named)
    except NoModel:
        raise _Http(404, "NotFound", f"the model {model!r} does not exist") from None
    except NoMethod as error:
        raise _Http(404, "NotFound", str(error)) from None
    except WrongArguments as error:
        if method == "search_read":
            # Odoo does not check its arguments before the call
            error.status = 500
            raise
        raise _Http(422, "UnprocessableEntity", str(error).removeprefix(f"{method}() ")) from None


def _user(database: Database, authorization: str) -> int:
    scheme, dummy, key = authorization.partition(" ")
    if scheme.lower() != "bearer":
        message = "User not authenticated, use an API Key with a Bearer Authorization header."
        raise _Http(401, "Unauthorized", message)
    uid = database.owner_of(key)
    if uid is None:
        raise _Http(401, "Unauthorized", "Invalid apikey")
    return uid


def _called(database: Database, uid: int, model: str, method: str, named: Mapping[str, Any]) -> Any:
    takes_ids = database.takes_ids(model, method)
    if "ids" in named and not takes_ids:
        raise _Http(422, "UnprocessableEntity", f"cannot call {model}.{method} with ids")
    arguments = {name: value for name, value in named.items() if name != "ids"}
    if method == "create" and isinstance(arguments.get("vals_list"), dict):
        # the answer is always a list of ids
        arguments["vals_list"] = [arguments["vals_list"]]
    positional = [named.get("ids", [])] if takes_ids else []
    return database.call(uid, model, method, positional, arguments)
