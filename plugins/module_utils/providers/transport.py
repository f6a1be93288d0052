# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Persistent connections to one host, shared by all threads.

Built on urllib3 without ``requests``, which spends most of its time on what must not happen here: redirects that carry
secrets to other hosts, cookies, and credentials from ~/.netrc.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..bounded import USUAL_LIMIT, Limit, bounded
from ..errors import InvalidInput
from ..proxies import unusable_proxy
from .failures import package_missing, proxy_refused, tls_failed, too_large, unanswered, unreachable

if TYPE_CHECKING:
    import ssl

    import urllib3

_CONNECT = 10.0  # seconds to connect, at most
_PART = 2**16  # octets per read
_CONNECTIONS = 64  # kept open; more are opened if more threads work


@dataclasses.dataclass(frozen=True)
class HttpAnswer:
    """A response: ``status``, ``headers`` (case-insensitive names), and the ``body``."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; None if it is empty. Octets that are not UTF-8 become surrogates (PEP 383).

        Raises ValueError, also for JSON that is nested too deeply.
        """
        try:
            return json.loads(self.body.decode("utf-8", "surrogateescape")) if self.body.strip() else None
        except RecursionError:
            raise ValueError("nested too deeply") from None


class HttpTransport:
    """Sends requests to ``url``, through the environment's proxy. Raises InvalidInput, ProviderError.

    ``where``: its name in messages, ``timeout``: seconds. ``verify``: whether certificates are verified, or a file or
    folder of CA certificates to use instead of those of the environment or system. ``limit``: for each response.
    """

    def __init__(
        self,
        url: str,
        where: str,
        timeout: float,
        verify: bool | str,
        option: str = "dns",
        limit: Limit = USUAL_LIMIT,
    ) -> None:
        try:
            import requests  # noqa: F401
        except ImportError:
            raise package_missing("requests") from None
        import urllib3

        self._url, self._where, self._seconds, self._limit = url, where, timeout, limit
        self._timeout = urllib3.Timeout(connect=min(timeout, _CONNECT), read=timeout)
        try:
            self._pools = _pools(url, verify)
        except (ValueError, AssertionError):  # from requests and urllib3, for an invalid URL and for SOCKS
            raise InvalidInput(f"{option}: {unusable_proxy(where, url)}") from None
        except InvalidInput as error:
            raise InvalidInput(f"{option}: {error}") from None

    def send(self, method: str, url: str, data: bytes | None, headers: Mapping[str, str]) -> HttpAnswer:
        """One request, whatever its answer. Raises ConnectionFailed, or ProviderError if a retry cannot help."""
        from urllib3 import exceptions

        try:
            response = self._pools.request(
                method,
                url,
                body=data,
                headers=headers,
                timeout=self._timeout,
                retries=False,
                redirect=False,
                preload_content=False,
            )
            return HttpAnswer(response.status, response.headers, self._body(response))
        except exceptions.SSLError as error:
            raise tls_failed(self._where, str(error)) from None
        except exceptions.ProxyError:
            raise proxy_refused(self._where, self._url) from None
        except exceptions.NewConnectionError as error:
            raise unreachable(self._where, str(error)) from None
        except exceptions.ConnectTimeoutError:
            raise unreachable(self._where, "connect timeout") from None
        except exceptions.TimeoutError:
            raise unanswered(self._where, self._seconds) from None
        except (exceptions.HTTPError, ValueError):
            raise unanswered(self._where) from None

    def _body(self, response: Any) -> bytes:
        """The body within limits of time and decompressed size."""
        body = bytearray()
        for part in response.stream(_PART):
            body += part
            if len(body) > self._limit.octets:
                response.close()
                raise too_large(self._where, self._limit)
        response.release_conn()
        return bytes(body)

    def close(self) -> None:
        self._pools.clear()


def _pools(url: str, verify: bool | str) -> urllib3.PoolManager:
    """Connections as the environment configures them (https_proxy, no_proxy, REQUESTS_CA_BUNDLE)."""
    import requests
    import urllib3

    with requests.Session() as session:
        wanted: Any = session.merge_environment_settings(url, {}, False, verify, None)
    tls = _tls(wanted["verify"]) if url.lower().startswith("https") else {}
    proxy = requests.utils.select_proxy(url, wanted["proxies"])
    if not proxy:
        return bounded(urllib3.PoolManager(maxsize=_CONNECTIONS, **tls))
    address = proxy if "://" in proxy else f"http://{proxy}"
    by_proxy: urllib3.PoolManager = requests.adapters.HTTPAdapter(pool_maxsize=_CONNECTIONS).proxy_manager_for(
        address, **tls
    )
    return bounded(by_proxy)


def _tls(verify: bool | str) -> dict[str, Any]:
    import requests
    import urllib3

    if verify is False:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        return {"cert_reqs": "CERT_NONE"}
    return {"ssl_context": _context(requests.utils.DEFAULT_CA_BUNDLE_PATH if verify is True else verify)}


@functools.cache  # loading all authorities takes longer than a call
def _context(trusted: str) -> ssl.SSLContext:
    import urllib3

    context = urllib3.util.ssl_.create_urllib3_context()
    try:
        context.load_verify_locations(**{"capath" if os.path.isdir(trusted) else "cafile": trusted})
    except OSError:  # includes ssl.SSLError
        raise InvalidInput(f"{trusted} has no certificates that can be read where this runs. Check ca_path.") from None
    return context
