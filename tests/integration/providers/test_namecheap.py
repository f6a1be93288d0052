# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``namecheap`` against a simulated Namecheap: the suite of all providers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.providers.namecheap import Namecheap
from ansible_collections.postmaster.mail.tests.integration.providers.backend import set_fresh_for
from ansible_collections.postmaster.mail.tests.integration.providers.namecheap_backend import NamecheapBackend
from ansible_collections.postmaster.mail.tests.integration.providers.suite import AliasSuite
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.simulators.namecheap import NamecheapSimulator


@pytest.fixture(autouse=True)
def no_moment_is_too_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite's second writers write at once; the provider looks for them when it thought for a while."""
    set_fresh_for(monkeypatch, 0.0, Namecheap)


class TestNamecheap(AliasSuite):
    @pytest.fixture
    def backend(self) -> Iterator[NamecheapBackend]:
        with NamecheapSimulator() as simulator, Nameserver() as nameserver:
            yield NamecheapBackend(simulator, nameserver)
