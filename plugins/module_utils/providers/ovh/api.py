# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""OVH's REST API: signed calls with JSON, and errors as sentences."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Mapping
from typing import Any, Callable

from ...errors import InvalidInput, ProviderError
from ..http import HttpApi, HttpError
from ..options import OVH_REGIONS
from ..rate_limit import limiter_of, stated_rate

_SKEW = 2  # tolerated difference in seconds between our clock and OVH's
_RATE = 50  # requests per second; OVH does not publish its limit, but says when it is reached
_BAD_CREDENTIALS = ("NOT_CREDENTIAL", "INVALID_CREDENTIAL")
_CREDENTIALS = "application_key, application_secret, consumer_key and region"


class OvhApi:
    """One account. ``settings``: the provider's options; ``count`` is called for every request before it is sent."""

    def __init__(self, settings: Mapping[str, Any], count: Callable[[], None]) -> None:
        self._keys = f"{settings['application_secret']}+{settings['consumer_key']}"
        self._shift: float | None = None  # seconds that OVH's clock is ahead of ours; None: not asked yet
        self._clock = threading.Lock()
        rate = stated_rate(settings)
        address = settings.get("endpoint") or _address(settings.get("region") or "ovh-eu")
        self._api = HttpApi.of(
            settings,
            address,
            title="OVH",
            headers={"X-Ovh-Application": settings["application_key"], "X-Ovh-Consumer": settings["consumer_key"]},
            sign=self._sign,
            credentials=_CREDENTIALS,
            limiter=limiter_of(rate or _RATE, 1 if rate else _RATE, address, settings["consumer_key"]),
            count=count,
        )

    def close(self) -> None:
        self._api.close()

    def call(self, method: str, path: str, body: Any = None, params: Mapping[str, str] | None = None) -> Any:
        """One signed call; returns the JSON of the answer. Raises HttpError, ProviderError."""
        used = self._shift
        try:
            return self._send(method, path, body, params)
        except HttpError as error:
            if error.status not in (400, 401, 403) or not self._set_clock(used):
                raise self._explained(error, method, path) from None
        try:
            return self._send(method, path, body, params)
        except HttpError as error:
            raise self._explained(error, method, path) from None

    def nonsense(self, wanted: str) -> ProviderError:
        """The error for an answer of undocumented form."""
        return ProviderError(
            f"{self._api.where} answers with something other than {wanted}. Check that endpoint is the address of "
            "OVH's API."
        )

    def _send(self, method: str, path: str, body: Any, params: Mapping[str, str] | None) -> Any:
        return self._api.get(path, params) if method == "GET" else self._api.send(method, path, body, params)

    def _sign(self, method: str, url: str, body: bytes | None) -> Mapping[str, str]:
        stamp = str(int(time.time() + (self._shift or 0)))
        signed = f"{self._keys}+{method}+{url}+".encode() + (body or b"") + f"+{stamp}".encode()
        # OVH requires SHA-1
        return {"X-Ovh-Timestamp": stamp, "X-Ovh-Signature": "$1$" + hashlib.sha1(signed).hexdigest()}

    def _set_clock(self, used: float | None) -> bool:
        """Whether a refused call had a wrong timestamp. Only then is OVH asked for its time, which costs a call."""
        with self._clock:
            if self._shift is None:
                seconds = self._api.get("/auth/time")
                if not isinstance(seconds, int):
                    raise self.nonsense("its time")
                shift = seconds - time.time()
                self._shift = shift if abs(shift) > _SKEW else 0
            return self._shift != (used or 0)

    def _explained(self, error: HttpError, method: str, path: str) -> HttpError:
        said = error.content if isinstance(error.content, dict) else {}
        message = str(error)
        if said.get("errorCode") == "NOT_GRANTED_CALL":
            message = (
                f"{self._api.where} does not grant {method} {path} to this consumer_key. Check that it has the "
                "rights GET /*, POST /record, PUT and DELETE /record/* and POST /refresh of the zone."
            )
        elif (error.status == 400 and "signature" in error.reason.lower()) or said.get("errorCode") in _BAD_CREDENTIALS:
            message = (
                f"{self._api.where} refuses the credentials ({error.status}: {error.reason}). Check {_CREDENTIALS}."
            )
        elif error.status == 460:
            message = f"{self._api.where}: the zone has expired (460: {error.reason}). Renew it there first."
        return HttpError(message, error.status, error.reason, error.content)


def _address(region: str) -> str:
    if region not in OVH_REGIONS:
        raise InvalidInput(f"dns: region (or OVH_ENDPOINT) is {region!r} and must be one of {', '.join(OVH_REGIONS)}.")
    return OVH_REGIONS[region]
