# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A name server over TCP for one zone that answers transfers, or updates, with a fault."""

from __future__ import annotations

import contextlib
import socketserver
import threading
import time
from collections.abc import Callable
from typing import Any

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rdatatype
import dns.rrset

from ansible_collections.postmaster.mail.tests.servers.process import HOST

SOA = "ns1.hoster.example. hostmaster.hoster.example. 1 7200 3600 1209600 300"
Send = Callable[[bytes], None]
Fault = Callable[[Send, bytes, bytes], None]  # called with the right answer, and part of one that never ends it


def _framed(wire: bytes) -> bytes:
    return len(wire).to_bytes(2, "big") + wire


def _drip(send: Send, right: bytes, endless: bytes) -> None:
    for octet in _framed(right):
        send(bytes([octet]))
        time.sleep(0.2)


def _forever(send: Send, right: bytes, endless: bytes) -> None:
    while True:
        send(_framed(endless))


def _says_less(send: Send, right: bytes, endless: bytes) -> None:
    send(_framed(right)[: len(right) // 2])


FAULTS: dict[str, Fault] = {
    "cut": _says_less,
    "empty": lambda send, right, endless: None,
    "no message": lambda send, right, endless: send(b"\0\0"),
    "wrong id": lambda send, right, endless: send(_framed(bytes([right[0] ^ 255]) + right[1:])),
    "drip": _drip,
    "endless": _forever,
}


class DnsLiar:
    """A context manager. ``writes``: whether updates get the fault, and transfers the right answer."""

    def __init__(self, zone: str, fault: Fault, writes: bool) -> None:
        liar, name = self, dns.name.from_text(zone)
        self.lies = 0

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    while len(size := self.rfile.read(2)) == 2:
                        question = dns.message.from_wire(self.rfile.read(int.from_bytes(size, "big")))
                        updates = question.opcode() == dns.opcode.UPDATE
                        right, endless = answers(question)
                        if updates is writes and (updates or question.question[0].rdtype == dns.rdatatype.AXFR):
                            liar.lies += 1
                            fault(self.request.sendall, right, endless)
                            return
                        self.request.sendall(_framed(right))

        def answers(question: Any) -> tuple[bytes, bytes]:
            made = dns.message.make_response(question)
            made.flags |= dns.flags.AA
            if question.opcode() == dns.opcode.UPDATE:
                return made.to_wire(), made.to_wire()
            asked, soa = question.question[0], dns.rrset.from_text(name, 300, "IN", "SOA", SOA)
            spf = dns.rrset.from_text(name, 300, "IN", "TXT", '"v=spf1 -all"')
            if asked.rdtype == dns.rdatatype.AXFR:
                made.answer = [dns.rrset.from_text(name, 300, "IN", "TXT", *(f'"{n:0250}"' for n in range(200)))]
                endless = made.to_wire()
                made.answer = [soa, spf, dns.rrset.from_text(name, 300, "IN", "SOA", SOA)]
                return made.to_wire(), endless
            made.answer = [one for one in (soa, spf) if (one.name, one.rdtype) == (asked.name, asked.rdtype)]
            return made.to_wire(), made.to_wire()

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

        self._server = Server((HOST, 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def __enter__(self) -> DnsLiar:
        return self

    def __exit__(self, *dummy: object) -> None:
        self._server.shutdown()
        self._server.server_close()
