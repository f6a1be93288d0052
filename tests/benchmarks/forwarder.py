# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A forwarder in front of a real server that counts the requests that pass, and lets each of them wait."""

from __future__ import annotations

import contextlib
import re
import socket
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Callable
from io import BufferedIOBase

from ansible_collections.postmaster.mail.tests.servers.process import HOST

_UPDATE = 5  # opcode, RFC 2136 1.3

# One request of a client: its kind and its octets, None when there are no more.
NextRequest = Callable[[BufferedIOBase], "tuple[str, bytes] | None"]


def http_request(stream: BufferedIOBase) -> tuple[str, bytes] | None:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline()
        if not line:
            return None
        head += line
    length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    return head.partition(b" ")[0].decode(), head + stream.read(int(length[1]) if length else 0)


def dns_request(stream: BufferedIOBase) -> tuple[str, bytes] | None:
    """A message over TCP (RFC 1035 4.2.2)."""
    prefix = stream.read(2)
    if len(prefix) < 2:
        return None
    message = stream.read(int.from_bytes(prefix, "big"))
    return "update" if message[2] >> 3 & 15 == _UPDATE else "query", prefix + message


class Forwarder(socketserver.ThreadingTCPServer):
    """Use it as a context. ``port`` leads to the server's port, ``calls`` counts by kind, ``latency`` is in seconds."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, target: int, next_request: NextRequest) -> None:
        super().__init__((HOST, 0), _Connection)
        self.target, self.next_request = target, next_request
        self.calls: Counter[str] = Counter()
        self.latency = 0.0
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def __exit__(self, *dummy: object) -> None:
        self.shutdown()
        self.server_close()


class _Connection(socketserver.StreamRequestHandler):
    server: Forwarder
    disable_nagle_algorithm = True

    def handle(self) -> None:
        with socket.create_connection((HOST, self.server.target)) as there, contextlib.suppress(OSError):
            there.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=self._send_back, args=(there,), daemon=True)
            back.start()
            while (found := self.server.next_request(self.rfile)) is not None:
                with self.server.lock:
                    self.server.calls[found[0]] += 1
                time.sleep(self.server.latency)
                there.sendall(found[1])
            there.shutdown(socket.SHUT_WR)
            back.join(5)

    def _send_back(self, there: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while octets := there.recv(65536):
                self.connection.sendall(octets)
            self.connection.shutdown(socket.SHUT_RDWR)
