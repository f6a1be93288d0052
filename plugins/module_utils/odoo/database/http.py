# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP to one Odoo: an answer, or one sentence that says why there is none."""

from __future__ import annotations

import errno
import http.client
import re
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...bounded import Limit, bounded
from ...errors import OdooError
from ...proxies import has_unusual_proxy, refused_by_proxy, unusable_proxy

if TYPE_CHECKING:
    import requests

_CONNECT_TIMEOUT = 10
_PART = 2**16  # octets per read
NO_JSON = object()


class OdooHttp:
    def __init__(self, url: Any, timeout: float, validate_certs: bool, ca_path: str | None, limit: Limit) -> None:
        # here and in send, because this import takes longer than all others together
        import requests

        self.url = base_url(url)
        self.timeout, self._limit = timeout, limit
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _adapter())
        self._session.headers["User-Agent"] = "postmaster.mail"
        # credentials from .netrc would replace the bearer token
        self._session.auth = _no_auth
        self._session.verify = (ca_path or True) if validate_certs else False

    @property
    def host(self) -> str:
        return host_of(self.url)

    def send(
        self,
        verb: str,
        path: str,
        body: dict[str, Any] | None,
        headers: dict[str, str],
        timeout: float | None,
        query: dict[str, str] | None = None,
    ) -> requests.Response:
        import requests

        limit = timeout or self.timeout
        try:
            # a redirect would turn the POST into a GET and send the credentials elsewhere
            answer = self._session.request(
                verb,
                self.url + path,
                json=body,
                headers=headers,
                params=query,
                timeout=(min(limit, _CONNECT_TIMEOUT), limit),
                allow_redirects=False,
                stream=True,
            )
            self._read(answer)
        except requests.exceptions.SSLError as error:
            raise OdooError(
                f"The certificate of {self.url} cannot be verified ({_tls_reason(error)}). "
                "Correct the certificate, or set odoo.ca_path to the authority that signed it."
            ) from None
        except requests.exceptions.ProxyError:
            raise OdooError(refused_by_proxy(f"Odoo at {self.url}", self.url)) from None
        except requests.exceptions.ConnectTimeout:
            raise OdooError(f"Odoo at {self.url} cannot be reached: no answer to the connection.") from None
        except (requests.exceptions.Timeout, requests.exceptions.ConnectionError) as error:
            if any(isinstance(cause, (requests.exceptions.Timeout, socket.timeout)) for cause in _causes(error)):
                raise OdooError(
                    f"Odoo at {self.url} did not answer within {limit:g} seconds. The request may have been carried "
                    "out: run again, or give a longer odoo.timeout."
                ) from None
            raise OdooError(f"Odoo at {self.url} cannot be reached: {_reason(error)}.") from None
        except (requests.exceptions.RequestException, OSError, ValueError) as error:
            # ValueError: a host name or header that cannot be sent
            if has_unusual_proxy(self.url):
                raise OdooError(unusable_proxy(f"Odoo at {self.url}", self.url)) from None
            raise OdooError(
                f"Odoo at {self.url} cannot be queried ({type(error).__name__}): check odoo.url, odoo.api_key and "
                "odoo.ca_path."
            ) from None
        if answer.status_code == 407:
            raise OdooError(refused_by_proxy(f"Odoo at {self.url}", self.url))
        if answer.is_redirect and query is None:
            target = re.sub(r"[?#].*", "", answer.headers.get("Location", ""))
            raise OdooError(f"{self.url} redirects to {target}: set odoo.url to the URL of Odoo itself.")
        return answer

    def _read(self, answer: requests.Response) -> None:
        """Read a response up to the limit, which counts decompressed octets."""
        content = bytearray()
        for part in answer.iter_content(_PART):
            content += part
            if len(content) > self._limit.octets:
                answer.close()
                raise OdooError(
                    f"Odoo at {self.url} answers with {self._limit.exceeded('odoo.url')} The request may have been "
                    "carried out."
                )
        answer._content = bytes(content)

    def not_odoo(self, answer: requests.Response) -> str:
        return (
            f"{self.url} does not answer like Odoo (HTTP status {answer.status_code} with something other than JSON): "
            "check odoo.url; it must be the URL of Odoo itself, without a path."
        )

    def strange(self) -> str:
        return f"{self.url} does not answer like Odoo (JSON of another form): check odoo.url."


def json_of(answer: requests.Response) -> Any:
    """The parsed JSON; NO_JSON for anything else."""
    try:
        return answer.json()
    except (ValueError, RecursionError):  # the latter if it is nested too deeply
        return NO_JSON


def json_object(answer: requests.Response) -> dict[str, Any] | None:
    content = json_of(answer)
    return content if isinstance(content, dict) else None


def host_of(url: str) -> str:
    return url.split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0].lower()


def _adapter() -> requests.adapters.HTTPAdapter:
    """Connections with limited responses."""
    import requests

    class Adapter(requests.adapters.HTTPAdapter):
        def init_poolmanager(self, *more: Any, **options: Any) -> None:
            super().init_poolmanager(*more, **options)
            bounded(self.poolmanager)

        def proxy_manager_for(self, *more: Any, **options: Any) -> Any:
            return bounded(super().proxy_manager_for(*more, **options))

    return Adapter()


def _no_auth(request: Any) -> Any:
    return request


def base_url(url: Any) -> str:
    text = str(url or "").strip().rstrip("/")
    if not re.match(r"^https?://[^/@\s]+(/[^\s?#]*)?$", text):
        raise OdooError(
            f"odoo.url {_without_login(text)} is not the URL of an Odoo server: write it like https://erp.example.net."
        )
    # people copy the URL from the browser
    return re.sub(r"/(web|odoo|jsonrpc)(/.*)?$", "", text)


def _without_login(url: str) -> str:
    """The URL without a user and password."""
    return repr(re.sub(r"//[^/]*@", "//", url))


def _tls_reason(error: Exception) -> str:
    found = re.search(r"certificate verify failed: ([^(\"']+)", str(error)) or re.search(r"\[SSL: (\w+)", str(error))
    return found.group(1).strip() if found else "the TLS handshake failed"


def _reason(error: BaseException) -> str:
    """Why the connection failed, by the underlying error of Python."""
    for cause in _causes(error):
        if isinstance(cause, ConnectionRefusedError):
            return "the connection was refused"
        if isinstance(cause, socket.gaierror):
            return "its name does not resolve"
        if isinstance(cause, http.client.RemoteDisconnected):
            return "it closed the connection without an answer; the request may have been carried out: run again"
        if isinstance(cause, (ConnectionError, http.client.IncompleteRead)):
            return "it closed the connection; the request may have been carried out: run again"
        if isinstance(cause, OSError) and cause.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
            return "the network is unreachable"
    return "the connection failed"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and its causes: requests and urllib3 pass them as arguments and as reasons."""
    todo: list[Any] = [error]
    seen: set[int] = set()
    while todo:
        one = todo.pop()
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            todo += [*one.args, one.__context__, one.__cause__, getattr(one, "reason", None)]
