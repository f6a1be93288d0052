# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that starts an answer and never ends it: slowly, octet by octet, or as fast as it can."""

from __future__ import annotations

import contextlib
import itertools
import socketserver
import threading
import time
from typing import Any

from ansible_collections.postmaster.mail.tests.servers.process import HOST

HEAD = b"HTTP/1.1 200 OK\r\n"
# What is sent at once, and what is repeated after that
HTTP_DRIPS = {
    "status": (b"", HEAD),
    "header": (HEAD, b"X-A: b\r\n"),
    "body": (HEAD + b"Content-Length: 1000000\r\n\r\n", b" "),
    "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
}


class Dripper:
    """A context manager. ``pause``: seconds between two octets; 0: whole parts without a pause."""

    def __init__(self, begins: bytes, goes_on: bytes, pause: float = 0.05) -> None:
        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    self.request.sendall(begins)
                    parts = [bytes([octet]) for octet in goes_on] if pause else [goes_on]
                    for part in itertools.cycle(parts):
                        self.request.sendall(part)
                        time.sleep(pause)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

        self._server = Server((HOST, 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def __enter__(self) -> Dripper:
        return self

    def __exit__(self, *dummy: Any) -> None:
        self._server.shutdown()
        self._server.server_close()
