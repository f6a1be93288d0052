# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For all tests of providers: asserts of the shared suite that tell what they compared, and rate limits unused."""

from __future__ import annotations

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.providers import rate_limit
from ansible_collections.postmaster.mail.plugins.module_utils.zone import second_look

pytest.register_assert_rewrite("ansible_collections.postmaster.mail.tests.integration.providers.suite")


@pytest.fixture(autouse=True)
def no_long_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written is looked at again at once: who writes at the same moment is done by then."""
    monkeypatch.setattr(second_look, "PAUSE", 0.02)


@pytest.fixture(autouse=True)
def rate_limits() -> None:
    """No test goes slower, or pauses, for what another one sent to the same address."""
    rate_limit._limiters.clear()
