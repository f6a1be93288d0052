# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DNS part of Namecheap's API: commands by GET or POST, answers in XML; as strict and forgetful as the original.

A zone is replaced as a whole: hosts that are not sent are deleted, including those that are never shown (SRV), and so
is what the API has no field for (dynamic updates). MX hosts are kept only with an ``EmailType`` of MX, OX or GMAIL.
"""

from __future__ import annotations

import bisect
import contextlib
import dataclasses
import ipaddress
import itertools
import re
import socket
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import quoteattr

from ansible_collections.postmaster.mail.tests.servers.http_server import HttpHandler, HttpServer
from ansible_collections.postmaster.mail.tests.servers.process import HOST

Host = dict[str, str]

EMAIL_TYPES = ("MX", "MXE", "FWD", "OX", "GMAIL", "NONE")
_TYPES = ("A", "AAAA", "ALIAS", "CAA", "CNAME", "MX", "MXE", "NS", "TXT", "URL", "URL301", "FRAME")
_NAMES = {"CNAME", "MX", "NS", "ALIAS"}
_HOST_NAME = re.compile(r"(?=.{1,253}\.?$)[a-z0-9_*-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", re.IGNORECASE)
_OWNER = re.compile(r"@|(\*|[a-z0-9_-]{1,63})(\.[a-z0-9_-]{1,63})*", re.IGNORECASE)
_MOST_BY_GET = 10
_QUOTAS = ((60.0, 1), (3600.0, 35), (86400.0, 400))  # seconds, and the limit in quotas per minute
_ids = itertools.count(1000)


class Refused(Exception):
    """An answer with ``Status="ERROR"``."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.number, self.message = number, message


@dataclasses.dataclass
class Fault:
    """What goes wrong with the next request of a command.

    ``status``: the answer instead of carrying it out; with ``done``, after carrying it out. ``number``: an error of the
    API instead of carrying it out. ``how``: ``reset`` closes the connection, ``hang`` answers after ``seconds``,
    ``page`` sends ``page`` with ``status`` or 200. ``act``: called first.
    """

    command: str
    status: int = 0
    number: int = 0
    how: str = ""
    done: bool = False
    seconds: float = 0.0
    act: Callable[[], None] = lambda: None
    page: str = "<html><body>Sign in to the proxy</body></html>"


class Zone:
    """``hosts``: what the API shows, ``hidden``: what it does not show. ``writes``: how often they were replaced."""

    def __init__(self, name: str, email_type: str = "NONE", uses_our_dns: bool = True) -> None:
        self.name, self.email_type, self.uses_our_dns = name, email_type, uses_our_dns
        self.hosts: list[Host] = []
        self.hidden: list[str] = []
        self.writes = 0

    def add(self, name: str, kind: str, address: str, ttl: int = 1799, preference: int = 10, **more: str) -> None:
        host = {
            "HostId": str(next(_ids)),
            "Name": name,
            "Type": kind,
            "Address": f"{address.rstrip('.')}." if kind in _NAMES else address,
            "MXPref": str(preference),
            "TTL": str(ttl),
            "AssociatedAppTitle": "",
            "FriendlyName": "",
            "IsActive": "true",
            "IsDDNSEnabled": "false",
        }
        self.hosts.append({**host, **more})

    def replace(self, hosts: list[Host], email_type: str) -> None:
        """Replace all hosts. Raises Refused, and then nothing has changed."""
        for host in hosts:
            _check(host)
        for name in {host["HostName"].lower() for host in hosts}:
            kinds = [host["RecordType"] for host in hosts if host["HostName"].lower() == name]
            if "CNAME" in kinds and len(kinds) > 1:
                raise Refused(3031510, f"a CNAME at {name} conflicts with another record")
        if sum(host["RecordType"] == "MXE" for host in hosts) != (email_type == "MXE"):
            raise Refused(2050900, "one MXE record is needed for EmailType MXE, and none otherwise")
        if email_type == "MX" and not any(host["RecordType"] == "MX" for host in hosts):
            raise Refused(2050900, "EmailType MX needs an MX record")
        self.hosts, self.hidden, self.email_type = [], [], email_type
        self.writes += 1
        for host in hosts:
            if host["RecordType"] == "MX" and email_type not in ("MX", "OX", "GMAIL"):
                continue  # silently dropped
            ttl, preference = int(host.get("TTL", 1800)), int(host.get("MXPref", 10))
            self.add(host["HostName"].lower(), host["RecordType"], host["Address"], ttl, preference)

    def shown(self) -> list[Host]:
        if self.hosts:
            return self.hosts
        parking = Zone(self.name)
        parking.add("www", "CNAME", "parkingpage.namecheap.com")
        parking.add("@", "URL", f"http://www.{self.name}/?from=@")
        return parking.hosts


class NamecheapSimulator:
    """A context manager. ``endpoint``: its URL, ``calls``: counts of requests by command.

    ``allowed``: the addresses on the allow-list, ``quota``: requests per minute, which the other limits are based on.
    """

    def __init__(self, quota: int = 20, latency: float = 0.0) -> None:
        self.zones: dict[str, Zone] = {}
        self.shared: set[str] = set()  # zones of another account that this one may edit; they are not listed
        self.users = {"company": "0123456789abcdef0123456789abcdef"}
        self.allowed = {"192.0.2.1"}
        self.calls: Counter[str] = Counter()
        self.sequence: list[tuple[str, str]] = []  # command and zone of each request
        self.faults: list[Fault] = []
        self.before_write: list[Callable[[], None]] = []  # called once, right before the next write
        self.last_fields: Mapping[str, str] = {}
        self.quota, self.latency = quota, latency
        self._spent: list[float] = []
        self.lock = threading.RLock()
        self._server = HttpServer((HOST, 0), type("Handler", (_Handler,), {"simulator": self}))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.port}"

    def __enter__(self) -> NamecheapSimulator:
        self._thread.start()
        return self

    def __exit__(self, *dummy: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def add_zone(self, name: str, **about: Any) -> Zone:
        with self.lock:
            zone = self.zones[name] = Zone(name, **about)
            return zone

    def fail(self, command: str, times: int = 1, **what: Any) -> None:
        """Make the next requests of a command go wrong (see ``Fault``)."""
        self.faults += [Fault(command, **what) for dummy in range(times)]

    def throttled(self) -> bool:
        """Count a request against the quotas; returns whether one is used up."""
        with self.lock:
            now = time.monotonic()
            for seconds, times in _QUOTAS:
                spent = len(self._spent) - bisect.bisect_right(self._spent, now - seconds)
                if spent >= times * self.quota:
                    return True
            self._spent.append(now)
            return False

    # -- commands ----------------------------------------------------------------------------------------------------

    def carry_out(self, command: str, fields: Mapping[str, str], by_post: bool) -> str:
        """The XML inside the answer. ``fields``: by their names in lower case. Raises Refused."""
        if "apikey" not in fields or self.users.get(fields.get("apiuser", "")) != fields["apikey"]:
            raise Refused(1011102, "API Key is invalid or API access has not been enabled")
        if fields.get("username") not in self.users:
            raise Refused(1011105, "Parameter UserName is invalid")
        if fields.get("clientip") not in self.allowed:
            raise Refused(1011150, "Invalid request IP: 198.51.100.7")
        if command == "getList":
            return self._list(fields)
        name = fields.get("domainname") or f"{fields.get('sld')}.{fields.get('tld')}"
        zone = self.zones.get(name)
        if zone is None or ("." in fields.get("sld", "")):
            raise Refused(2019166, f"The domain ({name}) doesn't seem to be associated with your account.")
        if command == "getInfo":
            return f'<DomainGetInfoResult Status="Ok" DomainName={quoteattr(name)} IsOwner="true"/>'
        if command == "getHosts":
            return self._hosts(zone)
        if command == "setHosts":
            return self._set(zone, fields, by_post)
        raise Refused(1011101, "Parameter Command is invalid")

    def _list(self, fields: Mapping[str, str]) -> str:
        size, number = int(fields.get("pagesize", "20")), int(fields.get("page", "1"))
        if not 10 <= size <= 100:
            raise Refused(5050900, "PageSize must be between 10 and 100")
        names = sorted(set(self.zones) - self.shared)
        page = names[(number - 1) * size : number * size]
        items = "".join(
            f'<Domain ID="{index}" Name={quoteattr(name)} User="company" IsExpired="false" IsLocked="false" '
            f'IsOurDNS="{str(self.zones[name].uses_our_dns).lower()}"/>'
            for index, name in enumerate(page, 1)
        )
        paging = f"<TotalItems>{len(names)}</TotalItems><CurrentPage>{number}</CurrentPage><PageSize>{size}</PageSize>"
        return f"<DomainGetListResult>{items}</DomainGetListResult><Paging>{paging}</Paging>"

    def _hosts(self, zone: Zone) -> str:
        hosts = "".join(
            f"<host {' '.join(f'{key}={quoteattr(value)}' for key, value in host.items())} />" for host in zone.shown()
        )
        about = f'EmailType="{zone.email_type}" IsUsingOurDNS="{str(zone.uses_our_dns).lower()}"'
        return f"<DomainDNSGetHostsResult Domain={quoteattr(zone.name)} {about}>{hosts}</DomainDNSGetHostsResult>"

    def _set(self, zone: Zone, fields: Mapping[str, str], by_post: bool) -> str:
        acts, self.before_write = self.before_write, []
        for act in acts:
            act()
        self.last_fields = fields
        hosts = []
        for number in itertools.count(1):
            host = {
                key: fields[f"{key.lower()}{number}"]
                for key in ("HostName", "RecordType", "Address", "MXPref", "TTL")
                if f"{key.lower()}{number}" in fields
            }
            if not host:
                break
            hosts.append(host)
        if len(hosts) > _MOST_BY_GET and not by_post:
            raise Refused(2050900, "more than 10 hosts must be sent by POST")
        if not zone.uses_our_dns:
            raise Refused(2030288, "Cannot complete this command as this domain is not using proper DNS servers")
        email_type = fields.get("emailtype") or "NONE"
        if email_type not in EMAIL_TYPES:
            raise Refused(2015166, "EmailType is invalid")
        with self.lock:
            zone.replace(hosts, email_type)
        about = f'EmailType="{email_type}" IsSuccess="true"'
        return f"<DomainDNSSetHostsResult Domain={quoteattr(zone.name)} {about}><Warnings /></DomainDNSSetHostsResult>"


def _check(host: Host) -> None:
    """Raises Refused for a host that the API does not accept."""
    missing = {"HostName", "RecordType", "Address"} - set(host)
    if missing:
        raise Refused(2010324, f"{sorted(missing)} missing")
    kind, address = host["RecordType"], host["Address"]
    if kind not in _TYPES or not _OWNER.fullmatch(host["HostName"]):
        raise Refused(2050900, f"{host['HostName']} {kind} is invalid")
    if not 60 <= int(host.get("TTL", 1800)) <= 60000:
        raise Refused(2050900, "TTL is invalid")
    if kind == "MX" and not host.get("MXPref", "").isdigit():
        raise Refused(2050900, "MXPref is invalid")
    if kind in ("A", "AAAA", "MXE"):
        try:
            (ipaddress.IPv6Address if kind == "AAAA" else ipaddress.IPv4Address)(address)
        except ValueError:
            raise Refused(2050900, f"{address!r} is no address") from None
    if kind in _NAMES and not _HOST_NAME.fullmatch(address):
        raise Refused(2050900, f"{address!r} is no host name")
    if kind == "TXT" and (not address or '"' in address or not address.isprintable()):
        raise Refused(2050900, "the text is invalid")
    if kind in ("URL", "URL301", "FRAME") and not re.match(r"[a-z]+://", address):
        raise Refused(2050900, "the address needs a protocol")


class _Handler(HttpHandler):
    simulator: NamecheapSimulator

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, dummy, query = self.path.partition("?")
        form = (
            raw.decode() if self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded") else ""
        )
        pairs = urllib.parse.parse_qsl(query, keep_blank_values=True) + urllib.parse.parse_qsl(
            form, keep_blank_values=True
        )
        fields = {name.lower(): value for name, value in pairs}
        command = fields.get("command", "").rpartition(".")[2]
        simulator = self.simulator
        with simulator.lock:
            simulator.calls[command] += 1
            simulator.sequence.append((command, f"{fields.get('sld')}.{fields.get('tld')}"))
            fault = next((fault for fault in simulator.faults if fault.command == command), None)
            if fault:
                simulator.faults.remove(fault)
        if simulator.latency:
            time.sleep(simulator.latency)
        if fault:
            fault.act()
            time.sleep(fault.seconds if fault.how == "hang" else 0)
        if path != "/xml.response":
            return self._answer(404, "<html>not found</html>")
        if simulator.throttled():
            return self._answer(405, "<html>Too many requests</html>")
        if fault and not fault.done:
            if fault.how == "reset":
                return self._reset()
            if fault.how == "page":
                return self._answer(fault.status or 200, fault.page)
            if fault.status:
                return self._answer(fault.status, "<html>on demand</html>")
            if fault.number:
                return self._answer(200, _error(command, Refused(fault.number, "on demand")))
        try:
            inside = simulator.carry_out(command, fields, self.command == "POST")
            answer = _envelope("OK", "<Errors />", command, inside)
        except Refused as refused:
            answer = _error(command, refused)
        if fault and fault.done:
            if fault.how == "reset":
                return self._reset()
            return self._answer(fault.status or 200, answer if not fault.status else "<html>on demand</html>")
        return self._answer(200, answer)

    def _reset(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _answer(self, status: int, text: str) -> None:
        body = text.encode()
        with contextlib.suppress(OSError):  # the client may be gone
            self.send_response(status)
            self.send_header("Content-Type", "text/xml; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    do_GET = do_POST = _serve  # noqa: N815 - the names that http.server calls


def _error(command: str, refused: Refused) -> str:
    return _envelope(
        "ERROR", f'<Errors><Error Number="{refused.number}">{refused.message}</Error></Errors>', command, ""
    )


def _envelope(status: str, errors: str, command: str, inside: str) -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<ApiResponse Status="{status}" '
        f'xmlns="http://api.namecheap.com/xml.response">{errors}<Warnings />'
        f"<RequestedCommand>namecheap.domains.dns.{command.lower()}</RequestedCommand>"
        f'<CommandResponse Type="{command}">{inside}</CommandResponse>'
        "<Server>SIMULATED</Server><GMTTimeDifference>--5:00</GMTTimeDifference><ExecutionTime>0.01</ExecutionTime>"
        "</ApiResponse>"
    )
