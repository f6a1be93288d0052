# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections to one address that stay open, for all threads; what goes wrong with them as sentences.

Made of what ``requests`` is made of, because most of its time goes into what is not wanted here: redirects, which carry
headers with secrets to other hosts, cookies, and credentials of ~/.netrc.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput, ProviderError

if TYPE_CHECKING:
    import ssl

    import urllib3

_CONNECT = 10.0  # seconds to connect, at most
_CONNECTIONS = 64  # that are kept open; more are opened when more threads work
_EXCERPT = 300  # characters of what OpenSSL says


@dataclasses.dataclass(frozen=True)
class HttpAnswer:
    """What came back: ``status``, ``headers``, whose names have no case, and the ``body``."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON, None where it is empty. Octets that are no UTF-8 survive as surrogates (PEP 383)."""
        return json.loads(self.body.decode("utf-8", "surrogateescape")) if self.body.strip() else None


class ConnectionFailed(Exception):
    """An attempt without an answer: ``sent`` where the server may have seen it, ``slow`` where a repeat seldom
    helps."""

    def __init__(self, told: ProviderError, sent: bool, slow: bool = False) -> None:
        super().__init__(str(told))
        self.told, self.sent, self.slow = told, sent, slow


class HttpTransport:
    """The way to ``url``, by the proxy that the environment names for it. Raises InvalidInput, ProviderError.

    ``where`` is its name in messages, ``timeout`` in seconds. ``verify``: whether certificates are, or by which file or
    folder of authorities instead of those that the environment or the system has.
    """

    def __init__(self, url: str, where: str, timeout: float, verify: bool | str) -> None:
        try:
            import requests  # noqa: F401
        except ImportError:
            raise ProviderError(
                f"The Python package requests is needed, and {sys.executable} does not have it: install it there."
            ) from None
        import urllib3

        self._where, self._seconds = where, timeout
        self._timeout = urllib3.Timeout(connect=min(timeout, _CONNECT), read=timeout)
        try:
            self._pools = _pools(url, verify)
        except urllib3.exceptions.LocationValueError:
            raise InvalidInput(f"dns: the address of {where}, or of the proxy for it, is none.") from None

    def send(self, method: str, url: str, data: bytes | None, headers: Mapping[str, str]) -> HttpAnswer:
        """One request, whatever its answer. Raises Failed, or ProviderError where a repeat cannot help."""
        from urllib3 import exceptions

        try:
            response = self._pools.request(
                method, url, body=data, headers=headers, timeout=self._timeout, retries=False, redirect=False
            )
            return HttpAnswer(response.status, response.headers, response.data)
        except exceptions.SSLError as error:
            raise self._tls_failed(error) from None
        except exceptions.ProxyError:
            raise ProviderError(
                f"{self._where} cannot be reached, because the proxy does not let us through. "
                "Check https_proxy and no_proxy in the environment."
            ) from None
        except exceptions.NewConnectionError as error:
            raise self._unreachable(_reason(error)) from None
        except exceptions.ConnectTimeoutError:
            raise self._unreachable("it does not answer") from None
        except exceptions.TimeoutError:
            raise self._no_answer(f"did not answer within {self._seconds:g} s", slow=True) from None
        except exceptions.ProtocolError:
            raise self._no_answer("closed the connection without an answer") from None
        except (exceptions.HTTPError, ValueError) as error:
            raise self._no_answer(f"gave no proper answer ({type(error).__name__})") from None

    def close(self) -> None:
        self._pools.clear()

    # -- what went wrong ---------------------------------------------------------------------------------------------

    def _no_answer(self, what: str, slow: bool = False) -> ConnectionFailed:
        return ConnectionFailed(ProviderError(f"{self._where} {what}."), sent=True, slow=slow)

    def _unreachable(self, reason: str) -> ConnectionFailed:
        told = f"cannot be reached: {reason}. Check the address, and that this machine may connect to it."
        return ConnectionFailed(ProviderError(f"{self._where} {told}"), sent=False, slow=True)

    def _tls_failed(self, error: Exception) -> ProviderError:
        text = str(error)
        if "CERTIFICATE_VERIFY_FAILED" in text or "certificate" in text.lower():
            reason = text.rpartition("certificate verify failed: ")[2].partition(" (_ssl")[0].strip("()'\" ")
            return ProviderError(
                f"{self._where} shows a certificate that is not trusted ({reason[:_EXCERPT]}). Give the authority that "
                "signed it as ca_path, or an address that the certificate is for."
            )
        return ProviderError(
            f"{self._where} and this machine cannot agree on TLS. Check that endpoint is an https address."
        )


def _pools(url: str, verify: bool | str) -> urllib3.PoolManager:
    """Connections as the environment wants them (https_proxy, no_proxy, REQUESTS_CA_BUNDLE)."""
    import requests
    import urllib3

    with requests.Session() as session:
        wanted: Any = session.merge_environment_settings(url, {}, False, verify, None)
    tls = _tls(wanted["verify"]) if url.lower().startswith("https") else {}
    proxy = requests.utils.select_proxy(url, wanted["proxies"])
    if not proxy:
        return urllib3.PoolManager(maxsize=_CONNECTIONS, **tls)
    address = proxy if "://" in proxy else f"http://{proxy}"
    by_proxy: urllib3.PoolManager = requests.adapters.HTTPAdapter(pool_maxsize=_CONNECTIONS).proxy_manager_for(
        address, **tls
    )
    return by_proxy


def _tls(verify: bool | str) -> dict[str, Any]:
    import requests
    import urllib3

    if verify is False:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        return {"cert_reqs": "CERT_NONE"}
    return {"ssl_context": _context(requests.utils.DEFAULT_CA_BUNDLE_PATH if verify is True else verify)}


@functools.cache  # it takes longer to read all authorities than to do a call
def _context(trusted: str) -> ssl.SSLContext:
    import urllib3

    context = urllib3.util.ssl_.create_urllib3_context()
    try:
        context.load_verify_locations(**{"capath" if os.path.isdir(trusted) else "cafile": trusted})
    except OSError:  # ssl.SSLError is one of them
        raise InvalidInput(f"dns: {trusted} cannot be read as certificates where this runs. Check ca_path.") from None
    return context


def _reason(error: Exception) -> str:
    """Why no connection came about, in a few words."""
    text = str(error)
    for known, words in (
        ("refused", "connection refused"),
        ("resolve", "its name is not known to DNS"),
        ("unreachable", "there is no route to it"),
    ):
        if known in text:
            return words
    return "no connection"
