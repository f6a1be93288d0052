# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who we are at Google Cloud: a service account's key, or the application default credentials of this machine.

They are looked for where Google's own tools do: the options, the file that GOOGLE_APPLICATION_CREDENTIALS names, the
file of ``gcloud auth application-default login``, the metadata server.
"""

from __future__ import annotations

import abc
import base64
import calendar
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput, ProviderError
from ansible_collections.postmaster.mail.plugins.module_utils.providers.http import HttpApi
from ansible_collections.postmaster.mail.plugins.module_utils.providers.oauth import (
    AccessToken,
    request_token,
    token_of,
)

SCOPE = "https://www.googleapis.com/auth/ndev.clouddns.readwrite"
TOKEN_URI = "https://oauth2.googleapis.com/token"

_HOUR = 3600  # seconds; the longest that a token may be asked for
_OPTIONS = "service_account_json or service_account_file"
_METADATA = "/computeMetadata/v1"

Connect = Callable[[str], HttpApi]


class Credentials(abc.ABC):
    """Something that gives tokens."""

    def project(self) -> str:
        """The project that they belong to, empty where that is not known. Raises ProviderError."""
        return ""

    @abc.abstractmethod
    def fetch(self) -> AccessToken:
        """A new token. Raises ProviderError or InvalidInput."""


def find_credentials(options: Mapping[str, Any], connect: Connect) -> Credentials:
    """The credentials that the options or this machine hold. ``connect`` opens another address. Raises InvalidInput."""
    content, path = options.get("service_account_json"), options.get("service_account_file")
    if content:
        return _from_json(content, "service_account_json", connect)
    if path:
        return _from_file(Path(path), connect)
    folder = os.environ.get("CLOUDSDK_CONFIG") or os.path.expanduser("~/.config/gcloud")
    of_gcloud = Path(folder) / "application_default_credentials.json"
    return _from_file(of_gcloud, connect) if of_gcloud.exists() else _MetadataServer(connect)


def _from_file(path: Path, connect: Connect) -> Credentials:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise InvalidInput(f"dns: service_account_file {path} cannot be read where this runs: {reason}.") from None
    return _from_json(text, f"service_account_file {path}", connect)


def _from_json(text: str, what: str, connect: Connect) -> Credentials:
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    kind = content.get("type") if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(kind, str):
        raise InvalidInput(
            f"dns: {what} is not the JSON of a key as Google Cloud gives it. Create a key of the service account as "
            "JSON, and give that whole file."
        )
    if kind == "service_account":
        _require(content, ("client_email", "private_key"), what)
        return _ServiceAccount(content, what, connect)
    if kind == "authorized_user":
        _require(content, ("client_id", "client_secret", "refresh_token"), what)
        return _User(content, what, connect)
    return _OfGoogleAuth(content, what)


def _require(content: Mapping[str, Any], names: tuple[str, ...], what: str) -> None:
    for name in (*names, "token_uri"):
        value = content.get(name, "" if name in names else TOKEN_URI)
        if not isinstance(value, str) or not value:
            raise InvalidInput(f"dns: {what} has no {name}. Give the whole file as Google Cloud gave it.")


class _ServiceAccount(Credentials):
    """The key of a service account: a token for an assertion that it signed (RFC 7523)."""

    def __init__(self, content: Mapping[str, Any], what: str, connect: Connect) -> None:
        self._content, self._what = content, what
        self._api = connect(content.get("token_uri", TOKEN_URI))

    def project(self) -> str:
        return str(self._content.get("project_id") or "")

    def fetch(self) -> AccessToken:
        grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
        return request_token(self._api, {"grant_type": grant, "assertion": self._assertion()}, self._what)

    def _assertion(self) -> str:
        now = int(time.time())
        header = {"alg": "RS256", "typ": "JWT", "kid": self._content.get("private_key_id", "")}
        claims = {
            "iss": self._content["client_email"],
            "scope": SCOPE,
            "aud": TOKEN_URI,  # whatever the address that it is sent to, as Google's own package does
            "iat": now,
            "exp": now + _HOUR,
        }
        signed = ".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
        return f"{signed}.{_base64(self._signature(signed.encode()))}"

    def _signature(self, data: bytes) -> bytes:
        try:
            from cryptography.exceptions import UnsupportedAlgorithm
            from cryptography.hazmat.primitives import hashes, serialization
            from cryptography.hazmat.primitives.asymmetric import padding, rsa
        except ImportError:
            raise _missing("cryptography", "to sign in with the key of a service account") from None
        try:
            key = serialization.load_pem_private_key(self._content["private_key"].encode(), password=None)
        except (TypeError, ValueError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, rsa.RSAPrivateKey):
            raise InvalidInput(
                f"dns: the private_key in {self._what} is no RSA key in PEM. Give the whole file as Google Cloud gave "
                "it, with its line breaks."
            )
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())


class _User(Credentials):
    """A person who signed in with ``gcloud auth application-default login``: a refresh token (RFC 6749 6)."""

    def __init__(self, content: Mapping[str, Any], what: str, connect: Connect) -> None:
        self._content, self._what = content, what
        self._api = connect(content.get("token_uri", TOKEN_URI))

    def project(self) -> str:
        return str(self._content.get("quota_project_id") or "")

    def fetch(self) -> AccessToken:
        names = ("client_id", "client_secret", "refresh_token")
        fields = {"grant_type": "refresh_token", **{name: self._content[name] for name in names}}
        return request_token(self._api, fields, f"{self._what}, and sign in again")


class _MetadataServer(Credentials):
    """The service account of the machine that this runs on, in Google Cloud."""

    def __init__(self, connect: Connect) -> None:
        self._api = connect(f"http://{os.environ.get('GCE_METADATA_HOST') or 'metadata.google.internal'}")

    def project(self) -> str:
        return self._get("/project/project-id").decode("ascii", "replace")

    def fetch(self) -> AccessToken:
        answer = self._get("/instance/service-accounts/default/token", {"scopes": SCOPE})
        try:
            return token_of(json.loads(answer), self._api.where)
        except ValueError:
            raise self._absent() from None

    def _get(self, path: str, params: Mapping[str, str] | None = None) -> bytes:
        try:
            answer = self._api.request("GET", _METADATA + path, None, {"Metadata-Flavor": "Google"}, params)
        except ProviderError:
            raise self._absent() from None
        if answer.headers.get("Metadata-Flavor") != "Google":
            raise self._absent()
        return answer.body

    def _absent(self) -> ProviderError:
        return ProviderError(
            f"No credentials for Google Cloud DNS are found: give {_OPTIONS}, or set GOOGLE_APPLICATION_CREDENTIALS. "
            f"The metadata server, which machines in Google Cloud have, gives none here ({self._api.where})."
        )


class _OfGoogleAuth(Credentials):
    """Credentials of other kinds (workload identity federation, impersonation), which Google's own package knows."""

    def __init__(self, content: Mapping[str, Any], what: str) -> None:
        self._content, self._what = content, what
        self._credentials: Any = None

    def fetch(self) -> AccessToken:
        try:
            import google.auth
            import google.auth.exceptions
            import google.auth.transport.requests
        except ImportError:
            raise _missing("google-auth", f"for credentials of the type {self._content['type']}") from None
        try:
            if self._credentials is None:
                load: Any = google.auth.load_credentials_from_dict
                self._credentials = load(dict(self._content), scopes=[SCOPE])[0]
            self._credentials.refresh(google.auth.transport.requests.Request())
        except (google.auth.exceptions.GoogleAuthError, ValueError) as error:
            reason = " ".join(str(error.args[0] if error.args else error).split())[:200].rstrip(".")
            raise ProviderError(f"Google does not accept {self._what} ({reason}). Check it.") from None
        expiry = self._credentials.expiry  # in UTC, without saying so
        left = calendar.timegm(expiry.timetuple()) - time.time() if expiry else _HOUR
        return AccessToken(self._credentials.token, left)


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _missing(package: str, purpose: str) -> ProviderError:
    return ProviderError(
        f"The Python package {package} is needed {purpose}, and {sys.executable} does not have it: install it there."
    )
