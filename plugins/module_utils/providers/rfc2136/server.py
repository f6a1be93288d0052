# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection to the name server of ``rfc2136``: TCP, signed by TSIG (RFC 8945), with many queries in flight.

Each thread has one persistent connection. Every call ends within the timeout.
"""

from __future__ import annotations

import base64
import binascii
import functools
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from ...bounded import Limit
from ...errors import InvalidInput, OutcomeUnknown, ProviderError
from ...libraries import dns
from ..options import TSIG_ALGORITHMS
from .compressed_names import decompress

_LONGEST_CONNECT = 10.0  # seconds
_AT_ONCE = 50  # queries sent before the first answer is awaited

Answers = TypeVar("Answers")


class UpdateUnanswered(ProviderError):
    """Something was sent, but not answered."""


class UpdateRefused(ProviderError):
    """The server does not allow us to transfer a zone."""


class UpdateServer:
    """A name server, by address or host name."""

    def __init__(self, options: Mapping[str, Any], count: Callable[[], None]) -> None:
        """Raises InvalidInput for an invalid key."""
        self._host = str(options["server"])
        self._port = int(options.get("port") or 53)
        self._timeout = float(options.get("timeout") or 30.0)
        self._limit = Limit.of(options, "dns")
        self._key = _key(options)
        self._algorithm = options.get("key_algorithm") or TSIG_ALGORITHMS[0]
        self._count = count
        self._address: Any = None  # the address that answered
        self._thread = threading.local()
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()

    def __str__(self) -> str:
        return f"the name server {self._host}" + (f" port {self._port}" if self._port != 53 else "")

    @property
    def key(self) -> str:
        """Our identity to the server, for messages."""
        return f"the key {self._key.name.to_text(omit_final_dot=True)}" if self._key else "requests without a key"

    def question(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> dns.message.Message:
        """A query for the server itself, without recursion."""
        return dns.message.make_query(name, rdtype, flags=0, use_edns=False)

    def update(self, message: dns.message.Message) -> dns.rcode.Rcode:
        """The server's result for an update. Raises OutcomeUnknown if it may have been carried out all the same."""
        self._thread.repeated = False
        try:
            rcode = self._on_connection(functools.partial(self._trade, messages=[message]))[0].rcode()
        except ProviderError as error:
            if self._thread.repeated or isinstance(error, UpdateUnanswered):
                raise OutcomeUnknown(str(error)) from None
            raise
        if self._thread.repeated and rcode != dns.rcode.NOERROR:
            # if the first attempt was carried out, its prerequisites are no longer met
            raise OutcomeUnknown(f"{self} closed the connection without an answer.")
        return rcode

    def ask(self, messages: Sequence[dns.message.Message]) -> list[dns.message.Message]:
        """The responses to these messages, in order. Raises ProviderError."""
        responses: list[dns.message.Message] = []
        for start in range(0, len(messages), _AT_ONCE):
            part = messages[start : start + _AT_ONCE]
            responses += self._on_connection(functools.partial(self._trade, messages=part))
        return responses

    def transfer(self, zone: dns.name.Name) -> list[dns.rrset.RRset]:
        """All record sets of a zone (RFC 5936). Raises UpdateRefused if not allowed, or ProviderError."""
        return self._on_connection(functools.partial(self._transfer, zone=zone))

    def close(self) -> None:
        with self._lock:
            sockets, self._sockets = self._sockets, []
        self._thread = threading.local()
        for link in sockets:
            link.close()

    # -- messages ----------------------------------------------------------------------------------------------------

    def _trade(self, link: _Link, messages: Sequence[dns.message.Message]) -> list[dns.message.Message]:
        wires = {}
        for number, message in enumerate(messages):
            message.id = number  # over TCP, ids need not be unpredictable, only distinct
            wires[number] = self._signed(message)
        link.send(b"".join(wires.values()))
        responses: dict[int, dns.message.Message] = {}
        while len(responses) < len(messages):
            wire = link.receive()
            number = int.from_bytes(wire[:2], "big")
            if number not in wires or number in responses:
                raise ProviderError(f"{self} answers a question that was not asked.")
            responses[number] = self._parsed(messages[number], wire)
        return [responses[number] for number in range(len(messages))]

    def _transfer(self, link: _Link, zone: dns.name.Name) -> list[dns.rrset.RRset]:
        query = self.question(zone, dns.rdatatype.AXFR)
        link.send(self._signed(query))
        sets: list[dns.rrset.RRset] = []
        response = query
        ends = 0  # a transfer begins and ends with the SOA
        signature = None
        octets = 0
        while ends < 2:
            try:
                wire = link.receive()
            except ConnectionError:
                if not sets:
                    raise UpdateRefused(f"{self} ends the transfer of {zone} at once.") from None
                raise
            octets += len(wire)
            if octets > self._limit.octets:
                raise ProviderError(f"{self} transfers {zone} with {self._limit.exceeded('server')}")
            response = self._parsed(query, wire, xfr=True, multi=True, tsig_ctx=signature)
            if response.rcode() != dns.rcode.NOERROR or not response.answer:
                raise UpdateRefused(f"{self} does not transfer {zone}.")
            signature = response.tsig_ctx
            ends += sum(rrset.rdtype == dns.rdatatype.SOA for rrset in response.answer)
            sets += response.answer
        if query.keyring and not response.had_tsig:
            raise ProviderError(f"{self} ends the transfer of {zone} without a signature.")
        return sets

    def _signed(self, message: dns.message.Message) -> bytes:
        if self._key is not None:
            message.use_tsig(self._key)
        self._count()
        wire = message.to_wire(max_size=65535)
        return len(wire).to_bytes(2, "big") + wire

    def _parsed(self, query: dns.message.Message, wire: bytes, **rules: Any) -> dns.message.Message:
        """The response with its signature verified. Raises ProviderError if that fails."""
        import dns.tsig

        try:
            response = dns.message.from_wire(
                wire, keyring=query.keyring, request_mac=query.mac if query.keyring else b"", **rules
            )
        except dns.exception.FormError:
            return self._unsigned(query, wire)
        except dns.tsig.PeerBadKey:
            raise ProviderError(
                f"{self} does not know {self.key} with the algorithm {self._algorithm}. "
                "Check key_name and key_algorithm."
            ) from None
        except (dns.tsig.PeerBadSignature, dns.tsig.BadSignature, dns.tsig.BadKey, dns.tsig.BadAlgorithm):
            raise ProviderError(
                f"{self} holds another secret for {self.key}. Check key_secret and key_algorithm."
            ) from None
        except (dns.tsig.PeerBadTime, dns.tsig.BadTime):
            raise ProviderError(
                f"{self} does not accept the time of the signature: its clock and this machine's differ by more than 5 "
                "minutes. Correct them."
            ) from None
        except dns.exception.DNSException as error:
            raise self._not_understood(error) from None
        if query.keyring and not response.had_tsig and rules.get("tsig_ctx") is None:
            return self._unsigned(query, wire)
        try:
            for rrset in response.answer:
                decompress(rrset, wire)
        except dns.exception.DNSException as error:
            raise self._not_understood(error) from None
        return response

    def _not_understood(self, error: Exception) -> ProviderError:
        return ProviderError(f"{self} gives an answer that is not understood ({type(error).__name__}).")

    def _unsigned(self, query: dns.message.Message, wire: bytes) -> dns.message.Message:
        """An unsigned answer to a signed message is only accepted as a refusal.

        Knot sends one for a zone that it does not hold, PowerDNS for a wrong key. Raises ProviderError.
        """
        rcode = dns.rcode.Rcode(wire[3] & 15) if len(wire) > 3 else dns.rcode.FORMERR
        asked = query.question[0].rdtype if query.opcode() == dns.opcode.QUERY else None
        if asked == dns.rdatatype.AXFR and rcode != dns.rcode.NOERROR:
            raise UpdateRefused(f"{self} does not transfer the zone.")
        if asked is not None and rcode == dns.rcode.REFUSED:
            try:
                return dns.message.from_wire(wire)
            except dns.exception.DNSException as error:
                raise self._not_understood(error) from None
        if self._key is None:
            raise ProviderError(f"{self} gives an answer that is not understood.")
        code = dns.rcode.to_text(rcode)
        raise ProviderError(
            f"{self} answers without a signature ({code}), as servers do when they reject {self.key}. "
            "Check key_name, key_secret and key_algorithm."
        )

    # -- connections -------------------------------------------------------------------------------------------------

    def _on_connection(self, work: Callable[[_Link], list[Answers]]) -> list[Answers]:
        """Run ``work`` on this thread's connection; once more on a new one if the server had closed it."""
        deadline = time.monotonic() + self._timeout
        while True:
            kept: socket.socket | None = getattr(self._thread, "socket", None)
            link = _Link(kept or self._connect(deadline), deadline)
            try:
                return work(link)
            except ConnectionError:
                self._drop(link.socket)
                if kept is None:
                    raise UpdateUnanswered(f"{self} closed the connection without an answer.") from None
                self._thread.repeated = True
            except (TimeoutError, socket.timeout):
                self._drop(link.socket)
                raise UpdateUnanswered(f"{self} did not answer within {self._timeout:g} s.") from None
            except OSError as error:
                self._drop(link.socket)
                raise UpdateUnanswered(f"{self} cannot be reached: {error.strerror or type(error).__name__}.") from None
            except UpdateRefused:
                raise  # a complete answer: the connection stays usable
            except BaseException:
                # what still arrives on this connection belongs to the failed call
                self._drop(link.socket)
                raise

    def _connect(self, deadline: float) -> socket.socket:
        reason = "it has no address"
        for address in [self._address] if self._address else self._addresses():
            left = min(deadline - time.monotonic(), _LONGEST_CONNECT)
            if left <= 0:
                break
            link = socket.socket(address[0], socket.SOCK_STREAM)
            link.settimeout(left)
            try:
                link.connect(address[1])
            except (TimeoutError, socket.timeout):
                reason = "it does not answer"
            except OSError as error:
                reason = (error.strerror or type(error).__name__).lower()
            else:
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._address = address
                self._thread.socket = link
                with self._lock:
                    self._sockets.append(link)
                return link
            link.close()
        self._address = None
        raise ProviderError(
            f"{self} cannot be reached over TCP: {reason}. Check server and port, and that this machine may connect "
            "to it."
        )

    def _addresses(self) -> list[Any]:
        try:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise ProviderError(f"{self} cannot be reached: its name is not known to DNS. Check server.") from None
        return [(entry[0], entry[4]) for entry in found]

    def _drop(self, link: socket.socket) -> None:
        self._thread.socket = None
        with self._lock:
            if link in self._sockets:
                self._sockets.remove(link)
        link.close()


class _Link:
    """A connection for the duration of one call."""

    def __init__(self, link: socket.socket, deadline: float) -> None:
        self.socket = link
        self._deadline = deadline

    def send(self, octets: bytes) -> None:
        self._set_time()
        self.socket.sendall(octets)

    def receive(self) -> bytes:
        """One message (RFC 1035 4.2.2). Raises ConnectionError if the server closes the connection."""
        return self._octets(int.from_bytes(self._octets(2), "big"))

    def _octets(self, count: int) -> bytes:
        octets = b""
        while len(octets) < count:
            self._set_time()
            part = self.socket.recv(count - len(octets))
            if not part:
                raise ConnectionResetError
            octets += part
        return octets

    def _set_time(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise socket.timeout
        self.socket.settimeout(left)


def _key(options: Mapping[str, Any]) -> Any:
    """The TSIG key; None if updates are not signed. Raises InvalidInput."""
    name, secret = options.get("key_name"), options.get("key_secret")
    algorithm = options.get("key_algorithm") or TSIG_ALGORITHMS[0]
    if algorithm not in TSIG_ALGORITHMS:
        raise InvalidInput(f"dns: key_algorithm {algorithm} is not known. Use one of {', '.join(TSIG_ALGORITHMS)}.")
    if not name and not secret:
        return None
    if not name or not secret:
        raise InvalidInput(
            f"dns: a TSIG key needs key_name and key_secret; {'key_secret' if name else 'key_name'} is missing."
        )
    try:
        octets = base64.b64decode("".join(str(secret).split()), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput(
            "dns: key_secret is not base64. Copy the secret of the key as the server's configuration has it."
        ) from None
    import dns.tsig

    try:
        owner = dns.name.from_text(str(name).lower())
    except (dns.exception.DNSException, ValueError):
        raise InvalidInput(f"dns: key_name {name!r} is not the name of a key.") from None
    return dns.tsig.Key(owner, octets, "hmac-md5.sig-alg.reg.int" if algorithm == "hmac-md5" else algorithm)
