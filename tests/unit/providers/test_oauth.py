# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bearer tokens: when a new one is fetched."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import ProviderError
from ansible_collections.postmaster.mail.plugins.module_utils.providers.http import HttpError
from ansible_collections.postmaster.mail.plugins.module_utils.providers.oauth import AccessToken, Bearer, token_of


class Source:
    def __init__(self, lifetime: float) -> None:
        self.lifetime, self.fetched = lifetime, 0

    def fetch(self) -> AccessToken:
        self.fetched += 1
        return AccessToken(f"token-{self.fetched}", self.lifetime)


def header(bearer: Bearer) -> str:
    return bearer.sign("GET", "https://api.example.net/", None)["Authorization"]


def refuse_once(status: int) -> Callable[[], str]:
    answers: list[Any] = [HttpError("refused", status, ""), "done"]

    def send() -> str:
        answer = answers.pop(0)
        if isinstance(answer, HttpError):
            raise answer
        return str(answer)

    return send


def test_many_threads_share_a_token() -> None:
    source = Source(lifetime=3600)
    bearer = Bearer(source.fetch)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        headers = set(pool.map(lambda dummy: header(bearer), range(50)))
    assert headers == {"Bearer token-1"}


def test_a_token_is_renewed_when_it_has_expired() -> None:
    bearer = Bearer(Source(lifetime=0).fetch)
    assert [header(bearer), header(bearer)] == ["Bearer token-1", "Bearer token-2"]


def test_a_token_that_the_server_no_longer_accepts_is_renewed() -> None:
    bearer = Bearer(Source(lifetime=3600).fetch)
    header(bearer)
    assert bearer.call(refuse_once(401)) == "done"
    assert header(bearer) == "Bearer token-2"


def test_other_refusals_are_not_retried() -> None:
    bearer = Bearer(Source(lifetime=3600).fetch)
    header(bearer)
    with pytest.raises(HttpError):
        bearer.call(refuse_once(403))


def test_the_repr_does_not_show_a_token() -> None:
    assert "secret" not in repr(AccessToken("secret", 1.0))


@pytest.mark.parametrize(
    "content", [None, [], "text", {}, {"access_token": 5}, {"access_token": "a", "expires_in": "x"}]
)
def test_an_answer_without_a_token_is_reported(content: object) -> None:
    with pytest.raises(ProviderError, match="something other than a token"):
        token_of(content, "Vendor at https://login.example.net")
