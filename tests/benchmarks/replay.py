# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A front of a slow simulator that knows its answers by heart, once they were given.

What is timed behind it is our side and the latency alone; every answer is one that the simulator gave to the very same
request before.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter

from ansible_collections.postmaster.mail.tests.servers.http_server import HttpHandler, HttpServer
from ansible_collections.postmaster.mail.tests.servers.process import HOST


class Replay:
    """Use it as a context. ``port`` stands for that of the simulator, ``calls`` counts what comes, ``latency`` in s."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.calls: Counter[str] = Counter()
        self.latency = 0.0
        self.answers: dict[tuple[str, str, bytes], tuple[int, str, bytes]] = {}
        self._server = HttpServer((HOST, 0), type("Handler", (_Handler,), {"replay": self}))

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def __enter__(self) -> Replay:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *dummy: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(HttpHandler):
    replay: Replay

    def _serve(self) -> None:
        due = time.monotonic() + self.replay.latency
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = self.command, self.path, body
        self.replay.calls[self.command] += 1
        answer = self.replay.answers.get(request) or self.replay.answers.setdefault(request, self._ask(body))
        time.sleep(max(0.0, due - time.monotonic()))
        self.send_response(answer[0])
        self.send_header("Content-Type", answer[1])
        self.send_header("Content-Length", str(len(answer[2])))
        self.end_headers()
        self.wfile.write(answer[2])

    do_GET = do_POST = _serve  # noqa: N815 - the names that http.server calls

    def _ask(self, body: bytes) -> tuple[int, str, bytes]:
        connection = http.client.HTTPConnection(HOST, self.replay.target)
        try:
            connection.request(self.command, self.path, body, dict(self.headers.items()))
            answer = connection.getresponse()
            return answer.status, answer.headers["Content-Type"], answer.read()
        finally:
            connection.close()
