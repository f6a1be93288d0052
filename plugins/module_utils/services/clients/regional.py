# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account at an HTTP API with one URL for each region, where a key is valid in one region only."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping

from ...errors import ProviderError
from ...providers.http import HttpApi, HttpError
from ...providers.rate_limit import limiter_of, stated_rate
from ...providers.transport import HttpAnswer
from .contract import OverQuota, ServiceClient

_BURST = 2.0  # seconds' worth of requests at once
_LONGEST_PAUSE = 60.0
# Refusals because of a quota are documented in words at best, and have various statuses.
_QUOTA = re.compile(
    r"quota|not.enough.credits|upgrade|limit\b.{0,40}\b(reached|exceeded)|(reached|exceed)\w*\b.{0,40}\blimit|"
    r"maximum (number|amount)|too many (domains|senders)",
    re.IGNORECASE | re.DOTALL,
)


class RegionalApi:
    """``api`` is the one of the account's region.

    :param addresses: the base URLs by region; an empty name if there are no regions. A stated ``endpoint`` is a single
        installation without other regions.
    :param headers: those with the credentials, which messages call ``credentials``.
    """

    def __init__(
        self, client: ServiceClient, addresses: Mapping[str, str], headers: Mapping[str, str], credentials: str
    ) -> None:
        settings, region = client.settings, client.region
        rate = stated_rate(settings, "account") or client.facts.calls_per_second
        endpoint = settings.get("endpoint")
        self._limiter = limiter_of(
            rate, max(1, int(rate * _BURST)), client.service, endpoint, region, *headers.values()
        )
        self._client, self._headers, self._credentials = client, headers, credentials
        self.api = self._opened(str(endpoint or addresses[region]), region)
        self._elsewhere = {} if endpoint else {name: url for name, url in addresses.items() if name != region}

    def _opened(self, address: str, region: str) -> HttpApi:
        return HttpApi.of(
            self._client.settings,
            address,
            title=f"{self._client.facts.title} ({region})" if region else self._client.facts.title,
            headers=self._headers,
            credentials=self._credentials,
            limiter=self._limiter,
            count=self._client.count_call,
            on_answer=self._obey,
            option="account",
        )

    def answering_region(self, path: str, params: Mapping[str, str] | None = None, member: str = "") -> str:
        """Another region that answers this successfully; empty if none. One call for each.

        ``member``: a field that the answer must have; empty for a list. Anything else, such as a proxy's page, does not
        count.
        """
        for region, address in self._elsewhere.items():
            try:
                content = self._opened(address, region).get(path, params)
            except ProviderError:
                continue
            if isinstance(content, dict) and member in content if member else isinstance(content, list):
                return region
        return ""

    def over_quota(self, error: HttpError, said: str = "") -> OverQuota | None:
        """The error if the account has reached a limit; None for anything else.

        ``said``: the refusal's text, by default the error's.
        """
        title, words = self._client.facts.title, f"{error.reason} {error.content or ''}"
        if error.status != 402 and (error.status in (401, 404, 429) or not _QUOTA.search(words)):
            return None
        return OverQuota(
            f"{said or error} That is a limit of the account: see in {title}'s console what its plan includes, or ask "
            f"{title} for more."
        )

    def _obey(self, answer: HttpAnswer) -> None:
        """After a 429 these services say when to continue, in seconds since 1970."""
        try:
            reset = float(answer.headers.get("X-RateLimit-Reset") or 0)
        except ValueError:
            return
        if answer.status == 429 and reset:
            self._limiter.pause(min(max(0.0, reset - time.time()), _LONGEST_PAUSE))
