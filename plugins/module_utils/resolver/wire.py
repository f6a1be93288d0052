# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One DNS message to one address and its reply: over UDP, and over TCP if the reply is truncated (RFC 7766)."""

from __future__ import annotations

import errno
import functools
import os
import socket
import struct
import time
from typing import Any

from ..libraries import dns
from .nameservers import Address

UDP_PAYLOAD = 1232  # octets that pass every path unfragmented
_OPT = struct.pack("!BHHIH", 0, 41, UDP_PAYLOAD, 0, 0)  # RFC 6891 6.1.2
_CANNOT_BE_READ = "sends an answer that cannot be read"


class Silence(Exception):
    """No usable reply. ``final``: asking again immediately will not help."""

    def __init__(self, reason: str, final: bool = False) -> None:
        super().__init__(reason)
        self.final = final


def exchange(
    address: Address, name: dns.name.Name, rdtype: dns.rdatatype.RdataType, recurse: bool, expires: float
) -> dns.message.Message:
    """Send one question; ``expires`` is a ``time.monotonic()``. Raises Silence."""
    reply = _send(_query(name, rdtype, recurse, edns=True), name, rdtype, address, expires)
    if reply.rcode() in (dns.rcode.FORMERR, dns.rcode.NOTIMP, dns.rcode.BADVERS):
        # a server that predates EDNS (RFC 6891 7)
        reply = _send(_query(name, rdtype, recurse, edns=False), name, rdtype, address, expires)
    return reply


def _query(name: dns.name.Name, rdtype: dns.rdatatype.RdataType, recurse: bool, edns: bool) -> bytes:
    """The message (RFC 1035 4.1), built by hand: bulk runs send thousands, and dnspython takes ten times as long."""
    flags = int(dns.flags.RD) if recurse else 0
    head = os.urandom(2) + struct.pack("!HHHHH", flags, 1, 0, 0, int(edns))
    question = (name.to_wire() or b"") + struct.pack("!HH", rdtype, dns.rdataclass.IN)
    return head + question + (_OPT if edns else b"")


def _send(
    query: bytes, name: dns.name.Name, rdtype: dns.rdatatype.RdataType, address: Address, expires: float
) -> dns.message.Message:
    try:
        reply = _udp(query, name, rdtype, address, expires)
        return _tcp(query, address, expires) if reply.flags & dns.flags.TC else reply
    except OSError as error:
        if error.errno == errno.ECONNREFUSED:
            raise Silence("does not answer: nothing listens there", final=True) from None
        raise Silence(f"cannot be reached: {error.strerror or 'no connection'}", final=True) from None


def _udp(
    query: bytes, name: dns.name.Name, rdtype: dns.rdatatype.RdataType, address: Address, expires: float
) -> dns.message.Message:
    """The server's first datagram that answers the question; all others are ignored."""
    reason = "does not answer"
    family, kind, protocol, target = _place(address)
    # connected: datagrams of other senders are dropped, and a closed port is noticed at once
    with socket.socket(family, kind, protocol) as channel:
        channel.connect(target)
        channel.send(query)
        while time.monotonic() < expires:
            channel.settimeout(max(expires - time.monotonic(), 0.001))
            try:
                wire = channel.recv(65535)
            except socket.timeout:
                break
            reply = _read(wire) if wire[:2] == query[:2] else None
            if reply is not None and _answers(reply, name, rdtype):
                return reply
            reason = _CANNOT_BE_READ
    raise Silence(reason, final=reason == _CANNOT_BE_READ)


@functools.lru_cache(maxsize=1024)
def _place(address: Address) -> tuple[int, int, int, Any]:
    """The arguments of ``socket.socket`` for an address, and what to connect to."""
    family, kind, protocol, dummy, target = socket.getaddrinfo(
        address[0], address[1], type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
    )[0]
    return family, kind, protocol, target


def _answers(reply: dns.message.Message, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> bool:
    """Whether a message answers this question; an error reply may omit the question."""
    if not reply.flags & dns.flags.QR or reply.opcode() != dns.opcode.QUERY:
        return False
    if not reply.question:
        return reply.rcode() in (dns.rcode.FORMERR, dns.rcode.SERVFAIL, dns.rcode.NOTIMP, dns.rcode.REFUSED)
    asked = reply.question[0]
    return (asked.name, asked.rdtype, asked.rdclass) == (name, rdtype, dns.rdataclass.IN)


def _read(wire: bytes) -> dns.message.Message | None:
    try:
        return dns.message.from_wire(wire, ignore_trailing=True)
    except (dns.exception.DNSException, ValueError, LookupError, struct.error):
        pass
    # a truncated reply may end within a record: its header is enough to know that TCP is needed
    if len(wire) >= 12 and wire[2] & 0x02:
        try:
            return dns.message.from_wire(wire, question_only=True, ignore_trailing=True)
        except (dns.exception.DNSException, ValueError, LookupError, struct.error):
            pass
    return None


def _tcp(query: bytes, address: Address, expires: float) -> dns.message.Message:
    import dns.query

    remaining = expires - time.monotonic()
    if remaining <= 0:
        raise Silence("does not answer in time")
    try:
        message = dns.message.from_wire(query)
        return dns.query.tcp(message, address[0], timeout=remaining, port=address[1], ignore_trailing=True)
    except dns.exception.Timeout:
        raise Silence("truncates its answer, and does not answer over TCP") from None
    except EOFError:
        raise Silence("truncates its answer, and closes the connection over TCP", final=True) from None
    except ConnectionRefusedError:
        raise Silence("truncates its answer, and accepts no connection over TCP", final=True) from None
    except (dns.exception.DNSException, ValueError, LookupError, struct.error):
        raise Silence(_CANNOT_BE_READ) from None
