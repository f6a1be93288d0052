# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""C(google_cloud_dns) against the simulated Google Cloud DNS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ansible_collections.postmaster.mail.tests.integration.providers.google_backend import GoogleBackend
from ansible_collections.postmaster.mail.tests.integration.providers.suite import ProviderSuite
from ansible_collections.postmaster.mail.tests.simulators.google_cloud_dns import GoogleCloudDns


@pytest.fixture(scope="module")
def simulator() -> Iterator[GoogleCloudDns]:
    with GoogleCloudDns() as running:
        yield running


class TestGoogleCloudDns(ProviderSuite):
    @pytest.fixture
    def backend(self, simulator: GoogleCloudDns) -> GoogleBackend:
        return GoogleBackend(simulator)
