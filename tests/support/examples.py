# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The number of examples for a property test, if it differs from the profile's."""

from __future__ import annotations

import os


def examples(usual: int, nightly: int) -> int:
    return nightly if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else usual
