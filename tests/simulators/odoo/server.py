# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for Odoo 14 to 19: its RPC protocols, for the models that configure mail.

    python -m ansible_collections.postmaster.mail.tests.simulators.odoo.server PORT [COMPANY…]

Its records are in memory, and are shown as JSON at ``/demo``, without passwords. The fields were recorded from real
servers (record.py), and the tests in tests/integration/odoo run on both.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from . import json2
from .database import Database
from .exceptions import NoDatabase, Refusal
from .seed import PASSWORD

NAME = "demo"  # the only database
_JSON_2 = "/json/2/"
# up to this version, a server with several databases sends no text for a refusal without a web session that names one
_MUTE_UNTIL = 15


class StandIn:
    """The server. ``database``: its content."""

    def __init__(
        self,
        companies: Sequence[str] = (),
        port: int = 0,
        version: int = 19,
        modules: Iterable[str] | None = None,
        authorities: Path | None = None,
    ) -> None:
        self.database = Database(version, companies, modules, authorities)
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self.database))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.options: dict[str, Any] = {"url": self.url, "database": NAME, "username": "admin", "password": PASSWORD}

    def start(self) -> StandIn:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> StandIn:
        return self.start()

    def __exit__(self, *dummy: object) -> None:
        self.stop()


def _handler(database: Database) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        held = database

    return Handler


class _Handler(BaseHTTPRequestHandler):
    held: Database

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/demo":
            self._answer(200, self.held.shown())
        elif path == "/web/version" and self.held.version >= 18:
            self._answer(200, {"version": f"{self.held.version}.0", "version_info": _version_info(self.held)})
        elif path == "/web/login":
            self._page(
                200, "Log in", {"Set-Cookie": f"session_id={parse_qs(urlsplit(self.path).query)['db'][0]}; Path=/"}
            )
        else:
            self._page(404, "Not Found")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith(_JSON_2) and self.held.version >= 19:
            self._json_2(body)
        elif self.path == "/jsonrpc":
            self._json_rpc(json.loads(body))
        else:
            self._page(404, "Not Found")

    # JSON-RPC

    def _json_rpc(self, body: Any) -> None:
        if not isinstance(body, dict):
            self._page(500 if self.held.version <= 14 else 400, "Bad Request")
            return
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": body.get("id")}
        try:
            params = body["params"]
            result = _dispatch(self.held, params["service"], params["method"], params["args"])
        except Refusal as refusal:
            if self.held.version <= _MUTE_UNTIL and "session_id" not in self.headers.get("Cookie", ""):
                self._page(500, "Internal Server Error")
                return
            code = 0 if self.held.version >= 19 else 200
            answer["error"] = {"code": code, "message": "Odoo Server Error", "data": _described(refusal)}
        else:
            if result is not None:
                answer["result"] = result
        self._answer(200, answer)

    # JSON-2

    def _json_2(self, body: bytes) -> None:
        try:
            if self.headers.get("X-Odoo-Database") != NAME:
                raise json2.NoJson(404, "Not Found")
            self._answer(200, json2.answer(self.held, self.path.removeprefix(_JSON_2), self.headers, body))
        except json2.NoJson as refusal:
            self._page(refusal.status, str(refusal))
        except Refusal as refusal:
            self._answer(refusal.status, _described(refusal))

    # Answers

    def _answer(self, status: int, content: Any) -> None:
        self._send(status, "application/json; charset=utf-8", json.dumps(content).encode(), {})

    def _page(self, status: int, title: str, headers: Mapping[str, str] | None = None) -> None:
        self._send(status, "text/html; charset=utf-8", f"<html><title>{title}</title></html>".encode(), headers or {})

    def _send(self, status: int, kind: str, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *dummy: Any) -> None:  # noqa: A002 - the name is the base class's
        pass


def _described(refusal: Refusal) -> dict[str, Any]:
    return {
        "name": refusal.name,
        "message": str(refusal),
        "arguments": refusal.arguments,
        "context": {},
        "debug": "Traceback (most recent call last): …",
    }


def _version_info(database: Database) -> list[Any]:
    return [database.version, 0, 0, "final", 0, ""]


def _dispatch(database: Database, service: str, method: str, arguments: Sequence[Any]) -> Any:
    if (service, method) == ("common", "version"):
        series = f"{database.version}.0{database.build and '-'}{database.build}"
        return {
            "server_version": series,
            "server_version_info": _version_info(database),
            "server_serie": f"{database.version}.0",
            "protocol_version": 1,
        }
    if service == "common" and method != "login" or service not in ("common", "object"):
        raise Refusal(f"Method not found: {method}")
    if arguments[0] != NAME:
        raise NoDatabase(str(arguments[0]))
    if method == "login":
        return database.login(*arguments[1:3])
    if method != "execute_kw":
        raise Refusal(f"Method not found: {method}")
    dummy, uid, secret, model, function, positional, *named = arguments
    return database.call(database.authenticated(uid, secret), model, function, positional, *(named or [{}]))


if __name__ == "__main__":
    with StandIn(sys.argv[2:], int(sys.argv[1])) as stand_in:
        print(stand_in.url, flush=True)
        sys.stdin.read()
