# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of Cloudflare's API needed for DNS: envelopes, pages, rate limit, errors."""

from __future__ import annotations

import concurrent.futures
import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any, Callable

from ...bounded import Limit
from ...errors import InvalidInput, OutcomeUnknown, ProviderError, not_the_api
from ..http import HttpApi, HttpError, wait_for
from ..rate_limit import limiter_of, stated_rate
from ..transport import HttpAnswer
from .sdk import SdkTransport

ADDRESS = "https://api.cloudflare.com"
_BASE = "/client/v4"

# A user may send 1,200 requests in 5 minutes, over all tokens, tools and the dashboard; we use 80 % of that. Exceeding
# it blocks all requests for the next 5 minutes.
RATE = 0.8 * 1200 / 300  # requests per second
_RESERVE = 0.2  # of the quota; below that we slow down
_BURST = 10  # seconds' worth of requests sent at once
_LONGEST_PAUSE = 330.0  # seconds; slightly more than the block of 5 minutes
_PAGES_AT_ONCE, _MOST_PAGES = 8, 10000  # no account has more
_BAD_TOKEN = frozenset({6003, 6111, 9106, 9109, 10000, 10001})


class CloudflareApi:
    """One account at the API, used by many threads. ``count`` is called for every request before it is sent."""

    def __init__(self, settings: Mapping[str, Any], count: Callable[[], None]) -> None:
        address = (settings.get("endpoint") or ADDRESS).rstrip("/")
        token = str(settings["api_token"])
        if not re.fullmatch(r"[!-~]+", token):
            raise InvalidInput("dns: api_token has a character that a token cannot contain. Copy it again.")
        rate = stated_rate(settings) or RATE
        # a user has one limit for all accounts that the token can access
        self._limiter = limiter_of(rate, max(1, round(rate * _BURST)), address, token)
        verify = settings.get("validate_certs") is not False and (settings.get("ca_path") or True)
        base_url = address if address.count("/") > 2 else address + _BASE
        timeout, limit = settings.get("timeout") or 30.0, Limit.of(settings, "dns")
        self._api = HttpApi.of(
            settings,
            base_url,
            title="Cloudflare",
            headers={"Authorization": f"Bearer {token}"},
            credentials="api_token",
            limiter=self._limiter,
            count=count,
            longest_pause=_LONGEST_PAUSE,
            transport=lambda where: SdkTransport(base_url, token, where, timeout, verify, limit),
            on_answer=self._obey,
        )
        self.where = self._api.where

    def close(self) -> None:
        self._api.close()

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """The envelope at a path. Raises HttpError, ProviderError."""
        text = {name: str(value) for name, value in (params or {}).items()}
        return self._envelope(self._explained(lambda: self._api.get(path, text)))

    def post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Write; retried only if it surely was not carried out. Raises HttpError, OutcomeUnknown, ProviderError."""
        content = self._explained(lambda: self._api.send("POST", path, body))
        try:
            return self._envelope(content)
        except ProviderError as error:
            raise OutcomeUnknown(str(error)) from None

    def pages(self, path: str, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """The envelopes of all pages of a list, one request each; checks that none is missing.

        The first page says how many there are; the others are fetched in parallel when needed.
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
            raise ProviderError(
                f"{self.where} lists only {seen} of {total} entries, so nothing was done. Run it again."
            )

    def _page(self, path: str, params: Mapping[str, Any], number: int) -> tuple[Mapping[str, Any], int, int, int]:
        """An envelope, its number of entries, the total number, and the number of pages."""
        envelope = self.get(path, {**params, "page": number})
        info, items = envelope.get("result_info") or {}, envelope["result"]
        try:
            total, pages = int(info["total_count"]), int(info.get("total_pages") or 1)
        except (AttributeError, LookupError, TypeError, ValueError):
            raise not_the_api(self.where) from None
        if not isinstance(items, list) or pages > _MOST_PAGES:
            raise not_the_api(self.where)
        return envelope, len(items), total, pages

    def _envelope(self, content: Any) -> Mapping[str, Any]:
        if not isinstance(content, dict) or not content.get("success") or "result" not in content:
            raise not_the_api(self.where)
        return content

    def _obey(self, answer: HttpAnswer) -> None:
        """If little is left of the quota, spread it over the time until its renewal (``Ratelimit`` header)."""
        state = re.search(r"r=(\d+);\s*t=(\d+)", answer.headers.get("ratelimit", ""))
        policy = re.search(r"q=(\d+)", answer.headers.get("ratelimit-policy", ""))
        if state is None or policy is None:
            return
        left, seconds, quota = int(state[1]), int(state[2]), int(policy[1])
        if left < _RESERVE * quota:
            self._limiter.pause(min(seconds / max(left, 1), _LONGEST_PAUSE))

    def _explained(self, request: Callable[[], Any]) -> Any:
        """The result of a request; refusals are explained in this vendor's terms."""
        try:
            return request()
        except HttpError as error:
            said = f": {error.reason}" if error.reason else ""
            if error.status in (401, 403) or codes_of(error) & _BAD_TOKEN:
                message = (
                    f"{self.where} refuses the token ({error.status}{said}). Check api_token: it must be valid and "
                    "have the permissions Zone: Read and DNS: Edit for the zone."
                )
            elif error.status == 429:
                message = (
                    f"{self.where} accepts no more requests for now (429{said}): all of the user's tools share one "
                    f"limit. {wait_for(error.pause or 300)} Lower rate_limit if this happens again."
                )
            else:
                raise
            raise HttpError(message, error.status, error.reason, error.content) from None


def codes_of(error: HttpError) -> frozenset[int]:
    try:
        errors = error.content["errors"]
        causes = [*errors, *(cause for one in errors for cause in one.get("error_chain") or ())]
        return frozenset(int(one.get("code") or 0) for one in causes)
    except (ValueError, TypeError, LookupError, AttributeError):
        return frozenset()
