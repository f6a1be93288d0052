# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests to Cloudflare through its own SDK: one client and one rate limit per account, errors as sentences.

The SDK carries requests and nothing else. By itself it would repeat writes, and ask for one page too many.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import functools
import os
import random
import re
import ssl
import sys
import threading
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Callable

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput, OutcomeUnknown, ProviderError
from ansible_collections.postmaster.mail.plugins.module_utils.libraries import dns
from ansible_collections.postmaster.mail.plugins.module_utils.providers.http import limiter_of, wait_for

if TYPE_CHECKING:
    import httpx
    from cloudflare import Cloudflare

ADDRESS = "https://api.cloudflare.com"
_BASE = "/client/v4"

# 1,200 requests in 5 minutes per user, over all tokens, tools and the dashboard: 80 % of that is ours. Who exceeds it
# gets nothing for the next 5 minutes.
RATE = 0.8 * 1200 / 300  # requests per second
_RESERVE = 0.2  # of the quota; from there on we go slowly
_BURST = 10  # seconds' worth of requests that may be sent at once
_LONGEST_PAUSE = 330.0  # seconds; the block of 5 minutes and a little

_ATTEMPTS = 4
_BACKOFF = 0.4  # seconds before the first repeat; twice as many before each further one
_CONNECT = 10.0  # seconds to connect, at most
_EXCERPT = 300  # characters of what the API says
_PAGES_AT_ONCE, _MOST_PAGES = 8, 10000  # nobody has more


class CloudflareError(ProviderError):
    """The API answered, and not with success: ``status``, its own error ``codes``, and what it ``said``."""

    def __init__(self, message: str, status: int, codes: frozenset[int], said: str) -> None:
        super().__init__(message)
        self.status, self.codes, self.said = status, codes, said


class CloudflareApi:
    """The API of one account, used by many threads. ``count`` is called once for every request that is sent."""

    def __init__(self, options: Mapping[str, Any], count: Callable[[], None]) -> None:
        address = (options.get("endpoint") or ADDRESS).rstrip("/")
        parts = urllib.parse.urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InvalidInput(f"dns: endpoint must be the address of the API of Cloudflare, such as {ADDRESS}.")
        if parts.username is not None or parts.password is not None:
            raise InvalidInput("dns: endpoint must not hold a user or password. Give the token as api_token.")
        self._token = str(options["api_token"])
        if not re.fullmatch(r"[!-~]+", self._token):
            raise InvalidInput("dns: api_token has a character that a token cannot hold. Copy it anew.")
        rate = RATE if options.get("rate_limit") is None else float(options["rate_limit"])
        if rate <= 0:
            raise InvalidInput("dns: rate_limit must be more than 0 requests per second.")
        self.where = f"Cloudflare at {parts.scheme}://{parts.netloc}"
        # a user has one limit for all accounts that the token may see
        self._limiter = limiter_of(rate, max(1, round(rate * _BURST)), address, self._token)
        self._base_url = address if parts.path else address + _BASE
        self._options, self._count = options, count
        self._timeout = options.get("timeout") or 30.0
        self._lock = threading.Lock()
        self._client: Cloudflare | None = None

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """The envelope that a path answers with; repeated where that can help. Raises ApiError, ProviderError."""
        return self._request("GET", path, params=params)

    def pages(self, path: str, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """The envelopes of all pages of a list, one request each; it is checked that nothing is missing.

        The first tells how many there are; the others come side by side, once they are wanted.
        """
        first, seen, total, pages = self._page(path, params, 1)
        yield first
        if pages > 1:
            with concurrent.futures.ThreadPoolExecutor(_PAGES_AT_ONCE) as pool:
                fetched = pool.map(functools.partial(self._page, path, params), range(2, pages + 1))
                for envelope, count, latest, dummy in fetched:
                    seen, total = seen + count, latest
                    yield envelope
        if seen < total:
            raise ProviderError(f"{self.where} lists {seen} of {total} entries only, so nothing is done. Run it again.")

    def _page(self, path: str, params: Mapping[str, Any], number: int) -> tuple[Mapping[str, Any], int, int, int]:
        """An envelope, how many entries it has, how many there are in all, and on how many pages."""
        envelope = self.get(path, {**params, "page": number})
        info, items = envelope.get("result_info") or {}, envelope["result"]
        if not isinstance(items, list) or not isinstance(info, dict):
            raise self._nonsense()
        with self.expected():
            total, pages = int(info["total_count"]), int(info.get("total_pages") or 1)
        if pages > _MOST_PAGES:
            raise self._nonsense()
        return envelope, len(items), total, pages

    @contextlib.contextmanager
    def expected(self) -> Iterator[None]:
        """Around code that takes an answer to be as documented. Raises ProviderError if it is not."""
        try:
            yield
        except (KeyError, TypeError, ValueError, AttributeError, dns.exception.DNSException):
            raise self._nonsense() from None

    def post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Write. Repeated only where it cannot have been done. Raises ApiError, OutcomeUnknown, ProviderError."""
        return self._request("POST", path, body=body)

    def close(self) -> None:
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    # -- one request -------------------------------------------------------------------------------------------------

    def _request(
        self, method: str, path: str, params: Mapping[str, Any] | None = None, body: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        client = self._open()
        reads = method == "GET"
        for attempt in range(1, _ATTEMPTS + 1):
            last = attempt == _ATTEMPTS
            self._limiter.acquire()
            self._count()
            try:
                response = self._send(client, method, path, params, body)
            except _NotSent as error:
                # what does not listen seldom heals within seconds
                if attempt > 1:
                    raise ProviderError(str(error)) from None
            except OutcomeUnknown as error:
                if not reads:
                    raise
                if last:
                    raise ProviderError(str(error)) from None
            else:
                if response.is_success:
                    return self._envelope(response, reads)
                status, pause = response.status_code, _retry_after(response)
                if status >= 500 and not reads:
                    raise OutcomeUnknown(str(self._refusal(response)))
                if last or not (status == 429 or status >= 500) or pause > _LONGEST_PAUSE:
                    raise self._refusal(response)
                if pause:
                    self._limiter.pause(pause)
                    continue
            time.sleep(_BACKOFF * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))
        raise ProviderError(f"{self.where} did not answer.")

    def _send(
        self,
        client: Cloudflare,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        body: Mapping[str, Any] | None,
    ) -> httpx.Response:
        import cloudflare
        import httpx

        try:
            if method == "GET":
                response = client.get(path, cast_to=httpx.Response, options={"params": dict(params or {})})
            else:
                response = client.post(path, cast_to=httpx.Response, body=body)
        except cloudflare.APIStatusError as error:
            response = error.response
        except cloudflare.APIConnectionError as error:
            raise self._no_answer(error.__cause__ or error) from None
        self._obey(response)
        return response

    def _obey(self, response: httpx.Response) -> None:
        """Where little is left of the quota, spread it over the time until it is renewed (``Ratelimit`` header)."""
        state = re.search(r"r=(\d+);\s*t=(\d+)", response.headers.get("ratelimit", ""))
        policy = re.search(r"q=(\d+)", response.headers.get("ratelimit-policy", ""))
        if state is None or policy is None:
            return
        left, seconds, quota = int(state[1]), int(state[2]), int(policy[1])
        if left < _RESERVE * quota:
            self._limiter.pause(min(seconds / max(left, 1), _LONGEST_PAUSE))

    def _open(self) -> Cloudflare:
        with self._lock:
            if self._client is None:
                self._client = self._new_client()
            return self._client

    def _new_client(self) -> Cloudflare:
        try:
            import httpx
            from cloudflare import Cloudflare
        except ImportError:
            raise ProviderError(
                f"The Python package cloudflare is needed, and {sys.executable} does not have it: install it there."
            ) from None
        client = Cloudflare(
            api_token=self._token,
            base_url=self._base_url,
            max_retries=0,
            # a redirect is not followed, as it could lead to another host
            http_client=httpx.Client(
                verify=self._verification(),
                timeout=httpx.Timeout(self._timeout, connect=min(self._timeout, _CONNECT)),
                follow_redirects=False,
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
            ),
        )
        # the SDK takes these from the environment, and would then send them instead of the token
        client.api_email = client.api_key = client.user_service_key = None
        return client

    def _verification(self) -> bool | ssl.SSLContext:
        ca_path = self._options.get("ca_path")
        if self._options.get("validate_certs") is False or self._base_url.startswith("http://"):
            return False  # there is nothing to verify without TLS, and to read all authorities takes a while
        if not ca_path:
            return True
        try:
            folder = os.path.isdir(ca_path)
            return ssl.create_default_context(cafile=None if folder else ca_path, capath=ca_path if folder else None)
        except (OSError, ssl.SSLError):
            raise InvalidInput(f"dns: ca_path {ca_path} cannot be read as certificates where this runs.") from None

    def _envelope(self, response: httpx.Response, reads: bool) -> Mapping[str, Any]:
        try:
            envelope = response.json()
        except ValueError:
            envelope = None
        if not isinstance(envelope, dict) or not envelope.get("success") or "result" not in envelope:
            raise self._nonsense() if reads else OutcomeUnknown(str(self._nonsense()))
        return envelope

    # -- what went wrong ---------------------------------------------------------------------------------------------

    def _nonsense(self) -> ProviderError:
        return ProviderError(
            f"{self.where} answers with something other than its API does. Check endpoint, and whether a proxy "
            "stands in between."
        )

    def _refusal(self, response: httpx.Response) -> CloudflareError:
        status = response.status_code
        codes, reason = self._said(response)
        said = f": {reason}" if reason else ""
        if status in (401, 403) or codes & _BAD_TOKEN:
            message = (
                f"{self.where} refuses the token ({status}{said}). Check api_token: it must be valid, and be allowed "
                "Zone: Read and DNS: Edit for the zone."
            )
        elif status == 429:
            message = (
                f"{self.where} takes no more requests for now (429{said}): all tools of the user share one limit. "
                f"{wait_for(_retry_after(response) or 300)} Lower rate_limit if that happens again."
            )
        elif 300 <= status < 400:
            message = f"{self.where} redirects us. Give the address of the API itself as endpoint."
        elif status >= 500:
            message = f"{self.where} has a failure of its own ({status}{said}). Run it again later."
        else:
            message = f"{self.where} refuses the request ({status}{said})."
        return CloudflareError(message, status, codes, reason)

    def _said(self, response: httpx.Response) -> tuple[frozenset[int], str]:
        """The error codes of the API, and what it says to them on one line; nothing where it sends a page."""
        try:
            errors = response.json()["errors"]
            told = [*errors, *(cause for error in errors for cause in error.get("error_chain") or ())]
            codes = frozenset(int(error.get("code") or 0) for error in told)
            text = "; ".join(f"{error.get('message', '')} [{error.get('code')}]" for error in told)
        except (ValueError, TypeError, KeyError, AttributeError):
            return frozenset(), ""
        return codes, " ".join(text.replace(self._token, "…").split())[:_EXCERPT].rstrip(".")

    def _no_answer(self, error: BaseException) -> ProviderError:
        import httpx

        text = str(error)
        if isinstance(error, httpx.ProxyError):
            return ProviderError(
                f"{self.where} cannot be reached, because the proxy does not let us through. Check https_proxy and "
                "no_proxy in the environment."
            )
        if "CERTIFICATE_VERIFY_FAILED" in text:
            reason = text.rpartition("certificate verify failed: ")[2].partition(" (_ssl")[0][:_EXCERPT]
            return ProviderError(
                f"{self.where} shows a certificate that is not trusted ({reason}). Give the authority that signed it "
                "as ca_path."
            )
        if "[SSL" in text:
            return ProviderError(f"{self.where} and this machine cannot agree on TLS. Check endpoint.")
        if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol)):
            reason = next((words for known, words in _CAUSES if known in text), "no connection")
            return _NotSent(
                f"{self.where} cannot be reached: {reason}. Check endpoint, and that this machine may connect to it."
            )
        if isinstance(error, httpx.TimeoutException):
            return OutcomeUnknown(f"{self.where} did not answer within {self._timeout:g} s.")
        return OutcomeUnknown(f"{self.where} closed the connection without an answer.")


_BAD_TOKEN = frozenset({6003, 6111, 9106, 9109, 10000, 10001})
_CAUSES = (
    ("refused", "connection refused"),
    ("not known", "its name is not known to DNS"),
    ("resolution", "its name is not known to DNS"),
    ("unreachable", "there is no route to it"),
)


class _NotSent(ProviderError):
    """No connection came about, so the API has seen nothing."""


def _retry_after(response: httpx.Response) -> float:
    """The seconds that the API asks us to wait, 0 when it does not say."""
    try:
        return max(0.0, float(response.headers.get("retry-after", "")))
    except ValueError:
        return 0.0
