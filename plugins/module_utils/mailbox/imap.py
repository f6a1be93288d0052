# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mailbox that is read by IMAP (RFC 9051, and RFC 3501 before it): wait for one message, wherever it was filed."""

from __future__ import annotations

import contextlib
import dataclasses
import imaplib
import re
import ssl
import time
from collections.abc import Mapping
from typing import Any

from ..errors import PostmasterError

DEFAULT_PORTS = {"tls": 993, "starttls": 143, "none": 143}
_ANSWER_SECONDS = 30.0
_PAUSE_SECONDS = 1.0
# LIST (\HasNoChildren \Junk) "/" "Junk E-mail"
_LISTED = re.compile(rb'\((?P<flags>[^)]*)\) (?:"(?:[^"\\]|\\.)*"|NIL) (?P<name>.+)\Z', re.DOTALL)


class MailboxError(PostmasterError):
    """The mailbox cannot be reached, refuses the login, or answers nonsense."""


@dataclasses.dataclass(frozen=True)
class Arrived:
    """A message in the mailbox. junk: its folder is the one for spam (RFC 6154)."""

    folder: str
    junk: bool
    octets: bytes


class Mailbox:
    """One account; use it as a context, which logs in and out. Raises MailboxError everywhere.

    options: C(host), C(username), C(password), and C(port), C(encryption), C(folder), C(validate_certs), C(ca_path).
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._encryption = str(options.get("encryption") or "tls")
        self._host = str(options["host"])
        self._port = int(options.get("port") or DEFAULT_PORTS[self._encryption])
        self._folder = str(options.get("folder") or "INBOX")
        self._username, self._password = str(options["username"]), str(options["password"])
        self._context = ssl.create_default_context(cafile=options.get("ca_path") or None)
        if options.get("validate_certs") is False:
            self._context.check_hostname = False
            self._context.verify_mode = ssl.CERT_NONE
        self._connection: imaplib.IMAP4 | None = None
        self._folders: list[tuple[bytes, bool]] = []
        self._expunges = False

    @property
    def place(self) -> str:
        return f"{self._username} at {self._host}:{self._port}"

    def __enter__(self) -> Mailbox:
        with self._told("be reached"):
            self._connection = self._connect()
        try:
            with self._told("be logged in to"):
                self._login(self._imap)
                # what a server can do may be more after the login
                dummy, rows = self._imap.capability()
                self._expunges = any(row and b"UIDPLUS" in row.upper() for row in rows)
            self._folders = self._to_search()
        except MailboxError:
            self._leave()
            raise
        return self

    def __exit__(self, *dummy: object) -> None:
        self._leave()

    def await_subject(self, token: str, seconds: float) -> Arrived | None:
        """The message with this word in its subject, as soon as it is there; None when the time is up."""
        deadline = time.monotonic() + seconds
        while True:
            for folder, junk in self._folders:
                octets = self._find(folder, token)
                if octets is not None:
                    return Arrived(_text(folder), junk, octets)
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return None
            time.sleep(min(_PAUSE_SECONDS, remaining))

    def delete(self, arrived: Arrived, token: str) -> None:
        """Remove that message and no other one; where the server lacks UIDPLUS (RFC 4315), it is just marked."""
        with self._told("be cleaned up"):
            self._imap.select(_quoted(arrived.folder.encode()))
            for uid in self._uids(token):
                self._imap.uid("STORE", uid, "+FLAGS.SILENT", "(\\Deleted)")
                if self._expunges:
                    self._imap.uid("EXPUNGE", uid)

    @property
    def _imap(self) -> imaplib.IMAP4:
        if self._connection is None:
            raise MailboxError(f"The mailbox {self.place} is not open.")
        return self._connection

    def _connect(self) -> imaplib.IMAP4:
        if self._encryption == "tls":
            return imaplib.IMAP4_SSL(self._host, self._port, ssl_context=self._context, timeout=_ANSWER_SECONDS)
        connection = imaplib.IMAP4(self._host, self._port, timeout=_ANSWER_SECONDS)
        if self._encryption == "starttls":
            try:
                connection.starttls(self._context)
            except (imaplib.IMAP4.error, OSError):
                connection.shutdown()
                raise
        return connection

    def _login(self, connection: imaplib.IMAP4) -> None:
        if "AUTH=PLAIN" in connection.capabilities:
            answer = f"\0{self._username}\0{self._password}".encode()
            connection.authenticate("PLAIN", lambda dummy: answer)
        else:
            connection.login(self._username, self._password)

    def _to_search(self) -> list[tuple[bytes, bool]]:
        """The folder that was given, and that of junk, where the server names one."""
        found = [(self._folder.encode(), False)]
        with self._told("be listed"):
            dummy, rows = self._imap.list()
        for row in rows or []:
            listed = _LISTED.match(row) if isinstance(row, bytes) else None
            if listed is not None and b"\\junk" in listed["flags"].lower().split():
                found.append((_unquoted(listed["name"]), True))
        return found

    def _find(self, folder: bytes, token: str) -> bytes | None:
        with self._told("be read"):
            selected, dummy = self._imap.select(_quoted(folder), readonly=True)
            if selected != "OK":
                raise MailboxError(f"The mailbox {self.place} has no folder {_text(folder)!r}: correct mailbox.folder.")
            uids = self._uids(token)
            if not uids:
                return None
            fetched = self._imap.uid("FETCH", uids[-1], "(BODY.PEEK[])")[1]
        octets = [part[1] for part in fetched or [] if isinstance(part, tuple)]
        return octets[0] if octets else None

    def _uids(self, token: str) -> list[str]:
        dummy, rows = self._imap.uid("SEARCH", "SUBJECT", f'"{token}"')
        return rows[0].decode("ascii", "replace").split() if rows and isinstance(rows[0], bytes) else []

    def _leave(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(imaplib.IMAP4.error, OSError):
                self._connection.logout()
            self._connection = None

    @contextlib.contextmanager
    def _told(self, deed: str) -> Any:
        """What goes wrong, as one sentence."""
        try:
            yield
        except ssl.SSLCertVerificationError as error:
            raise MailboxError(
                f"The mailbox {self.place} cannot {deed}, because its certificate is not trusted "
                f"({error.verify_message}): correct mailbox.host, or give its authority as mailbox.ca_path."
            ) from None
        except ssl.SSLError as error:
            raise MailboxError(
                f"The mailbox {self.place} cannot {deed}, because TLS failed ({error.reason or 'no reason given'}): "
                "mailbox.encryption is tls on port 993, and starttls on port 143."
            ) from None
        except OSError as error:
            raise MailboxError(
                f"The mailbox {self.place} cannot {deed}: {error.strerror or str(error) or 'it does not answer'}. "
                "Correct mailbox.host and mailbox.port, or open the way to it."
            ) from None
        except imaplib.IMAP4.error as error:
            said = _said(error).replace(self._password, "***") if self._password else _said(error)
            raise MailboxError(f"The mailbox {self.place} cannot {deed}: the server says {said!r}.") from None


def _said(error: Exception) -> str:
    """The server's own words."""
    told = error.args[0] if error.args else ""
    text = told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
    return " ".join(text.split())[:300]


def _quoted(name: bytes) -> str:
    text = _text(name).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _unquoted(name: bytes) -> bytes:
    name = name.strip()
    if name.startswith(b'"') and name.endswith(b'"'):
        return re.sub(rb"\\(.)", rb"\1", name[1:-1])
    return name


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")
