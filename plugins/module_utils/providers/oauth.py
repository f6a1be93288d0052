# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bearer tokens (RFC 6750), fetched when needed and renewed before they expire."""

from __future__ import annotations

import dataclasses
import threading
import time
import urllib.parse
from collections.abc import Mapping
from typing import Callable, TypeVar

from ..errors import ProviderError
from .failures import back_off
from .http import BACKOFF, HttpApi, HttpError

_MARGIN = 60.0  # seconds before its end from which a token is no longer used
_ATTEMPTS = 3
SECRETS = ("client_secret", "refresh_token", "assertion")  # fields of a token request

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class AccessToken:
    """An access token, and its remaining life in seconds."""

    text: str = dataclasses.field(repr=False)
    lifetime: float


class Bearer:
    """The token of one account, shared by its threads. ``fetch`` gets a new one and may raise ProviderError."""

    def __init__(self, fetch: Callable[[], AccessToken]) -> None:
        self._fetch = fetch
        self._text = ""
        self._end = 0.0
        self._lock = threading.Lock()

    def sign(self, method: str, url: str, data: bytes | None) -> Mapping[str, str]:
        """The header, in the form of HttpApi's ``sign``."""
        with self._lock:
            if not self._text or time.monotonic() >= self._end:
                token = self._fetch()
                self._text, self._end = token.text, time.monotonic() + token.lifetime - min(_MARGIN, token.lifetime / 2)
            return {"Authorization": f"Bearer {self._text}"}

    def call(self, send: Callable[[], T]) -> T:
        """Send; if the server rejects the token (401), send once more with a new one."""
        had = self._text
        try:
            return send()
        except HttpError as error:
            if error.status != 401 or not had:
                raise
        with self._lock:
            if self._text == had:
                self._text = ""
        return send()


def request_token(api: HttpApi, fields: Mapping[str, str], credentials: str) -> AccessToken:
    """Request a token from an endpoint (RFC 6749 5); safe to repeat.

    Raises ProviderError; ``credentials``: the options to check, for messages.
    """
    form = urllib.parse.urlencode(fields).encode()
    secrets = [fields[name] for name in SECRETS if name in fields]
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            answer = api.request(
                "POST", "", form, {"Content-Type": "application/x-www-form-urlencoded"}, secrets=secrets
            )
            return token_of(answer.json(), api.where)
        except HttpError as error:
            if error.status < 500 and error.status != 429:
                raise ProviderError(
                    f"{api.where} refuses the credentials ({error.status}: {error.reason}). Check {credentials}."
                ) from None
            if attempt == _ATTEMPTS:
                raise
        except ValueError:
            break
        back_off(BACKOFF * 2**attempt)
    raise _no_token(api.where)


def token_of(content: object, where: str) -> AccessToken:
    """The token in the JSON of an answer (RFC 6749 5.1). Raises ProviderError."""
    if not isinstance(content, dict) or not isinstance(content.get("access_token"), str):
        raise _no_token(where)
    try:
        # some servers give the seconds as text
        return AccessToken(content["access_token"], float(content.get("expires_in") or 300))
    except (TypeError, ValueError):
        raise _no_token(where) from None


def _no_token(where: str) -> ProviderError:
    return ProviderError(
        f"{where} answers with something other than a token. Check its address, and any proxy before it."
    )
