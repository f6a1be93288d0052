# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy in front of an API that hands on what is read, and answers a write with 200 and whatever it likes."""

from __future__ import annotations

import http.client
import http.server
import threading
from typing import Any

from ansible_collections.postmaster.mail.tests.servers.http_server import HttpServer

HOST = "127.0.0.1"
_READS = (b"Command=namecheap.domains.dns.getHosts", b"Command=namecheap.domains.getList", b"grant_type=")
_OWN_HEADERS = ("content-length", "transfer-encoding", "connection")


class Liar:
    """Use it as a context. ``answer`` is the body of its lies; ``does``: whether the write is done all the same."""

    def __init__(self, port: int, answer: bytes, does: bool) -> None:
        liar = self
        self.lies = 0

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def handle_one(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                lies = self.command != "GET" and not any(read in body for read in _READS)
                status, headers, content = 200, [("Content-Type", "application/json")], answer
                if does or not lies:
                    there = http.client.HTTPConnection(HOST, port)
                    there.request(self.command, self.path, body, dict(self.headers))
                    told = there.getresponse()
                    octets = told.read()
                    there.close()
                    if not lies:
                        status, headers, content = told.status, told.getheaders(), octets
                liar.lies += lies
                self.send_response(status)
                for name, value in headers:
                    if name.lower() not in _OWN_HEADERS:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one  # noqa: N815 - the names of http.server

            def log_message(self, *dummy: Any) -> None:
                pass

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
