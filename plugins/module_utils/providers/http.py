# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP with JSON for the providers: persistent connections, the account's rate limit, errors as sentences.

A request is retried only if that is safe: reads always; writes if the server cannot have received them (no connection)
or says that it did not process them (429).
"""

from __future__ import annotations

import json
import math
import os
import re
import time
import urllib.parse
from collections.abc import Iterable, Mapping
from typing import Any, Callable, Protocol

from .. import interrupts
from ..bounded import USUAL_LIMIT, Limit
from ..errors import InvalidInput, OutcomeUnknown, ProviderError, not_the_api
from .failures import ConnectionFailed, back_off, one_line, proxy_refused
from .rate_limit import RateLimiter
from .transport import HttpAnswer, HttpTransport

ATTEMPTS = 4
BACKOFF = 0.4  # seconds before the first retry; doubled before each further one
_READS = ("GET", "HEAD")
_BUSY = (429, 500, 502, 503, 504)
_MOST_WORDS = 3000  # octets of an answer that are searched for a sentence
_NO_SECRETS = ("Accept", "Content-Type", "Content-Length")


class Transport(Protocol):
    """Whatever carries requests."""

    def send(self, method: str, url: str, data: bytes | None, headers: Mapping[str, str]) -> HttpAnswer: ...

    def close(self) -> None: ...


Sign = Callable[[str, str, "bytes | None"], Mapping[str, str]]


class HttpError(ProviderError):
    """The server answered with an error. ``status``: its status code, ``reason``: its text.

    ``content``: the JSON of the answer, None if it is not JSON. ``pause``: the seconds that it asks us to wait.
    """

    def __init__(self, message: str, status: int, reason: str, content: Any = None, pause: float = 0.0) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.content = content
        self.pause = pause


class HttpApi:
    """One account at one API, used by many threads.

    :param base_url: the URL that paths are appended to.
    :param headers: sent with each request; their values are treated as secrets.
    :param sign: called before each attempt with method, full URL and body; returns headers to add, such as a signature
        or a renewed token, which are also treated as secrets.
    :param timeout: seconds to connect, and to wait for the answer.
    :param ca_path: a PEM file or folder of CA certificates to trust instead of the system's.
    :param title: the name of the vendor or server, for messages.
    :param credentials: the options that hold the credentials, for messages.
    :param count: called for every request before it is sent.
    :param longest_pause: the most seconds to wait when a server asks for it; more is a failure that people should see.
    :param transport: creates the transport from the URL's name in messages; by default our own.
    :param on_answer: called with each answer.
    :param option: the module option that describes the account, for messages.
    :param limit: for each answer.
    """

    def __init__(
        self,
        base_url: str,
        *,
        title: str,
        headers: Mapping[str, str] | None = None,
        sign: Sign | None = None,
        credentials: str = "the credentials",
        timeout: float = 30.0,
        validate_certs: bool = True,
        ca_path: str | None = None,
        limiter: RateLimiter | None = None,
        count: Callable[[], None] = lambda: None,
        longest_pause: float = 60.0,
        transport: Callable[[str], Transport] | None = None,
        on_answer: Callable[[HttpAnswer], None] = lambda answer: None,
        option: str = "dns",
        limit: Limit = USUAL_LIMIT,
    ) -> None:
        try:
            parts = urllib.parse.urlsplit(base_url)
            stated = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port)
        except ValueError:
            stated = None
        if not stated:
            raise InvalidInput(f"{option}: endpoint must be the URL of {title}, such as https://dns.example.net.")
        if parts.username is not None or parts.password is not None:
            raise InvalidInput(
                f"{option}: endpoint must not contain a user name or password. Give them as {credentials}."
            )
        for value in (headers or {}).values():
            if not (value.isascii() and value.isprintable()):
                raise InvalidInput(f"{option}: {credentials} has a character that an HTTP header cannot contain.")
        if validate_certs and ca_path and not os.path.exists(ca_path):
            raise InvalidInput(f"{option}: ca_path {ca_path} does not exist on the machine where this runs.")
        self.base_url = base_url.rstrip("/")
        self.where = f"{title} at {parts.scheme}://{parts.netloc}"  # for messages: without path and query
        verify = (ca_path or True) if validate_certs else False
        if transport is None:
            self._transport: Transport = HttpTransport(self.base_url, self.where, timeout, verify, option, limit)
        else:
            self._transport = transport(self.where)
        self._longest_pause = longest_pause
        self._headers = {"Accept": "application/json", **(headers or {})}
        self._sign = sign
        self._credentials = credentials
        self._limiter = limiter
        self._count, self._on_answer = count, on_answer

    @classmethod
    def of(cls, settings: Mapping[str, Any], address: str, option: str = "dns", **more: Any) -> HttpApi:
        """An account from a module's option."""
        return cls(
            address,
            option=option,
            limit=Limit.of(settings, option),
            timeout=settings.get("timeout") or 30.0,
            validate_certs=settings.get("validate_certs") is not False,
            ca_path=settings.get("ca_path"),
            **more,
        )

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """The JSON at a path. Raises HttpError, ProviderError."""
        return self._json(self.request("GET", path, params=params))

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        repeat: bool = True,
    ) -> Any:
        """Send JSON with POST, PUT, PATCH or DELETE; returns the JSON of the answer.

        Raises HttpError, OutcomeUnknown, ProviderError.
        """
        data = None
        if body is not None:
            # not escaped, so that octets that are not UTF-8 are sent as they were received
            data = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogateescape")
        headers = {"Content-Type": "application/json", **(headers or {})}
        answer = self.request(method, path, data, headers, params, repeat=repeat)
        try:
            return self._json(answer)
        except ProviderError as error:
            raise OutcomeUnknown(str(error)) from None

    def request(
        self,
        method: str,
        path: str,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        reads: bool = False,
        secrets: Iterable[str] = (),
        room: int = 1,
        repeat: bool = True,
    ) -> HttpAnswer:
        """One request, retried if that is safe. Raises HttpError for a status other than 2xx, or ProviderError.

        Raises OutcomeUnknown for a write that was sent but not answered.

        ``reads``: it changes nothing, whatever its method. ``secrets``: parts of ``data`` to hide if the answer repeats
        them. ``room``: what the limiter is asked for. ``repeat=False``: never retry, because the caller first checks
        the outcome.
        """
        reads = reads or method in _READS
        for attempt in range(1, ATTEMPTS + 1):
            last = attempt == ATTEMPTS or not repeat
            if self._limiter is not None:
                self._limiter.acquire(room)
            try:
                answer, sent = self._attempt(method, path, data, headers, params)
            except ConnectionFailed as error:
                # a slow or unreachable server rarely recovers within seconds: one more attempt only
                if error.sent and not reads:
                    raise OutcomeUnknown(str(error.error)) from None
                if last or (error.slow and attempt > 1):
                    raise error.error from None
            else:
                if 200 <= answer.status < 300:
                    return answer
                pause = _retry_after(answer)
                repeatable = answer.status in _BUSY if reads else answer.status == 429
                if last or not repeatable or pause > self._longest_pause or (not reads and not pause):
                    raise self._refusal(answer, [*secrets, *_secrets_of(sent)])
                if pause:
                    self._pause(pause)
                    continue
            back_off(BACKOFF * 2 ** (attempt - 1))
        raise ProviderError(f"{self.where} did not answer.")

    def close(self) -> None:
        self._transport.close()

    # -- one attempt -------------------------------------------------------------------------------------------------

    def _attempt(
        self,
        method: str,
        path: str,
        data: bytes | None,
        headers: Mapping[str, str] | None,
        params: Mapping[str, str] | None,
    ) -> tuple[HttpAnswer, Mapping[str, str]]:
        """The answer, and the headers sent. Raises ConnectionFailed, ProviderError."""
        url = self.base_url + path + (f"?{urllib.parse.urlencode(params)}" if params else "")
        signed = self._sign(method, url, data) if self._sign else {}
        sent = {**self._headers, **(headers or {}), **signed}
        self._count()
        answer = self._transport.send(method, url, data, sent)
        self._on_answer(answer)
        return answer, sent

    def _pause(self, seconds: float) -> None:
        if self._limiter is not None:
            self._limiter.pause(seconds)
        else:
            interrupts.pause(seconds)

    def _json(self, answer: HttpAnswer) -> Any:
        try:
            return answer.json()
        except ValueError:
            raise not_the_api(self.where) from None

    # -- failures ----------------------------------------------------------------------------------------------------

    def _refusal(self, answer: HttpAnswer, secrets: Iterable[str]) -> HttpError:
        status, content = answer.status, _json_of(answer)
        reason = _said(answer, content, secrets)
        said = f": {reason}" if reason else ""
        if status == 401:
            message = f"{self.where} refuses the credentials ({status}{said}). Check {self._credentials}."
        elif status == 403:
            message = f"{self.where} does not allow this ({status}{said}). Check {self._credentials}."
        elif status == 407:
            message = str(proxy_refused(self.where, self.base_url))
        elif 300 <= status < 400:
            target = re.match(r"(https?://)(?:[^/?#]*@)?([^/?#:]+)", answer.headers.get("Location", ""))
            to = f" to {target[1]}{target[2]}" if target else ""
            message = f"{self.where} redirects the request{to}. Set endpoint to the URL of the API itself."
        elif status == 429:
            message = f"{self.where} accepts no more requests for now (429{said}). {wait_for(_retry_after(answer))}"
        elif status >= 500:
            message = f"{self.where} has an internal error ({status}{said}). Run it again later."
        else:
            message = f"{self.where} refuses the request ({status}{said})."
        return HttpError(message, status, reason, content, _retry_after(answer))


def wait_for(seconds: float) -> str:
    """What to do about a rate limit that lasts this long; 0: unknown."""
    return f"Wait {f'{math.ceil(seconds)} s' if seconds else 'a while'}, and run it again."


def _json_of(answer: HttpAnswer) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _said(answer: HttpAnswer, content: Any, secrets: Iterable[str]) -> str:
    """The server's reason on one line, without secrets; empty if it sends an HTML page."""
    text = "; ".join(_sentences(content)) or answer.body[:_MOST_WORDS].decode("utf-8", "replace").strip()
    if text.startswith("<"):
        return ""
    return one_line(text, secrets)


def _secrets_of(headers: Mapping[str, str]) -> list[str]:
    """The secrets in the headers of a request."""
    words = (word for name in headers if name not in _NO_SECRETS for word in headers[name].replace(":", " ").split())
    return [word for word in words if len(word) > 5]


def _sentences(content: Any) -> list[str]:
    """The messages in a JSON answer, from the places where APIs put them."""
    if not isinstance(content, dict):
        return []
    main = content.get("error_description") or content.get("error") or content.get("message")
    errors = content.get("errors")
    said = [main, *(errors if isinstance(errors, list) else [])]
    for item in said:
        chain = item.get("error_chain") if isinstance(item, dict) else None
        said += chain if isinstance(chain, list) else []  # the causes, from Cloudflare
    texts = [_sentence(item) if isinstance(item, dict) else item for item in said]
    return [text for text in texts if isinstance(text, str) and text]


def _sentence(item: Mapping[str, Any]) -> Any:
    message, code = item.get("message"), item.get("code")
    return f"{message} [{code}]" if message and isinstance(code, int) and code > 599 else message


def _retry_after(answer: HttpAnswer) -> float:
    """The seconds that the server asks us to wait (RFC 9110 10.2.3, or in its JSON); 0 if not stated."""
    content = _json_of(answer)
    said = content.get("retryAfterSec") if isinstance(content, dict) else None
    text = answer.headers.get("Retry-After") or str(said or "")
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    import email.utils

    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError):
        return 0.0
