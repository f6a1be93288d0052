# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small name server in this process (UDP and TCP) that tests can change and break while it runs."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, cast

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.node
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.zone

from ansible_collections.postmaster.mail.tests.servers.dns_server import zone_text
from ansible_collections.postmaster.mail.tests.servers.process import HOST, free_port

MAX_ALIASES = 20


class _Zone(dns.zone.Zone):
    """A zone that knows all existing names, including empty non-terminals (RFC 4592 2.2.2)."""

    existing: frozenset[dns.name.Name] = frozenset()

    def settle(self) -> None:
        """Must be called once all records are there."""
        names = {_origin(self)}
        for owner in self.nodes:
            while owner not in names:
                names.add(owner)
                owner = owner.parent()
        self.existing = frozenset(names)

    def source(self, name: dns.name.Name) -> dns.name.Name:
        """The name itself, or the wildcard that covers it."""
        encloser = name
        while encloser not in self.existing:
            encloser = encloser.parent()
        return name if encloser == name else dns.name.Name((b"*", *encloser.labels))


class Nameserver:
    """Answers from master files like an authoritative server: CNAMEs, wildcards, referrals, NXDOMAIN.

    ``behaviour``: ``answer``; ``silent``; ``refuse``; ``fail`` (SERVFAIL); ``truncate`` (UDP is always truncated);
    ``truncate_only`` (truncated, and TCP is closed); ``garbage``; ``no_edns`` (FORMERR to EDNS); or ``lame`` (an empty
    answer without authority). ``delay``: seconds before each answer. ``recursive``: also follows CNAMEs and delegations
    into all other zones that it holds, and sets RA, as a resolver does.
    """

    def __init__(
        self, zones: Mapping[str, str] | None = None, host: str = HOST, port: int = 0, recursive: bool = False
    ) -> None:
        """``zones``: zone name to records (see ``zone_text``) or to a complete master file that begins with ``$``."""
        self.host = host
        self.port = port
        self.behaviour = "answer"
        self.delay = 0.0
        self.raw: Callable[[bytes], bytes] | None = None  # computes the raw answer to a question
        self.recursive = recursive
        self.broken: set[str] = set()  # zones answered with SERVFAIL
        self.questions: Counter[tuple[str, str]] = Counter()
        self._zones: dict[dns.name.Name, _Zone] = {}
        self._servers: list[socketserver.BaseServer] = []
        for name, records in (zones or {}).items():
            self.set_zone(name, records)

    @property
    def address(self) -> str:
        """In the form of the option ``nameservers``."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def set_zone(self, name: str, records: str = "") -> None:
        """Set or replace a zone."""
        text = records if records.lstrip().startswith("$") else zone_text(name, records)
        origin = dns.name.from_text(name)
        read = dns.zone.from_text(text, origin=origin, relativize=False, check_origin=False, zone_factory=_Zone)
        made = cast(_Zone, read)
        made.settle()
        self._zones[origin] = made

    def remove_zone(self, name: str) -> None:
        del self._zones[dns.name.from_text(name)]

    # Life

    def start(self) -> Nameserver:
        for attempt in range(5):
            port = self.port or free_port()
            try:
                self._servers = [_udp(self, port), _tcp(self, port)]
            except OSError:
                if self.port or attempt == 4:
                    raise
            else:
                self.port = port
                break
        for server in self._servers:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def stop(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        self._servers = []

    def __enter__(self) -> Nameserver:
        return self.start()

    def __exit__(self, *dummy: object) -> None:
        self.stop()

    # Answers

    def respond(self, wire: bytes, over_tcp: bool) -> bytes | None:
        """The answer to a message; None for silence."""
        if self.delay:
            time.sleep(self.delay)
        if self.raw is not None:
            return self.raw(wire)
        query = dns.message.from_wire(wire)
        question = query.question[0]
        self.questions[question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)] += 1
        if self.behaviour == "silent" or (self.behaviour == "truncate_only" and over_tcp):
            return None
        if self.behaviour == "garbage":
            return wire[:2] + b"\x84\x00\x00\x01\x00\xff\x00\x00\x00\x00" + b"\xc0\x0c" * 7
        reply = dns.message.make_response(query)
        self._fill(reply, query, question.name, question.rdtype)
        if self.behaviour in ("truncate", "truncate_only") and not over_tcp:
            for section in (reply.answer, reply.authority, reply.additional):
                section.clear()
            reply.flags |= dns.flags.TC
            return reply.to_wire()
        try:
            return reply.to_wire(max_size=65535 if over_tcp else max(512, query.payload))
        except dns.exception.TooBig:
            short = dns.message.make_response(query)
            short.flags |= dns.flags.TC | dns.flags.AA
            return short.to_wire()

    def _fill(self, reply: dns.message.Message, query: dns.message.Message, name: dns.name.Name, rdtype: Any) -> None:
        rcodes = {"refuse": dns.rcode.REFUSED, "fail": dns.rcode.SERVFAIL}
        if self.behaviour in rcodes:
            reply.set_rcode(rcodes[self.behaviour])
        elif self.behaviour == "no_edns" and query.edns >= 0:
            reply.set_rcode(dns.rcode.FORMERR)
        elif self.behaviour != "lame":
            self._answer(reply, name, rdtype)

    def _answer(self, reply: dns.message.Message, name: dns.name.Name, rdtype: Any) -> None:
        if self.recursive:
            reply.flags |= dns.flags.RA
        for dummy in range(MAX_ALIASES):
            zone = self._enclosing(name, rdtype)
            if zone is None:
                if not reply.answer:
                    reply.set_rcode(dns.rcode.REFUSED)
                return
            if _origin(zone).to_text(omit_final_dot=True) in self.broken:
                reply.set_rcode(dns.rcode.SERVFAIL)
                return
            cut = self._cut(zone, name)
            if cut is not None:
                self._refer(reply, zone, cut)
                return
            reply.flags |= dns.flags.AA
            alias = None if rdtype == dns.rdatatype.CNAME else _rrset(zone, name, dns.rdatatype.CNAME)
            found = alias or _rrset(zone, name, rdtype)
            if found is not None:
                reply.answer.append(found)
            if alias is None:
                if found is None:
                    self._deny(reply, zone, name)
                return
            name = alias[0].target
        reply.set_rcode(dns.rcode.SERVFAIL)

    def _enclosing(self, name: dns.name.Name, rdtype: Any) -> _Zone | None:
        held = [origin for origin in self._zones if name.is_subdomain(origin)]
        return self._zones[max(held, key=lambda origin: len(origin.labels))] if held else None

    @staticmethod
    def _cut(zone: _Zone, name: dns.name.Name) -> dns.name.Name | None:
        """The highest delegation at or above a name."""
        found = None
        while name != _origin(zone):
            if _rrset(zone, name, dns.rdatatype.NS) is not None:
                found = name
            name = name.parent()
        return found

    def _refer(self, reply: dns.message.Message, zone: _Zone, cut: dns.name.Name) -> None:
        if self.recursive:
            reply.set_rcode(dns.rcode.SERVFAIL)  # a resolver would ask those servers, but they do not exist
            return
        reply.flags &= ~dns.flags.AA
        delegation = _rrset(zone, cut, dns.rdatatype.NS)
        if delegation is not None:
            reply.authority.append(delegation)
            for value in delegation:
                glue = _rrset(zone, value.target, dns.rdatatype.A)
                if glue is not None:
                    reply.additional.append(glue)

    @staticmethod
    def _deny(reply: dns.message.Message, zone: _Zone, name: dns.name.Name) -> None:
        if zone.source(name) not in zone.existing:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        soa = _rrset(zone, _origin(zone), dns.rdatatype.SOA)
        if soa is not None:
            reply.authority.append(soa)


def _origin(zone: _Zone) -> dns.name.Name:
    if zone.origin is None:
        raise ValueError("a zone without a name")
    return zone.origin


def _rrset(zone: _Zone, name: dns.name.Name, rdtype: Any) -> dns.rrset.RRset | None:
    rdataset = zone.get_rdataset(zone.source(name), rdtype) if name.is_subdomain(_origin(zone)) else None
    if rdataset is None:
        return None
    rrset = dns.rrset.RRset(name, dns.rdataclass.IN, rdtype)
    rrset.update(rdataset)  # type: ignore[no-untyped-call]
    return rrset


def _udp(nameserver: Nameserver, port: int) -> socketserver.BaseServer:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            wire, channel = self.request
            answer = nameserver.respond(wire, over_tcp=False)
            if answer is not None:
                channel.sendto(answer, self.client_address)

    return _server(socketserver.ThreadingUDPServer, nameserver.host, port, Handler)


def _tcp(nameserver: Nameserver, port: int) -> socketserver.BaseServer:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while len(head := self.rfile.read(2)) == 2:
                answer = nameserver.respond(self.rfile.read(*struct.unpack("!H", head)), over_tcp=True)
                if answer is None:
                    return
                self.wfile.write(struct.pack("!H", len(answer)) + answer)

    return _server(socketserver.ThreadingTCPServer, nameserver.host, port, Handler)


def _server(
    base: Callable[..., socketserver.BaseServer], host: str, port: int, handler: type[socketserver.BaseRequestHandler]
) -> socketserver.BaseServer:
    kind = type(
        "Server",
        (base,),  # type: ignore[arg-type]
        {
            "daemon_threads": True,
            "block_on_close": False,
            "allow_reuse_address": True,
            "request_queue_size": 128,
            "address_family": socket.AF_INET6 if ":" in host else socket.AF_INET,
            "handle_error": lambda *dummy: None,
        },
    )
    server: socketserver.BaseServer = kind((host, port), handler)
    return server
