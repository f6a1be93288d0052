# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy that redirects clients of a fixed https address to a simulator, over TLS that they verify.

It accepts ``CONNECT host:443``, presents a certificate of the tests' authority for that host, and forwards plain HTTP
to the simulator. So production addresses and certificate checks are tested unchanged.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import ssl
import threading
from collections.abc import Mapping

from .certificates import CertificateAuthority
from .process import HOST

_TIMEOUT = 30.0  # seconds
_CHUNK = 65536


class TlsProxy:
    """A context manager. ``routes``: ports of simulators by host name; any other host gets 403.

    ``connected`` lists the requested hosts. ``authority`` signs the certificates, so with a foreign one clients must
    refuse them; ``names`` replaces the name in the certificate.
    """

    def __init__(
        self, authority: CertificateAuthority, routes: Mapping[str, int], names: Mapping[str, str] | None = None
    ) -> None:
        self.routes = dict(routes)
        self.connected: list[str] = []
        self.ca_path = authority.ca_path
        self._contexts = {}
        for host in routes:
            issued = authority.issue((names or {}).get(host, host))
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(issued.certificate, issued.key)
            self._contexts[host] = context
        self._listener = socket.create_server((HOST, 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def environment(self) -> dict[str, str]:
        """For a client that takes its proxy and CA certificates from the environment; both spellings of each."""
        ca_path = str(self.ca_path)
        proxy = {name: self.url for name in ("https_proxy", "HTTPS_PROXY")}
        return {**proxy, "no_proxy": "", "NO_PROXY": "", "SSL_CERT_FILE": ca_path, "REQUESTS_CA_BUNDLE": ca_path}

    def __enter__(self) -> TlsProxy:
        self._thread.start()
        return self

    def __exit__(self, *dummy: object) -> None:
        # closing alone does not wake a thread that waits in accept()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                client, dummy = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError, ValueError):
            client.settimeout(_TIMEOUT)
            request = b""
            while b"\r\n\r\n" not in request:
                octets = client.recv(_CHUNK)
                if not octets:
                    return
                request += octets
            match = re.match(rb"CONNECT ([^: ]+):443 ", request)
            host = match[1].decode("ascii", "replace") if match else ""
            self.connected.append(host)
            if host not in self.routes:
                client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                return
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with (
                self._contexts[host].wrap_socket(client, server_side=True) as secure,
                socket.create_connection((HOST, self.routes[host]), _TIMEOUT) as plain,
            ):
                _exchange(secure, plain)


def _exchange(secure: ssl.SSLSocket, plain: socket.socket) -> None:
    """Forward in both directions until one side ends, in one thread because two cannot share a TLS connection."""
    other: dict[socket.socket, socket.socket] = {secure: plain, plain: secure}
    while True:
        ready = [secure] if secure.pending() else select.select(list(other), [], [], _TIMEOUT)[0]
        if not ready:
            return
        for source in ready:
            # the data may be TLS's own, with nothing to forward
            source.setblocking(False)
            try:
                octets = source.recv(_CHUNK)
            except (ssl.SSLWantReadError, BlockingIOError):
                continue
            finally:
                source.settimeout(_TIMEOUT)
            if not octets:
                return
            other[source].sendall(octets)
