# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Odoo's own connection test, which goes up to DATA and never sends a message."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .exceptions import UserError

_TIMEOUT = 10
_RECIPIENT = "noreply@odoo.com"


def test(server: Mapping[str, Any], sender: str, version: int, authorities: Path | None) -> int:
    """Test a server; returns the maximum message size in bytes, or 0. Raises UserError."""
    try:
        connection = _connected(server, authorities)
    except OSError as error:
        raise _failed(error, version) from None
    with connection:
        code, answer = connection.mail(sender)
        if code != 250:
            raise UserError(f"The server refused the sender address ({sender}) with error {answer.decode()}")
        code, answer = connection.rcpt(_RECIPIENT)
        if code not in (250, 251):
            raise UserError(f"The server refused the test recipient ({_RECIPIENT}) with error {answer.decode()}")
        connection.putcmd("data")
        code, answer = connection.getreply()
        if code != 354:
            raise UserError(f"The server refused the test connection with error {answer.decode()}")
        size = connection.esmtp_features.get("size", "")
        connection.close()
    return int(size) if size.isdigit() else 0


test.__test__ = False  # type: ignore[attr-defined] # not a test for pytest


def _connected(server: Mapping[str, Any], authorities: Path | None) -> smtplib.SMTP:
    encryption = str(server.get("smtp_encryption") or "none")
    context = _context(encryption.endswith("_strict"), authorities)
    host, port = str(server.get("smtp_host") or "localhost"), int(server.get("smtp_port") or 0)
    if encryption.startswith("ssl"):
        connection: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=_TIMEOUT, context=context)
    else:
        connection = smtplib.SMTP(host, port, timeout=_TIMEOUT)
    if encryption.startswith("starttls"):
        connection.starttls(context=context)
    if server.get("smtp_user") and server.get("smtp_authentication", "login") == "login":
        connection.login(str(server["smtp_user"]), str(server.get("smtp_pass") or ""))
    connection.ehlo_or_helo_if_needed()
    return connection


def _context(strict: bool, authorities: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(authorities) if authorities else None)
    if not strict:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _failed(error: OSError, version: int) -> UserError:
    detail = str(error)
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return UserError(
            "The server has closed the connection unexpectedly. Check configuration served on this port number.\n "
            + detail
        )
    if isinstance(error, smtplib.SMTPResponseException):
        return UserError(f"Server replied with following exception:\n {error.smtp_error!r}")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return UserError(f"An option is not supported by the server:\n {detail}")
    if isinstance(error, (TimeoutError, socket.gaierror)):
        return UserError(f"No response received. Check server address and port number.\n {detail}")
    if version <= 14:
        detail = "\n".join(str(part) for part in error.args)
    return UserError(f"Connection Test Failed! Here is what we got instead:\n {detail}")
