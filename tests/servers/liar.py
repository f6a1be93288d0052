# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy for an API that forwards reads, and answers writes with 200 and any content, or worse.

``FAULTS``: what it may send instead of an answer.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import threading
import time
import zlib
from collections.abc import Callable
from io import BufferedIOBase

from ansible_collections.postmaster.mail.tests.servers.http_server import HttpHandler, HttpServer

HOST = "127.0.0.1"
_READS = (b"Command=namecheap.domains.dns.getHosts", b"Command=namecheap.domains.getList", b"grant_type=")
_OWN_HEADERS = ("content-length", "transfer-encoding", "connection")


Fault = Callable[[BufferedIOBase], None]


def _sends(head: str, *parts: bytes) -> Fault:
    def send(stream: BufferedIOBase) -> None:
        stream.write(f"HTTP/1.1 {head}\r\n\r\n".encode() + b"".join(parts))

    return send


def _drips(stream: BufferedIOBase) -> None:
    stream.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
    while True:
        stream.write(b"X-A: b\r\n")
        stream.flush()
        time.sleep(0.1)


def _never_ends(stream: BufferedIOBase) -> None:
    stream.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        stream.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")


@functools.cache
def _gigabyte() -> bytes:
    packed = zlib.compressobj(1, wbits=31)
    return b"".join(packed.compress(b" " * 2**20) for dummy in range(1024)) + packed.flush()


def _bomb(stream: BufferedIOBase) -> None:
    body = _gigabyte()
    _sends(f"200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}", body)(stream)


FAULTS: dict[str, Fault] = {
    "status": _sends("503 Busy\r\nContent-Length: 4", b"busy"),
    "cut": _sends("200 OK\r\nContent-Length: 1000", b'{"success": true, "result": ['),
    "empty": _sends("200 OK\r\nContent-Length: 0"),
    "wrong": _sends("200 OK\r\nContent-Length: 23", b'{"x": [1, {"y": null}]}'),
    "deep": _sends("200 OK\r\nContent-Length: 400000", b"[" * 200_000 + b"]" * 200_000),
    "drip": _drips,
    "endless": _never_ends,
    "huge": _bomb,
}


class Liar:
    """A context manager. ``answer``: the body of its false answers, or a function that writes a whole answer.

    ``does``: whether writes are carried out all the same; ``reads``: whether reads get the false answers instead of
    writes.
    """

    def __init__(self, port: int, answer: bytes | Fault, does: bool, reads: bool = False) -> None:
        liar = self
        self.lies = 0

        class Handler(HttpHandler):
            def handle_one(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                writes = self.command != "GET" and not any(read in body for read in _READS)
                lies = writes is not reads
                status, headers = 200, [("Content-Type", "application/json")]
                content = answer if isinstance(answer, bytes) else b""
                if does or not lies:
                    there = http.client.HTTPConnection(HOST, port)
                    there.request(self.command, self.path, body, dict(self.headers))
                    told = there.getresponse()
                    octets = told.read()
                    there.close()
                    if not lies:
                        status, headers, content = told.status, told.getheaders(), octets
                liar.lies += lies
                if lies and not isinstance(answer, bytes):
                    self.close_connection = True
                    with contextlib.suppress(OSError):
                        answer(self.wfile)
                        self.wfile.flush()
                    return
                self.send_response(status)
                for name, value in headers:
                    if name.lower() not in _OWN_HEADERS:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one  # noqa: N815 - the names of http.server

        self._server = HttpServer((HOST, 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def __enter__(self) -> Liar:
        return self

    def __exit__(self, *dummy: object) -> None:
        self._server.shutdown()
        self._server.server_close()
