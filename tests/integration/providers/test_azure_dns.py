# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""C(azure_dns) against the simulated Azure DNS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ansible_collections.postmaster.mail.tests.integration.providers.azure_backend import AzureBackend
from ansible_collections.postmaster.mail.tests.integration.providers.suite import ProviderSuite
from ansible_collections.postmaster.mail.tests.simulators.azure_dns import AzureDns


@pytest.fixture(scope="module")
def simulator() -> Iterator[AzureDns]:
    with AzureDns() as running:
        yield running


class TestAzureDns(ProviderSuite):
    @pytest.fixture
    def backend(self, simulator: AzureDns) -> AzureBackend:
        return AzureBackend(simulator)
