# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy for a real HTTP server that lets a test act right before or right after a request."""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections import Counter
from collections.abc import Callable
from http.server import ThreadingHTTPServer

from ansible_collections.postmaster.mail.tests.servers.http_server import HttpHandler
from ansible_collections.postmaster.mail.tests.servers.process import HOST

_HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding", "content-length")


class Interloper(ThreadingHTTPServer):
    """A context manager. ``calls``: counts by method; ``before``, ``after``: run once at the next request of a method.

    Requests in ``mute`` are forwarded, but their answers are lost.
    """

    daemon_threads = True

    def __init__(self, target: int) -> None:
        super().__init__((HOST, 0), _Handler)
        self.target = target
        self.calls: Counter[str] = Counter()
        self.before: dict[str, Callable[[], object]] = {}
        self.after: dict[str, Callable[[], object]] = {}
        self.mute: Counter[str] = Counter()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.server_address[1]}"

    def __exit__(self, *dummy: object) -> None:
        self.shutdown()
        self.server_close()


class _Handler(HttpHandler):
    server: Interloper

    def _forward(self) -> None:
        server, method = self.server, self.command
        server.calls[method] += 1
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        server.before.pop(method, _nothing)()
        with contextlib.closing(http.client.HTTPConnection(HOST, server.target, timeout=20)) as there:
            there.request(method, self.path, body, dict(self.headers))
            answer = there.getresponse()
            content = answer.read()
        server.after.pop(method, _nothing)()
        if server.mute[method]:
            server.mute[method] -= 1
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PATCH = do_POST = do_PUT = do_DELETE = _forward  # noqa: N815 - the names that http.server calls


def _nothing() -> None:
    pass
