# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Odoo's exceptions, with their names in its answers."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """An exception of the server: its name and message in the answer, and its HTTP status in JSON-2."""

    name = "builtins.Exception"
    status = 500

    def __init__(self, message: str, *arguments: Any) -> None:
        super().__init__(message)
        self.arguments = list(arguments) or [message]


class UserError(Refusal):
    name = "odoo.exceptions.UserError"
    status = 422


class ValidationError(Refusal):
    name = "odoo.exceptions.ValidationError"
    status = 422


class AccessError(Refusal):
    name = "odoo.exceptions.AccessError"
    status = 403


class AccessDenied(Refusal):
    name = "odoo.exceptions.AccessDenied"

    def __init__(self) -> None:
        super().__init__("Access Denied")


class MissingError(Refusal):
    name = "odoo.exceptions.MissingError"
    status = 404


class WrongValue(Refusal):
    name = "builtins.ValueError"


class WrongArguments(Refusal):
    name = "builtins.TypeError"


class NoMethod(Refusal):
    name = "builtins.AttributeError"


class NoModel(UserError):
    def __init__(self, model: str) -> None:
        super().__init__(f"Object {model} doesn't exist")


class NoDatabase(Refusal):
    name = "psycopg2.OperationalError"

    def __init__(self, database: str) -> None:
        super().__init__(f'connection to server failed: FATAL:  database "{database}" does not exist\n')
