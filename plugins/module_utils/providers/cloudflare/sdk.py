# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloudflare's own SDK, used only as a transport.

By itself it would repeat writes, and request one page too many. Its import takes longer than the rest of a module's
work, so the parts that its client does not need are left out.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import ssl
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ...bounded import USUAL_LIMIT, Limit
from ...errors import InvalidInput, ProviderError
from ...proxies import has_unusual_proxy, proxy_of, unusable_proxy
from ..failures import ConnectionFailed, package_missing, proxy_refused, tls_failed, too_large, unanswered, unreachable
from ..transport import HttpAnswer

if TYPE_CHECKING:
    import httpx

_CONNECT = 10.0  # seconds to connect, at most
_COMMAND_LINE = "httpx._main"  # with terminal colours; httpx works without it
_PLUGINS = "PYDANTIC_DISABLE_PLUGINS"
_importing = threading.Lock()  # all threads share the environment


class SdkTransport:
    """Sends requests to the API. ``where``: its name in messages; ``timeout``: seconds; the rest: HttpTransport."""

    def __init__(
        self, base_url: str, token: str, where: str, timeout: float, verify: bool | str, limit: Limit = USUAL_LIMIT
    ) -> None:
        self._url, self._where, self._seconds, self._limit = base_url, where, timeout, limit
        self._sdk, self._httpx = _import()
        tls = _context(verify) if base_url.startswith("https") else False  # loading all authorities is slow
        self._client = self._sdk.Cloudflare(
            api_token=token,
            base_url=base_url,
            max_retries=0,
            # redirects are not followed, as they could lead to another host
            http_client=self._connections(tls),
        )
        # the SDK takes these from the environment, and would send them instead of the token
        self._client.api_email = self._client.api_key = self._client.user_service_key = None

    def _connections(self, tls: bool | ssl.SSLContext) -> httpx.Client:
        try:
            client: httpx.Client = self._httpx.Client(
                verify=tls,
                timeout=self._httpx.Timeout(self._seconds, connect=min(self._seconds, _CONNECT)),
                follow_redirects=False,
                limits=self._httpx.Limits(max_connections=None, max_keepalive_connections=64),
                event_hooks={"response": [self._read]},
            )
        except (ImportError, ValueError):  # for a SOCKS proxy, or an unsupported kind of proxy
            raise InvalidInput(f"dns: {unusable_proxy(self._where, self._url)}") from None
        for way in (client._transport, *client._mounts.values()):
            pool = getattr(way, "_pool", None)
            if pool is not None:
                # httpx cannot limit the time of a whole answer
                pool._network_backend = _TimedBackend(pool._network_backend, self._seconds)
        return client

    def send(self, method: str, url: str, data: bytes | None, headers: Mapping[str, str]) -> HttpAnswer:
        """One request, whatever its answer. Raises ConnectionFailed, or ProviderError if a retry cannot help."""
        try:
            response = self._send(method, url, data, headers)
        except self._sdk.APIStatusError as error:
            response = error.response
        except self._sdk.APIConnectionError as error:
            raise self._failure(error.__cause__ or error) from None
        return HttpAnswer(response.status_code, response.headers, response.content)

    def close(self) -> None:
        self._client.close()

    def _send(self, method: str, url: str, data: bytes | None, headers: Mapping[str, str]) -> httpx.Response:
        kind, more = self._httpx.Response, {"headers": dict(headers)}
        if method == "GET":
            response: httpx.Response = self._client.get(url, cast_to=kind, options=more)
        else:
            response = self._client.post(url, cast_to=kind, body=json.loads(data or b"null"), options=more)
        return response

    def _read(self, response: httpx.Response) -> None:
        """Read the body within limits of time and decompressed size."""
        until, body = time.monotonic() + self._seconds, bytearray()
        for part in response.iter_bytes():
            body += part
            if len(body) > self._limit.octets:
                raise too_large(self._where, self._limit)
            if time.monotonic() > until:
                raise unanswered(self._where, self._seconds)
        response._content = bytes(body)

    def _failure(self, error: BaseException) -> ConnectionFailed | ProviderError:
        text = str(error)
        if isinstance(error, ConnectionFailed):
            return error
        if isinstance(error, self._httpx.ProxyError):
            return proxy_refused(self._where, self._url)
        if "CERTIFICATE_VERIFY_FAILED" in text or "[SSL" in text:
            return tls_failed(self._where, text)
        if isinstance(error, (self._httpx.ConnectError, self._httpx.ConnectTimeout)) and proxy_of(self._url):
            unusual = has_unusual_proxy(self._url)
            return (
                ProviderError(unusable_proxy(self._where, self._url))
                if unusual
                else proxy_refused(self._where, self._url)
            )
        if isinstance(error, self._httpx.ConnectTimeout):
            return unreachable(self._where, "connect timeout")
        if isinstance(error, (self._httpx.ConnectError, self._httpx.UnsupportedProtocol)):
            return unreachable(self._where, text)
        return unanswered(self._where, self._seconds if isinstance(error, self._httpx.TimeoutException) else None)


class _TimedBackend:
    """Opens connections whose responses are limited in time from their first octet."""

    def __init__(self, backend: Any, seconds: float) -> None:
        self._backend, self._seconds = backend, seconds

    def connect_tcp(self, *where: Any, **more: Any) -> _TimedStream:
        return _TimedStream(self._backend.connect_tcp(*where, **more), self._seconds)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)


class _TimedStream:
    """Each request that is written resets the time limit for what is read after it."""

    def __init__(self, stream: Any, seconds: float) -> None:
        self._stream, self._seconds = stream, seconds
        self._until = time.monotonic() + seconds

    def read(self, most: int, timeout: float | None = None) -> bytes:
        left = self._until - time.monotonic()
        octets: bytes = self._stream.read(most, max(0.001, left if timeout is None else min(left, timeout)))
        return octets

    def write(self, octets: bytes, timeout: float | None = None) -> None:
        self._until = time.monotonic() + self._seconds
        self._stream.write(octets, timeout)

    def start_tls(self, *how: Any, **more: Any) -> _TimedStream:
        return _TimedStream(self._stream.start_tls(*how, **more), self._seconds)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _import() -> tuple[ModuleType, ModuleType]:
    try:
        with _importing, contextlib.nullcontext() if "cloudflare" in sys.modules else _quickly():
            import cloudflare
            import httpx
    except ImportError:
        raise package_missing("cloudflare") from None
    return cloudflare, httpx


@contextlib.contextmanager
def _quickly() -> Iterator[None]:
    """Import the SDK without parts that the client does not need.

    The import creates thousands of objects that live until the process ends. Searching them for garbage would take a
    fifth of the time, partly at exit, so they are excluded from garbage collection. pydantic would read the metadata of
    every installed package to find plugins.
    """
    collects, plugins = gc.isenabled(), os.environ.get(_PLUGINS)
    gc.disable()
    os.environ[_PLUGINS] = "__all__"
    if "httpx" not in sys.modules:
        sys.modules[_COMMAND_LINE] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if sys.modules.get(_COMMAND_LINE, sys) is None:
            del sys.modules[_COMMAND_LINE]
        del os.environ[_PLUGINS]
        if plugins is not None:
            os.environ[_PLUGINS] = plugins
        gc.freeze()
        if collects:
            gc.enable()


def _context(verify: bool | str) -> bool | ssl.SSLContext:
    if isinstance(verify, bool):
        return verify
    try:
        folder = os.path.isdir(verify)
        return ssl.create_default_context(cafile=None if folder else verify, capath=verify if folder else None)
    except (OSError, ssl.SSLError):
        raise InvalidInput(f"dns: ca_path {verify} has no certificates that can be read where this runs.") from None
