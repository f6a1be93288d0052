# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OVH's API for DNS zones, stateful: signatures, rights, records by id, the export, and what a refresh publishes.

It refuses what OVH refuses, counts calls by kind, fails on demand, and lets another program write right before a call.
"""

from __future__ import annotations

import collections
import copy
import dataclasses
import hashlib
import itertools
import json
import re
import secrets
import socket
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.postmaster.mail.tests.servers.http_server import HttpHandler, HttpServer
from ansible_collections.postmaster.mail.tests.servers.process import HOST
from ansible_collections.postmaster.mail.tests.simulators.ovh_rules import (
    DEFAULT_TTL,
    NATIVE,
    TYPES,
    Refused,
    check,
    described,
    like,
)

_ROUTES: tuple[tuple[str, str, str], ...] = (
    ("GET", r"/auth/time", "time"),
    ("GET", r"/domain/zone/?", "zones"),
    ("GET", r"/domain/zone/([^/]+)", "zone"),
    ("GET", r"/domain/zone/([^/]+)/export", "export"),
    ("GET", r"/domain/zone/([^/]+)/record", "ids"),
    ("GET", r"/domain/zone/([^/]+)/record/(\d+)", "record"),
    ("POST", r"/domain/zone/([^/]+)/record", "create"),
    ("PUT", r"/domain/zone/([^/]+)/record/(\d+)", "update"),
    ("DELETE", r"/domain/zone/([^/]+)/record/(\d+)", "delete"),
    ("POST", r"/domain/zone/([^/]+)/refresh", "refresh"),
    ("GET", r"/domain/zone/([^/]+)/status", "status"),
)


@dataclasses.dataclass
class Zone:
    records: dict[int, dict[str, Any]] = dataclasses.field(default_factory=dict)
    served: dict[int, dict[str, Any]] = dataclasses.field(default_factory=dict)
    serial: int = 2026112100
    refreshes: int = 0


@dataclasses.dataclass
class Fault:
    """What goes wrong with a call: an error status, ``timeout``, ``reset`` or ``html``; ``after``: once it is done."""

    kind: str
    what: int | str
    times: int = 1
    after: bool = False
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)


class OvhApi:
    """The server. ``endpoint``: its base URL."""

    def __init__(self) -> None:
        self.application_key = secrets.token_hex(8)
        self.application_secret = secrets.token_hex(16)
        self.consumer_key = secrets.token_hex(16)
        self.zones: dict[str, Zone] = {}
        self.calls: collections.Counter[str] = collections.Counter()
        self.faults: list[Fault] = []
        self.hooks: list[tuple[str, Callable[[], object]]] = []
        self.rights: list[tuple[str, str]] = [(method, "/*") for method in ("GET", "POST", "PUT", "DELETE")]
        self.ahead = 0  # seconds by which its clock is ahead of the machine's
        self.tolerance = 30  # seconds by which the timestamp of a signature may differ
        self.latency = 0.0
        self.exports_what_is_served = False
        self.exports_without_quotes = False
        self.awake = threading.Event()
        self._numbers = itertools.count(5000000001)
        self.lock = threading.RLock()
        self._server = _Server((HOST, 0), _Handler)
        self._server.api = self
        self.public_url = f"http://{HOST}:{self.port}"  # the URL that clients use and sign
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def endpoint(self) -> str:
        return f"{self.public_url}/1.0"

    def start(self) -> OvhApi:
        self._thread.start()
        return self

    def stop(self) -> None:
        self.awake.set()
        self._server.shutdown()
        self._server.server_close()

    # -- for tests ---------------------------------------------------------------------------------------------------

    def add_zone(self, name: str, records: Iterable[tuple[str, str, int, str]] = ()) -> Zone:
        """A zone with these ``(sub-domain, field type, TTL, target)`` records, published."""
        own = [("", "NS", 0, "dns200.anycast.me."), ("", "NS", 0, "ns200.anycast.me.")]
        zone = self.zones[name] = Zone()
        for record in (*own, *records):
            self.add(name, *record)
        zone.served = copy.deepcopy(zone.records)
        return zone

    def add(self, zone: str, sub_domain: str, field_type: str, ttl: int, target: str, publish: bool = True) -> int:
        """Create a record, as another program would."""
        with self.lock:
            identity = next(self._numbers)
            raw = {"subDomain": sub_domain, "fieldType": field_type, "ttl": ttl, "target": target}
            self.zones[zone].records[identity] = {"id": identity, "zone": zone, **raw}
            if publish:
                self.zones[zone].served = copy.deepcopy(self.zones[zone].records)
            return identity

    def fail(
        self,
        kind: str,
        what: int | str,
        times: int = 1,
        after: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Make the next calls of a kind fail (see ``Fault``)."""
        self.faults.append(Fault(kind, what, times, after, headers or {}))

    def before(self, kind: str, act: Callable[[], object]) -> None:
        """Call this right before the next call of a kind."""
        self.hooks.append((kind, act))

    # -- the API -----------------------------------------------------------------------------------------------------

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Any:
        parts = urllib.parse.urlsplit(url)
        path = urllib.parse.unquote(parts.path.removeprefix("/1.0"))
        kind, arguments = self._route(method, path)
        self._run_hooks(kind)
        with self.lock:
            self.calls[kind] += 1
        time.sleep(self.latency)
        fault = self._fault(kind)
        if fault and not fault.after:
            raise Broken(fault)
        with self.lock:
            if kind != "time":
                self._authenticate(method, url, headers, body)
                self._authorise(method, path)
            query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
            content = json.loads(body) if body else None
            answer = getattr(self, f"_{kind}")(*arguments, **self._parameters(kind, query, content))
        if fault:
            raise Broken(fault)
        return answer

    def _route(self, method: str, path: str) -> tuple[str, tuple[str, ...]]:
        for verb, pattern, kind in _ROUTES:
            match = re.fullmatch(pattern, path)
            if match and verb == method:
                return kind, match.groups()
        raise Refused(404, "Got an invalid (or empty) URL", "INVALID_URL")

    def _run_hooks(self, kind: str) -> None:
        due = [hook for hook in self.hooks if hook[0] == kind]
        for hook in due:
            self.hooks.remove(hook)
            hook[1]()

    def _fault(self, kind: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.kind in (kind, "any") and fault.times > 0:
                    fault.times -= 1
                    return fault
        return None

    def _parameters(self, kind: str, query: Mapping[str, str], content: Any) -> dict[str, Any]:
        unknown = set(query) - ({"fieldType", "subDomain"} if kind == "ids" else set())
        if unknown:
            raise Refused(400, f"Received not described parameters: ({', '.join(sorted(unknown))})")
        if kind in ("create", "update"):
            return {"content": content}
        return dict(query) if kind == "ids" else {}

    def _authenticate(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> None:
        if headers.get("X-Ovh-Application") != self.application_key:
            raise Refused(403, "This application key is invalid", "INVALID_KEY")
        if headers.get("X-Ovh-Consumer") != self.consumer_key:
            raise Refused(403, "This credential does not exist", "NOT_CREDENTIAL")
        stamp = headers.get("X-Ovh-Timestamp", "")
        if not stamp.isdigit() or abs(int(stamp) - time.time() - self.ahead) > self.tolerance:
            raise Refused(400, "Query out of time", "QUERY_TIME_OUT")
        whole = f"{self.public_url}{url}"
        text = f"{self.application_secret}+{self.consumer_key}+{method}+{whole}+{body.decode()}+{stamp}"
        if headers.get("X-Ovh-Signature") != "$1$" + hashlib.sha1(text.encode()).hexdigest():
            raise Refused(400, "Invalid signature", "INVALID_SIGNATURE")

    def _authorise(self, method: str, path: str) -> None:
        for verb, pattern in self.rights:
            if verb == method and re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), path):
                return
        raise Refused(403, "This call has not been granted", "NOT_GRANTED_CALL")

    def _time(self) -> int:
        return int(time.time() + self.ahead)

    def _zones(self) -> list[str]:
        return sorted(self.zones)

    def _zone(self, zone: str) -> dict[str, Any]:
        self._of(zone)
        return {"name": zone, "nameServers": ["dns200.anycast.me", "ns200.anycast.me"], "hasDnsAnycast": True}

    def _status(self, zone: str) -> dict[str, Any]:
        self._of(zone)
        return {"isDeployed": True, "errors": [], "warnings": []}

    def _of(self, zone: str) -> Zone:
        if zone not in self.zones:
            raise Refused(404, "This service does not exist", "NOT_FOUND")
        return self.zones[zone]

    def _export(self, zone: str) -> str:
        held = self._of(zone)
        records = held.served if self.exports_what_is_served else held.records
        lines = [
            f"$TTL {DEFAULT_TTL}",
            f"@\tIN SOA dns200.anycast.me. tech.ovh.net. ({held.serial} 86400 3600 3600000 300)",
        ]
        width = max((len(record["subDomain"]) for record in records.values()), default=0) + 8
        owner = ""
        for record in sorted(records.values(), key=lambda record: (record["subDomain"], record["fieldType"])):
            shown, owner = record["subDomain"] if record["subDomain"] != owner else "", record["subDomain"]
            ttl = f"{record['ttl']} " if record["ttl"] else ""
            lines.append(f"{shown:<{width}}{ttl}IN {self._exported(record)}")
        return "\n".join(lines) + "\n"

    def _exported(self, record: Mapping[str, Any]) -> str:
        kind, target = record["fieldType"], record["target"]
        if kind not in (*NATIVE, "TXT") or target.startswith('"'):
            return f"{kind:<6} {target}"
        if kind in ("SPF", "TXT") and self.exports_without_quotes:
            return f"TXT    {target}"
        chunks = [target[start : start + 255] for start in range(0, len(target), 255)]
        quoted = " ".join(f'"{chunk}"' for chunk in chunks)
        return f"TXT    ( {quoted} )" if kind == "DKIM" else f"TXT    {quoted}"

    def _ids(self, zone: str, **filters: str) -> list[int]:
        field_type, sub = filters.get("fieldType"), filters.get("subDomain")
        if field_type is not None and field_type not in TYPES:
            raise Refused(400, f"[fieldType] Given data ({field_type}) does not belong to the enumeration")
        return [
            identity
            for identity, record in self._of(zone).records.items()
            if (field_type is None or record["fieldType"] == field_type)
            and (sub is None or like(record["subDomain"], sub))
        ]

    def _record(self, zone: str, identity: str) -> dict[str, Any]:
        record = self._of(zone).records.get(int(identity))
        if record is None:
            raise Refused(404, f"The requested object (id = {identity}) does not exist", "NOT_FOUND")
        return record

    def _create(self, zone: str, content: Any) -> dict[str, Any]:
        held = self._of(zone)
        fields = described(content, {"fieldType", "subDomain", "target", "ttl"}, {"fieldType", "target"})
        raw = {"subDomain": "", "ttl": 0, **fields}
        self._check(zone, raw, None)
        identity = next(self._numbers)
        held.records[identity] = {"id": identity, "zone": zone, **raw}
        return held.records[identity]

    def _update(self, zone: str, identity: str, content: Any) -> None:
        record = self._record(zone, identity)
        # without the field type, which cannot be changed
        raw = {**record, **described(content, {"subDomain", "target", "ttl"}, set())}
        self._check(zone, raw, int(identity))
        record.update(raw)

    def _delete(self, zone: str, identity: str) -> None:
        self._record(zone, identity)
        del self._of(zone).records[int(identity)]

    def _refresh(self, zone: str) -> None:
        held = self._of(zone)
        held.served = copy.deepcopy(held.records)
        held.serial += 1
        held.refreshes += 1

    def _check(self, zone: str, raw: Mapping[str, Any], identity: int | None) -> None:
        check(raw)
        kind, sub, target = raw["fieldType"], raw["subDomain"], raw["target"]
        others = [other for other in self._of(zone).records.values() if other["id"] != identity]
        here = [other for other in others if other["subDomain"].lower() == sub.lower()]
        if any(other["fieldType"] == kind and other["target"] == target for other in here):
            raise Refused(409, "This record already exists", "ALREADY_EXISTS")
        if here and (kind == "CNAME" or any(other["fieldType"] == "CNAME" for other in here)):
            raise Refused(409, f"A CNAME cannot be beside another record at {sub or '@'}", "CONFLICT")
        if kind == "CNAME" and not sub:
            raise Refused(409, "A CNAME cannot be at the apex", "CONFLICT")


class Broken(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault.what))
        self.fault = fault


class _Server(HttpServer):
    api: OvhApi


class _Handler(HttpHandler):
    server: _Server

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            answer = self.server.api.answer(self.command, self.path, dict(self.headers.items()), body)
            self._send(200, answer)
        except Refused as refused:
            names = {400: "Bad Request", 403: "Forbidden", 404: "Not Found", 409: "Conflict"}
            said = {"message": refused.message, "httpCode": f"{refused.status} {names.get(refused.status, '')}"}
            self._send(refused.status, {**said, **({"errorCode": refused.code} if refused.code else {})})
        except Broken as broken:
            self._break(broken.fault)

    do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815 - the names that http.server calls

    def _break(self, fault: Fault) -> None:
        if fault.what == "timeout":
            self.server.api.awake.wait(20)
        if fault.what in ("timeout", "reset"):
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        elif fault.what == "html":
            self._send(200, b"<html><body>Sign in to the network</body></html>", "text/html")
        else:
            self._send(int(fault.what), {"message": "Internal server error"}, headers=fault.headers)

    def _send(
        self, status: int, answer: Any, kind: str = "application/json", headers: Mapping[str, str] | None = None
    ) -> None:
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
