# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small IMAP server (RFC 3501) with faults that a real one cannot be made to have."""

from __future__ import annotations

import base64
import re
import socketserver
import threading

from ansible_collections.postmaster.mail.tests.servers.process import HOST

_LITERAL = re.compile(rb"\{(\d+)\}\Z")


class ImapServer:
    """A context manager. Names of folders are as on the wire.

    ``listed``: the LIST responses. ``messages``: by folder. ``drops``: how many searches end with a closed connection.
    ``delivers_after``: how many searches find nothing at first.
    """

    def __init__(self, *messages: bytes, folder: bytes = b"INBOX", username: str = "probe", password: str = "secret"):
        self.messages: dict[bytes, list[bytes]] = {b"INBOX": [], folder: list(messages)}
        self.listed: list[bytes] = [b'(\\HasNoChildren) "/" INBOX']
        self.capabilities = b"IMAP4rev1 AUTH=PLAIN UIDPLUS"
        self.greeting, self.farewell = b"* OK ready", b"* BYE see you"
        self.account = (username.encode(), password.encode())
        self.refuses_search = False
        self.drops = 0
        self.delivers_after = 0
        self.connections = 0
        self.commands: list[bytes] = []
        self.marked: set[tuple[bytes, bytes]] = set()  # folder and UID of messages marked as deleted
        self.host = HOST

    def __enter__(self) -> ImapServer:
        handler = type("Handler", (_Session,), {"imap": self})
        self._server = socketserver.ThreadingTCPServer((HOST, 0), handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *dummy: None  # type: ignore[method-assign]
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *dummy: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Session(socketserver.StreamRequestHandler):
    imap: ImapServer
    disable_nagle_algorithm = True

    def handle(self) -> None:
        self.admitted, self.folder, self.writable = False, b"", False
        self.imap.connections += 1
        self._say(self.imap.greeting)
        while self._command():
            pass

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")

    def _line(self) -> bytes:
        """A command, with literals as quoted strings."""
        line = self.rfile.readline().rstrip(b"\r\n")
        while (literal := _LITERAL.search(line)) is not None:
            self._say(b"+ go on")
            given = re.sub(rb'([\\"])', rb"\\\1", self.rfile.read(int(literal[1])))
            line = line[: literal.start()] + b'"' + given + b'"' + self.rfile.readline().rstrip(b"\r\n")
        return line

    def _command(self) -> bool:
        tag, dummy, command = self._line().partition(b" ")
        if not tag:
            return False
        self.imap.commands.append(command)
        words: list[bytes] = re.findall(rb'"(?:[^"\\]|\\.)*"|\S+', command)
        name = (b"UID_" + words[1] if words[0] == b"UID" else words[0]).decode("latin-1").lower()
        answer: bytes | None = self._refusal(name)
        if not answer:
            answer = getattr(self, f"_{name}", lambda dummy: b"BAD unknown")(words)
        if answer is None:
            return False
        self._say(tag + b" " + answer)
        return name != "logout"

    def _refusal(self, name: str) -> bytes:
        """The answer to a command that is not allowed now (RFC 3501 3); empty if it is allowed."""
        if not self.admitted and name not in ("capability", "login", "authenticate", "logout"):
            return b"BAD log in first"
        if not self.folder and name.startswith("uid_"):
            return b"BAD select a folder first"
        if not self.writable and name in ("uid_store", "uid_expunge"):
            return b"NO this folder is read-only"
        return b""

    def _capability(self, dummy: list[bytes]) -> bytes:
        self._say(b"* CAPABILITY " + self.imap.capabilities)
        return b"OK done"

    def _login(self, words: list[bytes]) -> bytes:
        return self._admit(_unquoted(words[1]), _unquoted(words[2]))

    def _authenticate(self, dummy: list[bytes]) -> bytes:
        self._say(b"+ ")
        username, password = base64.b64decode(self.rfile.readline()).split(b"\0")[1:]
        return self._admit(username, password)

    def _admit(self, username: bytes, password: bytes) -> bytes:
        self.admitted = (username, password) == self.imap.account
        return b"OK welcome" if self.admitted else b"NO not you with " + password

    def _list(self, dummy: list[bytes]) -> bytes:
        for row in self.imap.listed:
            self._say(b"* LIST " + row)
        return b"OK done"

    def _examine(self, words: list[bytes]) -> bytes:
        self.folder, self.writable = _unquoted(words[1]), words[0] == b"SELECT"
        if self.folder not in self.imap.messages:
            self.folder = b""
            return b"NO there is none"
        self._say(b"* %d EXISTS" % len(self.imap.messages[self.folder]))
        return b"OK [READ-WRITE] done" if self.writable else b"OK [READ-ONLY] done"

    _select = _examine

    def _uid_search(self, words: list[bytes]) -> bytes | None:
        if self.imap.refuses_search:
            return b"NO 1 of the indexes is broken"
        if self.imap.drops:
            self.imap.drops -= 1
            return None
        if self.imap.delivers_after:
            self.imap.delivers_after -= 1
            self._say(b"* SEARCH")
            return b"OK done"
        token = _unquoted(words[-1])
        found = [b"%d" % (uid + 1) for uid, message in enumerate(self._messages()) if token in message]
        self._say(b" ".join((b"* SEARCH", *found)))
        return b"OK done"

    def _uid_fetch(self, words: list[bytes]) -> bytes:
        message = self._messages()[int(words[2]) - 1]
        self._say(b"* 1 FETCH (UID %s BODY[] {%d}\r\n%s)" % (words[2], len(message), message))
        return b"OK done"

    def _uid_store(self, words: list[bytes]) -> bytes:
        if words[3].startswith(b"+FLAGS") and words[4] == b"(\\Deleted)":
            self.imap.marked.add((self.folder, words[2]))
        return b"OK done"

    def _uid_expunge(self, words: list[bytes]) -> bytes:
        if (self.folder, words[2]) in self.imap.marked:
            self._messages()[int(words[2]) - 1] = b""
        return b"OK done"

    def _logout(self, dummy: list[bytes]) -> bytes:
        self._say(self.imap.farewell)
        return b"OK done"

    def _messages(self) -> list[bytes]:
        return self.imap.messages[self.folder]


def _unquoted(word: bytes) -> bytes:
    return re.sub(rb"\\(.)", rb"\1", word[1:-1]) if word.startswith(b'"') else word
