# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers to ask: the ``nameservers`` option, and those configured on this machine."""

from __future__ import annotations

import dataclasses
import ipaddress
import socket
from collections.abc import Iterable

from ..errors import InvalidInput, PostmasterError
from ..names import record_name, to_text

DNS_PORT = 53

# An IP address and a port.
Address = tuple[str, int]


@dataclasses.dataclass(frozen=True)
class Nameserver:
    """A server that answers DNS questions, with the name that people know."""

    label: str
    addresses: tuple[Address, ...]

    def __str__(self) -> str:
        return self.label


def parse_nameservers(texts: Iterable[str | Nameserver] | None) -> tuple[Nameserver, ...]:
    """The servers of the ``nameservers`` option, each once, in their order.

    ``192.0.2.53``, ``192.0.2.53:5353``, ``2001:db8::53``, ``[2001:db8::53]:5353``, ``ns1.example.net`` or
    ``ns1.example.net:5353``; the system resolves names. Raises InvalidInput.
    """
    servers = [text if isinstance(text, Nameserver) else _parse(text) for text in texts or ()]
    return tuple(dict.fromkeys(servers))


def system_nameservers() -> tuple[Nameserver, ...]:
    """The servers in ``/etc/resolv.conf``; empty if there are none."""
    import dns.resolver

    try:
        resolver = dns.resolver.Resolver(configure=True)
    except (dns.resolver.NoResolverConfiguration, OSError):
        return ()
    found = []
    for entry in resolver.nameservers:
        if isinstance(entry, str) and _is_ip(entry):
            found.append(Nameserver(_label(entry, resolver.port), ((entry, resolver.port),)))
    return tuple(found)


def _parse(text: str) -> Nameserver:
    host, port = _split(text)
    if _is_ip(host):
        return Nameserver(_label(host, port), ((host, port),))
    try:
        name = to_text(record_name(host))
    except PostmasterError:
        raise _invalid(text, "it is neither an IP address nor a name") from None
    if all(character.isdigit() or character == "." for character in name):
        raise _invalid(text, "it is not a valid IP address")
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        raise _invalid(text, "this machine cannot find the address of that name") from None
    addresses = tuple(dict.fromkeys((str(entry[4][0]), port) for entry in found))
    return Nameserver(_label(name, port), addresses)


def _split(text: str) -> tuple[str, int]:
    bare = text.strip()
    if bare.startswith("["):
        host, closing, rest = bare[1:].partition("]")
        if not closing or (rest and not rest.startswith(":")) or ":" not in host:
            raise _invalid(text, "the brackets hold no IPv6 address")
        return host, _port(text, rest[1:]) if rest else DNS_PORT
    if bare.count(":") == 1:
        host, dummy, port = bare.partition(":")
        return host, _port(text, port)
    return bare, DNS_PORT


def _port(text: str, port: str) -> int:
    if not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65535:
        raise _invalid(text, "the port is not a number from 1 to 65535")
    return int(port)


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _label(host: str, port: int) -> str:
    if port == DNS_PORT:
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _invalid(text: str, reason: str) -> InvalidInput:
    return InvalidInput(
        f"{text!r} is not a nameserver: {reason}. Write it like 192.0.2.53, 192.0.2.53:5353, [2001:db8::53]:5353 "
        "or ns1.example.net."
    )
