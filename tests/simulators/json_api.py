# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The common part of simulators of JSON APIs: a server, faults on demand, concurrent writers, counts of calls."""

from __future__ import annotations

import abc
import collections
import json
import socket
import ssl
import threading
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any

from ansible_collections.postmaster.mail.tests.servers.http_server import HttpHandler, HttpServer

# What can go wrong with a call: it is answered with an error status (a number), the connection is closed before it is
# carried out (``reset``), after (``lost``) or a while after (``slow``), it is carried out but answered with an error
# (``done 500``), a proxy answers (``html``), the answer is JSON of another form (``nonsense``) or this JSON (a dict),
# or nothing goes wrong (``ok``).
Fault = str | int | dict[str, Any]
_TOO_LATE = 3.0  # seconds


class Refusal(Exception):
    """An error answer."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.status, self.body, self.headers = status, body, dict(headers or {})


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: Message
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body.decode("utf-8", "surrogateescape"))


@dataclass
class Answer:
    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class JsonApi(abc.ABC):
    """A context manager: a server on the loopback address, at ``endpoint``."""

    def __init__(self, certificate: tuple[Path, Path] | None = None) -> None:
        self.calls: collections.Counter[str] = collections.Counter()
        self.latency = 0.0  # seconds from a request to its answer
        self.alter: Callable[[str, Any], Any] = lambda operation, body: body  # changes the JSON of an answer
        self._faults: dict[str, list[Fault]] = collections.defaultdict(list)
        self._acts: dict[str, list[Callable[[], None]]] = collections.defaultdict(list)
        self._certificate = certificate
        self.lock = threading.RLock()

    def __enter__(self) -> Any:
        simulator = self

        class Bound(_Handler):
            api = simulator

        self._server = HttpServer(("127.0.0.1", 0), Bound)
        if self._certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self._certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *dummy: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def endpoint(self) -> str:
        return f"{'https' if self._certificate else 'http'}://127.0.0.1:{self.port}"

    def fail(self, operation: str, *faults: Fault) -> None:
        """Make the next calls of an operation end with these faults."""
        self._faults[operation] += faults

    def before(self, operation: str, act: Callable[[], None]) -> None:
        """Let another program act right before the next call of an operation is carried out."""
        self._acts[operation].append(act)

    # -- for subclasses ----------------------------------------------------------------------------------------------

    @abc.abstractmethod
    def operation_of(self, request: Request) -> str:
        """The name of the operation that is requested. Raises Refusal for a URL that the API does not have."""

    @abc.abstractmethod
    def answer(self, operation: str, request: Request) -> Answer:
        """Carry out an operation. Raises Refusal."""

    @abc.abstractmethod
    def error(self, status: int) -> Refusal:
        """The vendor's error answer with this status."""

    # -- one call ----------------------------------------------------------------------------------------------------

    def serve(self, request: Request) -> Answer | None:
        """The answer; None to close the connection without one."""
        operation = ""
        try:
            operation = self.operation_of(request)
            self.calls[operation] += 1
            faults, acts = self._faults[operation], self._acts[operation]
            fault = faults.pop(0) if faults else "ok"
            if isinstance(fault, int):
                raise self.error(fault)
            if fault == "reset":
                return None
            if fault == "html":
                return Answer(200, "<html><body>Sign in to the network</body></html>")
            if isinstance(fault, dict):
                return Answer(200, fault)
            if fault == "nonsense":
                return Answer(200, [1, 2])
            if acts:
                acts.pop(0)()
            with self.lock:
                answer = self.answer(operation, request)
        except Refusal as refusal:
            return Answer(refusal.status, self.alter(operation, refusal.body), refusal.headers)
        if fault == "done 500":
            failure = self.error(500)
            return Answer(failure.status, failure.body, failure.headers)
        answer = Answer(answer.status, self.alter(operation, answer.body), answer.headers)
        if fault == "slow":
            time.sleep(_TOO_LATE)
        return None if fault in ("lost", "slow") else answer


class _Handler(HttpHandler):
    api: JsonApi

    def _handle(self) -> None:
        due = time.monotonic() + self.api.latency
        parts = urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        answer = self.api.serve(Request(self.command, parts.path, query, self.headers, body))
        if answer is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        kind = "application/json"
        if isinstance(answer.body, str):
            content, kind = answer.body.encode(), "text/html"
        elif answer.body is None:
            content = b""
        else:
            content = json.dumps(answer.body, ensure_ascii=False).encode("utf-8", "surrogateescape")
        time.sleep(max(0.0, due - time.monotonic()))
        self.send_response(answer.status)
        for name, value in {"Content-Type": kind, **answer.headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815 - the names that http.server calls
