# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""C(cloudflare) against the simulated Cloudflare."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.providers.cloudflare import Cloudflare
from ansible_collections.postmaster.mail.tests.integration.providers.cloudflare_backend import CloudflareBackend
from ansible_collections.postmaster.mail.tests.integration.providers.suite import ProviderSuite
from ansible_collections.postmaster.mail.tests.simulators.cloudflare import CloudflareSimulator


@pytest.fixture
def simulator() -> Iterator[CloudflareSimulator]:
    with CloudflareSimulator(quota=100_000) as simulator:
        yield simulator


@pytest.fixture
def backend(simulator: CloudflareSimulator) -> CloudflareBackend:
    return CloudflareBackend(simulator)


class TestCloudflare(ProviderSuite):
    """The second writer of the suite acts at once, so here every reading is an old one and made anew."""

    @pytest.fixture(autouse=True)
    def every_reading_is_old(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Cloudflare, "fresh", 0.0)

    @pytest.fixture
    def backend(self, simulator: CloudflareSimulator) -> CloudflareBackend:
        return CloudflareBackend(simulator)
