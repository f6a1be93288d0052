# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do if a server or program for a test is not available."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def absent(reason: str) -> NoReturn:
    """Skip the test, as the summary shows; with POSTMASTER_REQUIRE_SERVERS=1 in the environment, fail it."""
    if os.environ.get("POSTMASTER_REQUIRE_SERVERS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
