# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``godaddy`` against a simulated GoDaddy, by both of its APIs: the suite of all providers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.providers.godaddy.api import Version1, Version3
from ansible_collections.postmaster.mail.plugins.module_utils.zone.provider import Provider
from ansible_collections.postmaster.mail.tests.integration.providers.backend import Backend, Ensure, set_fresh_for
from ansible_collections.postmaster.mail.tests.integration.providers.godaddy_backend import (
    GoDaddyBackend,
    GoDaddyTokenBackend,
)
from ansible_collections.postmaster.mail.tests.integration.providers.suite import AliasSuite
from ansible_collections.postmaster.mail.tests.simulators.godaddy import GoDaddySimulator


@pytest.fixture
def simulator() -> Iterator[GoDaddySimulator]:
    with GoDaddySimulator() as running:
        yield running


@pytest.fixture(autouse=True)
def no_moment_is_too_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite's second writers write at once; the provider looks for them when it thought for a while."""
    set_fresh_for(monkeypatch, 0.0, Version1, Version3)


class TestGoDaddy(AliasSuite):
    @pytest.fixture
    def backend(self, simulator: GoDaddySimulator) -> Iterator[GoDaddyBackend]:
        yield GoDaddyBackend(simulator)
        assert not simulator.calls["v1 wipe"] + simulator.calls["v1 replace type"]


class TestGoDaddyWithToken(AliasSuite):
    """The same by the API that knows single records."""

    @pytest.fixture
    def backend(self, simulator: GoDaddySimulator) -> Iterator[GoDaddyTokenBackend]:
        yield GoDaddyTokenBackend(simulator)
        assert not simulator.calls["v3 wipe"]

    @pytest.mark.parametrize("owner", ["", "_dmarc", "s1._domainkey", "a.b.c.d.deep", "xn--mnchen-3ya"])
    def test_any_owner_name_can_be_written(self, backend: Backend, provider: Provider, zone: str, owner: str) -> None:
        super().test_any_owner_name_can_be_written(backend, provider, zone, owner)

    def test_a_text_at_a_wildcard_is_refused(self, backend: Backend, provider: Provider, zone: str) -> None:
        result = self.run(provider, zone, Ensure(f"*.{zone}", "TXT", "v=spf1 -all"))
        assert result.error == f"*.{zone} TXT: GoDaddy holds no TXT record at a wildcard."
        assert (f"*.{zone}", "TXT") not in backend.sets(zone)
