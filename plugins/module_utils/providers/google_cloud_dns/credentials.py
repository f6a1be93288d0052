# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials for Google Cloud from Google's own package, which knows all kinds and where to find them.

Its requests go through our connections, with their time limit, CA certificates and counting.
"""

from __future__ import annotations

import calendar
import json
import time
import urllib.parse
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable, NamedTuple

from ...bounded import Limit
from ...errors import InvalidInput, ProviderError
from ..failures import ConnectionFailed, one_line, package_missing
from ..oauth import SECRETS, AccessToken
from ..transport import HttpTransport

SCOPE = "https://www.googleapis.com/auth/ndev.clouddns.readwrite"
TOKEN_URI = "https://oauth2.googleapis.com/token"
_OF_A_KEY = ("client_email", "private_key")
_HOUR = 3600.0  # seconds; the longest life of a token


class _Answer(NamedTuple):
    """A response in the form that Google's package expects."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class GoogleCredentials:
    """Credentials from the options, else those that Google's own tools would find on this machine."""

    def __init__(self, settings: Mapping[str, Any], count: Callable[[], None]) -> None:
        """Raises InvalidInput for an invalid key."""
        self._settings, self._count = settings, count
        self._transports: dict[str, HttpTransport] = {}
        self._secrets: set[str] = set()
        self._credentials: Any = None
        self._project = ""
        self._what = "the credentials of this machine"
        text, path = settings.get("service_account_json"), settings.get("service_account_file")
        if text:
            self._what = "service_account_json"
        elif path:
            self._what = f"service_account_file {path}"
            text = _content(Path(path))
        if text:
            self._load(_json(text, self._what))

    def project(self) -> str:
        """The project that they belong to; empty if unknown. Raises ProviderError."""
        self._find()
        return self._project

    def fetch(self) -> AccessToken:
        """A new token. Raises ProviderError or InvalidInput."""
        self._find()
        exceptions = _google_auth().exceptions
        try:
            self._credentials.refresh(self._request)
        except (exceptions.GoogleAuthError, ValueError) as error:
            cause = error.args[0] if error.args else error
            if isinstance(error, exceptions.TransportError) and isinstance(cause, ProviderError):
                raise cause from None
            said = one_line(cause, self._secrets)
            raise ProviderError(
                f"Google refuses the credentials for Google Cloud DNS ({said}). Check {self._what}; if they are a "
                "person's, sign in again."
            ) from None
        expiry = self._credentials.expiry  # in UTC, but without a time zone
        return AccessToken(
            self._credentials.token, calendar.timegm(expiry.timetuple()) - time.time() if expiry else _HOUR
        )

    def close(self) -> None:
        for transport in self._transports.values():
            transport.close()

    # -- with Google's package ---------------------------------------------------------------------------------------

    def _load(self, content: dict[str, Any]) -> None:
        google = _google_auth()
        if content["type"] == "service_account":
            content.setdefault("token_uri", TOKEN_URI)
        try:
            # it warns of untrusted files, but this one is the user's own
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = google.load_credentials_from_dict(content, scopes=[SCOPE], request=self._request)
        except google.exceptions.GoogleAuthError as error:
            if all(content.get(field) for field in _OF_A_KEY):  # its error text may contain part of the key
                raise self._no_key() from None
            raise InvalidInput(
                f"dns: {self._what} is not a key as Google Cloud issues it ({one_line(error.args[-1])}). Give the "
                "whole file."
            ) from None
        except ImportError as error:
            raise package_missing(str(error.name).partition(".")[0], "for this kind of key") from None
        except (AttributeError, TypeError, ValueError):
            raise self._no_key() from None
        self._credentials = found[0]
        self._project = str(found[1] or content.get("quota_project_id") or "")

    def _no_key(self) -> InvalidInput:
        return InvalidInput(
            f"dns: the private_key in {self._what} is not an RSA key in PEM. Give the whole file as Google Cloud "
            "issued it, with its line breaks."
        )

    def _find(self) -> None:
        if self._credentials is not None:
            return
        google = _google_auth()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = google.default(scopes=[SCOPE], request=self._request)
        except google.exceptions.GoogleAuthError:
            raise ProviderError(
                "No credentials for Google Cloud DNS were found: give service_account_json or service_account_file, or "
                "set GOOGLE_APPLICATION_CREDENTIALS. gcloud is not signed in here, and there is no metadata server, as "
                "there is in Google Cloud."
            ) from None
        self._credentials, self._project = found[0], str(found[1] or found[0].quota_project_id or "")

    def _request(
        self, url: str, method: str = "GET", body: Any = None, headers: Any = None, timeout: Any = None, **dummy: Any
    ) -> _Answer:
        """Send a request for Google's package. Raises its TransportError."""
        google = _google_auth()
        data = body.encode() if isinstance(body, str) else body
        fields = urllib.parse.parse_qsl((data or b"").decode("utf-8", "replace"))
        self._secrets.update(value for name, value in fields if name in SECRETS)
        self._count()
        try:
            answer = self._transport(url).send(method, url, data, headers or {})
        except ConnectionFailed as error:
            raise google.exceptions.TransportError(error.error) from None
        except ProviderError as error:
            raise google.exceptions.TransportError(error) from None
        return _Answer(answer.status, answer.headers, answer.body)

    def _transport(self, url: str) -> HttpTransport:
        parts = urllib.parse.urlsplit(url)
        origin, settings = f"{parts.scheme}://{parts.netloc}", self._settings
        if origin not in self._transports:
            verify = settings.get("validate_certs") is not False and (settings.get("ca_path") or True)
            where, seconds = f"Google Cloud at {origin}", settings.get("timeout") or 30.0
            limit = Limit.of(settings, "dns")
            self._transports[origin] = HttpTransport(origin, where, seconds, verify, limit=limit)
        return self._transports[origin]


def _google_auth() -> Any:
    try:
        import google.auth
        import google.auth.exceptions
    except ImportError:
        raise package_missing("google-auth") from None
    return google.auth


def _content(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise InvalidInput(f"dns: service_account_file {path} cannot be read where this runs: {reason}.") from None


def _json(text: str, what: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if not isinstance(content, dict) or not isinstance(content.get("type"), str):
        raise InvalidInput(
            f"dns: {what} is not a JSON key as Google Cloud issues it. Create a JSON key for the service account, and "
            "give the whole file."
        )
    return content
