# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DNS part of Cloudflare's API v4: zones, records and batches; stateful, and as strict as the original.

This file has requests, tokens, pages, the rate limit and failures on demand; the rules for records are in
``cloudflare_zone``.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
import socket
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.postmaster.mail.tests.servers.http_server import HttpHandler, HttpServer
from ansible_collections.postmaster.mail.tests.servers.process import HOST
from ansible_collections.postmaster.mail.tests.simulators.cloudflare_zone import Refused, Zone, new_id

BASE = "/client/v4"
_ONE_RECORD = r"/zones/(\w+)/dns_records/(\w+)"

# Kind, method and path of each operation; requests are counted by kind
_ROUTES = (
    ("zones", "GET", r"/zones"),
    ("zone", "GET", r"/zones/(\w+)"),
    ("records", "GET", r"/zones/(\w+)/dns_records"),
    ("create", "POST", r"/zones/(\w+)/dns_records"),
    ("batch", "POST", r"/zones/(\w+)/dns_records/batch"),
    ("overwrite", "PUT", _ONE_RECORD),
    ("update", "PATCH", _ONE_RECORD),
    ("delete", "DELETE", _ONE_RECORD),
    ("pagerules", "GET", r"/zones/(\w+)/pagerules"),
)
_WRITES = ("create", "batch", "overwrite", "update", "delete")


@dataclasses.dataclass
class Token:
    """What a token may do. ``accounts``: where; empty: in all."""

    edits: bool = True
    reads_records: bool = True
    accounts: tuple[str, ...] = ()


@dataclasses.dataclass
class Fault:
    """What goes wrong with the next request of a kind.

    ``status``: the answer instead of carrying it out; with ``done``, after carrying it out. ``how``: ``reset`` closes
    the connection, ``hang`` answers after ``seconds``, ``page`` sends HTML with status 200, ``list`` sends ``items``
    and ``info``, ``short`` sends an empty list that claims to have items.
    """

    kind: str
    status: int = 0
    how: str = ""
    done: bool = False
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    seconds: float = 0.0
    items: tuple[Any, ...] = ()
    info: Any = None


class CloudflareSimulator:
    """A context manager. ``endpoint``: its URL, ``calls``: counts of requests by kind.

    ``latency``: seconds from a request to its answer.
    """

    def __init__(self, quota: int = 1200, window: float = 300.0, latency: float = 0.0) -> None:
        self.zones: dict[str, Zone] = {}  # by id
        self.tokens: dict[str, Token] = {"token-0123456789abcdef": Token()}
        self.calls: Counter[str] = Counter()
        self.faults: list[Fault] = []
        self.before_write: list[Callable[[], None]] = []  # called once, right before the next write
        self.last_body: Any = None
        self.quota, self.window, self.latency = quota, window, latency
        self._spent: list[float] = []
        self._blocked_until = 0.0
        self.lock = threading.RLock()
        self._server = HttpServer((HOST, 0), type("Handler", (_Handler,), {"simulator": self}))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.port}"

    def __enter__(self) -> CloudflareSimulator:
        self._thread.start()
        return self

    def __exit__(self, *dummy: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def add_zone(self, name: str, **about: Any) -> Zone:
        """A zone. ``about``: how it differs from an active full zone on the Free plan in account ``a…``."""
        with self.lock:
            zone = Zone(name, **about)
            self.zones[zone.id] = zone
            return zone

    def zone(self, name: str) -> Zone:
        return next(zone for zone in self.zones.values() if zone.name == name)

    def fail(self, kind: str, times: int = 1, **what: Any) -> None:
        """Make the next requests of a kind go wrong (see ``Fault``)."""
        self.faults += [Fault(kind, **what) for dummy in range(times)]

    def total(self) -> int:
        return sum(self.calls.values())

    def reset_counts(self) -> None:
        self.calls.clear()

    # -- the rate limit ----------------------------------------------------------------------------------------------

    def spend(self) -> tuple[dict[str, str], bool]:
        """Count a request against the quota; returns the headers to send, and whether it is refused."""
        with self.lock:
            now = time.monotonic()
            self._spent = [moment for moment in self._spent if moment > now - self.window]
            blocked = now < self._blocked_until
            if not blocked and len(self._spent) >= self.quota:
                blocked, self._blocked_until = True, now + self.window
            self._spent.append(now)
            left = max(0, self.quota - len(self._spent))
            renewal = max(1, round(self._spent[0] + self.window - now))
            headers = {
                "Ratelimit": f'"default";r={left};t={renewal}',
                "Ratelimit-Policy": f'"default";q={self.quota};w={round(self.window)}',
            }
            if blocked:
                headers["Retry-After"] = str(max(1, round(self._blocked_until - now)))
            return headers, blocked

    # -- operations --------------------------------------------------------------------------------------------------

    def list_zones(self, query: Mapping[str, str], token: Token) -> dict[str, Any]:
        per_page = int(query.get("per_page", "20"))
        if not 5 <= per_page <= 50:
            raise Refused(400, 1006, "per_page must be between 5 and 50")
        known = {"name", "account.id", "status", "page", "per_page", "order", "direction", "match"}
        if set(query) - known:
            raise Refused(400, 1001, f"unknown parameters {sorted(set(query) - known)}")
        found = [
            zone.show()
            for zone in self.zones.values()
            if query.get("name") in (None, zone.name)
            and query.get("status") in (None, zone.about["status"])
            and query.get("account.id") in (None, zone.account)
            and zone.about["type"] != "internal"
            and (not token.accounts or zone.account in token.accounts)
        ]
        return page(found, query, per_page)

    def list_records(self, zone: Zone, query: Mapping[str, str]) -> dict[str, Any]:
        per_page = int(query.get("per_page", "100"))
        if not 1 <= per_page <= 5_000_000:
            raise Refused(400, 1004, "per_page is out of range")
        found = [
            record
            for record in zone.listing()
            if query.get("type") in (None, record["type"])
            and query.get("name", query.get("name.exact")) in (None, record["name"])
            and query.get("content", query.get("content.exact")) in (None, record["content"])
        ]
        return page(found, query, per_page)

    def write(self, kind: str, zone: Zone, record_id: str, body: Any) -> Any:
        self.last_body = body
        acts, self.before_write = self.before_write, []
        for act in acts:
            act()
        with self.lock:
            if kind == "batch":
                return zone.batch(body)
            operations = {"create": "posts", "overwrite": "puts", "update": "patches", "delete": "deletes"}
            entry = {**(body or {}), **({"id": record_id} if record_id else {})}
            done = zone.batch({operations[kind]: [entry]})[operations[kind]][0]
            return {"id": done["id"]} if kind == "delete" else done


def page(items: list[Any], query: Mapping[str, str], per_page: int) -> dict[str, Any]:
    number = int(query.get("page", "1"))
    part = items[(number - 1) * per_page : number * per_page]
    total_pages = -(-len(items) // per_page)
    info = {"page": number, "per_page": per_page, "count": len(part)}
    return {"result": part, "result_info": {**info, "total_count": len(items), "total_pages": total_pages}}


class _Handler(HttpHandler):
    simulator: CloudflareSimulator

    def _serve(self) -> None:
        simulator = self.simulator
        self._due = time.monotonic() + simulator.latency
        octets = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, dummy, query_text = self.path.partition("?")
        kind, match = self._route(path)
        with simulator.lock:
            simulator.calls[kind] += 1
            fault = next((fault for fault in simulator.faults if fault.kind in (kind, "any")), None)
            if fault is not None:
                simulator.faults.remove(fault)
        headers, blocked = simulator.spend()
        if fault is not None and not fault.done and self._go_wrong(fault, headers):
            return
        try:
            if blocked:
                raise Refused(429, 971, "Please wait and consider throttling your request speed")
            token = self._token()
            query = dict(urllib.parse.parse_qsl(query_text, keep_blank_values=True))
            content = self._do(kind, match, query, octets, token)
        except Refused as refused:
            self._answer(refused.status, refused.envelope(), headers)
            return
        if fault is not None and fault.done and self._go_wrong(fault, headers):
            return
        self._answer(200, {"success": True, "errors": [], "messages": [], **content}, headers)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the names that http.server calls

    def _route(self, path: str) -> tuple[str, re.Match[str] | None]:
        for kind, method, pattern in _ROUTES:
            match = re.fullmatch(re.escape(BASE) + pattern, path)
            if match and method == self.command:
                return kind, match
        return "unknown", None

    def _token(self) -> Token:
        kind, dummy, value = self.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer":
            raise Refused(400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers")
        if not re.fullmatch(r"[\w-]{16,}", value):
            cause = {"code": 6111, "message": "Invalid format for Authorization header"}
            raise Refused(400, 6003, "Invalid request headers", cause)
        token = self.simulator.tokens.get(value)
        if token is None:
            raise Refused(403, 9109, "Invalid access token")
        return token

    def _do(
        self, kind: str, match: re.Match[str] | None, query: Mapping[str, str], octets: bytes, token: Token
    ) -> dict[str, Any]:
        simulator = self.simulator
        if match is None:
            raise Refused(400, 7000, "No route for that URI")
        if kind == "zones":
            return simulator.list_zones(query, token)
        zone = simulator.zones.get(match[1])
        if zone is None or (token.accounts and zone.account not in token.accounts):
            raise Refused(404, 7003, f"Could not route to {self.path}, perhaps your object identifier is invalid?")
        if kind == "zone":
            return {"result": zone.show()}
        if kind == "pagerules":
            return page([], query, 100)
        if not token.reads_records or (kind in _WRITES and not token.edits):
            raise Refused(403, 10000, "Authentication error")
        if kind == "records":
            with simulator.lock:
                return simulator.list_records(zone, query)
        try:
            body = json.loads(octets) if octets else {}
        except ValueError:
            raise Refused(400, 6007, "Malformed JSON in request body") from None
        return {"result": simulator.write(kind, zone, match[2] if match.re.groups > 1 else "", body)}

    def _go_wrong(self, fault: Fault, headers: Mapping[str, str]) -> bool:
        """Let a fault happen; returns whether the request ends with it."""
        if fault.how == "reset":
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
        elif fault.how == "hang":
            time.sleep(fault.seconds)
            return False
        elif fault.how == "page":
            self._send(200, b"<html><title>Sign in</title></html>", {"Content-Type": "text/html"})
        elif fault.how == "list":
            envelope = {"success": True, "errors": [], "messages": [], "result": list(fault.items)}
            envelope.update({"result_info": fault.info} if fault.info is not None else {})
            self._answer(200, envelope, headers)
        elif fault.how == "short":
            info = {"page": 1, "per_page": 5000, "count": 0, "total_count": 7, "total_pages": 1}
            envelope = {"success": True, "errors": [], "messages": [], "result": [], "result_info": info}
            self._answer(200, envelope, headers)
        else:
            message = f"failure {fault.status} on demand"
            self._answer(fault.status, Refused(fault.status, 971, message).envelope(), {**headers, **fault.headers})
        return True

    def _answer(self, status: int, envelope: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        self._send(status, json.dumps(envelope).encode(), {"Content-Type": "application/json", **headers})

    def _send(self, status: int, octets: bytes, headers: Mapping[str, str]) -> None:
        time.sleep(max(0.0, self._due - time.monotonic()))
        with contextlib.suppress(OSError):
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(octets)), "CF-Ray": new_id()[:16]}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(octets)
            self.wfile.flush()
