# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let the asserts of the shared provider suite tell what they compared, as those of a test file do."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("ansible_collections.postmaster.mail.tests.integration.providers.suite")
