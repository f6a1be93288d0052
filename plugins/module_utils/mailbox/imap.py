# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a mailbox over IMAP (RFC 9051, RFC 3501): wait for one message, whatever folder it is in."""

from __future__ import annotations

import contextlib
import dataclasses
import imaplib
import io
import ssl
import time
from collections.abc import Iterator, Mapping
from typing import Any

from .. import interrupts
from ..bounded import Limit, TimedReader
from ..errors import PostmasterError
from .folders import from_wire, junk_folders, quoted, to_wire

DEFAULT_PORTS = {"tls": 993, "starttls": 143, "none": 143}
_EXCERPT = 300  # characters quoted from a server
_ANSWER_SECONDS = 30.0  # for all answers of one step, such as reading a message
_MOST_MEGABYTES = 64  # for one step, unless the options say otherwise
_LONGEST_LINE = 2**20  # octets
_PAUSE_SECONDS = 1.0


class MailboxError(PostmasterError):
    """The mailbox cannot be reached, refuses the login, or sends invalid answers."""


class _Lost(MailboxError):
    """The connection was lost; a new one may work."""


class _Prompt(imaplib.IMAP4):
    """Limits the time and the octets of each step."""

    _got = 0  # octets of this step
    _source: TimedReader | None = None
    _read_from: Any = None  # the socket of the source; STARTTLS replaces it
    _stream: io.BufferedReader

    def __init__(self, *more: Any, limit: Limit, **options: Any) -> None:
        self._limit = limit
        super().__init__(*more, **options)  # reads the greeting

    def renew(self) -> None:
        """Begin a new step."""
        self._got = 0
        if self._source is not None:
            self._source.renew()

    def read(self, size: int) -> bytes:
        self._count(size)
        return self._answers().read(size)

    def readline(self) -> bytes:
        line = self._answers().readline(_LONGEST_LINE)
        self._count(len(line))
        return line

    def _count(self, octets: int) -> None:
        self._got += octets
        if self._got > self._limit.octets:
            check = "mailbox.host and mailbox.folder"
            raise MailboxError(f"The mailbox at {self.host} sends in one answer {self._limit.exceeded(check)}")

    def _answers(self) -> io.BufferedReader:
        if self._source is None or self._read_from is not self.sock:
            self._read_from = self.sock
            self._source = TimedReader(self.sock, _ANSWER_SECONDS)
            self._stream = io.BufferedReader(self._source)
        return self._stream


class _PromptTls(_Prompt, imaplib.IMAP4_SSL):
    pass


@dataclasses.dataclass(frozen=True)
class _Folder:
    """wire: its name in modified UTF-7. junk: whether it is for spam (RFC 6154)."""

    wire: bytes
    junk: bool = False

    @property
    def name(self) -> str:
        return from_wire(self.wire)


@dataclasses.dataclass(frozen=True)
class Arrived:
    """A message in the mailbox. wire: the encoded name of its folder."""

    folder: str
    junk: bool
    octets: bytes
    wire: bytes = b""


class Mailbox:
    """One account; a context manager that logs in and out. Every method raises MailboxError.

    options: ``host``, ``username``, ``password``, and ``port``, ``encryption``, ``folder``, ``validate_certs``,
    ``ca_path``.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._encryption = str(options.get("encryption") or "tls")
        self._host = str(options["host"])
        self._port = int(DEFAULT_PORTS[self._encryption] if options.get("port") is None else options["port"])
        if not 0 < self._port < 65536:
            raise MailboxError(f"mailbox.port is {self._port}: a port is a number from 1 to 65535.")
        self._folder = to_wire(str(options.get("folder") or "INBOX"))
        self._username, self._password = str(options["username"]), str(options["password"])
        self._limit = Limit.of(options, "mailbox", _MOST_MEGABYTES)
        self._context = None if self._encryption == "none" else _trust(options)
        self._connection: _Prompt | None = None
        self._folders: list[_Folder] = []
        self._expunges = False

    @property
    def place(self) -> str:
        return f"{self._username} at {self._host}:{self._port}"

    def __enter__(self) -> Mailbox:
        self._open()
        return self

    def __exit__(self, *dummy: object) -> None:
        self._leave()

    def await_subject(self, token: str, seconds: float) -> Arrived | None:
        """The message with this word in its subject, as soon as it arrives; None when the time is up.

        A lost connection is opened again.
        """
        deadline = time.monotonic() + seconds
        while True:
            try:
                if self._connection is None:
                    self._open()
                arrived = next(self._arrived(token), None)
            except _Lost:
                self._leave()
                if time.monotonic() >= deadline:
                    raise
                arrived = None
            remaining = deadline - time.monotonic()
            if arrived is not None or remaining <= 0:
                return arrived
            interrupts.pause(min(_PAUSE_SECONDS, remaining))

    def delete(self, arrived: Arrived, token: str) -> None:
        """Remove only that message; without UIDPLUS (RFC 4315) it is only marked as deleted."""
        with self._explained("be cleaned up"):
            self._imap.select(quoted(arrived.wire))  # type: ignore[arg-type]
            for uid in self._uids(token):
                self._imap.uid("STORE", uid, "+FLAGS.SILENT", "(\\Deleted)")
                if self._expunges:
                    self._imap.uid("EXPUNGE", uid)

    @property
    def _imap(self) -> _Prompt:
        if self._connection is None:
            raise MailboxError(f"The mailbox {self.place} is not open.")
        return self._connection

    def _open(self) -> None:
        with self._explained("be reached"):
            self._connection = self._connect()
        try:
            with self._explained("be logged in to"):
                self._login(self._imap)
                # the server may offer more capabilities after the login
                dummy, rows = self._imap.capability()
                self._expunges = any(row and b"UIDPLUS" in row.upper() for row in rows)
            with self._explained("be listed"):
                dummy, listed = self._imap.list()
        except MailboxError:
            self._leave()
            raise
        junk = [_Folder(name, True) for name in junk_folders(listed or ()) if name != self._folder]
        self._folders = [_Folder(self._folder), *junk]

    def _connect(self) -> _Prompt:
        rules: dict[str, Any] = {"timeout": _ANSWER_SECONDS, "limit": self._limit}
        if self._encryption == "tls":
            return _PromptTls(self._host, self._port, ssl_context=self._context, **rules)
        connection = _Prompt(self._host, self._port, **rules)
        if self._encryption == "starttls":
            try:
                connection.starttls(self._context)
            except (imaplib.IMAP4.error, OSError):
                connection.shutdown()
                raise
        return connection

    def _login(self, connection: _Prompt) -> None:
        if "AUTH=PLAIN" in connection.capabilities:
            answer = f"\0{self._username}\0{self._password}".encode()
            connection.authenticate("PLAIN", lambda dummy: answer)
            return
        # LOGIN of imaplib cannot send blanks in names or 8-bit passwords; a literal can (RFC 3501 4.3)
        connection.literal = self._password.encode()  # type: ignore[assignment]
        said, rows = connection.xatom("LOGIN", quoted(self._username.encode()))  # type: ignore[arg-type]
        if said != "OK":
            raise connection.error(rows[-1])
        connection.state = "AUTH"

    def _arrived(self, token: str) -> Iterator[Arrived]:
        for folder in self._folders:
            octets = self._find(folder, token)
            if octets is not None:
                yield Arrived(folder.name, folder.junk, octets, folder.wire)

    def _find(self, folder: _Folder, token: str) -> bytes | None:
        with self._explained("be read"):
            selected, dummy = self._imap.select(quoted(folder.wire), readonly=True)  # type: ignore[arg-type]
            if selected != "OK":
                if folder.junk:
                    return None  # it exists, but is not a message for us
                raise MailboxError(f"The mailbox {self.place} has no folder {folder.name!r}: correct mailbox.folder.")
            uids = self._uids(token)
            if not uids:
                return None
            fetched = self._imap.uid("FETCH", uids[-1], "(BODY.PEEK[])")[1]
        octets = [part[1] for part in fetched or [] if isinstance(part, tuple)]
        return octets[0] if octets else None

    def _uids(self, token: str) -> list[str]:
        said, rows = self._imap.uid("SEARCH", "SUBJECT", f'"{token}"')
        if said != "OK":
            raise imaplib.IMAP4.error(rows[-1] if rows else "")
        return rows[0].decode("ascii", "replace").split() if rows and isinstance(rows[0], bytes) else []

    def _leave(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(MailboxError, imaplib.IMAP4.error, OSError, ValueError, OverflowError):
                self._connection.logout()
            self._connection = None

    @contextlib.contextmanager
    def _explained(self, deed: str) -> Any:
        """Turn any failure into one sentence."""
        if self._connection is not None:
            self._connection.renew()
        try:
            yield
        except ssl.SSLCertVerificationError as error:
            raise MailboxError(
                f"The mailbox {self.place} cannot {deed}, because its certificate is not trusted "
                f"({error.verify_message}): correct mailbox.host, or set mailbox.ca_path to the authority that signed "
                "it."
            ) from None
        except ssl.SSLError as error:
            raise MailboxError(
                f"The mailbox {self.place} cannot {deed}, because TLS failed ({error.reason or 'no reason given'}): "
                "mailbox.encryption is tls on port 993, and starttls on port 143."
            ) from None
        except OSError as error:
            raise _Lost(
                f"The mailbox {self.place} cannot {deed}: {error.strerror or str(error) or 'it does not answer'}. "
                "Correct mailbox.host and mailbox.port, or allow connections to it."
            ) from None
        except imaplib.IMAP4.abort as error:
            if "unexpected response" in _said(error):
                raise MailboxError(_no_imap(self.place, deed)) from None
            raise _Lost(
                f"The mailbox {self.place} cannot {deed}: the connection was lost ({self._without_secrets(error)})."
            ) from None
        except (ValueError, OverflowError):
            # an impossible host name or port, or an invalid answer
            raise MailboxError(_no_imap(self.place, deed)) from None
        except imaplib.IMAP4.error as error:
            said = self._without_secrets(error)
            raise MailboxError(f"The mailbox {self.place} cannot {deed}: the server says {said!r}.") from None

    def _without_secrets(self, error: Exception) -> str:
        said = _said(error)
        return said.replace(self._password, "***") if self._password else said


def _no_imap(place: str, deed: str) -> str:
    return f"The mailbox {place} cannot {deed}: no IMAP server answers there. Correct mailbox.host and mailbox.port."


def _trust(options: Mapping[str, Any]) -> ssl.SSLContext:
    path = options.get("ca_path") or None
    try:
        context = ssl.create_default_context(cafile=path)
    except (OSError, ValueError) as error:
        is_read = isinstance(error, (ssl.SSLError, ValueError))
        reason = "it holds no certificate" if is_read else str(getattr(error, "strerror", error))
        raise MailboxError(f"mailbox.ca_path is {path}, which cannot be used: {reason}.") from None
    if options.get("validate_certs") is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _said(error: Exception) -> str:
    """The server's own words."""
    reply = error.args[0] if error.args else ""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else str(reply)
    said = " ".join(text.split())
    return said if len(said) <= _EXCERPT else f"{said[:_EXCERPT]}…"
