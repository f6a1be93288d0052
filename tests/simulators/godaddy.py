# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DNS part of GoDaddy's APIs v1 and v3, which share their state; as strict as the original.

This file has requests, credentials, pages, rate limits and failures on demand; the rules for records are in
``godaddy_zone``.
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
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.postmaster.mail.tests.servers.http_server import HttpHandler, HttpServer
from ansible_collections.postmaster.mail.tests.servers.process import HOST
from ansible_collections.postmaster.mail.tests.simulators.godaddy_zone import Refused, Zone

_V1, _V3 = r"/v1/domains/([^/]+)", r"/v3/domains/zones/([^/]+)/dns-records"

# Kind, method and path of each endpoint; requests are counted and limited by kind
_ROUTES = (
    ("v1 list", "GET", r"/v1/domains"),
    ("v1 domain", "GET", _V1),
    ("v1 records", "GET", _V1 + r"/records"),
    ("v1 records", "GET", _V1 + r"/records/([A-Z]+)"),
    ("v1 records", "GET", _V1 + r"/records/([A-Z]+)/([^/]+)"),
    ("v1 append", "PATCH", _V1 + r"/records"),
    ("v1 wipe", "PUT", _V1 + r"/records"),
    ("v1 replace type", "PUT", _V1 + r"/records/([A-Z]+)"),
    ("v1 replace", "PUT", _V1 + r"/records/([A-Z]+)/([^/]+)"),
    ("v1 delete", "DELETE", _V1 + r"/records/([A-Z]+)/([^/]+)"),
    ("v3 list", "GET", r"/v3/domains/domain-names"),
    ("v3 records", "GET", _V3),
    ("v3 create", "POST", _V3),
    ("v3 delete", "DELETE", _V3 + r"/([^/]+)"),
    ("v3 wipe", "PUT", _V3 + r"/([^/]+)"),
)
READS = ("v1 list", "v1 domain", "v1 records", "v3 list", "v3 records")


@dataclasses.dataclass
class Fault:
    """What goes wrong with the next request of a kind.

    ``status``: the answer instead of carrying it out; with ``done``, after carrying it out. ``how``: ``reset`` closes
    the connection, ``hang`` answers after ``seconds``, ``page`` sends HTML with status 200, ``empty`` sends an empty
    list. ``act``: called first.
    """

    kind: str
    status: int = 0
    code: str = "ERROR_INTERNAL"
    how: str = ""
    done: bool = False
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    body: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    seconds: float = 0.0
    act: Callable[[], None] = lambda: None


class GoDaddySimulator:
    """A context manager. ``endpoint``: its URL, ``calls``: counts of requests by kind.

    ``keys``: secrets by API key, ``tokens``: scopes by personal access token, ``denied``: the keys and tokens that may
    not use the API. ``settling``: seconds for which a zone refuses writes through v1 after the last write.
    """

    def __init__(self, quota: int = 60, window: float = 60.0, latency: float = 0.0) -> None:
        self.zones: dict[str, Zone] = {}
        self.keys = {"key-0123456789": "secret-0123456789"}
        self.tokens = {"pat-0123456789abcdef": frozenset({"domains.domain:read", "domains.dns:update"})}
        self.denied: set[str] = set()
        self.calls: Counter[str] = Counter()
        self.faults: list[Fault] = []
        self.before_write: list[Callable[[], None]] = []  # called once, right before the next write
        self.quota, self.window, self.latency, self.settling = quota, window, latency, 0.0
        self.page_size = 500  # maximum records in an answer of v1
        self._spent: dict[str, list[float]] = defaultdict(list)
        self.lock = threading.RLock()
        self._server = HttpServer((HOST, 0), type("Handler", (_Handler,), {"simulator": self}))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.port}"

    def __enter__(self) -> GoDaddySimulator:
        self._thread.start()
        return self

    def __exit__(self, *dummy: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def add_zone(self, name: str, *records: Mapping[str, Any]) -> Zone:
        with self.lock:
            zone = self.zones[name] = Zone(name)
            for record in records:
                zone.records.append(zone.checked(record, strict=False))
            return zone

    def fail(self, kind: str, times: int = 1, **what: Any) -> None:
        """Make the next requests of a kind go wrong (see ``Fault``)."""
        self.faults += [Fault(kind, **what) for dummy in range(times)]

    def total(self) -> int:
        return sum(self.calls.values())

    # -- rate limits and authentication ------------------------------------------------------------------------------

    def spend(self, kind: str) -> float:
        """Count a request against the quota of its endpoint; returns the seconds to wait if it is used up, else 0."""
        with self.lock:
            now = time.monotonic()
            spent = self._spent[kind] = [moment for moment in self._spent[kind] if moment > now - self.window]
            if len(spent) >= self.quota:
                return spent[0] + self.window - now
            spent.append(now)
            return 0.0

    def let_in(self, kind: str, authorization: str) -> None:
        scheme, dummy, credential = authorization.partition(" ")
        if kind.startswith("v1"):
            key, dummy, secret = credential.partition(":")
            if scheme != "sso-key" or self.keys.get(key) != secret:
                raise Refused(401, "UNABLE_TO_AUTHENTICATE", "Unauthorized : Could not authenticate API key/secret")
        elif scheme != "Bearer" or credential not in self.tokens:
            raise Refused(401, "UNAUTHORIZED", "Authentication credentials are missing or invalid")
        else:
            needed = "domains.domain:read" if kind in READS else "domains.dns:update"
            if needed not in self.tokens[credential]:
                raise Refused(403, "FORBIDDEN", "Authenticated identity is not authorized to perform this operation")
        if credential.partition(":")[0] in self.denied:
            raise Refused(403, "ACCESS_DENIED", "Authenticated user is not allowed access")

    # -- operations --------------------------------------------------------------------------------------------------

    def carry_out(self, kind: str, parts: tuple[str, ...], query: Mapping[str, str], body: Any) -> tuple[int, Any]:
        if kind.endswith("list"):
            return 200, self._list(kind, query)
        zone = self.zones.get(parts[0])
        if zone is None:
            what = "The given domain is not registered, or does not have a zone file"
            raise Refused(404, "UNKNOWN_DOMAIN" if kind.startswith("v1") else "NOT_FOUND", what)
        if kind in READS:
            return 200, self._read(kind, zone, parts[1:], query)
        acts, self.before_write = self.before_write, []
        for act in acts:
            act()
        with self.lock:
            if kind.startswith("v1") and time.monotonic() < zone.settles:
                raise Refused(409, "CONCURRENT_MODIFICATION", "Another change of the zone is still in progress")
            zone.settles = time.monotonic() + self.settling
            return zone.write(kind, parts[1:], body)

    def _list(self, kind: str, query: Mapping[str, str]) -> Any:
        names = sorted(self.zones)
        if kind == "v1 list":
            limit = int(query.get("limit", "100"))
            if not 1 <= limit <= 1000:
                raise Refused(422, "INVALID_VALUE", "limit must be between 1 and 1000")
            names = [name for name in names if name > query.get("marker", "")][:limit]
            return [{"domain": name, "domainId": index, "status": "ACTIVE"} for index, name in enumerate(names, 1)]
        size, start = int(query.get("pageSize", "25")), int(query.get("pageToken", "0"))
        if not 1 <= size <= 100:
            raise Refused(400, "INVALID_VALUE", "pageSize must be between 1 and 100")
        links = [{"rel": "self", "href": "/v3/domains/domain-names"}]
        if start + size < len(names):
            href = f"/v3/domains/domain-names?pageToken={start + size}&pageTokenDirection=forward&pageSize={size}"
            links.append({"rel": "next", "href": href})
        return {"items": [{"domain": name, "status": "ACTIVE"} for name in names[start : start + size]], "links": links}

    def _read(self, kind: str, zone: Zone, parts: tuple[str, ...], query: Mapping[str, str]) -> Any:
        if kind == "v1 domain":
            return {"domain": zone.name, "domainId": 1, "status": "ACTIVE"}
        if kind == "v1 records":
            known, found = {"offset", "limit"}, zone.find(*parts)
            start, size = int(query.get("offset", "0")), min(int(query.get("limit", "500")), self.page_size)
            page: Any = [zone.show(record, version=1) for record in found[start : start + size]]
        else:
            known = {"type", "name", "page", "pageSize", "totalRequired", "fields"}
            found = [
                record
                for record in zone.find()
                if query.get("type") in (None, record["type"]) and query.get("name") in (None, record["name"])
            ]
            number, size = int(query.get("page", "1")), int(query.get("pageSize", "25"))
            if not 1 <= size <= 100:
                raise Refused(400, "INVALID_VALUE", "pageSize must be between 1 and 100")
            part = found[(number - 1) * size : number * size]
            page = {"items": [zone.show(record, version=3) for record in part], "links": []}
            if number * size < len(found):
                follow = urllib.parse.urlencode({**query, "page": number + 1})
                page["links"].append({"rel": "next", "href": f"/v3/domains/zones/{zone.name}/dns-records?{follow}"})
        if set(query) - known:
            raise Refused(400, "INVALID_VALUE", f"unknown parameters {sorted(set(query) - known)}")
        return page


class _Handler(HttpHandler):
    simulator: GoDaddySimulator

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, dummy, query = self.path.partition("?")
        kind, parts = _route(self.command, path)
        simulator = self.simulator
        with simulator.lock:
            simulator.calls[kind] += 1
        if simulator.latency:
            time.sleep(simulator.latency)
        fault = self._fault(kind)
        if fault:
            fault.act()
        if fault and fault.how == "hang":
            time.sleep(fault.seconds)
        if fault and fault.how == "reset" and not fault.done:
            return self._reset()
        if fault and fault.status and not fault.done:
            return self._answer(fault.status, {"code": fault.code, "message": "on demand", **fault.body}, fault.headers)
        if fault and fault.how == "page":
            return self._answer(200, "<html>Sign in to the proxy</html>")
        if fault and fault.how == "empty":
            return self._answer(200, [] if kind.startswith("v1") else {"items": [], "links": []})
        status, answer, headers = self._carry_out(kind, parts, query, raw)
        if fault and fault.how == "reset":
            return self._reset()
        if fault and fault.status:
            status, answer = fault.status, {"code": fault.code, "message": "on demand"}
        return self._answer(status, answer, headers)

    def _carry_out(self, kind: str, parts: tuple[str, ...], query: str, raw: bytes) -> tuple[int, Any, dict[str, str]]:
        wait = self.simulator.spend(kind)
        if wait:
            seconds = max(1, round(wait))
            body = {"code": "TOO_MANY_REQUESTS", "message": "Too many requests", "retryAfterSec": seconds}
            return 429, body, {} if kind.startswith("v1") else {"Retry-After": str(seconds)}
        try:
            if not kind:
                raise Refused(404, "NOT_FOUND", f"no such resource: {self.command} {self.path}")
            self.simulator.let_in(kind, self.headers.get("Authorization", ""))
            if raw and self.headers.get("Content-Type") != "application/json":
                raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", "the body must be application/json")
            asked = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
            return *self.simulator.carry_out(kind, parts, asked, json.loads(raw) if raw else None), {}
        except Refused as refused:
            return refused.status, refused.body(), {}

    def _fault(self, kind: str) -> Fault | None:
        with self.simulator.lock:
            fault = next((fault for fault in self.simulator.faults if fault.kind == kind), None)
            if fault:
                self.simulator.faults.remove(fault)
            return fault

    def _reset(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _answer(self, status: int, content: Any, headers: Mapping[str, str] | None = None) -> None:
        body = b"" if content is None else (content if isinstance(content, str) else json.dumps(content)).encode()
        with contextlib.suppress(OSError):  # the client may be gone
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Type", "text/html" if isinstance(content, str) else "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the names that http.server calls


def _route(method: str, path: str) -> tuple[str, tuple[str, ...]]:
    """The kind of a request and the parts of its path; both empty if there is no such endpoint."""
    for kind, wanted, pattern in _ROUTES:
        match = re.fullmatch(pattern, path)
        if match and method == wanted:
            return kind, tuple(urllib.parse.unquote(part) for part in match.groups())
    return "", ()
