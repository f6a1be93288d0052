# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much is tested: a short form in ``make test``, everything in ``make nightly``."""

from __future__ import annotations

import os

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
ROUNDS = int(os.environ.get("POSTMASTER_ROUNDS", "30" if NIGHTLY else "1"))
# Seconds after which a program started by a test counts as hung. Far more than any needs, as machines may be busy.
PATIENCE = int(os.environ.get("POSTMASTER_PATIENCE", "900"))
